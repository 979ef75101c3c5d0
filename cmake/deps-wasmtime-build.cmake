# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# Run at build time by deps-wasmtime.cmake: has deps/build make or find Wasmtime
# and copies the result to OUT.

execute_process(COMMAND ${DEPS}/build wasmtime
	OUTPUT_VARIABLE cached OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE status)
if(NOT status EQUAL 0)
	message(FATAL_ERROR "deps/build wasmtime failed (its message is above)")
endif()
file(COPY ${cached}/include DESTINATION ${OUT})
file(MAKE_DIRECTORY ${OUT}/lib)
file(COPY_FILE ${cached}/lib/libwasmtime.a ${OUT}/lib/libwasmtime.a)
file(TOUCH ${OUT}/lib/libwasmtime.a)	# newer than what it was made from, or ninja repeats this
