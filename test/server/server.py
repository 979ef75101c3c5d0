#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
server.py - an HTTP server that behaves well, or badly in a chosen way.

	server.py [--tls] [--port N] [--port-file FILE]

Listens on loopback ports that the system picks ("http" on N, where one is given), prints one line of JSON and serves until its
standard input ends, so that it never outlives the test that started it.  That line (and FILE) is

	{"http": port, "other": port, "http6": port or 0, "full": port,
	 "https": port, "self_signed": port, "wrong_host": port, "expired": port, "tls11": port, "ca": file}

"other" is a second origin with the same paths; "full" accepts no connection and refuses none; the
second row is there with --tls only.  "https" has a certificate of "ca" for localhost, loop.test,
127.0.0.1 and ::1.  Every answer closes its connection.  Tests in Python use client.py, tests in C testserver.h.

What is asked for with PATH?KEY=VALUE (behaviours.py has them all):

	/echo                      the request as JSON: method, target, headers, body
	/reflect                   the request's body
	/status/N                  that status; retry_after=, location=, body=, h=Name:value (repeated)
	/bytes?size=               that many bytes, 0 1 2 ... 250 again and again; type=, encoding=
	/big?size=                 zeros by sendfile, for throughput
	/cut?size=&at=             Content-Length `size`, closed after `at` bytes
	/chunked?size=&at=         chunked; closed before the end when `at` is given; endless=1 never ends
	/until-close?size=         neither Content-Length nor chunks
	/slow?size=&rate=          `rate` bytes a second
	/slow-head                 a head that never ends, a byte at a time
	/silent                    reads the request, answers nothing
	/trickle-head?lines=&size= many header lines; endless=1
	/long-line?size=           one long header line
	/interim?count=&code=      interim answers first; endless=1
	/redirect?to=&status=      Location as given
	/hops/N                    N redirects, then /echo;  /loop redirects to itself
	/http09                    a body without a head
	/raw?hex=                  these bytes, whatever they are
	/bomb?size=                `size` zeros as gzip
	/content paths             set by control

Control, on the port "http", is not logged:

	GET  /_control/log         [{"listener", "method", "target", "headers", "size"}, ...]
	GET  /_control/counts      {"connections": {listener: n}, "requests": {path: n}}
	POST /_control/reset       forgets log, counts and content
	PUT  /_control/content     {"path", "body" or "base64", "status", "headers": {...}}: serves it, and 304 when
	                           If-None-Match or If-Modified-Since says so; "cut": N sends only so many
	                           bytes, "rate": N so many a second, "silent": true none
