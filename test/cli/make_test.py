# SPDX-License-Identifier: Apache-2.0 OR MIT
"""create, set and repack, without a network."""
import hashlib
import io
import os
import resource
import shutil
import subprocess
import warnings
import zipfile

import clitest

WASM = b"\0asm\1\0\0\0\1\4\1\x60\0\0\3\2\1\0\5\3\1\0\1\7\x13\2\6memory\2\0\6_start\0\0\x0a\4\1\2\0\x0b"  # a WASI command that does nothing
URL = "https://data.example/lists/public.dat?key=1"
EPOCH = {"SOURCE_DATE_EPOCH": "1700000000"}


warnings.filterwarnings("ignore", "Duplicate name")


def entries(t, name):
	with zipfile.ZipFile(t.path(name)) as archive:
		return {info.filename: archive.read(info) for info in archive.infolist()}


def manifest_lines(t, name):
	return entries(t, name)["manifest.toml"].decode().splitlines()


def test_create(t):
	t.write("report.csv", "a,b\n1,2\n")
	t.run("create", "report.csv")
	t.run("create", "report.csv")
	t.run("create", "--if-missing", "report.csv")
	t.run("create", "--if-missing", "--json", "report.csv")
	t.run("create", "--force", "--json", "--name", "A report", "--description", "of it", "--ttl=2h", "--timeout=1m", "report.csv")
	done = t.silent("info", "report.csv.sync")
	t.check(b"Name       A report\n  About      of it\n" in done.out and b"shown as report.csv" in done.out, done.out)
	t.run("create", "-o", "x.sync", "--type=text/x-report", "--ext", ".rep", "--read=member", "--write=owner", "--execute=public",
		"--team=did:key:z6MkA", "--team=did:key:z6MkB", "--network=none", "report.csv")
	for line in manifest_lines(t, "x.sync"):
		if not line.startswith("created_at"):
			t.say(line)
	t.equal(t.silent("cat", "x.sync").out, b"a,b\n1,2\n", "payload")
	t.equal(sorted(os.listdir(t.work)), ["report.csv", "report.csv.sync", "x.sync"], "nothing else is left")


