#include "oci_spec.h"

#include <string.h>
#include <unistd.h>

#include "container_config.h"
#include "host_config.h"
#include "json.h"
#include "memory.h"
#include "remap.h"
#include "spec.h"
#include "text.h"
#include "user_namespace.h"

#define TTY_GROUP 5

static bool flag(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

static const char *text(const json_t *object, const char *name)
{
	return json_string_at(object, name, NULL);
}

/* ---- mounts ---- */

static size_t find_mount(const json_t *mounts, const char *target)
{
	const json_t *mount;
	size_t i;

	json_array_foreach (mounts, i, mount)
		if (strcmp(text(mount, "destination"), target) == 0)
			return i;
	return json_array_size(mounts);
}

void oci_spec_add_mount(json_t *spec, const char *type, const char *source, const char *target,
			json_t *options)
{
	json_t *mounts = json_object_get(spec, "mounts");
	json_t *mount = json_pack("{s:o, s:s, s:o, s:o}", "destination",
				  json_text_value(target, strlen(target)), "type", type, "source",
				  json_text_value(source, strlen(source)), "options", options);

	json_array_remove(mounts, find_mount(mounts, target));
	json_array_append_new(mounts, mount);
}

static size_t depth_of(const json_t *mount)
{
	size_t depth = 0;

	for (const char *c = text(mount, "destination"); *c; c++)
		depth += *c == '/';
	return depth;
}

/* Stable: the default order of /dev before /dev/pts stays. */
void oci_spec_sort_mounts(json_t *spec)
{
	json_t *mounts = json_object_get(spec, "mounts"), *sorted = json_array(), *mount;
	size_t left = json_array_size(mounts), i;

	for (size_t depth = 0; left; depth++)
		json_array_foreach (mounts, i, mount)
			if (depth_of(mount) == depth) {
				json_array_append(sorted, mount);
				left--;
			}
	json_object_set_new(spec, "mounts", sorted);
}

static void replace_option(json_t *options, const char *prefix, const char *value)
{
	json_t *option;
	size_t i;

	json_array_foreach (options, i, option)
		if (text_has_prefix(json_string_value(option), prefix)) {
			json_array_set_new(options, i, json_string(value));
			return;
		}
	json_array_append_new(options, json_string(value));
}

static json_t *options_of(json_t *spec, const char *target)
{
	json_t *mounts = json_object_get(spec, "mounts");

	return json_object_get(json_array_get(mounts, find_mount(mounts, target)), "options");
}

static void drop_mount(json_t *spec, const char *target)
{
	json_t *mounts = json_object_get(spec, "mounts");

	json_array_remove(mounts, find_mount(mounts, target));
}

/* /dev/shm belongs to the IPC namespace: its own, the host's or another container's. */
static void set_shared_memory(const struct oci_frame *frame, json_t *spec)
{
	const json_t *host = frame->host_config;
	autofree char *size = format(
		"size=%lld", (long long)json_integer_value(json_object_get(host, "ShmSize")));

	if (strcmp(text(host, "IpcMode"), "none") == 0) {
		drop_mount(spec, "/dev/shm");
	} else if (host_config_is_host(host, "IpcMode")) {
		oci_spec_add_mount(spec, "bind", "/dev/shm", "/dev/shm",
				   json_pack("[s, s]", "rbind", "rprivate"));
		if (access("/dev/mqueue", F_OK) == 0) /* else a new one shows the same queues */
			oci_spec_add_mount(spec, "bind", "/dev/mqueue", "/dev/mqueue",
					   json_pack("[s, s]", "rbind", "rprivate"));
	} else if (frame->shared_memory) {
		oci_spec_add_mount(spec, "bind", frame->shared_memory, "/dev/shm",
				   json_pack("[s, s, s, s, s]", "rbind", "rprivate", "nosuid",
					     "noexec", "nodev"));
	} else {
		replace_option(options_of(spec, "/dev/shm"), "size=", size);
	}
}

/* Terminals belong to the group tty, where the daemon's user namespace has one to give. */
static void set_terminals(json_t *spec)
{
	json_t *options = options_of(spec, "/dev/pts"), *option;
	size_t i;

	if (user_namespace_has_group(TTY_GROUP))
		return;
	json_array_foreach (options, i, option)
		if (text_has_prefix(json_string_value(option), "gid=")) {
			json_array_remove(options, i);
			return;
		}
}

/* A privileged container may write where others only look. */
static void set_privileged_mounts(json_t *spec)
{
	static const char *const targets[] = {"/sys", "/sys/fs/cgroup"};
	json_t *option;
	size_t i;

	for (size_t t = 0; t < countof(targets); t++) {
		json_t *options = options_of(spec, targets[t]);

		json_array_foreach (options, i, option)
			if (strcmp(json_string_value(option), "ro") == 0)
				json_array_set_new(options, i, json_string("rw"));
	}
}

/* ---- namespaces ---- */

/* pid 0: a new one; -1: none, the host's. */
static void add_namespace(json_t *namespaces, const char *type, const char *file, pid_t pid)
{
	json_t *namespace;

	if (pid < 0)
		return;
	namespace = json_pack("{s:s}", "type", type);
	if (pid) {
		autofree char *path = format("/proc/%d/ns/%s", pid, file);

		json_object_set_new(namespace, "path", json_string(path));
	}
	json_array_append_new(namespaces, namespace);
}

static pid_t source_of(const struct oci_frame *frame, const char *mode, pid_t joined)
{
	return host_config_is_host(frame->host_config, mode) ? -1 : joined;
}

/* Namespaces belong to a user namespace: who joins another container's is of its users. */
static void set_users(const struct oci_frame *frame, json_t *list, json_t *linux_part)
{
	pid_t other = frame->network ? frame->network : frame->ipc ? frame->ipc : frame->pid;

	if (!frame->remap)
		return;
	add_namespace(list, "user", "user", other);
	json_object_set(linux_part, "uidMappings", frame->remap->uids);
	json_object_set(linux_part, "gidMappings", frame->remap->gids);
}

static void set_namespaces(const struct oci_frame *frame, json_t *linux_part)
{
	json_t *list = json_array();

	set_users(frame, list, linux_part);

	add_namespace(list, "mount", "mnt", 0);
	add_namespace(list, "network", "net", source_of(frame, "NetworkMode", frame->network));
	add_namespace(list, "uts", "uts", source_of(frame, "UTSMode", 0));
	add_namespace(list, "pid", "pid", source_of(frame, "PidMode", frame->pid));
	add_namespace(list, "ipc", "ipc", source_of(frame, "IpcMode", frame->ipc));
	add_namespace(list, "cgroup", "cgroup", source_of(frame, "CgroupnsMode", 0));
	json_object_set_new(linux_part, "namespaces", list);
}

/* Ports below 1024 and ping need no privilege in a network of one's own: nobody else is there. */
static void set_sysctls(const struct oci_frame *frame, json_t *linux_part)
{
	json_t *sysctls = json_object();

	if (!frame->network && !host_config_is_host(frame->host_config, "NetworkMode")) {
		json_object_set_new(sysctls, "net.ipv4.ip_unprivileged_port_start",
				    json_string("0"));
		if (!frame->remap && !user_namespace_is_inner()) /* they have not so many groups */
			json_object_set_new(sysctls, "net.ipv4.ping_group_range",
					    json_string("0 2147483647"));
	}
	json_object_update(sysctls, json_object_get(frame->host_config, "Sysctls"));
	json_object_set_new(linux_part, "sysctl", sysctls);
}

/* ---- the process ---- */

static json_t *rlimits(const json_t *host_config)
{
	json_t *list = json_array();
	const json_t *limit;
	size_t i;

	json_array_foreach (json_object_get(host_config, "Ulimits"), i, limit) {
		autofree char *type = format("RLIMIT_%s", text(limit, "Name"));

		for (char *c = type; *c; c++)
			*c = *c >= 'a' && *c <= 'z' ? *c - 32 : *c;
		json_array_append_new(
			list, json_pack("{s:s, s:I, s:I}", "type", type, "soft",
					json_integer_value(json_object_get(limit, "Soft")), "hard",
					json_integer_value(json_object_get(limit, "Hard"))));
	}
	return list;
}

static void set_process(const struct oci_frame *frame, json_t *spec)
{
	json_t *process = json_object_get(spec, "process");
	const char *folder = text(frame->config, "WorkingDir");
	json_t *oom = json_object_get(frame->host_config, "OomScoreAdj");

	json_object_set_new(process, "terminal", json_boolean(flag(frame->config, "Tty")));
	json_object_set_new(process, "user", json_pack("{s:i, s:i}", "uid", 0, "gid", 0));
	json_object_set_new(process, "args", container_config_command(frame->config));
	json_object_set_new(process, "env", container_config_environment(frame->config));
	json_object_set_new(process, "cwd", json_string(*folder ? folder : "/"));
	json_object_set_new(process, "rlimits", rlimits(frame->host_config));
	if (json_integer_value(oom))
		json_object_set(process, "oomScoreAdj", oom);
}

static json_t *joined(const json_t *texts)
{
	autobuffer all = {0};
	const json_t *item;
	size_t i;

	json_array_foreach (texts, i, item)
		buffer_printf(&all, "%s%s", i ? "," : "", json_string_value(item));
	return json_text_value(all.data ? all.data : "", all.length);
}

/* Names of users mean something only inside: there they are looked up (STEP_USER_NAME). Root is
 * looked up too, for its groups and its HOME. */
static void set_annotations(const struct oci_frame *frame, json_t *spec)
{
	json_t *annotations = json_object();
	const char *user = text(frame->config, "User"), *name;
	json_t *groups = json_object_get(frame->host_config, "GroupAdd"), *value;

	json_object_foreach (json_object_get(frame->host_config, "Annotations"), name, value)
		if (!text_has_prefix(name, "mini-docker."))
			json_object_set(annotations, name, value);
	json_object_set_new(annotations, "mini-docker.user", json_string(*user ? user : "0"));
	if (json_array_size(groups))
		json_object_set_new(annotations, "mini-docker.groups", joined(groups));
	json_object_set_new(annotations, "mini-docker.workdir", json_string("create"));
	json_object_set_new(annotations, "mini-docker.rootfs", json_string("descriptor"));
	json_object_set_new(spec, "annotations", annotations);
}

static void set_names(const struct oci_frame *frame, json_t *spec)
{
	bool shared = host_config_is_host(frame->host_config, "UTSMode");

	json_object_del(spec, "hostname");
	if (shared)
		return;
	json_object_set(spec, "hostname", json_object_get(frame->config, "Hostname"));
	if (*text(frame->config, "Domainname"))
		json_object_set(spec, "domainname", json_object_get(frame->config, "Domainname"));
}

fallible oci_spec_make(const struct oci_frame *frame, json_t **out)
{
	autojson *spec = spec_default();
	json_t *linux_part = json_object_get(spec, "linux");

	set_process(frame, spec);
	json_object_set_new(spec, "root",
			    json_pack("{s:s, s:b}", "path", frame->root_path, "readonly",
				      flag(frame->host_config, "ReadonlyRootfs")));
	set_names(frame, spec);
	set_annotations(frame, spec);
	set_shared_memory(frame, spec);
	set_terminals(spec);
	if (flag(frame->host_config, "Privileged"))
		set_privileged_mounts(spec);
	json_object_set_new(linux_part, "cgroupsPath", json_string(frame->cgroup_path));
	set_namespaces(frame, linux_part);
	set_sysctls(frame, linux_part);
	TRY(oci_security_add(frame->host_config, frame->settings, spec));
	TRY(oci_resources_add(frame->host_config, spec));
	*out = steal(&spec);
	return NULL;
}

/* ---- exec ---- */

fallible oci_spec_process(const struct oci_frame *frame, const json_t *exec, json_t **out)
{
	bool tty = flag(exec, "Tty");
	bool privileged = flag(exec, "Privileged") || flag(frame->host_config, "Privileged");
	const char *folder = text(exec, "WorkingDir");

	if (!*folder)
		folder = text(frame->config, "WorkingDir");
	*out = json_pack("{s:b, s:{s:i, s:i}, s:O, s:o, s:s, s:o, s:o, s:b}", "terminal", tty,
			 "user", "uid", 0, "gid", 0, "args", json_object_get(exec, "Cmd"), "env",
			 container_config_environment_with(frame->config,
							   json_object_get(exec, "Env"), tty),
			 "cwd", *folder ? folder : "/", "capabilities",
			 oci_security_capabilities(frame->host_config, privileged), "rlimits",
			 rlimits(frame->host_config), "noNewPrivileges",
			 oci_security_keeps_privileges(frame->host_config, frame->settings));
	if (!*out)
		return error_new(ERROR_INVALID, "the command of an exec must be UTF-8 text");
	return NULL;
}
