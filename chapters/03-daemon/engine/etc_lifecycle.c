/*
 * /etc/hostname, /etc/hosts and /etc/resolv.conf: written anew for each run into the container's
 * folder and mounted over whatever the image has, because what is right for them is known only
 * when the container starts. Book: 3.4, 5.10
 */
#include "etc_lifecycle.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "container.h"
#include "container_hosts.h"
#include "container_life.h"
#include "container_link.h"
#include "container_record.h"
#include "engine.h"
#include "explain.h"
#include "file.h"
#include "host_config.h"
#include "json.h"
#include "lifecycle.h"
#include "log.h"
#include "memory.h"
#include "oci_spec.h"
#include "remap.h"
#include "resolv_conf.h"
#include "schedule.h"
#include "settings.h"

#define FILE_LIMIT (256 * 1024)

static const json_t *host_config_of(const struct container *container)
{
	return json_object_get(container->document, "HostConfig");
}

/* ---- what is in them ---- */

static fallible write_hostname(const struct container *container, const json_t *settings,
			       struct buffer *text)
{
	(void)settings;
	buffer_printf(text, "%s\n", container_record_text(container, "Config", "Hostname"));
	return NULL;
}

static const json_t *networks_of(const struct container *container)
{
	return json_at(container->document, "NetworkSettings", "Networks", NULL);
}

static fallible write_resolv_conf_as(const struct container *container, const json_t *settings,
				     enum resolv_conf_kind kind, struct buffer *text)
{
	autoresolv conf = {0};

	TRY(resolv_conf_make(host_config_of(container), networks_of(container), settings, kind,
			     &conf));
	resolv_conf_text(&conf, text);
	return NULL;
}

static fallible write_resolv_conf(const struct container *container, const json_t *settings,
				  struct buffer *text)
{
	return write_resolv_conf_as(
		container, settings,
		resolv_conf_kind_of(host_config_of(container), networks_of(container)), text);
}

enum { RESOLV_CONF, HOSTNAME, HOSTS };
static const struct {
	const char *name, *target, *member;
	struct error *(*write)(const struct container *, const json_t *settings, struct buffer *);
} files[] = {
	[RESOLV_CONF] = {"resolv.conf", "/etc/resolv.conf", "ResolvConfPath", write_resolv_conf},
	[HOSTNAME] = {"hostname", "/etc/hostname", "HostnamePath", write_hostname},
	[HOSTS] = {"hosts", "/etc/hosts", "HostsPath", container_hosts_text},
};

/* ---- taking part ---- */

static const char *other_of(const struct container *container)
{
	return host_config_container(host_config_of(container), "NetworkMode");
}

static bool is_owner(const struct container *container)
{
	return !other_of(container);
}

/* Who shares another's network shares these files too: they say who is where in it. That one may
 * have them of a third. */
static fallible share_paths(struct container *container)
{
	autocontainer *other = NULL;

	TRY(container_find(container->engine, other_of(container), &other));
	container_lock(other);
	for (size_t i = 0; i < countof(files); i++)
		json_object_set_new(container->document, files[i].member,
				    json_copy(json_object_get(other->document, files[i].member)));
	container_unlock(other);
	return NULL;
}

static fallible set_paths(struct engine *engine, struct container *container)
{
	if (!is_owner(container))
		return share_paths(container);
	for (size_t i = 0; i < countof(files); i++) {
		autofree char *path = format("%s/containers/%s/%s", engine->options.data_root,
					     container->id, files[i].name);

		json_object_set_new(container->document, files[i].member, json_string(path));
	}
	return NULL;
}

static fallible adopt(struct engine *engine, struct container *container)
{
	autojson *settings = settings_now(engine->settings);
	autobuffer unused = {0};

	TRY(set_paths(engine, container));
	TRY(container_link_adopt(container));
	/* To tell what is wrong in time. */
	TRY(container_hosts_check(host_config_of(container)));
	return write_resolv_conf(container, settings, &unused);
}

static bool is_users_own(const struct container *container, const char *target)
{
	const json_t *mount;
	size_t i;

	json_array_foreach (json_object_get(container->document, "Mounts"), i, mount)
		if (strcmp(json_string_at(mount, "Destination", NULL), target) == 0)
			return true;
	return false;
}

/* In place: a container that runs and shares the file has this very inode mounted. */
static fallible write_file(int folder, const char *name, const struct remap *remap,
			   const struct buffer *text)
{
	int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
	autoclose int fd = openat(folder, name, flags, 0644);

	if (fd < 0)
		return error_system("cannot write the container's '%s'", name);
	if (remap && fchown(fd, remap->users.uid, remap->users.gid) < 0)
		return error_system("cannot give the container its '%s'", name);
	return file_write_fd(fd, name, text->data, text->length);
}

static fallible furnish_file(struct container *container, size_t i, int folder,
			     const json_t *settings, struct furnishing *furnishing)
{
	const char *path = json_string_at(container->document, files[i].member, NULL);
	autobuffer text = {0};

	if (is_users_own(container, files[i].target))
		return NULL;
	if (is_owner(container)) {
		TRY(files[i].write(container, settings, &text));
		TRY(write_file(folder, files[i].name, container_remap(container), &text));
	}
	oci_spec_add_mount(furnishing->spec, "bind", path, files[i].target,
			   json_pack("[s, s]", "rbind", "rprivate"));
	return NULL;
}

