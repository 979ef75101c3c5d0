# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# dsync_libdeflate: deflate, inflate and CRC-32; picks vector code at run time.

if(DSYNC_LIBDEFLATE STREQUAL "system")
	dsync_system_library(libdeflate libdeflate 1.14 libdeflate-dev)
	return()
endif()

set(dir ${DSYNC_DEPS_SOURCES}/vendor/libdeflate-sys/libdeflate)

add_library(dsync_libdeflate STATIC
	${dir}/lib/utils.c
	${dir}/lib/arm/cpu_features.c
	${dir}/lib/x86/cpu_features.c
	${dir}/lib/crc32.c
	${dir}/lib/deflate_compress.c
	${dir}/lib/deflate_decompress.c)
target_include_directories(dsync_libdeflate SYSTEM PUBLIC $<BUILD_INTERFACE:${dir}>)
target_compile_options(dsync_libdeflate PRIVATE -w)
target_compile_definitions(dsync_libdeflate PRIVATE _GNU_SOURCE)	# its look at an ARM processor needs O_CLOEXEC
target_link_libraries(dsync_libdeflate PRIVATE $<BUILD_INTERFACE:dsync_foreign_flags>)
