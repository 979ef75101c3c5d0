/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "wasi_world.h"

#include <string.h>

#include "ticks.h"

enum { CLOCK_REAL = 0, CLOCK_STEADY = 1, CLOCK_PROCESS = 2, CLOCK_THREAD = 3 };

/* The first `skip` of the job's strings are others'; the next `count` are meant. */
static struct dsync_view
strings_of(const struct dsync_guest *guest, uint32_t skip, uint32_t count)
{
	const unsigned char *start = guest->job.strings.data, *end;
	struct dsync_view view;

	for (; skip > 0; skip--)
		start += strlen((const char *)start) + 1;
	for (end = start; count > 0; count--)
		end += strlen((const char *)end) + 1;
	view.data = start;
	view.size = (size_t)(end - start);
	return view;
}

static int64_t
put_strings(struct dsync_guest *guest, const wasmtime_val_raw_t *v, struct dsync_view strings, uint32_t count)
{
	unsigned char *pointers = dsync_guest_range(guest, v[0].i32, (uint64_t)count * 4);
	unsigned char *data = dsync_guest_range(guest, v[1].i32, strings.size);
	uint32_t i;
	size_t offset = 0;

	if (pointers == NULL || data == NULL)
		return DSYNC_WASI_FAULT;
	for (i = 0; i < count; i++) {
		dsync_wasi_put32(pointers + (size_t)i * 4, (uint32_t)v[1].i32 + (uint32_t)offset);
		offset += strlen((const char *)strings.data + offset) + 1;
	}
	memcpy(data, strings.data, strings.size);
	return DSYNC_WASI_SUCCESS;
}

static int64_t
put_sizes(struct dsync_guest *guest, const wasmtime_val_raw_t *v, struct dsync_view strings, uint32_t count)
{
	unsigned char *count_out = dsync_guest_range(guest, v[0].i32, 4);
	unsigned char *size_out = dsync_guest_range(guest, v[1].i32, 4);

	if (count_out == NULL || size_out == NULL)
		return DSYNC_WASI_FAULT;
	dsync_wasi_put32(count_out, count);
	dsync_wasi_put32(size_out, (uint32_t)strings.size);
	return DSYNC_WASI_SUCCESS;
}

DSYNC_WASI_FUNCTION(args_get)
{
	return put_strings(guest, v, strings_of(guest, 0, guest->job.argument_count), guest->job.argument_count);
}

DSYNC_WASI_FUNCTION(args_sizes_get)
{
	return put_sizes(guest, v, strings_of(guest, 0, guest->job.argument_count), guest->job.argument_count);
}

DSYNC_WASI_FUNCTION(environ_get)
{
	return put_strings(guest, v, strings_of(guest, guest->job.argument_count, guest->job.environment_count),
		guest->job.environment_count);
}

DSYNC_WASI_FUNCTION(environ_sizes_get)
{
	return put_sizes(guest, v, strings_of(guest, guest->job.argument_count, guest->job.environment_count),
		guest->job.environment_count);
}

/* The host's clock when the job began, and ours since; no clock tells how long the machine is up. */
bool
dsync_wasi_clock(const struct dsync_guest *guest, uint32_t id, uint64_t *ns)
{
	const uint64_t steady_ns = (dsync_ticks_monotonic_us() - guest->start_us) * 1000;

	switch (id) {
	case CLOCK_REAL:
		*ns = (uint64_t)guest->job.now_ms * 1000000 + steady_ns;
		return true;
	case CLOCK_STEADY:
		*ns = steady_ns;
		return true;
	case CLOCK_PROCESS:
	case CLOCK_THREAD:
		*ns = (dsync_ticks_cpu_us() - guest->start_cpu_us) * 1000;
		return true;
	default:
		return false;
	}
}

DSYNC_WASI_FUNCTION(clock_res_get)
{
	unsigned char *out = dsync_guest_range(guest, v[1].i32, 8);

	if ((uint32_t)v[0].i32 >= DSYNC_WASI_CLOCKS)
		return DSYNC_WASI_INVAL;
	if (out == NULL)
		return DSYNC_WASI_FAULT;
	dsync_wasi_put64(out, 1000);
	return DSYNC_WASI_SUCCESS;
}

DSYNC_WASI_FUNCTION(clock_time_get)
{
	unsigned char *out = dsync_guest_range(guest, v[2].i32, 8);
	uint64_t ns;

	if (!dsync_wasi_clock(guest, (uint32_t)v[0].i32, &ns))
		return DSYNC_WASI_INVAL;
	if (out == NULL)
		return DSYNC_WASI_FAULT;
	dsync_wasi_put64(out, ns);
	return DSYNC_WASI_SUCCESS;
}

DSYNC_WASI_FUNCTION(proc_exit)
{
	dsync_guest_exit(guest, (uint32_t)v[0].i32);
	return 0;
}

DSYNC_WASI_FUNCTION(proc_raise)
{
	dsync_guest_stop(guest, "the guest raised signal %d", v[0].i32);
	return 0;
}

DSYNC_WASI_FUNCTION(random_get)
{
	const uint32_t size = (uint32_t)v[1].i32;
	unsigned char *out = dsync_guest_range(guest, v[0].i32, size);

	if (out == NULL)
		return DSYNC_WASI_FAULT;
	return dsync_guest_random_whole(guest, out, size) ? DSYNC_WASI_SUCCESS : DSYNC_WASI_INTR;
}
