// SPDX-License-Identifier: Apache-2.0 OR MIT
/**
 * Write an updater in AssemblyScript: the contract dotsync.v1 of guest/dotsync.h, call for call.
 *
 * An updater is a module that exports `memory` and `run`.  dotsync calls it when the archive's data is stale; it asks
 * for new data, appends it to the new payload, and says how it went.  Without that, or after a trap, nothing changes.
 *
 *	import { ALL, CONDITIONAL, copy, fetch, finish, must, Outcome, status } from "dotsync";
 *
 *	export function run(): void {
 *		const answer = must(fetch("GET https://example.com/data.txt", null, CONDITIONAL));
 *		if (status(answer) == 304) {
 *			finish(Outcome.UNCHANGED);
 *		} else if (status(answer) == 200) {
 *			must(copy(answer, 0, ALL));
 *			finish(Outcome.UPDATED);
 *		}
 *	}
 *
 * Compile: asc updater.ts --use abort=~lib/dotsync/index/abort -O --outFile updater.wasm, with this folder as the package `dotsync`.
 *
 * What fails returns a negative number, one of Code; must() throws it.  Nothing can be caught in this language: throwing ends the run as
 * failed, with its message.  After finish nothing but log is to be called: Code.STATE.  The contract is frozen.
 */

export enum Code {
	/** An address range that is not in the guest's memory. */
	FAULT = -1,
	/** A value that makes no sense: bad URL, unknown source, negative offset. */
	INVAL = -2,
	/** No such header, environment name, context, key. */
	NOENT = -3,
	/** The policy forbids it: host, address, header, sealed context. */
	DENIED = -4,
	/** Name not found, refused, cut off, TLS. */
	NET = -5,
	/** The time of the run or of the request is over. */
	TIMEOUT = -6,
	/** Too many requests, bytes, open responses; payload too large. */
	LIMIT = -7,
	/** Not possible now: read out of order, call after finish. */
	STATE = -8,
	/** The host could not read or store (disk full). */
	IO = -9,
	/** A key or call that this host does not know. */
	UNKNOWN = -10,
}

export enum Outcome {
	FAILED = 0,
	/** The data is as fresh as now. */
	UNCHANGED = 1,
	/** What was written is the new payload; if nothing was, nothing changes. */
	UPDATED = 2,
	/** The new payload is empty, and meant to be. */
	UPDATED_EMPTY = 3,
}

export enum Level {
	DEBUG = 0,
	INFO = 1,
	WARNING = 2,
	ERROR = 3,
}

/** What get(Key.REASON) tells: its TTL is over, somebody wants it now, a payload was pushed, there is no payload yet. */
export enum Reason {
	STALE = 0,
	FORCED = 1,
	PUSH = 2,
	FIRST = 3,
}

/** Something that can be read; an answer's handle, 16 or more, is one too. */
export enum Source {
	/** The payload as it is. */
	PAYLOAD = 0,
	/** context.json. */
	CONTEXT = 1,
	/** manifest.toml. */
	MANIFEST = 2,
	/** What was pushed; it becomes the payload, whatever is written: a run for a push judges it or sends it on; FAILED refuses it. */
	PUSHED = 3,
	/** The release that was verified. */
	RELEASE = 4,
}

/** What get tells. */
export enum Key {
	/** Milliseconds since 1970. */
	NOW = 0,
	/** Why it runs: one of Reason. */
	REASON = 1,
	/** 1 when manifest and context must not change. */
	SEALED = 2,
	/** Milliseconds left; every byte received extends it. */
	WALL_MS = 3,
	/** Milliseconds of computing left. */
	CPU_MS = 4,
	/** Requests left. */
	REQUESTS = 5,
	/** Bytes that may still be received. */
	BYTES_IN = 6,
	/** Bytes of log left. */
	LOG_BYTES = 7,
	/** Limit of the guest's memory, bytes. */
	MEMORY_MAX = 8,
	/** Limit of the new payload, bytes. */
	PAYLOAD_MAX = 9,
}

/** For fetch: the host adds the validators that it kept for this very request. */
export const CONDITIONAL: i32 = 1;
/** For copy: the rest. */
export const ALL: i64 = -1;

