#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
The real refresher against a worker that has been taken over, and against neighbours in the archive's folder.

After every run: the error that is due, the archive's bytes as they were, nothing left beside it, worker and refresher
gone, in bounded time and memory, and not one control character in what is told.
"""
import os
import shutil
import struct
import subprocess
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "server"), os.path.join(HERE, "..", "refresh")]
import client
from refresher import BUILD, HELPERS, Place, Process, Record, entry, payload, print_of, updater

LIMIT, POLICY, TIMEOUT, GUEST, UPDATER, SANDBOX, PROTOCOL = -10, -20, -22, -23, -24, -25, -26
CONFLICT, CHANGED = -15, -17
ROGUE = os.path.join(BUILD, "test", "rogue", "rogue_worker")
GOOD = "as it should be"
RSS_MAX = 64 << 10		# KiB
with open(os.path.join(BUILD, "CMakeCache.txt")) as cache:
	SANITIZED = "\nDSYNC_SANITIZE:STRING=\n" not in cache.read()
WALL_MAX = 25

# x^32 + ... of CRC-32, as the bits lie in a file: xored in anywhere it changes the bytes and not the sum.
CRC_NEUTRAL = struct.pack("<Q", 1 | 0xEDB88320 << 1)[:5]


def is_running(pid):
	try:
		with open("/proc/%d/stat" % pid) as f:
			return f.read().rsplit(")", 1)[1].split()[0] != "Z"
	except FileNotFoundError:
		return False


def texts(thing):
	"""All the text in an outcome and its events."""
	if isinstance(thing, str):
		yield thing
	elif isinstance(thing, dict):
		for value in thing.values():
			yield from texts(value)
	elif isinstance(thing, list):
		for value in thing:
			yield from texts(value)


def is_plain(text):
	return all(c >= " " and not "\x7f" <= c <= "\x9f" and c not in "\u2028\u2029\u202e" for c in text)


class RogueTest(unittest.TestCase):
	@classmethod
	def setUpClass(cls):
		cls.server = client.Server()

	@classmethod
	def tearDownClass(cls):
		cls.server.stop()

	def setUp(self):
		self.server.reset()
		self.server.content("/data", b"0123456789" * 100)
		self.place = Place()
		self.addCleanup(self.place.__exit__)
		self.place.grant([self.server.origin()])
		self.helpers = self.place.path("libexec", "dotsync")
		os.makedirs(self.helpers)
		for source, name in ((os.path.join(HELPERS, "dotsync-refresh"), "dotsync-refresh"), (ROGUE, "dotsync-worker")):
			shutil.copy(source, os.path.join(self.helpers, name))

	def behave(self, name):
		with open(os.path.join(self.helpers, "rogue"), "w") as f:
			f.write("%s\n%s\n" % (name, self.server.url("/data")))

	def archive(self, **keys):
		policy = dict({"timeout": 2, "max_payload": 1000000}, **keys.pop("policy", {}))
		return self.place.archive("a.sync", b"old data", context={"v": 1}, hosts=[self.server.origin()], policy=policy, **keys)

	def run_rogue(self, name, archive=None, rss=RSS_MAX, wall=WALL_MAX, **members):
		"""One run, with everything that is always true of it; the outcome."""
		self.behave(name)
		archive = archive or self.archive()
		start = time.monotonic()
		process = Process(self.place.job(archive, helper_dir=self.helpers, force=True, **members),
			program=os.path.join(self.helpers, "dotsync-refresh"))
		workers = set()
		try:
			while True:
				packet = process.read(wall)
				workers.add(process.worker())
				if "outcome" in packet:
					break
				process.events.append(packet["event"])
			self.assertEqual(process.wait(), 0)
		finally:
			if process.status is None:
				process.kill()
		outcome = packet["outcome"]
		self.assertLess(time.monotonic() - start, wall)
		if not SANITIZED:
			self.assertLess(process.usage.ru_maxrss, rss)
		self.assertFalse([pid for pid in workers if pid is not None and is_running(pid)])
		self.assertEqual([t for t in texts([outcome, process.events]) if not is_plain(t)], [])
		self.assertEqual(self.place.leftovers(), [])
		outcome["events"] = process.events
		return outcome

	def fails(self, name, code, words="", **keys):
		archive = keys.pop("archive", None) or self.archive()
		before = print_of(archive)
		outcome = self.run_rogue(name, archive, **keys)
		self.assertEqual((outcome["kind"], outcome.get("error", {}).get("code")), ("failed", code), outcome)
		self.assertIn(words, outcome["error"]["message"])
		self.assertEqual(print_of(archive), before)
		self.assertTrue(is_plain(Record(archive).last_error))
		self.assertEqual(Record(archive).last_code, code)
		return outcome

	def each(self, names, code, words="", **keys):
		for name in names:
			with self.subTest(name):
				self.fails(name, code, words, **keys)

	# ---- before READY ----

	def test_no_ready(self):
		self.each(("exit", "empty"), SANDBOX)
		self.fails("silent", SANDBOX, "did not start")

	def test_first_frames_that_are_none(self):
		"""N43, N44."""
		self.each(("ready-short", "ready-long", "ready-version", "ready-descriptor", "done-first", "call-first", "garbage",
			"short", "oversized", "sequence", "magic", "not-zero", "length", "type"), PROTOCOL, "protocol")

	def test_layer_that_does_not_hold_is_named(self):
		self.fails("failed-first", SANDBOX, "layer")

	def test_another_build(self):
		"""A14."""
		self.fails("ready-build", SANDBOX, "another build")

	def test_layers_that_are_never_optional(self):
		for level in ("default", "strict", "degraded"):
			self.each(("ready-nothing", "ready-no-seccomp"), SANDBOX, "system call filter", sandbox=level)
			self.fails("ready-root", SANDBOX, "unprivileged", sandbox=level)

	def test_landlock(self):
		for level in ("default", "strict"):
			self.fails("ready-no-landlock", SANDBOX, "Landlock", sandbox=level, archive=self.archive(wasm="guest"))
		self.assertEqual(self.run_rogue("ready-no-landlock", self.archive(wasm="guest"), sandbox="degraded")["kind"], "unchanged")
		self.assertEqual(self.run_rogue("ready-no-landlock", self.archive())["kind"], "unchanged")	# our own updater
		self.fails("ready-no-landlock", SANDBOX, "Landlock", sandbox="strict")

	def test_slow_reader(self):
		padded = updater("guest") + b"\0\x80\x80\x80\1" + b"\1x" + bytes((1 << 21) - 2)
		self.fails("reads-slowly", TIMEOUT, archive=self.archive(wasm=padded))

	# ---- the compiler ----

	def test_compiler(self):
		self.each(("code-none", "code-after-last", "code-drip", "compile-call"), PROTOCOL)
		self.fails("compile-exit", GUEST, "status 1")
		self.fails("compile-text", UPDATER, "cannot be used")
		self.assertEqual(self.cached(), [])

	def test_endless_code(self):
		self.fails("code-endless", UPDATER, "too large", rss=400 << 10)
		self.assertEqual(self.cached(), [])

	def cached(self):
		folder = self.place.path("cache", "code")
		return sorted(os.listdir(folder)) if os.path.isdir(folder) else []

	def test_poisoned_code_stays_with_its_module(self):
		"""
		Code of a compiler that was taken over is kept like any other.  It is found again under the hash of the very module
		that took it over, and nowhere else; and it runs in the cage that the module itself would run in.
		"""
		poisoned = updater("guest") + b"\0\5\4evil"
		outcome = self.run_rogue("code-garbage", self.archive(wasm=poisoned))
		self.assertEqual(outcome["kind"], "failed")
		self.assertEqual(len(self.cached()), 1)
		# another module, and the real worker: not touched by it
		shutil.copy(os.path.join(HELPERS, "dotsync-worker"), os.path.join(self.helpers, "dotsync-worker"))
		sound = self.archive(wasm="guest", policy={"timeout": 10})
		clean = self.place.archive("a.sync", b"old data", wasm="guest", context="update", hosts=[self.server.origin()])
		self.assertEqual(clean, sound)
		self.assertEqual(self.run_rogue("", clean)["kind"], "updated")
		self.assertEqual(len(self.cached()), 2)
		# the same module with the real worker: garbage is refused or dies in the cage, and changes nothing
		archive = self.place.archive("a.sync", b"old data", wasm=poisoned, context="update", hosts=[self.server.origin()])
		before = print_of(archive)
		outcome = self.run_rogue("", archive)
		if outcome["kind"] == "failed":
			self.assertEqual(print_of(archive), before)

	# ---- frames while it runs ----

	def test_frames_that_are_not_due(self):
		"""N43, N44."""
		self.each(("ready-twice", "replay", "unknown-call", "call-long", "call-short", "descriptor", "hang-up"), PROTOCOL, "protocol")

	def test_floods_end_with_the_time(self):
		"""N42, N45."""
		self.each(("flood", "flood-answered", "sleep"), TIMEOUT)
		self.fails("flood-sleep", TIMEOUT)

	def test_numbers(self):
		self.each(("offsets", "copy-unread", "fetch-head", "context", "body-large"), GUEST, GOOD, archive=self.archive(policy={"timeout": 60}))
		self.fails("write-at-far", GUEST, GOOD, archive=self.archive(policy={"timeout": 60}))
		requests = [line["target"] for line in self.server.log()]
		self.assertEqual(requests, ["/data"] * 2)	# of copy-unread, and the one good one of fetch-head

	def test_open_answers(self):
		outcome = self.run_rogue("open-many", self.archive(policy={"timeout": 60}))
		self.assertIn(GOOD, outcome["error"]["message"] + GOOD * (outcome["error"]["code"] == LIMIT))
		self.assertLessEqual(len(self.server.log()), 8)

	def test_too_much(self):
		"""W8."""
		self.fails("write-past", LIMIT, "too large")

	def test_gap(self):
		"""A hole of a tebibyte, which costs the worker nothing, would cost an hour of hashing."""
		archive = self.archive(policy={"max_payload": 1 << 40})
		before = print_of(archive)
		self.assertEqual(self.run_rogue("gap", archive)["kind"], "unchanged")
		self.assertEqual(print_of(archive), before)

	def test_context_that_is_no_json(self):
		"""The updater's own affair: it is kept as it is, and nothing else changes."""
		archive = self.archive()
		self.assertEqual(self.run_rogue("context-not-json", archive)["kind"], "updated")
		self.assertEqual((payload(archive), entry(archive, "context.json")), (b"old data", b'{"v": 1,\033[2J'))

	def test_log(self):
		"""W10."""
		outcome = self.fails("log", GUEST, "owned", archive=self.archive(policy={"timeout": 60}))
		text = "".join(event["text"] for event in outcome["events"] if event["kind"] == "log")
		self.assertLessEqual(len(text), 8 * 65536)

	def test_terminal(self):
		"""What the command prints of it: no byte that a terminal obeys."""
		program = self.place.path("bin", "dotsync")		# finds its helpers beside itself
		os.mkdir(self.place.path("bin"))
		shutil.copy(os.path.join(BUILD, "bin", "dotsync"), program)
		environment = {"XDG_CONFIG_HOME": self.place.path("config"), "XDG_STATE_HOME": self.place.path("state"),
			"XDG_CACHE_HOME": self.place.path("cache"), "HOME": self.place.folder}
		for name, word in (("compile-text", b"owned"), ("failed-first", b"layer"), ("log", b"owned")):	# the last one leaves code in the cache
			self.behave(name)
			for flags in (["--verbose"], ["--json"], []):
				archive = self.archive(policy={"timeout": 60})
				done = subprocess.run([program, "refresh", "--force", "--yes", *flags, archive], env=environment,
					stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
				self.assertNotEqual(done.returncode, 0)
				self.assertIn(word, done.stdout)
				self.assertTrue(is_plain(done.stdout.decode().replace("\n", "").replace("\t", "")), done.stdout)

	# ---- ends ----

	def test_ends_that_undo_the_word(self):
		self.fails("finish-exit", GUEST, "status 1")
		self.fails("finish-killed", GUEST, "signal 9")
		self.fails("finish-hang", GUEST, "did not end")
		self.each(("finish-unwritten", "done-only"), GUEST, "without saying")
		self.fails("finish-twice", GUEST, "the first word counts")

	def test_nothing_counts_after_the_end(self):
		archive = self.archive()
		before = print_of(archive)
		self.assertEqual(self.run_rogue("after-finish", archive)["kind"], "unchanged")
		self.assertEqual(print_of(archive), before)

	def test_a_sound_worker_updates(self):
		"""The program does what a worker does, or the tests above would prove little."""
		archive = self.archive()
		self.assertEqual(self.run_rogue("sound-update", archive)["kind"], "updated")
		self.assertEqual(payload(archive), b"new data")

	# ---- the archive changes while the worker runs ----

	def during(self, name, change, archive=None, events=2):
		"""The outcome of a run during which `change` is called, once the runner is there."""
		self.behave(name)
		archive = archive or self.archive()
		process = Process(self.place.job(archive, helper_dir=self.helpers, force=True), program=os.path.join(self.helpers, "dotsync-refresh"))
		process.wait_for("sandbox")
		deadline = time.monotonic() + 10
		first = process.worker()
		while not self.cached() and time.monotonic() < deadline:
			time.sleep(0.01)
		time.sleep(0.2)
		change(archive)
		outcome = process.outcome()
		self.assertEqual(process.wait(), 0)
		self.assertFalse(first is not None and is_running(first))
		return outcome

	def test_updater_changed_in_place(self):
		"""
		A2, W18.

		The module is judged, granted and kept by its hash.  What is compiled must have that hash, even when somebody writes
		into the archive in between and leaves its sums right; or the code of one module would be kept as another's.
		"""
		archive = self.archive(wasm="guest")
		module = updater("guest")
		self.assertEqual(self.run_rogue("sound-update", archive)["kind"], "updated")
		kept = self.cached()
		self.assertEqual(len(kept), 1)
		before = os.stat(archive)

		def change(path):
			with open(path, "r+b") as f:
				at = f.read().index(module) + len(module) - 20
				f.seek(at)
				old = f.read(5)
				f.seek(at)
				f.write(bytes(a ^ b for a, b in zip(old, CRC_NEUTRAL)))
			os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

		outcome = self.during("stale", change, archive)
		self.assertEqual((outcome["kind"], outcome["error"]["code"]), ("failed", CHANGED), outcome)
		self.assertEqual(self.cached(), [])
		self.assertEqual(self.place.leftovers(), [])

	def test_archive_changed(self):
		"""A4."""
		def truncate(path):
			os.truncate(path, 100)

		def extend(path):
			with open(path, "ab") as f:
				f.write(b"more")

		def link(path):
			os.rename(path, path + ".old")
			os.symlink(path + ".old", path)

		def remove(path):
			os.unlink(path)

		def pipe(path):
			os.unlink(path)
			os.mkfifo(path)

		def folder(path):
			os.unlink(path)
			os.mkdir(path)

		def touch(path):
			os.utime(path)

		for change in (truncate, extend, link, remove, pipe, folder, touch):
			with self.subTest(change.__name__):
				outcome = self.during("late", lambda path: (change(path), setattr(self, "seen", os.lstat(path) if os.path.lexists(path) else None)))
				self.assertEqual((outcome["kind"], outcome["error"]["code"]), ("failed", CHANGED if change == truncate else CONFLICT), outcome)
				path = os.path.join(self.place.files, "a.sync")
				self.assertEqual(self.seen is not None, os.path.lexists(path))
				if self.seen is not None:
					now = os.lstat(path)
					self.assertEqual((now.st_ino, now.st_mode, now.st_size, now.st_mtime_ns),
						(self.seen.st_ino, self.seen.st_mode, self.seen.st_size, self.seen.st_mtime_ns))
				if os.path.exists(path + ".old"):
					self.assertEqual(payload(path + ".old"), b"old data")
				self.assertEqual(self.place.leftovers(), [])
				shutil.rmtree(self.place.files)
				os.mkdir(self.place.files)

	def test_folder_swapped(self):
		"""Another folder under the same name while the worker runs: the archive that was opened is replaced, where it is now."""
		moved = self.place.path("moved")
		victim = b"somebody else's"

		def change(path):
			os.rename(self.place.files, moved)
			os.mkdir(self.place.files)
			for name in ("a.sync", ".a.sync.next", ".a.sync.check"):
				with open(os.path.join(self.place.files, name), "wb") as f:
					f.write(victim)

		outcome = self.during("late", change)
		self.assertEqual(outcome["kind"], "updated", outcome)
		for name in ("a.sync", ".a.sync.next", ".a.sync.check"):
			with open(os.path.join(self.place.files, name), "rb") as f:
				self.assertEqual(f.read(), victim)
		self.assertEqual(payload(os.path.join(moved, "a.sync")), b"new data")
		self.assertEqual(sorted(os.listdir(moved)), ["a.sync"])


if __name__ == "__main__":
	unittest.main()
