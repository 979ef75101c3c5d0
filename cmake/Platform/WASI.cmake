# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# CMake 3.25 does not know this system; all there is to know is that programs
# have a suffix and nothing is shared.

set(CMAKE_EXECUTABLE_SUFFIX .wasm)
set_property(GLOBAL PROPERTY TARGET_SUPPORTS_SHARED_LIBS FALSE)
