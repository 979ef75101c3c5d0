#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""server_test.py - servers of each misbehaviour, through `create --from` and `refresh`."""
import gzip
import os
import threading

import field
from field import clitest

OK, FAILS = 0, 75


def raw(text):
	return "/raw?hex=" + (text if isinstance(text, bytes) else text.encode()).hex()


HEAD = "HTTP/1.1 200 OK\r\n"

# path, exit status; a word of the message
CASES = [
	("/status/404", FAILS, "404"),
	("/status/500", FAILS, "500"),
	("/status/503?retry_after=30", FAILS, "503"),
	("/status/429?retry_after=-5", FAILS, "429"),
	("/status/429?retry_after=99999999999999999999", FAILS, "429"),
	("/status/401", FAILS, "401"),
	("/status/204", FAILS, ""),
	("/status/206?body=x", FAILS, "206"),
	("/status/304", None, ""),	# nothing new, or nothing at all
	("/status/999", FAILS, "999"),
	("/status/302", FAILS, ""),
	("/bytes?size=0", None, ""),	# the first version may be empty, no later one
	("/bytes?size=70000", OK, ""),
	("/bytes?size=100&encoding=br", OK, ""),	# nobody asked for it; bytes are kept as they came, as curl -o does
	("/cut?size=1000&at=10", FAILS, ""),
	("/cut?size=1000&at=0", FAILS, ""),
	("/cut?size=99999999999999999999&at=10", FAILS, ""),
	("/chunked?size=50000", OK, ""),
	("/chunked?size=50000&at=20000", FAILS, ""),
	("/slow-head", FAILS, ""),
	("/silent", FAILS, ""),
	("/slow?size=100000&rate=10", FAILS, ""),
	("/trickle-head?lines=20", OK, ""),
	("/trickle-head?endless=1", FAILS, ""),
	("/long-line?size=3000000", FAILS, ""),
	("/interim?count=2", OK, ""),
	("/interim?endless=1", FAILS, ""),
	("/redirect?to=/echo", OK, ""),
	("/redirect?to=/echo&to=/bytes%3Fsize=3", FAILS, ""),
	("/redirect?to=", FAILS, ""),
	("/redirect?to=file:///etc/passwd", FAILS, ""),
	("/redirect?to=http://user:secret@127.0.0.1/", FAILS, ""),
	("/redirect?to=http://169.254.169.254/latest/", FAILS, ""),
	("/redirect?to=%09http://127.0.0.1", FAILS, ""),
	("/hops/3", OK, ""),
	("/hops/50", FAILS, ""),
	("/loop", FAILS, ""),
	("/http09", FAILS, ""),
	(raw(""), FAILS, ""),
	(raw("HTTP/9.9 200 OK\r\n\r\nx"), FAILS, ""),
	(raw("HTTP/1.1 -1 OK\r\n\r\nx"), FAILS, ""),
	(raw(HEAD + "Content-Length: -5\r\n\r\nx"), FAILS, ""),
	(raw(HEAD + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"), FAILS, ""),
	(raw(HEAD + "Content-Length: 5x\r\n\r\nhello"), FAILS, ""),
	(raw(HEAD + "Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n"), FAILS, ""),
	(raw(HEAD + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nhello\r\n0\r\n\r\n"), FAILS, ""),
	(raw(HEAD + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), None, ""),
	(raw(HEAD + "Transfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), FAILS, ""),
	(raw(HEAD + "X: a\0b\r\nContent-Length: 5\r\n\r\nhello"), FAILS, ""),
	(raw(HEAD + "ETag: \"\x1b[2J\"\r\nContent-Length: 5\r\n\r\nhello"), None, ""),
	(raw(HEAD + "Content-Type: \x1b]0;x\x07\r\nContent-Length: 5\r\n\r\nhello"), None, ""),
	(raw("HTTP/1.1 500 \x1b[31mred\x1b[0m\r\nContent-Length: 0\r\n\r\n"), FAILS, "500"),
	(raw(HEAD.encode() + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello"), OK, ""),
	(raw(HEAD.encode() + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\n" + gzip.compress(b"hello")[:5]), OK, ""),
]


def name_of(path):
	return bytes.fromhex(path[9:]).decode("latin-1")[:60].encode("unicode_escape").decode() if path.startswith("/raw?") else path


def check_said(t, done, what, url, word):
	"""One line with the URL, which after a redirect is where that led."""
	t.equal(done.err.count(b"\n"), 1, "%s: %r" % (what, done.err))
	t.check(all(32 <= byte != 127 or byte == 10 for byte in done.err), "%s: %r" % (what, done.err))
	t.check((b"://" if "redirect" in what else url.encode()) in done.err, "%s: no URL in %r" % (what, done.err))
	t.check(word.encode() in done.err, "%s: no %s in %r" % (what, word, done.err))


def requests_of(server, path):
	return sum(request["target"] == path for request in server.log())


def in_parallel(work, items, width=6):
	"""Most of the time goes by in waiting for servers."""
	items, problems, lock = list(enumerate(items)), [], threading.Lock()

	def loop():
		while True:
			with lock:
				if not items:
					return
				number, item = items.pop(0)
			try:
				work(number, item)
			except Exception as problem:
				problems.append(str(problem))

	threads = [threading.Thread(target=loop) for _ in range(width)]
	for thread in threads:
		thread.start()
	for thread in threads:
		thread.join()
	if problems:
		raise AssertionError("\n".join(problems))


def test_create(t):
	"""What can be had becomes an archive; all else leaves no file, no grant, and one line with the URL."""
	with field.Server() as server:
		def one(number, case):
			path, code, word = case
			name, what = "%d.sync" % number, "create from " + name_of(path)
			done = t.silent("create", "--from", server.url(path), "--timeout=1s", "-o", name)
			made = os.path.exists(t.path(name))
			t.check(done.code == code or code is None and done.code in (OK, FAILS), "%s: exit %d, %r" % (what, done.code, done.err))
			t.equal(made, done.code == OK, what)
			if made:
				t.equal(t.silent("verify", name).code, 0, what)
				done = t.silent("info", name)
				t.check(b"\x1b" not in done.out and b"\x07" not in done.out, "%s: %r" % (what, done.out))
			else:
				check_said(t, done, what, server.origin(), word)
		in_parallel(one, CASES)
		names = [name for name in os.listdir(t.work) if not name.endswith(".sync") or name.startswith(".")]
		t.equal(names, [], "what is left")


def test_refresh(t):
	"""The archive is updated or as it was; a failure is remembered and one line names the URL."""
	with field.Server() as server:
		field.make(t, server, b"old data\n", name="seed.sync")
		wasm = field.member(t.path("seed.sync"), "sync.wasm")

		def one(number, case):
			path, code, word = case
			name, what = "%d.sync" % number, "refresh from " + name_of(path)
			url = server.url(path)
			tables = '\n[permissions]\nallow_hosts = ["%s"]\n' % server.origin()
			text = clitest.manifest(ttl=0, tables=tables).replace("timeout = 30", "timeout = 1")
			t.archive(name, payload=b"old data\n", text=text, extra=[("sync.wasm", wasm), ("context.json", '{"v":1,"urls":["%s"]}' % url)])
			field.succeed(t, "grant", "--yes", "--private", server.origin(), name)
			before = field.print_of(t.path(name))
			done = t.silent("refresh", name)
			t.check(done.code == code or code is None and done.code in (OK, FAILS), "%s: exit %d, %r" % (what, done.code, done.err))
			if done.code == OK:
				t.equal((done.err, t.silent("verify", name).code), (b"", 0), what)
				return
			check_said(t, done, what, server.origin(), word)
			t.equal(field.print_of(t.path(name)), before, what)
			t.equal(field.cat(t, name), b"old data\n", what)
			found = field.status(t, name)
			t.equal((found["state"], found["failures"]), ("failing", 1), what)
			t.check(found["last_error"] and found["next_refresh"] > found["last_attempt"], "%s: %s" % (what, found))
			asked = requests_of(server, path)
			t.equal(t.silent("cat", name).out, b"old data\n", what)	# cools down: nobody is asked
			t.equal(requests_of(server, path), asked, what)
		in_parallel(one, CASES)
		field.check_quiet(t)
		t.equal([name for name in os.listdir(t.work) if name.startswith(".")], [], "what is left")


def test_no_server(t):
	"""Nobody there, somebody who does not answer, a name that is none, a port that speaks something else."""
	with field.Server(tls=True) as server:
		urls = ["http://127.0.0.1:1/x", server.url("/x", "full"), "http://no-such-name.invalid/x", server.origin().replace("http:", "https:") + "/x",
			server.origin("https").replace("https:", "http:") + "/x", server.url("/echo", "https"), server.url("/echo", "expired"), server.url("/echo", "self_signed"),
			server.url("/echo", "wrong_host"), server.url("/echo", "tls11")]

		def one(number, url):
			name = "%d.sync" % number
			done = t.silent("create", "--from", url, "--timeout=1s", "-o", name)
			t.equal(done.code, FAILS, "%s: %r" % (url, done.err))
			check_said(t, done, url, url.rsplit("/", 1)[0], "")
		in_parallel(one, urls)
		t.equal(os.listdir(t.work), [], "what is left")


def test_urls(t):
	"""URLs that are refused before anybody is asked: usage, one line."""
	for url in ("", "x", "ftp://a/b", "file:///etc/passwd", "http://", "http:///x", "http://a b/", "http://a/\r\nX: y", "http://u:p@127.0.0.1/", "http://[::1", "http://127.0.0.1:99999/",
			"http://a/%zz", "http://a/\x1b[2J", "//a/b", "http://" + "a" * 300 + "/", "https://a" + "/b" * 10000):
		done = t.silent("create", "--from", url, "-o", "x.sync")
		t.check(done.code in (2, 75), "%r: exit %d, %r" % (url, done.code, done.err))
		t.check(0 < done.err.count(b"\n") <= 2 and b"\x1b" not in done.err and b"\r" not in done.err, "%r: %r" % (url, done.err))
		t.equal(os.listdir(t.work), [], url)


if __name__ == "__main__":
	field.main(__file__)
