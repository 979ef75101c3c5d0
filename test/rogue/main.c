/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <signal.h>
#include <unistd.h>

#include "rogue.h"

#define PATH_SIZE 4096

enum moment {
	AT_START,   /* instead of READY */
	AT_COMPILE, /* once the compiler has the module */
	AT_RUN,     /* once the runner has the code */
};

static const struct misbehaviour {
	const char *name;
	enum moment moment;
	rogue_act *act;
} misbehaviours[] = {
	{ "silent", AT_START, rogue_silent },
	{ "exit", AT_START, rogue_exit },
	{ "ready-build", AT_START, rogue_ready_build },
	{ "ready-version", AT_START, rogue_ready_version },
	{ "ready-nothing", AT_START, rogue_ready_nothing },
	{ "ready-root", AT_START, rogue_ready_root },
	{ "ready-no-seccomp", AT_START, rogue_ready_no_seccomp },
	{ "ready-no-landlock", AT_START, rogue_ready_no_landlock },
	{ "ready-short", AT_START, rogue_ready_short },
	{ "ready-long", AT_START, rogue_ready_long },
	{ "ready-descriptor", AT_START, rogue_ready_descriptor },
	{ "reads-slowly", AT_START, rogue_reads_slowly },
	{ "done-first", AT_START, rogue_done_first },
	{ "call-first", AT_START, rogue_call_first },
	{ "failed-first", AT_START, rogue_failed_first },
	{ "garbage", AT_START, rogue_garbage },
	{ "empty", AT_START, rogue_empty },
	{ "short", AT_START, rogue_short },
	{ "oversized", AT_START, rogue_oversized },
	{ "sequence", AT_START, rogue_sequence },
	{ "magic", AT_START, rogue_magic },
	{ "not-zero", AT_START, rogue_not_zero },
	{ "length", AT_START, rogue_length },
	{ "type", AT_START, rogue_type },

	{ "code-garbage", AT_COMPILE, rogue_code_garbage },
	{ "code-endless", AT_COMPILE, rogue_code_endless },
	{ "code-none", AT_COMPILE, rogue_code_none },
	{ "code-after-last", AT_COMPILE, rogue_code_after_last },
	{ "code-drip", AT_COMPILE, rogue_code_drip },
	{ "compile-call", AT_COMPILE, rogue_compile_call },
	{ "compile-text", AT_COMPILE, rogue_compile_text },
	{ "compile-exit", AT_COMPILE, rogue_compile_exit },

	{ "offsets", AT_RUN, rogue_offsets },
	{ "write-past", AT_RUN, rogue_write_past },
	{ "gap", AT_RUN, rogue_gap },
	{ "write-at-far", AT_RUN, rogue_write_at_far },
	{ "context", AT_RUN, rogue_context },
	{ "context-not-json", AT_RUN, rogue_context_not_json },
	{ "fetch-head", AT_RUN, rogue_fetch_head },
	{ "copy-unread", AT_RUN, rogue_copy_unread },
	{ "open-many", AT_RUN, rogue_open_many },
	{ "body-large", AT_RUN, rogue_body_large },

	{ "ready-twice", AT_RUN, rogue_ready_twice },
	{ "replay", AT_RUN, rogue_replay },
	{ "descriptor", AT_RUN, rogue_descriptor },
	{ "unknown-call", AT_RUN, rogue_unknown_call },
	{ "call-long", AT_RUN, rogue_call_long },
	{ "call-short", AT_RUN, rogue_call_short },
	{ "flood", AT_RUN, rogue_flood },
	{ "flood-answered", AT_RUN, rogue_flood_answered },
	{ "flood-sleep", AT_RUN, rogue_flood_sleep },
	{ "log", AT_RUN, rogue_log },
	{ "after-finish", AT_RUN, rogue_after_finish },
	{ "finish-exit", AT_RUN, rogue_finish_exit },
	{ "finish-killed", AT_RUN, rogue_finish_killed },
	{ "finish-hang", AT_RUN, rogue_finish_hang },
	{ "finish-unwritten", AT_RUN, rogue_finish_unwritten },
	{ "done-only", AT_RUN, rogue_done_only },
	{ "finish-twice", AT_RUN, rogue_finish_twice },
	{ "sleep", AT_RUN, rogue_sleep },
	{ "hang-up", AT_RUN, rogue_hang_up },
	{ "stale", AT_RUN, rogue_stale },
	{ "late", AT_RUN, rogue_late },
	{ "sound-update", AT_RUN, rogue_sound_update },
};

/* The two lines of the file beside this program. */
static const struct misbehaviour *
choose(struct rogue *r)
{
	char path[PATH_SIZE], name[64];
	ssize_t size = readlink("/proc/self/exe", path, sizeof(path) - 1);
	size_t i;
	FILE *file;

	if (size < 0)
		return NULL;
	path[size] = '\0';
	*strrchr(path, '/') = '\0';
	if ((size_t)size + sizeof("/rogue") > sizeof(path))
		return NULL;
	strcat(path, "/rogue");
	file = fopen(path, "re");
	if (file == NULL)
		return NULL;
	if (fgets(name, sizeof(name), file) == NULL || fgets(r->argument, sizeof(r->argument), file) == NULL)
		name[0] = '\0';
	fclose(file);
	name[strcspn(name, "\n")] = '\0';
	r->argument[strcspn(r->argument, "\n")] = '\0';
	for (i = 0; i < sizeof(misbehaviours) / sizeof(misbehaviours[0]); i++) {
		if (strcmp(name, misbehaviours[i].name) == 0)
			return &misbehaviours[i];
	}
	return NULL;
}

int
main(void)
{
	static struct rogue r;
	const struct misbehaviour *chosen = choose(&r);
	const struct dsync_frame_ready sound = rogue_sound();

	if (chosen == NULL)
		return 2;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dsync_buffer_init(&r.out, 2 * DSYNC_FRAME_SIZE_MAX);
	if (chosen->moment == AT_START) {
		chosen->act(&r);
		rogue_hang(); /* gone when the host says so, not before */
	}
	rogue_ready(&r, &sound);
	rogue_take_job(&r);
	if (chosen->moment == (r.job.mode == DSYNC_JOB_COMPILE ? AT_COMPILE : AT_RUN)) {
		chosen->act(&r);
		rogue_hang();
	}
	rogue_code(&r, "code", 4, true); /* a compiler that is still well */
	rogue_done(&r);
	return 0;
}
