# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
guestmaker.py - small modules of the contract host.*, made of the calls that they make.

	module({"run": [http("http://a/"), SIZE, read(0, 4)]}, report=True)

Each call's result is kept as four bytes, from address 0 on; with `report` they become the new payload in the end, over whatever the
calls wrote.  Everything else is as a compiler would emit it: binary format, MVP only, so that any engine takes it.
"""

PAGES = 8
END = PAGES * 65536	# the first address that is not the guest's
OUT = 4 * 65536	# where what was read goes
DATA = 8192

I32, FUNCTION = 0x7f, 0x60

IMPORTS = [("host", name, parameters, results) for name, parameters, results in (
	("http_request", 4, 1), ("last_response_size", 0, 1), ("last_response_read", 2, 1),
	("payload_size", 0, 1), ("payload_read", 3, 1), ("payload_write", 3, 1))]


class At(bytes):
	"""As an argument: the address of these bytes."""


class Len(bytes):
	"""As an argument: their number."""


def http(url, method="GET"):
	url, method = (x if isinstance(x, bytes) else x.encode() for x in (url, method))
	return "http_request", At(url), Len(url), At(method), Len(method)


def last(size, out=OUT):
	return "last_response_read", out, size


def read(offset, size, out=OUT):
	return "payload_read", offset, size, out


def write(offset, data):
	return "payload_write", offset, Len(data), At(data)


LAST_SIZE = ("last_response_size",)
SIZE = ("payload_size",)
TRAP = ("trap",)
LOOP = ("loop",)


def grow(pages):
	return "grow", pages


def unsigned(n):
	out = bytearray()
	while True:
		n, low = n >> 7, n & 127
		out.append(low | (128 if n else 0))
		if not n:
			return bytes(out)


def signed(n):
	out = bytearray()
	while True:
		n, low = n >> 7, n & 127
		done = (n == 0 and not low & 64) or (n == -1 and low & 64)
		out.append(low | (0 if done else 128))
		if done:
			return bytes(out)


def const(n):
	return b"\x41" + signed(n if n < 1 << 31 else n - (1 << 32))


def vector(items):
	items = list(items)
	return unsigned(len(items)) + b"".join(items)


def named(text):
	return unsigned(len(text)) + text.encode()


def section(number, body):
	return bytes([number]) + unsigned(len(body)) + body


class Code:
	"""Turns calls into instructions and collects the bytes that they point to."""

	def __init__(self, imports, fill):
		self.functions = {name: number for number, (_, name, _, _) in enumerate(imports)}
		self.fill = fill
		self.data = b""

	def value(self, argument):
		if isinstance(argument, int):
			return argument
		text = bytes(argument)
		for key, value in self.fill.items():
			text = text.replace(b"{%s}" % key.encode(), str(value).encode())
		if isinstance(argument, Len):
			return len(text)
		at = self.data.find(text)
		if at < 0:
			at = len(self.data)
			self.data += text
		return DATA + at

	def call(self, name, *arguments):
		given = b"".join(const(self.value(a)) for a in arguments)
		if name == "trap":
			return b"\x00" + const(0)
		if name == "loop":
			return b"\x03\x40\x0c\x00\x0b" + const(0)
		if name == "grow":
			return given + b"\x40\x00"
		return given + b"\x10" + unsigned(self.functions[name])

	def body(self, calls, report, returns):
		code = b"".join(const(4 * i) + self.call(*c) + b"\x36\x02\x00" for i, c in enumerate(calls))
		if report:
			code += self.call("payload_write", 0, 4 * len(calls), 0) + b"\x1a"
		if returns is not None:
			code += const(returns)
		code = b"\x00" + code + b"\x0b"
		return unsigned(len(code)) + code


def module(entries, report=False, returns=None, memory="memory", imports=(), fill=None):
	"""A module that exports each of `entries` (a name: its calls); `imports` are more than the contract's, as (module, name, parameters, results)."""
	imports = IMPORTS + list(imports)
	code = Code(imports, fill or {})
	bodies = [code.body(calls, report, returns) for calls in entries.values()]
	signatures = [(p, r) for _, _, p, r in imports] + [(0, int(returns is not None))]
	types = [bytes([FUNCTION]) + vector([bytes([I32])] * p) + vector([bytes([I32])] * r) for p, r in signatures]
	exports = [named(name) + b"\x00" + unsigned(len(imports) + i) for i, name in enumerate(entries)]
	if memory is not None:
		exports.append(named(memory) + b"\x02\x00")
	return b"\0asm\1\0\0\0" + b"".join((
		section(1, vector(types)),
		section(2, vector(named(m) + named(n) + b"\x00" + unsigned(i) for i, (m, n, _, _) in enumerate(imports))),
		section(3, vector([unsigned(len(imports))] * len(bodies))),
		section(5, vector([b"\x00" + unsigned(PAGES)])),
		section(7, vector(exports)),
		section(10, vector(bodies)),
		section(11, vector([b"\x00" + const(DATA) + b"\x0b" + unsigned(len(code.data)) + code.data])),
	))
