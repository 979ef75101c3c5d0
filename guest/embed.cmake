# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# cmake -DINPUT=FILE -DOUTPUT=FILE.c -DNAME=array -P embed.cmake: the file's bytes as C.

file(READ ${INPUT} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n" bytes "${bytes}")
file(WRITE ${OUTPUT}
	"/* Made by guest/embed.cmake. */\n#include <stddef.h>\n\n"
	"extern const unsigned char ${NAME}[];\nextern const size_t ${NAME}_size;\n\n"
	"const unsigned char ${NAME}[] = {\n${bytes}\n};\nconst size_t ${NAME}_size = sizeof(${NAME});\n")
