/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "contract.h"

#include "wasi_world.h"

/* Functions that say the same of every descriptor that is open; doc/contracts/wasi.md says why. */
static int64_t
if_open(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	return dsync_wasi_fd(guest, v[0].i32) == NULL ? DSYNC_WASI_BADF : DSYNC_WASI_SUCCESS;
}

static int64_t
no_socket(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	return dsync_wasi_fd(guest, v[0].i32) == NULL ? DSYNC_WASI_BADF : DSYNC_WASI_NOTSOCK;
}

static int64_t
no_resizing(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	const struct dsync_guest_fd *fd = dsync_wasi_fd(guest, v[0].i32);

	if (fd == NULL)
		return DSYNC_WASI_BADF;
	return fd->kind == DSYNC_FD_FOLDER ? DSYNC_WASI_ISDIR : DSYNC_WASI_ROFS;
}

static int64_t
yield_nothing(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	(void)guest;
	(void)v;
	return DSYNC_WASI_SUCCESS;
}

static const struct dsync_import imports[] = {
	{ "args_get", "ii:i", dsync_wasi_args_get },
	{ "args_sizes_get", "ii:i", dsync_wasi_args_sizes_get },
	{ "environ_get", "ii:i", dsync_wasi_environ_get },
	{ "environ_sizes_get", "ii:i", dsync_wasi_environ_sizes_get },
	{ "clock_res_get", "ii:i", dsync_wasi_clock_res_get },
	{ "clock_time_get", "iIi:i", dsync_wasi_clock_time_get },
	{ "fd_advise", "iIIi:i", dsync_wasi_fd_advise },
	{ "fd_allocate", "iII:i", no_resizing },
	{ "fd_close", "i:i", dsync_wasi_fd_close },
	{ "fd_datasync", "i:i", if_open },
	{ "fd_fdstat_get", "ii:i", dsync_wasi_fd_fdstat_get },
	{ "fd_fdstat_set_flags", "ii:i", dsync_wasi_fd_fdstat_set_flags },
	{ "fd_fdstat_set_rights", "iII:i", if_open },
	{ "fd_filestat_get", "ii:i", dsync_wasi_fd_filestat_get },
	{ "fd_filestat_set_size", "iI:i", no_resizing },
	{ "fd_filestat_set_times", "iIIi:i", dsync_wasi_fd_filestat_set_times },
	{ "fd_pread", "iiiIi:i", dsync_wasi_fd_pread },
	{ "fd_prestat_dir_name", "iii:i", dsync_wasi_fd_prestat_dir_name },
	{ "fd_prestat_get", "ii:i", dsync_wasi_fd_prestat_get },
	{ "fd_pwrite", "iiiIi:i", dsync_wasi_fd_pwrite },
	{ "fd_read", "iiii:i", dsync_wasi_fd_read },
	{ "fd_readdir", "iiiIi:i", dsync_wasi_fd_readdir },
	{ "fd_renumber", "ii:i", dsync_wasi_fd_renumber },
	{ "fd_seek", "iIii:i", dsync_wasi_fd_seek },
	{ "fd_sync", "i:i", if_open },
	{ "fd_tell", "ii:i", dsync_wasi_fd_tell },
	{ "fd_write", "iiii:i", dsync_wasi_fd_write },
	{ "path_create_directory", "iii:i", dsync_wasi_path_change },
	{ "path_filestat_get", "iiiii:i", dsync_wasi_path_filestat_get },
	{ "path_filestat_set_times", "iiiiIIi:i", dsync_wasi_path_filestat_set_times },
	{ "path_link", "iiiiiii:i", dsync_wasi_path_link },
	{ "path_open", "iiiiiIIii:i", dsync_wasi_path_open },
	{ "path_readlink", "iiiiii:i", dsync_wasi_path_readlink },
	{ "path_remove_directory", "iii:i", dsync_wasi_path_change },
	{ "path_rename", "iiiiii:i", dsync_wasi_path_rename },
	{ "path_symlink", "iiiii:i", dsync_wasi_path_symlink },
	{ "path_unlink_file", "iii:i", dsync_wasi_path_change },
	{ "poll_oneoff", "iiii:i", dsync_wasi_poll_oneoff },
	{ "proc_exit", "i:", dsync_wasi_proc_exit },
	{ "proc_raise", "i:i", dsync_wasi_proc_raise },
	{ "random_get", "ii:i", dsync_wasi_random_get },
	{ "sched_yield", ":i", yield_nothing },
	{ "sock_accept", "iii:i", no_socket },
	{ "sock_recv", "iiiiii:i", no_socket },
	{ "sock_send", "iiiii:i", no_socket },
	{ "sock_shutdown", "ii:i", no_socket },
};

const struct dsync_import_table dsync_contract_wasi = { "wasi_snapshot_preview1", imports,
	sizeof(imports) / sizeof(imports[0]) };
