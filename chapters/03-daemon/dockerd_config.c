#include "dockerd_config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "memory.h"
#include "text.h"

#define FILE_LIMIT (1 << 20)
#define NOT_GIVEN  INT64_MIN

#define FIELD(name) offsetof(struct dockerd_config, name)

static const struct option_row rows[] = {
	{0, "cgroup-parent", OPTION_TEXT, FIELD(cgroup_parent), "string",
	 "Set parent cgroup for all containers (default \"/mini-docker\")"},
	{0, "config-file", OPTION_TEXT, FIELD(config_file), "string",
	 "Daemon configuration file (default \"" DOCKERD_DEFAULT_CONFIG_FILE "\")"},
	{0, "data-root", OPTION_TEXT, FIELD(data_root), "string",
	 "Root directory of persistent Docker state (default \"/var/lib/mini-docker\")"},
	{'D', "debug", OPTION_FLAG, FIELD(debug), NULL, "Enable debug mode"},
	{0, "exec-opt", OPTION_LIST, FIELD(exec_opts), "list", "Runtime execution options"},
	{0, "exec-root", OPTION_TEXT, FIELD(exec_root), "string",
	 "Root directory for execution state files (default \"/run/mini-docker\")"},
	{'G', "group", OPTION_TEXT, FIELD(group), "string",
	 "Group for the unix socket (default \"docker\")"},
	{0, "help", OPTION_FLAG, FIELD(help), NULL, "Print usage"},
	{'H', "host", OPTION_LIST, FIELD(hosts), "list", "Daemon socket(s) to connect to"},
	{0, "init", OPTION_FLAG, FIELD(init), NULL,
	 "Run an init in the container to forward signals and reap processes"},
	{0, "init-path", OPTION_TEXT, FIELD(init_path), "string",
	 "Path to the docker-init binary (default: mini-init beside this program)"},
	{0, "insecure-registry", OPTION_LIST, FIELD(insecure_registries), "list",
	 "Enable insecure registry communication"},
	{0, "label", OPTION_LIST, FIELD(labels), "list", "Set key=value labels to the daemon"},
	{0, "live-restore", OPTION_FLAG, FIELD(live_restore), NULL,
	 "Keep containers running while the daemon is down (always so)"},
	{0, "log-driver", OPTION_TEXT, FIELD(log_driver), "string",
	 "Default driver for container logs (default \"json-file\")"},
	{'l', "log-level", OPTION_TEXT, FIELD(log_level_name), "string",
	 "Set the logging level (\"debug\"|\"info\"|\"warn\"|\"error\"|\"fatal\") "
	 "(default \"info\")"},
	{'p', "pidfile", OPTION_TEXT, FIELD(pidfile), "string",
	 "Path to use for daemon PID file (default EXEC-ROOT/mini-dockerd.pid)"},
	{0, "registry-mirror", OPTION_LIST, FIELD(mirrors), "list", "Preferred registry mirror"},
	{0, "shutdown-timeout", OPTION_INTEGER, FIELD(shutdown_timeout), "int",
	 "Set the default shutdown timeout (default 15; containers outlive the daemon)"},
	{'s', "storage-driver", OPTION_TEXT, FIELD(storage_driver), "string",
	 "Storage driver to use (\"overlay2\")"},
	{0, "tls", OPTION_FLAG, FIELD(tls), NULL, "Use TLS; implied by --tlsverify"},
	{0, "tlscacert", OPTION_TEXT, FIELD(tls_ca), "string",
	 "Trust certs signed only by this CA (default \"~/.docker/ca.pem\")"},
	{0, "tlscert", OPTION_TEXT, FIELD(tls_certificate), "string",
	 "Path to TLS certificate file (default \"~/.docker/cert.pem\")"},
	{0, "tlskey", OPTION_TEXT, FIELD(tls_key), "string",
	 "Path to TLS key file (default \"~/.docker/key.pem\")"},
	{0, "tlsverify", OPTION_FLAG, FIELD(tls_verify), NULL, "Use TLS and verify the remote"},
	{0, "validate", OPTION_FLAG, FIELD(validate), NULL,
	 "Validate daemon configuration and exit"},
	{'v', "version", OPTION_FLAG, FIELD(version), NULL, "Print version information and quit"},
	{0},
};

/* The file's key for a flag, where it is not the flag's own name. */
static const struct {
	const char *flag, *key; /* "": cannot be in the file */
} keys[] = {
	{"config-file", ""},
	{"exec-opt", "exec-opts"},
	{"help", ""},
	{"host", "hosts"},
	{"insecure-registry", "insecure-registries"},
	{"label", "labels"},
	{"registry-mirror", "registry-mirrors"},
	{"validate", ""},
	{"version", ""},
};

