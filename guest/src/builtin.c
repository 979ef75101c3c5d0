/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "runtime/builtin.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* Made from guest/updaters/ by the build. */
extern const unsigned char dsync__http_wasm[];
extern const size_t dsync__http_wasm_size;
extern const unsigned char dsync__http_host_wasm[];
extern const size_t dsync__http_host_wasm_size;

#define MARKER "dotsync:url:v1:" /* and its NUL: 16 bytes, then the URL's place */
#define URL_SIZE (DSYNC_BUILTIN_URL_MAX + 1)

#define FILL '.' /* what is in the URL's place when it was not filled in */

/* Where the URL goes in the module as it was built; 0 when the marker and its place are not there whole. */
static size_t
find_url(const unsigned char *wasm, size_t size)
{
	const unsigned char *marker = memmem(wasm, size, MARKER, sizeof(MARKER));
	size_t offset, i;

	if (marker == NULL)
		return 0;
	offset = (size_t)(marker - wasm) + sizeof(MARKER);
	if (size - offset < URL_SIZE)
		return 0;
	for (i = 0; i < URL_SIZE; i++) {
		if (wasm[offset + i] != FILL)
			return 0;
	}
	return offset;
}

struct dsync_view
dsync_builtin_http(void)
{
	return (struct dsync_view){ dsync__http_wasm, dsync__http_wasm_size };
}

int
dsync_builtin_make_host(const char *url, unsigned char **wasm, size_t *size, struct dsync_error *err)
{
	size_t offset = find_url(dsync__http_host_wasm, dsync__http_host_wasm_size);

	*wasm = NULL;
	*size = 0;
	if (offset == 0)
		return dsync_error_set(err, DSYNC_ERR_UNSUPPORTED, "",
			"the built-in host updater of this build has no room for a URL");
	if (strlen(url) > DSYNC_BUILTIN_URL_MAX) {
		dsync_error_set(err, DSYNC_ERR_LIMIT, "url", "the URL is too long for the host updater");
		dsync_error_expected(err, "at most %u bytes", DSYNC_BUILTIN_URL_MAX);
		dsync_error_found(err, "%zu", strlen(url));
		return DSYNC_ERR_LIMIT;
	}
	*wasm = malloc(dsync__http_host_wasm_size);
	if (*wasm == NULL)
		return dsync_error_set_memory(err);
	*size = dsync__http_host_wasm_size;
	memcpy(*wasm, dsync__http_host_wasm, *size);
	memset(*wasm + offset, 0, URL_SIZE);
	memcpy(*wasm + offset, url, strlen(url));
	return 0;
}

/* The host updater, whatever URL was put in. */
static bool
is_host(const unsigned char *wasm, size_t size)
{
	size_t offset = find_url(dsync__http_host_wasm, dsync__http_host_wasm_size);

	return offset != 0 && size == dsync__http_host_wasm_size && memcmp(wasm, dsync__http_host_wasm, offset) == 0 &&
		memcmp(wasm + offset + URL_SIZE, dsync__http_host_wasm + offset + URL_SIZE, size - offset - URL_SIZE) ==
		0;
}

const char *
dsync_builtin_name(const unsigned char *wasm, size_t size)
{
	if (size == dsync__http_wasm_size && memcmp(wasm, dsync__http_wasm, size) == 0)
		return "http";
	return is_host(wasm, size) ? "http-host" : NULL;
}
