# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
certificates.py - a certificate authority for one test run, and one server of each kind.

Made anew with the openssl program in the given folder each time; nothing is kept.
"""
import os
import ssl
import subprocess

GOOD_NAMES = "DNS:localhost,DNS:loop.test,IP:127.0.0.1,IP:::1"


def openssl(folder, *arguments, text=None):
	subprocess.run(["openssl", *arguments], cwd=folder, check=True, input=text, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def make_ca(folder):
	openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
		"-subj", "/CN=Test CA", "-keyout", "ca.key", "-out", "ca.pem")


def make_certificate(folder, name, names, days=2, signed=True):
	"""NAME.pem and NAME.key, for the given subjectAltName."""
	with open(os.path.join(folder, name + ".ext"), "w") as f:
		f.write("subjectAltName=%s\n" % names)
	openssl(folder, "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
		"-subj", "/CN=" + name, "-keyout", name + ".key", "-out", name + ".csr")
	signer = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"] if signed else ["-signkey", name + ".key"]
	openssl(folder, "x509", "-req", "-in", name + ".csr", *signer, "-days", str(days), "-extfile", name + ".ext", "-out", name + ".pem")


def context_of(folder, name):
	context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
	context.load_cert_chain(os.path.join(folder, name + ".pem"), os.path.join(folder, name + ".key"))
	return context


def make(folder):
	"""The contexts of all TLS ports, by name."""
	make_ca(folder)
	make_certificate(folder, "good", GOOD_NAMES)
	make_certificate(folder, "self_signed", GOOD_NAMES, signed=False)
	make_certificate(folder, "wrong_host", "DNS:elsewhere.invalid")
	make_certificate(folder, "expired", GOOD_NAMES, days=-1)
	contexts = {"https": context_of(folder, "good")}
	for name in ("self_signed", "wrong_host", "expired"):
		contexts[name] = context_of(folder, name)
	old = context_of(folder, "good")
	old.set_ciphers("DEFAULT:@SECLEVEL=0")
	old.minimum_version = ssl.TLSVersion.TLSv1_1
	old.maximum_version = ssl.TLSVersion.TLSv1_1
	contexts["tls11"] = old
	return contexts
