#include "mount_point.h"

#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "json.h"
#include "memory.h"
#include "mount_members.h"
#include "mount_mode.h"
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

/* The three parts of the text of --volume; "" where there is none. */
struct bind_text {
	char *source, *target, *mode;
};
static void bind_text_finish(struct bind_text *parts)
{
	free(parts->source);
	free(parts->target);
	free(parts->mode);
}
#define auto_bind_text __attribute__((cleanup(bind_text_finish))) struct bind_text

/* "/src:/dst:mode" is a folder of the host, "name:/dst:mode" a volume, "/dst" one without a name.
 */
static bool split(const char *text, struct bind_text *parts)
{
	size_t first = strcspn(text, ":");
	bool alone = !text[first];
	const char *rest = alone ? text : text + first + 1;
	size_t second = strcspn(rest, ":");
	const char *mode = rest[second] ? rest + second + 1 : "";

	parts->source = duplicate_range(text, alone ? 0 : first);
	parts->target = duplicate_range(rest, second);
	parts->mode = duplicate(mode);
	if (*text == ':' || strchr(mode, ':') || (rest[second] && !*mode))
		return false;
	/* "/dst:ro" would be a folder of the host on "ro". */
	return alone || rest[second] || !*rest || !mount_mode_is_valid(rest);
}

/* What a mode says of the other kind of mount. */
static fallible check_mode(const struct mount_mode *mode, bool bind)
{
	if (!bind && mode->propagation)
		return error_new(ERROR_INVALID, "field BindOptions must not be specified");
	if (bind && mode->no_copy)
		return error_new(ERROR_INVALID, "field VolumeOptions must not be specified");
	return NULL;
}

static fallible check_bind_text(const char *text, const struct bind_text *parts,
				const struct mount_mode *mode, bool bind)
{
	struct error *e = check_target(parts->target);

	return error_wrap(
		e ? e : check_mode(mode, bind),
		"invalid volume specification: '%s': invalid mount config for type \"%s\"", text,
		bind ? "bind" : "volume");
}

static fallible add_bind_text(struct mount_points *points, const char *text)
{
	auto_bind_text parts = {0};
	struct mount_mode mode;

	if (!split(text, &parts))
		return error_new(ERROR_INVALID, "invalid volume specification: '%s'", text);
	bool bind = *parts.source == '/';
	TRY(mount_mode_read(parts.mode, &mode));
	TRY(check_bind_text(text, &parts, &mode, bind));
	struct mount_point point = {
		.type = bind ? MOUNT_POINT_BIND : MOUNT_POINT_VOLUME,
		.source = bind            ? path_clean(parts.source)
			  : *parts.source ? duplicate(parts.source)
					  : NULL,
		.target = path_clean(parts.target),
		.mode = duplicate(bind || *parts.mode ? parts.mode : "z"),
		.propagation = !bind              ? ""
			       : mode.propagation ? mode.propagation
						  : "rprivate",
		.subpath = "",
		.read_only = mode.read_only,
		.no_copy = mode.no_copy,
		.make_source = bind,
		.shown = true,
	};
	return add(points, &point);
}

static bool flag(const json_t *mount, const char *name)
{
	return json_is_true(json_at(mount, "BindOptions", name, NULL));
}

