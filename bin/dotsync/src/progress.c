/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * progress.c - the progress line; see report.h.
 */
#include <string.h>
#include <unistd.h>

#include "base/sys.h"
#include "base/text.h"
#include "report.h"

#define DRAW_EVERY_MS 100
#define QUIET_MS 300 /* work that is done sooner shows nothing */

void
progress_begin(struct progress *p, struct app *app, const char *what)
{
	const char *name;

	memset(p, 0, sizeof(*p));
	p->app = app;
	name = strrchr(what, '/');
	name = name != NULL && name[1] != '\0' ? name + 1 : what;
	dsync_text_escape(p->what, sizeof(p->what), name, strlen(name));
	p->started_ms = dsync_sys_monotonic_ms();
}

static void
draw(const struct progress *p, int64_t elapsed_ms, uint64_t done, uint64_t total)
{
	char size[DSYNC_TEXT_HUMAN_SIZE], rate[DSYNC_TEXT_HUMAN_SIZE], left[DSYNC_TEXT_HUMAN_SIZE],
		all[DSYNC_TEXT_HUMAN_SIZE];
	uint64_t per_second = done / (uint64_t)(elapsed_ms > 0 ? elapsed_ms : 1) * 1000;

	dsync_text_human_size(size, done);
	dsync_text_human_size(rate, per_second);
	fprintf(stderr, "\r\033[K%s: %s", p->what, size);
	if (total >= done && total > 0) {
		dsync_text_human_size(all, total);
		fprintf(stderr, " of %s", all);
		if (per_second > 0) {
			dsync_text_human_duration(left, (int64_t)((total - done + per_second - 1) / per_second));
			fprintf(stderr, ", %s left", left);
		}
	}
	fprintf(stderr, ", %s/s", rate);
	fflush(stderr);
}

void
progress_update(struct progress *p, uint64_t done, uint64_t total)
{
	int64_t now = dsync_sys_monotonic_ms();

	if (p->app->quiet || p->app->no_progress || now - p->started_ms < QUIET_MS || now - p->drawn_ms < DRAW_EVERY_MS)
		return;
	if (!p->visible && isatty(STDERR_FILENO) != 1)
		return;
	draw(p, now - p->started_ms, done, total);
	p->drawn_ms = now;
	p->visible = true;
}

void
progress_end(struct progress *p)
{
	if (p->visible)
		fputs("\r\033[K", stderr);
	p->visible = false;
}
