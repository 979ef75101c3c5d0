/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * scratch.h - an empty folder for a test to write in.
 *
 *	scratch_make(folder);		under TMPDIR, or /tmp
 *	scratch_path(path, folder, "name");
 *	...
 *	scratch_remove(folder);		with the files in it (no folders)
 *
 * A failure ends the test.
 */
#ifndef BASE_TEST_SCRATCH_H
#define BASE_TEST_SCRATCH_H

#include <stddef.h>

#define SCRATCH_PATH_SIZE 1024

void scratch_make(char folder[SCRATCH_PATH_SIZE]);
void scratch_remove(const char *folder);
void scratch_path(char path[SCRATCH_PATH_SIZE], const char *folder, const char *name);

/* How many names the folder has besides . and .. */
size_t scratch_count(const char *folder);

/* Makes a file with this text. */
void scratch_write(const char *path, const char *text);

/* Ends the test unless the file has exactly this text. */
void scratch_check(const char *path, const char *text);

#endif
