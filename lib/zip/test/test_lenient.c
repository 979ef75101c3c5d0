/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What real writers do, each the way that writer does it: all of it must open and
 * give the right bytes.  test/interop asks the writers themselves, where installed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hostile.h"

static int fd;

static struct hostile_entry *
payload(struct hostile *h)
{
	return &h->entries[2];
}

static void
local_zeros(struct hostile_entry *e)
{
	e->local.crc32 = 0;
	e->local.stored_size = 0;
	e->local.size = 0;
}

/* Go CreateHeader, Java zipfs, yazl, archiver, zip.js: nothing known in the local header. */
static void
descriptor_zeros(struct hostile *h)
{
	hostile_describe(payload(h), 16);
	local_zeros(payload(h));
	payload(h)->local.flags |= 0x800;
	payload(h)->central.flags |= 0x800;
}

static void
descriptor_unsigned(struct hostile *h)
{
	hostile_describe(payload(h), 12);
	local_zeros(payload(h));
}

/* zip -0 to a pipe, bsdtar: sizes known, CRC not. */
static void
descriptor_sizes_known(struct hostile *h)
{
	hostile_describe(payload(h), 16);
	payload(h)->local.crc32 = 0;
}

/* zip to a pipe, bsdtar: compressed size not known. */
static void
descriptor_size_known(struct hostile *h)
{
	hostile_describe(&h->entries[0], 16);
	h->entries[0].local.crc32 = 0;
	h->entries[0].local.stored_size = 0;
}

/* zipalign on a Go archive. */
static void
descriptor_all_known(struct hostile *h)
{
	hostile_describe(payload(h), 16);
}

/* Go past 4 GiB, old .NET: 64-bit descriptor, and nothing says so. */
static void
descriptor_64_unmarked(struct hostile *h)
{
	hostile_describe(payload(h), 24);
	local_zeros(payload(h));
	payload(h)->local.version = 20;
}

static void
descriptor_64_unsigned(struct hostile *h)
{
	hostile_describe(payload(h), 20);
	local_zeros(payload(h));
}

/* client-zip: 32-bit descriptor with version 4.5. */
static void
descriptor_32_version_45(struct hostile *h)
{
	hostile_describe(payload(h), 16);
	local_zeros(payload(h));
	payload(h)->local.version = payload(h)->central.version = 45;
}

/* Python force_zip64, zip from stdin, 7z -si: ZIP64 locally, plain in the directory. */
static void
local_zip64_only(struct hostile *h)
{
	struct hostile_entry *e = payload(h);

	hostile_extra64(&e->local, e->content.size, e->data.size, 0, 16);
	e->local.size = e->local.stored_size = 0xffffffffu;
	e->local.version = 45;
}

/* Python force_zip64 to a pipe. */
static void
local_zip64_zeros(struct hostile *h)
{
	struct hostile_entry *e = payload(h);

	hostile_describe(e, 24);
	hostile_extra64(&e->local, 0, 0, 0, 16);
	e->local.crc32 = 0;
	e->local.size = e->local.stored_size = 0xffffffffu;
	e->local.version = e->central.version = 45;
}

/* libzip: ZIP64 field though the 32-bit ones are real. */
static void
local_zip64_needless(struct hostile *h)
{
	hostile_extra64(&payload(h)->local, 12, 12, 0, 16);
}

static void
zip64_empty(struct hostile *h)
{
	hostile_extra64(&payload(h)->central, 0, 0, 0, 0);
	hostile_extra64(&payload(h)->local, 0, 0, 0, 0);
}

/* zip -fz: the size alone. */
static void
central_zip64_size(struct hostile *h)
{
	hostile_extra64(&payload(h)->central, 12, 0, 0, 8);
	payload(h)->central.size = 0xffffffffu;
}

/* Go past 4 GiB: all three, though the offset's own field is real. */
static void
central_zip64_24(struct hostile *h)
{
	size_t offset;

	hostile_emit(h);
	offset = payload(h)->local_offset;
	hostile_extra64(&payload(h)->central, 12, 12, offset, 24);
	payload(h)->central.size = payload(h)->central.stored_size = 0xffffffffu;
}

/* All of it, with the disk, though nothing asks. */
static void
central_zip64_28(struct hostile *h)
{
	hostile_emit(h);
	hostile_extra64(&payload(h)->central, 12, 12, payload(h)->local_offset, 28);
}

/* The disk alone, which is the first one. */
static void
central_zip64_disk(struct hostile *h)
{
	hostile_extra(&payload(h)->central, 1, "\0\0\0\0", 4);
}

static void
poke_entry_disk_mark(struct hostile *h)
{
	hostile_poke16(h, payload(h)->central_offset + 34, 0xffff);
}

static void
zip64_records(struct hostile *h)
{
	h->zip64 = true;
}

