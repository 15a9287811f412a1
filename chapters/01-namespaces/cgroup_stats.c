#include "cgroup_stats.h"

#include <dirent.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "text.h"

#define AT(member) offsetof(struct cgroup_stats, member)
#define HUGE_PAGES "/sys/kernel/mm/hugepages"

const char *const cgroup_cpuset_names[CGROUP_CPUSET_FLAGS] = {
	"cpu_exclusive",   "mem_hardwall",       "mem_exclusive",
	"memory_migrate",  "memory_spread_page", "memory_spread_slab",
	"memory_pressure", "sched_load_balance", "sched_relax_domain_level",
};

/* A file that is one number. */
struct number_row {
	const char *controller, *file;
	size_t at;
};

static const struct number_row v1_numbers[] = {
	{"cpuacct", "cpuacct.usage", AT(cpu.total)},
	{"memory", "memory.limit_in_bytes", AT(memory.memory.limit)},
	{"memory", "memory.usage_in_bytes", AT(memory.memory.usage)},
	{"memory", "memory.max_usage_in_bytes", AT(memory.memory.max)},
	{"memory", "memory.failcnt", AT(memory.memory.failures)},
	{"memory", "memory.memsw.limit_in_bytes", AT(memory.swap.limit)},
	{"memory", "memory.memsw.usage_in_bytes", AT(memory.swap.usage)},
	{"memory", "memory.memsw.max_usage_in_bytes", AT(memory.swap.max)},
	{"memory", "memory.memsw.failcnt", AT(memory.swap.failures)},
	{"memory", "memory.kmem.limit_in_bytes", AT(memory.kernel.limit)},
	{"memory", "memory.kmem.usage_in_bytes", AT(memory.kernel.usage)},
	{"memory", "memory.kmem.max_usage_in_bytes", AT(memory.kernel.max)},
	{"memory", "memory.kmem.failcnt", AT(memory.kernel.failures)},
	{"memory", "memory.kmem.tcp.limit_in_bytes", AT(memory.kernel_tcp.limit)},
	{"memory", "memory.kmem.tcp.usage_in_bytes", AT(memory.kernel_tcp.usage)},
	{"memory", "memory.kmem.tcp.max_usage_in_bytes", AT(memory.kernel_tcp.max)},
	{"memory", "memory.kmem.tcp.failcnt", AT(memory.kernel_tcp.failures)},
	{"pids", "pids.current", AT(pids.current)},
	{"pids", "pids.max", AT(pids.limit)},
	{0},
};

static const struct number_row v2_numbers[] = {
	{"memory", "memory.max", AT(memory.memory.limit)},
	{"memory", "memory.current", AT(memory.memory.usage)},
	{"memory", "memory.peak", AT(memory.memory.max)},
	{"memory", "memory.swap.max", AT(memory.swap.limit)},
	{"memory", "memory.swap.current", AT(memory.swap.usage)},
	{"pids", "pids.current", AT(pids.current)},
	{"pids", "pids.max", AT(pids.limit)},
	{0},
};

/* A line "KEY NUMBER" of a file; the unit of the number in ours. */
struct keyed_row {
	const char *controller, *file, *key;
	size_t at;
	uint64_t unit;
};

#define TICK 10000000 /* nanoseconds: the kernel tells user space 100 a second, on any machine */

static const struct keyed_row v1_keyed[] = {
	{"cpuacct", "cpuacct.stat", "user", AT(cpu.user), TICK},
	{"cpuacct", "cpuacct.stat", "system", AT(cpu.kernel), TICK},
	{"cpu", "cpu.stat", "nr_periods", AT(cpu.periods), 1},
	{"cpu", "cpu.stat", "nr_throttled", AT(cpu.throttled_periods), 1},
	{"cpu", "cpu.stat", "throttled_time", AT(cpu.throttled_time), 1},
	{"memory", "memory.stat", "cache", AT(memory.cache), 1},
	{0},
};

