/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Collecting. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "builder_internal.h"
#include "dotsync/archive.h"
#include "dotsync/manifest.h"
#include "format/layout.h"

struct dsync_builder *
dsync_builder_create(void)
{
	struct dsync_builder *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return NULL;
	b->fd = -1;
	b->time = INT64_MIN;
	return b;
}

static void
forget_payload(struct dsync_builder *b)
{
	free(b->bytes);
	b->bytes = NULL;
	if (b->fd >= 0)
		dsync_sys_close(b->fd);
	b->fd = -1;
	b->kind = DSYNC__PAYLOAD_BASE;
}

void
dsync_builder_destroy(struct dsync_builder *b)
{
	size_t i;

	if (b == NULL)
		return;
	forget_payload(b);
	for (i = 0; i < b->entry_count; i++) {
		free(b->entries[i].name);
		free(b->entries[i].data);
	}
	dsync_manifest_destroy(b->manifest);
	dsync_archive_unref(b->base);
	free(b);
}

int
dsync_builder_set_base(struct dsync_builder *b, struct dsync_archive *base)
{
	if (b->error.code < 0)
		return b->error.code;
	dsync_archive_ref(base);
	dsync_archive_unref(b->base);
	b->base = base;
	return 0;
}

int
dsync_builder_set_manifest(struct dsync_builder *b, const struct dsync_manifest *manifest)
{
	struct dsync_manifest *copy;

	if (b->error.code < 0)
		return b->error.code;
	copy = dsync_manifest_dup(manifest, &b->error);
	if (copy == NULL)
		return b->error.code;
	dsync_manifest_destroy(b->manifest);
	b->manifest = copy;
	return 0;
}

/* A copy that is never NULL, or NULL with the builder's error set. */
static unsigned char *
copy_bytes(struct dsync_builder *b, const void *data, size_t size)
{
	unsigned char *copy = malloc(size > 0 ? size : 1);

	if (copy == NULL)
		dsync_error_set_memory(&b->error);
	else if (size > 0)
		memcpy(copy, data, size);
	return copy;
}

int
dsync_builder_set_payload_bytes(struct dsync_builder *b, const void *data, size_t size)
{
	unsigned char *copy;

	if (b->error.code < 0)
		return b->error.code;
	copy = copy_bytes(b, data, size);
	if (copy == NULL)
		return b->error.code;
	forget_payload(b);
	b->kind = DSYNC__PAYLOAD_BYTES;
	b->bytes = copy;
	b->size = size;
	return 0;
}

/* Takes the descriptor, or the negative errno of getting it. */
static int
take_fd(struct dsync_builder *b, int fd, const char *what)
{
	if (fd < 0)
		return dsync_error_set_errno(&b->error, -fd, "cannot open %s", what);
	forget_payload(b);
	b->kind = DSYNC__PAYLOAD_FD;
	b->fd = fd;
	return 0;
}

int
dsync_builder_set_payload_file(struct dsync_builder *b, const char *path)
{
	if (b->error.code < 0)
		return b->error.code;
	return take_fd(b, dsync_sys_openat(DSYNC_SYS_CWD, path, O_RDONLY, 0), path);
}

int
dsync_builder_set_payload_fd(struct dsync_builder *b, int fd)
{
	if (b->error.code < 0)
		return b->error.code;
	return take_fd(b, dsync_sys_dup(fd), "the payload's descriptor");
}

int
dsync_builder_set_payload_source(struct dsync_builder *b, dsync_builder_source *source, void *user)
{
	if (b->error.code < 0)
		return b->error.code;
	forget_payload(b);
	b->kind = DSYNC__PAYLOAD_SOURCE;
	b->source = source;
	b->source_user = user;
	return 0;
}

