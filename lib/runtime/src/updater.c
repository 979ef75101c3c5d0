/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A module is "\0asm", version 1, then sections: u8 id, LEB128 u32 size, bytes.
 *
 *	import section (2): count, then module name, name, u8 kind, and by kind
 *		0 function	type index
 *		1 table		u8 reference type, limits
 *		2 memory	limits
 *		3 global	u8 value type, u8 mutability
 *	export section (7): count, then name, u8 kind, index
 *
 * Names are a LEB128 length and bytes; limits are flags (bit 0: a maximum follows), minimum, maximum.  Sections between and after
 * these are skipped; whether they are right is the engine's affair.
 */
#include "runtime/updater.h"

#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/text.h"
#include "dotsync/archive.h"
#include "format/layout.h"
#include "runtime/builtin.h"
#include "runtime/frame.h"

#define SECTION_IMPORT 2
#define SECTION_EXPORT 7
#define LIMITS_HAS_MAX 1u
#define LIMITS_SHARED 2u
#define LIMITS_64 4u

enum kind { KIND_FUNCTION, KIND_TABLE, KIND_MEMORY, KIND_GLOBAL, KIND_COUNT };

/* What decides about the contract. */
struct findings {
	bool imports_dotsync;
	bool imports_host;
	bool imports_decode;
	bool exports_run;
	bool exports_start;
	bool exports_memory;
};

/* LEB128 of at most `bits` bits, in no more bytes than those need; spare bits must be zero. */
static int
read_leb(struct dsync_cursor *c, unsigned bits, uint64_t *value)
{
	unsigned shift;
	uint8_t byte;

	*value = 0;
	for (shift = 0; shift < bits; shift += 7) {
		if (dsync_cursor_u8(c, &byte) < 0)
			return DSYNC_ERR_CORRUPT;
		if (bits - shift < 7 && (byte & 0x7f) >> (bits - shift) != 0)
			return DSYNC_ERR_CORRUPT;
		*value |= (uint64_t)(byte & 0x7f) << shift;
		if ((byte & 0x80) == 0)
			return 0;
	}
	return DSYNC_ERR_CORRUPT;
}

static int
read_u32(struct dsync_cursor *c, uint64_t *value)
{
	return read_leb(c, 32, value);
}

static int
read_name(struct dsync_cursor *c, struct dsync_view *name)
{
	uint64_t size;

	if (read_u32(c, &size) < 0 || dsync_cursor_take(c, (size_t)size, name) < 0)
		return DSYNC_ERR_CORRUPT;
	return 0;
}

static int
skip_limits(struct dsync_cursor *c)
{
	uint64_t flags, bound;
	unsigned bits;

	if (read_u32(c, &flags) < 0 || (flags & ~(uint64_t)(LIMITS_HAS_MAX | LIMITS_SHARED | LIMITS_64)) != 0)
		return DSYNC_ERR_CORRUPT;
	bits = (flags & LIMITS_64) != 0 ? 64 : 32;
	if (read_leb(c, bits, &bound) < 0)
		return DSYNC_ERR_CORRUPT;
	return (flags & LIMITS_HAS_MAX) != 0 ? read_leb(c, bits, &bound) : 0;
}

static int
skip_description(struct dsync_cursor *c, uint8_t kind)
{
	uint64_t index;

	switch (kind) {
	case KIND_FUNCTION:
		return read_u32(c, &index);
	case KIND_TABLE:
		return dsync_cursor_skip(c, 1) < 0 ? DSYNC_ERR_CORRUPT : skip_limits(c);
	case KIND_MEMORY:
		return skip_limits(c);
	case KIND_GLOBAL:
		return dsync_cursor_skip(c, 2);
	default:
		return DSYNC_ERR_CORRUPT;
	}
}

static int
scan_imports(struct dsync_cursor *c, struct findings *findings)
{
	struct dsync_view module, name;
	uint64_t count;
	uint8_t kind;

	if (read_u32(c, &count) < 0)
		return DSYNC_ERR_CORRUPT;
	for (; count > 0; count--) {
		if (read_name(c, &module) < 0 || read_name(c, &name) < 0 || dsync_cursor_u8(c, &kind) < 0 ||
			skip_description(c, kind) < 0)
			return DSYNC_ERR_CORRUPT;
		if (dsync_text_view_is(module, "dotsync.v1"))
			findings->imports_dotsync = true;
		if (dsync_text_view_is(module, "host"))
			findings->imports_host = true;
		if (dsync_text_view_is(module, "dotsync.decode.v1"))
			findings->imports_decode = true;
	}
	return dsync_cursor_left(c) == 0 ? 0 : DSYNC_ERR_CORRUPT;
}

