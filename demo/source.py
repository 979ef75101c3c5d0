# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
source.py - the data of the demo and the server that offers it, or does not.
"""
import hashlib
import os

import client

CANDIDATES = (
	("/usr/share/publicsuffix/public_suffix_list.dat", "the public suffix list"),
	("/usr/share/dict/words", "the word list"),
	("/etc/services", "the list of services"),
)
PAGE = b"<html><body><h1>500 Internal Server Error</h1></body></html>\n"


def find():
	"""(bytes, what it is, where it is from); /etc/services is tiny, so it is taken often enough to be worth serving."""
	for path, what in CANDIDATES:
		if os.path.exists(path):
			with open(path, "rb") as f:
				data = f.read()
			return data * (200000 // len(data) + 1) if len(data) < 100000 else data, what, path
	raise SystemExit("demo: no data file found; install the package publicsuffix")


class Source:
	"""A server that comes and goes on one port.  Edition n is the data with n - 1 notes at its end."""

	def __init__(self, data, name):
		self.data = data
		self.path = "/" + name
		self.server = client.Server()
		self.port = self.server.ports["http"]

	def edition(self, number, more=b""):
		return self.data + b"".join(b"// edition %d\n" % n for n in range(2, number + 1)) + more

	def url(self):
		return "http://127.0.0.1:%d%s" % (self.port, self.path)

	def offer(self, body, **broken):
		tag = '"%s"' % hashlib.sha256(body).hexdigest()[:16]
		self.server.content(self.path, body, headers={"ETag": tag, "Content-Type": "text/plain; charset=utf-8"}, **broken)

	def answer_500(self):
		self.server.content(self.path, PAGE, status=500, headers={"Content-Type": "text/html"})

	def requests(self):
		"""What was asked of the data's path so far."""
		return [entry for entry in self.server.log() if entry["target"] == self.path]

	def stop(self):
		if self.server is not None:
			self.server.stop()
			self.server = None

	def start(self):
		self.server = client.Server(port=self.port)
