/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* read ARCHIVE NEW: the format; open, read in place, build. */
#include <stdio.h>

#include <dotsync/archive.h>
#include <dotsync/builder.h>
#include <dotsync/manifest.h>

static int
report(const struct dsync_error *err)
{
	char text[1024];

	dsync_error_format(err, text, sizeof(text));
	fprintf(stderr, "read: %s\n", text);
	return 1;
}

static int
build(struct dsync_archive *archive, const char *path, struct dsync_error *err)
{
	struct dsync_builder *builder = dsync_builder_create();
	int rc;

	dsync_builder_set_manifest(builder, dsync_archive_manifest(archive));
	dsync_builder_set_payload_bytes(builder, "hello world", 11);
	rc = dsync_builder_write(builder, path, DSYNC_CREATE_NEW, err);
	dsync_builder_destroy(builder);
	return rc;
}

int
main(int argc, char **argv)
{
	struct dsync_archive *archive;
	struct dsync_view payload;
	struct dsync_error err;

	if (argc != 3) {
		fprintf(stderr, "usage: read ARCHIVE NEW\n");
		return 2;
	}
	archive = dsync_archive_open(argv[1], NULL, &err);
	if (archive == NULL)
		return report(&err);

	printf("Archive: %s\n", dsync_manifest_name(dsync_archive_manifest(archive)));
	if (dsync_archive_map_payload(archive, &payload, &err) < 0)
		return report(&err);
	fwrite(payload.data, 1, payload.size, stdout);

	if (build(archive, argv[2], &err) < 0)
		return report(&err);
	dsync_archive_unref(archive);
	return 0;
}
