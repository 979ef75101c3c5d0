# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# What comes from outside, each as one target:
#
#   dsync_blake3, dsync_libdeflate    C sources pinned in deps/, or the system's
#   dsync_wasmtime                    built once into the user cache by deps/build
#   dsync_codecs                      zlib, zstd, liblzma, libcrypto: the system's, static
#   dsync_jansson, dsync_curl, dsync_cmocka, dsync_tomlplusplus
#                                     the system's, by pkg-config
#
# The system's are looked for only here, and configuring fails with the package's
# name when one is absent.  dsync_tomlplusplus alone may be absent:
# ask `if(TARGET dsync_tomlplusplus)`.

find_package(PkgConfig QUIET)

# dsync_system_library(NAME pkg-config-module minimum debian-package)
function(dsync_system_library name module minimum package)
	if(PkgConfig_FOUND)
		pkg_check_modules(${name} QUIET IMPORTED_TARGET GLOBAL "${module}>=${minimum}")
	endif()
	if(TARGET PkgConfig::${name})
		add_library(dsync_${name} INTERFACE)
		target_link_libraries(dsync_${name} INTERFACE PkgConfig::${name})
	elseif(NOT ARGV4 STREQUAL "OPTIONAL")
		message(FATAL_ERROR "${module} >= ${minimum} is missing: install ${package} (scripts/setup installs all that the default build needs)")
	endif()
endfunction()

# Runs a stage of deps/build; `result` becomes the folder with what it made.
function(dsync_deps_stage stage result)
	execute_process(
		COMMAND ${PROJECT_SOURCE_DIR}/deps/build ${stage}
		OUTPUT_VARIABLE path OUTPUT_STRIP_TRAILING_WHITESPACE
		RESULT_VARIABLE status)
	if(NOT status EQUAL 0)
		message(FATAL_ERROR "deps/build ${stage} failed (its message is above)")
	endif()
	set(${result} ${path} PARENT_SCOPE)
endfunction()

if(DSYNC_BLAKE3 STREQUAL "bundled" OR DSYNC_LIBDEFLATE STREQUAL "bundled")
	dsync_deps_stage(sources DSYNC_DEPS_SOURCES)
endif()

include(deps-blake3)
include(deps-libdeflate)

if(BUILD_TESTING)
	include(deps-cmocka)
endif()

if(NOT DSYNC_CORE_ONLY)
	dsync_system_library(jansson jansson 2.14 libjansson-dev)
	dsync_system_library(curl libcurl 7.88 libcurl4-openssl-dev)
	if(BUILD_TESTING)
		dsync_system_library(tomlplusplus tomlplusplus 3.0 libtomlplusplus-dev OPTIONAL)
	endif()
	include(deps-decode)
	include(deps-wasmtime)
endif()
