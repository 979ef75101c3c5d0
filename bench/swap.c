/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * swap - make an archive, or put a new version in place, durably.
 *
 *	swap make ARCHIVE PAYLOAD	a new archive, with a manifest of about 1 KB
 *	swap payload ARCHIVE PAYLOAD	another payload, all else kept
 *	swap manifest ARCHIVE SECONDS	another TTL, the payload kept
 *	swap copy FILE PAYLOAD		the limit: copied by the kernel, synced, renamed; no hash, no archive
 *	swap write FILE PAYLOAD		the same with read and write, so that no file system shares blocks
 *	swap libzip ARCHIVE PAYLOAD	the peer, synced too; exit 77 where there is none
 */
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dotsync/archive.h"
#include "dotsync/builder.h"
#include "dotsync/manifest.h"
#include "measure.h"
#include "swap.h"

#define PIECE (1u << 20)

static void
sync_path(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		measure_fail(path);
	close(fd);
}

static void
sync_folder_of(const char *path)
{
	char copy[4096];

	snprintf(copy, sizeof(copy), "%s", path);
	sync_path(dirname(copy));
}

static void
copy_in_kernel(int in, int out, size_t size)
{
	while (size > 0) {
		ssize_t copied = copy_file_range(in, NULL, out, NULL, size, 0);

		if (copied <= 0)
			measure_fail("copy_file_range");
		size -= (size_t)copied;
	}
}

static void
copy_by_hand(int in, int out, size_t size)
{
	char *buf = malloc(PIECE);

	if (buf == NULL)
		measure_fail("memory");
	while (size > 0) {
		ssize_t got = read(in, buf, PIECE);

		if (got <= 0 || write(out, buf, (size_t)got) != got)
			measure_fail("copy");
		size -= (size_t)got;
	}
	free(buf);
}

static void
replace_file(const char *path, const char *payload, void (*copy)(int in, int out, size_t size))
{
	char next[4096];
	size_t size;
	int in = measure_open(payload, &size);
	int out;

	snprintf(next, sizeof(next), "%s.next", path);
	out = open(next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (out < 0)
		measure_fail(next);
	copy(in, out, size);
	if (fsync(out) < 0 || rename(next, path) < 0)
		measure_fail(next);
	close(in);
	close(out);
	sync_folder_of(path);
}

/* A manifest as long as real ones are. */
static struct dsync_manifest *
make_manifest(void)
{
	struct dsync_error err;
	struct dsync_manifest *m = dsync_manifest_create("application/octet-stream", "bin", &err);
	char text[600];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	if (m == NULL || dsync_manifest_set_string(m, "meta", "name", "Measurement", &err) < 0 ||
		dsync_manifest_set_string(m, "meta", "description", text, &err) < 0 ||
		dsync_manifest_set_integer(m, "policy", "max_payload", INT64_C(1) << 40, &err) < 0)
		measure_fail_with("manifest", &err);
	return m;
}

static void
make(const char *path, const char *payload)
{
	struct dsync_manifest *manifest = make_manifest();
	struct dsync_builder *b = dsync_builder_create();
	struct dsync_error err;

	dsync_builder_set_manifest(b, manifest);
	dsync_builder_set_payload_file(b, payload);
	if (dsync_builder_write(b, path, DSYNC_CREATE_REPLACE, &err) < 0)
		measure_fail_with(path, &err);
	dsync_builder_destroy(b);
	dsync_manifest_destroy(manifest);
}

/* One of `payload` and `ttl` is new. */
static void
update(const char *path, const char *payload, const char *ttl)
{
	struct dsync_error err;
	struct dsync_archive *base = dsync_archive_open(path, NULL, &err);
	struct dsync_builder *b = dsync_builder_create();
	struct dsync_manifest *manifest = NULL;

	if (base == NULL)
		measure_fail_with(path, &err);
	dsync_builder_set_base(b, base);
	if (payload != NULL)
		dsync_builder_set_payload_file(b, payload);
	if (ttl != NULL) {
		manifest = dsync_manifest_dup(dsync_archive_manifest(base), &err);
		if (manifest == NULL ||
			dsync_manifest_set_integer(manifest, "policy", "ttl", strtoll(ttl, NULL, 10), &err) < 0)
			measure_fail_with("manifest", &err);
		dsync_builder_set_manifest(b, manifest);
	}
	if (dsync_builder_write(b, path, DSYNC_CREATE_UPDATE, &err) < 0)
		measure_fail_with(path, &err);
	dsync_builder_destroy(b);
	dsync_manifest_destroy(manifest);
	dsync_archive_unref(base);
}

int
main(int argc, char **argv)
{
	const char *what = argc == 4 ? argv[1] : "";

	if (strcmp(what, "make") == 0) {
		make(argv[2], argv[3]);
	} else if (strcmp(what, "payload") == 0) {
		update(argv[2], argv[3], NULL);
	} else if (strcmp(what, "manifest") == 0) {
		update(argv[2], NULL, argv[3]);
	} else if (strcmp(what, "copy") == 0) {
		replace_file(argv[2], argv[3], copy_in_kernel);
	} else if (strcmp(what, "write") == 0) {
		replace_file(argv[2], argv[3], copy_by_hand);
	} else if (strcmp(what, "libzip") == 0) {
		if (!swap_peer(argv[2], argv[3]))
			return 77;
		sync_path(argv[2]);
		sync_folder_of(argv[2]);
	} else {
		fprintf(stderr, "usage: swap make|payload|manifest|copy|write|libzip ARCHIVE PAYLOAD|SECONDS\n");
		return 2;
	}
	return 0;
}