def test_create_if_missing_race(t):
	"""Somebody else makes it while the payload is read: it is there, which is what was asked for."""
	for options, code in ((("--if-missing",), 0), (("--if-missing", "--json"), 0), ((), 1)):
		process = subprocess.Popen([clitest.DOTSYNC, "create", "-", "-o", "a.sync", *options], cwd=t.work, env=t.environment,
			stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
		process.stdin.write(bytes(1 << 20))	# more than a pipe holds: it has looked, and reads
		process.stdin.flush()
		t.archive("a.sync", payload=b"theirs")
		out, err = process.communicate(timeout=60)
		t.equal(process.returncode, code, "%s: %r" % (options, err))
		if "--json" in options:
			clitest.validate("create", clitest.Run(code, out, err))
			t.equal(clitest.Run(code, out, err).objects()[0]["created"], False, "json")
		else:
			t.equal(out, b"", options)
		t.equal(err == b"", code == 0, err)
		t.equal(t.silent("cat", "a.sync").out, b"theirs", "theirs stays")
		t.equal(os.listdir(t.work), ["a.sync"], "nothing else is left")
		os.unlink(t.path("a.sync"))


def test_create_names(t):
	"""Name, type and extension of what people archive; no type is a guess that could be wrong in an awkward way."""
	for name in ("a.CSV", "b.tar.gz", "noext", ".hidden", "odd.e x t", "trailing.", "x.unknown", "m.mmdb"):
		t.write(name, "x")
		t.run("create", "-q", "./" + name, "-o", "out.sync", "--force")
		t.say("  " + "; ".join(line for line in manifest_lines(t, "out.sync") if line.split(" ")[0] in ("content_type", "display_ext", "name")))


def test_create_standard_streams(t):
	done = t.silent("create", "-", "-o", "-", "--ext=txt", stdin=b"hello\n", environment=EPOCH)
	t.equal((done.code, done.err), (0, b"standard output: 6 B of text/plain\n"), "to a pipe")
	t.write("a.sync", done.out)
	t.run("verify", "a.sync")
	t.run("create", "-", stdin=b"x")
	t.run("create", "-", "-o", "named.csv.sync", stdin=b"x")
	done = t.silent("create", "-", "-o", "-", "--json", stdin=b"hello\n")
	t.equal(done.out[:2], b"PK", "standard output is the archive")
	clitest.SCHEMAS.check("create.json", __import__("json").loads(done.err))


def test_create_reproducible(t):
	"""The same input and options make the same bytes, for ever."""
	t.write("a.txt", "hello\n")
	t.write("u.wasm", WASM)
	for name in ("1.sync", "2.sync"):
		t.silent("create", "a.txt", "--wasm=u.wasm", "--allow-host=a.example", "-o", name, environment=EPOCH)
	t.equal(t.read("1.sync"), t.read("2.sync"), "twice")
	t.say(hashlib.sha256(t.read("1.sync")).hexdigest())
	t.run("create", "a.txt", environment={"SOURCE_DATE_EPOCH": "today"})


def test_create_usage(t):
	t.write("a.txt", "x")
	t.run("create")
	t.run("create", "a.txt", "b.txt")
	t.run("create", "a.txt", "--ttl=soon")
	t.run("create", "a.txt", "--timeout=0")
	t.run("create", "a.txt", "--profile=other")
	t.run("create", "a.txt", "--read=everybody")
	t.run("create", "a.txt", "--type=not a type")
	t.run("create", "a.txt", "--ext=a/b")
	t.run("create", "missing.txt")
	t.run("create", "a.txt", "-o", "no/such/folder.sync")
	t.run("create", "--from", "ftp://data.example/x", "-o", "x.sync")
	t.run("create", "--from", "https://user@data.example/x", "-o", "x.sync")
	t.run("create", "--from", "https:///x", "a.txt", "-o", "x.sync")
	t.run("create", "--from", URL, "--from", URL + "2", "--profile=sync-rs", "a.txt", "-o", "x.sync")
	t.equal(os.listdir(t.work), ["a.txt"], "nothing was made")


def test_create_with_url_in_hand(t):
	"""A first version in hand: nothing is fetched, the hosts are allowed and granted, the archive is as old as the file."""
	t.write("public.dat", "a\n")
	os.utime(t.path("public.dat"), (1700000000, 1700000000))
	t.run("create", "public.dat", "--from", URL, "--from", "http://mirror.example:8080/x", "--from=https://m.example:443/", "--from=https://n.example:444/")
	found = entries(t, "public.dat.sync")
	t.say(found["context.json"].decode().strip())
	t.say("\n".join(manifest_lines(t, "public.dat.sync")))
	t.equal(t.silent("status", "--json", "public.dat.sync").objects()[0]["state"], "stale", "as old as the file")
	t.equal(t.silent("grants", "--json").objects()[0]["owner"], "local:https://data.example/lists/public.dat", "owner")
	t.equal("sync.attest" in found, False, "nothing was fetched, so nothing is attested")


def test_create_without_home(t):
	t.write("a.txt", "x")
	t.run("create", "a.txt", "--from", URL, environment={"HOME": None})
	t.run("cat", "--refresh=never", "a.txt.sync", environment={"HOME": None})


def test_create_updater(t):
	t.write("a.txt", "x")
	t.write("u.wasm", WASM)
	t.write("text.wasm", "(module)")
	t.write("c.json", '{"x":1}')
	t.run("create", "a.txt", "--wasm=u.wasm", "--context=c.json", "--allow-host=a.example", "--allow-env=TOKEN")
	t.equal(entries(t, "a.txt.sync")["context.json"], b'{"x":1}', "context")
	t.run("create", "-f", "a.txt", "--wasm=text.wasm")
	t.write("memory.wasm", WASM.replace(b"memory", b"memori"))
	t.run("create", "-f", "a.txt", "--wasm=memory.wasm")
	t.run("create", "-f", "a.txt", "--wasm=missing.wasm")
	t.run("create", "-f", "a.txt", "--context=missing.json")
	t.run("revoke", "a.txt.sync")


def test_create_from_manifest(t):
	t.write("a.txt", "x")
	t.write("m.toml", "# mine\n" + clitest.manifest(tables='\n[permissions]\nallow_hosts = ["a.example"]\n\n[mine]\nx = 1\n'))
	t.run("create", "a.txt", "--manifest=m.toml", "-o", "x.sync", "--allow-host=b.example", "--ttl=1h", "--type=text/csv")
	lines = manifest_lines(t, "x.sync")
	for line in ("# mine", 'allow_hosts = ["a.example", "b.example"]', "x = 1", "ttl = 3600", 'content_type = "text/csv"', 'created_by = "tester"'):
		t.check(line in lines, "%s in %s" % (line, lines))
	t.write("m.toml", "[sync\n")
	t.run("create", "a.txt", "--manifest=m.toml", "-o", "y.sync")


def test_create_profile(t):
	"""For the Rust reader everything is Stored and there is always a sync.wasm."""
	t.write("a.txt", "hello\n" * 100)
	t.run("create", "--profile=sync-rs", "a.txt")
	with zipfile.ZipFile(t.path("a.txt.sync")) as archive:
		t.equal([(i.filename, i.compress_type) for i in archive.infolist()], [("manifest.toml", 0), ("sync.wasm", 0), ("payload", 0)], "entries")
	t.run("create", "--profile=sync-rs", "a.txt", "--from", URL, "-o", "b.sync")
	t.check(b"https://data.example/lists/public.dat?key=1\0" in entries(t, "b.sync")["sync.wasm"], "the URL is in the updater")


def test_set(t):
	t.write("u.wasm", WASM)
	t.write("new", "new\n")
	t.archive("a.sync", extra=[("notes.txt", b"mine")], tables="\n# a comment\n[mine]\nx = 1\n")
	t.run("hold", "a.sync")
	t.run("set", "a.sync", "--ttl=2d", "--name=A", "--set", "policy.update=manual", "--set=meta.more=[1, 2]", "-s", "policy.stale_if_error=3600",
		"--allow-host=a.example", "--description=d", "--ext=csv", "--type=text/csv", "--timeout=5m")
	for line in manifest_lines(t, "a.sync"):
		if not line.startswith("created_at"):
			t.say(line)
	t.equal(t.silent("status", "--json", "a.sync").objects()[0]["held"], True, "still held")
	t.equal(entries(t, "a.sync")["notes.txt"], b"mine", "unknown entries are kept")
	t.equal(t.silent("cat", "a.sync").out, b"hello\n", "payload is kept")
	t.run("set", "a.sync", "--payload=new", "--json")
	t.equal(t.silent("cat", "a.sync").out, b"new\n", "payload")
	t.equal(t.silent("status", "--json", "a.sync").objects()[0]["held"], True, "still held with a new payload")
	t.check(t.silent("status", "--json", "a.sync").objects()[0]["age"] < 60, "its age starts now")
	t.run("set", "a.sync", "--payload", "-", "-q", stdin=b"piped")
	t.equal(t.silent("cat", "a.sync").out, b"piped", "from standard input")
	t.run("set", "a.sync", "--wasm=u.wasm")
	t.run("set", "a.sync", "--context=-", "--yes", stdin=b"{}")
	t.run("verify", "a.sync")
	t.equal(sorted(os.listdir(t.work)), ["a.sync", "new", "u.wasm"], "nothing is left beside the archive")


def test_set_killed(t):
	"""Killed right after the swap, before its last call: what is remembered of the archive came with the new version."""
	if shutil.which("strace") is None:
		raise clitest.Skip("strace is not installed")
	t.archive("a.sync")
	t.equal(t.silent("hold", "a.sync").code, 0, "hold")
	t.write("new", "new data\n")
	# the file is synced before the rename, its folder after it
	done = subprocess.run(["strace", "-f", "-qq", "-o", t.path("trace"), "-e", "trace=fsync,rename,renameat,renameat2",
		"-e", "inject=fsync:signal=KILL:when=2", clitest.DOTSYNC, "set", "--payload", "new", "a.sync"],
		cwd=t.work, env=t.environment, capture_output=True, timeout=60, check=False)
	if b"ptrace" in done.stderr.lower() or not os.path.exists(t.path("trace")):
		raise clitest.Skip("processes cannot be traced here")
	t.check(done.returncode != 0 and b"rename" in t.read("trace"), "killed after the rename: %r" % t.read("trace"))
	t.equal(t.silent("cat", "--refresh=never", "a.sync").out, b"new data\n", "the new version")
	if "user.dotsync.record" not in os.listxattr(t.path("a.sync")):
		raise clitest.Skip("this file system keeps no attributes")
	t.equal(t.silent("status", "--json", "a.sync").objects()[0]["held"], True, "still held")


def test_set_refuses(t):
	t.archive("a.sync")
	before = t.read("a.sync")
	t.run("set", "a.sync")
	t.run("set")
	t.run("set", "a.sync", "b.sync", "--ttl=1")
	t.run("set", "missing.sync", "--ttl=1")
	t.write("broken.sync", clitest.pack([("manifest.toml", clitest.manifest().replace("ttl = 86400", 'ttl = "x"')), ("payload", b"")]))
	t.run("set", "broken.sync", "--ttl=1")
	t.run("set", "a.sync", "--set", "policy.ttl")
	t.run("set", "a.sync", "--set", "=1")
	t.run("set", "a.sync", "--set", "policy.ttl=soon")
	t.run("set", "a.sync", "--set", "policy.ttl=-1")
	t.run("set", "a.sync", "--set", "sync.variant=other")
	t.equal(t.silent("set", "a.sync", "--name", b"\xff").code, 2, "a name that is no text")
	t.run("set", "a.sync", "--payload=missing")
	t.run("set", "a.sync", "--wasm=a.sync")
	t.run("set", "--json", "a.sync", "--ttl=1", "--network=everywhere")
	t.equal(t.read("a.sync"), before, "the archive is as it was")
	t.archive("signed.sync", tables='\n[signature]\nalgo = "Ed25519"\nmanifest_hash = "x"\npayload_hash = "y"\ntimestamp = "2026-01-01T00:00:00Z"\nvalue = "z"\n')
	before = t.read("signed.sync")
	t.run("set", "signed.sync", "--ttl=1h")
	t.run("set", "signed.sync", "--payload=a.sync")
	t.run("set", "signed.sync", "--context=-", stdin=b"{}")
	t.equal(t.read("signed.sync"), before, "a signed archive is as it was")


def test_set_at_once(t):
	"""Several changes at the same time are all made."""
	t.archive("a.sync", tables="\n[mine]\nx = 0\n")
	running = [subprocess.Popen([clitest.DOTSYNC, "set", "-q", "a.sync", "--set", "mine.k%d=1" % i], cwd=t.work, env=t.environment) for i in range(4)]
	t.equal([one.wait() for one in running], [0] * 4, "all")
	lines = manifest_lines(t, "a.sync")
	t.equal([i for i in range(4) if "k%d = 1" % i not in lines], [], "every change is there")


def test_full_disk(t):
	"""No room: nothing is made, nothing is changed, nothing is left, and it is said so."""
	if os.geteuid() != 0:
		raise clitest.Skip("only root can make a small file system")
	small = t.path("small")
	os.mkdir(small)
	if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small], capture_output=True, check=False).returncode != 0:
		raise clitest.Skip("no file system can be mounted here")
	try:
		t.write("big", os.urandom(2 << 20))
		t.archive("small/a.sync")
		before = t.read("small/a.sync")
		t.run("create", "big", "-o", "small/b.sync")
		t.run("set", "small/a.sync", "--payload=big")
		t.equal(t.read("small/a.sync"), before, "as it was")
		t.equal(os.listdir(small), ["a.sync"], "nothing is left")
	finally:
		subprocess.run(["umount", small], check=True)


