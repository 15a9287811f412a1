#include "cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cgroup_device.h"
#include "cgroup_tree.h"
#include "explain.h"
#include "file.h"
#include "memory.h"
#include "text.h"

#define PROCESSES_LIMIT (4 << 20) /* bytes of cgroup.procs that are read */

static fallible check_path(const char *path)
{
	bool wrong =
		path[0] != '/' || !path[1] || text_has_suffix(path, "/") || strlen(path) > 1024;

	for (const char *slash = path; slash && !wrong; slash = strchr(slash + 1, '/'))
		wrong = slash[1] == '/' || strncmp(slash, "/../", 4) == 0 ||
			strcmp(slash, "/..") == 0;
	return wrong ? error_new(ERROR_INVALID,
				 "'%s' is no path of a cgroup: it begins with / and has no '..'",
				 path)
		     : NULL;
}

static const char *way_out(int errnum)
{
	return errnum == EACCES || errnum == EPERM || errnum == EROFS
		       ? " (that part of the tree is not ours: choose a linux.cgroupsPath below a "
			 "group that was given to us, as our own of /proc/self/cgroup may be)"
		       : "";
}

/* mkdir of one level; whether it is new is told, as a new cpuset wants values. */
static fallible make_level(const struct cgroup_hierarchy *tree, const char *path)
{
	autofree char *folder = cgroup_file(tree, path, NULL);

	if (mkdir(folder, 0755) < 0)
		return error_errno(errno == EEXIST ? ERROR_CONFLICT : ERROR_SYSTEM, errno,
				   "cannot create the cgroup '%s'%s", folder, way_out(errno));
	/* The folder's name may be of several controllers: "cpu,cpuset". */
	return !tree->v2 && strstr(tree->name, "cpuset") ? cgroup_v1_inherit_cpuset(tree, path)
							 : NULL;
}