static const struct keyed_row v2_keyed[] = {
	{"cpu", "cpu.stat", "usage_usec", AT(cpu.total), 1000},
	{"cpu", "cpu.stat", "user_usec", AT(cpu.user), 1000},
	{"cpu", "cpu.stat", "system_usec", AT(cpu.kernel), 1000},
	{"cpu", "cpu.stat", "nr_periods", AT(cpu.periods), 1},
	{"cpu", "cpu.stat", "nr_throttled", AT(cpu.throttled_periods), 1},
	{"cpu", "cpu.stat", "throttled_usec", AT(cpu.throttled_time), 1000},
	{"memory", "memory.stat", "file", AT(memory.cache), 1},
	{0},
};

static uint64_t *member(struct cgroup_stats *stats, size_t at)
{
	return (uint64_t *)((char *)stats + at);
}

/* What cannot be read, or is not there, is an empty text. */
static const char *read_file(const struct cgroup *cgroup, const char *controller, const char *file,
			     struct buffer *text)
{
	error_free(cgroup_read(cgroup, controller, file, text));
	return text->data ? text->data : "";
}

static uint64_t read_number(const struct cgroup *cgroup, const char *controller, const char *file)
{
	autobuffer text = {0};
	const char *value = read_file(cgroup, controller, file, &text);

	return strncmp(value, "max", 3) == 0 ? CGROUP_UNLIMITED : strtoull(value, NULL, 10);
}

/* The number after "KEY " at the beginning of a line; 0 when there is none. */
static uint64_t find_key(const char *text, const char *key)
{
	size_t length = strlen(key);

	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, length) == 0 && line[length] == ' ')
			return strtoull(line + length, NULL, 10);
	}
	return 0;
}

static void read_numbers(const struct cgroup *cgroup, const struct number_row *rows,
			 struct cgroup_stats *stats)
{
	for (; rows->file; rows++)
		*member(stats, rows->at) = read_number(cgroup, rows->controller, rows->file);
}

static void read_keyed(const struct cgroup *cgroup, const struct keyed_row *rows,
		       struct cgroup_stats *stats)
{
	for (; rows->file; rows++) {
		autobuffer text = {0};
		const char *all = read_file(cgroup, rows->controller, rows->file, &text);

		*member(stats, rows->at) = find_key(all, rows->key) * rows->unit;
	}
}

static void append_number(struct buffer *list, uint64_t number)
{
	buffer_append(list, &number, sizeof(number));
}

/* ---- version 1 ---- */

/* "cpu user system", then a line for each processor. */
static void read_per_cpu(const struct cgroup *cgroup, struct cgroup_stats *stats)
{
	autobuffer usage = {0}, both = {0};
	const char *line = read_file(cgroup, "cpuacct", "cpuacct.usage_all", &both);
	uint64_t user, kernel;
	char *end;

	for (const char *at = read_file(cgroup, "cpuacct", "cpuacct.usage_percpu", &usage);;
	     at = end) {
		uint64_t one = strtoull(at, &end, 10);

		if (end == at)
			break;
		append_number(&stats->cpu.per_cpu, one);
	}
	while ((line = strchr(line, '\n')) &&
	       sscanf(++line, "%*u %" SCNu64 " %" SCNu64, &user, &kernel) == 2) {
		append_number(&stats->cpu.per_cpu_user, user);
		append_number(&stats->cpu.per_cpu_kernel, kernel);
	}
}

/* "0-3,7" */
static void read_list(const struct cgroup *cgroup, const char *file, struct buffer *list)
{
	autobuffer text = {0};
	const char *at = read_file(cgroup, "cpuset", file, &text);
	char *end;

	for (;; at = end + (*end == ',')) {
		uint64_t first = strtoull(at, &end, 10), last = first;

		if (end == at)
			return;
		if (*end == '-')
			last = strtoull(end + 1, &end, 10);
		for (; first <= last && first < UINT16_MAX; first++)
			append_number(list, first);
	}
}

