/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * wasi_world.h - our WASI preview 1: all 46 names, a world of three read-only files.
 *
 *	descriptor 0	standard input: the pushed payload in push mode, else empty
 *	1		standard output: the new payload in the contract WASI, else the log
 *	2		standard error: the log
 *	3		the folder /sync with payload, context.json (if there is one), manifest.toml
 *
 * No other file, no socket, nothing to write but 1 and 2.  Names that would change the file
 * system say ROFS, sockets NOTSOCK; doc/contracts/wasi.md has them all.  Every function has the
 * type of an import and returns a WASI error number.
 *
 * The order of refusals is the same everywhere: a descriptor that is not open (BADF) or not of the
 * right kind, then values that make no sense (INVAL), then addresses (FAULT), then the rest.
 */
#ifndef WORKER_WASI_WORLD_H
#define WORKER_WASI_WORLD_H

#include <stdint.h>

#include <wasmtime.h>

#include "guest.h"

enum dsync_wasi_error {
	DSYNC_WASI_SUCCESS = 0,
	DSYNC_WASI_ACCES = 2,
	DSYNC_WASI_BADF = 8,
	DSYNC_WASI_FAULT = 21,
	DSYNC_WASI_FBIG = 22,
	DSYNC_WASI_INTR = 27, /* the processor time is used up: the guest ends at its next jump */
	DSYNC_WASI_INVAL = 28,
	DSYNC_WASI_IO = 29,
	DSYNC_WASI_ISDIR = 31,
	DSYNC_WASI_NAMETOOLONG = 37,
	DSYNC_WASI_NFILE = 41,
	DSYNC_WASI_NOENT = 44,
	DSYNC_WASI_NOTDIR = 54,
	DSYNC_WASI_NOTSOCK = 57,
	DSYNC_WASI_NOTSUP = 58,
	DSYNC_WASI_ROFS = 69,
	DSYNC_WASI_SPIPE = 70,
	DSYNC_WASI_NOTCAPABLE = 76,
};

/* The standard streams are of no type: as character devices they would be taken for terminals, and buffered by line. */
enum dsync_wasi_filetype { DSYNC_WASI_UNKNOWN = 0, DSYNC_WASI_DIRECTORY = 3, DSYNC_WASI_REGULAR_FILE = 4 };

#define DSYNC_WASI_RIGHT_READ (UINT64_C(1) << 1)
#define DSYNC_WASI_RIGHT_WRITE (UINT64_C(1) << 6)
#define DSYNC_WASI_FDFLAGS 0x1f /* every flag of a descriptor: kept, and without effect */
#define DSYNC_WASI_FILESTAT_SIZE 64

/* The files of /sync, in the order of fd_readdir; their sources are those of dotsync.v1. */
struct dsync_wasi_file {
	const char *name;
	int32_t source;
};
#define DSYNC_WASI_FILES 3
extern const struct dsync_wasi_file dsync_wasi_files[DSYNC_WASI_FILES];

/* Is it there?  A context need not be. */
bool dsync_wasi_exists(struct dsync_guest *guest, const struct dsync_wasi_file *file);

/* An open descriptor, or NULL. */
struct dsync_guest_fd *dsync_wasi_fd(struct dsync_guest *guest, int32_t fd);

/* What a negative answer of the host is in WASI. */
int64_t dsync_wasi_error(int64_t value);

/* Store little-endian numbers, as the guest reads them. */
void dsync_wasi_put32(unsigned char *at, uint32_t value);
void dsync_wasi_put64(unsigned char *at, uint64_t value);
uint32_t dsync_wasi_get32(const unsigned char *at);
uint64_t dsync_wasi_get64(const unsigned char *at);

/* The inode of what a descriptor stands for; no two things have one in common. */
uint64_t dsync_wasi_inode(const struct dsync_guest_fd *fd);

/* Stores the filestat of what a descriptor stands for in DSYNC_WASI_FILESTAT_SIZE bytes; an error number. */
int64_t dsync_wasi_stat(struct dsync_guest *guest, const struct dsync_guest_fd *fd, unsigned char *out);

/* May times be set so?  One of a kind at most, and no unknown flag. */
bool dsync_wasi_fstflags_are_sound(int32_t flags);

/* Nanoseconds of one of the four clocks; false for any other. */
#define DSYNC_WASI_CLOCKS 4
bool dsync_wasi_clock(const struct dsync_guest *guest, uint32_t id, uint64_t *ns);

#define DSYNC_WASI_FUNCTION(name) int64_t dsync_wasi_##name(struct dsync_guest *guest, const wasmtime_val_raw_t *v)

/* wasi_stream.c: bytes in and out */
DSYNC_WASI_FUNCTION(fd_read);
DSYNC_WASI_FUNCTION(fd_pread);
DSYNC_WASI_FUNCTION(fd_write);
DSYNC_WASI_FUNCTION(fd_pwrite);
DSYNC_WASI_FUNCTION(fd_seek);
DSYNC_WASI_FUNCTION(fd_tell);

/* wasi_file.c: descriptors */
DSYNC_WASI_FUNCTION(fd_advise);
DSYNC_WASI_FUNCTION(fd_close);
DSYNC_WASI_FUNCTION(fd_renumber);
DSYNC_WASI_FUNCTION(fd_fdstat_get);
DSYNC_WASI_FUNCTION(fd_fdstat_set_flags);
DSYNC_WASI_FUNCTION(fd_filestat_get);
DSYNC_WASI_FUNCTION(fd_filestat_set_times);
DSYNC_WASI_FUNCTION(fd_prestat_get);
DSYNC_WASI_FUNCTION(fd_prestat_dir_name);
DSYNC_WASI_FUNCTION(fd_readdir);

/* wasi_path.c: names below /sync */
DSYNC_WASI_FUNCTION(path_open);
DSYNC_WASI_FUNCTION(path_filestat_get);
DSYNC_WASI_FUNCTION(path_filestat_set_times);
DSYNC_WASI_FUNCTION(path_readlink);
DSYNC_WASI_FUNCTION(path_change); /* path_create_directory, path_remove_directory, path_unlink_file */
DSYNC_WASI_FUNCTION(path_link);
DSYNC_WASI_FUNCTION(path_rename);
DSYNC_WASI_FUNCTION(path_symlink);

/* wasi_poll.c: waiting */
DSYNC_WASI_FUNCTION(poll_oneoff);

/* wasi_process.c: arguments, clocks, the end */
DSYNC_WASI_FUNCTION(args_get);
DSYNC_WASI_FUNCTION(args_sizes_get);
DSYNC_WASI_FUNCTION(environ_get);
DSYNC_WASI_FUNCTION(environ_sizes_get);
DSYNC_WASI_FUNCTION(clock_res_get);
DSYNC_WASI_FUNCTION(clock_time_get);
DSYNC_WASI_FUNCTION(proc_exit);
DSYNC_WASI_FUNCTION(proc_raise);
DSYNC_WASI_FUNCTION(random_get);

#endif
