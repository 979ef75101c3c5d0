/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A search through all of this process's own memory. */
#include <stdio.h>
#include <string.h>

#include "attack.h"
#include "worker/attack_secret.h"

#define AREAS_MAX 64

static struct area {
	const unsigned char *start, *end;
} areas[AREAS_MAX];
static size_t area_count;

void
dsync_secret_prepare(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long start, end;
	char line[512], rights[8];

	while (maps != NULL && area_count < AREAS_MAX && fgets(line, sizeof(line), maps) != NULL) {
		/* The kernel's own pages, [vvar] and the like, cannot be read everywhere. */
		if (sscanf(line, "%lx-%lx %7s", &start, &end, rights) != 3 || rights[0] != 'r' || strstr(line, "[v"))
			continue;
		areas[area_count].start = (const unsigned char *)start;
		areas[area_count].end = (const unsigned char *)end;
		area_count++;
	}
	if (maps != NULL)
		fclose(maps);
}

static int
is_secret(const unsigned char *at, long host)
{
	size_t i;

	for (i = 0; i < DSYNC_ATTACK_SECRET_SIZE; i++) {
		if (at[i] != (unsigned char)dsync_attack_secret_byte(host, i))
			return 0;
	}
	return 1;
}

long
dsync_secret_find(long parent)
{
	const unsigned char *at;
	size_t i;

	if (area_count == 0)
		return -1;
	for (i = 0; i < area_count; i++) {
		for (at = areas[i].start; at + DSYNC_ATTACK_SECRET_SIZE <= areas[i].end; at++) {
			if (is_secret(at, parent))
				return 1;
		}
	}
	return 0;
}
