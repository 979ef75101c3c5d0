/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "origin.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

static int
refuse(const char *url, const char *found, struct dsync_error *err)
{
	dsync_error_set(err, DSYNC_ERR_SYNTAX, "url", "bad URL");
	dsync_error_at_entry(err, url, strlen(url));
	dsync_error_expected(err, "http[s]://host[:port]/path");
	dsync_error_found(err, "%s", found);
	return DSYNC_ERR_SYNTAX;
}

/* Where the host starts, or NULL. */
static const char *
after_scheme(const char *url, bool *https)
{
	static const char s[] = "https://", plain[] = "http://";

	*https = strlen(url) >= sizeof(s) - 1 && dsync_text_equal_case(url, sizeof(s) - 1, s, sizeof(s) - 1);
	if (*https)
		return url + sizeof(s) - 1;
	if (strlen(url) >= sizeof(plain) - 1 && dsync_text_equal_case(url, sizeof(plain) - 1, plain, sizeof(plain) - 1))
		return url + sizeof(plain) - 1;
	return NULL;
}

static bool
has_suffix(const char *text, size_t size, const char *suffix)
{
	return size > strlen(suffix) && memcmp(text + size - strlen(suffix), suffix, strlen(suffix)) == 0;
}

/* "host:port", "[::1]:port" */
static bool
has_port(const char *host, size_t size)
{
	const char *bracket = memchr(host, ']', size);

	if (bracket == NULL)
		return memchr(host, ':', size) != NULL;
	return bracket + 1 < host + size;
}

int
origin_of_url(const char *url, char out[ORIGIN_SIZE], struct dsync_error *err)
{
	const char *host, *scheme, *p;
	char *at;
	size_t size;
	bool https;

	host = after_scheme(url, &https);
	if (host == NULL)
		return refuse(url, "another scheme, or none", err);
	for (p = url; *p != '\0'; p++) {
		if (*p <= 0x20 || *p > 0x7e)
			return refuse(url, "a character that must be written as %XX", err);
	}
	size = strcspn(host, "/?#");
	if (size == 0 || memchr(host, '\\', size) != NULL)
		return refuse(url, "no host", err);
	if (memchr(host, '@', size) != NULL)
		return refuse(url, "a user name or password before the host", err);
	if (size + sizeof("http://") > ORIGIN_SIZE)
		return refuse(url, "a host that is too long", err);

	if (https && has_suffix(host, size, ":443"))
		size -= 4;
	/* A port of its own without a scheme would allow http as well. */
	scheme = !https ? "http://" : has_port(host, size) ? "https://" : "";
	snprintf(out, ORIGIN_SIZE, "%s%.*s", scheme, (int)size, host);
	for (at = out; *at != '\0'; at++)
		*at = (char)dsync_text_lower((unsigned char)*at);
	return 0;
}

static bool
is_plain(char c)
{
	return dsync_text_is_alnum((unsigned char)c) || c == '.' || c == '_' || c == '-' || c == '+';
}

bool
origin_file_name(const char *url, char out[ORIGIN_NAME_SIZE])
{
	const char *host, *start, *p;
	size_t size, i, length = 0;
	bool https;

	host = after_scheme(url, &https);
	if (host == NULL)
		host = url;
	size = strcspn(host, "?#");
	start = host;
	for (p = host; p < host + size; p++) {
		if (*p == '/' && p + 1 < host + size)
			start = p + 1;
	}
	for (i = 0; start + i < host + size && length + 1 < ORIGIN_NAME_SIZE; i++) {
		if (start[i] == '/')
			break;
		if (length == 0 && start[i] == '.')
			continue; /* a hidden file would surprise */
		out[length++] = is_plain(start[i]) ? start[i] : '_';
	}
	out[length] = '\0';
	if (length == 0)
		strcpy(out, "download");
	return start != host;
}

/* The host of a URL or of an entry of an allow-list, and how long it is. */
static const char *
host_of(const char *url, size_t *size)
{
	const char *host, *bracket;
	bool https;

	host = after_scheme(url, &https);
	if (host == NULL)
		host = url;
	*size = strcspn(host, "/?#");
	bracket = memchr(host, ']', *size);
	if (bracket != NULL)
		*size = (size_t)(bracket + 1 - host);
	else
		*size = strcspn(host, ":/?#");
	return host;
}

bool
origin_same_host(const char *a, const char *b)
{
	size_t a_size, b_size;

	a = host_of(a, &a_size);
	b = host_of(b, &b_size);
	return dsync_text_equal_case(a, a_size, b, b_size);
}

void
origin_bare_url(const char *url, char *out, size_t size)
{
	size_t length = strcspn(url, "?#");

	snprintf(out, size, "%.*s", (int)(length < size ? length : size - 1), url);
}