@external("dotsync.v1", "get")
declare function raw_get(key: i32): i64;
@external("dotsync.v1", "env")
declare function raw_env(name: usize, name_size: i32, out: usize, cap: i32): i64;
@external("dotsync.v1", "fetch")
declare function raw_fetch(head: usize, head_size: i32, body: usize, body_size: i32, flags: i32): i64;
@external("dotsync.v1", "status")
declare function raw_status(handle: i32): i64;
@external("dotsync.v1", "header")
declare function raw_header(handle: i32, name: usize, name_size: i32, out: usize, cap: i32): i64;
@external("dotsync.v1", "close")
declare function raw_close(handle: i32): i64;
@external("dotsync.v1", "size")
declare function raw_size(source: i32): i64;
@external("dotsync.v1", "read")
declare function raw_read(source: i32, off: i64, out: usize, size: i32): i64;
@external("dotsync.v1", "write")
declare function raw_write(data: usize, size: i32): i64;
@external("dotsync.v1", "copy")
declare function raw_copy(source: i32, off: i64, len: i64): i64;
@external("dotsync.v1", "discard")
declare function raw_discard(): i64;
@external("dotsync.v1", "set_context")
declare function raw_set_context(json: usize, size: i32): i64;
@external("dotsync.v1", "random")
declare function raw_random(out: usize, size: i32): i64;
@external("dotsync.v1", "sleep")
declare function raw_sleep(ms: i64): i64;
@external("dotsync.v1", "log")
declare function raw_log(level: i32, text: usize, size: i32): i64;
@external("dotsync.v1", "progress")
declare function raw_progress(done: i64, total: i64): i64;
@external("dotsync.v1", "finish")
declare function raw_finish(outcome: i32, retry_s: i64, message: usize, size: i32): i64;

@external("wasi_snapshot_preview1", "proc_exit")
declare function proc_exit(status: i32): void;

@inline
function start(data: ArrayBuffer): usize {
	return changetype<usize>(data);
}

/** What the code of an error means. */
export function describe(code: i64): string {
	switch (<i32>code) {
		case Code.FAULT: return "address range outside the memory";
		case Code.INVAL: return "value that makes no sense";
		case Code.NOENT: return "not there";
		case Code.DENIED: return "denied by the policy";
		case Code.NET: return "network failure";
		case Code.TIMEOUT: return "time is over";
		case Code.LIMIT: return "limit reached";
		case Code.STATE: return "not possible now";
		case Code.IO: return "the host could not read or store";
		default: return "not known";
	}
}

/** The value, unless it is an error: then that is thrown, and the run has failed. */
export function must<T extends number>(value: T): T {
	if (value < 0) throw new Error(describe(<i64>value));
	return value;
}

/** Where a throw ends, with --use abort=~lib/dotsync/index/abort: the message becomes that of finish, unless there was one. */
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
	finish(Outcome.FAILED, 0, message == null ? "stopped at line " + line.toString() : message);
	proc_exit(0);
	unreachable();
}

/** One number about this run; Code.UNKNOWN for other keys. */
export function get(key: Key): i64 {
	return raw_get(key);
}

/** The value of an environment variable; null where it is not set, or unless the manifest asks for it (permissions.allow_env) and the user granted it. */
export function env(name: string): string | null {
	const bytes = String.UTF8.encode(name);
	const length = raw_env(start(bytes), bytes.byteLength, 0, 0);
	if (length < 0) return null;
	const out = new ArrayBuffer(<i32>length);
	raw_env(start(bytes), bytes.byteLength, start(out), out.byteLength);
	return String.UTF8.decode(out);
}

/**
 * Sends a request and waits for the head of the answer; returns a handle for it, 16 or more.  `head` (at most 61440 bytes) is "METHOD URL" and
 * then "\nname: value" for each header, at most 32; `body` may be null.  With CONDITIONAL the host adds the validators it kept for this
 * very request (same method, URL and headers), and the answer may be 304.  Any status is an answer; Code.NET, TIMEOUT, DENIED and
 * LIMIT say that there is none.  Redirects are followed by the host where the policy allows.  At most 8 answers are open at once,
 * and 64 requests are made in a run.
 */
