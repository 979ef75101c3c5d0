/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classes.h"

struct classes {
	classes_take *take;
	void *context;
	size_t count;
	struct hostile h;
};

static const char text[] = "a text that is long enough to be compressed, compressed, compressed";

static struct hostile *
begin(struct classes *c)
{
	hostile_init(&c->h);
	hostile_add_sample(&c->h);
	return &c->h;
}

static void
hand_out(struct classes *c, const char *class)
{
	char name[32];

	snprintf(name, sizeof(name), "%s-%zu", class, c->count++);
	c->take(c->context, &c->h, name);
}

static void
end(struct classes *c, const char *class)
{
	hand_out(c, class);
	hostile_finish(&c->h);
}

static void
emit_and_end(struct classes *c, const char *class)
{
	hostile_emit(&c->h);
	end(c, class);
}

/* A1: the method in one header only. */
static void
class_a1(struct classes *c)
{
	static const uint16_t methods[] = { 0, 8, 9, 12, 14, 93, 95, 99, 0xffff };
	size_t local, central;

	for (local = 0; local < sizeof(methods) / sizeof(methods[0]); local++) {
		for (central = 0; central < 2; central++) {
			struct hostile *h = begin(c);
			struct hostile_entry *e = hostile_add(h, "x", text, sizeof(text), methods[central]);

			e->local.method = methods[local];
			emit_and_end(c, "a1");
		}
	}
}

/* One size field of a header: real, zero, all ones, one off. */
static uint32_t
size_variant(uint32_t real, unsigned variant)
{
	static const uint32_t off[] = { 0, 0, 0, 1 };

	if (variant == 1)
		return 0;
	return variant == 2 ? 0xffffffffu : real + off[variant];
}

/* How a header's sizes and ZIP64 field are written. */
static void
vary_sizes(struct hostile_header *header, unsigned stored, unsigned size, unsigned extra)
{
	uint64_t real_stored = header->stored_size, real_size = header->size;

	header->stored_size = size_variant(header->stored_size, stored);
	header->size = size_variant(header->size, size);
	if (extra == 1)
		hostile_extra64(header, real_size, real_stored, 0, 16);
	if (extra == 2)
		hostile_extra64(header, real_size, 0, 0, 8);
	if (extra == 3)
		hostile_extra64(header, 0, 0, 0, 16);
	if (extra == 4) {
		hostile_extra64(header, real_size, real_stored, 0, 16);
		hostile_extra64(header, real_size + 1, real_stored, 0, 16);
	}
}

static void
a2_one(struct classes *c, unsigned local, unsigned central, unsigned descriptor, uint16_t method)
{
	static const size_t sizes[] = { 0, 12, 16, 20, 24 };
	struct hostile *h = begin(c);
	struct hostile_entry *e = hostile_add(h, "x", text, sizeof(text), method);

	if (descriptor > 0)
		hostile_describe(e, sizes[descriptor]);
	vary_sizes(&e->local, local % 4, local / 4 % 4, local / 16);
	vary_sizes(&e->central, central % 4, central / 4 % 4, central / 16);
	if (descriptor > 0 && local % 2)
		e->local.crc32 = 0;
	emit_and_end(c, "a2");
}

/* A2: sizes in three places, each with and without ZIP64. */
static void
class_a2(struct classes *c)
{
	static const unsigned centrals[] = { 0, 1, 4, 2, 8, 3, 16, 16 + 10, 32 + 8, 32 + 2, 48, 48 + 10, 64, 64 + 10 };
	unsigned local, central, descriptor;

	for (local = 0; local < 80; local++) {
		for (central = 0; central < sizeof(centrals) / sizeof(centrals[0]); central++) {
			for (descriptor = 0; descriptor < 5; descriptor++) {
				a2_one(c, local, centrals[central], descriptor, 0);
				if (descriptor % 2 == 0)
					a2_one(c, local, centrals[central], descriptor, 8);
			}
		}
	}
}

