# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# dsync_codecs: zlib, zstd, liblzma and libcrypto (SHA-256 alone is used) as static
# libraries, because dotsync-worker, which runs without a file system, is one.

add_library(dsync_codecs INTERFACE)

# dsync_static_library(FILE HEADER debian-package)
function(dsync_static_library file header package)
	find_library(DSYNC_STATIC_${file} NAMES ${file})
	find_path(DSYNC_HEADER_${file} NAMES ${header})
	mark_as_advanced(DSYNC_STATIC_${file} DSYNC_HEADER_${file})
	if(NOT DSYNC_STATIC_${file} OR NOT DSYNC_HEADER_${file})
		message(FATAL_ERROR "${file} is missing: install ${package} (scripts/setup installs all that the default build needs)")
	endif()
	target_link_libraries(dsync_codecs INTERFACE ${DSYNC_STATIC_${file}})
	target_include_directories(dsync_codecs SYSTEM INTERFACE ${DSYNC_HEADER_${file}})
endfunction()

dsync_static_library(libz.a zlib.h zlib1g-dev)
dsync_static_library(libzstd.a zstd.h libzstd-dev)
dsync_static_library(liblzma.a lzma.h liblzma-dev)
dsync_static_library(libcrypto.a openssl/sha.h libssl-dev)
