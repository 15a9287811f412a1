/*
 * /etc/hostname, /etc/hosts and /etc/resolv.conf: written anew for each run into the container's
 * folder and mounted over whatever the image has, because what is right for them is known only
 * when the container starts. Book: 3.4
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "container.h"
#include "container_life.h"
#include "container_record.h"
#include "engine.h"
#include "explain.h"
#include "file.h"
#include "host_config.h"
#include "json.h"
#include "lifecycle.h"
#include "memory.h"
#include "oci_spec.h"
#include "remap.h"
#include "text.h"

#define HOST_FILE_LIMIT (256 * 1024)

static const char localhost[] = "127.0.0.1\tlocalhost\n"
				"::1\tlocalhost ip6-localhost ip6-loopback\n"
				"fe00::\tip6-localnet\n"
				"ff00::\tip6-mcastprefix\n"
				"ff02::1\tip6-allnodes\n"
				"ff02::2\tip6-allrouters\n";

static const json_t *host_config_of(const struct container *container)
{
	return json_object_get(container->document, "HostConfig");
}

/* ---- what is in them ---- */

/* The host's own file; that it has none is as if it were empty. */
static void append_host_file(struct buffer *text, const char *path)
{
	size_t before = text->length;
	autoerror e = file_read(AT_FDCWD, path, HOST_FILE_LIMIT, text);

	if (e)
		text->length = before;
}

static fallible write_hostname(const struct container *container, struct buffer *text)
{
	buffer_printf(text, "%s\n", container_record_text(container, "Config", "Hostname"));
	return NULL;
}

/* "name:address"; the address may have colons of its own. */
static fallible append_extra_host(struct buffer *text, const char *extra)
{
	size_t name = strcspn(extra, ":=");
	const char *address = extra[name] ? extra + name + 1 : "";

	if (!name || !*address || strpbrk(extra, " \t\n"))
		return error_new(ERROR_INVALID, "bad format for add-host: \"%s\"", extra);
	if (strcmp(address, "host-gateway") == 0)
		return error_new(ERROR_NOT_IMPLEMENTED,
				 "host-gateway is not built into this mini-docker yet: networks "
				 "come with chapter 05");
	buffer_printf(text, "%s\t%.*s\n", address, (int)name, extra);
	return NULL;
}

static fallible write_hosts(const struct container *container, struct buffer *text)
{
	const json_t *host_config = host_config_of(container), *extra;
	size_t i;

	if (host_config_is_host(host_config, "NetworkMode"))
		append_host_file(text, "/etc/hosts");
	else
		buffer_append_string(text, localhost);
	json_array_foreach (json_object_get(host_config, "ExtraHosts"), i, extra)
		TRY(append_extra_host(text, json_string_value(extra)));
	return NULL;
}

static void append_list(struct buffer *text, const char *keyword, const json_t *words)
{
	const json_t *word;
	size_t i;

	if (!json_array_size(words))
		return;
	buffer_append_string(text, keyword);
	json_array_foreach (words, i, word)
		buffer_printf(text, " %s", json_string_value(word));
	buffer_append_string(text, "\n");
}

static bool keeps_line(const json_t *host_config, const char *line)
{
	return !(json_array_size(json_object_get(host_config, "Dns")) &&
		 text_has_prefix(line, "nameserver")) &&
	       !(json_array_size(json_object_get(host_config, "DnsSearch")) &&
		 (text_has_prefix(line, "search") || text_has_prefix(line, "domain"))) &&
	       !(json_array_size(json_object_get(host_config, "DnsOptions")) &&
		 text_has_prefix(line, "options"));
}

/* The host's file, but for what --dns, --dns-search and --dns-option say. */
static fallible write_resolv_conf(const struct container *container, struct buffer *text)
{
	const json_t *host_config = host_config_of(container), *server;
	autobuffer host = {0};
	size_t i;

	append_host_file(&host, "/etc/resolv.conf");
	for (char *line = host.length ? host.data : NULL, *next; line && *line; line = next) {
		next = line + strcspn(line, "\n");
		next += *next == '\n';
		if (keeps_line(host_config, line))
			buffer_append(text, line, next - line);
	}
	json_array_foreach (json_object_get(host_config, "Dns"), i, server)
		buffer_printf(text, "nameserver %s\n", json_string_value(server));
	append_list(text, "search", json_object_get(host_config, "DnsSearch"));
	append_list(text, "options", json_object_get(host_config, "DnsOptions"));
	return NULL;
}

static const struct {
	const char *name, *target, *member;
	struct error *(*write)(const struct container *, struct buffer *);
} files[] = {
	{"resolv.conf", "/etc/resolv.conf", "ResolvConfPath", write_resolv_conf},
	{"hostname", "/etc/hostname", "HostnamePath", write_hostname},
	{"hosts", "/etc/hosts", "HostsPath", write_hosts},
};

/* ---- taking part ---- */

/* Who shares another's network shares these files too: they say who is where in it. */
static const char *owner_of(const struct container *container)
{
	const char *other = host_config_container(host_config_of(container), "NetworkMode");

	return other ? other : container->id;
}

static fallible adopt(struct engine *engine, struct container *container)
{
	for (size_t i = 0; i < countof(files); i++) {
		autofree char *path = format("%s/containers/%s/%s", engine->options.data_root,
					     owner_of(container), files[i].name);
		autobuffer text = {0};

		TRY(files[i].write(container, &text)); /* only to tell what is wrong in time */
		json_object_set_new(container->document, files[i].member, json_string(path));
	}
	return NULL;
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

static fallible furnish(struct engine *engine, struct container *container,
			struct furnishing *furnishing)
{
	bool own = strcmp(owner_of(container), container->id) == 0;
	uint64_t began = explain_clock();
	autoclose int folder = -1;

	(void)engine;
	TRY(container_open_data(container, &folder));
	for (size_t i = 0; i < countof(files); i++) {
		const char *path = json_string_at(container->document, files[i].member, NULL);
		autobuffer text = {0};

		if (is_users_own(container, files[i].target))
			continue;
		TRY(files[i].write(container, &text));
		if (own)
			TRY(write_file(folder, files[i].name, container_remap(container), &text));
		oci_spec_add_mount(furnishing->spec, "bind", path, files[i].target,
				   json_pack("[s, s]", "rbind", "rprivate"));
	}
	explain(began, "3.4", "what only the start can know, to be mounted over the image's",
		"write(\"hostname\"), write(\"hosts\"), write(\"resolv.conf\")");
	return NULL;
}

const struct lifecycle etc_lifecycle = {
	.name = "etc",
	.adopt = adopt,
	.furnish = furnish,
};
