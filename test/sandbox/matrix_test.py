#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
matrix.txt is true as far as a script can see: each row of the four matrices is there once and names tests that exist, are run by
ctest, and, in the rooms of the sandbox's own tests, mention the row.
"""
import os
import re
import unittest

SOURCE = os.environ["DOTSYNC_SOURCE"]
OWN_ROOMS = ("test/sandbox/", "test/rogue/")
ROWS = ["%s%d" % (letter, n) for letter, count in (("N", 50), ("W", 20), ("H", 38), ("A", 14)) for n in range(1, count + 1)]


def read(*path):
	with open(os.path.join(SOURCE, *path), encoding="utf-8") as file:
		return file.read()


def parse():
	"""(row, [(file, names)]) of each line; file None for the attack table."""
	for line in read("test", "sandbox", "matrix.txt").splitlines():
		if not line or line.startswith("#"):
			continue
		row, rest = line.split("  -- ")[0].split(None, 1)
		parts = [part.split() for part in rest.split(";")]
		yield row, [(None, []) if part == ["attack"] else (part[0], part[1:]) for part in parts]


def is_test(text, name):
	if re.search(r"^(\t)?def %s\(" % name, text, re.MULTILINE):
		return True
	# in C: a function of cmocka that stands in the list of tests, by itself or in a macro of the file
	return bool(re.search(r"^%s\(void \*\*state\)" % name, text, re.MULTILINE)) and bool(re.search(r"^\t+.*\(%s[,)]" % name, text, re.MULTILINE))


def is_registered(file):
	"""Some CMakeLists.txt on the way up names it, or its group in a list of groups."""
	folder, name = os.path.split(file)
	stem = re.sub(r"(_test)?\.(py|c)$", "", name)
	while folder:
		path = os.path.join(SOURCE, folder, "CMakeLists.txt")
		if os.path.exists(path):
			text = read(folder, "CMakeLists.txt")
			if name in text or "${" in text and re.search(r"\b%s\b" % stem, text):
				return True
		folder = os.path.dirname(folder)
	return False


class MatrixTest(unittest.TestCase):
	def test_every_row_is_there(self):
		self.assertEqual([row for row, _ in parse()], ROWS)

	def test_every_attack_row_has_attempts(self):
		rows = set(re.findall(r"^\tX\((\w+), \w+, ", read("include", "worker", "attack_table.h"), re.MULTILINE))
		for row, tests in parse():
			if (None, []) in tests:
				self.assertIn(row, rows)

	def test_every_test_exists(self):
		for row, tests in parse():
			for file, names in tests:
				if file is None:
					continue
				with self.subTest(row=row, file=file):
					text = read(file)
					self.assertNotEqual(names, [])
					self.assertEqual([name for name in names if not is_test(text, name)], [])
					self.assertTrue(is_registered(file), "ctest does not run it")
					if file.startswith(OWN_ROOMS):
						self.assertTrue(re.search(r"\b%s\b" % row, text), "it does not mention %s" % row)

	def test_checks_itself(self):
		"""What this script calls a test must not be just any name."""
		text = read("test", "sandbox", "attack_test.c")
		self.assertTrue(is_test(text, "holds_no_secret_of_its_host"))
		self.assertFalse(is_test(text, "attempt_all") or is_test(text, "no_such_test"))
		self.assertFalse(is_registered("test/sandbox/no_such_test.py"))


if __name__ == "__main__":
	unittest.main()
