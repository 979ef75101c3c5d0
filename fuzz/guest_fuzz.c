/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Any line of the guest protocols, either way: one answer a line, JSON whatever came; what is understood can be said again. */
#include <stdlib.h>
#include <string.h>

#include "../lib/runtime/src/guest_message.h"
#include "runtime/guest.h"

#define PAYLOAD_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* There is no such archive, so that every request that is one ends there. */
static void
try_answer(struct dsync_view line)
{
	static char *const environment[] = { NULL };
	struct dsync_guest *guest;
	struct dsync_buffer out;
	json_t *answer;

	if (dsync_guest_create(&guest, "/nonexistent/a.sync", NULL, environment, PAYLOAD_MAX, NULL) < 0)
		abort();
	dsync_buffer_init(&out, DSYNC_BUFFER_UNLIMITED);
	if (dsync_guest_answer(guest, line.data, line.size, &out) < 0)
		abort();
	if (memchr(out.data, '\n', out.size) != out.data + out.size - 1)
		abort();
	answer = json_loadb((const char *)out.data, out.size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	if (answer == NULL || (json_object_get(answer, "error") == NULL))
		abort();
	json_decref(answer);
	dsync_buffer_finish(&out);
	dsync_guest_destroy(guest);
}

static void
try_request(struct dsync_view line)
{
	struct dsync_guest_request request, again;
	struct dsync_guest_fault fault;
	struct dsync_buffer once;

	if (dsync__guest_read_request(line, PAYLOAD_MAX, &request, &fault) == 0) {
		dsync_buffer_init(&once, DSYNC_BUFFER_UNLIMITED);
		if (dsync__guest_write_request(&request, &once) < 0)
			abort();
		if (dsync__guest_read_request(dsync_buffer_view(&once), PAYLOAD_MAX, &again, &fault) < 0)
			abort();
		if (again.rpc != request.rpc || again.action != request.action || again.id.size != request.id.size ||
			memcmp(again.id.data, request.id.data, request.id.size) != 0 ||
			again.context.granted != request.context.granted ||
			again.context.hosts.count != request.context.hosts.count)
			abort();
		dsync__guest_finish_request(&again);
		dsync_buffer_finish(&once);
	} else if (fault.error.code == 0 || fault.error.message[0] == '\0') {
		abort();
	}
	dsync__guest_finish_request(&request);
}

static void
try_response(struct dsync_view line, bool rpc, enum dsync_action action)
{
	const struct dsync_guest_request request = {
		.rpc = rpc, .action = action, .id = { (const unsigned char *)"\"1\"", 3 }
	};
	struct dsync_error err;
	struct dsync_buffer out;

	dsync_buffer_init(&out, DSYNC_BUFFER_UNLIMITED);
	memset(&err, 0, sizeof(err));
	if (dsync__guest_read_response(&request, line, &out, &err) < 0 && err.code == 0)
		abort();
	dsync_buffer_finish(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct dsync_view line = { data, size };
	int i;

	if (size > 0 && memchr(data, '\n', size) != NULL)
		return 0; /* then it is not one line */
	try_answer(line);
	try_request(line);
	for (i = 0; i < DSYNC_ACTION_COUNT * 2; i++)
		try_response(line, i % 2, (enum dsync_action)(i / 2));
	return 0;
}
