// SPDX-License-Identifier: Apache-2.0 OR MIT
//! Data that is pushed, not pulled.  What somebody pushes becomes the payload, once this has sent it to a server too: where
//! that fails the archive stays as it is.
use dotsync::*;

const REQUEST: &str = "PUT https://example.com/data.txt\nContent-Type: text/plain";

fn update() -> Result<Outcome, String> {
	if reason() != Reason::Push {
		return Ok(Outcome::Unchanged); // there is nowhere to ask for more
	}
	let answer = fetch(REQUEST, &read_all(PUSHED, 0)?, 0)?;
	match answer.status()? {
		200..=299 => Ok(Outcome::Updated),
		_ => Err("the server did not take what was pushed".into()),
	}
}

updater!(update);
