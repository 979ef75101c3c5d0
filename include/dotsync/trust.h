/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * trust.h - who may be believed: the one entrance for session, refresh, mount, server and commands.
 *
 * This version recognises every trust layer and judges none of the signatures: what
 * is signed is reported as "present, not judged", never as valid.  What needs a judgement before bytes may
 * change (a publisher's release, a vault's key) is refused by name.
 */
#ifndef DOTSYNC_TRUST_H
#define DOTSYNC_TRUST_H

#include <stdbool.h>
#include <stddef.h>

#include "dotsync/error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct dsync_archive;
struct dsync_trust;

enum dsync_trust_state {
	DSYNC_TRUST_UNSIGNED,   /* no layer at all */
	DSYNC_TRUST_NOT_JUDGED, /* a signature or seal is present, this version does not judge it */
};

enum dsync_trust_purpose {
	DSYNC_TRUST_FOR_READING,
	DSYNC_TRUST_FOR_REFRESH, /* refused: publisher.require = "publisher", vaults, a signature with a payload_hash */
	DSYNC_TRUST_FOR_CHANGE, /* set, create from: refused where a signed or sealed manifest would be rewritten is the manifest's affair */
};

/* NULL with DSYNC_ERR_UNSUPPORTED, rule "trust", entry = the manifest key that asks for it, when the purpose is refused. */
struct dsync_trust *
dsync_trust_check(struct dsync_archive *archive, enum dsync_trust_purpose purpose, struct dsync_error *err);
void dsync_trust_free(struct dsync_trust *trust);

enum dsync_trust_state dsync_trust_state(const struct dsync_trust *trust);
const char *dsync_trust_state_name(enum dsync_trust_state state); /* "unsigned", "not-judged" */

/*
 * One row a layer: its name ("manifest signature", "seal", "publisher", "release", "attestation", "proof", "chunks",
 * "encryption"), its verdict ("present" or "absent"), a detail for people, "" when absent.  They live as long as `trust`.
 */
size_t dsync_trust_layer_count(const struct dsync_trust *trust);
const char *dsync_trust_layer_name(const struct dsync_trust *trust, size_t index);
const char *dsync_trust_layer_verdict(const struct dsync_trust *trust, size_t index);
const char *dsync_trust_layer_detail(const struct dsync_trust *trust, size_t index);

#ifdef __cplusplus
}
#endif
#endif