static int
scan_exports(struct dsync_cursor *c, struct findings *findings)
{
	struct dsync_view name;
	uint64_t count, index;
	uint8_t kind;

	if (read_u32(c, &count) < 0)
		return DSYNC_ERR_CORRUPT;
	for (; count > 0; count--) {
		if (read_name(c, &name) < 0 || dsync_cursor_u8(c, &kind) < 0 || kind >= KIND_COUNT ||
			read_u32(c, &index) < 0)
			return DSYNC_ERR_CORRUPT;
		if (kind == KIND_FUNCTION && dsync_text_view_is(name, "run"))
			findings->exports_run = true;
		if (kind == KIND_FUNCTION && dsync_text_view_is(name, "_start"))
			findings->exports_start = true;
		if (kind == KIND_MEMORY && dsync_text_view_is(name, "memory"))
			findings->exports_memory = true;
	}
	return dsync_cursor_left(c) == 0 ? 0 : DSYNC_ERR_CORRUPT;
}

static int
scan_section(uint8_t id, struct dsync_view body, struct findings *findings)
{
	struct dsync_cursor c;

	dsync_cursor_init(&c, body.data, body.size, 0);
	if (id == SECTION_IMPORT)
		return scan_imports(&c, findings);
	return id == SECTION_EXPORT ? scan_exports(&c, findings) : 0;
}

static int
scan_module(const void *wasm, size_t size, struct findings *findings)
{
	static const unsigned char head[8] = { '\0', 'a', 's', 'm', 1, 0, 0, 0 };
	struct dsync_cursor c;
	struct dsync_view body;
	uint64_t length;
	uint8_t id;

	dsync_cursor_init(&c, wasm, size, 0);
	if (size < sizeof(head) || memcmp(wasm, head, sizeof(head)) != 0 || dsync_cursor_skip(&c, sizeof(head)) < 0)
		return DSYNC_ERR_CORRUPT;
	while (dsync_cursor_left(&c) > 0) {
		if (dsync_cursor_u8(&c, &id) < 0 || read_u32(&c, &length) < 0 ||
			dsync_cursor_take(&c, (size_t)length, &body) < 0 || scan_section(id, body, findings) < 0)
			return DSYNC_ERR_CORRUPT;
	}
	return 0;
}

/* The rule of the guest contracts: any import of dotsync.v1, else any of host, else a WASI command; each with its entry point. */
static int
choose(const struct findings *findings)
{
	if (findings->imports_dotsync)
		return findings->exports_run ? DSYNC_CONTRACT_DOTSYNC : DSYNC_CONTRACT_UNKNOWN;
	if (findings->imports_host)
		return findings->exports_run || findings->exports_start ? DSYNC_CONTRACT_HOST : DSYNC_CONTRACT_UNKNOWN;
	return findings->exports_start ? DSYNC_CONTRACT_WASI : DSYNC_CONTRACT_UNKNOWN;
}

/* Calls pass addresses in the memory that a module exports; without it none of the contracts works. */
static const char *
find_lack(const struct findings *findings)
{
	if (choose(findings) != DSYNC_CONTRACT_UNKNOWN)
		return findings->exports_memory ? NULL : "memory";
	if (findings->imports_dotsync)
		return "run";
	if (findings->imports_host)
		return "run or _start";
	return findings->exports_run ? "_start, or run with imports of dotsync.v1 or host" : "_start";
}

void
dsync_updater_inspect(const void *wasm, size_t size, struct dsync_updater_info *info)
{
	struct findings findings = { 0 };

	memset(info, 0, sizeof(*info));
	info->present = true;
	info->size = size;
	dsync_hash(info->hash, wasm, size);
	info->contract = DSYNC_CONTRACT_UNKNOWN;
	if (scan_module(wasm, size, &findings) == 0) {
		info->contract = choose(&findings);
		info->decodes = findings.imports_decode;
		info->lacks = find_lack(&findings);
	}
	info->builtin = dsync_builtin_name(wasm, size);
}

int
dsync_updater_inspect_archive(
	const struct dsync_archive *archive, struct dsync_updater_info *info, struct dsync_error *err)
{
	unsigned char *wasm;
	size_t size;
	int rc;

	memset(info, 0, sizeof(*info));
	if (!dsync_archive_has_updater(archive))
		return 0;
	rc = dsync_archive_read_entry(archive, DSYNC_ENTRY_UPDATER, DSYNC_UPDATER_SIZE_MAX, &wasm, &size, err);
	if (rc < 0)
		return rc;
	dsync_updater_inspect(wasm, size, info);
	free(wasm);
	return 0;
}

const char *
dsync_contract_name(int contract)
{
	switch (contract) {
	case DSYNC_CONTRACT_DOTSYNC:
		return "dotsync.v1";
	case DSYNC_CONTRACT_HOST:
		return "host";
	case DSYNC_CONTRACT_WASI:
		return "wasi";
	default:
		return "unknown";
	}
}
