#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
One process refreshes again and again by way of the library: its descriptors, its memory and its children do not grow, and no helper and no
name space outlives a refresh.  A hundred times; DOTSYNC_LOOP=1000 says how often.
"""
import ctypes
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "server"))
from refresher import GUESTS, HELPERS, RefreshCase, is_sanitized, payload, wait_until

COUNT = int(os.environ.get("DOTSYNC_LOOP", "100"))
WARM = 20	# what is allocated once, is by then
GROWTH_MAX_KIB = 256
PR_SET_CHILD_SUBREAPER = 36


def children(pid):
	with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as f:
		return f.read().split()


def memory(pid):
	"""In KiB: what is the process's own, not what it maps from files."""
	with open("/proc/%d/status" % pid, encoding="ascii") as f:
		return int([line for line in f if line.startswith("RssAnon:")][0].split()[1])


def held_name_spaces():
	"""Those that a mount keeps alive without any process."""
	with open("/proc/self/mountinfo", encoding="utf-8") as f:
		return sorted(line.split()[3] for line in f if " - nsfs " in line)


class Loop:
	"""The process that refreshes."""

	def __init__(self, place, archive):
		self.process = subprocess.Popen([os.path.join(GUESTS, "client"), place.folder, HELPERS, "loop", archive],
			stdin=subprocess.PIPE, stdout=subprocess.PIPE)
		self.pid = self.process.pid

	def run(self, count):
		"""So many refreshes; the last one's kind."""
		self.process.stdin.write(b"%d\n" % count)
		self.process.stdin.flush()
		return self.process.stdout.readline().decode().strip()

	def look(self):
		"""What could grow, but for memory."""
		name_spaces = {name: os.readlink("/proc/%d/ns/%s" % (self.pid, name)) for name in os.listdir("/proc/%d/ns" % self.pid)}
		return len(os.listdir("/proc/%d/fd" % self.pid)), children(self.pid), name_spaces, held_name_spaces()

	def end(self):
		self.process.stdin.close()
		self.process.stdout.close()
		return self.process.wait()


class LoopTest(RefreshCase):
	def setUp(self):
		super().setUp()
		# what a refresher leaves behind becomes a child of this process
		ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

	def loop(self, archive, kind, change=None):
		"""Refreshes one archive COUNT times; `change` makes the server's data new before each."""
		loop = Loop(self.place, archive)
		self.addCleanup(loop.process.kill)
		self.assertEqual(loop.run(1), "failed" if kind == "failed" else "updated")
		for _ in range(WARM):
			change and change()
			self.assertEqual(loop.run(1), kind)
		before, memory_before = loop.look(), memory(loop.pid)
		if change:
			for _ in range(COUNT):
				change()
				self.assertEqual(loop.run(1), kind)
		else:
			self.assertEqual(loop.run(COUNT), kind)
		self.assertEqual(loop.look(), before)
		if not is_sanitized():	# it keeps what is freed
			self.assertLessEqual(memory(loop.pid) - memory_before, GROWTH_MAX_KIB)
		self.assertEqual(loop.end(), 0)
		self.assertTrue(wait_until(lambda: not [pid for pid in children(os.getpid()) if int(pid) != self.server.process.pid]))
		self.assertEqual(self.place.leftovers(), [])

	def test_unchanged(self):
		self.loop(self.http(), "unchanged")

	def test_updated(self):
		self.number = 0

		def change():
			self.number += 1
			self.server.content("/data", b"version %d" % self.number)
		archive = self.http()
		self.loop(archive, "updated", change)
		self.assertEqual(payload(archive), b"version %d" % self.number)

	def test_failing(self):
		self.loop(self.http(path="/cut?size=1000&at=100"), "failed")


if __name__ == "__main__":
	unittest.main()
