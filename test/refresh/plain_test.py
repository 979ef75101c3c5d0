#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""The plain file of --to and the command of --exec: when they follow, and what happens when they cannot."""
import os
import stat
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "server"))
from refresher import Place, Record, RefreshCase, patch_record, payload, print_of

REJECTED = -35


class PlainTest(RefreshCase):
	def read(self, path):
		with open(path, "rb") as f:
			return f.read()

	def test_exec_and_to(self):
		archive = self.http()
		to = self.place.path("plain.txt")
		out = self.place.path("seen")
		self.refresh(archive, "updated", to=to, exec="cp '%s' '%s'; echo \"$DOTSYNC_FILE\" >> '%s'" % (to, out, out))
		with open(to, "rb") as f:
			self.assertEqual(f.read(), b"new data")
		with open(out) as f:
			self.assertEqual(f.read(), "new data" + archive + "\n")
		os.chmod(to, 0o600)
		self.server.content("/data", b"third")
		outcome = self.refresh(archive, "updated", force=True, to=to, exec="exit 4")
		self.assertEqual(outcome["error"]["code"], REJECTED)
		self.assertEqual((os.stat(to).st_size, stat.S_IMODE(os.stat(to).st_mode)), (5, 0o600))
		os.unlink(out)
		self.refresh(archive, "unchanged", force=True, exec="touch '%s'" % out)
		self.assertFalse(os.path.exists(out))
		self.server.content("/data", b"fourth")
		self.refresh(archive, "updated", force=True, to=to)	# without a command the refresher is locked
		self.assertEqual(os.stat(to).st_size, 6)

	def test_to_that_cannot_be_written(self):
		archive = self.http()
		to = self.place.path("no", "such", "file")
		for kind in ("updated", "fresh"):
			error = self.refresh(archive, kind, to=to)["error"]
			self.assertEqual((error["code"], error["rule"], error["entry"]), (-1, "to", to))
		self.assertEqual((payload(archive), Record(archive).failures), (b"new data", 0))
		os.makedirs(self.place.path("no", "such"))
		self.assertNotIn("error", self.refresh(archive, "fresh", to=to))
		self.assertEqual(self.read(to), b"new data")
		os.unlink(to)
		os.mkdir(to)
		self.assertEqual(self.refresh(archive, "fresh", to=to)["error"]["entry"], to)
		self.assertEqual(os.listdir(self.place.path("no", "such")), ["file"])

	def test_to_is_kept_current(self):
		"""Whoever refreshed the archive, and when: afterwards the plain file has the payload."""
		archive, to, ran = self.http(), self.place.path("plain.txt"), self.place.path("ran")
		self.refresh(archive, "updated")
		self.refresh(archive, "fresh", to=to, exec="touch '%s'" % ran)
		self.assertEqual(self.read(to), b"new data")
		same = os.stat(to)
		for kind, members in (("fresh", {}), ("unchanged", {"force": True})):
			self.refresh(archive, kind, to=to, **members)
			self.assertEqual((os.stat(to).st_ino, os.stat(to).st_mtime_ns), (same.st_ino, same.st_mtime_ns))
		for spoilt in (b"new dat4", b"", b"new data and more"):
			for kind, members in (("fresh", {}), ("unchanged", {"force": True, "exec": "touch '%s'" % ran})):
				with open(to, "wb") as f:
					f.write(spoilt)
				self.refresh(archive, kind, to=to, **members)
				self.assertEqual(self.read(to), b"new data")
		patch_record(archive, held=1)
		os.unlink(to)
		self.refresh(archive, "held", to=to)
		self.assertEqual(self.read(to), b"new data")
		self.assertFalse(os.path.exists(ran))	# a command runs only after a swap
		self.assertEqual([n for n in os.listdir(self.place.folder) if n.startswith(".")], [])

	def test_to_is_not_the_archive(self):
		archive, link, hard = self.http(), self.place.path("link"), self.place.path("hard")
		os.symlink(archive, link)
		os.link(archive, hard)
		before = print_of(archive)
		for to in (archive, self.place.path("files", "..", "files", "a.sync"), link, hard):
			error = self.refresh(archive, "failed", to=to)["error"]
			self.assertEqual((error["code"], error["rule"], error["entry"]), (-3, "to", to))
		self.assertEqual((print_of(archive), self.count(), os.listxattr(archive)), (before, 0, []))

	def test_to_stays_when_nothing_is_to_be_done(self):
		archive, to = self.http(), self.place.path("plain.txt")
		self.refresh(archive, "dry-run", to=to, dry_run=True)
		self.refresh(archive, "explained", to=to, explain=True)
		process = self.place.start(archive, to=to, stage=True)
		process.outcome()
		process.decide("discard")
		self.assertEqual((process.outcome()["kind"], process.wait()), ("unchanged", 0))
		self.server.content("/data", b"", status=500)
		self.refresh(archive, "failed", to=to)
		self.assertFalse(os.path.exists(to))

	def test_to_of_many_at_once(self):
		archive, to = self.http(), self.place.path("plain.txt")
		self.server.content("/data", b"x" * 3000000)
		self.refresh(archive, "updated")
		with open(self.place.path(".dotsync-3f6a9c4c2bd0d4f0.next"), "w") as f:	# the hash of the name
			f.write("of one who was killed")
		processes = [self.place.start(archive, to=to) for _ in range(8)]
		for process in processes:
			outcome = process.outcome()
			self.assertEqual((outcome["kind"], outcome.get("error")), ("fresh", None))
			process.wait()
		self.assertEqual(self.read(to), b"x" * 3000000)
		self.assertEqual([n for n in os.listdir(self.place.folder) if n.startswith(".")], [])

	def test_shared_result_and_to(self):
		archive, to, ran = self.http(path="/slow?size=60&rate=40", ttl=0), self.place.path("plain.txt"), self.place.path("ran")
		first = self.place.start(archive)
		first.wait_for("sandbox")
		second = self.place.start(archive, force=True, to=to, exec="touch '%s'" % ran)
		second.wait_for("waiting")
		first.outcome(), first.wait()
		outcome = second.outcome()
		second.wait()
		self.assertEqual((outcome["kind"], outcome["shared"]), ("updated", True))
		self.assertEqual((self.read(to), os.path.exists(ran)), (payload(archive), False))


if __name__ == "__main__":
	unittest.main()
