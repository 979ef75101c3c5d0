# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# Every switch of the build, and what a configure without any gets.

option(DSYNC_WERROR "Treat warnings as errors" OFF)
option(DSYNC_CORE_ONLY "Build base, toml, zip and format with their unit tests, nothing else" OFF)
option(DSYNC_FUZZ "Build the fuzz targets with libFuzzer (needs clang)" OFF)
option(DSYNC_BENCH "Build the benchmarks" ON)
option(DSYNC_COVERAGE "Instrument for gcov" OFF)
set(DSYNC_SANITIZE "" CACHE STRING "Sanitizers: empty, \"address,undefined\" or \"thread\"")

foreach(dep WASMTIME BLAKE3 LIBDEFLATE)
	set(DSYNC_${dep} "bundled" CACHE STRING "Where ${dep} comes from: bundled (pinned in deps/) or system")
	set_property(CACHE DSYNC_${dep} PROPERTY STRINGS bundled system)
	if(NOT DSYNC_${dep} MATCHES "^(bundled|system)$")
		message(FATAL_ERROR "DSYNC_${dep}: expected bundled or system, found \"${DSYNC_${dep}}\"")
	endif()
endforeach()
set_property(CACHE DSYNC_SANITIZE PROPERTY STRINGS "" "address,undefined" "thread")

if(NOT CMAKE_BUILD_TYPE)
	set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
endif()

# Assertions guard against misuse by programmers and stay on in what is installed.
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g")

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
if(NOT CMAKE_SYSTEM_NAME STREQUAL "WASI")
	set(CMAKE_POSITION_INDEPENDENT_CODE ON)
endif()
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

include(GNUInstallDirs)
if(CMAKE_POSITION_INDEPENDENT_CODE)
	include(CheckPIESupported)
	check_pie_supported(LANGUAGES C)	# else CMake compiles for PIE and links without -pie
endif()

# The tests' TOML oracle is C++; nothing that is installed is.
if(BUILD_TESTING AND NOT DSYNC_CORE_ONLY)
	include(CheckLanguage)
	check_language(CXX)
	if(CMAKE_CXX_COMPILER)
		enable_language(CXX)
		set(CMAKE_CXX_STANDARD 17)
		set(CMAKE_CXX_STANDARD_REQUIRED ON)
	endif()
endif()
