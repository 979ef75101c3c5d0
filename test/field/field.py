# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
field.py - what the tests of this folder share: the real programs in surroundings that are not kind.

	def test_something(t):
		with field.Server() as server:
			server.give(b"one")
			field.make(t, server)
			t.silent("refresh", "--force", field.NAME)
			field.check_clean(t)

	field.main(__file__)

The cases are those of test/cli/clitest.py.  This process adopts what its children leave behind, so that a background refresher can be
seen to end.
"""
import ctypes
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile

SOURCE = os.environ.get("DOTSYNC_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
for folder in ("cli", "server"):
	sys.path.insert(0, os.path.join(SOURCE, "test", folder))

import client  # noqa: E402
import clitest  # noqa: E402

NAME = "data.txt.sync"
PATH = "/data.txt"
RECORD = "user.dotsync.record"
PR_SET_CHILD_SUBREAPER = 36

ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


class Server(client.Server):
	"""One file, whose entity tag is the hash of its bytes."""

	def give(self, body, path=PATH, **broken):
		self.content(path, body, headers={"ETag": '"%s"' % hashlib.sha256(body).hexdigest()[:16]}, **broken)

	def requests(self, path=PATH):
		return self.counts()["requests"].get(path, 0)


def succeed(t, *arguments, **options):
	"""Runs the command, which must exit 0."""
	done = t.silent(*arguments, **options)
	t.equal(done.code, 0, "%s: %s" % (" ".join(arguments), done.err.decode("utf-8", "replace")))
	return done


def make(t, server, body=b"old\n", name=NAME, path=PATH, ttl="0", **options):
	"""An archive of what the server has, granted to this user."""
	server.give(body, path)
	succeed(t, "create", "--from", server.url(path), "--ttl", ttl, "-o", name, **options)
	return t.path(name)


def cat(t, name=NAME, **options):
	"""The payload, and nothing else happens."""
	return succeed(t, "cat", "--refresh=never", name, **options).out


def status(t, name=NAME, **options):
	return succeed(t, "status", "--json", "--offline", name, **options).objects()[0]


def refreshed(t, *arguments, name=NAME, **options):
	"""The object that `refresh --json` says of one archive."""
	return t.silent("refresh", "--json", *arguments, name, **options).objects()[0]


def check_error(t, done, code, *words):
	"""One line, the exit status, these words in it, nothing that a terminal would obey."""
	t.equal((done.code, done.err.count(b"\n")), (code, 1), done.err)
	for word in words:
		t.check(word.encode() in done.err, "%r is not in %r" % (word, done.err))
	t.check(all(byte >= 32 or byte == 10 for byte in done.err), done.err)


def wait_for(t, what, condition, seconds=30):
	end = time.monotonic() + seconds
	while not condition():
		t.check(time.monotonic() < end, "not within %d s: %s" % (seconds, what))
		time.sleep(0.02)


def helpers():
	"""Command lines of the dotsync processes below this one, by number; refreshers of the background that ended are buried."""
	parents, lines = {}, {}
	for pid in filter(str.isdigit, os.listdir("/proc")):
		try:
			with open("/proc/%s/stat" % pid, encoding="utf-8", errors="replace") as file:
				head, rest = file.read().rsplit(")", 1)
			with open("/proc/%s/cmdline" % pid, encoding="utf-8", errors="replace") as file:
				lines[int(pid)] = file.read()
		except OSError:
			continue
		state, parents[int(pid)] = rest.split()[0], int(rest.split()[1])
		name = head.split("(", 1)[1]
		# A helper started by its descriptor has that number as its name.
		if state == "Z" and parents[int(pid)] == os.getpid() and (name.isdigit() or name.startswith("dotsync-")):
			os.waitpid(int(pid), 0)
	return {pid: line for pid, line in lines.items() if os.path.basename(line.split("\0")[0]).startswith("dotsync") and is_below(parents, pid)}


def is_below(parents, pid):
	while pid in parents and pid != os.getpid():
		pid = parents[pid]
	return pid == os.getpid()


def check_quiet(t):
	"""All that was started ends."""
	wait_for(t, "the end of all helpers", lambda: not helpers())


def check_clean(t, *names, folder=None):
	"""Nothing is beside the archives."""
	t.equal(sorted(os.listdir(folder or t.work)), sorted(names or (NAME,)), "what is in the folder")


def version(number, size=20000):
	"""A payload that says whether it is whole."""
	text = b"%d %d\n" % (number, size)
	body = (text * (size // len(text) + 1))[:size]
	return body + hashlib.sha256(body).hexdigest().encode()


def is_whole(data):
	return hashlib.sha256(data[:-64]).hexdigest().encode() == data[-64:]


def member(path, name):
	with zipfile.ZipFile(path) as archive:
		return archive.read(name) if name in archive.namelist() else None


def print_of(path):
	"""What does not change unless the archive is replaced."""
	found = os.stat(path)
	with open(path, "rb") as file:
		return hashlib.sha256(file.read()).hexdigest(), found.st_ino, found.st_mode, found.st_uid


def need_root(why):
	if os.geteuid() != 0:
		raise clitest.Skip("only root can " + why)


def need_tool(name):
	if shutil.which(name, path="/usr/sbin:/sbin:" + os.environ.get("PATH", "")) is None:
		raise clitest.Skip("no " + name)


def command(*arguments, **options):
	"""Runs another program, which must succeed."""
	environment = dict(os.environ, PATH="/usr/sbin:/sbin:" + os.environ.get("PATH", "/usr/bin:/bin"), LC_ALL="C")
	done = subprocess.run(arguments, env=options.pop("env", environment), capture_output=True, check=False, **options)
	if done.returncode != 0:
		raise AssertionError("%s: %s" % (" ".join(arguments), done.stderr.decode("utf-8", "replace")))
	return done.stdout


class Mount:
	"""A file system of a kind and size at t.path(name), for as long as the block lasts."""

	def __init__(self, t, name, *arguments):
		self.path = t.path(name)
		self.arguments = arguments

	def __enter__(self):
		need_root("mount")
		os.mkdir(self.path)
		done = subprocess.run(["mount", *self.arguments, self.path], capture_output=True, check=False)
		if done.returncode != 0:
			raise clitest.Skip("cannot be mounted here: " + done.stderr.decode("utf-8", "replace").strip())
		return self.path

	def __exit__(self, *_):
		if subprocess.run(["umount", self.path], capture_output=True, check=False).returncode != 0:
			subprocess.run(["umount", "-l", self.path], check=True)


def ended(test):
	"""The test; what it started ends with it, and so cannot write into a folder that is being removed."""
	def run(t):
		try:
			test(t)
		finally:
			while helpers():
				for pid in helpers():
					try:
						os.kill(pid, signal.SIGKILL)
					except ProcessLookupError:
						pass
				time.sleep(0.01)
	return run


def main(file):
	"""clitest.main(), with a group that is no other folder's."""
	module = sys.modules["__main__"].__dict__
	module.update({name: ended(test) for name, test in module.items() if name.startswith("test_")})
	clitest.main("field_" + os.path.basename(file))
