/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * scheme "://" host [":" port] [path] ["?" query] ["#" fragment], and nothing besides.
 * What other parsers read in more than one way (backslashes, user parts, percent signs
 * in the host, missing or surplus slashes, blanks) is refused, never repaired.
 */
#include "broker/url.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "internal.h"

/* The pieces of the text, as they stand there. */
struct pieces {
	bool https;
	const char *host; /* IPv6: without brackets */
	size_t host_size;
	bool bracketed;
	const char *port; /* NULL: no colon */
	size_t port_size;
	const char *path;  /* from the first of / ? or the end */
	size_t path_size;  /* up to a '?' */
	const char *query; /* with its '?' */
	size_t query_size;
};

static int __attribute__((format(printf, 5, 6)))
refuse(struct dsync_error *err, const char *text, size_t size, size_t offset, const char *format, ...)
{
	char why[DSYNC_ERROR_TEXT_SIZE];
	va_list args;

	va_start(args, format);
	if (vsnprintf(why, sizeof(why), format, args) < 0)
		why[0] = '\0';
	va_end(args);
	dsync_error_set(err, DSYNC_ERR_SYNTAX, "url", "bad URL");
	dsync_error_at_entry(err, text, size);
	dsync_error_at_offset(err, offset);
	dsync_error_expected(err, "http[s]://host[:port]/path");
	dsync_error_found(err, "%s", why);
	return DSYNC_ERR_SYNTAX;
}

static int
check_bytes(const char *text, size_t size, struct dsync_error *err)
{
	unsigned char c;
	size_t i;

	if (size == 0)
		return refuse(err, text, size, 0, "nothing");
	if (size > DSYNC_URL_SIZE_MAX)
		return refuse(err, text, size, DSYNC_URL_SIZE_MAX, "%zu bytes, more than %u", size, DSYNC_URL_SIZE_MAX);
	for (i = 0; i < size; i++) {
		c = (unsigned char)text[i];
		if (c > 0x20 && c < 0x7F && c != '\\')
			continue;
		refuse(err, text, size, i, "byte 0x%02x", c);
		if (c >= 0x80)
			dsync_error_hint(err, "write a host name in its xn-- form and a path with %%XX");
		return DSYNC_ERR_SYNTAX;
	}
	return 0;
}

/* Returns the offset behind "://", or a negative code. */
static int
split_scheme(struct pieces *p, const char *text, size_t size, struct dsync_error *err)
{
	const char *colon = memchr(text, ':', size);
	size_t scheme_size = colon != NULL ? (size_t)(colon - text) : 0;
	size_t after = scheme_size + 1;

	if (colon == NULL)
		return refuse(err, text, size, 0, "no scheme");
	p->https = dsync_text_equal_case(text, scheme_size, "https", 5);
	if (!p->https && !dsync_text_equal_case(text, scheme_size, "http", 4))
		return refuse(err, text, size, 0, "another scheme");
	if (size - after < 2 || text[after] != '/' || text[after + 1] != '/')
		return refuse(err, text, size, after, "no \"//\" after the scheme");
	return (int)(after + 2);
}

static const char *
find_any(const char *text, size_t size, const char *set)
{
	size_t i;

	for (i = 0; i < size; i++) {
		if (strchr(set, text[i]) != NULL)
			return text + i;
	}
	return text + size;
}

/* Splits host and port; `authority` lies in `text`. */
static int
split_authority(struct pieces *p, const char *text, size_t size, const char *authority, struct dsync_error *err)
{
	const char *end = find_any(authority, (size_t)(text + size - authority), "/?#");
	const char *bad = find_any(authority, (size_t)(end - authority), "@%");
	const char *close;

	p->path = end;
	if (bad < end)
		return refuse(err, text, size, (size_t)(bad - text),
			*bad == '@' ? "a user part" : "a percent sign in the host");
	p->bracketed = authority < end && *authority == '[';
	if (p->bracketed) {
		close = memchr(authority, ']', (size_t)(end - authority));
		if (close == NULL)
			return refuse(err, text, size, (size_t)(authority - text), "no closing bracket");
		p->host = authority + 1;
		p->host_size = (size_t)(close - p->host);
		authority = close + 1;
		if (authority < end && *authority != ':')
			return refuse(
				err, text, size, (size_t)(authority - text), "something between bracket and port");
	} else {
		p->host = authority;
		authority = find_any(authority, (size_t)(end - authority), ":");
		p->host_size = (size_t)(authority - p->host);
	}
	p->port = authority < end ? authority + 1 : NULL;
	p->port_size = authority < end ? (size_t)(end - authority - 1) : 0;
	return 0;
}

