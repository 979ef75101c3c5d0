/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "internal.h"

/* Z11: printable ASCII without space and without what some system gives a meaning: \ : * ? " < > | */
static bool
is_plain(unsigned char c)
{
	switch (c) {
	case '\\':
	case ':':
	case '*':
	case '?':
	case '"':
	case '<':
	case '>':
	case '|':
		return false;
	default:
		return c > 0x20 && c < 0x7f;
	}
}

/* What is wrong with the segment before a slash or the end. */
static const char *
segment_fault(const char *name, size_t start, size_t end)
{
	if (end == start)
		return start == 0 ? "starts with a slash" : "has an empty segment";
	if (name[end - 1] == '.')
		return "has a segment that ends in a dot";
	return NULL;
}

const char *
dsync__zip_name_fault(const char *name, size_t size, char text[DSYNC__ZIP_NAME_FAULT_SIZE])
{
	const char *fault = NULL;
	size_t start = 0;
	size_t i;

	if (size == 0)
		return "is empty";
	if (size > DSYNC_ZIP_NAME_SIZE_MAX)
		return "is longer than 255 bytes";
	for (i = 0; i < size; i++) {
		if (!is_plain((unsigned char)name[i])) {
			snprintf(text, DSYNC__ZIP_NAME_FAULT_SIZE, "has byte 0x%02x", (unsigned)(unsigned char)name[i]);
			return text;
		}
	}
	for (i = 0; i < size && fault == NULL; i++) {
		if (name[i] == '/') {
			fault = segment_fault(name, start, i);
			start = i + 1;
		}
	}
	if (fault == NULL && start < size) /* a slash at the end makes a directory, no empty segment */
		fault = segment_fault(name, start, size);
	return fault;
}

static size_t
without_slash(const char *name, size_t size)
{
	return size > 0 && name[size - 1] == '/' ? size - 1 : size;
}

/* Is `file`, which has no slash at its end, a folder above `name`? */
static bool
is_folder_of(const char *file, size_t file_size, const char *name, size_t name_size)
{
	return file_size < name_size && name[file_size] == '/' &&
		dsync_text_equal_case(file, file_size, name, file_size);
}

enum dsync__zip_clash
dsync__zip_name_clash(const char *a, size_t a_size, const char *b, size_t b_size)
{
	size_t a_bare = without_slash(a, a_size);
	size_t b_bare = without_slash(b, b_size);

	if (a_bare == b_bare && dsync_text_equal_case(a, a_bare, b, b_bare))
		return a_size == b_size && memcmp(a, b, a_size) == 0 ? DSYNC__ZIP_CLASH_SAME : DSYNC__ZIP_CLASH_CASE;
	if (a_bare == a_size && is_folder_of(a, a_size, b, b_size))
		return DSYNC__ZIP_CLASH_FOLDER;
	if (b_bare == b_size && is_folder_of(b, b_size, a, a_size))
		return DSYNC__ZIP_CLASH_FOLDER;
	return DSYNC__ZIP_CLASH_NONE;
}

static int
refuse_clash(const struct dsync__zip_record *a, const struct dsync__zip_record *b, enum dsync__zip_clash clash,
	struct dsync_error *err)
{
	const char *other = a->entry.name;
	int rc;

	switch (clash) {
	case DSYNC__ZIP_CLASH_SAME:
		rc = dsync__zip_refuse(err, "Z12", b->record_offset, "entry \"%s\" occurs twice", other);
		dsync_error_hint(err, "a tool that updates by appending made it; %s", DSYNC__ZIP_HINT_REPACK);
		break;
	case DSYNC__ZIP_CLASH_CASE:
		rc = dsync__zip_refuse(
			err, "Z12", b->record_offset, "entry name differs from \"%s\" only in case or a slash", other);
		break;
	default:
		rc = dsync__zip_refuse(err, "Z12", b->record_offset,
			"of this entry and \"%s\" one is a file and the other's folder", other);
		break;
	}
	dsync_error_at_entry(err, b->entry.name, b->name_size);
	return rc;
}

int
dsync__zip_names_check(const struct dsync_zip *zip, struct dsync_error *err)
{
	enum dsync__zip_clash clash;
	size_t i, k;

	for (i = 1; i < zip->count; i++) {
		const struct dsync__zip_record *b = &zip->records[i];

		for (k = 0; k < i; k++) {
			const struct dsync__zip_record *a = &zip->records[k];

			clash = dsync__zip_name_clash(a->entry.name, a->name_size, b->entry.name, b->name_size);
			if (clash != DSYNC__ZIP_CLASH_NONE)
				return refuse_clash(a, b, clash, err);
		}
	}
	return 0;
}
