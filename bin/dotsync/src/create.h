/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * create.h - what the parts of `dotsync create` share.
 *
 *	cmd_create.c        the options, and the order of things
 *	create_fetch.c      gets the payload of --from
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

struct dsync_manifest;

#define CREATE_NAME_SIZE 1024

struct create {
	/* as they were given; NULL or -1 where they were not */
	const char *payload; /* NULL: fetched; "-": standard input */
	const char *output;  /* in the end always set; "-": standard output */
	struct list urls, hosts, env, team;
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
	int spool;                   /* the fetched payload; -1 when none was fetched */
	size_t source;               /* which of the URLs it came from */
	struct dsync_result fetched; /* what the server said; initialised always */
	struct dsync_buffer updater; /* sync.wasm; empty: none */
	struct dsync_buffer context_json;
	struct dsync_grant grant; /* hosts, env and private hosts that the archive asks for and this user types */
};

/* Gets the payload into c->spool from the first URL that answers; an exit status, after reporting. */
int create_fetch(struct app *app, struct create *c);

/* All that the manifest says; NULL with `err`. */
struct dsync_manifest *create_manifest(struct create *c, struct dsync_error *err);

/* Fills c->grant's lists from URLs, hops and options. */
int create_permissions(struct create *c, struct dsync_error *err);

/* With --if-missing: says that the archive is there already, which is success; an exit status. */
int create_tell_present(struct app *app, const struct create *c);

/* Writes, grants, tells; an exit status, after reporting. */
int create_write(struct app *app, struct create *c, const struct dsync_manifest *manifest);

#endif
