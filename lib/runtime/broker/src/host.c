/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A host is a name, a dotted quad or an IPv6 address.  Programs differ in what they take
 * for an address (127.1, 0x7f.1, 2130706433 and 0177.0.0.1 are all 127.0.0.1 to some), so
 * a name that ends in a number and is not a plain dotted quad is refused.
 */
#include <arpa/inet.h>
#include <string.h>

#include "base/text.h"
#include "internal.h"

#define NAME_MAX_SIZE 253u
#define LABEL_MAX_SIZE 63u

static bool
is_octet(const char *text, size_t size)
{
	uint64_t value;

	return size <= 3 && dsync_text_parse_u64(text, size, &value) == 0 && value <= 255;
}

static bool
is_dotted_quad(const char *text, size_t size)
{
	const char *end = text + size;
	const char *dot;
	int i;

	for (i = 0; i < 3; i++) {
		dot = memchr(text, '.', (size_t)(end - text));
		if (dot == NULL || !is_octet(text, (size_t)(dot - text)))
			return false;
		text = dot + 1;
	}
	return is_octet(text, (size_t)(end - text));
}

/* Decimal or octal digits, or 0x and any number of hexadecimal ones. */
static bool
is_number(const char *text, size_t size)
{
	bool hex = size >= 2 && text[0] == '0' && dsync_text_lower((unsigned char)text[1]) == 'x';
	size_t i;

	for (i = hex ? 2 : 0; i < size; i++) {
		if (!(hex ? dsync_text_is_hex((unsigned char)text[i]) : dsync_text_is_digit((unsigned char)text[i])))
			return false;
	}
	return size > 0;
}

static const char *
check_label(const char *label, size_t size)
{
	size_t i;

	if (size == 0)
		return "empty label";
	if (size > LABEL_MAX_SIZE)
		return "label longer than 63 bytes";
	if (label[0] == '-' || label[size - 1] == '-')
		return "label that starts or ends with a hyphen";
	for (i = 0; i < size; i++) {
		if (!dsync_text_is_alnum((unsigned char)label[i]) && label[i] != '-')
			return "character other than letters, digits, hyphens and dots";
	}
	return NULL;
}

static const char *
check_name(const char *name, size_t size)
{
	const char *end = name + size;
	const char *problem, *dot;

	if (size > NAME_MAX_SIZE)
		return "name longer than 253 bytes";
	while ((dot = memchr(name, '.', (size_t)(end - name))) != NULL) {
		problem = check_label(name, (size_t)(dot - name));
		if (problem != NULL)
			return problem;
		name = dot + 1;
	}
	problem = check_label(name, (size_t)(end - name));
	if (problem == NULL && is_number(name, (size_t)(end - name)))
		return "number that is not an address of four decimal parts";
	return problem;
}

static void
copy_lower(char *out, const char *text, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		out[i] = (char)dsync_text_lower((unsigned char)text[i]);
	out[size] = '\0';
}

static const char *
parse_ipv6(const char *text, size_t size, char host[DSYNC_URL_HOST_SIZE])
{
	char copy[INET6_ADDRSTRLEN];
	struct in6_addr address;

	if (size >= sizeof(copy) || memchr(text, '\0', size) != NULL)
		return "bad IPv6 address";
	memcpy(copy, text, size);
	copy[size] = '\0';
	if (inet_pton(AF_INET6, copy, &address) != 1)
		return "bad IPv6 address";
	inet_ntop(AF_INET6, &address, host, DSYNC_URL_HOST_SIZE);
	return NULL;
}

const char *
dsync__host_parse(const char *text, size_t size, enum dsync_url_host_kind *kind, char host[DSYNC_URL_HOST_SIZE])
{
	const char *problem;

	host[0] = '\0';
	if (size == 0)
		return "no host";
	if (memchr(text, ':', size) != NULL) {
		*kind = DSYNC_HOST_IPV6;
		return parse_ipv6(text, size, host);
	}
	*kind = DSYNC_HOST_IPV4;
	if (!is_dotted_quad(text, size)) {
		*kind = DSYNC_HOST_NAME;
		if (size > 1 && text[size - 1] == '.')
			size--;
		problem = check_name(text, size);
		if (problem != NULL)
			return problem;
	}
	copy_lower(host, text, size);
	return NULL;
}

bool
dsync__port_parse(const char *text, size_t size, uint16_t *port)
{
	uint64_t value;

	if (dsync_text_parse_u64(text, size, &value) < 0 || value == 0 || value > UINT16_MAX)
		return false;
	*port = (uint16_t)value;
	return true;
}
