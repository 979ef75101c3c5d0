/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>

#include "base/hash.h"
#include "base/sys.h"
#include "hostile.h"

static const struct dsync_zip_rule rules[] = {
	{ "manifest.toml", true, false, 256 * 1024 },
	{ "payload", true, true, UINT64_MAX },
	{ "context.json", false, false, 16 * 1024 * 1024 },
	{ "sync.wasm", false, false, 256 * 1024 * 1024 },
	{ "sync.proof", false, false, 16 * 1024 * 1024 },
	{ "sync.release", false, false, 1024 * 1024 },
	{ "sync.attest", false, false, 1024 * 1024 },
};

const struct dsync_zip_profile hostile_profile = { rules, sizeof(rules) / sizeof(rules[0]) };

void
hostile_init(struct hostile *h)
{
	memset(h, 0, sizeof(*h));
	dsync_buffer_init(&h->prefix, DSYNC_BUFFER_UNLIMITED);
	dsync_buffer_init(&h->gap, DSYNC_BUFFER_UNLIMITED);
	dsync_buffer_init(&h->suffix, DSYNC_BUFFER_UNLIMITED);
	dsync_buffer_init(&h->out, DSYNC_BUFFER_UNLIMITED);
}

void
hostile_drop(struct hostile *h)
{
	struct hostile_entry *e = &h->entries[--h->count];

	dsync_buffer_finish(&e->before);
	dsync_buffer_finish(&e->local.extra);
	dsync_buffer_finish(&e->data);
	dsync_buffer_finish(&e->descriptor);
	dsync_buffer_finish(&e->central.extra);
	dsync_buffer_finish(&e->comment);
	dsync_buffer_finish(&e->content);
	memset(e, 0, sizeof(*e));
}

void
hostile_finish(struct hostile *h)
{
	while (h->count > 0)
		hostile_drop(h);
	dsync_buffer_finish(&h->prefix);
	dsync_buffer_finish(&h->gap);
	dsync_buffer_finish(&h->suffix);
	dsync_buffer_finish(&h->out);
}

static void
store_data(struct hostile_entry *e, const void *data, size_t size, uint16_t method)
{
	struct libdeflate_compressor *c;
	size_t bound;
	unsigned char *room;

	dsync_buffer_append(&e->content, data, size);
	if (method == 0) {
		dsync_buffer_append(&e->data, data, size);
		return;
	}
	c = libdeflate_alloc_compressor(6);
	bound = libdeflate_deflate_compress_bound(c, size);
	room = dsync_buffer_reserve(&e->data, bound);
	dsync_buffer_added(&e->data, libdeflate_deflate_compress(c, data, size, room, bound));
	libdeflate_free_compressor(c);
}

struct hostile_entry *
hostile_add(struct hostile *h, const char *name, const void *data, size_t size, uint16_t method)
{
	struct hostile_entry *e = &h->entries[h->count++];

	dsync_buffer_init(&e->before, DSYNC_BUFFER_UNLIMITED);
	dsync_buffer_init(&e->local.extra, DSYNC_BUFFER_UNLIMITED);
	dsync_buffer_init(&e->data, DSYNC_BUFFER_UNLIMITED);
	dsync_buffer_init(&e->descriptor, DSYNC_BUFFER_UNLIMITED);
	dsync_buffer_init(&e->central.extra, DSYNC_BUFFER_UNLIMITED);
	dsync_buffer_init(&e->comment, DSYNC_BUFFER_UNLIMITED);
	dsync_buffer_init(&e->content, DSYNC_BUFFER_UNLIMITED);
	store_data(e, data, size, method);

	e->local.version = method == 0 ? 10 : 20;
	e->local.method = method;
	e->local.crc32 = dsync_crc32(0, data, size);
	e->local.stored_size = (uint32_t)e->data.size;
	e->local.size = (uint32_t)size;
	e->central.version = e->local.version;
	e->central.method = method;
	e->central.crc32 = e->local.crc32;
	e->central.stored_size = e->local.stored_size;
	e->central.size = e->local.size;
	e->made_by = 0x030a;
	e->attributes = name[0] != '\0' && name[strlen(name) - 1] == '/' ? 0x41ed0010u : 0x81a40000u;
	hostile_rename(e, name, strlen(name));
	return e;
}

