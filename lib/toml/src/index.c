/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Keys of one table as a crit-bit tree.
 *
 * A key is read as a string of 9-bit units: 1 and the byte where there is a byte, 0
 * past its end, so that "a" and "ab" differ.  An inner node of the tree names the
 * first bit in which the keys below it differ (split_at: which unit, split_mask:
 * which bit of it).  The second and each later key of a table brings exactly one
 * inner node with it, which lives in its struct; INNER in a link marks it.
 *
 * No path is longer than the key has bits, so that no choice of keys makes a
 * document slower than linear in its size; that is why there is no hash table here.
 */
#include "internal.h"

#include <string.h>

#define INNER 0x80000000u

static unsigned
unit(struct dsync_view key, uint32_t at)
{
	return at < key.size ? 0x100u | key.data[at] : 0;
}

static struct dsync_view
node_name(const struct dsync_toml *doc, uint32_t node)
{
	const struct dsync__toml_node *n = &doc->nodes[node];
	struct dsync__toml_text name = { n->name, n->name_size, n->name_own };

	return dsync__toml_text(doc, name);
}

/* The leaf that the key leads to: the only one that can be equal to it. */
static uint32_t
walk(const struct dsync_toml *doc, uint32_t link, struct dsync_view key)
{
	while (link & INNER) {
		const struct dsync__toml_node *n = &doc->nodes[link & ~INNER];

		link = n->side[(unit(key, n->split_at) & n->split_mask) != 0];
	}
	return link;
}

uint32_t
dsync__toml_index_find(const struct dsync_toml *doc, uint32_t table, const void *key, size_t size)
{
	struct dsync_view wanted = { key, size }, name;
	uint32_t leaf;

	if (doc->nodes[table].u.children.index == 0)
		return DSYNC_TOML_NONE;
	leaf = walk(doc, doc->nodes[table].u.children.index, wanted);
	name = node_name(doc, leaf);
	if (name.size != size || memcmp(name.data, key, size) != 0)
		return DSYNC_TOML_NONE;
	return leaf;
}

static uint32_t
common_size(struct dsync_view a, struct dsync_view b)
{
	uint32_t at = 0;

	while (at < a.size && at < b.size && a.data[at] == b.data[at])
		at++;
	return at;
}

static unsigned
highest_bit(unsigned bits)
{
	unsigned mask = 0x100;

	while (!(bits & mask))
		mask >>= 1;
	return mask;
}

/* Adds a node under its name and returns NONE; or adds nothing and returns the node that has the name. */
uint32_t
dsync__toml_index_put(struct dsync_toml *doc, uint32_t table, uint32_t node)
{
	struct dsync__toml_node *n = &doc->nodes[node];
	struct dsync_view key = node_name(doc, node), other;
	uint32_t *link = &doc->nodes[table].u.children.index;
	uint32_t leaf, at;
	unsigned mask, side;

	if (*link == 0) {
		*link = node;
		return DSYNC_TOML_NONE;
	}
	leaf = walk(doc, *link, key);
	other = node_name(doc, leaf);
	at = common_size(key, other);
	if (at == key.size && at == other.size)
		return leaf;
	mask = highest_bit(unit(key, at) ^ unit(other, at));

	/* The new inner node goes above the first one that splits later. */
	while (*link & INNER) {
		struct dsync__toml_node *inner = &doc->nodes[*link & ~INNER];

		if (inner->split_at > at || (inner->split_at == at && inner->split_mask < mask))
			break;
		link = &inner->side[(unit(key, inner->split_at) & inner->split_mask) != 0];
	}
	side = (unit(key, at) & mask) != 0;
	n->split_at = at;
	n->split_mask = (uint16_t)mask;
	n->side[side] = node;
	n->side[!side] = *link;
	*link = node | INNER;
	return DSYNC_TOML_NONE;
}
