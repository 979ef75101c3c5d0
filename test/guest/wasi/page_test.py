#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""doc/contracts says what the tables of the worker say, and its example works as it stands."""
import os
import re
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.join(HERE, "..", "..", "..")
sys.path[:0] = [os.path.join(HERE, "..", "..", "server"), os.path.join(HERE, "..", "..", "refresh")]
from refresher import ServerCase, payload

WAT2WASM = sys.argv.pop(1)


def read(*names):
	with open(os.path.join(SOURCE, *names)) as f:
		return f.read()


def table(name):
	"""The imports of a contract as {name: type}."""
	return dict(re.findall(r'\{ "(\w+)", "([iI]*:[iI]?)",', read("lib", "runtime", "worker", "src", name)))


class PageTest(ServerCase):
	def test_dotsync_types(self):
		page = read("doc", "contracts", "dotsync.md")
		listed = re.search(r"the result I everywhere: (.*?)\.\n\n", page, re.S).group(1)
		types = dict(re.findall(r"`(\w+)(?: ([iI]+))?`", listed))
		self.assertEqual({name: (letters or "") + ":I" for name, letters in types.items()}, table("contract_dotsync.c"))
		for name in types:
			self.assertRegex(page, r"\| `%s` \|" % name)

	def test_wasi_names(self):
		page = read("doc", "contracts", "wasi.md")
		names = table("contract_wasi.c")
		self.assertEqual(len(names), 46)
		rows = "".join(line for line in page.split("## Refusals")[0].split("\n") if line.startswith("|"))
		self.assertEqual([name for name in names if "`%s`" % name not in rows], [])

	def test_refusals(self):
		"""Each message of the page is one that the table of the test expects."""
		shown = re.findall(r"^\| [^|`]+ \| `(.*?)`", read("doc", "contracts", "README.md").split("## What is refused")[1], re.M)
		expected = read("lib", "runtime", "worker", "test", "contract_test.c").replace('\\"', '"')
		for macro, text in re.findall(r'#define (\w+) "(.*)"\n', expected):
			expected = expected.replace(macro + ' "', text)
		self.assertGreater(len(shown), 7)
		self.assertEqual([text for text in shown if text.split("…")[0] not in expected], [])

	def test_example(self):
		asked = "https://example.com/data.txt"
		text = re.search(r"```wat\n(.*?)```", read("doc", "contracts", "dotsync.md"), re.S).group(1)
		self.assertEqual(text.count(asked), 1)
		url = self.server.url("/").ljust(len(asked), "m")
		self.assertEqual(len(url), len(asked))
		self.server.content(url[len(self.server.origin()):], b"new data", headers={"ETag": '"1"'})
		source, module = self.place.path("example.wat"), self.place.path("example.wasm")
		with open(source, "w") as f:
			f.write(text.replace(asked, url))
		subprocess.run([WAT2WASM, source, "-o", module], check=True)
		with open(module, "rb") as f:
			archive = self.place.archive("a.sync", b"old", wasm=f.read(), hosts=[self.server.origin()])
		self.assertEqual(self.place.refresh(archive)["kind"], "updated")
		self.assertEqual(payload(archive), b"new data")
		self.assertEqual(self.place.refresh(archive, force=True)["kind"], "unchanged")
		heads = [dict((n.lower(), v) for n, v in e["headers"]) for e in self.server.log()]
		self.assertEqual([h.get("if-none-match") for h in heads], [None, '"1"'])


if __name__ == "__main__":
	unittest.main()
