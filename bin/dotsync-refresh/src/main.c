/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * dotsync-refresh: the only process with both the file and the network.  It is started by libdotsync-runtime with
 * a socket as descriptor 3, gets one job, says what came of it, and ends.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "caller.h"
#include "check.h"
#include "environment.h"
#include "fetch.h"
#include "run.h"
#include "runtime/build_id.h"
#include "timing.h"

#define EXIT_USAGE 2

/* The folders are those that the caller found, not those that this process would find. */
static struct dsync_context *
make_context(const struct dsync_job *job, struct dsync_error *err)
{
	struct dsync_context_options options = DSYNC_CONTEXT_OPTIONS_INIT;

	options.config_dir = job->config_dir;
	options.state_dir = job->state_dir;
	options.cache_dir = job->cache_dir;
	options.machine_dir = job->machine_dir;
	options.helper_dir = job->helper_dir;
	options.offline = job->offline;
	return dsync_context_create(&options, err);
}

static int
check_build(const struct dsync_job *job, struct dsync_error *err)
{
	int rc;

	if (memcmp(job->build_id, dsync_build_id, DSYNC_BUILD_ID_SIZE) == 0)
		return 0;
	rc = dsync_error_set(err, DSYNC_ERR_SANDBOX, "build", "dotsync-refresh is of another build than its caller");
	dsync_error_hint(err, "install both from one package");
	return rc;
}

static void
do_job(const struct dsync_job *job, int passed, struct dsync_caller *caller, struct dsync_result *result,
	int64_t started_us)
{
	struct dsync_context *context = NULL;

	if (check_build(job, &result->error) == 0)
		context = make_context(job, &result->error);
	if (context == NULL)
		return;
	switch (job->kind) {
	case DSYNC_JOB_REFRESH:
		caller->passed = passed;
		dsync_run_refresh(context, job, caller, result, started_us);
		break;
	case DSYNC_JOB_FETCH:
		dsync_fetch(context, job, passed, caller, result);
		break;
	case DSYNC_JOB_CHECK:
		dsync_check(context, job, caller, result);
		break;
	}
	dsync_context_destroy(context);
}

static int
serve(int fd)
{
	int64_t started_us = dsync_timing_us();
	struct dsync_caller caller;
	struct dsync_result result;
	struct dsync_job job;
	char **environment = dsync_environment_clean();
	int passed = -1, rc;

	dsync_caller_init(&caller, fd);
	caller.environment = environment;
	dsync_result_init(&result);
	rc = environment != NULL ? dsync_caller_receive(&caller, &job, &passed, &result.error)
				 : dsync_error_set_memory(&result.error);
	if (rc == 0) {
		do_job(&job, passed, &caller, &result, started_us);
		dsync_job_finish(&job);
	}
	rc = dsync_caller_send(&caller, &result);
	dsync_result_finish(&result);
	free(environment);
	if (passed >= 0)
		close(passed);
	return rc == 0 ? 0 : 1;
}

/* Becomes nobody's child: the first process ends at once, and its parent has nothing to wait for later. */
static int
detach(void)
{
	pid_t pid = fork();

	if (pid > 0)
		_exit(0);
	return pid;
}

/* Whatever the caller's mask: what this process makes, it must be able to open again. */
static void
keep_owner_rights(void)
{
	mode_t mask = umask(077);

	umask(mask & ~(mode_t)0700);
}

static bool
is_socket(int fd)
{
	int type;
	socklen_t size = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

int
main(int argc, char **argv)
{
	const bool detached = argc == 2 && strcmp(argv[1], "--detach") == 0;

	if ((argc != 1 && !detached) || !is_socket(DSYNC_JOB_FD)) {
		fprintf(stderr,
			"dotsync-refresh: this is a part of dotsync and is started by it; see dotsync refresh --help\n");
		return EXIT_USAGE;
	}
	prctl(PR_SET_NAME, "dotsync-refresh"); /* started by descriptor it would be called "4" */
	if (detached && detach() < 0)
		return 1;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file that may not grow (ulimit -f) is an error of write() */
	signal(SIGCHLD, SIG_DFL);
	keep_owner_rights();
	fcntl(DSYNC_JOB_FD, F_SETFD, FD_CLOEXEC);
	return serve(DSYNC_JOB_FD);
}
