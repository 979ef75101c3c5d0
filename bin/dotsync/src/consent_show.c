/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * consent_show.c - what is asked, what was granted and how the two differ, for people.
 */
#include <inttypes.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "base/time.h"
#include "broker/broker.h"
#include "consent.h"
#include "dotsync/archive.h"
#include "dotsync/manifest.h"
#include "report.h"
#include "runtime/updater.h"

#define HASH_SHOWN 23 /* "blake3:" and 16 digits: enough to tell two apart by eye */
#define HTTPS_PORT 443

static bool
contains(const struct dsync_strings *list, const char *text)
{
	size_t i;

	for (i = 0; list != NULL && i < list->count; i++) {
		if (dsync_text_equal_case(list->items[i], strlen(list->items[i]), text, strlen(text)))
			return true;
	}
	return false;
}

static void
label(FILE *stream, const char *text)
{
	fprintf(stream, "  %-10s", text);
}

/* A star stands for whole labels in front of at least two more, and for nothing else (broker/host_rule.h). */
static bool
is_useless_host(const char *entry)
{
	const char *scheme = strstr(entry, "://");
	const char *host = scheme != NULL ? scheme + 3 : entry;
	size_t size = strcspn(host, ":");

	if (memchr(host, '*', size) == NULL)
		return false;
	return strncmp(host, "*.", 2) != 0 || memchr(host + 1, '*', size - 1) != NULL ||
		memchr(host + 2, '.', size - 2) == NULL;
}

static bool
is_useless_variable(const char *name)
{
	for (; *name != '\0'; name++) {
		if (!dsync_text_is_alnum((unsigned char)*name) && *name != '_')
			return true;
	}
	return false;
}

/* What is asked now, marked where it is new, and what was granted and is not asked for any more. */
struct difference {
	const char *label;
	const struct dsync_strings *asked, *missing;
	const struct dsync_strings *before; /* granted to the updater that this one replaces; NULL: none was */
	const struct dsync_strings
		*unreachable; /* private addresses that are not granted as such; NULL: there are none */
	bool (*is_useless)(const char *text);
};

static const char *
mark(const struct difference *d, const char *text)
{
	if (d->is_useless(text))
		return "   (allows nothing)";
	if (contains(d->unreachable, text))
		return contains(d->missing, text) ? "   (new; a private address)"
						  : "   (a private address: not granted as such)";
	if (!contains(d->missing, text))
		return "";
	return contains(d->before, text) ? "   (as before)" : "   (new)";
}

static void
show_difference(FILE *stream, const struct difference *d)
{
	const char *name = d->label;
	size_t i;

	for (i = 0; i < d->asked->count; i++, name = "") {
		label(stream, name);
		report_text(stream, d->asked->items[i]);
		fprintf(stream, "%s\n", mark(d, d->asked->items[i]));
	}
	for (i = 0; d->before != NULL && i < d->before->count; i++) {
		if (contains(d->asked, d->before->items[i]))
			continue;
		label(stream, name);
		report_text(stream, d->before->items[i]);
		fputs("   (not asked for any more)\n", stream);
		name = "";
	}
}

static void
show_updater(FILE *stream, const struct dsync_archive *archive, const unsigned char hash[DSYNC_HASH_SIZE])
{
	struct dsync_updater_info info = { 0 };
	char text[DSYNC_HASH_TEXT_SIZE];

	dsync_hash_format(text, hash);
	label(stream, "updater");
	if (dsync_updater_inspect_archive(archive, &info, NULL) < 0 || !info.present)
		fputs("none\n", stream);
	else if (info.builtin != NULL)
		fprintf(stream, "dotsync's own \"%s\" (%.*s)\n", info.builtin, HASH_SHOWN, text);
	else
		fprintf(stream, "a program of the owner's, sandboxed (%s, %.*s)\n", dsync_contract_name(info.contract),
			HASH_SHOWN, text);
}

