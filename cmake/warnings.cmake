# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# Compiler flags, as two interface targets: dsync_flags for all code of ours,
# dsync_foreign_flags for C sources of others that we compile (sanitized and
# hardened like ours, but their warnings are not our business).

add_library(dsync_flags INTERFACE)
add_library(dsync_foreign_flags INTERFACE)
target_link_libraries(dsync_flags INTERFACE dsync_foreign_flags)

target_include_directories(dsync_flags INTERFACE ${PROJECT_SOURCE_DIR}/include)
target_compile_definitions(dsync_flags INTERFACE _GNU_SOURCE)
target_compile_options(dsync_flags INTERFACE -fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=)	# __FILE__ in assertions
target_compile_options(dsync_flags INTERFACE
	-Wall -Wextra -Wpedantic -Wshadow -Wpointer-arith -Wcast-qual
	-Wwrite-strings -Wvla -Wformat=2 -Wundef -Wimplicit-fallthrough
	$<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes -Wmissing-prototypes>
	$<$<BOOL:${DSYNC_WERROR}>:-Werror>)

# File offsets are 64 bits wide on every machine.
target_compile_definitions(dsync_foreign_flags INTERFACE _FILE_OFFSET_BITS=64)

if(DSYNC_SANITIZE)
	target_compile_options(dsync_foreign_flags INTERFACE
		-fsanitize=${DSYNC_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
	target_link_options(dsync_foreign_flags INTERFACE -fsanitize=${DSYNC_SANITIZE})
elseif(NOT CMAKE_BUILD_TYPE STREQUAL "Debug" AND CMAKE_SYSTEM_NAME STREQUAL "Linux")
	# _FORTIFY_SOURCE needs optimisation and hides reads from sanitizers.
	target_compile_options(dsync_foreign_flags INTERFACE
		-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong)
	target_link_options(dsync_foreign_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
endif()

if(DSYNC_FUZZ)
	target_compile_options(dsync_foreign_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

if(DSYNC_COVERAGE)
	target_compile_options(dsync_foreign_flags INTERFACE --coverage -fprofile-update=atomic)
	target_link_options(dsync_foreign_flags INTERFACE --coverage)
endif()
