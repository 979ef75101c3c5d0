/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Every question there is, against the rules said in another way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/policy.h"

#define ALL_GRANTS ((1u << DSYNC_ACTION_COUNT) - 1)

static bool
reads(enum dsync_action a)
{
	return a == DSYNC_ACTION_READ_PAYLOAD || a == DSYNC_ACTION_READ_CONTEXT;
}

/* The rules as a person would tell them: 0 for yes. */
static int
expected(const struct dsync_policy_question *q)
{
	const bool owner = q->role == DSYNC_ROLE_OWNER;
	const bool member = q->role == DSYNC_ROLE_MEMBER && q->is_member;
	enum dsync_role needed;
	unsigned bit;

	/* Windows are for widgets, and widgets need one. */
	if (q->mode == DSYNC_MODE_WIDGET ? !q->has_bounds : q->has_bounds || q->bad_bounds)
		return DSYNC_ERR_INVALID;

	/* Over the wire those who are neither owner nor member look and do not touch. */
	if (q->guest && !owner && !member && !reads(q->action))
		return DSYNC_ERR_PERMISSION;

	/* The manifest names the least role. */
	needed = reads(q->action) ? q->read : q->action == DSYNC_ACTION_EXECUTE_WASM ? q->execute : q->write;
	if ((needed == DSYNC_ROLE_OWNER && !owner) || (needed == DSYNC_ROLE_MEMBER && !owner && !member))
		return DSYNC_ERR_PERMISSION;

	/* What was not granted is not allowed; pushing is writing. */
	bit = q->action == DSYNC_ACTION_UPDATE_PAYLOAD ? 1u << DSYNC_ACTION_WRITE_PAYLOAD : 1u << q->action;
	if (!(q->granted & bit))
		return DSYNC_ERR_PERMISSION;

	if (q->action == DSYNC_ACTION_EXECUTE_WASM)
		return q->has_updater ? 0 : DSYNC_ERR_STATE;
	if (reads(q->action))
		return 0;

	/* Writing: into nothing that is signed; by others, and by pushing, only where the owner wants that. */
	if (q->is_signed)
		return DSYNC_ERR_PERMISSION;
	if (!q->write_allowed && (q->action == DSYNC_ACTION_UPDATE_PAYLOAD || !owner))
		return DSYNC_ERR_PERMISSION;
	return 0;
}

static void
check(const struct dsync_policy_question *q)
{
	const int found = dsync_policy_decide(q, NULL);

	if (found != expected(q))
		fail_msg(
			"%s guest %d mode %d bounds %d%d role %d member %d granted %x least %d%d%d allowed %d signed %d "
			"updater %d: expected %d, found %d",
			dsync_action_name(q->action), q->guest, q->mode, q->has_bounds, q->bad_bounds, q->role,
			q->is_member, q->granted, q->read, q->write, q->execute, q->write_allowed, q->is_signed,
			q->has_updater, expected(q), found);
}

/* All that the manifest may say. */
static size_t
try_manifests(struct dsync_policy_question *q)
{
	unsigned i;

	for (i = 0; i < 27 * 8; i++) {
		q->read = (enum dsync_role)(i % 3);
		q->write = (enum dsync_role)(i / 3 % 3);
		q->execute = (enum dsync_role)(i / 9 % 3);
		q->write_allowed = i / 27 % 2;
		q->is_signed = i / 54 % 2;
		q->has_updater = i / 108 % 2;
		check(q);
	}
	return i;
}

static size_t
try_grants(struct dsync_policy_question *q)
{
	size_t count = 0;

	for (q->granted = 0; q->granted <= ALL_GRANTS; q->granted++)
		count += try_manifests(q);
	return count;
}

static void
test_every_question(void **state)
{
	struct dsync_policy_question q = { .guest = false };
	size_t count = 0;
	unsigned i;

	(void)state;
	for (i = 0; i < 6 * 2 * 2 * 3 * 3 * 2; i++) {
		q.action = (enum dsync_action)(i % 6);
		q.guest = i / 6 % 2;
		q.mode = i / 12 % 2 ? DSYNC_MODE_WIDGET : DSYNC_MODE_HEADLESS;
		q.has_bounds = i / 24 % 3 == 1;
		q.bad_bounds = i / 24 % 3 == 2;
		q.role = (enum dsync_role)(i / 72 % 3);
		q.is_member = i / 216 % 2;
		count += try_grants(&q);
	}
	assert_int_equal(count, 432 * 64 * 216);
}

