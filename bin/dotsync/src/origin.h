/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * origin.h - what can be told of a URL that a person typed without asking for it.
 *
 * The strict judge of URLs is the refresher; this only takes apart what it will accept: http or https, no user part, plain characters.
 */
#ifndef DOTSYNC_ORIGIN_H
#define DOTSYNC_ORIGIN_H

#include <stddef.h>

#include "dotsync/error.h"

#define ORIGIN_SIZE 300
#define ORIGIN_NAME_SIZE 200

/* The entry of an allow-list that covers exactly this origin: "example.com", "http://localhost:8080". DSYNC_ERR_SYNTAX otherwise. */
int origin_of_url(const char *url, char out[ORIGIN_SIZE], struct dsync_error *err);

/*
 * A plain file name from the end of the URL's path ("list.dat"), or of the host where the path has none: letters, digits and ". _ - +" only, never
 * hidden.
 */
void origin_file_name(const char *url, char out[ORIGIN_NAME_SIZE]);

/* The URL without query and fragment, in what `out` holds. */
void origin_bare_url(const char *url, char *out, size_t size);

#endif
