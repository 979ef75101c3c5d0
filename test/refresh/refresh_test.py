#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""A whole refresh through the real refresher and worker: what changes, what does not, and what is remembered."""
import json
import os
import shutil
import stat
import subprocess
import sys
import time
import unittest
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "server"))
from refresher import (BUILD, Process, Record, RefreshCase, attest, entry, manifest, patch_record, payload, print_of, updater)

REJECTED, HELD, POLICY = -35, -36, -20


class RefreshTest(RefreshCase):
	# ---- what a refresh does ----

	def test_update(self):
		archive = self.http()
		os.chmod(archive, 0o640)
		before = int(time.time())
		outcome = self.refresh(archive, "updated")
		self.assertEqual(payload(archive), b"new data")
		self.assertEqual(outcome["payload_size"], 8)
		self.assertEqual([(r["method"], r["status"]) for r in outcome["requests"]], [("GET", 200)])
		self.assertEqual(stat.S_IMODE(os.stat(archive).st_mode), 0o640)
		self.assertEqual([e["kind"] for e in outcome["events"] if e["kind"] in ("started", "sandbox")], ["started", "sandbox"])
		self.assertIn("seccomp=P1", outcome["sandbox"])
		got = attest(archive)
		self.assertEqual((got["status"], got["etag"], got["payload"]["size"]), (200, '"1"', 8))
		record = Record(archive)
		self.assertEqual(record.generation.hex(), outcome["generation"])
		self.assertGreaterEqual(record.base, before)
		self.assertEqual((record.failures, record.last_code, record.etag), (0, 0, '"1"'))
		self.assertEqual(entry(archive, "sync.wasm"), updater("http"))
		self.assertNotIn(b"1970-01-01", entry(archive, "manifest.toml"))
		self.assertEqual(self.refresh(archive, "fresh")["generation"], outcome["generation"])
		self.assertEqual(self.count(), 1)

	def test_not_modified(self):
		archive = self.http()
		self.refresh(archive, "updated")
		before = print_of(archive)
		patch_record(archive, base=5)
		outcome = self.refresh(archive, "unchanged", force=True)
		self.assertEqual([(r["status"], r["bytes"], r["cached"]) for r in outcome["requests"]], [(304, 0, True)])
		self.assertEqual(print_of(archive), before)
		self.assertGreater(Record(archive).base, 5)

	def test_copied_archive_is_not_fetched_again(self):
		archive = self.http()
		self.refresh(archive, "updated")
		copy = os.path.join(self.place.files, "copy.sync")
		subprocess.run(["cp", archive, copy], check=True)
		self.assertEqual(os.listxattr(copy), [])
		self.refresh(copy, "fresh")
		outcome = self.refresh(copy, "unchanged", force=True)
		self.assertEqual([r["status"] for r in outcome["requests"]], [304])
		self.assertEqual(Record(copy).etag, '"1"')

	def test_validators_of_another_payload_are_not_sent(self):
		archive = self.http()
		self.refresh(archive, "updated")
		keep = entry(archive, "sync.attest")
		# The same size, so that only the hash tells them apart; and no state record.
		with zipfile.ZipFile(archive) as z:
			entries = {i.filename: z.read(i) for i in z.infolist()}
		entries["payload"] = b"new dat4"
		os.unlink(archive)
		with zipfile.ZipFile(archive, "w") as z:
			for name, data in entries.items():
				z.writestr(name, data)
		self.assertEqual(entry(archive, "sync.attest"), keep)
		outcome = self.refresh(archive, "updated", force=True)
		self.assertEqual([r["status"] for r in outcome["requests"]], [200])
		self.assertEqual(payload(archive), b"new data")

	def test_validators_of_other_parameters_are_not_sent(self):
		archive = self.http()
		self.refresh(archive, "updated")
		with zipfile.ZipFile(archive) as z:
			entries = {i.filename: z.read(i) for i in z.infolist()}
		entries["context.json"] = entries["context.json"].rstrip().removesuffix(b"}") + b',"allow_empty":true}'
		os.unlink(archive)
		with zipfile.ZipFile(archive, "w") as z:
			for name, data in entries.items():
				z.writestr(name, data)
		outcome = self.refresh(archive, "unchanged", force=True)
		self.assertEqual([r["status"] for r in outcome["requests"]], [200])
		outcome = self.refresh(archive, "unchanged", force=True)
		self.assertEqual([r["status"] for r in outcome["requests"]], [304])

	def test_identical_bytes_move_only_the_base(self):
		self.server.content("/plain", b"same bytes")
		archive = self.http(b"same bytes", "/plain")
		before = print_of(archive)
		outcome = self.refresh(archive, "unchanged")
		self.assertEqual([r["status"] for r in outcome["requests"]], [200])
		self.assertEqual(print_of(archive), before)
		self.assertGreater(Record(archive).base, 0)
		self.refresh(archive, "fresh")

	def test_mirror(self):
		archive = self.place.http("m.sync", b"old", [self.server.url("/status/500"), self.server.url("/data")])
		outcome = self.refresh(archive, "updated")
		self.assertEqual([r["status"] for r in outcome["requests"]], [500, 200])
		self.assertEqual(payload(archive), b"new data")

	def test_unsigned_created_at_moves_and_sealed_manifest_stays(self):
		text = manifest([self.server.origin()], extra='[capabilities]\nvalues = ["seal:x"]\n[signature]\nalgo = "Ed25519"\nmanifest_hash = "blake3:00"\ntimestamp = "2020-01-01T00:00:00Z"\nvalue = "00"')
		archive = self.http(text=text)
		self.refresh(archive, "updated")
		self.assertEqual(entry(archive, "manifest.toml").decode(), text)

	def test_names_of_bytes(self):
		"""What is no UTF-8 travels as digits; in the environment of commands it is the bytes again."""
		path = os.path.join(os.fsencode(self.place.files), b"\xff\xfe.sync")
		os.rename(self.http(), path)
		to = os.path.join(os.fsencode(self.place.folder), b"plain\xc3")
		outcome = self.place.refresh(None, path_hex=path.hex(), to_hex=to.hex(), exec='test -s "$DOTSYNC_FILE"')
		self.assertEqual((outcome["kind"], outcome.get("error")), ("updated", None))
		self.assertEqual(payload(os.fsdecode(path)), b"new data")
		with open(to, "rb") as f:
			self.assertEqual(f.read(), b"new data")
		self.assertEqual(self.refresh("/x", "failed", path_hex=path.hex())["error"]["rule"], "json")

	def test_link_is_followed(self):
		archive = self.http()
		link = self.place.path("link.sync")
		os.symlink(archive, link)
		self.refresh(link, "updated")
		self.assertTrue(os.path.islink(link))
		self.assertEqual(payload(archive), b"new data")

	# ---- what a refresh does not do ----

	def test_no_updater(self):
		self.refresh(self.place.archive("n.sync", b"x", wasm=None), "no-updater")
		self.refresh(self.place.archive("n.sync", b"x", wasm=b"\0asm\1\0\0\0"), "no-updater")

	def test_fresh(self):
		archive = self.http(created=time.time() - 10)
		self.refresh(archive, "fresh")
		self.assertEqual(self.count(), 0)

	def test_consent(self):
		self.place.grant([])
		archive = self.http()
		before = print_of(archive)
		outcome = self.refresh(archive, "consent-needed")
		self.assertEqual((outcome["asked"], outcome["missing"]), ([self.server.origin()], [self.server.origin()]))
		self.assertEqual((print_of(archive), self.count(), os.listxattr(archive)), (before, 0, []))
		self.place.grant([self.server.origin()], owner="somebody else")
		self.refresh(archive, "consent-needed")

	def test_session_grant_allows_no_private_address(self):
		self.place.grant([])
		outcome = self.refresh(self.http(), "failed", session_grant=True)
		self.assertEqual((outcome["error"]["code"], outcome["error"]["rule"]), (POLICY, "address"))
		self.assertEqual(self.count(), 0)

	def test_network_scope_none(self):
		outcome = self.refresh(self.http(policy={"network_scope": '"none"'}), "failed")
		self.assertEqual(outcome["error"]["code"], POLICY)
		self.assertEqual(self.count(), 0)

	def test_hold(self):
		archive = self.http()
		self.refresh(archive, "updated")
		self.server.content("/data", b"newer")
		patch_record(archive, held=1, base=0)
		self.assertEqual(self.refresh(archive, "held")["error"]["code"], HELD)
		patch_record(archive, held_until=5)
		self.refresh(archive, "fresh")
		patch_record(archive, held_until=int(time.time()) + 1000)
		self.refresh(archive, "updated", force=True)
		self.assertTrue(Record(archive).held)

	def test_update_mode(self):
		outcome = self.refresh(self.http(policy={"update": '"never"'}), "failed", force=True)
		self.assertEqual((outcome["error"]["code"], outcome["error"]["entry"]), (POLICY, "policy.update"))
		self.refresh(self.http(policy={"update": '"manual"'}), "updated")

	def test_trust_layers_that_cannot_be_judged(self):
		for extra, sync, entry_name in (
				("[publisher]\nkeys = []\nrequire = \"publisher\"", "", "publisher.require"),
				("", 'variant = "vault"', "sync.variant"),
				("[encryption]\nenabled = true", "", "encryption.enabled")):
			archive = self.http(extra=extra, sync=sync)
			before = print_of(archive)
			outcome = self.refresh(archive, "failed")
			self.assertEqual(outcome["error"]["rule"], "trust")
			self.assertIn(entry_name.split(".")[0], outcome["error"]["entry"] + outcome["error"]["message"])
			self.assertEqual((print_of(archive), os.listxattr(archive)), (before, []))

	def test_offline(self):
		archive = self.http()
		self.assertEqual(self.refresh(archive, "failed", offline=True)["error"]["rule"], "offline")
		self.assertEqual((self.count(), os.listxattr(archive)), (0, []))

	def test_explain(self):
		archive = self.http()
		outcome = self.refresh(archive, "explained", explain=True)
		self.assertIn(self.server.origin() + " (permissions.allow_hosts): granted", outcome["explanation"])
		self.assertIn("would run the updater now", outcome["explanation"])
		self.place.grant([])
		outcome = self.refresh(archive, "explained", explain=True)
		self.assertIn("NOT granted", outcome["explanation"])
		self.assertEqual((self.count(), os.listxattr(archive)), (0, []))

	def test_dry_run(self):
		archive = self.http()
		before = print_of(archive)
		self.assertEqual(self.refresh(archive, "dry-run", dry_run=True)["payload_size"], 8)
		self.assertEqual((print_of(archive), os.listxattr(archive), self.count()), (before, [], 1))

	@unittest.skipIf(os.geteuid() == 0 and not shutil.which("setpriv"), "root may write everywhere, and setpriv is missing to be somebody else")
	def test_unwritable(self):
		archive = self.http()
		os.chmod(self.place.files, 0o555)
		self.addCleanup(os.chmod, self.place.files, 0o755)
		if os.geteuid() != 0:
			outcome = self.place.refresh(archive)
		else:
			# Somebody else's archive: refused before anything is made, whatever the folder allows.
			os.chmod(self.place.files, 0o777)
			os.chmod(self.place.folder, 0o755)
			for name in ("config", "state", "cache", "machine", "machine/grants.d"):
				os.chmod(self.place.path(name), 0o755)
			os.chmod(self.place.path("machine", "grants.d", "test.toml"), 0o644)
			script = "import sys; sys.path[:0] = %r; import refresher, json; print(json.dumps(refresher.Process(json.loads(sys.argv[1])).outcome()))" % [
				os.path.dirname(os.path.abspath(__file__))]
			run = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", sys.executable, "-c", script,
				json.dumps(self.place.job(archive))], stdout=subprocess.PIPE, env=dict(os.environ, DOTSYNC_BUILD=BUILD))
			if run.returncode != 0:
				self.skipTest("another user cannot reach the build folder")
			outcome = json.loads(run.stdout)
		self.assertEqual(outcome["kind"], "failed")
		self.assertIn(outcome["error"]["code"], (-1, -18))
		self.assertEqual((self.count(), payload(archive)), (0, b"old"))
		self.assertEqual(self.place.leftovers(), [])

	# ---- before and after the swap ----

	def test_stage(self):
		archive = self.http()
		before = print_of(archive)
		for word, after in (("discard", b"old"), (None, b"old"), ("commit", b"new data")):
			process = self.place.start(archive, stage=True)
			outcome = process.outcome()
			self.assertEqual((outcome["kind"], outcome["staged"]), ("updated", True))
			self.assertEqual(print_of(archive), before)
			if word is None:
				process.hang_up()
			else:
				process.decide(word)
				self.assertEqual(process.outcome()["kind"], "updated" if word == "commit" else "unchanged")
			process.wait()
			self.assertEqual((payload(archive), self.place.leftovers()), (after, []))

	def test_check(self):
		archive = self.http()
		before = print_of(archive)
		outcome = self.refresh(archive, "failed", check='echo no; echo "bad: $(cat "$DOTSYNC_STAGED")" >&2; exit 3')
		self.assertEqual(outcome["error"]["code"], REJECTED)
		self.assertIn("status 3", outcome["error"]["message"])
		self.assertEqual(outcome["error"]["found"], "bad: new data")
		self.assertEqual(print_of(archive), before)
		self.assertEqual((Record(archive).failures, Record(archive).last_code), (1, REJECTED))
		with open(self.place.path("files", ".a.sync.check"), "w") as f:
			f.write("left over")
		self.refresh(archive, "updated", force=True, check='test "$(cat "$DOTSYNC_STAGED")" = "new data" && test "$PWD" = /tmp', working_dir="/tmp")

	def test_commit_and_hang_up(self):
		archive = self.http()
		process = self.place.start(archive, stage=True)
		process.outcome()
		process.decide("commit")
		process.wait()
		self.assertEqual(payload(archive), b"new data")


if __name__ == "__main__":
	unittest.main()
