#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Secrets of a user: sent where they belong, and seen nowhere else."""
import json
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "server"))
import client
from refresher import Process, RefreshCase, is_sanitized, payload, print_of

POLICY = -20
# A refresher that holds a secret lets nobody look into it, the leak checker of a sanitizer neither.
ENVIRONMENT = {"ASAN_OPTIONS": "detect_leaks=0"} if is_sanitized() else {}
VALUE = "Zx81-secret/value+q"
ENCODED = "Zx81-secret%2Fvalue%2Bq"


class SecretTest(RefreshCase):
	def setUp(self):
		super().setUp()
		self.place.start = lambda path, **members: Process(self.place.job(path, **members), environment=ENVIRONMENT)
		self.tls = client.Server(tls=True)
		self.addCleanup(self.tls.stop)
		with open(self.place.path("config", "config.toml"), "w") as f:
			f.write('[network]\nca_file = "%s"\n' % self.tls.ca)
		self.port = self.tls.ports["https"]
		self.file = self.place.path("key")
		self.write_key()

	def write_key(self, text=VALUE + "\n", mode=0o600):
		if os.path.exists(self.file):
			os.unlink(self.file)
		with open(os.open(self.file, os.O_WRONLY | os.O_CREAT, mode), "w") as f:
			f.write(text)

	def bind(self, *secrets):
		"""A grant of the machine with these secrets: (name, place, format, source)."""
		self.place.grant(self.hosts())
		with open(self.place.path("machine", "grants.d", "test.toml"), "a") as f:
			for name, place, form, source in secrets:
				f.write('[[secret]]\nname = "%s"\nhost = "127.0.0.1"\nport = %d\n%s\nformat = "%s"\n%s\n' % (name, self.port, place, form, source))

	def bind_token(self, source=None):
		self.bind(("TOKEN", 'header = "Authorization"', "Bearer {}", source or 'source = "file:%s"' % self.file))

	def archive(self, path, headers=None, listener="https", **keys):
		url = path if path.startswith("http") else self.tls.url(path, listener)
		context = {"v": 1, "urls": [url]}
		if headers:
			context["headers"] = headers
		return self.place.archive("t.sync", b"old", context=context,
			hosts=self.hosts(), **keys)

	def hosts(self):
		return [self.tls.origin("https"), "https://localhost:%d" % self.port, self.tls.origin("http")]

	def check_unseen(self, outcome, archive):
		"""Neither in what is said, nor in any file that is left."""
		self.assertNotIn("Zx81", json.dumps(outcome))
		for folder, _, names in os.walk(self.place.folder):
			for name in names:
				path = os.path.join(folder, name)
				if path != self.file and not path.endswith("grants.d/test.toml"):
					with open(path, "rb") as f:
						self.assertNotIn(b"Zx81", f.read(), path)
		for name in os.listxattr(archive):
			self.assertNotIn(b"Zx81", os.getxattr(archive, name))
		self.assertEqual(self.place.leftovers(), [])

	def test_header(self):
		self.bind_token()
		self.tls.content("/data", b"for those who are known", headers={"ETag": '"1"'})
		archive = self.archive("/data", {"Authorization": "{secret:TOKEN}"})
		outcome = self.place.refresh(archive)
		self.assertEqual(outcome["kind"], "updated", outcome)
		self.assertEqual(payload(archive), b"for those who are known")
		self.assertEqual(dict(self.tls.log()[0]["headers"])["Authorization"], "Bearer " + VALUE)
		self.check_unseen(outcome, archive)
		self.write_key("another-" + VALUE)	# values are read at each refresh, and validators go on
		outcome = self.place.refresh(archive, force=True)
		self.assertEqual((outcome["kind"], outcome["requests"][0]["status"]), ("unchanged", 304))
		self.assertEqual(dict(self.tls.log()[1]["headers"])["Authorization"], "Bearer another-" + VALUE)

	def test_query(self):
		self.bind(("KEY", 'query = "key"', "{}", 'value = "%s"' % VALUE))
		self.tls.content("/data", b"known")
		archive = self.archive("/data?a=1&key={secret:KEY}")
		outcome = self.place.refresh(archive)
		self.assertEqual(outcome["kind"], "updated", outcome)
		self.assertTrue(self.tls.log()[0]["target"].endswith("/data?a=1&key=" + ENCODED))
		self.assertTrue(outcome["requests"][0]["url"].endswith("/data?a=1&key={secret:KEY}"))
		self.assertIn("{secret:KEY}", json.dumps(outcome["events"]))
		self.check_unseen(outcome, archive)

	def test_other_places(self):
		"""Another host, port, scheme, header or name: nothing is sent at all."""
		self.bind_token()
		cases = [
			("https://localhost:%d/data" % self.port, "Authorization", "TOKEN"),
			(self.tls.url("/data", "http"), "Authorization", "TOKEN"),
			(self.tls.url("/data", "https"), "X-Token", "TOKEN"),
			(self.tls.url("/data", "https"), "Authorization", "OTHER"),
		]
		for url, header, name in cases:
			archive = self.archive(url, {header: "{secret:%s}" % name})
			before = print_of(archive)
			outcome = self.place.refresh(archive)
			self.assertEqual((outcome["kind"], outcome["error"]["code"], outcome["error"]["rule"]), ("failed", POLICY, "secret"), url)
			self.assertEqual(print_of(archive), before)
			self.check_unseen(outcome, archive)
		self.assertEqual(self.tls.log(), [])

	def test_redirect(self):
		"""Another origin gets neither the secret nor another header of the updater."""
		self.bind_token()
		for status in (302, 307):
			self.tls.reset()
			archive = self.archive("/redirect?status=%d&to=https://localhost:%d/bytes?size=9" % (status, self.port),
				{"Authorization": "{secret:TOKEN}", "X-Api-Key": "of-the-guest"})
			outcome = self.place.refresh(archive)
			self.assertEqual(outcome["kind"], "updated", outcome)
			first, second = (dict(entry["headers"]) for entry in self.tls.log())
			self.assertIn("Authorization", first)
			self.assertNotIn("Authorization", second)
			self.assertNotIn("X-Api-Key", second)

	def test_reflected(self):
		"""A server that answers with what it was told."""
		self.bind_token()
		archive = self.archive("/echo", {"Authorization": "{secret:TOKEN}"})
		before = print_of(archive)
		outcome = self.place.refresh(archive)
		self.assertEqual((outcome["kind"], outcome["error"]["code"], outcome["error"]["rule"]), ("failed", POLICY, "reflected"), outcome)
		self.assertEqual(print_of(archive), before)
		self.check_unseen(outcome, archive)

	def test_cannot_be_had(self):
		"""No reason to fail until the updater asks for it; then it is said why, and what to do."""
		self.bind_token()
		for spoil, text in ((lambda: os.chmod(self.file, 0o604), "chmod"), (lambda: self.write_key("short"), "8 to 4096"), (lambda: os.unlink(self.file), "No such file")):
			self.write_key()
			spoil()
			archive = self.archive("/data", {"Authorization": "{secret:TOKEN}"})
			error = self.place.refresh(archive)["error"]
			self.assertEqual((error["code"], error["rule"]), (POLICY, "secret"))
			self.assertIn(text, error["hint"])
		self.assertEqual(self.tls.log(), [])
		self.tls.content("/data", b"open to all")
		self.assertEqual(self.place.refresh(self.archive("/data"))["kind"], "updated")

	def test_environment_and_credentials(self):
		folder = self.place.path("credentials")
		os.mkdir(folder, 0o700)
		with open(os.path.join(folder, "token"), "w") as f:
			f.write(VALUE)
		self.tls.content("/data", b"new")
		for source, environment in (("env:THE_TOKEN", {"THE_TOKEN": VALUE}), ("credential:token", {"CREDENTIALS_DIRECTORY": folder})):
			self.tls.reset()
			self.tls.content("/data", b"new")
			self.bind_token('source = "%s"' % source)
			archive = self.archive("/data", {"Authorization": "{secret:TOKEN}"})
			process = Process(self.place.job(archive), environment={**ENVIRONMENT, **environment})
			self.assertEqual(process.outcome()["kind"], "updated", source)
			process.wait()
			self.assertEqual(dict(self.tls.log()[0]["headers"])["Authorization"], "Bearer " + VALUE)

	def test_not_in_the_worker(self):
		"""While the updater waits for an answer, nothing of the secret is in its process."""
		self.bind_token()
		archive = self.archive("/slow?size=40&rate=10", {"Authorization": "{secret:TOKEN}"})
		process = self.place.start(archive)
		process.wait_for("request")
		worker = process.worker()
		try:
			found = memory_of(worker)
		except PermissionError:
			self.skipTest("this user may not look into the worker, nor into the refresher")
		self.assertIn(b"{secret:TOKEN}", found, "what the guest wrote is there")
		self.assertNotIn(VALUE.encode(), found)
		with open("/proc/%d/limits" % worker) as f:
			self.assertRegex(f.read(), r"Max core file size\s+0")
		process.outcome()
		process.wait()


def memory_of(pid):
	data = b""
	with open("/proc/%d/maps" % pid) as maps, open("/proc/%d/mem" % pid, "rb", buffering=0) as memory:
		for line in maps:
			found = re.match(r"([0-9a-f]+)-([0-9a-f]+) r", line)
			if found is None or int(found[2], 16) - int(found[1], 16) > 1 << 28:
				continue
			try:
				memory.seek(int(found[1], 16))
				data += memory.read(int(found[2], 16) - int(found[1], 16))
			except (OSError, OverflowError, ValueError):
				pass	# the kernel's own pages
	return data


if __name__ == "__main__":
	unittest.main()
