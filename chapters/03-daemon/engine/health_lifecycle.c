/*
 * Health checks: between two probes an entry of the schedule waits; a probe has a thread as long as
 * it lasts. container->asking counts up whenever asking begins or ends, so that a probe that is
 * under way knows that its answer is not wanted any more. Book: 3.12
 */
#include "container.h"
#include "container_life.h"
#include "container_record.h"
#include "engine.h"
#include "explain.h"
#include "health.h"
#include "json.h"
#include "lifecycle.h"
#include "memory.h"
#include "probe.h"
#include "schedule.h"

#define SECOND      INT64_C(1000000000)
#define MILLISECOND 1000000

struct turn {
	struct container *container;
	unsigned int asking; /* what container->asking was when it began */
	struct health_check check;
	json_t *command; /* owned */
};

/* Locked. */
static bool has_check(const struct container *container, struct health_check *check)
{
	return health_check_read(json_object_get(container->document, "Config"), check);
}

static json_t *state_of(const struct container *container)
{
	return json_object_get(container->document, "State");
}

/* Nanoseconds from the start of the container to a point in time. Locked. */
static int64_t elapsed_at(const struct container *container, struct timespec time)
{
	struct timespec started = time;

	error_free(time_parse(container_record_text(container, "State", "StartedAt"), &started));
	return (time.tv_sec - started.tv_sec) * SECOND + time.tv_nsec - started.tv_nsec;
}

/* ---- one turn ---- */

static bool is_wanted(void *context)
{
	const struct turn *turn = context;
	struct container *container = turn->container;

	if (schedule_is_stopping(container->engine->schedule))
		return false;
	container_lock(container);
	bool wanted = container->asking == turn->asking;
	container_unlock(container);
	return wanted;
}

static bool begin_turn(struct container *container, struct turn *turn)
{
	container_lock(container);
	*turn = (struct turn){.container = container, .asking = container->asking};
	bool wanted = container->state == CONTAINER_RUNNING && has_check(container, &turn->check);
	if (wanted)
		turn->command =
			health_check_command(json_object_get(container->document, "Config"));
	container_unlock(container);
	return wanted;
}

static void plan(struct container *container, int64_t nanoseconds);

/* Locked. */
static void take(const struct turn *turn, const struct probe_answer *answer)
{
	struct container *container = turn->container;
	json_t *state = state_of(container);
	const struct health_result result = {answer->start, answer->end, answer->exit_code,
					     answer->output.data, answer->output.length};
	const char *status =
		health_take(state, &turn->check, &result, elapsed_at(container, answer->start));

	container_record_keep(container);
	if (status) {
		autofree char *action = format("health_status: %s", status);

		container_record_event(container, action, NULL);
	}
	plan(container, health_check_wait(&turn->check, health_is_starting(state),
					  elapsed_at(container, time_now())));
}

static void run(void *context)
{
	struct container *container = context;
	auto_probe_answer answer = {0};
	uint64_t began = explain_clock();
	struct turn turn;

	if (!begin_turn(container, &turn))
		return;
	probe_run(container, turn.command, turn.check.timeout, is_wanted, &turn, &answer);
	explain(began, "3.12", "a command in the container tells how it is",
		"health check of %.12s: exit code %d", container->id, answer.exit_code);
	json_decref(turn.command);
	container_lock(container);
	if (container->asking == turn.asking)
		take(&turn, &answer);
	container_unlock(container);
}

static void release(void *container)
{
	container_release(container);
}

/* Locked. */
static void plan(struct container *container, int64_t nanoseconds)
{
	const struct schedule_work work = {run, release, container};

	container_hold(container);
	schedule_add(container->engine->schedule, (nanoseconds + MILLISECOND - 1) / MILLISECOND,
		     &work);
}

/* ---- taking part ---- */

static void begin_asking(struct container *container, int64_t elapsed)
{
	struct health_check check;

	container->asking++;
	if (has_check(container, &check))
		plan(container,
		     health_check_wait(&check, health_is_starting(state_of(container)), elapsed));
}

/* That nobody asks is "unhealthy", as Docker has it. */
static void end_asking(struct engine *engine, struct container *container)
{
	container->asking++;
	schedule_cancel(engine->schedule, run, container);
	health_end(state_of(container));
}

static fallible attach(struct engine *engine, struct container *container, pid_t pid)
{
	struct health_check check;

	(void)engine, (void)pid;
	if (has_check(container, &check))
		health_begin(state_of(container));
	begin_asking(container, 0);
	return NULL;
}

static void unpause(struct engine *engine, struct container *container)
{
	(void)engine;
	begin_asking(container, elapsed_at(container, time_now()));
}

/* What is known of its health is as good as it was. A paused one goes on being paused. */
static fallible rejoin(struct engine *engine, struct container *container)
{
	if (container->state == CONTAINER_RUNNING)
		unpause(engine, container);
	return NULL;
}

const struct lifecycle health_lifecycle = {
	.name = "health",
	.attach = attach,
	.detach = end_asking,
	.pause = end_asking,
	.unpause = unpause,
	.rejoin = rejoin,
};
