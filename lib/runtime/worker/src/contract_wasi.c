/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "contract.h"

#include "wasi_world.h"

/* Functions that always say the same. */
#define CONSTANT(name, error) \
	static int64_t always_##name(struct dsync_guest *guest, const wasmtime_val_raw_t *v) \
	{ \
		(void)guest; \
		(void)v; \
		return (error); \
	}
CONSTANT(success, DSYNC_WASI_SUCCESS)
CONSTANT(read_only, DSYNC_WASI_ROFS)
CONSTANT(no_link, DSYNC_WASI_INVAL)
CONSTANT(no_socket, DSYNC_WASI_NOTSOCK)

/* As success, for those that name a descriptor. */
static int64_t
if_open(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	return dsync_wasi_fd(guest, v[0].i32) == NULL ? DSYNC_WASI_BADF : DSYNC_WASI_SUCCESS;
}

static const struct dsync_import imports[] = {
	{ "args_get", "ii:i", dsync_wasi_args_get },
	{ "args_sizes_get", "ii:i", dsync_wasi_args_sizes_get },
	{ "environ_get", "ii:i", dsync_wasi_environ_get },
	{ "environ_sizes_get", "ii:i", dsync_wasi_environ_sizes_get },
	{ "clock_res_get", "ii:i", dsync_wasi_clock_res_get },
	{ "clock_time_get", "iIi:i", dsync_wasi_clock_time_get },
	{ "fd_advise", "iIIi:i", if_open },
	{ "fd_allocate", "iII:i", always_read_only },
	{ "fd_close", "i:i", dsync_wasi_fd_close },
	{ "fd_datasync", "i:i", if_open },
	{ "fd_fdstat_get", "ii:i", dsync_wasi_fd_fdstat_get },
	{ "fd_fdstat_set_flags", "ii:i", if_open },
	{ "fd_fdstat_set_rights", "iII:i", if_open },
	{ "fd_filestat_get", "ii:i", dsync_wasi_fd_filestat_get },
	{ "fd_filestat_set_size", "iI:i", always_read_only },
	{ "fd_filestat_set_times", "iIIi:i", always_read_only },
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
	{ "path_create_directory", "iii:i", always_read_only },
	{ "path_filestat_get", "iiiii:i", dsync_wasi_path_filestat_get },
	{ "path_filestat_set_times", "iiiiIIi:i", always_read_only },
	{ "path_link", "iiiiiii:i", always_read_only },
	{ "path_open", "iiiiiIIii:i", dsync_wasi_path_open },
	{ "path_readlink", "iiiiii:i", always_no_link },
	{ "path_remove_directory", "iii:i", always_read_only },
	{ "path_rename", "iiiiii:i", always_read_only },
	{ "path_symlink", "iiiii:i", always_read_only },
	{ "path_unlink_file", "iii:i", always_read_only },
	{ "poll_oneoff", "iiii:i", dsync_wasi_poll_oneoff },
	{ "proc_exit", "i:", dsync_wasi_proc_exit },
	{ "proc_raise", "i:i", dsync_wasi_proc_raise },
	{ "random_get", "ii:i", dsync_wasi_random_get },
	{ "sched_yield", ":i", always_success },
	{ "sock_accept", "iii:i", always_no_socket },
	{ "sock_recv", "iiiiii:i", always_no_socket },
	{ "sock_send", "iiiii:i", always_no_socket },
	{ "sock_shutdown", "ii:i", always_no_socket },
};

const struct dsync_import_table dsync_contract_wasi = { "wasi_snapshot_preview1", imports,
	sizeof(imports) / sizeof(imports[0]) };
