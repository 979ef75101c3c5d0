/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * sample.h - small archives in an empty folder, for the tests of this one.
 *
 *	static int setup(void **state) { return sample_setup(state); }	makes the folder and changes into it
 *	sample_make("a.sync", "payload text");
 *	sample_check("a.sync", "payload text");
 *
 * Names are relative to that folder.  A failure ends the test.
 */
#ifndef FORMAT_TEST_SAMPLE_H
#define FORMAT_TEST_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dsync_archive;
struct dsync_builder;
struct dsync_manifest;

/* cmocka's setup and teardown of one test. */
int sample_setup(void **state);
int sample_teardown(void **state);

/* The minimal manifest; destroy it. */
struct dsync_manifest *sample_manifest(void);

/* A builder with that manifest and this payload; destroy it. */
struct dsync_builder *sample_builder(const char *payload);

/* Makes an archive; replaces an older one. */
void sample_make(const char *path, const char *payload);

/* Opens, or ends the test with the error's text. */
struct dsync_archive *sample_open(const char *path);

/* Ends the test unless the archive is sound and has exactly this payload. */
void sample_check(const char *path, const char *payload);

/* The whole file; free() it. */
unsigned char *sample_slurp(const char *path, size_t *size);
void sample_spit(const char *path, const void *data, size_t size);

bool sample_exists(const char *path);

/* How many names the folder has. */
size_t sample_count(void);

#endif
