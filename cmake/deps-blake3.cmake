# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# dsync_blake3: the C implementation of BLAKE3 with what the processor offers,
# chosen by it at run time on x86-64 (SSE2 to AVX-512), NEON on aarch64,
# portable C elsewhere.  Without oneTBB: no threads, no C++.

if(DSYNC_BLAKE3 STREQUAL "system")
	dsync_system_library(blake3 libblake3 1.5 libblake3-dev)
	return()
endif()

enable_language(ASM)
set(dir ${DSYNC_DEPS_SOURCES}/vendor/blake3/c)
set(sources ${dir}/blake3.c ${dir}/blake3_dispatch.c ${dir}/blake3_portable.c)

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$" AND CMAKE_SIZEOF_VOID_P EQUAL 8)
	foreach(level sse2 sse41 avx2 avx512)
		list(APPEND sources ${dir}/blake3_${level}_x86-64_unix.S)
	endforeach()
	set(definitions BLAKE3_USE_NEON=0)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
	list(APPEND sources ${dir}/blake3_neon.c)
	set(definitions BLAKE3_USE_NEON=1)
else()
	set(definitions BLAKE3_USE_NEON=0 BLAKE3_NO_SSE2 BLAKE3_NO_SSE41 BLAKE3_NO_AVX2 BLAKE3_NO_AVX512)
endif()

add_library(dsync_blake3 STATIC ${sources})
target_include_directories(dsync_blake3 SYSTEM PUBLIC $<BUILD_INTERFACE:${dir}>)
target_compile_definitions(dsync_blake3 PRIVATE ${definitions})
target_compile_options(dsync_blake3 PRIVATE -w)
target_link_libraries(dsync_blake3 PRIVATE $<BUILD_INTERFACE:dsync_foreign_flags>)
