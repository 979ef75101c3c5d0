#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""What configuration, environment and machine decide about a refresh."""
import base64
import json
import os
import shutil
import subprocess
import sys
import unittest
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "server"))
import client
from refresher import Process, Record, RefreshCase, attest, entry, payload, updater_path

LIMIT, NETWORK, TIMEOUT = -10, -21, -22


class ConfigTest(RefreshCase):
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

	def configure(self, text):
		with open(self.place.path("config", "config.toml"), "w") as f:
			f.write(text)

	def test_payload_limit_of_the_machine(self):
		"""The manifest bounds its updater, and the configuration bounds the manifest."""
		self.configure("[refresh]\nmax_payload = \"1000K\"\n")
		archive = self.http(path="/bytes?size=1024001", policy={"max_payload": 1 << 40})
		error = self.refresh(archive, "failed")["error"]
		self.assertEqual((error["code"], error["expected"]), (LIMIT, "at most 1024000 bytes"))
		self.assertIn("max_payload in config.toml", error["hint"])
		self.assertIn("1024000 bytes of payload (max_payload of config.toml)", self.refresh(archive, "explained", explain=True)["explanation"])
		self.refresh(self.http(path="/bytes?size=1024000", policy={"max_payload": 1 << 40}), "updated")
		# what costs the guest nothing is bounded as well
		archive = self.guest("sources", b"x" * 1000000, policy={"max_payload": 1 << 60})
		self.assertEqual(self.refresh(archive, "failed")["error"]["code"], LIMIT)
		error = self.refresh(self.http(path="/bytes?size=2000", policy={"max_payload": 1000}), "failed")["error"]
		self.assertIn("policy.max_payload", error["hint"])

	@staticmethod
	def make_hole(path, size, **replaced):
		"""The archive's payload becomes a hole; its CRC is wrong, which nobody reads.  What is replaced has _ for the dot of its name."""
		with zipfile.ZipFile(path) as z:
			others = [(i.filename, replaced.get(i.filename.replace(".", "_"), z.read(i))) for i in z.infolist() if i.filename != "payload"]
		os.unlink(path)	# with its attributes
		with zipfile.ZipFile(path, "w") as z:
			for name, data in others:
				z.writestr(name, data)
			hole = zipfile.ZipInfo("payload", (1980, 1, 1, 0, 0, 0))
			hole.CRC, hole.file_size, hole.compress_size = 0, size, size
			hole.header_offset = z.start_dir
			z.fp.seek(z.start_dir)
			z.fp.write(hole.FileHeader(zip64=True))
			z.start_dir = z.fp.tell() + size
			z.fp.truncate(z.start_dir)
			z.filelist.append(hole)
		return path

	def test_time_to_compare_is_bounded(self):
		"""Validators inside an archive count only with their payload; to hash a hole of a tebibyte for that is not worth it."""
		archive = self.http(policy={"timeout": 2})
		self.refresh(archive, "updated")
		said = json.loads(entry(archive, "sync.attest"))
		body = attest(archive)
		body["payload"]["size"] = 1 << 40
		said["payload"] = base64.b64encode(json.dumps(body).encode()).decode()
		self.make_hole(archive, 1 << 40, sync_attest=json.dumps(said))
		error = self.refresh(archive, "failed", force=True)["error"]
		self.assertEqual(error["code"], TIMEOUT, error)
		self.assertEqual(self.count(), 1)

	def test_time_of_the_host_is_bounded(self):
		"""To copy a huge hole costs the guest one call; to hash it would cost the host a minute, which the background does not have."""
		self.configure("[refresh]\nfinish_timeout = 1\nmax_payload = \"1T\"\n")
		archive = self.make_hole(self.guest("sources", policy={"timeout": 30, "max_payload": 1 << 40}), 64 << 30)
		before = os.stat(archive)
		process = self.place.start(archive, background=True)
		self.assertEqual(process.wait(), 0)
		record = Record(archive)
		self.assertEqual((record.last_code, record.failures), (TIMEOUT, 1), record.last_error)
		self.assertIn("putting the new version together took too long", record.last_error)
		after = os.stat(archive)
		self.assertEqual((after.st_ino, after.st_size, after.st_mtime), (before.st_ino, before.st_size, before.st_mtime))
		self.assertEqual(self.place.leftovers(), [])

	@unittest.skipIf(os.geteuid() == 0 and not shutil.which("setpriv"), "root may open everything, and setpriv is missing to be somebody else")
	def test_umask_that_hides_all(self):
		"""What is made is its maker's to open again: archive, state, key and cache."""
		script = """
import os, sys
sys.path.insert(0, sys.argv[1])
from refresher import Place, Process, payload
with Place() as place:
	place.grant([sys.argv[2]])
	archive = place.http("a.sync", b"old", sys.argv[2] + "/data", ttl=0)
	os.chmod(archive, 0o640)
	for name in ("state", "cache"):
		os.rmdir(place.path(name))
	os.umask(0o777)
	for kind in ("updated", "unchanged"):
		outcome = place.refresh(archive, to=place.path("plain"))
		assert outcome["kind"] == kind and "error" not in outcome, outcome
		assert kind == "updated" or outcome["compile_us"] == -1, "the code was not kept"
	assert os.stat(archive).st_mode & 0o777 == 0o640
	with open(place.path("plain"), "rb") as f:
		assert (f.read(), payload(archive)) == (b"new data", b"new data")
	assert place.leftovers() == []
"""
		somebody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
		if subprocess.run([*somebody, sys.executable, "-c", "import os, sys; open(sys.argv[1])", updater_path("http")], stderr=subprocess.DEVNULL).returncode != 0:
			self.skipTest("another user cannot reach the build folder")
		run = subprocess.run([*somebody, sys.executable, "-c", script, os.path.dirname(os.path.abspath(__file__)), self.server.origin()], stderr=subprocess.PIPE)
		self.assertEqual(run.returncode, 0, run.stderr.decode())

	def test_sandbox_levels(self):
		for level in ("default", "degraded", "strict"):
			outcome = self.place.refresh(self.http(), sandbox=level)
			if outcome["kind"] == "failed":	# a machine without the layers must say which one is missing
				self.assertEqual(outcome["error"]["rule"], "sandbox")
				self.assertRegex(outcome["error"]["message"], "Landlock|network namespace")

	def test_without_folders(self):
		archive = self.http()
		job = self.place.job(archive)
		for name in ("config_dir", "state_dir", "cache_dir"):
			del job[name]
		process = Process(job)
		self.assertEqual(process.outcome()["kind"], "updated")
		process.wait()


if __name__ == "__main__":
	unittest.main()
