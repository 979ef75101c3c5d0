# SPDX-License-Identifier: Apache-2.0 OR MIT
"""status, hold, unhold, info, verify and doctor."""
import os
import time

import clitest

WASM = b"\0asm\1\0\0\0\1\4\1\x60\0\0"
ASKS = '\n[permissions]\nallow_hosts = ["data.example", "https://mirror.example:8443"]\nallow_env = ["TOKEN"]\n'


def test_status(t):
	t.archive("plain.sync")
	t.archive("old.sync", ttl=60)
	t.archive("asks.sync", age=7230, ttl=3600, extra=[("sync.wasm", WASM)], tables=ASKS)
	t.archive("fresh.sync", extra=[("sync.wasm", WASM)], tables=ASKS)
	t.archive("future.sync", age=-1000000, extra=[("sync.wasm", WASM)])
	t.archive("signed.sync", ttl=60, extra=[("sync.wasm", WASM)], tables='\n[publisher]\nrequire = "publisher"\nkeys = []\nthreshold = 1\n')
	t.run("status", "plain.sync", "old.sync", "asks.sync", "future.sync", "signed.sync")
	t.equal(t.silent("status", "fresh.sync").out[:32], b"fresh.sync: fresh, 2 h old (ttl ", "a fresh one")
	t.run("status", "-q", "plain.sync")
	t.run("status", "--json", "plain.sync", "asks.sync", "missing.sync", "future.sync")


def test_status_max_age(t):
	t.archive("a.sync")
	t.archive("b.sync", age=100000)
	t.run("status", "--max-age", "1d", "a.sync", "b.sync")
	t.run("status", "--max-age=3h", "-q", "a.sync")
	t.run("status", "--max-age=1h", "--json", "a.sync")
	for wrong in ("", "1", "-1", "1 h", "1y", "1.5h", "99999999999999999999d"):
		done = t.silent("status", "--max-age=" + wrong, "a.sync")
		t.equal(done.code, 3 if wrong == "1" else 2, "--max-age=" + wrong)


def test_several(t):
	"""The worst status wins, in the order of the manual page, and all files are done."""
	t.archive("good.sync")
	t.archive("old.sync", age=1000000)
	t.write("bad.sync", b"no archive")
	t.run("status", "--max-age=1d", "missing.sync", "old.sync", "good.sync")
	t.run("status", "--max-age=1d", "old.sync", "bad.sync", "missing.sync", "good.sync")


def test_hold(t):
	t.archive("a.sync", ttl=60, extra=[("sync.wasm", WASM)])
	t.run("hold", "a.sync")
	t.run("status", "a.sync")
	t.run("unhold", "a.sync")
	t.run("status", "a.sync")
	t.run("hold", "--until", "7d", "--json", "a.sync", "missing.sync")
	t.run("hold", "-u", clitest.utc(time.time() + 86400), "a.sync")
	t.equal(t.silent("status", "--json", "a.sync").objects()[0]["held"], True, "held")
	t.run("unhold", "--json", "a.sync")
	t.run("unhold", "-q", "a.sync")
	for wrong in ("soon", "2001-01-01T00:00:00Z", "-7d", ""):
		t.run("hold", "--until=" + wrong, "a.sync")
	t.run("hold")
	t.equal(os.listdir(t.work), ["a.sync"], "nothing is left beside the archive")


def test_hold_without_attributes(t):
	"""Where files carry no attributes the record is kept in the state folder; without one it is said which variable to set."""
	if not os.path.isdir("/proc/self/fdinfo") or not os.access("/dev/shm", os.W_OK):
		raise clitest.Skip("no /dev/shm to try it on")
	place = "/dev/shm/dotsync-test-%d.sync" % os.getpid()
	t.archive("a.sync", ttl=60, extra=[("sync.wasm", WASM)])
	try:
		with open(place, "wb") as file:
			file.write(t.read("a.sync"))
		try:
			os.setxattr(place, "user.dotsync.test", b"x")
		except OSError:
			pass
		else:
			raise clitest.Skip("the file system of /dev/shm has attributes")
		t.equal(t.silent("hold", place).code, 0, "hold")
		t.equal(t.silent("status", "--json", place).objects()[0]["state"], "held", "the record was found")
		done = t.silent("hold", place, environment={"HOME": None})
		t.equal(done.code, 1, "no home")
	finally:
		os.unlink(place)


def test_info(t):
	t.archive("plain.sync")
	t.archive("rates.csv.sync", age=7230, ttl=3600, content_type="text/csv", ext="csv", payload=b"EUR,1.08\n",
			extra=[("sync.wasm", WASM), ("context.json", b"{}")],
			tables=ASKS + '\n[meta.more]\nx = 1\n')
	t.run("info", "plain.sync", "rates.csv.sync")
	t.run("info", "--json", "rates.csv.sync")
	t.run("info", "missing.sync", "--json")
	t.run("info")


def test_info_hostile(t):
	"""What a manifest says never reaches the terminal as a command."""
	text = clitest.manifest().replace("[meta]\n", '[meta]\nname = "\\u001b[2Jred\\u202e"\ndescription = "\\u0007"\n', 1)
	t.archive("a\x1b[31m.sync", text=text)
	done = t.silent("info", "a\x1b[31m.sync")
	t.check(b"\x1b" not in done.out and b"\x07" not in done.out and "\u202e".encode() not in done.out, done.out)
	t.run("info", "a\x1b[31m.sync")
	t.run("info", "b\x1b[31m.sync")