/* The row of this name, made if it is new. */
static struct dsync__builder_entry *
entry_of(struct dsync_builder *b, const char *name)
{
	struct dsync__builder_entry *entry;
	size_t i;

	for (i = 0; i < b->entry_count; i++) {
		if (strcmp(b->entries[i].name, name) == 0)
			return &b->entries[i];
	}
	if (b->entry_count == DSYNC_ZIP_ENTRIES_MAX) {
		dsync_error_set(&b->error, DSYNC_ERR_LIMIT, "Z9", "more than %u entries", DSYNC_ZIP_ENTRIES_MAX);
		return NULL;
	}
	entry = &b->entries[b->entry_count];
	entry->name = strdup(name);
	if (entry->name == NULL) {
		dsync_error_set_memory(&b->error);
		return NULL;
	}
	b->entry_count++;
	return entry;
}

static int
set_entry(struct dsync_builder *b, const char *name, const void *data, size_t size)
{
	struct dsync__builder_entry *entry;
	unsigned char *copy = NULL;

	if (b->error.code < 0)
		return b->error.code;
	if (data != NULL) {
		copy = copy_bytes(b, data, size);
		if (copy == NULL)
			return b->error.code;
	}
	entry = entry_of(b, name);
	if (entry == NULL) {
		free(copy);
		return b->error.code;
	}
	free(entry->data);
	entry->data = copy;
	entry->size = size;
	return 0;
}

int
dsync_builder_set_context(struct dsync_builder *b, const void *json, size_t size)
{
	return set_entry(b, DSYNC_ENTRY_CONTEXT, json, size);
}

int
dsync_builder_set_updater(struct dsync_builder *b, const void *wasm, size_t size)
{
	return set_entry(b, DSYNC_ENTRY_UPDATER, wasm, size);
}

/* Has the name a setter of its own, or is it kept for later versions of the format? */
static bool
is_taken(const char *name)
{
	static const char *const settable[] = { DSYNC_ENTRY_RELEASE, DSYNC_ENTRY_ATTEST, DSYNC_ENTRY_PROOF,
		DSYNC_ENTRY_CHUNKS };
	size_t i;

	if (strcmp(name, DSYNC_ENTRY_MANIFEST) == 0 || strcmp(name, DSYNC_ENTRY_PAYLOAD) == 0 ||
		strcmp(name, DSYNC_ENTRY_CONTEXT) == 0)
		return true;
	if (strncmp(name, DSYNC_ENTRY_RESERVED_PREFIX, strlen(DSYNC_ENTRY_RESERVED_PREFIX)) != 0)
		return false;
	for (i = 0; i < sizeof(settable) / sizeof(settable[0]); i++) {
		if (strcmp(name, settable[i]) == 0)
			return false;
	}
	return true;
}

int
dsync_builder_set_entry(struct dsync_builder *b, const char *name, const void *data, size_t size)
{
	if (b->error.code < 0)
		return b->error.code;
	if (data != NULL && is_taken(name)) {
		dsync_error_set(&b->error, DSYNC_ERR_INVALID, "", "the format keeps this entry name for itself");
		dsync_error_at_entry(&b->error, name, strlen(name));
		return b->error.code;
	}
	return set_entry(b, name, data, size);
}

int
dsync_builder_set_profile(struct dsync_builder *b, enum dsync_profile profile)
{
	b->has_profile = true;
	b->profile = profile;
	return b->error.code;
}

int
dsync_builder_set_time(struct dsync_builder *b, int64_t seconds)
{
	b->time = seconds;
	return b->error.code;
}

int
dsync_builder_set_mode(struct dsync_builder *b, unsigned mode)
{
	b->mode = (mode_t)mode;
	return b->error.code;
}

int
dsync_builder_set_progress(struct dsync_builder *b, dsync_builder_progress *progress, void *user)
{
	b->progress = progress;
	b->progress_user = user;
	return b->error.code;
}

void
dsync_builder_set_before_publish(struct dsync_builder *b, dsync_builder_before_publish *before_publish, void *user)
{
	b->before_publish = before_publish;
	b->before_publish_user = user;
}
