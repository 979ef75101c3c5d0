# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# dsync_cmocka: the test library, from the system by pkg-config; for cross
# builds, where no system has one, the small one of our own beside this file.

if(CMAKE_CROSSCOMPILING)
	add_library(dsync_cmocka INTERFACE)
	target_include_directories(dsync_cmocka SYSTEM INTERFACE ${CMAKE_CURRENT_LIST_DIR}/cross/include)
else()
	dsync_system_library(cmocka cmocka 1.1.5 libcmocka-dev)
endif()
