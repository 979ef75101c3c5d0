# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# The short way in.  Everything else is CMake: see CMakePresets.json.

PRESET = release
BUILD = build/$(PRESET)
PREFIX = /usr/local
DESTDIR =
FUZZ_SECONDS = 60

build:
	@scripts/setup build
	cmake --preset $(PRESET)
	cmake --build --preset $(PRESET) --target dsync_programs

demo: build
	DOTSYNC_BUILD=$(CURDIR)/$(BUILD) scripts/demo

# `make test` runs everything, `make test STAGES="release asan"` some of it.
test:
	@scripts/setup test
	scripts/ci-matrix $(STAGES)

bench:
	@scripts/setup bench
	cmake --preset release
	cmake --build --preset release
	cmake --build --preset release --target bench

fuzz:
	@scripts/setup test
	cmake --preset fuzz
	cmake --build --preset fuzz --target dsync_fuzzers
	scripts/fuzz build/fuzz/fuzz $(FUZZ_SECONDS)

install:
	@scripts/setup build
	cmake --preset release -DCMAKE_INSTALL_PREFIX=$(PREFIX)
	cmake --build --preset release --target dsync_installed
	DESTDIR=$(DESTDIR) cmake --install build/release

doc:
	@scripts/setup build
	cmake --preset release
	cmake --build --preset release --target doc

format:
	@scripts/setup lint
	scripts/lint --fix

lint:
	@scripts/setup lint
	scripts/lint

clean:
	rm -rf build

.PHONY: build demo test bench fuzz install doc format lint clean
