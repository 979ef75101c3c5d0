# SPDX-License-Identifier: Apache-2.0 OR MIT
"""create --from, refresh and consent: the real refresher and worker, a real server on loopback."""
import gzip
import json
import os
import re
import subprocess
import sys
import time
import zipfile

import clitest

sys.path.insert(0, os.path.join(clitest.SOURCE, "test", "server"))
import client  # noqa: E402


class Server(client.Server):
	"""One file at /data.csv, which a test may change."""

	def data(self, body=b"a,b\n", path="/data.csv", **headers):
		headers = {name.replace("_", "-"): value for name, value in headers.items()}
		self.content(path, body, headers=dict({"ETag": '"%s"' % body.hex(), "Content-Type": "text/csv; charset=utf-8"}, **headers))
		return self.url(path)

	def requests(self, path="/data.csv"):
		return self.counts()["requests"].get(path, 0)


def run(t, server, *arguments, **options):
	"""t.run() with the server's ports, and what else is of this run alone, taken out."""
	done = t.silent(*arguments, **options)
	if "--json" in arguments and done.code != 2:
		clitest.validate(arguments[0], done)

	def plain(data):
		for listener in ("http", "other", "full"):
			data = data.replace(server.origin(listener).encode(), b"http://<%s>" % listener.encode())
			data = data.replace(server.origin(listener)[7:].encode(), b"<%s>" % listener.encode())
		data = re.sub(rb"blake3:[0-9a-f]{16}\b", b"<hash>", data)
		return re.sub(rb'"timings":\{[^}]*\}|"sandbox":\{[^}]*\}|"next_attempt":"[^"]*"', b'"...":0', data)

	line = "$ dotsync " + " ".join(clitest.quote(argument) for argument in arguments) + "\n"
	t.say_bytes("", plain(line.encode()))
	t.say_bytes("", plain(done.out))
	t.say_bytes("! ", plain(done.err))
	if done.code != 0:
		t.say("= %d" % done.code)
	return done


def entry(t, name, member):
	with zipfile.ZipFile(t.path(name)) as archive:
		return archive.read(member)


def keys(t, name):
	text = entry(t, name, "manifest.toml").decode()
	return dict(line.split(" = ", 1) for line in text.splitlines() if " = " in line)


def test_create_from(t):
	"""One line, and what comes of it; the first refresh moves no byte of payload."""
	with Server() as server:
		url = server.data(Cache_Control="max-age=7200")
		run(t, server, "create", "--from", url)
		run(t, server, "create", "--from", url)
		run(t, server, "create", "--from", url, "--if-missing")
		t.equal(server.requests(), 1, "asked once")
		t.equal(t.silent("cat", "data.csv.sync").out, b"a,b\n", "payload")
		t.equal(t.silent("status", "--json", "data.csv.sync").objects()[0]["state"], "fresh", "status")
		run(t, server, "grants")
		before = t.read("data.csv.sync")
		found = run(t, server, "refresh", "--force", "--json", "data.csv.sync").objects()[0]
		t.equal([(r["status"], r["bytes"], r["cached"]) for r in found["requests"]], [(304, 0, True)], "a 304")
		t.equal(t.read("data.csv.sync"), before, "no byte of the archive has changed")
		t.equal(json.loads(entry(t, "data.csv.sync", "context.json")), {"v": 1, "urls": [url]}, "context")
		t.equal(sorted(os.listdir(t.work)), ["data.csv.sync"], "nothing is left")


def test_create_infers(t):
	"""Names never come from the server; type, extension and time to live do."""
	with Server() as server:
		cases = [
			("/plain", {"Content-Type": "text/csv"}),
			("/x.json", {"Content-Type": "application/octet-stream"}),
			("/list.dat", {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "public, max-age=86400"}),
			("/y.bin", {"Content-Type": "not a type", "Cache-Control": "no-store"}),
			("/z", {"Content-Type": "text/html", "Content-Disposition": 'attachment; filename="../../evil.sh"', "Cache-Control": "max-age=0"}),
			("/", {"Content-Type": "application/json"}),
			("/q", {"Content-Type": "application/octet-stream", "Content-Disposition": "attachment; filename*=UTF-8''na%C3%AFve.csv"}),
			("/.profile", {"Content-Type": "text/plain"}),
			("/a%2Fb%00c", {"Content-Type": "text/plain"}),
		]
		for path, headers in cases:
			server.content(path, b"x", headers=headers)
			before = set(os.listdir(t.work))
			done = t.silent("create", "--from", server.url(path))
			t.equal(done.code, 0, done.err)
			made = (set(os.listdir(t.work)) - before).pop()
			found = keys(t, made)
			name = made.replace(server.origin()[7:].replace(":", "_"), "<http>")
			t.say("%s %s -> %s %s %s ttl %s" % (path, headers, name, found["content_type"], found["display_ext"], found["ttl"]))
		t.check(not os.path.exists(os.path.join(t.folder, "evil.sh")), "no file outside")


