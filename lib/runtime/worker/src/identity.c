/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "identity.h"

#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#include "runtime/frame.h"

/*
 * Whose processes may signal the worker?  Those of its own id: so it has one that nobody else has, past what accounts,
 * services, and the subordinate ranges of containers are given.  Where that is not mapped (as root of a container) it is 65534.
 */
#define OWN_ID 2147000000
#define NOBODY 65534
#define FIRST_FOREIGN_FD 4
#define LAST_CAPABILITY 63

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

static int
become(uid_t id)
{
	return setresgid(id, id, id) == 0 && setresuid(id, id, id) == 0 ? 0 : -errno;
}

int
dsync_identity_drop_root(void)
{
	uid_t real, effective, saved;
	int rc;

	if (geteuid() == 0) {
		if (setgroups(0, NULL) != 0)
			return -errno;
		rc = become(OWN_ID);
		if (rc == -EINVAL)
			rc = become(NOBODY);
		if (rc < 0)
			return rc;
	}
	if (getresuid(&real, &effective, &saved) != 0)
		return -errno;
	return real != 0 && effective != 0 && saved != 0 ? 0 : -EPERM;
}

/* For kernels before 5.9. */
static void
close_one_by_one(void)
{
	struct rlimit limit;
	int fd, end = 65536;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max < (rlim_t)end)
		end = (int)limit.rlim_max;
	for (fd = FIRST_FOREIGN_FD; fd < end; fd++)
		close(fd);
}

int
dsync_identity_close_files(void)
{
	if (syscall(SYS_close_range, FIRST_FOREIGN_FD, ~0U, 0) != 0) {
		if (errno != ENOSYS)
			return -errno;
		close_one_by_one();
	}
	umask(077);
	return chdir("/") == 0 ? 0 : -errno;
}

uint32_t
dsync_identity_enter_namespaces(void)
{
	static const struct {
		int flag;
		uint32_t bit;
	} kinds[] = {
		{ CLONE_NEWUSER, DSYNC_NS_USER }, /* first: it permits the others */
		{ CLONE_NEWNET, DSYNC_NS_NET },
		{ CLONE_NEWIPC, DSYNC_NS_IPC },
		{ CLONE_NEWNS, DSYNC_NS_MOUNT },
		{ CLONE_NEWUTS, DSYNC_NS_UTS },
		{ CLONE_NEWCGROUP, DSYNC_NS_CGROUP },
	};
	uint32_t entered = 0, all = 0;
	int flags = 0;
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		flags |= kinds[i].flag;
		all |= kinds[i].bit;
	}
	if (unshare(flags) == 0)
		return all;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (unshare(kinds[i].flag) == 0)
			entered |= kinds[i].bit;
	}
	return entered;
}

int
dsync_identity_drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3, .pid = 0 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	size_t i;
	int capability;

	for (capability = 0; capability <= LAST_CAPABILITY; capability++) {
		if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0)
			break; /* past the last one, or not allowed to drop any */
	}

	memset(data, 0, sizeof(data));
	if (syscall(SYS_capset, &header, data) != 0)
		return -errno;
	memset(data, 0xff, sizeof(data));
	if (syscall(SYS_capget, &header, data) != 0)
		return -errno;
	for (i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		if ((data[i].effective | data[i].permitted | data[i].inheritable) != 0)
			return -EPERM;
	}
	return 0;
}

int
dsync_identity_bind(pid_t parent)
{
	int signal_number = 0;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -errno;
	if (getppid() != parent)
		return -ESRCH;
	if (prctl(PR_GET_PDEATHSIG, &signal_number, 0, 0, 0) != 0 || signal_number != SIGKILL)
		return -EPERM;
	if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return -EPERM;
	return 0;
}
