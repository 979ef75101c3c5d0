#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
Every call of the OS seam fails once, in turn, during a refresh: the archive is the old one or the new one and never a
mixture, what the outcome says is so, and the next refresh is well.  Configuration, grants, lock, staging, commit and state record are
on every way; compiling, answers that are spooled, failures and records in files have their own.  DOTSYNC_FAULT_STEP=n tries every n-th
call only.
"""
import os
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "server"))
from refresher import GUESTS, Process, Record, ServerCase, payload, print_of, wait_until

PROGRAM = os.path.join(GUESTS, "fault", "dotsync-refresh")
ALL = ("error:EIO", "error:ENOSPC", "error:EINTR", "short:0", "memory:0", "kill:0")
HARD = ("error:EIO", "error:ENOSPC", "kill:0")
OLD, NEW = b"old" * 1000, b"new" * 1000
SOME = 2	# of what has much in common with the whole sweeps, every so many
STEP = int(os.environ.get("DOTSYNC_FAULT_STEP", "1"))


class FaultTest(ServerCase):
	def setUp(self):
		super().setUp()
		with open(self.place.path("config", "config.toml"), "w") as f:
			f.write("[refresh]\nslots = 2\n")
		self.server.content("/data", NEW, headers={"ETag": '"1"'})
		self.archive()
		self.assertEqual(self.place.refresh(self.path)["kind"], "updated")	# compiles, makes keys and folders

	def archive(self):
		"""Made anew, and nothing is remembered of its likes."""
		shutil.rmtree(self.place.path("state", "records"), ignore_errors=True)
		self.path = self.place.http("a.sync", OLD, self.server.url("/data"), ttl=0)

	def run_with(self, fault, count=None):
		"""One refresh with this fault; its outcome, or None when it did not live to say one."""
		environment = {"DSYNC_FAULT": fault}
		if count is not None:
			environment["DSYNC_FAULT_COUNT"] = count
		process = Process(self.place.job(self.path), environment=environment, program=PROGRAM)
		try:
			return process.outcome()
		except EOFError:
			return None
		finally:
			process.wait()

	def count_calls(self, kind):
		count = self.place.path("state", "count")	# a locked refresher writes nowhere else
		self.run_with(kind + ":0", count)
		with open(count) as f:
			return int(f.read())

	def sweep(self, kind, prepare, check, left=(".a.sync.next",), heal=lambda: None, step=1):
		prepare()
		calls = self.count_calls(kind)
		self.assertGreater(calls, 20)
		for n in range(1, calls + 1, step * STEP):
			with self.subTest(kind=kind, n=n):
				prepare()
				outcome = self.run_with("%s:%d" % (kind, n))
				self.assertTrue(kind.startswith("kill") or outcome is not None)
				check(outcome)
				self.assertLessEqual(set(self.place.leftovers()), set(left))
		prepare()
		heal()
		self.assertIn(self.place.refresh(self.path, force=True)["kind"], ("updated", "unchanged"))
		self.assertEqual((payload(self.path), self.place.leftovers()), (NEW, []))
		return calls

	def check_update(self, outcome):
		now = payload(self.path)
		self.assertIn(now, (OLD, NEW))
		if outcome is not None:
			self.assertEqual(now == NEW, outcome["kind"] == "updated", outcome)

	def check_unchanged(self, outcome):
		self.assertEqual(print_of(self.path), self.before)
		if outcome is not None:
			self.assertIn(outcome["kind"], ("unchanged", "failed", "consent-needed"))	# a grant that cannot be read grants nothing

	def test_update(self):
		for kind in ALL:
			calls = self.sweep(kind, self.archive, self.check_update)
			print("update, %s: %d calls" % (kind, calls))

	def test_unchanged(self):
		self.before = print_of(self.path)
		record = os.getxattr(self.path, "user.dotsync.record")
		for kind in ALL:
			calls = self.sweep(kind, lambda: os.setxattr(self.path, "user.dotsync.record", record), self.check_unchanged)
			print("not modified, %s: %d calls" % (kind, calls))

	def guest(self, context, wasm="guest", old=OLD):
		self.path = self.place.archive("a.sync", old, wasm=wasm, context=context, hosts=[self.server.origin()], ttl=0)

	def test_compiling(self):
		"""The cache of compiled code and its key are made on the way."""
		def prepare():
			self.guest("copy " + self.server.url("/data"))
			shutil.rmtree(self.place.path("cache", "code"), ignore_errors=True)
			if os.path.exists(self.place.path("state", "cache.key")):
				os.unlink(self.place.path("state", "cache.key"))

		for kind in HARD:
			calls = self.sweep(kind, prepare, self.check_update, step=SOME)
			print("compiling, %s: %d calls" % (kind, calls))

	def check_host(self, outcome):
		"""This updater makes a payload of the code, too, when its request could not be done."""
		now = payload(self.path)
		self.assertIn(now, (self.url, NEW, b"-1", b"-4", b"-5"))
		if outcome is not None:
			self.assertEqual(now != self.url, outcome["kind"] == "updated", outcome)

	def test_spooled_answer(self):
		self.url = self.server.url("/data").encode()
		for kind in HARD:
			calls = self.sweep(kind, lambda: self.guest(None, "guest_host", self.url), self.check_host, left=(".a.sync.next", ".a.sync.check"), step=SOME)
			print("spooled, %s: %d calls" % (kind, calls))

	def test_spool_without_unnamed_files(self):
		"""Some file systems make none: then the answer is in a file that lost its name at once, and never in memory."""
		def start(fault):
			self.guest(None, "guest_host", self.server.url("/slow?size=3000&rate=2000").encode())
			return Process(self.place.job(self.path), environment={"DSYNC_FAULT": fault}, program=PROGRAM)

		self.guest(None, "guest_host", self.server.url("/data").encode())
		self.assertEqual(self.place.refresh(self.path)["kind"], "updated")	# from now on it is compiled
		n, asked = 0, 0
		while asked == 0:	# which call it is: the first one after the request
			n += 1
			process = start("stop:0:%d:openat" % n)
			self.assertTrue(os.WIFSTOPPED(os.waitpid(process.pid, os.WUNTRACED)[1]), "nothing is opened after the request")
			asked = self.server.counts()["requests"].get("/slow", 0)
			process.kill()
		with open(os.path.join(self.place.files, ".a.sync.check"), "w") as f:
			f.write("of one who was killed between the two calls")
		process = start("error:EOPNOTSUPP:%d:openat" % n)
		spool = os.path.join(self.place.files, ".a.sync.check") + " (deleted)"
		self.assertTrue(wait_until(lambda: spool in process.files()), process.files())
		self.assertFalse([name for name in process.files() if "memfd" in name])
		self.assertEqual(process.outcome()["kind"], "updated")
		self.assertEqual(process.wait(), 0)
		self.assertEqual((len(payload(self.path)), self.place.leftovers()), (3000, []))

	def check_failure(self, outcome):
		self.assertEqual(print_of(self.path), self.before)
		if outcome is not None:
			self.assertIn(outcome["kind"], ("failed", "consent-needed"), outcome)

	def test_failure(self):
		"""A server that is ill, and a record of that."""
		def prepare():
			self.server.content("/data", b"", status=500)
			self.archive()
			self.before = print_of(self.path)

		def heal():
			outcome = self.place.refresh(self.path)
			self.assertEqual((outcome["kind"], outcome["error"]["rule"]), ("failed", "http"), outcome)
			self.assertEqual(Record(self.path).failures, 1)
			self.server.content("/data", NEW)

		for kind in HARD:
			calls = self.sweep(kind, prepare, self.check_failure, heal=heal, step=SOME)
			print("failing, %s: %d calls" % (kind, calls))

	def test_record_in_a_file(self):
		"""On a file system without attributes."""
		if os.geteuid() != 0:
			self.skipTest("mounting a ramfs needs root")
		if subprocess.run(["mount", "-t", "ramfs", "ramfs", self.place.files], stderr=subprocess.DEVNULL).returncode != 0:
			self.skipTest("a ramfs cannot be mounted here")
		try:
			for kind in HARD:
				calls = self.sweep(kind, self.archive, self.check_update, step=SOME)
				print("record in a file, %s: %d calls" % (kind, calls))
			records = os.listdir(self.place.path("state", "records"))
			self.assertTrue(all(len(name) == 32 for name in records), records)	# nothing half written
		finally:
			subprocess.run(["umount", self.place.files], check=True)


if __name__ == "__main__":
	unittest.main()
