#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
Every limit of a run holds, and soon: processor time, wall time, memory, payload, requests, bytes from the network and to it, log.
Amounts are asserted to the byte; times are printed beside a bound that only a hang would pass, since a loaded machine may be slow.

W1 W3 W4 W8 W10 W13 H31 N39 N42
"""
import os
import re
import sys
import time
import unittest
import zipfile

SOURCE = os.environ["DOTSYNC_SOURCE"]
sys.path[:0] = [os.path.join(SOURCE, "test", "server"), os.path.join(SOURCE, "test", "refresh")]
from refresher import BUILD, ServerCase, is_sanitized, payload, print_of

FORMAT, LIMIT, TIMEOUT, GUEST = -7, -10, -22, -23
REFUSED = -7	# what the guest is told past a limit: DOTSYNC_LIMIT
PATIENCE = 30	# seconds, for what takes 1
MIB = 1 << 20
GUESTS = os.path.join(BUILD, "test", "sandbox")
BESIDES = 96 * MIB	# what the worker has for itself (N39)
CODE_MAX = MIB		# more than the code of any guest of these tests, which the worker has three times


def guest(name):
	try:
		with open(os.path.join(GUESTS, name + ".wasm"), "rb") as file:
			return file.read()
	except FileNotFoundError:
		raise unittest.SkipTest("no %s.wasm: wat2wasm or clang is missing" % name)


class LimitsTest(ServerCase):
	def fails(self, what, code, limit=None, wasm="guest", context=None, policy=None, url=None, **job):
		"""One refresh that fails so; seconds past the limit are printed."""
		policy = dict({"timeout": limit or 20}, **(policy or {}))
		make = lambda: (self.place.http("a.sync", b"old data", url, policy=policy) if url else
			self.place.archive("a.sync", b"old data", wasm=wasm, context=context, hosts=[self.server.origin()], policy=policy))
		self.place.refresh(make(), force=True, **job)	# compiles
		archive = make()
		before, start = print_of(archive), time.monotonic()
		outcome = self.place.refresh(archive, force=True, **job)
		took = time.monotonic() - start
		self.assertEqual((outcome["kind"], outcome.get("error", {}).get("code")), ("failed", code), (what, outcome))
		self.assertEqual((print_of(archive), self.place.leftovers()), (before, []))
		self.assertLess(took, (limit or 0) + PATIENCE, what)
		if limit:
			print("%s: limit %.1f s, ended %+.3f s after it" % (what, limit, took - limit))
		return outcome

	def takes(self, what, path="", **policy):
		"""What the guest got of this, what it was told then, and the outcome of a run that changes nothing."""
		context = "%s - %s" % (what, self.server.url(path))
		archive = self.place.archive("a.sync", b"old data", wasm=guest("limits"), context=context, hosts=[self.server.origin()],
			policy=dict({"timeout": 60}, **policy))
		before = print_of(archive)
		outcome = self.place.refresh(archive, force=True)
		self.assertEqual((outcome["kind"], print_of(archive), self.place.leftovers()), ("unchanged", before, []), outcome)
		found = re.search(r"%s (\d+) (-?\d+)" % what, " ".join(event["text"] for event in outcome["events"] if event["kind"] == "log"))
		return (int(found[1]), int(found[2]), outcome) if found else (None, None, outcome)

	def holds(self, what, look, **policy):
		"""The same guest while it holds what it got: what look(process) says; then its caller goes away."""
		archive = self.place.archive("a.sync", b"old data", wasm=guest("limits"), context=what + " hold", hosts=[], policy=dict({"timeout": 600}, **policy))
		before = print_of(archive)
		process = self.place.start(archive, force=True)
		try:
			process.wait_for("log")
			return look(process)
		finally:
			process.hang_up()
			process.wait()
			self.assertEqual((print_of(archive), self.place.leftovers()), (before, []))

	# ---- time ----

	def test_wall_time(self):
		"""Computing, sleeping, a server that says nothing, and a guest that asks and asks."""
		for what in ("loop", "sleep"):
			self.fails(what, TIMEOUT, 1, context=what)
		self.fails("silent server", TIMEOUT, 1, url=self.server.url("/silent"))
		self.fails("loop.wat", TIMEOUT, 1, wasm=guest("loop"))
		self.fails("loop_call.wat", TIMEOUT, 1, wasm=guest("loop_call"))

	def test_processor_time(self):
		"""Far below the wall's: the worker itself ends a guest that computes while the network is silent, or that calls all the time."""
		for what, wasm, context in (("computing", "limits", "cpu"), ("computing after a request", "limits", None), ("calling", "loop_call", None)):
			with self.subTest(what):
				context = context or "cpu - " + self.server.url("/data")
				archive = self.place.archive("a.sync", b"old data", wasm=guest(wasm), context=context, hosts=[self.server.origin()], policy={"timeout": 600})
				self.place.refresh(archive, force=True, cpu_ms=1)	# compiles
				before = print_of(archive)
				process = self.place.start(archive, force=True, cpu_ms=1000)
				outcome = process.outcome()
				self.assertEqual(process.wait(), 0)
				self.assertEqual((outcome["kind"], outcome["error"]["code"]), ("failed", TIMEOUT), outcome)
				self.assertIn("1000 ms", outcome["error"]["message"])
				self.assertEqual((print_of(archive), self.place.leftovers()), (before, []))
				used = process.usage.ru_utime + process.usage.ru_stime	# its own, starting included, and the worker's
				self.assertLess(used, PATIENCE)
				print("%s: limit 1.0 s of processor time, refresher and worker used %+.3f s more" % (what, used - 1))

	# ---- amounts ----

	def test_payload(self):
		policy = {"max_payload": 1000000}
		error = self.fails("endless body", LIMIT, url=self.server.url("/chunked?size=0&endless=1"), policy=policy)["error"]
		self.assertIn("1000000", error["message"] + error["expected"])
		sent = self.fails("declared body", LIMIT, url=self.server.url("/bytes?size=1000001"), policy=policy)
		self.assertTrue(all(r["bytes"] <= 1000001 for r in sent.get("requests", [])), sent)
		got, answer, _ = self.takes("payload", **policy)
		self.assertEqual((got, answer), (1000000, REFUSED))
		print("payload: limit 1000000 bytes, written %d" % got)

	def test_staging(self):
		"""What lies beside the archive meanwhile is the payload and an archive's other entries."""
		def look(_):
			return [os.stat(os.path.join(self.place.files, name)).st_size for name in self.place.leftovers()]
		sizes = self.holds("payload", look, max_payload=1000000)
		self.assertEqual(len(sizes), 1)
		self.assertTrue(1000000 <= sizes[0] <= 1000000 + 65536, sizes)
		print("staging: limit 1000000 bytes of payload, file of %d" % sizes[0])

	def test_requests(self):
		self.server.content("/a", b"")
		got, answer, _ = self.takes("requests", "/a")
		self.assertEqual((got, answer, self.server.counts()["requests"]["/a"]), (64, REFUSED, 64))
		print("requests: limit 64, made %d" % got)

	def test_bytes_in(self):
		limit = 2 * 1000000 + 64 * MIB
		got, answer, outcome = self.takes("bytes-in", "/chunked?size=0&endless=1", max_payload=1000000)
		self.assertEqual(answer, REFUSED)
		self.assertLessEqual(got, limit)
		self.assertGreater(got, limit - 2 * MIB)	# what comes with the piece that is refused is lost
		print("bytes in: limit %d, read %d" % (limit, got))

	def test_bytes_out(self):
		limit = 16 * MIB
		got, answer, _ = self.takes("bytes-out", "/echo-nothing")
		sent = [entry["size"] for entry in self.server.log() if entry["method"] == "POST"]
		self.assertEqual((answer, sum(sent)), (REFUSED, got))
		self.assertEqual(got, limit)
		print("bytes out: limit %d, sent %d" % (limit, got))

	def test_log(self):
		"""In short lines, to the last byte; and in lines that are too long, of which the beginning is passed on."""
		for wasm, context, exact in ((guest("limits"), "log", True), ("guest", "log", False)):
			archive = self.place.archive("a.sync", b"old data", wasm=wasm, context=context, hosts=[self.server.origin()])
			outcome = self.place.refresh(archive, force=True)
			self.assertEqual(outcome["kind"], "unchanged", outcome)
			size = sum(len(event["text"]) for event in outcome["events"] if event["kind"] == "log")
			self.assertLessEqual(size, 65536)
			if exact:
				self.assertEqual(size, 65536)
			print("log: limit 65536 bytes, passed on %d" % size)

	def test_memory(self):
		"""A guest that grows until it is refused has what it was told it would have, and no more."""
		archive = self.place.archive("a.sync", b"old data", wasm=guest("grow"), hosts=[self.server.origin()])
		outcome = self.place.refresh(archive, force=True)
		self.assertLessEqual(outcome["memory_peak"], 256 << 20)
		self.assertGreater(outcome["memory_peak"], 0)
		got, _, _ = self.takes("memory")
		self.assertEqual(got, 256 * MIB)
		print("memory: limit %d MiB, peak %d MiB, of another guest %d" % (256, outcome["memory_peak"] >> 20, got >> 20))
		for name in ("memory_whole", "table_large"):
			outcome = self.place.refresh(self.place.archive("b.sync", b"old data", wasm=guest(name)), force=True)
			self.assertEqual(outcome["kind"], "failed", outcome)

	@unittest.skipIf(is_sanitized(), "a sanitizer keeps memory of its own")
	def test_resident_memory(self):
		"""N39: the worker of a guest that has touched all of its memory."""
		def look(process):
			with open("/proc/%d/status" % process.worker()) as file:
				found = dict(re.findall(r"^(VmHWM|VmPeak):\s*(\d+) kB", file.read(), re.M))
			return int(found["VmHWM"]) << 10, int(found["VmPeak"]) << 10
		resident, space = self.holds("memory", look)
		self.assertGreater(resident, 250 * MIB)	# what it began with it has not touched
		self.assertLessEqual(resident, 256 * MIB + BESIDES)
		self.assertLessEqual(space, 256 * MIB + BESIDES + 3 * CODE_MAX)
		print("worker: limit %d MiB, resident %d MiB, address space %d MiB" % (256 + 96, resident >> 20, space >> 20))

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


if __name__ == "__main__":
	unittest.main()
