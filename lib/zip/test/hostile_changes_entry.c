/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <string.h>

#include "hostile_changes.h"

void
extra_past_area(struct hostile *h)
{
	dsync_buffer_append(&h->entries[2].central.extra, "\x99\x88\x05\0abcd", 8);
}

void
extra_rest(struct hostile *h)
{
	dsync_buffer_append_zeros(&h->entries[2].central.extra, 3);
}

void
local_extra_past_area(struct hostile *h)
{
	dsync_buffer_append(&h->entries[2].local.extra,
		"\x99\x88\xff\xff"
		"abcd",
		8);
}

void
local_extra_rest(struct hostile *h)
{
	dsync_buffer_append(&h->entries[2].local.extra, "\0\0\1", 3);
}

void
extra64_missing(struct hostile *h)
{
	h->entries[2].central.size = 0xffffffffu;
}

void
local_extra64_missing(struct hostile *h)
{
	h->entries[2].local.size = 0xffffffffu;
}

void
extra64_twice(struct hostile *h)
{
	hostile_extra64(&h->entries[2].central, 12, 12, 0, 8);
	hostile_extra64(&h->entries[2].central, 12, 12, 0, 8);
}

/* The field says other than the header where nothing asked for it. */
void
extra64_differs(struct hostile *h)
{
	hostile_extra64(&h->entries[2].central, 13, 12, 0, 8);
}

void
extra64_short(struct hostile *h)
{
	h->entries[2].central.size = h->entries[2].central.stored_size = 0xffffffffu;
	hostile_extra64(&h->entries[2].central, 12, 12, 0, 8);
}

void
extra64_odd(struct hostile *h)
{
	hostile_extra64(&h->entries[2].central, 12, 12, 0, 10);
}

void
extra64_long(struct hostile *h)
{
	hostile_extra64(&h->entries[2].central, 12, 12, 0, 32);
}

void
extra64_stored_only(struct hostile *h)
{
	h->entries[2].central.stored_size = 0xffffffffu;
	hostile_extra64(&h->entries[2].central, 12, 12, 0, 8);
}

void
local_extra64_24(struct hostile *h)
{
	hostile_extra64(&h->entries[2].local, 12, 12, 0, 24);
}

void
unicode_path(struct hostile *h)
{
	hostile_extra(&h->entries[2].central, 0x7075, "\1abcdmanifest.toml", 18);
}

void
local_unicode_path(struct hostile *h)
{
	hostile_extra(&h->entries[2].local, 0x7075, "\1abcdmanifest.toml", 18);
}

void
strong_encryption(struct hostile *h)
{
	hostile_extra(&h->entries[2].central, 0x0017, "abcdefgh", 8);
}

void
aes(struct hostile *h)
{
	hostile_extra(&h->entries[2].local, 0x9901, "abcdefg", 7);
}

/* --- places --- */

void
gap_between(struct hostile *h)
{
	dsync_buffer_append_text(&h->entries[2].before, "nobody answers for this");
}

void
gap_before_directory(struct hostile *h)
{
	dsync_buffer_append_text(&h->gap, "APK Sig Block 42");
}

/* A local entry that the directory does not know. */
void
orphan(struct hostile *h)
{
	hostile_add(h, "orphan", "seen by streams", 15, 0)->no_central = true;
}

/* Two records share one body: the way of overlapping bombs. */
void
overlap(struct hostile *h)
{
	struct hostile_entry *e = hostile_add(h, "payload2", "the payload\n", 12, 0);

	e->no_local = true;
}

void
point_into_payload(struct hostile *h)
{
	hostile_poke32(h, h->entries[3].central_offset + 42, (uint32_t)h->entries[2].local_offset + 10);
}

void
quote(struct hostile *h)
{
	hostile_poke32(h, h->entries[2].central_offset + 42, (uint32_t)h->entries[1].local_offset + 43);
}