static fallible make_parents(const struct cgroup_hierarchy *tree, const char *path)
{
	autofree char *parent = duplicate(path);

	for (char *slash = strchr(parent + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		autoerror e = make_level(tree, parent);
		*slash = '/';
		if (e && e->class != ERROR_CONFLICT)
			return steal(&e);
	}
	return NULL;
}

typedef fallible visitor(const struct cgroup_hierarchy *tree, const char *path, void *context);

/* Calls visit for every group below `path`, then for `path`: deepest first. */
static fallible walk(const struct cgroup_hierarchy *tree, const char *path, visitor *visit,
		     void *context)
{
	autofree char *folder = cgroup_file(tree, path, NULL);
	DIR *dir = opendir(folder);
	struct error *e = NULL;

	if (!dir)
		return errno == ENOENT ? NULL : error_system("cannot list the cgroup '%s'", folder);
	for (struct dirent *d = readdir(dir); d && !e; d = readdir(dir)) {
		if (d->d_type != DT_DIR || d->d_name[0] == '.')
			continue;
		autofree char *below = format("%s/%s", path, d->d_name);
		e = walk(tree, below, visit, context);
	}
	closedir(dir);
	return e ? e : visit(tree, path, context);
}

static fallible collect(const struct cgroup_hierarchy *tree, const char *path, void *context)
{
	autofree char *file = cgroup_file(tree, path, "cgroup.procs");
	autobuffer text = {0};
	struct error *e = file_read(AT_FDCWD, file, PROCESSES_LIMIT, &text);

	/* EOPNOTSUPP: a threaded group of version 2, its processes are in the group above. */
	if (e && (e->class == ERROR_NOT_FOUND || e->errnum == EOPNOTSUPP || e->errnum == ENODEV)) {
		error_free(e);
		return NULL;
	}
	TRY(e);
	for (char *at = text.data; at && *at; at = strchr(at, '\n') + 1) {
		pid_t pid = atoi(at);

		if (pid > 0)
			buffer_append(context, &pid, sizeof(pid));
		if (!strchr(at, '\n'))
			break;
	}
	return NULL;
}

static bool is_frozen(const struct cgroup_hierarchy *tree, const char *path)
{
	autofree char *file = cgroup_file(tree, path, tree->v2 ? "cgroup.freeze" : "freezer.state");
	autobuffer text = {0};
	autoerror e = file_read(AT_FDCWD, file, 64, &text);

	return !e && strchr("1F", text.data[0]);
}

/* One that is there keeps what its maker has set in it. What others run in it must not suffer from
 * our limits, nor be killed with the container; what is born frozen would never begin. */
static fallible check_existing(const struct cgroup_hierarchy *tree, const char *path)
{
	autobuffer members = {0};

	TRY(walk(tree, path, collect, &members));
	if (members.length)
		return error_new(ERROR_CONFLICT,
				 "the cgroup '%s' exists and has %zu processes: choose another "
				 "cgroupsPath",
				 path, members.length / sizeof(pid_t));
	if (is_frozen(tree, path))
		return error_new(ERROR_CONFLICT,
				 "the cgroup '%s' exists and is frozen: thaw it, or choose another "
				 "cgroupsPath",
				 path);
	return NULL;
}

static fallible create_in(const struct cgroup_hierarchy *tree, const char *path)
{
	autoerror e = make_level(tree, path);

	if (e && e->errnum == ENOENT) {
		TRY(make_parents(tree, path));
		error_free(e);
		e = make_level(tree, path);
	}
	if (e && e->class == ERROR_CONFLICT) {
		error_free(steal(&e));
		TRY(check_existing(tree, path));
	}
	if (!e && tree->v2 && cgroup_layout() == CGROUP_V2)
		cgroup_v2_enable(tree, path);
	return e || !tree->v2 ? steal(&e) : cgroup_v2_check_type(tree, path);
}

fallible cgroup_check_free(const char *path)
{
	size_t count;
	const struct cgroup_hierarchy *trees = cgroup_hierarchies(&count);

	for (size_t i = 0; i < count; i++) {
		autofree char *folder = cgroup_file(&trees[i], path, NULL);

		if (access(folder, F_OK) == 0)
			TRY(check_existing(&trees[i], path));
	}
	return NULL;
}

static void remove_first(const char *path, size_t count)
{
	size_t all;
	const struct cgroup_hierarchy *trees = cgroup_hierarchies(&all);

	for (size_t i = 0; i < count; i++) {
		autofree char *folder = cgroup_file(&trees[i], path, NULL);

		rmdir(folder);
	}
}

fallible cgroup_create(struct cgroup *cgroup, const char *path)
{
	uint64_t began = explain_clock();
	size_t count;
	const struct cgroup_hierarchy *trees = cgroup_hierarchies(&count);

	*cgroup = (struct cgroup){0};
	TRY(check_path(path));
	for (size_t i = 0; i < count; i++) {
		struct error *e = create_in(&trees[i], path);

		if (e) {
			remove_first(path, i);
			return e;
		}
	}
	cgroup->path = duplicate(path);
	explain(began, "1.6", "a group that limits can be set on",
		"mkdir(\"" CGROUP_ROOT "/%s%s\")", count > 1 ? "*" : "", path);
	return NULL;
}

void cgroup_open(struct cgroup *cgroup, const char *path)
{
	cgroup->path = duplicate(path);
}

void cgroup_finish(struct cgroup *cgroup)
{
	free(cgroup->path);
	*cgroup = (struct cgroup){0};
}

/* What the kernel lacks can be done without; the caller warns. No swap is as good as no limit of
 * it, and as a limit of none. */
static fallible judge(struct error *e, enum cgroup_limit limit, const char *value)
{
	autoerror owned = e;

	if (e && e->errnum == EOPNOTSUPP)
		e->class = ERROR_UNAVAILABLE;
	if (e && e->class == ERROR_UNAVAILABLE && limit == CGROUP_MEMORY_SWAP &&
	    cgroup_is_unlimited(value))
		return NULL;
	return steal(&owned);
}

fallible cgroup_set(const struct cgroup *cgroup, enum cgroup_limit limit, const char *value)
{
	uint64_t began = explain_clock();
	enum cgroup_layout layout = cgroup_layout();

	if (!cgroup->path || layout == CGROUP_NONE)
		return error_new(ERROR_UNAVAILABLE, "no cgroup is there to limit %s with",
				 cgroup_limit_name(limit));
	TRY(judge((layout == CGROUP_V2 ? cgroup_v2_set : cgroup_v1_set)(cgroup, limit, value),
		  limit, value));
	explain(began, "1.6", "a limit that the kernel enforces", "%s = %s",
		cgroup_limit_name(limit), value);
	return NULL;
}

/* Whether one of the lines is this one; lines may be NULL. */
static bool has_rule(const char *lines, const char *rule)
{
	size_t length = strlen(rule);

	for (const char *at = lines; at && *at; at += strcspn(at, "\n"), at += *at == '\n')
		if (strcspn(at, "\n") == length && strncmp(at, rule, length) == 0)
			return true;
	return false;
}

/* A rule that comes again needs to be written the last time only: Docker's are the default ones. */
static fallible write_rules(const struct cgroup *cgroup, const char *rules)
{
	autofree char *copy = duplicate(rules);
	char *save = NULL;

	for (char *rule = strtok_r(copy, "\n", &save); rule; rule = strtok_r(NULL, "\n", &save)) {
		struct error *e =
			has_rule(save, rule) ? NULL : cgroup_set(cgroup, CGROUP_DEVICE_RULE, rule);

		/* Only root of the machine may: root of a user namespace can make no device. */
		if (e && e->errnum == EPERM)
			e->class = ERROR_UNAVAILABLE;
		TRY(e);
	}
	return NULL;
}

fallible cgroup_set_devices(const struct cgroup *cgroup, const char *rules)
{
	if (!cgroup->path || cgroup_layout() != CGROUP_V2)
		return write_rules(cgroup, rules);
	autoclose int group = cgroup_v2_fd(cgroup);
	if (group < 0)
		return error_system("cannot open the cgroup '%s'", cgroup->path);
	return cgroup_device_attach(group, rules);
}

/* The kernel's own list of what may be given away; these three where it has none. */
static fallible read_delegated(struct buffer *names)
{
	autoerror e = file_read(AT_FDCWD, "/sys/kernel/cgroup/delegate", 4096, names);

	if (e && e->class != ERROR_NOT_FOUND)
		return steal(&e);
	if (e)
		buffer_append_string(names,
				     "cgroup.procs\ncgroup.subtree_control\ncgroup.threads\n");
	return NULL;
}

fallible cgroup_delegate(const struct cgroup *cgroup, uid_t owner)
{
	uint64_t began = explain_clock();
	autobuffer names = {0};
	char *save = NULL;

	if (!cgroup->path || cgroup_layout() != CGROUP_V2)
		return NULL;
	autoclose int group = cgroup_v2_fd(cgroup);
	if (group < 0 || fchown(group, owner, -1) < 0)
		return error_system("cannot give the cgroup '%s' to user %u", cgroup->path, owner);
	TRY(read_delegated(&names));
	for (char *name = strtok_r(names.data, "\n", &save); name;
	     name = strtok_r(NULL, "\n", &save))
		if (fchownat(group, name, owner, -1, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT)
			return error_system("cannot give '%s' of the cgroup '%s' to user %u", name,
					    cgroup->path, owner);
	explain(began, "1.6", "the container's root may make groups in it",
		"chown(\"" CGROUP_ROOT "%s\", %u)", cgroup->path, owner);
	return NULL;
}

fallible cgroup_add(const struct cgroup *cgroup, pid_t pid)
{
	uint64_t began = explain_clock();
	size_t count;
	const struct cgroup_hierarchy *trees = cgroup_hierarchies(&count);
	autofree char *text = format("%d", pid);

	if (!cgroup->path)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		autofree char *file = cgroup_file(&trees[i], cgroup->path, "cgroup.procs");

		TRY(file_write(AT_FDCWD, file, text));
	}
	explain(began, "1.6", "from here on it is counted and limited",
		"write(\"%s/cgroup.procs\", \"%d\") x %zu", cgroup->path, pid, count);
	return NULL;
}

fallible cgroup_enter(const struct cgroup *cgroup)
{
	uint64_t began = explain_clock();
	size_t count, entered = 0;
	const struct cgroup_hierarchy *trees = cgroup_hierarchies(&count);

	for (size_t i = 0; i < count && cgroup->path; i++) {
		if (trees[i].v2)
			continue;
		autofree char *file = cgroup_file(&trees[i], cgroup->path, "tasks");

		TRY(file_write(AT_FDCWD, file, "0"));
		entered++;
	}
	if (entered)
		explain(began, "1.6", "from here on it is counted and limited",
			"write(\"%s/tasks\", \"0\") x %zu", cgroup->path, entered);
	return NULL;
}

fallible cgroup_enter_single(const struct cgroup *cgroup, const char *controller)
{
	uint64_t began = explain_clock();
	const struct cgroup_hierarchy *tree = cgroup_hierarchy_of(controller);

	if (!tree)
		return error_new(ERROR_UNAVAILABLE,
				 "the cgroup controller '%s' has no tree of its own here",
				 controller);
	autofree char *file = cgroup_file(tree, cgroup->path, "tasks");
	TRY(file_write(AT_FDCWD, file, "0"));
	explain(began, "1.6", "one controller counts it elsewhere", "write(\"%s\", \"0\")", file);
	return NULL;
}

int cgroup_v2_fd(const struct cgroup *cgroup)
{
	const struct cgroup_hierarchy *tree = cgroup_hierarchy_of(NULL);

	if (!tree || !cgroup->path)
		return -1;
	autofree char *folder = cgroup_file(tree, cgroup->path, NULL);
	return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Whichever tree knows the members best: the one, or any of version 1. */
static const struct cgroup_hierarchy *members_tree(void)
{
	const struct cgroup_hierarchy *tree = cgroup_hierarchy_of(NULL);
	size_t count;

	if (tree)
		return tree;
	tree = cgroup_hierarchies(&count);
	return count ? tree : NULL;
}

fallible cgroup_processes(const struct cgroup *cgroup, struct buffer *pids)
{
	const struct cgroup_hierarchy *tree = members_tree();

	if (!tree || !cgroup->path)
		return NULL;
	return walk(tree, cgroup->path, collect, pids);
}

static fallible kill_by_list(const struct cgroup *cgroup, int signal, size_t *count)
{
	autobuffer pids = {0};

	TRY(cgroup_processes(cgroup, &pids));
	*count = pids.length / sizeof(pid_t);
	for (size_t i = 0; i < *count; i++) {
		pid_t pid;

		memcpy(&pid, pids.data + i * sizeof(pid), sizeof(pid));
		if (kill(pid, signal) < 0 && errno != ESRCH)
			return error_system("cannot send signal %d to process %d", signal, pid);
	}
	return NULL;
}

/* cgroup.kill (Linux 5.14) reaches also what forks faster than a list is read. */
static bool kill_at_once(const struct cgroup *cgroup)
{
	const struct cgroup_hierarchy *tree = cgroup_hierarchy_of(NULL);

	if (!tree)
		return false;
	autofree char *file = cgroup_file(tree, cgroup->path, "cgroup.kill");
	autoerror e = file_write(AT_FDCWD, file, "1");
	return !e;
}

/* A version 1 freezer holds also what was killed; version 2's lets it go. */
static void thaw_v1(const struct cgroup *cgroup)
{
	const struct cgroup_hierarchy *freezer = cgroup_hierarchy_of("freezer");

	if (!freezer)
		return;
	autofree char *file = cgroup_file(freezer, cgroup->path, "freezer.state");
	error_free(file_write(AT_FDCWD, file, "THAWED"));
}

fallible cgroup_kill(const struct cgroup *cgroup, int signal)
{
	size_t count;

	if (!cgroup->path)
		return NULL;
	if (signal != SIGKILL)
		return kill_by_list(cgroup, signal, &count);
	if (kill_at_once(cgroup)) {
		thaw_v1(cgroup);
		return NULL;
	}
	for (int i = 0; i < 100; i++) {
		TRY(kill_by_list(cgroup, signal, &count));
		if (!count)
			return NULL;
		thaw_v1(cgroup);
		usleep(1000);
	}
	return error_new(ERROR_UNAVAILABLE, "processes in the cgroup '%s' do not end",
			 cgroup->path);
}

fallible cgroup_freeze(const struct cgroup *cgroup, bool frozen)
{
	uint64_t began = explain_clock();

	if (cgroup->path && cgroup_hierarchy_of(NULL))
		TRY(cgroup_v2_freeze(cgroup, frozen));
	else if (cgroup->path && cgroup_hierarchy_of("freezer"))
		TRY(cgroup_v1_freeze(cgroup, frozen));
	else
		return error_new(
			ERROR_UNAVAILABLE,
			"processes can be paused only in a cgroup with a freezer, and this "
			"machine has none mounted");
	explain(began, "1.6", "no member gets processor time while frozen", "freeze(%s) = %d",
		cgroup->path, frozen);
	return NULL;
}

fallible cgroup_oom_kills(const struct cgroup *cgroup, uint64_t *count)
{
	bool v2 = cgroup_layout() == CGROUP_V2;
	autobuffer text = {0};

	*count = 0;
	if (!cgroup->path || (!v2 && !cgroup_hierarchy_of("memory")))
		return NULL;
	TRY(cgroup_read(cgroup, "memory", v2 ? "memory.events" : "memory.oom_control", &text));
	const char *at = text.data ? strstr(text.data, "oom_kill ") : NULL;
	if (at)
		*count = strtoull(at + strlen("oom_kill "), NULL, 10);
	return NULL;
}

/* A member that was just killed, or whose PID namespace is coming down, still counts for a
 * moment; rmdir is EBUSY until it is gone. */
static fallible remove_group(const struct cgroup_hierarchy *tree, const char *path, void *context)
{
	autofree char *folder = cgroup_file(tree, path, NULL);

	(void)context;
	for (int i = 0; i < 2000; i++) {
		if (rmdir(folder) == 0 || errno == ENOENT)
			return NULL;
		if (errno != EBUSY)
			break;
		usleep(i < 20 ? 100 : 1000);
	}
	return error_errno(errno == EBUSY ? ERROR_CONFLICT : ERROR_SYSTEM, errno,
			   "cannot remove the cgroup '%s'", folder);
}

static fallible remove_in(const struct cgroup *cgroup, const struct cgroup_hierarchy *tree,
			  bool *killed)
{
	autofree char *folder = cgroup_file(tree, cgroup->path, NULL);

	if (rmdir(folder) == 0 || errno == ENOENT)
		return NULL;
	if (!*killed)
		TRY(cgroup_kill(cgroup, SIGKILL));
	*killed = true;
	return walk(tree, cgroup->path, remove_group, NULL);
}

fallible cgroup_remove(const struct cgroup *cgroup)
{
	uint64_t began = explain_clock();
	bool killed = false;
	struct error *first = NULL;
	size_t count;
	const struct cgroup_hierarchy *trees = cgroup_hierarchies(&count);

	if (!cgroup->path)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		struct error *e = remove_in(cgroup, &trees[i], &killed);

		if (first)
			error_free(e);
		else
			first = e;
	}
	explain(began, "1.6", "nothing of the group stays", "rmdir(\"" CGROUP_ROOT "/%s%s\")",
		count > 1 ? "*" : "", cgroup->path);
	return first;
}

fallible cgroup_read(const struct cgroup *cgroup, const char *controller, const char *file,
		     struct buffer *text)
{
	const struct cgroup_hierarchy *tree =
		cgroup_hierarchy_of(cgroup_layout() == CGROUP_V2 ? NULL : controller);

	if (!tree || !cgroup->path)
		return error_new(ERROR_UNAVAILABLE, "the cgroup controller '%s' is not mounted",
				 controller);
	autofree char *path = cgroup_file(tree, cgroup->path, file);
	return file_read(AT_FDCWD, path, PROCESSES_LIMIT, text);
}
