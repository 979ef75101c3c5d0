# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
What the reference demands of an archive (it was seen to), of all that `create --profile=sync-rs` makes; what it does to an archive when it
changes the payload; and what it makes that others do not.
"""
import glob
import os
import struct
import subprocess
import sys
import tomllib
import unittest
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "server"), os.path.join(HERE, "..", "refresh")]
from guestmaker import SIZE, module
from refresher import BUILD, ServerCase, manifest, payload

VECTORS = os.path.join(os.environ["DOTSYNC_VECTORS"], "reference")
STUB = b"\0asm\1\0\0\0"
TEXTS = [("sync", "version"), ("sync", "content_type"), ("sync", "display_ext"), ("meta", "created_by"), ("meta", "created_at"), ("meta", "hash_algo")]
MANIFEST = """[sync]
version = "1.2"
content_type = "text/plain"
display_ext = "txt"
[meta]
created_by = "me"
created_at = "2026-01-01T00:00:00Z"
hash_algo = "blake3"
"""


class Case(ServerCase):
	def dotsync(self, *words, code=0):
		environment = {"HOME": self.place.path("home"), "PATH": os.environ["PATH"]}
		done = subprocess.run([os.path.join(BUILD, "bin", "dotsync"), *words], cwd=self.place.files, env=environment,
			stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
		self.assertEqual(done.returncode, code, done.stderr)
		return done

	def write(self, name, data):
		with open(os.path.join(self.place.files, name), "wb") as f:
			f.write(data)
		return name

	def path(self, name):
		return os.path.join(self.place.files, name)


def read_file(path):
	with open(path, "rb") as f:
		return f.read()


def data_offset(file, info):
	file.seek(info.header_offset + 26)
	name, extra = struct.unpack("<HH", file.read(4))
	return info.header_offset + 30 + name + extra


class ForTheReferenceTest(Case):
	def check(self, name, data):
		"""It inflates nothing, demands sync.wasm and these keys, reads at the offset that the local header says; the manifest as parsed."""
		with zipfile.ZipFile(self.path(name)) as z:
			self.assertEqual({info.compress_type for info in z.infolist()}, {zipfile.ZIP_STORED})
			names = z.namelist()
			self.assertEqual(names, [n for n in ("manifest.toml", "context.json", "sync.wasm", "sync.attest", "payload") if n in names])
			self.assertTrue(z.read("sync.wasm").startswith(STUB))
			read = tomllib.loads(z.read("manifest.toml").decode())
			with open(self.path(name), "rb") as f:
				offset = data_offset(f, z.getinfo("payload"))
				f.seek(offset)
				self.assertEqual((offset % 4096, f.read(len(data))), (0, data))
		for table, key in TEXTS:
			self.assertIsInstance(read[table][key], str)
		self.assertEqual({type(read["policy"][key]) for key in ("ttl", "timeout")}, {int})
		return read

	def test_payloads(self):
		for data in (b"", b"x", bytes(65536), bytes(range(256)) * 1000):
			self.dotsync("create", "--profile=sync-rs", self.write("a.bin", data), "-f")
			self.check("a.bin.sync", data)

	def test_options(self):
		data = b"a,b\n1,2\n"
		words = ["create", "--profile=sync-rs", self.write("report.csv", data), "-f", "-o", "a.sync"]
		context, updater = self.write("context.json", b"{}"), self.write("u.wasm", module({"run": [SIZE]}))
		for options in ([], ["--context", context], ["--wasm", updater], ["--wasm", updater, "--context", context], ["--ttl=0", "--timeout=1"], ["--ttl=36500000d"],
				["--name=\u540d\u524d \"x\"", "--description=d"], ["--network=none", "--read=owner", "--allow-env=TOKEN"]):
			self.dotsync(*words, *options)
			self.check("a.sync", data)

	def test_manifest_without_policy(self):
		self.dotsync("create", "--profile=sync-rs", self.write("a.txt", b"x"), "--manifest", self.write("m.toml", MANIFEST.encode()))
		self.assertEqual(self.check("a.txt.sync", b"x")["policy"], {"ttl": 3600, "timeout": 30})

	def test_hosts(self):
		"""Compared there without scheme and port; wildcards as ours."""
		for host, asked in (("data.example", ["data.example"]), ("http://data.example", ["http://data.example", "data.example"]),
				("https://data.example:8443", ["https://data.example:8443", "data.example"]), ("data.example:*", ["data.example:*", "data.example"]),
				("*.data.example", ["*.data.example"]), ("http://[::1]:80", ["http://[::1]:80"]), ("::1", ["::1"])):
			self.dotsync("create", "--profile=sync-rs", self.write("a.txt", b"x"), "-f", "--allow-host", host)
			self.assertEqual(self.check("a.txt.sync", b"x")["permissions"]["allow_hosts"], asked)

	def test_from(self):
		self.server.content("/data.csv", b"a,b\n")
		self.dotsync("create", "--profile=sync-rs", "--from", self.server.url("/data.csv"), "-o", "a.sync")
		read = self.check("a.sync", b"a,b\n")
		self.assertEqual(read["permissions"]["allow_hosts"], [self.server.origin(), "127.0.0.1"])
		self.server.content("/data.csv", b"c,d\n")
		self.dotsync("refresh", "--force", "a.sync")
		self.check("a.sync", b"c,d\n")

	def test_large(self):
		"""Past 4 GiB; a hole, so it costs nothing."""
		with open(self.path("a.bin"), "wb") as f:
			f.truncate((1 << 32) + 5)
		self.dotsync("create", "--profile=sync-rs", "a.bin")
		with zipfile.ZipFile(self.path("a.bin.sync")) as z:
			self.assertEqual(z.getinfo("payload").file_size, (1 << 32) + 5)


def update_as_reference(path, data):
	"""Every entry but the payload in its order, Stored; the payload last, where no alignment is; no word about the time."""
	with zipfile.ZipFile(path) as z:
		entries = [(name, z.read(name)) for name in z.namelist() if name != "payload"]
	os.unlink(path)	# the reference renames another file over it
	with zipfile.ZipFile(path, "w") as z:
		for name, content in entries + [("payload", data)]:
			z.writestr(zipfile.ZipInfo(name), content)


class AfterTheReferenceTest(Case):
	def test_changed_payload(self):
		self.server.content("/data", b"first", headers={"ETag": '"1"'})
		self.dotsync("create", "--profile=sync-rs", "--from", self.server.url("/data"), "-o", "a.sync")
		update_as_reference(self.path("a.sync"), b"changed by the reference")
		self.assertEqual(self.dotsync("cat", "--refresh=never", "a.sync").stdout, b"changed by the reference")
		self.assertIn(b"valid", self.dotsync("verify", "a.sync").stdout)
		self.server.reset()
		self.server.content("/data", b"first", headers={"ETag": '"1"'})
		self.dotsync("refresh", "--force", "a.sync")
		self.assertEqual(payload(self.path("a.sync")), b"first")

	@unittest.skipUnless(os.path.isdir(VECTORS), "no reference archives; set DOTSYNC_VECTORS to the folder of the vectors")
	def test_its_archives_refresh(self):
		"""One has a module of the contract host.*, built for it and put in by it; the others have the stub."""
		self.place.grant([], owner="refmake")
		for path in sorted(glob.glob(os.path.join(VECTORS, "*.sync"))):
			name = os.path.basename(path)
			before = payload(path)
			copy = self.write(name, read_file(path))
			kind = self.place.refresh(self.path(copy), force=True)["kind"]
			has_updater = name == "plain-updater.sync"
			self.assertEqual((name, kind), (name, "updated" if has_updater else "no-updater"))
			self.assertEqual(payload(self.path(copy)), b"written by run\n" if has_updater else before)

	def test_name_without_extension(self):
		"""Its store writes an empty display_ext for README."""
		path = self.place.archive("README.sync", b"read me", text=MANIFEST.replace('"txt"', '""'), wasm=STUB)
		self.assertEqual(self.dotsync("cat", path).stdout, b"read me")
		self.assertIn(b"shown as README\n", self.dotsync("info", path).stdout)
		self.dotsync("extract", path)
		self.assertTrue(os.path.exists(self.path("README")))


class NotRepeatedTest(Case):
	def test_ttl_near_the_end_of_numbers(self):
		"""Panics there, in the sum of time and ttl."""
		for ttl in (8200000000001, (1 << 63) - 1):
			path = self.place.archive("a.sync", b"x", text=manifest([], ttl=ttl), wasm=None)
			self.assertIn(b"fresh", self.dotsync("status", path).stdout)

	def test_array_for_a_table(self):
		"""Taken there for the table's fields in their order."""
		path = self.place.archive("a.sync", b"x", text="policy = [3600, 30]\n" + MANIFEST, wasm=None)
		self.assertIn(b"policy", self.dotsync("cat", path, code=8).stderr)

	def test_what_is_unknown_is_no_error(self):
		"""A number past a double is refused there, in keys that mean nothing."""
		deep = "[" * 70 + "1" + "]" * 70
		path = self.place.archive("a.sync", b"x", text=MANIFEST + "[mine]\nhuge = 1e400\ndeep = " + deep + "\n", wasm=None)
		self.assertEqual(self.dotsync("cat", path).stdout, b"x")

	def test_without_updater_and_policy(self):
		path = self.place.archive("a.sync", b"x", text=MANIFEST, wasm=None)
		self.assertEqual(self.dotsync("cat", path).stdout, b"x")

	def test_deflated_manifest(self):
		with zipfile.ZipFile(self.path("a.sync"), "w") as z:
			z.writestr("manifest.toml", MANIFEST + "# " + "a" * 1000, compress_type=zipfile.ZIP_DEFLATED)
			z.writestr("payload", b"x")
		self.assertEqual(self.dotsync("cat", "a.sync").stdout, b"x")

	def test_a_refresh_makes_it_fresh(self):
		"""There it stays expired for ever."""
		path = self.place.http("a.sync", b"old", self.server.url("/data"), created=0, ttl=3600)
		self.assertEqual(self.place.refresh(path)["kind"], "updated")
		self.assertEqual(self.place.refresh(path)["kind"], "fresh")
		with zipfile.ZipFile(path) as z:
			self.assertNotIn(b"1970-01-01", z.read("manifest.toml"))


if __name__ == "__main__":
	unittest.main()
