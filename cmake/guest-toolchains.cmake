# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# Compilers that make updaters, and the functions that call them while building.
#
# Found here, each by compiling something where its version alone does not tell:
#
#   language        variables
#   C               DSYNC_WASM_CLANG              always there; dotsync's own updaters are made with it
#   WASI_C          DSYNC_WASI_C                  clang finds wasi-libc
#   GO              DSYNC_GO                      1.24 or newer: exports of wasip1
#   RUST            DSYNC_RUSTC, DSYNC_RUST_TARGET
#   ASSEMBLYSCRIPT  DSYNC_ASC                     scripts/setup puts it into the user cache
#   WAT             DSYNC_WAT2WASM
#
# DSYNC_GUEST_<LANGUAGE> is ON where it works; else DSYNC_GUEST_<LANGUAGE>_MISSING says what to install.
# OUTPUT is the path of the module; list it in the DEPENDS of a target, and call only what is there:
#
#   dsync_guest(OUTPUT source...)                     C with the SDK header alone, exports run
#   dsync_guest_wasi_c(OUTPUT source...)              C with wasi-libc, a WASI command
#   dsync_guest_go(OUTPUT COMMAND|RUN folder)         the Go package in `folder`: a WASI command, or one that exports run
#   dsync_guest_rust(OUTPUT COMMAND|RUN source.rs)    one crate; RUN ones may say `extern crate dotsync`
#   dsync_guest_assemblyscript(OUTPUT source.ts [option...])   may import "dotsync"
#   dsync_guest_wat(OUTPUT source.wat)
#
#   dsync_guest_script_test(LANGUAGE NAME ...)
#       dsync_script_test(NAME ...) where the language is there, else a test that says what is missing and is skipped.

find_program(DSYNC_WASM_CLANG NAMES clang clang-19 clang-18 clang-17 clang-16 clang-15 clang-14 REQUIRED)
find_program(DSYNC_GO go HINTS /usr/local/go/bin)
find_program(DSYNC_RUSTC rustc HINTS $ENV{HOME}/.cargo/bin)
find_program(DSYNC_WAT2WASM wat2wasm)
set(guest_cache $ENV{XDG_CACHE_HOME})
if(NOT guest_cache)
	set(guest_cache $ENV{HOME}/.cache)
endif()
find_program(DSYNC_ASC NAMES asc HINTS ${guest_cache}/dotsync/assemblyscript/node_modules/.bin)
mark_as_advanced(DSYNC_WASM_CLANG DSYNC_GO DSYNC_RUSTC DSYNC_WAT2WASM DSYNC_ASC)

# What follows is asked anew at each configure: a toolchain may have come or gone.
function(dsync_guest_toolchain language works how)
	set(DSYNC_GUEST_${language} ${works} CACHE INTERNAL "")
	set(DSYNC_GUEST_${language}_MISSING "${how}" CACHE INTERNAL "")
endfunction()

set(guest_probe ${CMAKE_BINARY_DIR}/CMakeFiles/guest-probe)
file(WRITE ${guest_probe}.c "#include <stdio.h>\nint main(void) { return puts(\"\") < 0; }\n")
execute_process(
	COMMAND ${DSYNC_WASM_CLANG} --target=wasm32-wasi -o ${guest_probe}.wasm ${guest_probe}.c
	RESULT_VARIABLE status OUTPUT_QUIET ERROR_QUIET)
set(works OFF)
if(status EQUAL 0)
	set(works ON)
endif()
dsync_guest_toolchain(C ON "")
dsync_guest_toolchain(WASI_C ${works} "clang finds no wasi-libc: apt-get install wasi-libc libclang-rt-14-dev-wasm32")

