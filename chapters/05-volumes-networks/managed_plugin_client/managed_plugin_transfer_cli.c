/* docker plugin create, install, upgrade and push. */
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "buffer.h"
#include "distribution_cli.h"
#include "file.h"
#include "http_message.h"
#include "image_name.h"
#include "json.h"
#include "managed_plugin_cli.h"
#include "memory.h"
#include "packer_copy.h"
#include "progress.h"
#include "remote.h"

struct transfer_options {
	const char *alias;
	bool disable, grant, no_trust, skip_check, compress;
};

#define AT(member) offsetof(struct transfer_options, member)

static const struct option_row create_rows[] = {
	{0, "compress", OPTION_FLAG, AT(compress), NULL,
	 "Compress the context using gzip (accepted, not done: the daemon compresses)"},
	{0},
};

#define GRANT_ROW                                                                                  \
	{                                                                                          \
		0, "grant-all-permissions", OPTION_FLAG, AT(grant), NULL,                          \
			"Grant all permissions necessary to run the plugin"                        \
	}
#define TRUST_ROW                                                                                  \
	{                                                                                          \
		0, "disable-content-trust", OPTION_FLAG, AT(no_trust), NULL,                       \
			"Skip image verification (always so)"                                      \
	}

static const struct option_row install_rows[] = {
	{0, "alias", OPTION_TEXT, AT(alias), "string", "Local name for plugin"},
	{0, "disable", OPTION_FLAG, AT(disable), NULL, "Do not enable the plugin on install"},
	TRUST_ROW,
	GRANT_ROW,
	{0},
};

static const struct option_row upgrade_rows[] = {
	TRUST_ROW,
	GRANT_ROW,
	{0, "skip-remote-check", OPTION_FLAG, AT(skip_check), NULL,
	 "Do not check if specified remote plugin matches existing plugin image"},
	{0},
};

static const struct option_row push_rows[] = {
	{0, "disable-content-trust", OPTION_FLAG, AT(no_trust), NULL,
	 "Skip image signing (always so)"},
	{0},
};

/* -- create -- */

struct upload {
	struct http_connection *c;
	bool answered;
};

static fallible send_bytes(void *context, const void *bytes, size_t length)
{
	struct upload *upload = context;

	return upload->answered ? NULL
				: remote_upload_write(upload->c, bytes, length, &upload->answered);
}

/* What the daemon would say after all was sent is said before. */
static fallible check_folder(int folder, const char *path)
{
	struct stat st;

	if (fstatat(folder, "config.json", &st, 0) < 0)
		return error_new(ERROR_NOT_FOUND, "open %s/config.json: no such file or directory",
				 path);
	if (fstatat(folder, "rootfs", &st, 0) < 0 || !S_ISDIR(st.st_mode))
		return error_new(ERROR_NOT_FOUND, "stat %s/rootfs: no such directory", path);
	return NULL;
}

static fallible create(struct client *client, const char *name, const char *path)
{
	auto_http_connection c = NULL;
	auto_http_response response = {0};
	autobuffer query = {0};
	autoclose int folder = -1;

	TRY(directory_open(AT_FDCWD, path, &folder));
	TRY(check_folder(folder, path));
	buffer_append_string(&query, "/plugins/create");
	http_query_add(&query, "name", name);
	TRY(remote_upload_begin(client, "POST", query.data, "application/x-tar", &c));
	struct upload upload = {.c = c};
	const struct sink out = {send_bytes, &upload};
	TRY(packer_copy(folder, ".", ".", NULL, &out));
	if (!upload.answered)
		TRY(http_connection_end(c));
	TRY(remote_answer(client, c, "POST", &response));
	printf("%s\n", name);
	return NULL;
}

static fallible create_run(struct client *client, int argc, char **argv)
{
	struct transfer_options options = {0};
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	return done ? NULL : create(client, argv[first], argv[first + 1]);
}

/* -- what is granted -- */

static void print_privileges(const json_t *privileges)
{
	const json_t *one, *value;
	size_t i, k;

	json_array_foreach (privileges, i, one) {
		printf(" - %s: [", json_string_at(one, "Name", NULL));
		json_array_foreach (json_object_get(one, "Value"), k, value)
			printf("%s%s", k ? " " : "", json_string_value(value));
		printf("]\n");
	}
}

/* Anything but a yes is a no, the end of the input too. */
static bool is_yes(const char *question)
{
	char answer[16] = "";

	printf("%s [y/N] ", question);
	fflush(stdout);
	if (!fgets(answer, sizeof(answer), stdin))
		printf("\n");
	return tolower((unsigned char)answer[0]) == 'y' &&
	       strspn(answer + 1, "\r\n ") == strlen(answer + 1);
}

static bool is_granted(const char *remote, const json_t *privileges)
{
	printf("Plugin \"%s\" is requesting the following privileges:\n", remote);
	print_privileges(privileges);
	return is_yes("Do you grant the above permissions?");
}

static fallible find_privileges(struct client *client, const struct transfer_options *options,
				const char *remote, json_t **privileges)
{
	autobuffer path = {0};
	autojson *wanted = NULL;

	buffer_append_string(&path, "/plugins/privileges");
	http_query_add(&path, "remote", remote);
	TRY(remote_call(client, "GET", path.data, NULL, &wanted));
	if (!options->grant && json_array_size(wanted) && !is_granted(remote, wanted))
		return error_new(ERROR_FORBIDDEN, "permission denied while installing plugin %s",
				 remote);
	*privileges = steal(&wanted);
	return NULL;
}

