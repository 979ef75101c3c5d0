/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * secret.c - a secret as the command line and the file of a grant say it; where its value is, is in secret_value.c.
 */
#include "runtime/secret.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"

#define HTTPS_PORT 443
#define HOST_MAX 253u
#define PLACE_MAX 128u
#define FORMAT_MAX 256u
#define SOURCE_MAX 4096u

/* Headers that frame or route a message carry no credentials. */
static const char *const refused_headers[] = { "host", "content-length", "transfer-encoding", "connection",
	"keep-alive", "upgrade", "te", "trailer", "expect", "range", "accept-encoding" };

void
dsync_secret_wipe(char *value)
{
	if (value != NULL)
		explicit_bzero(value, strlen(value));
	free(value);
}

void
dsync_secret_finish(struct dsync_secret *secret)
{
	free(secret->name);
	free(secret->host);
	free(secret->place);
	free(secret->format);
	free(secret->source);
	dsync_secret_wipe(secret->value);
	memset(secret, 0, sizeof(*secret));
}

static char *
copy_text(const char *text, bool *failed)
{
	char *copy = text != NULL ? strdup(text) : NULL;

	*failed |= text != NULL && copy == NULL;
	return copy;
}

int
dsync_secret_copy(struct dsync_secret *to, const struct dsync_secret *from, struct dsync_error *err)
{
	bool failed = false;

	to->name = copy_text(from->name, &failed);
	to->host = copy_text(from->host, &failed);
	to->port = from->port;
	to->in_query = from->in_query;
	to->place = copy_text(from->place, &failed);
	to->format = copy_text(from->format, &failed);
	to->source = copy_text(from->source, &failed);
	to->value = copy_text(from->value, &failed);
	if (!failed)
		return 0;
	dsync_secret_finish(to);
	return dsync_error_set_memory(err);
}

/* Letters, digits and what else is in the list; at most `max` of them, and at least one. */
static bool
is_made_of(const char *text, const char *others, size_t max)
{
	size_t i;

	for (i = 0; text[i] != '\0'; i++) {
		if (!dsync_text_is_alnum((unsigned char)text[i]) && strchr(others, text[i]) == NULL)
			return false;
	}
	return i > 0 && i <= max;
}

static bool
is_refused_header(const char *name)
{
	size_t i;

	if (strlen(name) >= 6 && dsync_text_equal_case(name, 6, "proxy-", 6))
		return true;
	for (i = 0; i < sizeof(refused_headers) / sizeof(refused_headers[0]); i++) {
		if (dsync_text_equal_case(name, strlen(name), refused_headers[i], strlen(refused_headers[i])))
			return true;
	}
	return false;
}

static bool
is_format(const char *format, bool in_query)
{
	const char *place = strstr(format, "{}");
	size_t i;

	for (i = 0; format[i] != '\0'; i++) {
		if (format[i] < 0x20 || format[i] > 0x7e)
			return false;
	}
	return place != NULL && strstr(place + 2, "{}") == NULL && i <= FORMAT_MAX && (!in_query || i == 2);
}

static bool
is_source(const char *source)
{
	if (strlen(source) > SOURCE_MAX)
		return false;
	if (strncmp(source, "file:", 5) == 0)
		return source[5] == '/';
	if (strncmp(source, "env:", 4) == 0)
		return is_made_of(source + 4, "_", SOURCE_MAX);
	return strncmp(source, "credential:", 11) == 0 && source[11] != '.' && is_made_of(source + 11, "_.-", 255);
}

static bool
is_value(const char *value)
{
	size_t i;

	for (i = 0; value[i] != '\0'; i++) {
		if (value[i] < 0x20 || value[i] > 0x7e)
			return false;
	}
	return i >= DSYNC_SECRET_VALUE_MIN && i <= DSYNC_SECRET_VALUE_MAX;
}

static int
refuse(const char *what, const char *found, const char *expected, struct dsync_error *err)
{
	dsync_error_set(err, DSYNC_ERR_INVALID, "secret", "%s", what);
	dsync_error_expected(err, "%s", expected);
	if (found != NULL)
		dsync_error_found(err, "\"%s\"", found);
	return DSYNC_ERR_INVALID;
}

static int
check_place(const struct dsync_secret *s, struct dsync_error *err)
{
	if (s->in_query) {
		if (s->place == NULL || !is_made_of(s->place, "_.-~[]", PLACE_MAX))
			return refuse("no query parameter for a secret", s->place, "letters, digits, _ . - ~", err);
	} else if (s->place == NULL || !is_made_of(s->place, "!#$%&'*+-.^_`|~", PLACE_MAX) ||
		is_refused_header(s->place)) {
		return refuse("no header for a secret", s->place, "a name such as Authorization or X-Api-Key", err);
	}
	if (s->format == NULL || !is_format(s->format, s->in_query))
		return refuse("no format for a secret", s->format,
			s->in_query ? "none, in a query" : "text with one {}, such as \"Bearer {}\"", err);
	return 0;
}

int
dsync_secret_check(const struct dsync_secret *s, struct dsync_error *err)
{
	if (s->name == NULL || !is_made_of(s->name, "_-", DSYNC_SECRET_NAME_MAX))
		return refuse("no name for a secret", s->name, "up to 64 letters, digits, _ and -", err);
	if (s->host == NULL || !is_made_of(s->host, strchr(s->host, ':') != NULL ? ":." : ".-", HOST_MAX))
		return refuse("no host for a secret", s->host, "one host, exactly, such as api.example.com", err);
	if (s->port == 0)
		return refuse("no port for a secret", NULL, "1 to 65535", err);
	if ((s->source == NULL) == (s->value == NULL) || (s->source != NULL && !is_source(s->source)))
		return refuse("no source for a secret", s->source, "env:NAME, file:/PATH or credential:NAME", err);
	if (s->value != NULL && !is_value(s->value))
		return refuse("no value for a secret", NULL, "8 to 4096 visible ASCII characters", err);
	return check_place(s, err);
}

