/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "hostile_cases.h"
#include "hostile_changes.h"

/* clang-format off */
#define LOCAL(entry, offset, size, value) { IN_LOCAL, entry, offset, size, value }
#define CENTRAL(entry, offset, size, value) { IN_CENTRAL, entry, offset, size, value }
#define END(offset, size, value) { IN_END, 0, offset, size, value }
#define END64(offset, size, value) { IN_END64, 0, offset, size, value }
#define LOCATOR(offset, size, value) { IN_LOCATOR, 0, offset, size, value }
#define NOTHING { IN_END, 0, 0, 0, 0 }
/* clang-format on */

const struct hostile_case hostile_cases[] = {
	{ "should-fail-too-small", "Z1", false, NOTHING, NULL, cut_to_10 },

	{ "should-fail-no-end-record", "Z2", false, END(0, 4, 0), NULL, NULL },
	{ "should-fail-truncated", "Z2", false, NOTHING, NULL, cut_end },
	{ "should-fail-zero-suffix", "Z2", false, NOTHING, use_zero_suffix, NULL },
	{ "should-fail-suffix", "Z2", false, NOTHING, use_suffix, NULL },
	{ "should-fail-suffix-across-pieces", "Z2", false, NOTHING, use_suffix_across, NULL },
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
	{ "should-fail-locator-without-record", "Z6", true, NOTHING, NULL, keep_locator_and_end },
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
	{ "should-fail-fewer-and-longer-records", "Z7", false, NOTHING, add_long_name, set_count_8 },
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
	{ "should-fail-folder-and-file", "Z12", false, NOTHING, add_folder_and_file, NULL },
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
