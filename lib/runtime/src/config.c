/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "runtime/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/sys.h"
#include "base/text.h"
#include "runtime/context.h"
#include "toml/toml.h"

#define FILE_SIZE_MAX 65536u
#define FILE_NAME "/config.toml"
#define MIN_RATE_DEFAULT 32768
#define MIN_RATE_MAX (INT64_C(1) << 40)
#define SLOTS_DEFAULT 4
#define SLOTS_MAX 256
#define MAX_PAYLOAD_DEFAULT (UINT64_C(16) << 30)
#define FINISH_TIMEOUT_DEFAULT 600
#define FINISH_TIMEOUT_MAX 86400

/* Why a value is refused; the message is built where file and line are known. */
struct fault {
	const char *expected;
};

static const char *const sandbox_words[] = { "default", "strict", "degraded" };

/* A text without a NUL or other control character, as a copy. */
static int
take_text(const struct dsync_toml *doc, uint32_t node, char **text)
{
	struct dsync_view view;
	size_t i;

	if (dsync_toml_string(doc, node, &view) < 0)
		return DSYNC_ERR_INVALID;
	for (i = 0; i < view.size; i++) {
		if (view.data[i] < 0x20 || view.data[i] == 0x7f)
			return DSYNC_ERR_INVALID;
	}
	free(*text);
	*text = strndup((const char *)view.data, view.size);
	return *text != NULL ? 0 : DSYNC_ERR_NO_MEMORY;
}

static int
take_number(const struct dsync_toml *doc, uint32_t node, int64_t min, int64_t max, int64_t *value)
{
	if (dsync_toml_integer(doc, node, value) < 0 || *value < min || *value > max)
		return DSYNC_ERR_INVALID;
	return 0;
}

static int
read_proxy(const struct dsync_toml *doc, uint32_t node, struct dsync_config *config, struct fault *fault)
{
	int rc = take_text(doc, node, &config->proxy);

	fault->expected = "a URL like \"http://proxy:3128\", or \"\" for none";
	if (rc < 0)
		return rc;
	if (config->proxy[0] == '\0') { /* the user's way to say that the machine's does not count */
		free(config->proxy);
		config->proxy = NULL;
		return 0;
	}
	if (strncmp(config->proxy, "http://", 7) != 0 && strncmp(config->proxy, "https://", 8) != 0)
		return DSYNC_ERR_INVALID;
	return 0;
}

static int
read_ca_file(const struct dsync_toml *doc, uint32_t node, struct dsync_config *config, struct fault *fault)
{
	int rc = take_text(doc, node, &config->ca_file);

	fault->expected = "an absolute path";
	return rc < 0 ? rc : config->ca_file[0] == '/' ? 0 : DSYNC_ERR_INVALID;
}

static int
read_min_rate(const struct dsync_toml *doc, uint32_t node, struct dsync_config *config, struct fault *fault)
{
	int64_t value;

	fault->expected = "bytes a second, 1 to 2^40";
	if (take_number(doc, node, 1, MIN_RATE_MAX, &value) < 0)
		return DSYNC_ERR_INVALID;
	config->min_rate = (uint64_t)value;
	return 0;
}

static int
read_slots(const struct dsync_toml *doc, uint32_t node, struct dsync_config *config, struct fault *fault)
{
	int64_t value;

	fault->expected = "a number from 1 to 256";
	if (take_number(doc, node, 1, SLOTS_MAX, &value) < 0)
		return DSYNC_ERR_INVALID;
	config->slots = (uint32_t)value;
	return 0;
}

