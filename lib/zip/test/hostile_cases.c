/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <string.h>

#include "hostile_cases.h"

static void
use_comment(struct hostile *h)
{
	dsync_buffer_append_text(&h->suffix, "made by");
}

static void
set_comment_size(struct hostile *h)
{
	hostile_poke16(h, h->end_offset + 20, 7);
}

static void
use_zero_suffix(struct hostile *h)
{
	dsync_buffer_append_zeros(&h->suffix, 9000);
}

static void
use_suffix(struct hostile *h)
{
	dsync_buffer_append_text(&h->suffix, "<script>alert(1)</script> hidden after the end");
}

/* A whole second archive in front: which end record counts? */
static void
use_stacked(struct hostile *h)
{
	hostile_emit(h);
	dsync_buffer_append(&h->prefix, h->out.data, h->out.size);
}

/* The first archive's comment is the second archive. */
static void
use_stacked_exact(struct hostile *h)
{
	hostile_emit(h);
	dsync_buffer_append(&h->suffix, h->out.data, h->out.size);
}

static void
set_stacked_comment(struct hostile *h)
{
	hostile_poke16(h, h->end_offset + 20, (uint16_t)h->suffix.size);
}

static void
cut_to_10(struct hostile *h)
{
	h->out.size = 10;
}

static void
cut_end(struct hostile *h)
{
	h->out.size -= 30;
}

static void
use_prefix(struct hostile *h)
{
	dsync_buffer_append_text(&h->prefix, "#!/bin/sh\nexit\n");
}

/* Offsets as if the prefix were not there. */
static void
shift_offsets(struct hostile *h)
{
	size_t i;

	for (i = 0; i < h->count; i++)
		hostile_poke32(h, h->entries[i].central_offset + 42, (uint32_t)(h->entries[i].local_offset - h->prefix.size));
	hostile_poke32(h, h->end_offset + 16, (uint32_t)(h->directory_offset - h->prefix.size));
}

static void
set_disks_64(struct hostile *h)
{
	hostile_poke16(h, h->end_offset + 4, 0xffff);
	hostile_poke32(h, h->end64_offset + 16, 1);
}

static void
set_disk_extra(struct hostile *h)
{
	unsigned char disk[4] = { 1, 0, 0, 0 };

	hostile_extra(&h->entries[2].central, 1, disk, 4);
}

static void
poke_disk_mark(struct hostile *h)
{
	hostile_poke16(h, h->entries[2].central_offset + 34, 0xffff);
}

static void
set_counts(struct hostile *h, uint16_t count)
{
	hostile_poke16(h, h->end_offset + 8, count);
	hostile_poke16(h, h->end_offset + 10, count);
}

static void
set_count_0(struct hostile *h)
{
	set_counts(h, 0);
}

static void
set_count_2(struct hostile *h)
{
	set_counts(h, 2);
}

static void
set_count_4(struct hostile *h)
{
	set_counts(h, 4);
}

static void
set_count_60(struct hostile *h)
{
	set_counts(h, 60);
}

static void
add_60_bytes_of_extra(struct hostile *h)
{
	hostile_extra(&h->entries[2].central, 0xcafe, "........................................................", 56);
}

static void
add_many_entries(struct hostile *h)
{
	static const char name[] = "many/0";
	struct hostile_entry *e;
	int i;

	for (i = 0; i < 62; i++) {
		e = hostile_add(h, name, "", 0, 0);
		e->local.name[5] = e->central.name[5] = (char)('A' + i % 26);
		e->local.name[4] = e->central.name[4] = (char)('a' + i / 26);
	}
}

static void
add_entry_comment(struct hostile *h)
{
	dsync_buffer_append_text(&h->entries[2].comment, "a comment");
}

static void
duplicate_payload(struct hostile *h)
{
	hostile_add(h, "payload", "another\n", 8, 0);
}

static void
add_case_twin(struct hostile *h)
{
	hostile_add(h, "a/x", "1", 1, 0);
	hostile_add(h, "A/X", "2", 1, 0);
}

