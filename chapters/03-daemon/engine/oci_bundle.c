#include "oci_bundle.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "container_life.h"
#include "container_record.h"
#include "engine.h"
#include "explain.h"
#include "file.h"
#include "json.h"
#include "memory.h"
#include "mount_point.h"
#include "runtimes.h"
#include "seccomp_profile.h"
#include "settings.h"
#include "shim.h"
#include "text.h"
#include "user.h"

#define RUNTIME_LOG "runtime.log"
#define LOG_LIMIT   (1 << 20)

static const char *runtime_of(const struct container *container)
{
	return container_record_text(container, "HostConfig", "Runtime");
}

bool oci_bundle_wanted(const struct container *container)
{
	return !runtimes_is_own(runtime_of(container));
}

/* ---- the document ---- */

static const char *annotation(const json_t *spec, const char *name)
{
	return json_string_at(spec, "annotations", name, NULL);
}

static fallible add_groups(int root, const char *text, struct user *user)
{
	autofree char *names = duplicate(text);
	char *save = NULL;

	for (char *name = strtok_r(names, ",", &save); name; name = strtok_r(NULL, ",", &save))
		TRY(user_add_group(root, name, user));
	return NULL;
}

static json_t *user_json(const struct user *user)
{
	json_t *groups = json_array();

	for (size_t i = 0; i < user->group_count; i++)
		json_array_append_new(groups, json_integer(user->groups[i]));
	return json_pack("{s:I, s:I, s:o}", "uid", (json_int_t)user->uid, "gid",
			 (json_int_t)user->gid, "additionalGids", groups);
}

static fallible set_user(const json_t *spec, int root, json_t *process)
{
	struct user user = {0};
	struct error *e = user_find(root, annotation(spec, "mini-docker.user"), &user);

	if (!e)
		e = add_groups(root, annotation(spec, "mini-docker.groups"), &user);
	if (!e)
		json_object_set_new(process, "user", user_json(&user));
	user_finish(&user);
	return e;
}

static void set_seccomp(json_t *spec)
{
	const json_t *names = json_at(spec, "process", "capabilities", "bounding", NULL);

	if (*annotation(spec, "mini-docker.seccomp"))
		json_object_set_new(json_object_get(spec, "linux"), "seccomp",
				    seccomp_default_profile(seccomp_capability_mask(names)));
}

static void drop_annotations(json_t *spec)
{
	json_t *all = json_object_get(spec, "annotations"), *value;
	const char *name;
	void *next;

	json_object_foreach_safe (all, next, name, value)
		if (text_has_prefix(name, "mini-docker."))
			json_object_del(all, name);
}

static char *folder_of(const struct container *container)
{
	return format("%s/containers/%s", container->engine->options.exec_root, container->id);
}

/* The shim gives each a path, as it does with the root. */
static void place_mounts(const struct container *container, const struct furnishing *furnishing)
{
	autofree char *folder = folder_of(container);
	json_t *row;
	size_t i;

	json_array_foreach (json_object_get(furnishing->spec, "mounts"), i, row) {
		int n = furnishing_find_mount(furnishing, json_string_at(row, "source", NULL));
		autofree char *path = format("%s/" SHIM_MOUNTS "/%d", folder, n);

		if (n >= 0)
			json_object_set_new(row, "source", json_string(path));
	}
}

/* crun takes what is read-only with all below it for a folder; a file has nothing below it. */
static void relax_files(json_t *spec)
{
	json_t *row, *option;
	size_t i, at;

	json_array_foreach (json_object_get(spec, "mounts"), i, row) {
		struct stat st;

		if (stat(json_string_at(row, "source", NULL), &st) < 0 || S_ISDIR(st.st_mode))
			continue;
		json_array_foreach (json_object_get(row, "options"), at, option)
			if (strcmp(json_string_value(option), MOUNT_READ_ONLY) == 0)
				json_string_set(option, "ro");
	}
}

static fallible adapt(const struct container *container, const struct furnishing *furnishing)
{
	json_t *spec = furnishing->spec, *process = json_object_get(spec, "process");

	TRY(set_user(spec, furnishing->root, process));
	relax_files(spec);
	place_mounts(container, furnishing);
	set_seccomp(spec);
	drop_annotations(spec);
	json_object_set_new(json_object_get(spec, "root"), "path", json_string(SHIM_ROOTFS));
	return NULL;
}

static fallible write_document(int run_fd, const char *name, const json_t *document)
{
	autofree char *text = json_text(document);

	return file_write_atomic(run_fd, name, text, strlen(text), 0600, NOT_DURABLE);
}

/* ---- the commands ---- */

static void add_word(struct buffer *words, const char *word)
{
	buffer_append(words, word, strlen(word) + 1);
}

static void add_words(struct buffer *words, const char *const *list)
{
	for (; *list; list++)
		add_word(words, *list);
}

static void end_command(struct buffer *words)
{
	add_word(words, "");
}

/* As a shell finds it; the shim has no PATH of the daemon's. The caller frees. */
static fallible find_program(const char *name, char **path)
{
	autofree char *folders = duplicate(getenv("PATH") ? getenv("PATH") : "/usr/sbin:/usr/bin");
	char *save = NULL;

	if (strchr(name, '/')) {
		*path = duplicate(name);
		return NULL;
	}
	for (char *folder = strtok_r(folders, ":", &save); folder;
	     folder = strtok_r(NULL, ":", &save)) {
		autofree char *candidate = format("%s/%s", folder, name);

		if (access(candidate, X_OK) == 0) {
			*path = steal(&candidate);
			return NULL;
		}
	}
	return error_new(ERROR_INVALID,
			 "exec: \"%s\": executable file not found in $PATH: the runtime is not "
			 "installed",
			 name);
}

