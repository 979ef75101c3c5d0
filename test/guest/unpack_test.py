#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
The built-in updater with all that context.json may ask of it, in the real sandbox: each format, each way to lie in it, sums, feeds,
headers.  Whatever fails leaves the archive as it was.
"""
import hashlib
import json
import os
import re
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "server"), os.path.join(HERE, "..", "refresh")]
import client
from commands import CommandCase
from packs import *
from refresher import BUILD, HELPERS, Place, ServerCase, entry, payload, print_of

DATA = b"".join(b"%d,%d\n" % (i, i * i) for i in range(30000))
OTHER = b"not this one\n"
GIB = 1 << 30


def sha256(data):
	return hashlib.sha256(data).hexdigest()


class UnpackTest(ServerCase):
	@classmethod
	def setUpClass(cls):
		super().setUpClass()
		cls.compiled = Place()	# the updater, for all tests

	@classmethod
	def tearDownClass(cls):
		super().tearDownClass()
		cls.compiled.__exit__()

	def setUp(self):
		self.server.reset()
		self.place = self.compiled
		self.origins = [self.server.origin(), self.server.origin("other")]
		self.place.grant(self.origins)

	def archive(self, old=b"old", urls=("/d",), policy=None, **plan):
		context = dict({"v": 1, "urls": [self.server.url(path) for path in urls]}, **plan)
		return self.place.archive("a.sync", old, context=context, hosts=self.origins, policy=policy)

	def gives(self, body, expected=DATA, **plan):
		"""Published like this, the payload becomes the data."""
		self.server.content("/d", body)
		archive = self.archive(**plan)
		outcome = self.place.refresh(archive, force=True)
		self.assertEqual(outcome["kind"], "updated", outcome.get("error"))
		self.assertEqual(payload(archive), expected)

	def refused(self, body, text, **plan):
		"""Published like this, nothing changes, and the reason has this text."""
		if body is not None:
			self.server.content("/d", body)
		archive = self.archive(**plan)
		before = print_of(archive)
		outcome = self.place.refresh(archive, force=True)
		self.assertEqual(outcome["kind"], "failed", outcome)
		self.assertIn(text, outcome["error"]["message"])
		self.assertEqual(print_of(archive), before)
		self.assertEqual(self.place.leftovers(), [])
		return outcome["error"]

	# ---- compression ----

	def test_compressed(self):
		for step, packed in (("gz", gzip.compress(DATA)), ("xz", lzma.compress(DATA)), ("zst", zst(DATA))):
			with self.subTest(step):
				self.gives(packed, unpack=[step])
				self.gives(packed * 2, DATA * 2, unpack=[step])	# members, frames, streams in a row
				self.gives(gzip.compress(packed), unpack=["gz", step])

	def test_compressed_badly(self):
		for step, packed in (("gz", gzip.compress(DATA)), ("xz", lzma.compress(DATA)), ("zst", zst(DATA))):
			for cut in (0, 1, 9, len(packed) // 2, len(packed) - 1):
				with self.subTest(step, cut=cut):
					self.refused(packed[:cut], "breaks off", unpack=[step])
			with self.subTest(step):
				self.refused(packed + b"garbage is no header", "is damaged", unpack=[step])
				self.refused(DATA, "is damaged, or none", unpack=[step])
		spoiled = bytearray(gzip.compress(DATA))
		spoiled[-5] ^= 1
		self.refused(bytes(spoiled), "incorrect", unpack=["gz"])
		self.refused(gzip.compress(b""), "unpacks to nothing", unpack=["gz"])
		self.gives(gzip.compress(b""), b"", unpack=["gz"], allow_empty=True)

	def test_bombs_stop_at_the_largest_payload(self):
		policy = {"max_payload": 1 << 20}
		bombs = {
			"gz": gz_zeros(10 * GIB),
			"zst": zst(b"", zeros=10 * GIB),
			"xz": lzma.compress(bytes(1 << 26)) * 16,
			"tar:big": gzip.compress(tar([("big", bytes(1 << 22))])),
			"zip:big": zip_of([("big", bytes(1 << 22))]),
		}
		for step, body in bombs.items():
			with self.subTest(step):
				error = self.refused(body, "payload", unpack=[step], policy=policy)
				self.assertEqual(error["code"], -10, error)

	def test_memory_asked_for_is_not_given(self):
		self.refused(xz_with_dictionary(DATA, 40), "more memory", unpack=["xz"])
		self.refused(zst(DATA, window=0xa8), "more memory", unpack=["zst"])	# 2 GiB
		self.gives(xz_with_dictionary(DATA, 28), unpack=["xz"])			# 64 MiB, as xz -9 has
		self.gives(zst(DATA, window=0x88), unpack=["zst"])			# 128 MiB, as zstd --long has

	# ---- tar ----

	def test_tar(self):
		members = [("b", OTHER), ("dir/" + "x" * 150 + "/data.csv", DATA), ("c", b"")]
		for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
			body = tar(members, form)
			for pack in (bytes, gzip.compress, lzma.compress, zst):
				with self.subTest(form=form, pack=pack.__name__):
					self.gives(pack(body), unpack=["tar:" + members[1][0]])
		self.gives(gzip.compress(body), unpack=["gz", "tar:" + members[1][0]])
		self.gives(tar([("data.csv", DATA), ("d\u00e4ta", OTHER)], tarfile.PAX_FORMAT), OTHER, unpack=["tar:d\u00e4ta"])

	def test_tar_that_lies(self):
		body = tar([("data.csv", DATA), ("b", OTHER)])
		step = ["tar:data.csv"]
		self.refused(tar([("a", OTHER), ("b", OTHER)]), 'no member "data.csv"; of its 2 files some are a, b', unpack=step)
		self.refused(tar_patched(body, 124, b"77777777777\0"), "breaks off", unpack=step)
		self.refused(tar_patched(body, 124, b"\x80" + b"\0" * 4 + b"\x7f" * 7), "breaks off", unpack=step)
		self.refused(tar_patched(body, 124, b"\xff" * 12), "size that is no number", unpack=step)
		self.refused(tar_patched(body, 124, b"0000000001z\0"), "size that is no number", unpack=step)
		self.refused(tar_patched(body, 124, b"00000000010\0"), "damaged", unpack=step)
		self.refused(patched(body, 0, b"D"), "no tar archive", unpack=step)
		self.refused(tar([("data.csv", DATA), ("data.csv", OTHER)]), "two members", unpack=step)
		self.refused(body[:len(DATA)], "breaks off", unpack=step)
		self.refused(tar([("b", b"")])[:512], "breaks off", unpack=step)
		self.refused(body + b"x" * 512, "behind its end", unpack=step)
		self.refused(gzip.compress(body)[:-4], "breaks off", unpack=step)
		self.refused(b"BZh91AY", "bzip2", unpack=step)
		self.refused(DATA, "no tar archive", unpack=step)
		for kind, text in ((tarfile.SYMTYPE, "link"), (tarfile.LNKTYPE, "link"), (tarfile.DIRTYPE, "folder"), (tarfile.CHRTYPE, "no plain file")):
			info = tarfile.TarInfo("data.csv")
			info.type, info.linkname = kind, "b"
			name = "data.csv/" if kind == tarfile.DIRTYPE else "data.csv"
			self.refused(tar([info]), text, unpack=["tar:" + name])
		self.refused(tar_patched(tar([("d", DATA)]), 156, b"5"), "where none can be", unpack=["tar:d"])
		info = tarfile.TarInfo("b")
		info.pax_headers = {"size": "18446744073709551617"}
		self.refused(tar([info], tarfile.PAX_FORMAT), "pax header", unpack=step)

	# ---- zip ----

	def test_zip(self):
		members = [("b", OTHER), ("data.csv", DATA), ("c", b"")]
		step = ["zip:data.csv"]
		for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED):
			for zip64 in (False, True):
				with self.subTest(method=method, zip64=zip64):
					self.gives(zip_of(members, method, zip64=zip64), unpack=step)
		self.gives(zip_deflated_stream(members), unpack=step)
		self.gives(zip_of([("data.csv", b"")]), b"", unpack=step, allow_empty=True)
		self.gives(zip_of(members), OTHER, unpack=["zip:b"])

	def test_zip_that_lies(self):
		body = zip_of([("data.csv", DATA), ("b", OTHER)])
		stored = zip_of([("data.csv", DATA), ("b", OTHER)], zipfile.ZIP_STORED)
		step = ["zip:data.csv"]
		central = body.index(b"PK\1\2")
		self.refused(body, 'no member "a"; of its 2 files some are data.csv, b', unpack=["zip:a"])
		self.refused(patched(body, 6, b"\1"), "encrypted", unpack=step)
		self.refused(patched(body, 8, b"\x0c"), "another compression", unpack=step)
		self.refused(patched(body, 14, bytes(4)), "checksum", unpack=step)
		self.refused(patched(body, 22, b"\1\0\0\0"), "checksum", unpack=step)
		self.refused(patched(body, 18, b"\1\0\0\0"), "checksum", unpack=step)
		self.refused(patched(stored, 18, b"\1\0\0\0\1\0\0\0"), "checksum", unpack=step)
		self.refused(patched(stored, 18, b"\xff\xff\xff\x7f\xff\xff\xff\x7f"), "", unpack=step)
		for at in (10, 16, 20, 24, 42):		# method, checksum, sizes, place
			self.refused(patched(body, central + at, b"\x7f"), "directory says something else", unpack=step)
		self.refused(patched(body, central + 46, b"D"), "leaves the member out", unpack=step)
		self.refused(patched(body, body.rindex(b"PK\5\6") + 10, b"\1"), "directory is not that", unpack=step)
		self.refused(body[:-1], "breaks off", unpack=step)
		self.refused(body[:central], "breaks off", unpack=step)
		self.refused(body + b"x", "behind its end", unpack=step)
		self.refused(b"x" + body, "no ZIP archive", unpack=step)
		self.refused(stored[:stored.index(b"PK\1\2")] + b"gap" + stored[stored.index(b"PK\1\2"):], "unknown between", unpack=step)
		self.refused(DATA, "no ZIP archive", unpack=step)
		self.refused(zip_of([("data.csv", DATA)], zipfile.ZIP_STORED, stream=True), "does not say where", unpack=step)
		twice = zip_of([("data.csv", DATA), ("data.csX", OTHER)]).replace(b"data.csX", b"data.csv")
		self.refused(twice, "two members", unpack=step)

	# ---- sums ----

	def test_expected(self):
		packed = gzip.compress(DATA)
		self.gives(packed, unpack=["gz"], expect="sha256:" + sha256(packed))
		self.gives(DATA, expect="sha256:" + sha256(DATA).upper())
		for lines in ("%s  d\n", "%s *d", "0" * 64 + "  other\n%s  ./d\n", "SHA256 (d) = %s\n", "SHA2-256(d)= %s", "%s", "\n%s  d\r\n"):
			with self.subTest(lines):
				self.server.content("/SHA256SUMS", (lines % sha256(packed)).encode())
				self.gives(packed, unpack=["gz"], expect=self.server.url("/SHA256SUMS"))
		self.gives(packed, unpack=["gz"], expect="SHA256SUMS")

	def test_not_expected(self):
		wrong = "sha256:" + "ab" * 32
		for body, plan in ((DATA, {}), (gzip.compress(DATA), {"unpack": ["gz"]}), (tar([("d", DATA)]), {"unpack": ["tar:d"]}), (zip_of([("d", DATA)]), {"unpack": ["zip:d"]})):
			message = self.refused(body, "ab" * 32, expect=wrong, **plan)["message"]
			self.assertIn(sha256(body), message)
		for sums, text in ((b"", "no SHA-256 of d"), (b"0" * 64 + b"  e\n", "no SHA-256 of d"), (b"0" * 64 + b"  a/d\n" + b"1" * 64 + b"  b/d\n", "several"), (bytes(5 << 20), "larger")):
			self.server.content("/sums", sums)
			self.refused(DATA, text, expect="/sums")
		self.server.content("/sums", b"", status=404)
		self.refused(DATA, "404", expect="/sums")

	def test_known_data_is_not_fetched(self):
		self.server.content("/sums", (sha256(DATA) + "  d\n").encode())
		for plan, asked in (({"expect": "/sums"}, ["/sums"]), ({"expect": "sha256:" + sha256(DATA)}, [])):
			self.server.content("/d", b"never asked for")
			before = len(self.server.log())
			outcome = self.place.refresh(self.archive(old=DATA, **plan), force=True)
			self.assertEqual(outcome["kind"], "unchanged", outcome)
			self.assertEqual([entry["target"] for entry in self.server.log()[before:]], asked)

	# ---- feeds, mirrors, headers ----

	def test_feed(self):
		packed = gzip.compress(DATA)
		self.server.content("/v2/data.csv.gz", packed)
		self.server.content("/v2/sums", (sha256(packed) + "  data.csv.gz\n").encode())
		assets = [{"name": "notes", "url": "x"}, {"name": "data-2.csv.gz", "url": "../v2/data.csv.gz"}]
		self.server.content("/feed/latest", json.dumps({"a/b": {"~": assets}, "absolute": self.server.url("/v2/data.csv.gz", "other"), "number": 1, "ftp": "ftp://h/"}).encode())
		plan = {"urls": ["/feed/latest"], "unpack": ["gz"]}
		for pointer in ("/a~1b/~0/1/url", "/a~1b/~0/name=data-*.gz/url", "/absolute"):
			with self.subTest(pointer):
				self.gives(b"", json_url=pointer, expect="sums" if pointer != "/absolute" else "sha256:" + sha256(packed), **plan)
		for pointer, text in (("/a~1b/~0/2/url", 'only as far as "/a~1b/~0"'), ("/none", 'only as far as ""'), ("/number", "no usable URL"), ("/ftp", "no usable URL"),
				("/a~1b", "no usable URL"), ("/a~1b/~0/name=x*/url", "only as far as"), ("/a~1b/~0/01/url", "only as far as"), ("/a~1b/~0/-/url", "only as far as")):
			with self.subTest(pointer):
				self.refused(None, text, json_url=pointer, **plan)
		self.server.content("/feed/latest", b"<html>")
		self.refused(None, "has nothing at /absolute", json_url="/absolute", **plan)

	def test_feed_leads_to_a_host_that_is_not_granted(self):
		self.server.content("/feed", json.dumps({"url": "http://localhost:%d/d" % self.server.ports["http"]}).encode())
		archive = self.archive(urls=("/feed",), json_url="/url")
		self.assertEqual(self.place.refresh(archive, force=True)["kind"], "failed")
		self.assertEqual([entry["target"] for entry in self.server.log()], ["/feed"])

	def test_mirrors(self):
		packed = gzip.compress(DATA)
		for first in (packed[:-1], gzip.compress(OTHER), b"x"):
			self.server.content("/first", first)
			self.gives(packed, urls=("/gone", "/first", "/d"), unpack=["gz"], expect="sha256:" + sha256(packed))
		self.server.content("/first", tar([("e", OTHER)]))
		self.gives(tar([("d", DATA)]), urls=("/first", "/d"), unpack=["tar:d"])

	def test_headers_and_query(self):
		for listener, sent in (("http", True), ("other", False)):
			self.server.reset()
			self.server.content("/feed", json.dumps({"url": self.server.url("/d", listener)}).encode())
			self.gives(DATA, urls=("/feed",), json_url="/url", headers={"X-Key": "v"}, query={"a b": "c&d/\u00e9", "e": ""})
			feed, data = self.server.log()
			self.assertEqual(feed["target"], "/feed?a%20b=c%26d%2F%C3%A9&e=")
			self.assertIn(["X-Key", "v"], feed["headers"])
			self.assertEqual(data["target"], "/d?a%20b=c%26d%2F%C3%A9&e=" if sent else "/d")
			self.assertEqual(["X-Key", "v"] in data["headers"], sent)
		self.server.content("/p", DATA)
		self.gives(b"", urls=("/p?x=1#part",), query={"y": "2"})
		self.assertEqual(self.server.log()[-1]["target"], "/p?x=1&y=2")

	def test_unchanged_after_unpacking(self):
		self.server.content("/d", gzip.compress(DATA), headers={"ETag": '"1"'})
		archive = self.archive(unpack=["gz"])
		self.assertEqual(self.place.refresh(archive, force=True)["kind"], "updated")
		outcome = self.place.refresh(archive, force=True)
		self.assertEqual((outcome["kind"], outcome["requests"][0]["status"]), ("unchanged", 304))

	def test_calls_that_make_no_sense(self):
		with open(os.path.join(BUILD, "test", "guests", "decode.wasm"), "rb") as f:
			archive = self.place.archive("a.sync", b"old data", wasm=f.read(), context="context", hosts=self.origins)
		outcome = self.place.refresh(archive, force=True)
		self.assertEqual(outcome["kind"], "updated", outcome.get("error"))
		self.assertEqual(payload(archive), b" context")	# the byte copied on the way, and the context

	# ---- the page itself ----

	def test_context(self):
		for plan, text in (
				({"unpak": ["gz"]}, 'unknown key "unpak"; known are v, urls, headers, query, json_url, expect, unpack, allow_empty'),
				({"v": 2}, 'expected "v": 1'), ({"unpack": "gz"}, "no list"), ({"unpack": ["bz2"]}, "unknown step"), ({"unpack": ["tar:"]}, "unknown step"),
				({"unpack": ["tar:a", "gz"]}, "must be last"), ({"unpack": ["gz"] * 5}, "more than 4"), ({"expect": "sha256:12"}, "no SHA-256"), ({"expect": 1}, "no text"),
				({"json_url": "a"}, "no JSON pointer"), ({"json_url": "/~2"}, "no JSON pointer"), ({"allow_empty": 1}, "neither true nor false"),
				({"headers": {"A": 1}}, "not text"), ({"query": {"A": 1}}, "not text"), ({"query": []}, "not text")):
			with self.subTest(plan):
				self.refused(b"data", text, **plan)

	def test_page_of_the_manual(self):
		"""The keys that the page and the schema list are those that the updater knows."""
		root = os.path.join(HERE, "..", "..")
		with open(os.path.join(root, "guest", "updaters", "plan.c")) as f:
			known = set(re.findall(r'json_is\(name, "(\w+)"\)', f.read()))
		with open(os.path.join(root, "doc", "schema", "context.json")) as f:
			self.assertEqual(set(json.load(f)["properties"]), known)
		with open(os.path.join(root, "doc", "built-in-updater.md")) as f:
			self.assertEqual(set(re.findall(r"^\| `(\w+)` \|", f.read(), re.M)), known)


class CreateTest(CommandCase):
	"""The same from the command line: options, names, grants, and a first version by the updater itself."""

	def dotsync(self, *words, **keys):
		return super().dotsync(*words, **keys).decode()

	def context(self, name):
		return json.loads(entry(os.path.join(self.place.files, name), "context.json"))

	def test_names_and_types(self):
		packed = gzip.compress(DATA)
		for path, options, name in (("/data.csv.gz", ["--unpack", "gz"], "data.csv"), ("/x.tgz", ["--unpack", "tar:a/data.csv"], "data.csv"), ("/dump", ["--unpack=gz,zip:d/data.csv"], "data.csv")):
			body = {"/data.csv.gz": packed, "/x.tgz": gzip.compress(tar([("a/data.csv", DATA)])), "/dump": gzip.compress(zip_of([("d/data.csv", DATA)]))}[path]
			with self.subTest(path):
				self.server.content(path, body, headers={"Content-Type": "application/octet-stream", "ETag": '"1"', "Cache-Control": "max-age=7200"})
				told = json.loads(self.dotsync("create", "--json", "--from", self.server.url(path), *options))
				self.assertEqual((told["name"], told["content_type"], told["payload_size"], told["ttl"]), (name, "text/csv", len(DATA), 7200))
				self.assertEqual(self.dotsync("cat", name + ".sync"), DATA.decode())
				with open(self.place.path("plain"), "w") as f:
					self.assertEqual(os.stat(os.path.join(self.place.files, name + ".sync")).st_mode, os.fstat(f.fileno()).st_mode)
				before = len(self.server.log())
				self.assertIn("unchanged", self.dotsync("refresh", "--force", name + ".sync"))
				self.assertEqual(dict(self.server.log()[before]["headers"])["If-None-Match"], '"1"')
				os.unlink(os.path.join(self.place.files, name + ".sync"))
		self.assertEqual(self.place.leftovers(), [])

	def test_feed_is_followed_and_granted(self):
		packed = gzip.compress(DATA)
		self.server.content("/data-7.csv.gz", packed)
		self.server.content("/SHA256SUMS", (sha256(packed) + "  data-7.csv.gz\n").encode())
		self.server.content("/latest.json", json.dumps({"assets": [{"name": "data-7.csv.gz", "url": self.server.url("/data-7.csv.gz", "other")}]}).encode())
		pointer = "/assets/name=data-*.csv.gz/url"
		told = json.loads(self.dotsync("create", "--json", "--from", self.server.url("/latest.json"), "--json-url", pointer, "--unpack", "gz", "--expect", "SHA256SUMS", "-o", "d.sync"))
		self.assertEqual(told["content_type"], "text/csv")
		self.assertEqual(told["final_url"], self.server.url("/data-7.csv.gz", "other"))
		self.assertEqual(sorted(told["granted"]["hosts"]), sorted([self.server.origin(), self.server.origin("other")]))
		self.assertEqual(self.context("d.sync"), {"v": 1, "urls": [self.server.url("/latest.json")], "json_url": pointer, "expect": "SHA256SUMS", "unpack": ["gz"]})
		self.server.content("/data-7.csv.gz", gzip.compress(OTHER))
		self.assertIn("expected " + sha256(packed), self.dotsync("refresh", "--force", "d.sync", code=75))
		self.server.content("/SHA256SUMS", (sha256(gzip.compress(OTHER, mtime=0)) + "  data-7.csv.gz\n").encode())
		self.server.content("/data-7.csv.gz", gzip.compress(OTHER, mtime=0))
		self.dotsync("refresh", "--force", "d.sync")
		self.assertEqual(self.dotsync("cat", "d.sync"), OTHER.decode())

	def test_headers_from_options(self):
		self.server.content("/d.csv", DATA)
		with open(os.path.join(self.place.files, "first.csv"), "w"):
			pass
		self.dotsync("create", "--from", self.server.url("/d.tar"), "--unpack=gz,tar:a,b,c", "first.csv")	# not fetched now
		self.assertEqual(self.context("first.csv.sync")["unpack"], ["gz", "tar:a,b,c"])
		self.dotsync("create", "--from", self.server.url("/d.csv"), "--header", "X-Key:  a: b", "--query", "k=v=w")
		self.assertEqual(self.context("d.csv.sync"), {"v": 1, "urls": [self.server.url("/d.csv")], "headers": {"X-Key": "a: b"}, "query": {"k": "v=w"}})
		self.assertEqual(self.server.log()[0]["target"], "/d.csv?k=v%3Dw")

	def test_private_hosts(self):
		"""What was typed may be reached wherever it is; what a feed says may not, unless it is where the feed is."""
		self.server.content("/d.csv.gz", gzip.compress(DATA))
		local = "http://localhost:%d" % self.server.ports["http"]
		self.dotsync("create", "--from", self.server.url("/none"), "--from", local + "/d.csv.gz", "--unpack", "gz", "-o", "a.sync")
		self.server.content("/feed", json.dumps({"url": local + "/d.csv.gz"}).encode())
		words = ["create", "--from", self.server.url("/feed"), "--json-url", "/url", "--unpack", "gz"]
		with tempfile.TemporaryDirectory() as home:	# where nothing is granted yet
			self.place.path = lambda *names: os.path.join(home, *names)
			self.assertIn("address", self.dotsync(*words, "-o", "b.sync", code=75))
			self.dotsync(*words, "--allow-host", local, "-o", "c.sync")
			self.dotsync("refresh", "--force", "c.sync")

	def test_secrets(self):
		value = "Zx81-secret-value"
		with client.Server(tls=True) as tls:
			config = self.place.path("home", ".config", "dotsync")
			os.makedirs(config)
			with open(os.path.join(config, "config.toml"), "w") as f:
				f.write('[network]\nca_file = "%s"\n' % tls.ca)
			with open(os.open(self.place.path("key"), os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
				f.write(value)
			source = "=file:%s,host=127.0.0.1:%d" % (self.place.path("key"), tls.ports["https"])
			tls.content("/d.csv.gz", gzip.compress(DATA))
			words = ["--from", tls.url("/d.csv.gz", "https"), "--unpack", "gz", "--header", "Authorization: Bearer {secret:TOKEN}", "--query", "key={secret:KEY}", "-o", "s.sync"]
			self.dotsync("create", *words, code=75)
			self.dotsync("create", *words, "--secret", "TOKEN" + source, "--secret", "KEY" + source + ",query=key")
			self.dotsync("refresh", "--force", "s.sync")
			for request in tls.log():
				self.assertEqual(request["target"], "/d.csv.gz?key=" + value)
				self.assertIn(["Authorization", "Bearer " + value], request["headers"])
			self.assertEqual(len(tls.log()), 2)
		with open(os.path.join(self.place.files, "s.sync"), "rb") as f:
			self.assertNotIn(value.encode(), f.read())
		self.assertIn("--secret is", self.dotsync("create", "--from", "https://h/", "--secret", "TOKEN", code=2))

	def test_context_of_ones_own(self):
		self.server.content("/d.csv.gz", gzip.compress(DATA))
		with open(os.path.join(self.place.files, "c.json"), "w") as f:
			json.dump({"v": 1, "urls": [self.server.url("/d.csv.gz")], "unpack": ["gz"]}, f)
		told = json.loads(self.dotsync("create", "--json", "--from", self.server.url("/d.csv.gz"), "--context", "c.json", "-o", "d.csv.sync"))
		self.assertEqual(told["content_type"], "text/csv")
		self.assertEqual(self.dotsync("cat", "d.csv.sync"), DATA.decode())

	def test_failing_makes_nothing(self):
		self.server.content("/d", DATA)
		self.assertIn("is damaged, or none", self.dotsync("create", "--from", self.server.url("/d"), "--unpack", "gz", code=75))
		self.assertIn("404", self.dotsync("create", "--from", self.server.url("/none"), "--unpack", "gz", code=75))
		self.assertEqual(os.listdir(self.place.files), [])

	def test_what_is_wrong_is_said_before_anything_is_fetched(self):
		url = self.server.url("/d")
		for words, text in (
				(["--unpack", "bz2"], 'not "bz2"'), (["--unpack", "tar:"], "tar:MEMBER"), (["--unpack", "tar:a", "--unpack", "gz"], "come last"), (["--unpack", "gz,xz,gz,xz,gz"], "at most 4"),
				(["--expect", "sha256:12"], "64 hexadecimal digits"), (["--expect", ""], "wants sha256"), (["--json-url", "a"], "JSON pointer"), (["--json-url", "/~"], "~0"),
				(["--header", "a"], "NAME: VALUE"), (["--header", "a: b\nc: d"], "NAME: VALUE"), (["--query", "a"], "NAME=VALUE"), (["--query", "=a"], "NAME=VALUE"),
				(["--unpack", "gz", "--context", "c"], "one or the other"), (["--unpack", "gz", "--profile=sync-rs"], "built-in"), (["--unpack", "gz", "--wasm", "w"], "built-in")):
			with self.subTest(words):
				self.assertIn(text, self.dotsync("create", "--from", url, *words, code=2))
		self.assertIn("--from", self.dotsync("create", "--unpack", "gz", "file", code=2))
		self.assertEqual(self.server.log(), [])


if __name__ == "__main__":
	if not os.path.exists(os.path.join(HELPERS, "dotsync-worker")):
		print("skipped: dotsync-worker is not built")
		sys.exit(77)
	unittest.main()