static void
show_before(FILE *stream, const struct dsync_consent *consent)
{
	char hash[DSYNC_HASH_TEXT_SIZE], time[DSYNC_TIME_TEXT_SIZE];

	if (consent->state == DSYNC_CONSENT_REPLACED) {
		dsync_hash_format(hash, consent->before_updater);
		dsync_time_format(time, consent->before_created);
		label(stream, "before");
		fprintf(stream, "another updater, granted %s (%.*s)\n", time, HASH_SHOWN, hash);
	} else if (consent->state == DSYNC_CONSENT_EXPIRED) {
		dsync_time_format(time, consent->before_expires);
		label(stream, "before");
		fprintf(stream, "granted until %s, which is over\n", time);
	}
}

static void
show_limits(FILE *stream, const struct dsync_manifest *m)
{
	char time[DSYNC_TEXT_HUMAN_SIZE], size[DSYNC_TEXT_HUMAN_SIZE];

	dsync_text_human_duration(time, dsync_manifest_timeout(m));
	dsync_text_human_size(size, (uint64_t)dsync_manifest_max_payload(m));
	label(stream, "limits");
	if (dsync_manifest_network_scope(m) == DSYNC_NETWORK_NONE)
		fprintf(stream, "%s, no network, %s of payload\n", time, size);
	else
		fprintf(stream, "%s and what the network's bytes add, %u requests, %s of payload\n", time,
			DSYNC_BROKER_REQUESTS_MAX, size);
}

static void
show_secrets(FILE *stream, const struct dsync_secrets *list)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		const struct dsync_secret *s = &list->items[i];

		label(stream, i == 0 ? "secrets" : "");
		fprintf(stream, "%s, to https://%s", s->name, s->host);
		if (s->port != HTTPS_PORT)
			fprintf(stream, ":%u", s->port);
		fprintf(stream, " as %s %s, from ", s->in_query ? "query parameter" : "header", s->place);
		report_text(stream, s->source != NULL ? s->source : "the grant itself");
		fputc('\n', stream);
	}
}

/* What a name leads to is not known here, so this is said of all that may be meant. */
static void
show_reach(FILE *stream, const struct dsync_consent *consent)
{
	size_t i;

	for (i = 0; i < consent->asked_hosts.count; i++) {
		if (!dsync_grant_has_host(&consent->granted_private, consent->asked_hosts.items[i])) {
			fputs("            (private addresses are not included; `dotsync grant --private HOST` adds them)\n",
				stream);
			return;
		}
	}
}

void
consent_show(FILE *stream, const char *file, const struct dsync_archive *archive, const struct dsync_consent *consent)
{
	const bool replaced = consent->state == DSYNC_CONSENT_REPLACED;
	const struct difference hosts = { "hosts", &consent->asked_hosts, &consent->missing_hosts,
		replaced ? &consent->before_hosts : NULL, &consent->missing_private, is_useless_host };
	const struct difference env = { "variables", &consent->asked_env, &consent->missing_env,
		replaced ? &consent->before_env : NULL, NULL, is_useless_variable };

	report_text(stream, file);
	fputs(consent->granted ? ": its updater may run on this machine\n"
			       : ": its updater asks to run on this machine\n",
		stream);
	label(stream, "owner");
	report_text(stream, consent->owner);
	fputs(", by its own word\n", stream); /* no signature is judged yet */
	show_updater(stream, archive, consent->updater);
	show_before(stream, consent);
	if (consent->asked_hosts.count == 0)
		fputs("  hosts     none\n", stream);
	show_difference(stream, &hosts);
	show_reach(stream, consent);
	show_difference(stream, &env);
	show_limits(stream, dsync_archive_manifest(archive));
	show_secrets(stream, &consent->secrets);
}

static void
show_granted(
	FILE *stream, const char *name, const struct dsync_strings *list, const struct dsync_strings *private_hosts)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		label(stream, i == 0 ? name : "");
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

	if (grant->hosts.count == 0 && grant->env.count == 0 && grant->secrets.count == 0)
		fputs("  granted   to run, without network\n", stream);
	show_granted(stream, "granted", &grant->hosts, &grant->private_hosts);
	show_granted(stream, "variables", &grant->env, NULL);
	show_secrets(stream, &grant->secrets);
	if (grant->expires != INT64_MAX) {
		dsync_time_format(expires, grant->expires);
		fprintf(stream, "  until     %s\n", expires);
	}
}