/* A question that is answered with yes, to be spoilt. */
static struct dsync_policy_question
good(enum dsync_action action)
{
	const struct dsync_policy_question q = {
		.action = action,
		.role = DSYNC_ROLE_OWNER,
		.granted = ALL_GRANTS,
		.write_allowed = true,
		.has_updater = true,
	};

	return q;
}

static void
expect(const struct dsync_policy_question *q, int code, const char *message, const char *entry)
{
	struct dsync_error err;

	assert_int_equal(dsync_policy_decide(q, &err), code);
	assert_int_equal(err.code, code);
	assert_string_equal(err.message, message);
	assert_string_equal(err.entry, entry);
}

static void
test_messages(void **state)
{
	struct dsync_policy_question q;
	struct dsync_error err;

	(void)state;
	q = good(DSYNC_ACTION_WRITE_PAYLOAD);
	assert_int_equal(dsync_policy_decide(&q, NULL), 0);
	q.mode = DSYNC_MODE_WIDGET;
	expect(&q, DSYNC_ERR_INVALID, "WritePayload: a widget needs bounds of positive size", "");
	q.mode = DSYNC_MODE_HEADLESS;
	q.bad_bounds = true;
	expect(&q, DSYNC_ERR_INVALID, "WritePayload: a headless session has no bounds", "");

	q = good(DSYNC_ACTION_WRITE_CONTEXT);
	q.role = DSYNC_ROLE_PUBLIC;
	expect(&q, DSYNC_ERR_PERMISSION, "WriteContext: this role may not write into the archive", "permissions.write");
	q.guest = true;
	expect(&q, DSYNC_ERR_PERMISSION, "WriteContext: the public may only read", "");

	q = good(DSYNC_ACTION_READ_PAYLOAD);
	q.role = DSYNC_ROLE_MEMBER;
	q.read = DSYNC_ROLE_MEMBER;
	dsync_policy_decide(&q, &err);
	assert_string_equal(err.expected, "\"member\"");
	assert_string_equal(err.found, "\"public\"");
	assert_string_equal(err.hint, "ownership.team does not have this member");
	q.is_member = true;
	assert_int_equal(dsync_policy_decide(&q, NULL), 0);
	q.granted = 0;
	expect(&q, DSYNC_ERR_PERMISSION, "ReadPayload: this session was not allowed to do this", "");

	q = good(DSYNC_ACTION_EXECUTE_WASM);
	q.role = DSYNC_ROLE_MEMBER;
	q.is_member = true;
	expect(&q, DSYNC_ERR_PERMISSION, "ExecuteWasm: this role may not run the updater", "permissions.execute");
	q = good(DSYNC_ACTION_EXECUTE_WASM);
	q.has_updater = false;
	expect(&q, DSYNC_ERR_STATE, "ExecuteWasm: the archive has no updater", "");

	q = good(DSYNC_ACTION_UPDATE_PAYLOAD);
	q.write_allowed = false;
	expect(&q, DSYNC_ERR_PERMISSION, "UpdatePayload: this archive takes no pushed payload",
		"ownership.write_allowed");
	q.write_allowed = q.is_signed = true;
	expect(&q, DSYNC_ERR_PERMISSION, "UpdatePayload: the archive is signed and cannot be changed", "");
	q = good(DSYNC_ACTION_WRITE_PAYLOAD);
	q.write = q.role = DSYNC_ROLE_PUBLIC;
	q.write_allowed = false;
	expect(&q, DSYNC_ERR_PERMISSION, "WritePayload: only the owner writes into this archive",
		"ownership.write_allowed");
}

static void
test_members(void **state)
{
	static const char head[] =
		"[sync]\nversion = \"1.3\"\ncontent_type = \"text/csv\"\ndisplay_ext = \"csv\"\n[meta]\n"
		"created_by = \"x\"\ncreated_at = \"2020-01-31T12:00:00Z\"\nhash_algo = \"blake3\"\n";
	char text[1024];
	struct dsync_manifest *m;

	(void)state;
	m = dsync_manifest_parse(head, strlen(head), NULL);
	assert_true(dsync_policy_is_member(m, NULL)); /* of an archive without a team everybody is who says so */
	assert_true(dsync_policy_is_member(m, "did:key:a"));
	dsync_manifest_destroy(m);
	snprintf(text, sizeof(text),
		"%s[ownership]\nteam = [\"did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK\"]\n", head);
	m = dsync_manifest_parse(text, strlen(text), NULL);
	assert_non_null(m);
	assert_false(dsync_policy_is_member(m, NULL));
	assert_false(dsync_policy_is_member(m, "did:key:a"));
	assert_true(dsync_policy_is_member(m, "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"));
	dsync_manifest_destroy(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_question),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
