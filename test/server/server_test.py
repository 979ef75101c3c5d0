#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""The test server keeps its own promises: what it sends, counts and forgets."""
import http.client
import socket
import ssl
import sys
import unittest

import client


def get(server, path, headers=None, listener="http", method="GET", body=None):
	connection = http.client.HTTPConnection("127.0.0.1", server.ports[listener], timeout=10)
	connection.request(method, path, body, headers or {})
	response = connection.getresponse()
	try:
		return response, response.read()
	finally:
		connection.close()


def raw(server, path):
	with socket.create_connection(("127.0.0.1", server.ports["http"]), timeout=10) as s:
		s.sendall(("GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path).encode())
		data = b""
		while piece := s.recv(65536):
			data += piece
		return data


class ServerTest(unittest.TestCase):
	@classmethod
	def setUpClass(cls):
		cls.server = client.Server(tls=True)

	@classmethod
	def tearDownClass(cls):
		cls.server.stop()

	def setUp(self):
		self.server.reset()

	def test_content_and_304(self):
		date = "Sun, 06 Nov 1994 08:49:37 GMT"
		self.server.content("/data", b"\x00hello", headers={"ETag": '"1"', "Last-Modified": date})
		response, body = get(self.server, "/data")
		self.assertEqual((response.status, body, response.headers["ETag"]), (200, b"\x00hello", '"1"'))
		for headers, status in (({"If-None-Match": '"1"'}, 304), ({"If-None-Match": '"2"'}, 200),
				({"If-Modified-Since": date}, 304), ({"If-None-Match": '"2"', "If-Modified-Since": date}, 200)):
			self.assertEqual(get(self.server, "/data", headers)[0].status, status)
		self.assertEqual(self.server.counts()["requests"]["/data"], 5)

	def test_log(self):
		get(self.server, "/reflect", {"X-A": "b"}, listener="other", method="POST", body=b"12345")
		entry = self.server.log()[0]
		self.assertEqual((entry["listener"], entry["method"], entry["target"], entry["size"]), ("other", "POST", "/reflect", 5))
		self.assertIn(["X-A", "b"], entry["headers"])
		self.assertEqual(self.server.counts()["connections"]["other"], 1)
		self.server.reset()
		self.assertEqual(self.server.log(), [])

	def test_bodies(self):
		want = bytes(i % 251 for i in range(200000))
		self.assertEqual(get(self.server, "/bytes?size=200000")[1], want)
		self.assertEqual(get(self.server, "/chunked?size=200000")[1], want)
		self.assertEqual(get(self.server, "/until-close?size=200000")[1], want)
		self.assertEqual(get(self.server, "/big?size=100000")[1], bytes(100000))
		with self.assertRaises(http.client.IncompleteRead):
			get(self.server, "/cut?size=1000&at=500")

	def test_lies(self):
		self.assertEqual(raw(self.server, "/raw?hex=4142"), b"AB")
		self.assertEqual(raw(self.server, "/http09"), b"just a body\n")
		self.assertEqual(raw(self.server, "/interim?count=3").count(b"HTTP/1.1 103"), 3)
		self.assertIn(b"Retry-After: 7\r\n", raw(self.server, "/status/429?retry_after=7"))
		self.assertIn(b"Location: gopher://x\r\n", raw(self.server, "/redirect?to=gopher://x"))

	def test_full(self):
		with socket.socket() as s:
			s.settimeout(0.3)
			with self.assertRaises(TimeoutError):
				s.connect(("127.0.0.1", self.server.ports["full"]))

	def test_certificates(self):
		expected = {"https": None, "self_signed": "self-signed", "wrong_host": "IP address mismatch", "expired": "expired"}
		context = ssl.create_default_context(cafile=self.server.ca)
		for listener, problem in expected.items():
			with socket.create_connection(("127.0.0.1", self.server.ports[listener])) as s:
				try:
					context.wrap_socket(s, server_hostname="127.0.0.1").close()
					found = None
				except ssl.SSLCertVerificationError as error:
					found = str(error)
			if problem is None:
				self.assertIsNone(found, listener)
			else:
				self.assertIn(problem, found or "", listener)


if __name__ == "__main__":
	unittest.main(argv=sys.argv[:1])