def test_create_hops_and_mirrors(t):
	with Server() as server:
		other = server.url("/data.csv", "other")
		server.data()
		run(t, server, "create", "--from", server.url("/redirect?to=" + other), "-o", "hop.csv.sync")
		t.check(server.origin("other") in keys(t, "hop.csv.sync")["allow_hosts"], "the hop's host is allowed")
		run(t, server, "create", "--from", server.url("/status/503"), "--from", server.url("/cut?size=100&at=10"), "--from", server.url("/data.csv"),
			"-o", "mirror.csv.sync")
		t.equal(t.silent("cat", "mirror.csv.sync").out, b"a,b\n", "nothing of the mirror that was cut off")
		run(t, server, "refresh", "--force", "mirror.csv.sync", "hop.csv.sync")


def test_create_dead_mirror_that_unpacks(t):
	"""That the first mirror is dead is told where the updater asks them, too."""
	with Server() as server:
		packed = server.data(gzip.compress(b"a,b\n"), path="/data.csv.gz")
		run(t, server, "create", "--from", server.url("/status/404"), "--from", packed, "--unpack", "gz", "-o", "a.csv.sync")
		t.equal(t.silent("cat", "--refresh=never", "a.csv.sync").out, b"a,b\n", "the other mirror")


def test_create_fails(t):
	"""When no server delivers, nothing is made and nothing is granted."""
	with Server() as server:
		for path in ("/status/404", "/status/500", "/cut?size=1000&at=10", "/loop", "/hops/30", "/chunked?size=100&at=50", "/http09"):
			done = t.silent("create", "--from", server.url(path), "-o", "x.sync")
			t.equal(done.code, 75, path)
			t.check(done.err.count(b"\n") == 1, done.err)
		run(t, server, "create", "--from", server.url("/status/404"), "-o", "x.sync")
		run(t, server, "create", "--from", server.url("/status/404"), "-o", "x.sync", "--json")
		run(t, server, "create", "--offline", "--from", server.url("/data.csv"), "-o", "x.sync")
		server.data(b"")
		run(t, server, "create", "--from", server.url("/data.csv"), "-o", "x.sync")
		t.equal(t.silent("create", "--from", server.url("/data.csv"), "-o", "no/such/x.sync").code, 1, "no folder")
		server.data()
		done = t.silent("create", "--from", server.url("/silent"), "--timeout=1s", "-o", "x.sync")
		t.equal(done.code, 75, "a server that says nothing")
		t.equal(os.listdir(t.work), [], "nothing was made")
		t.equal(t.silent("grants", "--json").out, b"", "nothing was granted")


def test_create_empty(t):
	"""No bytes are a mistake, of a mirror too, unless they are said not to be."""
	with Server() as server:
		empty = server.data(b"", path="/empty")
		run(t, server, "create", "--from", empty, "--from", server.data(), "-o", "a.csv.sync")
		t.equal(t.silent("cat", "--refresh=never", "a.csv.sync").out, b"a,b\n", "the mirror")
		t.write("context.json", json.dumps({"v": 1, "urls": [empty], "allow_empty": True}).encode())
		done = t.silent("create", "--from", empty, "--context", "context.json", "-o", "b.sync")
		t.equal((done.code, t.silent("cat", "--refresh=never", "b.sync").out), (0, b""), done.err)


def test_create_to_standard_output(t):
	with Server() as server:
		done = t.silent("create", "--from", server.data(), "-o", "-")
		t.equal((done.code, done.out[:2]), (0, b"PK"), done.err)
		t.write("a.sync", done.out)
		t.equal(t.silent("verify", "a.sync").code, 0, "it is an archive")