export function fetch(head: string, body: ArrayBuffer | null = null, flags: i32 = 0): i32 {
	const bytes = String.UTF8.encode(head);
	const size = body == null ? 0 : body.byteLength;
	return <i32>raw_fetch(start(bytes), bytes.byteLength, body == null ? 0 : start(body), size, flags);
}

/** The status of an answer, such as 200. */
export function status(handle: i32): i32 {
	return <i32>raw_status(handle);
}

/** A header of an answer (name without case); null where there is none. */
export function header(handle: i32, name: string): string | null {
	const bytes = String.UTF8.encode(name);
	const length = raw_header(handle, start(bytes), bytes.byteLength, 0, 0);
	if (length < 0) return null;
	const out = new ArrayBuffer(<i32>length);
	raw_header(handle, start(bytes), bytes.byteLength, start(out), out.byteLength);
	return String.UTF8.decode(out);
}

/** Forgets an answer; what was not read is not received. */
export function close(handle: i32): i32 {
	return <i32>raw_close(handle);
}

/** Bytes of a source; Code.NOENT where there is none.  Of an answer: its Content-Length, or NOENT. */
export function size(source: i32): i64 {
	return raw_size(source);
}

/**
 * Copies bytes of a source or an answer's body to `out`; returns their number, less than asked for only where it ends, 0 at the end.  An
 * answer is read in order: `off` is where the last read ended, else Code.STATE; one cut off is Code.NET.
 */
export function read(source: i32, off: i64, out: ArrayBuffer): i32 {
	return <i32>raw_read(source, off, start(out), out.byteLength);
}

/** All of a source from `off` to its end as text, for what is small; throws. */
export function readText(source: i32, off: i64 = 0): string {
	const piece = new ArrayBuffer(16384);
	let all = new ArrayBuffer(0);
	let got = must(read(source, off, piece));
	while (got > 0) {
		const more = new ArrayBuffer(all.byteLength + got);
		memory.copy(start(more), start(all), all.byteLength);
		memory.copy(start(more) + all.byteLength, start(piece), got);
		all = more;
		got = must(read(source, off + all.byteLength, piece));
	}
	return String.UTF8.decode(all);
}

/** Appends to the new payload, which begins empty; Code.LIMIT (Key.PAYLOAD_MAX), Code.IO (disk full). */
export function write(data: ArrayBuffer): i32 {
	return <i32>raw_write(start(data), data.byteLength);
}

/** The same with text, as UTF-8. */
export function writeText(text: string): i32 {
	return write(String.UTF8.encode(text));
}

/**
 * Appends a range of a source or answer to the new payload without passing through the guest; `len` may be ALL.  Returns the bytes copied.
 * After an error some of them may have been appended: discard before writing something else.
 */
export function copy(source: i32, off: i64 = 0, len: i64 = ALL): i64 {
	return raw_copy(source, off, len);
}

/** Forgets the new payload written so far. */
export function discard(): i64 {
	return raw_discard();
}

/** Replaces context.json when the run succeeds; Code.DENIED in sealed archives. */
export function setContext(json: string): i64 {
	const bytes = String.UTF8.encode(json);
	return raw_set_context(start(bytes), bytes.byteLength);
}

/** Random bytes, good enough for keys. */
export function random(out: ArrayBuffer): i64 {
	return raw_random(start(out), out.byteLength);
}

/** Waits; Code.TIMEOUT when the run's time (Key.WALL_MS) is over first. */
export function sleep(ms: i64): i64 {
	return raw_sleep(ms);
}

/** A line, or lines, for whoever looks (`dotsync refresh -v`); Code.LIMIT when Key.LOG_BYTES are used up, and what does not fit is dropped. */
export function log(level: Level, text: string): i64 {
	const bytes = String.UTF8.encode(text);
	return raw_log(level, start(bytes), bytes.byteLength);
}

/** For people watching: bytes done of bytes in all (0: unknown). */
export function progress(done: i64, total: i64): i64 {
	return raw_progress(done, total);
}

/** Says how it went, once.  After a failure `retry_s` > 0 asks to be tried again no earlier than that; the message is for people. */
export function finish(outcome: Outcome, retry_s: i64 = 0, message: string = ""): i64 {
	const bytes = String.UTF8.encode(message);
	return raw_finish(outcome, retry_s, start(bytes), bytes.byteLength);
}