static void
add_slash_twin(struct hostile *h)
{
	hostile_add(h, "a", "1", 1, 0);
	hostile_add(h, "a/", "", 0, 0);
}

static void
add_file_and_folder(struct hostile *h)
{
	hostile_add(h, "a", "1", 1, 0);
	hostile_add(h, "A/x", "2", 1, 0);
}

static void
add_reserved_case(struct hostile *h)
{
	hostile_add(h, "SYNC.wasm", "1", 1, 0);
}

static void
add_reserved_folder(struct hostile *h)
{
	hostile_add(h, "sync.wasm/", "", 0, 0);
}

static void
deflate_payload(struct hostile *h)
{
	h->count--;
	hostile_add(h, "payload", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 30, 8);
}

static void
fold_name(struct hostile *h)
{
	hostile_rename(&h->entries[0], "d/manifest.toml", 15);
}

static void
drop_payload(struct hostile *h)
{
	h->count--;
}

static void
add_large_manifest(struct hostile *h)
{
	static char zeros[256 * 1024 + 1];

	h->count = 0;
	hostile_add(h, "manifest.toml", zeros, sizeof(zeros), 8);
}

#define NAME_CASE(function, text)                                                   \
	static void function(struct hostile *h)                                     \
	{                                                                           \
		hostile_add(h, "x", "1", 1, 0);                                     \
		hostile_rename(&h->entries[3], text, sizeof(text) - 1);             \
	}

NAME_CASE(name_backslash, "a\\b")
NAME_CASE(name_space, "a b")
NAME_CASE(name_control, "a\033[2Jb")
NAME_CASE(name_nul, "a\0b")
NAME_CASE(name_utf8, "caf\303\251")
NAME_CASE(name_stream, "a:b")
NAME_CASE(name_absolute, "/etc/passwd")
NAME_CASE(name_parent, "../a")
NAME_CASE(name_inner_parent, "c/../a")
NAME_CASE(name_current, "./a")
NAME_CASE(name_double_slash, "a//b")
NAME_CASE(name_dot_end, "a./b")
NAME_CASE(name_empty, "")

static void
name_too_long(struct hostile *h)
{
	char name[256];

	memset(name, 'n', sizeof(name));
	hostile_add(h, "x", "1", 1, 0);
	hostile_rename(&h->entries[3], name, sizeof(name));
}

static void
add_directory_with_data(struct hostile *h)
{
	hostile_add(h, "d/", "1", 1, 0);
}

static void
add_link_directory(struct hostile *h)
{
	hostile_add(h, "d/", "", 0, 0)->attributes = 0xa1ff0000u;
}

static void
add_empty_with_crc(struct hostile *h)
{
	struct hostile_entry *e = hostile_add(h, "empty", "", 0, 0);

	e->local.crc32 = e->central.crc32 = 1;
}

/* --- extra areas --- */

static void
extra_past_area(struct hostile *h)
{
	dsync_buffer_append(&h->entries[2].central.extra, "\x99\x88\x05\0abcd", 8);
}

static void
extra_rest(struct hostile *h)
{
	dsync_buffer_append_zeros(&h->entries[2].central.extra, 3);
}

static void
local_extra_past_area(struct hostile *h)
{
	dsync_buffer_append(&h->entries[2].local.extra, "\x99\x88\xff\xff" "abcd", 8);
}

static void
local_extra_rest(struct hostile *h)
{
	dsync_buffer_append(&h->entries[2].local.extra, "\0\0\1", 3);
}

static void
extra64_missing(struct hostile *h)
{
	h->entries[2].central.size = 0xffffffffu;
}

static void
local_extra64_missing(struct hostile *h)
{
	h->entries[2].local.size = 0xffffffffu;
}

static void
extra64_twice(struct hostile *h)
{
	hostile_extra64(&h->entries[2].central, 12, 12, 0, 8);
	hostile_extra64(&h->entries[2].central, 12, 12, 0, 8);
}

/* The field says other than the header where nothing asked for it. */
static void
extra64_differs(struct hostile *h)
{
	hostile_extra64(&h->entries[2].central, 13, 12, 0, 8);
}