/* Bytes as a number, or a text with a unit as the command line takes it. */
static int
read_max_payload(const struct dsync_toml *doc, uint32_t node, struct dsync_config *config, struct fault *fault)
{
	char *text = NULL;
	int64_t value;
	int rc;

	fault->expected = "bytes, or a size like \"16G\"";
	if (take_number(doc, node, 1, INT64_MAX, &value) == 0) {
		config->max_payload = (uint64_t)value;
		return 0;
	}
	rc = take_text(doc, node, &text);
	if (rc == 0 && (dsync_text_parse_size(text, &config->max_payload) < 0 || config->max_payload == 0))
		rc = DSYNC_ERR_INVALID;
	free(text);
	return rc;
}

static int
read_finish_timeout(const struct dsync_toml *doc, uint32_t node, struct dsync_config *config, struct fault *fault)
{
	fault->expected = "seconds, 1 to 86400";
	return take_number(doc, node, 1, FINISH_TIMEOUT_MAX, &config->finish_timeout);
}

static int
read_sandbox(const struct dsync_toml *doc, uint32_t node, struct dsync_config *config, struct fault *fault)
{
	struct dsync_view view;
	size_t i;

	fault->expected = "\"default\", \"strict\" or \"degraded\"";
	if (dsync_toml_string(doc, node, &view) < 0)
		return DSYNC_ERR_INVALID;
	for (i = 0; i < sizeof(sandbox_words) / sizeof(sandbox_words[0]); i++) {
		if (dsync_text_view_is(view, sandbox_words[i])) {
			config->sandbox = (enum dsync_sandbox_level)i;
			return 0;
		}
	}
	return DSYNC_ERR_INVALID;
}

static const struct setting {
	const char *table;
	const char *key;
	int (*read)(const struct dsync_toml *doc, uint32_t node, struct dsync_config *config, struct fault *fault);
} settings[] = {
	{ "network", "proxy", read_proxy },
	{ "network", "ca_file", read_ca_file },
	{ "network", "min_rate", read_min_rate },
	{ "refresh", "slots", read_slots },
	{ "refresh", "sandbox", read_sandbox },
	{ "refresh", "max_payload", read_max_payload },
	{ "refresh", "finish_timeout", read_finish_timeout },
};
#define SETTING_COUNT (sizeof(settings) / sizeof(settings[0]))

static const struct setting *
find_setting(struct dsync_view table, struct dsync_view key)
{
	size_t i;

	for (i = 0; i < SETTING_COUNT; i++) {
		if (dsync_text_view_is(table, settings[i].table) && dsync_text_view_is(key, settings[i].key))
			return &settings[i];
	}
	return NULL;
}

static bool
is_table_name(struct dsync_view name)
{
	size_t i;

	for (i = 0; i < SETTING_COUNT; i++) {
		if (dsync_text_view_is(name, settings[i].table))
			return true;
	}
	return false;
}

static int
refuse(const char *path, const struct dsync_toml *doc, uint32_t node, const char *what, const char *expected,
	struct dsync_error *err)
{
	struct dsync_view key = dsync_toml_key(doc, node);

	dsync_error_set(err, DSYNC_ERR_INVALID, "config", "%s: %s", path, what);
	dsync_error_at_entry(err, (const char *)key.data, key.size);
	dsync_error_at_line(err, dsync_toml_line(doc, node), dsync_toml_column(doc, node));
	if (expected != NULL)
		dsync_error_expected(err, "%s", expected);
	return DSYNC_ERR_INVALID;
}

static int
read_table(const char *path, const struct dsync_toml *doc, uint32_t table, struct dsync_config *config,
	struct dsync_error *err)
{
	const struct setting *setting;
	struct fault fault = { NULL };
	uint32_t node;
	int rc;

	for (node = dsync_toml_first(doc, table); node != DSYNC_TOML_NONE; node = dsync_toml_next(doc, node)) {
		setting = find_setting(dsync_toml_key(doc, table), dsync_toml_key(doc, node));
		if (setting == NULL)
			return refuse(path, doc, node, "a setting that is not known", NULL, err);
		rc = setting->read(doc, node, config, &fault);
		if (rc == DSYNC_ERR_NO_MEMORY)
			return dsync_error_set_memory(err);
		if (rc < 0)
			return refuse(path, doc, node, "wrong type or value", fault.expected, err);
	}
	return 0;
}

