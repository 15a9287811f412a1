#include "schedule.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "deadline.h"
#include "log.h"
#include "memory.h"
#include "thread.h"

#define RETRY_MS 1000 /* where the machine has no thread to give */

struct entry {
	struct entry *next;
	struct timespec due;
	struct schedule_work work;
	struct schedule *schedule;
};

struct schedule {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct entry *first; /* in the order in which they are due */
	size_t working;
	bool stopping;
};

static void finish(struct entry *entry)
{
	if (entry->work.release)
		entry->work.release(entry->work.context);
	free(entry);
}

static void *work(void *context)
{
	struct entry *entry = context;
	struct schedule *schedule = entry->schedule;

	entry->work.run(entry->work.context);
	finish(entry);
	pthread_mutex_lock(&schedule->lock);
	schedule->working--;
	pthread_cond_signal(&schedule->changed);
	pthread_mutex_unlock(&schedule->lock);
	return NULL;
}

/* The lock is held by the caller of this and the next two. */
static void insert(struct schedule *schedule, struct entry *entry)
{
	struct entry **at = &schedule->first;

	while (*at && !deadline_is_before(entry->due, (*at)->due))
		at = &(*at)->next;
	entry->next = *at;
	*at = entry;
}

static void begin_first(struct schedule *schedule)
{
	struct entry *entry = schedule->first;

	schedule->first = entry->next;
	struct error *e = thread_start_detached(work, entry, "does what was planned for now");
	if (!e) {
		schedule->working++;
		return;
	}
	log_dropped(LOG_LEVEL_WARN, e, "it is tried again in a second");
	entry->due = deadline_after(RETRY_MS);
	insert(schedule, entry);
}

static void turn(struct schedule *schedule)
{
	if (!schedule->first)
		pthread_cond_wait(&schedule->changed, &schedule->lock);
	else if (deadline_is_before(deadline_after(0), schedule->first->due))
		pthread_cond_timedwait(&schedule->changed, &schedule->lock, &schedule->first->due);
	else
		begin_first(schedule);
}

static void *run(void *context)
{
	struct schedule *schedule = context;

	pthread_mutex_lock(&schedule->lock);
	while (!schedule->stopping)
		turn(schedule);
	pthread_mutex_unlock(&schedule->lock);
	return NULL;
}

fallible schedule_create(struct schedule **out)
{
	struct schedule *schedule = allocate(sizeof(*schedule));

	pthread_mutex_init(&schedule->lock, NULL);
	deadline_condition_init(&schedule->changed);
	struct error *e = thread_start(&schedule->thread, run, schedule,
				       "waits for what is to be done later");
	if (e)
		free(schedule);
	else
		*out = schedule;
	return e;
}

void schedule_add(struct schedule *schedule, int64_t milliseconds, const struct schedule_work *what)
{
	struct entry *entry = allocate(sizeof(*entry));

	*entry = (struct entry){
		.due = deadline_after(milliseconds), .work = *what, .schedule = schedule};
	pthread_mutex_lock(&schedule->lock);
	insert(schedule, entry);
	pthread_cond_signal(&schedule->changed);
	pthread_mutex_unlock(&schedule->lock);
}

/* A list of those that it takes out; of all when `wanted` is NULL. */
static struct entry *take_out(struct schedule *schedule, void (*wanted)(void *),
			      const void *context)
{
	struct entry *out = NULL;
	struct entry **at = &schedule->first;

	while (*at) {
		struct entry *entry = *at;

		if (wanted && (entry->work.run != wanted || entry->work.context != context)) {
			at = &entry->next;
			continue;
		}
		*at = entry->next;
		entry->next = out;
		out = entry;
	}
	return out;
}

static void finish_all(struct entry *list)
{
	while (list) {
		struct entry *entry = list;

		list = entry->next;
		finish(entry);
	}
}

void schedule_cancel(struct schedule *schedule, void (*wanted)(void *), const void *context)
{
	pthread_mutex_lock(&schedule->lock);
	struct entry *out = take_out(schedule, wanted, context);
	pthread_mutex_unlock(&schedule->lock);
	finish_all(out);
}

void schedule_stop(struct schedule *schedule)
{
	if (!schedule)
		return;
	pthread_mutex_lock(&schedule->lock);
	schedule->stopping = true;
	pthread_cond_broadcast(&schedule->changed);
	pthread_mutex_unlock(&schedule->lock);
	pthread_join(schedule->thread, NULL);
	pthread_mutex_lock(&schedule->lock);
	while (schedule->working)
		pthread_cond_wait(&schedule->changed, &schedule->lock);
	pthread_mutex_unlock(&schedule->lock);
}

bool schedule_is_stopping(struct schedule *schedule)
{
	pthread_mutex_lock(&schedule->lock);
	bool stopping = schedule->stopping;
	pthread_mutex_unlock(&schedule->lock);
	return stopping;
}

void schedule_destroy(struct schedule *schedule)
{
	if (!schedule)
		return;
	finish_all(take_out(schedule, NULL, NULL));
	pthread_cond_destroy(&schedule->changed);
	pthread_mutex_destroy(&schedule->lock);
	free(schedule);
}
