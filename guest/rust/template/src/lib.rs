// SPDX-License-Identifier: Apache-2.0 OR MIT
use dotsync::*;

const REQUEST: &str = "GET https://example.com/data.txt";

fn update() -> Result<Outcome, String> {
	let answer = fetch(REQUEST, b"", CONDITIONAL)?;

	match answer.status()? {
		200 => {}
		304 => return Ok(Outcome::Unchanged),
		status => return Err(format!("the server says {}", status)),
	}
	let data = read_all(answer.source(), 0)?;
	// Here the data becomes what the archive is to hold.
	write(&data)?;
	Ok(Outcome::Updated)
}

updater!(update);
