/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * hostile.h - writes ZIP files byte by byte, right ones and wrong ones.
 *
 * It shares nothing with the writer under test.  Lay an archive out, change what is
 * in it, emit it, change single fields of what came out:
 *
 *	struct hostile h;
 *	hostile_init(&h);
 *	hostile_add(&h, "manifest.toml", "a = 1\n", 6, 0);
 *	h.entries[0].local.flags = 8;
 *	hostile_emit(&h);
 *	hostile_poke16(&h, h.end_offset + 20, 5);
 *	... h.out.data, h.out.size ...
 *	hostile_finish(&h);
 *
 * Offsets in headers are those of APPNOTE 4.3.7 and following.
 */
#ifndef ZIP_TEST_HOSTILE_H
#define ZIP_TEST_HOSTILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "dotsync/error.h"
#include "zip/reader.h"

#define HOSTILE_ENTRIES_MAX 80

struct hostile_header {
	uint16_t version;
	uint16_t flags;
	uint16_t method;
	uint32_t crc32;
	uint32_t stored_size;
	uint32_t size;
	char name[300];
	size_t name_size;
	struct dsync_buffer extra;
};

struct hostile_entry {
	struct dsync_buffer before; /* bytes between the last entry and this one */
	struct hostile_header local;
	struct dsync_buffer data;       /* as stored */
	struct dsync_buffer descriptor; /* whatever follows the data */
	struct hostile_header central;
	uint16_t made_by;
	uint32_t attributes;
	struct dsync_buffer comment;
	struct dsync_buffer content; /* what a reader should see */
	bool no_local;               /* leave out the local header and the data */
	bool no_central;             /* leave out the directory record */
	size_t local_offset;         /* set by emitting, also for no_local */
	size_t central_offset;
};

struct hostile {
	struct hostile_entry entries[HOSTILE_ENTRIES_MAX];
	size_t count;
	bool zip64; /* write a ZIP64 record and locator */
	struct dsync_buffer prefix;
	struct dsync_buffer gap; /* before the directory */
	struct dsync_buffer suffix;
	struct dsync_buffer out;
	size_t directory_offset; /* set by emitting */
	size_t end64_offset;
	size_t locator_offset;
	size_t end_offset;
};

void hostile_init(struct hostile *h);
void hostile_finish(struct hostile *h);

/* A right entry with method 0 or 8; returns it. */
struct hostile_entry *hostile_add(struct hostile *h, const char *name, const void *data, size_t size, uint16_t method);

/* Takes the last entry away. */
void hostile_drop(struct hostile *h);

/* manifest.toml, context.json and payload; the last one is entry 2. */
void hostile_add_sample(struct hostile *h);

/* The name in both headers. */
void hostile_rename(struct hostile_entry *e, const char *name, size_t size);

/* Sets bit 3 in both headers and writes a right descriptor: of 12, 16, 20 or 24 bytes. */
void hostile_describe(struct hostile_entry *e, size_t size);

/* Appends an extra field. */
void hostile_extra(struct hostile_header *header, uint16_t id, const void *data, size_t size);

/* Appends a ZIP64 field with these values, `size` bytes of them. */
void hostile_extra64(struct hostile_header *header, uint64_t a, uint64_t b, uint64_t c, size_t size);

void hostile_emit(struct hostile *h);

void hostile_poke16(struct hostile *h, size_t offset, uint16_t value);
void hostile_poke32(struct hostile *h, size_t offset, uint32_t value);
void hostile_poke64(struct hostile *h, size_t offset, uint64_t value);

/* What the archive format will ask for. */
extern const struct dsync_zip_profile hostile_profile;

/* A file to write to that has no name; aborts the program when there is none. */
int hostile_file_create(void);

/* Makes the file hold exactly this. */
void hostile_file_fill(int fd, const void *data, size_t size);

/* Opens what was emitted, through `fd`. */
struct dsync_zip *hostile_open(const struct hostile *h, int fd, struct dsync_error *err);

#endif