/* What dockerd has and this daemon does not: told apart from what nobody knows. */
static const struct {
	const char *name, *chapter;
} later[] = {
	{"add-runtime", "03"},
	{"allow-direct-routing", "05"},
	{"authorization-plugin", "05"},
	{"bip", "05"},
	{"bip6", "05"},
	{"bridge", "05"},
	{"default-address-pool", "05"},
	{"default-cgroupns-mode", "03"},
	{"default-gateway", "05"},
	{"default-gateway-v6", "05"},
	{"default-ipc-mode", "03"},
	{"default-network-opt", "05"},
	{"default-runtime", "03"},
	{"default-shm-size", "03"},
	{"default-ulimit", "03"},
	{"dns", "05"},
	{"dns-opt", "05"},
	{"dns-search", "05"},
	{"experimental", "03"},
	{"feature", "03"},
	{"firewall-backend", "05"},
	{"fixed-cidr", "05"},
	{"fixed-cidr-v6", "05"},
	{"http-proxy", "04"},
	{"https-proxy", "04"},
	{"icc", "05"},
	{"ip", "05"},
	{"ip-forward", "05"},
	{"ip-masq", "05"},
	{"ip6tables", "05"},
	{"iptables", "05"},
	{"ipv6", "05"},
	{"log-format", "03"},
	{"log-opt", "03"},
	{"max-concurrent-downloads", "04"},
	{"max-concurrent-uploads", "04"},
	{"max-download-attempts", "04"},
	{"metrics-addr", "07"},
	{"mtu", "05"},
	{"no-new-privileges", "03"},
	{"no-proxy", "04"},
	{"node-generic-resource", "07"},
	{"rootless", "03"},
	{"runtimes", "03"},
	{"seccomp-profile", "03"},
	{"storage-opt", "03"},
	{"swarm-default-advertise-addr", "07"},
	{"userland-proxy", "05"},
	{"userns-remap", "03"},
};

static const char *key_of(const struct option_row *row)
{
	for (size_t i = 0; i < countof(keys); i++)
		if (strcmp(keys[i].flag, row->name) == 0)
			return keys[i].key;
	return row->name;
}

static const struct option_row *row_of(const char *key)
{
	for (const struct option_row *row = rows; row->name; row++)
		if (strcmp(key_of(row), key) == 0)
			return row;
	return NULL;
}

/* -- flags -- */

static const char *chapter_of(const char *name, size_t length)
{
	for (size_t i = 0; i < countof(later); i++)
		if (strlen(later[i].name) == length && memcmp(later[i].name, name, length) == 0)
			return later[i].chapter;
	return NULL;
}

static fallible refuse_later(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		size_t length = text_has_prefix(argv[i], "--") ? strcspn(argv[i], "=") : 0;
		const char *chapter = length ? chapter_of(argv[i] + 2, length - 2) : NULL;

		if (chapter)
			return error_new(ERROR_NOT_IMPLEMENTED,
					 "%.*s is not built into this mini-docker yet: it comes "
					 "with chapter %s",
					 (int)length, argv[i], chapter);
	}
	return NULL;
}

fallible dockerd_config_read_flags(struct dockerd_config *config, int argc, char **argv)
{
	int first;
	bool help = false;

	*config =
		(struct dockerd_config){.argc = argc, .argv = argv, .shutdown_timeout = NOT_GIVEN};
	TRY(refuse_later(argc, argv));
	TRY(options_parse(rows, config, OPTIONS_ANYWHERE, argc, argv, &first, &help));
	config->help |= help;
	if (first < argc && !config->help)
		return error_new(ERROR_INVALID, "\"%s\" accepts no arguments",
				 strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0]);
	return NULL;
}

/* -- the file -- */

static bool is_set(const struct dockerd_config *config, const struct option_row *row)
{
	const void *field = (const char *)config + row->offset;

	switch (row->kind) {
	case OPTION_FLAG:
		return *(const bool *)field;
	case OPTION_LIST:
		return ((const struct words *)field)->count > 0;
	case OPTION_INTEGER:
		return *(const int64_t *)field != NOT_GIVEN;
	default:
		return *(const char *const *)field;
	}
}

/* As Go prints a value: [a b], true, 5. */
static void print_value(struct buffer *text, const json_t *value)
{
	const json_t *item;
	size_t i;

	if (json_is_string(value)) {
		buffer_append_string(text, json_string_value(value));
	} else if (json_is_array(value)) {
		buffer_append_string(text, "[");
		json_array_foreach (value, i, item) {
			buffer_append_string(text, i ? " " : "");
			print_value(text, item);
		}
		buffer_append_string(text, "]");
	} else {
		autofree char *plain = json_dumps(value, JSON_ENCODE_ANY);

		buffer_append_string(text, plain);
	}
}