static fallible read_bind(const json_t *mount, struct mount_point *point)
{
	const char *source = json_string_at(mount, "Source", NULL);
	const char *propagation = json_string_at(mount, "BindOptions", "Propagation", NULL);
	const char *known = mount_mode_propagation(propagation, strlen(propagation));

	if (!*source)
		return error_new(ERROR_INVALID, "field Source must not be empty");
	if (*propagation && !known)
		return error_new(ERROR_INVALID, "invalid propagation mode: %s", propagation);
	if (json_is_object(json_object_get(mount, "VolumeOptions")))
		return error_new(ERROR_INVALID, "field VolumeOptions must not be specified");
	if (*source != '/')
		return error_new(ERROR_INVALID,
				 "invalid mount path: '%s' mount path must be absolute", source);
	if (flag(mount, "ReadOnlyNonRecursive") && flag(mount, "ReadOnlyForceRecursive"))
		return error_new(ERROR_INVALID, "mount options conflict: ReadOnlyNonRecursive && "
						"ReadOnlyForceRecursive");
	*point = (struct mount_point){
		.type = MOUNT_POINT_BIND,
		.source = path_clean(source),
		.target = path_clean(json_string_at(mount, "Target", NULL)),
		.mode = duplicate(""),
		.propagation = known ? known : "rprivate",
		.subpath = "",
		.read_only = json_is_true(json_object_get(mount, "ReadOnly")),
		.make_source = flag(mount, "CreateMountpoint"),
		.not_recursive = flag(mount, "NonRecursive"),
		.writable_below = flag(mount, "ReadOnlyNonRecursive"),
		.shown = true,
	};
	return NULL;
}

/* [["exec"], ["uid", "1000"]] */
static void add_tmpfs_options(struct buffer *words, const json_t *mount)
{
	const json_t *row;
	size_t i;

	json_array_foreach (json_at(mount, "TmpfsOptions", "Options", NULL), i, row) {
		const char *value = json_string_value(json_array_get(row, 1));

		if (json_array_size(row))
			buffer_printf(words, ",%s%s%s", json_string_value(json_array_get(row, 0)),
				      value ? "=" : "", value ? value : "");
	}
}

static fallible read_tmpfs(const json_t *mount, struct mount_point *point)
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
	add_tmpfs_options(&options, mount);
	*point = (struct mount_point){
		.type = MOUNT_POINT_TMPFS,
		.target = path_clean(json_string_at(mount, "Target", NULL)),
		.mode = buffer_take(&options),
		.propagation = "",
		.subpath = "",
		.read_only = json_is_true(json_object_get(mount, "ReadOnly")),
		.shown = true,
	};
	return NULL;
}

/* Below the root it is of, whatever ".." it has. What links do on the way is seen when it is
 * opened. */
static fallible check_subpath(const char *path)
{
	int depth = 0;
	bool inside = *path != '/';

	for (const char *at = path; *at && inside; at += strspn(at, "/")) {
		size_t length = strcspn(at, "/");

		if (length == 2 && strncmp(at, "..", 2) == 0)
			depth--;
		else if (length != 1 || *at != '.')
			depth++;
		inside = depth >= 0;
		at += length;
	}
	return inside ? NULL
		      : error_new(ERROR_INVALID,
				  "subpath must be a relative path within the volume");
}

static fallible check_nameless(const json_t *mount, const char *subpath)
{
	if (*subpath)
		return error_new(ERROR_INVALID,
				 "must not set Subpath when using anonymous volumes");
	if (json_is_true(json_object_get(mount, "ReadOnly")))
		return error_new(ERROR_INVALID,
				 "must not set ReadOnly mode when using anonymous volumes");
	return NULL;
}

static fallible read_volume(const json_t *mount, struct mount_point *point)
{
	const char *name = json_string_at(mount, "Source", NULL);
	json_t *options = json_object_get(mount, "VolumeOptions");
	const char *subpath = json_string_at(options, "Subpath", NULL);

	TRY(*name ? NULL : check_nameless(mount, subpath));
	TRY(check_subpath(subpath));
	*point = (struct mount_point){
		.type = MOUNT_POINT_VOLUME,
		.source = *name ? duplicate(name) : NULL,
		.target = path_clean(json_string_at(mount, "Target", NULL)),
		.mode = duplicate("z"),
		.propagation = "",
		.subpath = subpath,
		.read_only = json_is_true(json_object_get(mount, "ReadOnly")),
		.no_copy = json_is_true(json_object_get(options, "NoCopy")),
		.options = json_is_object(options) ? json_incref(options) : json_object(),
		.shown = true,
	};
	return NULL;
}

