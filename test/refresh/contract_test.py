#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""What the host answers to the calls of an updater, in each of the contracts."""
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "server"))
from refresher import Process, RefreshCase, entry, manifest, payload, print_of


class ContractTest(RefreshCase):
	def test_sources(self):
		archive = self.guest("sources", b"0123456789")
		self.refresh(archive, "updated")
		self.assertEqual(payload(archive), b"0123456789" + b"123456789" + b"[sync]")

	def test_read_through_the_guest(self):
		archive = self.guest("read " + self.server.url("/bytes?size=300000"))
		self.refresh(archive, "updated")
		self.assertEqual(payload(archive)[:252], bytes(range(251)) + b"\0")
		self.assertEqual(len(payload(archive)), 300000)

	def test_empty_output_is_no_change_and_empty_payload_is_asked_for(self):
		archive = self.guest("nothing")
		before = print_of(archive)
		self.refresh(archive, "unchanged")
		self.assertEqual(print_of(archive), before)
		archive = self.guest("empty")
		self.refresh(archive, "updated")
		self.assertEqual(payload(archive), b"")

	def test_context(self):
		archive = self.guest('context {"new": 1}')
		outcome = self.refresh(archive, "updated")
		self.assertEqual((payload(archive), entry(archive, "context.json"), outcome["payload_size"]), (b"old", b'{"new": 1}', 3))
		text = manifest([self.server.origin()], extra='[capabilities]\nvalues = ["seal:x"]\n[signature]\nalgo = "Ed25519"\nmanifest_hash = "blake3:00"\ntimestamp = "2020-01-01T00:00:00Z"\nvalue = "00"')
		self.refresh(self.guest("context {}", text=text), "failed")

	def test_env(self):
		for asked, granted, sent, expected in (
				(["TOKEN"], ["TOKEN"], {"TOKEN": "abc", "OTHER": "x"}, b"abc"), (["TOKEN"], ["TOKEN"], {}, b"none"),
				(["OTHER"], ["OTHER", "TOKEN"], {"TOKEN": "abc"}, b"none")):
			self.place.grant([self.server.origin()], env=granted)
			archive = self.guest("env TOKEN", env=asked)
			process = Process(self.place.job(archive), environment=sent)
			self.assertEqual(process.outcome()["kind"], "updated")
			process.wait()
			self.assertEqual(payload(archive), expected)

	def test_log(self):
		outcome = self.refresh(self.guest("log"), "unchanged")
		lines = [e["text"] for e in outcome["events"] if e["kind"] == "log"]
		self.assertEqual(lines[:2], ["red \\x1b[31malert", "second"])
		self.assertLessEqual(sum(len(line) for line in lines), 65536)

	def test_open_answers_are_bounded(self):
		archive = self.guest("hoard " + self.server.url("/data"))
		self.refresh(archive, "updated")
		self.assertEqual(payload(archive), b"8")

	def test_host_contract(self):
		for path, expected in (("/data", b"new data"), ("/status/404", b"404"), ("/cut?size=100&at=10", b"-4"), ("/status/204", b"204")):
			archive = self.guest(None, self.server.url(path).encode(), wasm="guest_host")
			self.refresh(archive, "updated")
			self.assertEqual(payload(archive), expected)
		for url, expected in (("http://other.example/", b"-2"), ("no url", b"-1"), ("ftp://127.0.0.1/", b"-1"),
				(self.server.url("/redirect?to=" + self.server.url("/data", "other")), b"-2")):
			archive = self.guest(None, url.encode(), wasm="guest_host")
			self.refresh(archive, "updated")
			self.assertEqual(payload(archive), expected, url)

	def test_request_with_headers_and_body(self):
		archive = self.guest("post " + self.server.url("/echo"))
		self.refresh(archive, "updated")
		said = json.loads(payload(archive))
		headers = {name.lower(): value for name, value in said["headers"]}
		self.assertEqual((said["method"], len(said["body"])), ("POST", 65536))
		self.assertEqual((headers["x-one"], headers["content-type"]), ("1", "text/x-test"))
		self.assertEqual(headers["user-agent"][:8], "dotsync/")

	def test_headers_of_answers(self):
		archive = self.guest("header " + self.server.url("/data"))
		self.refresh(archive, "updated")
		self.assertEqual(payload(archive), b'"1"nonestateclosed')

	def test_wasi_contract(self):
		self.place.grant([self.server.origin()], env=["TOKEN"])
		archive = self.guest(None, wasm="guest_wasi", env=["TOKEN", "OTHER"])
		self.assertEqual(self.place.refresh(archive)["kind"], "consent-needed")
		archive = self.guest(None, wasm="guest_wasi", env=["TOKEN"])
		process = Process(self.place.job(archive), environment={"TOKEN": "abc", "OTHER": "x"})
		self.assertEqual(process.outcome()["kind"], "updated")
		process.wait()
		self.assertEqual(payload(archive).decode().split("\n"), ["SYNC_MODE=pull", "SYNC_PATH=/sync", "SYNC_PAYLOAD=/sync/payload",
			"SYNC_CONTEXT=/sync/context.json", "ALLOW_HOSTS=" + self.server.origin(), "ALLOW_ENV=TOKEN", "TOKEN=abc", ""])


if __name__ == "__main__":
	unittest.main()
