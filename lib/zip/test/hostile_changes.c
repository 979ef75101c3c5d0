/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <string.h>

#include "hostile_changes.h"

void
use_comment(struct hostile *h)
{
	dsync_buffer_append_text(&h->suffix, "made by");
}

void
set_comment_size(struct hostile *h)
{
	hostile_poke16(h, h->end_offset + 20, 7);
}

void
use_zero_suffix(struct hostile *h)
{
	dsync_buffer_append_zeros(&h->suffix, 9000);
}

void
use_suffix(struct hostile *h)
{
	dsync_buffer_append_text(&h->suffix, "<script>alert(1)</script> hidden after the end");
}

/* The end record lies across two of the pieces that the search for it reads. */
void
use_suffix_across(struct hostile *h)
{
	static const char zeros[5000];

	hostile_add(h, "large", zeros, sizeof(zeros), 0);
	dsync_buffer_append_zeros(&h->suffix, 4100);
}

/* A whole second archive in front: which end record counts? */
void
use_stacked(struct hostile *h)
{
	hostile_emit(h);
	dsync_buffer_append(&h->prefix, h->out.data, h->out.size);
}

/* The first archive's comment is the second archive. */
void
use_stacked_exact(struct hostile *h)
{
	hostile_emit(h);
	dsync_buffer_append(&h->suffix, h->out.data, h->out.size);
}

void
set_stacked_comment(struct hostile *h)
{
	hostile_poke16(h, h->end_offset + 20, (uint16_t)h->suffix.size);
}

void
cut_to_10(struct hostile *h)
{
	h->out.size = 10;
}

void
cut_end(struct hostile *h)
{
	h->out.size -= 30;
}

/* No room for the record that the locator promises. */
void
keep_locator_and_end(struct hostile *h)
{
	h->out.size -= h->locator_offset;
	memmove(h->out.data, h->out.data + h->locator_offset, h->out.size);
}

void
use_prefix(struct hostile *h)
{
	dsync_buffer_append_text(&h->prefix, "#!/bin/sh\nexit\n");
}

/* Offsets as if the prefix were not there. */
void
shift_offsets(struct hostile *h)
{
	size_t i;

	for (i = 0; i < h->count; i++)
		hostile_poke32(
			h, h->entries[i].central_offset + 42, (uint32_t)(h->entries[i].local_offset - h->prefix.size));
	hostile_poke32(h, h->end_offset + 16, (uint32_t)(h->directory_offset - h->prefix.size));
}

void
set_disks_64(struct hostile *h)
{
	hostile_poke16(h, h->end_offset + 4, 0xffff);
	hostile_poke32(h, h->end64_offset + 16, 1);
}

void
set_disk_extra(struct hostile *h)
{
	unsigned char disk[4] = { 1, 0, 0, 0 };

	hostile_extra(&h->entries[2].central, 1, disk, 4);
}

void
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

void
set_count_0(struct hostile *h)
{
	set_counts(h, 0);
}

void
set_count_2(struct hostile *h)
{
	set_counts(h, 2);
}

void
set_count_4(struct hostile *h)
{
	set_counts(h, 4);
}

void
set_count_8(struct hostile *h)
{
	set_counts(h, 8);
}

/* With a count that fits the directory's size only because this name is so long. */
void
add_long_name(struct hostile *h)
{
	char name[255];

	memset(name, 'n', sizeof(name));
	hostile_rename(hostile_add(h, "x", "1", 1, 0), name, sizeof(name));
}

void
set_count_60(struct hostile *h)
{
	set_counts(h, 60);
}

void
add_60_bytes_of_extra(struct hostile *h)
{
	hostile_extra(&h->entries[2].central, 0xcafe, "........................................................", 56);
}

void
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

void
add_entry_comment(struct hostile *h)
{
	dsync_buffer_append_text(&h->entries[2].comment, "a comment");
}

void
duplicate_payload(struct hostile *h)
{
	hostile_add(h, "payload", "another\n", 8, 0);
}

void
add_case_twin(struct hostile *h)
{
	hostile_add(h, "a/x", "1", 1, 0);
	hostile_add(h, "A/X", "2", 1, 0);
}

void
add_slash_twin(struct hostile *h)
{
	hostile_add(h, "a", "1", 1, 0);
	hostile_add(h, "a/", "", 0, 0);
}

void
add_file_and_folder(struct hostile *h)
{
	hostile_add(h, "a", "1", 1, 0);
	hostile_add(h, "A/x", "2", 1, 0);
}

void
add_folder_and_file(struct hostile *h)
{
	hostile_add(h, "A/x", "1", 1, 0);
	hostile_add(h, "a", "2", 1, 0);
}

void
add_reserved_case(struct hostile *h)
{
	hostile_add(h, "SYNC.wasm", "1", 1, 0);
}

void
add_reserved_folder(struct hostile *h)
{
	hostile_add(h, "sync.wasm/", "", 0, 0);
}

void
deflate_payload(struct hostile *h)
{
	hostile_drop(h);
	hostile_add(h, "payload", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 30, 8);
}

void
fold_name(struct hostile *h)
{
	hostile_rename(&h->entries[0], "d/manifest.toml", 15);
}

void
drop_payload(struct hostile *h)
{
	hostile_drop(h);
}

void
add_large_manifest(struct hostile *h)
{
	static char zeros[256 * 1024 + 1];

	while (h->count > 0)
		hostile_drop(h);
	hostile_add(h, "manifest.toml", zeros, sizeof(zeros), 8);
}

#define NAME_CASE(function, text) \
	void function(struct hostile *h) \
	{ \
		hostile_add(h, "x", "1", 1, 0); \
		hostile_rename(&h->entries[3], text, sizeof(text) - 1); \
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

void
name_too_long(struct hostile *h)
{
	char name[256];

	memset(name, 'n', sizeof(name));
	hostile_add(h, "x", "1", 1, 0);
	hostile_rename(&h->entries[3], name, sizeof(name));
}

void
add_directory_with_data(struct hostile *h)
{
	hostile_add(h, "d/", "1", 1, 0);
}

void
add_link_directory(struct hostile *h)
{
	hostile_add(h, "d/", "", 0, 0)->attributes = 0xa1ff0000u;
}

void
add_empty_with_crc(struct hostile *h)
{
	struct hostile_entry *e = hostile_add(h, "empty", "", 0, 0);

	e->local.crc32 = e->central.crc32 = 1;
}
