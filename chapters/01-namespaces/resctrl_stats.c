#include "resctrl_stats.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "memory.h"
#include "text.h"

#define FILE_LIMIT (64 << 10)

/* The text without its newline; NULL when there is no such file, or nothing to be read of it now.
 */
static char *read_text(const char *folder, const char *name)
{
	autofree char *path = format("%s/%s", folder, name);
	autobuffer text = {0};
	autoerror e = file_read(AT_FDCWD, path, FILE_LIMIT, &text);

	return e ? NULL : duplicate_range(text.data, strcspn(text.data, "\n"));
}

/* Counters that the processor has none for at the moment say "Unavailable": 0 then. */
static bool read_number(const char *folder, const char *name, uint64_t *number)
{
	autofree char *text = read_text(folder, name);

	*number = text ? strtoull(text, NULL, 10) : 0;
	return text;
}

/* "    L3:0=ff;1=ff" of the group's schemata; NULL when it has none of the resource. */
static char *read_line(const char *group, const char *resource)
{
	autofree char *path = format("%s/schemata", group);
	autobuffer text = {0};
	autoerror e = file_read(AT_FDCWD, path, FILE_LIMIT, &text);
	char *save = NULL;

	if (e)
		return NULL;
	for (char *line = strtok_r(text.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		line += strspn(line, " ");
		if (text_has_prefix(line, resource))
			return duplicate(line);
	}
	return NULL;
}

static void read_cache(const char *root, const char *group, struct resctrl_stats *stats)
{
	autofree char *info = format("%s/info/L3", root);

	stats->cache.mask = read_text(info, "cbm_mask");
	stats->cache.known = stats->cache.mask;
	if (!stats->cache.known)
		return;
	read_number(info, "min_cbm_bits", &stats->cache.least_bits);
	read_number(info, "num_closids", &stats->cache.classes);
	stats->cache.whole = read_line(root, "L3");
	stats->cache.part = read_line(group, "L3");
}

static void read_bandwidth(const char *root, const char *group, struct resctrl_stats *stats)
{
	autofree char *info = format("%s/info/MB", root);

	stats->bandwidth.known = read_number(info, "min_bandwidth", &stats->bandwidth.least);
	if (!stats->bandwidth.known)
		return;
	read_number(info, "bandwidth_gran", &stats->bandwidth.step);
	read_number(info, "delay_linear", &stats->bandwidth.linear);
	read_number(info, "num_closids", &stats->bandwidth.classes);
	stats->bandwidth.whole = read_line(root, "MB:");
	stats->bandwidth.part = read_line(group, "MB:");
}

static int is_domain(const struct dirent *entry)
{
	return text_has_prefix(entry->d_name, "mon_L3_");
}

static void read_domain(const char *folder, struct resctrl_stats *stats)
{
	struct resctrl_usage usage = {0};
	bool total = read_number(folder, "mbm_total_bytes", &usage.total);
	bool local = read_number(folder, "mbm_local_bytes", &usage.local);

	stats->bandwidth_counted |= total || local;
	stats->occupancy_counted |= read_number(folder, "llc_occupancy", &usage.occupancy);
	buffer_append(&stats->usage, &usage, sizeof(usage));
}

static fallible read_usage(const char *group, struct resctrl_stats *stats)
{
	autofree char *data = format("%s/mon_data", group);
	struct dirent **domains;
	int count = scandir(data, &domains, is_domain, alphasort);

	if (count < 0)
		return errno == ENOENT ? NULL : error_system("cannot look into '%s'", data);
	for (int i = 0; i < count; i++) {
		autofree char *folder = format("%s/%s", data, domains[i]->d_name);

		read_domain(folder, stats);
		free(domains[i]);
	}
	free(domains);
	return NULL;
}

fallible resctrl_stats_read(const char *root, const struct resctrl_request *request,
			    struct resctrl_stats *stats)
{
	autofree char *group = resctrl_group(root, request);
	autofree char *monitor = resctrl_monitor(root, request);

	*stats = (struct resctrl_stats){0};
	read_cache(root, group, stats);
	read_bandwidth(root, group, stats);
	return read_usage(request->monitored ? monitor : group, stats);
}

void resctrl_stats_finish(struct resctrl_stats *stats)
{
	free(stats->cache.mask);
	free(stats->cache.whole);
	free(stats->cache.part);
	free(stats->bandwidth.whole);
	free(stats->bandwidth.part);
	buffer_finish(&stats->usage);
}
