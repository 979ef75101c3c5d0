/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A WASI command as people write it: reads the files of /sync, prints a new payload, complains on stderr. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void
show(const char *path)
{
	char text[100];
	size_t n;
	struct stat st;
	FILE *file = fopen(path, "r");

	if (file == NULL) {
		printf("%s: %s\n", path, strerror(errno));
		return;
	}
	n = fread(text, 1, sizeof(text), file);
	printf("%s: %.*s", path, (int)n, text);
	if (stat(path, &st) != 0 || st.st_size != (off_t)n || fseek(file, -1, SEEK_END) != 0 ||
		ftell(file) != (long)n - 1)
		printf("(wrong size)");
	printf("\n");
	fclose(file);
}

int
main(int argc, char **argv)
{
	struct timespec nap = { 0, 5000000 }, now;
	struct dirent *entry;
	DIR *folder;
	char byte;

	printf("%d %s %s\n", argc, argv[0], getenv("SYNC_MODE"));
	show("/sync/payload");
	show("/sync/context.json");
	show("/sync/manifest.toml");
	show("/sync/none");
	show("/etc/passwd");
	show("/sync/../etc/passwd");
	folder = opendir("/sync");
	while (folder != NULL && (entry = readdir(folder)) != NULL)
		printf("[%s]", entry->d_name);
	printf("\n%d\n", open("/sync/new", O_CREAT | O_WRONLY, 0600) < 0 && unlink("/sync/payload") < 0);
	printf("stdin %zd\n", read(0, &byte, 1));
	nanosleep(&nap, NULL);
	clock_gettime(CLOCK_REALTIME, &now);
	printf("%d\n", now.tv_sec == 1700000000);
	fprintf(stderr, "complaint\n");
	return 0;
}
