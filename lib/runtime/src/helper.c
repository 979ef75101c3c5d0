/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * helper.c - opens, judges and starts a helper program.
 *
 * The file is judged and executed through one descriptor, so that what was looked at is what runs.  That
 * descriptor closes itself at the exec, which is why a script could not run even if it got past the check.
 */
#include "runtime/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"
#include "helper_process.h"
#include "runtime/context.h"

#define HELPER_FD 3          /* the socket, in the helper */
#define FIRST_CLOSED_FD 4    /* from here on everything is closed in the helper */
#define SOCKET_BUFFER 262144 /* a packet of 128 KiB must fit whole */
#define ARGUMENTS_MAX 16
#define DETACH_ARGUMENT "--detach"

/* What one start needs; all descriptors are close-on-exec and at least FIRST_CLOSED_FD. */
struct start {
	const char *name;
	int program;
	int ours, theirs;
	const char *arguments[ARGUMENTS_MAX + 3];
	char program_path[32];
};

static int
refuse(const char *path, const char *what, const char *hint, struct dsync_error *err)
{
	dsync_error_set(err, DSYNC_ERR_SANDBOX, "helper", "the helper program %s %s", path, what);
	dsync_error_hint(err, "%s", hint);
	return DSYNC_ERR_SANDBOX;
}

/* Moves a descriptor out of the way of those that the helper gets; it is closed if that fails. */
static int
move_up(int fd)
{
	int moved;

	if (fd < 0 || fd >= FIRST_CLOSED_FD)
		return fd;
	moved = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_CLOSED_FD);
	if (moved < 0)
		moved = -errno;
	dsync_sys_close(fd);
	return moved;
}

