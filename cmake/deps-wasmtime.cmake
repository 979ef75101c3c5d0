# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# dsync_wasmtime: the wasm engine, for dotsync-worker alone.  The bundled one is
# built by deps/build into the user cache, the first time a target that links it
# is built; the build tree holds a copy.

if(DSYNC_WASMTIME STREQUAL "system")
	find_path(DSYNC_WASMTIME_INCLUDE wasmtime.h REQUIRED)
	find_library(DSYNC_WASMTIME_LIBRARY wasmtime REQUIRED)
	add_library(dsync_wasmtime INTERFACE)
	target_include_directories(dsync_wasmtime SYSTEM INTERFACE ${DSYNC_WASMTIME_INCLUDE})
	target_link_libraries(dsync_wasmtime INTERFACE ${DSYNC_WASMTIME_LIBRARY})
	return()
endif()

find_package(Threads REQUIRED)

set(dir ${CMAKE_BINARY_DIR}/deps/wasmtime)
set(library ${dir}/lib/libwasmtime.a)
add_custom_command(
	OUTPUT ${library}
	COMMAND ${CMAKE_COMMAND} -DOUT=${dir} -DDEPS=${PROJECT_SOURCE_DIR}/deps
		-P ${PROJECT_SOURCE_DIR}/cmake/deps-wasmtime-build.cmake
	DEPENDS
		${PROJECT_SOURCE_DIR}/deps/Cargo.lock
		${PROJECT_SOURCE_DIR}/deps/Cargo.toml
		${PROJECT_SOURCE_DIR}/deps/build
	COMMENT "Wasmtime from the cache, or built into it"
	USES_TERMINAL VERBATIM)
add_custom_target(dsync_wasmtime_build DEPENDS ${library})

add_library(dsync_wasmtime STATIC IMPORTED GLOBAL)
set_target_properties(dsync_wasmtime PROPERTIES IMPORTED_LOCATION ${library})
target_link_libraries(dsync_wasmtime INTERFACE Threads::Threads m ${CMAKE_DL_LIBS})
add_dependencies(dsync_wasmtime dsync_wasmtime_build)

# An include folder must exist when CMake runs; this one is filled later.
file(MAKE_DIRECTORY ${dir}/include)
target_include_directories(dsync_wasmtime SYSTEM INTERFACE ${dir}/include)
