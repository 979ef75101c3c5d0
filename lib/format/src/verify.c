/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Reads every byte of an archive that opening did not need.  A fault means that
 * data are damaged; a warning, that something is not as its name says or as other tools want it.
 */
#include <stdlib.h>
#include <string.h>

#include "archive_internal.h"
#include "base/error.h"
#include "base/hash.h"
#include "format/layout.h"
#include "json_check.h"

#define PIECE_SIZE (256u * 1024u)
#define WASM_MAGIC "\0asm\1\0\0\0"
#define WASM_MAGIC_SIZE 8u

struct verify {
	struct dsync_archive *archive;
	dsync_verify_report *report;
	void *user;
	void *buf;
	int faults;
};

static void
warn(struct verify *v, const struct dsync_zip_entry *entry, struct dsync_error *problem)
{
	dsync_error_at_entry(problem, entry->name, strlen(entry->name));
	if (v->report != NULL)
		v->report(v->user, true, problem);
}

/* What is taken from the bytes as they pass. */
struct passing {
	dsync_archive_sink *sink; /* NULL: they are not wanted whole */
	void *sink_user;
	unsigned char first[WASM_MAGIC_SIZE];
	size_t count; /* in first */
};

static int
take(void *context, const void *data, size_t size)
{
	struct passing *p = context;
	size_t room = sizeof(p->first) - p->count;

	if (room > size)
		room = size;
	memcpy(p->first + p->count, data, room);
	p->count += room;
	return p->sink != NULL ? p->sink(p->sink_user, data, size) : 0;
}

/* 1 when the entry is sound, 0 when a fault was reported; negative when it could not be checked. */
static int
check_bytes(struct verify *v, const struct dsync_zip_entry *entry, struct passing *passing, struct dsync_error *err)
{
	struct dsync_error problem;
	int rc;

	rc = dsync_zip_stream(v->archive->zip, entry, v->buf, PIECE_SIZE, take, passing, &problem);
	if (rc == 0)
		return 1;
	if (rc != DSYNC_ERR_CORRUPT) {
		if (err != NULL)
			*err = problem;
		return rc;
	}
	v->faults++;
	if (v->report != NULL)
		v->report(v->user, false, &problem);
	return 0;
}

static int
check_json(struct verify *v, const struct dsync_zip_entry *entry, struct dsync_error *err)
{
	struct dsync_error problem;
	unsigned char *text;
	size_t size;
	int rc;

	rc = dsync__archive_read(v->archive, entry, UINT64_MAX, &text, &size, err);
	if (rc < 0)
		return rc;
	if (dsync__json_check(text, size, &problem) < 0) {
		problem.offset = DSYNC_ERROR_NO_OFFSET; /* it is one in the text, not in the file */
		dsync_error_hint(&problem, "programs that read it as JSON will fail");
		warn(v, entry, &problem);
	}
	free(text);
	return 0;
}

static void
check_wasm(struct verify *v, const struct dsync_zip_entry *entry, const struct passing *passing)
{
	struct dsync_error problem;

	if (passing->count == WASM_MAGIC_SIZE && memcmp(passing->first, WASM_MAGIC, WASM_MAGIC_SIZE) == 0)
		return;
	dsync_error_set(&problem, DSYNC_ERR_UPDATER, "", "not a WebAssembly module");
	dsync_error_expected(&problem, "the bytes \\0asm and version 1 first");
	dsync_error_hint(&problem, "no refresh can run it");
	warn(v, entry, &problem);
}

/* Of an entry whose bytes are sound: is it what its name says? */
static int
check_meaning(
	struct verify *v, const struct dsync_zip_entry *entry, const struct passing *passing, struct dsync_error *err)
{
	struct dsync_error problem;

	if (strcmp(entry->name, DSYNC_ENTRY_CONTEXT) == 0 || strcmp(entry->name, DSYNC_ENTRY_ATTEST) == 0)
		return check_json(v, entry, err);
	if (strcmp(entry->name, DSYNC_ENTRY_UPDATER) == 0)
		check_wasm(v, entry, passing);
	if (entry == v->archive->payload && entry->has_descriptor) {
		dsync_error_set(&problem, DSYNC_ERR_UNSUPPORTED, "Z24",
			"the payload has a data descriptor: streaming unzip tools cannot read it");
		dsync_error_hint(&problem, "dotsync repack fixes it");
		warn(v, entry, &problem);
	}
	if (!dsync__archive_is_known(entry->name)) {
		dsync_error_set(&problem, DSYNC_ERR_UNSUPPORTED, "Z26", "the format does not know this entry");
		dsync_error_hint(&problem, "it is kept as it is and never opened");
		warn(v, entry, &problem);
	}
	return 0;
}

int
dsync_archive_verify_sink(struct dsync_archive *archive, dsync_verify_report *report, void *user,
	dsync_archive_sink *sink, void *sink_user, struct dsync_error *err)
{
	struct verify v = { archive, report, user, malloc(PIECE_SIZE), 0 };
	size_t i;
	int rc = 0;

	if (v.buf == NULL)
		return dsync_error_set_memory(err);
	for (i = 0; i < dsync_zip_count(archive->zip) && rc == 0; i++) {
		const struct dsync_zip_entry *entry = dsync_zip_at(archive->zip, i);
		struct passing passing = { .sink = entry == archive->payload ? sink : NULL, .sink_user = sink_user };

		rc = check_bytes(&v, entry, &passing, err);
		if (rc > 0)
			rc = check_meaning(&v, entry, &passing, err);
	}
	free(v.buf);
	return rc < 0 ? rc : v.faults;
}

static int
hash_sink(void *hash, const void *data, size_t size)
{
	dsync_hash_update(hash, data, size);
	return 0;
}

int
dsync_archive_verify(struct dsync_archive *archive, dsync_verify_report *report, void *user,
	unsigned char payload_hash[32], struct dsync_error *err)
{
	struct dsync_hash hash;
	int rc;

	dsync_hash_init(&hash);
	rc = dsync_archive_verify_sink(archive, report, user, payload_hash != NULL ? hash_sink : NULL, &hash, err);
	if (payload_hash != NULL && rc < 0)
		memset(payload_hash, 0, DSYNC_HASH_SIZE);
	else if (payload_hash != NULL)
		dsync_hash_final(&hash, payload_hash);
	return rc;
}
