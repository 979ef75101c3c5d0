# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
client.py - start, script and ask server.py from another Python test.

	with client.Server(tls=True) as server:
		server.content("/data", b"hello", headers={"ETag": '"1"'})
		run(..., server.url("/data"))
		assert server.counts()["requests"]["/data"] == 1

Needs `test/server` in sys.path.  The server ends with the block, or with this process, whichever comes first.
"""
import base64
import http.client
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


class Server:
	def __init__(self, tls=False, port=0):
		command = [sys.executable, os.path.join(HERE, "server.py"), "--port", str(port)] + (["--tls"] if tls else [])
		self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
		line = self.process.stdout.readline()
		if not line:
			raise RuntimeError("the test server did not start (exit %s)" % self.process.wait())
		self.ports = json.loads(line)
		self.ca = self.ports.get("ca")

	def __enter__(self):
		return self

	def __exit__(self, *_):
		self.stop()

	def stop(self):
		self.process.stdin.close()
		self.process.wait()
		self.process.stdout.close()

	def origin(self, listener="http"):
		"""scheme://host:port, which is also how the host is granted."""
		scheme = "http" if listener in ("http", "other", "http6", "full") else "https"
		host = "[::1]" if listener == "http6" else "127.0.0.1"
		return "%s://%s:%d" % (scheme, host, self.ports[listener])

	def url(self, path, listener="http"):
		return self.origin(listener) + path

	def control(self, method, what, body=None):
		connection = http.client.HTTPConnection("127.0.0.1", self.ports["http"], timeout=10)
		try:
			connection.request(method, "/_control/" + what, body)
			return json.loads(connection.getresponse().read())
		finally:
			connection.close()

	def content(self, path, body=b"", status=200, headers=None, **broken):
		"""What GET of `path` gives from now on, on all ports; cut=, rate=, silent= spoil it."""
		item = {"path": path, "base64": base64.b64encode(body).decode(), "status": status, "headers": headers or {}, **broken}
		self.control("PUT", "content", json.dumps(item))

	def log(self):
		return self.control("GET", "log")

	def counts(self):
		return self.control("GET", "counts")

	def reset(self):
		self.control("POST", "reset")
