/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * secret.h - what a user lets an updater authenticate with, without letting it see it.
 *
 * A secret is a part of a grant: a name, the one https host, port and header (or query parameter) that it may be sent
 * to, a format, and where its value comes from.  The updater writes {secret:NAME} where the value belongs; the broker puts
 * it in when everything else was checked (broker.h).  Place, host and format are the user's alone.
 *
 *	dsync_secret_parse(&secret, "TOKEN=file:/run/token,host=api.example.com", &err);
 *	dsync_secret_keep(&secret, &err);        at the grant: checks, and takes over a value of the environment
 *	dsync_secret_value(&secret, &value, &err);      at the refresh; dsync_secret_wipe(value)
 *	dsync_secret_finish(&secret);
 *
 * Values are at least DSYNC_SECRET_VALUE_MIN bytes, because shorter ones cannot be recognised in an answer that gives them back.
 */
#ifndef RUNTIME_SECRET_H
#define RUNTIME_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dotsync/error.h"

#define DSYNC_SECRETS_MAX 16u /* of one grant, and of one run */
#define DSYNC_SECRET_NAME_MAX 64u
#define DSYNC_SECRET_VALUE_MIN 8u
#define DSYNC_SECRET_VALUE_MAX 4096u

struct dsync_secret {
	char *name;
	char *host; /* lower case, exact; an IPv6 address without brackets */
	uint16_t port;
	bool in_query;
	char *place;  /* the header's name, or the query parameter's */
	char *format; /* with one "{}", where the value goes; "{}" in a query */
	char *source; /* "file:/PATH", "env:NAME", "credential:NAME"; NULL: the value is kept */
	char *value;  /* NULL: from the source */
};

/*
 * Fills an empty secret from "NAME=SOURCE,host=HOST[:PORT][,header=NAME|,query=NAME][,format=TEXT]", the format to the end
 * of the text; a relative path is made absolute.  The header is Authorization unless something is said, and its format "Bearer {}"; of others "{}".
 * DSYNC_ERR_INVALID with what is wrong.
 */
int dsync_secret_parse(struct dsync_secret *secret, const char *text, struct dsync_error *err);

/* Is everything as the comments above say?  What comes from a file is checked with this too. */
int dsync_secret_check(const struct dsync_secret *secret, struct dsync_error *err);

/*
 * Checks that there is a value, and takes over one of the environment, which is the granting user's and gone at the refresh; files and
 * credentials are read at each refresh, so that they may change.
 */
int dsync_secret_keep(struct dsync_secret *secret, struct dsync_error *err);

/*
 * The value, to be given to dsync_secret_wipe().  A file belongs to this user, who alone may read it, or to root; its last
 * line ending does not count.  A credential is a file of $CREDENTIALS_DIRECTORY, as systemd makes them.  Errors never hold any
 * part of a value.
 */
int dsync_secret_value(const struct dsync_secret *secret, char **value, struct dsync_error *err);
void dsync_secret_wipe(char *value);

int dsync_secret_copy(struct dsync_secret *to, const struct dsync_secret *from, struct dsync_error *err);
void dsync_secret_finish(struct dsync_secret *secret);

#endif
