#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
A13: a refresh works for a caller who is poorly off, and leaves him as he was: sixteen descriptors, 0 to 2 closed, children ignored,
pipes deadly, threads, much memory.
"""
import mmap
import os
import resource
import signal
import subprocess
import sys
import threading
import unittest

SOURCE = os.environ["DOTSYNC_SOURCE"]
sys.path[:0] = [os.path.join(SOURCE, "test", "server"), os.path.join(SOURCE, "test", "refresh")]
from refresher import BUILD, Place, is_sanitized, payload

DOTSYNC = os.path.join(BUILD, "bin", "dotsync")
OLD, NEW = b"old data", b"half a payload"
GIB = 1 << 30
MAP_NORESERVE = 0x4000	# Linux; not in the module
PATIENCE = 60


class CallerTest(unittest.TestCase):
	def setUp(self):
		self.place = Place()
		self.addCleanup(self.place.__exit__)
		self.environment = {"HOME": self.place.folder, "XDG_CONFIG_HOME": self.place.path("config"), "XDG_STATE_HOME": self.place.path("state"),
			"XDG_CACHE_HOME": self.place.path("cache")}
		self.path = self.place.archive("a.sync", OLD, wasm="guest", context="update")
		done = subprocess.run([DOTSYNC, "grant", "--yes", self.path], env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE)
		self.assertEqual(done.returncode, 0, done.stdout)

	def updates(self, poor, *closed):
		"""One refresh by a process that poor() was called in; it is well, and says nothing where nobody listens."""
		def prepare():
			poor()
			for fd in closed:
				os.close(fd)
		process = subprocess.Popen([DOTSYNC, "refresh", "--force", self.path], env=self.environment, preexec_fn=prepare, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
		self.assertEqual(process.wait(PATIENCE), 1 if 1 in closed else 0)	# its words could not be written
		self.assertEqual((payload(self.path), self.place.leftovers()), (NEW, []))

	def test_few_descriptors(self):
		self.updates(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16)))

	def test_closed_descriptors(self):
		for closed in ((0,), (1,), (2,), (0, 1, 2)):
			with self.subTest(closed):
				self.updates(lambda: None, *closed)

	def test_signals(self):
		def poor():
			signal.signal(signal.SIGCHLD, signal.SIG_IGN)
			signal.signal(signal.SIGPIPE, signal.SIG_DFL)
			signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGALRM, signal.SIGCHLD, signal.SIGUSR1})
		self.updates(poor)

	def test_all_at_once(self):
		def poor():
			signal.signal(signal.SIGCHLD, signal.SIG_IGN)
			signal.signal(signal.SIGPIPE, signal.SIG_DFL)
			resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
		self.updates(poor, 0, 1, 2)

	@unittest.skipIf(is_sanitized(), "a sanitizer has plans of its own for the address space")
	def test_threads_and_memory(self):
		"""The caller is this process: its threads go on, its children and descriptors are its own, and its address space is not copied."""
		self.place.grant([])	# of the machine: the refresher is asked without the command
		room, ended, seen = mmap.mmap(-1, 4 * GIB, flags=mmap.MAP_PRIVATE | MAP_NORESERVE), threading.Event(), []
		room[::1 << 20] = bytes(4096)
		threads = [threading.Thread(target=ended.wait) for _ in range(8)]
		before = signal.signal(signal.SIGCHLD, lambda *_: seen.append(1))
		descriptors = os.listdir("/proc/self/fd")
		try:
			for thread in threads:
				thread.start()
			self.assertEqual(self.place.refresh(self.path, force=True)["kind"], "updated")
		finally:
			ended.set()
			for thread in threads:
				thread.join()
			signal.signal(signal.SIGCHLD, before)
			room.close()
		self.assertEqual((payload(self.path), self.place.leftovers(), os.listdir("/proc/self/fd")), (NEW, [], descriptors))
		self.assertLessEqual(len(seen), 1)	# the refresher; what that one starts is its own affair


if __name__ == "__main__":
	unittest.main()