static void
extra64_short(struct hostile *h)
{
	h->entries[2].central.size = h->entries[2].central.stored_size = 0xffffffffu;
	hostile_extra64(&h->entries[2].central, 12, 12, 0, 8);
}

static void
extra64_odd(struct hostile *h)
{
	hostile_extra64(&h->entries[2].central, 12, 12, 0, 10);
}

static void
extra64_long(struct hostile *h)
{
	hostile_extra64(&h->entries[2].central, 12, 12, 0, 32);
}

static void
extra64_stored_only(struct hostile *h)
{
	h->entries[2].central.stored_size = 0xffffffffu;
	hostile_extra64(&h->entries[2].central, 12, 12, 0, 8);
}

static void
local_extra64_24(struct hostile *h)
{
	hostile_extra64(&h->entries[2].local, 12, 12, 0, 24);
}

static void
unicode_path(struct hostile *h)
{
	hostile_extra(&h->entries[2].central, 0x7075, "\1abcdmanifest.toml", 18);
}

static void
local_unicode_path(struct hostile *h)
{
	hostile_extra(&h->entries[2].local, 0x7075, "\1abcdmanifest.toml", 18);
}

static void
strong_encryption(struct hostile *h)
{
	hostile_extra(&h->entries[2].central, 0x0017, "abcdefgh", 8);
}

static void
aes(struct hostile *h)
{
	hostile_extra(&h->entries[2].local, 0x9901, "abcdefg", 7);
}

/* --- places --- */

static void
gap_between(struct hostile *h)
{
	dsync_buffer_append_text(&h->entries[2].before, "nobody answers for this");
}

static void
gap_before_directory(struct hostile *h)
{
	dsync_buffer_append_text(&h->gap, "APK Sig Block 42");
}

/* A local entry that the directory does not know. */
static void
orphan(struct hostile *h)
{
	hostile_add(h, "orphan", "seen by streams", 15, 0)->no_central = true;
}

/* Two records share one body: the way of overlapping bombs. */
static void
overlap(struct hostile *h)
{
	struct hostile_entry *e = hostile_add(h, "payload2", "the payload\n", 12, 0);

	e->no_local = true;
}

static void
point_into_payload(struct hostile *h)
{
	hostile_poke32(h, h->entries[3].central_offset + 42, (uint32_t)h->entries[2].local_offset + 10);
}

static void
quote(struct hostile *h)
{
	hostile_poke32(h, h->entries[2].central_offset + 42, (uint32_t)h->entries[1].local_offset + 43);
}

static void
grow_last(struct hostile *h)
{
	size_t local = h->entries[2].local_offset;
	size_t central = h->entries[2].central_offset;

	hostile_poke32(h, local + 18, 13);
	hostile_poke32(h, local + 22, 13);
	hostile_poke32(h, central + 20, 13);
	hostile_poke32(h, central + 24, 13);
}

static void
point_past_directory(struct hostile *h)
{
	hostile_poke32(h, h->entries[2].central_offset + 42, (uint32_t)h->directory_offset + 1);
}

/* --- local headers and descriptors --- */

static void
local_name_differs(struct hostile *h)
{
	memcpy(h->entries[2].local.name, "sneaky!", 7);
}

static void
local_name_longer(struct hostile *h)
{
	memcpy(h->entries[2].local.name, "payload.exe", 11);
	h->entries[2].local.name_size = 11;
}

static void
local_method_differs(struct hostile *h)
{
	h->entries[0].local.method = 0;
}

static void
local_encrypted(struct hostile *h)
{
	h->entries[2].local.flags = 1;
}

static void
describe_central_only(struct hostile *h)
{
	hostile_describe(&h->entries[2], 16);
	h->entries[2].local.flags = 0;
}

static void
describe(struct hostile *h)
{
	hostile_describe(&h->entries[2], 16);
}

static void
descriptor_missing(struct hostile *h)
{
	hostile_describe(&h->entries[2], 16);
	dsync_buffer_clear(&h->entries[2].descriptor);
}

