/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * An entry, integers little-endian:
 *
 *	"DSYC"  u32 version = 1  32 bytes MAC  32 bytes engine id  u64 size  code
 *
 * and nothing after it.  The MAC covers the entry's name and all that follows the MAC.
 */
#include "code_cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cursor.h"
#include "base/file.h"
#include "base/sys.h"
#include "base/text.h"
#include "runtime/build_id.h"

#define MAGIC "DSYC"
#define MAGIC_SIZE 4
#define VERSION 1
#define COVERED (MAGIC_SIZE + 4 + DSYNC_HASH_SIZE) /* by the MAC, from here on */
#define HEADER_SIZE (COVERED + DSYNC_ENGINE_ID_SIZE + 8)
#define NAME_SIZE (2 * DSYNC_HASH_SIZE + 1)
#define KEY_FILE "cache.key"
#define FILE_NAME_SIZE 256
#define LEFT_OVER_AGE 3600 /* seconds, after which what is no entry belongs to a process that was killed */

static void
name_of(const struct dsync_code_key *key, char name[NAME_SIZE])
{
	unsigned char digest[DSYNC_HASH_SIZE];
	struct dsync_hash h;

	dsync_hash_init(&h);
	dsync_hash_update(&h, key->wasm, sizeof(key->wasm));
	dsync_hash_update(&h, &key->memory_max, sizeof(key->memory_max));
	dsync_hash_update(&h, dsync_build_id, DSYNC_BUILD_ID_SIZE);
	dsync_hash_final(&h, digest);
	dsync_text_hex_encode(name, digest, sizeof(digest));
}

/* Opens `dir` or `dir`/`sub`, which is made when `make` says so; a negative errno when there is none. */
static int
open_folder(const char *dir, const char *sub, bool make)
{
	struct dsync_buffer path;
	int fd = -ENOENT;

	if (dir == NULL)
		return fd;
	dsync_buffer_init(&path, 65536);
	dsync_buffer_append_text(&path, dir);
	dsync_buffer_append_text(&path, sub);
	if (dsync_buffer_text(&path) != NULL) {
		if (make)
			dsync_file_make_folder(dsync_buffer_text(&path), NULL);
		fd = dsync_sys_openat(DSYNC_SYS_CWD, dsync_buffer_text(&path), O_RDONLY | O_DIRECTORY, 0);
	}
	dsync_buffer_finish(&path);
	return fd;
}

