#include "volume_place.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine.h"
#include "explain.h"
#include "json.h"
#include "kernel_call.h"
#include "log.h"
#include "memory.h"
#include "mount.h"
#include "project_quota.h"
#include "spec_mount_option.h"
#include "text.h"
#include "volume.h"
#include "volume_hold.h"

#define ADDRESS "addr="

static char *folder_of(const char *name)
{
	return format("volumes/%s/_data", name);
}

char *volume_place(const struct engine *engine, const char *name)
{
	autofree char *folder = folder_of(name);

	return format("%s/%s", engine->options.data_root, folder);
}

static const char *option(const json_t *options, const char *key)
{
	return json_string_at(options, key, NULL);
}

static bool is_known(const char *key)
{
	static const char *const known[] = {"type", "device", "o", "size"};

	for (size_t i = 0; i < countof(known); i++)
		if (strcmp(key, known[i]) == 0)
			return true;
	return false;
}

/* A file system, or a folder from elsewhere. */
static bool is_mount(const json_t *options)
{
	return *option(options, "type") || *option(options, "device");
}

/* Empty texts are options, too: scripts give them for "none". */
static bool has_mount_options(const json_t *options)
{
	return json_object_get(options, "type") || json_object_get(options, "device") ||
	       json_object_get(options, "o");
}

/* Docker would limit what is mounted there, which no file system but a folder bound from beside it
 * can; and that one is not ours. */
static fallible check_size(int folder, const char *name, const json_t *options)
{
	int64_t bytes;

	if (!json_object_get(options, "size"))
		return NULL;
	TRY(error_wrap(size_parse(option(options, "size"), &bytes), "create %s", name));
	if (has_mount_options(options))
		return error_new(ERROR_INVALID,
				 "create %s: the option size limits a folder of the daemon's, and "
				 "this volume is mounted from elsewhere: file systems that know a "
				 "size take it among the words of the option o",
				 name);
	autoerror none = bytes ? project_quota_check(folder) : NULL;
	if (none)
		return error_new(ERROR_INVALID,
				 "create %s: quota size requested but no quota support", name);
	return NULL;
}

fallible volume_place_check(int folder, const char *name, const json_t *options)
{
	static const char *const needed[] = {"type", "device"};
	const char *key;
	const json_t *value;

	json_object_foreach ((json_t *)options, key, value)
		if (!is_known(key))
			return error_new(ERROR_INVALID, "create %s: invalid option: \"%s\"", name,
					 key);
	for (size_t i = 0; has_mount_options(options) && i < countof(needed); i++)
		if (!json_object_get(options, needed[i]))
			return error_new(ERROR_INVALID,
					 "create %s: missing required option: \"%s\"", name,
					 needed[i]);
	return check_size(folder, name, options);
}

fallible volume_place_limit(int data, const char *name, const json_t *options)
{
	uint64_t began = explain_clock();
	int64_t bytes = 0;

	if (!json_object_get(options, "size"))
		return NULL;
	TRY(size_parse(option(options, "size"), &bytes));
	if (!bytes)
		return NULL;
	TRY(error_wrap(project_quota_set(data, bytes), "create %s", name));
	explain(began, "5.1", "the folder is a project of its own, and the kernel counts",
		"FS_IOC_FSSETXATTR(\"_data\"), quotactl_fd(Q_XSETQLIM, %lld)", (long long)bytes);
	return NULL;
}

/* ---- mounting ---- */

/* What is asked of a server that is away may never be answered, but this is known here. */
bool volume_place_is_mounted(const char *place)
{
	struct statx about;

	return statx(AT_FDCWD, place, AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC, STATX_TYPE,
		     &about) == 0 &&
	       about.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}

/* An nfs server has to be given to the kernel by its address: mount.nfs(8) does this for those who
 * mount by hand. */
static json_t *with_address(const char *word)
{
	struct addrinfo *found = NULL;
	char text[NI_MAXHOST];
	bool known = getaddrinfo(word + strlen(ADDRESS), NULL, NULL, &found) == 0 &&
		     getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof(text), NULL, 0,
				 NI_NUMERICHOST) == 0;
	autofree char *whole = known ? format(ADDRESS "%s", text) : duplicate(word);

	if (found)
		freeaddrinfo(found);
	return json_string_or_null(whole);
}

/* "rw,size=1m" as the list that a mount of config.json has. */
static json_t *words_of(const char *text)
{
	json_t *words = json_array();

	for (const char *at = text; *at;) {
		size_t length = strcspn(at, ",");
		autofree char *word = duplicate_range(at, length);

		if (text_has_prefix(word, ADDRESS))
			json_array_append_new(words, with_address(word));
		else if (length)
			json_array_append_new(words, json_text_value(at, length));
		at += length + (at[length] == ',');
	}
	return words;
}

static fallible mount_it(const struct engine *engine, const char *name, const json_t *options)
{
	autojson *row = json_pack("{s:o}", "options", words_of(option(options, "o")));
	autofree char *place = volume_place(engine, name), *folder = folder_of(name);
	automount given = {0};
	uint64_t began = explain_clock();

	TRY(spec_read_mount_options(row, &given));
	const struct mount_request request = {
		.type = option(options, "type"),
		.source = option(options, "device"),
		.target = folder,
		.data = given.data.data,
		.flags = given.set,
		.cleared = given.clear,
		.tree_flags = given.tree_set,
		.tree_cleared = given.tree_clear,
		.propagations = (const void *)given.propagations.data,
		.propagation_count = given.propagations.length / sizeof(uint32_t),
	};
	TRY(error_wrap(mount_attach(engine->data_root, &request),
		       "error while mounting volume '%s': failed to mount local volume", place));
	explain(began, "5.3", "the volume is a file system: the first who needs it mounts it",
		"mount -t %s -o '%s' %s %s", request.type, option(options, "o"), request.source,
		place);
	return NULL;
}

static void unmount_it(const char *name, const char *place)
{
	uint64_t began = explain_clock();

	if (kernel_umount(place, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
		log_warn("the volume %s stays mounted: %s", name, strerror(errno));
	else
		explain(began, "5.3", "nobody is left who uses it", "umount(\"%s\")", place);
}

/* Who is the first and who the last is settled one after the other. */
static pthread_mutex_t mounting = PTHREAD_MUTEX_INITIALIZER;

fallible volume_place_use(const struct engine *engine, const json_t *volume, const char *container)
{
	const char *name = json_string_at(volume, "Name", NULL);
	autofree char *place = volume_place(engine, name);
	struct error *e = NULL;

	if (!is_mount(json_object_get(volume, "Options")))
		return NULL;
	pthread_mutex_lock(&mounting);
	volume_hold_run(name, container, true);
	if (!volume_place_is_mounted(place))
		e = mount_it(engine, name, json_object_get(volume, "Options"));
	pthread_mutex_unlock(&mounting);
	return e;
}

void volume_place_rest(const struct engine *engine, const json_t *volume, const char *container)
{
	const char *name = json_string_at(volume, "Name", NULL);
	autofree char *place = volume_place(engine, name);

	if (!is_mount(json_object_get(volume, "Options")))
		return;
	pthread_mutex_lock(&mounting);
	if (!volume_hold_run(name, container, false) && volume_place_is_mounted(place))
		unmount_it(name, place);
	pthread_mutex_unlock(&mounting);
}
