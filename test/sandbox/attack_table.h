/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * attack_table.h - what an attacker who runs native code in the locked worker may try.
 *
 * One row an attempt: a name, what must come of it, the attempt itself.  The attempt is compiled into
 * dotsync-worker-attack alone; the test reads names and expectations.  Expectations:
 * KILLED is death by SIGSYS, otherwise the negative errno or result of the call, or SIGNAL(n).
 */
#ifndef TEST_ATTACK_TABLE_H
#define TEST_ATTACK_TABLE_H

#define KILLED 100000
#define SIGNAL(n) (100000 + (n)) /* not SIGSYS */

/* clang-format off */
/* files: N1-N9 */
#define ATTACKS_FILES(X) \
	X(openat_passwd, KILLED, sys(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY, 0)) \
	X(openat2, KILLED, sys(SYS_openat2, AT_FDCWD, "/etc/passwd", zeros, 24)) \
	X(openat_create, KILLED, sys(SYS_openat, AT_FDCWD, "/tmp/x", O_CREAT | O_WRONLY, 0600)) \
	X(statx, KILLED, sys(SYS_statx, AT_FDCWD, "/", 0, 0, zeros)) \
	X(readlinkat, KILLED, sys(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", zeros, 100)) \
	X(getdents, KILLED, sys(SYS_getdents64, 3, zeros, 100)) \
	X(faccessat, KILLED, sys(SYS_faccessat, AT_FDCWD, "/", 0)) \
	X(fstatat, KILLED, sys(SYS_newfstatat, AT_FDCWD, "/", zeros, 0)) \
	X(fstat, KILLED, sys(SYS_fstat, 3, zeros)) \
	X(fchmodat, KILLED, sys(SYS_fchmodat, AT_FDCWD, "/tmp/x", 0777)) \
	X(utimensat, KILLED, sys(SYS_utimensat, AT_FDCWD, "/tmp/x", NULL, 0)) \
	X(setxattr, KILLED, sys(SYS_setxattr, "/tmp/x", "user.x", "1", 1, 0)) \
	X(unlinkat, KILLED, sys(SYS_unlinkat, AT_FDCWD, "/tmp/x", 0)) \
	X(renameat2, KILLED, sys(SYS_renameat2, AT_FDCWD, "/tmp/x", AT_FDCWD, "/tmp/y", 0)) \
	X(linkat, KILLED, sys(SYS_linkat, AT_FDCWD, "/tmp/x", AT_FDCWD, "/tmp/y", 0)) \
	X(symlinkat, KILLED, sys(SYS_symlinkat, "/tmp/x", AT_FDCWD, "/tmp/y")) \
	X(mkdirat, KILLED, sys(SYS_mkdirat, AT_FDCWD, "/tmp/y", 0700)) \
	X(truncate, KILLED, sys(SYS_truncate, "/tmp/x", 0)) \
	X(self_mem, KILLED, sys(SYS_openat, AT_FDCWD, "/proc/self/mem", O_RDWR, 0)) \
	X(open_by_handle, KILLED, sys(SYS_open_by_handle_at, 3, zeros, 0)) \
	X(chdir, KILLED, sys(SYS_chdir, "/tmp"))

/* network: N10-N14, N43 */
#define ATTACKS_NETWORK(X) \
	X(socket_tcp, KILLED, sys(SYS_socket, AF_INET, SOCK_STREAM, 0)) \
	X(socket_udp6, KILLED, sys(SYS_socket, AF_INET6, SOCK_DGRAM, 0)) \
	X(socket_mptcp, KILLED, sys(SYS_socket, AF_INET, SOCK_STREAM, 262)) \
	X(socket_unix, KILLED, sys(SYS_socket, AF_UNIX, SOCK_STREAM, 0)) \
	X(socket_netlink, KILLED, sys(SYS_socket, AF_NETLINK, SOCK_RAW, 0)) \
	X(socket_packet, KILLED, sys(SYS_socket, AF_PACKET, SOCK_RAW, 0)) \
	X(socket_vsock, KILLED, sys(SYS_socket, AF_VSOCK, SOCK_STREAM, 0)) \
	X(socketpair, KILLED, sys(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, zeros)) \
	X(connect, KILLED, sys(SYS_connect, 3, zeros, 16)) \
	X(bind, KILLED, sys(SYS_bind, 3, zeros, 16)) \
	X(listen, KILLED, sys(SYS_listen, 3, 1)) \
	X(accept4, KILLED, sys(SYS_accept4, 3, NULL, NULL, 0)) \
	X(sendto, KILLED, sys(SYS_sendto, 3, "x", 1, 0, NULL, 0)) \
	X(sendmsg, KILLED, sys(SYS_sendmsg, 3, zeros, 0)) \
	X(recvmsg, KILLED, sys(SYS_recvmsg, 3, zeros, 0)) \
	X(setsockopt, KILLED, sys(SYS_setsockopt, 3, SOL_SOCKET, SO_SNDBUF, zeros, 4))

/* processes: N15-N26, N32, N36-N38 */
#define ATTACKS_PROCESSES(X) \
	X(execve, KILLED, sys(SYS_execve, "/bin/true", NULL, NULL)) \
	X(execveat, KILLED, sys(SYS_execveat, 3, "", NULL, NULL, AT_EMPTY_PATH)) \
	X(memfd, KILLED, sys(SYS_memfd_create, "x", 0)) \
	X(ptrace_parent, KILLED, sys(SYS_ptrace, 16, parent, 0, 0)) \
	X(ptrace_me, KILLED, sys(SYS_ptrace, 0, 0, 0, 0)) \
	X(vm_readv, KILLED, sys(SYS_process_vm_readv, parent, zeros, 1, zeros, 1, 0)) \
	X(vm_writev, KILLED, sys(SYS_process_vm_writev, parent, zeros, 1, zeros, 1, 0)) \
	X(kill_parent, KILLED, sys(SYS_kill, parent, SIGKILL)) \
	X(kill_all, KILLED, sys(SYS_kill, -1, SIGKILL)) \
	X(tgkill_parent, KILLED, sys(SYS_tgkill, parent, parent, SIGABRT)) \
	X(tgkill_other_signal, KILLED, sys(SYS_tgkill, self, self, SIGUSR1)) \
	X(sigqueue, KILLED, sys(SYS_rt_sigqueueinfo, parent, SIGUSR1, zeros)) \
	X(pidfd_open, KILLED, sys(SYS_pidfd_open, parent, 0)) \
	X(pidfd_getfd, KILLED, sys(SYS_pidfd_getfd, 3, 0, 0)) \
	X(fcntl_owner, KILLED, sys(SYS_fcntl, 3, F_SETOWN, parent)) \
	X(prlimit, KILLED, sys(SYS_prlimit64, parent, RLIMIT_NOFILE, NULL, zeros)) \
	X(setpriority, KILLED, sys(SYS_setpriority, 0, parent, 5)) \
	X(unshare, KILLED, sys(SYS_unshare, CLONE_NEWUSER)) \
	X(setns, KILLED, sys(SYS_setns, 3, 0)) \
	X(clone_user, KILLED, sys(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0)) \
	X(clone3, KILLED, sys(SYS_clone3, zeros, 88)) \
	X(fork, KILLED, sys(SYS_clone, SIGCHLD, 0, 0, 0, 0)) \
	X(thread, KILLED, start_thread()) \
	X(prctl_dumpable, KILLED, sys(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0)) \
	X(prctl_seccomp, KILLED, sys(SYS_prctl, PR_SET_SECCOMP, 2, zeros, 0, 0)) \
	X(seccomp_listener, KILLED, sys(SYS_seccomp, 1, 8, zeros)) \
	X(seccomp_strict, KILLED, sys(SYS_seccomp, 0, 0, 0)) \
	X(setuid, KILLED, sys(SYS_setuid, 0)) \
	X(capset, KILLED, sys(SYS_capset, zeros, zeros)) \
	X(setgroups, KILLED, sys(SYS_setgroups, 0, zeros)) \
	X(setrlimit, KILLED, sys(SYS_setrlimit, RLIMIT_AS, zeros)) \
	X(dup, KILLED, sys(SYS_dup, 3)) \
	X(close, KILLED, sys(SYS_close, 3)) \
	X(rt_sigaction, KILLED, sys(SYS_rt_sigaction, SIGPROF, NULL, NULL, 8)) \
	X(setitimer, KILLED, sys(SYS_setitimer, 0, zeros, NULL)) \
	X(nanosleep, KILLED, sys(SYS_nanosleep, zeros, NULL)) \
	X(sched_setaffinity, KILLED, sys(SYS_sched_setaffinity, 0, 8, zeros)) \
	X(other_clock, KILLED, sys(SYS_clock_gettime, ~(parent << 3) & ~7L, zeros))

/* the system: N23, N27-N31 */
#define ATTACKS_SYSTEM(X) \
	X(mount, KILLED, sys(SYS_mount, "x", "/tmp", "tmpfs", 0, NULL)) \
	X(fsopen, KILLED, sys(SYS_fsopen, "tmpfs", 0)) \
	X(umount2, KILLED, sys(SYS_umount2, "/tmp", 0)) \
	X(pivot_root, KILLED, sys(SYS_pivot_root, "/", "/")) \
	X(chroot, KILLED, sys(SYS_chroot, "/tmp")) \
	X(io_uring_setup, KILLED, sys(SYS_io_uring_setup, 1, zeros)) \
	X(io_uring_enter, KILLED, sys(SYS_io_uring_enter, 3, 0, 0, 0, NULL, 0)) \
	X(bpf, KILLED, sys(SYS_bpf, 0, zeros, 48)) \
	X(perf_event_open, KILLED, sys(SYS_perf_event_open, zeros, 0, -1, -1, 0)) \
	X(userfaultfd, KILLED, sys(SYS_userfaultfd, 0)) \
	X(keyctl, KILLED, sys(SYS_keyctl, 0, -3, 0, 0, 0)) \
	X(add_key, KILLED, sys(SYS_add_key, "user", "x", "y", 1, -3)) \
	X(shmget, KILLED, sys(SYS_shmget, 0, 4096, 01000)) \
	X(msgget, KILLED, sys(SYS_msgget, 0, 01000)) \
	X(semget, KILLED, sys(SYS_semget, 0, 1, 01000)) \
	X(mq_open, KILLED, sys(SYS_mq_open, "/x", O_CREAT | O_RDWR, 0600, NULL)) \
	X(inotify, KILLED, sys(SYS_inotify_init1, 0)) \
	X(fanotify, KILLED, sys(SYS_fanotify_init, 0, 0)) \
	X(getrandom, KILLED, sys(SYS_getrandom, zeros, 8, 0)) \
	X(unknown_call, KILLED, sys(4000))

/* memory and the rest: N33-N35, N39-N42, N46 */
#define ATTACKS_MEMORY(X) \
	X(mmap_rwx, KILLED, map(PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1)) \
	X(mmap_rx, KILLED, map(PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1)) \
	X(mmap_shared, KILLED, map(PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1)) \
	X(mmap_socket, KILLED, map(PROT_READ, MAP_PRIVATE, 3)) \
	X(mmap_huge, KILLED, map(PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1)) \
	X(mprotect_rwx, KILLED, protect(PROT_READ | PROT_WRITE | PROT_EXEC)) \
	X(pkey_mprotect, KILLED, sys(SYS_pkey_mprotect, zeros, 4096, PROT_READ, -1)) \
	X(mremap_fixed, KILLED, sys(SYS_mremap, zeros, 4096, 4096, 3, zeros)) \
	X(madvise_free, KILLED, sys(SYS_madvise, zeros, 4096, 8)) \
	X(futex_requeue, KILLED, sys(SYS_futex, zeros, 3, 1, 1, zeros, 0)) \
	X(other_machine_call, KILLED, other_machine()) \
	X(x32_call, KILLED, x32()) \
	X(map_2_gib, -ENOMEM, sys(SYS_mmap, NULL, 2L << 30, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) \
	X(memory_flood, 1, flood()) \
	X(write_null_device, 1, sys(SYS_write, 1, "x", 1)) \
	X(write_stderr, 1, sys(SYS_write, 2, "x", 1)) \
	X(write_fd_4, -EBADF, sys(SYS_write, 4, "x", 1)) \
	X(write_fd_7, -EBADF, sys(SYS_write, 7, "x", 1)) \
	X(write_fd_1023, -EBADF, sys(SYS_write, 1023, "x", 1)) \
	X(abort, SIGNAL(6), (abort(), 0)) \
	X(illegal_instruction, SIGNAL(4), crash_illegal()) \
	X(wild_write, SIGNAL(11), crash_write()) \
	X(deep_recursion, SIGNAL(11), recurse(1)) \
	X(spin, SIGNAL(24), spin())

/* After the freeze these die too. */
#define ATTACKS_FROZEN(X) \
	X(mprotect_rx, KILLED, protect(PROT_READ | PROT_EXEC)) \
	X(mprotect_x, KILLED, protect(PROT_EXEC)) \
	X(one_more_filter, KILLED, sys(SYS_seccomp, 1, 0, zeros))

/* clang-format on */
#define ATTACKS(X) \
	ATTACKS_FILES(X) ATTACKS_NETWORK(X) ATTACKS_PROCESSES(X) ATTACKS_SYSTEM(X) ATTACKS_MEMORY(X) ATTACKS_FROZEN(X)

#endif
