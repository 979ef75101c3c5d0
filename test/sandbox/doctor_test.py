#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
`dotsync doctor --sandbox`: every row is told and held, for root and for others; an attack that comes through is seen; a helper
that is missing or not to be trusted is said.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

BUILD, SOURCE = os.environ["DOTSYNC_BUILD"], os.environ["DOTSYNC_SOURCE"]
sys.path.insert(0, os.path.join(SOURCE, "test", "cli"))
import schema

STRANGER = 61234
with open(os.path.join(BUILD, "CMakeCache.txt"), encoding="utf-8") as cache:
	SANITIZED = "\nDSYNC_SANITIZE:STRING=\n" not in cache.read()
SETPRIV = shutil.which("setpriv")
UNLOCKED = os.path.join(BUILD, "test", "sandbox", "unlocked")
ROWS = ["N%d" % n for n in (*range(1, 44), 46, 47, 48)] + ["more"]


class DoctorTest(unittest.TestCase):
	def setUp(self):
		self.folder = tempfile.mkdtemp(prefix="dotsync-doctor-test-")
		self.addCleanup(shutil.rmtree, self.folder)
		os.chmod(self.folder, 0o755)
		self.helpers = os.path.join(self.folder, "libexec", "dotsync")
		os.makedirs(self.helpers)
		os.mkdir(os.path.join(self.folder, "bin"))
		shutil.copy(os.path.join(BUILD, "bin", "dotsync"), os.path.join(self.folder, "bin"))
		for name in ("dotsync-refresh", "dotsync-worker", "dotsync-attack"):
			shutil.copy(os.path.join(BUILD, "libexec", "dotsync", name), self.helpers)
		self.attack = os.path.join(self.helpers, "dotsync-attack")

	def doctor(self, *options, before=()):
		return subprocess.run([*before, os.path.join(self.folder, "bin", "dotsync"), "doctor", "--sandbox", *options], cwd="/",
			env={"HOME": self.folder}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=110)

	def objects(self, done):
		found = [json.loads(line) for line in done.stdout.splitlines()]
		for one in found:
			schema.Schemas(os.path.join(SOURCE, "doc", "schema")).check("doctor.json", one)
		return found

	def test_all_held(self):
		users = [()] + ([(SETPRIV, "--reuid=%d" % STRANGER, "--regid=%d" % STRANGER, "--clear-groups")] if SETPRIV and os.geteuid() == 0 else [])
		for before in users:
			done = self.doctor("--json", before=before)
			machine, attacks = self.objects(done)
			self.assertIn("checks", machine)
			self.assertEqual([row["row"] for row in attacks["attacks"]], ROWS)
			self.assertEqual([row for row in attacks["attacks"] if row["attempts"] == 0 or row["attempts"] != row["held"]], [])
			self.assertEqual(attacks["attempts"], sum(row["attempts"] for row in attacks["attacks"]))
			self.assertEqual((attacks["attempts"], attacks["ok"], done.stderr), (attacks["held"], True, b""))
			self.assertEqual(done.returncode == 0, machine["ok"])

	def test_text(self):
		"""One line a row, then the sum."""
		lines = self.doctor().stdout.decode().split("the sandbox under attack\n")[1].splitlines()
		self.assertEqual([line.split()[:2] for line in lines[:-1]], [["held", row] for row in ROWS])
		self.assertTrue(re.fullmatch(r"  (\d+) attempts, \1 held", lines[-1]), lines[-1])

	def test_attacks_that_come_through(self):
		"""A program that claims a filter that it has not got."""
		if SANITIZED:
			self.skipTest("a sanitizer's runtime does not fit into the limits of the worker")
		shutil.copy(UNLOCKED, self.attack)
		done = self.doctor("--json")
		_, attacks = self.objects(done)
		rows = {row["row"]: row for row in attacks["attacks"]}
		self.assertEqual((done.returncode, attacks["ok"]), (1, False))
		self.assertLess(attacks["held"], attacks["attempts"] / 2)
		self.assertIn("socket_udp: expected its death by the filter, found ", rows["N11"]["failures"])
		self.assertEqual(rows["N47"]["held"], 1)
		self.assertIn("BROKEN  N11 ", self.doctor("--quiet").stdout.decode())

	def test_helpers_that_are_none(self):
		os.unlink(self.attack)
		done = self.doctor("--json")
		self.assertEqual((done.returncode, self.objects(done)[1]["error"]["rule"]), (1, "helper"))
		self.assertIn(b"is missing", self.doctor().stderr)
		for source, words in ((os.path.join(BUILD, "libexec", "dotsync", "dotsync-worker"), b"did not start"), ("/bin/true", b"did not start")):
			shutil.copy(source, self.attack)
			done = self.doctor()
			self.assertEqual(done.returncode, 1)
			self.assertIn(words, done.stderr)
		shutil.copy(os.path.join(BUILD, "libexec", "dotsync", "dotsync-attack"), self.attack)
		os.chmod(self.attack, 0o777)
		self.assertIn(b"can be changed by other users", self.doctor().stderr)

	def test_by_hand(self):
		done = subprocess.run([self.attack, "run:1:1:1", "spin"], stderr=subprocess.PIPE, timeout=30)
		self.assertEqual(done.returncode, 2)
		self.assertIn(b"doctor --sandbox", done.stderr)


if __name__ == "__main__":
	unittest.main()