def test_set_no_permission(t):
	if os.geteuid() == 0:
		raise clitest.Skip("root may write everywhere")
	t.archive("a.sync")
	os.chmod(t.work, 0o555)
	try:
		t.run("set", "a.sync", "--ttl=1h")
	finally:
		os.chmod(t.work, 0o755)


def loose(prefix=b"", suffix=b"", comment=b"", method=zipfile.ZIP_STORED, more=(), text=None):
	out = io.BytesIO()
	with zipfile.ZipFile(out, "w") as archive:
		archive.writestr(zipfile.ZipInfo("manifest.toml", (1980, 1, 1, 0, 0, 0)), text if text is not None else clitest.manifest())
		for name, data in more:
			archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)
		archive.writestr(zipfile.ZipInfo("payload", (1980, 1, 1, 0, 0, 0)), b"hello " * 100, compress_type=method)
		archive.comment = comment
	return prefix + out.getvalue() + suffix


class Pipe(io.RawIOBase):
	"""Nothing that can be seeked, so that the writer uses data descriptors."""

	def __init__(self):
		super().__init__()
		self.data = b""

	def writable(self):
		return True

	def write(self, data):
		self.data += bytes(data)
		return len(data)


def streamed():
	out = Pipe()
	with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
		archive.writestr("manifest.toml", clitest.manifest())
		archive.writestr("payload", b"hello " * 100)
	return out.data


