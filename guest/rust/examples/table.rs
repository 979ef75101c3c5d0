// SPDX-License-Identifier: Apache-2.0 OR MIT
//! A table out of an interface that answers in pages: {"results": [{"id", "name", "price"}, ...], "next": URL or null}.
use dotsync::*;

const FIRST: &str = "https://example.com/items?page=1";
const COLUMNS: [&str; 3] = ["id", "name", "price"];

fn update() -> Result<Outcome, String> {
	let mut csv = COLUMNS.join(",") + "\n";
	let mut url = FIRST.to_string();

	while !url.is_empty() {
		let answer = fetch(&format!("GET {}\nAccept: application/json", url), b"", 0)?;
		if answer.status()? != 200 {
			return Err(format!("the server says {}", answer.status()?));
		}
		let page = json::parse(&read_all(answer.source(), 0)?).ok_or("the answer is not JSON")?;
		for row in page.get("results").items() {
			let fields: Vec<String> = COLUMNS.iter().map(|name| quote(row.get(name).text())).collect();
			csv += &(fields.join(",") + "\n");
		}
		url = page.get("next").text().to_string();
	}
	write(csv.as_bytes())?;
	Ok(Outcome::Updated)
}

/// A field of CSV: in quotes where it needs them.
fn quote(field: &str) -> String {
	if field.contains(&[',', '"', '\n', '\r'][..]) {
		format!("\"{}\"", field.replace('"', "\"\""))
	} else {
		field.to_string()
	}
}

updater!(update);