static void read_cpuset(const struct cgroup *cgroup, struct cgroup_stats *stats)
{
	read_list(cgroup, "cpuset.cpus", &stats->cpuset.cpus);
	read_list(cgroup, "cpuset.mems", &stats->cpuset.mems);
	for (size_t i = 0; i < CGROUP_CPUSET_FLAGS; i++) {
		autofree char *file = format("cpuset.%s", cgroup_cpuset_names[i]);
		autobuffer text = {0};

		stats->cpuset.flags[i] =
			strtoll(read_file(cgroup, "cpuset", file, &text), NULL, 10);
	}
}

/* "8:0 Read 4096"; the last line is the sum, without a device. */
static bool read_io_v1(const struct cgroup *cgroup, const char *file, struct buffer *list)
{
	autobuffer text = {0};
	struct cgroup_io io = {0};

	for (const char *line = read_file(cgroup, "blkio", file, &text); line;
	     line = strchr(line, '\n')) {
		line += *line == '\n';
		if (sscanf(line, "%" SCNu64 ":%" SCNu64 " %15s %" SCNu64, &io.major, &io.minor,
			   io.operation, &io.value) != 4)
			break;
		buffer_append(list, &io, sizeof(io));
	}
	return list->length;
}

/* Whichever scheduler has counted: BFQ in files of its own, the others where throttling does. */
static void read_all_io_v1(const struct cgroup *cgroup, struct cgroup_stats *stats)
{
	if (!read_io_v1(cgroup, "blkio.bfq.io_service_bytes_recursive", &stats->io.bytes))
		read_io_v1(cgroup, "blkio.throttle.io_service_bytes_recursive", &stats->io.bytes);
	if (!read_io_v1(cgroup, "blkio.bfq.io_serviced_recursive", &stats->io.operations))
		read_io_v1(cgroup, "blkio.throttle.io_serviced_recursive", &stats->io.operations);
}

/* ---- version 2 ---- */

/* "8:0 rbytes=4096 wbytes=0 rios=1 wios=0 dbytes=0 dios=0" */
static void read_io_v2(const struct cgroup *cgroup, struct cgroup_stats *stats)
{
	static const struct {
		const char *key, *operation;
		size_t list;
	} rows[] = {
		{" rbytes=", "Read", AT(io.bytes)},
		{" wbytes=", "Write", AT(io.bytes)},
		{" rios=", "Read", AT(io.operations)},
		{" wios=", "Write", AT(io.operations)},
	};
	autobuffer text = {0};
	char *save = NULL;

	read_file(cgroup, "io", "io.stat", &text);
	for (char *line = text.data ? strtok_r(text.data, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save))
		for (size_t i = 0; i < countof(rows); i++) {
			const char *at = strstr(line, rows[i].key);
			struct cgroup_io io = {0};

			if (!at || sscanf(line, "%" SCNu64 ":%" SCNu64, &io.major, &io.minor) != 2)
				continue;
			io.value = strtoull(at + strlen(rows[i].key), NULL, 10);
			strcpy(io.operation, rows[i].operation);
			buffer_append((struct buffer *)((char *)stats + rows[i].list), &io,
				      sizeof(io));
		}
}

static void read_stall(const char *text, const char *who, struct cgroup_stall *stall)
{
	const char *line = strstr(text, who);

	if (line)
		sscanf(line + strlen(who), " avg10=%lf avg60=%lf avg300=%lf total=%" SCNu64,
		       &stall->average[0], &stall->average[1], &stall->average[2], &stall->total);
}

static void read_pressure(const struct cgroup *cgroup, const char *file,
			  struct cgroup_pressure *pressure)
{
	autobuffer text = {0};
	const char *all = read_file(cgroup, "", file, &text);

	pressure->known = *all;
	read_stall(all, "some", &pressure->some);
	read_stall(all, "full", &pressure->full);
}

/* Version 1 counts memory and swap together. */
static void add_memory_to_swap(struct cgroup_stats *stats)
{
	struct cgroup_memory *swap = &stats->memory.swap, *memory = &stats->memory.memory;

	swap->usage += memory->usage;
	if (swap->limit != CGROUP_UNLIMITED)
		swap->limit = memory->limit == CGROUP_UNLIMITED ? CGROUP_UNLIMITED
								: swap->limit + memory->limit;
}

/* ---- huge pages ---- */

