#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""The other jobs of the refresher, and jobs that are none."""
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "server"))
from refresher import HELPERS, Process, RefreshCase


class JobTest(RefreshCase):
	def test_check_job(self):
		process = Process(self.place.job(kind="check"))
		outcome = process.outcome()
		process.wait()
		self.assertEqual(outcome["kind"], "unchanged", outcome)
		self.assertIn("seccomp=P1", outcome["sandbox"])

	def test_fetch_job(self):
		self.server.content("/file", b"x" * 100000, headers={"ETag": '"e"', "Content-Type": "text/csv", "Cache-Control": "max-age=60",
			"Content-Disposition": 'attachment; filename="rates.csv"'})
		with open(self.place.path("body"), "w+b") as f:
			process = Process(self.place.job(kind="fetch", url=self.server.url("/redirect?to=" + self.server.url("/file", "other"))), passed=f.fileno())
			outcome = process.outcome()
			process.wait()
			self.assertEqual(outcome["kind"], "updated", outcome)
			f.seek(0)
			self.assertEqual(f.read(), b"x" * 100000)
		self.assertEqual(outcome["origins"], [self.server.origin(), self.server.origin("other")])
		self.assertEqual(outcome["final_url"], self.server.url("/file", "other"))
		self.assertEqual((outcome["status"], outcome["etag"], outcome["content_type"], outcome["max_age"], outcome["file_name"]),
			(200, '"e"', "text/csv", 60, "rates.csv"))
		for path, members in (("/status/404", {}), ("/bytes?size=1000", {"size_max": 999}), ("/silent", {"timeout_ms": 300}), ("/cut?size=100&at=5", {})):
			process = Process(self.place.job(kind="fetch", url=self.server.url(path), **members))
			self.assertEqual(process.outcome()["kind"], "failed")
			process.wait()

	def test_foreign_build_and_bad_jobs(self):
		outcome = self.refresh(self.http(), "failed", build="00" * 16)
		self.assertEqual(outcome["error"]["rule"], "build")
		for members in ({"sandbox": "none"}, {"nonsense": 1}, {"path": "relative"}):
			process = Process(dict(self.place.job(self.http()), **members))
			self.assertEqual(process.outcome()["kind"], "failed")
			process.wait()
		self.assertEqual(self.count(), 0)

	def test_started_by_hand(self):
		run = subprocess.run([os.path.join(HELPERS, "dotsync-refresh")], stderr=subprocess.PIPE)
		self.assertEqual(run.returncode, 2)
		self.assertIn(b"part of dotsync", run.stderr)

	@unittest.skipIf(os.geteuid() != 0, "only root's worker becomes somebody else")
	def test_worker_is_no_account(self):
		"""Whoever has the worker's id might signal it."""
		process = self.place.start(self.http(path="/slow?size=100000&rate=20000"))
		process.wait_for("request")
		with open("/proc/%d/status" % process.worker()) as f:
			ids = {int(id) for line in f if line.startswith(("Uid:", "Gid:")) for id in line.split()[1:]}
		process.kill()
		with open("/proc/self/uid_map") as f:
			if int(f.read().split()[2]) < 1 << 31:
				self.skipTest("this user name space has too few ids")
		self.assertEqual(len(ids), 1)
		self.assertGreater(ids.pop(), 1879048191)	# the last that containers are given

	def test_names_of_processes(self):
		archive = self.http(path="/slow?size=100000&rate=20000")
		process = self.place.start(archive)
		process.wait_for("request")
		names = []
		for pid in (process.pid, process.worker()):
			with open("/proc/%d/comm" % pid) as f:
				names.append(f.read())
		process.kill()
		self.assertEqual(names, ["dotsync-refresh\n", "dotsync-worker\n"])


if __name__ == "__main__":
	unittest.main()
