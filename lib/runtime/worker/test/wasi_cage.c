/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "wasi_cage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

static const char *
text_of(const struct seen *seen, int64_t source)
{
	switch (source) {
	case DSYNC_GUEST_SOURCE_PAYLOAD:
		return "0123456789";
	case DSYNC_GUEST_SOURCE_CONTEXT:
		return seen->has_context ? "{}" : NULL;
	case DSYNC_GUEST_SOURCE_MANIFEST:
		return "[sync]\n";
	case DSYNC_GUEST_SOURCE_PUSHED:
		return "pushed";
	default:
		return NULL;
	}
}

static void
answer_source(const struct seen *seen, const struct dsync_frame_call *call, struct dsync_frame_result *result)
{
	const char *text = text_of(seen, call->a);
	const int64_t size = text != NULL ? (int64_t)strlen(text) : DSYNC_GUEST_ERR_NOENT;

	result->value = size;
	if (call->call == DSYNC_CALL_SIZE || text == NULL)
		return;
	result->value = call->b >= size ? 0 : call->c < size - call->b ? call->c : size - call->b;
	result->data.data = (const unsigned char *)text + (result->value > 0 ? call->b : 0);
	result->data.size = (size_t)result->value;
}

static void
answer(void *user, uint32_t n, const struct dsync_frame_call *call, struct dsync_frame_result *result)
{
	struct seen *seen = user;

	(void)n;
	switch (call->call) {
	case DSYNC_CALL_SIZE:
	case DSYNC_CALL_READ:
		answer_source(seen, call, result);
		break;
	case DSYNC_CALL_WRITE:
		result->value = seen->write_fails ? DSYNC_GUEST_ERR_IO : 0;
		if (seen->write_fails || call->data.size > sizeof(seen->written) - seen->written_size)
			break;
		memcpy(seen->written + seen->written_size, call->data.data, call->data.size);
		seen->written_size += (uint32_t)call->data.size;
		break;
	case DSYNC_CALL_SLEEP:
		seen->slept_ms += call->a;
		break;
	case DSYNC_CALL_FINISH:
		seen->outcome = call->a;
		memcpy(seen->message, call->data.data, call->data.size < 63 ? call->data.size : 63);
		break;
	default:
		break;
	}
}

int
wasi_set_up(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	f.seen = mmap(NULL, sizeof(*f.seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(f.seen, MAP_FAILED);
	f.seen->has_context = true;
	cage_open(&f.cage, answer, f.seen);
	*state = &f;
	return 0;
}

int
wasi_tear_down(void **state)
{
	struct fixture *f = *state;

	cage_close(&f->cage);
	munmap(f->seen, sizeof(*f->seen));
	return 0;
}

unsigned char *
at(struct fixture *f, int32_t address)
{
	return dsync_guest_range(&f->cage.guest, address, 0);
}

int64_t
ask(struct fixture *f, const char *name, const int64_t *arguments)
{
	return cage_call(&f->cage, &dsync_contract_wasi, name, arguments);
}

int32_t
open_file(struct fixture *f, const char *path)
{
	memcpy(at(f, PATH), path, strlen(path));
	assert_int_equal(ASK(f, "path_open", 3, 1, PATH, (int64_t)strlen(path), 0, 2, 0, 0, OUT), 0);
	return (int32_t)dsync_wasi_get32(at(f, OUT));
}

void
put_vector(struct fixture *f, uint32_t i, uint32_t address, uint32_t size)
{
	dsync_wasi_put32(at(f, VECTORS) + (size_t)i * 8, address);
	dsync_wasi_put32(at(f, VECTORS) + (size_t)i * 8 + 4, size);
}
