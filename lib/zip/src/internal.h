/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * internal.h - what the files of the strict reader share.
 *
 * Opening runs down one path, each step in its own file:
 *
 *	end.c        end records: where the directory lies and how many records it has  Z2-Z9
 *	directory.c  its records                                                        Z5 Z7 Z10 Z13-Z16 Z20
 *	extra.c      extra areas of both kinds of header                                Z17-Z19
 *	name.c       names, alone and together                                          Z11 Z12
 *	profile.c    what the caller demands of certain names                           Z12 Z13 Z26 Z27
 *	local.c      local headers, tiling, descriptors                                 Z4 Z15 Z21-Z25
 *
 * All of it reads through windows: private copies of parts of the file, so that
 * another process cannot change what was checked.
 */
#ifndef ZIP_INTERNAL_H
#define ZIP_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "dotsync/error.h"
#include "dotsync/view.h"
#include "zip/reader.h"
#include "zip/zip.h"

/* Enough for the largest piece that is parsed at once; most archives need two windows, tail and head. */
#define DSYNC__ZIP_WINDOW_SIZE 4096u

/* How much of the end is read first: the directory of nearly every archive, and seldom more than one page. */
#define DSYNC__ZIP_TAIL_SIZE 1024u

#define DSYNC__ZIP_MAX16 UINT16_C(0xffff)
#define DSYNC__ZIP_MAX32 UINT32_C(0xffffffff)

#define DSYNC__ZIP_VERSION_MAX 45u /* Z15: ZIP64 */

#define DSYNC__ZIP_HINT_REPACK "run dotsync repack to make a strict archive of it"

/* Bytes [start, start + size) of a file, in memory of the caller. */
struct dsync__zip_window {
	int fd;
	uint64_t limit; /* no byte at or past it is asked for */
	uint64_t start;
	size_t size;
	unsigned char *data;
	size_t capacity; /* 0: a fixed window that is never refilled */
};

/* What the end records say, once they were found to agree. */
struct dsync__zip_end {
	uint64_t file_size;
	uint64_t directory_offset;
	uint64_t directory_size; /* up to DSYNC_ZIP_DIRECTORY_SIZE_MAX */
	uint64_t offset;         /* where the end records start */
	uint32_t count;          /* 1 to DSYNC_ZIP_ENTRIES_MAX */
};

/* A header of either kind; the last four are zero in a local one. */
struct dsync__zip_header {
	uint32_t signature;
	uint16_t version;
	uint16_t flags;
	uint16_t method;
	uint32_t crc32;
	uint64_t stored_size; /* from the 32-bit field, then from the ZIP64 extra */
	uint64_t size;
	uint16_t name_size;
	uint16_t extra_size;
	uint16_t comment_size;
	uint32_t disk;
	uint32_t attributes;
	uint64_t offset;
};

/* An entry with what only opening needs. */
struct dsync__zip_record {
	struct dsync_zip_entry entry;
	uint64_t record_offset; /* of its directory record */
	uint16_t flags;
	uint16_t name_size;
};

struct dsync_zip {
	int fd;
	uint64_t file_size;
	uint64_t directory_offset;
	size_t count;
	unsigned char *tail; /* directory and end records, behind the records in the same allocation */
	size_t tail_size;
	char *names;                   /* all names with their NULs, behind the tail */
	struct dsync__zip_window kept; /* the part of the file that opening read last: most manifests are in it */
	struct dsync__zip_record records[];
};

/* refuse.c: fill err with NOT_ARCHIVE, the rule and the byte; return the code. */
int dsync__zip_refuse(struct dsync_error *err, const char *rule, uint64_t offset, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The same with an expected and a found number. */
int dsync__zip_refuse_number(struct dsync_error *err, const char *rule, uint64_t offset, uint64_t expected,
	uint64_t found, const char *format, ...) __attribute__((format(printf, 6, 7)));

/* A failed read of the file: CHANGED when it ended early, else SYSTEM. */
int dsync__zip_read_failed(struct dsync_error *err, int rc, uint64_t offset);

/* window.c */
void dsync__zip_window_init(struct dsync__zip_window *w, int fd, uint64_t limit, void *buf, size_t capacity);

/* A window over bytes that were read already. */
void dsync__zip_window_fix(struct dsync__zip_window *w, void *data, size_t size, uint64_t start);

/* A copy of the window as it stands, with `data` for its bytes; it is never refilled. */
void dsync__zip_window_keep(const struct dsync__zip_window *w, struct dsync__zip_window *copy, void *data);

/* The bytes [offset, offset + size) if the window holds them, else NULL. */
const unsigned char *dsync__zip_window_find(const struct dsync__zip_window *w, uint64_t offset, size_t size);

/* The bytes [offset, offset + size), valid until the next call; size is at most the capacity. */
int dsync__zip_window_view(
	struct dsync__zip_window *w, uint64_t offset, size_t size, struct dsync_view *view, struct dsync_error *err);

/* end.c */
int dsync__zip_end_read(struct dsync__zip_window *w, struct dsync__zip_end *end, struct dsync_error *err);

/* end64.c: reads the ZIP64 end record and locator, if there, over what the end record said. */
struct dsync__zip_counts {
	uint32_t disk;
	uint32_t directory_disk;
	uint64_t disk_count;
	uint64_t count;
	uint64_t directory_size;
	uint64_t directory_offset;
};
int dsync__zip_end64_read(struct dsync__zip_window *w, struct dsync__zip_end *end, struct dsync__zip_counts *counts,
	struct dsync_error *err);

/* directory.c: fills zip->records from zip->tail. */
int dsync__zip_directory_read(struct dsync_zip *zip, const struct dsync__zip_end *end, struct dsync_error *err);

/* Z16: can an honest writer have got these sizes? */
bool dsync__zip_sizes_possible(uint16_t method, uint64_t stored_size, uint64_t size);

/* extra.c: checks an extra area and applies its ZIP64 field to the header. */
int dsync__zip_extra_check(struct dsync__zip_window *w, uint64_t offset, bool local, struct dsync__zip_header *header,
	struct dsync_error *err);

/* name.c: NULL when the name is plain, else what is wrong with it, written into `text`. */
#define DSYNC__ZIP_NAME_FAULT_SIZE 48
const char *dsync__zip_name_fault(const char *name, size_t size, char text[DSYNC__ZIP_NAME_FAULT_SIZE]);

/* How two names clash. */
enum dsync__zip_clash {
	DSYNC__ZIP_CLASH_NONE,
	DSYNC__ZIP_CLASH_SAME,
	DSYNC__ZIP_CLASH_CASE,   /* the same but for case or a trailing slash */
	DSYNC__ZIP_CLASH_FOLDER, /* one is a file, and the folder of the other */
};
enum dsync__zip_clash dsync__zip_name_clash(const char *a, size_t a_size, const char *b, size_t b_size);

int dsync__zip_names_check(const struct dsync_zip *zip, struct dsync_error *err);

/* profile.c */
int
dsync__zip_profile_check(const struct dsync_zip *zip, const struct dsync_zip_profile *profile, struct dsync_error *err);

/* local.c: sorts the records by place and completes them. */
int dsync__zip_locals_read(struct dsync_zip *zip, struct dsync__zip_window *w, struct dsync_error *err);

#endif
