/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * follow ARCHIVE: a long-running reader; each line of standard input is one look-up, and each look-up sees one whole version.
 */
#include <stdio.h>
#include <string.h>

#include <dotsync/live.h>

/* Counts the lines that hold the text. */
static size_t
look_up(struct dsync_view payload, const char *text)
{
	const unsigned char *p = payload.data;
	const unsigned char *end = p + payload.size;
	size_t count = 0;

	while (p < end) {
		const unsigned char *newline = memchr(p, '\n', (size_t)(end - p));
		const unsigned char *stop = newline != NULL ? newline : end;

		count += memmem(p, (size_t)(stop - p), text, strlen(text)) != NULL;
		p = stop + 1;
	}
	return count;
}

int
main(int argc, char **argv)
{
	struct dsync_snapshot *snapshot;
	struct dsync_error err;
	struct dsync_live *live;
	char line[256];

	if (argc != 2) {
		fprintf(stderr, "usage: follow ARCHIVE\n");
		return 2;
	}
	live = dsync_live_open(argv[1], NULL, &err);
	if (live == NULL)
		return 1;
	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		snapshot = dsync_live_acquire(live, &err); /* one fstatat when nothing changed */
		if (snapshot == NULL)
			return 1;
		printf("%s: %zu\n", line, look_up(dsync_snapshot_payload(snapshot), line));
		fflush(stdout);
		dsync_live_release(live, snapshot); /* an old version goes when its last reader does */
	}
	dsync_live_close(live);
	return 0;
}
