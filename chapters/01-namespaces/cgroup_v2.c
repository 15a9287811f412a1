#include "cgroup_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "file.h"
#include "memory.h"
#include "text.h"

#define VALUE_SIZE 1024

/* Each converter turns the neutral value into what the file takes. */
typedef fallible converter(const struct cgroup *cgroup, const char *value, char out[VALUE_SIZE]);

static fallible plain(const struct cgroup *cgroup, const char *value, char out[VALUE_SIZE])
{
	(void)cgroup;
	if (strlen(value) >= VALUE_SIZE)
		return error_new(ERROR_INVALID, "a limit of %zu characters is too long",
				 strlen(value));
	strcpy(out, cgroup_is_unlimited(value) ? "max" : value);
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

	if (cgroup_is_unlimited(value))
		return plain(cgroup, value, out);
	TRY(first_word(cgroup, "memory.max", memory));
	if (cgroup_is_unlimited(memory))
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

/* A limit below what is in use would call the OOM killer; version 1 refuses it. */
static fallible not_in_use(const struct cgroup *cgroup, const char *value, char out[VALUE_SIZE])
{
	char current[VALUE_SIZE];
	int64_t used, limit;

	*out = '\0';
	if (cgroup_is_unlimited(value))
		return NULL;
	TRY(first_word(cgroup, "memory.current", current));
	TRY(integer_parse(current, "memory.current", 0, INT64_MAX, &used));
	TRY(integer_parse(value, "memory.limit", 0, INT64_MAX, &limit));
	return limit > used
		       ? NULL
		       : error_new(
				 ERROR_CONFLICT,
				 "the memory limit %" PRId64 " is not above the %" PRId64
				 " bytes that are in use (memory.checkBeforeUpdate asks for that)",
				 limit, used);
}

/* 2..262144 to 1..10000. A line between the ends would make the default, 1024 of 2, weigh 39
 * where version 2's own default is 100, so the runtimes agreed on a curve through all three. */
static fallible weight_of_shares(const struct cgroup *cgroup, const char *value,
				 char out[VALUE_SIZE])
{
	int64_t shares;

	(void)cgroup;
	TRY(integer_parse(value, "cpu.shares", 0, INT64_MAX, &shares));
	shares = shares < 2 ? 2 : shares > 262144 ? 262144 : shares;
	double l = log2((double)shares);
	double exponent = (l * l + 125 * l) / 612.0 - 7.0 / 34.0;
	snprintf(out, VALUE_SIZE, "%.0f", ceil(pow(10, exponent)));
	return NULL;
}

static fallible weight(const char *value, int64_t *weight)
{
	TRY(integer_parse(value, "blockIO.weight", 10, 1000, weight));
	*weight = 1 + (*weight - 10) * 9999 / 990;
	return NULL;
}

static fallible io_weight(const struct cgroup *cgroup, const char *value, char out[VALUE_SIZE])
{
	int64_t number;

	(void)cgroup;
	TRY(weight(value, &number));
	snprintf(out, VALUE_SIZE, "default %" PRId64, number);
	return NULL;
}

/* "8:0 500" */
static fallible device_weight(const struct cgroup *cgroup, const char *value, char out[VALUE_SIZE])
{
	int device = strcspn(value, " ");
	int64_t number;

	(void)cgroup;
	TRY(weight(value + device + (value[device] == ' '), &number));
	snprintf(out, VALUE_SIZE, "%.*s %" PRId64, device, value, number);
	return NULL;
}

/* "8:0 1048576" to "8:0 rbps=1048576"; no limit is 0 in version 1. */
static fallible throttle(const char *key, const char *value, char out[VALUE_SIZE])
{
	int device = strcspn(value, " ");
	const char *rate = value + device + (value[device] == ' ');

	snprintf(out, VALUE_SIZE, "%.*s %s=%s", device, value, key,
		 strcmp(rate, "0") == 0 ? "max" : rate);
	return NULL;
}

#define THROTTLE(key)                                                                              \
	static fallible key(const struct cgroup *cgroup, const char *value, char out[VALUE_SIZE])  \
	{                                                                                          \
		(void)cgroup;                                                                      \
		return throttle(#key, value, out);                                                 \
	}
THROTTLE(rbps)
THROTTLE(wbps)
THROTTLE(riops)
THROTTLE(wiops)

/* cpu.max is "quota period"; one number alone is the quota. */
static fallible keep_quota(const struct cgroup *cgroup, const char *value, char out[VALUE_SIZE])
{
	char quota[VALUE_SIZE];

	TRY(first_word(cgroup, "cpu.max", quota));
	snprintf(out, VALUE_SIZE, "%.30s %.30s", quota, value);
	return NULL;
}

/* With 0 the first process could not even be born there (CLONE_INTO_CGROUP counts as a fork).
 * With 1 it is there and no other, which is what 0 means. */
static fallible at_least_one(const struct cgroup *cgroup, const char *value, char out[VALUE_SIZE])
{
	return plain(cgroup, strcmp(value, "0") == 0 ? "1" : value, out);
}

/* With the BFQ scheduler a weight is in another file, on version 1's scale. */
static const struct {
	const char *file;
	converter *convert;
	const char *bfq;
} files[CGROUP_LIMIT_COUNT] = {
	[CGROUP_MEMORY_CHECK] = {"memory.current", not_in_use},
	[CGROUP_MEMORY_MAX] = {"memory.max", plain},
	[CGROUP_MEMORY_SWAP] = {"memory.swap.max", swap_alone},
	[CGROUP_MEMORY_RESERVATION] = {"memory.low", plain},
	[CGROUP_CPU_SHARES] = {"cpu.weight", weight_of_shares},
	[CGROUP_CPU_PERIOD] = {"cpu.max", keep_quota},
	[CGROUP_CPU_QUOTA] = {"cpu.max", plain},
	[CGROUP_CPU_BURST] = {"cpu.max.burst", plain},
	[CGROUP_CPU_IDLE] = {"cpu.idle", plain},
	[CGROUP_CPUSET_CPUS] = {"cpuset.cpus", plain},
	[CGROUP_CPUSET_MEMS] = {"cpuset.mems", plain},
	[CGROUP_PIDS_MAX] = {"pids.max", at_least_one},
	[CGROUP_BLKIO_WEIGHT] = {"io.weight", io_weight, "io.bfq.weight"},
	[CGROUP_BLKIO_WEIGHT_DEVICE] = {"io.weight", device_weight, "io.bfq.weight"},
	[CGROUP_BLKIO_READ_BPS] = {"io.max", rbps},
	[CGROUP_BLKIO_WRITE_BPS] = {"io.max", wbps},
	[CGROUP_BLKIO_READ_IOPS] = {"io.max", riops},
	[CGROUP_BLKIO_WRITE_IOPS] = {"io.max", wiops},
	[CGROUP_HUGETLB] = {"hugetlb.%s.max", plain},
	[CGROUP_HUGETLB_RESERVED] = {"hugetlb.%s.rsvd.max", plain},
	[CGROUP_RDMA] = {"rdma.max", plain},
	[CGROUP_UNIFIED] = {"%s", plain},
};

/* Whether the group at `path` has the controller that a file belongs to: "memory" of
 * "memory.max". */
static bool has_controller(const struct cgroup_hierarchy *tree, const char *path, const char *file)
{
	autofree char *name = duplicate_range(file, strcspn(file, "."));
	autofree char *list = cgroup_file(tree, path, "cgroup.controllers");
	autobuffer text = {0};
	autoerror e = file_read(AT_FDCWD, list, 4096, &text);

	return !e && text.data && cgroup_has_word(text.data, name);
}

/* The file is not there. Who wrote its name himself, or the size of a page in it, is wrong; else
 * it is the machine that lacks something, or a group above that hands nothing down. */
static fallible tell_missing(const struct cgroup *cgroup, enum cgroup_limit limit, const char *file,
			     struct error *e)
{
	const struct cgroup_hierarchy *tree = cgroup_hierarchy_of(NULL);
	bool here = has_controller(tree, cgroup->path, file);
	bool offered = has_controller(tree, "", file);

	if (limit == CGROUP_UNIFIED || (limit == CGROUP_HUGETLB && here))
		e->class = ERROR_INVALID;
	if (here || !offered)
		return e;
	return error_wrap(e,
			  "a group above '%s' has processes of its own, so version 2 hands no "
			  "controllers down from there",
			  cgroup->path);
}

static fallible write_lines(const struct cgroup *cgroup, enum cgroup_limit limit, const char *file,
			    char *value)
{
	char *save = NULL;

	for (char *line = strtok_r(value, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct error *e =
			cgroup_write_limit(cgroup_hierarchy_of(NULL), cgroup, file, limit, line);

		if (e)
			return e->class == ERROR_UNAVAILABLE ? tell_missing(cgroup, limit, file, e)
							     : e;
	}
	return NULL;
}

static fallible set_bfq(const struct cgroup *cgroup, enum cgroup_limit limit, const char *value)
{
	if (!files[limit].bfq)
		return error_new(ERROR_UNAVAILABLE, "no other file");
	return cgroup_write_limit(cgroup_hierarchy_of(NULL), cgroup, files[limit].bfq, limit,
				  value);
}

fallible cgroup_v2_set(const struct cgroup *cgroup, enum cgroup_limit limit, const char *value)
{
	char converted[VALUE_SIZE];
	autofree char *file = NULL;
	const char *rest;

	if (limit == CGROUP_DEVICE_RULE)
		return error_new(ERROR_UNAVAILABLE,
				 "cgroup v2 takes the device rules of a group all at once");
	if (!files[limit].file)
		return error_new(ERROR_UNAVAILABLE, "cgroup v2 has nothing like %s",
				 cgroup_limit_name(limit));
	autoerror e = set_bfq(cgroup, limit, value);
	if (!e || e->class != ERROR_UNAVAILABLE)
		return steal(&e);
	TRY(cgroup_limit_file(files[limit].file, value, &file, &rest));
	TRY(files[limit].convert(cgroup, rest, converted));
	return write_lines(cgroup, limit, file, converted);
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
		if (!cgroup_has_word(enabled.data, name))
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

fallible cgroup_v2_check_type(const struct cgroup_hierarchy *tree, const char *path)
{
	autofree char *file = cgroup_file(tree, path, "cgroup.type");
	autobuffer type = {0};
	autoerror e = file_read(AT_FDCWD, file, 64, &type);

	if (e ||
	    (strcmp(type.data, "domain invalid\n") != 0 && strcmp(type.data, "threaded\n") != 0))
		return NULL; /* the top group has no such file */
	return error_new(ERROR_CONFLICT,
			 "the cgroup '%s' is inside of a threaded one, which threads can enter and "
			 "processes cannot: choose another cgroupsPath",
			 path);
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
