/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * dotsync-worker-attack - the worker with an attacker inside; for tests, never installed.
 *
 *	dotsync-worker-attack ARGUMENT ATTACK
 *
 * Locks itself down exactly as the worker does, sends READY, freezes when it is of the mode run, makes one
 * attempt of attack_table.h, and, if it is still there, sends its result as 8 bytes.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attack_table.h"
#include "job.h"
#include "lock.h"
#include "ticks.h"

#ifndef SYS_openat2
#define SYS_openat2 437
#endif

extern char **environ;

static char zeros[4096];
static long parent, self;

#define sys(...) result_of(syscall(__VA_ARGS__))

static long
result_of(long r)
{
	return r == -1 ? -errno : r;
}

static long
map(int protection, int flags, int fd)
{
	return sys(SYS_mmap, NULL, 4096L, protection, flags, fd, 0L);
}

static long
protect(int protection)
{
	long page = map(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	return page < 0 ? page : sys(SYS_mprotect, page, 4096L, protection);
}

/* As pthread_create does. */
static long
start_thread(void)
{
	return sys(SYS_clone, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
		zeros + 2048, 0, 0, 0);
}

/* 1 when memory ran out before the limit did. */
static long
flood(void)
{
	const long piece = 1 << 20;
	long got, total = 0;

	while ((got = sys(SYS_mmap, NULL, piece, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L)) > 0) {
		memset((void *)(uintptr_t)got, 1, (size_t)piece);
		sys(SYS_mprotect, got, piece, PROT_READ); /* no longer counted as data, still there */
		total += piece;
	}
	return got == -ENOMEM && total < 128 * piece;
}

static long
spin(void)
{
	for (volatile long i = 0; i >= 0; i = (i + 1) & 0xffff)
		;
	return 0;
}

static long
crash_write(void)
{
	int *volatile nowhere = (int *)(uintptr_t)8;

	*nowhere = 1;
	return 0;
}

/* Not a tail call: the stack ends first. */
static long
recurse(long depth)
{
	volatile char frame[4096];

	frame[depth & 4095] = (char)depth;
	return depth == 0 ? 0 : recurse(depth + 1) + frame[depth & 4095];
}

static long
crash_illegal(void)
{
	__builtin_trap();
	return 0;
}

#ifdef __x86_64__
static long
other_machine(void)
{
	long r;

	__asm__ volatile("int $0x80" : "=a"(r) : "a"(20L) : "memory"); /* getpid of i386 */
	return r;
}

static long
x32(void)
{
	return sys(0x40000000L | SYS_getpid);
}
#else
/* These machines have no second table in one process. */
static long
other_machine(void)
{
	return sys(4001);
}

static long
x32(void)
{
	return sys(0x40000000L);
}
#endif

static long
attack(const char *name)
{
#define ATTEMPT(attack_name, expected, attempt) \
	if (strcmp(name, #attack_name) == 0) \
		return (attempt);
	ATTACKS(ATTEMPT)
#undef ATTEMPT
	return -12345;
}

int
main(int argc, char **argv)
{
	struct dsync_worker worker;
	long result;

	parent = getppid();
	self = getpid();
	memset(&worker, 0, sizeof(worker));
	if (dsync_lock_check(environ) != NULL || argc != 3 || dsync_frame_parse_argument(argv[1], &worker.job) < 0)
		return 2;
	if (dsync_worker_start(&worker, getppid()) < 0)
		_exit(3);
	if (worker.job.mode == DSYNC_JOB_RUN && dsync_lock_freeze() < 0)
		_exit(4);
	result = attack(argv[2]);
	if (write(DSYNC_FRAME_FD, &result, sizeof(result)) < 0)
		_exit(5);
	_exit(0);
}