/* A key that others could have read or written is none. */
static bool
read_key(int folder, unsigned char key[DSYNC_HASH_SIZE])
{
	struct stat st;
	bool sound;
	int fd;

	fd = dsync_sys_openat(folder, KEY_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	if (fd < 0)
		return false;
	sound = dsync_sys_fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == dsync_sys_euid() &&
		(st.st_mode & 077) == 0 && st.st_size == DSYNC_HASH_SIZE &&
		dsync_sys_pread_all(fd, key, DSYNC_HASH_SIZE, 0) == 0;
	dsync_sys_close(fd);
	return sound;
}

/* The key; of two processes that make one at once the later wins, and the other's entry is compiled again one day. */
static bool
get_key(const struct dsync_context *context, bool make, unsigned char key[DSYNC_HASH_SIZE])
{
	int folder = open_folder(dsync_context_state_dir(context), "", make);
	bool found;

	if (folder < 0)
		return false;
	found = read_key(folder, key);
	if (!found && make && dsync_sys_random(key, DSYNC_HASH_SIZE) == 0) {
		dsync_file_write(folder, KEY_FILE, key, DSYNC_HASH_SIZE, 0600, NULL);
		found = read_key(folder, key);
	}
	dsync_sys_close(folder);
	return found;
}

/* The MAC is of the name and of what stands behind it: the rest of the header, then the code. */
static void
begin_mac(struct dsync_hash *h, const unsigned char key[DSYNC_HASH_SIZE], const char *name,
	const unsigned char header[HEADER_SIZE])
{
	dsync_hash_init_keyed(h, key);
	dsync_hash_update(h, name, NAME_SIZE);
	dsync_hash_update(h, header + COVERED, HEADER_SIZE - COVERED);
}

/* Without a hint in its time of how much of the MAC was right. */
static bool
same_mac(const unsigned char *a, const unsigned char *b)
{
	unsigned char difference = 0;
	size_t i;

	for (i = 0; i < DSYNC_HASH_SIZE; i++)
		difference |= (unsigned char)(a[i] ^ b[i]);
	return difference == 0;
}

/* The header's parts; the size of the code must be what is left of the file. */
static bool
parse_header(const unsigned char header[HEADER_SIZE], uint64_t left, struct dsync_code_entry *entry)
{
	unsigned char magic[MAGIC_SIZE];
	struct dsync_cursor c;
	uint32_t version;
	uint64_t size;

	dsync_cursor_init(&c, header, HEADER_SIZE, 0);
	if (dsync_cursor_copy(&c, magic, sizeof(magic)) < 0 || memcmp(magic, MAGIC, MAGIC_SIZE) != 0)
		return false;
	if (dsync_cursor_u32le(&c, &version) < 0 || version != VERSION)
		return false;
	if (dsync_cursor_copy(&c, entry->mac, sizeof(entry->mac)) < 0 ||
		dsync_cursor_copy(&c, entry->engine_id, sizeof(entry->engine_id)) < 0 ||
		dsync_cursor_u64le(&c, &size) < 0)
		return false;
	entry->size = (size_t)size;
	return size > 0 && size <= DSYNC_CODE_SIZE_MAX && size == left;
}

static bool
begin_entry(struct dsync_code_entry *entry, const unsigned char key[DSYNC_HASH_SIZE], const char *name)
{
	unsigned char header[HEADER_SIZE];
	struct stat st;

	if (dsync_sys_fstat(entry->fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= HEADER_SIZE)
		return false;
	if (dsync_sys_pread_all(entry->fd, header, HEADER_SIZE, 0) < 0 ||
		!parse_header(header, (uint64_t)st.st_size - HEADER_SIZE, entry))
		return false;
	begin_mac(&entry->hash, key, name, header);
	return true;
}

struct dsync_code_entry *
dsync_code_cache_open(const struct dsync_context *context, const struct dsync_code_key *code_key)
{
	unsigned char key[DSYNC_HASH_SIZE];
	struct dsync_code_entry *entry;
	char name[NAME_SIZE];
	int folder;

	if (!get_key(context, false, key))
		return NULL;
	folder = open_folder(dsync_context_cache_dir(context), "/code", false);
	if (folder < 0)
		return NULL;
	name_of(code_key, name);
	entry = malloc(sizeof(*entry));
	if (entry != NULL) {
		entry->done = 0;
		entry->fd = dsync_sys_openat(folder, name, O_RDONLY | O_NONBLOCK, 0);
		if (entry->fd < 0 || !begin_entry(entry, key, name)) {
			dsync_code_cache_close(entry);
			entry = NULL;
		}
	}
	dsync_sys_close(folder);
	return entry;
}

void
dsync_code_cache_close(struct dsync_code_entry *entry)
{
	if (entry == NULL)
		return;
	if (entry->fd >= 0)
		dsync_sys_close(entry->fd);
	free(entry);
}

/* What was read is what is judged: the file may change meanwhile. */
int
dsync_code_cache_next(struct dsync_code_entry *entry, struct dsync_view *piece, bool *last)
{
	const size_t left = entry->size - entry->done;
	const size_t size = left < sizeof(entry->piece) ? left : sizeof(entry->piece);
	unsigned char mac[DSYNC_HASH_SIZE];

	*last = false;
	*piece = (struct dsync_view){ entry->piece, 0 };
	if (dsync_sys_pread_all(entry->fd, entry->piece, size, HEADER_SIZE + entry->done) < 0)
		return -1;
	dsync_hash_update(&entry->hash, entry->piece, size);
	entry->done += size;
	if (size == left) {
		dsync_hash_final(&entry->hash, mac);
		if (!same_mac(mac, entry->mac))
			return -1;
		*last = true;
	}
	piece->size = size;
	return 0;
}

/* Entries may go at any time; what somebody is just writing may not. */
static bool
may_go(const char *name, const struct stat *st)
{
	return strlen(name) == NAME_SIZE - 1 || st->st_mtim.tv_sec < dsync_sys_now() - LEFT_OVER_AGE;
}

static bool
is_older(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

/* The oldest file that may go, and the size of all. */
static bool
survey(int folder, char oldest[FILE_NAME_SIZE], uint64_t *total)
{
	struct timespec age = { 0, 0 };
	const struct dirent *entry;
	struct stat st;
	DIR *dir;
	int fd;

	*total = 0;
	oldest[0] = '\0';
	fd = dsync_sys_openat(folder, ".", O_RDONLY | O_DIRECTORY, 0);
	dir = fd >= 0 ? fdopendir(fd) : NULL;
	if (dir == NULL) {
		if (fd >= 0)
			dsync_sys_close(fd);
		return false;
	}
	while ((entry = readdir(dir)) != NULL) {
		if (dsync_sys_fstatat(folder, entry->d_name, &st, false) < 0 || !S_ISREG(st.st_mode))
			continue;
		*total += (uint64_t)st.st_size;
		if (may_go(entry->d_name, &st) && (oldest[0] == '\0' || is_older(&st.st_mtim, &age))) {
			age = st.st_mtim;
			snprintf(oldest, FILE_NAME_SIZE, "%s", entry->d_name);
		}
	}
	closedir(dir);
	return oldest[0] != '\0';
}

/* Makes room for one more entry. */
static void
evict(int folder, uint64_t room)
{
	char oldest[FILE_NAME_SIZE];
	uint64_t total;

	while (survey(folder, oldest, &total) && total + room > DSYNC_CODE_CACHE_MAX) {
		if (dsync_sys_unlinkat(folder, oldest) < 0)
			break;
	}
}

static int
write_entry(struct dsync_buffer *out, const unsigned char key[DSYNC_HASH_SIZE], const char *name,
	const unsigned char engine_id[DSYNC_ENGINE_ID_SIZE], const void *code, size_t size)
{
	struct dsync_hash h;

	if (dsync_buffer_reserve(out, HEADER_SIZE + size) == NULL)
		return dsync_buffer_error(out);
	dsync_buffer_append(out, MAGIC, MAGIC_SIZE);
	dsync_buffer_append_u32le(out, VERSION);
	dsync_buffer_append_zeros(out, DSYNC_HASH_SIZE);
	dsync_buffer_append(out, engine_id, DSYNC_ENGINE_ID_SIZE);
	dsync_buffer_append_u64le(out, size);
	dsync_buffer_append(out, code, size);
	if (dsync_buffer_error(out) < 0)
		return dsync_buffer_error(out);
	begin_mac(&h, key, name, out->data);
	dsync_hash_update(&h, code, size);
	dsync_hash_final(&h, out->data + MAGIC_SIZE + 4);
	return 0;
}

void
dsync_code_cache_store(const struct dsync_context *context, const struct dsync_code_key *code_key,
	const unsigned char engine_id[DSYNC_ENGINE_ID_SIZE], const void *code, size_t size)
{
	unsigned char key[DSYNC_HASH_SIZE];
	struct dsync_buffer entry;
	char name[NAME_SIZE];
	int folder;

	if (size == 0 || size > DSYNC_CODE_SIZE_MAX || !get_key(context, true, key))
		return;
	folder = open_folder(dsync_context_cache_dir(context), "/code", true);
	if (folder < 0)
		return;
	name_of(code_key, name);
	evict(folder, HEADER_SIZE + size);
	dsync_buffer_init(&entry, HEADER_SIZE + DSYNC_CODE_SIZE_MAX);
	if (write_entry(&entry, key, name, engine_id, code, size) == 0)
		dsync_file_write(folder, name, entry.data, entry.size, 0600, NULL);
	dsync_buffer_finish(&entry);
	dsync_sys_close(folder);
}

void
dsync_code_cache_drop(const struct dsync_context *context, const struct dsync_code_key *code_key)
{
	int folder = open_folder(dsync_context_cache_dir(context), "/code", false);
	char name[NAME_SIZE];

	if (folder < 0)
		return;
	name_of(code_key, name);
	dsync_sys_unlinkat(folder, name);
	dsync_sys_close(folder);
}
