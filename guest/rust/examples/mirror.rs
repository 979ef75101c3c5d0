// SPDX-License-Identifier: Apache-2.0 OR MIT
//! A copy of one page: what most updaters are.
use dotsync::*;

const REQUEST: &str = "GET https://example.com/data.txt\nAccept: text/plain";

fn update() -> Result<Outcome, String> {
	let answer = fetch(REQUEST, b"", CONDITIONAL)?;

	match answer.status()? {
		304 => Ok(Outcome::Unchanged),
		200 => {
			copy(answer.source(), 0, ALL)?;
			Ok(Outcome::Updated)
		}
		status => Err(format!("the server says {}", status)),
	}
}

updater!(update);
