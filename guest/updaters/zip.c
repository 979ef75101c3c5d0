/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * zip.c - one file out of a ZIP archive, read once from front to back.
 *
 * A member is taken where it stands, by its local header; when the central directory has come by, both must have said the same, and
 * every local header must be in it, so that all programs see the same file.  What cannot be read in one pass is refused.
 */
#include "../dotsync-decode.h"
#include "../dotsync.h"
#include "text.h"
#include "unpack.h"

#define NAME_SIZE_MAX 4097
#define EXTRA_SIZE_MAX 65536
#define HAS_ZIP64 INT64_C(0xffffffff)
#define MANY INT64_C(0xffff)

enum { LOCAL = 0x04034b50, CENTRAL = 0x02014b50, DESCRIPTOR = 0x08074b50 };
enum { END = 0x06054b50, END64 = 0x06064b50, LOCATOR64 = 0x07064b50 };
enum { ENCRYPTED = 0x0001, DESCRIBED = 0x0008, PATCHED = 0x0020, STRONG = 0x0040, MASKED = 0x2000 };
enum { STORED = 0, DEFLATED = 8 };

static unsigned char fixed[64];
static char name[NAME_SIZE_MAX];
static unsigned char extra[EXTRA_SIZE_MAX];

/* What a header says of a member. */
struct entry {
	uint32_t flags, method, crc;
	int64_t packed, size; /* 0 where a descriptor has them */
	int64_t offset;       /* of the local header */
	int32_t zip64;        /* the descriptor has numbers of 64 bits */
};

struct zip {
	struct unpack *u;
	const char *member;
	int64_t copied; /* -1: not found yet */
	struct entry found;
	int64_t locals, centrals; /* headers of either kind */
	int32_t in_directory;     /* how often the directory has the member */
	int64_t directory, directory_end;
};