static void
descriptor_wrong_signature(struct hostile *h)
{
	hostile_describe(&h->entries[2], 24);
	h->entries[2].descriptor.data[0] = 'Q';
}

static void
descriptor_wrong_crc(struct hostile *h)
{
	hostile_describe(&h->entries[2], 12);
	h->entries[2].descriptor.data[0] ^= 1;
}

static void
descriptor_wrong_size(struct hostile *h)
{
	hostile_describe(&h->entries[2], 20);
	h->entries[2].descriptor.data[16] = 1; /* the upper half */
}

static void
descriptor_13_bytes(struct hostile *h)
{
	hostile_describe(&h->entries[2], 12);
	dsync_buffer_append_byte(&h->entries[2].descriptor, 0);
}

static void
descriptor_28_bytes(struct hostile *h)
{
	hostile_describe(&h->entries[2], 24);
	dsync_buffer_append_zeros(&h->entries[2].descriptor, 4);
}

static void
descriptor_without_bit(struct hostile *h)
{
	hostile_describe(&h->entries[2], 16);
	h->entries[2].local.flags = h->entries[2].central.flags = 0;
}

/* --- data --- */

static void
damage_payload(struct hostile *h)
{
	h->entries[2].data.data[0] ^= 1;
}

static void
damage_crc(struct hostile *h)
{
	h->entries[2].local.crc32 ^= 1;
	h->entries[2].central.crc32 ^= 1;
}

static void
set_manifest(struct hostile *h, const char *stream, size_t stream_size, uint32_t size)
{
	struct hostile_entry *e = &h->entries[0];

	dsync_buffer_clear(&e->data);
	dsync_buffer_append(&e->data, stream, stream_size);
	e->local.stored_size = e->central.stored_size = (uint32_t)stream_size;
	e->local.size = e->central.size = size;
}

/* One stored block, "ab", final. */
#define STREAM_AB "\1\2\0\xfd\xff" "ab"

static void
deflate_ends_early(struct hostile *h)
{
	set_manifest(h, STREAM_AB "rubbish", 14, 2);
}

static void
deflate_gives_fewer(struct hostile *h)
{
	set_manifest(h, STREAM_AB, 7, 3);
}

static void
deflate_gives_more(struct hostile *h)
{
	set_manifest(h, STREAM_AB, 7, 1);
}

static void
deflate_cut(struct hostile *h)
{
	set_manifest(h, STREAM_AB, 6, 2);
}

static void
deflate_without_final_block(struct hostile *h)
{
	set_manifest(h, "\0\2\0\xfd\xff" "ab", 7, 2);
}

static void
deflate_rubbish(struct hostile *h)
{
	set_manifest(h, "\xff\xff\xff\xff\xff", 5, 9);
}

static void
deflate_one_byte(struct hostile *h)
{
	set_manifest(h, "\3", 1, 0);
	h->entries[0].local.crc32 = h->entries[0].central.crc32 = 0;
}

static void
deflate_impossible(struct hostile *h)
{
	set_manifest(h, STREAM_AB, 7, 7 * 1032 + 1);
}

#define LOCAL(entry, offset, size, value) { IN_LOCAL, entry, offset, size, value }
#define CENTRAL(entry, offset, size, value) { IN_CENTRAL, entry, offset, size, value }
#define END(offset, size, value) { IN_END, 0, offset, size, value }
#define END64(offset, size, value) { IN_END64, 0, offset, size, value }
#define LOCATOR(offset, size, value) { IN_LOCATOR, 0, offset, size, value }
#define NOTHING { IN_END, 0, 0, 0, 0 }

