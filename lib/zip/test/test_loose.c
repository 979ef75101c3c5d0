/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The loose reader: what it forgives, what it leaves out, what it refuses; and that nothing makes it leave the file,
 * be it the archives of the strict reader's tests, a flipped byte anywhere, or a file cut anywhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/sys.h"
#include "hostile.h"
#include "hostile_cases.h"
#include "zip/loose.h"

static int fd;

struct notes {
	size_t count;
	char last[600];
};

static void
take_note(void *user, const char *text)
{
	struct notes *notes = user;

	notes->count++;
	strncpy(notes->last, text, sizeof(notes->last) - 1);
}

static struct dsync_zip *
open_loose(const struct hostile *h, struct notes *notes, struct dsync_error *err)
{
	hostile_file_fill(fd, h->out.data, h->out.size);
	memset(notes, 0, sizeof(*notes));
	return dsync_zip_open_loose(fd, take_note, notes, err);
}

static void
prefix(struct hostile *h)
{
	dsync_buffer_append_text(&h->prefix, "#!/bin/sh\n");
}

static void
suffix(struct hostile *h)
{
	dsync_buffer_append_zeros(&h->suffix, 70000);
}

/* Offsets count from the archive's own start, as after cat stub archive. */
static void
prefix_not_counted(struct hostile *h)
{
	struct dsync_buffer whole;

	hostile_emit(h);
	dsync_buffer_init(&whole, DSYNC_BUFFER_UNLIMITED);
	dsync_buffer_append_text(&whole, "stub");
	dsync_buffer_append(&whole, h->out.data, h->out.size);
	dsync_buffer_finish(&h->out);
	h->out = whole;
}

static void
gap_before_directory(struct hostile *h)
{
	dsync_buffer_append_text(&h->gap, "a signing block");
}

static void
entry_comment(struct hostile *h)
{
	dsync_buffer_append_text(&h->entries[2].comment, "a comment");
}

static void
descriptor(struct hostile *h)
{
	hostile_describe(&h->entries[2], 16);
	h->entries[2].local.crc32 = 0;
	h->entries[2].local.stored_size = 0;
	h->entries[2].local.size = 0;
}

static void
zip64(struct hostile *h)
{
	h->zip64 = true;
}

static void
zip64_sizes(struct hostile *h)
{
	hostile_extra64(&h->entries[2].central, h->entries[2].content.size, h->entries[2].data.size, 0, 16);
	h->entries[2].central.size = h->entries[2].central.stored_size = 0xffffffffu;
}

static void
dot_slash(struct hostile *h)
{
	hostile_rename(&h->entries[2], "./payload", 9);
}

static void
twice(struct hostile *h)
{
	hostile_add(h, "payload", "the last one", 12, 0);
}

static void
folder(struct hostile *h)
{
	hostile_add(h, "folder/", "", 0, 0);
}

static void
bad_name(struct hostile *h)
{
	hostile_add(h, "../../etc/passwd", "x", 1, 0);
}

static void
name_with_nul(struct hostile *h)
{
	hostile_rename(hostile_add(h, "other", "x", 1, 0), "payload\0x", 9);
}

static void
encrypted(struct hostile *h)
{
	hostile_add(h, "other", "x", 1, 0)->central.flags |= 1;
}

static void
other_method(struct hostile *h)
{
	hostile_add(h, "other", "x", 1, 0)->central.method = 12;
}

static void
link(struct hostile *h)
{
	hostile_add(h, "other", "x", 1, 0)->attributes = 0120777u << 16;
}

/* Everything here opens and gives the payload. */
static const struct accepted {
	const char *name;
	void (*prepare)(struct hostile *h);
	bool is_emitted; /* by prepare itself */
	size_t notes;
	size_t count;
} accepted[] = {
	{ "strict", NULL, false, 0, 3 },
	{ "prefix", prefix, false, 1, 3 },
	{ "prefix-not-counted", prefix_not_counted, true, 1, 3 },
	{ "suffix", suffix, false, 1, 3 },
	{ "gap-before-directory", gap_before_directory, false, 0, 3 },
	{ "entry-comment", entry_comment, false, 0, 3 },
	{ "descriptor", descriptor, false, 0, 3 },
	{ "zip64", zip64, false, 0, 3 },
	{ "zip64-sizes", zip64_sizes, false, 0, 3 },
	{ "dot-slash", dot_slash, false, 0, 3 },
	{ "twice", twice, false, 0, 4 },
	{ "folder", folder, false, 1, 3 },
	{ "bad-name", bad_name, false, 1, 3 },
	{ "name-with-nul", name_with_nul, false, 1, 3 },
	{ "encrypted", encrypted, false, 1, 3 },
	{ "other-method", other_method, false, 1, 3 },
	{ "link", link, false, 1, 3 },
};