def test_create_for_sync_rs(t):
	"""The archive that the Rust reader can open keeps itself fresh too."""
	with Server() as server:
		t.equal(t.silent("create", "--profile=sync-rs", "--from", server.data(), "-o", "a.sync", "--ttl=0").code, 0, "create")
		server.data(b"new\n")
		t.equal(t.silent("refresh", "a.sync").code, 0, "refresh")
		t.equal(t.silent("cat", "--refresh=never", "a.sync").out, b"new\n", "updated")
		with zipfile.ZipFile(t.path("a.sync")) as archive:
			t.equal({info.compress_type for info in archive.infolist()}, {0}, "everything is still Stored")


def make(t, server, *arguments, name="a.csv.sync", url=None):
	done = t.silent("create", "--from", url or server.data(), "-o", name, "--ttl=0", *arguments)
	t.equal(done.code, 0, done.err)


def test_refresh(t):
	with Server() as server:
		make(t, server)
		server.data(b"new,data\n")
		run(t, server, "refresh", "--dry-run", "a.csv.sync")
		t.equal(t.silent("cat", "--refresh=never", "a.csv.sync").out, b"a,b\n", "dry")
		run(t, server, "refresh", "--exit-code", "a.csv.sync")
		t.equal(t.silent("cat", "--refresh=never", "a.csv.sync").out, b"new,data\n", "updated")
		run(t, server, "refresh", "--exit-code", "a.csv.sync")
		t.silent("set", "a.csv.sync", "--ttl=1h")
		run(t, server, "refresh", "a.csv.sync")
		run(t, server, "refresh", "-q", "--force", "a.csv.sync")
		server.data(b"third\n")
		run(t, server, "refresh", "--force", "--json", "a.csv.sync")
		t.equal(os.listdir(t.work), ["a.csv.sync"], "nothing is left beside the archive")


def test_refresh_commands(t):
	with Server() as server:
		make(t, server)
		server.data(b"second\n")
		run(t, server, "refresh", "--check", "grep -q nothing \"$DOTSYNC_STAGED\"", "a.csv.sync")
		t.equal(t.silent("cat", "--refresh=never", "a.csv.sync").out, b"a,b\n", "refused by the check")
		run(t, server, "refresh", "--force", "--check", "grep -q second \"$DOTSYNC_STAGED\"", "--to", "plain.csv", "--exec", "echo done > mark", "a.csv.sync")
		t.equal(t.read("plain.csv"), b"second\n", "--to")
		t.equal(t.read("mark"), b"done\n", "--exec")
		server.data(b"third\n")
		run(t, server, "refresh", "--exec", "echo no such service; exit 3", "a.csv.sync")
		t.equal(t.silent("cat", "--refresh=never", "a.csv.sync").out, b"third\n", "the new version stays")
		server.data(b"fourth\n")
		found = run(t, server, "refresh", "--json", "--exit-code", "--exec", "exit 3", "a.csv.sync").objects()[0]
		t.equal((found["ok"], found["outcome"], found["error"]["exit"]), (False, "updated", 1), "both are told")
		server.data(b"fifth\n")
		run(t, server, "refresh", "--to", "no/folder/plain.csv", "a.csv.sync")
		run(t, server, "refresh", "--quiet", "--to", "no/folder/plain.csv", "a.csv.sync")
		found = run(t, server, "refresh", "--json", "--to", "no/folder/plain.csv", "a.csv.sync").objects()[0]
		t.equal((found["ok"], found["outcome"], found["error"]["exit"]), (False, "unchanged", 1), "both are told")
		t.run("refresh", "--to", "x", "a.csv.sync", "b.sync")
		t.run("refresh", "--background", "--to", "x", "a.csv.sync")
		t.run("refresh", "--sandbox=none", "a.csv.sync")


def test_refresh_onto_itself(t):
	"""A plain file that is the archive, by whatever name: refused before anything is asked or granted."""
	with Server() as server:
		make(t, server)
		before, asked = t.read("a.csv.sync"), server.requests()
		server.data(b"second\n")
		os.symlink("a.csv.sync", t.path("symbolic"))
		os.link(t.path("a.csv.sync"), t.path("hard"))
		for name in ("a.csv.sync", "./a.csv.sync", t.path("a.csv.sync"), "symbolic", "hard"):
			t.run("refresh", "--yes", "--force", "--to", name, "a.csv.sync")
		t.run("refresh", "--json", "--to", "a.csv.sync", "symbolic")
		t.equal((t.read("a.csv.sync"), os.path.islink(t.path("symbolic")), server.requests()), (before, True, asked), "all is as it was")
		t.equal(t.silent("refresh", "--force", "--to", "plain.csv", "a.csv.sync").code, 0, "another name")
		t.equal(t.read("plain.csv"), b"second\n", "--to")


