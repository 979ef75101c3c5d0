/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "consent.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"
#include "base/text.h"
#include "report.h"

#define ANSWER_SIZE 16

bool
consent_can_ask(const struct app *app)
{
	return !app->json && !app->quiet && isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
}

/* Read a byte at a time, so that what follows the answer is left to whoever reads next. */
bool
consent_ask(const char *question)
{
	char answer[ANSWER_SIZE] = "";
	size_t size = 0;
	char c;

	fprintf(stderr, "%s [y/N] ", question);
	fflush(stderr);
	while (dsync_sys_read(STDIN_FILENO, &c, 1) == 1 && c != '\n') {
		if (size + 1 < sizeof(answer))
			answer[size++] = (char)dsync_text_lower((unsigned char)c);
	}
	answer[size] = '\0';
	return strcmp(answer, "y") == 0 || strcmp(answer, "yes") == 0;
}

static int
copy_list(struct dsync_strings *to, const struct dsync_strings *from, struct dsync_error *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < from->count; i++)
		rc = dsync_grant_add(to, from->items[i], err);
	return rc;
}

int
consent_make_grant(
	const struct dsync_consent *consent, int64_t expires, struct dsync_grant *grant, struct dsync_error *err)
{
	int rc;

	dsync_grant_init(grant);
	grant->owner = strdup(consent->owner);
	if (grant->owner == NULL)
		return dsync_error_set_memory(err);
	memcpy(grant->updater, consent->updater, sizeof(grant->updater));
	grant->created = dsync_sys_now();
	grant->expires = expires;
	rc = copy_list(&grant->hosts, &consent->asked_hosts, err);
	if (rc == 0)
		rc = copy_list(&grant->env, &consent->asked_env, err);
	if (rc < 0)
		dsync_grant_finish(grant);
	return rc;
}

int
consent_keep_private(const struct dsync_consent *consent, struct dsync_grant *grant, struct dsync_error *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < consent->before_private.count; i++) {
		if (dsync_grant_has_host(&consent->asked_hosts, consent->before_private.items[i]))
			rc = dsync_grant_add(&grant->private_hosts, consent->before_private.items[i], err);
	}
	return rc;
}

void
consent_note_private(struct app *app, const char *file, const struct dsync_consent *consent)
{
	size_t i;

	for (i = 0; i < consent->missing_private.count; i++)
		report_note(app, "%s: %s is a private address, which is not granted: `dotsync grant FILE --private %s`",
			file, consent->missing_private.items[i], consent->missing_private.items[i]);
}

/* What was typed is shown to nobody: it is a mistake to put a value there, but it is made. */
int
consent_add_secret(struct app *app, struct dsync_secrets *list, const char *text, bool keep)
{
	struct dsync_secret secret = { .name = NULL };
	struct dsync_error err;
	char reason[1024];
	int rc;

	rc = dsync_secret_parse(&secret, text, &err);
	if (rc == 0 && keep)
		rc = dsync_secret_keep(&secret, &err);
	if (rc == 0)
		rc = dsync_grant_add_secret(list, &secret, true, &err);
	dsync_secret_finish(&secret);
	if (rc == 0)
		return 0;
	if (err.rule[0] != '\0')
		err.found[0] = '\0';
	dsync_error_format(&err, reason, sizeof(reason));
	report_usage(
		app, "--secret is NAME=SOURCE,host=HOST[:PORT][,header=NAME|,query=NAME][,format=TEXT]: %s", reason);
	return -1;
}

void
consent_append_reason(struct dsync_buffer *out, const struct dsync_consent *c)
{
	const struct dsync_strings *missing = c->missing_hosts.count > 0 ? &c->missing_hosts : &c->missing_env;

	if (c->state == DSYNC_CONSENT_EXPIRED) {
		dsync_buffer_append_text(out, "its grant has expired; ");
	} else if (c->state == DSYNC_CONSENT_REPLACED) {
		dsync_buffer_append_text(out, "its updater was replaced; ");
	} else if (c->state == DSYNC_CONSENT_WIDER && missing->count > 0) {
		dsync_buffer_append_text(out, "it asks for ");
		dsync_text_escape_append(out, missing->items[0], strlen(missing->items[0]));
		dsync_buffer_append_text(
			out, c->missing_hosts.count + c->missing_env.count > 1 ? " and others now; " : " now; ");
	}
}
