# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
host_cases.py - what each call of the contract host.* answers, here and in the reference.

A script is a guest: its calls in order, each with the answer that doc/contracts/host.md promises and, where the reference engine (sync-rs
8aad9fa) was seen to answer otherwise, with that.  `payload` is what the archive holds after a run without the report of the answers.
{P}, {Q} and {P6} are ports: of the server that the guest may reach, of one that it may not, and of one on an IPv6 address.
"""
from guestmaker import At, END, LAST_SIZE, OUT, SIZE, http, last, read, write

PANIC = "panic"	# the reference ends with its host program
OK = "http://127.0.0.1:{P}/ok"	# answers the 22 bytes of OK_BODY
OK_BODY = b"twenty-two bytes, okay"
BYTES = bytes(range(256))

# path -> (body, headers)
SERVED = {
	"/ok": (OK_BODY, {}),
	"/binary": (BYTES, {}),
	"/latin-1": (b"na\xefve", {"Content-Type": "text/plain; charset=iso-8859-1"}),
	"/mark": (b"\xef\xbb\xbfmark", {"Content-Type": "text/plain"}),
	"/gzip": (b"\x1f\x8b\x08\0\0\0\0\0\2\xff\xcbH\xcd\xc9\xc9\7\0\x86\xa6\x106\5\0\0\0", {"Content-Encoding": "gzip"}),
	"/empty": (b"", {}),
	"/large": (bytes(200000), {}),
}


class Script:
	def __init__(self, rows, hosts=("127.0.0.1:{P}",), theirs=("127.0.0.1",), old=b"0123456789", payload=None, their_payload=None):
		self.rows = [(row[0], row[1], row[2] if len(row) > 2 else row[1]) for row in rows]
		self.hosts, self.theirs = hosts, theirs
		self.old = old
		self.payload, self.their_payload = payload, payload if their_payload is None else their_payload


def url(text, answer, reference=None):
	"""Rows of one URL: its answer, then the size of what was got."""
	reference = answer if reference is None else reference
	return [(http(text), answer, reference), (LAST_SIZE, len(OK_BODY) if answer == 200 else 0, len(OK_BODY) if reference == 200 else 0)]


def rule(entry, text, answer, reference, hosts=None):
	"""One URL under one entry of the list; `hosts` when ours is written otherwise."""
	return Script(url(text, answer, reference), hosts=(entry,) if hosts is None else hosts, theirs=(entry,))


def body(path, size, reference=None):
	return [(http("http://127.0.0.1:{P}" + path), 200), (LAST_SIZE, size, size if reference is None else reference)]


def after_success(call, answer, reference=None):
	"""A failure forgets the answer before it; the reference keeps it."""
	return [(http(OK), 200), (call, answer, answer if reference is None else reference), (LAST_SIZE, 0, len(OK_BODY)), (last(-1), 0, len(OK_BODY))]


SCRIPTS = {
	"before_any_request": Script([(LAST_SIZE, 0), (last(100), 0)]),
	"an_answer": Script([
		(http(OK), 200), (LAST_SIZE, 22), (last(5), 5), (LAST_SIZE, 22), (last(100), 22), (last(-1), 22), (last(0), 0),
		(last(10, END - 2), -1), (last(0, END + 1), -1), (last(100, -1), -1), (last(-1), 22)]),
	"an_answer_is_read_from_its_start": Script(
		[(http(OK), 200), (last(3), 3), (last(4, OUT + 3), 4), (("payload_write", 0, 7, OUT), 7)], payload=b"twetwen"),
	"more_than_there_is_room_for": Script([(http("http://127.0.0.1:{P}/large"), 200), (LAST_SIZE, 200000), (last(60000), 60000), (last(60000), 60000)]),
	"statuses": Script([
		(http("http://127.0.0.1:{P}/status/404?body=gone"), 404), (LAST_SIZE, 4), (http("http://127.0.0.1:{P}/status/500?body=sorry"), 500), (LAST_SIZE, 5),
		(http("http://127.0.0.1:{P}/status/204"), 204), (LAST_SIZE, 0), (http("http://127.0.0.1:{P}/status/304"), 304), (LAST_SIZE, 0),
		(http("http://127.0.0.1:{P}/empty"), 200), (LAST_SIZE, 0), (last(100), 0)]),

	"bytes_arrive_as_they_were_sent": Script(
		body("/binary", 256, 512) + [(last(-1), 256, 512), (("payload_write", 0, 256, OUT), 256)],
		payload=BYTES, their_payload=(bytes(range(128)) + b"\xef\xbf\xbd" * 128)[:256]),
	"no_character_set_is_applied": Script(body("/latin-1", 5, 6)),
	"a_byte_order_mark_is_kept": Script(body("/mark", 7, 4)),
	"a_content_encoding_is_left_alone": Script(
		body("/gzip", 25, 41) + [(last(-1), 25, 41), (("payload_write", 0, 25, OUT), 25)], payload=SERVED["/gzip"][0],
		their_payload=SERVED["/gzip"][0].decode(errors="replace").encode()[:25]),
	"chunks_are_put_together": Script([(http("http://127.0.0.1:{P}/chunked?size=30000"), 200), (LAST_SIZE, 30000, 59280)]),

	"failed_cut_body": Script(after_success(http("http://127.0.0.1:{P}/cut?size=100&at=10"), -4)),
	"failed_cut_chunks": Script(after_success(http("http://127.0.0.1:{P}/chunked?size=100&at=10"), -4)),
	"failed_connection": Script(after_success(http("http://127.0.0.1:1/"), -5), hosts=("127.0.0.1:{P}", "127.0.0.1:1")),
	"failed_name": Script(
		after_success(http("http://name.invalid/"), -5), hosts=("127.0.0.1:{P}", "http://name.invalid"), theirs=("127.0.0.1", "name.invalid")),
	"failed_host": Script(after_success(http("http://localhost:{P}/ok"), -2)),
	"failed_empty_url": Script(after_success(http(""), -2)),
	"failed_scheme": Script(after_success(http("ftp://127.0.0.1/"), -1, -5)),
	"failed_no_scheme": Script(after_success(http("127.0.0.1"), -1, -5)),
	"failed_url_not_utf8": Script(after_success(http(b"http://127.0.0.1:{P}/\xff"), -1)),
	"failed_method_not_utf8": Script(after_success(http(OK, b"GE\xff"), -1)),
	"failed_url_outside": Script(after_success(("http_request", END - 2, 10, OUT, 0), -1)),
	"failed_url_negative_pointer": Script(after_success(("http_request", -1, 10, OUT, 0), -1)),
	"failed_url_negative_size": Script(after_success(("http_request", OUT, -1, OUT, 0), -1, PANIC)),
	"failed_method_outside": Script(after_success(("http_request", At(OK.encode()), 10, END - 2, 3), -1)),
	"failed_method_negative_size": Script(after_success(("http_request", At(OK.encode()), 10, OUT, -1), -1, PANIC)),
	"failed_url_too_long": Script(after_success(http("http://127.0.0.1:{P}/ok?" + "a" * 9000), -1, 200)[:2]),

	"redirects": Script([
		(http("http://127.0.0.1:{P}/redirect?to=/ok"), 200), (LAST_SIZE, 22), (http("http://127.0.0.1:{P}/hops/5"), 200),
		(http("http://127.0.0.1:{P}/hops/6"), -5, 200), (http("http://127.0.0.1:{P}/loop"), -5)]),
	"redirect_to_another_port": Script([(http("http://127.0.0.1:{P}/redirect?to=http://127.0.0.1:{Q}/ok"), -2, 200), (LAST_SIZE, 0, 22)]),
	"redirect_to_another_host": Script([(http("http://127.0.0.1:{P}/redirect?to=http://localhost:{Q}/ok"), -2, 200), (LAST_SIZE, 0, 22)]),

	"url_fragment_is_not_sent": Script(url(OK + "#part", 200)),
	"url_with_space": Script(url("http://127.0.0.1:{P}/o k", -1, 404)[:1]),
	"url_with_tab": Script(url("http://127.0.0.1:{P}/o\tk", -1, 200)),
	"url_with_backslash": Script(url("http://127.0.0.1:{P}\\ok", -1, 200)),
	"url_with_backslash_in_the_path": Script(url("http://127.0.0.1:{P}/no\\such", -1, 404)[:1]),

	"host_in_a_user_name": rule("allowed.example", "http://allowed.example:x@127.0.0.1:{P}/ok", -1, 200),
	"host_as_a_user_name": rule("user", "http://user:secret@127.0.0.1:{P}/ok", -1, 200),
	"host_before_a_backslash": rule("127.0.0.1", "http://127.0.0.1:{P}/\\@evil.example/ok", -1, 200, hosts=("127.0.0.1:{P}",)),
	"host_star_and_half_an_address": rule("*.0.1", OK, -2, 200),
	"host_star_and_most_of_an_address": rule("*.7.0.0.1", OK, -2, 200),
	"host_star_and_a_dot": rule("*.", OK, -2, 200),
	"host_star": rule("*", OK, -2, -2),
	"host_with_the_port": rule("127.0.0.1:{P}", OK, 200, -2),
	"host_of_no_list": Script(url(OK, -2), hosts=(), theirs=()),
	"host_in_capitals": rule("localhost", "http://LOCALHOST:{P}/ok", 200, -2, hosts=("localhost:{P}",)),
	"host_ipv6_in_brackets": rule("[::1]", "http://[::1]:{P6}/ok", 200, -2, hosts=("[::1]:{P6}",)),
	"host_ipv6": rule("::1", "http://[::1]:{P6}/ok", -2, -2),
	"host_none": rule("127.0.0.1", "127.0.0.1", -1, -5),
	"host_of_a_file": rule("", "file:///etc/hostname", -1, -5),
	"host_that_another_one_ends_with": rule("*.calhost", "http://localhost:{P}/ok", -2, 200),

	"payload_read": Script([
		(SIZE, 10), (read(0, 4), 4), (read(8, 100), 2), (read(10, 4), 0), (read(1000, 4), 0), (read(0, 0), 0), (read(0, 4, END - 2), -1),
		(read(0, 0, END + 1), -1), (read(0, 4, -1), -1), (read(-1, 4), 0), (read(0, -1), -1, 10), (read(1000, -1), -1, 0), (read(10, 4, END + 1), 0)]),
	"payload_read_is_the_old_one": Script(
		[(write(0, b"abc"), 3), (SIZE, 10), (read(0, 4), 4), (("payload_write", 3, 4, OUT), 4)], payload=b"abc0123"),
	"payload_read_negative_size": Script([(read(1, -1), -1, PANIC)]),
	"payload_write_negative_offset": Script([(("payload_write", -1, 4, OUT), -1, PANIC)]),
	"payload_write_negative_size": Script([(("payload_write", 0, -1, OUT), -1, PANIC)]),
	"payload_write_outside": Script([(("payload_write", 0, 4, END - 2), -1), (("payload_write", 0, 4, -1), -1)]),
	"payload_write_starts_from_nothing": Script([(write(5, b"abc"), 3)], old=b"thirteen bytes"[:13], payload=b"\0\0\0\0\0abc"),
	"payload_write_extends": Script([(write(0, b"ABCDEFGHIJ"), 10), (write(8, b"xyz"), 3)], payload=b"ABCDEFGHxyz"),
	"payload_write_overwrites": Script([(write(0, b"ABCDEFGHIJ"), 10), (write(2, b"xyz"), 3)], payload=b"ABxyzFGHIJ"),
	"payload_write_of_nothing": Script([(write(0, b""), 0)], payload=b""),
	"payload_write_of_nothing_further_on": Script([(write(7, b""), 0)], payload=bytes(7)),
	"payload_not_written": Script([(SIZE, 10)], payload=b"0123456789"),
	"payload_over_64_kib": Script(
		[(read(0, 200000), 200000), (("payload_write", 5, 200000, OUT), 200000)], old=(BYTES * 800)[:200000], payload=bytes(5) + (BYTES * 800)[:200000]),
}
