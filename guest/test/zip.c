/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Members of ZIP archives, as in tar.c; and all the hostile archives of the strict reader's tests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/zip/test/hostile_cases.h"
#include "archive_host.h"

static struct hostile *h;

static void
take_archive(void)
{
	dsync_buffer_clear(&answer);
	dsync_buffer_append(&answer, h->out.data, h->out.size);
}

static struct hostile_entry *
last(void)
{
	return &h->entries[h->count - 1];
}

static void
zip64_records(void)
{
	h->zip64 = true;
}

static void
zip64_sizes(void)
{
	zip64_records();
	hostile_extra64(&last()->central, 12, 12, 0, 16);
	hostile_extra64(&last()->local, 12, 12, 0, 16);
	last()->local.size = last()->local.stored_size = last()->central.size = last()->central.stored_size =
		0xffffffffu;
}

static void
zip64_short(void)
{
	zip64_sizes();
	last()->local.extra.data[2] = 8;
	last()->local.extra.size -= 8;
}

static void
zip64_missing(void)
{
	last()->local.size = 0xffffffffu;
}

static void
zip64_twice(void)
{
	zip64_sizes();
	hostile_extra64(&last()->local, 12, 12, 0, 16);
}

static void
other_extra(void)
{
	hostile_extra(&last()->local, 0x5455, "\3abcdefgh", 9);
	hostile_extra(&last()->central, 0x5455, "\3abcd", 5);
}

static void
extra_past_area(void)
{
	dsync_buffer_append(&last()->local.extra, "\x99\x88\x09\0abcd", 8);
}

static void
entry_comment(void)
{
	dsync_buffer_append_text(&last()->comment, "a comment");
}

static void
described_other(void)
{
	hostile_describe(&h->entries[0], 16); /* Deflated, so its end is found */
}

static void
described_wide(void)
{
	hostile_extra64(&h->entries[0].local, 0, 0, 0, 0);
	hostile_describe(&h->entries[0], 24);
}

static void
described_unsigned(void)
{
	hostile_describe(&h->entries[0], 12);
}

static void
described_wrongly(void)
{
	described_other();
	h->entries[0].descriptor.data[5] ^= 1;
}

static void
described_stored(void)
{
	hostile_describe(last(), 16); /* where does it end? */
}

static void
encrypted(void)
{
	last()->local.flags = last()->central.flags = 1;
}

static void
encrypted_in_directory(void)
{
	last()->central.flags = 1;
}

static void
encrypted_other(void)
{
	h->entries[1].local.flags = h->entries[1].central.flags = 1;
}

static void
patched(void)
{
	last()->local.flags = last()->central.flags = 0x20;
}

static void
other_method(void)
{
	last()->local.method = last()->central.method = 12;
}

static void
damaged(void)
{
	last()->data.data[0] ^= 1;
}

static void
damaged_deflate(void)
{
	hostile_rename(last(), "other", 5);
	hostile_add(h, "payload", "aaaaaaaaaaaaaaaaaaaa", 20, 8);
	last()->data.data[0] = 0xff;
}

static void
twice(void)
{
	hostile_add(h, "payload", "again", 5, 0);
}

static void
name_with_nul(void)
{
	hostile_rename(hostile_add(h, "x", "1", 1, 0), "payload\0x", 9);
}

static void
directory_differs(void)
{
	last()->central.crc32 ^= 1;
}

static void
left_out(void)
{
	last()->no_central = true;
}

static void
only_in_directory(void)
{
	last()->no_local = true;
}

static void
renamed_in_directory(void)
{
	memcpy(last()->central.name, "paYload", 7);
}

static void
gap(void)
{
	dsync_buffer_append_text(&h->gap, "a signing block");
}

static void
suffix(void)
{
	dsync_buffer_append_text(&h->suffix, "x");
}

static void
prefix(void)
{
	dsync_buffer_append_text(&h->prefix, "stub");
}

static void
missing(void)
{
	hostile_drop(h);
}

