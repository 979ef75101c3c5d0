/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Writing what was collected. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assemble_internal.h"
#include "base/error.h"
#include "base/sys.h"
#include "base/text.h"
#include "builder_internal.h"
#include "format/commit.h"
#include "format/layout.h"

static const struct dsync_view stub = { (const unsigned char *)DSYNC_UPDATER_STUB, DSYNC_UPDATER_STUB_SIZE };

/* Must the Rust reader be able to open the result?  Where nobody said so, it must if it could open the base. */
static bool
is_for_sync_rs(const struct dsync_builder *b)
{
	if (b->has_profile)
		return b->profile == DSYNC_PROFILE_SYNC_RS;
	return b->base != NULL && dsync__manifest_method(b->base) == DSYNC_ZIP_STORED &&
		dsync_zip_find(b->base->zip, DSYNC_ENTRY_UPDATER) != NULL;
}

static int
plan_manifest(const struct dsync_builder *b, struct dsync__head *head, struct dsync_error *err)
{
	const struct dsync_manifest *manifest = b->manifest != NULL ? b->manifest : b->base->manifest;
	uint16_t method = dsync__manifest_method(b->has_profile ? NULL : b->base);

	if (b->manifest == NULL && (!b->has_profile || dsync__manifest_method(b->base) == method))
		return 0; /* the copy stays */
	return dsync__head_set(head, DSYNC_ENTRY_MANIFEST, dsync_manifest_text(manifest), method, err);
}

/* What goes in front of the payload; *chunks is what goes behind it, if it was given. */
static int
plan_head(const struct dsync_builder *b, struct dsync__head *head, struct dsync_view *chunks, struct dsync_error *err)
{
	bool sync_rs = is_for_sync_rs(b);
	size_t i;
	int rc;

	rc = dsync__head_init(head, b->base, sync_rs && b->has_profile, err);
	if (rc == 0)
		rc = plan_manifest(b, head, err);
	if (b->kind != DSYNC__PAYLOAD_BASE)
		dsync__head_remove(head, DSYNC_ENTRY_ATTEST); /* it speaks of the payload that goes */
	for (i = 0; i < b->entry_count && rc == 0; i++) {
		const struct dsync__builder_entry *e = &b->entries[i];
		const struct dsync_view data = { e->data, e->size };

		if (strcmp(e->name, DSYNC_ENTRY_CHUNKS) == 0)
			*chunks = data;
		else if (e->data == NULL)
			dsync__head_remove(head, e->name);
		else
			rc = dsync__head_set(head, e->name, data, DSYNC_ZIP_STORED, err);
	}
	if (rc == 0 && sync_rs && !dsync__head_has(head, DSYNC_ENTRY_UPDATER))
		rc = dsync__head_set(head, DSYNC_ENTRY_UPDATER, stub, DSYNC_ZIP_STORED, err);
	return rc;
}

static int
append_source(const struct dsync_builder *b, struct dsync_assembly *a, struct dsync_error *err)
{
	struct dsync_error own = { .code = 0 };
	int rc = dsync__assembly_append_source(a, b->source, b->source_user, &own);

	if (rc < 0 && own.code == 0) /* the source's own failure, of which it gave the code alone */
		return dsync_error_set(err, rc, "", "the payload's source failed: %s", dsync_error_text(rc));
	if (rc < 0 && err != NULL)
		*err = own;
	return rc;
}

static int
append_payload(const struct dsync_builder *b, struct dsync_assembly *a, struct dsync_error *err)
{
	struct stat st;

	switch (b->kind) {
	case DSYNC__PAYLOAD_BYTES:
		a->progress_total = b->size;
		return dsync_assembly_append(a, b->bytes, b->size, err);
	case DSYNC__PAYLOAD_FD:
		if (dsync_sys_fstat(b->fd, &st) == 0 && S_ISREG(st.st_mode))
			a->progress_total = (uint64_t)st.st_size;
		return dsync_assembly_append_fd(a, b->fd, err);
	case DSYNC__PAYLOAD_SOURCE:
		return append_source(b, a, err);
	default:
		a->progress_total = b->base->payload->size;
		return dsync_assembly_append_base(a, 0, b->base->payload->size, err);
	}
}

/* The whole archive into an empty file. */
static int
write_archive(struct dsync_builder *b, int fd, struct dsync_error *err)
{
	const struct dsync_manifest *manifest = b->manifest != NULL ? b->manifest : b->base->manifest;
	const struct dsync_zip_writer_options options = { .time = b->time };
	struct dsync_view chunks = { NULL, 0 };
	struct dsync_assembly *a;
	struct dsync__head head;
	int rc;

	rc = dsync_assembly_begin(&a, fd, b->base, 0, err);
	if (rc < 0)
		return rc;
	dsync_zip_writer_init(&a->writer, fd, &options);
	a->hash_on_demand = true; /* nobody does: an archive holds no hash of its payload */
	dsync_assembly_set_progress(a, b->progress, b->progress_user);

	rc = plan_head(b, &head, &chunks, err);
	if (rc == 0)
		rc = dsync__assembly_write_head(a, &head, dsync__head_reserve(manifest), err);
	if (rc == 0)
		rc = append_payload(b, a, err);
	if (rc == 0)
		rc = dsync__assembly_close(a, &head, 0, chunks.data != NULL ? &chunks : NULL, err);
	dsync_assembly_destroy(a);
	return rc;
}

