#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
The real refresher with a worker whose code an attacker runs (dotsync-worker-attack): rows N1 to N48 end to end.

After every attempt: the error that is due, the archive's bytes as they were, nothing left beside it, worker and refresher
gone, in bounded time, and not one connection (N10).  As root and as somebody else, with and without namespaces.
"""
import errno
import os
import platform
import re
import shutil
import socket
import sys
import time
import unittest

SOURCE = os.environ["DOTSYNC_SOURCE"]
sys.path[:0] = [os.path.join(SOURCE, "test", "server"), os.path.join(SOURCE, "test", "refresh")]
from refresher import BUILD, HELPERS, Place, Process, Record, is_running, print_of

GUEST, TIMEOUT = -23, -22
STRANGER = 61234
SETPRIV = shutil.which("setpriv")
ATTACK = os.path.join(BUILD, "test", "dotsync-worker-attack")
WITHOUT = os.path.join(BUILD, "test", "sandbox", "without")
WALL_MAX = 30
KILLED = "forbids"	# it tried a system call that the sandbox forbids
LEFT_OUT = {"find_secret"}	# needs a host that planted one: attack_test.c


def table():
	"""(row, name, expectation, frozen only) of each attempt."""
	with open(os.path.join(SOURCE, "include", "worker", "attack_table.h"), encoding="utf-8") as file:
		text = file.read()
	frozen = text.index("define ATTACKS_FROZEN")
	for match in re.finditer(r"X\((\w+), (\w+), ([^,]+), ", text):
		if match[2] not in LEFT_OUT:
			yield match[1], match[2], match[3], match.start() > frozen


class CagedTest(unittest.TestCase):
	def setUp(self):
		self.place = Place()
		self.addCleanup(self.place.__exit__)
		self.place.grant([])
		self.helpers = self.place.path("libexec", "dotsync")
		os.makedirs(self.helpers)
		shutil.copy(os.path.join(HELPERS, "dotsync-refresh"), self.helpers)
		shutil.copy(ATTACK, os.path.join(self.helpers, "dotsync-worker"))
		self.listener = socket.socket()
		self.listener.bind(("127.0.0.1", 0))
		self.listener.listen()
		self.listener.setblocking(False)
		self.addCleanup(self.listener.close)
		self.program, self.before, self.without = os.path.join(self.helpers, "dotsync-refresh"), [], []

	def order(self, mode, attack):
		with open(os.path.join(self.helpers, "attack"), "w") as file:
			file.write("%s %s\n" % (mode, attack))

	def archive(self, **policy):
		"""One whose updater is not ours: for that Landlock is demanded too."""
		path = self.place.archive("a.sync", b"old data", wasm="guest", context="update", policy=dict({"timeout": 5}, **policy))
		if self.before:
			os.chown(path, STRANGER, STRANGER)
		return path

	def become_stranger(self):
		for name in ("config", "state", "cache", "files"):
			os.chown(self.place.path(name), STRANGER, STRANGER)
		for name in (".", "machine", "machine/grants.d", "machine/grants.d/test.toml"):
			os.chmod(self.place.path(name), 0o755)
		self.before = [SETPRIV, "--reuid=%d" % STRANGER, "--regid=%d" % STRANGER, "--clear-groups"]

	def run_once(self, archive):
		program, *arguments = [*self.before, *self.without, self.program]
		before, start, workers = print_of(archive), time.monotonic(), set()
		process = Process(self.place.job(archive, helper_dir=self.helpers, force=True), program=program, arguments=arguments)
		try:
			while True:
				packet = process.read(WALL_MAX)
				workers.add(process.worker())
				if "outcome" in packet:
					break
			self.assertEqual(process.wait(), 0)
		finally:
			if process.status is None:
				process.kill()
		took = time.monotonic() - start
		self.assertLess(took, WALL_MAX)
		self.assertFalse([pid for pid in workers if pid is not None and is_running(pid)])
		self.assertEqual((print_of(archive), self.place.leftovers()), (before, []))
		self.assertRaises(BlockingIOError, self.listener.accept)
		return packet["outcome"], took

	def check(self, attempt, mode):
		row, name, expected, _ = attempt
		self.order(mode, name)
		archive = self.archive()
		outcome, took = self.run_once(archive)
		self.assertEqual(outcome["kind"], "failed", outcome)
		error = outcome["error"]
		if expected == "ATTACK_KILLED":
			self.assertEqual(error["code"], GUEST, outcome)
			self.assertIn(KILLED, error["message"])
			self.assertEqual(error["hint"], "do not trust this updater")
		elif expected.startswith("ATTACK_SIGNAL"):
			self.assertIn("signal " + re.search(r"\d+", expected)[0], error["message"])
		else:
			self.assertIn("the attempt gave", error["message"])
		self.assertEqual(Record(archive).last_code, error["code"])
		return outcome, took

	def each(self, mode):
		for attempt in table():
			if attempt[3] and mode == "compile" or attempt[0] in ("N39", "N42", "more"):
				continue
			with self.subTest(attempt[1]):
				outcome, _ = self.check(attempt, mode)
				if self.without:
					self.assertIn(" ns=off ", outcome["sandbox"])
				self.assertIn("seccomp=P1", outcome["sandbox"])

	def test_run(self):
		self.each("run")

	def test_compile(self):
		self.each("compile")

	@unittest.skipIf(os.geteuid() != 0 or SETPRIV is None, "becoming another user needs root and setpriv")
	def test_stranger(self):
		self.become_stranger()
		self.without = [WITHOUT, "%d:%d" % (97 if platform.machine() == "aarch64" else 272, errno.EPERM)]	# unshare(2)
		self.each("run")

	def test_memory_and_time(self):
		"""N39, N42: ended by the kernel's limits, or by the refresher's clock."""
		archive = self.archive(timeout=1)
		self.order("run", "memory_flood")
		outcome, _ = self.run_once(archive)
		self.assertIn("the attempt gave", outcome["error"]["message"])
		self.order("run", "spin")
		outcome, took = self.run_once(archive)
		self.assertEqual(outcome["error"]["code"], TIMEOUT, outcome)
		print("spin: policy.timeout 1 s, ended after %.2f s" % took)


if __name__ == "__main__":
	unittest.main()
