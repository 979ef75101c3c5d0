/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * manifest_texts.h - manifests that several tests start from.
 */
#ifndef FORMAT_TEST_MANIFEST_TEXTS_H
#define FORMAT_TEST_MANIFEST_TEXTS_H

/* Nothing but what must be there. */
#define MINIMAL \
	"[sync]\n" \
	"version = \"1.3\"\n" \
	"content_type = \"text/csv\"\n" \
	"display_ext = \"csv\"\n" \
	"\n" \
	"[meta]\n" \
	"created_by = \"somebody\"\n" \
	"created_at = \"2026-01-31T12:00:00Z\"\n" \
	"hash_algo = \"blake3\"\n"

#define DID "did:key:z6MkvDqGT54cXesYGvABpF1UapVNwjCqRcafi4Px6Thv5T3Z"

/* Every key that the format knows, none with its default; signed, so no setter works on it. */
#define FULL \
	"# rates\n" \
	"[sync]\n" \
	"version = \"1.2\"\n" \
	"content_type = \"text/csv; charset=utf-8\"\n" \
	"display_ext = \".tar.gz\"\n" \
	"variant = \"vault\"\n" \
	"\n" \
	"[meta]\n" \
	"name = \"Exchange rates\"\n" \
	"description = 'all of \"them\"'\n" \
	"created_by = \"" DID "\"\n" \
	"created_at = \"2026-01-31T12:00:00.5+01:00\"\n" \
	"hash_algo = \"blake3\"\n" \
	"\n" \
	"[policy]\n" \
	"ttl = 60\n" \
	"timeout = 5\n" \
	"network_scope = \"local\"\n" \
	"update = \"manual\"\n" \
	"stale_while_revalidate = 7200\n" \
	"stale_if_error = 86400\n" \
	"fail_closed = true\n" \
	"max_payload = 1_000_000\n" \
	"\n" \
	"[permissions]\n" \
	"allow_hosts = [\"b.example\", \"*.a.example\"]\n" \
	"allow_env = [\n\t\"TOKEN\", # a secret\n\t\"LANG\",\n]\n" \
	"read = \"member\"\n" \
	"write = \"public\"\n" \
	"execute = \"member\"\n" \
	"\n" \
	"[ownership]\n" \
	"owner_capsule = \"capsule:1\"\n" \
	"write_allowed = true\n" \
	"creator = \"Ren\\u00e9\"\n" \
	"team = [\"" DID "\"]\n" \
	"\n" \
	"[verification]\n" \
	"enabled = true\n" \
	"vm_type = \"risc0\"\n" \
	"proof_type = \"stark\"\n" \
	"\n" \
	"[encryption]\n" \
	"enabled = true\n" \
	"algorithm = \"age-v1\"\n" \
	"\n" \
	"[encryption.meta]\n" \
	"keys = [\"SECRET\"]\n" \
	"recipients = [\"age1x\"]\n" \
	"kdf = \"scrypt\"\n" \
	"hint = \"the usual\"\n" \
	"\n" \
	"[capabilities]\n" \
	"values = [\"local-first\", \"seal:v1:blake3:00\"]\n" \
	"\n" \
	"[publisher]\n" \
	"keys = [\"" DID "\"]\n" \
	"threshold = 1\n" \
	"require = \"attested\"\n" \
	"expires_max = 604800\n" \
	"url = \"https://a.example/rates.csv.sync\"\n" \
	"\n" \
	"[dotsync]\n" \
	"archive_id = \"0123456789abcdef0123456789abcdef\"\n" \
	"seq = 7\n" \
	"\n" \
	"[[owner_chain]]\n" \
	"from = \"" DID "\"\n" \
	"to = \"" DID "\"\n" \
	"seq = 2\n" \
	"sig_from = \"AA==\"\n" \
	"sig_to = \"BB==\"\n" \
	"\n" \
	"[signature]\n" \
	"algo = \"Ed25519\"\n" \
	"manifest_hash = \"blake3:00\"\n" \
	"payload_hash = \"blake3:01\"\n" \
	"timestamp = \"2026-01-31T12:00:00Z\"\n" \
	"value = \"CC==\"\n"

#endif