/* Most daemons never see a link, and then no start costs a look at all containers. */
static atomic_bool links_exist;

static void note_links(const struct container *container)
{
	if (json_object_get(container->document, CONTAINER_LINKED))
		atomic_store(&links_exist, true);
}

static fallible rejoin(struct engine *engine, struct container *container)
{
	(void)engine;
	note_links(container);
	return NULL;
}

static fallible furnish(struct engine *engine, struct container *container,
			struct furnishing *furnishing)
{
	autojson *settings = settings_now(engine->settings);
	uint64_t began = explain_clock();
	autoclose int folder = -1;

	note_links(container);
	TRY(container_link_check(container));
	TRY(container_open_data(container, &folder));
	for (size_t i = 0; i < countof(files); i++)
		TRY(furnish_file(container, i, folder, settings, furnishing));
	container_link_environment(container, json_at(furnishing->spec, "process", "env", NULL));
	explain(began, "3.4", "what only the start can know, to be mounted over the image's",
		"write(\"hostname\"), write(\"hosts\"), write(\"resolv.conf\")");
	return NULL;
}

/* ---- while it runs ---- */

static fallible rewrite(const struct container *container, int folder, size_t i,
			const struct buffer *text)
{
	return write_file(folder, files[i].name, container_remap(container), text);
}

static fallible change_hosts(const struct container *container, int folder, const char *lines,
			     void (*change)(const char *text, const char *lines,
					    struct buffer *changed))
{
	autobuffer now = {0}, changed = {0};

	if (is_users_own(container, files[HOSTS].target))
		return NULL;
	TRY(file_read(folder, files[HOSTS].name, FILE_LIMIT, &now));
	change(now.length ? now.data : "", lines, &changed);
	return rewrite(container, folder, HOSTS, &changed);
}

static bool is_same(const struct buffer *one, const struct buffer *other)
{
	return one->length == other->length &&
	       (!one->length || memcmp(one->data, other->data, one->length) == 0);
}

/* Written anew when the first network with names has come or the last one has gone, unless somebody
 * has changed it: then it is neither what it would be with such a network nor without one. */
static fallible change_resolv_conf(const struct container *container, int folder,
				   const json_t *settings)
{
	static const enum resolv_conf_kind kinds[] = {RESOLV_CONF_BRIDGE, RESOLV_CONF_OWN};
	autobuffer now = {0}, right = {0};
	bool ours = false;

	if (is_users_own(container, files[RESOLV_CONF].target))
		return NULL;
	TRY(file_read(folder, files[RESOLV_CONF].name, FILE_LIMIT, &now));
	TRY(write_resolv_conf(container, settings, &right));
	for (size_t i = 0; i < countof(kinds); i++) {
		autobuffer text = {0};

		TRY(write_resolv_conf_as(container, settings, kinds[i], &text));
		ours = ours || is_same(&now, &text);
	}
	return ours && !is_same(&now, &right) ? rewrite(container, folder, RESOLV_CONF, &right)
					      : NULL;
}

static fallible change(struct container *container, const json_t *endpoint,
		       void (*change_text)(const char *, const char *, struct buffer *))
{
	autojson *settings = settings_now(container->engine->settings);
	autobuffer lines = {0};
	autoclose int folder = -1;

	if (!is_owner(container))
		return NULL;
	TRY(container_open_data(container, &folder));
	container_hosts_lines(container->document, endpoint, &lines);
	TRY(change_hosts(container, folder, lines.length ? lines.data : "", change_text));
	return change_resolv_conf(container, folder, settings);
}

fallible etc_network_came(struct container *container, const json_t *endpoint)
{
	return change(container, endpoint, container_hosts_add);
}

fallible etc_network_went(struct container *container, const json_t *endpoint)
{
	return change(container, endpoint, container_hosts_remove);
}

/* ---- who links to one that starts ---- */

/* Locked. All that it links to, wherever it is now. */
static fallible move_links(struct container *container)
{
	autobuffer lines = {0};
	autoclose int folder = -1;

	container_link_hosts(container, &lines);
	TRY(container_open_data(container, &folder));
	return change_hosts(container, folder, lines.length ? lines.data : "",
			    container_hosts_move);
}

static void move_links_to(struct container *container, const char *id)
{
	container_lock(container);
	if (container_is_running(container) && is_owner(container) &&
	    container_link_has(container, id))
		log_dropped(LOG_LEVEL_WARN, move_links(container),
			    "/etc/hosts of container %.12s has an old address of %.12s",
			    container->id, id);
	container_unlock(container);
}

static void tell_who_links(void *context)
{
	const struct container *container = context;
	size_t count;
	autofree struct container **all = container_list(container->engine, &count);

	for (size_t i = 0; i < count; i++) {
		move_links_to(all[i], container->id);
		container_release(all[i]);
	}
}

static void release(void *container)
{
	container_release(container);
}

/* In a thread: who links to it has to be locked, and may wait for this one's lock
 * (container_link.h).
 */
static fallible attach(struct engine *engine, struct container *container, pid_t pid)
{
	const struct schedule_work work = {tell_who_links, release, container};

	(void)pid;
	if (!atomic_load(&links_exist))
		return NULL;
	container_hold(container);
	schedule_add(engine->schedule, 0, &work);
	return NULL;
}

const struct lifecycle etc_lifecycle = {
	.name = "etc",
	.adopt = adopt,
	.furnish = furnish,
	.attach = attach,
	.rejoin = rejoin,
};
