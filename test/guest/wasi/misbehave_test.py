#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""WASI commands that write a whole payload and then end badly, or well: what counts is the end."""
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "..", "server"), os.path.join(HERE, "..", "..", "refresh")]
from refresher import BUILD, Place, payload, print_of

GUESTS = os.path.join(BUILD, "test", "guests", "wasi")
LOG_MAX = 65536
TIMEOUT = -22
OLD = b"old data"


class MisbehaveTest(unittest.TestCase):
	def setUp(self):
		self.place = Place()
		self.addCleanup(self.place.__exit__)
		self.place.grant([])

	def refresh(self, context, kind, old=OLD, module="misbehave", **keys):
		with open(os.path.join(GUESTS, module + ".wasm"), "rb") as f:
			wasm = f.read()
		archive = self.place.archive("a.sync", old, wasm=wasm, context=context, **keys)
		before = print_of(archive)
		outcome = self.place.refresh(archive, force=True)
		self.assertEqual(outcome["kind"], kind, outcome)
		self.assertEqual(self.place.leftovers(), [])
		if kind != "updated":
			self.assertEqual(print_of(archive), before)
			self.assertEqual(payload(archive), old)
		return archive, outcome

	def test_writes_and_ends(self):
		archive, _ = self.refresh("well", "updated")
		self.assertEqual(payload(archive), b"new payload\n")

	def test_writes_nothing(self):
		self.refresh("quiet", "unchanged")

	def test_writes_and_fails(self):
		outcome = self.refresh("exit", "failed")[1]
		self.assertIn("exited with code 7", outcome["error"]["message"])

	def test_writes_and_traps(self):
		outcome = self.refresh("trap", "failed")[1]
		self.assertIn("unreachable", outcome["error"]["message"])

	def test_writes_and_sleeps_too_long(self):
		outcome = self.refresh("sleep", "failed", policy={"timeout": 1})[1]  # an hour; the test's own limit is shorter
		self.assertEqual(outcome["error"]["code"], TIMEOUT)

	@unittest.skipUnless(os.path.exists(os.path.join(GUESTS, "busy.wasm")), "wat2wasm is not installed")
	def test_computes_too_long_inside_a_call(self):
		outcome = self.refresh(None, "failed", module="busy", policy={"timeout": 1, "max_payload": 1000})[1]
		self.assertEqual(outcome["error"]["code"], TIMEOUT)

	def test_says_more_than_anybody_reads(self):
		archive, outcome = self.refresh("flood", "updated")
		said = [e for e in outcome["events"] if e["kind"] == "log"]
		text = "".join(str(e) for e in said)
		self.assertTrue(said)
		self.assertLess(sum(len(e.get("text", "")) for e in said), 4 * LOG_MAX)
		self.assertFalse(any(ord(c) < 32 or 127 <= ord(c) < 160 for c in text))
		self.assertEqual(payload(archive), b"new payload\n")

	def test_writes_more_than_there_is_room_for(self):
		outcome = self.refresh("fill", "failed", policy={"max_payload": 1000})[1]
		self.assertIn("1000", str(outcome["error"]))


if __name__ == "__main__":
	unittest.main()