/* Of equal names the last one, as a caller of the loose reader looks for it. */
static const struct dsync_zip_entry *
last_payload(const struct dsync_zip *zip)
{
	const struct dsync_zip_entry *found = NULL, *e;
	size_t i;

	for (i = 0; (e = dsync_zip_at(zip, i)) != NULL; i++) {
		if (strcmp(e->name, "payload") == 0)
			found = e;
	}
	return found;
}

static void
check_accepted(const struct accepted *a)
{
	const struct dsync_zip_entry *e;
	struct dsync_error err = { 0 };
	unsigned char buf[64];
	struct notes notes;
	struct dsync_zip *zip;
	struct hostile h;

	hostile_init(&h);
	hostile_add_sample(&h);
	if (a->prepare != NULL)
		a->prepare(&h);
	if (!a->is_emitted)
		hostile_emit(&h);
	zip = open_loose(&h, &notes, &err);
	if (zip == NULL)
		fail_msg("%s: %s", a->name, err.message);
	e = last_payload(zip);
	if (dsync_zip_count(zip) != a->count || notes.count != a->notes || e == NULL)
		fail_msg("%s: %zu entries, %zu notes (%s)", a->name, dsync_zip_count(zip), notes.count, notes.last);
	assert_true(e->size <= sizeof(buf));
	assert_int_equal(dsync_zip_read(zip, e, buf, &err), 0);
	assert_memory_equal(
		buf, strcmp(a->name, "twice") == 0 ? "the last one" : (const char *)h.entries[2].content.data, e->size);
	dsync_zip_close(zip);
	hostile_finish(&h);
}

static void
test_accepted(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++)
		check_accepted(&accepted[i]);
}

/* What was handed out lies in the file, no two entries share a byte, and reading gives the bytes or an error. */
static void
check_bounds(const struct dsync_zip *zip, const char *name)
{
	static unsigned char buf[1 << 16];
	const struct dsync_zip_entry *a, *b;
	size_t i, k;

	for (i = 0; (a = dsync_zip_at(zip, i)) != NULL; i++) {
		if (a->data_offset > dsync_zip_file_size(zip) ||
			a->stored_size > dsync_zip_file_size(zip) - a->data_offset)
			fail_msg("%s: outside of the file", name);
		for (k = 0; (b = dsync_zip_at(zip, k)) != NULL; k++) {
			if (k != i && b->header_offset >= a->header_offset &&
				b->header_offset < a->data_offset + a->stored_size)
				fail_msg("%s: %s and %s overlap", name, a->name, b->name);
		}
		if (a->size <= sizeof(buf))
			dsync_zip_read(zip, a, buf, NULL);
	}
}

static void
check_any(const struct hostile *h, const char *name)
{
	struct dsync_error err = { 0 };
	struct notes notes;
	struct dsync_zip *zip = open_loose(h, &notes, &err);

	if (zip != NULL)
		check_bounds(zip, name);
	else if (err.code != DSYNC_ERR_NOT_ARCHIVE || err.rule[0] == '\0' || err.message[0] == '\0')
		fail_msg("%s: refused without a reason", name);
	dsync_zip_close(zip);
}

static void
test_hostile(void **state)
{
	struct hostile h;
	size_t i;

	(void)state;
	for (i = 0; i < hostile_case_count; i++) {
		hostile_init(&h);
		hostile_case_build(&hostile_cases[i], &h);
		check_any(&h, hostile_cases[i].name);
		hostile_finish(&h);
	}
}

static void
test_cut(void **state)
{
	struct dsync_error err;
	struct notes notes;
	struct hostile h;

	(void)state;
	hostile_init(&h);
	hostile_add_sample(&h);
	hostile_emit(&h);
	while (h.out.size > 0) {
		h.out.size--;
		assert_null(open_loose(&h, &notes, &err));
		assert_int_equal(err.code, DSYNC_ERR_NOT_ARCHIVE);
	}
	hostile_finish(&h);
}

