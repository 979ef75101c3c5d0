/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * home.h - a user of its own for a test: folders, a context on them, archives.
 *
 *	cmocka_unit_test_setup_teardown(test, home_setup, home_teardown)
 *	home_make("a.sync", HOME_MANIFEST, "payload", wasm, size);
 *	archive = home_open("a.sync");
 *
 * The test runs in the folder "work"; beside it lie "config", "state", "cache", "machine" and "helpers".  The
 * environment has no folder at all, so that nothing of the real user is touched.  A failure ends the test.
 */
#ifndef RUNTIME_TEST_HOME_H
#define RUNTIME_TEST_HOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dotsync/context.h"

struct dsync_archive;

#define HOME_OWNER "somebody"

/* A whole manifest made long ago; tables may follow. */
#define HOME_MANIFEST \
	"[sync]\nversion = \"1.3\"\ncontent_type = \"text/csv\"\ndisplay_ext = \"csv\"\n" \
	"[meta]\ncreated_by = \"" HOME_OWNER "\"\ncreated_at = \"2020-01-31T12:00:00Z\"\nhash_algo = \"blake3\"\n"

int home_setup(void **state);
int home_teardown(void **state);

/* On the folders above; its log goes to home_log(). Owned by the test's end. */
struct dsync_context *home_context(void);

/* One that has no folder but the machine's. */
struct dsync_context *home_context_without(void);

/* The text that was logged last, "" when none was since the setup. */
const char *home_log(void);

/* The path of something below the home, such as "config/grants"; lives until the fourth next call. */
const char *home_path(const char *name);

void home_write(const char *name, const void *data, size_t size);
void home_write_text(const char *name, const char *text);
bool home_exists(const char *name);
size_t home_count(const char *name); /* names in a folder */

/* Makes an archive at `path`; `wasm` may be NULL. */
void home_make(const char *path, const char *manifest, const char *payload, const void *wasm, size_t wasm_size);
struct dsync_archive *home_open(const char *path);

/* Copies a program that the build made beside this test into the folder of helpers under another name, with this mode. */
void home_install(const char *program, const char *name, unsigned mode);

/* A module that a WASI command could be: it exports `_start`. */
extern const unsigned char home_wasm[];
extern const size_t home_wasm_size;

#endif
