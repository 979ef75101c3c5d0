# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# Every header compiles alone: for each one a source is written that includes it
# first, twice, and nothing else; compiling it is the check, and it is part of the
# ordinary build of the tests.  The installed headers must compile as C++ too.

function(dsync_check_headers target suffix)
	set(sources)
	foreach(header IN LISTS ARGN)
		string(MAKE_C_IDENTIFIER ${header} name)
		set(source ${CMAKE_CURRENT_BINARY_DIR}/headers/${name}.${suffix})
		file(CONFIGURE OUTPUT ${source} CONTENT
"#include \"${header}\"\n#include \"${header}\"\n\nextern int ${name}_compiles;\nint ${name}_compiles = 1;\n")
		list(APPEND sources ${source})
	endforeach()
	if(suffix STREQUAL "cpp")	# a function may share its name with a struct, as stat() does
		set_source_files_properties(${sources} PROPERTIES COMPILE_OPTIONS -Wno-shadow)
	endif()
	if(sources)
		add_library(${target} OBJECT ${sources})
		target_link_libraries(${target} PRIVATE dsync_flags)
	endif()
endfunction()

set(include_dir ${PROJECT_SOURCE_DIR}/include)
if(DSYNC_CORE_ONLY)
	set(folders base toml zip format)
	file(GLOB installed CONFIGURE_DEPENDS RELATIVE ${include_dir}
		${include_dir}/dotsync/error.h ${include_dir}/dotsync/view.h)
else()
	set(folders base toml zip format trust runtime broker worker fs)
	file(GLOB installed CONFIGURE_DEPENDS RELATIVE ${include_dir} ${include_dir}/dotsync/*.h)
endif()
list(TRANSFORM folders REPLACE "(.+)" "${include_dir}/\\1/*.h")
file(GLOB private CONFIGURE_DEPENDS RELATIVE ${include_dir} ${folders})

dsync_check_headers(test_headers_c c ${installed} ${private})
if(CMAKE_CXX_COMPILER)
	dsync_check_headers(test_headers_cxx cpp ${installed})
endif()
