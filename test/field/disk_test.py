#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""disk_test.py - no room, a disk that fails, and files that others write into while they are read."""
import os
import random
import resource
import signal
import subprocess
import time

import field
from field import clitest

SMALL = 300000
LARGE = 3000000


def noise(size, seed):
	return random.Random(seed).randbytes(size)


def small_disk(t):
	return field.Mount(t, "disk", "-t", "tmpfs", "-o", "size=2m,mode=755", "tmpfs")


def check_whole(t, before, path, payload, *names):
	t.equal(field.print_of(path), before, "the archive")
	t.equal(field.cat(t, path), payload, "payload")
	field.check_clean(t, *names, folder=os.path.dirname(path))


def test_full_disk(t):
	"""Each command that writes, on a disk with too little room: exit 1, the reason, all as before; with room it works."""
	with small_disk(t) as disk, field.Server() as server:
		old, new = noise(SMALL, 1), noise(LARGE, 2)
		path = field.make(t, server, old, name="disk/a.sync")
		t.write("large", new)
		before = field.print_of(path)
		server.give(new)
		commands = [
			("refresh", "--force", "disk/a.sync"),
			("set", "--payload", "large", "disk/a.sync"),
			("create", "large", "-o", "disk/b.sync"),
			("create", "--from", server.url(field.PATH), "-o", "disk/b.sync"),
			("repack", "large.sync", "-o", "disk/b.sync"),
			("extract", "large.sync", "-o", "disk/out"),
		]
		field.succeed(t, "create", "large", "-o", "large.sync")
		for arguments in commands:
			field.check_error(t, t.silent(*arguments), 1, "o space left")
			check_whole(t, before, path, old, "a.sync")
		found = field.status(t, "disk/a.sync")
		t.equal((found["state"], found["failures"]), ("failing", 1), "remembered")
		t.check("o space left" in found["last_error"], found["last_error"])
		field.command("mount", "-o", "remount,size=64m", disk)
		for arguments in commands:
			field.succeed(t, *arguments, *(["--force"] if arguments[0] in ("create", "extract", "repack") else []))
		t.equal(field.cat(t, "disk/a.sync"), new, "with room")
		t.equal(field.status(t, "disk/a.sync")["failures"], 0, "forgotten")
		field.check_clean(t, "a.sync", "b.sync", "out", folder=disk)


def test_plain_file(t):
	"""--to on a full disk: the archive is new, the plain file is the old one whole, and the exit status says that not all was done."""
	with small_disk(t) as disk, field.Server() as server:
		old, new = noise(SMALL, 1), noise(LARGE, 2)
		field.make(t, server, old)
		field.succeed(t, "extract", "--refresh=never", field.NAME, "-o", "disk/out")
		server.give(new)
		done = t.silent("refresh", "--to", "disk/out", field.NAME)
		t.equal((field.cat(t), t.read("disk/out") == old), (new, True), "archive and plain file")
		field.check_clean(t, "out", folder=disk)
		field.check_error(t, done, 1, "o space left", "disk/out")


def test_not_one_byte(t):
	"""A disk without a single free page or inode: reading and asking still work."""
	with field.Mount(t, "disk", "-t", "tmpfs", "-o", "size=1m,nr_inodes=20,mode=755", "tmpfs") as disk, field.Server() as server:
		path = field.make(t, server, noise(1000, 1), name="disk/a.sync")
		os.mkdir(os.path.join(disk, "full"))
		for number in range(20):
			try:
				with open(os.path.join(disk, "full", str(number)), "wb", buffering=0) as file:
					while file.write(bytes(4096)) == 4096:
						pass
			except OSError:
				pass
		before = field.print_of(path)
		for arguments in (("cat",), ("info",), ("status",), ("verify",), ("ls",)):
			t.equal(t.silent(*arguments, "disk/a.sync").code, 0, arguments)
		field.check_quiet(t)
		server.give(noise(1000, 2))
		for arguments in (("refresh", "--force"), ("set", "--ttl=1h")):
			field.check_error(t, t.silent(*arguments, "disk/a.sync"), 1, "o space left")
			check_whole(t, before, path, noise(1000, 1), "a.sync", "full")


def test_file_size_limit(t):
	"""RLIMIT_FSIZE is a full disk, not a signal."""
	def limit():
		resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL, SMALL))

	with field.Server() as server:
		path = field.make(t, server, b"old\n")
		t.write("large", noise(LARGE, 2))
		server.give(noise(LARGE, 2))
		before = field.print_of(path)
		for arguments in (("refresh", "--force", field.NAME), ("set", "--payload", "large", field.NAME), ("create", "large", "-o", "b.sync")):
			done = t.silent(*arguments, preexec_fn=limit)
			field.check_error(t, done, 1, "oo large")
			check_whole(t, before, path, b"old\n", field.NAME, "large")
		t.equal(field.status(t)["state"], "failing", "status")