/* "hugepages-2048kB" to "2MB" */
static bool page_size(const char *folder, char size[CGROUP_PAGES_NAME])
{
	static const char units[] = "KMG";
	unsigned long number;
	int unit = 0;

	if (sscanf(folder, "hugepages-%lukB", &number) != 1 || !number)
		return false;
	for (; number >= 1024 && units[unit + 1]; unit++)
		number /= 1024;
	snprintf(size, CGROUP_PAGES_NAME, "%lu%cB", number, units[unit]);
	return true;
}

static bool read_pages_of(const struct cgroup *cgroup, struct cgroup_pages *pages)
{
	bool v2 = cgroup_layout() == CGROUP_V2;
	autofree char *usage =
		format("hugetlb.%s.%s", pages->size, v2 ? "current" : "usage_in_bytes");
	autofree char *max = format("hugetlb.%s.max_usage_in_bytes", pages->size);
	autofree char *failures = format("hugetlb.%s.%s", pages->size, v2 ? "events" : "failcnt");
	autobuffer text = {0}, events = {0};
	const char *used = read_file(cgroup, "hugetlb", usage, &text);

	pages->usage = strtoull(used, NULL, 10);
	pages->max = v2 ? 0 : read_number(cgroup, "hugetlb", max);
	pages->failures = v2 ? find_key(read_file(cgroup, "hugetlb", failures, &events), "max")
			     : read_number(cgroup, "hugetlb", failures);
	return *used;
}

static void read_pages(const struct cgroup *cgroup, struct cgroup_stats *stats)
{
	DIR *dir = opendir(HUGE_PAGES);

	for (struct dirent *d = dir ? readdir(dir) : NULL; d; d = readdir(dir)) {
		struct cgroup_pages pages = {0};

		if (stats->page_sizes < CGROUP_PAGES_MAX && page_size(d->d_name, pages.size) &&
		    read_pages_of(cgroup, &pages))
			stats->pages[stats->page_sizes++] = pages;
	}
	if (dir)
		closedir(dir);
}

/* ---- all ---- */

static void read_v1(const struct cgroup *cgroup, struct cgroup_stats *stats)
{
	read_numbers(cgroup, v1_numbers, stats);
	read_keyed(cgroup, v1_keyed, stats);
	read_per_cpu(cgroup, stats);
	read_cpuset(cgroup, stats);
	read_all_io_v1(cgroup, stats);
}

static void read_v2(const struct cgroup *cgroup, struct cgroup_stats *stats)
{
	read_numbers(cgroup, v2_numbers, stats);
	read_keyed(cgroup, v2_keyed, stats);
	add_memory_to_swap(stats);
	read_io_v2(cgroup, stats);
	read_pressure(cgroup, "cpu.pressure", &stats->cpu.pressure);
	read_pressure(cgroup, "memory.pressure", &stats->memory.pressure);
	read_pressure(cgroup, "io.pressure", &stats->io.pressure);
}

fallible cgroup_stats_read(const struct cgroup *cgroup, struct cgroup_stats *stats)
{
	*stats = (struct cgroup_stats){0};
	if (!cgroup->path || cgroup_layout() == CGROUP_NONE)
		return error_new(ERROR_UNAVAILABLE,
				 "without a cgroup there is nothing that is counted");
	(cgroup_layout() == CGROUP_V2 ? read_v2 : read_v1)(cgroup, stats);
	read_file(cgroup, "memory", "memory.stat", &stats->memory.raw);
	read_pages(cgroup, stats);
	if (stats->pids.limit == CGROUP_UNLIMITED)
		stats->pids.limit = 0;
	return NULL;
}

void cgroup_stats_finish(struct cgroup_stats *stats)
{
	struct buffer *const buffers[] = {
		&stats->cpu.per_cpu, &stats->cpu.per_cpu_kernel, &stats->cpu.per_cpu_user,
		&stats->cpuset.cpus, &stats->cpuset.mems,        &stats->memory.raw,
		&stats->io.bytes,    &stats->io.operations,
	};

	for (size_t i = 0; i < countof(buffers); i++)
		buffer_finish(buffers[i]);
}
