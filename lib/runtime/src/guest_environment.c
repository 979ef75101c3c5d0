/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "guest_environment.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "grants.h"
#include "session.h"

#define VALUE_SIZE_MAX 65536u

/* Old name, new name; a host reads both, a client sets both. */
enum { MODE, ROLE, PATH, BOUNDS, PROTOCOL, NAME_COUNT };
static const char *const names[NAME_COUNT][2] = {
	[MODE] = { "GUEST_MODE", "CAPSULE_IPC_MODE" },
	[ROLE] = { "GUEST_ROLE", "CAPSULE_IPC_ROLE" },
	[PATH] = { "SYNC_PATH", "CAPSULE_IPC_SYNC_PATH" },
	[BOUNDS] = { "GUEST_WIDGET_BOUNDS", "CAPSULE_IPC_WIDGET_BOUNDS" },
	[PROTOCOL] = { "CAPSULE_GUEST_PROTOCOL", "CAPSULE_IPC_PROTOCOL" },
};
static const char cpu_limit[] = "GUEST_CPU_LIMIT_MS", memory_limit[] = "GUEST_MEMORY_LIMIT_MB";
static const char allow_hosts[] = "ALLOW_HOSTS", allow_env[] = "ALLOW_ENV";

/* The value of a variable, or NULL. */
static const char *
find(char *const *environment, const char *name)
{
	const size_t size = strlen(name);

	for (; environment != NULL && *environment != NULL; environment++) {
		if (strncmp(*environment, name, size) == 0 && (*environment)[size] == '=')
			return *environment + size + 1;
	}
	return NULL;
}

static int
refuse(struct dsync_error *err, const char *name, const char *what)
{
	dsync_error_set(err, DSYNC_ERR_INVALID, "environment", "%s %s", name, what);
	dsync_error_hint(err, "it is a variable of this program's environment");
	return DSYNC_ERR_INVALID;
}

static bool
is_word(const char *value, const char *word)
{
	return dsync_text_equal_case(value, strlen(value), word, strlen(word));
}

static bool
is_role(const char *value, enum dsync_role role)
{
	return is_word(value, dsync_role_name(role)) || (role == DSYNC_ROLE_PUBLIC && is_word(value, "consumer"));
}

static int
check_words(char *const *environment, const struct dsync_guest_context *context, struct dsync_error *err)
{
	const char *mode, *role, *path;
	size_t i;

	for (i = 0; i < 2; i++) {
		mode = find(environment, names[MODE][i]);
		role = find(environment, names[ROLE][i]);
		path = find(environment, names[PATH][i]);
		if (mode != NULL && !is_word(mode, context->mode == DSYNC_MODE_WIDGET ? "widget" : "headless"))
			return refuse(err, names[MODE][i], "is not the request's mode");
		if (role != NULL && !is_role(role, context->role))
			return refuse(err, names[ROLE][i], "is not the request's role");
		if (path != NULL && strcmp(path, context->sync_path) != 0)
			return refuse(err, names[PATH][i], "is not the request's sync_path");
	}
	return 0;
}

/* A number between spaces; moves on past it and the comma after it. */
static int
parse_number(const char **text, bool is_last, uint32_t *number)
{
	size_t size = strcspn(*text, ","), from = 0, to = size;
	uint64_t value;

	while (from < to && (*text)[from] == ' ')
		from++;
	while (to > from && (*text)[to - 1] == ' ')
		to--;
	if (((*text)[size] == '\0') != is_last || dsync_text_parse_u64(*text + from, to - from, &value) < 0 ||
		value > UINT32_MAX)
		return DSYNC_ERR_SYNTAX;
	*number = (uint32_t)value;
	*text += size + !is_last;
	return 0;
}

static int
parse_bounds(const char *text, struct dsync_bounds *bounds)
{
	if (parse_number(&text, false, &bounds->x) < 0 || parse_number(&text, false, &bounds->y) < 0 ||
		parse_number(&text, false, &bounds->width) < 0 || parse_number(&text, true, &bounds->height) < 0)
		return DSYNC_ERR_SYNTAX;
	return bounds->width > 0 && bounds->height > 0 ? 0 : DSYNC_ERR_SYNTAX;
}

static int
take_bounds(char *const *environment, enum dsync_session_mode mode, struct dsync_bounds *taken, struct dsync_error *err)
{
	struct dsync_bounds bounds[2];
	const char *text[2];
	size_t i;

	for (i = 0; i < 2; i++) {
		text[i] = find(environment, names[BOUNDS][i]);
		if (text[i] != NULL && mode == DSYNC_MODE_HEADLESS)
			return refuse(err, names[BOUNDS][i], "is not allowed in headless mode");
		if (text[i] != NULL && parse_bounds(text[i], &bounds[i]) < 0)
			return refuse(err, names[BOUNDS][i],
				"is not x,y,width,height: four whole numbers, the last two not 0");
	}
	if (mode == DSYNC_MODE_WIDGET && text[0] == NULL && text[1] == NULL)
		return refuse(err, names[BOUNDS][1], "is needed in widget mode");
	if (text[0] != NULL && text[1] != NULL && memcmp(&bounds[0], &bounds[1], sizeof(bounds[0])) != 0)
		return refuse(err, names[BOUNDS][0], "and its newer name are not the same");
	if (mode == DSYNC_MODE_WIDGET)
		*taken = bounds[text[0] != NULL ? 0 : 1];
	return 0;
}

