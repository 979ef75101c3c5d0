/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "terms.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "worker.h"

#define WASM_PAGE_SIZE 65536u

int
dsync_terms_begin(struct dsync_run *run, int passed, struct dsync_error *err)
{
	struct dsync_view *pushed = &run->calls.pushed;
	struct stat st;
	int rc, err_no;

	pushed->data = NULL;
	pushed->size = 0;
	if (!run->job->push)
		return 0;
	rc = passed >= 0 ? dsync_sys_fstat(passed, &st) : -EBADF;
	if (rc < 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size > SIZE_MAX)
		return dsync_error_set(err, DSYNC_ERR_PROTOCOL, "job", "a push without a payload");
	if (st.st_size == 0) {
		pushed->data = (const unsigned char *)"";
		return 0;
	}
	pushed->data = dsync_sys_mmap(passed, 0, (size_t)st.st_size, &err_no);
	if (pushed->data == NULL)
		return dsync_error_set_errno(err, err_no, "cannot read the pushed payload");
	pushed->size = (size_t)st.st_size;
	return 0;
}

void
dsync_terms_end(struct dsync_run *run)
{
	while (run->withheld.count > 0)
		free(run->withheld.items[--run->withheld.count]);
	free(run->withheld.items);
	run->withheld.items = NULL;
	if (run->calls.pushed.size > 0)
		dsync_sys_munmap((void *)(uintptr_t)run->calls.pushed.data, run->calls.pushed.size);
	run->calls.pushed.data = NULL;
	run->calls.pushed.size = 0;
}

static bool
contains(const struct dsync_strings *list, const char *text)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (strcmp(list->items[i], text) == 0)
			return true;
	}
	return false;
}

/* What is dropped goes to `withheld`, where there is room for it, or is freed. */
static void
keep_only(struct dsync_strings *list, const struct dsync_strings *wanted, struct dsync_strings *withheld)
{
	size_t kept = 0, i;

	for (i = 0; i < list->count; i++) {
		if (contains(wanted, list->items[i]))
			list->items[kept++] = list->items[i];
		else if (withheld != NULL && withheld->items != NULL)
			withheld->items[withheld->count++] = list->items[i];
		else
			free(list->items[i]);
	}
	list->count = kept;
}

void
dsync_terms_narrow(struct dsync_run *run)
{
	struct dsync_strings *hosts = &run->judgement.consent.asked_hosts;

	if (run->job->narrow_hosts) {
		run->withheld.items =
			calloc(hosts->count + 1, sizeof(*hosts->items)); /* for a message: without it, too */
		keep_only(hosts, &run->job->hosts, &run->withheld);
	}
	if (run->job->narrow_env)
		keep_only(&run->judgement.consent.asked_env, &run->job->env, NULL);
}

uint64_t
dsync_terms_lower(uint64_t limit, uint64_t wanted)
{
	return wanted > 0 && wanted < limit ? wanted : limit;
}

uint64_t
dsync_terms_memory(const struct dsync_run *run)
{
	const uint64_t memory = dsync_terms_lower(DSYNC_WORKER_MEMORY_MAX, run->job->memory_max);

	return memory < WASM_PAGE_SIZE ? WASM_PAGE_SIZE : memory / WASM_PAGE_SIZE * WASM_PAGE_SIZE;
}

int
dsync_terms_take_pushed(struct dsync_run *run, bool *changed, struct dsync_error *err)
{
	struct dsync_calls *c = &run->calls;
	int rc;

	/* What a server said belongs to what it sent, and that is not what becomes the payload. */
	memset(&c->got, 0, sizeof(c->got));
	memset(c->got_url, 0, sizeof(c->got_url));
	c->got_status = 0;
	rc = dsync_staging_discard(&run->staging);
	if (rc == 0)
		rc = dsync_staging_append(&run->staging, c->pushed.data, c->pushed.size);
	if (rc < 0) {
		*err = run->staging.fault;
		return err->code;
	}
	rc = dsync_staging_is_same(&run->staging, err);
	*changed = rc == 0;
	return rc < 0 ? rc : 0;
}
