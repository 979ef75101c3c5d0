/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "contract.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract_type.h"

#define WASM_PAGE_SIZE UINT64_C(65536)
#define IMPORTS_MAX 4096
#define NAME_SHOWN 64 /* of each, so that what was expected and found still fits an error of DSYNC_ERROR_TEXT_SIZE */

static void refuse(struct dsync_contract_match *match, enum dsync_guest_failure failure, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The first reason is the one that is told. */
static void
refuse(struct dsync_contract_match *match, enum dsync_guest_failure failure, const char *format, ...)
{
	va_list arguments;

	if (match->failure != 0)
		return;
	match->failure = failure;
	va_start(arguments, format);
	vsnprintf(match->text, sizeof(match->text), format, arguments);
	va_end(arguments);
}

static bool
name_is(const wasm_name_t *name, const char *text)
{
	return name->size == strlen(text) && memcmp(name->data, text, name->size) == 0;
}

/* How much of a name goes into a message. */
static int
shown(const wasm_name_t *name)
{
	return name->size < NAME_SHOWN ? (int)name->size : NAME_SHOWN;
}

/* The tables, and the contract that each goes with. */
#define EVERY_CONTRACT (-1)
static const struct known_table {
	const struct dsync_import_table *table;
	int contract;
} known_tables[] = {
	{ &dsync_contract_dotsync, DSYNC_CONTRACT_DOTSYNC },
	{ &dsync_contract_decode, DSYNC_CONTRACT_DOTSYNC },
	{ &dsync_contract_host, DSYNC_CONTRACT_HOST },
	{ &dsync_contract_wasi, EVERY_CONTRACT },
	{ &dsync_contract_env, EVERY_CONTRACT },
};

static const struct known_table *
find_table(const wasm_name_t *module)
{
	size_t i;

	for (i = 0; i < sizeof(known_tables) / sizeof(known_tables[0]); i++) {
		if (name_is(module, known_tables[i].table->module))
			return &known_tables[i];
	}
	return NULL;
}

static const struct dsync_import *
find_import(const struct dsync_import_table *table, const wasm_name_t *name)
{
	size_t i;

	for (i = 0; i < table->count; i++) {
		if (name_is(name, table->imports[i].name))
			return &table->imports[i];
	}
	return NULL;
}

static const char *
name_of(int contract)
{
	return contract == DSYNC_CONTRACT_DOTSYNC ? "dotsync.v1" : contract == DSYNC_CONTRACT_HOST ? "host" : "WASI";
}

/* What its author most likely meant. */
static const char *
expected_instead(const wasm_importtype_t *import, const struct known_table *known)
{
	if (wasm_externtype_kind(wasm_importtype_type(import)) == WASM_EXTERN_MEMORY)
		return "the module to export its memory, not to import one";
	if (name_is(wasm_importtype_module(import), "wasi_unstable"))
		return "the later WASI, wasi_snapshot_preview1";
	if (known != NULL)
		return "one that the contract has";
	return "dotsync.v1, host or wasi_snapshot_preview1";
}

/* Every refusal names the import, what was found and what would do. */
static void
refuse_import(struct dsync_contract_match *match, const wasm_importtype_t *import, const struct known_table *known,
	const struct dsync_import *expected)
{
	const wasm_name_t *module = wasm_importtype_module(import), *name = wasm_importtype_name(import);
	char found[DSYNC_CONTRACT_TYPE_SIZE], wanted[DSYNC_CONTRACT_TYPE_SIZE];

	dsync_contract_type_tell(found, wasm_importtype_type(import));
	if (expected != NULL) {
		dsync_contract_type_tell_letters(wanted, expected->type);
		refuse(match, DSYNC_GUEST_IMPORT, "import \"%.*s.%.*s\" has another type: expected %s, found %s",
			shown(module), module->data, shown(name), name->data, wanted, found);
	} else if (known != NULL && known->contract != EVERY_CONTRACT && known->contract != (int)match->contract) {
		refuse(match, DSYNC_GUEST_IMPORT,
			"import \"%.*s.%.*s\" goes with the contract %s, but this module follows %s: a module follows one",
			shown(module), module->data, shown(name), name->data, name_of(known->contract),
			name_of((int)match->contract));
	} else {
		refuse(match, DSYNC_GUEST_IMPORT, "unknown import \"%.*s.%.*s\": expected %s, found %s", shown(module),
			module->data, shown(name), name->data, expected_instead(import, known), found);
	}
}

static const struct dsync_import *
match_import(struct dsync_contract_match *match, const wasm_importtype_t *import)
{
	const struct known_table *known = find_table(wasm_importtype_module(import));
	const struct dsync_import *found = NULL;

	if (known != NULL && (known->contract == EVERY_CONTRACT || known->contract == (int)match->contract))
		found = find_import(known->table, wasm_importtype_name(import));
	if (found != NULL && dsync_contract_type_is(wasm_importtype_type(import), found->type))
		return found;
	refuse_import(match, import, known, found);
	return NULL;
}

static enum dsync_contract
choose(const wasm_importtype_vec_t *imports)
{
	enum dsync_contract contract = DSYNC_CONTRACT_WASI;
	size_t i;

	for (i = 0; i < imports->size; i++) {
		const wasm_name_t *module = wasm_importtype_module(imports->data[i]);

		if (name_is(module, dsync_contract_dotsync.module))
			return DSYNC_CONTRACT_DOTSYNC;
		if (name_is(module, dsync_contract_host.module))
			contract = DSYNC_CONTRACT_HOST;
	}
	return contract;
}

static void
match_imports(struct dsync_contract_match *match, const wasmtime_module_t *module)
{
	wasm_importtype_vec_t imports;
	size_t i;

	wasmtime_module_imports(module, &imports);
	match->contract = choose(&imports);
	match->import_count = imports.size;
	if (imports.size > IMPORTS_MAX)
		refuse(match, DSYNC_GUEST_TOO_LARGE, "%zu imports; at most %d are allowed", imports.size, IMPORTS_MAX);
	else if ((match->imports = calloc(imports.size + 1, sizeof(match->imports[0]))) == NULL)
		refuse(match, DSYNC_GUEST_INTERNAL, "out of memory");

	for (i = 0; match->failure == 0 && i < imports.size; i++)
		match->imports[i] = match_import(match, imports.data[i]);
	wasm_importtype_vec_delete(&imports);
}

/* What matters of the exports. */
struct exports {
	const wasm_externtype_t *memory, *run, *start, *initialize;
};

static void
find_exports(const wasm_exporttype_vec_t *exports, struct exports *found)
{
	size_t i;

	memset(found, 0, sizeof(*found));
	for (i = 0; i < exports->size; i++) {
		const wasm_name_t *name = wasm_exporttype_name(exports->data[i]);
		const wasm_externtype_t *type = wasm_exporttype_type(exports->data[i]);

		if (name_is(name, "memory"))
			found->memory = type;
		else if (name_is(name, "run"))
			found->run = type;
		else if (name_is(name, "_start"))
			found->start = type;
		else if (name_is(name, "_initialize"))
			found->initialize = type;
	}
}

static void
match_memory(struct dsync_contract_match *match, const wasm_externtype_t *type, uint64_t memory_max)
{
	const wasm_memorytype_t *memory = type == NULL ? NULL : wasm_externtype_as_memorytype_const(type);
	uint64_t pages;

	if (memory == NULL) {
		refuse(match, DSYNC_GUEST_EXPORT,
			"no export \"memory\": expected the module to export its memory by that name, since calls pass addresses in it");
		return;
	}
	pages = wasmtime_memorytype_minimum(memory);
	if (pages > memory_max / WASM_PAGE_SIZE)
		refuse(match, DSYNC_GUEST_TOO_LARGE, "memory begins with %llu pages of 64 KiB; the limit is %llu",
			(unsigned long long)pages, (unsigned long long)(memory_max / WASM_PAGE_SIZE));
}

static bool
is_entry(const wasm_externtype_t *type)
{
	return dsync_contract_type_is(type, ":") || dsync_contract_type_is(type, ":i");
}

static void
refuse_entry(struct dsync_contract_match *match, const char *expected, const wasm_externtype_t *instead)
{
	char found[DSYNC_CONTRACT_TYPE_SIZE] = "none";

	if (instead != NULL)
		dsync_contract_type_tell(found, instead);
	refuse(match, DSYNC_GUEST_EXPORT,
		"no entry point: expected an exported function %s without parameters, found %s", expected, found);
}

/* dotsync.v1 has run; host has run, else _start; a WASI command has _start. */
static void
match_entry(struct dsync_contract_match *match, const struct exports *found)
{
	bool may_run = match->contract != DSYNC_CONTRACT_WASI;
	bool may_start = match->contract != DSYNC_CONTRACT_DOTSYNC;

	if (may_run && is_entry(found->run))
		match->entry = "run";
	else if (may_start && is_entry(found->start))
		match->entry = "_start";
	else if (!may_run)
		refuse_entry(match, "\"_start\"", found->start);
	else
		refuse_entry(match, may_start ? "\"run\" or \"_start\"" : "\"run\"", found->run);

	match->has_initialize = match->entry != NULL && strcmp(match->entry, "run") == 0 && is_entry(found->initialize);
}

void
dsync_contract_match(const wasmtime_module_t *module, uint64_t memory_max, struct dsync_contract_match *match)
{
	wasm_exporttype_vec_t exports;
	struct exports found;

	memset(match, 0, sizeof(*match));
	match_imports(match, module);
	if (match->failure != 0)
		return;

	wasmtime_module_exports(module, &exports);
	find_exports(&exports, &found);
	match_memory(match, found.memory, memory_max);
	match_entry(match, &found);
	wasm_exporttype_vec_delete(&exports);
}

void
dsync_contract_match_finish(struct dsync_contract_match *match)
{
	free(match->imports);
	match->imports = NULL;
}

void
dsync_contract_finish(struct dsync_guest *guest)
{
	enum dsync_guest_outcome outcome = DSYNC_GUEST_UNCHANGED;
	char text[64] = "";

	if (guest->exit_code != 0) {
		outcome = DSYNC_GUEST_FAILED;
		snprintf(text, sizeof(text), "the updater exited with code %u", guest->exit_code);
	} else if (guest->write_failed) {
		outcome = DSYNC_GUEST_FAILED;
		snprintf(text, sizeof(text), "what the updater wrote could not be stored");
	} else if (guest->has_written && !guest->job.push) {
		outcome = guest->written > 0 ? DSYNC_GUEST_UPDATED : DSYNC_GUEST_UPDATED_EMPTY;
	}
	dsync_guest_ask(guest, DSYNC_CALL_FINISH, outcome, 0, 0, text, strlen(text));
}
