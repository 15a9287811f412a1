#include "backlog.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "memory.h"

#define PIECE_MOST (64 * 1024) /* what the relay reads at once */

/* Before the bytes of each piece. Nothing lies between the two, which would be written as well. */
struct piece {
	size_t stream, length;
};

static struct backlog *find(struct backlog *all, const struct attached *client)
{
	while (all && all->client != client)
		all = all->next;
	return all;
}

static struct backlog *create(struct backlog **all, int dirfd, struct attached *client)
{
	struct backlog *backlog = allocate(sizeof(*backlog));

	*backlog = (struct backlog){
		.next = *all,
		.client = client,
		.fd = openat(dirfd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600),
	};
	*all = backlog;
	return backlog;
}

static bool append(struct backlog *backlog, int stream, const char *bytes, size_t length)
{
	struct piece head = {stream, length};
	struct iovec parts[] = {{&head, sizeof(head)}, {(void *)bytes, length}};
	ssize_t whole = sizeof(head) + length;

	if (backlog->fd < 0 || pwritev(backlog->fd, parts, countof(parts), backlog->end) != whole)
		return false;
	backlog->end += whole;
	return true;
}

void backlog_output(struct backlog **all, int dirfd, struct attached *client, int stream,
		    const char *bytes, size_t length)
{
	struct backlog *backlog = find(*all, client);

	if (client->fd < 0)
		return;
	if (!attached_is_full(client) && (!backlog || backlog->begin == backlog->end)) {
		attached_output(client, stream, bytes, length);
		return;
	}
	if (!backlog)
		backlog = create(all, dirfd, client);
	if (append(backlog, stream, bytes, length))
		return;
	perror("mini-shim: a client is let go: what it has not taken cannot be kept");
	close_fd(&client->fd);
}

/* False: there was nothing, or it cannot be read. */
static bool refill(struct backlog *backlog, char bytes[PIECE_MOST])
{
	struct piece head;

	if (backlog->begin == backlog->end || attached_is_full(backlog->client))
		return false;
	if (pread(backlog->fd, &head, sizeof(head), backlog->begin) != sizeof(head) ||
	    head.length > PIECE_MOST ||
	    pread(backlog->fd, bytes, head.length, backlog->begin + sizeof(head)) !=
		    (ssize_t)head.length) {
		close_fd(&backlog->client->fd);
		return false;
	}
	attached_output(backlog->client, head.stream, bytes, head.length);
	backlog->begin += sizeof(head) + head.length;
	return true;
}

/* What was sent takes no more room on the disk. */
static void shrink(struct backlog *backlog)
{
	if (backlog->begin != backlog->end || !backlog->end)
		return;
	backlog->begin = backlog->end = 0;
	(void)!ftruncate(backlog->fd, 0);
}

void backlog_serve(struct backlog *all)
{
	static char bytes[PIECE_MOST];

	for (; all; all = all->next) {
		while (all->client->fd >= 0 && refill(all, bytes))
			;
		shrink(all);
	}
}

bool backlog_has(const struct backlog *all, const struct attached *client)
{
	const struct backlog *backlog = find((struct backlog *)all, client);

	return backlog && backlog->begin < backlog->end;
}

bool backlog_is_full(const struct backlog *all)
{
	for (; all; all = all->next)
		if (all->end - all->begin > BACKLOG_MOST)
			return true;
	return false;
}

void backlog_drop(struct backlog **all, const struct attached *client)
{
	for (; *all; all = &(*all)->next) {
		struct backlog *backlog = *all;

		if (backlog->client != client)
			continue;
		*all = backlog->next;
		close_fd(&backlog->fd);
		free(backlog);
		return;
	}
}
