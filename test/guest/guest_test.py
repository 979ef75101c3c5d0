#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
The built-in updaters, and updaters that ask for what is not theirs: the archive is as it was,
and the answer is the one that guest/dotsync.h promises.
"""
import json
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "refresh")]
from commands import CommandCase
from refresher import BUILD, HELPERS, entry, payload, print_of

GUESTS = os.path.join(BUILD, "test", "guests")
LIMIT, GUEST, UPDATER = -10, -23, -24
REQUESTS_MAX = 64


def module(name):
	with open(os.path.join(GUESTS, name + ".wasm"), "rb") as f:
		return f.read()


class GuestTest(CommandCase):
	# ---- the page ----

	def test_page_shows_the_examples(self):
		root = os.path.join(HERE, "..", "..")
		with open(os.path.join(root, "doc", "write-an-updater.md")) as f:
			page = f.read()
		for mark, name in (("c", "c/examples/mirror.c"), ("rust", "rust/examples/mirror.rs"), ("go", "go/examples/mirror/main.go"), ("ts", "assemblyscript/examples/mirror.ts")):
			with self.subTest(name), open(os.path.join(root, "guest", name)) as f:
				shown = page.split("```%s\n" % mark)[1].split("```")[0]
				self.assertTrue(f.read().endswith("\n" + shown))

	# ---- the built-in updaters ----

	def create(self, *words):
		self.server.content("/data", b"first\n", headers={"ETag": '"1"'})
		self.dotsync("create", "--from", self.server.url("/data"), "-o", "a.sync", *words)
		self.server.content("/data", b"second\n", headers={"ETag": '"2"'})
		return "a.sync"

	def test_http(self):
		archive = self.create()
		self.dotsync("refresh", "--force", archive)
		self.assertEqual(self.dotsync("cat", archive), b"second\n")
		self.assertIn(b'built-in "http"', self.dotsync("info", archive))

	def test_http_host(self):
		archive = self.create("--profile=sync-rs")
		self.dotsync("refresh", "--force", archive)
		self.assertEqual(self.dotsync("cat", archive), b"second\n")
		self.assertIn(b'built-in "http-host"', self.dotsync("info", archive))
		self.server.content("/data", b"page", status=500)
		self.dotsync("refresh", "--force", archive, code=75)
		self.server.content("/data", bytes(3 << 20))
		self.dotsync("refresh", "--force", archive)
		self.assertEqual(self.dotsync("cat", archive), bytes(3 << 20))

	# ---- hostile ----

	def fails(self, context, wasm="hostile", **keys):
		"""A refresh with this context that fails and changes nothing; its error."""
		granted = [self.server.origin()]
		self.place.grant(granted)
		archive = self.place.archive("g.sync", b"old data", wasm=module(wasm), context=context, hosts=granted, **keys)
		before = print_of(archive)
		outcome = self.place.refresh(archive)
		self.assertEqual(outcome["kind"], "failed", outcome)
		self.assertEqual(print_of(archive), before)
		self.assertEqual(self.place.leftovers(), [])
		return outcome["error"]

	def told(self, context, **keys):
		"""The number that the updater was told."""
		return int(self.fails(context, **keys)["message"].rsplit(" ", 1)[1])

	def test_the_first_finish_counts(self):
		self.assertIn("first word", self.fails("twice")["message"])

	def test_a_trap_after_finish_fails(self):
		self.assertEqual(self.fails("regret")["code"], GUEST)

	def test_nothing_is_changed_after_finish(self):
		self.place.grant([])
		archive = self.place.archive("g.sync", b"old data", wasm=module("hostile"), context="late")
		self.assertEqual(self.place.refresh(archive)["kind"], "updated")
		self.assertEqual(payload(archive), b"half a payload")
		self.assertEqual(entry(archive, "context.json"), b"late")

	def test_hosts_not_granted(self):
		for url in (self.server.url("/a", "other"), "http://127.0.0.1:1/", "file:///etc/passwd", "http://example.com/"):
			with self.subTest(url):
				self.fails("fetch " + url)
		self.assertEqual(self.server.counts()["connections"].get("other", 0), 0)

	def test_environment_not_granted(self):
		self.assertEqual(self.told("env HOME"), -4)
		archive = self.place.archive("asks.sync", b"old data", wasm=module("hostile"), context="env HOME", hosts=[self.server.origin()], env=["HOME"])
		self.assertEqual(self.place.refresh(archive)["missing"], ["env:HOME"])

	def test_payload_past_its_limit(self):
		self.assertEqual(self.fails("flood", policy={"max_payload": 300000})["code"], LIMIT)

	def test_memory_past_its_limit(self):
		pages = self.told("grow")
		self.assertGreater(pages, 0)
		self.assertLessEqual(pages, 65536 / 2)

	def test_more_requests_than_a_run_may_make(self):
		self.server.content("/a", b"")
		self.assertEqual(self.fails("hammer " + self.server.url("/a"))["code"], LIMIT)
		self.assertEqual(self.server.counts()["requests"]["/a"], REQUESTS_MAX)

	def test_numbers_that_make_no_sense(self):
		self.assertEqual(self.told("negative"), 0)

	def test_context_that_is_no_text(self):
		self.assertEqual(self.told("binary"), -2)

	def test_import_of_a_later_contract(self):
		error = self.fails("", wasm="future")
		self.assertEqual(error["code"], UPDATER)
		self.assertIn("dotsync.v2", json.dumps(error))


if __name__ == "__main__":
	if not os.path.exists(os.path.join(HELPERS, "dotsync-worker")):
		print("skipped: dotsync-worker is not built")
		sys.exit(77)
	unittest.main()
