/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "reference.h"

#include "json.h"
#include "text.h"

/* What comes behind "http://host:port". */
static int32_t
origin_size(const char *url)
{
	int32_t i = 0, slashes = 0;

	while (url[i] != '\0' && url[i] != '?' && url[i] != '#' && (url[i] != '/' || ++slashes < 3))
		i++;
	return i;
}

/* Up to query and fragment. */
static int32_t
path_end(const char *url)
{
	int32_t i = 0;

	while (url[i] != '\0' && url[i] != '?' && url[i] != '#')
		i++;
	return i;
}

static int32_t
has_scheme(const char *text)
{
	int32_t i = 0;

	while ((text[i] >= 'a' && text[i] <= 'z') || (text[i] >= 'A' && text[i] <= 'Z') ||
		(i > 0 && ((text[i] >= '0' && text[i] <= '9') || text[i] == '+' || text[i] == '-' || text[i] == '.')))
		i++;
	return i > 0 && text[i] == ':';
}

static int32_t
is_web(const char *url)
{
	return text_begins(url, "https://") || text_begins(url, "http://");
}

/* How much of the base's path stays: up to the slash, and one folder less for each "../", which is passed over. */
static int32_t
keep_folders(const char *base, const char **reference)
{
	int32_t origin = origin_size(base), keep = path_end(base);

	while (keep > origin && base[keep - 1] != '/')
		keep--;
	for (;;) {
		if (text_begins(*reference, "./")) {
			*reference += 2;
		} else if (text_begins(*reference, "../")) {
			*reference += 3;
			keep -= keep > origin + 1;
			while (keep > origin + 1 && base[keep - 1] != '/')
				keep--;
		} else {
			return keep;
		}
	}
}

int32_t
reference_resolve(const char *base, const char *reference, char out[URL_SIZE_MAX])
{
	const char *rest = reference;
	int32_t keep = 0, length;

	if (reference[0] == '\0' || reference[0] == '#')
		return -1;
	if (text_begins(reference, "//"))
		keep = text_begins(base, "https") ? 6 : 5;
	else if (reference[0] == '/')
		keep = origin_size(base);
	else if (reference[0] == '?')
		keep = path_end(base);
	else if (!has_scheme(reference))
		keep = keep_folders(base, &rest);

	if (keep + 1 + text_size(rest) + 1 > URL_SIZE_MAX)
		return -1;
	length = text_append_bytes(out, 0, URL_SIZE_MAX, base, keep);
	if (keep > 0 && keep == origin_size(base) && rest[0] != '/')
		length = text_append(out, length, URL_SIZE_MAX, "/");
	text_append(out, length, URL_SIZE_MAX, rest);
	if (!is_web(out) || (text_begins(base, "https:") && !text_begins(out, "https:")))
		return -1;
	return 0;
}

int32_t
reference_same_origin(const char *a, const char *b)
{
	int32_t size = origin_size(a), i;

	if (size != origin_size(b))
		return 0;
	for (i = 0; i < size; i++) {
		if (a[i] != b[i])
			return 0;
	}
	return 1;
}

int32_t
reference_file_name(const char *url, char *out, int32_t size)
{
	int32_t end = path_end(url), start = end, origin = origin_size(url), length = 0;
	char c;

	while (start > origin && url[start - 1] != '/')
		start--;
	while (start < end && length + 1 < size) {
		c = url[start++];
		if (c == '%' && end - start >= 2 && json_hex_digit(url[start]) >= 0 &&
			json_hex_digit(url[start + 1]) >= 0) {
			c = (char)(json_hex_digit(url[start]) * 16 + json_hex_digit(url[start + 1]));
			start += 2;
		}
		out[length++] = c;
	}
	out[length] = '\0';
	return length;
}
