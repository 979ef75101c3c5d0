#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Several refreshes of one archive, those that nobody waits for, and those that a program starts by way of the library."""
import json
import os
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "server"))
from refresher import GUESTS, HELPERS, Process, RefreshCase, payload


class ShareTest(RefreshCase):
	# ---- several at once, and background ----

	def test_twenty_at_once_are_one_request(self):
		archive = self.http()
		processes = [self.place.start(archive) for _ in range(20)]
		outcomes = [p.outcome() for p in processes]
		for p in processes:
			p.wait()
		self.assertEqual(self.count(), 1)
		self.assertEqual(len({o["generation"] for o in outcomes}), 1)
		self.assertEqual({o["kind"] for o in outcomes} - {"updated", "fresh"}, set())
		self.assertEqual([o["shared"] for o in outcomes if o["kind"] == "updated"].count(False), 1)
		self.assertEqual(payload(archive), b"new data")
		self.assertEqual(self.place.leftovers(), [])

	def two(self, archive):
		"""The outcomes of one refresh, and of another that came while it ran."""
		first = self.place.start(archive)
		first.wait_for("sandbox")
		second = self.place.start(archive, force=True)
		second.wait_for("waiting")
		outcomes = first.outcome(), second.outcome()
		first.wait(), second.wait()
		return outcomes

	def test_waiting_for_another_shares_its_result(self):
		for path, kind in (("/slow?size=60&rate=40", "updated"), ("/silent", "failed")):
			archive = self.http(path=path, ttl=0, policy={"timeout": 2})
			a, b = self.two(archive)
			self.assertEqual((a["kind"], a["shared"], b["kind"], b["shared"]), (kind, False, kind, True))
			self.assertEqual(self.count(path.split("?")[0]), 1)

	def test_shared_failure_is_told_in_full(self):
		"""All but the entry, which may be a URL."""
		self.server.content("/data", b"x" * 20000, cut=10000, rate=4000)
		short = {"timeout": 3}
		for make, members in ((self.http, {"path": "/slow-head", "policy": short}), (self.http, {}), (self.guest, {"context": "sleep", "policy": short})):
			with self.subTest(members=members):
				archive = make(ttl=0, **members)
				a, b = self.two(archive)
				self.assertEqual((a["kind"], b["kind"], b["shared"]), ("failed", "failed", True))
				self.assertNotIn("", (a["error"]["hint"], a["error"]["rule"]))
				for name in ("code", "rule", "expected", "hint"):
					self.assertEqual(b["error"][name], a["error"][name], name)
				self.assertIn(a["error"]["message"], b["error"]["message"])
				self.assertIn(a["error"]["found"], b["error"]["message"])
				self.assertEqual(b["next_attempt"], a["next_attempt"])
		self.assertIn("3 s", b["error"]["expected"])

	def test_background(self):
		archive = self.http()
		process = Process(self.place.job(archive, background=True), arguments=["--detach"])
		process.hang_up()
		self.assertEqual(process.wait(), 0)
		deadline = time.time() + 30
		while payload(archive) != b"new data" and time.time() < deadline:
			time.sleep(0.02)
		self.assertEqual(payload(archive), b"new data")

	def test_background_has_slots(self):
		with open(self.place.path("config", "config.toml"), "w") as f:
			f.write("[refresh]\nslots = 1\n")
		holder = self.place.http("h.sync", b"old", self.server.url("/silent"))
		first = self.place.start(holder, background=True)
		deadline = time.time() + 30
		while not self.count("/silent") and time.time() < deadline:
			time.sleep(0.02)
		second = self.place.start(self.http(), background=True)
		self.assertEqual((second.wait(), self.count()), (0, 0))
		first.kill()
		third = self.place.start(self.http(), background=True)
		self.assertEqual((third.wait(), self.count()), (0, 1))

	# ---- by way of the library ----

	def call(self, how, archive):
		run = subprocess.run([os.path.join(GUESTS, "client"), self.place.folder, HELPERS, how, archive], stdout=subprocess.PIPE, timeout=60)
		return run.stdout.decode().strip()

	def test_library(self):
		archive = self.http()
		self.assertEqual(json.loads(self.call("discard", archive))["outcome"], "updated")
		self.assertEqual((payload(archive), self.place.leftovers()), (b"old", []))
		self.assertEqual(json.loads(self.call("stage", archive))["outcome"], "updated")
		self.assertEqual(payload(archive), b"new data")
		self.assertEqual(json.loads(self.call("run", archive))["outcome"], "fresh")
		archive = self.http(path="/silent")
		self.assertEqual(self.call("cancel", archive), "cancelled")
		self.assertEqual((payload(archive), self.place.leftovers(), os.listxattr(archive)), (b"old", [], []))
		archive = self.http()
		self.assertEqual(self.call("background", archive), "started")
		deadline = time.time() + 30
		while payload(archive) != b"new data" and time.time() < deadline:
			time.sleep(0.02)
		self.assertEqual(payload(archive), b"new data")
		self.assertEqual(self.call("background", archive), "nothing to start")


if __name__ == "__main__":
	unittest.main()
