#include "container_stats.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"

/* JSON's readers in Go take 64 bits, the library here one less: what is larger is no number of
 * anything, but "no limit". */
static json_t *number(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

static void set_number(json_t *object, const char *name, uint64_t value)
{
	json_object_set_new(object, name, number(value));
}

static void set_number_if_any(json_t *object, const char *name, uint64_t value)
{
	if (value)
		set_number(object, name, value);
}

/* ---- processors ---- */

static json_t *usage_json(const struct cgroup_stats *stats)
{
	const uint64_t *each = (const void *)stats->cpu.per_cpu.data;
	size_t count = stats->cpu.per_cpu.length / sizeof(*each);
	json_t *usage = json_object();

	set_number(usage, "total_usage", stats->cpu.total);
	if (count) {
		json_t *list = json_array();

		for (size_t i = 0; i < count; i++)
			json_array_append_new(list, number(each[i]));
		json_object_set_new(usage, "percpu_usage", list);
	}
	set_number(usage, "usage_in_kernelmode", stats->cpu.kernel);
	set_number(usage, "usage_in_usermode", stats->cpu.user);
	return usage;
}

static json_t *cpu_json(const struct stats_sample *sample, const struct cgroup_stats *stats)
{
	json_t *cpu = json_object(), *throttling = json_object();

	json_object_set_new(cpu, "cpu_usage", usage_json(stats));
	set_number_if_any(cpu, "system_cpu_usage", sample->system);
	set_number_if_any(cpu, "online_cpus", sample->processors);
	set_number(throttling, "periods", stats->cpu.periods);
	set_number(throttling, "throttled_periods", stats->cpu.throttled_periods);
	set_number(throttling, "throttled_time", stats->cpu.throttled_time);
	json_object_set_new(cpu, "throttling_data", throttling);
	return cpu;
}

/* ---- memory ---- */

/* memory.stat: "NAME NUMBER" a line. */
static json_t *raw_json(const struct buffer *raw)
{
	autofree char *text = duplicate(raw->data ? raw->data : "");
	json_t *object = json_object();
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *value = strchr(line, ' ');

		if (!value)
			continue;
		*value = '\0';
		set_number(object, line, strtoull(value + 1, NULL, 10));
	}
	return object;
}

static json_t *memory_json(const struct stats_sample *sample, const struct cgroup_stats *stats)
{
	const struct cgroup_memory *memory = &stats->memory.memory;
	json_t *object = json_object(), *raw;

	set_number_if_any(object, "usage", memory->usage);
	if (cgroup_layout() != CGROUP_V2) {
		set_number_if_any(object, "max_usage", memory->max);
		set_number_if_any(object, "failcnt", memory->failures);
	}
	raw = raw_json(&stats->memory.raw);
	if (json_object_size(raw))
		json_object_set(object, "stats", raw);
	json_decref(raw);
	set_number_if_any(object, "limit",
			  memory->limit && memory->limit < sample->memory ? memory->limit
									  : sample->memory);
	return object;
}

/* ---- devices, processes ---- */

static json_t *io_entry(const struct cgroup_io *io)
{
	char operation[sizeof(io->operation)];
	json_t *entry = json_object();

	strcpy(operation, io->operation);
	if (cgroup_layout() == CGROUP_V2) /* whose own names are in small letters */
		operation[0] = (char)tolower((unsigned char)operation[0]);
	set_number(entry, "major", io->major);
	set_number(entry, "minor", io->minor);
	json_object_set_new(entry, "op", json_string(operation));
	set_number(entry, "value", io->value);
	return entry;
}

static json_t *io_list(const struct buffer *buffer)
{
	const struct cgroup_io *io = (const void *)buffer->data;
	json_t *list = json_array();

	for (size_t i = 0; i < buffer->length / sizeof(*io); i++)
		json_array_append_new(list, io_entry(&io[i]));
	return list;
}

/* Version 2 counts bytes only; what nobody counts is null there and empty in version 1. */
static json_t *io_json(const struct cgroup_stats *stats)
{
	static const char *const uncounted[] = {
		"io_queue_recursive",  "io_service_time_recursive", "io_wait_time_recursive",
		"io_merged_recursive", "io_time_recursive",         "sectors_recursive"};
	bool two = cgroup_layout() == CGROUP_V2;
	json_t *io = json_object();

	json_object_set_new(io, "io_service_bytes_recursive",
			    stats ? io_list(&stats->io.bytes) : json_null());
	json_object_set_new(io, "io_serviced_recursive",
			    stats && !two ? io_list(&stats->io.operations) : json_null());
	for (size_t i = 0; i < countof(uncounted); i++)
		json_object_set_new(io, uncounted[i], stats && !two ? json_array() : json_null());
	return io;
}

static json_t *pids_json(const struct cgroup_stats *stats)
{
	json_t *pids = json_object();

	set_number_if_any(pids, "current", stats->pids.current);
	set_number_if_any(pids, "limit", stats->pids.limit);
	return pids;
}

json_t *container_stats_json(const struct stats_sample *sample)
{
	static const struct cgroup_stats none;
	const struct cgroup_stats *stats = sample->stats ? sample->stats : &none;

	return json_pack("{s:o, s:o, s:i, s:{}, s:o, s:o}", "pids_stats", pids_json(stats),
			 "blkio_stats", io_json(sample->stats), "num_procs", 0, "storage_stats",
			 "cpu_stats", cpu_json(sample, stats), "memory_stats",
			 sample->stats ? memory_json(sample, stats) : json_object());
}

/* ---- the machine ---- */

/* User, nice, system, idle, iowait, irq, softirq, in ticks; guests' time is in user's. */
#define COUNTED_FIELDS 7

uint64_t container_stats_system_time(const char *proc_stat)
{
	char *next = (char *)proc_stat + strcspn(proc_stat, " \n");
	uint64_t ticks = 0;

	for (int i = 0; i < COUNTED_FIELDS && *next == ' '; i++)
		ticks += strtoull(next, &next, 10);
	return ticks * 1000000000 / sysconf(_SC_CLK_TCK);
}
