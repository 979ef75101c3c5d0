#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Compiled updaters are kept, and nothing is believed of what is kept."""
import os
import shutil
import stat
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "server"))
from refresher import RefreshCase, entry


class CacheTest(RefreshCase):
	def cached(self):
		folder = self.place.path("cache", "code")
		return [os.path.join(folder, name) for name in os.listdir(folder)]

	def test_code_cache(self):
		archive = self.http()
		self.assertGreater(self.refresh(archive, "updated")["compile_us"], 0)
		file, = self.cached()
		self.assertEqual(stat.S_IMODE(os.stat(file).st_mode), 0o600)
		self.assertEqual(stat.S_IMODE(os.stat(self.place.path("state", "cache.key")).st_mode), 0o600)
		self.assertEqual(self.refresh(archive, "unchanged", force=True)["compile_us"], -1)
		with open(file, "rb") as f:
			sound = f.read()
		other = bytearray(sound)
		other[-100] ^= 1
		engine = bytearray(sound)
		engine[45] ^= 1
		for bad in (bytes(other), bytes(engine), sound[:-1], sound + b"x", b"", b"DSYC"):
			with open(file, "wb") as f:
				f.write(bad)
			self.assertGreater(self.refresh(archive, "unchanged", force=True)["compile_us"], 0)
			self.assertEqual(self.refresh(archive, "unchanged", force=True)["compile_us"], -1)
		# Another key, one that others can read, an entry under another module's name.
		os.unlink(self.place.path("state", "cache.key"))
		self.assertGreater(self.refresh(archive, "unchanged", force=True)["compile_us"], 0)
		os.chmod(self.place.path("state", "cache.key"), 0o644)
		self.assertGreater(self.refresh(archive, "unchanged", force=True)["compile_us"], 0)
		self.refresh(self.guest("nothing"), "unchanged")
		second, = [f for f in self.cached() if f != file]
		shutil.copyfile(second, file)
		self.assertGreater(self.refresh(archive, "unchanged", force=True)["compile_us"], 0)


if __name__ == "__main__":
	unittest.main()
