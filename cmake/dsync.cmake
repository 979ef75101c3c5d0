# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# The functions every folder's CMakeLists.txt is written in.
#
#   dsync_subdirectories(DIR...)
#       add_subdirectory() for those that exist, with their build files below
#       ${CMAKE_BINARY_DIR}/tree, since ${CMAKE_BINARY_DIR}/bin/dotsync is a program.
#
#   dsync_module(NAME SOURCES src... [LIBS lib...])
#       Static library target dsync_NAME: position independent, with our warnings
#       and sanitizers.  LIBS are the modules below it and what it needs from
#       outside.  What an installed library exports is decided in
#       cmake/install.cmake, not here.
#           dsync_module(zip SOURCES src/reader.c src/writer.c LIBS dsync_base)
#
#   dsync_program(NAME DEST bin|libexec SOURCES src... [LIBS lib...] [STATIC])
#       Executable, put where the build tree mirrors the install tree:
#       ${CMAKE_BINARY_DIR}/bin or ${CMAKE_BINARY_DIR}/libexec/dotsync, with its
#       install rule.  STATIC links it without any shared library (except in
#       sanitizer builds).  The target `dsync_programs` builds them all.
#
#   dsync_test(NAME SOURCES src... [LIBS lib...] [FAULT] [LABELS l...]
#              [ARGS a...] [TIMEOUT seconds] [ENVIRONMENT k=v...] [POSIX] [SERIAL])
#       cmocka program, target test_NAME, run by ctest as NAME.  FAULT replaces
#       the OS seam: each function named in lib/base/sys_calls.txt is linked
#       with -Wl,--wrap, and the target dsync_sys_fault (made by lib/base)
#       brings the __wrap_ functions.  POSIX says the test needs processes or
#       threads of its own and is left out for WASI.  SERIAL: nothing else may
#       run beside it.  The label `unit` is always set; others with a meaning:
#         threads   run in the tsan build
#         slow      left out under valgrind
#         sandbox   left out under valgrind, which needs calls the cage forbids
#         native    left out under valgrind: mounts, or kills and starts programs that it does not follow
#       The target `dsync_tests` builds all test programs.
#
#   dsync_script_test(NAME SCRIPT file [LABELS l...] [ARGS a...]
#                     [TIMEOUT seconds] [ENVIRONMENT k=v...] [SERIAL])
#       End-to-end test: a .py file is run by python3, anything else by itself.
#       The label `e2e` is always set.
#
#   dsync_fuzz(NAME SOURCES src... [LIBS lib...] [CORPUS dir])
#       Fuzz target fuzz_NAME.  SOURCES define LLVMFuzzerTestOneInput (declare it
#       first, in a header of fuzz/, or the compiler warns) and no main:
#       with DSYNC_FUZZ it is libFuzzer's, else fuzz/main.c, which runs it once
#       for each file below the folders it is given.  The test fuzz_NAME does so
#       with CORPUS (default fuzz/corpus/NAME), with the label `fuzz`.  The target
#       `dsync_fuzzers` builds them all.
#
# All tests run with DOTSYNC_BUILD (build tree), DOTSYNC_SOURCE (source tree)
# and DOTSYNC_VECTORS (conformance vectors; default ../shared/vectors beside the
# source tree) in their environment; exit status 77 is a skip, whose reason the
# test has printed.

set(DSYNC_VECTORS "${PROJECT_SOURCE_DIR}/../shared/vectors" CACHE PATH "Folder of the conformance vectors")

set(DSYNC_BIN_DIR ${CMAKE_BINARY_DIR}/bin)
set(DSYNC_LIBEXEC_DIR ${CMAKE_BINARY_DIR}/libexec/dotsync)
set(DSYNC_LIBEXEC_INSTALL_DIR ${CMAKE_INSTALL_LIBEXECDIR}/dotsync)
set(DSYNC_LIB_DIR ${CMAKE_BINARY_DIR}/lib)
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/modules)

foreach(all programs tests fuzzers)
	add_custom_target(dsync_${all} ALL)
endforeach()

function(dsync_subdirectories)
	foreach(dir IN LISTS ARGN)
		if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${dir}/CMakeLists.txt)
			file(RELATIVE_PATH place ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/${dir})
			add_subdirectory(${dir} ${CMAKE_BINARY_DIR}/tree/${place})
		endif()
	endforeach()
endfunction()

# Refuses misspelt keywords, which CMake would otherwise drop without a word.
macro(dsync_check_arguments what)
	if(ARG_UNPARSED_ARGUMENTS)
		message(FATAL_ERROR "${what}: unknown arguments ${ARG_UNPARSED_ARGUMENTS}")
	endif()
	if(ARG_KEYWORDS_MISSING_VALUES)
		message(FATAL_ERROR "${what}: no value for ${ARG_KEYWORDS_MISSING_VALUES}")
	endif()
endmacro()

