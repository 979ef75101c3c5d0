/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A member is a header block of 512 bytes (name at 0, size at 124, checksum at 148, type at 156, "ustar" at
 * 257, prefix at 345), then its data, filled up to whole blocks.  Two blocks of zeros, or the end, come
 * last.  Types x (pax: "LENGTH key=value\n" records) and L (GNU: the name) say more about the member that
 * follows.
 */
#include "tar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/error.h"
#include "base/text.h"
#include "dotsync/archive.h"
#include "dotsync/manifest.h"

#define BLOCK_SIZE 512u
#define EXTRA_SIZE_MAX (1u << 20) /* of a pax header or a long name */
#define NAME_AT 0u
#define NAME_SIZE 100u
#define SIZE_AT 124u
#define SIZE_SIZE 12u
#define CHECKSUM_AT 148u
#define CHECKSUM_SIZE 8u
#define TYPE_AT 156u
#define MAGIC_AT 257u
#define PREFIX_AT 345u
#define PREFIX_SIZE 155u

struct reader {
	const struct dsync_archive *archive;
	uint64_t position; /* of the header in hand */
	unsigned char block[BLOCK_SIZE];
	char *long_name; /* for the next member, NULL: none */
	bool has_long_size;
	uint64_t long_size;
};

bool
tar_is_one(const struct dsync_archive *archive)
{
	const char *type = dsync_manifest_content_type(dsync_archive_manifest(archive));

	return strcmp(type, "application/x-tar") == 0 || strcmp(type, "application/x-capsule+tar") == 0;
}

static int
refuse(const struct reader *r, const char *message, struct dsync_error *err)
{
	dsync_error_set(err, DSYNC_ERR_CORRUPT, "tar", "%s", message);
	dsync_error_at_entry(err, "payload", strlen("payload"));
	dsync_error_at_offset(err, r->position);
	return DSYNC_ERR_CORRUPT;
}

/* Octal digits among blanks and NULs, or GNU's binary form; false when it is neither or does not fit. */
static bool
parse_number(const unsigned char *field, size_t size, uint64_t *value)
{
	size_t i = 0;

	*value = 0;
	if ((field[0] & 0x80) != 0) {
		for (i = 1; i < size; i++) {
			if (*value >> 55 != 0)
				return false;
			*value = *value << 8 | field[i];
		}
		return field[0] == 0x80;
	}
	while (i < size && field[i] == ' ')
		i++;
	for (; i < size && field[i] >= '0' && field[i] <= '7'; i++)
		*value = *value * 8 + (uint64_t)(field[i] - '0');
	return i == size || field[i] == ' ' || field[i] == '\0';
}

static bool
is_header(const unsigned char block[BLOCK_SIZE])
{
	uint64_t expected, sum = 0;
	size_t i;

	for (i = 0; i < BLOCK_SIZE; i++)
		sum += i >= CHECKSUM_AT && i < CHECKSUM_AT + CHECKSUM_SIZE ? ' ' : block[i];
	return parse_number(block + CHECKSUM_AT, CHECKSUM_SIZE, &expected) && sum == expected;
}

/* 1: a header is in hand; 0: the end. */
static int
read_header(struct reader *r, struct dsync_error *err)
{
	static const unsigned char zeros[BLOCK_SIZE];
	int64_t got;

	got = dsync_archive_read_payload(r->archive, r->position, r->block, BLOCK_SIZE, err);
	if (got <= 0)
		return (int)got;
	if (got < BLOCK_SIZE)
		return refuse(r, "the tar file ends inside a header", err);
	if (memcmp(r->block, zeros, BLOCK_SIZE) == 0)
		return 0;
	return is_header(r->block) ? 1 : refuse(r, "no tar header here: its checksum is wrong", err);
}

/* One pax record "LENGTH key=value\n"; the bytes after LENGTH are in `rest`. */
static int
use_record(struct reader *r, struct dsync_view rest)
{
	const char *text = (const char *)rest.data;

	if (rest.size < 2 || text[rest.size - 1] != '\n')
		return DSYNC_ERR_SYNTAX;
	if (rest.size > 5 && memcmp(text, "path=", 5) == 0) {
		free(r->long_name);
		r->long_name = strndup(text + 5, rest.size - 6);
		return r->long_name != NULL ? 0 : DSYNC_ERR_NO_MEMORY;
	}
	if (rest.size > 5 && memcmp(text, "size=", 5) == 0) {
		r->has_long_size = true;
		return dsync_text_parse_u64(text + 5, rest.size - 6, &r->long_size);
	}
	return 0;
}