static void
test_flipped(void **state)
{
	static const unsigned char flips[] = { 0x01, 0x80, 0xff };
	struct hostile h;
	size_t i, k;

	(void)state;
	hostile_init(&h);
	h.zip64 = true;
	hostile_add_sample(&h);
	hostile_emit(&h);
	for (i = 0; i < h.out.size; i++) {
		for (k = 0; k < sizeof(flips); k++) {
			h.out.data[i] ^= flips[k];
			check_any(&h, "flipped");
			h.out.data[i] ^= flips[k];
		}
	}
	hostile_finish(&h);
}

/* Two directory records for one local header: bytes that would count twice. */
static void
test_overlap(void **state)
{
	struct dsync_error err;
	struct notes notes;
	struct hostile h;

	(void)state;
	hostile_init(&h);
	hostile_add_sample(&h);
	hostile_emit(&h);
	hostile_poke32(&h, h.entries[2].central_offset + 42, (uint32_t)h.entries[1].local_offset);
	assert_null(open_loose(&h, &notes, &err));
	assert_string_equal(err.rule, "Z22");
	hostile_finish(&h);
}

/* Where the archive was moved to and where the entry lies do not add up to an offset. */
static void
test_offset_overflow(void **state)
{
	unsigned char offset[8];
	struct dsync_error err;
	struct notes notes;
	struct hostile h;

	(void)state;
	hostile_init(&h);
	hostile_add_sample(&h);
	memset(offset, 0xff, sizeof(offset));
	hostile_extra(&h.entries[2].central, 1, offset, sizeof(offset));
	prefix_not_counted(&h);
	hostile_poke32(&h, strlen("stub") + h.entries[2].central_offset + 42, 0xffffffffu);
	assert_null(open_loose(&h, &notes, &err));
	assert_string_equal(err.rule, "Z25");
	hostile_finish(&h);
}

/* A ZIP64 locator that leads nowhere is none. */
static void
test_locator_astray(void **state)
{
	struct dsync_error err;
	struct notes notes;
	struct dsync_zip *zip;
	struct hostile h;

	(void)state;
	hostile_init(&h);
	h.zip64 = true;
	hostile_add_sample(&h);
	hostile_emit(&h);
	hostile_poke32(&h, h.end64_offset, 0);
	hostile_poke64(&h, h.locator_offset + 8, UINT64_MAX);
	zip = open_loose(&h, &notes, &err);
	assert_non_null(zip);
	assert_int_equal(dsync_zip_count(zip), 3);
	dsync_zip_close(zip);
	hostile_finish(&h);
}

/* Who is not interested in what was left out says so. */
static void
test_without_notes(void **state)
{
	struct dsync_zip *zip;
	struct hostile h;

	(void)state;
	hostile_init(&h);
	hostile_add_sample(&h);
	bad_name(&h);
	hostile_emit(&h);
	hostile_file_fill(fd, h.out.data, h.out.size);
	zip = dsync_zip_open_loose(fd, NULL, NULL, NULL);
	assert_non_null(zip);
	assert_int_equal(dsync_zip_count(zip), 3);
	dsync_zip_close(zip);
	hostile_finish(&h);
}

static void
test_not_regular(void **state)
{
	int null = dsync_sys_openat(DSYNC_SYS_CWD, "/dev/null", 0, 0);
	struct dsync_error err;

	(void)state;
	assert_true(null >= 0);
	assert_null(dsync_zip_open_loose(null, NULL, NULL, &err));
	assert_string_equal(err.rule, "Z1");
	dsync_sys_close(null);
	assert_null(dsync_zip_open_loose(-1, NULL, NULL, &err));
	assert_int_equal(err.code, DSYNC_ERR_SYSTEM);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_flipped),
		cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_offset_overflow),
		cmocka_unit_test(test_locator_astray),
		cmocka_unit_test(test_without_notes),
		cmocka_unit_test(test_not_regular),
	};

	fd = hostile_file_create();
	return cmocka_run_group_tests_name("zip_loose", tests, NULL, NULL);
}
