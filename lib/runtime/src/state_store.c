/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * state_store.c - where the state record is kept: an extended attribute of the archive, else a file.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/sys.h"
#include "base/text.h"
#include "runtime/context.h"
#include "runtime/state.h"

#define FOLDER "/records"
#define NAME_DIGEST_SIZE 16

/* "STATE/records/HASH of the resolved path", to be freed; NULL where there is no such place. */
static char *
record_path(const struct dsync_context *context, const char *path, bool make)
{
	const char *state = dsync_context_state_dir(context);
	unsigned char digest[DSYNC_HASH_SIZE];
	char name[2 * NAME_DIGEST_SIZE + 1];
	char resolved[PATH_MAX];
	size_t size;
	char *record;

	if (state == NULL || path == NULL || path[0] == '\0' || realpath(path, resolved) == NULL)
		return NULL;
	dsync_hash(digest, resolved, strlen(resolved));
	dsync_text_hex_encode(name, digest, NAME_DIGEST_SIZE);
	size = strlen(state) + sizeof(FOLDER) + 1 + sizeof(name);
	record = malloc(size);
	if (record == NULL)
		return NULL;
	snprintf(record, size, "%s%s", state, FOLDER);
	if (make && dsync_file_make_folder(record, NULL) < 0) {
		free(record);
		return NULL;
	}
	snprintf(record, size, "%s%s/%s", state, FOLDER, name);
	return record;
}

/* 0 when a whole record of this generation was read. */
static int
accept(const void *data, size_t size, const struct dsync_archive *archive, struct dsync_state *state)
{
	unsigned char generation[DSYNC_GENERATION_SIZE];

	if (dsync_state_unpack(data, size, dsync_sys_now(), state) < 0)
		return DSYNC_ERR_CORRUPT;
	dsync_archive_generation(archive, generation);
	if (memcmp(generation, state->generation, sizeof(generation)) == 0)
		return 0;
	dsync_state_init(state);
	return DSYNC_ERR_CORRUPT;
}

static int
load_attribute(const struct dsync_archive *archive, struct dsync_state *state)
{
	unsigned char data[DSYNC_STATE_SIZE_MAX];
	ssize_t size;

	size = dsync_sys_getxattr(dsync_archive_fd(archive), DSYNC_STATE_ATTRIBUTE, data, sizeof(data));
	return size > 0 ? accept(data, (size_t)size, archive, state) : DSYNC_ERR_NOT_FOUND;
}

static int
load_file(const struct dsync_context *context, const struct dsync_archive *archive, const char *path,
	struct dsync_state *state)
{
	char *record = record_path(context, path, false);
	struct dsync_buffer data;
	struct dsync_view view;
	int rc;

	if (record == NULL)
		return DSYNC_ERR_NOT_FOUND;
	dsync_buffer_init(&data, DSYNC_STATE_SIZE_MAX);
	rc = dsync_file_read(DSYNC_SYS_CWD, record, &data, NULL);
	view = dsync_buffer_view(&data);
	if (rc == 0)
		rc = accept(view.data, view.size, archive, state);
	dsync_buffer_finish(&data);
	free(record);
	return rc;
}

int
dsync_state_load(const struct dsync_context *context, const struct dsync_archive *archive, const char *path,
	struct dsync_state *state, struct dsync_error *err)
{
	(void)err;
	dsync_state_init(state);
	if (load_attribute(archive, state) < 0 && load_file(context, archive, path, state) < 0)
		dsync_archive_generation(archive, state->generation);
	return 0;
}

/* Not being allowed to remember is no reason to fail, but the caller is told. */
static int
refuse(int sys_errno, const char *where, struct dsync_error *err)
{
	if (sys_errno == EACCES || sys_errno == EPERM || sys_errno == EROFS)
		return dsync_error_set(err, DSYNC_ERR_PERMISSION, "",
			"the state of this archive cannot be remembered: %s: %s", where, strerror(sys_errno));
	return dsync_error_set_errno(err, sys_errno, "cannot store the state record in %s", where);
}

/* An older record of this generation in the attribute would be read before the file's; true when it cannot be taken away. */
static bool
is_shadowed(const struct dsync_archive *archive)
{
	struct dsync_state older;

	return load_attribute(archive, &older) == 0 &&
		dsync_sys_removexattr(dsync_archive_fd(archive), DSYNC_STATE_ATTRIBUTE) < 0;
}

static int
store_file(const struct dsync_context *context, const struct dsync_archive *archive, const char *path,
	const struct dsync_view *record, int attribute_errno, struct dsync_error *err)
{
	char *place;
	int rc;

	if (is_shadowed(archive))
		return refuse(attribute_errno, "its extended attribute", err);
	place = record_path(context, path, true);
	if (place == NULL)
		return refuse(attribute_errno == EOPNOTSUPP || attribute_errno == ENOSYS ? EPERM : attribute_errno,
			"neither an extended attribute nor a state folder", err);
	rc = dsync_file_write(DSYNC_SYS_CWD, place, record->data, record->size, 0600, err);
	free(place);
	return rc;
}

int
dsync_state_store(const struct dsync_context *context, const struct dsync_archive *archive, const char *path,
	const struct dsync_state *state, struct dsync_error *err)
{
	struct dsync_buffer data;
	struct dsync_view view;
	int rc;

	dsync_buffer_init(&data, DSYNC_STATE_SIZE_MAX);
	rc = dsync_state_pack(state, &data);
	view = dsync_buffer_view(&data);
	if (rc < 0) {
		rc = dsync_error_set(err, rc, "", "the state record is too large");
	} else {
		rc = dsync_sys_setxattr(dsync_archive_fd(archive), DSYNC_STATE_ATTRIBUTE, view.data, view.size);
		if (rc < 0)
			rc = store_file(context, archive, path, &view, -rc, err);
	}
	dsync_buffer_finish(&data);
	return rc;
}
