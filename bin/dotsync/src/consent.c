/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "consent.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/time.h"
#include "dotsync/archive.h"
#include "report.h"
#include "runtime/updater.h"

#define ANSWER_SIZE 16
#define HASH_SHOWN 23 /* "blake3:" and 16 digits: enough to tell two apart by eye */

bool
consent_can_ask(const struct app *app)
{
	return !app->json && !app->quiet && isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
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

static void
show_list(FILE *stream, const char *label, const struct dsync_strings *asked, const struct dsync_strings *missing)
{
	size_t i;

	for (i = 0; i < asked->count; i++) {
		fprintf(stream, "  %-10s", i == 0 ? label : "");
		report_text(stream, asked->items[i]);
		fputs(contains(missing, asked->items[i]) ? "   (new)\n" : "\n", stream);
	}
}

static void
show_updater(FILE *stream, const struct dsync_archive *archive, const unsigned char hash[DSYNC_HASH_SIZE])
{
	struct dsync_updater_info info = { 0 };
	char text[DSYNC_HASH_TEXT_SIZE];

	dsync_hash_format(text, hash);
	if (dsync_updater_inspect_archive(archive, &info, NULL) < 0 || !info.present)
		fputs("  updater   none\n", stream);
	else if (info.builtin != NULL)
		fprintf(stream, "  updater   dotsync's own \"%s\" (%.*s)\n", info.builtin, HASH_SHOWN, text);
	else
		fprintf(stream, "  updater   a program of the owner's, sandboxed (%s, %.*s)\n",
			dsync_contract_name(info.contract), HASH_SHOWN, text);
}

void
consent_show(FILE *stream, const char *file, const struct dsync_archive *archive, const struct dsync_consent *consent)
{
	report_text(stream, file);
	fputs(consent->granted ? ": its updater may run on this machine\n"
			       : ": its updater asks to run on this machine\n",
		stream);
	fputs("  owner     ", stream);
	report_text(stream, consent->owner);
	fputc('\n', stream);
	show_updater(stream, archive, consent->updater);
	if (consent->asked_hosts.count == 0)
		fputs("  hosts     none\n", stream);
	show_list(stream, "hosts", &consent->asked_hosts, &consent->missing_hosts);
	show_list(stream, "variables", &consent->asked_env, &consent->missing_env);
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

static void
show_granted(
	FILE *stream, const char *label, const struct dsync_strings *list, const struct dsync_strings *private_hosts)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		fprintf(stream, "  %-10s", i == 0 ? label : "");
		report_text(stream, list->items[i]);
		fputs(private_hosts != NULL && contains(private_hosts, list->items[i]) ? "   (private addresses too)\n"
										       : "\n",
			stream);
	}
}

void
consent_show_grant(FILE *stream, const struct dsync_grant *grant)
{
	char expires[DSYNC_TIME_TEXT_SIZE];

	if (grant->hosts.count == 0 && grant->env.count == 0)
		fputs("  granted   to run, without network\n", stream);
	show_granted(stream, "granted", &grant->hosts, &grant->private_hosts);
	show_granted(stream, "variables", &grant->env, NULL);
	if (grant->expires != INT64_MAX) {
		dsync_time_format(expires, grant->expires);
		fprintf(stream, "  until     %s\n", expires);
	}
}

void
consent_put_strings(struct dsync_buffer *out, const char *name, const struct dsync_strings *list)
{
	size_t i;

	dsync_json_open_array(out, name);
	for (i = 0; i < list->count; i++)
		dsync_json_put_text(out, NULL, list->items[i]);
	dsync_json_close_array(out);
}

void
consent_put_grant(struct dsync_buffer *out, const struct dsync_grant *grant)
{
	char hash[DSYNC_HASH_TEXT_SIZE];

	dsync_hash_format(hash, grant->updater);
	dsync_json_put_text(out, "owner", grant->owner);
	if (grant->any_updater)
		dsync_json_put_null(out, "updater");
	else
		dsync_json_put_text(out, "updater", hash);
	consent_put_strings(out, "hosts", &grant->hosts);
	consent_put_strings(out, "env", &grant->env);
	consent_put_strings(out, "private", &grant->private_hosts);
	if (grant->expires == INT64_MAX)
		dsync_json_put_null(out, "expires");
	else
		dsync_json_put_time(out, "expires", grant->expires);
}
