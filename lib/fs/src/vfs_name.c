/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "vfs_name.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

#define SUFFIX ".sync"
#define NAME_MAX_SIZE (DSYNC_DISPLAY_NAME_SIZE - 1)
#define EXTENSION_MAX 64 /* with its dot; manifests allow 32 */

/* Bytes of the character at `text`, or 0 when there is none that is UTF-8. */
static size_t
character_size(const char *text)
{
	size_t size;

	for (size = 1; size <= 4; size++) {
		if (text[size - 1] == '\0')
			return 0;
		if (dsync_text_is_utf8(text, size))
			return size;
	}
	return 0;
}

static bool
is_unsafe(const char *character, size_t size)
{
	unsigned char c = (unsigned char)character[0];

	if (size == 0 || c < 0x20 || c == 0x7f || c == '/')
		return true;
	return size == 2 && c == 0xc2 && (unsigned char)character[1] < 0xa0; /* U+0080-009F, controls too */
}

/* Copies while it fits into `room` bytes; returns how many were written. */
static size_t
copy_safe(char *out, size_t room, const char *text)
{
	size_t written = 0;
	size_t size;

	while (*text != '\0') {
		size = character_size(text);
		if (is_unsafe(text, size)) {
			if (written + 1 > room)
				break;
			out[written++] = '_';
			text += size > 0 ? size : 1;
			continue;
		}
		if (written + size > room)
			break;
		memcpy(out + written, text, size);
		written += size;
		text += size;
	}
	return written;
}

void
dsync__vfs_name_make_safe(char out[DSYNC_DISPLAY_NAME_SIZE], const char *stem, const char *ending)
{
	char tail[EXTENSION_MAX + 1];
	size_t tail_size = copy_safe(tail, EXTENSION_MAX, ending);
	size_t size = copy_safe(out, NAME_MAX_SIZE - tail_size, stem);

	if (size == 0)
		out[size++] = '_';
	if (tail_size > NAME_MAX_SIZE - size)
		tail_size = NAME_MAX_SIZE - size;
	memcpy(out + size, tail, tail_size);
	size += tail_size;
	out[size] = '\0';
	if (strcmp(out, ".") == 0 || strcmp(out, "..") == 0) {
		out[size++] = '_';
		out[size] = '\0';
	}
}

/* ".EXT", or "" without one. */
static void
make_ending(char ending[EXTENSION_MAX + 1], const char *display_ext)
{
	if (display_ext[0] == '.')
		display_ext++;
	snprintf(ending, EXTENSION_MAX + 1, "%s%s", display_ext[0] != '\0' ? "." : "", display_ext);
}

/* A dot that is not the first character and not the last. */
static bool
has_extension(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot != NULL && dot != name && dot[1] != '\0';
}

void
dsync__vfs_name_of_file(char out[DSYNC_DISPLAY_NAME_SIZE], const char *file_name, const char *display_ext)
{
	char stem[4096];
	char ending[EXTENSION_MAX + 1];
	size_t size = strlen(file_name);

	if (size > strlen(SUFFIX) && strcmp(file_name + size - strlen(SUFFIX), SUFFIX) == 0)
		size -= strlen(SUFFIX);
	snprintf(stem, sizeof(stem), "%.*s", size < sizeof(stem) ? (int)size : (int)sizeof(stem) - 1, file_name);
	make_ending(ending, display_ext);
	dsync__vfs_name_make_safe(out, stem, has_extension(stem) ? "" : ending);
}

void
dsync__vfs_name_of_title(char out[DSYNC_DISPLAY_NAME_SIZE], const char *title, const char *display_ext)
{
	char ending[EXTENSION_MAX + 1];
	size_t title_size = strlen(title);
	size_t ending_size;

	make_ending(ending, display_ext);
	ending_size = strlen(ending);
	if (title_size > ending_size &&
		dsync_text_equal_case(title + title_size - ending_size, ending_size, ending, ending_size))
		ending[0] = '\0';
	dsync__vfs_name_make_safe(out, title, ending);
}

int
dsync_vfs_display_name(
	char out[DSYNC_DISPLAY_NAME_SIZE], const char *file_name, const char *display_ext, struct dsync_error *err)
{
	out[0] = '\0';
	if (file_name[0] == '\0' || strchr(file_name, '/') != NULL)
		return dsync_error_set(err, DSYNC_ERR_INVALID, "", "\"%s\" is not the name of a file", file_name);
	dsync__vfs_name_of_file(out, file_name, display_ext);
	return 0;
}
