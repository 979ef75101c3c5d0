#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Archives by other writers: those that make a valid .sync file open, the others are refused by name."""

import io
import os
import sys
import zipfile

sys.dont_write_bytecode = True
import tools

MANIFEST = b'[sync]\nversion = "0.1"\n'
PAYLOAD = b"the quick brown fox jumps over the lazy dog\n" * 500

GO = r"""
package main

import (
	"archive/zip"
	"hash/crc32"
	"os"
)

func main() {
	names := []string{"manifest.toml", "payload"}
	file, _ := os.Create(os.Args[1])
	w := zip.NewWriter(file)
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			panic(err)
		}
		header := &zip.FileHeader{Name: name, Method: zip.Store}
		if os.Args[2] == "raw" {
			header.CRC32 = crc32.ChecksumIEEE(data)
			header.CompressedSize64 = uint64(len(data))
			header.UncompressedSize64 = uint64(len(data))
			entry, err := w.CreateRaw(header)
			if err != nil {
				panic(err)
			}
			entry.Write(data)
			continue
		}
		if os.Args[2] == "deflate" && name == "manifest.toml" {
			header.Method = zip.Deflate
		}
		entry, err := w.CreateHeader(header)
		if err != nil {
			panic(err)
		}
		entry.Write(data)
	}
	if w.Close() != nil {
		panic("close")
	}
}
"""


class NoSeek(io.RawIOBase):
    """A stream as a pipe is one."""

    def __init__(self, file):
        super().__init__()
        self.file = file

    def writable(self):
        return True

    def write(self, data):
        return self.file.write(data)


class Case:
    def __init__(self, results, work):
        self.results = results
        self.work = work

    def opens(self, name, what):
        path = os.path.join(self.work, name)
        for entry, data in (("manifest.toml", MANIFEST), ("payload", PAYLOAD)):
            got = tools.run([tools.ours("zip_cat"), path, entry])
            self.results.check(got.returncode == 0 and got.stdout == data, f"{what}: {entry}: {got.stderr.decode()}")

    def refused(self, name, rule, what):
        got = tools.run([tools.ours("zip_cat"), os.path.join(self.work, name), "payload"])
        self.results.check(got.returncode == 1 and f"({rule}," in got.stderr.decode(), f"{what}: expected {rule}: {got.stderr.decode()}")

    def made(self, command, what):
        got = tools.run(command, cwd=self.work, shell=isinstance(command, str), stdin=PAYLOAD)
        self.results.check(got.returncode == 0, f"{what}: the tool failed: {got.stdout.decode()}{got.stderr.decode()}")

    def make_and_open(self, command, name, what):
        self.made(command, what)
        self.opens(name, what)

    def make_and_refuse(self, command, name, rule, what):
        self.made(command, what)
        self.refused(name, rule, what)


def info_zip(c):
    if not tools.has("zip"):
        return
    c.make_and_open("zip -q -0 z1.zip manifest.toml payload", "z1.zip", "zip -0")
    c.make_and_open("zip -q -0 -X z2.zip payload manifest.toml", "z2.zip", "zip -0 -X")
    c.make_and_open("zip -q -0 - manifest.toml payload | cat >z3.zip", "z3.zip", "zip -0 to a pipe")
    c.make_and_open("zip -q -n payload z4.zip manifest.toml payload", "z4.zip", "zip with a compressed manifest")
    c.make_and_open("zip -q -n payload - manifest.toml payload | cat >z5.zip", "z5.zip", "the same to a pipe")
    c.make_and_open("zip -q -0 -fz z6.zip manifest.toml payload", "z6.zip", "zip -fz")
    c.make_and_open("zip -q -0 -r z7.zip manifest.toml payload folder", "z7.zip", "zip -r with a folder")
    c.made("zip -q -0 z8.zip - manifest.toml payload", "zip from stdin")
    c.opens("z8.zip", "zip from stdin")
    c.make_and_refuse("zip -q z9.zip manifest.toml payload", "z9.zip", "Z13", "zip with a compressed payload")
    c.make_and_refuse("zip -q -0 za.zip manifest.toml payload && echo hello | zip -q -z za.zip", "za.zip", "Z3", "zip -z")
    c.make_and_refuse("zip -q -0 -e -P secret zb.zip manifest.toml payload", "zb.zip", "Z14", "zip -e")
    c.make_and_refuse("zip -q -0 -y zc.zip manifest.toml payload link", "zc.zip", "Z20", "zip -y with a link")
    c.make_and_refuse("(echo prefix; cat z1.zip) >zd.zip", "zd.zip", "Z8", "a prefix")
    c.make_and_refuse("cp zd.zip ze.zip && zip -q -A ze.zip", "ze.zip", "Z4", "a prefix after zip -A")