static fallible read_image(const json_t *mount, struct mount_point *point)
{
	const char *name = json_string_at(mount, "Source", NULL);
	const char *subpath = json_string_at(mount, "ImageOptions", "Subpath", NULL);

	if (!*name)
		return error_new(ERROR_INVALID, "field Source must not be empty");
	TRY(check_subpath(subpath));
	*point = (struct mount_point){
		.type = MOUNT_POINT_IMAGE,
		.source = duplicate(name),
		.target = path_clean(json_string_at(mount, "Target", NULL)),
		.mode = duplicate(""),
		.propagation = "rprivate",
		.subpath = subpath,
		.read_only = true,
		.shown = true,
	};
	return NULL;
}

/* A propagation is of binds alone. */
static fallible check_options(const json_t *mount, const char *type)
{
	if (strcmp(type, "bind") == 0 || !json_is_object(json_object_get(mount, "BindOptions")))
		return NULL;
	return error_new(ERROR_INVALID, "field BindOptions must not be specified");
}

static fallible read_mount(const json_t *mount, const char *type, struct mount_point *point)
{
	static const struct {
		const char *type;
		struct error *(*read)(const json_t *, struct mount_point *);
	} kinds[] = {{"bind", read_bind},
		     {"tmpfs", read_tmpfs},
		     {"volume", read_volume},
		     {"image", read_image}};

	TRY(check_target(json_string_at(mount, "Target", NULL)));
	TRY(check_options(mount, type));
	for (size_t i = 0; i < countof(kinds); i++)
		if (strcmp(type, kinds[i].type) == 0)
			return kinds[i].read(mount, point);
	return error_new(ERROR_INVALID, "mount type unknown");
}

static fallible add_mount(struct mount_points *points, const json_t *mount)
{
	const char *type = json_string_at(mount, "Type", NULL);
	struct mount_point point;

	TRY(mount_members_check(mount));
	TRY(error_wrap(read_mount(mount, type, &point), "invalid mount config for type \"%s\"",
		       type));
	return add(points, &point);
}

static fallible add_tmpfs_text(struct mount_points *points, const char *target, const char *options)
{
	TRY(check_target(target));
	struct mount_point point = {
		.type = MOUNT_POINT_TMPFS,
		.target = path_clean(target),
		.mode = format("noexec,nosuid,nodev,rprivate%s%s", *options ? "," : "", options),
		.propagation = "",
		.subpath = "",
	};
	return add(points, &point);
}

static bool is_taken(const struct mount_points *points, const char *target)
{
	for (size_t i = 0; i < points->count; i++)
		if (strcmp(points->items[i].target, target) == 0)
			return true;
	return false;
}

/* A place of Config.Volumes: a path and nothing else, whatever colons it has. */
static fallible add_nameless(struct mount_points *points, const char *target)
{
	autofree char *clean = path_clean(target);

	if (is_taken(points, clean))
		return NULL;
	if (strcmp(clean, "/") == 0)
		return error_new(ERROR_INVALID, "invalid volume '%s': destination can't be '/'",
				 target);
	struct mount_point point = {
		.type = MOUNT_POINT_VOLUME,
		.target = steal(&clean),
		.mode = duplicate(""),
		.propagation = "",
		.subpath = "",
		.shown = true,
	};
	return add(points, &point);
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

bool mount_point_is_own(const struct mount_point *point)
{
	return point->type == MOUNT_POINT_BIND || point->type == MOUNT_POINT_TMPFS;
}

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

const char *mount_point_read_only(const struct mount_point *point)
{
	return point->type == MOUNT_POINT_TMPFS || point->writable_below ? "ro" : MOUNT_READ_ONLY;
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
		json_array_append_new(options, json_string(mount_point_read_only(point)));
	return options;
}
