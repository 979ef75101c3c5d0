/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * origin.h - what can be told of a URL that a person typed without asking for it.
 *
 * The strict judge of URLs is the refresher; this only takes apart what it will accept: http or https, no user
 * part, plain characters.
 */
#ifndef DOTSYNC_ORIGIN_H
#define DOTSYNC_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>

#include "dotsync/error.h"

#define ORIGIN_SIZE 300
#define ORIGIN_NAME_SIZE 200

/* The entry of an allow-list for exactly this origin: "example.com", "http://localhost:8080"; or DSYNC_ERR_SYNTAX. */
int origin_of_url(const char *url, char out[ORIGIN_SIZE], struct dsync_error *err);

/*
 * A plain file name from the end of the URL's path ("list.dat"): letters, digits and ". _ - +" only, never hidden.
 * Where the path has none it is made of the host, and false is returned.
 */
bool origin_file_name(const char *url, char out[ORIGIN_NAME_SIZE]);

/* Are these of one host, whatever the port? */
bool origin_same_host(const char *a, const char *b);

/* The URL without query and fragment, in what `out` holds. */
void origin_bare_url(const char *url, char *out, size_t size);

#endif
