#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
storm_test.py - many at once, and many killed.

	storm_test.py [TEST...]

The loop with SIGKILL runs for 10 s; DOTSYNC_STORM_SECONDS=60 makes it longer.
"""
import os
import random
import signal
import subprocess
import sys
import threading
import time

import field
from field import clitest

READERS = 1000


def start(t, *arguments, **options):
	return subprocess.Popen([clitest.DOTSYNC, *arguments], cwd=t.work, env=t.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
		stderr=subprocess.PIPE, **options)


def test_twenty_refreshes(t):
	"""The command, twenty times at once: one asks, all say the same."""
	with field.Server() as server:
		field.make(t, server)
		field.succeed(t, "set", "--ttl", "1h", field.NAME)
		new = field.version(1)
		server.give(new, rate=40000)
		before = server.requests()
		all_at_once = [start(t, "refresh", "--force", "--json", field.NAME) for _ in range(20)]
		said = [process.communicate(timeout=60)[0] for process in all_at_once]
		t.equal([process.returncode for process in all_at_once], [0] * 20, "exit")
		found = [clitest.Run(0, out, b"").objects()[0] for out in said]
		t.equal({(o["ok"], o["generation"], o["payload_size"]) for o in found}, {(True, found[0]["generation"], len(new))}, "what they say")
		t.equal(server.requests() - before, 1, "requests")
		t.equal(field.cat(t), new, "payload")
		field.check_quiet(t)
		field.check_clean(t)


def test_twenty_failures(t):
	"""Twenty that wait for one that fails: they say what it found, and do not ask the server again."""
	with field.Server() as server:
		path = field.make(t, server)
		before = field.print_of(path)
		server.give(field.version(1), rate=20000, cut=15000)
		asked = server.requests()
		all_at_once = [start(t, "refresh", field.NAME) for _ in range(20)]
		said = [process.communicate(timeout=60)[1] for process in all_at_once]
		t.equal([process.returncode for process in all_at_once], [75] * 20, "exit")
		t.equal([text.count(b"\n") for text in said], [1] * 20, said)
		t.equal(server.requests() - asked, 1, "requests")
		t.equal((field.print_of(path), field.status(t)["failures"]), (before, 1), "archive and state")
		field.check_quiet(t)
		field.check_clean(t)


def test_made_at_once(t):
	"""Many make the same archive: one file, whole, and nobody's is overwritten without a word."""
	with field.Server() as server:
		server.give(field.version(1))
		for option, codes in (((), {0, 1}), (("--force",), {0, 75}), (("--if-missing",), {0})):
			makers = [start(t, "create", "--from", server.url(field.PATH), "-o", field.NAME, *option) for _ in range(12)]
			said = [process.communicate(timeout=60)[1] for process in makers]
			found = [process.returncode for process in makers]
			t.check(set(found) <= codes, "%s: %s %s" % (option, found, said))
			t.equal(found.count(0) if not option else 1, 1, "%s: who made it: %s" % (option, said))
			t.equal(field.cat(t), field.version(1), option)
			t.equal(t.silent("verify", field.NAME).code, 0, option)
			field.check_quiet(t)
			field.check_clean(t)
			os.unlink(t.path(field.NAME))


def test_interrupted(t):
	"""Ctrl-C, a hang-up and the end of a session in the middle of a body: all of it ends, nothing is left, nothing counts as a failure."""
	with field.Server() as server:
		path = field.make(t, server)
		before = field.print_of(path)
		for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL):
			server.give(field.version(number), rate=2000)
			asked = server.requests()
			process = start(t, "refresh", "--force", field.NAME)
			field.wait_for(t, "the request", lambda least=asked: server.requests() > least)
			process.send_signal(number)
			process.communicate(timeout=60)
			t.check(process.returncode != 0, "signal %d" % number)
			field.check_quiet(t)
			t.equal(field.print_of(path), before, "signal %d" % number)
			field.check_clean(t)
			t.equal(field.status(t)["failures"], 0, "signal %d" % number)


def test_two_archives(t):
	"""Two archives of one folder do not wait for each other."""
	with field.Server() as server:
		for name in "ab":
			field.make(t, server, path="/" + name, name=name + ".sync")
		server.give(b"new a\n", path="/a", silent=True)
		slow = start(t, "refresh", "a.sync")
		field.wait_for(t, "the request for a", lambda: server.requests("/a") == 2)
		server.give(b"new b\n", path="/b")
		field.succeed(t, "refresh", "b.sync")
		t.equal(slow.poll(), None, "a is still at it")
		t.equal((field.cat(t, "a.sync"), field.cat(t, "b.sync")), (b"old\n", b"new b\n"), "payloads")
		slow.kill()
		slow.communicate()
		server.give(b"new a\n", path="/a")
		field.succeed(t, "refresh", "--force", "a.sync", "b.sync")
		t.equal((field.cat(t, "a.sync"), field.cat(t, "b.sync")), (b"new a\n", b"new b\n"), "payloads")
		field.check_quiet(t)
		field.check_clean(t, "a.sync", "b.sync")


