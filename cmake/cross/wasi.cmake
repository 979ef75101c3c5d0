# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# WebAssembly with WASI preview 1, as the web viewer uses the core; node runs
# the tests.  The stack is that of a small native thread.

list(APPEND CMAKE_MODULE_PATH ${CMAKE_CURRENT_LIST_DIR}/..)	# Platform/WASI.cmake
set(CMAKE_SYSTEM_NAME WASI)
set(CMAKE_SYSTEM_PROCESSOR wasm32)
set(CMAKE_C_COMPILER clang)
set(CMAKE_C_COMPILER_TARGET wasm32-wasi)
# Without this clang looks into the machine's own /usr/include for what WASI lacks.
add_compile_options(-nostdlibinc
	"SHELL:-isystem /usr/include/wasm32-wasi"
	"SHELL:-isystem ${CMAKE_CURRENT_LIST_DIR}/include-wasi")
set(CMAKE_C_FLAGS_INIT "-D_WASI_EMULATED_PROCESS_CLOCKS")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-Wl,-z,stack-size=1048576 -lwasi-emulated-process-clocks")
set(CMAKE_CROSSCOMPILING_EMULATOR node;--no-warnings;${CMAKE_CURRENT_LIST_DIR}/wasi-run.mjs)