/* The first error of a setter, or what was forgotten. */
static int
check_ready(struct dsync_builder *b, struct dsync_error *err)
{
	if (b->error.code < 0) {
		if (err != NULL)
			*err = b->error;
		return b->error.code;
	}
	if (b->manifest == NULL && b->base == NULL)
		return dsync_error_set(err, DSYNC_ERR_STATE, "", "an archive needs a manifest, and none was set");
	if (b->kind == DSYNC__PAYLOAD_BASE && b->base == NULL)
		return dsync_error_set(err, DSYNC_ERR_STATE, "", "an archive needs a payload, and none was set");
	return 0;
}

/* While another process holds the lock there is no progress, but the wish to stop is heard. */
static int
is_interrupted(void *user)
{
	struct dsync_builder *b = user;

	return b->progress != NULL ? b->progress(b->progress_user, 0, 0) : 0;
}

/* An update is of the version that it was made from, or it would undo somebody's work. */
static int
check_is_base(const struct dsync_builder *b, const struct dsync_commit *commit, struct dsync_error *err)
{
	unsigned char ours[DSYNC_GENERATION_SIZE], now[DSYNC_GENERATION_SIZE];
	int rc;

	if (b->base == NULL)
		return dsync_error_set(err, DSYNC_ERR_STATE, "", "an update needs a base, and none was set");
	dsync_archive_generation(b->base, ours);
	dsync_archive_generation(dsync_commit_base(commit), now);
	if (memcmp(ours, now, sizeof(ours)) == 0)
		return 0;
	rc = dsync_error_set(err, DSYNC_ERR_CONFLICT, "", "%s has a newer version than the one that was changed",
		dsync_commit_target_path(commit));
	dsync_error_hint(err, "nothing was replaced; open it again and repeat the change");
	return rc;
}

int
dsync_builder_write(struct dsync_builder *b, const char *path, enum dsync_create_mode mode, struct dsync_error *err)
{
	const struct dsync_commit_options options = {
		.wait_ms = -1,
		.create = mode != DSYNC_CREATE_UPDATE,
		.must_not_exist = mode == DSYNC_CREATE_NEW,
		.any_base = mode == DSYNC_CREATE_FORCE,
		.mode = b->mode,
		.interrupted = is_interrupted,
		.user = b,
	};
	struct dsync_commit *commit;
	int rc;

	rc = check_ready(b, err);
	if (rc == 0)
		rc = dsync_commit_begin(&commit, path, &options, err);
	if (rc < 0)
		return rc;
	if (mode == DSYNC_CREATE_UPDATE)
		rc = check_is_base(b, commit, err);
	if (rc == 0)
		rc = write_archive(b, dsync_commit_fd(commit), err);
	if (rc == 0 && b->before_publish != NULL)
		rc = b->before_publish(b->before_publish_user, commit, err);
	if (rc == 0)
		rc = dsync_commit_publish(commit, err);
	dsync_commit_close(commit);
	return rc;
}

/* A file without a name, for what has to be written out of order before it can be streamed. */
static int
open_spool(struct dsync_error *err)
{
	const char *folders[] = { getenv("TMPDIR"), "/var/tmp", "/tmp" };
	char path[4096], digits[2 * 16 + 1];
	unsigned char random[16];
	int fd = -1;
	size_t i;
	int rc;

	rc = dsync_sys_random(random, sizeof(random));
	if (rc < 0)
		return dsync_error_set_errno(err, -rc, "cannot get random bytes");
	dsync_text_hex_encode(digits, random, sizeof(random));
	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		if (folders[i] == NULL ||
			snprintf(path, sizeof(path), "%s/.dsync-%s", folders[i], digits) >= (int)sizeof(path))
			continue;
		fd = dsync_sys_openat(DSYNC_SYS_CWD, path, O_RDWR | O_CREAT | O_EXCL, 0600);
		if (fd >= 0) {
			dsync_sys_unlinkat(DSYNC_SYS_CWD, path);
			return fd;
		}
	}
	dsync_error_set_errno(err, -fd, "cannot make a temporary file");
	dsync_error_hint(err, "set TMPDIR to a folder with room for the archive");
	return DSYNC_ERR_SYSTEM;
}

static int
stream_spool(int spool, int fd, struct dsync_error *err)
{
	unsigned char buf[65536];
	uint64_t offset = 0;
	ssize_t got;
	int rc;

	while ((got = dsync_sys_pread(spool, buf, sizeof(buf), offset)) > 0) {
		rc = dsync_sys_write_all(fd, buf, (size_t)got);
		if (rc < 0)
			return dsync_error_set_errno(err, -rc, "cannot write the archive");
		offset += (uint64_t)got;
	}
	return got < 0 ? dsync_error_set_errno(err, (int)-got, "cannot read the temporary file") : 0;
}

int
dsync_builder_write_fd(struct dsync_builder *b, int fd, struct dsync_error *err)
{
	struct dsync_archive *check;
	struct dsync_error own;
	int spool;
	int rc;

	if (err == NULL)
		err = &own;
	rc = check_ready(b, err);
	if (rc < 0)
		return rc;
	spool = open_spool(err);
	if (spool < 0)
		return spool;
	rc = write_archive(b, spool, err);
	if (rc == 0) {
		check = dsync_archive_open_fd(spool, NULL, err);
		rc = check != NULL ? stream_spool(spool, fd, err) : err->code;
		dsync_archive_unref(check);
	}
	dsync_sys_close(spool);
	return rc;
}