void
hostile_add_sample(struct hostile *h)
{
	hostile_add(h, "manifest.toml", "spec = 1\n", 9, 8);
	hostile_add(h, "context.json", "{}", 2, 0);
	hostile_add(h, "payload", "the payload\n", 12, 0);
}

void
hostile_rename(struct hostile_entry *e, const char *name, size_t size)
{
	memcpy(e->local.name, name, size);
	e->local.name_size = size;
	memcpy(e->central.name, name, size);
	e->central.name_size = size;
}

void
hostile_describe(struct hostile_entry *e, size_t size)
{
	e->local.flags |= 8;
	e->central.flags |= 8;
	if (size == 16 || size == 24)
		dsync_buffer_append_u32le(&e->descriptor, 0x08074b50);
	dsync_buffer_append_u32le(&e->descriptor, e->central.crc32);
	if (size < 20) {
		dsync_buffer_append_u32le(&e->descriptor, (uint32_t)e->data.size);
		dsync_buffer_append_u32le(&e->descriptor, (uint32_t)e->content.size);
	} else {
		dsync_buffer_append_u64le(&e->descriptor, e->data.size);
		dsync_buffer_append_u64le(&e->descriptor, e->content.size);
	}
}

void
hostile_extra(struct hostile_header *header, uint16_t id, const void *data, size_t size)
{
	dsync_buffer_append_u16le(&header->extra, id);
	dsync_buffer_append_u16le(&header->extra, (uint16_t)size);
	dsync_buffer_append(&header->extra, data, size);
}

void
hostile_extra64(struct hostile_header *header, uint64_t a, uint64_t b, uint64_t c, size_t size)
{
	struct dsync_buffer values;

	dsync_buffer_init(&values, DSYNC_BUFFER_UNLIMITED);
	dsync_buffer_append_u64le(&values, a);
	dsync_buffer_append_u64le(&values, b);
	dsync_buffer_append_u64le(&values, c);
	dsync_buffer_append_zeros(&values, 64);
	hostile_extra(header, 1, values.data, size);
	dsync_buffer_finish(&values);
}

static void
append_buffer(struct dsync_buffer *out, const struct dsync_buffer *part)
{
	struct dsync_view view = dsync_buffer_view(part);

	dsync_buffer_append(out, view.data, view.size);
}

/* Version to extra size: the same in both headers. */
static void
emit_common(struct dsync_buffer *out, const struct hostile_header *header)
{
	dsync_buffer_append_u16le(out, header->version);
	dsync_buffer_append_u16le(out, header->flags);
	dsync_buffer_append_u16le(out, header->method);
	dsync_buffer_append_u32le(out, 0x00210000); /* 1980-01-01 */
	dsync_buffer_append_u32le(out, header->crc32);
	dsync_buffer_append_u32le(out, header->stored_size);
	dsync_buffer_append_u32le(out, header->size);
	dsync_buffer_append_u16le(out, (uint16_t)header->name_size);
	dsync_buffer_append_u16le(out, (uint16_t)header->extra.size);
}

static void
emit_local(struct hostile *h, struct hostile_entry *e)
{
	append_buffer(&h->out, &e->before);
	e->local_offset = h->out.size;
	if (e->no_local)
		return;
	dsync_buffer_append_u32le(&h->out, 0x04034b50);
	emit_common(&h->out, &e->local);
	dsync_buffer_append(&h->out, e->local.name, e->local.name_size);
	append_buffer(&h->out, &e->local.extra);
	append_buffer(&h->out, &e->data);
	append_buffer(&h->out, &e->descriptor);
}

static void
emit_central(struct hostile *h, struct hostile_entry *e)
{
	e->central_offset = h->out.size;
	if (e->no_central)
		return;
	dsync_buffer_append_u32le(&h->out, 0x02014b50);
	dsync_buffer_append_u16le(&h->out, e->made_by);
	emit_common(&h->out, &e->central);
	dsync_buffer_append_u16le(&h->out, (uint16_t)e->comment.size);
	dsync_buffer_append_u32le(&h->out, 0); /* disk, internal attributes */
	dsync_buffer_append_u32le(&h->out, e->attributes);
	dsync_buffer_append_u32le(&h->out, (uint32_t)e->local_offset);
	dsync_buffer_append(&h->out, e->central.name, e->central.name_size);
	append_buffer(&h->out, &e->central.extra);
	append_buffer(&h->out, &e->comment);
}

