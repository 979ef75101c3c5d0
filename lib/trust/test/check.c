/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Every trust layer is seen, and what needs a judgement is not refreshed without one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../base/test/scratch.h"
#include "dotsync/archive.h"
#include "dotsync/builder.h"
#include "dotsync/manifest.h"
#include "dotsync/trust.h"

#define SYNC(variant) \
	"[sync]\nversion = \"1.3\"\ncontent_type = \"text/csv\"\ndisplay_ext = \"csv\"\n" variant \
	"[meta]\ncreated_by = \"x\"\ncreated_at = \"2026-01-31T12:00:00Z\"\nhash_algo = \"blake3\"\n"
#define PLAIN SYNC("")
#define DID "did:key:z6MkvDqGT54cXesYGvABpF1UapVNwjCqRcafi4Px6Thv5T3Z"

#define PUBLISHER_MESSAGE \
	"this version cannot judge publisher releases, so it does not refresh what requires one (trust, publisher.require); read the " \
	"archive as it is, or get its new version from the publisher"
#define VAULT_MESSAGE(key) \
	"this version cannot encrypt, so it does not refresh vaults (trust, " key \
	"); read the archive as it is, or get its " \
	"new version from its owner"
#define SIGNED_PAYLOAD_MESSAGE \
	"the signature is for this payload alone, so a refresh would break it (trust, signature.payload_hash); read the archive as it " \
	"is, or get its new version from its owner"

static const struct {
	const char *what;
	const char *manifest;
	const char *entry; /* one more entry, or NULL */
	enum dsync_trust_state state;
	const char *layers;  /* names of those present, each with a comma behind */
	const char *refusal; /* of a refresh, or NULL */
} cases[] = {
	{ "nothing", PLAIN, NULL, DSYNC_TRUST_UNSIGNED, "", NULL },
	{ "an entry of others", PLAIN, "notes.txt", DSYNC_TRUST_UNSIGNED, "", NULL },
	{ "a signature", PLAIN "[signature]\nvalue = \"x\"\n", NULL, DSYNC_TRUST_NOT_JUDGED, "manifest signature,",
		NULL },
	{ "a signature of the payload", PLAIN "[signature]\npayload_hash = \"x\"\n", NULL, DSYNC_TRUST_NOT_JUDGED,
		"manifest signature,", SIGNED_PAYLOAD_MESSAGE },
	{ "a seal", PLAIN "[capabilities]\nvalues = [\"a\", \"seal:v1:x\"]\n[signature]\n", NULL,
		DSYNC_TRUST_NOT_JUDGED, "manifest signature,seal,", NULL },
	{ "a seal alone", PLAIN "[capabilities]\nvalues = [\"seal:v9\"]\n", NULL, DSYNC_TRUST_NOT_JUDGED, "seal,",
		NULL },
	{ "no seal", PLAIN "[capabilities]\nvalues = [\"sea\", \"xseal:\"]\n", NULL, DSYNC_TRUST_UNSIGNED, "", NULL },
	{ "a release", PLAIN, "sync.release", DSYNC_TRUST_NOT_JUDGED, "release,", NULL },
	{ "an attestation", PLAIN, "sync.attest", DSYNC_TRUST_UNSIGNED, "attestation,", NULL },
	{ "a proof", PLAIN, "sync.proof", DSYNC_TRUST_UNSIGNED, "proof,", NULL },
	{ "chunks", PLAIN, "sync.chunks", DSYNC_TRUST_UNSIGNED, "chunks,", NULL },
	{ "a proof that is claimed", PLAIN "[verification]\nenabled = true\n", NULL, DSYNC_TRUST_UNSIGNED, "proof,",
		NULL },
	{ "publishers", PLAIN "[publisher]\nkeys = [\"" DID "\"]\n", NULL, DSYNC_TRUST_UNSIGNED, "publisher,",
		PUBLISHER_MESSAGE },
	{ "publishers required", PLAIN "[publisher]\nrequire = \"publisher\"\n", "sync.release", DSYNC_TRUST_NOT_JUDGED,
		"publisher,release,", PUBLISHER_MESSAGE },
	{ "attestations required", PLAIN "[publisher]\nrequire = \"attested\"\n", NULL, DSYNC_TRUST_UNSIGNED,
		"publisher,", NULL },
	{ "publishers not required", PLAIN "[publisher]\nrequire = \"none\"\n", NULL, DSYNC_TRUST_UNSIGNED,
		"publisher,", NULL },
	{ "a vault", SYNC("variant = \"vault\"\n"), NULL, DSYNC_TRUST_UNSIGNED, "encryption,",
		VAULT_MESSAGE("sync.variant") },
	{ "encryption", PLAIN "[encryption]\nenabled = true\n", NULL, DSYNC_TRUST_UNSIGNED, "encryption,",
		VAULT_MESSAGE("encryption.enabled") },
	{ "an algorithm only", PLAIN "[encryption]\nalgorithm = \"age-v1\"\n", NULL, DSYNC_TRUST_UNSIGNED, "", NULL },
};

