#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
Every limit of a run holds, and soon: processor time, wall time, memory, payload, requests, bytes from the network, log.  What is asserted
are the limits themselves; times are printed beside a bound that only a hang would pass, since a loaded machine may be slow.

W1 W3 W4 W8 W10 W13 H31 N42
"""
import os
import sys
import time
import unittest
import zipfile

SOURCE = os.environ["DOTSYNC_SOURCE"]
sys.path[:0] = [os.path.join(SOURCE, "test", "server"), os.path.join(SOURCE, "test", "refresh")]
from refresher import BUILD, ServerCase, payload, print_of

FORMAT, LIMIT, TIMEOUT, GUEST = -7, -10, -22, -23
PATIENCE = 30	# seconds, for what takes 1
GUESTS = os.path.join(BUILD, "test", "sandbox")


def guest(name):
	try:
		with open(os.path.join(GUESTS, name + ".wasm"), "rb") as file:
			return file.read()
	except FileNotFoundError:
		raise unittest.SkipTest("no %s.wasm: wat2wasm is missing" % name)


class LimitsTest(ServerCase):
	def fails(self, what, code, limit=None, wasm="guest", context=None, policy=None, url=None):
		"""One refresh that fails so; seconds past the limit are printed."""
		policy = dict({"timeout": limit or 20}, **(policy or {}))
		make = lambda: (self.place.http("a.sync", b"old data", url, policy=policy) if url else
			self.place.archive("a.sync", b"old data", wasm=wasm, context=context, hosts=[self.server.origin()], policy=policy))
		self.place.refresh(make(), force=True)	# compiles
		archive = make()
		before, start = print_of(archive), time.monotonic()
		outcome = self.place.refresh(archive, force=True)
		took = time.monotonic() - start
		self.assertEqual((outcome["kind"], outcome.get("error", {}).get("code")), ("failed", code), (what, outcome))
		self.assertEqual((print_of(archive), self.place.leftovers()), (before, []))
		self.assertLess(took, (limit or 0) + PATIENCE, what)
		if limit:
			print("%s: limit %.1f s, ended %+.3f s after it" % (what, limit, took - limit))
		return outcome

	def test_wall_time(self):
		"""Computing, sleeping, a server that says nothing, and a guest that asks and asks."""
		for what in ("loop", "sleep"):
			self.fails(what, TIMEOUT, 1, context=what)
		self.fails("silent server", TIMEOUT, 1, url=self.server.url("/silent"))
		self.fails("loop.wat", TIMEOUT, 1, wasm=guest("loop"))
		self.fails("loop_call.wat", TIMEOUT, 1, wasm=guest("loop_call"))

	def test_payload(self):
		policy = {"max_payload": 1000000}
		error = self.fails("endless body", LIMIT, url=self.server.url("/chunked?size=0&endless=1"), policy=policy)["error"]
		self.assertIn("1000000", error["message"] + error["expected"])
		sent = self.fails("declared body", LIMIT, url=self.server.url("/bytes?size=1000001"), policy=policy)
		self.assertTrue(all(r["bytes"] <= 1000001 for r in sent.get("requests", [])), sent)

	def test_memory(self):
		"""A guest that grows until it is refused has what it was told it would have, and no more."""
		archive = self.place.archive("a.sync", b"old data", wasm=guest("grow"), hosts=[self.server.origin()])
		outcome = self.place.refresh(archive, force=True)
		self.assertLessEqual(outcome["memory_peak"], 256 << 20)
		self.assertGreater(outcome["memory_peak"], 0)
		print("memory: limit %d MiB, peak %d MiB" % (256, outcome["memory_peak"] >> 20))
		for name in ("memory_whole", "table_large"):
			outcome = self.place.refresh(self.place.archive("b.sync", b"old data", wasm=guest(name)), force=True)
			self.assertEqual(outcome["kind"], "failed", outcome)

	def test_module(self):
		"""A module past what an entry may have is refused before anything of it is read into memory."""
		path = self.place.archive("a.sync", b"old data", wasm=None)
		with zipfile.ZipFile(path, "a") as archive, archive.open("sync.wasm", "w") as entry:
			entry.write(b"\0asm\1\0\0\0")
			for _ in range(257):
				entry.write(bytes(1 << 20))
		before = os.stat(path)	# print_of() would read it, and what this process held counts as the child's peak
		process = self.place.start(path, force=True)
		outcome = process.outcome()
		self.assertEqual(process.wait(), 0)
		self.assertEqual((outcome["kind"], outcome["error"]["code"], self.place.leftovers()), ("failed", FORMAT, []), outcome)
		self.assertEqual([getattr(os.stat(path), name) for name in ("st_ino", "st_size", "st_mtime_ns")], [before.st_ino, before.st_size, before.st_mtime_ns])
		self.assertLess(process.usage.ru_maxrss, 128 << 10)
		self.assertEqual(self.server.log(), [])
		print("module of 257 MiB: %s; resident %d MiB" % (outcome["error"]["message"], process.usage.ru_maxrss >> 10))

	def test_log(self):
		archive = self.place.archive("a.sync", b"old data", wasm="guest", context="log", hosts=[self.server.origin()])
		outcome = self.place.refresh(archive, force=True)
		size = sum(len(event["text"]) for event in outcome["events"] if event["kind"] == "log")
		self.assertLessEqual(size, 65536)
		print("log: limit 65536 bytes, passed on %d" % size)


if __name__ == "__main__":
	unittest.main()
