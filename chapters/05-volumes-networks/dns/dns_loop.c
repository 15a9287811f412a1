#include "dns_loop.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "memory.h"
#include "thread.h"

#define BATCH 64

struct dns_loop {
	int epoll;
	pthread_t thread;
	pthread_mutex_t lock;
	bool ended;
	struct dns_source bell; /* an eventfd: something has changed from elsewhere */
	struct dns_source *gone, **last_gone;
	struct dns_timer *timers;
	int64_t next; /* no timer is due before */
};

void dns_loop_lock(struct dns_loop *loop)
{
	pthread_mutex_lock(&loop->lock);
}

void dns_loop_unlock(struct dns_loop *loop)
{
	pthread_mutex_unlock(&loop->lock);
}

int64_t dns_loop_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* ---- sources ---- */

fallible dns_loop_add(struct dns_loop *loop, struct dns_source *source, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = source};

	if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, source->fd, &event) < 0)
		return error_system("cannot wait for a socket of the name server");
	return NULL;
}

void dns_loop_change(struct dns_loop *loop, struct dns_source *source, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = source};

	epoll_ctl(loop->epoll, EPOLL_CTL_MOD, source->fd, &event);
}

static void ring(struct dns_loop *loop)
{
	uint64_t one = 1;

	(void)!write(loop->bell.fd, &one, sizeof(one));
}

void dns_loop_drop(struct dns_loop *loop, struct dns_source *source)
{
	if (source->gone)
		return;
	/* close(2) alone leaves it in epoll while a child that is being spawned shares it. */
	epoll_ctl(loop->epoll, EPOLL_CTL_DEL, source->fd, NULL);
	close_fd(&source->fd);
	source->gone = true;
	*loop->last_gone = source;
	loop->last_gone = &source->next_gone;
	if (!pthread_equal(pthread_self(), loop->thread))
		ring(loop);
}

static void release_gone(struct dns_loop *loop)
{
	struct dns_source *source = loop->gone;

	loop->gone = NULL;
	loop->last_gone = &loop->gone;
	for (struct dns_source *next; source; source = next) {
		next = source->next_gone;
		if (source->release)
			source->release(source);
	}
}

/* ---- timers: few are ever due, so they are looked through only when one is ---- */

void dns_loop_set(struct dns_loop *loop, struct dns_timer *timer, int64_t milliseconds)
{
	dns_loop_unset(timer);
	timer->at = dns_loop_now() + milliseconds;
	timer->next = loop->timers;
	timer->link = &loop->timers;
	if (timer->next)
		timer->next->link = &timer->next;
	loop->timers = timer;
	if (timer->at < loop->next)
		loop->next = timer->at;
}

void dns_loop_unset(struct dns_timer *timer)
{
	if (!timer->link)
		return;
	*timer->link = timer->next;
	if (timer->next)
		timer->next->link = timer->link;
	timer->link = NULL;
}

/* One that expires may set and unset any: so from the start again after each. */
static void expire(struct dns_loop *loop)
{
	int64_t now = dns_loop_now();
	struct dns_timer *timer = loop->timers;

	if (now < loop->next)
		return;
	while (timer) {
		if (timer->at > now) {
			timer = timer->next;
			continue;
		}
		dns_loop_unset(timer);
		timer->expire(timer);
		timer = loop->timers;
	}
	loop->next = INT64_MAX;
	for (timer = loop->timers; timer; timer = timer->next)
		loop->next = timer->at < loop->next ? timer->at : loop->next;
}

/* ---- the thread ---- */

static int patience(const struct dns_loop *loop)
{
	int64_t left = loop->next - dns_loop_now();

	if (loop->next == INT64_MAX)
		return -1;
	return left < 0 ? 0 : left + 1;
}

static void *run(void *context)
{
	struct dns_loop *loop = context;
	struct epoll_event events[BATCH];

	dns_loop_lock(loop);
	while (!loop->ended) {
		int milliseconds = patience(loop);

		dns_loop_unlock(loop);
		int count = epoll_wait(loop->epoll, events, BATCH, milliseconds);
		dns_loop_lock(loop);
		for (int i = 0; i < count; i++) {
			struct dns_source *source = events[i].data.ptr;

			if (!source->gone)
				source->ready(source, events[i].events);
		}
		expire(loop);
		release_gone(loop);
	}
	dns_loop_unlock(loop);
	return NULL;
}

static void hear(struct dns_source *bell, uint32_t events)
{
	uint64_t times;

	(void)events;
	(void)!read(bell->fd, &times, sizeof(times));
}

static fallible begin(struct dns_loop *loop)
{
	if (loop->epoll < 0 || loop->bell.fd < 0)
		return error_system("cannot set up the name server");
	TRY(dns_loop_add(loop, &loop->bell, EPOLLIN));
	return thread_start(&loop->thread, run, loop, "answers questions for names");
}

static void finish(struct dns_loop *loop)
{
	close_fd(&loop->bell.fd);
	close_fd(&loop->epoll);
	pthread_mutex_destroy(&loop->lock);
	free(loop);
}

fallible dns_loop_create(struct dns_loop **out)
{
	struct dns_loop *loop = allocate(sizeof(*loop));

	*loop = (struct dns_loop){
		.epoll = epoll_create1(EPOLL_CLOEXEC),
		.bell = {.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .ready = hear},
		.next = INT64_MAX,
	};
	loop->last_gone = &loop->gone;
	pthread_mutex_init(&loop->lock, NULL);
	struct error *e = begin(loop);
	if (e)
		finish(loop);
	else
		*out = loop;
	return e;
}

void dns_loop_destroy(struct dns_loop *loop)
{
	if (!loop)
		return;
	dns_loop_lock(loop);
	loop->ended = true;
	dns_loop_unlock(loop);
	ring(loop);
	pthread_join(loop->thread, NULL);
	release_gone(loop);
	finish(loop);
}