def test_refresh_nothing_to_do(t):
	t.archive("plain.sync", ttl=0)
	t.run("refresh", "plain.sync")
	t.run("refresh", "missing.sync")
	t.write("bad.sync", b"no archive")
	t.run("refresh", "bad.sync", "plain.sync")
	t.run("refresh")


def test_host_not_asked_for(t):
	"""`status` still knows which host it was; the record has no more of the URL than that."""
	with Server() as server:
		make(t, server)
		other = server.url("/secret-path?token=1", "other")
		server.content("/data.csv", b"", status=302, headers={"Location": other})
		run(t, server, "refresh", "--force", "a.csv.sync")
		found = t.silent("status", "--json", "a.csv.sync").objects()[0]
		t.check(found["last_error"].endswith(": expected an entry " + server.origin("other")), found["last_error"])
		t.check("secret-path" not in str(t.silent("status", "a.csv.sync").out), "the host alone")


def test_refresh_fails(t):
	"""A failure leaves the archive as it was, is remembered, and says what and when."""
	with Server() as server:
		url = server.data()
		make(t, server, url=url)
		before = t.read("a.csv.sync")
		server.content("/data.csv", b"gone", status=404)
		run(t, server, "refresh", "a.csv.sync")
		done = t.silent("refresh", "a.csv.sync")
		t.equal(done.code, 75, "it waits")
		t.check(b"--force" in done.err, done.err)
		done = t.silent("refresh", "--json", "--force", "a.csv.sync")
		clitest.validate("refresh", done)
		t.equal((done.code, done.objects()[0]["outcome"], done.objects()[0]["ok"]), (75, "failed", False), "json")
		t.equal(t.silent("status", "--json", "a.csv.sync").objects()[0]["state"], "failing", "status")
		t.equal(t.read("a.csv.sync"), before, "as it was")
		server.data(b"back\n")
		run(t, server, "refresh", "--force", "a.csv.sync")
		make(t, server, name="b.sync")
		t.archive("plain.sync")
		done = t.silent("refresh", "--offline", "b.sync", "plain.sync")
		t.equal(done.code, 75, "offline")
		t.write("bad.sync", b"no archive")
		t.equal(t.silent("refresh", "--offline", "b.sync", "bad.sync", "missing.sync").code, 8, "the worst of several")


def test_refresh_held(t):
	with Server() as server:
		make(t, server)
		server.data(b"new\n")
		t.silent("hold", "a.csv.sync")
		run(t, server, "refresh", "a.csv.sync")
		t.equal(t.silent("cat", "--refresh=never", "a.csv.sync").out, b"a,b\n", "held")
		run(t, server, "refresh", "--force", "a.csv.sync")
		t.equal(t.silent("status", "--json", "a.csv.sync").objects()[0]["held"], True, "held at the new version")


def test_explain(t):
	with Server() as server:
		make(t, server)
		asked = server.requests()
		done = t.silent("refresh", "--explain", "a.csv.sync")
		t.equal(done.code, 0, done.err)
		t.check(done.out.startswith(b"a.csv.sync:\n  ") and server.origin().encode() in done.out, done.out)
		done = t.silent("refresh", "--explain", "--json", "a.csv.sync")
		clitest.validate("refresh", done)
		t.silent("revoke", "a.csv.sync")
		t.check(b"NOT granted" in t.silent("refresh", "--explain", "a.csv.sync").out, "it says what is missing")
		t.equal(server.requests(), asked, "nobody was asked")


def test_background(t):
	with Server() as server:
		make(t, server)
		server.data(b"new\n")
		run(t, server, "refresh", "--background", "a.csv.sync")
		end = time.monotonic() + 30
		while t.silent("cat", "--refresh=never", "a.csv.sync").out != b"new\n":
			t.check(time.monotonic() < end, "not within 30 s")
			time.sleep(0.02)
		t.archive("plain.sync")
		run(t, server, "refresh", "--background", "--json", "plain.sync")