static void
poke_offset_mark(struct hostile *h)
{
	hostile_poke32(h, h->end_offset + 16, 0xffffffffu);
}

static void
poke_all_marks(struct hostile *h)
{
	hostile_poke32(h, h->end_offset + 8, 0xffffffffu);
	hostile_poke64(h, h->end_offset + 12, UINT64_MAX);
}

/* The offset of the header alone, as for entries past 4 GiB. */
static void
central_zip64_offset(struct hostile *h)
{
	hostile_emit(h);
	hostile_extra64(&payload(h)->central, payload(h)->local_offset, 0, 0, 8);
}

static void
poke_entry_offset_mark(struct hostile *h)
{
	hostile_poke32(h, payload(h)->central_offset + 42, 0xffffffffu);
}

static void
versions_0(struct hostile *h)
{
	payload(h)->local.version = payload(h)->central.version = 0;
	payload(h)->made_by = 0;
}

static void
versions_differ(struct hostile *h)
{
	payload(h)->local.version = 10;
	payload(h)->central.version = 45;
	payload(h)->made_by = 0x1e3f;
}

static void
deflate_version_10(struct hostile *h)
{
	h->entries[0].local.version = h->entries[0].central.version = 10;
}

static void
poke_dates(struct hostile *h)
{
	hostile_poke32(h, payload(h)->local_offset + 10, 0);
	hostile_poke32(h, payload(h)->central_offset + 12, 0xffffffffu);
}

static void
level_bits(struct hostile *h)
{
	payload(h)->local.flags = payload(h)->central.flags = 0x806;
}

static void
extras_differ(struct hostile *h)
{
	hostile_extra(&payload(h)->local, 0x5455, "\3abcdefgh", 9);
	hostile_extra(&payload(h)->local, 0x7875, "\1\4abcd\4efgh", 11);
	hostile_extra(&payload(h)->local, 0x5855, "abcdefghijkl", 12);
	hostile_extra(&payload(h)->central, 0x5455, "\3abcd", 5);
	hostile_extra(&payload(h)->central, 0x000a, "0000aaaaaaaabbbbbbbbccccccccdddd", 32);
}

/* jar. */
static void
extra_cafe(struct hostile *h)
{
	hostile_extra(&h->entries[0].local, 0xcafe, "", 0);
	hostile_extra(&h->entries[0].central, 0xcafe, "", 0);
}

/* zipalign: any number of zeros, no field. */
static void
local_zeros_padding(struct hostile *h)
{
	dsync_buffer_append_zeros(&h->entries[0].local.extra, 1);
	dsync_buffer_append_zeros(&h->entries[1].local.extra, 3);
	dsync_buffer_append_zeros(&payload(h)->local.extra, 4 * 1000 + 2);
}

/* Rust zip with_alignment: in the directory, too. */
static void
alignment_in_directory(struct hostile *h)
{
	char zeros[3800] = { 0, 16 };

	hostile_extra(&payload(h)->local, 0xa11e, zeros, sizeof(zeros));
	hostile_extra(&payload(h)->central, 0xa11e, zeros, sizeof(zeros));
}

static void
largest_extra(struct hostile *h)
{
	static char zeros[65531];

	hostile_extra(&payload(h)->local, 0xd935, zeros, sizeof(zeros));
}

/* 7z -si. */
static void
type_fifo(struct hostile *h)
{
	payload(h)->attributes = 0x11800000u;
}

/* Go, jszip, jar. */
static void
attributes_0(struct hostile *h)
{
	payload(h)->attributes = 0;
	payload(h)->made_by = 20;
}

static void
dos_archive_bit(struct hostile *h)
{
	payload(h)->attributes = 0x20;
	payload(h)->made_by = 20;
}

/* jar c0, and an empty directory that is compressed and described (wheels have it). */
static void
directories(struct hostile *h)
{
	struct hostile_entry *e;

	hostile_add(h, "META-INF/", "", 0, 0);
	hostile_add(h, "META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n", 22, 0);
	e = hostile_add(h, "empty/", "", 0, 8);
	hostile_describe(e, 16);
	local_zeros(e);
	hostile_add(h, "A/x", "1", 1, 0);
	hostile_add(h, "a/y", "2", 1, 0);
}

static void
empty_payload(struct hostile *h)
{
	hostile_drop(h);
	hostile_add(h, "payload", "", 0, 0);
}

/* The payload's bytes look like the end of an archive. */
static void
decoy(struct hostile *h)
{
	hostile_emit(h);
	hostile_add(h, "other", h->out.data, h->out.size, 0);
}

/* 7z and adm-zip sort by name. */
static void
payload_first(struct hostile *h)
{
	struct hostile_entry e = h->entries[0];

	h->entries[0] = h->entries[2];
	h->entries[2] = e;
}