/* A3: names in the headers and in Unicode Path fields. */
static void
class_a3(struct classes *c)
{
	static const char field[] = "\1\0\0\0\0other";
	unsigned variant;

	for (variant = 0; variant < 16; variant++) {
		struct hostile *h = begin(c);
		struct hostile_entry *e = hostile_add(h, "plain", text, sizeof(text), 0);

		if (variant & 1)
			hostile_extra(&e->local, 0x7075, field, 10);
		if (variant & 2)
			hostile_extra(&e->central, 0x7075, field, 10);
		if (variant & 4)
			memcpy(e->local.name, "Plain", 5);
		if (variant & 8)
			e->local.flags = e->central.flags = 0x800;
		emit_and_end(c, "a3");
	}
}

/* A4: is it a directory? */
static void
class_a4(struct classes *c)
{
	static const char *const names[] = { "d", "d/", "d\\", "d//" };
	static const uint32_t attributes[] = { 0, 0x08, 0x10, 0x20, 0x41ed0000, 0x41ed0010, 0x81a40000, 0x81a40010,
		0xa1ff0000, 0x61a40000, 0x11800000 };
	static const uint16_t hosts[] = { 0x0014, 0x0314, 0x0714, 0x1314 };
	size_t n, a, k, data;

	for (n = 0; n < 4; n++) {
		for (a = 0; a < sizeof(attributes) / sizeof(attributes[0]); a++) {
			for (k = 0; k < 4; k++) {
				for (data = 0; data < 2; data++) {
					struct hostile_entry *e = hostile_add(begin(c), names[n], text, data * 5, 0);

					e->attributes = attributes[a];
					e->made_by = hosts[k];
					emit_and_end(c, "a4");
				}
			}
		}
	}
}

/* A5: each flag in either header or both. */
static void
class_a5(struct classes *c)
{
	unsigned bit, where;

	for (bit = 0; bit < 16; bit++) {
		for (where = 1; where < 4; where++) {
			struct hostile_entry *e = hostile_add(begin(c), "x", text, sizeof(text), 0);

			if (where & 1)
				e->local.flags = (uint16_t)(1u << bit);
			if (where & 2)
				e->central.flags = (uint16_t)(1u << bit);
			emit_and_end(c, "a5");
		}
	}
}

/* B1, B3, B4: two names that some reader takes for one. */
static void
class_b1(struct classes *c)
{
	static const char *const names[] = { "a/b", "/a/b", "a//b", "a\\b", "./a/b", "a/./b", "a/b/.", "../a/b",
		".../a/b", "c/../a/b", "a/b/", "A/b", "a/B", "a/b ", "a/b.", "a/b.." };
	const size_t count = sizeof(names) / sizeof(names[0]);
	size_t first, second;

	for (first = 0; first < count; first++) {
		for (second = 0; second < count; second++) {
			struct hostile *h = begin(c);

			hostile_add(h, names[first], "1", names[first][strlen(names[first]) - 1] != '/', 0);
			hostile_add(h, names[second], "2", names[second][strlen(names[second]) - 1] != '/', 0);
			emit_and_end(c, "b1");
		}
	}
}

/* B2: each byte at the start, inside and at the end of a name, beside the name without it. */
static void
class_b2(struct classes *c)
{
	unsigned byte, place, twin;

	for (byte = 0; byte < 256; byte++) {
		for (place = 0; place < 3; place++) {
			for (twin = 0; twin < 2; twin++) {
				struct hostile *h = begin(c);
				char name[4] = "xyz";

				name[place] = (char)byte;
				hostile_rename(
					hostile_add(h, "-", name[2] == '/' ? "" : "1", name[2] != '/', 0), name, 3);
				if (name[2] == '/')
					h->entries[3].attributes = 0x41ed0010;
				if (twin) {
					memmove(name + place, name + place + 1, 3 - place);
					hostile_rename(hostile_add(h, "-", "2", 1, 0), name, 2);
				}
				emit_and_end(c, "b2");
			}
		}
	}
}