def python(c):
    def path(name):
        return os.path.join(c.work, name)

    def write(archive, force=False):
        for name, data in (("manifest.toml", MANIFEST), ("payload", PAYLOAD)):
            with archive.open(zipfile.ZipInfo(name), "w", force_zip64=force) as entry:
                entry.write(data)

    for force in (False, True):
        name = f"p{int(force)}.zip"
        with zipfile.ZipFile(path(name), "w") as archive:
            write(archive, force)
        c.opens(name, f"zipfile, force_zip64={force}")
        name = f"p{int(force)}s.zip"
        with open(path(name), "wb") as file, zipfile.ZipFile(NoSeek(file), "w") as archive:
            write(archive, force)
        c.opens(name, f"zipfile to a pipe, force_zip64={force}")
    with zipfile.ZipFile(path("p2.zip"), "w") as archive:
        archive.writestr("folder/", b"")
        archive.writestr("manifest.toml", MANIFEST, zipfile.ZIP_DEFLATED)
        archive.writestr("payload", PAYLOAD)
    c.opens("p2.zip", "zipfile with a folder and a compressed manifest")
    with zipfile.ZipFile(path("p3.zip"), "w", zipfile.ZIP_BZIP2) as archive:
        write(archive)
        archive.writestr("more", PAYLOAD)
    c.refused("p3.zip", "Z13", "zipfile with bzip2")
    with zipfile.ZipFile(path("p0.zip"), "a") as archive:
        import warnings
        warnings.simplefilter("ignore")
        archive.writestr("payload", b"new")
    c.refused("p0.zip", "Z12", "zipfile updating by appending")


def bsdtar(c):
    if not tools.has("bsdtar"):
        return
    store = "bsdtar --format zip --options zip:compression=store"
    c.make_and_open(f"{store} -cf b1.zip manifest.toml payload", "b1.zip", "bsdtar")
    c.make_and_open(f"{store},zip:zip64 -cf b2.zip manifest.toml payload", "b2.zip", "bsdtar zip64")
    c.make_and_open(f"{store} -cf b3.zip manifest.toml payload folder", "b3.zip", "bsdtar with a folder")
    c.make_and_refuse(f"{store} -cf - manifest.toml payload | cat >b4.zip", "b4.zip", "Z2", "bsdtar to a padded pipe")
    c.make_and_refuse("bsdtar --format zip -cf b5.zip manifest.toml payload", "b5.zip", "Z13", "bsdtar, compressing")


def seven_zip(c):
    if not tools.has("7z"):
        return
    c.make_and_open("7z a -bd -tzip -mx0 s1.zip manifest.toml payload", "s1.zip", "7z -mx0")
    c.make_and_open("7z a -bd -tzip -mx0 -sipayload s2.zip && 7z a -bd -tzip -mx0 s2.zip manifest.toml", "s2.zip", "7z -si")
    c.make_and_refuse("7z a -bd -tzip -mm=lzma s3.zip manifest.toml payload", "s3.zip", "Z13", "7z with LZMA")


def jar(c):
    if not tools.has("jar"):
        return
    c.make_and_open("jar c0f j1.zip manifest.toml payload", "j1.zip", "jar c0f")
    c.make_and_open("jar c0Mf j2.zip manifest.toml payload folder", "j2.zip", "jar c0Mf")
    c.make_and_refuse("jar cf j3.zip manifest.toml payload", "j3.zip", "Z13", "jar, compressing")


def go(c):
    if not tools.has("go"):
        return
    with open(os.path.join(c.work, "main.go"), "w", encoding="ascii") as file:
        file.write(GO)
    c.made("GO111MODULE=off CGO_ENABLED=0 go build -o gozip main.go", "go build")
    for kind in ("store", "raw", "deflate"):
        c.make_and_open(f"./gozip g-{kind}.zip {kind}", f"g-{kind}.zip", f"Go {kind}")


def main():
    results = tools.Results()
    with tools.folder() as work:
        for name, data in (("manifest.toml", MANIFEST), ("payload", PAYLOAD)):
            with open(os.path.join(work, name), "wb") as file:
                file.write(data)
        os.mkdir(os.path.join(work, "folder"))
        os.symlink("payload", os.path.join(work, "link"))
        case = Case(results, work)
        for writer in (info_zip, python, bsdtar, seven_zip, jar, go):
            writer(case)
    results.finish()


if __name__ == "__main__":
    sys.exit(main())