const struct hostile_case hostile_cases[] = {
	{ "should-fail-too-small", "Z1", false, NOTHING, NULL, cut_to_10 },

	{ "should-fail-no-end-record", "Z2", false, END(0, 4, 0), NULL, NULL },
	{ "should-fail-truncated", "Z2", false, NOTHING, NULL, cut_end },
	{ "should-fail-zero-suffix", "Z2", false, NOTHING, use_zero_suffix, NULL },
	{ "should-fail-suffix", "Z2", false, NOTHING, use_suffix, NULL },
	{ "should-fail-comment", "Z3", false, NOTHING, use_comment, set_comment_size },
	{ "should-fail-comment-past-end", "Z3", false, END(20, 2, 5), NULL, NULL },
	{ "should-fail-stacked-in-comment", "Z8", false, NOTHING, use_stacked_exact, set_stacked_comment },
	{ "should-fail-stacked", "Z4", false, NOTHING, use_stacked, NULL },
	{ "should-fail-prefix", "Z4", false, NOTHING, use_prefix, NULL },
	{ "should-fail-prefix-unshifted", "Z8", false, NOTHING, use_prefix, shift_offsets },
	{ "should-fail-first-signature", "Z4", false, LOCAL(0, 0, 4, 0x30304b50), NULL, NULL },

	{ "should-fail-disk", "Z5", false, END(4, 2, 1), NULL, NULL },
	{ "should-fail-directory-disk", "Z5", false, END(6, 2, 1), NULL, NULL },
	{ "should-fail-entry-disk", "Z5", false, CENTRAL(2, 34, 2, 1), NULL, NULL },
	{ "should-fail-entry-disk-64", "Z18", false, NOTHING, set_disk_extra, poke_disk_mark },
	{ "should-fail-disk-64", "Z5", true, NOTHING, NULL, set_disks_64 },
	{ "should-fail-locator-disk", "Z5", true, LOCATOR(4, 4, 1), NULL, NULL },
	{ "should-fail-locator-disks", "Z5", true, LOCATOR(16, 4, 2), NULL, NULL },

	{ "should-fail-mark-without-locator", "Z6", false, END(16, 4, 0xffffffff), NULL, NULL },
	{ "should-fail-count-mark-without-locator", "Z6", false, END(10, 2, 0xffff), NULL, NULL },
	{ "should-fail-end64-signature", "Z6", true, END64(0, 4, 0), NULL, NULL },
	{ "should-fail-end64-extensible", "Z6", true, END64(4, 8, 45), NULL, NULL },
	{ "should-fail-locator-points-elsewhere", "Z6", true, LOCATOR(8, 8, 1), NULL, NULL },
	{ "should-fail-end64-disk-differs", "Z6", true, END64(16, 4, 1), NULL, NULL },
	{ "should-fail-end64-directory-disk-differs", "Z6", true, END64(20, 4, 1), NULL, NULL },
	{ "should-fail-end64-disk-count-differs", "Z6", true, END64(24, 8, 2), NULL, NULL },
	{ "should-fail-end64-count-differs", "Z6", true, END64(32, 8, 2), NULL, NULL },
	{ "should-fail-end64-size-differs", "Z6", true, END64(40, 8, 1), NULL, NULL },
	{ "should-fail-end64-offset-differs", "Z6", true, END64(48, 8, 1), NULL, NULL },
	{ "should-fail-end64-version", "Z15", true, END64(14, 2, 62), NULL, NULL },

	{ "should-fail-disk-count", "Z7", false, END(8, 2, 2), NULL, NULL },
	{ "should-fail-more-records", "Z7", false, NOTHING, NULL, set_count_2 },
	{ "should-fail-fewer-records", "Z7", false, NOTHING, add_60_bytes_of_extra, set_count_4 },
	{ "should-fail-directory-offset", "Z8", false, END(16, 4, 7), NULL, NULL },
	{ "should-fail-directory-size", "Z8", false, END(12, 4, 169), NULL, NULL },
	{ "should-fail-no-entries", "Z9", false, NOTHING, NULL, set_count_0 },
	{ "should-fail-65-entries", "Z9", false, NOTHING, add_many_entries, NULL },
	{ "should-fail-directory-too-large", "Z9", false, END(12, 4, 0x100001), NULL, NULL },
	{ "should-fail-directory-too-small", "Z9", false, NOTHING, NULL, set_count_60 },

	{ "should-fail-record-signature", "Z10", false, CENTRAL(1, 0, 4, 0), NULL, NULL },
	{ "should-fail-name-past-directory", "Z10", false, CENTRAL(2, 28, 2, 0xffff), NULL, NULL },
	{ "should-fail-extra-past-directory", "Z10", false, CENTRAL(2, 30, 2, 0xffff), NULL, NULL },
	{ "should-fail-entry-comment", "Z10", false, NOTHING, add_entry_comment, NULL },

	{ "should-fail-name-backslash", "Z11", false, NOTHING, name_backslash, NULL },
	{ "should-fail-name-space", "Z11", false, NOTHING, name_space, NULL },
	{ "should-fail-name-control", "Z11", false, NOTHING, name_control, NULL },
	{ "should-fail-name-nul", "Z11", false, NOTHING, name_nul, NULL },
	{ "should-fail-name-utf8", "Z11", false, NOTHING, name_utf8, NULL },
	{ "should-fail-name-stream", "Z11", false, NOTHING, name_stream, NULL },
	{ "should-fail-name-absolute", "Z11", false, NOTHING, name_absolute, NULL },
	{ "should-fail-name-parent", "Z11", false, NOTHING, name_parent, NULL },
	{ "should-fail-name-inner-parent", "Z11", false, NOTHING, name_inner_parent, NULL },
	{ "should-fail-name-current", "Z11", false, NOTHING, name_current, NULL },
	{ "should-fail-name-double-slash", "Z11", false, NOTHING, name_double_slash, NULL },
	{ "should-fail-name-dot-end", "Z11", false, NOTHING, name_dot_end, NULL },
	{ "should-fail-name-empty", "Z11", false, NOTHING, name_empty, NULL },
	{ "should-fail-name-too-long", "Z11", false, NOTHING, name_too_long, NULL },

	{ "should-fail-duplicate", "Z12", false, NOTHING, duplicate_payload, NULL },
	{ "should-fail-case-twin", "Z12", false, NOTHING, add_case_twin, NULL },
	{ "should-fail-slash-twin", "Z12", false, NOTHING, add_slash_twin, NULL },
	{ "should-fail-file-and-folder", "Z12", false, NOTHING, add_file_and_folder, NULL },
	{ "should-fail-reserved-case", "Z12", false, NOTHING, add_reserved_case, NULL },
	{ "should-fail-reserved-folder", "Z12", false, NOTHING, add_reserved_folder, NULL },

	{ "should-fail-method", "Z13", false, CENTRAL(1, 10, 2, 12), NULL, NULL },
	{ "should-fail-payload-deflated", "Z13", false, NOTHING, deflate_payload, NULL },
	{ "should-fail-encrypted", "Z14", false, CENTRAL(2, 8, 2, 0x0001), NULL, NULL },
	{ "should-fail-strongly-encrypted", "Z14", false, CENTRAL(2, 8, 2, 0x0040), NULL, NULL },
	{ "should-fail-masked-headers", "Z14", false, CENTRAL(2, 8, 2, 0x2000), NULL, NULL },
	{ "should-fail-patched", "Z14", false, CENTRAL(2, 8, 2, 0x0020), NULL, NULL },
	{ "should-fail-reserved-flag", "Z14", false, CENTRAL(2, 8, 2, 0x4000), NULL, NULL },
	{ "should-fail-version", "Z15", false, CENTRAL(2, 6, 2, 63), NULL, NULL },
	{ "should-fail-local-version", "Z15", false, LOCAL(2, 4, 2, 51), NULL, NULL },

	{ "should-fail-stored-sizes", "Z16", false, CENTRAL(2, 24, 4, 13), NULL, NULL },
	{ "should-fail-deflate-impossible", "Z16", false, NOTHING, deflate_impossible, NULL },
	{ "should-fail-deflate-one-byte", "Z16", false, NOTHING, deflate_one_byte, NULL },
	{ "should-fail-empty-with-crc", "Z16", false, NOTHING, add_empty_with_crc, NULL },

	{ "should-fail-extra-past-area", "Z17", false, NOTHING, extra_past_area, NULL },
	{ "should-fail-extra-rest", "Z17", false, NOTHING, extra_rest, NULL },
	{ "should-fail-local-extra-past-area", "Z17", false, NOTHING, local_extra_past_area, NULL },
	{ "should-fail-local-extra-rest", "Z17", false, NOTHING, local_extra_rest, NULL },
	{ "should-fail-extra64-missing", "Z18", false, NOTHING, extra64_missing, NULL },
	{ "should-fail-local-extra64-missing", "Z18", false, NOTHING, local_extra64_missing, NULL },
	{ "should-fail-extra64-twice", "Z18", false, NOTHING, extra64_twice, NULL },
	{ "should-fail-extra64-differs", "Z18", false, NOTHING, extra64_differs, NULL },
	{ "should-fail-extra64-short", "Z18", false, NOTHING, extra64_short, NULL },
	{ "should-fail-extra64-odd", "Z18", false, NOTHING, extra64_odd, NULL },
	{ "should-fail-extra64-long", "Z18", false, NOTHING, extra64_long, NULL },
	{ "should-fail-extra64-stored-only", "Z18", false, NOTHING, extra64_stored_only, NULL },
	{ "should-fail-local-extra64-24", "Z18", false, NOTHING, local_extra64_24, NULL },
	{ "should-fail-unicode-path", "Z19", false, NOTHING, unicode_path, NULL },
	{ "should-fail-local-unicode-path", "Z19", false, NOTHING, local_unicode_path, NULL },
	{ "should-fail-strong-encryption-extra", "Z19", false, NOTHING, strong_encryption, NULL },
	{ "should-fail-aes-extra", "Z19", false, NOTHING, aes, NULL },

	{ "should-fail-symlink", "Z20", false, CENTRAL(2, 38, 4, 0xa1ff0000), NULL, NULL },
	{ "should-fail-device", "Z20", false, CENTRAL(2, 38, 4, 0x61ff0000), NULL, NULL },
	{ "should-fail-socket", "Z20", false, CENTRAL(2, 38, 4, 0xc1ff0000), NULL, NULL },
	{ "should-fail-file-marked-directory", "Z20", false, CENTRAL(2, 38, 4, 0x41ed0000), NULL, NULL },
	{ "should-fail-file-marked-dos-directory", "Z20", false, CENTRAL(2, 38, 4, 0x10), NULL, NULL },
	{ "should-fail-volume-label", "Z20", false, CENTRAL(2, 38, 4, 0x08), NULL, NULL },
	{ "should-fail-directory-with-data", "Z20", false, NOTHING, add_directory_with_data, NULL },
	{ "should-fail-link-named-directory", "Z20", false, NOTHING, add_link_directory, NULL },

	{ "should-fail-gap", "Z21", false, NOTHING, gap_between, NULL },
	{ "should-fail-gap-before-directory", "Z21", false, NOTHING, gap_before_directory, NULL },
	{ "should-fail-orphan", "Z21", false, NOTHING, orphan, NULL },
	{ "should-fail-same-place", "Z21", false, CENTRAL(2, 42, 4, 0), NULL, NULL },
	{ "should-fail-overlap", "Z21", false, NOTHING, overlap, point_into_payload },
	{ "should-fail-quoted-header", "Z21", false, NOTHING, NULL, quote },
	{ "should-fail-descriptor-without-bit", "Z21", false, NOTHING, descriptor_without_bit, NULL },
	{ "should-fail-local-signature", "Z22", false, LOCAL(2, 0, 4, 0), NULL, NULL },
	{ "should-fail-local-name", "Z22", false, NOTHING, local_name_differs, NULL },
	{ "should-fail-local-name-longer", "Z22", false, NOTHING, local_name_longer, NULL },
	{ "should-fail-local-name-size", "Z22", false, LOCAL(2, 26, 2, 0xffff), NULL, NULL },
	{ "should-fail-local-method", "Z22", false, NOTHING, local_method_differs, NULL },
	{ "should-fail-local-encrypted", "Z22", false, NOTHING, local_encrypted, NULL },
	{ "should-fail-descriptor-in-directory-only", "Z22", false, NOTHING, describe_central_only, NULL },
	{ "should-fail-local-extra-past-entry", "Z22", false, LOCAL(2, 28, 2, 0xffff), NULL, NULL },
	{ "should-fail-local-crc", "Z23", false, LOCAL(2, 14, 4, 1), NULL, NULL },
	{ "should-fail-local-stored-size", "Z23", false, LOCAL(2, 18, 4, 11), NULL, NULL },
	{ "should-fail-local-size", "Z23", false, LOCAL(0, 22, 4, 10), NULL, NULL },
	{ "should-fail-local-zeros", "Z23", false, LOCAL(2, 14, 4, 0), NULL, NULL },
	{ "should-fail-described-size", "Z23", false, LOCAL(2, 22, 4, 11), describe, NULL },
	{ "should-fail-descriptor-missing", "Z24", false, NOTHING, descriptor_missing, NULL },
	{ "should-fail-descriptor-signature", "Z24", false, NOTHING, descriptor_wrong_signature, NULL },
	{ "should-fail-descriptor-crc", "Z24", false, NOTHING, descriptor_wrong_crc, NULL },
	{ "should-fail-descriptor-size", "Z24", false, NOTHING, descriptor_wrong_size, NULL },
	{ "should-fail-descriptor-13-bytes", "Z24", false, NOTHING, descriptor_13_bytes, NULL },
	{ "should-fail-descriptor-28-bytes", "Z24", false, NOTHING, descriptor_28_bytes, NULL },
	{ "should-fail-into-directory", "Z25", false, NOTHING, NULL, grow_last },
	{ "should-fail-past-directory", "Z25", false, NOTHING, NULL, point_past_directory },

	{ "should-fail-no-payload", "Z26", false, NOTHING, drop_payload, NULL },
	{ "should-fail-manifest-in-folder", "Z26", false, NOTHING, fold_name, NULL },
	{ "should-fail-large-manifest", "Z27", false, NOTHING, add_large_manifest, NULL },
	{ "should-fail-deflate-ends-early", "Z28", false, NOTHING, deflate_ends_early, NULL },
	{ "should-fail-deflate-gives-fewer", "Z28", false, NOTHING, deflate_gives_fewer, NULL },
	{ "should-fail-deflate-gives-more", "Z28", false, NOTHING, deflate_gives_more, NULL },
	{ "should-fail-deflate-cut", "Z28", false, NOTHING, deflate_cut, NULL },
	{ "should-fail-deflate-without-final-block", "Z28", false, NOTHING, deflate_without_final_block, NULL },
	{ "should-fail-deflate-rubbish", "Z28", false, NOTHING, deflate_rubbish, NULL },
	{ "should-fail-damaged-payload", "Z29", false, NOTHING, damage_payload, NULL },
	{ "should-fail-damaged-crc", "Z29", false, NOTHING, damage_crc, NULL },
};

const size_t hostile_case_count = sizeof(hostile_cases) / sizeof(hostile_cases[0]);

static size_t
place_offset(const struct hostile *h, const struct hostile_field *f)
{
	switch (f->place) {
	case IN_LOCAL:
		return h->entries[f->entry].local_offset + f->offset;
	case IN_CENTRAL:
		return h->entries[f->entry].central_offset + f->offset;
	case IN_END64:
		return h->end64_offset + f->offset;
	case IN_LOCATOR:
		return h->locator_offset + f->offset;
	default:
		return h->end_offset + f->offset;
	}
}

void
hostile_case_build(const struct hostile_case *c, struct hostile *h)
{
	hostile_add_sample(h);
	h->zip64 = c->zip64;
	if (c->prepare != NULL)
		c->prepare(h);
	hostile_emit(h);
	if (c->field.size == 2)
		hostile_poke16(h, place_offset(h, &c->field), (uint16_t)c->field.value);
	if (c->field.size == 4)
		hostile_poke32(h, place_offset(h, &c->field), (uint32_t)c->field.value);
	if (c->field.size == 8)
		hostile_poke64(h, place_offset(h, &c->field), c->field.value);
	if (c->poke != NULL)
		c->poke(h);
}
