/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What a guest may put on the wire besides the URL: one of six methods, and headers that
 * neither frame the message, nor route it, nor carry credentials.  curl passes line breaks
 * in either on as they are, so that this is the only check.
 */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "internal.h"

static const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE" };

static const char *const refused_names[] = {
	"host",
	"content-length",
	"transfer-encoding",
	"connection",
	"keep-alive",
	"upgrade",
	"http2-settings",
	"te",
	"trailer",
	"expect",
	"cookie",
	"cookie2",
	"authorization",
};

int
dsync__method_parse(const char *text, size_t size, enum dsync__method *method, struct dsync_error *err)
{
	size_t i;

	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (strlen(methods[i]) == size && memcmp(methods[i], text, size) == 0) {
			*method = (enum dsync__method)i;
			return 0;
		}
	}
	dsync_error_set(err, DSYNC_ERR_POLICY, "method", "unknown method");
	dsync_error_expected(err, "GET, HEAD, POST, PUT, PATCH or DELETE");
	dsync_error_found(err, "\"%.*s\"", (int)(size < 40 ? size : 40), text);
	return DSYNC_ERR_POLICY;
}

const char *
dsync__method_name(enum dsync__method method)
{
	return methods[method];
}

static bool
is_token(const char *text, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++) {
		if (text[i] == '\0' ||
			(!dsync_text_is_alnum((unsigned char)text[i]) && strchr("!#$%&'*+-.^_`|~", text[i]) == NULL))
			return false;
	}
	return size > 0;
}

bool
dsync__header_value_ok(const char *value, size_t size)
{
	unsigned char c;
	size_t i;

	for (i = 0; i < size; i++) {
		c = (unsigned char)value[i];
		if ((c < 0x20 && c != '\t') || c > 0x7E)
			return false;
	}
	return true;
}

/* What carries credentials a guest may send only as a secret of the user's. */
static bool
is_credential(const struct dsync_header *header)
{
	return (dsync_text_equal_case(header->name, header->name_size, "authorization", 13) ||
		       dsync_text_equal_case(header->name, header->name_size, "cookie", 6)) &&
		dsync__secret_is_in(header);
}

static bool
is_refused_name(const char *name, size_t size)
{
	size_t i;

	if (size >= 6 && dsync_text_equal_case(name, 6, "proxy-", 6))
		return true;
	for (i = 0; i < sizeof(refused_names) / sizeof(refused_names[0]); i++) {
		if (dsync_text_equal_case(name, size, refused_names[i], strlen(refused_names[i])))
			return true;
	}
	return false;
}

static int
refuse(const struct dsync_header *header, const char *why, struct dsync_error *err)
{
	dsync_error_set(err, DSYNC_ERR_POLICY, "header", "header that an updater may not send");
	dsync_error_at_entry(err, header->name, header->name_size);
	dsync_error_found(err, "%s", why);
	return DSYNC_ERR_POLICY;
}

int
dsync__request_headers_check(const struct dsync_header *headers, size_t count, struct dsync_error *err)
{
	size_t bytes = 0;
	size_t i;

	if (count > DSYNC_BROKER_HEADERS_MAX)
		return dsync_error_set(
			err, DSYNC_ERR_POLICY, "header", "%zu headers, more than %u", count, DSYNC_BROKER_HEADERS_MAX);
	for (i = 0; i < count; i++) {
		if (!is_token(headers[i].name, headers[i].name_size))
			return refuse(&headers[i], "a name that is no token", err);
		if (is_refused_name(headers[i].name, headers[i].name_size) && !is_credential(&headers[i]))
			return refuse(&headers[i], "a name that is ours to send, or carries credentials", err);
		if (!dsync__header_value_ok(headers[i].value, headers[i].value_size))
			return refuse(&headers[i], "a control character or one beyond ASCII in the value", err);
		if (headers[i].name_size > DSYNC__HEADER_BYTES_MAX || headers[i].value_size > DSYNC__HEADER_BYTES_MAX)
			return refuse(&headers[i], "more than 8192 bytes", err);
		bytes += headers[i].name_size + headers[i].value_size;
		if (bytes > DSYNC__HEADER_BYTES_MAX)
			return refuse(&headers[i], "more than 8192 bytes of headers", err);
	}
	return 0;
}
