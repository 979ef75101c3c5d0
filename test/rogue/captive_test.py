#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
What a refresher that was taken over can and cannot reach (captive.c): its own archive and the network, as its job is; none of the
user's other files, processes or rights.
"""
import errno
import os
import shutil
import socket
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "server"), os.path.join(HERE, "..", "refresh")]
from refresher import BUILD, HELPERS, Process, ServerCase, payload

CAPTIVE = os.path.join(BUILD, "test", "rogue", "captive")
STRANGER = 61234
SETPRIV = shutil.which("setpriv")
WITH_LANDLOCK = {"read_file", "write_file", "truncate_file", "remove_file", "make_file", "make_folder", "make_link", "move_file", "list_folder",
	"read_passwords", "read_victim", "take_port", "reach_abstract"}
WITH_LIMITS = {"open_many": errno.EMFILE, "take_memory": errno.ENOMEM}
ITS_JOB = {"reach_port"}


class CaptiveTest(ServerCase):
	def setUp(self):
		super().setUp()
		self.helpers = self.place.path("libexec", "dotsync")
		os.makedirs(self.helpers)
		self.program = os.path.join(self.helpers, "dotsync-refresh")
		shutil.copy(CAPTIVE, self.program)
		shutil.copy(os.path.join(HELPERS, "dotsync-worker"), self.helpers)
		self.home = self.place.path("home")
		os.mkdir(self.home)
		self.secret = os.path.join(self.home, "secret")
		with open(self.secret, "w") as file:
			file.write("the user's own")
		self.victim = subprocess.Popen(["sleep", "300"])
		self.addCleanup(self.victim.wait)
		self.addCleanup(self.victim.kill)
		self.listener, self.abstract = socket.socket(), socket.socket(socket.AF_UNIX)
		self.addCleanup(self.listener.close)
		self.addCleanup(self.abstract.close)
		self.listener.bind(("127.0.0.1", 0))
		self.listener.listen()
		self.abstract.bind("\0dotsync-captive-%d" % self.victim.pid)
		self.abstract.listen()
		self.answer = self.place.path("state", "answer")
		with open(os.path.join(self.helpers, "captive"), "w") as file:
			file.write("%s\n%s\n%s\n%d\n%d\n" % (self.answer, self.secret, self.home, self.victim.pid, self.listener.getsockname()[1]))

	def refresh(self, before=(), **members):
		archive = self.place.http("a.sync", b"old data", self.server.url("/data"))
		if before:
			for name in ("config", "state", "cache", "files", "files/a.sync", "home", "home/secret"):
				os.chown(self.place.path(name), STRANGER, STRANGER)
			for name in (".", "machine", "machine/grants.d", "machine/grants.d/test.toml"):
				os.chmod(self.place.path(name), 0o755)
		program = [*before, self.program]
		process = Process(self.place.job(archive, helper_dir=self.helpers, force=True, **members), program=program[0], arguments=program[1:])
		try:
			outcome = process.outcome()
		except EOFError:
			outcome = None
		self.assertEqual(process.wait(), 0)
		with open(self.answer) as file:
			found = {name: int(error) for name, error in (line.split() for line in file)}
		if "check" not in members:
			self.assertEqual((outcome["kind"], payload(archive)), ("updated", b"new data"), outcome)
		return outcome, found

	def check(self, outcome, found):
		layers = outcome["sandbox"].split("refresher=")[1].split(",")
		self.assertIn("nnp", layers)
		for name, error in found.items():
			with self.subTest(name):
				if name in ITS_JOB:
					self.assertEqual(error, 0)
				elif name in WITH_LIMITS:
					self.assertEqual(error, WITH_LIMITS[name])
				elif name in WITH_LANDLOCK:
					if "landlock" in layers:
						self.assertIn(error, (errno.EACCES, errno.EPERM, errno.EXDEV))
				else:
					self.assertEqual(error, errno.EPERM)
		if "landlock" not in layers:
			print("Landlock is not to be had here: files were not tried")
		with open(self.secret) as file:
			self.assertEqual(file.read(), "the user's own")
		self.assertEqual(os.listdir(self.home), ["secret"])
		self.assertIsNone(self.victim.poll())
		self.assertIn("seccomp", layers)
		self.assertIn("rlimits", layers)

	def test_captive(self):
		outcome, found = self.refresh()
		self.assertEqual(len(found), 30)
		self.check(outcome, found)

	@unittest.skipIf(os.geteuid() != 0 or SETPRIV is None, "becoming another user needs root and setpriv")
	def test_captive_of_a_stranger(self):
		self.check(*self.refresh([SETPRIV, "--reuid=%d" % STRANGER, "--regid=%d" % STRANGER, "--clear-groups"]))

	def test_without_the_lock_it_reaches_them(self):
		"""With a command to run around the swap the refresher stays open: the attempts are real ones, then."""
		outcome, found = self.refresh(check="true")
		self.assertIsNone(outcome)	# it has become another program
		self.assertNotIn("run_program", found)
		self.assertEqual([found[name] for name in ("read_file", "make_folder", "signal", "take_port", "reach_abstract")], [0] * 5)


if __name__ == "__main__":
	unittest.main()