"""
import argparse
import collections
import json
import os
import socket
import sys
import tempfile
import threading
import urllib.parse

import behaviours
import certificates

HEAD_MAX = 1 << 20


class Request:
	def __init__(self, listener, head, body):
		lines = head.decode("latin-1").split("\r\n")
		self.listener = listener
		self.method, self.target, self.version = lines[0].split(" ", 2)
		self.headers = [tuple(line.split(": ", 1)) if ": " in line else (line.rstrip(":"), "") for line in lines[1:]]
		self.body = body
		parts = urllib.parse.urlsplit(self.target)
		self.path = parts.path
		self.query = urllib.parse.parse_qs(parts.query, keep_blank_values=True)

	def header(self, name):
		return next((v for n, v in self.headers if n.lower() == name.lower()), None)

	def text(self, key, default=""):
		return self.query.get(key, [default])[0]

	def number(self, key, default=0):
		return int(self.text(key, str(default)))


class State:
	"""What is remembered between requests, and where other ports are."""

	def __init__(self):
		self.lock = threading.Lock()
		self.ports = {}
		self.reset()

	def reset(self):
		self.log = []
		self.connections = collections.Counter()
		self.content = {}

	def note(self, request):
		with self.lock:
			self.log.append({"listener": request.listener, "method": request.method, "target": request.target,
				"headers": request.headers, "size": len(request.body)})

	def big_file(self, size):
		"""A hole in memory: read as zeros without a page of its own."""
		f = os.fdopen(os.memfd_create("big"), "rb")
		os.truncate(f.fileno(), size)
		return f


def read_request(conn, listener):
	data = b""
	while b"\r\n\r\n" not in data:
		piece = conn.recv(65536)
		if not piece or len(data) > HEAD_MAX or piece[0] == 0x16:	# 0x16: TLS on a plain port
			return None
		data += piece
	head, body = data.split(b"\r\n\r\n", 1)
	request = Request(listener, head, b"")
	size = int(request.header("Content-Length") or 0)
	while len(body) < size:
		piece = conn.recv(1 << 20)
		if not piece:
			return None
		body += piece
	request.body = body
	return request


def control(state, request):
	"""The answer to a control request, as JSON."""
	what = request.path.removeprefix("/_control/")
	with state.lock:
		if what == "log":
			return state.log
		if what == "counts":
			paths = collections.Counter(urllib.parse.urlsplit(entry["target"]).path for entry in state.log)
			return {"connections": state.connections, "requests": paths}
		if what == "reset":
			state.reset()
			return {}
		if what == "content":
			item = json.loads(request.body)
			state.content[item["path"]] = item
			return {}
	raise ValueError("unknown control request " + request.target)


def serve(state, conn, listener):
	request = read_request(conn, listener)
	if request is None:
		return
	if request.path.startswith("/_control/"):
		behaviours.answer(conn, request, body=json.dumps(control(state, request)).encode(), headers=[("Content-Type", "application/json")])
		return
	state.note(request)
	behaviours.behave(state, conn, request)


def serve_connection(state, conn, listener, context):
	with state.lock:
		state.connections[listener] += 1
	try:
		conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
		if context is not None:
			conn = context.wrap_socket(conn, server_side=True)
		serve(state, conn, listener)
		if context is not None:
			conn.unwrap().close()
		conn.shutdown(socket.SHUT_WR)
		conn.settimeout(1)
		while conn.recv(65536):		# what the client still sends must not become a reset that eats our answer
			pass
	except (OSError, ValueError):
		pass				# clients hang up here on purpose
	finally:
		conn.close()


def accept_loop(state, server, listener, context):
	while True:
		try:
			conn, _ = server.accept()
		except OSError:
			return
		threading.Thread(target=serve_connection, args=(state, conn, listener, context), daemon=True).start()


def listen(state, name, family=socket.AF_INET, host="127.0.0.1", context=None, port=0):
	server = socket.socket(family, socket.SOCK_STREAM)
	server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	server.bind((host, port))
	server.listen(128)
	state.ports[name] = server.getsockname()[1]
	threading.Thread(target=accept_loop, args=(state, server, name, context), daemon=True).start()


def listen_full(state, kept):
	"""A port whose queue is full: the kernel drops every further SYN."""
	server = socket.socket()
	server.bind(("127.0.0.1", 0))
	server.listen(0)
	state.ports["full"] = server.getsockname()[1]
	kept.append(server)
	for _ in range(4):
		filler = socket.socket()
		filler.setblocking(False)
		filler.connect_ex(("127.0.0.1", state.ports["full"]))
		kept.append(filler)


def main():
	parser = argparse.ArgumentParser()
	parser.add_argument("--tls", action="store_true")
	parser.add_argument("--port", type=int, default=0)
	parser.add_argument("--port-file")
	options = parser.parse_args()

	kept = []
	with tempfile.TemporaryDirectory(prefix="testserver-") as folder:
		state = State()
		listen(state, "http", port=options.port)
		listen(state, "other")
		listen_full(state, kept)
		try:
			listen(state, "http6", socket.AF_INET6, "::1")
		except OSError:
			state.ports["http6"] = 0	# no IPv6 here
		if options.tls:
			contexts = certificates.make(folder)
			for name, context in contexts.items():
				listen(state, name, context=context)
			state.ports["ca"] = os.path.join(folder, "ca.pem")
		line = json.dumps(state.ports)
		if options.port_file:
			with open(options.port_file + ".new", "w") as f:
				f.write(line + "\n")
			os.rename(options.port_file + ".new", options.port_file)
		print(line, flush=True)
		sys.stdin.buffer.read()


if __name__ == "__main__":
	sys.setswitchinterval(0.001)
	main()