/* With a tag, if it has neither one nor a digest. The caller frees. */
static char *whole_name(const char *text)
{
	auto_image_name name = {0};

	image_name_split(text, &name);
	return name.tag || name.digest ? duplicate(text) : format("%s:latest", text);
}

static fallible transfer(struct client *client, const char *path, const json_t *body)
{
	auto_http_connection c = NULL;
	auto_http_response response = {0};

	TRY(remote_open(client, "POST", path, body, &c));
	TRY(remote_answer(client, c, "POST", &response));
	return progress_show(c, stdout);
}

/* -- install -- */

static fallible set(struct client *client, const char *name, int count, char **settings)
{
	autobuffer path = remote_path("plugins", name, "set");
	autojson *changes = json_array();

	for (int i = 0; i < count; i++)
		json_array_append_new(changes, json_text_value(settings[i], strlen(settings[i])));
	return count ? remote_call(client, "POST", path.data, changes, NULL) : NULL;
}

static fallible enable(struct client *client, const char *name)
{
	autobuffer path = remote_path("plugins", name, "enable");

	http_query_add(&path, "timeout", "0");
	return remote_call(client, "POST", path.data, NULL, NULL);
}

static fallible install(struct client *client, const struct transfer_options *options,
			const char *text, int count, char **settings)
{
	autofree char *remote = whole_name(text);
	autofree char *name = whole_name(options->alias ? options->alias : remote);
	autojson *privileges = NULL;
	autobuffer path = {0};

	TRY(distribution_authorize(client, remote));
	TRY(find_privileges(client, options, remote, &privileges));
	buffer_append_string(&path, "/plugins/pull");
	http_query_add(&path, "remote", remote);
	http_query_add(&path, "name", options->alias ? name : NULL);
	TRY(transfer(client, path.data, privileges));
	TRY(set(client, name, count, settings));
	if (!options->disable)
		TRY(enable(client, name));
	printf("Installed plugin %s\n", text);
	return NULL;
}

static fallible install_run(struct client *client, int argc, char **argv)
{
	struct transfer_options options = {0};
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	return done ? NULL
		    : install(client, &options, argv[first], argc - first - 1, argv + first + 1);
}

/* -- upgrade -- */

/* Both are normalized: "docker.io/vieux/sshfs:latest". */
static bool is_same(const char *one, const char *other)
{
	auto_image_name first = {0}, second = {0};

	image_name_split(one, &first);
	image_name_split(other, &second);
	autofree char *a = image_name_text(&first), *b = image_name_text(&second);
	return strcmp(a, b) == 0;
}

static fallible upgrade(struct client *client, const struct transfer_options *options,
			const char *name, const char *text)
{
	autobuffer look = remote_path("plugins", name, "json");
	autobuffer path = remote_path("plugins", name, "upgrade");
	autojson *plugin = NULL, *privileges = NULL;

	TRY(error_wrap(remote_call(client, "GET", look.data, NULL, &plugin),
		       "error reading plugin data"));
	const char *from = json_string_at(plugin, "PluginReference", NULL);
	autofree char *remote = whole_name(text ? text : from);
	if (json_is_true(json_object_get(plugin, "Enabled")))
		return error_new(ERROR_CONFLICT, "the plugin must be disabled before upgrading");
	printf("Upgrading plugin %s from %s to %s\n", name, from, remote);
	if (!options->skip_check && !is_same(from, remote) &&
	    !is_yes("Plugin images do not match, are you sure?"))
		return error_new(ERROR_INVALID, "canceling upgrade request");
	TRY(distribution_authorize(client, remote));
	TRY(find_privileges(client, options, remote, &privileges));
	http_query_add(&path, "remote", remote);
	TRY(transfer(client, path.data, privileges));
	printf("Upgraded plugin %s to %s\n", name, remote);
	return NULL;
}

static fallible upgrade_run(struct client *client, int argc, char **argv)
{
	struct transfer_options options = {0};
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	return done ? NULL
		    : upgrade(client, &options, argv[first],
			      first + 1 < argc ? argv[first + 1] : NULL);
}

/* -- push -- */

static fallible push_run(struct client *client, int argc, char **argv)
{
	struct transfer_options options = {0};
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	if (done)
		return NULL;
	autofree char *name = whole_name(argv[first]);
	autobuffer path = remote_path("plugins", name, "push");
	TRY(distribution_authorize(client, argv[first]));
	return transfer(client, path.data, NULL);
}

const struct command plugin_create_command = {
	.usage = "[OPTIONS] PLUGIN PLUGIN-DATA-DIR",
	.summary = "Create a plugin from a rootfs and configuration. Plugin data directory must "
		   "contain config.json and rootfs directory.",
	.options = create_rows,
	.least = 2,
	.most = 2,
	.run = create_run,
};

const struct command plugin_install_command = {
	.usage = "[OPTIONS] PLUGIN [KEY=VALUE...]",
	.summary = "Install a plugin",
	.options = install_rows,
	.least = 1,
	.most = -1,
	.run = install_run,
};

const struct command plugin_upgrade_command = {
	.usage = "[OPTIONS] PLUGIN [REMOTE]",
	.summary = "Upgrade an existing plugin",
	.options = upgrade_rows,
	.least = 1,
	.most = 2,
	.run = upgrade_run,
};

const struct command plugin_push_command = {
	.usage = "[OPTIONS] PLUGIN[:TAG]",
	.summary = "Push a plugin to a registry",
	.options = push_rows,
	.least = 1,
	.most = 1,
	.run = push_run,
};
