#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""hostile_test.py - archives and manifests that are none, through every command that takes one."""
import json
import os
import subprocess

import field
from field import clitest

GENERATOR = os.path.join(clitest.BUILD, "test", "zip_hostile")
URL = "http://127.0.0.1:1/x"

# All that takes an archive; reading all of them with info, ls, status and verify is tested with the command.
COMMANDS = (
	("cat",), ("cat", "--range=0-1"), ("extract", "-o", "out"), ("info", "--json"), ("verify", "--fresh"), ("status", "--max-age=1h"),
	("refresh",), ("refresh", "--force", "--yes"), ("refresh", "--background"), ("refresh", "--explain"), ("refresh", "--dry-run", "--json"),
	("set", "--ttl=1h"), ("set", "--payload", "/dev/null"), ("hold",), ("unhold",), ("grant", "--yes"), ("grant", "--yes", "--json"), ("revoke",),
)


def check_refused(t, arguments, name, before, left):
	done = t.silent(*arguments, name)
	what = "%s of %s" % (" ".join(arguments), name)
	t.equal(done.code, 8, "%s: %r %r" % (what, done.out, done.err))
	said = done.out if "--json" in arguments and arguments[0] != "cat" else done.err
	t.equal(said.count(b"\n"), 1, "%s: %r" % (what, said))
	t.check(all(32 <= byte != 127 or byte == 10 for byte in said), "%s: %r" % (what, said))
	if said is done.out:
		t.equal(json.loads(said)["error"]["exit"], 8, what)
	elif arguments[0] in ("cat", "extract"):
		t.equal(done.out, b"", what)
	t.equal(t.read(name), before, what)
	t.equal(sorted(os.listdir(t.work)), left, what)


def test_archives(t):
	"""The refused archives of the reader's tests: each command says so in one line and changes nothing (repack may ask which of two to take)."""
	if not os.path.exists(GENERATOR):
		raise clitest.Skip("no zip_hostile in the build")
	folder = os.path.join(t.folder, "seeds")
	os.mkdir(folder)
	subprocess.run([GENERATOR, "--seeds", folder], stdout=subprocess.DEVNULL, check=True)
	names = sorted(name for name in os.listdir(folder) if name.startswith("should-fail-"))
	t.check(len(names) >= 40, "the generator makes few archives: %d" % len(names))
	for index, name in enumerate(names):
		with open(os.path.join(folder, name), "rb") as file:
			data = file.read()
		t.write("a.sync", data)
		# Each archive sees a third of the commands, each command a third of the archives.
		for arguments in COMMANDS[index % 3::3]:
			check_refused(t, arguments, "a.sync", data, ["a.sync"])
		done = t.silent("repack", "a.sync", "-o", "b.sync")
		t.check(done.code in (0, 4, 8) and os.path.exists(t.path("b.sync")) == (done.code == 0), "repack of %s: %d" % (name, done.code))
		if done.code == 0:
			t.equal(t.silent("verify", "b.sync").code, 0, "what repack made of %s" % name)
			os.unlink(t.path("b.sync"))
		os.unlink(t.path("a.sync"))
	field.check_quiet(t)


def test_said_once(t):
	"""A command that looks twice says it once."""
	t.write("a.sync", b"no archive")
	for arguments in (("cat",), ("extract", "-o", "out")):
		field.check_error(t, t.silent(*arguments, "--refresh=wait", "a.sync"), 8, "a.sync")


def plain(**changes):
	text = clitest.manifest(ttl=0)
	for old, new in changes.values():
		assert old in text, old
		text = text.replace(old, new)
	return text


def manifests():
	text = clitest.manifest(ttl=0)
	return {
		"a control character in a name": text + '\n[permissions]\nallow_hosts = ["a\x1bb"]\n',
		"a NUL": text + "\0",
		"a byte order mark twice": "\ufeff\ufeff" + text,
		"a key twice": text + "ttl = 1\n",
		"no version": plain(a=('version = "1.3"\n', "")),
		"a version of tomorrow": plain(a=('"1.3"', '"9.0"')),
		"a number for a text": plain(a=('"text/plain"', "1")),
		"a time that is none": plain(a=("created_at = \"2", "created_at = \"x2")),
		"a hash that is not known": plain(a=('"blake3"', '"crc32"')),
		"a time to live as a text": plain(a=("ttl = 0", 'ttl = "0"')),
		"a time to live of a float": plain(a=("ttl = 0", "ttl = 1e300")),
		"an extension that leaves the folder": plain(a=('display_ext = "txt"', 'display_ext = "../x"')),
		"arrays without end": text + "x = " + "[" * 5000,
		"a table that is a value": text + "[policy.ttl]\n",
		"a text without end": text + 'x = "',
		"too long a key": text + "k" * 300000 + " = 1\n",
		"half a character": text.encode() + b"# \xe2\x80",
	}


