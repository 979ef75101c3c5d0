#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
Other users of the machine: what lies in a shared folder, who owns the archive, what the helper programs are, and a
caller that has few descriptors and none of the usual ones.
"""
import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "server"), os.path.join(HERE, "..", "refresh")]
import client
from refresher import BUILD, HELPERS, Place, Process, payload, print_of

SYSTEM, PERMISSION, CONSENT, POLICY, SANDBOX = -1, -18, -19, -20, -25
STRANGER = 61234	# nobody's number, and not that of the worker
SETPRIV = shutil.which("setpriv")


def as_stranger(command):
	return [SETPRIV, "--reuid=%d" % STRANGER, "--regid=%d" % STRANGER, "--clear-groups", *command]


def needs_root(test):
	return unittest.skipIf(os.geteuid() != 0 or SETPRIV is None, "becoming another user needs root and setpriv")(test)


class NeighboursTest(unittest.TestCase):
	@classmethod
	def setUpClass(cls):
		cls.server = client.Server()

	@classmethod
	def tearDownClass(cls):
		cls.server.stop()

	def setUp(self):
		self.server.reset()
		self.server.content("/data", b"new data")
		self.place = Place()
		self.addCleanup(self.place.__exit__)
		os.chmod(self.place.folder, 0o755)
		os.chmod(self.place.path("machine"), 0o755)
		os.chmod(self.place.path("machine", "grants.d"), 0o755)
		self.place.grant([self.server.origin()])
		os.chmod(self.place.path("machine", "grants.d", "test.toml"), 0o644)
		self.next = os.path.join(self.place.files, ".a.sync.next")

	def archive(self, **keys):
		return self.place.http("a.sync", b"old data", self.server.url("/data"), **keys)

	def fails(self, archive, code, words="", process=None):
		before = print_of(archive)
		outcome = self.outcome(process) if process else self.place.refresh(archive, force=True)
		self.assertEqual((outcome["kind"], outcome.get("error", {}).get("code")), ("failed", code), outcome)
		self.assertIn(words, outcome["error"]["message"])
		self.assertEqual(print_of(archive), before)
		return outcome

	def outcome(self, process):
		outcome = process.outcome()
		self.assertEqual(process.wait(), 0)
		return outcome

	def stranger(self, archive, **members):
		"""A refresh by the stranger, who has folders of his own."""
		for name in ("config", "state", "cache"):
			os.chown(self.place.path(name), STRANGER, STRANGER)
		return Process(self.place.job(archive, force=True, **members), program=SETPRIV,
			arguments=as_stranger([os.path.join(HELPERS, "dotsync-refresh")])[1:])

	# ---- names in the folder ----

	def test_hard_links_under_the_name_of_the_staging_file(self):
		"""A10: they are taken away and never written through, empty or not."""
		archive = self.archive()
		victim = os.path.join(self.place.files, "victim")
		for data in (b"", b"precious"):
			with open(victim, "wb") as f:
				f.write(data)
			os.link(victim, self.next)
			before = print_of(victim)
			self.assertEqual(self.place.refresh(self.archive(), force=True)["kind"], "updated")
			self.assertEqual((print_of(victim), os.stat(victim).st_nlink), (before, 1))
		self.assertEqual((payload(archive), self.place.leftovers()), (b"new data", []))

	def test_links_under_the_name_of_the_check_file(self):
		"""--check shows the payload under a name of its own: what is there already is taken away, not followed."""
		victim = os.path.join(self.place.files, "victim")
		for make in (os.symlink, os.link):
			with open(victim, "wb") as f:
				f.write(b"precious")
			make(victim, os.path.join(self.place.files, ".a.sync.check"))
			outcome = self.place.refresh(self.archive(), force=True, check='test "$(cat "$DOTSYNC_STAGED")" = "new data"')
			self.assertEqual(outcome["kind"], "updated", outcome)
			with open(victim, "rb") as f:
				self.assertEqual(f.read(), b"precious")
			self.assertEqual(self.place.leftovers(), [])

	@needs_root
	def test_file_of_a_stranger(self):
		archive = self.archive()
		for mode in (0o600, 0o666):
			with open(self.next, "wb"):
				pass
			os.chown(self.next, STRANGER, STRANGER)
			os.chmod(self.next, mode)
			os.chmod(self.place.files, 0o1777)
			before = print_of(self.next)
			self.fails(archive, PERMISSION, ".a.sync.next")
			self.assertEqual(print_of(self.next), before)
			os.unlink(self.next)
		self.assertEqual(self.place.refresh(archive, force=True)["kind"], "updated")

	# ---- owners ----

	@needs_root
	def test_archive_of_another_user(self):
		"""A9: nothing is made in the folder, nothing is asked of the network."""
		archive = self.archive()
		os.chmod(archive, 0o666)
		for mode in (0o1777, 0o777):
			os.chmod(self.place.files, mode)
			self.fails(archive, PERMISSION, "belongs to another user", process=self.stranger(archive))
			self.assertEqual((self.place.leftovers(), self.server.log()), ([], []))

	@needs_root
	def test_sticky_folder_with_the_staging_file_of_root(self):
		archive = self.archive()
		os.chown(archive, STRANGER, STRANGER)
		os.chmod(self.place.files, 0o1777)
		with open(self.next, "wb"):
			pass
		outcome = self.fails(archive, SYSTEM, ".a.sync.next", process=self.stranger(archive))
		self.assertEqual(outcome["error"]["errno"], 13)
		os.unlink(self.next)
		self.assertEqual(self.outcome(self.stranger(archive))["kind"], "updated")
		self.assertEqual(os.stat(archive).st_uid, STRANGER)

	@needs_root
	def test_root_leaves_the_owner_his_file(self):
		archive = self.archive()
		os.chown(archive, STRANGER, STRANGER)
		os.chown(self.place.files, STRANGER, STRANGER)
		os.chmod(archive, 0o6755)
		self.assertEqual(self.place.refresh(archive, force=True)["kind"], "updated")
		st = os.stat(archive)
		self.assertEqual((st.st_uid, st.st_gid, stat.S_IMODE(st.st_mode)), (STRANGER, STRANGER, 0o755))

	@needs_root
	def test_worker_is_out_of_reach(self):
		"""A11."""
		archive = self.place.http("a.sync", b"old data", self.server.url("/slow?size=100000&rate=50000"))
		process = self.place.start(archive)
		process.wait_for("request")
		worker = process.worker()
		probe = "kill -9 %d; for f in mem maps environ fd/3 cwd/x; do head -c1 /proc/%d/$f; done" % (worker, worker)
		done = subprocess.run(as_stranger(["/bin/sh", "-c", probe]), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={})
		self.assertEqual(done.stdout, b"")
		self.assertEqual(done.stderr.lower().count(b"denied") + done.stderr.lower().count(b"not permitted"), 6, done.stderr)
		self.assertEqual(self.outcome(process)["kind"], "updated")

	# ---- helper programs ----

	def spoil(self, path):
		"""A14: ways in which a helper may not be; each with the words that say so."""
		good = path + ".good"
		os.rename(path, good)

		def made(make, words):
			make()
			return words

		yield made(lambda: None, "is missing")
		yield made(lambda: os.mkdir(path), "is not a regular file")
		os.rmdir(path)
		yield made(lambda: os.mkfifo(path, 0o755), "is not a regular file")
		os.unlink(path)
		for mode in (0o775, 0o757):
			yield made(lambda: (shutil.copy(good, path), os.chmod(path, mode)), "can be changed by other users")
		yield made(lambda: os.chmod(path, 0o644), "is not executable")
		with open(path, "w") as f:
			f.write("#!/bin/sh\nexit 0\n")
		yield made(lambda: os.chmod(path, 0o755), "is not a program")
		os.truncate(path, 0)
		yield made(lambda: None, "is not a program")
		if os.geteuid() == 0:
			yield made(lambda: (shutil.copy(good, path), os.chown(path, STRANGER, STRANGER), os.chmod(path, 0o755)), "belongs to another user")
		os.unlink(path)
		os.rename(good, path)

	def install(self):
		for folder in ("bin", "libexec/dotsync"):
			os.makedirs(self.place.path(folder))
		shutil.copy(os.path.join(BUILD, "bin", "dotsync"), self.place.path("bin", "dotsync"))
		for name in ("dotsync-refresh", "dotsync-worker"):
			shutil.copy(os.path.join(HELPERS, name), self.place.path("libexec", "dotsync", name))
		return self.place.path("libexec", "dotsync")

	def test_spoilt_worker(self):
		helpers = self.install()
		archive = self.archive()
		for words in self.spoil(os.path.join(helpers, "dotsync-worker")):
			with self.subTest(words):
				process = Process(self.place.job(archive, force=True, helper_dir=helpers))
				self.fails(archive, SANDBOX, words, process=process)
				self.assertEqual((self.place.leftovers(), self.server.log()), ([], []))

	def command(self, *arguments, **keys):
		environment = {"XDG_CONFIG_HOME": self.place.path("config"), "XDG_STATE_HOME": self.place.path("state"),
			"XDG_CACHE_HOME": self.place.path("cache"), "HOME": self.place.folder, "PATH": self.place.path("evil")}
		return subprocess.run([self.place.path("bin", "dotsync"), *arguments], env=environment, stdin=subprocess.DEVNULL,
			stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, **keys)

	def test_spoilt_refresher(self):
		helpers = self.install()
		archive = self.archive()
		before = print_of(archive)
		for words in self.spoil(os.path.join(helpers, "dotsync-refresh")):
			with self.subTest(words):
				done = self.command("refresh", "--force", "--yes", archive)
				self.assertEqual(done.returncode, 1, done.stdout)
				self.assertIn(words, done.stdout.decode())
				self.assertEqual((print_of(archive), self.place.leftovers(), self.server.log()), (before, [], []))

	# ---- callers ----

	def test_poor_caller(self):
		"""A13: sixteen descriptors, 0 to 2 closed, children ignored, pipes deadly: it works, or says why."""
		self.install()
		archive = self.archive(created=0)
		self.assertEqual(self.command("grant", "--yes", archive).returncode, 0)

		def poor():
			resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
			signal.signal(signal.SIGCHLD, signal.SIG_IGN)
			signal.signal(signal.SIGPIPE, signal.SIG_DFL)
			os.close(0)

		before = print_of(archive)
		done = self.command("refresh", "--force", archive, preexec_fn=poor)
		# the grant names a private address as the manifest does not: what is asked for is refused by policy, not by the machine
		self.assertIn(done.returncode, (0, 75), done.stdout)
		if done.returncode != 0:
			self.assertIn(b"private", done.stdout)
			self.assertEqual(print_of(archive), before)
		self.assertEqual(self.place.leftovers(), [])

		quiet = lambda: (poor(), os.closerange(0, 3))
		done = subprocess.run([self.place.path("bin", "dotsync"), "refresh", "--force", archive], preexec_fn=quiet, timeout=60,
			env={"HOME": self.place.folder, "XDG_CONFIG_HOME": self.place.path("config")})
		self.assertIn(done.returncode, (0, 1, 75))
		self.assertEqual(self.place.leftovers(), [])

	# ---- manifests that ask for everything ----

	def test_wide_manifest(self):
		"""A1: what a manifest asks for is granted to nobody by asking."""
		for hosts, env in ((["*"], []), (["*:*", "http://*"], []), ([self.server.origin()], ["*"]), ([], ["PATH", "*"])):
			archive = self.archive(hosts=hosts or [self.server.origin()], env=env)
			outcome = self.place.refresh(archive, force=True)
			self.assertNotEqual(outcome["kind"], "updated", outcome)
			self.assertEqual((payload(archive), self.server.log()), (b"old data", []))

	def test_times_that_are_none(self):
		for value in ("-1", "nan", "inf", "1e9", "9223372036854775808", "-9223372036854775808", '"1"'):
			archive = self.archive(policy={"timeout": value})
			before = print_of(archive)
			outcome = self.place.refresh(archive, force=True)
			self.assertEqual(outcome["kind"], "failed", (value, outcome))
			self.assertEqual((print_of(archive), self.place.leftovers(), self.server.log()), (before, [], []))
		archive = self.archive(policy={"timeout": 9223372036854775807})
		self.assertEqual(self.place.refresh(archive, force=True)["kind"], "updated")


if __name__ == "__main__":
	unittest.main()