static int
take_limit(char *const *environment, const char *name, uint64_t unit, uint64_t *limit, struct dsync_error *err)
{
	const char *text = find(environment, name);
	uint64_t value;

	if (text == NULL)
		return 0;
	if (dsync_text_parse_u64(text, strlen(text), &value) < 0 || value == 0)
		return refuse(err, name, "is not a whole number above 0");
	*limit = value > UINT64_MAX / unit ? UINT64_MAX : value * unit;
	return 0;
}

/* Is it one of the words between the commas? */
static bool
is_listed(const char *list, const char *item)
{
	const size_t size = strlen(item);
	size_t length;

	for (; *list != '\0'; list += length + (list[length] == ',')) {
		list += strspn(list, " ");
		length = strcspn(list, ",");
		if (length >= size && memcmp(list, item, size) == 0 && strspn(list + size, " ") == length - size)
			return size > 0;
	}
	return false;
}

/* The request's list, less what a variable that is set does not have; NULL when memory ran out. */
static const char **
narrow(const struct dsync_strings *list, const char *allowed, size_t *count)
{
	const char **kept = calloc(list->count + 1, sizeof(*kept));
	size_t i;

	*count = 0;
	for (i = 0; kept != NULL && i < list->count; i++) {
		if (allowed == NULL || is_listed(allowed, list->items[i]))
			kept[(*count)++] = list->items[i];
	}
	return kept;
}

int
dsync__guest_environment_read(char *const *environment, const struct dsync_guest_request *request,
	struct dsync_guest_contract *contract, struct dsync_error *err)
{
	const struct dsync_session_limits limits = DSYNC_SESSION_LIMITS_INIT;
	int rc;

	memset(contract, 0, sizeof(*contract));
	contract->limits = limits;
	contract->hosts = find(environment, allow_hosts);
	contract->env = find(environment, allow_env);
	rc = check_words(environment, &request->context, err);
	if (rc == 0)
		rc = take_bounds(environment, request->context.mode, &contract->bounds, err);
	if (rc == 0)
		rc = take_limit(environment, cpu_limit, 1, &contract->limits.cpu_ms, err);
	if (rc == 0)
		rc = take_limit(environment, memory_limit, UINT64_C(1) << 20, &contract->limits.memory_size, err);
	return rc;
}

int
dsync__guest_environment_apply(const struct dsync_guest_contract *contract, const struct dsync_guest_request *request,
	struct dsync_session *session, struct dsync_error *err)
{
	const char **hosts, **env;
	size_t host_count, env_count;
	int rc;

	if (request->context.mode == DSYNC_MODE_WIDGET)
		dsync_session_set_bounds(session, &contract->bounds);
	dsync_session_set_limits(session, &contract->limits);
	hosts = narrow(&request->context.hosts, contract->hosts, &host_count);
	env = narrow(&request->context.env, contract->env, &env_count);
	rc = hosts != NULL && env != NULL ? 0 : dsync_error_set_memory(err);
	if (rc == 0)
		rc = dsync_session_set_hosts(session, hosts, host_count, err);
	if (rc == 0)
		rc = dsync_session_set_env(session, env, env_count, err);
	free(hosts);
	free(env);
	return rc;
}

/* ---- the other direction ---- */

static int
add(struct dsync_guest_environment *made, const char *name, const char *value, struct dsync_error *err)
{
	const size_t size = strlen(name) + strlen(value) + 2;
	char **items = realloc(made->items, (made->count + 2) * sizeof(*items));

	if (items == NULL)
		return dsync_error_set_memory(err);
	made->items = items;
	items[made->count] = malloc(size);
	items[made->count + 1] = NULL;
	if (items[made->count] == NULL)
		return dsync_error_set_memory(err);
	snprintf(items[made->count++], size, "%s=%s", name, value);
	return 0;
}

static int
add_both(struct dsync_guest_environment *made, size_t which, const char *value, struct dsync_error *err)
{
	int rc = add(made, names[which][0], value, err);

	return rc == 0 ? add(made, names[which][1], value, err) : rc;
}

static int
add_number(struct dsync_guest_environment *made, const char *name, uint64_t value, struct dsync_error *err)
{
	char text[24];

	if (value == 0)
		return 0;
	snprintf(text, sizeof(text), "%" PRIu64, value);
	return add(made, name, text, err);
}

