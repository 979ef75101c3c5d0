/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * hostile_cases.h - archives that must be refused, each with the rule it breaks.
 *
 * A case starts from the sample of hostile_add_sample(), is changed before it is
 * emitted (`prepare`), and after it (`poke`, or one field written over).
 */
#ifndef ZIP_TEST_HOSTILE_CASES_H
#define ZIP_TEST_HOSTILE_CASES_H

#include "hostile.h"

enum hostile_place { IN_LOCAL, IN_CENTRAL, IN_END, IN_END64, IN_LOCATOR };

struct hostile_field {
	enum hostile_place place;
	unsigned entry;  /* 0 manifest.toml (Deflated), 1 context.json, 2 payload */
	unsigned offset; /* in the header */
	unsigned size;   /* 2, 4, 8; 0: nothing is written */
	uint64_t value;
};

struct hostile_case {
	const char *name;
	const char *rule;
	bool zip64;
	struct hostile_field field;
	void (*prepare)(struct hostile *h); /* may be NULL */
	void (*poke)(struct hostile *h);    /* may be NULL */
};

extern const struct hostile_case hostile_cases[];
extern const size_t hostile_case_count;

/* Builds it into a fresh `h`. */
void hostile_case_build(const struct hostile_case *c, struct hostile *h);

#endif
