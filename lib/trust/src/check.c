/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Which trust layers an archive has, and whether it may be refreshed without a judgement on them. */
#include "dotsync/trust.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "dotsync/archive.h"
#include "dotsync/manifest.h"
#include "format/layout.h"

struct layer {
	const char *name;
	const char *verdict;
	const char *detail;
};

enum {
	LAYER_SIGNATURE,
	LAYER_SEAL,
	LAYER_PUBLISHER,
	LAYER_RELEASE,
	LAYER_ATTESTATION,
	LAYER_PROOF,
	LAYER_CHUNKS,
	LAYER_ENCRYPTION,
	LAYER_COUNT
};

struct dsync_trust {
	enum dsync_trust_state state;
	struct layer layers[LAYER_COUNT];
};

static const char *const layer_names[LAYER_COUNT] = {
	[LAYER_SIGNATURE] = "manifest signature",
	[LAYER_SEAL] = "seal",
	[LAYER_PUBLISHER] = "publisher",
	[LAYER_RELEASE] = "release",
	[LAYER_ATTESTATION] = "attestation",
	[LAYER_PROOF] = "proof",
	[LAYER_CHUNKS] = "chunks",
	[LAYER_ENCRYPTION] = "encryption",
};

static bool
has_entry(const struct dsync_archive *archive, const char *name)
{
	struct dsync_archive_entry entry;

	return dsync_archive_find(archive, name, &entry) == 0;
}

static bool
is_vault(const struct dsync_manifest *m)
{
	return dsync_manifest_variant(m) == DSYNC_VARIANT_VAULT || dsync_manifest_encryption_enabled(m);
}

static void
set_layer(struct dsync_trust *trust, unsigned layer, bool is_present, const char *detail)
{
	trust->layers[layer].name = layer_names[layer];
	trust->layers[layer].verdict = is_present ? "present" : "absent";
	trust->layers[layer].detail = is_present ? detail : "";
}

/* A seal says that the signature covers it: one without the other is never merely "unsigned". */
static void
look_at_manifest(struct dsync_trust *trust, const struct dsync_manifest *m)
{
	bool has_signature = dsync_manifest_has_signature(m);
	bool has_seal = dsync_manifest_has_seal(m);
	bool is_required = dsync_manifest_publisher_require(m) == DSYNC_REQUIRE_PUBLISHER;

	set_layer(trust, LAYER_SIGNATURE, has_signature, "not judged by this version");
	set_layer(trust, LAYER_SEAL, has_seal,
		has_signature ? "not judged by this version" : "without a signature, which a seal must have");
	set_layer(trust, LAYER_PUBLISHER, dsync_manifest_has_publisher(m),
		is_required ? "every refresh needs a release, which this version cannot judge"
			    : "releases are not required");
	set_layer(trust, LAYER_ENCRYPTION, is_vault(m), "the payload is handed out encrypted, as it is stored");
}

static void
look_at_entries(struct dsync_trust *trust, const struct dsync_archive *archive, const struct dsync_manifest *m)
{
	bool has_proof = has_entry(archive, DSYNC_ENTRY_PROOF);
	bool claims_proof = dsync_manifest_verification_enabled(m);

	set_layer(trust, LAYER_RELEASE, has_entry(archive, DSYNC_ENTRY_RELEASE), "not judged by this version");
	set_layer(trust, LAYER_ATTESTATION, has_entry(archive, DSYNC_ENTRY_ATTEST),
		"says how the payload was fetched, proves nothing");
	set_layer(trust, LAYER_CHUNKS, has_entry(archive, DSYNC_ENTRY_CHUNKS), "not used by this version");
	set_layer(trust, LAYER_PROOF, has_proof || claims_proof,
		has_proof ? "not judged by this version" : "the manifest speaks of a proof that is not there");
}

static bool
is_present(const struct dsync_trust *trust, unsigned layer)
{
	return strcmp(trust->layers[layer].verdict, "present") == 0;
}

static int
refuse(struct dsync_error *err, const char *message, const char *key, const char *hint)
{
	int rc = dsync_error_set(err, DSYNC_ERR_UNSUPPORTED, "trust", "%s", message);

	dsync_error_at_entry(err, key, strlen(key));
	dsync_error_hint(err, "%s", hint);
	return rc;
}

/* A refresh puts bytes in place of bytes that somebody vouched for: what that somebody demands must be done, or nothing. */
static int
check_refresh(const struct dsync_manifest *m, struct dsync_error *err)
{
	if (dsync_manifest_publisher_require(m) == DSYNC_REQUIRE_PUBLISHER)
		return refuse(err,
			"this version cannot judge publisher releases, so it does not refresh what requires one",
			"publisher.require", "read the archive as it is, or get its new version from the publisher");
	if (is_vault(m))
		return refuse(err, "this version cannot encrypt, so it does not refresh vaults",
			dsync_manifest_encryption_enabled(m) ? "encryption.enabled" : "sync.variant",
			"read the archive as it is, or get its new version from its owner");
	if (dsync_manifest_signature_payload_hash(m) != NULL)
		return refuse(err, "the signature is for this payload alone, so a refresh would break it",
			"signature.payload_hash", "read the archive as it is, or get its new version from its owner");
	return 0;
}

struct dsync_trust *
dsync_trust_check(struct dsync_archive *archive, enum dsync_trust_purpose purpose, struct dsync_error *err)
{
	const struct dsync_manifest *m = dsync_archive_manifest(archive);
	struct dsync_trust *trust;

	if (purpose == DSYNC_TRUST_FOR_REFRESH && check_refresh(m, err) < 0)
		return NULL;
	trust = calloc(1, sizeof(*trust));
	if (trust == NULL) {
		dsync_error_set_memory(err);
		return NULL;
	}

	look_at_manifest(trust, m);
	look_at_entries(trust, archive, m);
	if (is_present(trust, LAYER_SIGNATURE) || is_present(trust, LAYER_SEAL) || is_present(trust, LAYER_RELEASE))
		trust->state = DSYNC_TRUST_NOT_JUDGED;
	else
		trust->state = DSYNC_TRUST_UNSIGNED;
	return trust;
}

void
dsync_trust_free(struct dsync_trust *trust)
{
	free(trust);
}

enum dsync_trust_state
dsync_trust_state(const struct dsync_trust *trust)
{
	return trust->state;
}

const char *
dsync_trust_state_name(enum dsync_trust_state state)
{
	switch (state) {
	case DSYNC_TRUST_UNSIGNED:
		return "unsigned";
	case DSYNC_TRUST_NOT_JUDGED:
		return "not-judged";
	}
	return "?";
}

size_t
dsync_trust_layer_count(const struct dsync_trust *trust)
{
	(void)trust; /* each archive has the same rows, most of them "absent" */
	return LAYER_COUNT;
}

/* Beyond the last row everything is "". */
static const struct layer *
layer_at(const struct dsync_trust *trust, size_t index)
{
	static const struct layer none = { "", "", "" };

	return index < LAYER_COUNT ? &trust->layers[index] : &none;
}

const char *
dsync_trust_layer_name(const struct dsync_trust *trust, size_t index)
{
	return layer_at(trust, index)->name;
}

const char *
dsync_trust_layer_verdict(const struct dsync_trust *trust, size_t index)
{
	return layer_at(trust, index)->verdict;
}

const char *
dsync_trust_layer_detail(const struct dsync_trust *trust, size_t index)
{
	return layer_at(trust, index)->detail;
}
