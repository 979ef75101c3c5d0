/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * without - starts a program on a kernel that lacks something; for tests.
 *
 *	without LACK[,LACK...] PROGRAM [ARGUMENT]...
 *
 * NUMBER:ERRNO makes each system call of this number fail with that errno, in the program and in all that it starts.
 * "users" is a container of its own, with all users mapped (root must start it), in which no further user namespace may be made.
 */
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#define CALLS_MAX 8

static int
write_file(const char *path, const char *text)
{
	const size_t size = strlen(text);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return -1;
	rc = write(fd, text, size) == (ssize_t)size ? 0 : -1;
	close(fd);
	return rc;
}

/* By a child that stays outside: only there may all users be mapped. */
static int
map_users(int ready, pid_t pid)
{
	static const char *const files[] = { "uid_map", "gid_map" };
	char path[64], byte;
	size_t i;

	if (read(ready, &byte, 1) != 1)
		return 1;
	for (i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, files[i]);
		if (write_file(path, "0 0 4294967295") < 0)
			return 1;
	}
	return 0;
}

static int
enter_container(void)
{
	const pid_t self = getpid();
	int pair[2], status;
	pid_t child;

	if (pipe(pair) != 0)
		return -1;
	child = fork();
	if (child == 0)
		_exit(map_users(pair[0], self));
	if (child < 0 || unshare(CLONE_NEWUSER) != 0 || write(pair[1], "x", 1) != 1)
		return -1;
	if (waitpid(child, &status, 0) != child || status != 0)
		return -1;
	close(pair[0]);
	close(pair[1]);
	return write_file("/proc/sys/user/max_user_namespaces", "0");
}

int
main(int argc, char **argv)
{
	struct sock_filter code[2 + 2 * CALLS_MAX] = { BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)) };
	struct sock_fprog program = { 1, code };
	char *at = argc >= 3 ? argv[1] : NULL;

	while (at != NULL && program.len < 1 + 2 * CALLS_MAX) {
		if (strncmp(at, "users", 5) == 0) {
			if (enter_container() < 0)
				return 97;
			at += 5;
		} else {
			unsigned number = (unsigned)strtoul(at, &at, 10), error = (unsigned)strtoul(at + 1, &at, 10);

			code[program.len++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1);
			code[program.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error);
		}
		at = *at == ',' ? at + 1 : NULL;
	}
	code[program.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	if (argc < 3 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) != 0)
		return 99;
	execv(argv[2], argv + 2);
	return 98;
}
