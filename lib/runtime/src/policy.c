/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * policy.c - who may do what, in one table.
 *
 * Each row is a reason to refuse, each column an action; an X means that the reason counts for it.  The first row whose
 * reason holds and that has an X decides, and where none does the action is allowed.
 */
#include "runtime/policy.h"

#include <string.h>

#include "base/error.h"
#include "dotsync/archive.h"

static bool
is_widget_without_bounds(const struct dsync_policy_question *q)
{
	return q->mode == DSYNC_MODE_WIDGET && !q->has_bounds;
}

static bool
is_headless_with_bounds(const struct dsync_policy_question *q)
{
	return q->mode == DSYNC_MODE_HEADLESS && (q->has_bounds || q->bad_bounds);
}

/* The protocol's own rule: its consumers read. */
static bool
is_consumer(const struct dsync_policy_question *q)
{
	return q->guest && dsync_policy_role(q) == DSYNC_ROLE_PUBLIC;
}

/* The roles are ordered: what a member may an owner may, what the public may everybody may. */
static bool
is_below_read(const struct dsync_policy_question *q)
{
	return dsync_policy_role(q) > q->read;
}

static bool
is_below_write(const struct dsync_policy_question *q)
{
	return dsync_policy_role(q) > q->write;
}

static bool
is_below_execute(const struct dsync_policy_question *q)
{
	return dsync_policy_role(q) > q->execute;
}

/* A pushed payload is written: one grant for both. */
static bool
is_not_granted(const struct dsync_policy_question *q)
{
	const enum dsync_action needed =
		q->action == DSYNC_ACTION_UPDATE_PAYLOAD ? DSYNC_ACTION_WRITE_PAYLOAD : q->action;

	return (q->granted & DSYNC_POLICY_GRANT(needed)) == 0;
}

static bool
is_write_by_others(const struct dsync_policy_question *q)
{
	return !q->write_allowed && dsync_policy_role(q) != DSYNC_ROLE_OWNER;
}

static bool
is_push_unwanted(const struct dsync_policy_question *q)
{
	return !q->write_allowed;
}

static bool
is_signed(const struct dsync_policy_question *q)
{
	return q->is_signed;
}

static bool
has_no_updater(const struct dsync_policy_question *q)
{
	return !q->has_updater;
}

#define X true
#define o false
#define INVALID DSYNC_ERR_INVALID
#define DENIED DSYNC_ERR_PERMISSION
#define FAILED DSYNC_ERR_STATE

/* clang-format off */
static const struct row {
	bool (*holds)(const struct dsync_policy_question *q);
	bool column[DSYNC_ACTION_COUNT];
	int code;
	const char *rule, *entry, *message, *hint;
} table[] = {
	/*                           Read          Write         Execute
	 *                           Payload       Payload       Wasm
	 *                              Context       Context       UpdatePayload
	 */
	{ is_widget_without_bounds, { X, X,         X, X,         X, X }, INVALID, "session", "",
		"a widget needs bounds of positive size", "give it x, y, width and height" },
	{ is_headless_with_bounds,  { X, X,         X, X,         X, X }, INVALID, "session", "",
		"a headless session has no bounds", "leave the bounds out, or be a widget" },
	{ is_consumer,              { o, o,         X, X,         X, X }, DENIED, "role", "",
		"the public may only read", "ask as a member or as the owner" },
	{ is_below_read,            { X, X,         o, o,         o, o }, DENIED, "permissions", "permissions.read",
		"this role may not read the archive", "" },
	{ is_below_write,           { o, o,         X, X,         o, X }, DENIED, "permissions", "permissions.write",
		"this role may not write into the archive", "" },
	{ is_below_execute,         { o, o,         o, o,         X, o }, DENIED, "permissions", "permissions.execute",
		"this role may not run the updater", "" },
	{ is_not_granted,           { X, X,         X, X,         X, X }, DENIED, "grants", "",
		"this session was not allowed to do this", "grant it first" },
	{ is_write_by_others,       { o, o,         X, X,         o, o }, DENIED, "ownership", "ownership.write_allowed",
		"only the owner writes into this archive", "its owner may allow others" },
	{ is_push_unwanted,         { o, o,         o, o,         o, X }, DENIED, "ownership", "ownership.write_allowed",
		"this archive takes no pushed payload", "its owner may set it to true" },
	{ is_signed,                { o, o,         X, X,         o, X }, DENIED, "signature", "",
		"the archive is signed and cannot be changed", "ask its owner for a new version" },
	{ has_no_updater,           { o, o,         o, o,         X, o }, FAILED, "updater", "",
		"the archive has no updater", "" },
};
/* clang-format on */

#undef X
#undef o

enum dsync_role
dsync_policy_role(const struct dsync_policy_question *q)
{
	return q->role == DSYNC_ROLE_MEMBER && !q->is_member ? DSYNC_ROLE_PUBLIC : q->role;
}

/* Adds what this very question had in the way. */
static int
refuse(const struct row *row, const struct dsync_policy_question *q, struct dsync_error *err)
{
	enum dsync_role least = q->read;

	dsync_error_set(err, row->code, row->rule, "%s: %s", dsync_action_name(q->action), row->message);
	if (row->entry[0] != '\0')
		dsync_error_at_entry(err, row->entry, strlen(row->entry));
	if (row->hint[0] != '\0')
		dsync_error_hint(err, "%s", row->hint);
	if (row->holds == is_below_write)
		least = q->write;
	else if (row->holds == is_below_execute)
		least = q->execute;
	else if (row->holds != is_below_read)
		return row->code;
	dsync_error_expected(err, "\"%s\"", dsync_role_name(least));
	dsync_error_found(err, "\"%s\"", dsync_role_name(dsync_policy_role(q)));
	if (q->role == DSYNC_ROLE_MEMBER && !q->is_member)
		dsync_error_hint(err, "ownership.team does not have this member");
	return row->code;
}

int
dsync_policy_decide(const struct dsync_policy_question *q, struct dsync_error *err)
{
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (table[i].column[q->action] && table[i].holds(q))
			return refuse(&table[i], q, err);
	}
	return 0;
}

void
dsync_policy_describe(struct dsync_policy_question *q, struct dsync_archive *archive)
{
	const struct dsync_manifest *m = dsync_archive_manifest(archive);

	q->read = dsync_manifest_read_role(m);
	q->write = dsync_manifest_write_role(m);
	q->execute = dsync_manifest_execute_role(m);
	q->write_allowed = dsync_manifest_write_allowed(m);
	q->is_signed = dsync_manifest_has_signature(m) || dsync_manifest_has_seal(m);
	q->has_updater = dsync_archive_has_updater(archive);
}

bool
dsync_policy_is_member(const struct dsync_manifest *m, const char *name)
{
	const size_t count = dsync_manifest_team_count(m);
	size_t i;

	for (i = 0; name != NULL && i < count; i++) {
		if (strcmp(dsync_manifest_team(m, i), name) == 0)
			return true;
	}
	return count == 0;
}
