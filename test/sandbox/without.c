/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * without - starts a program on a kernel that lacks something; for tests.
 *
 *	without NUMBER:ERRNO[,NUMBER:ERRNO...] PROGRAM [ARGUMENT]...
 *
 * Each system call of these numbers fails with that errno, in the program and in all that it starts.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#define CALLS_MAX 8

int
main(int argc, char **argv)
{
	struct sock_filter code[2 + 2 * CALLS_MAX] = { BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)) };
	struct sock_fprog program = { 1, code };
	char *at = argc >= 3 ? argv[1] : NULL;

	while (at != NULL && program.len < 1 + 2 * CALLS_MAX) {
		unsigned number = (unsigned)strtoul(at, &at, 10), error = (unsigned)strtoul(at + 1, &at, 10);

		code[program.len++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1);
		code[program.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error);
		at = *at == ',' ? at + 1 : NULL;
	}
	code[program.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	if (argc < 3 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) != 0)
		return 99;
	execv(argv[2], argv + 2);
	return 98;
}
