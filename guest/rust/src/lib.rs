// SPDX-License-Identifier: Apache-2.0 OR MIT
//! Write an updater in Rust: the contract dotsync.v1 of `guest/dotsync.h`, call for call.
//!
//! An updater is a module that exports `memory` and `run`.  dotsync calls it when the archive's data is stale; it asks
//! for new data, appends it to the new payload, and says how it went.  Without that, or after a panic, nothing changes.
//!
//! ```ignore
//! use dotsync::*;
//!
//! fn update() -> Result<Outcome, String> {
//!     let answer = fetch("GET https://example.com/data.txt", b"", CONDITIONAL)?;
//!     match answer.status()? {
//!         200 => copy(answer.source(), 0, ALL).map(|_| Outcome::Updated).map_err(String::from),
//!         304 => Ok(Outcome::Unchanged),
//!         status => Err(format!("the server says {status}")),
//!     }
//! }
//! updater!(update);
//! ```
//!
//! Build a `cdylib` for wasm32-wasip1 or wasm32-unknown-unknown; `template/` has the files.  The crate needs Rust 1.63,
//! an allocator and nothing else.  After [`finish`] nothing but [`log`] is to be called: [`Error::State`].  The contract is frozen.
#![no_std]

extern crate alloc;

pub mod json;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// Why a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
	/// An address range that is not in the guest's memory.
	Fault = -1,
	/// A value that makes no sense: bad URL, unknown source, negative offset.
	Inval = -2,
	/// No such header, environment name, context, key.
	Noent = -3,
	/// The policy forbids it: host, address, header, sealed context.
	Denied = -4,
	/// Name not found, refused, cut off, TLS.
	Net = -5,
	/// The time of the run or of the request is over.
	Timeout = -6,
	/// Too many requests, bytes, open responses; payload too large.
	Limit = -7,
	/// Not possible now: read out of order, call after finish.
	State = -8,
	/// The host could not read or store (disk full).
	Io = -9,
	/// A key or call that this host does not know, or text that is not UTF-8.
	Unknown = -10,
}

impl fmt::Display for Error {
	fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
		out.write_str(match self {
			Error::Fault => "address range outside the memory",
			Error::Inval => "value that makes no sense",
			Error::Noent => "not there",
			Error::Denied => "denied by the policy",
			Error::Net => "network failure",
			Error::Timeout => "time is over",
			Error::Limit => "limit reached",
			Error::State => "not possible now",
			Error::Io => "the host could not read or store",
			Error::Unknown => "not known",
		})
	}
}

impl From<Error> for String {
	fn from(error: Error) -> String {
		alloc::format!("{}", error)
	}
}

pub type Result<T, E = Error> = core::result::Result<T, E>;

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
	Failed = 0,
	/// The data is as fresh as now.
	Unchanged = 1,
	/// What was written is the new payload; if nothing was, nothing changes.
	Updated = 2,
	/// The new payload is empty, and meant to be.
	UpdatedEmpty = 3,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
	Debug = 0,
	Info = 1,
	Warning = 2,
	Error = 3,
}

/// Why it runs: its TTL is over, somebody wants it now, a payload was pushed, there is no payload yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
	Stale = 0,
	Forced = 1,
	Push = 2,
	First = 3,
}

/// What [`get`] tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
	/// Milliseconds since 1970.
	Now = 0,
	/// Why it runs; see [`reason`].
	Reason = 1,
	/// 1 when manifest and context must not change.
	Sealed = 2,
	/// Milliseconds left; every byte received extends it.
	WallMs = 3,
	/// Milliseconds of computing left.
	CpuMs = 4,
	/// Requests left.
	Requests = 5,
	/// Bytes that may still be received.
	BytesIn = 6,
	/// Bytes of log left.
	LogBytes = 7,
	/// Limit of the guest's memory, bytes.
	MemoryMax = 8,
	/// Limit of the new payload, bytes.
	PayloadMax = 9,
}

/// Something that can be read: the constants here, or [`Response::source`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source(i32);

/// The payload as it is.
pub const PAYLOAD: Source = Source(0);
/// context.json.
pub const CONTEXT: Source = Source(1);
/// manifest.toml.
pub const MANIFEST: Source = Source(2);
/// What was pushed.  It becomes the payload, whatever is written: a run for a push judges it or sends it on; `Failed` refuses it.
pub const PUSHED: Source = Source(3);
/// The release that was verified.
pub const RELEASE: Source = Source(4);

/// For [`fetch`]: the host adds the validators that it kept for this very request.
pub const CONDITIONAL: i32 = 1;
/// For [`copy`]: the rest.
pub const ALL: i64 = -1;

