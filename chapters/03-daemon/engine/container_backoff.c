/*
 * Between two runs: what a restart policy (restart_policy.h) comes to. The state is "restarting",
 * a process there is none, and an entry of the schedule waits.
 */
#include "container.h"
#include "container_life.h"
#include "container_record.h"
#include "engine.h"
#include "json.h"
#include "log.h"
#include "memory.h"
#include "restart_policy.h"
#include "schedule.h"

static json_t *policy_of(const struct container *container)
{
	return json_at(container->document, "HostConfig", "RestartPolicy", NULL);
}

/* ---- waiting ---- */

static void run(void *context)
{
	struct container *container = context;
	struct error *e = NULL;

	container_operation_begin(container);
	container_lock(container);
	bool due = container->state == CONTAINER_RESTARTING && !container->removed;
	container_unlock(container);
	if (due)
		e = container_launch(container);
	log_dropped(LOG_LEVEL_ERROR, e, "container %.12s does not run again", container->id);
	container_operation_end(container);
}

static void release(void *container)
{
	container_release(container);
}

/* Locked. */
static void plan(struct container *container, int64_t milliseconds)
{
	const struct schedule_work work = {run, release, container};

	container_hold(container);
	schedule_add(container->engine->schedule, milliseconds, &work);
}

bool container_backs_off(struct container *container, int exit_code, int64_t seconds_it_ran)
{
	int64_t restarts = container_record_restarts(container);

	if (container->stopping || !restart_policy_wants(policy_of(container), exit_code, restarts))
		return false;
	container->backoff = restart_policy_delay(container->backoff, seconds_it_ran);
	container_record_set_restarts(container, restarts + 1);
	plan(container, container->backoff);
	return true;
}

void container_call_off(struct container *container)
{
	if (container->state != CONTAINER_RESTARTING)
		return;
	schedule_cancel(container->engine->schedule, run, container);
	container_record_set_state(container, CONTAINER_EXITED);
	container_record_keep(container);
	container->runs++; /* who waits for an end has it now */
	pthread_cond_broadcast(&container->changed);
}

/* ---- by hand ---- */

/* What decides over the next boot must be known then. */
static void remember(struct container *container, bool stopped_by_hand)
{
	if (container_record_stopped_by_hand(container) == stopped_by_hand)
		return;
	container_record_set_stopped_by_hand(container, stopped_by_hand);
	if (restart_policy_remembers_stop(policy_of(container)))
		log_dropped(LOG_LEVEL_ERROR, container_record_save(container, DURABLE),
			    "that container %.12s was %s is not kept", container->id,
			    stopped_by_hand ? "stopped" : "started");
}

void container_policy_suspend(struct container *container)
{
	container->stopping = true;
	remember(container, true);
	container_call_off(container);
}

void container_policy_reset(struct container *container)
{
	container->stopping = false;
	container->backoff = 0;
	container_record_set_restarts(container, 0);
	remember(container, false);
}

enum durability container_run_durability(const struct container *container)
{
	return restart_policy_is_set(policy_of(container)) ? DURABLE : NOT_DURABLE;
}

/* ---- when the daemon starts ---- */

/* One that was never started has nothing that could be done again. */
static bool is_wanted(struct container *container)
{
	return container->state == CONTAINER_EXITED && container_record_was_started(container) &&
	       restart_policy_wants_at_boot(policy_of(container),
					    container_record_stopped_by_hand(container));
}

void container_policy_resume(struct container *container)
{
	container_lock(container);
	bool waits = container->backoff; /* it ended just now, and the wait has begun */
	if (is_wanted(container)) {
		container_policy_reset(container);
		container_record_set_state(container, CONTAINER_RESTARTING);
	}
	if (container->state == CONTAINER_RESTARTING && !waits)
		plan(container, 0);
	container_unlock(container);
}
