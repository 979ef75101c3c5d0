/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * hostile_changes.h - what the cases of hostile_cases.c do to the sample, before or
 * after it is emitted; each is used by one or two of them and named like them.
 */
#ifndef ZIP_TEST_HOSTILE_CHANGES_H
#define ZIP_TEST_HOSTILE_CHANGES_H

#include "hostile.h"

typedef void hostile_change(struct hostile *h);

/* hostile_changes.c: end records, directory, names, types */
hostile_change use_comment;
hostile_change set_comment_size;
hostile_change use_zero_suffix;
hostile_change use_suffix;
hostile_change use_suffix_across;
hostile_change use_stacked;
hostile_change use_stacked_exact;
hostile_change set_stacked_comment;
hostile_change cut_to_10;
hostile_change cut_end;
hostile_change keep_locator_and_end;
hostile_change use_prefix;
hostile_change shift_offsets;
hostile_change set_disks_64;
hostile_change set_disk_extra;
hostile_change poke_disk_mark;
hostile_change set_count_0;
hostile_change set_count_2;
hostile_change set_count_4;
hostile_change set_count_8;
hostile_change set_count_60;
hostile_change add_long_name;
hostile_change add_60_bytes_of_extra;
hostile_change add_many_entries;
hostile_change add_entry_comment;
hostile_change duplicate_payload;
hostile_change add_case_twin;
hostile_change add_slash_twin;
hostile_change add_file_and_folder;
hostile_change add_folder_and_file;
hostile_change add_reserved_case;
hostile_change add_reserved_folder;
hostile_change deflate_payload;
hostile_change fold_name;
hostile_change drop_payload;
hostile_change add_large_manifest;
hostile_change name_too_long;
hostile_change add_directory_with_data;
hostile_change add_link_directory;
hostile_change add_empty_with_crc;
hostile_change name_backslash;
hostile_change name_space;
hostile_change name_control;
hostile_change name_nul;
hostile_change name_utf8;
hostile_change name_stream;
hostile_change name_absolute;
hostile_change name_parent;
hostile_change name_inner_parent;
hostile_change name_current;
hostile_change name_double_slash;
hostile_change name_dot_end;
hostile_change name_empty;

/* hostile_changes_entry.c: extra areas, places, local headers, descriptors, data */
hostile_change extra_past_area;
hostile_change extra_rest;
hostile_change local_extra_past_area;
hostile_change local_extra_rest;
hostile_change extra64_missing;
hostile_change local_extra64_missing;
hostile_change extra64_twice;
hostile_change extra64_differs;
hostile_change extra64_short;
hostile_change extra64_odd;
hostile_change extra64_long;
hostile_change extra64_stored_only;
hostile_change local_extra64_24;
hostile_change unicode_path;
hostile_change local_unicode_path;
hostile_change strong_encryption;
hostile_change aes;
hostile_change gap_between;
hostile_change gap_before_directory;
hostile_change orphan;
hostile_change overlap;
hostile_change point_into_payload;
hostile_change quote;
hostile_change grow_last;
hostile_change point_past_directory;
hostile_change local_name_differs;
hostile_change local_name_longer;
hostile_change local_method_differs;
hostile_change local_encrypted;
hostile_change describe_central_only;
hostile_change describe;
hostile_change descriptor_missing;
hostile_change descriptor_wrong_signature;
hostile_change descriptor_wrong_crc;
hostile_change descriptor_wrong_size;
hostile_change descriptor_13_bytes;
hostile_change descriptor_28_bytes;
hostile_change descriptor_without_bit;
hostile_change damage_payload;
hostile_change damage_crc;
hostile_change deflate_ends_early;
hostile_change deflate_gives_fewer;
hostile_change deflate_gives_more;
hostile_change deflate_cut;
hostile_change deflate_without_final_block;
hostile_change deflate_rubbish;
hostile_change deflate_one_byte;
hostile_change deflate_impossible;

#endif
