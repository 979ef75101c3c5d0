/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The loose ZIP reader of `dotsync repack`: whatever the bytes, it refuses with a message, or what it hands out lies
 * inside the file, overlaps nothing, and reads or fails.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/sys.h"
#include "zip/loose.h"

#define READ_SIZE_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned char whole[READ_SIZE_MAX];

static void
require(int holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "loose_fuzz: violated: %s\n", what);
	abort();
}

static void
take_note(void *user, const char *text)
{
	(void)user;
	require(text[0] != '\0', "a note says something");
}

static void
check(const struct dsync_zip *zip)
{
	const struct dsync_zip_entry *a, *b;
	size_t i, k;

	for (i = 0; (a = dsync_zip_at(zip, i)) != NULL; i++) {
		require(a->data_offset <= dsync_zip_file_size(zip), "an entry starts in the file");
		require(a->stored_size <= dsync_zip_file_size(zip) - a->data_offset, "an entry ends in the file");
		for (k = 0; k < i && (b = dsync_zip_at(zip, k)) != NULL; k++) {
			require(b->header_offset >= a->data_offset + a->stored_size ||
					a->header_offset >= b->data_offset + b->stored_size,
				"entries share no byte");
		}
		if (a->size <= sizeof(whole))
			dsync_zip_read(zip, a, whole, NULL);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dsync_error err = { 0 };
	struct dsync_zip *zip;
	int fd = memfd_create("loose_fuzz", MFD_CLOEXEC);

	if (fd < 0 || dsync_sys_write_all(fd, data, size) < 0)
		abort();
	zip = dsync_zip_open_loose(fd, take_note, NULL, &err);
	if (zip != NULL)
		check(zip);
	else
		require(err.code < 0 && err.message[0] != '\0', "a refusal has a message");
	dsync_zip_close(zip);
	dsync_sys_close(fd);
	return 0;
}
