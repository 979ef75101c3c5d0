/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "dotsync/manifest.h"
#include "format/manifest_json.h"
#include "manifest_texts.h"

static void
assert_json(const char *text, const char *json)
{
	struct dsync_error err = { 0 };
	struct dsync_manifest *m = dsync_manifest_parse(text, strlen(text), &err);
	struct dsync_buffer out;

	if (m == NULL)
		fail_msg("%s: %s", err.entry, err.message);
	dsync_buffer_init(&out, DSYNC_BUFFER_UNLIMITED);
	assert_int_equal(dsync_manifest_json_append(&out, m), 0);
	assert_string_equal(dsync_buffer_text(&out), json);
	dsync_buffer_finish(&out);
	dsync_manifest_destroy(m);
}

#define SYNC_JSON \
	"{\"sync\":{\"version\":\"1.3\",\"content_type\":\"text/csv\",\"display_ext\":\"csv\",\"variant\":\"plain\"},"
#define META_JSON \
	"\"meta\":{\"name\":\"\",\"description\":\"\",\"created_by\":\"somebody\",\"created_at\":\"2026-01-31T12:00:00Z\"," \
	"\"hash_algo\":\"blake3\""
#define POLICY_JSON \
	"\"policy\":{\"ttl\":3600,\"timeout\":30,\"network_scope\":\"wan\",\"update\":\"background\",\"stale_while_revalidate\":" \
	"null,\"stale_if_error\":null,\"fail_closed\":false,\"max_payload\":4294967296},"
#define REST_JSON \
	"\"permissions\":{\"allow_hosts\":[],\"allow_env\":[],\"read\":\"public\",\"write\":\"owner\",\"execute\":\"owner\"}," \
	"\"ownership\":{\"owner_capsule\":null,\"write_allowed\":false,\"creator\":null,\"team\":[]}," \
	"\"verification\":{\"enabled\":false,\"vm_type\":null,\"proof_type\":null}," \
	"\"encryption\":{\"enabled\":false,\"algorithm\":null}," \
	"\"capabilities\":{\"values\":[]}"

static void
test_defaults(void **state)
{
	(void)state;
	assert_json(MINIMAL, SYNC_JSON META_JSON "}," POLICY_JSON REST_JSON "}");
}

static void
test_full(void **state)
{
	(void)state;
	assert_json(FULL,
		"{\"sync\":{\"version\":\"1.2\",\"content_type\":\"text/csv; charset=utf-8\",\"display_ext\":\"tar.gz\","
		"\"variant\":\"vault\"},"
		"\"meta\":{\"name\":\"Exchange rates\",\"description\":\"all of \\\"them\\\"\",\"created_by\":\"" DID
		"\","
		"\"created_at\":\"2026-01-31T11:00:00Z\",\"hash_algo\":\"blake3\"},"
		"\"policy\":{\"ttl\":60,\"timeout\":5,\"network_scope\":\"local\",\"update\":\"manual\","
		"\"stale_while_revalidate\":7200,\"stale_if_error\":86400,\"fail_closed\":true,\"max_payload\":1000000},"
		"\"permissions\":{\"allow_hosts\":[\"b.example\",\"*.a.example\"],\"allow_env\":[\"TOKEN\",\"LANG\"],"
		"\"read\":\"member\",\"write\":\"public\",\"execute\":\"member\"},"
		"\"ownership\":{\"owner_capsule\":\"capsule:1\",\"write_allowed\":true,\"creator\":\"Ren\303\251\",\"team\":[\"" DID
		"\"]},"
		"\"verification\":{\"enabled\":true,\"vm_type\":\"risc0\",\"proof_type\":\"stark\"},"
		"\"encryption\":{\"enabled\":true,\"algorithm\":\"age-v1\",\"meta\":{\"keys\":[\"SECRET\"],"
		"\"recipients\":[\"age1x\"],\"kdf\":\"scrypt\",\"hint\":\"the usual\"}},"
		"\"capabilities\":{\"values\":[\"local-first\",\"seal:v1:blake3:00\"]},"
		"\"publisher\":{\"keys\":[\"" DID "\"],\"threshold\":1,\"require\":\"attested\",\"expires_max\":604800,"
		"\"url\":\"https://a.example/rates.csv.sync\"},"
		"\"dotsync\":{\"archive_id\":\"0123456789abcdef0123456789abcdef\",\"seq\":7},"
		"\"owner_chain\":[{\"from\":\"" DID "\",\"to\":\"" DID
		"\",\"seq\":2,\"sig_from\":\"AA==\",\"sig_to\":\"BB==\"}],"
		"\"signature\":{\"algo\":\"Ed25519\",\"manifest_hash\":\"blake3:00\",\"payload_hash\":\"blake3:01\","
		"\"timestamp\":\"2026-01-31T12:00:00Z\",\"value\":\"CC==\"}}");
}