function(dsync_module name)
	cmake_parse_arguments(PARSE_ARGV 1 ARG "" "" "SOURCES;LIBS")
	dsync_check_arguments("dsync_module(${name})")

	add_library(dsync_${name} STATIC ${ARG_SOURCES})
	target_link_libraries(dsync_${name} PRIVATE dsync_flags PUBLIC ${ARG_LIBS})
	target_include_directories(dsync_${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>)
	set_target_properties(dsync_${name} PROPERTIES OUTPUT_NAME ${name})
endfunction()

function(dsync_program name)
	cmake_parse_arguments(PARSE_ARGV 1 ARG "STATIC" "DEST" "SOURCES;LIBS")
	dsync_check_arguments("dsync_program(${name})")

	if(ARG_DEST STREQUAL "bin")
		set(build_dir ${DSYNC_BIN_DIR})
		set(install_dir ${CMAKE_INSTALL_BINDIR})
	elseif(ARG_DEST STREQUAL "libexec")
		set(build_dir ${DSYNC_LIBEXEC_DIR})
		set(install_dir ${DSYNC_LIBEXEC_INSTALL_DIR})
	else()
		message(FATAL_ERROR "dsync_program(${name}): DEST must be bin or libexec, found \"${ARG_DEST}\"")
	endif()

	add_executable(${name} ${ARG_SOURCES})
	target_link_libraries(${name} PRIVATE dsync_flags ${ARG_LIBS})
	set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${build_dir})
	if(ARG_STATIC AND NOT DSYNC_SANITIZE)	# sanitizers need the shared libc
		target_link_options(${name} PRIVATE -static -Wl,--gc-sections)
		set_property(TARGET ${name} PROPERTY POSITION_INDEPENDENT_CODE)	# OFF would add -no-pie, which clang warns of
	endif()
	if(ARG_DEST STREQUAL "libexec")	# a helper that others may write is not started, whatever the umask was
		add_custom_command(TARGET ${name} POST_BUILD COMMAND chmod go-w $<TARGET_FILE:${name}> VERBATIM)
	endif()
	add_dependencies(dsync_programs ${name})
	install(TARGETS ${name} RUNTIME DESTINATION ${install_dir})
endfunction()

# What all tests share; `kind` is the label that is always set.  Reads the ARG_
# variables of its caller.
function(dsync_test_properties name kind)
	set(timeout 60)
	if(ARG_TIMEOUT)
		set(timeout ${ARG_TIMEOUT})
	endif()
	if(DSYNC_SANITIZE OR CMAKE_CROSSCOMPILING_EMULATOR)
		math(EXPR timeout "${timeout} * 5")
	endif()
	set_tests_properties(${name} PROPERTIES
		LABELS "${kind};${ARG_LABELS}"
		TIMEOUT ${timeout}
		SKIP_RETURN_CODE 77
		RUN_SERIAL "${ARG_SERIAL}"
		ENVIRONMENT "DOTSYNC_BUILD=${CMAKE_BINARY_DIR};DOTSYNC_SOURCE=${PROJECT_SOURCE_DIR};DOTSYNC_VECTORS=${DSYNC_VECTORS};${ARG_ENVIRONMENT}")
endfunction()

function(dsync_test name)
	cmake_parse_arguments(PARSE_ARGV 1 ARG "FAULT;POSIX;SERIAL" "TIMEOUT" "SOURCES;LIBS;LABELS;ARGS;ENVIRONMENT")
	dsync_check_arguments("dsync_test(${name})")
	if(NOT BUILD_TESTING OR (ARG_POSIX AND CMAKE_SYSTEM_NAME STREQUAL "WASI"))
		return()
	endif()

	add_executable(test_${name} ${ARG_SOURCES})
	target_link_libraries(test_${name} PRIVATE dsync_flags ${ARG_LIBS} dsync_cmocka)
	set_target_properties(test_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)
	if(ARG_FAULT)
		dsync_wrap_sys_calls(test_${name})
		list(APPEND ARG_LABELS fault)
	endif()

	add_dependencies(dsync_tests test_${name})
	add_test(NAME ${name} COMMAND test_${name} ${ARG_ARGS})
	dsync_test_properties(${name} unit)
endfunction()

# Sends the program's calls of the OS seam through the fault injector.
function(dsync_wrap_sys_calls target)
	set(list ${PROJECT_SOURCE_DIR}/lib/base/sys_calls.txt)
	set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${list})
	file(STRINGS ${list} names REGEX "^[a-z]")
	list(TRANSFORM names PREPEND "-Wl,--wrap=")
	target_link_libraries(${target} PRIVATE dsync_sys_fault)
	target_link_options(${target} PRIVATE ${names})
endfunction()

function(dsync_script_test name)
	cmake_parse_arguments(PARSE_ARGV 1 ARG "SERIAL" "SCRIPT;TIMEOUT" "LABELS;ARGS;ENVIRONMENT")
	dsync_check_arguments("dsync_script_test(${name})")
	if(NOT BUILD_TESTING)
		return()
	endif()

	get_filename_component(script ${ARG_SCRIPT} ABSOLUTE)
	set(command ${script})
	if(script MATCHES "\\.py$")
		find_program(DSYNC_PYTHON python3 REQUIRED)
		set(command ${DSYNC_PYTHON} ${script})
	endif()
	add_test(NAME ${name} COMMAND ${command} ${ARG_ARGS})
	dsync_test_properties(${name} e2e)
	set_tests_properties(${name} PROPERTIES WORKING_DIRECTORY ${CMAKE_BINARY_DIR})
endfunction()

function(dsync_fuzz name)
	cmake_parse_arguments(PARSE_ARGV 1 ARG "" "CORPUS" "SOURCES;LIBS")
	dsync_check_arguments("dsync_fuzz(${name})")
	if(NOT ARG_CORPUS)
		set(ARG_CORPUS ${PROJECT_SOURCE_DIR}/fuzz/corpus/${name})
	endif()

	add_executable(fuzz_${name} ${ARG_SOURCES})
	target_link_libraries(fuzz_${name} PRIVATE dsync_flags ${ARG_LIBS})
	set_target_properties(fuzz_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
	add_dependencies(dsync_fuzzers fuzz_${name})
	if(DSYNC_FUZZ)
		target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
		set(once -runs=0)
	else()
		target_sources(fuzz_${name} PRIVATE ${PROJECT_SOURCE_DIR}/fuzz/main.c)
	endif()
	if(BUILD_TESTING)
		add_test(NAME fuzz_${name} COMMAND fuzz_${name} ${once} ${ARG_CORPUS})
		dsync_test_properties(fuzz_${name} fuzz)
	endif()
endfunction()
