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
import client
from refresher import (BUILD, GUESTS, HELPERS, Place, Process, Record, ServerCase, attest, entry, manifest, patch_record, payload, print_of, updater)

REJECTED, HELD, NETWORK, POLICY = -35, -36, -21, -20


class RefreshTest(ServerCase):
	def http(self, old=b"old", path="/data", **keys):
		return self.place.http("a.sync", old, self.server.url(path), **keys)

	def guest(self, context, old=b"old", **keys):
		keys.setdefault("hosts", [self.server.origin()])
		return self.place.archive("g.sync", old, wasm=keys.pop("wasm", "guest"), context=context, **keys)

	def count(self, path="/data"):
		return self.server.counts()["requests"].get(path, 0)

	def refresh(self, archive, kind, **members):
		outcome = self.place.refresh(archive, **members)
		self.assertEqual(outcome["kind"], kind, outcome)
		self.assertEqual(self.place.leftovers(), [])
		return outcome

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

	# ---- several at once, and background ----

	def test_twenty_at_once_are_one_request(self):
		archive = self.http()
		processes = [self.place.start(archive) for _ in range(20)]
		outcomes = [p.outcome() for p in processes]
		for p in processes:
			p.wait()
		self.assertEqual(self.count(), 1)
		self.assertEqual(len({o["generation"] for o in outcomes}), 1)
		self.assertEqual({o["kind"] for o in outcomes} - {"updated", "fresh"}, set())
		self.assertEqual([o["shared"] for o in outcomes if o["kind"] == "updated"].count(False), 1)
		self.assertEqual(payload(archive), b"new data")
		self.assertEqual(self.place.leftovers(), [])

	def test_waiting_for_another_shares_its_result(self):
		for path, kind in (("/slow?size=60&rate=40", "updated"), ("/silent", "failed")):
			archive = self.http(path=path, ttl=0, policy={"timeout": 2})
			first = self.place.start(archive)
			first.wait_for("sandbox")
			second = self.place.start(archive, force=True)
			second.wait_for("waiting")
			a, b = first.outcome(), second.outcome()
			first.wait(), second.wait()
			self.assertEqual((a["kind"], a["shared"], b["kind"], b["shared"]), (kind, False, kind, True))
			self.assertEqual(self.count(path.split("?")[0]), 1)

	def test_background(self):
		archive = self.http()
		process = Process(self.place.job(archive, background=True), arguments=["--detach"])
		process.hang_up()
		self.assertEqual(process.wait(), 0)
		deadline = time.time() + 30
		while payload(archive) != b"new data" and time.time() < deadline:
			time.sleep(0.02)
		self.assertEqual(payload(archive), b"new data")

	def test_background_has_slots(self):
		with open(self.place.path("config", "config.toml"), "w") as f:
			f.write("[refresh]\nslots = 1\n")
		holder = self.place.http("h.sync", b"old", self.server.url("/silent"))
		first = self.place.start(holder, background=True)
		deadline = time.time() + 30
		while not self.count("/silent") and time.time() < deadline:
			time.sleep(0.02)
		second = self.place.start(self.http(), background=True)
		self.assertEqual((second.wait(), self.count()), (0, 0))
		first.kill()
		third = self.place.start(self.http(), background=True)
		self.assertEqual((third.wait(), self.count()), (0, 1))

	# ---- by way of the library ----

	def call(self, how, archive):
		run = subprocess.run([os.path.join(GUESTS, "client"), self.place.folder, HELPERS, how, archive], stdout=subprocess.PIPE, timeout=60)
		return run.stdout.decode().strip()

	def test_library(self):
		archive = self.http()
		self.assertEqual(json.loads(self.call("discard", archive))["outcome"], "updated")
		self.assertEqual((payload(archive), self.place.leftovers()), (b"old", []))
		self.assertEqual(json.loads(self.call("stage", archive))["outcome"], "updated")
		self.assertEqual(payload(archive), b"new data")
		self.assertEqual(json.loads(self.call("run", archive))["outcome"], "fresh")
		archive = self.http(path="/silent")
		self.assertEqual(self.call("cancel", archive), "cancelled")
		self.assertEqual((payload(archive), self.place.leftovers(), os.listxattr(archive)), (b"old", [], []))
		archive = self.http()
		self.assertEqual(self.call("background", archive), "started")
		deadline = time.time() + 30
		while payload(archive) != b"new data" and time.time() < deadline:
			time.sleep(0.02)
		self.assertEqual(payload(archive), b"new data")
		self.assertEqual(self.call("background", archive), "nothing to start")

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

	# ---- the contract ----

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

	# ---- configuration ----

	def test_environment(self):
		"""Variables that libraries would obey: commands get them, the refresher does not."""
		with client.Server(tls=True) as server:
			self.place.grant([server.origin("https")])
			server.content("/data", b"over TLS")
			with open(self.place.path("config", "config.toml"), "w") as f:
				f.write('[network]\nca_file = "%s"\n' % server.ca)
			keys, conf = os.path.join(self.place.files, "keys"), self.place.path("openssl.cnf")
			with open(conf, "w") as f:
				f.write("openssl_conf = c\n[c]\nssl_conf = s\n[s]\nsystem_default = d\n[d]\nMaxProtocol = TLSv1\n")
			given = {"SSLKEYLOGFILE": keys, "OPENSSL_CONF": conf, "RES_OPTIONS": "ndots:1", "OWN": "a b"}
			for check in (None, " && ".join('test "$%s" = "%s"' % item for item in given.items())):
				archive = self.place.http("t.sync", b"old", server.url("/data", "https"))
				members = {"check": check} if check else {}
				process = Process(self.place.job(archive, **members), environment=given)
				self.assertEqual(process.outcome()["kind"], "updated")
				process.wait()
				self.assertFalse(os.path.exists(keys))

	def test_names_of_processes(self):
		archive = self.http(path="/slow?size=100000&rate=20000")
		process = self.place.start(archive)
		process.wait_for("request")
		names = []
		for pid in (process.pid, process.worker()):
			with open("/proc/%d/comm" % pid) as f:
				names.append(f.read())
		process.kill()
		self.assertEqual(names, ["dotsync-refresh\n", "dotsync-worker\n"])

	def test_certificates(self):
		with client.Server(tls=True) as server:
			hosts = [server.origin(name) for name in ("https", "self_signed")]
			self.place.grant(hosts)
			server.content("/data", b"over TLS")
			archive = self.place.http("t.sync", b"old", server.url("/data", "https"))
			self.assertEqual(self.refresh(archive, "failed")["error"]["code"], NETWORK)
			with open(self.place.path("config", "config.toml"), "w") as f:
				f.write('[network]\nca_file = "%s"\n' % server.ca)
			self.refresh(archive, "updated", force=True)
			self.assertEqual(payload(archive), b"over TLS")
			archive = self.place.http("t.sync", b"old", server.url("/data", "self_signed"))
			self.refresh(archive, "failed")

	def test_configuration_with_a_mistake(self):
		with open(self.place.path("config", "config.toml"), "w") as f:
			f.write("[network]\nca_flie = \"/x\"\n")
		archive = self.http()
		outcome = self.refresh(archive, "failed")
		self.assertIn("ca_flie", outcome["error"]["entry"] + outcome["error"]["message"])
		for bad in (b"\xff" * 5000, b"[[[[", b"v = 1\nv = 2\n", b"\0" * 100, b"x" * 2000000):
			with open(self.place.path("config", "config.toml"), "wb") as f:
				f.write(bad)
			error = self.refresh(archive, "failed")["error"]
			self.assertEqual((error["code"], error["rule"]), (-3, "config"))
			self.assertIn("config.toml", error["message"])
		self.assertEqual((self.count(), os.listxattr(archive)), (0, []))

	def test_sandbox_levels(self):
		for level in ("default", "degraded", "strict"):
			outcome = self.place.refresh(self.http(), sandbox=level)
			if outcome["kind"] == "failed":	# a machine without the layers must say which one is missing
				self.assertEqual(outcome["error"]["rule"], "sandbox")
				self.assertRegex(outcome["error"]["message"], "Landlock|network namespace")

	# ---- compiled code ----

	def cached(self):
		folder = self.place.path("cache", "code")
		return [os.path.join(folder, name) for name in os.listdir(folder)]

	def test_code_cache(self):
		archive = self.http()
		self.assertGreater(self.refresh(archive, "updated")["compile_us"], 0)
		file, = self.cached()
		self.assertEqual(stat.S_IMODE(os.stat(file).st_mode), 0o600)
		self.assertEqual(stat.S_IMODE(os.stat(self.place.path("state", "cache.key")).st_mode), 0o600)
		self.assertEqual(self.refresh(archive, "unchanged", force=True)["compile_us"], -1)
		with open(file, "rb") as f:
			sound = f.read()
		other = bytearray(sound)
		other[-100] ^= 1
		engine = bytearray(sound)
		engine[45] ^= 1
		for bad in (bytes(other), bytes(engine), sound[:-1], sound + b"x", b"", b"DSYC"):
			with open(file, "wb") as f:
				f.write(bad)
			self.assertGreater(self.refresh(archive, "unchanged", force=True)["compile_us"], 0)
			self.assertEqual(self.refresh(archive, "unchanged", force=True)["compile_us"], -1)
		# Another key, one that others can read, an entry under another module's name.
		os.unlink(self.place.path("state", "cache.key"))
		self.assertGreater(self.refresh(archive, "unchanged", force=True)["compile_us"], 0)
		os.chmod(self.place.path("state", "cache.key"), 0o644)
		self.assertGreater(self.refresh(archive, "unchanged", force=True)["compile_us"], 0)
		self.refresh(self.guest("nothing"), "unchanged")
		second, = [f for f in self.cached() if f != file]
		shutil.copyfile(second, file)
		self.assertGreater(self.refresh(archive, "unchanged", force=True)["compile_us"], 0)

	def test_without_folders(self):
		archive = self.http()
		job = self.place.job(archive)
		for name in ("config_dir", "state_dir", "cache_dir"):
			del job[name]
		process = Process(job)
		self.assertEqual(process.outcome()["kind"], "updated")
		process.wait()

	# ---- the other jobs ----

	def test_check_job(self):
		process = Process(self.place.job(kind="check"))
		outcome = process.outcome()
		process.wait()
		self.assertEqual(outcome["kind"], "unchanged", outcome)
		self.assertIn("seccomp=P1", outcome["sandbox"])

	def test_fetch_job(self):
		self.server.content("/file", b"x" * 100000, headers={"ETag": '"e"', "Content-Type": "text/csv", "Cache-Control": "max-age=60",
			"Content-Disposition": 'attachment; filename="rates.csv"'})
		with open(self.place.path("body"), "w+b") as f:
			process = Process(self.place.job(kind="fetch", url=self.server.url("/redirect?to=" + self.server.url("/file", "other"))), passed=f.fileno())
			outcome = process.outcome()
			process.wait()
			self.assertEqual(outcome["kind"], "updated", outcome)
			f.seek(0)
			self.assertEqual(f.read(), b"x" * 100000)
		self.assertEqual(outcome["origins"], [self.server.origin(), self.server.origin("other")])
		self.assertEqual(outcome["final_url"], self.server.url("/file", "other"))
		self.assertEqual((outcome["status"], outcome["etag"], outcome["content_type"], outcome["max_age"], outcome["file_name"]),
			(200, '"e"', "text/csv", 60, "rates.csv"))
		for path, members in (("/status/404", {}), ("/bytes?size=1000", {"size_max": 999}), ("/silent", {"timeout_ms": 300}), ("/cut?size=100&at=5", {})):
			process = Process(self.place.job(kind="fetch", url=self.server.url(path), **members))
			self.assertEqual(process.outcome()["kind"], "failed")
			process.wait()

	def test_foreign_build_and_bad_jobs(self):
		outcome = self.refresh(self.http(), "failed", build="00" * 16)
		self.assertEqual(outcome["error"]["rule"], "build")
		for members in ({"sandbox": "none"}, {"nonsense": 1}, {"path": "relative"}):
			process = Process(dict(self.place.job(self.http()), **members))
			self.assertEqual(process.outcome()["kind"], "failed")
			process.wait()
		self.assertEqual(self.count(), 0)

	def test_started_by_hand(self):
		run = subprocess.run([os.path.join(HELPERS, "dotsync-refresh")], stderr=subprocess.PIPE)
		self.assertEqual(run.returncode, 2)
		self.assertIn(b"part of dotsync", run.stderr)


if __name__ == "__main__":
	unittest.main()
