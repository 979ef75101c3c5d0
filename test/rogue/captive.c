/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The refresher with an attacker's code in it (-Wl,--wrap=dsync_calls_answer): when its worker calls for the first time, as late as a server's or a
 * worker's bytes can have taken it over, it tries what nobody may who holds the user's files and network.
 *
 * What it is to try with stands in the file "captive" beside the program, one a line: where to write what came of it, a file of the user's,
 * a folder of the user's, a process of the user's, a port of this machine that listens.  Each line of the answer is a name and
 * an errno, 0 for what succeeded.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <arpa/inet.h>

#include "calls.h"

#define LINES 5
#define LINE_SIZE 1024
#define PATH_SIZE (LINE_SIZE + 32)

int __real_dsync_calls_answer(
	struct dsync_calls *calls, const struct dsync_frame_call *call, struct dsync_frame_result *result);
int __wrap_dsync_calls_answer(
	struct dsync_calls *calls, const struct dsync_frame_call *call, struct dsync_frame_result *result);

static char lines[LINES][LINE_SIZE];
static const char *const out = lines[0], *const file = lines[1], *const folder = lines[2];
static int done;

/* Before main(), when files can still be read. */
static void __attribute__((constructor)) read_orders(void)
{
	char path[PATH_SIZE];
	ssize_t size = readlink("/proc/self/exe", path, sizeof(path) - sizeof("/captive"));
	FILE *orders;
	size_t i;

	if (size <= 0)
		return;
	path[size] = '\0';
	strcpy(strrchr(path, '/'), "/captive");
	orders = fopen(path, "re");
	for (i = 0; orders != NULL && i < LINES && fgets(lines[i], LINE_SIZE, orders) != NULL; i++)
		lines[i][strcspn(lines[i], "\n")] = '\0';
	if (orders != NULL)
		fclose(orders);
}

static int
of(long result)
{
	return result == -1 ? errno : 0;
}

/* In the user's folder. */
static const char *
beside(const char *name)
{
	static char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static int
open_as(const char *path, int flags)
{
	return of(open(path, flags | O_CLOEXEC, 0600));
}

static const char *
environ_of(pid_t pid)
{
	static char path[64];

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	return path;
}

static int
reach_abstract(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "dotsync-captive-%d", atoi(lines[3]));
	return of(connect(fd, (struct sockaddr *)&address,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(address.sun_path + 1))));
}

static int
reach_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(lines[4])) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return of(connect(fd, (struct sockaddr *)&address, sizeof(address)));
}

static int
take_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return of(bind(fd, (struct sockaddr *)&address, sizeof(address)));
}

static int
open_many(void)
{
	int fds[1024], count = 0, error = 0, i;

	while (count < 1024 && (fds[count] = dup(1)) >= 0)
		count++;
	if (count < 1024)
		error = errno;
	for (i = 0; i < count; i++)
		close(fds[i]);
	return error;
}

static int
take_memory(void)
{
	void *memory = mmap(NULL, (size_t)2 << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int error = memory == MAP_FAILED ? errno : 0;

	if (memory != MAP_FAILED)
		munmap(memory, (size_t)2 << 30);
	return error;
}

static int
make_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return of(mprotect(page, 4096, PROT_READ | PROT_EXEC));
}

static void
try_all(FILE *answer)
{
	static char *const nothing[] = { NULL };
	const pid_t victim = atoi(lines[3]);

#define TRY(name, error) fprintf(answer, "%s %d\n", #name, (error));
	TRY(read_file, open_as(file, O_RDONLY))
	TRY(write_file, open_as(file, O_WRONLY))
	TRY(truncate_file, of(truncate(file, 0)))
	TRY(remove_file, of(unlink(file)))
	TRY(make_file, open_as(beside("made"), O_WRONLY | O_CREAT))
	TRY(make_folder, of(mkdir(beside("folder"), 0700)))
	TRY(make_link, of(symlink("/etc/passwd", beside("link"))))
	TRY(move_file, of(rename(file, beside("moved"))))
	TRY(list_folder, open_as(folder, O_RDONLY | O_DIRECTORY))
	TRY(read_passwords, open_as("/etc/passwd", O_RDONLY))
	TRY(read_victim, open_as(environ_of(victim), O_RDONLY))
	TRY(signal, of(kill(victim, 0)))
	TRY(take_port, take_port())
	TRY(reach_abstract, reach_abstract())
	TRY(run_program, of(execve("/bin/true", nothing, nothing))) /* where that is not refused, it is the end */
	TRY(new_process, of(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)))
	TRY(trace, of(ptrace(PTRACE_SEIZE, victim, NULL, NULL)))
	TRY(read_memory, of(syscall(SYS_process_vm_readv, victim, NULL, 0, NULL, 0, 0)))
	TRY(pidfd, of(syscall(SYS_pidfd_open, victim, 0)))
	TRY(name_space, of(unshare(CLONE_NEWUSER)))
	TRY(mount, of(mount("none", beside("missing"), "tmpfs", 0, NULL)))
	TRY(become_root, of(setuid(0)))
	TRY(io_uring, of(syscall(SYS_io_uring_setup, 1, lines[0])))
	TRY(new_code, make_code())
	TRY(memory_file, of(syscall(SYS_memfd_create, "x", 0)))
	TRY(raw_socket, of(socket(AF_INET, SOCK_RAW, 1)))
	TRY(packet_socket, of(socket(AF_PACKET, SOCK_RAW, 0)))
	TRY(open_many, open_many())
	TRY(take_memory, take_memory())
	TRY(reach_port, reach_port()) /* what it is there for: what is asked of which server is the broker's to judge */
#undef TRY
}

int
__wrap_dsync_calls_answer(
	struct dsync_calls *calls, const struct dsync_frame_call *call, struct dsync_frame_result *result)
{
	FILE *answer = done++ == 0 ? fopen(out, "we") : NULL;

	if (answer != NULL) {
		setlinebuf(answer);
		try_all(answer);
		fclose(answer);
	}
	return __real_dsync_calls_answer(calls, call, result);
}
