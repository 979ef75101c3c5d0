/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Opening and closing. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "archive_internal.h"
#include "base/error.h"
#include "base/sys.h"
#include "format/layout.h"

#define SMALL_MANIFEST_SIZE 4096u /* most fit on the stack */

static uint64_t
limit(uint64_t asked, uint64_t otherwise)
{
	return asked != 0 ? asked : otherwise;
}

/* Z26, Z27: the names that mean something, and how large each may be. */
static struct dsync_zip *
open_container(int fd, const struct dsync_archive_options *options, struct dsync_error *err)
{
	const struct dsync_archive_options o =
		options != NULL ? *options : (struct dsync_archive_options)DSYNC_ARCHIVE_OPTIONS_INIT;
	const struct dsync_zip_rule rules[] = {
		{ DSYNC_ENTRY_MANIFEST, .required = true, .size_max = DSYNC_MANIFEST_SIZE_MAX },
		{ DSYNC_ENTRY_PAYLOAD, .required = true, .stored_only = true, .size_max = UINT64_MAX },
		{ DSYNC_ENTRY_CONTEXT, .size_max = limit(o.context_size_max, DSYNC_CONTEXT_SIZE_MAX) },
		{ DSYNC_ENTRY_UPDATER, .size_max = limit(o.updater_size_max, DSYNC_UPDATER_SIZE_MAX) },
		{ DSYNC_ENTRY_PROOF, .size_max = limit(o.proof_size_max, DSYNC_PROOF_SIZE_MAX) },
		{ DSYNC_ENTRY_RELEASE, .size_max = DSYNC_RELEASE_SIZE_MAX },
		{ DSYNC_ENTRY_ATTEST, .size_max = DSYNC_ATTEST_SIZE_MAX },
		{ DSYNC_ENTRY_CHUNKS, .size_max = DSYNC_CHUNKS_SIZE_MAX },
	};
	const struct dsync_zip_profile profile = { rules, sizeof(rules) / sizeof(rules[0]) };

	return dsync_zip_open(fd, &profile, err);
}

static int
read_manifest(struct dsync_archive *archive, struct dsync_error *err)
{
	const struct dsync_zip_entry *entry = dsync_zip_find(archive->zip, DSYNC_ENTRY_MANIFEST);
	unsigned char small[SMALL_MANIFEST_SIZE];
	unsigned char *text = small;
	int rc;

	if (entry->size > sizeof(small))
		text = malloc((size_t)entry->size); /* at most DSYNC_MANIFEST_SIZE_MAX */
	if (text == NULL)
		return dsync_error_set_memory(err);
	rc = dsync_zip_read(archive->zip, entry, text, err);
	if (rc == 0) {
		archive->manifest = dsync_manifest_parse(text, (size_t)entry->size, err);
		rc = archive->manifest != NULL ? 0 : DSYNC_ERR_MANIFEST; /* or another, which err knows */
	}
	if (text != small)
		free(text);
	return rc;
}

/*
 * The stub is told from a module by its eight bytes, so only an entry of eight bytes is
 * read.  A damaged one counts as an updater: running it is refused later, and
 * opening does not care about damage in what it does not need.
 */
static bool
find_updater(const struct dsync_archive *archive)
{
	const struct dsync_zip_entry *entry = dsync_zip_find(archive->zip, DSYNC_ENTRY_UPDATER);
	unsigned char bytes[DSYNC_UPDATER_STUB_SIZE];

	if (entry == NULL)
		return false;
	if (entry->size != DSYNC_UPDATER_STUB_SIZE || dsync_zip_read(archive->zip, entry, bytes, NULL) < 0)
		return true;
	return memcmp(bytes, DSYNC_UPDATER_STUB, DSYNC_UPDATER_STUB_SIZE) != 0;
}

/* Takes the descriptor, also when it fails. */
static struct dsync_archive *
open_taking(int fd, const char *path, const struct dsync_archive_options *options, struct dsync_error *err)
{
	struct dsync_archive *archive = calloc(1, sizeof(*archive) + strlen(path) + 1);

	if (archive == NULL) {
		dsync_error_set_memory(err);
		dsync_sys_close(fd);
		return NULL;
	}
	atomic_init(&archive->references, 1);
	archive->fd = fd;
	memcpy(archive->path, path, strlen(path));

	archive->zip = open_container(fd, options, err);
	if (archive->zip == NULL || read_manifest(archive, err) < 0) {
		dsync_archive_unref(archive);
		return NULL;
	}
	archive->payload = dsync_zip_find(archive->zip, DSYNC_ENTRY_PAYLOAD);
	archive->has_updater = find_updater(archive);
	return archive;
}

struct dsync_archive *
dsync_archive_open(const char *path, const struct dsync_archive_options *options, struct dsync_error *err)
{
	return dsync_archive_open_at(DSYNC_SYS_CWD, path, options, err);
}

struct dsync_archive *
dsync_archive_open_at(int dirfd, const char *path, const struct dsync_archive_options *options, struct dsync_error *err)
{
	/* NONBLOCK: a pipe of that name is refused, not waited for. */
	int fd = dsync_sys_openat(dirfd, path, O_RDONLY | O_NONBLOCK, 0);

	if (fd < 0) {
		dsync_error_set_errno(err, -fd, "cannot open the archive");
		return NULL;
	}
	return open_taking(fd, path, options, err);
}

struct dsync_archive *
dsync_archive_open_fd(int fd, const struct dsync_archive_options *options, struct dsync_error *err)
{
	int copy = dsync_sys_dup(fd);

	if (copy < 0) {
		dsync_error_set_errno(err, -copy, "cannot duplicate the archive's descriptor");
		return NULL;
	}
	return open_taking(copy, "", options, err);
}

const char *
dsync_archive_path(const struct dsync_archive *archive)
{
	return archive->path;
}

struct dsync_archive *
dsync_archive_ref(struct dsync_archive *archive)
{
	/* Whoever calls this holds a reference, so there is nothing to be ordered against. */
	atomic_fetch_add_explicit(&archive->references, 1, memory_order_relaxed);
	return archive;
}

void
dsync_archive_unref(struct dsync_archive *archive)
{
	if (archive == NULL || atomic_fetch_sub_explicit(&archive->references, 1, memory_order_acq_rel) > 1)
		return;
	if (archive->map != NULL)
		dsync_sys_munmap(archive->map, archive->map_size);
	dsync_manifest_destroy(archive->manifest);
	dsync_zip_close(archive->zip);
	dsync_sys_close(archive->fd);
	free(archive);
}

const struct dsync_manifest *
dsync_archive_manifest(const struct dsync_archive *archive)
{
	return archive->manifest;
}

bool
dsync_archive_has_updater(const struct dsync_archive *archive)
{
	return archive->has_updater;
}

int
dsync_archive_fd(const struct dsync_archive *archive)
{
	return archive->fd;
}

uint64_t
dsync_archive_file_size(const struct dsync_archive *archive)
{
	return dsync_zip_file_size(archive->zip);
}
