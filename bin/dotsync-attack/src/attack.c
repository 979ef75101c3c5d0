/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "attack.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "worker/attack_table.h"

#ifndef SYS_openat2
#define SYS_openat2 437
#endif

/* Calls that only the older of the machines has; on the others their names stand for one that nobody has. */
#define NO_CALL 4000
#ifndef SYS_open
#define SYS_open NO_CALL
#define SYS_creat NO_CALL
#define SYS_stat NO_CALL
#define SYS_vfork NO_CALL
#endif

static char zeros[4096];
static long parent, self;

#define sys(...) result_of(syscall(__VA_ARGS__))

static long
result_of(long r)
{
	return r == -1 ? -errno : r;
}

/* A file of /proc about the parent. */
static const char *
of_parent(const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "/proc/%ld/%s", parent, name);
	return path;
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

/* Should it ever come through, each child ends at once. */
static long
fork_bomb(void)
{
	long i, pid = 0;

	for (i = 0; i < 10000 && pid >= 0; i++) {
		pid = sys(SYS_clone, SIGCHLD, 0, 0, 0, 0);
		if (pid == 0)
			_exit(0);
	}
	return pid;
}

/* 1 when memory ran out where it should: of the smallest job, 4 MiB for the guest, at most 96 MiB more for the worker. */
static long
flood(void)
{
	const long piece = 1 << 20;
	long got, total = 0;

	while ((got = sys(SYS_mmap, NULL, piece, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L)) > 0) {
		memset((void *)(uintptr_t)got, 1, (size_t)piece);
		sys(SYS_mprotect, got, piece, PROT_READ); /* no longer counted as data, still there */
		total += piece;
		if (total > 512 * piece)
			return total;
	}
	return got == -ENOMEM && total <= 100 * piece;
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

#define FUNCTION(row, name, expected, attempt) \
	static long attack_##name(void) \
	{ \
		return (attempt); \
	}
ATTACKS(FUNCTION)

static const struct {
	const char *name;
	long (*run)(void);
} attacks[] = {
#define ENTRY(row, name, expected, attempt) { #name, attack_##name },
	ATTACKS(ENTRY)
};

long
dsync_attack(const char *name, pid_t host)
{
	size_t i;

	parent = host;
	self = getpid();
	for (i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
		if (strcmp(name, attacks[i].name) == 0)
			return attacks[i].run();
	}
	return DSYNC_ATTACK_UNKNOWN;
}
