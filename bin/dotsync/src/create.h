/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * create.h - what the parts of `dotsync create` share.
 *
 *	cmd_create.c        the options, and the order of things
 *	create_context.c    what the built-in updater is to do, from the options
 *	create_fetch.c      gets the payload of --from
 *	create_fill.c       the same where the updater itself must do it: unpack, check, look up
 *	create_manifest.c   what the manifest says, from the options, the server and the names
 *	create_write.c      writes the archive, grants what it asks for, says what was done
 */
#ifndef DOTSYNC_CREATE_H
#define DOTSYNC_CREATE_H

#include <stdint.h>

#include "base/buffer.h"
#include "command.h"
#include "list.h"
#include "origin.h"
#include "runtime/grants.h"
#include "runtime/job.h"

struct dsync_archive;
struct dsync_manifest;
struct endings;

#define CREATE_NAME_SIZE 1024

struct create {
	/* as they were given; NULL or -1 where they were not */
	const char *payload; /* NULL: fetched; "-": standard input */
	const char *output;  /* in the end always set; "-": standard output */
	struct list urls, hosts, env, team;
	struct list unpack, headers, query;
	const char *expect, *json_url;
	const char *wasm, *context, *manifest;
	const char *name, *description, *type, *ext;
	const char *network, *read, *write, *execute;
	int64_t ttl, timeout;
	bool sync_rs, if_missing, force;

	/* what was found out */
	char output_name[CREATE_NAME_SIZE];  /* where no -o was given */
	char payload_name[CREATE_NAME_SIZE]; /* a plain name, for people */
	bool name_is_host;                   /* and what is behind its dot is no extension */
	int64_t now;                         /* or SOURCE_DATE_EPOCH */
	bool now_given;
	int spool;                     /* the fetched payload; -1 when none was fetched */
	const struct endings *endings; /* held while there is something to take away, else NULL */
	struct dsync_archive
		*filled; /* holds the payload that the updater fetched, and its attestation; NULL where it did not */
	size_t source;   /* which of the URLs it came from */
	struct dsync_result fetched; /* what the server said; initialised always */
	struct dsync_buffer updater; /* sync.wasm; empty: none */
	struct dsync_buffer context_json;
	struct dsync_grant grant; /* hosts, env and private hosts that the archive asks for and this user types */
};

/* Gets the payload into c->spool from the first URL that answers; an exit status, after reporting. */
int create_fetch(struct app *app, struct create *c);

/* A job for either, with progress: its result in c->fetched, which is a failure where it has an error.  Finishes the job. */
int create_run_job(struct app *app, struct create *c, struct dsync_job *job, const char *url, struct dsync_error *err);

/* The same by the built-in updater, into c->filled; and what either says when no URL could give it. */
int create_fill(struct app *app, struct create *c);
int create_fetch_failed(struct app *app, const struct create *c, const struct dsync_error *err);

/* Is the built-in updater to do more than to fetch?  An exit status where it cannot be meant so, after reporting. */
bool create_has_plan(const struct create *c);
int create_check_plan(struct app *app, const struct create *c);

/* context.json of the built-in updater. */
int create_write_context(struct create *c, struct dsync_error *err);

/* Makes the name of what is fetched that of what is inside. */
void create_inner_name(const struct create *c, char *name, size_t room);

/* All that the manifest says; NULL with `err`. */
struct dsync_manifest *create_manifest(struct create *c, struct dsync_error *err);

/* Fills c->grant's lists from URLs, hops and options. */
int create_permissions(struct create *c, struct dsync_error *err);

/* With --if-missing: says that the archive is there already, which is success; an exit status. */
int create_tell_present(struct app *app, const struct create *c);

/* Makes c->grant the whole grant of this archive, which is stored when the archive is there; once more is fine. */
int create_settle_grant(struct create *c, const struct dsync_manifest *manifest, struct dsync_error *err);

/* One --secret into c->grant, with its value where that is to be kept; -1 after reporting. */
int create_add_secret(struct app *app, struct create *c, const char *text);

/* Writes, grants, tells; an exit status, after reporting. */
int create_write(struct app *app, struct create *c, const struct dsync_manifest *manifest);

#endif