static json_t *flag_value(const struct dockerd_config *config, const struct option_row *row)
{
	const void *field = (const char *)config + row->offset;
	const struct words *words = field;
	json_t *list;

	switch (row->kind) {
	case OPTION_FLAG:
		return json_boolean(*(const bool *)field);
	case OPTION_INTEGER:
		return json_integer(*(const int64_t *)field);
	case OPTION_LIST:
		list = json_array();
		for (size_t i = 0; i < words->count; i++)
			json_array_append_new(list, json_text_value(words->items[i],
								    strlen(words->items[i])));
		return list;
	default:
		return json_string_or_null(*(const char *const *)field);
	}
}

static void print_name(const struct dockerd_config *config, const char *key, const json_t *value,
		       struct buffer *text)
{
	(void)config;
	(void)value;
	buffer_append_string(text, key);
}

static void print_both(const struct dockerd_config *config, const char *key, const json_t *value,
		       struct buffer *text)
{
	autojson *flag = flag_value(config, row_of(key));

	buffer_printf(text, "%s: (from flag: ", key);
	print_value(text, flag);
	buffer_append_string(text, ", from file: ");
	print_value(text, value);
	buffer_append_string(text, ")");
}

/* The plural of a flag's name is a key too: "storage-opts", "dns-opts", "features". */
static const char *later_chapter(const char *key)
{
	size_t length = strlen(key);
	const char *chapter = chapter_of(key, length);

	return chapter || !length || key[length - 1] != 's' ? chapter : chapter_of(key, length - 1);
}

static bool is_unknown(const struct dockerd_config *config, const char *key)
{
	(void)config;
	return !row_of(key) && !later_chapter(key);
}

static bool is_later(const struct dockerd_config *config, const char *key)
{
	(void)config;
	return !row_of(key) && later_chapter(key);
}

static bool is_twice(const struct dockerd_config *config, const char *key)
{
	const struct option_row *row = row_of(key);

	return row && is_set(config, row);
}

/* One rule about keys: which ones break it, and what is said about each. */
struct key_check {
	bool (*wanted)(const struct dockerd_config *, const char *key);
	void (*print)(const struct dockerd_config *, const char *key, const json_t *value,
		      struct buffer *text);
	const char *text;
};

static fallible check_rule(const struct dockerd_config *config, json_t *file,
			   const struct key_check *check)
{
	autobuffer names = {0};
	const char *key;
	json_t *value;

	json_object_foreach (file, key, value) {
		if (!check->wanted(config, key))
			continue;
		if (names.length)
			buffer_append_string(&names, ", ");
		check->print(config, key, value, &names);
	}
	return names.length ? error_new(ERROR_INVALID, "%s: %s", check->text, names.data) : NULL;
}

static fallible check_keys(const struct dockerd_config *config, json_t *file)
{
	static const struct key_check checks[] = {
		{is_unknown, print_name,
		 "the following directives don't match any configuration option"},
		{is_later, print_name,
		 "the following directives are not built into this mini-docker yet"},
		{is_twice, print_both,
		 "the following directives are specified both as a flag and in the "
		 "configuration file"},
	};

	for (size_t i = 0; i < countof(checks); i++)
		TRY(check_rule(config, file, &checks[i]));
	return NULL;
}

static fallible store_list(const char *key, json_t *value, struct words *words)
{
	autofree const char **items = NULL;

	if (!json_is_array(value))
		return error_new(ERROR_INVALID, "the member '%s' must be an array of strings", key);
	TRY(json_string_array(value, key, &items));
	for (size_t i = 0; items[i]; i++)
		words_append(words, items[i]);
	return NULL;
}

static fallible store_member(struct dockerd_config *config, json_t *file, const char *key,
			     json_t *value)
{
	const struct option_row *row = row_of(key);
	void *field = (char *)config + row->offset;

	switch (row->kind) {
	case OPTION_FLAG:
		return json_get_boolean(file, key, false, field);
	case OPTION_LIST:
		return store_list(key, value, field);
	case OPTION_INTEGER:
		return json_get_integer(file, key, NOT_GIVEN, field);
	default:
		return json_get_string(file, key, NULL, field);
	}
}

/* NULL when there is none and none was asked for. */
static fallible read_file(const struct dockerd_config *config, json_t **out)
{
	const char *path = config->config_file ? config->config_file : DOCKERD_DEFAULT_CONFIG_FILE;
	autojson *file = NULL;

	*out = NULL;
	if (!config->config_file && access(path, F_OK) < 0 && errno == ENOENT)
		return NULL;
	TRY(json_read(AT_FDCWD, path, FILE_LIMIT, &file));
	if (!json_is_object(file))
		return error_new(ERROR_INVALID, "it must be a JSON object");
	TRY(check_keys(config, file));
	*out = steal(&file);
	return NULL;
}

static fallible merge_file(struct dockerd_config *config)
{
	const char *key;
	json_t *value;

	TRY(read_file(config, &config->file));
	json_object_foreach (config->file, key, value)
		TRY(store_member(config, config->file, key, value));
	return NULL;
}