def test_manifests(t):
	for index, (what, text) in enumerate(manifests().items()):
		data = clitest.pack([("manifest.toml", text), ("payload", b"hello\n")])
		t.write("a.sync", data)
		done = t.silent("cat", "a.sync")
		t.equal((done.code, done.out), (8, b""), "%s: %r" % (what, done.err))
		for arguments in COMMANDS[index % 3::3]:
			check_refused(t, arguments, "a.sync", data, ["a.sync"])
	field.check_quiet(t)


def context(text):
	"""An archive with the built-in updater and these parameters."""
	with open(os.path.join(clitest.BUILD, "tree", "guest", "http.wasm"), "rb") as file:
		return [("sync.wasm", file.read()), ("context.json", text)]


CONTEXTS = (
	b"", b"\0", b"{", b"[]", b"null", b'"text"', b"{}", b'{"v":1}', b'{"v":1,"urls":[]}', b'{"v":1,"urls":"x"}', b'{"v":1,"urls":[1]}', b'{"v":2,"urls":["%s"]}' % URL.encode(),
	b'{"v":1,"urls":["file:///etc/passwd"]}', b'{"v":1,"urls":["gopher://127.0.0.1/"]}', b'{"v":1,"urls":["http://127.0.0.1:1/\\r\\nHost: x"]}',
	b'{"v":1,"urls":["http://127.0.0.1:1@other.example/"]}', b'{"v":1,"urls":["http://0x7f.1:1/"]}', b'{"v":1,"urls":["HTTP://127.1:1/"]}',
	b'{"v":1,"urls":["' + b"a" * 70000 + b'"]}', b"[" * 100000, b'{"v":1,"v":1,"urls":["%s"]}' % URL.encode(), b'{"v":1,"urls":["\xff"]}', b'{"v":1,"urls":["\\ud800"]}',
)


def test_contexts(t):
	"""Parameters of the updater that it cannot use, or must not follow: the data are read, the refresh fails, no file of ours is sent."""
	hosts = '\n[permissions]\nallow_hosts = ["http://127.0.0.1:1"]\n'
	for text in CONTEXTS:
		what = repr(text[:60])
		t.archive("a.sync", extra=context(text), ttl=0, tables=hosts)
		field.succeed(t, "grant", "--yes", "--private", "http://127.0.0.1:1", "a.sync")
		before = t.read("a.sync")
		t.equal(field.cat(t, "a.sync"), b"hello\n", what)
		done = t.silent("refresh", "--force", "a.sync")
		t.check(done.code in (8, 75), "%s: exit %d, %r" % (what, done.code, done.err))
		field.check_error(t, done, done.code, "a.sync")
		t.equal(t.read("a.sync"), before, what)
		field.check_clean(t, "a.sync")
		t.equal(field.status(t, "a.sync")["state"], "failing", what)
		t.check(b"root:" not in done.err, done.err)


def test_files_of_the_user(t):
	"""Damaged configuration, grants and cache: reading works, what they would allow is not allowed, and nothing crashes."""
	with field.Server() as server:
		field.make(t, server, ttl="1h")
		field.succeed(t, "refresh", "--force", field.NAME)
		home = t.environment["HOME"]
		before = t.read(field.NAME)
		found = [os.path.join(folder, name) for folder, _, names in os.walk(home) for name in names]
		t.check(len(found) >= 2, "files of the user: %s" % found)
		found.append(os.path.join(home, ".config/dotsync/config.toml"))
		for path in found:
			good = None
			if os.path.exists(path):
				with open(path, "rb") as file:
					good = file.read()
			for bad in (b"", b"\xff" * 5000, b"[[[[", b"v = 1\nv = 2\n", b"\0" * 100, b"x" * 2000000):
				with open(path, "wb") as file:
					file.write(bad)
				t.equal(field.cat(t), b"old\n", path)
				for arguments in (("status",), ("info",), ("grants",), ("refresh", "--force"), ("doctor",)):
					names = () if arguments[0] in ("grants", "doctor") else (field.NAME,)
					done = t.silent(*arguments, *names)
					t.check(done.code in (0, 1, 4), "%s with a bad %s: exit %d, %r" % (arguments, path, done.code, done.err))
					t.check(b"\xff" not in done.out + done.err, "%s with a bad %s: %r" % (arguments, path, done.err))
				t.equal(t.read(field.NAME), before, path)
				field.check_clean(t)
			if good is None:
				os.unlink(path)
			else:
				with open(path, "wb") as file:
					file.write(good)
		field.succeed(t, "refresh", "--force", field.NAME)


if __name__ == "__main__":
	field.main(__file__)
