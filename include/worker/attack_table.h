/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * attack_table.h - what an attacker who runs native code in the locked worker may try.
 *
 * ATTACK_ROWS names the rows of the matrix (doc/sandbox.md), ATTACKS the attempts: the row, a name, what must come of
 * it, the attempt itself.  The attempts are compiled into bin/dotsync-attack and a test's program alone, never into the worker;
 * `dotsync doctor --sandbox` and the tests read rows, names and expectations:
 *
 *	ATTACK_KILLED     death by SIGSYS
 *	ATTACK_SIGNAL(n)  death by another signal, without a core file
 *	else              what the call gave, a negative errno where it failed
 *
 * Should one come through, it does no harm: what is named is not there, signals are number 0, nothing is kept.
 */
#ifndef WORKER_ATTACK_TABLE_H
#define WORKER_ATTACK_TABLE_H

#define ATTACK_KILLED 100000
#define ATTACK_SIGNAL(n) (ATTACK_KILLED + (n)) /* not SIGSYS */

/* clang-format off */
#define ATTACK_ROWS(X) \
	X(N1, "reading files") \
	X(N2, "opening files by other calls") \
	X(N3, "making files") \
	X(N4, "looking at files and folders") \
	X(N5, "changing modes, times and attributes") \
	X(N6, "removing, renaming and linking") \
	X(N7, "its own memory through /proc") \
	X(N8, "its parent through /proc") \
	X(N9, "opening by file handle") \
	X(N10, "TCP") \
	X(N11, "UDP, MPTCP, SCTP, TCP Fast Open") \
	X(N12, "sockets of this machine") \
	X(N13, "netlink, packet, vsock and crypto sockets") \
	X(N14, "listening") \
	X(N15, "running a program") \
	X(N16, "running a program out of memory") \
	X(N17, "tracing") \
	X(N18, "memory of its parent") \
	X(N19, "signals to others") \
	X(N20, "process descriptors") \
	X(N21, "signals by way of the socket") \
	X(N22, "limits and priority of others") \
	X(N23, "mounting and changing the root") \
	X(N24, "new name spaces") \
	X(N25, "new processes") \
	X(N26, "new threads") \
	X(N27, "io_uring") \
	X(N28, "bpf, perf, userfaultfd") \
	X(N29, "keys of the kernel") \
	X(N30, "System V and POSIX queues") \
	X(N31, "watching files") \
	X(N32, "undoing the lock") \
	X(N33, "executable memory") \
	X(N34, "shared and mapped memory") \
	X(N35, "system calls of other machines") \
	X(N36, "becoming somebody else") \
	X(N37, "raising its limits") \
	X(N38, "using up descriptors") \
	X(N39, "using up memory") \
	X(N40, "endless recursion") \
	X(N41, "crashing") \
	X(N42, "computing for ever") \
	X(N43, "passing descriptors") \
	X(N46, "writing to other descriptors") \
	X(N47, "looking for the host's secrets") \
	X(N48, "telling the time") \
	X(more, "calls that nobody needs")

