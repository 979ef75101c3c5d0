#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Memory stays constant whatever the size; the rate is printed, never judged."""
import os
import shutil
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "server"))
import client
from refresher import Place, is_sanitized

SIZE = 1 << 30
ROOM = 3 * SIZE
MEMORY_MAX_KIB = 32 * 1024


def peak_memory(pid):
	"""The most that this process ever had in memory, in KiB."""
	with open("/proc/%d/status" % pid) as f:
		return int([line for line in f if line.startswith("VmHWM:")][0].split()[1])


class LargeTest(unittest.TestCase):
	def update(self, place, archive):
		"""A staged update, so that the process can be looked at when the work is done; (outcome, peak, seconds)."""
		start = time.time()
		process = place.start(archive, stage=True)
		outcome = process.outcome(timeout=200)
		self.assertEqual((outcome["kind"], outcome.get("staged")), ("updated", True), outcome)
		peak = peak_memory(process.pid)
		process.decide("commit")
		outcome = process.outcome(timeout=200)
		seconds = time.time() - start
		process.wait()
		self.assertEqual(outcome["kind"], "updated")
		return outcome, peak, seconds

	def test_one_gibibyte(self):
		with client.Server() as server, Place() as place:
			if shutil.disk_usage(place.files).free < ROOM:
				self.skipTest("needs %d GiB of disk" % (ROOM >> 30))
			place.grant([server.origin()])
			for wasm, context in (("http", None), ("guest", "read " + server.url("/big?size=%d" % SIZE))):
				if context is None:
					archive = place.http("l.sync", b"old", server.url("/big?size=%d" % SIZE), policy={"timeout": 60})
				else:
					archive = place.archive("l.sync", b"old", wasm=wasm, context=context, hosts=[server.origin()], policy={"timeout": 60})
				outcome, peak, seconds = self.update(place, archive)
				self.assertEqual(outcome["payload_size"], SIZE)
				print("%s: 1 GiB in %.2f s, run %.2f s, commit %.2f s, peak %d KiB" % (
					"copied by the host" if context is None else "through the guest", seconds, outcome["run_us"] / 1e6, outcome["commit_us"] / 1e6, peak))
				if not is_sanitized():
					self.assertLessEqual(peak, MEMORY_MAX_KIB)


if __name__ == "__main__":
	unittest.main()