/* C1: entries that only one of streaming and directory readers see. */
static void
class_c1(struct classes *c)
{
	struct hostile *h;
	unsigned variant;

	begin(c);
	hostile_add(&c->h, "hidden", text, sizeof(text), 0)->no_central = true;
	emit_and_end(c, "c1");
	begin(c);
	hostile_add(&c->h, "absent", text, sizeof(text), 0)->no_local = true;
	emit_and_end(c, "c1");
	for (variant = 0; variant < 2; variant++) { /* a whole archive in the data, or in an extra field */
		h = begin(c);
		hostile_emit(h);
		if (variant == 0)
			hostile_add(h, "inner", h->out.data, h->out.size, 0);
		else
			hostile_extra(&h->entries[2].local, 0x7777, h->out.data, h->out.size);
		emit_and_end(c, "c1");
	}
	for (variant = 0; variant < 3; variant++) { /* decoys in a described entry, in a comment, between entries */
		h = begin(c);
		hostile_emit(h);
		if (variant == 0)
			hostile_describe(hostile_add(h, "decoy", h->out.data, h->out.size, 0), 16);
		if (variant == 1)
			dsync_buffer_append(&h->entries[1].comment, h->out.data, h->out.size);
		if (variant == 2)
			dsync_buffer_append(&h->entries[1].before, h->out.data, h->out.size);
		emit_and_end(c, "c1");
	}
}

/* C2, C4: which end record, which directory. */
static void
class_c2(struct classes *c)
{
	int32_t shift;
	unsigned variant;

	for (variant = 0; variant < 4; variant++) { /* stacked, the first one's comment none, short, exact, long */
		struct hostile *h = begin(c);
		uint16_t comment;

		hostile_emit(h);
		comment = (uint16_t)(variant == 0 ? 0 : h->out.size + variant - 2);
		dsync_buffer_append(&h->suffix, h->out.data, h->out.size);
		hostile_emit(h);
		hostile_poke16(h, h->end_offset + 20, comment);
		end(c, "c2");
	}
	for (shift = -60; shift <= 60; shift++) {
		if (shift == 0)
			continue;
		begin(c);
		hostile_emit(&c->h);
		hostile_poke32(&c->h, c->h.end_offset + 16, (uint32_t)((int32_t)c->h.directory_offset + shift));
		end(c, "c4");
	}
}

/* C3, C5: each field of the end records with awkward values. */
static void
class_c5(struct classes *c)
{
	static const struct {
		uint8_t offset, size;
	} fields[] = { { 4, 2 }, { 6, 2 }, { 8, 2 }, { 10, 2 }, { 12, 4 }, { 16, 4 }, { 20, 2 } };
	static const struct {
		uint8_t offset, size;
	} fields64[] = { { 0, 4 }, { 4, 8 }, { 14, 2 }, { 16, 4 }, { 20, 4 }, { 24, 8 }, { 32, 8 }, { 40, 8 },
		{ 48, 8 }, { 56, 4 }, { 60, 4 }, { 64, 8 }, { 72, 4 } };
	static const uint64_t values[] = { 0, 1, 2, 3, 44, 45, 170, 0xffff, 0x10003, 0xffffffff, UINT64_C(0x100000003),
		UINT64_MAX };
	size_t f, v, zip64;

	for (v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
		for (zip64 = 0; zip64 < 2; zip64++) {
			for (f = 0; f < sizeof(fields) / sizeof(fields[0]); f++) {
				begin(c)->zip64 = zip64;
				hostile_emit(&c->h);
				if (fields[f].size == 2)
					hostile_poke16(&c->h, c->h.end_offset + fields[f].offset, (uint16_t)values[v]);
				else
					hostile_poke32(&c->h, c->h.end_offset + fields[f].offset, (uint32_t)values[v]);
				end(c, "c3");
			}
		}
		for (f = 0; f < sizeof(fields64) / sizeof(fields64[0]); f++) {
			begin(c)->zip64 = true;
			hostile_emit(&c->h);
			if (fields64[f].size == 2)
				hostile_poke16(&c->h, c->h.end64_offset + fields64[f].offset, (uint16_t)values[v]);
			else if (fields64[f].size == 4)
				hostile_poke32(&c->h, c->h.end64_offset + fields64[f].offset, (uint32_t)values[v]);
			else
				hostile_poke64(&c->h, c->h.end64_offset + fields64[f].offset, values[v]);
			end(c, "c5");
		}
	}
}

size_t
classes_each(classes_take *take, void *context)
{
	struct classes *c = calloc(1, sizeof(*c));
	size_t count;

	if (c == NULL)
		return 0;
	c->take = take;
	c->context = context;
	class_a1(c);
	class_a2(c);
	class_a3(c);
	class_a4(c);
	class_a5(c);
	class_b1(c);
	class_b2(c);
	class_c1(c);
	class_c2(c);
	class_c5(c);
	count = c->count;
	free(c);
	return count;
}
