/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * tagged.h - compare a document with the tagged JSON of the conformance vectors.
 */
#ifndef TOML_TEST_TAGGED_H
#define TOML_TEST_TAGGED_H

#include <stdbool.h>

#include "toml/toml.h"

/* True when the document has exactly the values of the JSON; else says on standard error what differs. */
bool tagged_equal(const struct dsync_toml *doc, const char *json);

#endif
