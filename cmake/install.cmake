# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# The installed libraries, each shared and static, made of the modules' objects:
#
#   libdotsync-format     base (with the OS seam) + toml + zip + format, and in it
#                         BLAKE3 and libdeflate
#   libdotsync-trust      needs libdotsync-format
#   libdotsync-runtime    needs the two above, jansson
#   libdotsync-fs         needs the three above
#
# Functions declared in include/dotsync/ carry the symbol version DOTSYNC_0.1 and
# stay; other dsync_ functions, which our libraries use of each other, carry
# DOTSYNC_PRIVATE, so that a program that reaches for one says so; nothing else
# is exported.  Programs of this tree link the modules, not these libraries.
#
# A library is made once all its modules exist.

include(CMakePackageConfigHelpers)

file(GLOB DSYNC_PUBLIC_HEADERS CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/dotsync/*.h)
set(DSYNC_SYMBOL_MAP ${CMAKE_BINARY_DIR}/dotsync.map)
add_custom_command(
	OUTPUT ${DSYNC_SYMBOL_MAP}
	COMMAND ${PROJECT_SOURCE_DIR}/cmake/make-map ${DSYNC_SYMBOL_MAP} ${DSYNC_PUBLIC_HEADERS}
	DEPENDS ${PROJECT_SOURCE_DIR}/cmake/make-map ${DSYNC_PUBLIC_HEADERS}
	COMMENT "Symbol versions from include/dotsync" VERBATIM)
add_custom_target(dsync_symbol_map DEPENDS ${DSYNC_SYMBOL_MAP})
set(DSYNC_INSTALLED_LIBRARIES)
add_custom_target(dsync_installed DEPENDS dsync_programs)	# all that `cmake --install` wants built

# dsync_library(NAME MODULES module... [NEEDS library...] [FOREIGN target...]
#               [BUNDLED target...] [REQUIRES pkg-config...] DESCRIPTION text)
# NEEDS are other libraries of ours, FOREIGN are outside and linked privately,
# BUNDLED are outside and become part of it, REQUIRES is what a static link asks
# pkg-config for.
function(dsync_library name)
	cmake_parse_arguments(PARSE_ARGV 1 ARG "" "DESCRIPTION" "MODULES;NEEDS;FOREIGN;BUNDLED;REQUIRES")
	dsync_check_arguments("dsync_library(${name})")
	foreach(module IN LISTS ARG_MODULES)
		if(NOT TARGET dsync_${module})
			return()
		endif()
		list(APPEND objects $<TARGET_OBJECTS:dsync_${module}>)
	endforeach()
	foreach(need IN LISTS ARG_NEEDS)
		if(NOT TARGET dotsync-${need})
			return()
		endif()
	endforeach()
	foreach(target IN LISTS ARG_BUNDLED)
		get_target_property(type ${target} TYPE)
		if(type STREQUAL "STATIC_LIBRARY")
			list(APPEND objects $<TARGET_OBJECTS:${target}>)
		else()
			list(APPEND ARG_FOREIGN ${target})
		endif()
	endforeach()

	add_library(dotsync-${name} SHARED ${objects})
	add_library(dotsync-${name}-static STATIC ${objects})
	set_target_properties(dotsync-${name} PROPERTIES
		VERSION ${PROJECT_VERSION} SOVERSION 0 LINKER_LANGUAGE C
		INSTALL_RPATH $ORIGIN	# finds the others of ours in any prefix
		LIBRARY_OUTPUT_DIRECTORY ${DSYNC_LIB_DIR}
		LINK_DEPENDS ${DSYNC_SYMBOL_MAP})
	set_target_properties(dotsync-${name}-static PROPERTIES
		OUTPUT_NAME dotsync-${name} LINKER_LANGUAGE C
		ARCHIVE_OUTPUT_DIRECTORY ${DSYNC_LIB_DIR})
	add_dependencies(dotsync-${name} dsync_symbol_map)
	target_link_options(dotsync-${name} PRIVATE
		-Wl,--version-script=${DSYNC_SYMBOL_MAP} -Wl,-Bsymbolic-functions)
	if(NOT DSYNC_SANITIZE)	# the sanitizers' functions come with the program
		target_link_options(dotsync-${name} PRIVATE -Wl,--no-undefined)
	endif()
	target_link_libraries(dotsync-${name} PRIVATE $<BUILD_INTERFACE:dsync_foreign_flags>)
	foreach(target IN LISTS ARG_FOREIGN)
		target_link_libraries(dotsync-${name} PRIVATE $<BUILD_INTERFACE:${target}>)
	endforeach()
	foreach(module IN LISTS ARG_REQUIRES)
		string(REGEX REPLACE "^lib" "" library ${module})
		target_link_libraries(dotsync-${name}-static INTERFACE $<INSTALL_INTERFACE:${library}>)
	endforeach()
	foreach(need IN LISTS ARG_NEEDS)
		target_link_libraries(dotsync-${name} PUBLIC dotsync-${need})
		target_link_libraries(dotsync-${name}-static PUBLIC dotsync-${need}-static)
	endforeach()
	foreach(variant dotsync-${name} dotsync-${name}-static)
		target_include_directories(${variant} INTERFACE
			$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
	endforeach()
	add_dependencies(dsync_installed dotsync-${name} dotsync-${name}-static)
	install(TARGETS dotsync-${name} dotsync-${name}-static EXPORT dotsync-targets
		LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
		ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})

	dsync_pkg_config(${name})
	set(DSYNC_INSTALLED_LIBRARIES ${DSYNC_INSTALLED_LIBRARIES} ${name} PARENT_SCOPE)
endfunction()

# Writes and installs dotsync-NAME.pc, which finds the rest from where it lies;
# reads the ARG_ variables of its caller.
function(dsync_pkg_config name)
	file(RELATIVE_PATH prefix_from_here /p/${CMAKE_INSTALL_LIBDIR}/pkgconfig /p)
	string(REGEX REPLACE "/$" "" prefix_from_here "${prefix_from_here}")
	set(requires ${ARG_NEEDS})
	list(TRANSFORM requires PREPEND dotsync-)
	string(REPLACE ";" " " requires "${requires}")
	string(REPLACE ";" " " requires_private "${ARG_REQUIRES}")
	configure_file(${PROJECT_SOURCE_DIR}/cmake/dotsync.pc.in ${CMAKE_BINARY_DIR}/pkgconfig/dotsync-${name}.pc @ONLY)
	install(FILES ${CMAKE_BINARY_DIR}/pkgconfig/dotsync-${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()

dsync_library(format
	DESCRIPTION "reading and writing .sync archives"
	MODULES sys base toml zip format
	BUNDLED dsync_blake3 dsync_libdeflate)
dsync_library(trust
	DESCRIPTION "who may be believed: the trust layers of .sync archives"
	MODULES trust NEEDS format)
dsync_library(runtime
	DESCRIPTION "refreshing .sync archives"
	MODULES address frame builtins runtime NEEDS format trust FOREIGN dsync_jansson REQUIRES jansson)
dsync_library(fs
	DESCRIPTION "following .sync archives, and showing them as ordinary files"
	MODULES fs NEEDS format trust runtime)

install(FILES LICENSE-APACHE LICENSE-MIT DESTINATION ${CMAKE_INSTALL_DOCDIR})

# What updaters are written with: the SDKs, their templates and examples, placed as in the tree.
set(guest_dir ${CMAKE_INSTALL_DATADIR}/dotsync/guest)
install(FILES guest/dotsync.h guest/dotsync-decode.h guest/README.md DESTINATION ${guest_dir})
install(FILES guest/updaters/json.c guest/updaters/json.h DESTINATION ${guest_dir}/updaters)
install(DIRECTORY guest/c guest/rust guest/go guest/assemblyscript DESTINATION ${guest_dir}
	PATTERN target EXCLUDE PATTERN node_modules EXCLUDE PATTERN "*.wasm" EXCLUDE PATTERN Cargo.lock EXCLUDE)

if(DSYNC_INSTALLED_LIBRARIES)
	set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/dotsync)
	install(FILES ${DSYNC_PUBLIC_HEADERS} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/dotsync)
	install(EXPORT dotsync-targets NAMESPACE dotsync:: DESTINATION ${package_dir})
	configure_package_config_file(cmake/dotsync-config.cmake.in ${CMAKE_BINARY_DIR}/dotsync-config.cmake
		INSTALL_DESTINATION ${package_dir})
	write_basic_package_version_file(${CMAKE_BINARY_DIR}/dotsync-config-version.cmake
		COMPATIBILITY SameMinorVersion)
	install(FILES ${CMAKE_BINARY_DIR}/dotsync-config.cmake ${CMAKE_BINARY_DIR}/dotsync-config-version.cmake
		DESTINATION ${package_dir})
endif()