/* The last record first: another order than that of the data. */
static void
rotate_directory(struct hostile *h)
{
	size_t start = h->directory_offset;
	size_t last = payload(h)->central_offset;
	unsigned char copy[1024];

	assert_true(h->end_offset - start <= sizeof(copy));
	memcpy(copy, h->out.data + last, h->end_offset - last);
	memcpy(copy + (h->end_offset - last), h->out.data + start, last - start);
	memcpy(h->out.data + start, copy, h->end_offset - start);
}

struct lenient {
	const char *name;
	void (*prepare)(struct hostile *h);
	void (*poke)(struct hostile *h);
};

static const struct lenient table[] = {
	{ "descriptor, local zeros", descriptor_zeros, NULL },
	{ "descriptor without signature", descriptor_unsigned, NULL },
	{ "descriptor, local sizes known", descriptor_sizes_known, NULL },
	{ "descriptor, local size known", descriptor_size_known, NULL },
	{ "descriptor, all known", descriptor_all_known, NULL },
	{ "descriptor of 64 bits, unmarked", descriptor_64_unmarked, NULL },
	{ "descriptor of 64 bits, unsigned", descriptor_64_unsigned, NULL },
	{ "descriptor of 32 bits, version 45", descriptor_32_version_45, NULL },
	{ "local ZIP64 only", local_zip64_only, NULL },
	{ "local ZIP64 of zeros", local_zip64_zeros, NULL },
	{ "local ZIP64, needless", local_zip64_needless, NULL },
	{ "ZIP64 field without content", zip64_empty, NULL },
	{ "directory ZIP64 of the size", central_zip64_size, NULL },
	{ "directory ZIP64 of 24 bytes", central_zip64_24, NULL },
	{ "directory ZIP64 of 28 bytes", central_zip64_28, NULL },
	{ "directory ZIP64 of the offset", central_zip64_offset, poke_entry_offset_mark },
	{ "directory ZIP64 of the disk", central_zip64_disk, poke_entry_disk_mark },
	{ "ZIP64 records, no mark", zip64_records, NULL },
	{ "ZIP64 records, offset marked", zip64_records, poke_offset_mark },
	{ "ZIP64 records, all marked", zip64_records, poke_all_marks },
	{ "versions 0", versions_0, NULL },
	{ "versions differ", versions_differ, NULL },
	{ "Deflate with version 10", deflate_version_10, NULL },
	{ "dates that are none", NULL, poke_dates },
	{ "level and UTF-8 bits on a stored entry", level_bits, NULL },
	{ "extras differ", extras_differ, NULL },
	{ "extra 0xcafe", extra_cafe, NULL },
	{ "zeros for padding", local_zeros_padding, NULL },
	{ "alignment in the directory", alignment_in_directory, NULL },
	{ "largest extra area", largest_extra, NULL },
	{ "named pipe", type_fifo, NULL },
	{ "attributes 0", attributes_0, NULL },
	{ "DOS archive bit", dos_archive_bit, NULL },
	{ "directories", directories, NULL },
	{ "empty payload", empty_payload, NULL },
	{ "payload with an archive in it", decoy, NULL },
	{ "payload first", payload_first, NULL },
	{ "directory in another order", NULL, rotate_directory },
};

static void
check_content(const struct dsync_zip *zip, const struct hostile_entry *e)
{
	const struct dsync_zip_entry *entry;
	struct dsync_error err = { 0 };
	unsigned char buf[8192];
	char name[300];

	memcpy(name, e->central.name, e->central.name_size);
	name[e->central.name_size] = '\0';
	entry = dsync_zip_find(zip, name);
	assert_non_null(entry);
	assert_int_equal(entry->size, e->content.size);
	assert_int_equal(dsync_zip_read(zip, entry, buf, &err), 0);
	assert_memory_equal(buf, dsync_buffer_view(&e->content).data, e->content.size);
}

static void
check(const struct lenient *l)
{
	struct hostile *h = calloc(1, sizeof(*h));
	struct dsync_error err = { 0 };
	struct dsync_zip *zip;
	char text[1536];
	size_t i;

	assert_non_null(h);
	hostile_init(h);
	hostile_add_sample(h);
	if (l->prepare != NULL)
		l->prepare(h);
	hostile_emit(h);
	if (l->poke != NULL)
		l->poke(h);
	zip = hostile_open(h, fd, &err);
	if (zip == NULL) {
		dsync_error_format(&err, text, sizeof(text));
		fail_msg("%s: %s", l->name, text);
	}
	assert_int_equal(dsync_zip_count(zip), h->count);
	for (i = 0; i < h->count; i++)
		check_content(zip, &h->entries[i]);
	dsync_zip_close(zip);
	hostile_finish(h);
	free(h);
}

static void
test_lenient(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		check(&table[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lenient),
	};

	fd = hostile_file_create();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
