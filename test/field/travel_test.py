#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""travel_test.py - archives that came another way than by this program: copied, packed, with state of others, with clocks of others."""
import os
import struct
import time

import field
from field import clitest

NO_TIME = -(1 << 63)
AT_TIMES = 24		# of the four times in a state record
AT_TEXTS = 80
HIGHEST = (1 << 63) - 1


def travelled(t, server, name):
	"""The next refresh of an archive that was moved asks whether anything is new, and gets no byte of payload."""
	found = field.refreshed(t, "--force", name=name)
	t.equal((found["outcome"], [(r["status"], r["bytes"]) for r in found["requests"]]), ("unchanged", [(304, 0)]), name)
	t.check(field.status(t, name)["last_error"] is None, name)


def test_copies(t):
	"""Each tool that moves files; with the extended attribute and without."""
	ways = {
		"cp": ["cp", field.NAME, "x/"],
		"cp-xattr": ["cp", "--preserve=xattr,timestamps", field.NAME, "x/"],
		"rsync": ["rsync", "-a", field.NAME, "x/"],
		"rsync-xattr": ["rsync", "-aX", field.NAME, "x/"],
		"tar": ["sh", "-c", "tar -c %s | tar -x -C x" % field.NAME],
		"tar-xattr": ["sh", "-c", "tar --xattrs -c %s | tar --xattrs -x -C x" % field.NAME],
		"git": ["sh", "-c", "git init -q . && git add %s && git -c user.name=a -c user.email=a@b commit -qm x && "
			"git clone -q . x.git && mv x.git/%s x/ && rm -rf .git x.git" % (field.NAME, field.NAME)],
		"hard link": ["ln", field.NAME, "x/"],
	}
	with field.Server() as server:
		field.make(t, server)
		server.give(b"new\n")
		field.succeed(t, "refresh", field.NAME)
		for way, command in ways.items():
			os.mkdir(t.path("x"))
			if command[0] == "sh":
				field.need_tool(command[2].split()[0])
			else:
				field.need_tool(command[0])
			field.command(*command, cwd=t.work, env=dict(t.environment))
			name = os.path.join("x", field.NAME)
			t.equal(field.cat(t, name), b"new\n", way)
			travelled(t, server, name)
			t.equal(sorted(os.listdir(t.path("x"))), [field.NAME], way)
			os.unlink(t.path(name))
			os.rmdir(t.path("x"))
		travelled(t, server, field.NAME)


def texts(*values):
	return b"".join(struct.pack("<H", len(value)) + value for value in values)


def forged(record):
	"""Records that others may write, by name; most have the right generation."""
	head, times, numbers, request = record[:AT_TIMES], record[AT_TIMES:56], record[56:64], record[64:AT_TEXTS]
	tail = record[AT_TEXTS:]
	far = struct.pack("<4q", HIGHEST, HIGHEST, HIGHEST, NO_TIME)
	return {
		"base, last and next attempt in the far future": head + far + numbers + request + tail,
		"a base of a year ahead": head + struct.pack("<4q", int(time.time()) + 31000000, NO_TIME, NO_TIME, NO_TIME) + numbers + request + tail,
		"a next attempt of ten years ahead": head + struct.pack("<4q", 0, 0, int(time.time()) + 315360000, NO_TIME) + numbers + request + tail,
		"times before all times": head + struct.pack("<4q", NO_TIME + 1, NO_TIME + 1, NO_TIME + 1, NO_TIME + 1) + numbers + request + tail,
		"failures without end": head + struct.pack("<4q", 0, 0, 0, NO_TIME) + struct.pack("<Ii", 0xffffffff, -21) + request + tail,
		"a code of no error": head + times + struct.pack("<Ii", 1, -(1 << 31)) + request + tail,
		"another generation": head[:8] + b"\x55" * 16 + times + numbers + request + tail,
		"another version": head[:4] + b"\x07" + record[5:],
		"all flags": head[:5] + b"\xfe" + record[6:],
		"a validator with line breaks": record[:AT_TEXTS] + texts(b"", b'"x"\r\nHost: other\r\nX: y', b""),
		"a kilobyte of validators with line breaks": record[:AT_TEXTS] + texts(b"", b"\r\n" * 256, b"\r\nA: b" * 68),
		"validators as long as may be": record[:AT_TEXTS] + texts(b"e" * 160, b'"' + b"v" * 254 + b'"', b"w" * 256),
		"validators with NUL and ESC": record[:AT_TEXTS] + texts(b"\x1b[2J", b'"\0"', b"\x1b]0;x\x07"),
		"lengths that run out of it": record[:AT_TEXTS] + b"\xff\xff",
		"garbage": bytes((i * 7) & 255 for i in range(1000)),
		"nothing": b"",
		"64 KiB": b"DSST" + b"\1" * 3900,
	}


def test_forged_records(t):
	"""Whatever a record says: reading works, one refresh makes it right, and no header of it reaches the server."""
	with field.Server() as server:
		path = field.make(t, server, ttl="1h")
		field.succeed(t, "refresh", "--force", field.NAME)
		good = os.getxattr(path, field.RECORD)
		for name, record in forged(good).items():
			try:
				os.setxattr(path, field.RECORD, record)
			except OSError:
				continue	# more than this file system keeps
			t.equal(field.cat(t), b"old\n", name)
			for command in ("status", "info"):
				done = field.succeed(t, command, field.NAME)
				t.check(b"\x1b" not in done.out and b"\r" not in done.out, name)
			age = field.status(t)["age"]
			t.check(age is None or age >= 0, "%s: age %s" % (name, age))
			before = server.requests()
			found = field.refreshed(t, "--force")
			t.check(found["outcome"] in ("unchanged", "updated"), "%s: %s" % (name, found))
			t.equal(server.requests() - before, 1, name)
			names = {header.lower() for header, _ in server.log()[-1]["headers"]}
			t.check(not names & {"x", "a"}, "%s: %s" % (name, names))
			found = field.status(t)
			t.equal((found["state"], found["failures"], found["last_error"]), ("fresh", 0, None), name)
			t.equal(field.refreshed(t)["outcome"], "fresh", name)
		t.equal(field.cat(t), b"old\n", "payload")


