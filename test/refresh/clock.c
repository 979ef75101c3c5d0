/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * clock.c - a wall clock that can be set, for the refresher with the fault injector.
 *
 * The file that DSYNC_CLOCK names has the seconds that are added to the time, a decimal number; it is read anew at each question, so that the
 * clock can jump in the middle of a refresh.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/sys.h"

int64_t __real_dsync_sys_now(void);
int64_t __wrap_dsync_sys_now(void);
int64_t __real_dsync_sys_now_ms(void);
int64_t __wrap_dsync_sys_now_ms(void);

static int64_t
offset(void)
{
	const char *path = getenv("DSYNC_CLOCK");
	FILE *file = path != NULL ? fopen(path, "r") : NULL;
	int64_t seconds = 0;

	if (file == NULL)
		return 0;
	if (fscanf(file, "%" SCNd64, &seconds) != 1)
		seconds = 0;
	fclose(file);
	return seconds;
}

int64_t
__wrap_dsync_sys_now(void)
{
	return __real_dsync_sys_now() + offset();
}

int64_t
__wrap_dsync_sys_now_ms(void)
{
	return __real_dsync_sys_now_ms() + offset() * 1000;
}