static int
judge(int fd, const char *path, struct dsync_error *err)
{
	unsigned char magic[4];
	struct stat st;
	int rc;

	rc = dsync_sys_fstat(fd, &st);
	if (rc < 0)
		return dsync_error_set_errno(err, -rc, "cannot inspect %s", path);
	if (!S_ISREG(st.st_mode))
		return refuse(path, "is not a regular file", "install dotsync again", err);
	if (st.st_uid != 0 && st.st_uid != dsync_sys_euid())
		return refuse(path, "belongs to another user", "it must belong to root or to you", err);
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return refuse(
			path, "can be changed by other users", "take their right to write away with chmod go-w", err);
	if ((st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0)
		return refuse(path, "is not executable", "install dotsync again", err);
	rc = dsync_sys_pread_all(fd, magic, sizeof(magic), 0);
	if (rc < 0 && rc != -ENODATA)
		return dsync_error_set_errno(err, -rc, "cannot read %s", path);
	if (rc < 0 || memcmp(magic, "\177ELF", sizeof(magic)) != 0)
		return refuse(path, "is not a program", "install dotsync again", err);
	return 0;
}

/* Returns a judged descriptor, or a negative code. */
static int
open_program(const struct dsync_context *context, const char *name, struct dsync_error *err)
{
	const char *dir = dsync_context_helper_dir(context);
	size_t size = strlen(dir) + 1 + strlen(name) + 1;
	char *path = malloc(size);
	int fd, rc;

	if (path == NULL)
		return dsync_error_set_memory(err);
	snprintf(path, size, "%s/%s", dir, name);
	fd = move_up(dsync_sys_openat(DSYNC_SYS_CWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0));
	if (fd == -ENOENT || fd == -ENOTDIR || fd == -EACCES)
		rc = refuse(path, fd == -EACCES ? "may not be opened by you" : "is missing",
			"install dotsync again, or name the folder of its helper programs", err);
	else if (fd < 0)
		rc = dsync_error_set_errno(err, -fd, "cannot open %s", path);
	else
		rc = judge(fd, path, err);
	free(path);
	if (rc < 0 && fd >= 0)
		dsync_sys_close(fd);
	return rc < 0 ? rc : fd;
}

static int
make_sockets(struct start *start, struct dsync_error *err)
{
	int size = SOCKET_BUFFER;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return dsync_error_set_errno(err, errno, "cannot make a socket for %s", start->name);
	/* Best effort: the system's own size is usually enough. */
	setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	start->ours = move_up(pair[0]);
	start->theirs = move_up(pair[1]);
	if (start->ours < 0)
		return dsync_error_set_errno(err, -start->ours, "cannot make a socket for %s", start->name);
	if (start->theirs < 0)
		return dsync_error_set_errno(err, -start->theirs, "cannot make a socket for %s", start->name);
	return 0;
}

static int
collect_arguments(struct start *start, const struct dsync_helper_options *options, struct dsync_error *err)
{
	size_t count = 0;
	size_t i;

	start->arguments[count++] = start->name;
	if (options->detach)
		start->arguments[count++] = DETACH_ARGUMENT;
	for (i = 0; options->arguments != NULL && options->arguments[i] != NULL; i++) {
		if (i == ARGUMENTS_MAX)
			return dsync_error_set(err, DSYNC_ERR_INVALID, "helper", "more than %d arguments for %s",
				ARGUMENTS_MAX, start->name);
		start->arguments[count++] = options->arguments[i];
	}
	start->arguments[count] = NULL;
	return 0;
}

/* 0-2 on /dev/null, 3 the socket; all others closed but the program's own, which closes itself at the exec. */
static int
describe_descriptors(posix_spawn_file_actions_t *actions, const struct start *start)
{
	int fd, rc;

	rc = posix_spawn_file_actions_adddup2(actions, start->theirs, HELPER_FD);
	if (rc == 0)
		rc = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDWR, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(actions, STDIN_FILENO, STDOUT_FILENO);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(actions, STDIN_FILENO, STDERR_FILENO);
	for (fd = FIRST_CLOSED_FD; rc == 0 && fd < start->program; fd++)
		rc = posix_spawn_file_actions_addclose(actions, fd);
	return rc == 0 ? posix_spawn_file_actions_addclosefrom_np(actions, start->program + 1) : rc;
}

/* Signals as a new program expects them, whatever the caller ignores or blocks; a session of its own, out of the terminal's reach. */
static int
describe_process(posix_spawnattr_t *attributes)
{
	sigset_t all, none;
	int rc;

	sigfillset(&all);
	sigemptyset(&none);
	rc = posix_spawnattr_setsigdefault(attributes, &all);
	if (rc == 0)
		rc = posix_spawnattr_setsigmask(attributes, &none);
	if (rc == 0)
		rc = posix_spawnattr_setflags(
			attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
	return rc;
}

/* 0 or an errno. */
static int
spawn(const struct start *start, const char *const *environment, pid_t *pid)
{
	static const char *const no_environment[] = { NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int rc;

	rc = posix_spawn_file_actions_init(&actions);
	if (rc != 0)
		return rc;
	rc = posix_spawnattr_init(&attributes);
	if (rc != 0) {
		posix_spawn_file_actions_destroy(&actions);
		return rc;
	}
	rc = describe_descriptors(&actions, start);
	if (rc == 0)
		rc = describe_process(&attributes);
	/* posix_spawn() changes neither list: its type is older than const. */
	if (rc == 0)
		rc = posix_spawn(pid, start->program_path, &actions, &attributes,
			(char *const *)(uintptr_t)start->arguments,
			(char *const *)(uintptr_t)(environment != NULL ? environment : no_environment));
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return rc;
}

static int
refuse_spawn(const struct start *start, int sys_errno, struct dsync_error *err)
{
	if (sys_errno == ENOENT && access("/proc/self/fd", F_OK) < 0) {
		dsync_error_set(err, DSYNC_ERR_SANDBOX, "helper", "%s cannot be started without /proc", start->name);
		dsync_error_hint(err, "mount the proc file system on /proc");
		return DSYNC_ERR_SANDBOX;
	}
	if (sys_errno == ENOENT) {
		dsync_error_set(err, DSYNC_ERR_SANDBOX, "helper",
			"%s cannot be started: /dev/null or its program loader is missing", start->name);
		dsync_error_hint(err, "install dotsync again for this system");
		return DSYNC_ERR_SANDBOX;
	}
	if (sys_errno == ENOEXEC || sys_errno == EACCES) {
		dsync_error_set(err, DSYNC_ERR_SANDBOX, "helper", "%s cannot be executed here: %s", start->name,
			strerror(sys_errno));
		dsync_error_hint(err, "%s",
			sys_errno == EACCES ? "its file system may be mounted noexec"
					    : "install dotsync again for this machine");
		return DSYNC_ERR_SANDBOX;
	}
	return dsync_error_set_errno(err, sys_errno, "cannot start %s", start->name);
}

int
dsync_helper_start(const struct dsync_context *context, const char *name, const struct dsync_helper_options *options,
	struct dsync_helper *helper, struct dsync_error *err)
{
	static const struct dsync_helper_options defaults = { 0 };
	struct start start = { .name = name, .program = -1, .ours = -1, .theirs = -1 };
	pid_t pid = -1;
	int rc;

	*helper = (struct dsync_helper){ .pid = -1, .pidfd = -1, .socket = -1 };
	if (options == NULL)
		options = &defaults;
	rc = collect_arguments(&start, options, err);
	if (rc < 0)
		goto done;
	rc = start.program = open_program(context, name, err);
	if (rc < 0)
		goto done;
	rc = make_sockets(&start, err);
	if (rc < 0)
		goto done;
	snprintf(start.program_path, sizeof(start.program_path), "/proc/self/fd/%d", start.program);
	rc = spawn(&start, options->environment, &pid);
	if (rc != 0) {
		rc = refuse_spawn(&start, rc, err);
		goto done;
	}
	if (options->detach)
		dsync__helper_reap(pid); /* the one that forked and ends at once */
	else
		dsync__helper_adopt(helper, pid);
	helper->socket = start.ours;
	start.ours = -1;

done:
	if (start.program >= 0)
		dsync_sys_close(start.program);
	if (start.ours >= 0)
		dsync_sys_close(start.ours);
	if (start.theirs >= 0)
		dsync_sys_close(start.theirs);
	return rc;
}
