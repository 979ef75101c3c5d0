#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Modules of every contract that are refused before anything of them runs: exit code 8, what to do, and the archive as it was."""
import os
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "..", "server"), os.path.join(HERE, "..", "..", "refresh")]
from refresher import BUILD, Place, print_of

WAT2WASM = sys.argv.pop(1)
UPDATER = -24
LOUD = "(func $loud unreachable) (start $loud)"	# would be another error if it ran
MEMORY = '(memory (export "memory") 1)'
CASES = {
	"no memory, WASI": ('(import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32))) (memory 1) (func (export "_start"))',
		'no export "memory": expected the module to export its memory by that name'),
	"no memory, host": ('(import "host" "payload_read" (func (param i32 i32 i32) (result i32))) (memory (export "mem") 1) (func (export "run"))',
		'no export "memory"'),
	"no memory, dotsync.v1": ('(import "dotsync.v1" "write" (func (param i32 i32) (result i64))) (func (export "run"))', 'no export "memory"'),
	"unknown": ('(import "dotsync.v1" "lunch" (func (param i32) (result i64)))' + MEMORY + '(func (export "run"))',
		'unknown import "dotsync.v1.lunch": expected one that the contract has, found a function (i32) -> i64'),
	"control characters": ('(import "a\\1b[2Jb" "c\\0a" (func))' + MEMORY + '(func (export "_start"))', 'unknown import "a\\x1b[2Jb.c\\x0a"'),
	"mistyped": ('(import "wasi_snapshot_preview1" "proc_exit" (func (param i64)))' + MEMORY + '(func (export "_start"))',
		'"wasi_snapshot_preview1.proc_exit" has another type: expected a function (i32), found a function (i64)'),
	"mixed": ('(import "host" "payload_size" (func (result i32))) (import "dotsync.v1" "discard" (func (result i64)))' + MEMORY + '(func (export "run"))',
		'"host.payload_size" goes with the contract host, but this module follows dotsync.v1'),
	"no entry": ('(import "dotsync.v1" "discard" (func (result i64)))' + MEMORY + '(func (export "_start"))',
		'no entry point: expected an exported function "run" without parameters, found none'),
}


class RefuseTest(unittest.TestCase):
	def setUp(self):
		self.place = Place()
		self.addCleanup(self.place.__exit__)
		self.place.grant([])

	def archive(self, text):
		source, module = self.place.path("m.wat"), self.place.path("m.wasm")
		with open(source, "w") as f:
			f.write("(module %s %s)" % (text, LOUD))
		subprocess.run([WAT2WASM, source, "-o", module], check=True)
		with open(module, "rb") as f:
			return self.place.archive("a.sync", b"old", wasm=f.read())

	def test_refusals(self):
		for name, (text, message) in CASES.items():
			with self.subTest(name):
				archive = self.archive(text)
				before = print_of(archive)
				outcome = self.place.refresh(archive, force=True)
				self.assertEqual((outcome["kind"], outcome["error"]["code"]), ("failed", UPDATER), outcome)
				self.assertIn(message, outcome["error"]["message"])
				self.assertEqual(print_of(archive), before)
				self.assertEqual(self.place.leftovers(), [])

	def test_the_commands_say_so(self):
		archive = self.archive(CASES["no memory, WASI"][0])
		environment = {"HOME": self.place.path("home"), "PATH": os.environ["PATH"]}
		dotsync = os.path.join(BUILD, "bin", "dotsync")

		def run(*words):
			done = subprocess.run([dotsync, *words], cwd=self.place.files, env=environment, stdin=subprocess.DEVNULL,
				stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
			return done.returncode, done.stdout.decode()

		self.assertIn("contract wasi (exports no memory)", run("info", archive)[1])
		self.assertEqual(run("grant", "--yes", archive)[0], 0)
		code, said = run("refresh", "--force", archive)
		self.assertEqual(code, 8, said)
		self.assertIn('no export "memory"', said)
		with open(os.path.join(self.place.files, "data"), "wb") as f:
			f.write(b"old")
		code, said = run("create", "data", "--wasm", self.place.path("m.wasm"))
		self.assertEqual(code, 8, said)
		self.assertIn("expected a module that exports memory", said)
		self.assertFalse(os.path.exists(os.path.join(self.place.files, "data.sync")))


if __name__ == "__main__":
	unittest.main()
