#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
What a session's job asks of dotsync-refresh beyond a refresh: a pushed payload, narrower lists, lower limits.
"""
import os
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "refresh"))
from refresher import BUILD, Place, Process, entry, payload, print_of

GUESTS = os.path.join(BUILD, "test", "guest_protocol")
PROTOCOL, LIMIT, GUEST, TIMEOUT = -26, -10, -23, -22


def module(name="guest"):
	with open(os.path.join(GUESTS, name + ".wasm"), "rb") as f:
		return f.read()


class JobTest(unittest.TestCase):
	def setUp(self):
		self.place = Place()
		self.addCleanup(self.place.__exit__)

	def archive(self, behaviour, **keys):
		return self.place.archive("a.sync", keys.pop("old", b"old"), wasm=module(keys.pop("guest", "guest")), context=behaviour, **keys)

	def run_job(self, path, passed=None, **members):
		process = Process(self.place.job(path, session_grant=True, force=True, **members), passed=passed)
		outcome = process.outcome()
		self.assertEqual(process.wait(), 0)
		return outcome

	def push(self, path, data, **members):
		with tempfile.TemporaryFile() as f:
			f.write(data)
			f.flush()
			return self.run_job(path, f.fileno(), push=True, **members)

	def fails(self, path, code, outcome, before):
		self.assertEqual((outcome["kind"], outcome["error"]["code"]), ("failed", code), outcome)
		self.assertEqual(print_of(path), before)
		self.assertEqual(self.place.leftovers(), [])

	def test_push(self):
		path = self.archive("3")
		for data in (b"pushed", b"", os.urandom(3 << 20)):
			outcome = self.push(path, data)
			self.assertEqual((outcome["kind"], outcome["payload_size"]), ("updated", len(data)), outcome)
			self.assertEqual(payload(path), data)
			self.assertEqual(self.push(path, data)["kind"], "unchanged")
		self.assertEqual(entry(path, "context.json"), b"3")
		self.assertEqual(self.place.leftovers(), [])

	def test_push_is_refused(self):
		path = self.archive("3")
		before = print_of(path)
		self.fails(path, GUEST, self.push(path, b"bad one"), before)
		path = self.archive("3", policy={"max_payload": 4})
		before = print_of(path)
		self.fails(path, LIMIT, self.push(path, b"12345"), before)

	def test_push_without_a_payload(self):
		path = self.archive("3")
		before = print_of(path)
		self.fails(path, PROTOCOL, self.run_job(path, push=True), before)
		ends = os.pipe()
		self.fails(path, PROTOCOL, self.run_job(path, ends[0], push=True), before)
		for end in ends:
			os.close(end)

	def test_push_without_an_updater(self):
		path = self.place.archive("a.sync", b"old", wasm=None)
		before = print_of(path)
		self.assertEqual(self.push(path, b"pushed")["kind"], "no-updater")
		self.assertEqual(print_of(path), before)

	def test_push_is_staged(self):
		path = self.archive("3")
		before = print_of(path)
		for word, kind, data in (("discard", "unchanged", b"old"), ("commit", "updated", b"pushed")):
			with tempfile.TemporaryFile() as f:
				f.write(b"pushed")
				f.flush()
				process = Process(self.place.job(path, session_grant=True, force=True, stage=True, push=True), passed=f.fileno())
			outcome = process.outcome()
			self.assertTrue(outcome["staged"])
			self.assertEqual(print_of(path), before)
			self.assertEqual(payload(outcome["staging"]), b"pushed")	# a whole archive
			process.decide(word)
			outcome = process.outcome()
			self.assertEqual(outcome["kind"], kind)
			self.assertNotIn("staging", outcome)
			self.assertEqual(process.wait(), 0)
			self.assertEqual(payload(path), data)
			self.assertEqual(self.place.leftovers(), [])

	def test_pushes_wait_for_each_other(self):
		"""A refresh shares what somebody else has just done; a push never does."""
		path = self.archive("3")
		with tempfile.TemporaryFile() as f:
			f.write(b"first")
			f.flush()
			first = Process(self.place.job(path, session_grant=True, force=True, stage=True, push=True), passed=f.fileno())
		self.assertTrue(first.outcome()["staged"])
		with tempfile.TemporaryFile() as f:
			f.write(b"second")
			f.flush()
			second = Process(self.place.job(path, session_grant=True, force=True, push=True), passed=f.fileno())
		second.wait_for("waiting")
		first.decide("commit")
		self.assertEqual(first.outcome()["kind"], "updated")
		outcome = second.outcome()
		self.assertEqual((outcome["kind"], outcome["shared"]), ("updated", False))
		self.assertEqual([first.wait(), second.wait()], [0, 0])
		self.assertEqual(payload(path), b"second")

	def test_limits(self):
		path = self.archive("4", policy={"timeout": 3600})
		before = print_of(path)
		self.fails(path, TIMEOUT, self.run_job(path, timeout_ms=300), before)
		outcome = self.run_job(path, cpu_ms=200)
		self.assertEqual(outcome["kind"], "failed")
		self.assertEqual(print_of(path), before)
		path = self.archive("2")
		for asked, given in ((0, 256 << 20), (1, 65536), (3 << 20, 3 << 20), ((3 << 20) + 1, 3 << 20), (1 << 40, 256 << 20)):
			outcome = self.run_job(path, memory_max=asked)
			self.assertIn(outcome["kind"], ("updated", "unchanged"), outcome)
			self.assertEqual(payload(path).split()[1], b"%d" % given)

	def test_lists(self):
		path = self.archive("{}", guest="guest_wasi", hosts=["a.example", "b.example"], env=["KEY", "OTHER"])
		self.assertEqual(self.run_job(path)["kind"], "updated")
		self.assertIn(b"ALLOW_HOSTS=a.example,b.example\nALLOW_ENV=KEY,OTHER\n", payload(path))
		self.run_job(path, narrow_hosts=True, hosts=["b.example", "c.example"], narrow_env=True)
		self.assertIn(b"ALLOW_HOSTS=b.example\nALLOW_ENV=\n", payload(path))
		self.run_job(path, hosts=["c.example"])	# a list that is not to be looked at
		self.assertIn(b"ALLOW_HOSTS=a.example,b.example\n", payload(path))


if __name__ == "__main__":
	unittest.main()
