/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The contract host.*: the old payload is the URL, the answer becomes the new one. */
#include <stdint.h>

#define HOST(name) __attribute__((import_module("host"), import_name(#name))) extern

HOST(http_request) int32_t http_request(const char *url, int32_t url_size, const char *method, int32_t method_size);
HOST(last_response_size) int32_t last_response_size(void);
HOST(last_response_read) int32_t last_response_read(char *out, int32_t size);
HOST(payload_size) int32_t payload_size(void);
HOST(payload_read) int32_t payload_read(int32_t offset, int32_t size, char *out);
HOST(payload_write) int32_t payload_write(int32_t offset, int32_t size, const char *data);

static char url[4096];
static char body[1 << 20];

/* A number as text into the payload: what a call returned. */
static void
write_number(int32_t number)
{
	char text[16];
	int32_t i = sizeof(text);
	uint32_t left = number < 0 ? (uint32_t)-number : (uint32_t)number;

	do {
		text[--i] = (char)('0' + left % 10);
		left /= 10;
	} while (left != 0);
	if (number < 0)
		text[--i] = '-';
	payload_write(0, (int32_t)sizeof(text) - i, text + i);
}

int
run(void)
{
	int32_t size = payload_read(0, payload_size(), url);
	int32_t status = http_request(url, size, "GET", 3);

	if (status != 200 || last_response_size() > (int32_t)sizeof(body))
		write_number(status);
	else
		payload_write(0, last_response_read(body, sizeof(body)), body);
	return 0;
}
