/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "guest.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "ticks.h"

static void
init_fds(struct dsync_guest *guest)
{
	guest->fds[0].kind = DSYNC_FD_INPUT;
	guest->fds[0].source = guest->job.push ? DSYNC_GUEST_SOURCE_PUSHED : -1;
	guest->fds[1].kind = guest->contract == DSYNC_CONTRACT_WASI ? DSYNC_FD_OUTPUT : DSYNC_FD_LOG;
	guest->fds[2].kind = DSYNC_FD_LOG;
	guest->fds[3].kind = DSYNC_FD_FOLDER;
}

void
dsync_guest_init(struct dsync_guest *guest, struct dsync_channel *channel, const struct dsync_frame_job *job,
	enum dsync_contract contract)
{
	memset(guest, 0, sizeof(*guest));
	guest->channel = channel;
	guest->job = *job;
	guest->contract = contract;
	guest->log_left = job->log_max;
	memcpy(guest->random.key, job->seed, sizeof(guest->random.key));
	guest->start_us = dsync_ticks_monotonic_us();
	guest->start_cpu_us = dsync_ticks_cpu_us();
	init_fds(guest);
}

unsigned char *
dsync_guest_range(struct dsync_guest *guest, int32_t address, uint64_t size)
{
	const uint64_t start = (uint32_t)address;
	uint64_t end;

	if (!guest->has_memory)
		return NULL;
	end = wasmtime_memory_data_size(guest->store, &guest->memory);
	if (start > end || size > end - start)
		return NULL;
	return wasmtime_memory_data(guest->store, &guest->memory) + start;
}

struct dsync_frame_result
dsync_guest_call(
	struct dsync_guest *guest, enum dsync_call call, int64_t a, int64_t b, int64_t c, const void *data, size_t size)
{
	struct dsync_frame_call frame = { .call = (uint16_t)call, .a = a, .b = b, .c = c, .data = { data, size } };

	return dsync_channel_call(guest->channel, &frame);
}

int64_t
dsync_guest_ask(
	struct dsync_guest *guest, enum dsync_call call, int64_t a, int64_t b, int64_t c, const void *data, size_t size)
{
	return dsync_guest_call(guest, call, a, b, c, data, size).value;
}

static uint64_t
piece_of(uint64_t size)
{
	return size < DSYNC_FRAME_CALL_DATA_MAX ? size : DSYNC_FRAME_CALL_DATA_MAX;
}

int64_t
dsync_guest_read(struct dsync_guest *guest, enum dsync_call call, int32_t source, uint64_t offset, unsigned char *out,
	uint64_t size)
{
	struct dsync_frame_result r;
	uint64_t done = 0, piece;

	while (done < size) {
		piece = piece_of(size - done);
		r = dsync_guest_call(guest, call, source, (int64_t)(offset + done), (int64_t)piece, NULL, 0);
		if (r.value < 0)
			return done > 0 ? (int64_t)done : r.value;
		if (r.data.size > piece)
			r.data.size = piece;
		memcpy(out + done, r.data.data, r.data.size);
		done += r.data.size;
		if (r.data.size < piece)
			break;
	}
	return (int64_t)done;
}

int64_t
dsync_guest_send(struct dsync_guest *guest, enum dsync_call call, const unsigned char *data, uint64_t size)
{
	uint64_t done = 0, piece;
	int64_t value;

	while (done < size) {
		piece = piece_of(size - done);
		value = dsync_guest_ask(guest, call, 0, 0, 0, data + done, piece);
		if (value < 0)
			return value;
		done += piece;
	}
	return 0;
}

uint64_t
dsync_guest_log(struct dsync_guest *guest, int32_t level, const unsigned char *text, uint64_t size)
{
	uint64_t passed = size < guest->log_left ? size : guest->log_left;
	uint64_t done = 0, piece;

	while (done < passed) {
		piece = piece_of(passed - done);
		dsync_guest_ask(guest, DSYNC_CALL_LOG, level, 0, 0, text + done, piece);
		done += piece;
	}
	guest->log_left -= passed;
	guest->log_dropped += size - passed;
	return passed;
}

static void
random_refill(struct dsync_guest_random *random)
{
	struct dsync_hash h;

	dsync_hash_init_keyed(&h, random->key);
	dsync_hash_update(&h, &random->counter, sizeof(random->counter));
	dsync_hash_final(&h, random->block);
	random->counter++;
	random->left = sizeof(random->block);
}

void
dsync_guest_random_bytes(struct dsync_guest *guest, unsigned char *out, uint64_t size)
{
	struct dsync_guest_random *random = &guest->random;
	size_t n;

	while (size > 0) {
		if (random->left == 0)
			random_refill(random);
		n = size < random->left ? (size_t)size : random->left;
		memcpy(out, random->block + sizeof(random->block) - random->left, n);
		random->left -= n;
		out += n;
		size -= n;
	}
}

bool
dsync_guest_random_whole(struct dsync_guest *guest, unsigned char *out, uint64_t size)
{
	uint64_t done = 0, piece;

	while (done < size && !dsync_ticks_expired()) {
		piece = piece_of(size - done);
		dsync_guest_random_bytes(guest, out + done, piece);
		done += piece;
	}
	return done == size;
}

void
dsync_guest_exit(struct dsync_guest *guest, uint32_t code)
{
	guest->stopped = true;
	guest->exit_code = code;
}

void
dsync_guest_stop(struct dsync_guest *guest, const char *format, ...)
{
	va_list arguments;

	guest->stopped = true;
	va_start(arguments, format);
	vsnprintf(guest->stop, sizeof(guest->stop), format, arguments);
	va_end(arguments);
}