static void
lower(char *text)
{
	for (; *text != '\0'; text++)
		*text = (char)dsync_text_lower((unsigned char)*text);
}

/* "host", "host:8443", "[::1]:8443"; "https://" in front is not wrong. */
static int
set_host(struct dsync_secret *s, const char *text, size_t size, struct dsync_error *err)
{
	const char *end = text + size, *colon, *close;
	uint64_t port = HTTPS_PORT;

	if (size > 8 && dsync_text_equal_case(text, 8, "https://", 8))
		text += 8;
	close = text < end && *text == '[' ? memchr(text, ']', (size_t)(end - text)) : NULL;
	colon = memchr(close != NULL ? close : text, ':', (size_t)(end - (close != NULL ? close : text)));
	if (colon != NULL &&
		(dsync_text_parse_u64(colon + 1, (size_t)(end - colon) - 1, &port) < 0 || port > UINT16_MAX))
		return refuse("no port for a secret", NULL, "host=HOST or host=HOST:PORT", err);
	if (colon != NULL)
		end = colon;
	free(s->host);
	s->port = (uint16_t)port;
	s->host = close != NULL ? strndup(text + 1, (size_t)(close - text) - 1) : strndup(text, (size_t)(end - text));
	if (s->host == NULL)
		return dsync_error_set_memory(err);
	lower(s->host);
	return 0;
}

static int
set_text(char **to, const char *text, size_t size, struct dsync_error *err)
{
	free(*to);
	*to = strndup(text, size);
	return *to != NULL ? 0 : dsync_error_set_memory(err);
}

/* One "key=value" behind the source. */
static int
set_key(struct dsync_secret *s, const char *key, size_t key_size, const char *value, size_t size,
	struct dsync_error *err)
{
	const bool query = key_size == 5 && memcmp(key, "query", 5) == 0;

	if (key_size == 4 && memcmp(key, "host", 4) == 0)
		return set_host(s, value, size, err);
	if (key_size == 6 && memcmp(key, "format", 6) == 0)
		return set_text(&s->format, value, size, err);
	if (!query && !(key_size == 6 && memcmp(key, "header", 6) == 0))
		return refuse("a part of a secret that is not known", NULL, "host=, header=, query= or format=", err);
	s->in_query = query;
	return set_text(&s->place, value, size, err);
}

static int
set_keys(struct dsync_secret *s, const char *p, struct dsync_error *err)
{
	const char *equals;
	size_t size;
	int rc = 0;

	while (rc == 0 && *p == ',') {
		p++;
		size = strncmp(p, "format=", 7) == 0 ? strlen(p) : strcspn(p, ",");
		equals = memchr(p, '=', size);
		if (equals == NULL)
			return refuse(
				"a part of a secret that is not known", NULL, "host=, header=, query= or format=", err);
		rc = set_key(s, p, (size_t)(equals - p), equals + 1, size - (size_t)(equals + 1 - p), err);
		p += size;
	}
	return rc;
}

static int
set_defaults(struct dsync_secret *s, struct dsync_error *err)
{
	bool bearer;

	if (s->place == NULL && set_text(&s->place, "Authorization", strlen("Authorization"), err) < 0)
		return DSYNC_ERR_NO_MEMORY;
	bearer = !s->in_query &&
		dsync_text_equal_case(s->place, strlen(s->place), "Authorization", strlen("Authorization"));
	if (s->format == NULL)
		return bearer ? set_text(&s->format, "Bearer {}", 9, err) : set_text(&s->format, "{}", 2, err);
	return 0;
}

/* "file:key" as a person types it: the refresh is done from another folder. */
static int
make_absolute(struct dsync_secret *s, struct dsync_error *err)
{
	const char *path = s->source + strlen("file:");
	char folder[PATH_MAX];
	char *source;
	size_t size;

	if (strncmp(s->source, "file:", strlen("file:")) != 0 || path[0] == '/' || path[0] == '\0' ||
		getcwd(folder, sizeof(folder)) == NULL)
		return 0;
	size = strlen(s->source) + strlen(folder) + 2;
	source = malloc(size);
	if (source == NULL)
		return dsync_error_set_memory(err);
	snprintf(source, size, "file:%s/%s", folder, path);
	free(s->source);
	s->source = source;
	return 0;
}

int
dsync_secret_parse(struct dsync_secret *s, const char *text, struct dsync_error *err)
{
	const char *equals = strchr(text, '=');
	int rc;

	memset(s, 0, sizeof(*s));
	if (equals == NULL)
		return refuse("no secret", NULL, "NAME=SOURCE,host=HOST", err);
	rc = set_text(&s->name, text, (size_t)(equals - text), err);
	if (rc == 0)
		rc = set_text(&s->source, equals + 1, strcspn(equals + 1, ","), err);
	if (rc == 0)
		rc = make_absolute(s, err);
	if (rc == 0)
		rc = set_keys(s, equals + 1 + strcspn(equals + 1, ","), err);
	if (rc == 0)
		rc = set_defaults(s, err);
	if (rc == 0 && s->host == NULL)
		rc = refuse("a secret that may be sent nowhere", NULL, "host=HOST, the one host that may get it", err);
	if (rc == 0)
		rc = dsync_secret_check(s, err);
	if (rc < 0)
		dsync_secret_finish(s);
	return rc;
}