#[link(wasm_import_module = "dotsync.v1")]
extern "C" {
	#[link_name = "get"]
	fn raw_get(key: i32) -> i64;
	#[link_name = "env"]
	fn raw_env(name: *const u8, name_size: i32, out: *mut u8, cap: i32) -> i64;
	#[link_name = "fetch"]
	fn raw_fetch(head: *const u8, head_size: i32, body: *const u8, body_size: i32, flags: i32) -> i64;
	#[link_name = "status"]
	fn raw_status(handle: i32) -> i64;
	#[link_name = "header"]
	fn raw_header(handle: i32, name: *const u8, name_size: i32, out: *mut u8, cap: i32) -> i64;
	#[link_name = "close"]
	fn raw_close(handle: i32) -> i64;
	#[link_name = "size"]
	fn raw_size(source: i32) -> i64;
	#[link_name = "read"]
	fn raw_read(source: i32, off: i64, out: *mut u8, size: i32) -> i64;
	#[link_name = "write"]
	fn raw_write(data: *const u8, size: i32) -> i64;
	#[link_name = "copy"]
	fn raw_copy(source: i32, off: i64, len: i64) -> i64;
	#[link_name = "discard"]
	fn raw_discard() -> i64;
	#[link_name = "set_context"]
	fn raw_set_context(json: *const u8, size: i32) -> i64;
	#[link_name = "random"]
	fn raw_random(out: *mut u8, size: i32) -> i64;
	#[link_name = "sleep"]
	fn raw_sleep(ms: i64) -> i64;
	#[link_name = "log"]
	fn raw_log(level: i32, text: *const u8, size: i32) -> i64;
	#[link_name = "progress"]
	fn raw_progress(done: i64, total: i64) -> i64;
	#[link_name = "finish"]
	fn raw_finish(outcome: i32, retry_s: i64, message: *const u8, size: i32) -> i64;
}

fn check(value: i64) -> Result<i64> {
	Err(match value {
		-1 => Error::Fault,
		-2 => Error::Inval,
		-3 => Error::Noent,
		-4 => Error::Denied,
		-5 => Error::Net,
		-6 => Error::Timeout,
		-7 => Error::Limit,
		-8 => Error::State,
		-9 => Error::Io,
		_ if value < 0 => Error::Unknown,
		_ => return Ok(value),
	})
}

/// A text whose length is known only after a first call.
fn text(call: impl Fn(*mut u8, i32) -> i64) -> Result<String> {
	let mut out = alloc::vec![0; check(call(core::ptr::null_mut(), 0))? as usize];

	check(call(out.as_mut_ptr(), out.len() as i32))?;
	String::from_utf8(out).map_err(|_| Error::Unknown)
}

/// Makes `update` the updater: `fn() -> Result<Outcome, E>` where `E` can be printed, such as [`Error`] or `String`.
/// An error becomes `finish(Outcome::Failed, 0, the error)`; a [`finish`] of its own came first and counts.
#[macro_export]
macro_rules! updater {
	($update:path) => {
		#[no_mangle]
		pub extern "C" fn run() {
			$crate::run($update)
		}
	};
}

#[doc(hidden)]
pub fn run<E: fmt::Display>(update: fn() -> Result<Outcome, E>) {
	let _ = match update() {
		Ok(outcome) => finish(outcome, 0, ""),
		Err(error) => finish(Outcome::Failed, 0, &alloc::format!("{}", error)),
	};
}

/// One number about this run.
pub fn get(key: Key) -> Result<i64> {
	check(unsafe { raw_get(key as i32) })
}

/// Why it runs.
pub fn reason() -> Reason {
	match get(Key::Reason) {
		Ok(1) => Reason::Forced,
		Ok(2) => Reason::Push,
		Ok(3) => Reason::First,
		_ => Reason::Stale,
	}
}

/// The value of an environment variable.  [`Error::Denied`] unless the manifest asks for it (permissions.allow_env) and the
/// user granted it; [`Error::Noent`] where it is not set.
pub fn env(name: &str) -> Result<String> {
	text(|out, cap| unsafe { raw_env(name.as_ptr(), name.len() as i32, out, cap) })
}

/// An answer.  Dropping it forgets it: what was not read is not received.
#[derive(Debug)]
pub struct Response(i32);

