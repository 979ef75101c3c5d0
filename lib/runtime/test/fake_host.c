/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * fake_host.c - another program of the guest protocol, as CAPSULE_FAKE says: honest, failing, lying, dying.
 *
 * The request that it got, its arguments and its environment go into the file that CAPSULE_MARK names.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static char request[1 << 20];

static void
mark(int argc, char **argv)
{
	const char *path = getenv("CAPSULE_MARK");
	FILE *file = path != NULL ? fopen(path, "w") : NULL;
	int i;

	if (file == NULL)
		return;
	for (i = 1; i < argc; i++)
		fprintf(file, "argument %s\n", argv[i]);
	for (i = 0; environ[i] != NULL; i++)
		fprintf(file, "%s\n", environ[i]);
	fputs(request, file);
	fclose(file);
}

/* The id of the request, with its quotes. */
static const char *
find_id(bool rpc)
{
	static char id[64];
	const char *at = strstr(request, rpc ? "\"id\":" : "\"request_id\":");

	if (at == NULL)
		exit(99);
	snprintf(id, sizeof(id), "%.34s", at + (rpc ? 5 : 13));
	return id;
}

static void
say(FILE *stream, bool rpc, const char *id, const char *rest)
{
	fprintf(stream,
		rpc ? "{\"jsonrpc\":\"2.0\",\"id\":%s,%s}\n" : "{\"version\":\"guest.v1\",\"request_id\":%s,%s}\n", id,
		rest);
	fflush(stream);
}

static const char *
result_of(bool rpc)
{
	if (strstr(request, rpc ? "context.read" : "\"ReadContext\"") != NULL)
		return rpc ? "\"result\":{\"value\":{\"a\": 1.10}}"
			   : "\"ok\":true,\"result\":{\"a\": 1.10},\"error\":null";
	if (strstr(request, rpc ? "payload.read" : "\"ReadPayload\"") != NULL ||
		strstr(request, rpc ? "wasm.execute" : "\"ExecuteWasm\"") != NULL)
		return rpc ? "\"result\":{\"payload_b64\":\"aGVsbG8=\"}"
			   : "\"ok\":true,\"result\":\"aGVsbG8=\",\"error\":null";
	return rpc ? "\"result\":null" : "\"ok\":true,\"result\":null,\"error\":null";
}

/* Writes without an end, or nearly. */
static void
pour(void)
{
	static char piece[65536];
	int i;

	memset(piece, 'x', sizeof(piece));
	for (i = 0; i < 16 * 1024; i++) {
		if (write(STDOUT_FILENO, piece, sizeof(piece)) < 0)
			exit(0);
	}
}

static int
play(const char *part, bool rpc)
{
	char text[256];
	const char *id = find_id(rpc);

	if (strcmp(part, "ok") == 0) {
		say(stdout, rpc, id, result_of(rpc));
	} else if (strcmp(part, "stderr") == 0) {
		say(stderr, rpc, id, result_of(rpc));
	} else if (strcmp(part, "noisy") == 0) {
		fputs("a warning\n", stderr);
		say(stdout, rpc, id, result_of(rpc));
	} else if (strcmp(part, "status") == 0) {
		say(stdout, rpc, id, result_of(rpc));
		return 3;
	} else if (strcmp(part, "signal") == 0) {
		say(stdout, rpc, id, result_of(rpc));
		raise(SIGKILL);
	} else if (strncmp(part, "error ", 6) == 0) {
		snprintf(text, sizeof(text),
			rpc ? "\"error\":{\"code\":%s,\"message\":\"no\\u0007\",\"data\":{\"hint\":\"ask\"}}"
			    : "\"ok\":false,\"result\":null,\"error\":{\"code\":\"%s\",\"message\":\"no\\u0007\"}",
			part + 6);
		say(stdout, rpc, id, text);
	} else if (strncmp(part, "raw ", 4) == 0) {
		puts(part + 4);
	} else if (strncmp(part, "rest ", 5) == 0) {
		say(stdout, rpc, id, part + 5);
	} else if (strcmp(part, "id") == 0) {
		say(stdout, rpc, "\"another\"", result_of(rpc));
	} else if (strcmp(part, "twice") == 0) {
		say(stdout, rpc, id, result_of(rpc));
		say(stdout, rpc, id, result_of(rpc));
	} else if (strcmp(part, "hang") == 0) {
		pause();
	} else if (strcmp(part, "late") == 0) { /* it answers and does not end */
		say(stdout, rpc, id, result_of(rpc));
		close(STDOUT_FILENO);
		close(STDERR_FILENO);
		pause();
	} else if (strcmp(part, "child") == 0) { /* something stays behind that holds the output open */
		if (fork() == 0)
			pause();
		say(stdout, rpc, id, result_of(rpc));
	} else if (strcmp(part, "pour") == 0) {
		pour();
	}
	return 0;
}

int
main(int argc, char **argv)
{
	const char *part = getenv("CAPSULE_FAKE");
	size_t size = 0;
	ssize_t n;

	if (part != NULL && strcmp(part, "deaf") == 0) {
		close(STDIN_FILENO);
		return 0;
	}
	while ((n = read(STDIN_FILENO, request + size, sizeof(request) - 1 - size)) > 0)
		size += (size_t)n;
	mark(argc, argv);
	return part != NULL ? play(part, strstr(request, "\"jsonrpc\"") != NULL) : 0;
}
