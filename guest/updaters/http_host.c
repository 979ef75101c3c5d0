/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * http_host.c - the built-in updater for readers that know only the `host` contract.
 *
 * That contract shows the guest no context, so the URL stands in the module: `target` below is
 * found by its marker and filled in when the archive is made (runtime/builtin.h).  A run that does not get a 200 traps, because
 * the contract has no other way to fail.
 */
#include <stdint.h>

#define HOST(name) __attribute__((import_module("host"), import_name(#name))) extern

HOST(http_request) int32_t http_request(const char *url, int32_t url_size, const char *method, int32_t method_size);
HOST(last_response_size) int32_t last_response_size(void);
HOST(last_response_read) int32_t last_response_read(void *out, int32_t size);
HOST(payload_write) int32_t payload_write(int32_t offset, int32_t size, const void *data);

#define URL_SIZE_MAX 4096

/* Not const, and nowhere zero, so that whatever compiles, links or optimises it keeps all its bytes in one piece. */
#define FILL_16 "................"
#define FILL_64 FILL_16 FILL_16 FILL_16 FILL_16
#define FILL_256 FILL_64 FILL_64 FILL_64 FILL_64
#define FILL_1024 FILL_256 FILL_256 FILL_256 FILL_256

struct {
	char marker[16];
	char url[URL_SIZE_MAX];
} target = { "dotsync:url:v1:", FILL_1024 FILL_1024 FILL_1024 FILL_1024 };

/* Answers are read whole, so memory grows to hold them. */
static void *
make_room(int32_t size)
{
	extern unsigned char __heap_base;
	uint32_t start = (uint32_t)(uintptr_t)&__heap_base;
	uint32_t end = start + (uint32_t)size;
	uint32_t have = (uint32_t)__builtin_wasm_memory_size(0) << 16;

	if (end < start)
		__builtin_trap();
	if (end > have && __builtin_wasm_memory_grow(0, (end - have + 65535) >> 16) == (uint32_t)-1)
		__builtin_trap();
	return &__heap_base;
}

void
run(void)
{
	volatile const char *url = target.url;
	int32_t url_size = 0;
	int32_t size;
	void *body;

	while (url_size < URL_SIZE_MAX && url[url_size] != '\0')
		url_size++;
	if (http_request(target.url, url_size, "GET", 3) != 200)
		__builtin_trap();
	size = last_response_size();
	if (size <= 0)
		__builtin_trap();
	body = make_room(size);
	if (last_response_read(body, size) != size || payload_write(0, size, body) != size)
		__builtin_trap();
}
