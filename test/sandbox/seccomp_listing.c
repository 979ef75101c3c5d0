/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Prints the system call filters of worker and refresher as text; scripts/seccomp-listing keeps the result in doc/seccomp.txt. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <linux/audit.h>
#include <linux/seccomp.h>

#include "deny.h"
#include "seccomp.h"

static const char *
field_name(uint32_t offset)
{
	static const char *const names[] = { "number", "machine", "?", "?", "argument 0", "argument 0 high",
		"argument 1", "argument 1 high", "argument 2", "argument 2 high", "argument 3", "argument 3 high" };

	return offset / 4 < sizeof(names) / sizeof(names[0]) ? names[offset / 4] : "?";
}

static const char *
call_name(int machine, uint32_t number)
{
	static const struct {
		const char *name;
		uint32_t numbers[DSYNC_SECCOMP_MACHINES];
	} calls[] = {
		{ "read", { 0, 63 } },
		{ "write", { 1, 64 } },
		{ "mmap", { 9, 222 } },
		{ "mprotect", { 10, 226 } },
		{ "munmap", { 11, 215 } },
		{ "brk", { 12, 214 } },
		{ "rt_sigaction", { 13, 134 } },
		{ "rt_sigprocmask", { 14, 135 } },
		{ "rt_sigreturn", { 15, 139 } },
		{ "mremap", { 25, 216 } },
		{ "madvise", { 28, 233 } },
		{ "getpid", { 39, 172 } },
		{ "sigaltstack", { 131, 132 } },
		{ "gettid", { 186, 178 } },
		{ "futex", { 202, 98 } },
		{ "restart_syscall", { 219, 128 } },
		{ "clock_gettime", { 228, 113 } },
		{ "exit_group", { 231, 94 } },
		{ "tgkill", { 234, 131 } },
		{ "seccomp", { 317, 277 } },
	};
	size_t i;

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (calls[i].numbers[machine] == number)
			return calls[i].name;
	}
	return "?";
}

static void
print_value(int machine, uint32_t field, uint32_t value)
{
	if (field == offsetof(struct seccomp_data, nr))
		printf("%s", call_name(machine, value));
	else if (field == offsetof(struct seccomp_data, arch))
		printf("%s", value == AUDIT_ARCH_X86_64 ? "x86-64" : value == AUDIT_ARCH_AARCH64 ? "aarch64" : "?");
	else if (value == DSYNC_SECCOMP_OWN_PID)
		printf("own process");
	else
		printf("%#x", value);
}

static void
print_filter(int machine, struct dsync_seccomp_filter filter)
{
	uint32_t field = 0;
	size_t i;

	for (i = 0; i < filter.size; i++) {
		const struct sock_filter *f = &filter.code[i];
		const char *test = BPF_OP(f->code) == BPF_JEQ ? "==" : BPF_OP(f->code) == BPF_JGE ? ">=" : "has any of";

		printf("%4zu  ", i);
		switch (BPF_CLASS(f->code)) {
		case BPF_LD:
			field = f->k;
			printf("load %s\n", field_name(field));
			break;
		case BPF_ALU:
			printf("and %#x\n", f->k);
			break;
		case BPF_RET:
			if (f->k == SECCOMP_RET_KILL_PROCESS)
				field = offsetof(
					struct seccomp_data, nr); /* whoever jumps over a block still has it loaded */
			printf("%s\n",
				f->k == SECCOMP_RET_ALLOW                  ? "ALLOW"
					: f->k == SECCOMP_RET_KILL_PROCESS ? "KILL"
									   : "?");
			break;
		default:
			printf("%s ", test);
			print_value(machine, BPF_OP(f->code) == BPF_JSET ? offsetof(struct seccomp_data, args) : field,
				f->k);
			printf(" ? %zu : %zu\n", i + 1 + f->jt, i + 1 + f->jf);
			break;
		}
	}
}

/* Names only: the numbers differ from machine to machine, and some calls are not everywhere. */
static void
print_refused(void)
{
	const struct dsync_deny_call *calls;
	size_t i, count;

	calls = dsync_deny_calls(&count);
	printf("\ndotsync-refresh refuses, whatever their arguments (bin/dotsync-refresh/src/deny.h has the others)\n\n");
	for (i = 0; i < count; i++)
		printf("      %s\n", calls[i].name);
}

int
main(void)
{
	static const char *const machines[] = { "x86-64", "aarch64" };
	static const char *const kinds[] = { "compile", "run", "freeze (on top of run)" };
	int machine, kind;

	printf("The system call filters of dotsync-worker, as loaded.  Written by scripts/seccomp-listing;\n"
	       "lib/runtime/worker/src/seccomp.h says what each is for.\n");
	for (machine = 0; machine < DSYNC_SECCOMP_MACHINES; machine++) {
		for (kind = 0; kind < DSYNC_SECCOMP_KINDS; kind++) {
			printf("\n%s, %s\n\n", machines[machine], kinds[kind]);
			print_filter(machine,
				dsync_seccomp_filter(
					(enum dsync_seccomp_machine)machine, (enum dsync_seccomp_kind)kind));
		}
	}
	print_refused();
	return 0;
}
