/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"

#define PAUSE_MS 20 /* between two looks at a command that has closed its output */
#define TAIL_SIZE 512
#define PLAIN_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* The end of what a command prints. */
struct tail {
	char text[2 * TAIL_SIZE];
	size_t size;
};

static void
keep_tail(struct tail *tail, const char *text, size_t size)
{
	if (tail->size + size > TAIL_SIZE) {
		size_t drop = tail->size + size - TAIL_SIZE;

		if (drop > tail->size)
			drop = tail->size;
		memmove(tail->text, tail->text + drop, tail->size - drop);
		tail->size -= drop;
	}
	memcpy(tail->text + tail->size, text, size);
	tail->size += size;
}

static void
last_line(struct tail *tail)
{
	char *newline;

	while (tail->size > 0 && (tail->text[tail->size - 1] == '\n' || tail->text[tail->size - 1] == '\r'))
		tail->size--;
	tail->text[tail->size] = '\0';
	newline = strrchr(tail->text, '\n');
	if (newline != NULL)
		memmove(tail->text, newline + 1, strlen(newline));
}

static int
describe(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, const struct dsync_command *command,
	int out)
{
	sigset_t signals;
	int rc;

	sigemptyset(&signals);
	sigaddset(&signals, SIGPIPE);
	sigaddset(&signals, SIGXFSZ);
	rc = posix_spawnattr_setsigdefault(attributes, &signals);
	if (rc == 0) /* a group of its own, so that it can be ended whole */
		rc = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
	if (rc == 0)
		rc = posix_spawn_file_actions_addchdir_np(
			actions, command->working_dir != NULL ? command->working_dir : "/");
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(actions, out, STDOUT_FILENO);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(actions, out, STDERR_FILENO);
	return rc;
}

/* The list has no such variable. */
static bool
is_missing(char *const *list, const char *name)
{
	const size_t size = strlen(name);

	for (; *list != NULL; list++) {
		if (strncmp(*list, name, size) == 0 && (*list)[size] == '=')
			return false;
	}
	return true;
}

/* The caller's environment with one more variable; to be freed. */
static const char **
make_environment(char *const *given, const char *assignment)
{
	const char **environment;
	size_t count = 0;

	while (given[count] != NULL)
		count++;
	environment = calloc(count + 3, sizeof(*environment));
	if (environment == NULL)
		return NULL;
	environment[0] = assignment;
	memcpy(environment + 1, given, count * sizeof(*environment));
	if (is_missing(given, "PATH"))
		environment[count + 1] = PLAIN_PATH;
	return environment;
}

/* 0 or an errno. */
static int
spawn(const struct dsync_command *command, int out, const char *const *environment, pid_t *pid)
{
	/* posix_spawn() changes neither list: its type is older than const. */
	const char *const arguments[] = { "sh", "-c", command->text, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int rc;

	rc = posix_spawn_file_actions_init(&actions);
	if (rc != 0)
		return rc;
	rc = posix_spawnattr_init(&attributes);
	if (rc == 0) {
		rc = describe(&actions, &attributes, command, out);
		if (rc == 0)
			rc = posix_spawn(pid, "/bin/sh", &actions, &attributes, (char *const *)(uintptr_t)arguments,
				(char *const *)(uintptr_t)environment);
		posix_spawnattr_destroy(&attributes);
	}
	posix_spawn_file_actions_destroy(&actions);
	return rc;
}

/* Until the command has ended, reading along; false when the caller cancelled meanwhile. */
static bool
wait_for(pid_t pid, int out, struct dsync_caller *caller, struct tail *tail, int *status)
{
	struct pollfd fds[2] = {
		{ .fd = out, .events = POLLIN },
		{ .fd = dsync_caller_watch_fd(caller), .events = POLLIN | POLLRDHUP },
	};
	char piece[TAIL_SIZE];
	ssize_t n;

	/* Something that it left in the background may hold the output open, so its end is asked for itself. */
	for (;;) {
		pid_t ended = waitpid(pid, status, WNOHANG);

		poll(fds, 2, PAUSE_MS);
		if (dsync_caller_is_cancelled(caller))
			return ended == pid;
		n = (fds[0].revents & POLLIN) != 0 ? read(out, piece, sizeof(piece)) : 0;
		if (n > 0)
			keep_tail(tail, piece, (size_t)n);
		else if (ended != 0 && !(ended < 0 && errno == EINTR))
			return true;
		else if (fds[0].revents != 0)
			fds[0].fd = -1;
	}
}

static int
judge(const struct dsync_command *command, int status, struct tail *tail, struct dsync_error *err)
{
	int rc;

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	last_line(tail);
	if (WIFEXITED(status))
		rc = dsync_error_set(err, DSYNC_ERR_REJECTED, command->what, "the %s command ended with status %d",
			command->what, WEXITSTATUS(status));
	else
		rc = dsync_error_set(err, DSYNC_ERR_REJECTED, command->what, "the %s command was ended by signal %d",
			command->what, WTERMSIG(status));
	if (tail->text[0] != '\0')
		dsync_error_found(err, "%s", tail->text);
	return rc;
}

static int
run(const struct dsync_command *command, const char *assignment, struct dsync_caller *caller, struct dsync_error *err)
{
	const char **environment = make_environment(caller->environment, assignment);
	struct tail tail = { .size = 0 };
	int pipe_fds[2], status = 0, rc;
	pid_t pid;

	if (environment == NULL)
		return dsync_error_set_memory(err);
	if (pipe2(pipe_fds, O_CLOEXEC) < 0) {
		free(environment);
		return dsync_error_set_errno(err, errno, "cannot make a pipe for the %s command", command->what);
	}
	rc = spawn(command, pipe_fds[1], environment, &pid);
	close(pipe_fds[1]);
	free(environment);
	if (rc != 0) {
		rc = dsync_error_set_errno(err, rc, "cannot start the %s command", command->what);
	} else if (!wait_for(pid, pipe_fds[0], caller, &tail, &status)) {
		kill(-pid, SIGKILL);
		waitpid(pid, &status, 0);
		rc = dsync_error_set(err, DSYNC_ERR_CANCELLED, "", "cancelled while the %s command ran", command->what);
	} else {
		rc = judge(command, status, &tail, err);
	}
	close(pipe_fds[0]);
	return rc;
}

int
dsync_command_run(const struct dsync_command *command, struct dsync_caller *caller, struct dsync_error *err)
{
	struct dsync_buffer assignment;
	int rc;

	dsync_buffer_init(&assignment, 65536);
	dsync_buffer_printf(&assignment, "%s=%s", command->variable, command->value);
	if (dsync_buffer_text(&assignment) != NULL)
		rc = run(command, dsync_buffer_text(&assignment), caller, err);
	else
		rc = dsync_error_set_memory(err);
	dsync_buffer_finish(&assignment);
	return rc;
}
