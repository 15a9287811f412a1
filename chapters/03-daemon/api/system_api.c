#include <dirent.h>
#include <string.h>
#include <unistd.h>

#include "api.h"
#include "cgroup.h"
#include "event.h"
#include "host.h"
#include "image_api.h"
#include "lifecycle.h"
#include "log.h"
#include "log_driver.h"
#include "memory.h"
#include "platform.h"
#include "settings.h"
#include "text.h"
#include "user_namespace.h"

/* -- /_ping -- */

/* The docker CLI asks this before each command, without a version in the path: it learns from the
 * headers how to talk. Builder-Version 1: builds go to POST /build. */
static fallible ping(void *context, struct http_exchange *ex)
{
	bool head = strcmp(ex->request->method, "HEAD") == 0;
	(void)context;

	http_exchange_add_header(ex, "Builder-Version", "1");
	http_exchange_add_header(ex, "Swarm", "inactive");
	http_exchange_add_header(ex, "Cache-Control", "no-cache, no-store, must-revalidate");
	http_exchange_add_header(ex, "Pragma", "no-cache");
	return http_reply_bytes(ex, 200, "text/plain; charset=utf-8", "OK", head ? 0 : 2);
}

/* -- /version -- */

static json_t *engine_details(const struct host *host)
{
	struct platform platform;

	platform_host(&platform);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "ApiVersion", "1.50",
			 "Arch", platform.architecture, "BuildTime", "", "Experimental", "false",
			 "GitCommit", "", "GoVersion", "none (C, " __VERSION__ ")", "KernelVersion",
			 host->uname.release, "MinAPIVersion", "1.24", "Os", platform.os);
}

static fallible version(void *context, struct http_exchange *ex)
{
	autohost host = {0};
	(void)context;

	host_read(&host);
	autojson *details = engine_details(&host);
	autojson *body = json_pack("{s:{s:s}, s:[{s:s, s:s, s:O}], s:s}", "Platform", "Name",
				   "mini-docker", "Components", "Name", "Engine", "Version",
				   MINI_VERSION, "Details", details, "Version", MINI_VERSION);
	json_object_update(body, details);
	json_object_del(body, "Experimental"); /* a text in the details, left out when false */
	return http_reply_json(ex, 200, body);
}

/* -- /info -- */

#define NO_CGROUPS                                                                                 \
	"WARNING: Running in rootless-mode without cgroups. To enable cgroups in rootless-mode, "  \
	"you need to boot the system in cgroup v2 mode."

static void add_counts(json_t *info, struct engine *engine)
{
	auto_container_array all = {0};
	json_int_t running = 0, paused = 0;

	container_array_fill(&all, engine);
	for (size_t i = 0; i < all.count; i++) {
		container_lock(all.items[i]);
		enum container_state state = all.items[i]->state;
		container_unlock(all.items[i]);
		running += state == CONTAINER_RUNNING || state == CONTAINER_RESTARTING;
		paused += state == CONTAINER_PAUSED;
	}
	json_object_set_new(info, "Containers", json_integer(all.count));
	json_object_set_new(info, "ContainersRunning", json_integer(running));
	json_object_set_new(info, "ContainersPaused", json_integer(paused));
	json_object_set_new(info, "ContainersStopped", json_integer(all.count - running - paused));
	json_object_set_new(info, "Images", json_integer(image_api_count(engine)));
}

static void add_storage(json_t *info, const struct engine *engine)
{
	json_object_set_new(info, "Driver", json_string(engine->options.storage_driver));
	json_object_set_new(info, "DriverStatus",
			    json_pack("[[ss], [ss], [ss], [ss], [ss]]", "Backing Filesystem",
				      host_filesystem(engine->data_root), "Supports d_type", "true",
				      "Using metacopy", "false", "Native Overlay Diff", "true",
				      "userxattr", user_namespace_is_inner() ? "true" : "false"));
	json_object_set_new(info, "DockerRootDir",
			    json_text_value(engine->options.data_root,
					    strlen(engine->options.data_root)));
}

static int count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	for (; dir && readdir(dir); count++)
		;
	if (dir)
		closedir(dir);
	return count;
}

