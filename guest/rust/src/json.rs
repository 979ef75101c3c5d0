// SPDX-License-Identifier: Apache-2.0 OR MIT
//! As much of JSON as an updater needs: a text becomes a tree that can be asked.  Numbers stay the text that they were.
//!
//! ```ignore
//! let answer = json::parse(&read_all(answer.source(), 0)?).ok_or("not JSON")?;
//! for row in answer.get("results").items() {
//!     row.get("name").text();
//! }
//! ```
use alloc::string::String;
use alloc::vec::Vec;

#[derive(Clone, Debug, PartialEq)]
pub enum Json {
	/// `null`, and what [`Json::get`] finds where there is nothing.
	Null,
	/// A string without its quotes and escapes, a number as it stands, `true` or `false`.
	Text(String),
	Array(Vec<Json>),
	Object(Vec<(String, Json)>),
}

static NULL: Json = Json::Null;

impl Json {
	/// The member of that name, or `Null`.
	pub fn get(&self, name: &str) -> &Json {
		match self {
			Json::Object(members) => members.iter().find(|m| m.0 == name).map_or(&NULL, |m| &m.1),
			_ => &NULL,
		}
	}

	/// The elements of an array; none of anything else.
	pub fn items(&self) -> &[Json] {
		match self {
			Json::Array(items) => items,
			_ => &[],
		}
	}

	/// The text of a string, number or truth value; empty for anything else.
	pub fn text(&self) -> &str {
		match self {
			Json::Text(text) => text,
			_ => "",
		}
	}
}

const DEPTH_MAX: u32 = 64;

/// None where it is not JSON, not UTF-8, or nested deeper than 64 levels.
pub fn parse(text: &[u8]) -> Option<Json> {
	core::str::from_utf8(text).ok()?;
	let mut parser = Parser { text, at: 0 };
	let value = parser.value(0)?;

	parser.blanks();
	if parser.at == text.len() {
		Some(value)
	} else {
		None
	}
}

struct Parser<'a> {
	text: &'a [u8],
	at: usize,
}

impl Parser<'_> {
	fn peek(&self) -> u8 {
		self.text.get(self.at).copied().unwrap_or(0)
	}

	fn blanks(&mut self) {
		while matches!(self.peek(), b' ' | b'\t' | b'\r' | b'\n') {
			self.at += 1;
		}
	}

	/// Skips blanks and this byte, if it is there.
	fn take(&mut self, byte: u8) -> bool {
		self.blanks();
		let found = self.peek() == byte;
		self.at += found as usize;
		found
	}

	fn value(&mut self, depth: u32) -> Option<Json> {
		if depth > DEPTH_MAX {
			return None;
		}
		self.blanks();
		match self.peek() {
			b'{' => self.list(b'}', |p| Some((p.key()?, p.value(depth + 1)?))).map(Json::Object),
			b'[' => self.list(b']', |p| p.value(depth + 1)).map(Json::Array),
			b'"' => self.string().map(Json::Text),
			_ => self.word(),
		}
	}

	/// What stands between brackets, with commas between.
	fn list<T>(&mut self, close: u8, one: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
		let mut found = Vec::new();

		self.at += 1;
		if self.take(close) {
			return Some(found);
		}
		loop {
			found.push(one(self)?);
			if self.take(close) {
				return Some(found);
			}
			if !self.take(b',') {
				return None;
			}
		}
	}

	fn key(&mut self) -> Option<String> {
		self.blanks();
		let key = self.string()?;
		if self.take(b':') {
			Some(key)
		} else {
			None
		}
	}

	fn word(&mut self) -> Option<Json> {
		let start = self.at;

		while matches!(self.peek(), b'a'..=b'z' | b'E' | b'0'..=b'9' | b'+' | b'-' | b'.') {
			self.at += 1;
		}
		let word = core::str::from_utf8(&self.text[start..self.at]).ok()?;
		match word {
			"null" => Some(Json::Null),
			"true" | "false" => Some(Json::Text(word.into())),
			_ if word.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => word.parse::<f64>().ok().map(|_| Json::Text(word.into())),
			_ => None,
		}
	}

	fn string(&mut self) -> Option<String> {
		let mut out = String::new();

		if self.peek() != b'"' {
			return None;
		}
		self.at += 1;
		loop {
			let start = self.at;
			while !matches!(self.peek(), b'"' | b'\\' | 0..=31) {
				self.at += 1;
			}
			out.push_str(core::str::from_utf8(&self.text[start..self.at]).ok()?);
			match self.peek() {
				b'"' => {
					self.at += 1;
					return Some(out);
				}
				b'\\' => out.push(self.escape()?),
				_ => return None,
			}
		}
	}

	fn escape(&mut self) -> Option<char> {
		self.at += 2;
		Some(match *self.text.get(self.at - 1)? {
			b'n' => '\n',
			b't' => '\t',
			b'r' => '\r',
			b'b' => '\u{8}',
			b'f' => '\u{c}',
			b'u' => return self.unicode(),
			byte @ (b'"' | b'\\' | b'/') => byte as char,
			_ => return None,
		})
	}

	/// \uXXXX, or two of them for what lies above.
	fn unicode(&mut self) -> Option<char> {
		let first = self.hex()?;

		if !(0xd800..0xdc00).contains(&first) {
			return char::from_u32(first);
		}
		if self.text.get(self.at..self.at + 2) != Some(b"\\u") {
			return None;
		}
		self.at += 2;
		match self.hex()? {
			second @ 0xdc00..=0xdfff => char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)),
			_ => None,
		}
	}

	fn hex(&mut self) -> Option<u32> {
		let digits = core::str::from_utf8(self.text.get(self.at..self.at + 4)?).ok()?;

		self.at += 4;
		if digits.bytes().all(|b| b.is_ascii_hexdigit()) {
			u32::from_str_radix(digits, 16).ok()
		} else {
			None
		}
	}
}
