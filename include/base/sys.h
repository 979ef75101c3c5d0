/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * sys.h - the seam to the operating system: disk, clock, randomness.
 *
 * Every call that touches a file, the clock or the random source goes through
 * here, so that tests can fail, shorten or kill at the n-th one.  Which version
 * is used is decided when a program is linked: sys_linux.c, sys_posix.c or
 * sys_wasi.c (with what they share in sys_file.c and sys_unix.c), and sys_fault.c
 * around them in tests (fault.h).
 *
 * Unless said otherwise each returns what the POSIX call returns, except that a
 * failure is the negative errno (so -ENOENT, never -1), and EINTR is retried
 * inside.  Only the calls that a system lacks return -ENOSYS or -EOPNOTSUPP.
 * Reads and writes may be short; the _all forms are not.
 */
#ifndef BASE_SYS_H
#define BASE_SYS_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/* Some systems (WASI) do not know this one and so never return it; ours needs a number. */
#ifndef ENODATA
#define ENODATA ENOMSG
#endif

/* Current directory for the *at calls, whatever the system calls it. */
#define DSYNC_SYS_CWD (-100)

/* --- files --- O_CLOEXEC is always added to flags. */
int dsync_sys_openat(int dirfd, const char *path, int flags, mode_t mode);
int dsync_sys_close(int fd); /* the descriptor is gone even on failure */
int dsync_sys_dup(int fd);   /* -ENOSYS where descriptors cannot be duplicated (WASI) */
int dsync_sys_fstat(int fd, struct stat *st);
int dsync_sys_fstatat(int dirfd, const char *path, struct stat *st, bool follow);
ssize_t dsync_sys_pread(int fd, void *buf, size_t size, uint64_t offset);
ssize_t dsync_sys_pwrite(int fd, const void *buf, size_t size, uint64_t offset);
ssize_t dsync_sys_read(int fd, void *buf, size_t size);
ssize_t dsync_sys_write(int fd, const void *buf, size_t size);
int dsync_sys_ftruncate(int fd, uint64_t size);
int
dsync_sys_fallocate(int fd, uint64_t offset, uint64_t size); /* reserve, size grows; callers go on after -EOPNOTSUPP */
int dsync_sys_fsync(int fd); /* of a folder too; -EINVAL or -ENOSYS where folders cannot be synced */
/* A hint: so that a later fsync finds less to do. */
int dsync_sys_start_writeback(int fd, uint64_t offset, uint64_t size);
int dsync_sys_fchmod(int fd, mode_t mode);
int dsync_sys_fchown(int fd, uid_t uid, gid_t gid);
int dsync_sys_renameat(int old_dirfd, const char *old_path, int new_dirfd, const char *new_path);
int dsync_sys_linkat(int old_dirfd, const char *old_path, int new_dirfd, const char *new_path);
int dsync_sys_link_fd(int fd, int dirfd, const char *path); /* names an O_TMPFILE */
int dsync_sys_unlinkat(int dirfd, const char *path);
int dsync_sys_mkdirat(int dirfd, const char *path, mode_t mode);

/* Reads a symbolic link into `buf` with a NUL; -ENAMETOOLONG when it does not fit. */
ssize_t dsync_sys_readlinkat(int dirfd, const char *path, char *buf, size_t size);

/* The next hole or the next data at or after `offset` (SEEK_HOLE, SEEK_DATA); -ENXIO past the end. */
int64_t dsync_sys_seek_hole(int fd, uint64_t offset);
int64_t dsync_sys_seek_data(int fd, uint64_t offset);

/* --- sharing and copying of extents --- */
int dsync_sys_clone_range(int src, uint64_t src_offset, uint64_t size, int dst, uint64_t dst_offset); /* FICLONERANGE */
ssize_t dsync_sys_copy_range(int src, uint64_t src_offset, int dst, uint64_t dst_offset, size_t size);

/* --- whole-file write lock, open file description (OFD) --- 0, or -EAGAIN when another holds it. */
int dsync_sys_lock(int fd);
int dsync_sys_unlock(int fd);

/* Does another description hold the lock?  1 or 0; takes nothing, so that it never gets in anybody's way. */
int dsync_sys_is_locked(int fd);

/* --- extended attributes --- -ENODATA when there is none, -EOPNOTSUPP where the file system has none. */
ssize_t dsync_sys_getxattr(int fd, const char *name, void *value, size_t size);
int dsync_sys_setxattr(int fd, const char *name, const void *value, size_t size);
int dsync_sys_removexattr(int fd, const char *name);
ssize_t dsync_sys_listxattr(int fd, char *names, size_t size);

/* --- memory mapping, read-only and private --- NULL with *err_no set on failure. */
void *dsync_sys_mmap(int fd, uint64_t offset, size_t size, int *err_no);
int dsync_sys_munmap(void *address, size_t size);

/* --- clock and randomness --- */
int64_t dsync_sys_now(void);          /* seconds since 1970 */
int64_t dsync_sys_now_ms(void);       /* milliseconds since 1970 */
int64_t dsync_sys_monotonic_ms(void); /* since some fixed moment; runs on in suspend where the system can */
void dsync_sys_sleep_ms(int64_t ms);
int dsync_sys_random(void *buf, size_t size); /* all of it, or negative errno */

/* --- who we are --- */
uid_t dsync_sys_euid(void);

/* May the effective user do this (W_OK | X_OK ...) here?  0 or a negative errno, -EROFS among them. */
int dsync_sys_access_at(int dirfd, const char *path, int mode);

/* The file mode creation mask, without changing it as umask() would; -ENOSYS where it cannot be known. */
int dsync_sys_umask(void);

/* --- built on the above; not part of the seam itself --- */

/* Whole reads and writes: 0, a negative errno, or -ENODATA when the file ends early. */
int dsync_sys_pread_all(int fd, void *buf, size_t size, uint64_t offset);
int dsync_sys_pwrite_all(int fd, const void *buf, size_t size, uint64_t offset);
int dsync_sys_write_all(int fd, const void *buf, size_t size);

#endif