def test_repack(t):
	cases = {
		"strict": loose(),
		"prefix": loose(prefix=b"#!/bin/sh\nexit\n"),
		"suffix": loose(suffix=b"\0" * 10000),
		"comment": loose(comment=b"made by hand"),
		"deflated": loose(method=zipfile.ZIP_DEFLATED),
		"streamed": streamed(),
		"others": loose(more=[("folder/", b""), ("a b", b"x"), ("notes.txt", b"n"), ("sync.future", b"f"), ("./sync.proof", b"p")]),
	}
	for name, data in cases.items():
		t.write(name + ".zip", data)
		t.run("repack", name + ".zip", "-o", name + ".sync")
		t.equal(t.silent("verify", name + ".sync").code, 0, name)
		t.equal(t.silent("cat", name + ".sync").out, b"hello " * 100, name)
	t.equal(sorted(entries(t, "others.sync")), ["manifest.toml", "notes.txt", "payload", "sync.proof"], "what is carried over")
	t.run("repack", "prefix.zip", "-o", "prefix.sync")
	t.run("repack", "prefix.zip", "-o", "prefix.zip", "--force", "--json")
	t.equal(t.silent("verify", "prefix.zip").code, 0, "in place")
	done = t.silent("repack", "comment.zip", "-o", "-", "-q")
	t.equal(done.out[:2], b"PK", "to standard output")
	with open(t.path("suffix.zip"), "rb") as file:
		done = subprocess.run([clitest.DOTSYNC, "repack", "-", "-o", "stdin.sync"], cwd=t.work, env=t.environment, stdin=file, capture_output=True, check=False)
	t.equal(done.returncode, 0, "from a redirected file")