def test_info_signed(t):
	tables = ASKS + '\n[capabilities]\nvalues = ["seal:abc"]\n\n[signature]\nalgo = "Ed25519"\nmanifest_hash = "x"\npayload_hash = "y"\ntimestamp = "2026-01-01T00:00:00Z"\nvalue = "z"\n'
	t.archive("a.sync", extra=[("sync.wasm", WASM), ("sync.proof", b"p")], tables=tables)
	t.run("info", "a.sync")
	t.run("verify", "a.sync")


def test_verify(t):
	t.archive("good.sync", payload=b"x" * 1000)
	good = t.read("good.sync")
	t.write("bad.sync", good.replace(b"xxxx", b"xyxx", 1))
	t.archive("odd.sync", extra=[("context.json", b"{"), ("sync.wasm", b"no wasm"), ("notes", b"?")])
	t.write("cut.sync", good[:-1])
	t.write("toml.sync", clitest.pack([("manifest.toml", "[sync\n"), ("payload", b"")]))
	t.write("key.sync", clitest.pack([("manifest.toml", clitest.manifest().replace("ttl = 86400", 'ttl = "x"')), ("payload", b"")]))
	t.run("verify", "good.sync", "odd.sync")
	t.run("verify", "bad.sync", "cut.sync", "toml.sync", "key.sync", "missing.sync")
	t.run("verify", "-q", "good.sync", "bad.sync")
	t.run("verify", "--json", "good.sync", "odd.sync", "bad.sync", "key.sync", "missing.sync")


def test_verify_fresh(t):
	t.archive("old.sync", ttl=60)
	t.archive("new.sync")
	t.run("verify", "old.sync")
	t.run("verify", "--fresh", "new.sync")
	t.run("verify", "--fresh", "new.sync", "old.sync")
	t.run("verify", "--fresh", "-q", "old.sync")


def checks(done):
	return {check["check"]: check for check in done.objects()[0]["checks"]}


def test_doctor_config(t):
	"""A configuration that cannot be read is one problem, told once, with its place and what to do."""
	os.makedirs(t.path("config"), exist_ok=True)
	t.write("config/config.toml", b"[network]\nproxy = oops\n")
	done = t.silent("doctor", "--json", environment={"DOTSYNC_CONFIG_DIR": t.path("config")})
	problems = [c for c in done.objects()[0]["checks"] if c["verdict"] == "problem"]
	t.equal([c["check"] for c in problems], ["config.toml"], "once")
	t.check("config.toml" in problems[0]["detail"] and "line 2" in problems[0]["detail"] and problems[0]["fix"], problems[0])


def test_doctor(t):
	done = t.silent("doctor", "--json")
	clitest.validate("doctor", done)
	found = checks(done)
	wanted = ["kernel", "seccomp", "landlock", "namespaces", "helpers", "config", "state", "cache", "proxy", "certificates", "limits", "clock"]
	t.equal([name for name in wanted if name not in found], [], "checks")
	t.equal(found["config"]["verdict"], "good", "config")
	t.equal(t.silent("doctor", "--json", environment={"HOME": None}).objects()[0]["checks"][0]["check"], "kernel", "without a home")
	bare = checks(t.silent("doctor", "--json", environment={"HOME": None, "https_proxy": "http://proxy:1"}))
	t.equal([bare[name]["verdict"] for name in ("config", "state", "cache", "proxy")], ["warning"] * 4, "without a home, with a proxy")
	t.check("DOTSYNC_STATE_DIR" in bare["state"]["fix"], bare["state"])
	t.equal(os.listdir(t.environment["HOME"]), [], "it makes nothing")


def test_doctor_config(t):
	folder = os.path.join(t.environment["HOME"], ".config", "dotsync")
	os.makedirs(folder)
	for text, check, verdict in (("[network]\nproxy = \"http://p:1\"\n", "proxy", "good"), ("[network]\nprxy = \"x\"\n", "config.toml", "problem"),
			("[network]\nca_file = \"/missing.pem\"\n", "certificates", "problem"), ("[refresh]\nmax_payload = \"5G\"\n", "limits", "good"),
			("[refresh]\nmax_payload = \"5 G\"\n", "config.toml", "problem")):
		with open(os.path.join(folder, "config.toml"), "w", encoding="utf-8") as file:
			file.write(text)
		done = t.silent("doctor", "--json", environment={"https_proxy": "http://other:1"})
		t.equal(checks(done)[check]["verdict"], verdict, text)
		t.check(done.code != 0 if verdict == "problem" else True, "exit status")
		if check == "limits":
			t.check("5.0 GiB of payload" in checks(done)[check]["detail"], checks(done)[check])


def test_doctor_files(t):
	t.archive("asks.sync", ttl=60, extra=[("sync.wasm", WASM)], tables=ASKS)
	t.archive("plain.sync")
	t.write("bad.sync", b"no archive")
	done = t.silent("doctor", "--json", "asks.sync", "plain.sync", "bad.sync", "missing.sync")
	clitest.validate("doctor", done)
	asks, plain, bad, missing = ({check["check"]: check["verdict"] for check in one["checks"]} for one in done.objects()[1:])
	t.equal(asks["grants"], "warning", "grants")
	t.equal((plain["updater"], plain["archive"]), ("good", "good"), "no updater")
	t.equal((bad["archive"], missing["archive"]), ("problem", "problem"), "no archive")
	t.equal(done.code, 8, "exit status")


if __name__ == "__main__":
	clitest.main(__file__)