/// Sends a request and waits for the head of the answer.  `head` (at most 61440 bytes) is "METHOD URL" and then
/// "\nname: value" for each header, at most 32; `body` may be empty.  With [`CONDITIONAL`] the host adds the validators it
/// kept for this very request (same method, URL and headers), and the answer may be 304.  Any status is an answer;
/// `Net`, `Timeout`, `Denied` and `Limit` say that there is none.  Redirects are followed by the host where the policy
/// allows.  At most 8 answers are open at once, and 64 requests are made in a run.
pub fn fetch(head: &str, body: &[u8], flags: i32) -> Result<Response> {
	let handle = unsafe { raw_fetch(head.as_ptr(), head.len() as i32, body.as_ptr(), body.len() as i32, flags) };

	Ok(Response(check(handle)? as i32))
}

impl Response {
	/// The status, such as 200.
	pub fn status(&self) -> Result<i64> {
		check(unsafe { raw_status(self.0) })
	}

	/// A header (name without case); [`Error::Noent`] where there is none.
	pub fn header(&self, name: &str) -> Result<String> {
		text(|out, cap| unsafe { raw_header(self.0, name.as_ptr(), name.len() as i32, out, cap) })
	}

	/// The body, for [`read`] and [`copy`].
	pub fn source(&self) -> Source {
		Source(self.0)
	}
}

impl Drop for Response {
	fn drop(&mut self) {
		unsafe { raw_close(self.0) };
	}
}

/// Bytes of a source; [`Error::Noent`] where there is none.  Of an answer: its Content-Length, or `Noent`.
pub fn size(source: Source) -> Result<i64> {
	check(unsafe { raw_size(source.0) })
}

/// Copies bytes of a source or an answer's body to `out`; returns their number, less than asked for only where it ends, 0 at the
/// end.  An answer is read in order: `off` is where the last read ended, else [`Error::State`]; one cut off is [`Error::Net`].
pub fn read(source: Source, off: i64, out: &mut [u8]) -> Result<usize> {
	Ok(check(unsafe { raw_read(source.0, off, out.as_mut_ptr(), out.len() as i32) })? as usize)
}

/// All of a source from `off` to its end, in memory: for what is small.
pub fn read_all(source: Source, off: i64) -> Result<Vec<u8>> {
	let mut all = Vec::new();

	loop {
		let old = all.len();
		all.resize(old + 16384, 0);
		let got = read(source, off + old as i64, &mut all[old..])?;
		all.truncate(old + got);
		if got == 0 {
			return Ok(all);
		}
	}
}

/// Appends to the new payload, which begins empty; [`Error::Limit`] (`Key::PayloadMax`), [`Error::Io`] (disk full).
pub fn write(data: &[u8]) -> Result<()> {
	check(unsafe { raw_write(data.as_ptr(), data.len() as i32) }).map(|_| ())
}

/// Appends a range of a source or answer to the new payload without passing through the guest; `len` may be [`ALL`].  Returns the
/// bytes copied.  After an error some of them may have been appended: [`discard`] before writing something else.
pub fn copy(source: Source, off: i64, len: i64) -> Result<i64> {
	check(unsafe { raw_copy(source.0, off, len) })
}

/// Forgets the new payload written so far.
pub fn discard() -> Result<()> {
	check(unsafe { raw_discard() }).map(|_| ())
}

/// Replaces context.json when the run succeeds; [`Error::Denied`] in sealed archives.
pub fn set_context(json: &str) -> Result<()> {
	check(unsafe { raw_set_context(json.as_ptr(), json.len() as i32) }).map(|_| ())
}

/// Random bytes, good enough for keys.
pub fn random(out: &mut [u8]) -> Result<()> {
	check(unsafe { raw_random(out.as_mut_ptr(), out.len() as i32) }).map(|_| ())
}

/// Waits; [`Error::Timeout`] when the run's time (`Key::WallMs`) is over first.
pub fn sleep(ms: i64) -> Result<()> {
	check(unsafe { raw_sleep(ms) }).map(|_| ())
}

/// A line, or lines, for whoever looks (`dotsync refresh -v`); [`Error::Limit`] when `Key::LogBytes` are used up, and what
/// does not fit is dropped.
pub fn log(level: Level, text: &str) -> Result<()> {
	check(unsafe { raw_log(level as i32, text.as_ptr(), text.len() as i32) }).map(|_| ())
}

/// For people watching: bytes done of bytes in all (0: unknown).
pub fn progress(done: i64, total: i64) -> Result<()> {
	check(unsafe { raw_progress(done, total) }).map(|_| ())
}

/// Says how it went, once; [`updater!`] does it with what `update` returns.  After a failure `retry_s` > 0 asks to be tried again no
/// earlier than that; the message is for people.
pub fn finish(outcome: Outcome, retry_s: i64, message: &str) -> Result<()> {
	check(unsafe { raw_finish(outcome as i32, retry_s, message.as_ptr(), message.len() as i32) }).map(|_| ())
}
