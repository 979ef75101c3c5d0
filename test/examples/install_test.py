# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
An installed tree, moved to another place, is whole: programs find their helpers, pkg-config and find_package
build the examples, libraries export nothing but dsync_ names, man pages are there.
"""
import glob
import os
import shutil
import subprocess
import sys

import scene

CMAKE = """
cmake_minimum_required(VERSION 3.20)
project(user LANGUAGES C)
find_package(dotsync REQUIRED)
add_executable(names %s/examples/names.c)
target_compile_definitions(names PRIVATE _GNU_SOURCE)
target_link_libraries(names PRIVATE dotsync::dotsync-fs)
"""


def sanitized():
	"""A program without the sanitizer cannot load a library with it."""
	with open(os.path.join(scene.BUILD, "CMakeCache.txt"), encoding="utf-8") as cache:
		return any(line.startswith("DSYNC_SANITIZE:") and line.strip().split("=", 1)[1] for line in cache)


def library_dir(prefix):
	return os.path.dirname(glob.glob(prefix + "/lib/**/libdotsync-format.so", recursive=True)[0])


def build_with_pkg_config(s, prefix, out):
	os.makedirs(out)
	env = dict(s.env, PKG_CONFIG_PATH=os.path.join(library_dir(prefix), "pkgconfig"))
	for name, package in (("read", "format"), ("update", "runtime"), ("names", "fs"), ("follow", "fs")):
		flags = s.run(["pkg-config", "--cflags", "--libs", "dotsync-" + package], env=env).split()
		s.run(["cc", "-std=c11", "-D_GNU_SOURCE", os.path.join(scene.SOURCE, "examples", name + ".c"), "-o", os.path.join(out, name), *flags,
			"-Wl,-rpath," + library_dir(prefix)])


def build_with_cmake(s, prefix):
	source = os.path.join(s.dir, "user")
	os.makedirs(source)
	with open(os.path.join(source, "CMakeLists.txt"), "w", encoding="utf-8") as file:
		file.write(CMAKE % scene.SOURCE)
	s.run(["cmake", "-S", source, "-B", source + "/build", "-DCMAKE_PREFIX_PATH=" + prefix])
	s.run(["cmake", "--build", source + "/build"])
	scene.expect(s.run([source + "/build/names", s.archive]), "list.txt: /mnt/list.txt\n")


def check_symbols(s, prefix):
	for library in glob.glob(library_dir(prefix) + "/libdotsync-*.so"):
		for line in s.run(["nm", "-D", "--defined-only", library]).splitlines():
			name = line.split()[-1]
			if not name.startswith(("dsync_", "DOTSYNC_")):
				sys.exit("%s exports %s" % (library, name))


def build_updater(s, prefix):
	"""The template of an updater is copied and built beside the installed SDK, and runs."""
	sdk, own = os.path.join(prefix, "share", "dotsync", "guest"), os.path.join(s.dir, "updater")
	shutil.copytree(os.path.join(sdk, "c", "template"), own)
	s.run(["make", "-C", own, "SDK=" + sdk])
	tried = subprocess.run([os.path.join(prefix, "bin", "dotsync"), "run", os.path.join(own, "updater.wasm")], env=s.env, capture_output=True, check=False)
	if tried.returncode != 75 or b"expected an entry https://example.com" not in tried.stdout:	# its host was not allowed
		sys.exit("the installed template: exit %d, %r" % (tried.returncode, tried.stdout + tried.stderr))


def main():
	if sanitized():
		print("skipped: the libraries of a sanitizer build cannot be linked by a plain program")
		sys.exit(77)
	with scene.Scene() as s:
		first, prefix = os.path.join(s.dir, "first"), os.path.join(s.dir, "moved")
		subprocess.run(["cmake", "--install", scene.BUILD, "--prefix", first], check=True, stdout=subprocess.DEVNULL)
		shutil.move(first, prefix)
		s.create(os.path.join(prefix, "bin", "dotsync"))
		build_with_pkg_config(s, prefix, os.path.join(s.dir, "examples"))
		build_with_cmake(s, prefix)
		scene.run_examples(s, os.path.join(s.dir, "examples"))
		check_symbols(s, prefix)
		build_updater(s, prefix)
		if not os.path.exists(prefix + "/share/man/man1/dotsync.1"):
			sys.exit("no man page was installed")
	print("1 passed, 0 failed")


main()
