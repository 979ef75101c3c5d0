#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
sdk_test.py c|rust|go|assemblyscript: the four examples and the template of one language in the real sandbox.  All
languages pass the same tests, so an example does the same in each.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "refresh")]
from commands import CommandCase
from refresher import BUILD, HELPERS, Process, entry, payload, print_of

SDK = os.path.join(os.environ["DOTSYNC_SOURCE"], "guest")
DATA = "https://example.com/data.txt"
ITEMS = "https://example.com/items?page=1"


def address(wasm, url, path):
	"""The module with another address of the same length in the place of `url`; the strings of AssemblyScript are UTF-16."""
	encoding = "utf-16-le" if LANGUAGE == "assemblyscript" else "ascii"
	assert wasm.count(url.encode(encoding)) == 1 and len(path) == len(url)
	return wasm.replace(url.encode(encoding), path.encode(encoding))


class SdkTest(CommandCase):
	def example(self, name, url=None):
		"""The module, and the path that it asks for instead of `url`."""
		with open(os.path.join(BUILD, "test", "guests", LANGUAGE, name + ".wasm"), "rb") as f:
			wasm = f.read()
		return self.redirect(wasm, url) if url else wasm

	def redirect(self, wasm, url):
		ours = self.server.url("/").ljust(len(url), "m")
		return address(wasm, url, ours), ours[len(self.server.origin()):]

	def make(self, name, wasm, old, context=None, host=None):
		words = ["create", self.file(name, old), "--wasm", self.file("updater.wasm", wasm), "--allow-host", host or self.server.origin()]
		if context is not None:
			words += ["--context", self.file("context.json", json.dumps(context).encode())]
		self.dotsync(*words)
		return name + ".sync"

	def refresh(self, archive, expected):
		self.dotsync("refresh", "--force", archive)
		self.assertEqual(self.dotsync("cat", archive), expected)

	def fails(self, archive, *said):
		"""A refresh that fails, says these words and changes nothing."""
		path = os.path.join(self.place.files, archive)
		before = print_of(path)
		out = self.dotsync("refresh", "--force", archive, code=75)
		for words in said:
			self.assertIn(words, out)
		self.assertEqual(print_of(path), before)
		self.assertEqual(self.place.leftovers(), [])

	# ---- mirror ----

	def test_mirror(self):
		wasm, path = self.example("mirror", DATA)
		self.server.content(path, b"new data", headers={"ETag": '"1"'})
		archive = self.make("a.txt", wasm, b"old data")
		self.refresh(archive, b"new data")
		self.refresh(archive, b"new data")
		first, second = (dict((n.lower(), v) for n, v in asked["headers"]) for asked in self.server.log())
		self.assertEqual(first["accept"], "text/plain")
		self.assertEqual((first.get("if-none-match"), second.get("if-none-match")), (None, '"1"'))
		self.server.content(path, b"not found", status=404)
		self.fails(archive)
		self.server.content(path, b"half a payload, and no more", cut=10)
		self.fails(archive)

	def test_host_that_is_not_granted(self):
		wasm, path = self.example("mirror", DATA)
		self.server.content(path, b"new data")
		archive = self.make("a.txt", wasm, b"old data", host=self.server.origin("other"))
		self.fails(archive)
		self.assertEqual(self.server.log(), [])

	# ---- table ----

	def table(self):
		wasm, path = self.example("table", ITEMS)
		return self.make("items.csv", wasm, b"id,name,price\n"), path

	def serve(self, path, *rows, more=None, status=200):
		self.server.content(path, json.dumps({"count": 3, "next": more, "results": rows}).encode(), status=status)

	def test_table(self):
		archive, path = self.table()
		self.serve(path, {"price": 1.50, "id": 1, "name": "one"}, {"id": 2, "name": 'a "b", c', "price": -2e3}, more=self.server.url("/two?a=1&b=2"))
		self.serve("/two", {"id": 3, "name": "l\u00edne\n\U0001f600\\", "price": None, "tags": [{"x": []}, True]}, more=self.server.url("/three"))
		self.serve("/three")
		self.refresh(archive, 'id,name,price\n1,one,1.5\n2,"a ""b"", c",-2000.0\n3,"l\u00edne\n\U0001f600\\",\n'.encode())
		self.assertEqual([asked["target"] for asked in self.server.log()], [path, "/two?a=1&b=2", "/three"])
		self.assertIn(["Accept", "application/json"], self.server.log()[0]["headers"])

	def test_table_of_a_page_that_fails(self):
		archive, path = self.table()
		self.serve(path, {"id": 1, "name": "one", "price": 1}, more=self.server.url("/two"))
		self.serve("/two", status=404)
		self.fails(archive)

	def test_table_of_what_is_not_json(self):
		archive, path = self.table()
		for body in (b"", b"<html>", b'{"results": [', b'{"results": [{"id": 1}', b'{"results": [{"id" 1}]}', b'{"results": [{"id": x}]}',
				b'{"results": [{"name": "a]}', b"[" * 100000):
			with self.subTest(body[:30]):
				self.server.content(path, body)
				self.fails(archive)

	# ---- append ----

	def test_append(self):
		context = {"url": self.server.url("/rates"), "fields": ["date", "usd"]}
		archive = self.make("rates.csv", self.example("append"), b"date,usd\n", context)
		rows = b"date,usd\n2024-05-06,1.25\n"
		for date, usd, expected in (("2024-05-06", 1.25, rows), ("2024-05-06", 1.5, rows), ("2024-05-07", 1.75, rows + b"2024-05-07,1.75\n")):
			self.server.content("/rates", json.dumps({"usd": usd, "date": date, "gbp": 2}).encode())
			self.refresh(archive, expected)
		self.server.content("/rates", b'{"date": "2024-05-08"}')
		self.fails(archive, b"the answer does not have the fields that context.json names")
		self.server.content("/rates", b'{"date": "2024-05-08", "usd": "1,5"}')
		self.fails(archive, b"the answer does not have the fields that context.json names")
		self.server.content("/rates", b"gone", status=404)
		self.fails(archive, b"404")

	# ---- push ----

	def test_push_has_nothing_to_fetch(self):
		archive = self.make("a.txt", self.example("push"), b"old data")
		self.refresh(archive, b"old data")
		self.assertEqual(self.server.log(), [])

	def push(self, archive, data):
		with tempfile.TemporaryFile() as f:
			f.write(data)
			f.flush()
			process = Process(self.place.job(archive, push=True, force=True, cache_dir=self.cache.path("cache")), passed=f.fileno())
			outcome = process.outcome(120)
			process.wait()
		return outcome

	def test_push(self):
		wasm, path = self.example("push", DATA)
		self.place.grant([self.server.origin()])
		archive = self.place.archive("p.sync", b"old data", wasm=wasm, hosts=[self.server.origin()], policy={"timeout": 60})
		self.server.content(path, b"thanks", status=201)
		outcome = self.push(archive, b"pushed" * 5000)
		self.assertEqual(outcome["kind"], "updated", outcome)
		self.assertEqual(payload(archive), b"pushed" * 5000)
		asked = self.server.log()[-1]
		self.assertEqual((asked["method"], asked["target"], asked["size"]), ("PUT", path, 30000))
		self.assertIn(["Content-Type", "text/plain"], asked["headers"])
		self.server.content(path, b"not now", status=503)
		self.assertEqual(self.push(archive, b"pushed again")["kind"], "failed")
		self.assertEqual(payload(archive), b"pushed" * 5000)

	# ---- every call ----

	def test_calls(self):
		wasm, path = self.example("calls", DATA)
		self.server.content(path, b"12345678", headers={"X-Thing": "thing"})
		self.dotsync("create", self.file("c.txt", b"old"), "--wasm", self.file("updater.wasm", wasm), "--allow-host", self.server.origin(),
			"--allow-env", "SDK_NAME", "--context", self.file("context.json", b'{"n": 1}'))
		self.assertIn(b"said by the updater", self.dotsync("refresh", "--force", "-v", "c.txt.sync", SDK_NAME="l\u00edne"))
		self.assertEqual(self.dotsync("cat", "c.txt.sync"), ("5678\nread 1234\ncopied 4\nlate 1\nstatus 200\nheader thing\nmissing 1\nsize 8\nclosed 1\n"
			"env l\u00edne\ndenied 1\nreason 1\nsealed 0\nnow 1\nrandom 1\ncontext 1\n").encode())
		self.assertEqual(entry(os.path.join(self.place.files, "c.txt.sync"), "context.json"), b'{"n": 2}')
		asked = self.server.log()[-1]
		self.assertEqual((asked["method"], asked["size"]), ("POST", 4))
		self.assertIn(["X-Name", "value"], asked["headers"])

	# ---- template ----

	def change(self, name, old, new):
		path = os.path.join(self.place.files, "mine", name)
		with open(path) as f:
			text = f.read()
		self.assertEqual(text.count(old), 1, text)
		with open(path, "w") as f:
			f.write(text.replace(old, new))

	def build(self, *commands):
		"""Runs them in the copy of the template; the template's page names each."""
		with open(os.path.join(SDK, LANGUAGE, "template", "README.md")) as f:
			page = f.read()
		for command in commands:
			self.assertIn("`%s`" % command, page)
			done = subprocess.run(["sh", "-c", command], cwd=os.path.join(self.place.files, "mine"), stdin=subprocess.DEVNULL,
				env=dict(os.environ, CARGO_NET_OFFLINE="true", GOPROXY="off", GOTOOLCHAIN="local"),
				stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
			self.assertEqual(done.returncode, 0, done.stdout)

	def template_c(self):
		self.change("Makefile", "SDK = ../..", "SDK = " + SDK)
		self.build("make")

	def template_rust(self):
		if shutil.which("cargo") is None or os.environ["DOTSYNC_RUST_TARGET"] != "wasm32-wasip1":
			self.skipTest("no cargo with the target wasm32-wasip1")
		self.change("Cargo.toml", 'path = ".."', 'path = "%s/rust"' % SDK)
		self.build("cargo build --release --target wasm32-wasip1", "cp target/wasm32-wasip1/release/updater.wasm .")

	def template_go(self):
		self.change("go.mod", "dotsync => ..", "dotsync => %s/go" % SDK)
		self.build('GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -ldflags="-s -w" -o updater.wasm')

	def template_assemblyscript(self):
		modules = os.path.join(self.place.files, "mine", "node_modules")
		os.makedirs(os.path.join(modules, ".bin"))	# what npm install makes of package.json
		os.symlink(os.path.join(SDK, "assemblyscript"), os.path.join(modules, "dotsync"))
		os.symlink(os.environ["DOTSYNC_ASC"], os.path.join(modules, ".bin", "asc"))
		self.build("npm run build")

	def test_template(self):
		folder = os.path.join(self.place.files, "mine")
		shutil.copytree(os.path.join(SDK, LANGUAGE, "template"), folder)
		getattr(self, "template_" + LANGUAGE)()
		with open(os.path.join(folder, "updater.wasm"), "rb") as f:
			wasm, path = self.redirect(f.read(), DATA)
		self.server.content(path, b"new data", headers={"ETag": '"1"'})
		archive = self.make("a.txt", wasm, b"old data")
		self.refresh(archive, b"new data")
		self.refresh(archive, b"new data")
		self.server.content(path, b"not found", status=404)
		self.fails(archive)


if __name__ == "__main__":
	LANGUAGE = sys.argv.pop(1)
	if not os.path.exists(os.path.join(HELPERS, "dotsync-worker")):
		print("skipped: dotsync-worker is not built")
		sys.exit(77)
	unittest.main()
