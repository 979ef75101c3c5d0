/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What a worker says of itself: the layers that hold, and why a module failed. */
#include <string.h>

#include "base/error.h"
#include "worker.h"

struct bit_name {
	uint32_t bit;
	const char *name;
};

static const struct bit_name namespaces[] = {
	{ DSYNC_NS_USER, "user" },
	{ DSYNC_NS_NET, "net" },
	{ DSYNC_NS_IPC, "ipc" },
	{ DSYNC_NS_MOUNT, "mnt" },
	{ DSYNC_NS_UTS, "uts" },
	{ DSYNC_NS_CGROUP, "cgroup" },
};

static void
append_landlock(const struct dsync_frame_ready *ready, struct dsync_buffer *out)
{
	if (ready->landlock_abi == 0) {
		dsync_buffer_append_text(out, " landlock=off");
		return;
	}
	dsync_buffer_printf(out, " landlock=%u(fs%s%s%s)", ready->landlock_abi, ready->landlock_net ? ",net" : "",
		(ready->landlock_scopes & 1) != 0 ? ",abstract" : "",
		(ready->landlock_scopes & 2) != 0 ? ",signal" : "");
}

static void
append_namespaces(const struct dsync_frame_ready *ready, struct dsync_buffer *out)
{
	const char *separator = " ns=";
	size_t i;

	for (i = 0; i < sizeof(namespaces) / sizeof(namespaces[0]); i++) {
		if ((ready->namespaces & namespaces[i].bit) != 0) {
			dsync_buffer_printf(out, "%s%s", separator, namespaces[i].name);
			separator = ",";
		}
	}
	if (ready->namespaces == 0)
		dsync_buffer_append_text(out, " ns=off");
}

void
dsync_worker_report(const struct dsync_frame_ready *ready, struct dsync_buffer *out)
{
	dsync_buffer_append_text(out, ready->seccomp == DSYNC_SECCOMP_P1 ? "seccomp=P1" : "seccomp=off");
	append_landlock(ready, out);
	append_namespaces(ready, out);
	dsync_buffer_printf(out, " nnp=%s uid=%s rlimits=%s caps=%s mdwe=%s", ready->no_new_privs ? "on" : "off",
		ready->not_root ? "user" : "root", ready->rlimits ? "on" : "off",
		ready->no_capabilities ? "none" : "some", ready->mdwe ? "on" : "off");
}

static int
refuse(struct dsync_error *err, const char *layer, const char *hint)
{
	int rc = dsync_error_set(err, DSYNC_ERR_SANDBOX, "sandbox", "the sandbox has no %s on this machine", layer);

	dsync_error_hint(err, "%s", hint);
	return rc;
}

int
dsync_worker_check(
	const struct dsync_worker *worker, enum dsync_sandbox_level level, bool trusted, struct dsync_error *err)
{
	static const char doctor[] = "dotsync doctor --sandbox says what is missing; there is no way around this layer";
	const struct dsync_frame_ready *ready = dsync_worker_ready(worker);

	if (ready->seccomp != DSYNC_SECCOMP_P1)
		return refuse(err, "system call filter", doctor);
	if (!ready->no_new_privs)
		return refuse(err, "no_new_privs", doctor);
	if (!ready->not_root)
		return refuse(err, "unprivileged user", doctor);
	if (!ready->rlimits)
		return refuse(err, "resource limits", doctor);
	if (!ready->no_capabilities)
		return refuse(err, "empty capability sets", doctor);
	if (level == DSYNC_SANDBOX_STRICT && ready->landlock_abi < 6)
		return refuse(err, "Landlock of ABI 6",
			"the level strict demands it; take the level default, or a newer kernel");
	if (level == DSYNC_SANDBOX_STRICT && (ready->namespaces & DSYNC_NS_NET) == 0)
		return refuse(err, "network namespace",
			"the level strict demands it; take the level default, or allow user namespaces");
	if (level == DSYNC_SANDBOX_DEFAULT && ready->landlock_abi < 1 && !trusted)
		return refuse(
			err, "Landlock", "an updater that is not built in needs it; --sandbox=degraded does without");
	return 0;
}

int
dsync_worker_choose_level(const char *name, enum dsync_sandbox_level *level, struct dsync_error *err)
{
	static const char *const names[] = {
		[DSYNC_SANDBOX_DEFAULT] = "default",
		[DSYNC_SANDBOX_STRICT] = "strict",
		[DSYNC_SANDBOX_DEGRADED] = "degraded",
	};
	size_t i;

	if (name == NULL)
		return 0;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i]) == 0) {
			*level = (enum dsync_sandbox_level)i;
			return 0;
		}
	}
	dsync_error_set(err, DSYNC_ERR_INVALID, "sandbox", "unknown sandbox level \"%s\"", name);
	dsync_error_expected(err, "strict, default or degraded");
	return DSYNC_ERR_INVALID;
}

/* The code that each kind of failure is reported with; the first four mean that the module was refused before it ran. */
static int
code_of(uint32_t failure)
{
	switch (failure) {
	case DSYNC_GUEST_INVALID:
	case DSYNC_GUEST_IMPORT:
	case DSYNC_GUEST_EXPORT:
	case DSYNC_GUEST_TOO_LARGE:
		return DSYNC_ERR_UPDATER;
	case DSYNC_GUEST_TIME:
		return DSYNC_ERR_TIMEOUT;
	default:
		return DSYNC_ERR_GUEST;
	}
}

int
dsync_worker_failure(const struct dsync_frame *frame, const char *what, uint32_t *failure, struct dsync_error *err)
{
	struct dsync_frame_failed failed;
	char text[DSYNC_FRAME_TEXT_MAX + 1];
	int code, rc;

	*failure = 0;
	if (dsync_frame_unpack_failed(frame->body, &failed) < 0)
		return dsync_error_set(
			err, DSYNC_ERR_PROTOCOL, "worker", "the worker broke the protocol: its last frame is damaged");
	*failure = failed.failure;
	code = code_of(failed.failure);
	memcpy(text, failed.text.data, failed.text.size);
	text[failed.text.size] = '\0';
	if (code == DSYNC_ERR_UPDATER)
		rc = dsync_error_set(err, code, "updater", "the updater cannot be used: %s", text);
	else
		rc = dsync_error_set(err, code, "updater", "%s the updater failed: %s", what, text);
	dsync_error_at_entry(err, "sync.wasm", sizeof("sync.wasm") - 1);
	return rc;
}