def test_failing_disk(t):
	"""A file system whose disk takes no more (an image on a full tmpfs): what fsync says counts; the old data are whole."""
	for tool in ("mkfs.ext4", "losetup"):
		field.need_tool(tool)
	with field.Mount(t, "host", "-t", "tmpfs", "-o", "size=10m", "tmpfs") as host, field.Server() as server:
		image = os.path.join(host, "image")
		with open(image, "wb") as file:
			file.truncate(64 << 20)
		field.command("mkfs.ext4", "-q", "-F", "-O", "^has_journal", "-E", "lazy_itable_init=1,nodiscard", image)
		try:
			with field.Mount(t, "disk", "-o", "loop,errors=continue", image) as disk:
				os.chmod(disk, 0o755)
				old = noise(SMALL, 1)
				path = field.make(t, server, old, name="disk/a.sync")
				os.sync()
				before = field.print_of(path)
				server.give(noise(16 << 20, 2))
				done = t.silent("refresh", "--force", "disk/a.sync")
				field.check_error(t, done, 1, "disk/a.sync")
				check_whole(t, before, path, old, "a.sync", "lost+found")
				done = t.silent("verify", "disk/a.sync")
				t.equal(done.code, 0, done.err)
		finally:
			os.unlink(image)


def test_written_into(t):
	"""A foreign program that writes into the published file, or cuts it: an error or old or new bytes; never a crash."""
	old = field.version(1, 3000000)
	t.archive("a.sync", payload=old)
	good = t.read("a.sync")
	for size in (0, 1, 22, 1000, len(good) // 2, len(good) - 1):
		reader = subprocess.Popen([clitest.DOTSYNC, "cat", "a.sync"], cwd=t.work, env=t.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
			bufsize=0)
		begin = reader.stdout.read(1000)	# it is open, and waits for the pipe
		os.truncate(t.path("a.sync"), size)
		rest, err = reader.communicate(timeout=60)
		t.check(old.startswith(begin + rest), "what was delivered is a part of it")
		whole = begin + rest == old	# the cut was behind the payload
		t.check(reader.returncode == 0 if whole else reader.returncode in (1, 8, 75), "cut to %d: exit %d, %r" % (size, reader.returncode, err))
		t.equal((whole, err.count(b"\n")), (size == len(good) - 1, 0 if whole else 1), err)
		for arguments in (("cat",), ("info",), ("verify",), ("status",), ("ls",), ("extract", "-o", "out")):
			done = t.silent(*arguments, "a.sync")
			t.equal(done.code, 8, "%s of %d bytes: %r" % (arguments, size, done.err))
		t.check(not os.path.exists(t.path("out")), "no output")
		t.write("a.sync", good)


def test_rsync_in_place(t):
	"""rsync --inplace over a file that is being read, extracted and asked about, again and again."""
	field.need_tool("rsync")
	versions = [field.version(number, 1000000 + number * 100000) for number in range(2)]
	for number, body in enumerate(versions):
		t.archive("v%d.sync" % number, payload=body)
	t.write("a.sync", t.read("v0.sync"))
	end, rounds = time.monotonic() + 3, 0
	while time.monotonic() < end:
		copier = subprocess.Popen(["rsync", "--inplace", "--whole-file", "--ignore-times", "v%d.sync" % (rounds % 2), "a.sync"], cwd=t.work)
		for arguments in (("cat",), ("extract", "--force", "-o", "out"), ("info", "--json"), ("verify",)):
			done = t.silent(*arguments, "a.sync")
			t.check(done.code in (0, 1, 8, 75), "%s: exit %d, %r" % (arguments, done.code, done.err))
			if arguments[0] == "extract" and done.code == 0:
				t.check(field.is_whole(t.read("out")), "extracted bytes are checked")
		t.equal(copier.wait(), 0, "rsync")
		rounds += 1
	t.equal(field.cat(t, "a.sync"), versions[(rounds - 1) % 2], "afterwards")
	field.check_clean(t, "a.sync", "out", "v0.sync", "v1.sync")


def test_killed_in_extract(t):
	"""A killed extract leaves no half file under the name that was asked for."""
	body = field.version(1, 8000000)
	t.archive("a.sync", payload=body)
	chance = random.Random(7)
	for _ in range(20):
		process = subprocess.Popen([clitest.DOTSYNC, "extract", "--force", "a.sync", "-o", "out"], cwd=t.work, env=t.environment)
		time.sleep(chance.random() * 0.01)
		process.send_signal(signal.SIGKILL)
		process.wait()
		t.check(not os.path.exists(t.path("out")) or t.read("out") == body, "whole or not there")
	field.succeed(t, "extract", "--force", "a.sync", "-o", "out")
	t.equal(t.read("out"), body, "afterwards")


if __name__ == "__main__":
	field.main(__file__)
