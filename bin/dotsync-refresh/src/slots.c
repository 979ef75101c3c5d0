/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "slots.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/sys.h"

#define NONE_FREE (-1)
#define NO_PLACE (-2)

static int
open_folder(const char *state_dir)
{
	struct dsync_buffer path;
	int fd = NO_PLACE;

	dsync_buffer_init(&path, 65536);
	dsync_buffer_printf(&path, "%s/slots", state_dir);
	if (dsync_buffer_text(&path) != NULL && dsync_file_make_folder(dsync_buffer_text(&path), NULL) == 0)
		fd = dsync_sys_openat(DSYNC_SYS_CWD, dsync_buffer_text(&path), O_RDONLY | O_DIRECTORY, 0);
	dsync_buffer_finish(&path);
	return fd;
}

static int
take(int folder, uint32_t count)
{
	char name[16];
	uint32_t i;
	int fd;

	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%u", i);
		fd = dsync_sys_openat(folder, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0600);
		if (fd < 0)
			return NO_PLACE;
		if (dsync_sys_lock(fd) == 0)
			return fd;
		dsync_sys_close(fd);
	}
	return NONE_FREE;
}

int
dsync_slots_take(const char *state_dir, uint32_t count)
{
	int folder, slot;

	if (state_dir == NULL)
		return NO_PLACE;
	folder = open_folder(state_dir);
	if (folder < 0)
		return NO_PLACE;
	slot = take(folder, count);
	dsync_sys_close(folder);
	return slot;
}