static int
add_list(struct dsync_guest_environment *made, const char *name, const struct dsync_strings *list,
	struct dsync_error *err)
{
	struct dsync_buffer text;
	const char *joined;
	size_t i;
	int rc;

	dsync_buffer_init(&text, VALUE_SIZE_MAX);
	for (i = 0; i < list->count; i++)
		dsync_buffer_printf(&text, "%s%s", i > 0 ? "," : "", list->items[i]);
	joined = list->count > 0 ? dsync_buffer_text(&text) : "";
	rc = joined != NULL ? add(made, name, joined, err)
			    : dsync_error_set(err, DSYNC_ERR_LIMIT, "environment", "%s would be too long", name);
	dsync_buffer_finish(&text);
	return rc;
}

/* One that the other program is told by us, whatever our own environment has. */
static bool
is_contract(const char *item)
{
	size_t size = strcspn(item, "="), i, k;

	for (i = 0; i < NAME_COUNT; i++) {
		for (k = 0; k < 2; k++) {
			if (strlen(names[i][k]) == size && memcmp(item, names[i][k], size) == 0)
				return true;
		}
	}
	return false;
}

static int
add_inherited(struct dsync_guest_environment *made, char *const *ours, struct dsync_error *err)
{
	static const char *const kept[] = { "PATH", "LANG", "LC_ALL", "HOME", "USER" };
	const char *value;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < sizeof(kept) / sizeof(kept[0]); i++) {
		value = find(ours, kept[i]);
		if (value != NULL)
			rc = add(made, kept[i], value, err);
	}
	for (; rc == 0 && ours != NULL && *ours != NULL; ours++) {
		if ((strncmp(*ours, "CAPSULE_", 8) == 0 || strncmp(*ours, "ATO_", 4) == 0) && strchr(*ours, '=') &&
			!is_contract(*ours)) {
			char *name = strndup(*ours, strcspn(*ours, "="));

			rc = name != NULL ? add(made, name, strchr(*ours, '=') + 1, err) : dsync_error_set_memory(err);
			free(name);
		}
	}
	return rc;
}

static int
add_allowed(struct dsync_guest_environment *made, char *const *ours, const struct dsync_strings *allowed,
	struct dsync_error *err)
{
	const char *value;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < allowed->count; i++) {
		value = strchr(allowed->items[i], '=') == NULL ? find(ours, allowed->items[i]) : NULL;
		if (value != NULL && find(made->items, allowed->items[i]) == NULL)
			rc = add(made, allowed->items[i], value, err);
	}
	return rc;
}

static int
add_bounds(struct dsync_guest_environment *made, const struct dsync_bounds *bounds, struct dsync_error *err)
{
	char text[64];

	snprintf(text, sizeof(text), "%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32, bounds->x, bounds->y,
		bounds->width, bounds->height);
	return add_both(made, BOUNDS, text, err);
}

int
dsync__guest_environment_make(struct dsync_guest_environment *made, char *const *ours,
	const struct dsync_guest_request *request, const struct dsync_session *session, struct dsync_error *err)
{
	const struct dsync_guest_context *context = &request->context;
	const uint64_t memory_mb = session->limits.memory_size >> 20;
	/* What a consumer may is what the public may, and older programs know no members. */
	const char *role = context->role == DSYNC_ROLE_PUBLIC ? "consumer" : dsync_role_name(context->role);
	int rc;

	memset(made, 0, sizeof(*made));
	rc = add_both(made, MODE, context->mode == DSYNC_MODE_WIDGET ? "widget" : "headless", err);
	if (rc == 0)
		rc = add_both(made, ROLE, role, err);
	if (rc == 0)
		rc = add_both(made, PATH, context->sync_path, err);
	if (rc == 0)
		rc = add_both(made, PROTOCOL, request->rpc ? "jsonrpc-2.0" : "guest.v1", err);
	if (rc == 0 && context->mode == DSYNC_MODE_WIDGET)
		rc = add_bounds(made, &session->bounds, err);
	if (rc == 0)
		rc = add_list(made, allow_hosts, &context->hosts, err);
	if (rc == 0)
		rc = add_list(made, allow_env, &context->env, err);
	if (rc == 0)
		rc = add_number(made, cpu_limit, session->limits.cpu_ms, err);
	if (rc == 0)
		rc = add_number(
			made, memory_limit, memory_mb == 0 && session->limits.memory_size > 0 ? 1 : memory_mb, err);
	if (rc == 0)
		rc = add_inherited(made, ours, err);
	if (rc == 0)
		rc = add_allowed(made, ours, &context->env, err);
	if (rc < 0)
		dsync__guest_environment_finish(made);
	return rc;
}

void
dsync__guest_environment_finish(struct dsync_guest_environment *made)
{
	size_t i;

	for (i = 0; i < made->count; i++)
		free(made->items[i]);
	free(made->items);
	memset(made, 0, sizeof(*made));
}