static uint32_t
u16_at(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static uint32_t
u32_at(const unsigned char *p)
{
	return u16_at(p) | u16_at(p + 2) << 16;
}

static int64_t
i64_at(const unsigned char *p)
{
	return (int64_t)((uint64_t)u32_at(p) | (uint64_t)u32_at(p + 4) << 32);
}

static int64_t
refuse(const struct zip *z, const char *what)
{
	return unpack_refuse(z->u, what, 0);
}

static int64_t
position(const struct zip *z)
{
	return dotsync_decode_position(unpack_top(z->u));
}

/* One 64-bit number of the extra field where the header had no room for it. */
static int32_t
take_wide(int64_t *value, const unsigned char **p, const unsigned char *end)
{
	if (*value != HAS_ZIP64)
		return 0;
	if (end - *p < 8)
		return -1;
	*value = i64_at(*p);
	*p += 8;
	return *value < 0 ? -1 : 0;
}

/* The zip64 extra field; 0, or -1 when it is not as it must be. */
static int32_t
take_extra(struct entry *e, int32_t size, int32_t has_offset)
{
	const unsigned char *p = extra, *end = extra + size, *next;
	int32_t used = 0;

	for (; end - p >= 4; p = next) {
		next = p + 4 + u16_at(p + 2);
		if (next > end)
			return -1;
		if (u16_at(p) != 1)
			continue;
		if (used++)
			return -1;
		e->zip64 = 1;
		p += 4;
		if (take_wide(&e->size, &p, next) < 0 || take_wide(&e->packed, &p, next) < 0 ||
			(has_offset && take_wide(&e->offset, &p, next) < 0))
			return -1;
	}
	return used || (e->size != HAS_ZIP64 && e->packed != HAS_ZIP64 && e->offset != HAS_ZIP64) ? 0 : -1;
}

/* Name and extra field; 0 or an error. */
static int64_t
read_names(struct zip *z, struct entry *e, uint32_t name_size, uint32_t extra_size, int32_t has_offset)
{
	int64_t rc;

	if (name_size >= NAME_SIZE_MAX)
		return refuse(z, "is a ZIP archive with a name that is too long");
	rc = unpack_read(z->u, name, (int32_t)name_size);
	if (rc < 0)
		return rc;
	name[name_size] = '\0';
	rc = unpack_read(z->u, extra, (int32_t)extra_size);
	if (rc == 0 && (text_size(name) != (int32_t)name_size || take_extra(e, (int32_t)extra_size, has_offset) < 0))
		return refuse(z, "is a damaged ZIP archive: a header makes no sense");
	return rc;
}

/* The part that local and central headers share, from the flags on. */
static void
take_common(struct entry *e, const unsigned char *p)
{
	e->flags = u16_at(p);
	e->method = u16_at(p + 2);
	e->crc = u32_at(p + 8);
	e->packed = u32_at(p + 12);
	e->size = u32_at(p + 16);
	e->offset = 0;
	e->zip64 = 0;
}

static int32_t
is_wanted(const struct zip *z)
{
	return text_is(name, text_size(name), z->member);
}

/* Does only the data itself say where it ends? */
static int32_t
is_open_ended(const struct entry *e)
{
	return (e->flags & DESCRIBED) != 0;
}

/* May the data be read, if it is wanted, or its end be found? */
static int64_t
check_data(const struct zip *z, const struct entry *e, int32_t wanted)
{
	const int32_t read = wanted || is_open_ended(e);

	if (wanted && z->copied >= 0)
		return unpack_refuse(z->u, "has two members", name);
	if (read && (e->flags & (ENCRYPTED | STRONG | MASKED)) != 0)
		return unpack_refuse(z->u, "is a ZIP archive with an encrypted member,", name);
	if (read && (e->flags & PATCHED) != 0)
		return unpack_refuse(z->u, "is a ZIP archive with patch data as", name);
	if (read && e->method != STORED && e->method != DEFLATED)
		return unpack_refuse(z->u, "is a ZIP archive with another compression than deflate for", name);
	return 0;
}

/* The data of one member, copied or passed over; its bytes, with *crc of those copied. */
static int64_t
take_data(struct zip *z, const struct entry *e, int32_t wanted, uint32_t *crc)
{
	int32_t below = unpack_top(z->u);
	int64_t deflate = -1, summed, n;
	unsigned char sum[4] = { 0 };

	if (e->method == DEFLATED) {
		deflate = dotsync_decode_open(below, DOTSYNC_DEFLATE);
		if (deflate < 0)
			return deflate;
		below = (int32_t)deflate;
	}
	summed = dotsync_decode_open(below, DOTSYNC_CRC32);
	if (summed < 0)
		n = summed;
	else if (wanted)
		n = dotsync_decode_copy((int32_t)summed, e->method == STORED ? e->packed : -1);
	else
		n = dotsync_decode_skip((int32_t)summed, e->method == STORED ? e->packed : -1);
	if (summed >= 0) {
		unpack_blame(z->u, (int32_t)summed);
		dotsync_decode_sum((int32_t)summed, sum, sizeof(sum));
		dotsync_decode_close((int32_t)summed);
	}
	if (deflate >= 0)
		dotsync_decode_close((int32_t)deflate);
	*crc = u32_at(sum);
	return n;
}

/* What stands behind the data of an open-ended member; its signature is optional. */
static int64_t
take_descriptor(struct zip *z, struct entry *e, int64_t size, int64_t packed, uint32_t crc)
{
	const int32_t rest = e->zip64 ? 16 : 8;
	int64_t rc = unpack_read(z->u, fixed, 4);

	if (rc == 0 && u32_at(fixed) == DESCRIPTOR && crc != DESCRIPTOR)
		rc = unpack_read(z->u, fixed, 4);
	if (rc == 0)
		rc = unpack_read(z->u, fixed + 4, rest);
	if (rc < 0)
		return rc;
	e->crc = u32_at(fixed);
	e->packed = e->zip64 ? i64_at(fixed + 4) : u32_at(fixed + 4);
	e->size = e->zip64 ? i64_at(fixed + 12) : u32_at(fixed + 8);
	if (e->crc != crc || e->packed != packed || e->size != size)
		return unpack_refuse(z->u, "is a ZIP archive that does not say where its parts end, after", name);
	return 0;
}

static int64_t
check_sizes(const struct zip *z, const struct entry *e, int64_t size, int64_t packed, uint32_t crc)
{
	if (e->size == size && e->packed == packed && e->crc == crc)
		return 0;
	return unpack_refuse(z->u, "is a damaged ZIP archive: size or checksum is not that of", name);
}

static int64_t
take_local(struct zip *z)
{
	const int64_t offset = position(z) - 4;
	int64_t rc = unpack_read(z->u, fixed, 26), start, size;
	struct entry e;
	int32_t wanted;
	uint32_t crc = 0;

	if (rc < 0)
		return rc;
	take_common(&e, fixed + 2);
	rc = read_names(z, &e, u16_at(fixed + 22), u16_at(fixed + 24), 0);
	wanted = is_wanted(z);
	if (rc == 0)
		rc = check_data(z, &e, wanted);
	if (rc < 0)
		return rc;
	z->locals++;
	start = position(z);
	if (!wanted)
		unpack_note(z->u, name, text_size(name));
	if (!wanted && !is_open_ended(&e))
		return unpack_pass(z->u, e.packed);
	size = take_data(z, &e, wanted, &crc);
	if (size < 0)
		return size;
	if (is_open_ended(&e))
		rc = take_descriptor(z, &e, size, position(z) - start, crc);
	else
		rc = check_sizes(z, &e, size, position(z) - start, crc);
	if (!wanted)
		return rc;
	e.offset = offset;
	z->found = e;
	z->copied = size;
	return rc;
}

static int64_t
take_central(struct zip *z)
{
	int64_t rc = unpack_read(z->u, fixed, 42);
	uint32_t comment;
	struct entry e;

	if (rc < 0)
		return rc;
	take_common(&e, fixed + 4);
	e.offset = u32_at(fixed + 38);
	comment = u16_at(fixed + 28);
	rc = read_names(z, &e, u16_at(fixed + 24), u16_at(fixed + 26), 1);
	if (rc == 0)
		rc = unpack_pass(z->u, comment);
	z->centrals++;
	if (rc < 0 || !is_wanted(z))
		return rc;
	z->in_directory++;
	if (z->copied < 0 || z->in_directory > 1 || e.offset != z->found.offset || e.size != z->found.size ||
		e.packed != z->found.packed || e.crc != z->found.crc || e.method != z->found.method ||
		(e.flags & (ENCRYPTED | STRONG | MASKED)) != 0)
		return unpack_refuse(z->u, "is a ZIP archive whose directory says something else of", name);
	return 0;
}

/* Do these numbers of an end record agree with what came by?  "Many" stands for what the other record says. */
static int64_t
check_end(const struct zip *z, int64_t count, int64_t size, int64_t offset, int64_t many, int64_t wide)
{
	if ((count != z->centrals && count != many) || (size != z->directory_end - z->directory && size != wide) ||
		(offset != z->directory && offset != wide) || z->locals != z->centrals)
		return refuse(z, "is a ZIP archive whose directory is not that of its members");
	if (z->copied >= 0 && z->in_directory != 1)
		return refuse(z, "is a ZIP archive whose directory leaves the member out");
	return 0;
}

static int64_t
take_end64(struct zip *z)
{
	int64_t rc = unpack_read(z->u, fixed, 52), record;

	if (rc < 0)
		return rc;
	record = i64_at(fixed);
	rc = check_end(z, i64_at(fixed + 28), i64_at(fixed + 36), i64_at(fixed + 44), -1, -1);
	if (rc == 0 && (record < 44 || record > EXTRA_SIZE_MAX))
		rc = refuse(z, "is a damaged ZIP archive: its end record makes no sense");
	if (rc == 0)
		rc = unpack_pass(z->u, record - 44);
	return rc == 0 ? unpack_read(z->u, fixed, 20) : rc; /* the locator, which is for those who come from behind */
}

static int64_t
take_end(struct zip *z, uint32_t signature)
{
	const int32_t is_wide = signature == END64;
	int64_t rc = 0;

	if (is_wide) {
		rc = take_end64(z);
		if (rc == 0 && u32_at(fixed) != LOCATOR64)
			rc = refuse(z, "is a damaged ZIP archive: its end record makes no sense");
		if (rc == 0)
			rc = unpack_read(z->u, fixed, 4);
		if (rc == 0 && u32_at(fixed) != END)
			rc = refuse(z, "is a damaged ZIP archive: its end record makes no sense");
	}
	if (rc == 0)
		rc = unpack_read(z->u, fixed, 18);
	if (rc == 0)
		rc = check_end(z, u16_at(fixed + 6), u32_at(fixed + 8), u32_at(fixed + 12), is_wide ? MANY : -1,
			is_wide ? HAS_ZIP64 : -1);
	if (rc == 0)
		rc = unpack_pass(z->u, u16_at(fixed + 16));
	if (rc < 0)
		return rc;
	rc = dotsync_decode_read(unpack_top(z->u), fixed, 1);
	return rc > 0 ? refuse(z, "is a ZIP archive with something behind its end") : rc;
}

/* The directory, from its first header on, and what ends it. */
static int64_t
take_directory(struct zip *z, uint32_t signature)
{
	int64_t rc;

	z->directory = position(z) - 4;
	for (;;) {
		z->directory_end = position(z) - 4;
		if (signature == END || signature == END64)
			return take_end(z, signature);
		if (signature != CENTRAL)
			return refuse(z, "is a ZIP archive with something unknown between its parts");
		rc = take_central(z);
		if (rc == 0)
			rc = unpack_read(z->u, fixed, 4);
		if (rc < 0)
			return rc;
		signature = u32_at(fixed);
	}
}

int64_t
unpack_zip(struct unpack *u, const char *member)
{
	struct zip z;
	int64_t rc;

	z.u = u;
	z.member = member;
	z.copied = -1;
	z.locals = z.centrals = 0;
	z.in_directory = 0;
	for (;;) {
		rc = unpack_read(u, fixed, 4);
		if (rc < 0)
			return rc;
		if (u32_at(fixed) != LOCAL)
			break;
		rc = take_local(&z);
		if (rc < 0)
			return rc;
	}
	if (z.locals == 0 && u32_at(fixed) != END && u32_at(fixed) != END64)
		return refuse(&z, "is no ZIP archive");
	rc = take_directory(&z, u32_at(fixed));
	if (rc < 0)
		return rc;
	return z.copied >= 0 ? z.copied : unpack_refuse_missing(u, member);
}
