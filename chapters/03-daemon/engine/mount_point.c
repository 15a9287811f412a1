#include "mount_point.h"

#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "json.h"
#include "memory.h"
#include "path.h"
#include "text.h"

static void mount_point_finish(struct mount_point *point)
{
	free(point->source);
	free(point->target);
	free(point->mode);
	json_decref(point->options);
}

void mount_points_finish(struct mount_points *points)
{
	for (size_t i = 0; i < points->count; i++)
		mount_point_finish(&points->items[i]);
	free(points->items);
}

/* ---- modes ---- */

static const char *const propagations[] = {"rprivate", "private", "rshared",
					   "shared",   "rslave",  "slave"};

static const char *find_propagation(const char *word, size_t length)
{
	for (size_t i = 0; i < countof(propagations); i++)
		if (strlen(propagations[i]) == length &&
		    strncmp(word, propagations[i], length) == 0)
			return propagations[i];
	return NULL;
}

static bool is_without_effect(const char *word, size_t length)
{
	/* SELinux labels and hints for other systems. */
	static const char *const words[] = {"rw", "z", "Z", "consistent", "cached", "delegated"};

	for (size_t i = 0; i < countof(words); i++)
		if (strlen(words[i]) == length && strncmp(word, words[i], length) == 0)
			return true;
	return false;
}

static fallible read_mode(struct mount_point *point)
{
	for (const char *at = point->mode; *at;) {
		size_t length = strcspn(at, ",");
		const char *propagation = find_propagation(at, length);

		bool volume = point->type == MOUNT_POINT_VOLUME;

		if (length == 2 && strncmp(at, "ro", 2) == 0)
			point->read_only = true;
		else if (volume && length == 6 && strncmp(at, "nocopy", 6) == 0)
			point->no_copy = true;
		else if (propagation && !volume)
			point->propagation = propagation;
		else if (!is_without_effect(at, length))
			return error_new(ERROR_INVALID, "invalid mode: %s", point->mode);
		at += length + (at[length] == ',');
	}
	return NULL;
}

/* ---- collecting ---- */

static fallible check_target(const char *target)
{
	if (!*target)
		return error_new(ERROR_INVALID, "field Target must not be empty");
	if (*target != '/')
		return error_new(ERROR_INVALID,
				 "invalid mount path: '%s' mount path must be absolute", target);
	autofree char *clean = path_clean(target);
	if (strcmp(clean, "/") == 0)
		return error_new(ERROR_INVALID, "invalid specification: destination can't be '/'");
	return NULL;
}

/* Takes what the point owns over. */
static fallible add(struct mount_points *points, struct mount_point *point)
{
	for (size_t i = 0; i < points->count; i++)
		if (strcmp(points->items[i].target, point->target) == 0) {
			struct error *e = error_new(ERROR_INVALID, "Duplicate mount point: %s",
						    point->target);

			mount_point_finish(point);
			return e;
		}
	points->items = reallocate(points->items, points->count + 1, sizeof(*points->items));
	points->items[points->count++] = *point;
	return NULL;
}

/* "/src:/dst:mode" is a folder of the host, "name:/dst:mode" a volume, "/dst" one without a name.
 */
static fallible add_bind_text(struct mount_points *points, const char *text)
{
	size_t first = strcspn(text, ":");
	bool alone = !text[first];
	const char *rest = alone ? text : text + first + 1;
	size_t second = strcspn(rest, ":");
	autofree char *source = duplicate_range(text, alone ? 0 : first);
	autofree char *target = duplicate_range(rest, second);
	const char *mode = rest[second] ? rest + second + 1 : "";
	bool bind = *source == '/';

	if (strchr(mode, ':') || (!alone && !*source) || (rest[second] && !*mode))
		return error_new(ERROR_INVALID, "invalid volume specification: '%s'", text);
	TRY(error_wrap(check_target(target),
		       "invalid volume specification: '%s': invalid mount config for type "
		       "\"%s\"",
		       text, bind ? "bind" : "volume"));
	struct mount_point point = {
		.type = bind ? MOUNT_POINT_BIND : MOUNT_POINT_VOLUME,
		.source = bind    ? path_clean(source)
			  : alone ? NULL
				  : duplicate(source),
		.target = path_clean(target),
		.mode = duplicate(mode),
		.propagation = bind ? "rprivate" : "",
		.make_source = bind,
		.shown = true,
	};
	struct error *e = read_mode(&point);
	if (e) {
		mount_point_finish(&point);
		return e;
	}
	return add(points, &point);
}

static fallible add_bind(struct mount_points *points, const json_t *mount)
{
	const char *source = json_string_at(mount, "Source", NULL);
	const char *propagation = json_string_at(mount, "BindOptions", "Propagation", NULL);
	const char *known = find_propagation(propagation, strlen(propagation));

	if (!*source)
		return error_new(ERROR_INVALID, "field Source must not be empty");
	if (*source != '/')
		return error_new(ERROR_INVALID,
				 "invalid mount path: '%s' mount path must be absolute", source);
	if (*propagation && !known)
		return error_new(ERROR_INVALID, "invalid propagation mode: %s", propagation);
	struct mount_point point = {
		.type = MOUNT_POINT_BIND,
		.source = path_clean(source),
		.target = path_clean(json_string_at(mount, "Target", NULL)),
		.mode = duplicate(""),
		.propagation = known ? known : "rprivate",
		.read_only = json_is_true(json_object_get(mount, "ReadOnly")),
		.make_source =
			json_is_true(json_at(mount, "BindOptions", "CreateMountpoint", NULL)),
		.not_recursive = json_is_true(json_at(mount, "BindOptions", "NonRecursive", NULL)),
		.shown = true,
	};
	return add(points, &point);
}