static struct dsync_archive *
make_archive(const char *folder, const char *text, const char *entry)
{
	struct dsync_error err = { 0 };
	struct dsync_manifest *m = dsync_manifest_parse(text, strlen(text), &err);
	struct dsync_builder *b = dsync_builder_create();
	struct dsync_archive *archive;
	char path[SCRATCH_PATH_SIZE];

	if (m == NULL)
		fail_msg("%s: %s", err.entry, err.message);
	scratch_path(path, folder, "a.sync");
	assert_non_null(b);
	assert_int_equal(dsync_builder_set_manifest(b, m), 0);
	assert_int_equal(dsync_builder_set_payload_bytes(b, "a,b\n", 4), 0);
	if (entry != NULL)
		assert_int_equal(dsync_builder_set_entry(b, entry, "{}", 2), 0);
	if (dsync_builder_write(b, path, DSYNC_CREATE_REPLACE, &err) < 0)
		fail_msg("%s: %s", err.entry, err.message);
	dsync_builder_destroy(b);
	dsync_manifest_destroy(m);

	archive = dsync_archive_open(path, NULL, &err);
	if (archive == NULL)
		fail_msg("%s: %s", err.entry, err.message);
	return archive;
}

static void
check_layers(const struct dsync_trust *trust, const char *what, const char *expected)
{
	char present[256] = "";
	size_t i;

	for (i = 0; i < dsync_trust_layer_count(trust); i++) {
		if (strcmp(dsync_trust_layer_verdict(trust, i), "absent") == 0) {
			assert_string_equal(dsync_trust_layer_detail(trust, i), "");
			continue;
		}
		assert_string_equal(dsync_trust_layer_verdict(trust, i), "present");
		assert_string_not_equal(dsync_trust_layer_detail(trust, i), "");
		strcat(strcat(present, dsync_trust_layer_name(trust, i)), ",");
	}
	if (strcmp(present, expected) != 0)
		fail_msg("%s: present are %s", what, present);
}

static void
check_refresh(struct dsync_archive *archive, const char *what, const char *refusal)
{
	struct dsync_error err = { 0 };
	struct dsync_trust *trust = dsync_trust_check(archive, DSYNC_TRUST_FOR_REFRESH, &err);
	char line[1024];

	if ((trust == NULL) != (refusal != NULL))
		fail_msg("%s: %s", what, trust == NULL ? err.message : "refreshed");
	dsync_trust_free(trust);
	if (refusal == NULL)
		return;
	assert_int_equal(err.code, DSYNC_ERR_UNSUPPORTED);
	dsync_error_format(&err, line, sizeof(line));
	assert_string_equal(line, refusal);
	assert_null(dsync_trust_check(archive, DSYNC_TRUST_FOR_REFRESH, NULL));
}

static void
test_cases(void **state)
{
	char folder[SCRATCH_PATH_SIZE];
	struct dsync_archive *archive;
	struct dsync_trust *trust;
	struct dsync_error err;
	size_t i;

	(void)state;
	scratch_make(folder);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		archive = make_archive(folder, cases[i].manifest, cases[i].entry);
		trust = dsync_trust_check(archive, DSYNC_TRUST_FOR_READING, &err);
		assert_non_null(trust);
		if (dsync_trust_state(trust) != cases[i].state)
			fail_msg("%s: %s", cases[i].what, dsync_trust_state_name(dsync_trust_state(trust)));
		check_layers(trust, cases[i].what, cases[i].layers);
		dsync_trust_free(trust);

		check_refresh(archive, cases[i].what, cases[i].refusal);
		trust = dsync_trust_check(archive, DSYNC_TRUST_FOR_CHANGE, &err);
		assert_non_null(trust);
		dsync_trust_free(trust);
		dsync_archive_unref(archive);
	}
	scratch_remove(folder);
}

static const char *
detail_of(const struct dsync_trust *trust, const char *name)
{
	size_t i;

	for (i = 0; i < dsync_trust_layer_count(trust); i++) {
		if (strcmp(dsync_trust_layer_name(trust, i), name) == 0)
			return dsync_trust_layer_detail(trust, i);
	}
	fail_msg("no layer %s", name);
	return NULL;
}

static void
test_details(void **state)
{
	char folder[SCRATCH_PATH_SIZE];
	struct dsync_archive *archive;
	struct dsync_trust *trust;

	(void)state;
	scratch_make(folder);
	archive = make_archive(folder,
		SYNC("variant = \"vault\"\n") "[capabilities]\nvalues = [\"seal:v1\"]\n[verification]\nenabled = true\n"
					      "[publisher]\nrequire = \"none\"\n",
		"sync.attest");
	trust = dsync_trust_check(archive, DSYNC_TRUST_FOR_READING, NULL);
	assert_non_null(trust);
	dsync_archive_unref(archive); /* the rows do not need it */
	assert_string_equal(detail_of(trust, "manifest signature"), "");
	assert_string_equal(detail_of(trust, "seal"), "without a signature, which a seal must have");
	assert_string_equal(detail_of(trust, "publisher"), "releases are not required");
	assert_string_equal(detail_of(trust, "attestation"), "says how the payload was fetched, proves nothing");
	assert_string_equal(detail_of(trust, "proof"), "the manifest speaks of a proof that is not there");
	assert_string_equal(detail_of(trust, "encryption"), "the payload is handed out encrypted, as it is stored");
	assert_string_equal(dsync_trust_layer_name(trust, dsync_trust_layer_count(trust)), "");
	assert_string_equal(dsync_trust_layer_verdict(trust, SIZE_MAX), "");
	assert_string_equal(dsync_trust_layer_detail(trust, SIZE_MAX), "");
	dsync_trust_free(trust);
	dsync_trust_free(NULL);
	scratch_remove(folder);
}

static void
test_names(void **state)
{
	(void)state;
	assert_string_equal(dsync_trust_state_name(DSYNC_TRUST_UNSIGNED), "unsigned");
	assert_string_equal(dsync_trust_state_name(DSYNC_TRUST_NOT_JUDGED), "not-judged");
	assert_string_equal(dsync_trust_state_name((enum dsync_trust_state)9), "?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_details),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