def test_never_fresh_for_ever(t):
	"""A record with the right generation and a base in the future: the data are not fresh for longer than their time to live."""
	with field.Server() as server:
		path = field.make(t, server, ttl="60")
		field.succeed(t, "refresh", "--force", field.NAME)
		good = os.getxattr(path, field.RECORD)
		limit = clitest.utc(time.time() + 70)
		for base in (int(time.time()) + 3600, int(time.time()) + 31000000, HIGHEST, HIGHEST - 60):
			os.setxattr(path, field.RECORD, good[:AT_TIMES] + struct.pack("<4q", base, NO_TIME, NO_TIME, NO_TIME) + good[56:])
			found = field.status(t)
			t.check(found["fresh_until"] is None or found["fresh_until"] <= limit, "base %d: %s" % (base, found))
			t.check(found["next_refresh"] is None or found["next_refresh"] <= limit, "base %d: %s" % (base, found))


CLOCKS = [
	# created, seconds from now; ttl; what `status` may say
	(-7200, 0, ("stale",)),
	(-7200, 3600, ("stale",)),
	(-7200, HIGHEST, ("fresh",)),
	(0, HIGHEST, ("fresh",)),
	(300000000, 60, ("stale", "clock-suspect")),
	(300000000, HIGHEST, ("stale", "clock-suspect", "fresh")),
	(3600, 60, ("stale", "clock-suspect")),
	(-1700000000, 1, ("stale",)),
]


def test_clocks(t):
	"""Archives of the future and the past, with the least and the most time to live; all can be read and refreshed."""
	with field.Server() as server:
		field.make(t, server, name="seed.sync")
		wasm, context = (field.member(t.path("seed.sync"), name) for name in ("sync.wasm", "context.json"))
		field.succeed(t, "grant", "--yes", "seed.sync")
		hosts = '\n[permissions]\nallow_hosts = ["%s"]\n' % server.origin()
		for number, (created, ttl, states) in enumerate(CLOCKS):
			name = "%d.sync" % number
			t.archive(name, payload=b"older\n", extra=[("sync.wasm", wasm), ("context.json", context)], age=-created, ttl=ttl, tables=hosts)
			field.succeed(t, "grant", "--yes", "--private", server.origin(), name)
			what = "created %+d, ttl %d" % (created, ttl)
			found = field.status(t, name)
			t.check(found["state"] in states, "%s: %s" % (what, found))
			t.check(found["age"] is None or found["age"] >= 0, "%s: %s" % (what, found))
			t.equal(field.cat(t, name), b"older\n", what)
			t.equal(field.refreshed(t, "--force", name=name)["outcome"], "updated", what)
			t.equal(field.cat(t, name), b"old\n", what)
			found = field.status(t, name)
			t.check(found["age"] is not None and found["age"] < 60, "%s: %s" % (what, found))
			t.equal(found["state"], "fresh" if ttl > 60 else found["state"], what)
		t.equal([name for name in os.listdir(t.work) if name.startswith(".")], [], "nothing is left")


def test_ttl_refused(t):
	for ttl, word in ((-1, "policy.ttl"), (1 << 63, "64 bits"), (1 << 64, "64 bits")):
		t.archive("bad.sync", ttl=ttl)
		field.check_error(t, t.silent("cat", "bad.sync"), 8, "line 12", word)


def test_without_attributes(t):
	"""A file system that has no user attributes: the record is a file of the state folder, and does all the same."""
	with field.Mount(t, "plain", "-t", "ramfs", "ramfs") as plain, field.Server() as server:
		os.chmod(plain, 0o755)
		probe = os.path.join(plain, "probe")
		with open(probe, "wb"):
			pass
		try:
			os.setxattr(probe, "user.x", b"y")
		except OSError:
			os.unlink(probe)
		else:
			raise clitest.Skip("this kernel's ramfs has user attributes")
		name = os.path.join("plain", field.NAME)
		field.make(t, server, name=name, ttl="1h")
		travelled(t, server, name)
		records = os.path.join(t.environment["HOME"], ".local/state/dotsync/records")
		t.equal(len(os.listdir(records)), 1, "records")
		server.give(b"", status=500)
		t.equal(t.silent("refresh", "--force", name).code, 75, "a failure")
		found = field.status(t, name)
		t.equal((found["state"], found["failures"]), ("failing", 1), "remembered")
		server.give(b"new\n")
		t.equal(t.silent("refresh", "--force", "--exit-code", name).code, 10, "updated")
		found = field.status(t, name)
		t.equal((found["state"], found["failures"], field.cat(t, name)), ("fresh", 0, b"new\n"), "forgotten")
		with open(os.path.join(records, os.listdir(records)[0]), "wb") as file:
			file.write(b"\xff" * 2000)
		t.equal(field.cat(t, name), b"new\n", "a damaged record")
		travelled(t, server, name)
		field.check_clean(t, folder=plain)


if __name__ == "__main__":
	field.main(__file__)