static fallible add_tmpfs(struct mount_points *points, const json_t *mount)
{
	json_int_t size = json_integer_value(json_at(mount, "TmpfsOptions", "SizeBytes", NULL));
	json_int_t mode = json_integer_value(json_at(mount, "TmpfsOptions", "Mode", NULL));
	autobuffer options = {0};

	if (*json_string_at(mount, "Source", NULL))
		return error_new(ERROR_INVALID, "field Source must not be specified");
	buffer_append_string(&options, "noexec,nosuid,nodev,rprivate");
	if (size > 0)
		buffer_printf(&options, ",size=%lld", (long long)size);
	if (mode > 0)
		buffer_printf(&options, ",mode=%llo", (unsigned long long)mode);
	struct mount_point point = {
		.type = MOUNT_POINT_TMPFS,
		.target = path_clean(json_string_at(mount, "Target", NULL)),
		.mode = buffer_take(&options),
		.propagation = "",
		.read_only = json_is_true(json_object_get(mount, "ReadOnly")),
		.shown = true,
	};
	return add(points, &point);
}

static fallible add_volume(struct mount_points *points, const json_t *mount)
{
	const char *name = json_string_at(mount, "Source", NULL);
	json_t *options = json_object_get(mount, "VolumeOptions");
	struct mount_point point = {
		.type = MOUNT_POINT_VOLUME,
		.source = *name ? duplicate(name) : NULL,
		.target = path_clean(json_string_at(mount, "Target", NULL)),
		.mode = duplicate("z"),
		.propagation = "",
		.read_only = json_is_true(json_object_get(mount, "ReadOnly")),
		.no_copy = json_is_true(json_object_get(options, "NoCopy")),
		.options = json_incref(options),
		.shown = true,
	};

	return add(points, &point);
}

static fallible add_mount(struct mount_points *points, const json_t *mount)
{
	static const struct {
		const char *type;
		struct error *(*add)(struct mount_points *, const json_t *);
	} kinds[] = {{"bind", add_bind}, {"tmpfs", add_tmpfs}, {"volume", add_volume}};
	const char *type = json_string_at(mount, "Type", NULL);

	for (size_t i = 0; i < countof(kinds); i++) {
		if (strcmp(type, kinds[i].type) != 0)
			continue;
		struct error *e = check_target(json_string_at(mount, "Target", NULL));
		return error_wrap(e ? e : kinds[i].add(points, mount),
				  "invalid mount config for type \"%s\"", type);
	}
	return error_new(ERROR_INVALID, "mount type unknown: \"%s\"", type);
}

static fallible add_tmpfs_text(struct mount_points *points, const char *target, const char *options)
{
	TRY(error_wrap(check_target(target), "invalid mount config for type \"tmpfs\""));
	struct mount_point point = {
		.type = MOUNT_POINT_TMPFS,
		.target = path_clean(target),
		.mode = format("noexec,nosuid,nodev,rprivate%s%s", *options ? "," : "", options),
		.propagation = "",
	};
	return add(points, &point);
}

static bool is_taken(const struct mount_points *points, const char *target)
{
	autofree char *clean = path_clean(target);

	for (size_t i = 0; i < points->count; i++)
		if (strcmp(points->items[i].target, clean) == 0)
			return true;
	return false;
}

/* A place of Config.Volumes. */
static fallible add_nameless(struct mount_points *points, const char *target)
{
	return is_taken(points, target) ? NULL : add_bind_text(points, target);
}

fallible mount_points_read(const json_t *host_config, const json_t *config,
			   struct mount_points *points)
{
	json_t *item;
	const char *target;
	size_t i;

	*points = (struct mount_points){0};
	json_array_foreach (json_object_get(host_config, "Binds"), i, item)
		TRY(add_bind_text(points, json_string_value(item)));
	json_array_foreach (json_object_get(host_config, "Mounts"), i, item)
		TRY(add_mount(points, item));
	json_object_foreach (json_object_get(host_config, "Tmpfs"), target, item)
		TRY(add_tmpfs_text(points, target, json_string_value(item)));
	json_object_foreach (json_object_get(config, "Volumes"), target, item)
		TRY(add_nameless(points, target));
	return NULL;
}

/* ---- telling ---- */

json_t *mount_point_json(const struct mount_point *point)
{
	bool bind = point->type == MOUNT_POINT_BIND;

	return json_pack("{s:s, s:o, s:o, s:s, s:b, s:s}", "Type", bind ? "bind" : "tmpfs",
			 "Source", json_string_or_null(bind ? point->source : ""), "Destination",
			 json_string_or_null(point->target), "Mode", bind ? point->mode : "", "RW",
			 !point->read_only, "Propagation", point->propagation);
}

static void add_words(json_t *options, const char *words)
{
	for (const char *at = words; *at;) {
		size_t length = strcspn(at, ",");

		if (length)
			json_array_append_new(options, json_text_value(at, length));
		at += length + (at[length] == ',');
	}
}

json_t *mount_point_options(const struct mount_point *point)
{
	json_t *options = json_array();

	if (point->type == MOUNT_POINT_TMPFS) {
		add_words(options, point->mode);
	} else {
		json_array_append_new(options,
				      json_string(point->not_recursive ? "bind" : "rbind"));
		json_array_append_new(options, json_string(point->propagation));
	}
	if (point->read_only)
		json_array_append_new(options, json_string("ro"));
	return options;
}