/* What can be limited, and the warnings that the CLI shows where it cannot. */
static void add_limits(json_t *info)
{
	static const struct {
		const char *member, *controller, *warning;
	} rows[] = {
		{"MemoryLimit", "memory", "WARNING: No memory limit support"},
		{"SwapLimit", "memory", "WARNING: No swap limit support"},
		{"CpuCfsPeriod", "cpu", "WARNING: No cpu cfs period support"},
		{"CpuCfsQuota", "cpu", "WARNING: No cpu cfs quota support"},
		{"CPUShares", "cpu", "WARNING: No cpu shares support"},
		{"CPUSet", "cpuset", "WARNING: No cpuset support"},
		{"PidsLimit", "pids", "WARNING: No pids limit support"},
	};
	bool none = cgroup_layout() == CGROUP_NONE;
	json_t *warnings = json_array();

	if (none)
		json_array_append_new(warnings, json_string(NO_CGROUPS));
	for (size_t i = 0; i < countof(rows); i++) {
		bool has = host_has_controller(rows[i].controller);

		json_object_set_new(info, rows[i].member, json_boolean(has));
		if (!has && !none)
			json_array_append_new(warnings, json_string(rows[i].warning));
	}
	json_object_set_new(info, "OomKillDisable", json_boolean(cgroup_layout() != CGROUP_V2));
	json_object_set_new(info, "IPv4Forwarding",
			    json_boolean(host_sysctl_is_set("net/ipv4/ip_forward")));
	json_object_set_new(info, "Warnings", warnings);
}

static void add_daemon(json_t *info, const struct api *api)
{
	bool debug = log_get_level() == LOG_LEVEL_DEBUG;
	bool v2 = cgroup_layout() == CGROUP_V2;
	char now[TIME_TEXT_SIZE];

	time_text(time_now(), now);
	json_object_set_new(info, "ID", json_string(api->engine->id));
	json_object_set_new(info, "Debug", json_boolean(debug));
	json_object_set_new(info, "NFd", json_integer(debug ? count_descriptors() : 0));
	json_object_set_new(info, "NGoroutines", json_integer(0));
	json_object_set_new(info, "NEventsListener", json_integer(0));
	json_object_set_new(info, "SystemTime", json_string(now));
	json_object_set_new(info, "LoggingDriver", json_string(api->engine->options.log_driver));
	json_object_set_new(info, "CgroupDriver",
			    json_string(cgroup_layout() == CGROUP_NONE ? "none" : "cgroupfs"));
	json_object_set_new(info, "CgroupVersion", json_string(v2 ? "2" : "1"));
	json_object_set_new(info, "LiveRestoreEnabled", json_true());
	json_object_set_new(info, "ServerVersion", json_string(MINI_VERSION));
	json_object_set_new(info, "InitBinary",
			    json_string_or_null(api->engine->options.init_path));
	json_object_set_new(info, "Isolation", json_string(""));
	json_object_set_new(info, "Plugins",
			    json_pack("{s:[s], s:[ss], s:n, s:o}", "Volume", "local", "Network",
				      "host", "null", "Authorization", "Log", log_driver_names()));
	json_object_set_new(info, "Swarm",
			    json_pack("{s:s, s:s, s:s, s:b, s:s, s:n}", "NodeID", "", "NodeAddr",
				      "", "LocalNodeState", "inactive", "ControlAvailable", 0,
				      "Error", "", "RemoteManagers"));
}

static json_t *index_json(const char *name, json_t *mirrors, bool secure)
{
	bool official = strcmp(name, "docker.io") == 0;

	return json_pack("{s:o, s:o, s:b, s:b}", "Name", json_text_value(name, strlen(name)),
			 "Mirrors", official ? json_incref(mirrors) : json_array(), "Secure",
			 secure, "Official", official);
}

/* What may be reached without TLS: addresses with a mask are told apart from names. */
static json_t *registry_json(const json_t *settings)
{
	json_t *mirrors = json_object_get(settings, "registry-mirrors");
	json_t *ranges = json_pack("[ss]", "::1/128", "127.0.0.0/8");
	json_t *indexes = json_object();
	json_t *registry;
	size_t i;

	json_array_foreach (json_object_get(settings, "insecure-registries"), i, registry) {
		const char *name = json_string_value(registry);

		if (strchr(name, '/'))
			json_array_append(ranges, registry);
		else
			json_object_set_new(indexes, name, index_json(name, mirrors, false));
	}
	json_object_set_new(indexes, "docker.io", index_json("docker.io", mirrors, true));
	return json_pack("{s:o, s:o, s:O}", "InsecureRegistryCIDRs", ranges, "IndexConfigs",
			 indexes, "Mirrors", mirrors);
}

static json_t *security_options(const json_t *settings)
{
	json_t *options = json_array();
	autofree char *seccomp = format("name=seccomp,profile=%s",
					json_string_at(settings, "seccomp-profile", NULL));

	json_array_append_new(options, json_string(seccomp));
	if (cgroup_layout() == CGROUP_V2)
		json_array_append_new(options, json_string("name=cgroupns"));
	if (json_object_get(settings, "rootless"))
		json_array_append_new(options, json_string("name=rootless"));
	if (json_object_get(settings, "userns-remap"))
		json_array_append_new(options, json_string("name=userns"));
	if (json_is_true(json_object_get(settings, "no-new-privileges")))
		json_array_append_new(options, json_string("name=no-new-privileges"));
	return options;
}

