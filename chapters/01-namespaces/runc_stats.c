#include "runc_stats.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

/* A member begins with a comma unless it is the first of its object. */
static void name(struct buffer *out, const char *member)
{
	if (out->length && !strchr("{[", out->data[out->length - 1]))
		buffer_append_string(out, ",");
	buffer_printf(out, "\"%s\":", member);
}

static void open_object(struct buffer *out, const char *member)
{
	name(out, member);
	buffer_append_string(out, "{");
}

static void close_object(struct buffer *out)
{
	buffer_append_string(out, "}");
}

static void number(struct buffer *out, const char *member, uint64_t value)
{
	name(out, member);
	buffer_printf(out, "%" PRIu64, value);
}

static void number_if_any(struct buffer *out, const char *member, uint64_t value)
{
	if (value)
		number(out, member, value);
}

static void numbers_if_any(struct buffer *out, const char *member, const struct buffer *list)
{
	const uint64_t *values = (const void *)list->data;

	if (!list->length)
		return;
	name(out, member);
	for (size_t i = 0; i < list->length / sizeof(*values); i++)
		buffer_printf(out, "%c%" PRIu64, i ? ',' : '[', values[i]);
	buffer_append_string(out, "]");
}

static void stall(struct buffer *out, const char *member, const struct cgroup_stall *stall)
{
	open_object(out, member);
	buffer_printf(out, "\"avg10\":%g,\"avg60\":%g,\"avg300\":%g,\"total\":%" PRIu64,
		      stall->average[0], stall->average[1], stall->average[2], stall->total);
	close_object(out);
}

static void pressure_if_known(struct buffer *out, const struct cgroup_pressure *pressure)
{
	if (!pressure->known)
		return;
	open_object(out, "psi");
	stall(out, "some", &pressure->some);
	stall(out, "full", &pressure->full);
	close_object(out);
}

static void print_cpu(struct buffer *out, const struct cgroup_stats *stats)
{
	open_object(out, "cpu");
	open_object(out, "usage");
	number_if_any(out, "total", stats->cpu.total);
	numbers_if_any(out, "percpu", &stats->cpu.per_cpu);
	numbers_if_any(out, "percpu_kernel", &stats->cpu.per_cpu_kernel);
	numbers_if_any(out, "percpu_user", &stats->cpu.per_cpu_user);
	number(out, "kernel", stats->cpu.kernel);
	number(out, "user", stats->cpu.user);
	close_object(out);
	open_object(out, "throttling");
	number_if_any(out, "periods", stats->cpu.periods);
	number_if_any(out, "throttledPeriods", stats->cpu.throttled_periods);
	number_if_any(out, "throttledTime", stats->cpu.throttled_time);
	close_object(out);
	pressure_if_known(out, &stats->cpu.pressure);
	close_object(out);
}

static void print_cpuset(struct buffer *out, const struct cgroup_stats *stats)
{
	open_object(out, "cpuset");
	numbers_if_any(out, "cpus", &stats->cpuset.cpus);
	for (size_t i = 0; i < CGROUP_CPUSET_FLAGS; i++) {
		if (i == 1)
			numbers_if_any(out, "mems", &stats->cpuset.mems);
		name(out, cgroup_cpuset_names[i]);
		buffer_printf(out, "%" PRId64, stats->cpuset.flags[i]);
	}
	close_object(out);
}

static void print_entry(struct buffer *out, const char *member, const struct cgroup_memory *entry)
{
	open_object(out, member);
	number(out, "limit", entry->limit);
	number_if_any(out, "usage", entry->usage);
	number_if_any(out, "max", entry->max);
	number(out, "failcnt", entry->failures);
	close_object(out);
}

/* Sorted by name, as Go prints a map. */
static int by_line(const void *a, const void *b)
{
	const char *one = *(const char *const *)a, *other = *(const char *const *)b;
	size_t n = strcspn(one, " "), m = strcspn(other, " ");
	int order = memcmp(one, other, n < m ? n : m);

	return order ? order : (n > m) - (n < m);
}

static void print_raw(struct buffer *out, const struct buffer *raw)
{
	autofree char *text = duplicate(raw->data ? raw->data : "");
	autobuffer lines = {0};
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (strchr(line, ' '))
			buffer_append(&lines, &line, sizeof(line));
	size_t count = lines.length / sizeof(char *);
	if (!count)
		return;
	qsort(lines.data, count, sizeof(char *), by_line);
	open_object(out, "raw");
	for (size_t i = 0; i < count; i++) {
		char *line = ((char **)(void *)lines.data)[i], *value = strchr(line, ' ');

		*value = '\0';
		number(out, line, strtoull(value + 1, NULL, 10));
	}
	close_object(out);
}

