# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# 32-bit x86: what a size_t of four bytes does to us.  Static, so that the
# tests need no 32-bit loader; the kernel of an x86-64 machine runs them.

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR i686)
set(CMAKE_C_COMPILER i686-linux-gnu-gcc)
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-i386)
