/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The second opinion.  curl connects to what curl_url reads, so what it reads must be what
 * was checked; where the two differ, neither is believed.
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "internal.h"

static bool
part_is(CURLU *handle, CURLUPart part, unsigned flags, const char *wanted)
{
	char *found = NULL;
	bool same;

	if (curl_url_get(handle, part, &found, flags) != CURLUE_OK)
		return false;
	same = strcmp(found, wanted) == 0;
	curl_free(found);
	return same;
}

static bool
agrees(CURLU *handle, const struct dsync_url *url)
{
	char host[DSYNC_URL_HOST_SIZE + 2];
	char port[8];

	snprintf(host, sizeof(host), url->kind == DSYNC_HOST_IPV6 ? "[%s]" : "%s", url->host);
	snprintf(port, sizeof(port), "%u", url->port);
	return part_is(handle, CURLUPART_SCHEME, 0, url->https ? "https" : "http") &&
		part_is(handle, CURLUPART_HOST, 0, host) && part_is(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT, port) &&
		part_is(handle, CURLUPART_URL, 0, url->text);
}

int
dsync__url_to_curl(const struct dsync_url *url, CURLU **handle, struct dsync_error *err)
{
	CURLU *h = curl_url();
	CURLUcode code;

	*handle = NULL;
	if (h == NULL)
		return dsync_error_set_memory(err);
	code = curl_url_set(h, CURLUPART_URL, url->text, CURLU_DISALLOW_USER | CURLU_PATH_AS_IS);
	if (code == CURLUE_OK && agrees(h, url)) {
		*handle = h;
		return 0;
	}
	curl_url_cleanup(h);
	if (code == CURLUE_OUT_OF_MEMORY)
		return dsync_error_set_memory(err);
	dsync_error_set(err, DSYNC_ERR_SYNTAX, "url", "URL that is read in two ways");
	dsync_error_at_entry(err, url->text, strlen(url->text));
	if (code != CURLUE_OK)
		dsync_error_found(err, "%s", curl_url_strerror(code));
	return DSYNC_ERR_SYNTAX;
}
