/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * tar.c - one file out of a tar archive: ustar, GNU and pax headers.
 *
 * What can be read in two ways is refused: a wrong checksum, a link or folder that brings data, a second member of the wanted name, anything
 * but zeros behind the end.
 */
#include "../dotsync-decode.h"
#include "../dotsync.h"
#include "text.h"
#include "unpack.h"

#define BLOCK 512
#define NAME_SIZE_MAX 4097
#define PAX_SIZE_MAX 65536
#define SIZE_MAX_BITS 56

enum { NAME = 0, NAME_SIZE = 100, SIZE = 124, SIZE_SIZE = 12, SUM = 148, SUM_FIELD = 8, TYPE = 156, MAGIC = 257 };
enum { PREFIX = 345, PREFIX_SIZE = 155 };

static unsigned char block[BLOCK];
static char name[NAME_SIZE_MAX];
static char pax[PAX_SIZE_MAX];

/* What headers in front of a member say of it. */
struct ahead {
	int32_t has_name; /* in `name` */
	int64_t size;     /* -1: not said */
	int32_t sparse;
};

/* Octal digits between spaces and NULs, or a number of 8-bit bytes; -1 for anything else. */
static int64_t
number_at(int32_t at, int32_t size)
{
	const unsigned char *p = block + at, *end = p + size;
	int64_t value = 0;

	if (*p == 0x80) {
		for (p++; p < end; p++) {
			if (value >> (SIZE_MAX_BITS - 8) != 0)
				return -1;
			value = value * 256 + *p;
		}
		return value;
	}
	while (p < end && *p == ' ')
		p++;
	for (; p < end && *p >= '0' && *p <= '7'; p++)
		value = value * 8 + (*p - '0');
	while (p < end && (*p == ' ' || *p == '\0'))
		p++;
	return p == end ? value : -1;
}

static int32_t
is_sum_right(void)
{
	int64_t sum = 0;
	int32_t i;

	for (i = 0; i < BLOCK; i++)
		sum += i >= SUM && i < SUM + SUM_FIELD ? ' ' : block[i];
	return number_at(SUM, SUM_FIELD) == sum;
}

static int32_t
is_zero(const unsigned char *data, int64_t size)
{
	int64_t i;

	for (i = 0; i < size; i++) {
		if (data[i] != 0)
			return 0;
	}
	return 1;
}

/* A text field ends with a NUL or with the field. */
static int32_t
append_field(int32_t length, int32_t at, int32_t size)
{
	int32_t i = 0;

	while (i < size && block[at + i] != '\0')
		i++;
	return text_append_bytes(name, length, NAME_SIZE_MAX, (const char *)block + at, i);
}

static void
take_name(void)
{
	int32_t length = 0;

	name[0] = '\0';
	/* GNU's own magic goes on with a space, and has no prefix. */
	if (text_is((const char *)block + MAGIC, 5, "ustar") && block[MAGIC + 5] == '\0' && block[PREFIX] != '\0') {
		length = append_field(0, PREFIX, PREFIX_SIZE);
		length = text_append(name, length, NAME_SIZE_MAX, "/");
	}
	append_field(length, NAME, NAME_SIZE);
}

static int64_t
padding(int64_t size)
{
	return (BLOCK - size % BLOCK) % BLOCK;
}

/* Reads the data of a header that speaks of the next member. */
static int64_t
read_ahead(struct unpack *u, char *out, int64_t size, int64_t most)
{
	int64_t rc;

	if (size > most)
		return unpack_refuse(u, "is a tar archive with a header that is too long", 0);
	rc = unpack_read(u, out, (int32_t)size);
	return rc < 0 ? rc : unpack_pass(u, padding(size));
}

static int64_t
take_long_name(struct unpack *u, struct ahead *ahead, int64_t size)
{
	int64_t rc = read_ahead(u, name, size, NAME_SIZE_MAX - 1);

	if (rc < 0)
		return rc;
	name[size] = '\0';
	ahead->has_name = 1;
	return 0;
}

/* The decimal number that all of the text is, or -1. */
static int64_t
decimal(const char *text, int32_t size)
{
	int64_t value = 0;
	int32_t i;

	for (i = 0; i < size; i++) {
		if (text[i] < '0' || text[i] > '9' || value >> SIZE_MAX_BITS != 0)
			return -1;
		value = value * 10 + text[i] - '0';
	}
	return size > 0 ? value : -1;
}

/* One "key=value" of a pax header; 0, or -1. */
static int32_t
take_record(struct ahead *ahead, const char *record, int32_t size)
{
	int32_t equals = 0, value_size;
	const char *value;

	while (equals < size && record[equals] != '=')
		equals++;
	if (equals == size)
		return -1;
	value = record + equals + 1;
	value_size = size - equals - 1;
	if (text_is(record, equals, "path")) {
		if (value_size >= NAME_SIZE_MAX)
			return -1;
		text_append_bytes(name, 0, NAME_SIZE_MAX, value, value_size);
		ahead->has_name = 1;
	} else if (text_is(record, equals, "size")) {
		ahead->size = decimal(value, value_size);
		return ahead->size < 0 ? -1 : 0;
	} else if (equals > 11 && text_is(record, 11, "GNU.sparse.")) {
		ahead->sparse = 1;
	}
	return 0;
}

