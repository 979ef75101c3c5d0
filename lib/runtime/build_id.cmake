# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# Makes build_id.c: 16 bytes from the version, the commit where git knows one,
# and the headers in which the programs agree how to talk.  Nothing of the
# machine goes in, so two builds of one source have one id.

set(protocols ${PROJECT_SOURCE_DIR}/include/runtime/frame.h ${PROJECT_SOURCE_DIR}/include/runtime/job.h)
set(identity "${PROJECT_VERSION}")

find_package(Git QUIET)
if(GIT_FOUND)
	execute_process(COMMAND ${GIT_EXECUTABLE} describe --always --dirty --abbrev=40
		WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
		OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE status)
	if(status EQUAL 0)
		string(APPEND identity " ${commit}")
	endif()
endif()

foreach(header IN LISTS protocols)
	if(EXISTS ${header})
		file(SHA256 ${header} hash)
		string(APPEND identity " ${hash}")
		set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${header})
	endif()
endforeach()

string(SHA256 identity "${identity}")
string(SUBSTRING ${identity} 0 32 identity)
if(DSYNC_BUILD_ID)	# of the tree that this one is a part of
	set(identity ${DSYNC_BUILD_ID})
endif()
set(DSYNC_BUILD_ID_HERE ${identity} CACHE INTERNAL "16 bytes in hexadecimal digits")
string(REGEX REPLACE "(..)" "0x\\1, " DSYNC_BUILD_ID_BYTES ${identity})
configure_file(src/build_id.c.in ${CMAKE_CURRENT_BINARY_DIR}/build_id.c @ONLY)