static const struct zip_row {
	const char *name;
	void (*prepare)(void);
	const char *reason; /* NULL: the payload comes out */
} zip_rows[] = {
	{ "plain", NULL, NULL },
	{ "zip64 records", zip64_records, NULL },
	{ "zip64 sizes", zip64_sizes, NULL },
	{ "another extra field", other_extra, NULL },
	{ "a comment", entry_comment, NULL },
	{ "a descriptor elsewhere", described_other, NULL },
	{ "a wide descriptor", described_wide, NULL },
	{ "a descriptor without signature", described_unsigned, NULL },
	{ "another that is encrypted", encrypted_other, NULL },
	{ "zip64 field cut", zip64_short, "a header makes no sense" },
	{ "zip64 field missing", zip64_missing, "a header makes no sense" },
	{ "zip64 field twice", zip64_twice, "a header makes no sense" },
	{ "extra past its area", extra_past_area, "a header makes no sense" },
	{ "a wrong descriptor", described_wrongly, "does not say where its parts end" },
	{ "a descriptor behind stored data", described_stored, NULL },
	{ "encrypted", encrypted, "an encrypted member, \"payload\"" },
	{ "encrypted in the directory only", encrypted_in_directory, "directory says something else" },
	{ "patched", patched, "patch data as \"payload\"" },
	{ "another method", other_method, "another compression than deflate" },
	{ "damaged", damaged, "size or checksum is not that of \"payload\"" },
	{ "damaged Deflate", damaged_deflate, "damaged" },
	{ "twice", twice, "two members \"payload\"" },
	{ "a name with a NUL", name_with_nul, "a header makes no sense" },
	{ "a directory that differs", directory_differs, "directory says something else" },
	{ "left out of the directory", left_out, "directory is not that of its members" },
	{ "in the directory only", only_in_directory, "directory says something else" },
	{ "another name in the directory", renamed_in_directory, "leaves the member out" },
	{ "a gap", gap, "something unknown between its parts" },
	{ "a suffix", suffix, "something behind its end" },
	{ "a prefix", prefix, "is no ZIP archive" },
	{ "missing", missing, "no member \"payload\"; of its 2 files some are manifest.toml, context.json" },
};

static void
test_zip(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(zip_rows) / sizeof(zip_rows[0]); i++) {
		hostile_init(h);
		hostile_add_sample(h);
		if (zip_rows[i].prepare != NULL)
			zip_rows[i].prepare();
		hostile_emit(h);
		take_archive();
		answer_check(UNPACK_ZIP, zip_rows[i].name, "payload",
			zip_rows[i].reason == NULL ? "the payload\n" : NULL, zip_rows[i].reason);
		hostile_finish(h);
	}
}

/* Fields of the end records, each of which must be that of what came by. */
static void
test_zip_ends(void **state)
{
	static const struct {
		int end64, locator; /* the field's place in that record, or -1; both -1: in the end record */
		int end;
		uint32_t value;
		const char *reason;
	} rows[] = {
		{ 4, -1, -1, 43, "end record makes no sense" },
		{ 4, -1, -1, 0x7fffffff, "end record makes no sense" },
		{ 32, -1, -1, 2, "not that of its members" },
		{ 40, -1, -1, 2, "not that of its members" },
		{ 48, -1, -1, 2, "not that of its members" },
		{ -1, 0, -1, 0, "end record makes no sense" },
		{ -1, -1, 0, 0, "end record makes no sense" },
		{ -1, -1, 12, 2, "not that of its members" },
		{ -1, -1, 16, 2, "not that of its members" },
	};
	size_t i, k;

	(void)state;
	hostile_init(h);
	hostile_add_sample(h);
	h->zip64 = true;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t at = rows[i].end64 >= 0 ? h->end64_offset + (size_t)rows[i].end64
			: rows[i].locator >= 0 ? h->locator_offset + (size_t)rows[i].locator
					       : h->end_offset + (size_t)rows[i].end;

		hostile_emit(h);
		if (i == 0) /* the places are known now */
			at = h->end64_offset + 4;
		hostile_poke32(h, at, rows[i].value);
		take_archive();
		answer_check(UNPACK_ZIP, rows[i].reason, "payload", NULL, rows[i].reason);
	}
	hostile_emit(h);
	take_archive();
	for (k = answer.size; k-- > 0;) { /* cut anywhere, it is never whole */
		answer.size = k;
		assert_true(answer_take_out(UNPACK_ZIP, "payload") < 0);
	}
	hostile_finish(h);
}

/* The archives of the strict reader's tests: what is taken out of one is what some entry of that name holds. */
static void
test_zip_hostile(void **state)
{
	size_t i, k;

	(void)state;
	for (i = 0; i < hostile_case_count; i++) {
		bool found = false;

		hostile_init(h);
		hostile_case_build(&hostile_cases[i], h);
		take_archive();
		if (answer_take_out(UNPACK_ZIP, "payload") < 0) {
			found = unpack_reason(&unpacked)[0] != '\0';
		} else {
			for (k = 0; k < h->count; k++)
				found |= payload_size == h->entries[k].content.size &&
					memcmp(payload, dsync_buffer_view(&h->entries[k].content).data, payload_size) ==
						0;
		}
		if (!found)
			fail_msg("%s: %s", hostile_cases[i].name, unpack_reason(&unpacked));
		hostile_finish(h);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zip),
		cmocka_unit_test(test_zip_ends),
		cmocka_unit_test(test_zip_hostile),
	};
	int rc;

	dsync_buffer_init(&answer, DSYNC_BUFFER_UNLIMITED);
	h = calloc(1, sizeof(*h));
	if (h == NULL)
		return 1;
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	free(h);
	dsync_buffer_finish(&answer);
	return rc;
}