/* "LENGTH key=value\n", again and again. */
static int64_t
take_pax(struct unpack *u, struct ahead *ahead, int64_t size)
{
	int64_t rc = read_ahead(u, pax, size, PAX_SIZE_MAX), length;
	int32_t at = 0, digits;

	while (rc == 0 && at < size) {
		digits = 0;
		while (at + digits < size && pax[at + digits] != ' ')
			digits++;
		length = decimal(pax + at, digits);
		if (length <= digits + 1 || length > size - at || pax[at + length - 1] != '\n' ||
			take_record(ahead, pax + at + digits + 1, (int32_t)length - digits - 2) < 0)
			return unpack_refuse(u, "is a tar archive with a damaged pax header", 0);
		at += (int32_t)length;
	}
	return rc;
}

/* Links, devices and folders have no data; one that claims some is read differently by different programs. */
static int32_t
is_without_data(char type)
{
	return type >= '1' && type <= '6';
}

static int32_t
is_plain_file(char type)
{
	return type == '0' || type == '\0' || type == '7';
}

static const char *
what_it_is(char type, const struct ahead *ahead)
{
	if (type == '5')
		return "has a folder called";
	if (type == '1' || type == '2')
		return "has a link called";
	if (ahead->sparse || type == 'S')
		return "has, stored with holes, what is called";
	return is_plain_file(type) ? 0 : "has no plain file, but something called";
}

/* One member, whose header is in `block`; the bytes copied so far. */
static int64_t
take_member(struct unpack *u, const char *member, const struct ahead *ahead, int64_t size, int64_t copied)
{
	const char type = (char)block[TYPE];
	const char *other = what_it_is(type, ahead);
	int64_t n;

	if (is_without_data(type) && size != 0)
		return unpack_refuse(u, "is a tar archive with data where none can be, at", name);
	if (!text_is(name, text_size(name), member)) {
		if (other == 0)
			unpack_note(u, name, text_size(name));
		n = unpack_pass(u, size);
		return n < 0 ? n : copied;
	}
	if (other != 0)
		return unpack_refuse(u, other, member);
	if (copied >= 0)
		return unpack_refuse(u, "has two members", member);
	n = dotsync_decode_copy(unpack_top(u), size);
	if (n >= 0 && n < size)
		return unpack_refuse(u, "is a tar archive that breaks off inside", member);
	return n;
}

/* Behind the two blocks of zeros: more of them, to the end. */
static int64_t
check_rest(struct unpack *u)
{
	int64_t n;

	while ((n = dotsync_decode_read(unpack_top(u), pax, PAX_SIZE_MAX)) > 0) {
		if (!is_zero((const unsigned char *)pax, n))
			return unpack_refuse(u, "is a tar archive with something behind its end", 0);
	}
	return n;
}

static void
forget(struct ahead *ahead)
{
	ahead->has_name = 0;
	ahead->size = -1;
	ahead->sparse = 0;
}

/* One header and what it is about; *copied is -1 until the member was found. */
static int64_t
take_header(struct unpack *u, const char *member, struct ahead *ahead, int64_t *copied)
{
	const char type = (char)block[TYPE];
	int64_t size = number_at(SIZE, SIZE_SIZE), rc;

	if (!is_sum_right())
		return unpack_refuse(u, "is no tar archive, or a damaged one", 0);
	if (size < 0)
		return unpack_refuse(u, "is a tar archive with a size that is no number", 0);
	if (type == 'L')
		return take_long_name(u, ahead, size);
	if (type == 'x')
		return take_pax(u, ahead, size);
	if (type == 'g' || type == 'K')
		return unpack_pass(u, size + padding(size));

	if (ahead->size >= 0)
		size = ahead->size;
	if (!ahead->has_name)
		take_name();
	rc = take_member(u, member, ahead, size, *copied);
	if (rc < -1)
		return rc;
	*copied = rc;
	forget(ahead);
	return unpack_pass(u, padding(size));
}

int64_t
unpack_tar(struct unpack *u, const char *member)
{
	struct ahead ahead;
	int64_t copied = -1, rc;
	int32_t zeros = 0;

	forget(&ahead);
	while (zeros < 2) {
		rc = unpack_read(u, block, BLOCK);
		if (rc < 0)
			return rc;
		if (is_zero(block, BLOCK)) {
			zeros++;
			continue;
		}
		if (zeros != 0)
			return unpack_refuse(u, "is a tar archive with something behind its end", 0);
		rc = take_header(u, member, &ahead, &copied);
		if (rc < 0)
			return rc;
	}
	rc = check_rest(u);
	if (rc < 0)
		return rc;
	return copied >= 0 ? copied : unpack_refuse_missing(u, member);
}