#define ATTACKS_FILES(X) \
	X(N1, openat_passwd, ATTACK_KILLED, sys(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY, 0)) \
	X(N2, open, ATTACK_KILLED, sys(SYS_open, "/etc/passwd", O_RDONLY, 0)) \
	X(N2, openat2, ATTACK_KILLED, sys(SYS_openat2, AT_FDCWD, "/etc/passwd", zeros, 24)) \
	X(N2, creat, ATTACK_KILLED, sys(SYS_creat, "/dotsync-attack/x", 0600)) \
	X(N3, openat_create, ATTACK_KILLED, sys(SYS_openat, AT_FDCWD, "/dotsync-attack/x", O_CREAT | O_WRONLY, 0600)) \
	X(N3, openat_nameless, ATTACK_KILLED, sys(SYS_openat, AT_FDCWD, "/tmp", O_TMPFILE | O_RDWR, 0600)) \
	X(N4, stat, ATTACK_KILLED, sys(SYS_stat, "/", zeros)) \
	X(N4, statx, ATTACK_KILLED, sys(SYS_statx, AT_FDCWD, "/", 0, 0, zeros)) \
	X(N4, fstatat, ATTACK_KILLED, sys(SYS_newfstatat, AT_FDCWD, "/", zeros, 0)) \
	X(N4, fstat, ATTACK_KILLED, sys(SYS_fstat, 3, zeros)) \
	X(N4, readlinkat, ATTACK_KILLED, sys(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", zeros, 100)) \
	X(N4, getdents, ATTACK_KILLED, sys(SYS_getdents64, 3, zeros, 100)) \
	X(N4, faccessat, ATTACK_KILLED, sys(SYS_faccessat, AT_FDCWD, "/", 0)) \
	X(N4, chdir, ATTACK_KILLED, sys(SYS_chdir, "/tmp")) \
	X(N5, fchmodat, ATTACK_KILLED, sys(SYS_fchmodat, AT_FDCWD, "/dotsync-attack/x", 0777)) \
	X(N5, fchownat, ATTACK_KILLED, sys(SYS_fchownat, AT_FDCWD, "/dotsync-attack/x", 0, 0, 0)) \
	X(N5, utimensat, ATTACK_KILLED, sys(SYS_utimensat, AT_FDCWD, "/dotsync-attack/x", NULL, 0)) \
	X(N5, setxattr, ATTACK_KILLED, sys(SYS_setxattr, "/dotsync-attack/x", "user.x", "1", 1, 0)) \
	X(N6, unlinkat, ATTACK_KILLED, sys(SYS_unlinkat, AT_FDCWD, "/dotsync-attack/x", 0)) \
	X(N6, renameat2, ATTACK_KILLED, sys(SYS_renameat2, AT_FDCWD, "/dotsync-attack/x", AT_FDCWD, "/dotsync-attack/y", 0)) \
	X(N6, linkat, ATTACK_KILLED, sys(SYS_linkat, AT_FDCWD, "/dotsync-attack/x", AT_FDCWD, "/dotsync-attack/y", 0)) \
	X(N6, symlinkat, ATTACK_KILLED, sys(SYS_symlinkat, "/dotsync-attack/x", AT_FDCWD, "/dotsync-attack/y")) \
	X(N6, mkdirat, ATTACK_KILLED, sys(SYS_mkdirat, AT_FDCWD, "/dotsync-attack/y", 0700)) \
	X(N6, mknodat, ATTACK_KILLED, sys(SYS_mknodat, AT_FDCWD, "/dotsync-attack/y", 010600, 0)) \
	X(N6, truncate, ATTACK_KILLED, sys(SYS_truncate, "/dotsync-attack/x", 0)) \
	X(N7, self_mem, ATTACK_KILLED, sys(SYS_openat, AT_FDCWD, "/proc/self/mem", O_RDWR, 0)) \
	X(N7, self_maps, ATTACK_KILLED, sys(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY, 0)) \
	X(N8, parent_mem, ATTACK_KILLED, sys(SYS_openat, AT_FDCWD, of_parent("mem"), O_RDWR, 0)) \
	X(N8, parent_environ, ATTACK_KILLED, sys(SYS_openat, AT_FDCWD, of_parent("environ"), O_RDONLY, 0)) \
	X(N8, parent_fd, ATTACK_KILLED, sys(SYS_openat, AT_FDCWD, of_parent("fd"), O_RDONLY | O_DIRECTORY, 0)) \
	X(N8, first_root, ATTACK_KILLED, sys(SYS_openat, AT_FDCWD, "/proc/1/root", O_RDONLY, 0)) \
	X(N9, open_by_handle, ATTACK_KILLED, sys(SYS_open_by_handle_at, 3, zeros, 0)) \
	X(N9, name_to_handle, ATTACK_KILLED, sys(SYS_name_to_handle_at, AT_FDCWD, "/", zeros, zeros, 0))

#define ATTACKS_NETWORK(X) \
	X(N10, socket_tcp, ATTACK_KILLED, sys(SYS_socket, AF_INET, SOCK_STREAM, 0)) \
	X(N10, socket_tcp6, ATTACK_KILLED, sys(SYS_socket, AF_INET6, SOCK_STREAM, 0)) \
	X(N10, connect, ATTACK_KILLED, sys(SYS_connect, 3, zeros, 16)) \
	X(N11, socket_udp, ATTACK_KILLED, sys(SYS_socket, AF_INET, SOCK_DGRAM, 0)) \
	X(N11, socket_udp6, ATTACK_KILLED, sys(SYS_socket, AF_INET6, SOCK_DGRAM, 0)) \
	X(N11, socket_mptcp, ATTACK_KILLED, sys(SYS_socket, AF_INET, SOCK_STREAM, 262)) \
	X(N11, socket_sctp, ATTACK_KILLED, sys(SYS_socket, AF_INET, SOCK_STREAM, 132)) \
	X(N11, sendto, ATTACK_KILLED, sys(SYS_sendto, 3, "x", 1, 0, NULL, 0)) \
	X(N11, sendto_fast_open, ATTACK_KILLED, sys(SYS_sendto, 3, "x", 1, 0x20000000, zeros, 16)) \
	X(N11, sendmmsg, ATTACK_KILLED, sys(SYS_sendmmsg, 3, zeros, 1, 0)) \
	X(N12, socket_unix, ATTACK_KILLED, sys(SYS_socket, AF_UNIX, SOCK_STREAM, 0)) \
	X(N12, connect_abstract, ATTACK_KILLED, sys(SYS_connect, 3, "\1\0\0x", 4)) \
	X(N12, connect_path, ATTACK_KILLED, sys(SYS_connect, 3, "\1\0/tmp/x", 9)) \
	X(N12, socketpair, ATTACK_KILLED, sys(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, zeros)) \
	X(N13, socket_netlink, ATTACK_KILLED, sys(SYS_socket, AF_NETLINK, SOCK_RAW, 0)) \
	X(N13, socket_packet, ATTACK_KILLED, sys(SYS_socket, AF_PACKET, SOCK_RAW, 0)) \
	X(N13, socket_vsock, ATTACK_KILLED, sys(SYS_socket, AF_VSOCK, SOCK_STREAM, 0)) \
	X(N13, socket_crypto, ATTACK_KILLED, sys(SYS_socket, AF_ALG, SOCK_SEQPACKET, 0)) \
	X(N14, bind, ATTACK_KILLED, sys(SYS_bind, 3, zeros, 16)) \
	X(N14, listen, ATTACK_KILLED, sys(SYS_listen, 3, 1)) \
	X(N14, accept4, ATTACK_KILLED, sys(SYS_accept4, 3, NULL, NULL, 0)) \
	X(N43, sendmsg, ATTACK_KILLED, sys(SYS_sendmsg, 3, zeros, 0)) \
	X(N43, recvmsg, ATTACK_KILLED, sys(SYS_recvmsg, 3, zeros, 0x40)) \
	X(more, setsockopt, ATTACK_KILLED, sys(SYS_setsockopt, 3, SOL_SOCKET, SO_SNDBUF, zeros, 4)) \
	X(more, shutdown, ATTACK_KILLED, sys(SYS_shutdown, 3, 2))

#define ATTACKS_PROCESSES(X) \
	X(N15, execve, ATTACK_KILLED, sys(SYS_execve, "/bin/true", NULL, NULL)) \
	X(N16, memfd, ATTACK_KILLED, sys(SYS_memfd_create, "x", 0)) \
	X(N16, execveat, ATTACK_KILLED, sys(SYS_execveat, 3, "", NULL, NULL, AT_EMPTY_PATH)) \
	X(N17, ptrace_attach, ATTACK_KILLED, sys(SYS_ptrace, 16, parent, 0, 0)) \
	X(N17, ptrace_seize, ATTACK_KILLED, sys(SYS_ptrace, 0x4206, parent, 0, 0)) \
	X(N17, ptrace_me, ATTACK_KILLED, sys(SYS_ptrace, 0, 0, 0, 0)) \
	X(N18, vm_readv, ATTACK_KILLED, sys(SYS_process_vm_readv, parent, zeros, 1, zeros, 1, 0)) \
	X(N18, vm_writev, ATTACK_KILLED, sys(SYS_process_vm_writev, parent, zeros, 1, zeros, 1, 0)) \
	X(N19, kill_parent, ATTACK_KILLED, sys(SYS_kill, parent, 0)) \
	X(N19, kill_first, ATTACK_KILLED, sys(SYS_kill, 1, 0)) \
	X(N19, kill_all, ATTACK_KILLED, sys(SYS_kill, -1, 0)) \
	X(N19, tgkill_parent, ATTACK_KILLED, sys(SYS_tgkill, parent, parent, 0)) \
	X(N19, tgkill_other_signal, ATTACK_KILLED, sys(SYS_tgkill, self, self, SIGUSR1)) \
	X(N19, tkill_parent, ATTACK_KILLED, sys(SYS_tkill, parent, 0)) \
	X(N19, sigqueue, ATTACK_KILLED, sys(SYS_rt_sigqueueinfo, parent, 0, zeros)) \
	X(N20, pidfd_open, ATTACK_KILLED, sys(SYS_pidfd_open, parent, 0)) \
	X(N20, pidfd_send_signal, ATTACK_KILLED, sys(SYS_pidfd_send_signal, 3, 0, NULL, 0)) \
	X(N20, pidfd_getfd, ATTACK_KILLED, sys(SYS_pidfd_getfd, 3, 0, 0)) \
	X(N21, fcntl_owner, ATTACK_KILLED, sys(SYS_fcntl, 3, F_SETOWN, parent)) \
	X(N21, fcntl_async, ATTACK_KILLED, sys(SYS_fcntl, 3, F_SETFL, O_ASYNC)) \
	X(N21, ioctl_async, ATTACK_KILLED, sys(SYS_ioctl, 3, 0x5452, zeros)) \
	X(N22, prlimit_parent, ATTACK_KILLED, sys(SYS_prlimit64, parent, RLIMIT_NOFILE, NULL, zeros)) \
	X(N22, setpriority, ATTACK_KILLED, sys(SYS_setpriority, 0, parent, 0)) \
	X(N22, sched_setaffinity, ATTACK_KILLED, sys(SYS_sched_setaffinity, 0, 8, zeros)) \
	X(N24, unshare, ATTACK_KILLED, sys(SYS_unshare, CLONE_NEWUSER)) \
	X(N24, setns, ATTACK_KILLED, sys(SYS_setns, 3, 0)) \
	X(N24, clone_user, ATTACK_KILLED, sys(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0)) \
	X(N24, clone3, ATTACK_KILLED, sys(SYS_clone3, zeros, 88)) \
	X(N25, fork, ATTACK_KILLED, sys(SYS_clone, SIGCHLD, 0, 0, 0, 0)) \
	X(N25, vfork, ATTACK_KILLED, sys(SYS_vfork)) \
	X(N25, fork_bomb, ATTACK_KILLED, fork_bomb()) \
	X(N26, thread, ATTACK_KILLED, start_thread()) \
	X(N32, prctl_dumpable, ATTACK_KILLED, sys(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0)) \
	X(N32, prctl_new_privileges, ATTACK_KILLED, sys(SYS_prctl, PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0)) \
	X(N32, prctl_death_signal, ATTACK_KILLED, sys(SYS_prctl, PR_SET_PDEATHSIG, 0, 0, 0, 0)) \
	X(N32, prctl_seccomp, ATTACK_KILLED, sys(SYS_prctl, PR_SET_SECCOMP, 2, zeros, 0, 0)) \
	X(N32, seccomp_listener, ATTACK_KILLED, sys(SYS_seccomp, 1, 8, zeros)) \
	X(N32, seccomp_strict, ATTACK_KILLED, sys(SYS_seccomp, 0, 0, 0)) \
	X(N36, setuid, ATTACK_KILLED, sys(SYS_setuid, 0)) \
	X(N36, setresuid, ATTACK_KILLED, sys(SYS_setresuid, 0, 0, 0)) \
	X(N36, capset, ATTACK_KILLED, sys(SYS_capset, zeros, zeros)) \
	X(N36, setgroups, ATTACK_KILLED, sys(SYS_setgroups, 0, zeros)) \
	X(N37, setrlimit, ATTACK_KILLED, sys(SYS_setrlimit, RLIMIT_AS, zeros)) \
	X(N37, prlimit, ATTACK_KILLED, sys(SYS_prlimit64, 0, RLIMIT_NOFILE, zeros, NULL)) \
	X(N38, dup, ATTACK_KILLED, sys(SYS_dup, 3)) \
	X(N38, fcntl_dup, ATTACK_KILLED, sys(SYS_fcntl, 3, F_DUPFD, 4)) \
	X(N38, pipe, ATTACK_KILLED, sys(SYS_pipe2, zeros, 0)) \
	X(more, close, ATTACK_KILLED, sys(SYS_close, 3)) \
	X(more, rt_sigaction, ATTACK_KILLED, sys(SYS_rt_sigaction, SIGPROF, NULL, NULL, 8)) \
	X(more, setitimer, ATTACK_KILLED, sys(SYS_setitimer, 0, zeros, NULL)) \
	X(more, nanosleep, ATTACK_KILLED, sys(SYS_nanosleep, zeros, NULL))

#define ATTACKS_SYSTEM(X) \
	X(N23, mount, ATTACK_KILLED, sys(SYS_mount, "x", "/tmp", "tmpfs", 0, NULL)) \
	X(N23, fsopen, ATTACK_KILLED, sys(SYS_fsopen, "tmpfs", 0)) \
	X(N23, open_tree, ATTACK_KILLED, sys(SYS_open_tree, AT_FDCWD, "/", 1)) \
	X(N23, umount2, ATTACK_KILLED, sys(SYS_umount2, "/tmp", 0)) \
	X(N23, pivot_root, ATTACK_KILLED, sys(SYS_pivot_root, "/", "/")) \
	X(N23, chroot, ATTACK_KILLED, sys(SYS_chroot, "/tmp")) \
	X(N27, io_uring_setup, ATTACK_KILLED, sys(SYS_io_uring_setup, 1, zeros)) \
	X(N27, io_uring_enter, ATTACK_KILLED, sys(SYS_io_uring_enter, 3, 0, 0, 0, NULL, 0)) \
	X(N27, io_uring_register, ATTACK_KILLED, sys(SYS_io_uring_register, 3, 0, NULL, 0)) \
	X(N28, bpf, ATTACK_KILLED, sys(SYS_bpf, 0, zeros, 48)) \
	X(N28, perf_event_open, ATTACK_KILLED, sys(SYS_perf_event_open, zeros, 0, -1, -1, 0)) \
	X(N28, userfaultfd, ATTACK_KILLED, sys(SYS_userfaultfd, 0)) \
	X(N29, keyctl, ATTACK_KILLED, sys(SYS_keyctl, 0, -3, 0, 0, 0)) \
	X(N29, add_key, ATTACK_KILLED, sys(SYS_add_key, "user", "x", "y", 1, -3)) \
	X(N29, request_key, ATTACK_KILLED, sys(SYS_request_key, "user", "x", NULL, 0)) \
	X(N30, shmget, ATTACK_KILLED, sys(SYS_shmget, 7, 4096, 0)) \
	X(N30, msgget, ATTACK_KILLED, sys(SYS_msgget, 7, 0)) \
	X(N30, semget, ATTACK_KILLED, sys(SYS_semget, 7, 1, 0)) \
	X(N30, mq_open, ATTACK_KILLED, sys(SYS_mq_open, "dotsync-attack", O_RDWR, 0, NULL)) \
	X(N31, inotify, ATTACK_KILLED, sys(SYS_inotify_init1, 0)) \
	X(N31, fanotify, ATTACK_KILLED, sys(SYS_fanotify_init, 0, 0)) \
	X(more, getrandom, ATTACK_KILLED, sys(SYS_getrandom, zeros, 8, 0)) \
	X(more, personality, ATTACK_KILLED, sys(SYS_personality, 0xffffffff)) \
	X(more, unknown_call, ATTACK_KILLED, sys(4000))

#define ATTACKS_MEMORY(X) \
	X(N33, mmap_rwx, ATTACK_KILLED, map(PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1)) \
	X(N33, mmap_rx, ATTACK_KILLED, map(PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1)) \
	X(N33, mprotect_rwx, ATTACK_KILLED, protect(PROT_READ | PROT_WRITE | PROT_EXEC)) \
	X(N33, pkey_mprotect, ATTACK_KILLED, sys(SYS_pkey_mprotect, zeros, 4096, PROT_READ, -1)) \
	X(N34, mmap_shared, ATTACK_KILLED, map(PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1)) \
	X(N34, mmap_socket, ATTACK_KILLED, map(PROT_READ, MAP_PRIVATE, 3)) \
	X(N34, mmap_huge, ATTACK_KILLED, map(PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1)) \
	X(N34, mremap_fixed, ATTACK_KILLED, sys(SYS_mremap, zeros, 4096, 4096, 3, zeros)) \
	X(N35, other_machine_call, ATTACK_KILLED, other_machine()) \
	X(N35, x32_call, ATTACK_KILLED, x32()) \
	X(N39, map_2_gib, -ENOMEM, sys(SYS_mmap, NULL, 2L << 30, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) \
	X(N39, memory_flood, 1, flood()) \
	X(N40, deep_recursion, ATTACK_SIGNAL(11), recurse(1)) \
	X(N41, abort, ATTACK_SIGNAL(6), (abort(), 0)) \
	X(N41, illegal_instruction, ATTACK_SIGNAL(4), crash_illegal()) \
	X(N41, wild_write, ATTACK_SIGNAL(11), crash_write()) \
	X(N42, spin, ATTACK_SIGNAL(24), spin()) \
	X(N46, write_null_device, 1, sys(SYS_write, 1, "x", 1)) \
	X(N46, write_stderr, 1, sys(SYS_write, 2, "x", 1)) \
	X(N46, write_fd_4, -EBADF, sys(SYS_write, 4, "x", 1)) \
	X(N46, write_fd_7, -EBADF, sys(SYS_write, 7, "x", 1)) \
	X(N46, write_fd_1023, -EBADF, sys(SYS_write, 1023, "x", 1)) \
	X(N47, find_secret, 0, dsync_secret_find(parent)) \
	X(N48, clock, 0, sys(SYS_clock_gettime, 0, zeros)) \
	X(N48, clock_of_another, ATTACK_KILLED, sys(SYS_clock_gettime, ~(parent << 3) & ~7L, zeros)) \
	X(more, madvise_free, ATTACK_KILLED, sys(SYS_madvise, zeros, 4096, 8)) \
	X(more, futex_requeue, ATTACK_KILLED, sys(SYS_futex, zeros, 3, 1, 1, zeros, 0))

/* Allowed to a worker that still compiles; after the freeze these die too. */
#define ATTACKS_FROZEN(X) \
	X(N33, mprotect_rx, ATTACK_KILLED, protect(PROT_READ | PROT_EXEC)) \
	X(N33, mprotect_x, ATTACK_KILLED, protect(PROT_EXEC)) \
	X(N32, one_more_filter, ATTACK_KILLED, sys(SYS_seccomp, 1, 0, zeros))

/* clang-format on */
#define ATTACKS(X) \
	ATTACKS_FILES(X) ATTACKS_NETWORK(X) ATTACKS_PROCESSES(X) ATTACKS_SYSTEM(X) ATTACKS_MEMORY(X) ATTACKS_FROZEN(X)

#endif
