# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
behaviours.py - what the paths of server.py do.

A behaviour is a function (state, conn, request) named after the first part of its path, with '-' as '_'.
It writes to the connection what it likes; a client that hangs up ends it with an OSError.
"""
import base64
import email.utils
import gzip
import json
import time

REASONS = {200: "OK", 204: "No Content", 302: "Found", 304: "Not Modified", 404: "Not Found"}
PATTERN = bytes(range(251)) * 262


def head(status, headers):
	lines = ["HTTP/1.1 %d %s" % (status, REASONS.get(status, "Status"))]
	lines += ["%s: %s" % h for h in headers]
	return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def answer(conn, request, status=200, headers=(), body=b""):
	"""A proper answer; Content-Length and Connection are added, no body is sent where none may be."""
	headers = list(headers) + [("Connection", "close")]
	if status != 204 and status != 304:
		headers.append(("Content-Length", len(body)))
	silent = request.method == "HEAD" or status in (204, 304)
	conn.sendall(head(status, headers) + (b"" if silent else body))


def pattern(size, start=0):
	"""Bytes start to start+size of 0 1 2 ... 250 0 1 2 ..."""
	first = start % 251
	whole = PATTERN[first:] + PATTERN * (size // len(PATTERN) + 1)
	return whole[:size]


def pieces(size, step=65536):
	"""The same in pieces."""
	for start in range(0, size, step):
		yield pattern(min(step, size - start), start)


def given_headers(request):
	return [tuple(h.split(":", 1)) for h in request.query.get("h", [])]


def echo(state, conn, request):
	said = {"listener": request.listener, "method": request.method, "target": request.target, "headers": request.headers, "body": request.body.decode("latin-1")}
	answer(conn, request, body=json.dumps(said).encode(), headers=[("Content-Type", "application/json")])


def reflect(state, conn, request):
	answer(conn, request, body=request.body)


def status(state, conn, request):
	headers = given_headers(request)
	if "retry_after" in request.query:
		headers.append(("Retry-After", request.text("retry_after")))
	if "location" in request.query:
		headers.append(("Location", request.text("location")))
	answer(conn, request, int(request.path.split("/")[2]), headers, request.text("body").encode())


def bytes_(state, conn, request):
	headers = given_headers(request)
	if "type" in request.query:
		headers.append(("Content-Type", request.text("type")))
	if "encoding" in request.query:
		headers.append(("Content-Encoding", request.text("encoding")))
	size = request.number("size")
	conn.sendall(head(200, headers + [("Content-Length", size)]))
	for piece in pieces(size):
		conn.sendall(piece)


def big(state, conn, request):
	size = request.number("size", 1 << 30)
	conn.sendall(head(200, [("Content-Length", size)]))
	with state.big_file(size) as f:
		conn.sendfile(f)


def cut(state, conn, request):
	conn.sendall(head(200, [("Content-Length", request.number("size"))]))
	conn.sendall(pattern(request.number("at")))


def chunked(state, conn, request):
	size, at = request.number("size"), request.number("at", -1)
	conn.sendall(head(200, [("Transfer-Encoding", "chunked")]))
	for piece in pieces(size if at < 0 else at, 10000):
		conn.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
	while "endless" in request.query:
		conn.sendall(b"10000\r\n" + PATTERN[:65536] + b"\r\n")
	if at < 0:
		conn.sendall(b"0\r\n\r\n")


def until_close(state, conn, request):
	conn.sendall(head(200, [("Connection", "close")]))
	for piece in pieces(request.number("size")):
		conn.sendall(piece)


def slow(state, conn, request):
	size, rate = request.number("size"), request.number("rate", 1)
	conn.sendall(head(200, [("Content-Length", size)]))
	step = max(1, rate // 20)
	for piece in pieces(size, step):
		conn.sendall(piece)
		time.sleep(step / rate)


def slow_head(state, conn, request):
	conn.sendall(b"HTTP/1.1 200 OK\r\nX: ")
	while True:
		conn.sendall(b"a")
		time.sleep(0.05)


def silent(state, conn, request):
	while conn.recv(4096):
		pass


def trickle_head(state, conn, request):
	conn.sendall(b"HTTP/1.1 200 OK\r\n")
	value = b"v" * request.number("size", 50)
	count = 0
	while count < request.number("lines") or "endless" in request.query:
		conn.sendall(b"X-%d: %s\r\n" % (count, value))
		count += 1
	conn.sendall(b"Content-Length: 2\r\n\r\nok")


def long_line(state, conn, request):
	conn.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
	for piece in range(0, request.number("size"), 65536):
		conn.sendall(b"v" * min(65536, request.number("size") - piece))
	conn.sendall(b"\r\nContent-Length: 2\r\n\r\nok")


def interim(state, conn, request):
	count = 0
	while count < request.number("count") or "endless" in request.query:
		conn.sendall(head(request.number("code", 103), [("Link", "</a>"), ("X-Interim", str(count))]))
		count += 1
	answer(conn, request, body=b"ok")


def redirect(state, conn, request):
	answer(conn, request, request.number("status", 302), [("Location", to) for to in request.query["to"]], b"moved")


def hops(state, conn, request):
	left = int(request.path.split("/")[2])
	answer(conn, request, 302, [("Location", "/hops/%d" % (left - 1) if left > 1 else "/echo")])


def loop(state, conn, request):
	answer(conn, request, 302, [("Location", "/loop")])


def http09(state, conn, request):
	conn.sendall(b"just a body\n")


def raw(state, conn, request):
	conn.sendall(bytes.fromhex(request.text("hex")))


def bomb(state, conn, request):
	answer(conn, request, body=gzip.compress(bytes(request.number("size")), 9), headers=[("Content-Encoding", "gzip")])


def not_modified(item, request):
	"""RFC 9110 section 13.2.2: If-Modified-Since counts only without If-None-Match."""
	headers = {name.lower(): value for name, value in item.get("headers", {}).items()}
	tags = request.header("If-None-Match")
	if tags is not None:
		return "etag" in headers and headers["etag"] in [tag.strip() for tag in tags.split(",")]
	since = request.header("If-Modified-Since")
	if since is None or "last-modified" not in headers:
		return False
	return email.utils.parsedate_to_datetime(headers["last-modified"]) <= email.utils.parsedate_to_datetime(since)


def content(state, conn, request, item):
	body = base64.b64decode(item["base64"]) if "base64" in item else item.get("body", "").encode()
	status = item.get("status", 200)
	if item.get("silent"):
		silent(state, conn, request)
	elif status == 200 and request.method in ("GET", "HEAD") and not_modified(item, request):
		answer(conn, request, 304, item.get("headers", {}).items())
	elif "cut" in item or "rate" in item:
		broken(conn, item, body)
	else:
		answer(conn, request, status, item.get("headers", {}).items(), body)


def broken(conn, item, body):
	"""The first `cut` bytes of what was promised, `rate` bytes a second."""
	conn.sendall(head(200, list(item.get("headers", {}).items()) + [("Content-Length", len(body))]))
	body = body[:item.get("cut", len(body))]
	step = max(1, item.get("rate", len(body) * 20) // 20)
	for start in range(0, len(body), step):
		conn.sendall(body[start:start + step])
		if "rate" in item:
			time.sleep(1 / 20)


BEHAVIOURS = {
	"echo": echo, "reflect": reflect, "status": status, "bytes": bytes_, "big": big, "cut": cut, "chunked": chunked,
	"until-close": until_close, "slow": slow, "slow-head": slow_head, "silent": silent, "trickle-head": trickle_head,
	"long-line": long_line, "interim": interim, "redirect": redirect, "hops": hops, "loop": loop, "http09": http09,
	"raw": raw, "bomb": bomb,
}


def behave(state, conn, request):
	with state.lock:
		item = state.content.get(request.path)
	if item is not None:
		content(state, conn, request, item)
		return
	behaviour = BEHAVIOURS.get(request.path.split("/")[1])
	if behaviour is None:
		answer(conn, request, 404, body=b"no such behaviour\n")
	else:
		behaviour(state, conn, request)