def test_repack_duplicates(t):
	data = loose(more=[("payload", b"old")])
	t.write("twice.zip", data)
	t.run("verify", "twice.zip")
	t.run("repack", "twice.zip", "-o", "a.sync")
	t.run("repack", "twice.zip", "-o", "a.sync", "--yes")
	t.equal(t.silent("cat", "a.sync").out, b"hello " * 100, "the last one counts")


def test_repack_refuses(t):
	whole = loose()
	t.write("no.zip", b"no archive")
	t.write("empty.zip", b"")
	t.write("cut.zip", whole[:400])
	t.write("damaged.zip", whole.replace(b"hello hello", b"hello hullo", 1))
	t.write("damaged-deflate.zip", loose(method=zipfile.ZIP_DEFLATED).replace(b"\xcb\x48\xcd\xc9", b"\xcb\x48\xcd\xc8", 1))
	t.write("manifest.zip", loose(text="[sync]\n"))
	t.write("none.zip", clitest.pack([("a.txt", b"x")]))
	t.write("payload.zip", clitest.pack([("manifest.toml", clitest.manifest())]))
	t.write("overlap.zip", overlapping())
	t.write("outside.zip", whole[:-22 - 46 - 7] + whole[-22 - 46 - 7:].replace(whole[-22 - 7 - 4:-22 - 7], b"\xf0\xff\xff\x7f", 1))
	for name in ("no", "empty", "cut", "damaged", "damaged-deflate", "manifest", "none", "payload", "overlap", "outside", "missing"):
		done = t.run("repack", name + ".zip", "-o", "x.sync")
		t.check(done.code in (1, 8), "%s: exit %d" % (name, done.code))
	for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
		t.write("large.zip", loose(method=method, text=clitest.manifest() + "# " + "x" * (256 << 10) + "\n"))
		t.run("repack", "large.zip", "-o", "x.sync")
	t.run("repack", ".", "-o", "x.sync")
	t.run("repack", "-", "-o", "x.sync", stdin=whole)
	t.run("repack", "no.zip")
	t.run("repack", "-o", "x.sync")
	t.check(not os.path.exists(t.path("x.sync")), "nothing was made")


