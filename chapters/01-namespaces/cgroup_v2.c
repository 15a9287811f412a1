#include "cgroup_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "file.h"
#include "memory.h"
#include "text.h"

#define VALUE_SIZE 1024

static bool is_unlimited(const char *value)
{
	return strcmp(value, "max") == 0 || strcmp(value, "-1") == 0;
}

/* Each converter turns the neutral value into what the file takes. */
typedef fallible converter(const struct cgroup *cgroup, const char *value, char out[VALUE_SIZE]);

static fallible plain(const struct cgroup *cgroup, const char *value, char out[VALUE_SIZE])
{
	(void)cgroup;
	if (strlen(value) >= VALUE_SIZE)
		return error_new(ERROR_INVALID, "a limit of %zu characters is too long",
				 strlen(value));
	strcpy(out, is_unlimited(value) ? "max" : value);
	return NULL;
}

static fallible first_word(const struct cgroup *cgroup, const char *file, char out[VALUE_SIZE])
{
	autobuffer text = {0};

	TRY(cgroup_read(cgroup, "", file, &text));
	snprintf(out, VALUE_SIZE, "%.*s", (int)strcspn(text.data, " \n"), text.data);
	return NULL;
}

/* Version 2 counts swap alone, Docker and version 1 memory and swap together. */
static fallible swap_alone(const struct cgroup *cgroup, const char *value, char out[VALUE_SIZE])
{
	char memory[VALUE_SIZE];
	int64_t both, only;

	if (is_unlimited(value))
		return plain(cgroup, value, out);
	TRY(first_word(cgroup, "memory.max", memory));
	if (is_unlimited(memory))
		return error_new(ERROR_INVALID,
				 "memory and swap are limited to %s, but memory has no limit: "
				 "give it one",
				 value);
	TRY(integer_parse(value, "memory.swap", 0, INT64_MAX, &both));
	TRY(integer_parse(memory, "memory.max", 0, INT64_MAX, &only));
	if (both < only)
		return error_new(ERROR_INVALID,
				 "memory and swap together (%" PRId64 ") are less than memory "
				 "alone (%" PRId64 ")",
				 both, only);
	snprintf(out, VALUE_SIZE, "%" PRId64, both - only);
	return NULL;
}

/* 2..262144 to 1..10000, the line that the runtime specification's implementations draw. */
static fallible weight_of_shares(const struct cgroup *cgroup, const char *value,
				 char out[VALUE_SIZE])
{
	int64_t shares;

	(void)cgroup;
	TRY(integer_parse(value, "cpu.shares", 0, INT64_MAX, &shares));
	shares = shares < 2 ? 2 : shares > 262144 ? 262144 : shares;
	snprintf(out, VALUE_SIZE, "%" PRId64, 1 + (shares - 2) * 9999 / 262142);
	return NULL;
}

static fallible io_weight(const struct cgroup *cgroup, const char *value, char out[VALUE_SIZE])
{
	int64_t weight;

	(void)cgroup;
	TRY(integer_parse(value, "blockIO.weight", 10, 1000, &weight));
	snprintf(out, VALUE_SIZE, "default %" PRId64, 1 + (weight - 10) * 9999 / 990);
	return NULL;
}

/* cpu.max is "quota period"; one number alone is the quota. */
static fallible keep_quota(const struct cgroup *cgroup, const char *value, char out[VALUE_SIZE])
{
	char quota[VALUE_SIZE];

	TRY(first_word(cgroup, "cpu.max", quota));
	snprintf(out, VALUE_SIZE, "%.30s %.30s", quota, value);
	return NULL;
}

