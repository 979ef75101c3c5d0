/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "staging.h"

#include <string.h>

#include "base/error.h"
#include "dotsync/archive.h"

int
dsync_staging_begin(
	struct dsync_staging *s, int fd, struct dsync_archive *base, uint64_t payload_size_max, struct dsync_error *err)
{
	int rc;

	memset(s, 0, sizeof(*s));
	s->base = base;
	rc = dsync_assembly_begin(&s->assembly, fd, base, 0, err);
	if (rc == 0)
		dsync_assembly_set_limit(s->assembly, payload_size_max);
	return rc;
}

void
dsync_staging_finish(struct dsync_staging *s)
{
	dsync_assembly_destroy(s->assembly);
	s->assembly = NULL;
}

void
dsync_staging_set_progress(struct dsync_staging *s, dsync_builder_progress *progress, void *user)
{
	s->progress = progress;
	s->progress_user = user;
	dsync_assembly_set_progress(s->assembly, progress, user);
}

/* Keeps the first fault; after one only a discard makes sense. */
static int
keep(struct dsync_staging *s, int rc, const struct dsync_error *err)
{
	if (rc < 0 && s->fault.code == 0)
		s->fault = *err;
	return rc;
}

int
dsync_staging_append(struct dsync_staging *s, const void *data, size_t size)
{
	struct dsync_error err;

	if (s->fault.code != 0)
		return s->fault.code;
	s->written = true;
	return keep(s, dsync_assembly_append(s->assembly, data, size, &err), &err);
}

int
dsync_staging_append_base(struct dsync_staging *s, uint64_t offset, uint64_t size)
{
	struct dsync_error err;

	if (s->fault.code != 0)
		return s->fault.code;
	s->written = true;
	return keep(s, dsync_assembly_append_base(s->assembly, offset, size, &err), &err);
}

int
dsync_staging_write_at(struct dsync_staging *s, uint64_t offset, const void *data, size_t size)
{
	struct dsync_error err;

	if (s->fault.code != 0)
		return s->fault.code;
	s->written = true;
	if (size > 0)
		return keep(s, dsync_assembly_write_at(s->assembly, offset, data, size, &err), &err);
	if (offset <= dsync_assembly_payload_size(s->assembly))
		return 0;
	/* Nothing written past the end reaches up to there all the same. */
	return keep(s, dsync_assembly_write_at(s->assembly, offset - 1, "", 1, &err), &err);
}

int
dsync_staging_expect(struct dsync_staging *s, uint64_t size)
{
	const uint64_t now = dsync_assembly_payload_size(s->assembly);
	struct dsync_error err;

	if (s->fault.code != 0)
		return s->fault.code;
	if (size > UINT64_MAX - now)
		size = UINT64_MAX - now;
	return keep(s, dsync_assembly_reserve(s->assembly, now + size, &err), &err);
}

int
dsync_staging_discard(struct dsync_staging *s)
{
	struct dsync_error err;
	int rc;

	memset(&s->fault, 0, sizeof(s->fault));
	rc = dsync_assembly_discard(s->assembly, &err);
	s->written = false;
	return keep(s, rc, &err);
}

uint64_t
dsync_staging_size(const struct dsync_staging *s)
{
	return dsync_assembly_payload_size(s->assembly);
}

/* The old payload while it is read to be compared. */
struct reading {
	const struct dsync_staging *staging;
	struct dsync_hash hash;
	uint64_t done;
};

static int
update_hash(void *user, const void *data, size_t size)
{
	struct reading *r = user;
	const struct dsync_staging *s = r->staging;

	dsync_hash_update(&r->hash, data, size);
	r->done += size;
	if (s->progress != NULL && s->progress(s->progress_user, r->done, dsync_archive_payload_size(s->base)) != 0)
		return DSYNC_ERR_CANCELLED;
	return 0;
}

int
dsync_staging_is_same(struct dsync_staging *s, struct dsync_error *err)
{
	unsigned char ours[DSYNC_HASH_SIZE], theirs[DSYNC_HASH_SIZE];
	struct reading r = { .staging = s };
	int rc;

	if (dsync_assembly_payload_size(s->assembly) != dsync_archive_payload_size(s->base))
		return 0;
	rc = dsync_assembly_payload_hash(s->assembly, ours, err);
	if (rc < 0)
		return rc;
	dsync_hash_init(&r.hash);
	rc = dsync_archive_stream_payload(s->base, update_hash, &r, NULL);
	if (rc == DSYNC_ERR_CANCELLED)
		return dsync_error_set(err, rc, "", "cancelled");
	if (rc < 0)
		return 0; /* the old payload is damaged: anything is better */
	dsync_hash_final(&r.hash, theirs);
	return memcmp(ours, theirs, sizeof(ours)) == 0;
}
