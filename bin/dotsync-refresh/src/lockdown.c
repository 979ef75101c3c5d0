/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "lockdown.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "curl_lazy.h"
#include "deny.h"

#define SANDBOX_LINE_SIZE 512

/* Of the kernel's interface, which headers may be older than. */
#define LANDLOCK_CREATE_VERSION 1u
#define LANDLOCK_PATH_BENEATH 1
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

#define FS_EXECUTE (UINT64_C(1) << 0)
#define FS_WRITE_FILE (UINT64_C(1) << 1)
#define FS_READ_FILE (UINT64_C(1) << 2)
#define FS_READ_DIR (UINT64_C(1) << 3)
#define FS_REMOVE_FILE (UINT64_C(1) << 5)
#define FS_MAKE_DIR (UINT64_C(1) << 7)
#define FS_MAKE_REG (UINT64_C(1) << 8)
#define FS_ABI_1 ((UINT64_C(1) << 13) - 1)
#define FS_REFER (UINT64_C(1) << 13)    /* ABI 2 */
#define FS_TRUNCATE (UINT64_C(1) << 14) /* ABI 3 */

#define FILE_RIGHTS (FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE)
#define READ (FS_READ_FILE | FS_READ_DIR)
#define WRITE (READ | FS_WRITE_FILE | FS_TRUNCATE | FS_REMOVE_FILE | FS_MAKE_REG)

#define NET_BIND_TCP UINT64_C(1)           /* ABI 4; connecting is the job */
#define SCOPE_ABSTRACT_SOCKETS UINT64_C(1) /* ABI 6 */

struct ruleset_attribute {
	uint64_t handled_access_fs;
	uint64_t handled_access_net;
	uint64_t scoped;
};

/* What is kept in memory beside what is there already: packets, buffers of the HTTP and TLS libraries, stacks of threads. */
#define DATA_MORE (UINT64_C(1) << 29)
#define DESCRIPTORS_MAX 256

struct path_attribute {
	uint64_t allowed_access;
	int32_t parent_fd;
} __attribute__((packed));

/* What names, certificates and the modules that are loaded for them lie in; those that are missing are left out. */
static const char *const readable[] = {
	"/etc/resolv.conf",
	"/etc/hosts",
	"/etc/host.conf",
	"/etc/gai.conf",
	"/etc/nsswitch.conf",
	"/etc/services",
	"/etc/protocols",
	"/etc/localtime",
	"/etc/ld.so.cache",
	"/etc/ssl",
	"/etc/pki",
	"/etc/ca-certificates",
	"/etc/crypto-policies",
	"/usr/lib",
	"/usr/lib64",
	"/usr/share/ca-certificates",
	"/usr/local/share/ca-certificates",
	"/usr/share/zoneinfo",
	"/lib",
	"/lib64",
	"/nix/store",
	"/gnu/store",
	"/run/systemd/resolve",
	"/run/NetworkManager",
	"/run/resolvconf",
	"/run/nscd",
	"/var/run/nscd",
	"/proc/self",
	"/proc/sys/net",
	"/dev/urandom",
	"/dev/random",
	"/dev/null",
};

struct rules {
	int ruleset;
	uint64_t handled;
	int refused; /* an errno of a rule that was not taken */
};

static void
allow_fd(struct rules *rules, int fd, uint64_t access)
{
	struct path_attribute attribute = { .allowed_access = access & rules->handled, .parent_fd = fd };
	struct stat st;

	if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode))
		attribute.allowed_access &= FILE_RIGHTS;
	if (syscall(SYS_landlock_add_rule, rules->ruleset, LANDLOCK_PATH_BENEATH, &attribute, 0) != 0)
		rules->refused = errno;
}

static void
allow(struct rules *rules, const char *path, uint64_t access)
{
	int fd;

	if (path == NULL || path[0] == '\0')
		return;
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return;
	allow_fd(rules, fd, access);
	close(fd);
}

static void
allow_folder_of(struct rules *rules, const char *path, uint64_t access)
{
	const char *slash = path != NULL ? strrchr(path, '/') : NULL;
	char *folder;

	if (slash == NULL)
		return;
	folder = strndup(path, slash == path ? 1 : (size_t)(slash - path));
	allow(rules, folder, access);
	free(folder);
}

/* State and cache belong to refreshes: a plain fetch writes neither. */
static void
allow_own_folders(struct rules *rules, const struct dsync_context *context)
{
	/* a folder can be allowed only once it is there */
	if (dsync_context_state_dir(context) != NULL)
		dsync_file_make_folder(dsync_context_state_dir(context), NULL);
	allow(rules, dsync_context_state_dir(context), WRITE | FS_MAKE_DIR);
	allow(rules, dsync_context_cache_dir(context), WRITE | FS_MAKE_DIR);
}

