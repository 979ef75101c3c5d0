#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
Whole refreshes on machines that lack something (without.c): what each level does there, and that the report says exactly
what holds.  N50 and A12 for kernels without Landlock, containers without namespaces, and no seccomp at all.
"""
import errno
import os
import platform
import re
import sys
import unittest

SOURCE = os.environ["DOTSYNC_SOURCE"]
sys.path[:0] = [os.path.join(SOURCE, "test", "server"), os.path.join(SOURCE, "test", "refresh")]
from refresher import BUILD, HELPERS, Process, ServerCase, payload, print_of

SANDBOX = -25
WITHOUT = os.path.join(BUILD, "test", "sandbox", "without")
ARM = platform.machine() == "aarch64"
LANDLOCK = "444:%d" % errno.ENOSYS
LANDLOCK_OFF = "444:%d" % errno.EOPNOTSUPP
NAMESPACES = "%d:%d" % (97 if ARM else 272, errno.EPERM)
SECCOMP = "%d:%d" % (277 if ARM else 317, errno.ENOSYS)
NO_PIDFD = "434:%d" % errno.ENOSYS
LEVELS = ("strict", "default", "degraded")
CLOSED = "%d:%d" % (97 if ARM else 272, errno.EINVAL)
REST = "nnp=on uid=user rlimits=on caps=none mdwe=off"

# What machines of this kind lack, and what their report says of Landlock, namespaces, and the refresher's own part; None: as here.
PLATFORMS = (
	("this machine", "9999:1", None, None),
	("a container whose filter refuses namespaces", NAMESPACES, None, "off"),
	("a container without user namespaces", "users", None, "off"),
	("a kernel before 5.13, or one of gVisor's kind", "%s,%s,%s" % (LANDLOCK, CLOSED, NO_PIDFD), "off", "off"),
	("a kernel whose lsm= leaves Landlock out, as WSL's did", LANDLOCK_OFF, "off", None),
)


class ProfileTest(ServerCase):
	def refresh(self, without, level, own):
		"""One refresh at this level by our own updater or by a foreign one; the outcome."""
		if own:
			archive = self.place.http("a.sync", b"old data", self.server.url("/data"))
		else:
			archive = self.place.archive("a.sync", b"old data", wasm="guest", context="update", hosts=[self.server.origin()])
		before = print_of(archive)
		process = Process(self.place.job(archive, force=True, sandbox=level), program=WITHOUT,
			arguments=[without, os.path.join(HELPERS, "dotsync-refresh")])
		outcome = process.outcome()
		self.assertEqual(process.wait(), 0)
		self.assertEqual(self.place.leftovers(), [])
		if outcome["kind"] == "failed":
			self.assertEqual(print_of(archive), before)
			self.assertEqual(outcome["error"]["code"], SANDBOX, outcome)
			self.assertNotEqual(outcome["error"]["hint"], "")
		else:
			self.assertEqual(outcome["kind"], "updated", outcome)
		return outcome

	def refused(self, without, level, own, words):
		outcome = self.refresh(without, level, own)
		self.assertEqual(outcome["kind"], "failed", (without, level, own))
		self.assertIn(words, outcome["error"]["message"])
		self.assertEqual(self.server.log(), [])	# refused before anything was asked

	def test_no_landlock(self):
		for without in (LANDLOCK, LANDLOCK_OFF):
			for own in (True, False):
				outcome = self.refresh(without, "degraded", own)
				self.assertIn(" landlock=off ", outcome["sandbox"])
				self.assertTrue(outcome["sandbox"].endswith(",open"), outcome["sandbox"])	# the refresher's own part
			self.assertIn(" landlock=off ", self.refresh(without, "default", True)["sandbox"])
			self.server.reset()
			self.server.content("/data", b"new data")
			self.refused(without, "default", False, "Landlock")
			for own in (True, False):
				self.refused(without, "strict", own, "Landlock of ABI 6")

	def test_no_namespaces(self):
		for level in ("default", "degraded"):
			for own in (True, False):
				self.assertIn(" ns=off ", self.refresh(NAMESPACES, level, own)["sandbox"])
		self.server.reset()
		for own in (True, False):
			self.refused(NAMESPACES, "strict", own, "network namespace" if self.has_scopes() else "Landlock")

	def test_no_seccomp(self):
		"""There is no way to run an updater without it."""
		for level in LEVELS:
			for own in (True, False):
				self.refused(SECCOMP, level, own, "system call filter")
		self.refused("%s,%s,%s" % (SECCOMP, LANDLOCK, NAMESPACES), "degraded", True, "system call filter")

	def test_least(self):
		"""All that may be missing is."""
		outcome = self.refresh("%s,%s,%s" % (LANDLOCK, NAMESPACES, NO_PIDFD), "degraded", False)
		self.assertIn("seccomp=P1 landlock=off ns=off nnp=on", outcome["sandbox"])

	def test_report_of_each_platform(self):
		"""A12: the whole line, word for word."""
		here = self.refresh("9999:1", "degraded", True)["sandbox"]
		known = re.match(r"seccomp=P1 (landlock=\S+) (ns=\S+) %s (refresher=\S+)$" % REST, here)
		self.assertTrue(known, here)
		for name, without, landlock, namespaces in PLATFORMS:
			with self.subTest(name):
				if without == "users" and os.geteuid() != 0:
					self.skipTest("mapping all users needs root")
				found = self.refresh(without, "degraded", False)["sandbox"]
				expected = "seccomp=P1 %s %s %s %s" % (known[1] if landlock is None else "landlock=off", known[2] if namespaces is None else "ns=off", REST,
					known[3] if landlock is None else "refresher=nnp,seccomp,rlimits,open")
				self.assertEqual(found, expected)
				print("%s: %s" % (name, found))

	def test_claims_what_the_kernel_has(self):
		outcome = self.refresh("9999:1", "default", False)
		found = re.search(r" landlock=(\d+|off)", outcome["sandbox"])[1]
		self.assertEqual(found, str(kernel_landlock() or "off"))

	def has_scopes(self):
		return kernel_landlock() >= 6


def kernel_landlock():
	import ctypes
	return max(0, ctypes.CDLL(None, use_errno=True).syscall(444, None, 0, 1))


if __name__ == "__main__":
	unittest.main()