/* Of a file that cannot be read as a configuration.  What is wrong is this machine's, never the archive's. */
static int
refuse_file(const char *path, const struct dsync_error *fault, struct dsync_error *err)
{
	if (fault->code == DSYNC_ERR_SYSTEM || fault->code == DSYNC_ERR_NO_MEMORY) {
		if (err != NULL)
			*err = *fault;
		return fault->code;
	}
	dsync_error_set(err, DSYNC_ERR_INVALID, "config", "%s: %s", path, fault->message);
	dsync_error_at_entry(err, fault->entry, strlen(fault->entry));
	dsync_error_at_line(err, fault->line, fault->column);
	dsync_error_expected(err, "%s", fault->expected);
	dsync_error_found(err, "%s", fault->found);
	dsync_error_hint(err, "correct it, or take it away");
	return DSYNC_ERR_INVALID;
}

static int
read_text(const char *path, struct dsync_view text, struct dsync_config *config, struct dsync_error *err)
{
	struct dsync_error fault = { 0 };
	struct dsync_toml *doc = dsync_toml_parse((const char *)text.data, text.size, &fault);
	uint32_t node;
	int rc = 0;

	if (doc == NULL)
		return refuse_file(path, &fault, err);
	for (node = dsync_toml_first(doc, DSYNC_TOML_ROOT); rc == 0 && node != DSYNC_TOML_NONE;
		node = dsync_toml_next(doc, node)) {
		if (dsync_toml_type(doc, node) != DSYNC_TOML_TABLE || !is_table_name(dsync_toml_key(doc, node)))
			rc = refuse(path, doc, node, "a setting that is not known", NULL, err);
		else
			rc = read_table(path, doc, node, config, err);
	}
	dsync_toml_free(doc);
	return rc;
}

/* A missing folder or file changes nothing. */
static int
read_file(const char *dir, struct dsync_config *config, struct dsync_error *err)
{
	struct dsync_error fault = { 0 };
	struct dsync_buffer text;
	size_t size;
	char *path;
	int rc;

	if (dir == NULL)
		return 0;
	size = strlen(dir) + sizeof(FILE_NAME);
	path = malloc(size);
	if (path == NULL)
		return dsync_error_set_memory(err);
	snprintf(path, size, "%s%s", dir, FILE_NAME);
	dsync_buffer_init(&text, FILE_SIZE_MAX);
	rc = dsync_file_read(DSYNC_SYS_CWD, path, &text, &fault);
	if (rc == 0)
		rc = read_text(path, dsync_buffer_view(&text), config, err);
	else if (rc == DSYNC_ERR_NOT_FOUND || (rc == DSYNC_ERR_SYSTEM && fault.sys_errno == ENOTDIR))
		rc = 0;
	else
		rc = refuse_file(path, &fault, err);
	dsync_buffer_finish(&text);
	free(path);
	return rc;
}

int
dsync_config_load(const struct dsync_context *context, struct dsync_config *config, struct dsync_error *err)
{
	int rc;

	*config = (struct dsync_config){
		.min_rate = MIN_RATE_DEFAULT,
		.slots = SLOTS_DEFAULT,
		.sandbox = DSYNC_SANDBOX_DEFAULT,
		.max_payload = MAX_PAYLOAD_DEFAULT,
		.finish_timeout = FINISH_TIMEOUT_DEFAULT,
	};
	rc = read_file(dsync_context_machine_dir(context), config, err);
	if (rc == 0)
		rc = read_file(dsync_context_config_dir(context), config, err);
	if (rc < 0)
		dsync_config_finish(config);
	return rc;
}

void
dsync_config_finish(struct dsync_config *config)
{
	free(config->proxy);
	free(config->ca_file);
	memset(config, 0, sizeof(*config));
}