set(works OFF)
if(DSYNC_GO)
	execute_process(COMMAND ${CMAKE_COMMAND} -E env GOTOOLCHAIN=local ${DSYNC_GO} env GOVERSION
		OUTPUT_VARIABLE version ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
	if(version MATCHES "^go([0-9.]+)" AND CMAKE_MATCH_1 VERSION_GREATER_EQUAL 1.24)
		set(works ON)
	endif()
endif()
dsync_guest_toolchain(GO ${works} "Go 1.24 or newer is not installed (Debian 12 has 1.19): get it from the Go project")

# The standard library of one target is enough, and a linker: rustup brings its own, Debian has lld's.
file(WRITE ${guest_probe}.rs "#[no_mangle]\npub extern \"C\" fn run() { println!() }\n")
set(works OFF)
set(DSYNC_RUST_TARGET "" CACHE INTERNAL "")
set(DSYNC_RUST_FLAGS "" CACHE INTERNAL "")
foreach(target wasm32-wasip1 wasm32-wasi)
	foreach(flags "" "-Clinker=wasm-ld")
		if(DSYNC_RUSTC AND NOT works)
			execute_process(
				COMMAND ${DSYNC_RUSTC} --target ${target} ${flags} --crate-type cdylib -o ${guest_probe}.wasm ${guest_probe}.rs
				RESULT_VARIABLE status OUTPUT_QUIET ERROR_QUIET)
			if(status EQUAL 0)
				set(works ON)
				set(DSYNC_RUST_TARGET ${target} CACHE INTERNAL "")
				set(DSYNC_RUST_FLAGS "${flags}" CACHE INTERNAL "")
			endif()
		endif()
	endforeach()
endforeach()
dsync_guest_toolchain(RUST ${works} "rustc has no WebAssembly target: rustup target add wasm32-wasip1 (or Debian's rustc and libstd-rust-dev-wasm32)")

set(works OFF)
if(DSYNC_ASC)
	execute_process(COMMAND ${DSYNC_ASC} --version RESULT_VARIABLE status OUTPUT_QUIET ERROR_QUIET)
	if(status EQUAL 0)
		set(works ON)
	endif()
endif()
dsync_guest_toolchain(ASSEMBLYSCRIPT ${works} "asc is not installed: with npm installed, run scripts/setup test")

set(works OFF)
if(DSYNC_WAT2WASM)
	set(works ON)
endif()
dsync_guest_toolchain(WAT ${works} "wat2wasm is not installed: apt-get install wabt")

foreach(language WASI_C GO RUST ASSEMBLYSCRIPT WAT)
	if(BUILD_TESTING AND NOT DSYNC_GUEST_${language})
		message(STATUS "Updaters in ${language} are not tested: ${DSYNC_GUEST_${language}_MISSING}")
	endif()
endforeach()

# Absolute paths of the sources in ARGN, in the variable `sources`.
macro(dsync_guest_sources)
	set(sources)
	foreach(source ${ARGN})
		cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
		list(APPEND sources ${source})
	endforeach()
endmacro()

function(dsync_guest output)
	dsync_guest_sources(${ARGN})
	file(GLOB headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/guest/*.h ${PROJECT_SOURCE_DIR}/guest/updaters/*.h)
	add_custom_command(
		OUTPUT ${output}
		COMMAND ${DSYNC_WASM_CLANG} --target=wasm32 -std=c11 -Os -ffreestanding -fno-builtin -nostdlib
			-Wall -Wextra -I${PROJECT_SOURCE_DIR}/guest
			-Wl,--no-entry -Wl,--export=run -Wl,-s -Wl,-z,stack-size=16384
			-o ${output} ${sources}
		DEPENDS ${sources} ${headers}
		COMMENT "wasm32 ${output}"
		VERBATIM)
endfunction()

function(dsync_guest_wasi_c output)
	dsync_guest_sources(${ARGN})
	add_custom_command(
		OUTPUT ${output}
		COMMAND ${DSYNC_WASM_CLANG} --target=wasm32-wasi -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Wl,-s -o ${output} ${sources}
		DEPENDS ${sources}
		COMMENT "wasm32-wasi ${output}"
		VERBATIM)
endfunction()

# Nothing is downloaded, and no toolchain other than the installed one is fetched.
function(dsync_guest_go output kind folder)
	dsync_guest_sources(${folder})
	set(mode)
	if(kind STREQUAL "RUN")
		set(mode -buildmode=c-shared)
	endif()
	file(GLOB files CONFIGURE_DEPENDS ${sources}/*.go ${PROJECT_SOURCE_DIR}/guest/go/*.go ${PROJECT_SOURCE_DIR}/guest/go/go.mod)
	add_custom_command(
		OUTPUT ${output}
		COMMAND ${CMAKE_COMMAND} -E env GOOS=wasip1 GOARCH=wasm GOTOOLCHAIN=local GOPROXY=off GOWORK=off GOFLAGS=-mod=readonly
			${DSYNC_GO} build ${mode} -trimpath -buildvcs=false "-ldflags=-s -w" -o ${output} .
		WORKING_DIRECTORY ${sources}
		DEPENDS ${files}
		COMMENT "go ${output}"
		VERBATIM)
endfunction()

# The SDK's crate, compiled once for the updaters that use it.
set(DSYNC_RUST_SDK ${CMAKE_BINARY_DIR}/tree/guest/libdotsync.rlib CACHE INTERNAL "")
set(DSYNC_RUST_OPTIONS --edition 2021 --target ${DSYNC_RUST_TARGET} ${DSYNC_RUST_FLAGS} -Copt-level=s -Cpanic=abort CACHE INTERNAL "")
function(dsync_guest_rust_sdk)
	set(source ${PROJECT_SOURCE_DIR}/guest/rust/src/lib.rs)
	add_custom_command(
		OUTPUT ${DSYNC_RUST_SDK}
		COMMAND ${DSYNC_RUSTC} ${DSYNC_RUST_OPTIONS} --crate-name dotsync --crate-type rlib -Dwarnings -o ${DSYNC_RUST_SDK} ${source}
		DEPENDS ${source}
		COMMENT "rustc ${DSYNC_RUST_SDK}"
		VERBATIM)
	add_custom_target(dsync_guest_rust_sdk DEPENDS ${DSYNC_RUST_SDK})
endfunction()

function(dsync_guest_rust output kind source)
	dsync_guest_sources(${source})
	set(needs)
	set(options --crate-type bin)
	if(kind STREQUAL "RUN")
		set(needs dsync_guest_rust_sdk ${DSYNC_RUST_SDK})
		set(options --crate-type cdylib --extern dotsync=${DSYNC_RUST_SDK})
	endif()
	add_custom_command(
		OUTPUT ${output}
		COMMAND ${DSYNC_RUSTC} ${DSYNC_RUST_OPTIONS} ${options} -Cstrip=symbols -Dwarnings -o ${output} ${sources}
		DEPENDS ${sources} ${needs}
		COMMENT "rustc ${output}"
		VERBATIM)
endfunction()

# asc looks up packages below --path; the SDK stands there under its own name.
function(dsync_guest_assemblyscript output source)
	dsync_guest_sources(${source})
	set(packages ${CMAKE_BINARY_DIR}/tree/guest/packages)
	file(MAKE_DIRECTORY ${packages})
	file(CREATE_LINK ${PROJECT_SOURCE_DIR}/guest/assemblyscript ${packages}/dotsync SYMBOLIC)
	file(GLOB sdk CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/guest/assemblyscript/*.ts ${PROJECT_SOURCE_DIR}/guest/assemblyscript/package.json)
	get_filename_component(folder ${sources} DIRECTORY)
	get_filename_component(name ${sources} NAME)
	add_custom_command(
		OUTPUT ${output}
		COMMAND ${DSYNC_ASC} ${name} --path ${packages} -O3 --shrinkLevel 1 ${ARGN} --outFile ${output}
		WORKING_DIRECTORY ${folder}
		DEPENDS ${sources} ${sdk}
		COMMENT "asc ${output}"
		VERBATIM)
endfunction()

function(dsync_guest_wat output source)
	dsync_guest_sources(${source})
	add_custom_command(
		OUTPUT ${output}
		COMMAND ${DSYNC_WAT2WASM} -o ${output} ${sources}
		DEPENDS ${sources}
		COMMENT "wat2wasm ${output}"
		VERBATIM)
endfunction()

function(dsync_guest_script_test language name)
	if(DSYNC_GUEST_${language})
		dsync_script_test(${name} ${ARGN})
	elseif(BUILD_TESTING)
		add_test(NAME ${name} COMMAND sh -c "echo \"skipped: $0\"; exit 77" "${DSYNC_GUEST_${language}_MISSING}")
		set_tests_properties(${name} PROPERTIES LABELS e2e SKIP_RETURN_CODE 77)
	endif()
endfunction()
