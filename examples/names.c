/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* names ARCHIVE: the file system; an archive as a file with an ordinary name. */
#include <stdio.h>

#include <dotsync/archive.h>
#include <dotsync/vfs.h>

static int
report(const struct dsync_error *err)
{
	char text[1024];

	dsync_error_format(err, text, sizeof(text));
	fprintf(stderr, "names: %s\n", text);
	return 1;
}

int
main(int argc, char **argv)
{
	struct dsync_vfs_config config = DSYNC_VFS_CONFIG_INIT;
	struct dsync_archive *archive;
	struct dsync_error err;
	struct dsync_vfs *vfs;
	size_t i;

	if (argc != 2) {
		fprintf(stderr, "usage: names ARCHIVE\n");
		return 2;
	}
	archive = dsync_archive_open(argv[1], NULL, &err);
	if (archive == NULL)
		return report(&err);

	config.mount_path = "/mnt";
	config.read_only = true;
	config.show_original_extension = true;
	vfs = dsync_vfs_from_archive(archive, &config, &err);
	if (vfs == NULL)
		return report(&err);
	for (i = 0; i < dsync_vfs_entry_count(vfs); i++)
		printf("%s: %s\n", dsync_vfs_entry_display_name(vfs, i), dsync_vfs_entry_path(vfs, i));

	dsync_vfs_destroy(vfs);
	dsync_archive_unref(archive);
	return 0;
}
