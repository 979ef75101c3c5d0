/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * zip_cat - what the strict reader sees, for the tests against other tools.
 *
 *	zip_cat FILE            one line an entry: method, size, CRC-32, name
 *	zip_cat FILE NAME       its bytes
 *	zip_cat --bare ...      without asking for the names of a .sync file
 *	zip_cat --all FILE...   for each file, after checking all its data, "ok FILE" and one line an
 *	                        entry as above after a tab, or "no FILE: why"
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/sys.h"
#include "hostile.h"

static unsigned char buf[65536];

static int
complain(const char *path, const struct dsync_error *err)
{
	char text[1536];

	dsync_error_format(err, text, sizeof(text));
	fprintf(stderr, "%s: %s\n", path, text);
	return 1;
}

static int
write_out(void *context, const void *data, size_t size)
{
	return fwrite(data, 1, size, context) == size ? 0 : DSYNC_ERR_SYSTEM;
}

static int
list(const struct dsync_zip *zip, const char *indent)
{
	const struct dsync_zip_entry *e;
	size_t i;

	for (i = 0; (e = dsync_zip_at(zip, i)) != NULL; i++)
		printf("%s%u %" PRIu64 " %08" PRIx32 " %s\n", indent, (unsigned)e->method, e->size, e->crc32, e->name);
	return 0;
}

static int
cat(const struct dsync_zip *zip, const char *path, const char *name)
{
	const struct dsync_zip_entry *e = dsync_zip_find(zip, name);
	struct dsync_error err = { 0 };

	if (e == NULL) {
		fprintf(stderr, "%s: no entry \"%s\"\n", path, name);
		return 1;
	}
	if (dsync_zip_stream(zip, e, buf, sizeof(buf), write_out, stdout, &err) < 0)
		return complain(path, &err);
	return 0;
}

static int
check_all(const char *path, const struct dsync_zip_profile *profile)
{
	struct dsync_error err = { 0 };
	struct dsync_zip *zip;
	char text[1536];
	size_t i;
	int fd, rc = 0;

	fd = dsync_sys_openat(DSYNC_SYS_CWD, path, O_RDONLY, 0);
	zip = fd >= 0 ? dsync_zip_open(fd, profile, &err) : NULL;
	for (i = 0; zip != NULL && rc == 0 && i < dsync_zip_count(zip); i++)
		rc = dsync_zip_stream(zip, dsync_zip_at(zip, i), buf, sizeof(buf), NULL, NULL, &err);
	if (zip != NULL && rc == 0) {
		printf("ok %s\n", path);
		list(zip, "\t");
	} else {
		dsync_error_format(&err, text, sizeof(text));
		printf("no %s: %s\n", path, text);
	}
	dsync_zip_close(zip);
	if (fd >= 0)
		dsync_sys_close(fd);
	return zip == NULL || rc < 0;
}

int
main(int argc, char **argv)
{
	const struct dsync_zip_profile *profile = &hostile_profile;
	struct dsync_error err = { 0 };
	struct dsync_zip *zip;
	int first = 1, status = 0, fd, i;

	if (argc > 1 && strcmp(argv[1], "--bare") == 0) {
		profile = NULL;
		first = 2;
	}
	if (argc > first && strcmp(argv[first], "--all") == 0) {
		for (i = first + 1; i < argc; i++)
			status |= check_all(argv[i], profile);
		return status;
	}
	if (argc <= first || argc > first + 2) {
		fprintf(stderr, "usage: zip_cat [--bare] [--all] FILE [NAME]\n");
		return 2;
	}
	fd = dsync_sys_openat(DSYNC_SYS_CWD, argv[first], O_RDONLY, 0);
	if (fd < 0) {
		fprintf(stderr, "%s: %s\n", argv[first], strerror(-fd));
		return 2;
	}
	zip = dsync_zip_open(fd, profile, &err);
	if (zip == NULL)
		status = complain(argv[first], &err);
	else if (argc == first + 1)
		status = list(zip, "");
	else
		status = cat(zip, argv[first], argv[first + 1]);
	dsync_zip_close(zip);
	dsync_sys_close(fd);
	return status;
}
