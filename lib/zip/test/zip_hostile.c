/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * zip_hostile DIR - writes those ambiguous archives into DIR that the strict reader
 * accepts, so that other readers can be asked whether they agree.
 * zip_hostile --all DIR writes the refused ones, too; --seeds, one of each kind, for fuzzing.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "classes.h"
#include "hostile_cases.h"

struct target {
	const char *dir;
	int fd; /* to try archives with */
	bool all;
	size_t every; /* only each so manyth */
	size_t seen;
	size_t written;
};

static int
write_file(const char *dir, const char *name, const struct hostile *h)
{
	char path[1024];
	int fd, rc;

	snprintf(path, sizeof(path), "%s/%s.zip", dir, name);
	fd = dsync_sys_openat(DSYNC_SYS_CWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0)
		return fd;
	rc = dsync_sys_pwrite_all(fd, h->out.data, h->out.size, 0);
	dsync_sys_close(fd);
	return rc;
}

static void
take(void *context, const struct hostile *h, const char *name)
{
	struct target *t = context;
	struct dsync_zip *zip;

	if (t->seen++ % t->every != 0)
		return;
	zip = hostile_open(h, t->fd, NULL);
	if ((zip != NULL || t->all) && write_file(t->dir, name, h) == 0)
		t->written++;
	dsync_zip_close(zip);
}

static void
take_cases(struct target *t)
{
	struct hostile *h = calloc(1, sizeof(*h));
	size_t i;

	for (i = 0; h != NULL && i < hostile_case_count; i++) {
		hostile_init(h);
		hostile_case_build(&hostile_cases[i], h);
		take(t, h, hostile_cases[i].name);
		hostile_finish(h);
	}
	free(h);
}

int
main(int argc, char **argv)
{
	struct target t = { .every = 1 };

	if (argc == 3 && strcmp(argv[1], "--all") == 0)
		t.all = true;
	else if (argc == 3 && strcmp(argv[1], "--seeds") == 0)
		t.all = true, t.every = 50;
	else if (argc != 2) {
		fprintf(stderr, "usage: zip_hostile [--all|--seeds] DIR\n");
		return 2;
	}
	t.dir = argv[argc - 1];
	t.fd = hostile_file_create();
	classes_each(take, &t);
	t.every = 1;
	if (t.all)
		take_cases(&t);
	printf("%zu\n", t.written);
	return t.written == 0;
}