static int
use_records(struct reader *r, const unsigned char *data, size_t size)
{
	struct dsync_cursor c;
	struct dsync_view view;
	uint64_t length;
	size_t digits;
	int rc = 0;

	dsync_cursor_init(&c, data, size, 0);
	while (rc == 0 && dsync_cursor_left(&c) > 0) {
		for (digits = 0; digits < dsync_cursor_left(&c) && dsync_text_is_digit(c.data[c.position + digits]);)
			digits++;
		rc = dsync_text_parse_u64((const char *)c.data + c.position, digits, &length);
		if (rc == 0 && length <= digits + 1)
			rc = DSYNC_ERR_SYNTAX;
		if (rc == 0)
			rc = dsync_cursor_skip(&c, digits + 1);
		if (rc == 0)
			rc = length - digits - 1 <= dsync_cursor_left(&c)
				? dsync_cursor_take(&c, (size_t)length - digits - 1, &view)
				: DSYNC_ERR_BOUNDS;
		if (rc == 0)
			rc = use_record(r, view);
	}
	return rc;
}

/* What an x or L member says about the next one. */
static int
use_extra(struct reader *r, uint64_t size, struct dsync_error *err)
{
	unsigned char *data;
	int64_t got;
	int rc = 0;

	if (size > EXTRA_SIZE_MAX)
		return refuse(r, "a tar header of over 1 MiB", err);
	data = malloc((size_t)size + 1);
	if (data == NULL)
		return dsync_error_set_memory(err);
	got = dsync_archive_read_payload(r->archive, r->position + BLOCK_SIZE, data, (size_t)size, err);
	if (got < 0)
		rc = (int)got;
	else if ((uint64_t)got < size)
		rc = refuse(r, "the tar file ends inside a member", err);
	else if (r->block[TYPE_AT] == 'L') {
		free(r->long_name);
		r->long_name = strndup((const char *)data, (size_t)size);
	} else if (use_records(r, data, (size_t)size) < 0) {
		rc = refuse(r, "a damaged pax header", err);
	}
	free(data);
	return rc;
}

static const char *
type_name(unsigned char type)
{
	switch (type) {
	case '0':
	case '\0':
	case '7':
		return "file";
	case '5':
		return "folder";
	case '1':
	case '2':
		return "link";
	default:
		return "other";
	}
}

static void
hand_out(struct reader *r, uint64_t size, tar_callback *callback, void *user)
{
	const char *start = (const char *)r->block;
	bool has_prefix = memcmp(start + MAGIC_AT, "ustar", sizeof("ustar")) == 0 && start[PREFIX_AT] != '\0';
	char name[PREFIX_SIZE + 1 + NAME_SIZE + 1];
	struct tar_member member = { r->long_name, r->position + BLOCK_SIZE, size, type_name(r->block[TYPE_AT]) };

	snprintf(name, sizeof(name), "%.*s%s%.*s", has_prefix ? (int)PREFIX_SIZE : 0, start + PREFIX_AT,
		has_prefix ? "/" : "", (int)NAME_SIZE, start + NAME_AT);
	if (member.name == NULL)
		member.name = name;
	callback(user, &member);
	free(r->long_name);
	r->long_name = NULL;
}

/* The member in hand, then on to the next. */
static int
use_member(struct reader *r, tar_callback *callback, void *user, struct dsync_error *err)
{
	uint64_t left = dsync_archive_payload_size(r->archive) - r->position;
	unsigned char type = r->block[TYPE_AT];
	uint64_t size;
	int rc = 0;

	if (!parse_number(r->block + SIZE_AT, SIZE_SIZE, &size))
		return refuse(r, "a tar header whose size is no number", err);
	if (r->has_long_size && type != 'x' && type != 'L')
		size = r->long_size;
	if (size > left - BLOCK_SIZE)
		return refuse(r, "a tar member that reaches past the end", err);
	if (type == 'x' || type == 'L') {
		rc = use_extra(r, size, err);
	} else if (type != 'g' && type != 'K') {
		hand_out(r, size, callback, user);
		r->has_long_size = false;
	}
	r->position += BLOCK_SIZE + (size + BLOCK_SIZE - 1) / BLOCK_SIZE * BLOCK_SIZE;
	return rc;
}

int
tar_list(const struct dsync_archive *archive, tar_callback *callback, void *user, struct dsync_error *err)
{
	struct reader r = { .archive = archive };
	int rc;

	while ((rc = read_header(&r, err)) == 1) {
		rc = use_member(&r, callback, user, err);
		if (rc < 0)
			break;
	}
	free(r.long_name);
	return rc;
}
