/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "ticks.h"

#include <errno.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <wasmtime.h>

#define TICK_US 10000

static struct wasm_engine_t *engine;
static volatile sig_atomic_t armed, expired;
static volatile uint64_t deadline_us;
static volatile int packet_fd = -1;
static const unsigned char *volatile packet_data;
static volatile size_t packet_size;

static uint64_t
clock_us(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

uint64_t
dsync_ticks_cpu_us(void)
{
	return clock_us(CLOCK_PROCESS_CPUTIME_ID);
}

uint64_t
dsync_ticks_monotonic_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

static void
tick(int signal_number)
{
	int saved = errno;

	(void)signal_number;
	if (armed && clock_us(CLOCK_PROCESS_CPUTIME_ID) >= deadline_us) {
		if (packet_fd >= 0) {
			if (write(packet_fd, packet_data, packet_size) < 0)
				_exit(1);
			_exit(0);
		}
		expired = 1;
		wasmtime_engine_increment_epoch(engine);
	}
	errno = saved;
}

int
dsync_ticks_start(struct wasm_engine_t *the_engine)
{
	struct sigaction action = { .sa_handler = tick, .sa_flags = SA_RESTART };
	struct itimerval timer = { .it_interval = { .tv_usec = TICK_US }, .it_value = { .tv_usec = TICK_US } };

	sigset_t none;

	engine = the_engine;
	sigemptyset(&none);
	sigfillset(&action.sa_mask);
	/* A mask that was inherited could hold the ticks back. */
	if (sigprocmask(SIG_SETMASK, &none, NULL) != 0 || sigaction(SIGPROF, &action, NULL) != 0 ||
		setitimer(ITIMER_PROF, &timer, NULL) != 0)
		return -errno;
	return 0;
}

static void
arm(uint64_t cpu_ms)
{
	deadline_us = dsync_ticks_cpu_us() + cpu_ms * 1000;
	armed = 1;
}

void
dsync_ticks_interrupt_after(uint64_t cpu_ms)
{
	arm(cpu_ms);
}

void
dsync_ticks_exit_after(uint64_t cpu_ms, int fd, const struct dsync_buffer *packet)
{
	packet_data = packet->data;
	packet_size = packet->size;
	packet_fd = fd;
	arm(cpu_ms);
}

void
dsync_ticks_cancel(void)
{
	armed = 0;
}

bool
dsync_ticks_expired(void)
{
	return expired != 0;
}