void
grow_last(struct hostile *h)
{
	size_t local = h->entries[2].local_offset;
	size_t central = h->entries[2].central_offset;

	hostile_poke32(h, local + 18, 13);
	hostile_poke32(h, local + 22, 13);
	hostile_poke32(h, central + 20, 13);
	hostile_poke32(h, central + 24, 13);
}

void
point_past_directory(struct hostile *h)
{
	hostile_poke32(h, h->entries[2].central_offset + 42, (uint32_t)h->directory_offset + 1);
}

/* --- local headers and descriptors --- */

void
local_name_differs(struct hostile *h)
{
	memcpy(h->entries[2].local.name, "sneaky!", 7);
}

void
local_name_longer(struct hostile *h)
{
	memcpy(h->entries[2].local.name, "payload.exe", 11);
	h->entries[2].local.name_size = 11;
}

void
local_method_differs(struct hostile *h)
{
	h->entries[0].local.method = 0;
}

void
local_encrypted(struct hostile *h)
{
	h->entries[2].local.flags = 1;
}

void
describe_central_only(struct hostile *h)
{
	hostile_describe(&h->entries[2], 16);
	h->entries[2].local.flags = 0;
}

void
describe(struct hostile *h)
{
	hostile_describe(&h->entries[2], 16);
}

void
descriptor_missing(struct hostile *h)
{
	hostile_describe(&h->entries[2], 16);
	dsync_buffer_clear(&h->entries[2].descriptor);
}

void
descriptor_wrong_signature(struct hostile *h)
{
	hostile_describe(&h->entries[2], 24);
	h->entries[2].descriptor.data[0] = 'Q';
}

void
descriptor_wrong_crc(struct hostile *h)
{
	hostile_describe(&h->entries[2], 12);
	h->entries[2].descriptor.data[0] ^= 1;
}

void
descriptor_wrong_size(struct hostile *h)
{
	hostile_describe(&h->entries[2], 20);
	h->entries[2].descriptor.data[16] = 1; /* the upper half */
}

void
descriptor_13_bytes(struct hostile *h)
{
	hostile_describe(&h->entries[2], 12);
	dsync_buffer_append_byte(&h->entries[2].descriptor, 0);
}

void
descriptor_28_bytes(struct hostile *h)
{
	hostile_describe(&h->entries[2], 24);
	dsync_buffer_append_zeros(&h->entries[2].descriptor, 4);
}

void
descriptor_without_bit(struct hostile *h)
{
	hostile_describe(&h->entries[2], 16);
	h->entries[2].local.flags = h->entries[2].central.flags = 0;
}

/* --- data --- */

void
damage_payload(struct hostile *h)
{
	h->entries[2].data.data[0] ^= 1;
}

void
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
#define STREAM_AB \
	"\1\2\0\xfd\xff" \
	"ab"

void
deflate_ends_early(struct hostile *h)
{
	set_manifest(h, STREAM_AB "rubbish", 14, 2);
}

void
deflate_gives_fewer(struct hostile *h)
{
	set_manifest(h, STREAM_AB, 7, 3);
}

void
deflate_gives_more(struct hostile *h)
{
	set_manifest(h, STREAM_AB, 7, 1);
}

void
deflate_cut(struct hostile *h)
{
	set_manifest(h, STREAM_AB, 6, 2);
}

void
deflate_without_final_block(struct hostile *h)
{
	set_manifest(h,
		"\0\2\0\xfd\xff"
		"ab",
		7, 2);
}

void
deflate_rubbish(struct hostile *h)
{
	set_manifest(h, "\xff\xff\xff\xff\xff", 5, 9);
}

void
deflate_one_byte(struct hostile *h)
{
	set_manifest(h, "\3", 1, 0);
	h->entries[0].local.crc32 = h->entries[0].central.crc32 = 0;
}

void
deflate_impossible(struct hostile *h)
{
	set_manifest(h, STREAM_AB, 7, 7 * 1032 + 1);
}
