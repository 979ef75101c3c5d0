#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
Every call of the OS seam fails once, in turn, during a refresh: the archive is the old one or the new one and never a
mixture, what the outcome says is so, and the next refresh is well.  DOTSYNC_FAULT_STEP=n tries every n-th call only.
"""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "server"))
import client
from refresher import GUESTS, Place, Process, payload, print_of

PROGRAM = os.path.join(GUESTS, "fault", "dotsync-refresh")
KINDS = ("error:EIO", "error:ENOSPC", "error:EINTR", "short:0", "memory:0", "kill:0")
OLD, NEW = b"old" * 1000, b"new" * 1000
STEP = int(os.environ.get("DOTSYNC_FAULT_STEP", "1"))


class FaultTest(unittest.TestCase):
	@classmethod
	def setUpClass(cls):
		cls.server = client.Server()

	@classmethod
	def tearDownClass(cls):
		cls.server.stop()

	def setUp(self):
		self.place = Place()
		self.addCleanup(self.place.__exit__)
		self.place.grant([self.server.origin()])
		self.server.content("/data", NEW, headers={"ETag": '"1"'})
		self.archive()
		self.assertEqual(self.place.refresh(self.path)["kind"], "updated")	# compiles, makes keys and folders

	def archive(self):
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

	def sweep(self, kind, prepare, check):
		prepare()
		calls = self.count_calls(kind)
		self.assertGreater(calls, 20)
		for n in range(1, calls + 1, STEP):
			with self.subTest(kind=kind, n=n):
				prepare()
				outcome = self.run_with("%s:%d" % (kind, n))
				self.assertTrue(kind.startswith("kill") or outcome is not None)
				check(outcome)
				self.assertLessEqual(set(self.place.leftovers()), {".a.sync.next"})
		prepare()
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
		for kind in KINDS:
			calls = self.sweep(kind, self.archive, self.check_update)
			print("update, %s: %d calls" % (kind, calls))

	def test_unchanged(self):
		self.before = print_of(self.path)
		record = os.getxattr(self.path, "user.dotsync.record")
		for kind in KINDS:
			calls = self.sweep(kind, lambda: os.setxattr(self.path, "user.dotsync.record", record), self.check_unchanged)
			print("not modified, %s: %d calls" % (kind, calls))


if __name__ == "__main__":
	unittest.main()
