// SPDX-License-Identifier: Apache-2.0 OR MIT
//! The calls of calls.c.
use dotsync::*;

fn update() -> Result<Outcome, String> {
	let answer = fetch("POST https://example.com/data.txt\nX-Name: value", b"body", 0)?;
	let mut first = [0; 4];
	let mut bytes = [0; 16];

	log(Level::Warning, "said by the updater")?;
	progress(1, 2)?;
	sleep(1)?;
	write(b"junk")?;
	discard()?;
	read(answer.source(), 0, &mut first)?;
	let late = read(answer.source(), 0, &mut bytes) == Err(Error::State);
	let copied = copy(answer.source(), 4, ALL)?;
	random(&mut bytes)?;
	let mut out = format!("\nread {}\ncopied {}\nlate {}\n", core::str::from_utf8(&first).unwrap(), copied, late as i32);
	out += &format!("status {}\nheader {}\n", answer.status()?, answer.header("x-thing")?);
	out += &format!("missing {}\nsize {}\n", (answer.header("x-other") == Err(Error::Noent)) as i32, size(answer.source())?);
	let source = answer.source();
	drop(answer);
	out += &format!("closed {}\n", size(source).is_err() as i32);
	out += &format!("env {}\ndenied {}\n", env("SDK_NAME")?, (env("HOME") == Err(Error::Denied)) as i32);
	out += &format!("reason {}\nsealed {}\n", reason() as i32, get(Key::Sealed)?);
	out += &format!("now {}\n", (get(Key::Now)? > 1600000000000) as i32);
	out += &format!("random {}\n", (bytes.iter().filter(|b| **b != 0).count() > 4) as i32);
	out += &format!("context {}\n", set_context("{\"n\": 2}").is_ok() as i32);
	write(out.as_bytes())?;
	Ok(Outcome::Updated)
}

updater!(update);
