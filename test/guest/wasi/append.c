/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* With wasi-libc: the old payload, then a line of a granted variable and the context.  Exits with 3 where it is not as confined as promised. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
copy(const char *path)
{
	static char room[65536];
	FILE *file = fopen(path, "rb");
	size_t n;

	if (file == NULL)
		return -1;
	while ((n = fread(room, 1, sizeof(room), file)) > 0)
		fwrite(room, 1, n, stdout);
	return fclose(file);
}

static int
count_files(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	int count = 0;

	while (folder != NULL && (entry = readdir(folder)) != NULL)
		count += entry->d_name[0] != '.';
	if (folder != NULL)
		closedir(folder);
	return count;
}

static int
is_confined(void)
{
	return open("/sync/new", O_CREAT | O_WRONLY, 0600) < 0 && errno == EROFS && open("/sync/payload", O_RDWR) < 0 &&
		errno == EROFS && unlink("/sync/payload") < 0 && errno == EROFS && open("/etc/passwd", O_RDONLY) < 0 &&
		open("/sync/../etc/passwd", O_RDONLY) < 0 && lseek(STDOUT_FILENO, 0, SEEK_CUR) < 0 && errno == ESPIPE &&
		!isatty(STDOUT_FILENO);
}

int
main(int argc, char **argv)
{
	const char *greeting = getenv("GREETING");

	if (argc != 1 || strcmp(argv[0], "sync.wasm") != 0 || greeting == NULL ||
		strcmp(getenv("SYNC_MODE"), "pull") != 0 || !is_confined() || count_files(getenv("SYNC_PATH")) != 3)
		return 3;
	if (copy(getenv("SYNC_PAYLOAD")) < 0)
		return 4;
	printf("%s ", greeting);
	if (copy(getenv("SYNC_CONTEXT")) < 0)
		return 5;
	printf("\n");
	fprintf(stderr, "appended\n");
	return 0;
}