def test_consent(t):
	"""Nothing runs that was not granted; what is asked is shown; the grant is for this updater alone."""
	with Server() as server:
		make(t, server)
		server.data(b"new\n")
		run(t, server, "revoke", "a.csv.sync")
		run(t, server, "revoke", "a.csv.sync")
		run(t, server, "refresh", "a.csv.sync")
		run(t, server, "refresh", "--json", "a.csv.sync")
		run(t, server, "grant", "a.csv.sync")
		run(t, server, "grant", "--json", "a.csv.sync")
		t.equal(server.requests(), 1, "nobody was asked")
		run(t, server, "grant", "--private", server.origin(), "a.csv.sync")
		run(t, server, "grant", "a.csv.sync")
		run(t, server, "refresh", "a.csv.sync")
		run(t, server, "revoke", "--json", "a.csv.sync")


def test_grant(t):
	"""A refresh that says --yes grants what is asked, but no private address."""
	with Server() as server:
		make(t, server)
		server.data(b"new\n")
		t.silent("revoke", "a.csv.sync")
		done = t.silent("refresh", "--yes", "a.csv.sync")
		t.equal(done.code, 75, "a private address was not typed here")
		t.check(b"private address" in done.err, done.err)
		run(t, server, "grant", "--yes", "--expires=30d", "a.csv.sync")
		run(t, server, "grant", "--allow-host", "x.example", "--env", "TOKEN", "--expires", "2100-01-01T00:00:00Z", "--json", "a.csv.sync")
		run(t, server, "grants", "--json")
		run(t, server, "grants", "a.csv.sync")
		t.archive("plain.sync")
		run(t, server, "grant", "--yes", "plain.sync", "missing.sync")
		run(t, server, "revoke", "missing.sync")
		for wrong in ("soon", "0", "2001-01-01T00:00:00Z"):
			t.equal(t.silent("grant", "--expires", wrong, "a.csv.sync").code, 2, wrong)
		t.equal(t.silent("grant", "--yes", "a.csv.sync", environment={"HOME": None}).code, 1, "no home")
		t.equal(t.silent("grants", environment={"HOME": None}).code, 0, "no home, no grants")


def test_asking(t):
	t.archive("a.sync", tables='\n[permissions]\nallow_hosts = ["a.example"]\nallow_env = ["TOKEN"]\n',
		extra=[("sync.wasm", b"\0asm\1\0\0\0\1\4\1\x60\0\0\3\2\1\0\5\3\1\0\1\7\x13\2\6memory\2\0\6_start\0\0\x0a\4\1\2\0\x0b")], ttl=0)
	for text in (b"n\n", b"\n", b"yess\n", b"\x04"):
		seen, code = t.answer(text, "grant", "a.sync")
		t.equal(code, 4, text)
		t.check("Allow it? [y/N]" in seen and "a.example   (new)" in seen and "TOKEN   (new)" in seen, seen)
		t.equal(t.silent("grants", "--json").out, b"", "nothing was granted")
	seen, code = t.answer(b"n\n", "refresh", "a.sync")
	t.equal(code, 4, seen)
	seen, code = t.answer(b"y\n", "refresh", "a.sync")
	t.equal(code, 0, seen)
	t.check("Allow it?" in seen and "unchanged" in seen, seen)
	seen, code = t.answer(b"", "grant", "a.sync")
	t.equal(code, 0, seen)
	t.check("may run" in seen and "Allow" not in seen, seen)
	t.equal(t.answer(b"", "create", "-", "-o", "-")[1], 2, "an archive is not for a terminal")


def test_hostile_owner(t):
	"""What an archive says of itself reaches the terminal as text."""
	text = clitest.manifest(tables='\n[permissions]\nallow_hosts = ["a\\u001b[31m.example"]\n').replace('"tester"', '"me\\u001b[2J\\u202e"')
	t.archive("a.sync", text=text, extra=[("sync.wasm", b"\0asm\1\0\0\0\1\4\1\x60\0\0")], ttl=0)
	for arguments in (("grant", "a.sync"), ("grant", "--yes", "a.sync"), ("grants",), ("refresh", "a.sync"), ("revoke", "a.sync")):
		done = t.silent(*arguments)
		t.check(b"\x1b" not in done.out + done.err and "\u202e".encode() not in done.out + done.err, done.out + done.err)


clitest.main(__file__)