/* What every command of one container begins with. `log_folder` is where it tells of errors. */
static fallible begin_command(const struct container *container, const char *log_folder,
			      struct buffer *words)
{
	const char *name = runtime_of(container), *run = container->engine->options.exec_root;
	autojson *settings = settings_now(container->engine->settings);
	const json_t *runtime = json_at(settings, "runtimes", name, NULL), *argument;
	autofree char *program = NULL, *log = format("%s/" RUNTIME_LOG, log_folder);
	autofree char *state = format("%s/containers/%s/runtime", run, container->id);
	const char *const options[] = {"--root", state, "--log", log, "--log-format", "json", NULL};
	size_t i;

	if (!runtime)
		return error_new(ERROR_INVALID, "unknown or invalid runtime name: %s", name);
	TRY(find_program(json_string_at(runtime, "path", NULL), &program));
	add_word(words, program);
	json_array_foreach (json_object_get(runtime, "runtimeArgs"), i, argument)
		add_word(words, json_string_value(argument));
	add_words(words, options);
	return NULL;
}

static void add_console(struct buffer *words, const json_t *process)
{
	static const char *const options[] = {"--console-socket", SHIM_CONSOLE, NULL};

	if (json_is_true(json_object_get(process, "terminal")))
		add_words(words, options);
}

static fallible add_create(const struct container *container, const json_t *spec,
			   struct buffer *words)
{
	autofree char *folder = folder_of(container), *pid = format("%s/" SHIM_PID, folder);
	const char *const options[] = {"create", "--bundle", folder, "--pid-file", pid, NULL};

	TRY(begin_command(container, folder, words));
	add_words(words, options);
	add_console(words, json_object_get(spec, "process"));
	add_word(words, container->id);
	end_command(words);
	return NULL;
}

static fallible add_plain(const struct container *container, const char *const *command,
			  struct buffer *words)
{
	autofree char *folder = folder_of(container);

	TRY(begin_command(container, folder, words));
	add_words(words, command);
	add_word(words, container->id);
	end_command(words);
	return NULL;
}

fallible oci_bundle_write(const struct container *container, const struct furnishing *furnishing,
			  struct buffer *words)
{
	json_t *spec = furnishing->spec;
	static const char *const start[] = {"start", NULL}, *const delete[] = {"delete", "--force",
									       NULL};
	autofree char *cgroup = container_cgroup_path(container);
	uint64_t began = explain_clock();

	TRY(adapt(container, furnishing));
	TRY(write_document(container->run_fd, "config.json", spec));
	add_word(words, cgroup);
	end_command(words);
	TRY(add_create(container, spec, words));
	TRY(add_plain(container, start, words));
	TRY(add_plain(container, delete, words));
	explain(began, "3.5", "a bundle as OCI has it, for the runtime that was asked for",
		"write(\"config.json\"), for %s", runtime_of(container));
	return NULL;
}

/* ---- exec ---- */

static fallible adapt_exec(const struct container *container, const json_t *spec, json_t *process)
{
	autofree char *path = format("/proc/%d/root", container->pid);
	autoclose int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (root < 0)
		return error_system("cannot look into container %s", container->id);
	return set_user(spec, root, process);
}

fallible oci_bundle_write_exec(const struct container *container, const char *folder, int run_fd,
			       const json_t *spec, json_t *process, struct buffer *words)
{
	autofree char *whole = format("%s/%s", container->engine->options.exec_root, folder);
	autofree char *document = format("%s/process.json", whole),
		      *pid = format("%s/" SHIM_PID, whole);
	const char *const options[] = {"exec",       "--detach", "--process", document,
				       "--pid-file", pid,        NULL};

	TRY(adapt_exec(container, spec, process));
	TRY(write_document(run_fd, "process.json", process));
	end_command(words); /* no group of its own */
	TRY(begin_command(container, whole, words));
	add_words(words, options);
	add_console(words, process);
	add_word(words, container->id);
	end_command(words);
	return NULL;
}

/* ---- errors ---- */

/* runc and crun write a line of JSON for each, the reason in the last one. */
static json_t *last_line(struct buffer *log)
{
	json_t *last = NULL;
	char *save = NULL;

	for (char *line = strtok_r(log->data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		json_t *value = json_loads(line, 0, NULL);

		if (value) {
			json_decref(last);
			last = value;
		}
	}
	return last;
}

static enum error_class class_of(const char *message)
{
	if (strstr(message, "executable file not found") ||
	    strstr(message, "no such file or directory") ||
	    strstr(message, "No such file or directory"))
		return ERROR_COMMAND_NOT_FOUND;
	if (strstr(message, "ermission denied") || strstr(message, "is a directory"))
		return ERROR_NOT_EXECUTABLE;
	return ERROR_SYSTEM;
}

struct error *oci_bundle_failure(int run_fd, const char *prefix, struct error *e)
{
	autobuffer log = {0};
	autoerror unread = file_read(run_fd, RUNTIME_LOG, LOG_LIMIT, &log);
	autojson *line = unread || !log.length ? NULL : last_line(&log);
	const char *message = json_string_at(line, "msg", NULL);

	if (!*message)
		return e;
	error_free(e);
	return error_new(class_of(message), "%s%s: unknown", prefix, message);
}