static void
split_path(struct pieces *p, const char *end)
{
	end = find_any(p->path, (size_t)(end - p->path), "#");
	p->query = find_any(p->path, (size_t)(end - p->path), "?");
	p->path_size = (size_t)(p->query - p->path);
	p->query_size = (size_t)(end - p->query);
	if (p->query_size == 1)
		p->query_size = 0; /* a question mark alone asks nothing */
}

static int
read_host(struct dsync_url *url, const struct pieces *p, const char *text, size_t size, struct dsync_error *err)
{
	const char *problem = dsync__host_parse(p->host, p->host_size, &url->kind, url->host);

	if (problem == NULL && (url->kind == DSYNC_HOST_IPV6) != p->bracketed)
		problem = p->bracketed ? "brackets around something else than an IPv6 address"
				       : "an IPv6 address without brackets";
	if (problem != NULL)
		return refuse(err, text, size, (size_t)(p->host - text), "%s", problem);

	url->port = url->https ? 443 : 80;
	url->port_given = p->port != NULL;
	if (p->port != NULL && !dsync__port_parse(p->port, p->port_size, &url->port))
		return refuse(err, text, size, (size_t)(p->port - text), "a port that is not 1 to 65535");
	return 0;
}

/* Writes the one spelling; false when it is too long, which an IPv6 address spelt out in full can make it. */
static bool
write_text(struct dsync_url *url, const struct pieces *p)
{
	const char *open = url->kind == DSYNC_HOST_IPV6 ? "[" : "";
	const char *close = url->kind == DSYNC_HOST_IPV6 ? "]" : "";
	char origin[DSYNC_URL_HOST_SIZE + 24];
	char port[8] = "";
	size_t size;

	if (url->port != (url->https ? 443 : 80))
		snprintf(port, sizeof(port), ":%u", url->port);
	size = (size_t)snprintf(
		origin, sizeof(origin), "%s://%s%s%s%s", url->https ? "https" : "http", open, url->host, close, port);
	if (size + (p->path_size > 0 ? p->path_size : 1) + p->query_size > DSYNC_URL_SIZE_MAX)
		return false;

	memcpy(url->text, origin, size);
	url->path_offset = (uint32_t)size;
	size += dsync__path_normalise(url->text + size, p->path, p->path_size);
	memcpy(url->text + size, p->query, p->query_size);
	url->text[size + p->query_size] = '\0';
	return true;
}

static int
parse(struct dsync_url *url, const char *text, size_t size, struct dsync_error *err)
{
	struct pieces p;
	int rc;

	memset(&p, 0, sizeof(p));
	rc = check_bytes(text, size, err);
	if (rc < 0)
		return rc;
	rc = split_scheme(&p, text, size, err);
	if (rc < 0)
		return rc;
	rc = split_authority(&p, text, size, text + rc, err);
	if (rc < 0)
		return rc;
	split_path(&p, text + size);

	url->https = p.https;
	rc = read_host(url, &p, text, size, err);
	if (rc < 0)
		return rc;
	if (!write_text(url, &p))
		return refuse(err, text, size, 0, "more than %u bytes", DSYNC_URL_SIZE_MAX);
	return 0;
}

int
dsync_url_parse(struct dsync_url *url, const char *text, size_t size, struct dsync_error *err)
{
	int rc;

	memset(url, 0, sizeof(*url));
	rc = parse(url, text, size, err);
	if (rc < 0)
		memset(url, 0, sizeof(*url));
	return rc;
}

bool
dsync_url_same_origin(const struct dsync_url *a, const struct dsync_url *b)
{
	return a->https == b->https && a->port == b->port && a->kind == b->kind && strcmp(a->host, b->host) == 0;
}
