/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * zip_make FILE SIZE [deflate] - writes an archive as the archive format will, with a payload of
 * SIZE bytes: text up to 1 MiB, beyond that zeros that take no room on disk (with a wrong CRC-32).
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/sys.h"
#include "base/text.h"
#include "zip/writer.h"

#define TEXT_SIZE_MAX (1u << 20)

static const char manifest[] =
	"[sync]\nversion = \"0.1\"\n\n[payload]\nname = \"data.txt\"\nsource = \"https://example.org/data.txt\"\n";

static int
write_payload(struct dsync_zip_writer *w, uint64_t size, struct dsync_error *err)
{
	static char text[TEXT_SIZE_MAX];
	struct dsync_zip_entry_options options = { .alignment = 4096, .may_exceed_4g = true };
	size_t i;
	int rc;

	rc = dsync_zip_writer_begin(w, "payload", &options, err);
	if (rc < 0)
		return rc;
	if (size > TEXT_SIZE_MAX) {
		rc = dsync_sys_pwrite_all(w->fd, "!", 1, w->data_offset + size - 1);
		return rc < 0 ? rc : dsync_zip_writer_end(w, size, 0x12345678, err);
	}
	for (i = 0; i < size; i++)
		text[i] = "the quick brown fox\n"[i % 20];
	rc = dsync_sys_pwrite_all(w->fd, text, (size_t)size, w->data_offset);
	return rc < 0 ? rc : dsync_zip_writer_end(w, size, dsync_crc32(0, text, (size_t)size), err);
}

static int
make(int fd, uint64_t size, uint16_t method, struct dsync_error *err)
{
	struct dsync_zip_writer w;
	int rc;

	dsync_zip_writer_init(&w, fd, NULL);
	rc = dsync_zip_writer_add(&w, "manifest.toml", manifest, sizeof(manifest) - 1, method, err);
	if (rc == 0)
		rc = dsync_zip_writer_add(&w, "context.json", "{}", 2, DSYNC_ZIP_STORED, err);
	if (rc == 0)
		rc = dsync_zip_writer_add(&w, "sync.wasm", "\0asm\1\0\0\0", 8, DSYNC_ZIP_STORED, err);
	if (rc == 0)
		rc = write_payload(&w, size, err);
	if (rc == 0)
		rc = dsync_zip_writer_add(&w, "sync.chunks", "chunks", 6, DSYNC_ZIP_STORED, err);
	if (rc == 0)
		rc = dsync_zip_writer_finish(&w, NULL, err);
	dsync_zip_writer_destroy(&w);
	return rc;
}

int
main(int argc, char **argv)
{
	struct dsync_error err = { 0 };
	char text[1536];
	uint64_t size;
	int fd, rc;

	if (argc < 3 || argc > 4 || dsync_text_parse_u64(argv[2], strlen(argv[2]), &size) < 0) {
		fprintf(stderr, "usage: zip_make FILE SIZE [deflate]\n");
		return 2;
	}
	fd = dsync_sys_openat(DSYNC_SYS_CWD, argv[1], O_RDWR | O_CREAT | O_TRUNC, 0644);
	if (fd < 0) {
		fprintf(stderr, "%s: %s\n", argv[1], strerror(-fd));
		return 1;
	}
	rc = make(fd, size, argc == 4 ? DSYNC_ZIP_DEFLATED : DSYNC_ZIP_STORED, &err);
	if (rc < 0) {
		dsync_error_format(&err, text, sizeof(text));
		fprintf(stderr, "%s: %s\n", argv[1], text);
	}
	dsync_sys_close(fd);
	return rc < 0;
}