def test_thousand_readers(t):
	"""All get whole data, few refreshers run at any time, and nothing is left of them."""
	old, new = field.version(1), field.version(2)
	with field.Server() as server:
		field.make(t, server, old)
		server.give(new, rate=20000)
		most, readers, whole = 0, [], 0
		for index in range(READERS):
			readers.append(start(t, "cat", field.NAME))
			if index % 250 == 249:
				most = max(most, count_refreshers())
				whole += finish(t, readers, old, new)
		t.equal(whole, READERS, "whole payloads")
		t.check(most <= 16, "%d refreshers at once" % most)
		field.check_quiet(t)
		t.equal(field.cat(t), new, "the new data at the end")
		field.check_clean(t)


def count_refreshers():
	return sum("dotsync-refresh" in line for line in field.helpers().values())


def finish(t, readers, *versions):
	for process in readers:
		out, err = process.communicate(timeout=60)
		t.equal((process.returncode, err), (0, b""), "cat")
		t.check(out in versions, "a mixed or cut payload of %d bytes" % len(out))
	done = len(readers)
	readers.clear()
	return done


class Storm:
	"""Two writers and four readers of one archive; writers and helpers are killed at random."""

	def __init__(self, t, server, seed):
		self.t, self.server = t, server
		self.end = time.monotonic() + float(os.environ.get("DOTSYNC_STORM_SECONDS", "10"))
		self.chance = random.Random(seed)
		self.problems = []
		self.lock = threading.Lock()
		self.published = 0	# the last number that `set` reported as done
		self.done = {"refresh": 0, "set": 0, "killed": 0, "read": 0}

	def run(self):
		work = [self.refresh, self.set, self.cat, self.extract, self.info, self.whole]
		threads = [threading.Thread(target=self.guard, args=(function,)) for function in work]
		for thread in threads:
			thread.start()
		for thread in threads:
			thread.join()

	def guard(self, function):
		number = 0
		while time.monotonic() < self.end and not self.problems:
			number += 1
			try:
				function(number)
			except Exception as problem:
				self.problems.append("%s %d: %s" % (function.__name__, number, problem))

	def write(self, what, *arguments):
		"""A writer, which may be killed, it or its helpers; its exit status, None when it was killed."""
		process = start(self.t, *arguments)
		killed = self.chance.random() < 0.6
		if killed:
			time.sleep(self.chance.random() * 0.05)
			victims = [process.pid] + children(process.pid)
			victim = self.chance.choice(victims)
			try:
				os.kill(victim, signal.SIGKILL)
			except ProcessLookupError:
				pass
		err = process.communicate(timeout=60)[1]
		with self.lock:
			self.done["killed" if killed else what] += 1
		if killed:
			return process.returncode if process.returncode == 0 else None
		if process.returncode not in (0, 75):
			raise AssertionError("exit %d: %s" % (process.returncode, err))
		return process.returncode

	def refresh(self, number):
		self.server.give(field.version(number, 20000 + number * 7))
		self.write("refresh", "refresh", "--force", field.NAME)

	def set(self, number):
		with open(self.t.path("next"), "wb") as file:
			file.write(field.version(-number, 30000 + number * 11))
		if self.write("set", "set", "--payload", "next", "--description", str(number), field.NAME) == 0:
			self.published = number

	def read(self, *arguments):
		done = self.t.silent(*arguments)
		if done.code != 0:
			raise AssertionError("exit %d: %s" % (done.code, done.err))
		self.done["read"] += 1
		return done

	def cat(self, _):
		check_whole(self.read("cat", "--refresh=never", field.NAME).out)

	def extract(self, _):
		self.read("extract", "--refresh=never", "--force", "-o", "out", field.NAME)
		check_whole(self.t.read("out"))

	def info(self, _):
		least = self.published
		found = self.read("info", "--json", field.NAME).objects()[0]
		number = int(found["manifest"]["meta"].get("description") or 0)
		if number < least:
			raise AssertionError("update %d was reported as done, and is lost: %d" % (least, number))

	def whole(self, _):
		self.read("verify", field.NAME)


def check_whole(data):
	if not field.is_whole(data):
		raise AssertionError("a mixed or cut payload of %d bytes" % len(data))


def children(pid):
	try:
		with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as file:
			found = [int(child) for child in file.read().split()]
	except OSError:
		return []
	return found + [grandchild for child in found for grandchild in children(child)]


def test_kill_loop(t):
	seed = int(os.environ.get("DOTSYNC_STORM_SEED", str(random.randrange(1 << 32))))
	print("# seed %d" % seed)
	with field.Server() as server:
		field.make(t, server, field.version(0))
		storm = Storm(t, server, seed)
		storm.run()
		print("# %s" % storm.done)
		t.equal(storm.problems, [], "problems")
		t.check(min(storm.done.values()) > 0, "each did something: %s" % storm.done)
		field.check_quiet(t)
		last = field.version(99999)
		server.give(last)
		field.succeed(t, "refresh", "--force", field.NAME)
		t.equal(field.cat(t), last, "one more refresh")
		field.check_clean(t, field.NAME, "next", "out")


if __name__ == "__main__":
	field.main(__file__)