static const struct {
	const char *file;
	converter *convert;
} files[CGROUP_LIMIT_COUNT] = {
	[CGROUP_MEMORY_MAX] = {"memory.max", plain},
	[CGROUP_MEMORY_SWAP] = {"memory.swap.max", swap_alone},
	[CGROUP_MEMORY_RESERVATION] = {"memory.low", plain},
	[CGROUP_CPU_SHARES] = {"cpu.weight", weight_of_shares},
	[CGROUP_CPU_PERIOD] = {"cpu.max", keep_quota},
	[CGROUP_CPU_QUOTA] = {"cpu.max", plain},
	[CGROUP_CPUSET_CPUS] = {"cpuset.cpus", plain},
	[CGROUP_CPUSET_MEMS] = {"cpuset.mems", plain},
	[CGROUP_PIDS_MAX] = {"pids.max", plain},
	[CGROUP_BLKIO_WEIGHT] = {"io.weight", io_weight},
};

fallible cgroup_v2_set(const struct cgroup *cgroup, enum cgroup_limit limit, const char *value)
{
	const struct cgroup_hierarchy *tree = cgroup_hierarchy_of(NULL);
	char converted[VALUE_SIZE];

	if (limit == CGROUP_DEVICE_RULE)
		return error_new(ERROR_UNAVAILABLE,
				 "cgroup v2 takes the device rules of a group all at once");
	if (!files[limit].file)
		return error_new(ERROR_UNAVAILABLE, "cgroup v2 has nothing like %s",
				 cgroup_limit_name(limit));
	TRY(files[limit].convert(cgroup, value, converted));
	return cgroup_write_limit(tree, cgroup, files[limit].file, limit, converted);
}

/* Whether the space-separated list has the word. */
static bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = strstr(list, word); at; at = strstr(at + 1, word))
		if ((at == list || at[-1] == ' ') && strchr(" \n", at[length]))
			return true;
	return false;
}

/* cgroup.subtree_control gets "+NAME" for each of cgroup.controllers that it lacks. */
static void enable_in(const struct cgroup_hierarchy *tree, const char *path)
{
	autofree char *from = cgroup_file(tree, path, "cgroup.controllers");
	autofree char *to = cgroup_file(tree, path, "cgroup.subtree_control");
	autobuffer offered = {0}, enabled = {0};
	autoerror e = file_read(AT_FDCWD, from, 4096, &offered);
	char *save = NULL;

	if (!e)
		e = file_read(AT_FDCWD, to, 4096, &enabled);
	if (e)
		return;
	for (char *name = strtok_r(offered.data, " \n", &save); name;
	     name = strtok_r(NULL, " \n", &save)) {
		autofree char *order = format("+%s", name);

		/* One that cannot be had (a group with processes of its own, a controller that
		 * version 1 holds) is told when a limit needs it. */
		if (!has_word(enabled.data, name))
			error_free(file_write(AT_FDCWD, to, order));
	}
}

void cgroup_v2_enable(const struct cgroup_hierarchy *tree, const char *path)
{
	autofree char *parent = duplicate(path);

	enable_in(tree, "");
	for (char *slash = strchr(parent + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		enable_in(tree, parent);
		*slash = '/';
	}
}

fallible cgroup_v2_freeze(const struct cgroup *cgroup, bool frozen)
{
	const struct cgroup_hierarchy *tree = cgroup_hierarchy_of(NULL);
	const struct timespec pause = {.tv_nsec = 1000000};
	autofree char *path = cgroup_file(tree, cgroup->path, "cgroup.freeze");
	autofree char *events = cgroup_file(tree, cgroup->path, "cgroup.events");

	TRY(file_write(AT_FDCWD, path, frozen ? "1" : "0"));
	for (int i = 0; i < 1000; i++) {
		autobuffer text = {0};

		TRY(file_read(AT_FDCWD, events, 4096, &text));
		if (!!strstr(text.data, "frozen 1") == frozen)
			return NULL;
		nanosleep(&pause, NULL);
	}
	error_free(file_write(AT_FDCWD, path, "0"));
	return error_new(ERROR_UNAVAILABLE, "cannot freeze '%s': a process did not stop in 1 s",
			 path);
}
