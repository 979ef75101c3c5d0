/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * server - the fastest origin there is: one file, by sendfile, on loopback.
 *
 *	server FILE [always]
 *
 * Prints its port and serves until its standard input ends.  Every request is answered with FILE, or, without
 * "always", with 304 when it carries the file's ETag.  One connection at a time, closed after its answer.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "measure.h"

#define HEAD_MAX 16384
#define ETAG "\"bench\""

static int
listen_on_loopback(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0 || listen(fd, 16) < 0 ||
		getsockname(fd, (struct sockaddr *)&address, &size) < 0)
		measure_fail("listen");
	printf("%d\n", ntohs(address.sin_port));
	fflush(stdout);
	return fd;
}

/* False when the connection ended before the head did. */
static bool
read_head(int fd, char head[HEAD_MAX])
{
	size_t size = 0;
	ssize_t got;

	while (size < HEAD_MAX - 1 && (got = recv(fd, head + size, HEAD_MAX - 1 - size, 0)) > 0) {
		size += (size_t)got;
		head[size] = '\0';
		if (strstr(head, "\r\n\r\n") != NULL)
			return true;
	}
	return false;
}

static void
answer(int fd, int file, size_t size, bool always)
{
	char head[HEAD_MAX];
	off_t offset = 0;
	int length;
	bool unchanged;

	if (!read_head(fd, head))
		return;
	unchanged = !always && strstr(head, ETAG) != NULL;
	length = snprintf(head, sizeof(head),
		"HTTP/1.1 %s\r\nETag: " ETAG "\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
		unchanged ? "304 Not Modified" : "200 OK", unchanged ? 0 : size);
	if (send(fd, head, (size_t)length, unchanged ? 0 : MSG_MORE) != length || unchanged)
		return;
	while ((size_t)offset < size && (sendfile(fd, file, &offset, size - (size_t)offset) > 0 || errno == EINTR))
		continue;
}

int
main(int argc, char **argv)
{
	struct pollfd waits[2] = { { .fd = 0, .events = POLLIN }, { .events = POLLIN } };
	size_t size;
	int file, fd;

	if (argc != 2 && argc != 3) {
		fprintf(stderr, "usage: server FILE [always]\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	file = measure_open(argv[1], &size);
	waits[1].fd = listen_on_loopback();
	while (poll(waits, 2, -1) > 0 && waits[0].revents == 0) {
		fd = accept4(waits[1].fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			continue;
		answer(fd, file, size, argc == 3);
		shutdown(fd, SHUT_WR);
		close(fd);
	}
	return 0;
}
