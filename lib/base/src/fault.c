/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Which call fails.  The only mutable state at file scope in this folder: it has to
 * outlive every handle and is in no program that is installed.
 */
#include "base/fault.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fault_internal.h"

#define MISTAKE_STATUS 125

static struct {
	enum dsync_fault_kind kind;
	int sys_errno;
	uint64_t n;
	bool persistent;
	const char *only; /* NULL: all calls */
} fault;

static atomic_uint_fast64_t fault_count;
static atomic_bool fault_fired;

void
dsync_fault_arm(enum dsync_fault_kind kind, int sys_errno, uint64_t n, bool persistent)
{
	fault.kind = kind;
	fault.sys_errno = sys_errno;
	fault.n = n;
	fault.persistent = persistent;
	fault.only = NULL;
	atomic_store(&fault_count, 0);
	atomic_store(&fault_fired, false);
}

void
dsync_fault_only(const char *name)
{
	fault.only = name;
}

void
dsync_fault_disarm(void)
{
	fault.kind = DSYNC_FAULT_NONE;
	fault.only = NULL;
}

uint64_t
dsync_fault_count(void)
{
	return atomic_load(&fault_count);
}

bool
dsync_fault_fired(void)
{
	return atomic_load(&fault_fired);
}

bool
dsync__fault_due(enum dsync_fault_kind kind, const char *name)
{
	uint64_t count;
	bool due;

	if (fault.kind != kind || (fault.only != NULL && strcmp(fault.only, name) != 0))
		return false;
	count = atomic_fetch_add(&fault_count, 1) + 1;
	due = fault.n > 0 && (count == fault.n || (fault.persistent && count > fault.n));
	if (due)
		atomic_store(&fault_fired, true);
	return due;
}

int
dsync__fault_errno(void)
{
	return fault.sys_errno;
}

/* --- the environment, for whole programs --- */

static enum dsync_fault_kind
parse_kind(const char *text)
{
	static const char *const names[] = { "none", "error", "short", "memory", "kill", "stop" };
	size_t i;

	for (i = 1; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) == 0)
			return (enum dsync_fault_kind)i;
	}
	return DSYNC_FAULT_NONE;
}

/* A number, or -1. */
static long long
parse_number(const char *text)
{
	char *end;
	long long number;

	errno = 0;
	number = strtoll(text, &end, 10);
	return end != text && *end == '\0' && errno == 0 && number >= 0 ? number : -1;
}

static long long
parse_errno(const char *text)
{
	static const struct {
		const char *name;
		int number;
	} names[] = {
		{ "EIO", EIO },
		{ "ENOSPC", ENOSPC },
		{ "EINTR", EINTR },
		{ "EACCES", EACCES },
		{ "EAGAIN", EAGAIN },
		{ "EDQUOT", EDQUOT },
		{ "EMFILE", EMFILE },
		{ "ENOMEM", ENOMEM },
		{ "EPERM", EPERM },
		{ "EROFS", EROFS },
		{ "EOPNOTSUPP", EOPNOTSUPP },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i].name) == 0)
			return names[i].number;
	}
	return parse_number(text);
}

/* Cuts the next field off at its colon; NULL when there is none. */
static char *
next_field(char **rest)
{
	char *field = *rest;
	char *colon;

	if (field == NULL)
		return NULL;
	colon = strchr(field, ':');
	if (colon != NULL)
		*colon++ = '\0';
	*rest = colon;
	return field;
}

/* Arms what DSYNC_FAULT says; the copy of it lives on, as the filter's name points into it. */
static bool
arm_from_text(const char *text)
{
	static char copy[128];
	char *rest = copy;
	char *field;
	enum dsync_fault_kind kind;
	long long sys_errno;
	long long n;
	bool persistent = false;

	if (strlen(text) >= sizeof(copy))
		return false;
	strcpy(copy, text);

	field = next_field(&rest);
	kind = parse_kind(field);
	field = next_field(&rest);
	sys_errno = field != NULL ? parse_errno(field) : -1;
	field = next_field(&rest);
	n = field != NULL ? parse_number(field) : -1;
	field = next_field(&rest);
	if (field != NULL && strcmp(field, "persistent") == 0) {
		persistent = true;
		field = next_field(&rest);
	}
	if (kind == DSYNC_FAULT_NONE || sys_errno < 0 || n < 0 || rest != NULL)
		return false;
	if (kind == DSYNC_FAULT_ERROR && n > 0 && sys_errno == 0)
		return false;

	dsync_fault_arm(kind, (int)sys_errno, (uint64_t)n, persistent);
	dsync_fault_only(field);
	return true;
}

static void
write_count(void)
{
	FILE *file = fopen(getenv("DSYNC_FAULT_COUNT"), "w");

	if (file == NULL)
		_exit(MISTAKE_STATUS);
	fprintf(file, "%" PRIu64 "\n", dsync_fault_count());
	if (fclose(file) != 0)
		_exit(MISTAKE_STATUS);
}

static void __attribute__((constructor)) read_environment(void)
{
	const char *text = getenv("DSYNC_FAULT");

	if (text != NULL && !arm_from_text(text)) {
		fprintf(stderr, "DSYNC_FAULT: expected KIND:ERRNO:N[:persistent][:FILTER], found %s\n", text);
		_exit(MISTAKE_STATUS);
	}
	if (getenv("DSYNC_FAULT_COUNT") != NULL)
		atexit(write_count);
}