def test_repack_large(t):
	"""A compressed payload of any size takes little memory; one that is not what the directory says of it is refused."""
	size = 96 << 20
	with zipfile.ZipFile(t.path("large.zip"), "w", zipfile.ZIP_DEFLATED) as archive:
		archive.writestr("manifest.toml", clitest.manifest())
		with archive.open("payload", "w", force_zip64=True) as file:
			for at in range(0, size, 1 << 20):
				file.write(b"%020d\n" % at * ((1 << 20) // 21) + b"x" * ((1 << 20) % 21))
	small = t.silent("repack", "large.zip", "-o", "small.sync", preexec_fn=limit_memory)
	t.equal(small.code, 0, small.err)
	t.equal(t.silent("verify", "small.sync").code, 0, "verify")
	with zipfile.ZipFile(t.path("large.zip")) as a, zipfile.ZipFile(t.path("small.sync")) as b:
		t.equal(b.getinfo("payload").compress_type, zipfile.ZIP_STORED, "stored now")
		with a.open("payload") as x, b.open("payload") as y:
			t.equal(hashlib.sha256(x.read()).digest(), hashlib.sha256(y.read()).digest(), "the same bytes")
	whole = loose(method=zipfile.ZIP_DEFLATED)
	size = len(b"hello " * 100)
	for wrong in (size - 1, size + 1, size * 20):
		t.write("wrong.zip", whole.replace(size.to_bytes(4, "little"), wrong.to_bytes(4, "little")))
		done = t.silent("repack", "wrong.zip", "-o", "wrong.sync")
		t.check(done.code == 8 and b"(Z28" in done.err, done.err)
		t.check(not os.path.exists(t.path("wrong.sync")), "nothing was made")


def limit_memory():
	"""Far less than the payload has; sanitizers need room of their own."""
	with open(clitest.DOTSYNC, "rb") as file:
		program = file.read()
	if b"__asan_init" not in program and b"__tsan_init" not in program:
		resource.setrlimit(resource.RLIMIT_DATA, (32 << 20, 32 << 20))


def overlapping():
	"""Two records of the directory that name one local header: bytes that would count twice."""
	whole = clitest.pack([("manifest.toml", clitest.manifest()), ("payload", b"hello"), ("payloae", b"hello")])
	at = whole.rfind(b"PK\1\2")
	first = whole.rfind(b"PK\1\2", 0, at)
	return whole[:at + 42] + whole[first + 42:first + 46] + whole[at + 46:]


clitest.main(__file__)