static fallible file_error(const struct dockerd_config *config, struct error *e)
{
	return error_wrap(e, "unable to configure the Docker daemon with file %s",
			  config->config_file ? config->config_file : DOCKERD_DEFAULT_CONFIG_FILE);
}

/* -- both -- */

static const char *or_default(const char *text, const char *fallback)
{
	return text && *text ? text : fallback;
}

static void set_defaults(struct dockerd_config *config)
{
	config->data_root = or_default(config->data_root, "/var/lib/mini-docker");
	config->exec_root = or_default(config->exec_root, "/run/mini-docker");
	config->default_pidfile = format("%s/mini-dockerd.pid", config->exec_root);
	config->pidfile = or_default(config->pidfile, config->default_pidfile);
	config->log_level_name = or_default(config->log_level_name, "info");
	config->storage_driver = or_default(config->storage_driver, "overlay2");
	config->log_driver = or_default(config->log_driver, "json-file");
	if (config->shutdown_timeout == NOT_GIVEN)
		config->shutdown_timeout = 15;
	if (!config->hosts.count)
		words_append(&config->hosts, DOCKERD_DEFAULT_HOST);
	for (size_t i = 0; i < config->hosts.count; i++)
		if (!*config->hosts.items[i] || strcmp(config->hosts.items[i], "unix://") == 0)
			config->hosts.items[i] = DOCKERD_DEFAULT_HOST;
}

static fallible check_label(const struct words *labels, size_t at)
{
	const char *label = labels->items[at];
	size_t key = strcspn(label, "=");

	if (!label[key] || !key)
		return error_new(ERROR_INVALID, "bad attribute format: %s: a label is key=value",
				 label);
	for (size_t i = 0; i < at; i++)
		if (strncmp(labels->items[i], label, key + 1) == 0 &&
		    strcmp(labels->items[i], label) != 0)
			return error_new(ERROR_INVALID, "conflict labels for %s and %s",
					 labels->items[i], label);
	return NULL;
}

static fallible check_exec_opt(const char *option)
{
	if (strcmp(option, "native.cgroupdriver=cgroupfs") == 0)
		return NULL;
	return error_new(ERROR_NOT_IMPLEMENTED,
			 "the option --exec-opt %s is not built into this mini-docker: it takes "
			 "native.cgroupdriver=cgroupfs",
			 option);
}

static fallible check(struct dockerd_config *config)
{
	TRY(log_level_parse(config->log_level_name, &config->log_level));
	if (config->debug)
		config->log_level = LOG_LEVEL_DEBUG;
	if (config->data_root[0] != '/' || config->exec_root[0] != '/')
		return error_new(ERROR_INVALID,
				 "the data root '%s' and the exec root '%s' must be absolute paths",
				 config->data_root, config->exec_root);
	if (config->init_path && config->init_path[0] != '/')
		return error_new(ERROR_INVALID,
				 "the path of the init '%s' must be absolute: it is mounted into "
				 "containers",
				 config->init_path);
	if (strcmp(config->storage_driver, "overlay2") != 0)
		return error_new(ERROR_INVALID,
				 "error initializing graphdriver: driver not supported: %s; this "
				 "mini-docker has overlay2",
				 config->storage_driver);
	if (strcmp(config->log_driver, "json-file") != 0)
		return error_new(ERROR_NOT_IMPLEMENTED,
				 "logger: no log driver named '%s' is registered: this "
				 "mini-docker has json-file",
				 config->log_driver);
	for (size_t i = 0; i < config->labels.count; i++)
		TRY(check_label(&config->labels, i));
	if (config->shutdown_timeout < -1)
		return error_new(ERROR_INVALID,
				 "invalid shutdown timeout: %lld: it is seconds, or "
				 "-1 for any time",
				 (long long)config->shutdown_timeout);
	for (size_t i = 0; i < config->exec_opts.count; i++)
		TRY(check_exec_opt(config->exec_opts.items[i]));
	return NULL;
}

fallible dockerd_config_complete(struct dockerd_config *config)
{
	TRY(file_error(config, merge_file(config)));
	set_defaults(config);
	return check(config);
}

void dockerd_config_finish(struct dockerd_config *config)
{
	words_finish(&config->hosts);
	words_finish(&config->mirrors);
	words_finish(&config->insecure_registries);
	words_finish(&config->labels);
	words_finish(&config->exec_opts);
	json_decref(config->file);
	free(config->default_pidfile);
	*config = (struct dockerd_config){0};
}

void dockerd_config_help(const char *program, FILE *to)
{
	fprintf(to, "Usage:  %s [OPTIONS]\n\nA self-sufficient runtime for containers.\n\n",
		program);
	options_help(rows, to);
}