/* Whatever TOML can say has a place. */
static void
test_unknown(void **state)
{
	(void)state;
	assert_json("top = true\n" MINIMAL "mine = \"tab\\t \\u001b nul \\u0000\"\n"
		    "[x]\n"
		    "integers = [+1, 0xff, -9223372036854775808]\n"
		    "floats = [+1.5, -0.0, 1_000.5e+10, 5e-324, 1e400, inf, -inf, +nan]\n"
		    "times = [1979-05-27T07:32:00.5-08:00, 1979-05-27 07:32:00, 1979-05-27, 07:32:00]\n"
		    "empty = [[], {}, [[]], \"\"]\n"
		    "\"a \\\"b\\\"\" = { c.d = [1, { e = 2 }], f = 3 }\n"
		    "[x.y.z]\n"
		    "[[many]]\n"
		    "n = 1\n"
		    "[[many]]\n"
		    "[encryption.extra]\nk = 1\n",
		SYNC_JSON META_JSON
		",\"mine\":\"tab\\t \\u001b nul \\u0000\"}," POLICY_JSON
		"\"permissions\":{\"allow_hosts\":[],\"allow_env\":[],\"read\":\"public\",\"write\":\"owner\",\"execute\":\"owner\"},"
		"\"ownership\":{\"owner_capsule\":null,\"write_allowed\":false,\"creator\":null,\"team\":[]},"
		"\"verification\":{\"enabled\":false,\"vm_type\":null,\"proof_type\":null},"
		"\"encryption\":{\"enabled\":false,\"algorithm\":null,\"extra\":{\"k\":1}},"
		"\"capabilities\":{\"values\":[]},"
		"\"top\":true,"
		"\"x\":{\"integers\":[1,255,-9223372036854775808],"
		"\"floats\":[1.5,-0.0,1000.5e+10,5e-324,1e400,\"inf\",\"-inf\",\"+nan\"],"
		"\"times\":[\"1979-05-27T07:32:00.5-08:00\",\"1979-05-27 07:32:00\",\"1979-05-27\",\"07:32:00\"],"
		"\"empty\":[[],{},[[]],\"\"],"
		"\"a \\\"b\\\"\":{\"c\":{\"d\":[1,{\"e\":2}]},\"f\":3},"
		"\"y\":{\"z\":{}}},"
		"\"many\":[{\"n\":1},{}]}");
}

/* As deep as the parser allows, and one deeper. */
static void
test_depth(void **state)
{
	struct dsync_manifest *m;
	struct dsync_buffer text;
	struct dsync_buffer out;
	struct dsync_view view;
	int depth;
	int deepest = 0;
	int i;

	(void)state;
	for (depth = 60; depth < 100; depth++) {
		dsync_buffer_init(&text, DSYNC_BUFFER_UNLIMITED);
		dsync_buffer_append_text(&text, MINIMAL "[x]\ny = ");
		for (i = 0; i < depth; i++)
			dsync_buffer_append_text(&text, "[");
		for (i = 0; i < depth; i++)
			dsync_buffer_append_text(&text, "]");
		view = dsync_buffer_view(&text);
		m = dsync_manifest_parse(view.data, view.size, NULL);
		if (m != NULL) {
			deepest = depth;
			dsync_buffer_init(&out, DSYNC_BUFFER_UNLIMITED);
			assert_int_equal(dsync_manifest_json_append(&out, m), 0);
			assert_non_null(strstr(dsync_buffer_text(&out), "\"y\":[[["));
			assert_int_equal(out.data[out.size - 3], ']');
			dsync_buffer_finish(&out);
		}
		dsync_manifest_destroy(m);
		dsync_buffer_finish(&text);
	}
	assert_in_range(deepest, 70, 80);
}

static void
test_limit(void **state)
{
	struct dsync_manifest *m = dsync_manifest_parse(MINIMAL, sizeof(MINIMAL) - 1, NULL);
	struct dsync_buffer out;

	(void)state;
	dsync_buffer_init(&out, 100);
	assert_int_equal(dsync_manifest_json_append(&out, m), DSYNC_ERR_LIMIT);
	dsync_buffer_finish(&out);
	dsync_manifest_destroy(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
