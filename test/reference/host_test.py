# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
The contract host.* as doc/contracts/host.md has it: each call's answers (host_cases.py), and what becomes of a run.
"""
import os
import struct
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "server"), os.path.join(HERE, "..", "refresh")]
from guestmaker import END, LAST_SIZE, LOOP, OUT, SIZE, TRAP, grow, http, module, read, write
from host_cases import OK, SCRIPTS, SERVED
from refresher import BUILD, ServerCase, payload, print_of


class HostCase(ServerCase):
	def setUp(self):
		super().setUp()
		for path, (body, headers) in SERVED.items():
			self.server.content(path, body, headers=headers)
		ports = self.server.ports
		self.fill = {"P": ports["http"], "Q": ports["other"], "P6": ports["http6"]}

	def run_module(self, wasm, old=b"0123456789", hosts=("127.0.0.1:{P}",), **keys):
		"""The outcome of a refresh by this module, and the archive."""
		hosts = [host.format(**self.fill) for host in hosts]
		self.place.grant(hosts)
		archive = self.place.archive("a.sync", old, wasm=wasm, hosts=hosts, **keys)
		return self.place.refresh(archive), archive


class CallsTest(HostCase):
	def answers(self, script):
		calls = [call for call, _, _ in script.rows]
		outcome, archive = self.run_module(module({"run": calls}, report=True, fill=self.fill), script.old, script.hosts)
		self.assertEqual(outcome["kind"], "updated", outcome)
		return list(struct.unpack_from("<%di" % len(calls), payload(archive)))

	def test_answers(self):
		for name, script in SCRIPTS.items():
			with self.subTest(name):
				self.assertEqual(self.answers(script), [ours for _, ours, _ in script.rows])

	def test_payloads(self):
		for name, script in SCRIPTS.items():
			if script.payload is not None:
				with self.subTest(name):
					calls = [call for call, _, _ in script.rows]
					outcome, archive = self.run_module(module({"run": calls}, fill=self.fill), script.old, script.hosts)
					self.assertEqual(outcome["kind"], "unchanged" if script.payload == script.old else "updated", outcome)
					self.assertEqual(payload(archive), script.payload)

	def test_methods(self):
		"""Honoured, where the reference makes a GET of all."""
		rows = [(method, 200) for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")]
		rows += [(method, -1) for method in ("", "get", "BREW", "CONNECT", "GET ", "GET\r\nX: 1", "P" * 100)]
		calls = [http(OK, method) for method, _ in rows]
		_, archive = self.run_module(module({"run": calls}, report=True, fill=self.fill))
		self.assertEqual(list(struct.unpack("<%di" % len(rows), payload(archive))), [answer for _, answer in rows])
		self.assertEqual([entry["method"] for entry in self.server.log()], [method for method, answer in rows if answer == 200])

	def test_wire(self):
		"""What a server is told: nothing of the machine, and no Referer after a redirect."""
		self.run_module(module({"run": [http(OK + "?q=1#part"), http("http://127.0.0.1:{P}/redirect?to=/ok")]}, report=True, fill=self.fill))
		first, _, third = self.server.log()
		self.assertEqual((first["target"], third["target"]), ("/ok?q=1", "/ok"))
		for entry in first, third:
			names = sorted(name.lower() for name, _ in entry["headers"])
			self.assertEqual([name for name in names if name not in ("accept", "user-agent", "connection")], ["host"], entry["headers"])

	def test_answer_larger_than_an_i32(self):
		calls = [http("http://127.0.0.1:{P}/big?size=%d" % (1 << 31)), ("last_response_size",)]
		_, archive = self.run_module(module({"run": calls}, report=True, fill=self.fill))
		self.assertEqual(struct.unpack("<2i", payload(archive)), (-4, 0))

	def test_head_has_no_body(self):
		calls = [http(OK), http(OK, "HEAD"), LAST_SIZE]
		_, archive = self.run_module(module({"run": calls}, report=True, fill=self.fill))
		self.assertEqual(struct.unpack("<3i", payload(archive)), (200, 200, 0))

	def test_policy_of_the_host(self):
		"""What manifest and user say beside the list."""
		wasm = module({"run": [http(OK)]}, report=True, fill=self.fill)
		self.assertEqual(payload(self.run_module(wasm, policy={"network_scope": '"none"'})[1]), struct.pack("<i", -2))
		self.place.grant([self.server.origin()], private=[])
		archive = self.place.archive("a.sync", b"old", wasm=wasm, hosts=[self.server.origin()])
		self.assertEqual(self.place.refresh(archive)["kind"], "updated")
		self.assertEqual(payload(archive), struct.pack("<i", -2))

	def test_requests_of_one_run(self):
		calls = [http(OK)] * 65
		_, archive = self.run_module(module({"run": calls}, report=True, fill=self.fill))
		self.assertEqual(list(struct.unpack("<65i", payload(archive))), [200] * 64 + [-5])

	def test_old_payload_larger_than_an_i32(self):
		files = self.place.files
		with open(os.path.join(files, "a.bin"), "wb") as f:
			f.truncate(1 << 31)
		with open(os.path.join(files, "a.wasm"), "wb") as f:
			f.write(module({"run": [SIZE, read(0, 4), read((1 << 31) - 1, 4)]}, report=True))
		subprocess.run([os.path.join(BUILD, "bin", "dotsync"), "create", "-q", "--ttl=0", "--wasm=a.wasm", "a.bin"], cwd=files, env={"HOME": files}, check=True, timeout=60)
		self.place.grant([], owner="local:a.bin")
		archive = os.path.join(files, "a.bin.sync")
		self.assertEqual(self.place.refresh(archive)["kind"], "updated")
		self.assertEqual(struct.unpack("<3i", payload(archive)), (-1, 4, 1))

	def test_payload_past_its_limit(self):
		"""A write that the policy forbids fails the run, whatever the guest makes of the answer: half a payload is none."""
		for offset in (998, (1 << 31) - 1):
			outcome, archive = self.run_module(module({"run": [write(0, b"abc"), write(offset, b"abc")]}), policy={"max_payload": 1000})
			self.assertEqual((outcome["kind"], outcome["error"]["expected"]), ("failed", "at most 1000 bytes"))
			self.assertEqual(payload(archive), b"0123456789")
		outcome, archive = self.run_module(module({"run": [write(997, b"abc")]}), policy={"max_payload": 1000})
		self.assertEqual((outcome["kind"], len(payload(archive))), ("updated", 1000))


class RunsTest(HostCase):
	WRITES = [write(0, b"new")]

	def check(self, wasm, kind, now, words="", **keys):
		outcome, archive = self.run_module(wasm, **keys)
		self.assertEqual(outcome["kind"], kind, outcome)
		self.assertEqual(payload(archive), now)
		self.assertIn(words, outcome.get("error", {}).get("message", ""))
		return outcome

	def fails(self, wasm, words, **keys):
		outcome = self.check(wasm, "failed", b"0123456789", words, **keys)
		self.assertEqual(self.place.leftovers(), [])
		return outcome

	def test_entry_points(self):
		self.check(module({"run": self.WRITES}), "updated", b"new")
		self.check(module({"_start": self.WRITES}), "updated", b"new")	# thrown away by the reference
		self.check(module({"_start": [write(0, b"start")], "run": self.WRITES}), "updated", b"new")
		self.fails(module({"main": self.WRITES}), "no entry point")

	def test_entry_that_returns_a_number(self):
		"""As `int run(void)` does; no entry point for the reference."""
		self.check(module({"run": self.WRITES}, returns=0), "updated", b"new")
		self.fails(module({"run": self.WRITES}, returns=3), "3")

	def test_no_updater(self):
		self.check(b"\0asm\1\0\0\0", "no-updater", b"0123456789")

	def test_text_is_no_module(self):
		"""The reference compiles and runs it."""
		text = b'(module (import "host" "payload_write" (func (param i32 i32 i32) (result i32))) (memory (export "memory") 1) (func (export "run")))'
		self.fails(text, "binary")

	def test_imports(self):
		exit_0 = [("wasi_snapshot_preview1", "proc_exit", 1, 0)]
		self.check(module({"run": self.WRITES}, imports=exit_0), "updated", b"new")
		self.fails(module({"run": self.WRITES}, imports=[("host", "launch_missiles", 0, 0)]), 'unknown import "host.launch_missiles"')
		self.fails(module({"run": self.WRITES}, imports=[("elsewhere", "payload_read", 3, 1)]), 'unknown import "elsewhere.payload_read"')

	def test_memory_is_exported(self):
		self.fails(module({"run": self.WRITES}, memory=None), '"memory"')

	def test_trap_after_writing(self):
		self.fails(module({"run": self.WRITES + [TRAP]}), "unreachable")

	def test_endless_loop(self):
		outcome = self.fails(module({"run": self.WRITES + [LOOP]}), "", policy={"timeout": 1})
		self.assertEqual(outcome["error"]["entry"], "policy.timeout")

	def test_memory_has_a_limit(self):
		"""A GiB more is refused, a MiB granted: the numbers of memory.grow."""
		self.check(module({"run": [grow(16384), grow(16)]}, report=True), "updated", struct.pack("<2i", -1, END // 65536))

	def test_reading_costs_what_is_read(self):
		"""The reference copies the whole payload for each call: minutes for this, which the policy would not wait for."""
		calls = [read(16384 * i, 1) for i in range(2000)]
		self.check(module({"run": calls}, report=True), "updated", struct.pack("<i", 1) * 2000, old=bytes(64 << 20), policy={"timeout": 30})

	def test_writing_nothing_changes_nothing(self):
		archive = self.run_module(module({"run": [SIZE, read(0, 10)]}))[1]
		before = print_of(archive)
		self.assertEqual(self.place.refresh(archive, force=True)["kind"], "unchanged")
		self.assertEqual(print_of(archive), before)

	def test_vault_is_refused(self):
		"""The reference hands the guest the ciphertext and replaces it by clear text."""
		outcome, archive = self.run_module(module({"run": self.WRITES}), sync='variant = "vault"')
		self.assertEqual(outcome["kind"], "failed", outcome)
		self.assertEqual(payload(archive), b"0123456789")

	def test_second_run_reads_what_the_first_wrote(self):
		"""Nothing of the archive before the swap is kept: nacelle feeds its guest from the old payload's offset."""
		_, archive = self.run_module(module({"run": [read(0, 10), ("payload_write", 1, 10, OUT)]}))
		self.assertEqual(payload(archive), b"\x000123456789")
		self.assertEqual(self.place.refresh(archive, force=True)["kind"], "updated")
		self.assertEqual(payload(archive), b"\0\x00012345678")

	def test_answer_becomes_the_payload(self):
		"""What every updater of this contract does, with bytes that are no text."""
		calls = [http("http://127.0.0.1:{P}/binary"), ("last_response_read", 70000, -1), ("payload_write", 0, 256, 70000)]
		self.check(module({"run": calls}, fill=self.fill), "updated", bytes(range(256)))


if __name__ == "__main__":
	unittest.main()
