#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
Whatever goes wrong: the archive's bytes are the old ones, nothing is left beside it, worker and refresher are gone, the
error says what happened, and the next attempt is not before it is due.
"""
import errno
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "server"))
from refresher import HELPERS, Place, Record, RefreshCase, is_running, payload, print_of, wait_until

SYSTEM, SYNTAX, LIMIT, POLICY, NETWORK, TIMEOUT, GUEST, UPDATER, SANDBOX, CONFLICT = -1, -11, -10, -20, -21, -22, -23, -24, -25, -15


class HostileTest(RefreshCase):
	def http(self, path, place=None, **keys):
		return (place or self.place).http("a.sync", b"old data", self.server.url(path), **keys)

	def guest(self, context, wasm="guest", **keys):
		return self.place.archive("g.sync", b"old data", wasm=wasm, context=context, hosts=[self.server.origin()], **keys)

	def fails(self, archive, code, place=None, **members):
		"""One refresh that fails with this code and leaves nothing but a record; its error."""
		place = place or self.place
		before, now = print_of(archive), int(time.time())
		process = place.start(archive, **members)
		outcome = process.outcome()
		self.assertEqual(process.wait(), 0)
		self.assertEqual(outcome["kind"], "failed", outcome)
		error = outcome["error"]
		self.assertEqual(error["code"], code, error)
		self.assertEqual(print_of(archive), before)
		self.assertEqual(place.leftovers(), [])
		record = Record(archive)
		self.assertEqual(record.last_code, code)
		self.assertEqual(record.next_attempt, outcome["next_attempt"])
		self.assertGreaterEqual(record.next_attempt, now + 5)
		self.assertNotIn("://", record.last_error)
		self.assertNotEqual(record.last_error, "")
		return error

	# ---- servers ----

	def test_statuses(self):
		for status in (404, 500, 403):
			error = self.fails(self.http("/status/%d?token=secret" % status), NETWORK)
			self.assertIn(str(status), error["message"])
			self.assertEqual(error["entry"], self.server.url("/status/%d?token=secret" % status))
			self.assertNotEqual(error["hint"], "")

	def test_not_modified_that_nobody_asked_for(self):
		error = self.fails(self.http("/status/304"), NETWORK)
		self.assertIn("304", error["message"])
		self.server.content("/data", b"new data", headers={"ETag": '"1"'})
		archive = self.http("/data")
		self.assertEqual(self.place.refresh(archive)["kind"], "updated")
		self.assertEqual(self.place.refresh(archive, force=True)["kind"], "unchanged")
		self.server.content("/data", b"", status=304)
		self.assertEqual(self.place.refresh(archive, force=True)["kind"], "unchanged")	# validators were sent

	def test_retry_after_and_backoff_are_remembered(self):
		archive = self.http("/status/429?retry_after=5000")
		now = int(time.time())
		self.fails(archive, NETWORK)
		record = Record(archive)
		self.assertGreaterEqual(record.next_attempt, now + 5000)
		outcome = self.place.refresh(archive)
		self.assertEqual((outcome["kind"], outcome["error"]["rule"], outcome["next_attempt"]), ("failed", "backoff", record.next_attempt))
		self.assertIn("429", outcome["error"]["found"])
		self.assertEqual(self.count("/status/429"), 1)
		self.fails(archive, NETWORK, force=True)
		self.assertEqual((self.count("/status/429"), Record(archive).failures), (2, 2))

	def test_success_forgets_failures(self):
		self.server.content("/data", b"x", status=500)
		archive = self.http("/data")
		self.fails(archive, NETWORK)
		self.server.content("/data", b"new data")
		self.assertEqual(self.place.refresh(archive, force=True)["kind"], "updated")
		record = Record(archive)
		self.assertEqual((record.failures, record.last_code, record.next_attempt, record.last_error), (0, 0, None, ""))

	def test_cut_bodies(self):
		for path in ("/cut?size=100000&at=5000", "/cut?size=10&at=0", "/chunked?size=50000&at=20000"):
			self.fails(self.http(path), NETWORK)

	def test_silence(self):
		for path in ("/silent", "/slow-head", "/slow?size=1000&rate=2"):
			start = time.time()
			error = self.fails(self.http(path, policy={"timeout": 1}), TIMEOUT)
			self.assertLess(time.time() - start, 8)
			self.assertNotEqual(error["message"], "")

	def test_slow_but_moving(self):
		"""Three seconds of body in a run of one second: every byte buys time."""
		archive = self.http("/slow?size=240000&rate=80000", policy={"timeout": 1})
		self.assertEqual(self.place.refresh(archive)["kind"], "updated")
		self.assertEqual(len(payload(archive)), 240000)

	def test_too_large(self):
		self.fails(self.http("/chunked?size=0&endless=1", policy={"max_payload": 1000000}), LIMIT)
		self.fails(self.http("/bytes?size=1000001", policy={"max_payload": 1000000}), LIMIT)
		self.assertEqual(self.place.refresh(self.http("/bytes?size=1000000", policy={"max_payload": 1000000}))["kind"], "updated")

	def test_empty_answer(self):
		self.fails(self.http("/bytes?size=0"), GUEST)
		self.fails(self.http("/status/204"), GUEST)

	def test_hosts(self):
		other = self.server.url("/data", "other")
		self.fails(self.http("/redirect?to=" + other), POLICY)
		self.assertEqual(self.server.counts()["connections"].get("other", 0), 0)
		error = self.fails(self.place.http("h.sync", b"old data", other, hosts=[self.server.origin()]), POLICY)
		self.assertIn(other, error["entry"])
		self.assertNotEqual(error["hint"], "")
		# granted, but not asked for by the manifest
		self.place.grant([self.server.origin(), self.server.origin("other")])
		self.fails(self.place.http("h.sync", b"old data", other, hosts=[self.server.origin()]), POLICY)
		self.assertEqual(self.server.counts()["connections"].get("other", 0), 0)

	def test_urls(self):
		"""H1 to H14 by the updater's mouth: nothing is asked of anybody."""
		port = self.server.origin().rsplit(":", 1)[1]
		for code, urls in (
				(POLICY, ("http://elsewhere.test/", "https://127.0.0.1:%s/" % port, "http://127.0.0.1:1/", "http://[::1]:%s/" % port, "http://LOCALHOST.:%s/" % port)),
				(SYNTAX, ("http://127.0.0.1:%s@evil.test/" % port, "http://evil.test\\@127.0.0.1/", "http://127.1:%s/" % port, "http://2130706433:%s/" % port, "http://0x7f.1/", "http://0/",
					"http://%31%32%37.0.0.1/", "http://a..b/", "http://-a.test/", "http://" + "a" * 64 + ".test/", "http://127.0.0.1:0%s/" % port, "http://127.0.0.1:65536/",
					"https:///x", "//x", "file:///etc/passwd", "gopher://127.0.0.1/", "data:,x", "http://\u2460.0.0.1/", "http://[fe80::1%25lo]/"))):
			for url in urls:
				with self.subTest(url):
					self.fails(self.guest("give-up " + url), code)
		self.assertEqual(self.server.log(), [])

	def test_answers(self):
		"""H18 to H28 from a server without shame."""
		raw = lambda text: "/raw?hex=" + ("HTTP/1.1 " + text).encode().hex()
		for code, paths in (
				(POLICY, ("/redirect?to=file:///etc/passwd", "/redirect?to=http://u:p@127.0.0.1/", raw("302 Found\r\nLocation: /a\rb\r\n\r\n"))),
				(LIMIT, ("/loop", "/hops/6", raw("200 OK\r\nContent-Length: 1099511627776\r\n\r\nx"))),
				(NETWORK, ("/http09", "/trickle-head?endless=1", "/interim?endless=1", "/long-line?size=100000000", raw("200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy"),
					raw("200 OK\r\nContent-Length: -1\r\n\r\n"), raw("200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
					raw("200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")))):
			for path in paths:
				with self.subTest(path):
					self.fails(self.http(path), code)

	def test_private_address_needs_its_own_grant(self):
		self.place.grant([self.server.origin()], private=[])
		self.fails(self.http("/bytes?size=1"), POLICY)
		self.assertEqual(self.count("/bytes"), 0)

	def test_proxy_variables_are_ignored(self):
		archive = self.http("/bytes?size=5")
		import refresher
		process = refresher.Process(self.place.job(archive), environment={"http_proxy": self.server.origin("other"), "ALL_PROXY": "http://127.0.0.1:1"})
		self.assertEqual(process.outcome()["kind"], "updated")
		process.wait()

	# ---- updaters ----

	def test_updaters_that_fail(self):
		for context, code, words in (("trap", GUEST, ""), ("exit", GUEST, "exit code 7"), ("silent", GUEST, "without saying"),
				("fail", GUEST, "no luck"), ("lie", GUEST, "empty"),
				("give-up " + self.server.url("/status/404"), NETWORK, "404"), ("give-up " + self.server.url("/data", "other"), POLICY, "")):
			error = self.fails(self.guest(context), code)
			self.assertIn(words, error["message"])

	def test_updater_asks_for_patience(self):
		archive = self.guest("fail")
		now = int(time.time())
		self.fails(archive, GUEST)
		self.assertGreaterEqual(Record(archive).next_attempt, now + 120)

	def test_updaters_that_do_not_end(self):
		for context in ("loop", "sleep"):
			start = time.time()
			error = self.fails(self.guest(context, policy={"timeout": 1}), TIMEOUT)
			self.assertEqual(error["entry"], "policy.timeout")
			self.assertLess(time.time() - start, 8)

	def test_modules_that_cannot_be_used(self):
		for wasm, words in (("guest_import", "dotsync.v1.launch"), (b"\0asm\1\0\0\0" + b"\xff" * 100, ""), (b"(module)", ""), (b"x" * 9, "")):
			error = self.fails(self.guest("", wasm=wasm), UPDATER)
			self.assertIn(words, error["message"])
			self.assertEqual(error["entry"], "sync.wasm")

	def test_staged_bytes_of_a_failed_run_do_not_reach_the_next(self):
		archive = self.guest("fail")
		self.fails(archive, GUEST)
		archive = self.guest("update")
		self.assertEqual(self.place.refresh(archive)["kind"], "updated")
		self.assertEqual(payload(archive), b"half a payload")

	# ---- processes that end ----

	def started(self, path="/slow?size=1000000&rate=40000", **keys):
		"""A refresh in the middle of a body, and its worker."""
		archive = self.http(path, **keys)
		process = self.place.start(archive)
		process.wait_for("request")
		return archive, process, process.worker()

	def test_cancel(self):
		archive, process, worker = self.started()
		before = print_of(archive)
		process.hang_up()
		process.wait()
		self.assertFalse(is_running(worker))
		self.assertEqual((print_of(archive), self.place.leftovers(), os.listxattr(archive)), (before, [], []))

	def test_killed_worker(self):
		archive, process, worker = self.started()
		before = print_of(archive)
		os.kill(worker, signal.SIGKILL)
		error = process.outcome()["error"]
		process.wait()
		self.assertEqual(error["code"], GUEST)
		self.assertIn("signal 9", error["message"])
		self.assertEqual((print_of(archive), self.place.leftovers()), (before, []))

	def test_killed_refresher(self):
		archive, process, worker = self.started()
		before = print_of(archive)
		process.kill()
		self.assertTrue(wait_until(lambda: not is_running(worker)))
		self.assertEqual(print_of(archive), before)
		self.assertEqual(self.place.leftovers(), [".a.sync.next"])
		with open(os.path.join(self.place.files, ".a.sync.check"), "w") as f:
			f.write("of one who was killed while a command looked")
		self.server.content("/data", b"new data")
		shutil.copyfile(self.http("/data"), archive + ".tmp")
		os.replace(archive + ".tmp", archive)
		self.assertEqual(self.place.refresh(archive)["kind"], "updated")
		self.assertEqual((payload(archive), self.place.leftovers()), (b"new data", []))

	def test_killed_anywhere(self):
		"""SIGKILL at random moments: the archive is whole and old or new, and the next refresh is well."""
		archive = self.http("/bytes?size=3000000", ttl=0)
		old = payload(archive)
		new = (bytes(range(251)) * 12000)[:3000000]
		for step in range(12):
			process = self.place.start(archive)
			time.sleep(0.004 * step)
			process.kill()
			self.assertIn(payload(archive), (old, new))
		self.assertIn(self.place.refresh(archive, force=True)["kind"], ("updated", "unchanged"))
		self.assertEqual((payload(archive) == new, self.place.leftovers()), (True, []))

	def test_archive_changed_meanwhile(self):
		archive, process, _ = self.started("/slow?size=40000&rate=40000")
		other = self.place.archive("other.sync", b"by hand", wasm=None)
		os.replace(other, archive)
		outcome = process.outcome()
		process.wait()
		self.assertEqual((outcome["kind"], outcome["error"]["code"]), ("failed", CONFLICT))
		self.assertEqual((payload(archive), self.place.leftovers()), (b"by hand", []))

	def test_strangers_in_the_folder(self):
		self.server.content("/data", b"new data")
		archive = self.http("/data")
		next_path = os.path.join(self.place.files, ".a.sync.next")
		for make in (lambda: os.mkfifo(next_path), lambda: os.symlink("/etc/passwd", next_path), lambda: os.mkdir(next_path)):
			make()
			before = print_of(archive)
			self.assertEqual(self.place.refresh(archive, force=True)["kind"], "failed")
			self.assertEqual(print_of(archive), before)
			os.rmdir(next_path) if os.path.isdir(next_path) else os.unlink(next_path)
		self.assertEqual(self.place.refresh(archive, force=True)["kind"], "updated")

	# ---- machines ----

	def test_disk_full(self):
		if os.geteuid() != 0:
			self.skipTest("mounting a small tmpfs needs root")
		with Place() as place:
			if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", place.files], stderr=subprocess.DEVNULL).returncode != 0:
				self.skipTest("a tmpfs cannot be mounted here")
			try:
				place.grant([self.server.origin()])
				for path in ("/bytes?size=5000000", "/chunked?size=5000000"):
					archive = self.http(path, place)
					before = print_of(archive)
					outcome = place.refresh(archive)
					self.assertEqual((outcome["kind"], outcome["error"]["code"]), ("failed", SYSTEM), outcome)
					self.assertEqual(outcome["error"]["errno"], 28)
					self.assertEqual((print_of(archive), place.leftovers()), (before, []))
				sent = [entry for entry in self.server.log() if entry["target"].startswith("/bytes")]
				self.assertEqual(len(sent), 1)
			finally:
				subprocess.run(["umount", place.files], check=True)

	def test_files_may_not_grow(self):
		"""ulimit -f, the full disk of those who are not root."""
		archive = self.http("/chunked?size=600000")
		before = print_of(archive)
		soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
		warm = self.place.http("w.sync", b"", self.server.url("/bytes?size=1"))	# fills the cache of compiled code
		self.assertEqual(self.place.refresh(warm)["kind"], "updated")
		resource.setrlimit(resource.RLIMIT_FSIZE, (500000, hard))
		try:
			process = self.place.start(archive)
		finally:
			resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
		outcome = process.outcome()
		self.assertEqual(process.wait(), 0)
		self.assertEqual((outcome["kind"], outcome["error"]["code"], outcome["error"]["errno"]), ("failed", SYSTEM, errno.EFBIG), outcome)
		self.assertEqual((print_of(archive), self.place.leftovers()), (before, []))
		self.assertEqual((Record(archive).failures, Record(archive).last_code), (1, SYSTEM))

	def test_file_system_without_attributes(self):
		if os.geteuid() != 0:
			self.skipTest("mounting a ramfs needs root")
		with Place() as place:
			if subprocess.run(["mount", "-t", "ramfs", "ramfs", place.files], stderr=subprocess.DEVNULL).returncode != 0:
				self.skipTest("a ramfs cannot be mounted here")
			try:
				os.rmdir(place.path("state"))
				place.grant([self.server.origin()])
				self.server.content("/data", b"new data", headers={"ETag": '"1"'})
				archive = self.http("/data", place, ttl=0)
				self.assertEqual(place.refresh(archive)["kind"], "updated")
				self.assertRaises(OSError, os.getxattr, archive, "user.dotsync.record")
				self.assertEqual(place.refresh(archive)["kind"], "unchanged")
				self.server.content("/data", b"", status=500)
				self.assertEqual(place.refresh(archive)["kind"], "failed")
				outcome = place.refresh(archive)
				self.assertEqual((outcome["kind"], outcome["error"]["rule"]), ("failed", "backoff"))
				self.assertEqual((payload(archive), place.leftovers()), (b"new data", []))
			finally:
				subprocess.run(["umount", place.files], check=True)

	def test_worker_missing_or_foreign(self):
		self.server.content("/data", b"new data")
		helpers = self.place.path("helpers")
		os.mkdir(helpers)
		self.fails(self.http("/data"), SANDBOX, helper_dir=helpers)
		worker = os.path.join(helpers, "dotsync-worker")
		shutil.copy(os.path.join(HELPERS, "dotsync-worker"), worker)
		os.chmod(worker, 0o777)
		self.fails(self.http("/data"), SANDBOX, helper_dir=helpers)
		with open(worker, "w") as f:
			f.write("#!/bin/sh\n")
		os.chmod(worker, 0o755)
		self.fails(self.http("/data"), SANDBOX, helper_dir=helpers)
		shutil.copy("/bin/true", worker)
		self.fails(self.http("/data"), SANDBOX, helper_dir=helpers)
		self.assertEqual(self.count("/data"), 0)

	def test_hostile_records(self):
		"""What the record says is a hint: nonsense costs one request."""
		self.server.content("/data", b"new data")
		archive = self.http("/data")
		self.assertEqual(self.place.refresh(archive)["kind"], "updated")
		good = os.getxattr(archive, "user.dotsync.record")
		for bad in (b"", b"x", good[:-1], good + b"x", b"\xff" * 900, good[:8] + bytes(16) + good[24:]):
			os.setxattr(archive, "user.dotsync.record", bad)
			self.assertEqual(self.place.refresh(archive, force=True)["kind"], "unchanged")

	def test_not_an_archive(self):
		path = os.path.join(self.place.files, "bad.sync")
		for data in (b"", b"PK\3\4" + bytes(100)):
			with open(path, "wb") as f:
				f.write(data)
			outcome = self.place.refresh(path)
			self.assertEqual((outcome["kind"], outcome["error"]["code"]), ("failed", -7))
		self.assertEqual(self.place.refresh(path + ".missing")["kind"], "failed")
		self.assertEqual(self.place.leftovers(), [])

	def test_no_descriptors_and_processes_left(self):
		before = set(re.findall(r"\d+", " ".join(os.listdir("/proc"))))
		self.server.content("/data", b"new data")
		archive = self.http("/data", ttl=0)
		for _ in range(5):
			self.place.refresh(archive, force=True)
		time.sleep(0.1)
		left = [p for p in set(re.findall(r"\d+", " ".join(os.listdir("/proc")))) - before if is_helper(p)]
		self.assertEqual(left, [])


def is_helper(pid):
	try:
		with open("/proc/%s/comm" % pid) as f, open("/proc/%s/status" % pid) as status:
			return f.read().startswith("dotsync-") and "PPid:\t%d\n" % os.getpid() in status.read()
	except OSError:
		return False


if __name__ == "__main__":
	unittest.main()
