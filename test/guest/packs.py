# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
packs.py - compressed files and archives for the tests of unpacking: right ones, and ones that no program writes.
"""
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib

ZSTD_BLOCK = 1 << 17
ZSTD_WINDOW = 0x38	# 128 KiB


def zst(data, window=ZSTD_WINDOW, zeros=0):
	"""A zstd frame of blocks as they are, and of blocks that are one byte repeated."""
	pieces = [data[i:i + ZSTD_BLOCK] for i in range(0, len(data), ZSTD_BLOCK)]
	blocks = [(0, len(piece), piece) for piece in pieces] + [(1, ZSTD_BLOCK, b"\0")] * (zeros // ZSTD_BLOCK) or [(0, 0, b"")]
	out = [b"\x28\xb5\x2f\xfd", bytes([0, window])]
	for i, (kind, size, body) in enumerate(blocks):
		out.append(((size << 3) | (kind << 1) | (i + 1 == len(blocks))).to_bytes(3, "little") + body)
	return b"".join(out)


def gz_zeros(size):
	"""Zeros as one gzip member, made of one piece again and again; its checksum is wrong, but who gets that far?"""
	step = 1 << 26
	deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
	piece = deflate.compress(bytes(step)) + deflate.flush(zlib.Z_FULL_FLUSH)
	return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + piece * (size // step) + b"\x03\0" + bytes(8)


def xz_with_dictionary(data, code):
	"""An xz file whose block claims a dictionary of another size; 40 is 4 GiB."""
	packed = bytearray(lzma.compress(data))
	size = (packed[12] + 1) * 4
	packed[12 + 4] = code
	packed[12 + size - 4:12 + size] = struct.pack("<I", zlib.crc32(packed[12:12 + size - 4]))
	return bytes(packed)


def tar(members, form=tarfile.GNU_FORMAT):
	"""Members are (name, data), or a TarInfo."""
	out = io.BytesIO()
	with tarfile.open(fileobj=out, mode="w", format=form) as t:
		for member in members:
			if isinstance(member, tarfile.TarInfo):
				t.addfile(member)
			else:
				info = tarfile.TarInfo(member[0])
				info.size = len(member[1])
				t.addfile(info, io.BytesIO(member[1]))
	return out.getvalue()


def tar_patched(data, at, field):
	"""The tar archive with other bytes in its first header, and the right checksum."""
	head = bytearray(data[:512])
	head[at:at + len(field)] = field
	head[148:156] = b" " * 8
	head[148:156] = b"%06o\0 " % sum(head)
	return bytes(head) + data[512:]


class Unseekable(io.RawIOBase):
	"""What zipfile writes into a pipe: sizes behind the data."""

	def __init__(self):
		super().__init__()
		self.data = b""

	def writable(self):
		return True

	def write(self, data):
		self.data += bytes(data)
		return len(data)


def zip_of(members, method=zipfile.ZIP_DEFLATED, stream=False, zip64=False):
	out = Unseekable() if stream else io.BytesIO()
	with zipfile.ZipFile(out, "w", method) as z:
		for name, data in members:
			with z.open(zipfile.ZipInfo(name) if stream else name, "w", force_zip64=zip64) as f:
				f.write(data)
	return out.data if stream else out.getvalue()


def zip_deflated_stream(members):
	"""The same with compression, which a bare ZipInfo does not ask for."""
	out = Unseekable()
	with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
		for name, data in members:
			info = zipfile.ZipInfo(name)
			info.compress_type = zipfile.ZIP_DEFLATED
			with z.open(info, "w") as f:
				f.write(data)
	return out.data


def patched(data, at, field):
	return data[:at] + field + data[at + len(field):]


__all__ = ["zst", "gz_zeros", "xz_with_dictionary", "tar", "tar_patched", "zip_of", "zip_deflated_stream", "patched", "gzip", "lzma", "tarfile", "zipfile"]
