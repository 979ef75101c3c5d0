#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
The refresher stands still before each call of the OS seam, in turn; something happens; it goes on, or is killed.  Whatever it was: the
archive is old or new or what somebody else made of it, and whole; no process is left and no file; what the outcome says is so.

DOTSYNC_FAULT_STEP=n stops at every n-th call only.
"""
import os
import shutil
import signal
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "server"))
from refresher import GUESTS, Process, Record, ServerCase, is_running, patch_record, payload, wait_until

PROGRAM = os.path.join(GUESTS, "fault", "dotsync-refresh")
OLD, NEW = b"old" * 1000, b"new" * 1000
STEP = int(os.environ.get("DOTSYNC_FAULT_STEP", "1"))
SOME = 2	# of what differs little from call to call, every so many
YEARS = 10 * 366 * 86400
SYSTEM, NETWORK, GUEST, SANDBOX, PROTOCOL = -1, -21, -23, -25, -26
INVALID, NOT_ARCHIVE, CORRUPT, NOT_FOUND, CONFLICT, CHANGED = -3, -7, -8, -13, -15, -17


class StepCase(ServerCase):
	def setUp(self):
		super().setUp()
		self.server.content("/data", NEW, headers={"ETag": '"1"'})
		self.archive()
		self.assertEqual(self.place.refresh(self.path)["kind"], "updated")	# compiles, makes keys and folders

	def archive(self):
		self.path = self.place.http("a.sync", OLD, self.server.url("/data"), ttl=0)

	def start(self, environment=None, **members):
		return Process(self.place.job(self.path, **members), environment=environment, program=PROGRAM)

	def stop_at(self, n, **members):
		"""A refresher that stands before its n-th call; None when it does not have so many."""
		process = self.start({"DSYNC_FAULT": "stop:0:%d" % n}, **members)
		status = os.waitpid(process.pid, os.WUNTRACED)[1]
		if os.WIFSTOPPED(status):
			return process
		process.status = status
		process.wait()
		return None

	@staticmethod
	def go_on(process):
		os.kill(process.pid, signal.SIGCONT)

	def sweep(self, happen, step=1, prepare=None):
		"""happen(process) at each call, with an archive made anew; how many calls there were."""
		n = 1
		while True:
			(prepare or self.archive)()
			process = self.stop_at(n)
			if process is None:
				break
			with self.subTest(n=n):
				try:
					happen(process)
				finally:
					process.kill()
			n += step * STEP
		self.assertGreater(n, 20)
		(prepare or self.archive)()
		self.assertEqual(self.place.refresh(self.path, force=True)["kind"], "updated")
		self.assertEqual((payload(self.path), self.place.leftovers()), (NEW, []))
		return n

	def check_outcome(self, process, codes):
		"""It ends in good order, and says what is so."""
		outcome = process.outcome()
		self.assertEqual(process.wait(), 0)
		self.assertEqual(self.place.leftovers(), [])
		if outcome["kind"] == "failed":
			self.assertIn(outcome["error"]["code"], codes, outcome)
			self.assertNotEqual(outcome["error"]["message"], "")
		return outcome

	def check_gone(self, pid):
		self.assertTrue(pid is None or wait_until(lambda: not is_running(pid)), "a worker is left")


class KillTest(StepCase):
	def kill_worker(self, process):
		worker = process.worker()
		if worker is not None:
			os.kill(worker, signal.SIGKILL)
			self.go_on(process)
			self.check_killed_worker(process, worker)

	def check_killed_worker(self, process, worker):
		self.killed += 1
		outcome = self.check_outcome(process, (GUEST, SANDBOX, PROTOCOL))
		# dead at its very end it has done its work, and said so
		self.assertEqual(payload(self.path), NEW if outcome["kind"] == "updated" else OLD)
		if outcome["kind"] == "failed":
			self.assertEqual(Record(self.path).last_code, outcome["error"]["code"])
		self.check_gone(worker)

	def test_worker(self):
		self.killed = 0
		self.sweep(self.kill_worker)
		self.assertGreater(self.killed, 10 // STEP)

	def test_worker_between_the_steps(self):
		"""While it locks itself down, loads code, computes: moments that are no call of the refresher."""
		self.killed = 0
		for step in range(24):
			self.archive()
			with self.subTest(step=step):
				process = self.start()
				self.assertTrue(wait_until(lambda: process.worker() is not None or not is_running(process.pid)))
				time.sleep(step * 0.0003)
				worker = process.worker()
				if worker is not None:	# else it was faster
					try:
						os.kill(worker, signal.SIGKILL)
					except ProcessLookupError:
						pass
				self.check_killed_worker(process, worker)

	def test_worker_that_compiles(self):
		def prepare():
			self.archive()
			shutil.rmtree(self.place.path("cache", "code"), ignore_errors=True)
		self.killed = 0
		self.sweep(self.kill_worker, prepare=prepare, step=2)
		self.assertGreater(self.killed, 5 // STEP)

	def test_caller(self):
		"""It hangs up, as those do who are killed."""
		def happen(process):
			worker = process.worker()
			process.hang_up()
			self.go_on(process)
			self.assertEqual(os.waitstatus_to_exitcode(process.wait()) in (0, 1), True)
			self.assertIn(payload(self.path), (OLD, NEW))
			self.assertEqual(self.place.leftovers(), [])
			self.check_gone(worker)
		self.sweep(happen)

	def test_refresher_while_another_waits(self):
		"""Who waits for the lock of one who is killed does the work."""
		self.waited = 0

		def happen(process):
			worker = process.worker()
			second = self.start(force=True)
			event = second.read()
			while "event" in event and event["event"]["kind"] != "waiting":
				event = second.read()
			process.kill()
			if "event" in event:
				self.waited += 1
				outcome = second.outcome()
			else:
				outcome = event["outcome"]
			self.assertEqual(second.wait(), 0)
			self.assertIn(outcome["kind"], ("updated", "unchanged"), outcome)
			self.assertEqual((payload(self.path), self.place.leftovers()), (NEW, []))
			self.check_gone(worker)
		self.sweep(happen)
		self.assertGreater(self.waited, 10 // STEP)


class ChangeTest(StepCase):
	"""The archive becomes another one meanwhile, by a program that knows no lock."""

	CODES = (INVALID, NOT_ARCHIVE, CORRUPT, NOT_FOUND, CONFLICT, CHANGED)
	# Between the last look at the target and the rename a change of this kind is lost: the window that doc/commit.md states.

	def change(self, make, is_theirs):
		self.conflicts = 0

		def happen(process):
			make()
			self.go_on(process)
			outcome = process.outcome()
			self.assertEqual(process.wait(), 0)
			if outcome["kind"] == "failed":
				self.assertIn(outcome["error"]["code"], self.CODES + (SYSTEM,), outcome)
				self.conflicts += outcome["error"]["code"] == CONFLICT
			if not is_theirs():
				self.assertEqual((outcome["kind"], payload(self.path)), ("updated", NEW))
			self.assertEqual(self.place.leftovers(), [])
		self.sweep(happen, step=SOME)
		self.assertGreater(self.conflicts, 0)

	def test_replaced(self):
		def make():
			os.replace(self.place.archive("other.sync", b"by hand", wasm=None), self.path)
		self.change(make, lambda: payload(self.path) == b"by hand")

	def test_truncated(self):
		def make():
			self.size = os.stat(self.path).st_size // 2
			os.truncate(self.path, self.size)
		self.change(make, lambda: os.stat(self.path).st_size == self.size)

	def test_link(self):
		def make():
			os.symlink(self.elsewhere, self.path + ".tmp")
			os.replace(self.path + ".tmp", self.path)
		folder = self.place.path("elsewhere")
		os.mkdir(folder)
		shutil.move(self.place.archive("other.sync", b"by hand", wasm=None), folder)
		self.elsewhere = os.path.join(folder, "other.sync")
		self.change(make, lambda: os.path.islink(self.path))
		self.assertEqual((payload(self.elsewhere), os.listdir(folder)), (b"by hand", ["other.sync"]))

	def test_missing(self):
		self.change(lambda: os.unlink(self.path), lambda: not os.path.exists(self.path))

	def test_folder_moved(self):
		"""Its path leads elsewhere: the work is done in the folder that was opened, and nothing is made in the other one."""
		moved = self.place.path("moved")
		self.updated_before_lock = 0

		def happen(process):
			holds_lock = os.path.exists(os.path.join(self.place.files, ".a.sync.next"))
			worker = process.worker()
			os.rename(self.place.files, moved)
			os.mkdir(self.place.files)
			try:
				self.go_on(process)
				outcome = process.outcome()
				self.assertEqual(process.wait(), 0)
				self.assertEqual(os.listdir(self.place.files), [])
				self.assertEqual(os.listdir(moved), ["a.sync"])
				now = payload(os.path.join(moved, "a.sync"))
				self.assertEqual(now, NEW if outcome["kind"] == "updated" else OLD, outcome)
				if worker is not None:	# it has the lock, and all that it opens from now on
					self.assertTrue(holds_lock)
					self.assertEqual(outcome["kind"], "updated", outcome)
			finally:
				os.rmdir(self.place.files)
				os.rename(moved, self.place.files)
		self.sweep(happen, step=2)


class ClockTest(StepCase):
	"""The clock jumps, before, in the middle of and after a refresh."""

	def setUp(self):
		super().setUp()
		self.clock = self.place.path("state", "clock")	# a locked refresher reads nowhere else

	def set_clock(self, seconds):
		with open(self.clock, "w") as f:
			f.write("%d\n" % seconds)

	def refresh(self, **members):
		process = self.start({"DSYNC_CLOCK": self.clock}, **members)
		outcome = process.outcome()
		self.assertEqual(process.wait(), 0)
		self.assertEqual(self.place.leftovers(), [])
		return outcome

	def jump(self, seconds, path="/slow?size=2000&rate=4000"):
		"""A refresh in whose middle the clock jumps; its outcome."""
		self.set_clock(0)
		self.path = self.place.http("a.sync", OLD, self.server.url(path), ttl=3600)
		process = self.start({"DSYNC_CLOCK": self.clock})
		process.wait_for("started")
		self.set_clock(seconds)
		outcome = process.outcome()
		self.assertEqual(process.wait(), 0)
		return outcome

	def test_jumps_while_it_runs(self):
		for seconds in (YEARS, -YEARS, 86400, -86400):
			with self.subTest(seconds=seconds):
				outcome = self.jump(seconds)
				self.assertEqual((outcome["kind"], len(payload(self.path))), ("updated", 2000), outcome)
				self.assertEqual(self.refresh()["kind"], "fresh")
				self.set_clock(0)	# and is put right
				self.assertEqual(self.refresh()["kind"], "unchanged")
				self.assertEqual(self.refresh()["kind"], "fresh")

	def test_failures_do_not_wait_for_a_clock_that_was_wrong(self):
		for seconds in (YEARS, -YEARS):
			with self.subTest(seconds=seconds):
				self.assertEqual(self.jump(seconds, "/status/500")["error"]["code"], NETWORK)
				self.assertEqual(self.refresh()["error"]["rule"], "backoff")
				self.set_clock(0)
				error = self.refresh()["error"]
				self.assertEqual((error["code"], error["rule"]), (NETWORK, "http"))

	def test_created_in_the_future(self):
		"""By a machine whose clock is wrong: nobody else takes it for fresh, not even as long as its TTL."""
		self.set_clock(0)
		for ttl in (3600, YEARS):
			self.path = self.place.http("a.sync", OLD, self.server.url("/data"), ttl=ttl, created=4000000000)
			self.assertEqual(self.refresh()["kind"], "updated")
			self.assertEqual(self.refresh()["kind"], "fresh")

	def test_record_of_the_future(self):
		self.path = self.place.http("a.sync", OLD, self.server.url("/data"), ttl=3600)
		self.set_clock(0)
		self.assertEqual(self.refresh()["kind"], "updated")
		self.set_clock(-YEARS)
		self.assertEqual(self.refresh()["kind"], "unchanged")	# all that is known is of the future
		patch_record(self.path, next_attempt=4000000000)
		self.set_clock(0)
		self.assertEqual(self.refresh(force=True)["kind"], "unchanged")


if __name__ == "__main__":
	unittest.main()
