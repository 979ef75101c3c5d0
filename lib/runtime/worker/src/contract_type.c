/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "contract_type.h"

#include <stdio.h>
#include <string.h>

#define LETTERS_MAX 32
#define SHOWN_MAX 12 /* DSYNC_CONTRACT_TYPE_SIZE has room for so many names of five letters, dots and a result */

static char
letter_of(const wasm_valtype_t *type)
{
	switch (wasm_valtype_kind(type)) {
	case WASM_I32:
		return 'i';
	case WASM_I64:
		return 'I';
	case WASM_F32:
		return 'f';
	case WASM_F64:
		return 'F';
	default:
		return '?';
	}
}

static const char *
name_of(char letter)
{
	switch (letter) {
	case 'i':
		return "i32";
	case 'I':
		return "i64";
	case 'f':
		return "f32";
	case 'F':
		return "f64";
	default:
		return "other";
	}
}

static bool
letters_are(const wasm_valtype_vec_t *types, const char *letters, size_t count)
{
	size_t i;

	if (types->size != count)
		return false;
	for (i = 0; i < count; i++) {
		if (letter_of(types->data[i]) != letters[i])
			return false;
	}
	return true;
}

bool
dsync_contract_type_is(const wasm_externtype_t *type, const char *letters)
{
	const wasm_functype_t *function = type == NULL ? NULL : wasm_externtype_as_functype_const(type);
	const char *colon = strchr(letters, ':');

	return function != NULL && letters_are(wasm_functype_params(function), letters, (size_t)(colon - letters)) &&
		letters_are(wasm_functype_results(function), colon + 1, strlen(colon + 1));
}

/* At most LETTERS_MAX of them; that is more than is shown. */
static size_t
put_letters(char *out, const wasm_valtype_vec_t *types)
{
	size_t i;

	for (i = 0; i < types->size && i < LETTERS_MAX; i++)
		out[i] = letter_of(types->data[i]);
	return i;
}

void
dsync_contract_type_tell(char text[DSYNC_CONTRACT_TYPE_SIZE], const wasm_externtype_t *type)
{
	const wasm_functype_t *function = wasm_externtype_as_functype_const(type);
	char letters[2 * LETTERS_MAX + 2];
	size_t n;

	switch (wasm_externtype_kind(type)) {
	case WASM_EXTERN_FUNC:
		n = put_letters(letters, wasm_functype_params(function));
		letters[n++] = ':';
		n += put_letters(letters + n, wasm_functype_results(function));
		letters[n] = '\0';
		dsync_contract_type_tell_letters(text, letters);
		break;
	case WASM_EXTERN_MEMORY:
		snprintf(text, DSYNC_CONTRACT_TYPE_SIZE, "a memory");
		break;
	case WASM_EXTERN_TABLE:
		snprintf(text, DSYNC_CONTRACT_TYPE_SIZE, "a table");
		break;
	default:
		snprintf(text, DSYNC_CONTRACT_TYPE_SIZE, "a global");
		break;
	}
}

/* "i32, i64"; `shown` at most. */
static size_t
put_names(char *text, size_t used, const char *letters, size_t count, size_t shown)
{
	size_t i;

	for (i = 0; i < count && i < shown; i++)
		used += (size_t)snprintf(
			text + used, DSYNC_CONTRACT_TYPE_SIZE - used, "%s%s", i > 0 ? ", " : "", name_of(letters[i]));
	if (count > shown)
		used += (size_t)snprintf(text + used, DSYNC_CONTRACT_TYPE_SIZE - used, "...");
	return used;
}

void
dsync_contract_type_tell_letters(char text[DSYNC_CONTRACT_TYPE_SIZE], const char *letters)
{
	const char *colon = strchr(letters, ':');
	size_t used;

	used = (size_t)snprintf(text, DSYNC_CONTRACT_TYPE_SIZE, "a function (");
	used = put_names(text, used, letters, (size_t)(colon - letters), SHOWN_MAX);
	used += (size_t)snprintf(text + used, DSYNC_CONTRACT_TYPE_SIZE - used, ")");
	if (colon[1] == '\0')
		return;
	used += (size_t)snprintf(text + used, DSYNC_CONTRACT_TYPE_SIZE - used, " -> ");
	put_names(text, used, colon + 1, strlen(colon + 1), 1);
}
