/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Writes a whole new payload and then does what its context says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int
main(void)
{
	static char word[100];
	FILE *context = fopen("/sync/context.json", "r");
	int i;

	if (context == NULL || fgets(word, sizeof(word), context) == NULL)
		return 2;
	if (strcmp(word, "quiet") == 0)
		return 0;
	printf("new payload\n");
	fflush(stdout);
	if (strcmp(word, "exit") == 0)
		return 7;
	if (strcmp(word, "trap") == 0)
		__builtin_trap();
	if (strcmp(word, "sleep") == 0)
		sleep(3600);
	if (strcmp(word, "flood") == 0) {
		for (i = 0; i < 200000; i++)
			fprintf(stderr, "\033]0;title\007\233 line %d\377\n", i);
	}
	if (strcmp(word, "fill") == 0) {
		for (i = 0; i < 4096; i++)
			fwrite(word, 1, sizeof(word), stdout);
	}
	return 0;
}