static void print_memory(struct buffer *out, const struct cgroup_stats *stats)
{
	open_object(out, "memory");
	number_if_any(out, "cache", stats->memory.cache);
	print_entry(out, "usage", &stats->memory.memory);
	print_entry(out, "swap", &stats->memory.swap);
	print_entry(out, "kernel", &stats->memory.kernel);
	print_entry(out, "kernelTCP", &stats->memory.kernel_tcp);
	print_raw(out, &stats->memory.raw);
	pressure_if_known(out, &stats->memory.pressure);
	close_object(out);
}

static void io_if_any(struct buffer *out, const char *member, const struct buffer *list)
{
	const struct cgroup_io *io = (const void *)list->data;

	if (!list->length)
		return;
	name(out, member);
	buffer_append_string(out, "[");
	for (size_t i = 0; i < list->length / sizeof(*io); i++, io++) {
		buffer_append_string(out, i ? ",{" : "{");
		number_if_any(out, "major", io->major);
		number_if_any(out, "minor", io->minor);
		name(out, "op");
		buffer_printf(out, "\"%s\"", io->operation);
		number_if_any(out, "value", io->value);
		close_object(out);
	}
	buffer_append_string(out, "]");
}

static void print_io(struct buffer *out, const struct cgroup_stats *stats)
{
	open_object(out, "blkio");
	io_if_any(out, "ioServiceBytesRecursive", &stats->io.bytes);
	io_if_any(out, "ioServicedRecursive", &stats->io.operations);
	pressure_if_known(out, &stats->io.pressure);
	close_object(out);
}

static void print_pages(struct buffer *out, const struct cgroup_stats *stats)
{
	open_object(out, "hugetlb");
	for (size_t i = 0; i < stats->page_sizes; i++) {
		open_object(out, stats->pages[i].size);
		number_if_any(out, "usage", stats->pages[i].usage);
		number_if_any(out, "max", stats->pages[i].max);
		number(out, "failcnt", stats->pages[i].failures);
		close_object(out);
	}
	close_object(out);
}

/* Digits and signs of the kernel's. */
static void text_if_any(struct buffer *out, const char *member, const char *value)
{
	if (!value || !*value)
		return;
	name(out, member);
	buffer_printf(out, "\"%s\"", value);
}

static void print_cache(struct buffer *out, const struct resctrl_stats *caches)
{
	if (!caches->cache.known)
		return;
	open_object(out, "l3_cache_info");
	text_if_any(out, "cbm_mask", caches->cache.mask);
	number_if_any(out, "min_cbm_bits", caches->cache.least_bits);
	number_if_any(out, "num_closids", caches->cache.classes);
	close_object(out);
	text_if_any(out, "l3_cache_schema_root", caches->cache.whole);
	text_if_any(out, "l3_cache_schema", caches->cache.part);
}

static void print_bandwidth(struct buffer *out, const struct resctrl_stats *caches)
{
	if (!caches->bandwidth.known)
		return;
	open_object(out, "mem_bw_info");
	number_if_any(out, "bandwidth_gran", caches->bandwidth.step);
	number_if_any(out, "delay_linear", caches->bandwidth.linear);
	number_if_any(out, "min_bandwidth", caches->bandwidth.least);
	number_if_any(out, "num_closids", caches->bandwidth.classes);
	close_object(out);
	text_if_any(out, "mem_bw_schema_root", caches->bandwidth.whole);
	text_if_any(out, "mem_bw_schema", caches->bandwidth.part);
}

static void print_usage(struct buffer *out, const struct resctrl_stats *caches, bool bandwidth)
{
	const struct resctrl_usage *usage = (const void *)caches->usage.data;
	size_t count = caches->usage.length / sizeof(*usage);

	name(out, bandwidth ? "mbm_stats" : "cmt_stats");
	buffer_append_string(out, "[");
	for (size_t i = 0; i < count; i++) {
		buffer_append_string(out, i ? ",{" : "{");
		if (bandwidth) {
			number(out, "mbm_total_bytes", usage[i].total);
			number(out, "mbm_local_bytes", usage[i].local);
		} else {
			number(out, "llc_occupancy", usage[i].occupancy);
		}
		close_object(out);
	}
	buffer_append_string(out, "]");
}

static void print_caches(struct buffer *out, const struct resctrl_stats *caches)
{
	open_object(out, "intel_rdt");
	print_cache(out, caches);
	print_bandwidth(out, caches);
	if (caches->bandwidth_counted)
		print_usage(out, caches, true);
	if (caches->occupancy_counted)
		print_usage(out, caches, false);
	close_object(out);
}

void runc_stats_print(struct buffer *out, const struct cgroup_stats *stats,
		      const struct resctrl_stats *caches)
{
	buffer_append_string(out, "{");
	print_cpu(out, stats);
	print_cpuset(out, stats);
	print_memory(out, stats);
	open_object(out, "pids");
	number_if_any(out, "current", stats->pids.current);
	number_if_any(out, "limit", stats->pids.limit);
	close_object(out);
	print_io(out, stats);
	print_pages(out, stats);
	print_caches(out, caches);
	name(out, "network_interfaces");
	buffer_append_string(out, "null}");
}
