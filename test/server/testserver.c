/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "testserver.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* The text after `"key": ` in flat JSON, NULL when absent. */
static const char *
find_value(const char *json, const char *key)
{
	char quoted[256];
	const char *at;

	snprintf(quoted, sizeof(quoted), "\"%s\": ", key);
	at = strstr(json, quoted);
	return at != NULL ? at + strlen(quoted) : NULL;
}

static int
find_number(const char *json, const char *key)
{
	const char *value = find_value(json, key);

	return value != NULL ? atoi(value) : 0;
}

static int
spawn_server(struct testserver *server, bool tls, int in, int out)
{
	const char *source = getenv("DOTSYNC_SOURCE");
	char script[4096];
	char python[] = "python3";
	char option[] = "--tls";
	char *argv[] = { python, script, tls ? option : NULL, NULL };
	posix_spawn_file_actions_t actions;
	int rc;

	snprintf(script, sizeof(script), "%s/test/server/server.py", source != NULL ? source : ".");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	rc = posix_spawnp(&server->pid, python, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return rc == 0 ? 0 : -1;
}

static int
read_ready_line(struct testserver *server, int fd)
{
	const char *ca;
	size_t size = 0;
	ssize_t n;

	while (size + 1 < sizeof(server->line) && memchr(server->line, '\n', size) == NULL) {
		n = read(fd, server->line + size, sizeof(server->line) - 1 - size);
		if (n <= 0)
			break;
		size += (size_t)n;
	}
	server->line[size] = '\0';
	ca = find_value(server->line, "ca");
	if (ca != NULL)
		sscanf(ca, "\"%511[^\"]\"", server->ca);
	return find_number(server->line, "http") > 0 ? 0 : -1;
}

int
testserver_start(struct testserver *server, bool tls)
{
	int in[2], out[2];
	int rc;

	memset(server, 0, sizeof(*server));
	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
		return -1;
	rc = spawn_server(server, tls, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	server->stdin_fd = in[1];
	if (rc == 0)
		rc = read_ready_line(server, out[0]);
	close(out[0]);
	if (rc < 0)
		testserver_stop(server);
	return rc;
}

void
testserver_stop(struct testserver *server)
{
	close(server->stdin_fd);
	if (server->pid > 0)
		waitpid(server->pid, NULL, 0);
	server->pid = 0;
}

uint16_t
testserver_port(const struct testserver *server, const char *listener)
{
	return (uint16_t)find_number(server->line, listener);
}

const char *
testserver_url(const struct testserver *server, char url[TESTSERVER_URL_SIZE], const char *listener, const char *path)
{
	bool plain = strcmp(listener, "http") == 0 || strcmp(listener, "other") == 0 ||
		strcmp(listener, "http6") == 0 || strcmp(listener, "full") == 0;
	const char *host = strcmp(listener, "http6") == 0 ? "[::1]" : "127.0.0.1";

	snprintf(url, TESTSERVER_URL_SIZE, "%s://%s:%u%s", plain ? "http" : "https", host,
		testserver_port(server, listener), path);
	return url;
}

static int
connect_control(const struct testserver *server)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(testserver_port(server, "http")) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static size_t
read_all(int fd, char *buf, size_t room)
{
	size_t size = 0;
	ssize_t n;

	while (size < room && (n = read(fd, buf + size, room - size)) > 0)
		size += (size_t)n;
	return size;
}

char *
testserver_control(const struct testserver *server, const char *method, const char *what, const char *body)
{
	char *answer = calloc(1, TESTSERVER_ANSWER_SIZE + 1);
	int fd = connect_control(server);
	char *start;

	if (answer == NULL || fd < 0)
		goto fail;
	if (dprintf(fd, "%s /_control/%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %zu\r\n\r\n%s", method, what,
		    strlen(body), body) < 0)
		goto fail;
	read_all(fd, answer, TESTSERVER_ANSWER_SIZE);
	start = strstr(answer, "\r\n\r\n");
	if (start == NULL)
		goto fail;
	memmove(answer, start + 4, strlen(start + 4) + 1);
	close(fd);
	return answer;

fail:
	if (fd >= 0)
		close(fd);
	free(answer);
	return NULL;
}

void
testserver_reset(const struct testserver *server)
{
	free(testserver_control(server, "POST", "reset", ""));
}

static int
count(const struct testserver *server, const char *table, const char *key)
{
	char *json = testserver_control(server, "GET", "counts", "");
	const char *from = json != NULL ? find_value(json, table) : NULL;
	int n = from != NULL ? find_number(from, key) : -1;

	free(json);
	return n;
}

int
testserver_requests(const struct testserver *server, const char *path)
{
	return count(server, "requests", path);
}

int
testserver_connections(const struct testserver *server, const char *listener)
{
	return count(server, "connections", listener);
}