static void
emit_end64(struct hostile *h, size_t count, size_t directory_size)
{
	h->end64_offset = h->out.size;
	dsync_buffer_append_u32le(&h->out, 0x06064b50);
	dsync_buffer_append_u64le(&h->out, 44);
	dsync_buffer_append_u32le(&h->out, 0x002d002d);
	dsync_buffer_append_u64le(&h->out, 0); /* disks */
	dsync_buffer_append_u64le(&h->out, count);
	dsync_buffer_append_u64le(&h->out, count);
	dsync_buffer_append_u64le(&h->out, directory_size);
	dsync_buffer_append_u64le(&h->out, h->directory_offset);
	h->locator_offset = h->out.size;
	dsync_buffer_append_u32le(&h->out, 0x07064b50);
	dsync_buffer_append_u32le(&h->out, 0);
	dsync_buffer_append_u64le(&h->out, h->end64_offset);
	dsync_buffer_append_u32le(&h->out, 1);
}

void
hostile_emit(struct hostile *h)
{
	size_t count = 0;
	size_t directory_size;
	size_t i;

	dsync_buffer_clear(&h->out);
	append_buffer(&h->out, &h->prefix);
	for (i = 0; i < h->count; i++)
		emit_local(h, &h->entries[i]);
	append_buffer(&h->out, &h->gap);
	h->directory_offset = h->out.size;
	for (i = 0; i < h->count; i++) {
		emit_central(h, &h->entries[i]);
		count += !h->entries[i].no_central;
	}
	directory_size = h->out.size - h->directory_offset;
	if (h->zip64)
		emit_end64(h, count, directory_size);
	h->end_offset = h->out.size;
	dsync_buffer_append_u32le(&h->out, 0x06054b50);
	dsync_buffer_append_u32le(&h->out, 0); /* disks */
	dsync_buffer_append_u16le(&h->out, (uint16_t)count);
	dsync_buffer_append_u16le(&h->out, (uint16_t)count);
	dsync_buffer_append_u32le(&h->out, (uint32_t)directory_size);
	dsync_buffer_append_u32le(&h->out, (uint32_t)h->directory_offset);
	dsync_buffer_append_u16le(&h->out, 0); /* comment */
	append_buffer(&h->out, &h->suffix);
	if (dsync_buffer_error(&h->out) < 0)
		abort();
}

static void
poke(struct hostile *h, size_t offset, uint64_t value, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		h->out.data[offset + i] = (unsigned char)(value >> (8 * i));
}

void
hostile_poke16(struct hostile *h, size_t offset, uint16_t value)
{
	poke(h, offset, value, 2);
}

void
hostile_poke32(struct hostile *h, size_t offset, uint32_t value)
{
	poke(h, offset, value, 4);
}

void
hostile_poke64(struct hostile *h, size_t offset, uint64_t value)
{
	poke(h, offset, value, 8);
}

int
hostile_file_create(void)
{
	char name[64];
	int fd = -EEXIST;
	int i;

	for (i = 0; fd == -EEXIST && i < 1000; i++) {
		snprintf(name, sizeof(name), "zip-test-%d.tmp", i);
		fd = dsync_sys_openat(DSYNC_SYS_CWD, name, O_RDWR | O_CREAT | O_EXCL, 0600);
	}
	if (fd < 0 || dsync_sys_unlinkat(DSYNC_SYS_CWD, name) < 0)
		abort();
	return fd;
}

void
hostile_file_fill(int fd, const void *data, size_t size)
{
	if (dsync_sys_pwrite_all(fd, data, size, 0) < 0 || dsync_sys_ftruncate(fd, size) < 0)
		abort();
}

struct dsync_zip *
hostile_open(const struct hostile *h, int fd, struct dsync_error *err)
{
	hostile_file_fill(fd, h->out.data, h->out.size);
	return dsync_zip_open(fd, &hostile_profile, err);
}
