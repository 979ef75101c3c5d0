// SPDX-License-Identifier: Apache-2.0 OR MIT
//! A table that grows: asks a JSON interface for today's values and appends them as one row of CSV.
//!
//! context.json is {"url": "https://api.example/rates", "fields": ["date", "usd", "gbp"]}; the answer is an object with these
//! members.  The first of them names the row: when the table already ends with a row of that name, there is nothing to do.
use dotsync::*;

fn update() -> Result<Outcome, String> {
	let plan = json::parse(&read_all(CONTEXT, 0)?).ok_or("context.json is not JSON")?;
	let answer = fetch(&format!("GET {}", plan.get("url").text()), b"", 0)?;
	if answer.status()? != 200 {
		return Err("no usable answer from the url in context.json".into());
	}
	let values = json::parse(&read_all(answer.source(), 0)?).ok_or("the answer is not JSON")?;
	let row: Vec<&str> = plan.get("fields").items().iter().map(|name| values.get(name.text()).text()).collect();
	if row.is_empty() || row.iter().any(|field| field.is_empty() || field.contains(&[',', '"', '\n'][..])) {
		return Err("the answer does not have the fields that context.json names".into());
	}

	let tail = read_all(PAYLOAD, (size(PAYLOAD)? - 4096).max(0))?;
	let last = tail.split(|byte| *byte == b'\n').rev().nth(1).unwrap_or(b"");
	if last.split(|byte| *byte == b',').next() == Some(row[0].as_bytes()) {
		return Ok(Outcome::Unchanged);
	}
	copy(PAYLOAD, 0, ALL)?;
	write((row.join(",") + "\n").as_bytes())?;
	Ok(Outcome::Updated)
}

updater!(update);