/* The user of a proxy and his password are nobody else's business. */
static json_t *without_user(const char *url)
{
	const char *scheme = strstr(url, "://"), *rest = scheme ? scheme + 3 : url;
	const char *user = memchr(rest, '@', strcspn(rest, "/"));
	autofree char *text =
		user ? format("%.*sxxxxx:xxxxx%s", (int)(rest - url), url, user) : duplicate(url);

	return json_string(text);
}

static void add_proxies(json_t *info, const json_t *settings)
{
	static const struct {
		const char *key, *setting, *variable;
	} proxies[] = {
		{"HttpProxy", "http-proxy", "HTTP_PROXY"},
		{"HttpsProxy", "https-proxy", "HTTPS_PROXY"},
		{"NoProxy", "no-proxy", "NO_PROXY"},
	};

	for (size_t i = 0; i < countof(proxies); i++) {
		const char *set = json_string_at(settings, proxies[i].setting, NULL);
		const char *inherited = getenv(proxies[i].variable);

		json_object_set_new(info, proxies[i].key,
				    without_user(*set || !inherited ? set : inherited));
	}
}

/* The configuration file may be read again at any time (settings.h). */
static void add_settings(json_t *info, const json_t *settings)
{
	json_t *runtimes = json_pack("{s:{s:s}}", "runc", "path", "mini-shim");

	json_object_update(runtimes, json_object_get(settings, "runtimes"));
	json_object_set_new(info, "Runtimes", runtimes);
	json_object_set(info, "DefaultRuntime", json_object_get(settings, "default-runtime"));
	json_object_set(info, "ExperimentalBuild", json_object_get(settings, "experimental"));
	json_object_set(info, "Labels", json_object_get(settings, "labels"));
	add_proxies(info, settings);
	json_object_set_new(info, "SecurityOptions", security_options(settings));
	if (json_array_size(json_object_get(settings, "authorization-plugins")))
		json_object_set(json_object_get(info, "Plugins"), "Authorization",
				json_object_get(settings, "authorization-plugins"));
	json_object_set_new(info, "RegistryConfig", registry_json(settings));
}

static void add_host(json_t *info)
{
	autohost host = {0};

	host_read(&host);
	json_object_set_new(info, "KernelVersion", json_string(host.uname.release));
	json_object_set_new(info, "OperatingSystem", json_string(host.os_name));
	json_object_set_new(info, "OSVersion", json_string(host.os_version));
	json_object_set_new(info, "OSType", json_string("linux"));
	json_object_set_new(info, "Architecture", json_string(host.uname.machine));
	json_object_set_new(info, "NCPU", json_integer(host.processors));
	json_object_set_new(info, "MemTotal", json_integer(host.memory));
	json_object_set_new(info, "Name", json_string(host.uname.nodename));
}

/* Members that the CLI or a library reads and that have nothing to say here. */
static void add_constants(json_t *info)
{
	static const char *const commits[] = {"ContainerdCommit", "RuncCommit", "InitCommit"};
	static const char *const lists[] = {"GenericResources", "DefaultAddressPools",
					    "CDISpecDirs", "DiscoveredDevices"};

	json_object_set_new(info, "ProductLicense", json_string(""));
	for (size_t i = 0; i < countof(commits); i++)
		json_object_set_new(info, commits[i], json_pack("{s:s}", "ID", ""));
	for (size_t i = 0; i < countof(lists); i++)
		json_object_set_new(info, lists[i], json_array());
	json_object_set_new(info, "IndexServerAddress", json_string("https://index.docker.io/v1/"));
}

static fallible info(void *context, struct http_exchange *ex)
{
	const struct api *api = context;
	autojson *settings = settings_now(api->settings);
	autojson *body = json_object();

	add_constants(body);
	add_counts(body, api->engine);
	add_storage(body, api->engine);
	add_limits(body);
	add_daemon(body, api);
	add_host(body);
	add_settings(body, settings);
	lifecycle_info(api->engine, body);
	return http_reply_json(ex, 200, body);
}

const struct route system_routes[] = {
	{"HEAD", "/_ping", ping, "3.3"},
	{"GET", "/_ping", ping, "3.3"},
	{"GET", "/version", version, "3.3"},
	{"GET", "/info", info, "3.1"},
	{0},
};
