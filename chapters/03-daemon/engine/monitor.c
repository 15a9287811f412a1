#include "monitor.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "memory.h"
#include "thread.h"

struct watched {
	struct watched *next, **link; /* in monitor->all */
	int fd;
	struct monitor_watch watch;
};

struct monitor {
	int epoll;
	int end; /* eventfd; its epoll entry has no struct watched */
	pthread_t thread;
	pthread_mutex_t lock; /* guards the list */
	struct watched *all;
};

static void drop(struct monitor *monitor, struct watched *watched)
{
	pthread_mutex_lock(&monitor->lock);
	*watched->link = watched->next;
	if (watched->next)
		watched->next->link = watched->link;
	pthread_mutex_unlock(&monitor->lock);
	/* close(2) alone would leave it in epoll while a child that is being spawned still shares
	 * it. */
	epoll_ctl(monitor->epoll, EPOLL_CTL_DEL, watched->fd, NULL);
	close(watched->fd);
	if (watched->watch.release)
		watched->watch.release(watched->watch.context);
	free(watched);
}

static void *run(void *context)
{
	struct monitor *monitor = context;
	struct epoll_event event;

	for (;;) {
		/* One at a time: a `ready` may end what a second event of the same batch names. */
		int count = epoll_wait(monitor->epoll, &event, 1, -1);

		if (count <= 0)
			continue;
		struct watched *watched = event.data.ptr;
		if (!watched)
			return NULL;
		if (!watched->watch.ready(watched->watch.context, watched->fd))
			drop(monitor, watched);
	}
}

fallible monitor_create(struct monitor **out)
{
	struct monitor *monitor = allocate(sizeof(*monitor));
	struct epoll_event end = {.events = EPOLLIN};

	pthread_mutex_init(&monitor->lock, NULL);
	monitor->epoll = epoll_create1(EPOLL_CLOEXEC);
	monitor->end = eventfd(0, EFD_CLOEXEC);
	if (monitor->epoll < 0 || monitor->end < 0 ||
	    epoll_ctl(monitor->epoll, EPOLL_CTL_ADD, monitor->end, &end) < 0)
		return error_system("cannot set up the monitor of containers");
	TRY(thread_start(&monitor->thread, run, monitor, "watches containers"));
	*out = monitor;
	return NULL;
}

void monitor_destroy(struct monitor *monitor)
{
	uint64_t one = 1;

	if (!monitor)
		return;
	(void)!write(monitor->end, &one, sizeof(one));
	pthread_join(monitor->thread, NULL);
	while (monitor->all)
		drop(monitor, monitor->all);
	close(monitor->end);
	close(monitor->epoll);
	pthread_mutex_destroy(&monitor->lock);
	free(monitor);
}

static void enlist(struct monitor *monitor, struct watched *watched)
{
	pthread_mutex_lock(&monitor->lock);
	watched->next = monitor->all;
	watched->link = &monitor->all;
	if (watched->next)
		watched->next->link = &watched->next;
	monitor->all = watched;
	pthread_mutex_unlock(&monitor->lock);
}

fallible monitor_add(struct monitor *monitor, int fd, const struct monitor_watch *watch)
{
	struct watched *watched = allocate(sizeof(*watched));
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = watched};

	*watched = (struct watched){.fd = fd, .watch = *watch};
	enlist(monitor, watched);
	if (epoll_ctl(monitor->epoll, EPOLL_CTL_ADD, fd, &event) == 0)
		return NULL;
	struct error *e = error_system("cannot watch a descriptor");
	drop(monitor, watched);
	return e;
}

static bool reap(void *context, int fd)
{
	siginfo_t info;

	(void)context;
	waitid(P_PIDFD, fd, &info, WEXITED | WNOHANG);
	return false;
}

fallible monitor_reap(struct monitor *monitor, pid_t child)
{
	static const struct monitor_watch watch = {.ready = reap};
	int fd = syscall(SYS_pidfd_open, child, 0); /* close-on-exec from birth */

	if (fd < 0)
		return error_system("cannot open a pidfd of process %d", child);
	return monitor_add(monitor, fd, &watch);
}
