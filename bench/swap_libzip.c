/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <zip.h>

#include "measure.h"
#include "swap.h"

bool
swap_peer(const char *archive, const char *payload)
{
	zip_source_t *source;
	zip_int64_t index;
	int code = 0;
	zip_t *zip = zip_open(archive, 0, &code);

	if (zip == NULL)
		measure_fail("libzip: open");
	source = zip_source_file(zip, payload, 0, -1);
	index = zip_name_locate(zip, "payload", 0);
	if (source == NULL || index < 0 || zip_file_replace(zip, (zip_uint64_t)index, source, 0) < 0 ||
		zip_set_file_compression(zip, (zip_uint64_t)index, ZIP_CM_STORE, 0) < 0)
		measure_fail("libzip: replace");
	if (zip_close(zip) < 0)
		measure_fail("libzip: close");
	return true;
}
