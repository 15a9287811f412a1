#include <stdlib.h>
#include <string.h>

#include "cgroup.h"
#include "container.h"
#include "container_life.h"
#include "container_record.h"
#include "engine.h"
#include "explain.h"
#include "host_config.h"
#include "json.h"
#include "memory.h"
#include "oci_spec.h"
#include "runtime_limit.h"
#include "settings.h"
#include "spec.h"

/* What an update may change of HostConfig. */
static const char *const changeable[] = {
	"BlkioWeight",       "CpuShares",          "NanoCpus",   "CpuPeriod",  "CpuQuota",
	"CpuRealtimePeriod", "CpuRealtimeRuntime", "CpusetCpus", "CpusetMems", "Memory",
	"MemoryReservation", "MemorySwap",         "PidsLimit",
};

static int64_t integer(const json_t *config, const char *name)
{
	return json_integer_value(json_object_get(config, name));
}

static bool is_given(const json_t *value)
{
	return json_integer_value(value) || (json_is_string(value) && *json_string_value(value));
}

/* ---- the new configuration ---- */

static fallible check_conflicts(const json_t *old, const json_t *request)
{
	int64_t memory = integer(request, "Memory"), swap = integer(old, "MemorySwap");

	if (integer(old, "NanoCpus") && integer(request, "CpuPeriod"))
		return error_new(ERROR_CONFLICT, "Conflicting options: CPU Period cannot be "
						 "updated as NanoCPUs has already been set");
	if (integer(old, "NanoCpus") && integer(request, "CpuQuota"))
		return error_new(ERROR_CONFLICT, "Conflicting options: CPU Quota cannot be updated "
						 "as NanoCPUs has already been set");
	if (integer(request, "NanoCpus") && (integer(old, "CpuPeriod") || integer(old, "CpuQuota")))
		return error_new(ERROR_CONFLICT,
				 "Conflicting options: Nano CPUs cannot be updated as CPU %s has "
				 "already been set",
				 integer(old, "CpuQuota") ? "Quota" : "Period");
	if (memory && memory > swap && !integer(request, "MemorySwap"))
		return error_new(
			ERROR_CONFLICT,
			"Memory limit should be smaller than already set memoryswap limit, "
			"update the memoryswap at the same time");
	return NULL;
}

static fallible check_restart_policy(const json_t *old, const json_t *policy)
{
	const char *name = json_string_at(policy, "Name", NULL);

	if (*name && strcmp(name, "no") != 0 && json_is_true(json_object_get(old, "AutoRemove")))
		return error_new(ERROR_CONFLICT, "Restart policy cannot be updated because "
						 "AutoRemove is enabled for the container");
	return NULL;
}

static fallible check(const json_t *old, const json_t *request)
{
	TRY(check_conflicts(old, request));
	return check_restart_policy(old, json_object_get(request, "RestartPolicy"));
}

static fallible change(const json_t *old, const json_t *request, const json_t *defaults,
		       json_t **out, json_t *warnings)
{
	const json_t *policy = json_object_get(request, "RestartPolicy");
	autojson *changed = json_deep_copy(old);

	for (size_t i = 0; i < countof(changeable); i++) {
		json_t *value = json_object_get(request, changeable[i]);

		if (is_given(value))
			json_object_set_new(changed, changeable[i], json_deep_copy(value));
	}
	if (*json_string_at(policy, "Name", NULL))
		json_object_set_new(changed, "RestartPolicy", json_deep_copy(policy));
	return host_config_make(changed, defaults, out, warnings);
}

/* ---- the group of one that runs ---- */

/* A limit that is taken away is not in the configuration any more: the group is told. */
static void name_lifted(const json_t *old, json_t *resources)
{
	if (integer(old, "PidsLimit") > 0 && !json_object_get(resources, "pids"))
		json_object_set_new(resources, "pids", json_pack("{s:i}", "limit", -1));
}

static fallible limit(const struct container *container, const json_t *old, const json_t *changed,
		      struct buffer *warnings)
{
	autofree char *path = container_cgroup_path(container);
	uint64_t began = explain_clock();
	autojson *resources = json_object();
	autoplan plan = {0};

	oci_limits_add(changed, resources);
	name_lifted(old, resources);
	TRY(spec_compile_resources(resources, &plan, warnings));
	TRY(runtime_limit_all(&(struct cgroup){path}, &plan, warnings));
	explain(began, "1.6", "limits are files of the group: new ones hold at once",
		"write(\"%s/...\")", path);
	return NULL;
}

static void add_lines(json_t *array, const struct buffer *lines)
{
	autofree char *text = duplicate(lines->data ? lines->data : "");
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		json_array_append_new(array, json_string(line));
}

/* Some may have been set before one was refused: what was there before is set again. */
static fallible apply(const struct container *container, const json_t *old, const json_t *changed,
		      json_t *warnings)
{
	autobuffer lines = {0}, ignored = {0};
	struct error *e = limit(container, old, changed, &lines);

	if (e)
		error_free(limit(container, changed, old, &ignored));
	else
		add_lines(warnings, &lines);
	return e;
}

/* ---- all of it; locked ---- */

static fallible keep(struct container *container, json_t *changed)
{
	json_t *old = json_incref(json_object_get(container->document, "HostConfig"));

	json_object_set(container->document, "HostConfig", changed);
	struct error *e = container_record_save(container, container_record_durability(container));
	if (e)
		json_object_set(container->document, "HostConfig", old);
	json_decref(old);
	return e;
}

static fallible cannot(const struct container *container, struct error *e)
{
	return error_wrap(e, "Cannot update container %s", container->id);
}

static fallible update(struct container *container, const json_t *request, json_t *warnings)
{
	const json_t *old = json_object_get(container->document, "HostConfig");
	autojson *changed = NULL, *defaults = settings_now(container->engine->settings);

	if (container->state == CONTAINER_REMOVING || container->state == CONTAINER_DEAD)
		return cannot(container,
			      error_new(ERROR_CONFLICT, "container is marked for removal and "
							"cannot be \"update\""));
	TRY(cannot(container, check(old, request)));
	/* what is wrong by itself is told as it is */
	TRY(change(old, request, defaults, &changed, warnings));
	if (container_is_running(container))
		TRY(cannot(container, apply(container, old, changed, warnings)));
	TRY(keep(container, changed));
	container_record_event(container, "update", NULL);
	return NULL;
}

fallible container_update(struct container *container, const json_t *request, json_t *warnings)
{
	container_operation_begin(container);
	container_lock(container);
	struct error *e = update(container, request, warnings);
	container_unlock(container);
	container_operation_end(container);
	return e;
}
