/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <zip.h>

#include "measure.h"
#include "open.h"

/* It cannot say where the payload lies, so nothing is mapped: this is less than what ours do. */
static void
open_with(const char *path, int flags)
{
	int code = 0;
	zip_t *zip = zip_open(path, ZIP_RDONLY | flags, &code);

	if (zip == NULL || zip_name_locate(zip, "payload", 0) < 0)
		measure_fail("libzip");
	zip_discard(zip);
}

static void
open_default(const char *path)
{
	open_with(path, 0);
}

static void
open_checked(const char *path)
{
	open_with(path, ZIP_CHECKCONS);
}

const struct open_way open_peers[] = {
	{ "libzip", open_default },
	{ "libzip CHECKCONS", open_checked },
};
const size_t open_peer_count = sizeof(open_peers) / sizeof(open_peers[0]);
