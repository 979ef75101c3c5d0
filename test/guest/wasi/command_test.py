#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
One WASI command, made by the toolchain that is named as the argument, as a person would use it: it reads the old payload, its
context and a variable it was granted, and its output becomes the new payload.
"""
import os
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "..", "server"), os.path.join(HERE, "..", "..", "refresh")]
from refresher import BUILD, Place, print_of

MODULE = os.path.join(BUILD, "test", "guests", "wasi", sys.argv.pop(1) + ".wasm")
CONTEXT = b'{"name": "World"}'
LINE = b'Hello ' + CONTEXT + b'\n'


class CommandTest(unittest.TestCase):
	"""One place for all tests: a large module is compiled once, and then taken from the cache."""

	@classmethod
	def setUpClass(cls):
		cls.place = Place()

	@classmethod
	def tearDownClass(cls):
		cls.place.__exit__()

	def dotsync(self, *words, code=0, **variables):
		environment = {"HOME": self.place.path("home"), "PATH": os.environ["PATH"], "SECRET": "x", **variables}
		done = subprocess.run([os.path.join(BUILD, "bin", "dotsync"), *words], cwd=self.place.files, env=environment,
			stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=250)
		self.assertEqual(done.returncode, code, done.stdout)
		return done.stdout

	def make(self, old, context=CONTEXT):
		words = ["create", "data", "--wasm", MODULE, "--allow-env", "GREETING", "--force"]
		for name, data in (("data", old), ("context.json", context)):
			if data is not None:
				with open(os.path.join(self.place.files, name), "wb") as f:
					f.write(data)
		if context is not None:
			words += ["--context", "context.json"]
		self.dotsync(*words)
		return os.path.join(self.place.files, "data.sync")

	def test_appends(self):
		archive = self.make(b"old\n")
		self.assertIn(b"contract wasi", self.dotsync("info", archive))
		for count in (1, 2):
			self.dotsync("refresh", "--force", archive, GREETING="Hello")
			self.assertEqual(self.dotsync("cat", archive), b"old\n" + count * LINE)

	def test_any_bytes_of_any_size(self):
		old = bytes(range(256)) * 8192 + b"\r\n\0\x1a"
		archive = self.make(old)
		self.dotsync("refresh", "--force", archive, GREETING="Hello")
		self.assertEqual(self.dotsync("cat", archive), old + LINE)

	def test_from_nothing(self):
		archive = self.make(b"")
		self.dotsync("refresh", "--force", archive, GREETING="Hello")
		self.assertEqual(self.dotsync("cat", archive), LINE)

	def test_fails_without_what_it_needs(self):
		archive = self.make(b"old\n")
		before = print_of(archive)
		self.dotsync("refresh", "--force", archive, code=75)  # the variable is not set
		self.assertEqual(print_of(archive), before)
		archive = self.make(b"old\n", context=None)
		before = print_of(archive)
		self.dotsync("refresh", "--force", archive, code=75, GREETING="Hello")
		self.assertEqual(print_of(archive), before)
		self.assertEqual(self.place.leftovers(), [])


if __name__ == "__main__":
	unittest.main()