static void
allow_all(struct rules *rules, const struct dsync_lockdown *plan)
{
	size_t i;

	if (plan->folder >= 0) {
		allow_own_folders(rules, plan->context);
		/* not by its path, which may lead elsewhere by now */
		allow_fd(rules, plan->folder, WRITE);
	}
	allow_folder_of(rules, plan->link, READ);
	allow_folder_of(rules, plan->to, WRITE);
	allow(rules, plan->record, WRITE);
	allow(rules, plan->replay, READ);
	allow(rules, dsync_context_config_dir(plan->context), READ);
	allow(rules, dsync_context_machine_dir(plan->context), READ);
	allow(rules, plan->config->ca_file, READ);
	for (i = 0; i < sizeof(readable) / sizeof(readable[0]); i++)
		allow(rules, readable[i], READ);
}

/* Everything of this ABI that a refresher has no use for; a descriptor, or negative. */
static int
create_ruleset(long abi, uint64_t *handled)
{
	struct ruleset_attribute attribute = { .handled_access_fs = FS_ABI_1 };
	size_t size = sizeof(attribute.handled_access_fs);

	if (abi >= 2)
		attribute.handled_access_fs |= FS_REFER;
	if (abi >= 3)
		attribute.handled_access_fs |= FS_TRUNCATE;
	if (abi >= 4) {
		attribute.handled_access_net = NET_BIND_TCP;
		size = offsetof(struct ruleset_attribute, scoped);
	}
	if (abi >= 6) {
		attribute.scoped = SCOPE_ABSTRACT_SOCKETS;
		size = sizeof(attribute);
	}
	*handled = attribute.handled_access_fs;
	return (int)syscall(SYS_landlock_create_ruleset, &attribute, size, 0);
}

/* The ABI that holds now, or 0. */
static int
restrict_files(const struct dsync_lockdown *plan)
{
	struct rules rules = { .refused = 0 };
	long abi;

	abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_VERSION);
	if (abi < 1)
		return 0;
	rules.ruleset = create_ruleset(abi, &rules.handled);
	if (rules.ruleset < 0)
		return 0;
	allow_all(&rules, plan);
	if (rules.refused != 0 || syscall(SYS_landlock_restrict_self, rules.ruleset, 0) != 0)
		abi = 0;
	close(rules.ruleset);
	return (int)abi;
}

/* Bytes of private memory in use; 0 when that cannot be told. */
static uint64_t
data_in_use(void)
{
	unsigned long pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	if (file == NULL)
		return 0;
	if (fscanf(file, "%*u %*u %*u %*u %*u %lu", &pages) != 1)
		pages = 0;
	fclose(file);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Never above a stricter limit that was there before; true when it holds. */
static bool
set_limit(int resource, uint64_t value)
{
	struct rlimit limit;

	if (getrlimit((__rlimit_resource_t)resource, &limit) != 0)
		return false;
	if (limit.rlim_max > value)
		limit.rlim_max = value;
	if (limit.rlim_cur > limit.rlim_max)
		limit.rlim_cur = limit.rlim_max;
	return setrlimit((__rlimit_resource_t)resource, &limit) == 0;
}

static bool
set_limits(void)
{
	const uint64_t in_use = data_in_use();
	bool all = set_limit(RLIMIT_CORE, 0);

	all = set_limit(RLIMIT_NOFILE, DESCRIPTORS_MAX) && all;
	all = set_limit(RLIMIT_MEMLOCK, 0) && all;
	all = set_limit(RLIMIT_MSGQUEUE, 0) && all;
	all = set_limit(RLIMIT_NICE, 0) && all;
	all = set_limit(RLIMIT_RTPRIO, 0) && all;
	return in_use > 0 && set_limit(RLIMIT_DATA, in_use + DATA_MORE) && all;
}

/* What holds in this process. */
struct layers {
	bool no_new_privs, seccomp, rlimits;
	int landlock;
};

static void
report(struct dsync_result *result, const struct layers *layers)
{
	char line[SANDBOX_LINE_SIZE];
	const bool first = result->sandbox == NULL;
	char *copy;

	snprintf(line, sizeof(line), "%s%srefresher=%s%s%s%s", first ? "" : result->sandbox, first ? "" : " ",
		layers->no_new_privs ? "nnp," : "", layers->seccomp ? "seccomp," : "",
		layers->rlimits ? "rlimits," : "", layers->landlock > 0 ? "landlock" : "open");
	copy = strdup(line);
	if (copy == NULL)
		return;
	free(result->sandbox);
	result->sandbox = copy;
}

void
dsync_lockdown(const struct dsync_lockdown *plan, struct dsync_result *result)
{
	struct layers layers = { .landlock = 0 };

	dsync_curl_load(); /* if it fails now, it fails again at the first request, which says so */
	layers.rlimits = set_limits();
	layers.no_new_privs = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
	if (layers.no_new_privs) {
		layers.landlock = restrict_files(plan);
		layers.seccomp = dsync_deny_load();
	}
	report(result, &layers);
}
