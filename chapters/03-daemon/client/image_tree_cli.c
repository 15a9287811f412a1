#include "image_tree_cli.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "cell.h"
#include "memory.h"
#include "terminal.h"
#include "text.h"

#define SPACING 3
#define HEADER  "\033[39m\033[1m"
#define NORMAL  "\033[39m"
#define FAINT   "\033[39m\033[2m"
#define NAME    "\033[34m\033[1m"
#define CHIP    "\033[38;5;0m\033[48;5;14m"
#define PLAIN   "\033[0m"

enum column { IMAGE, ID, DISK_USAGE, CONTENT_SIZE, EXTRA, COLUMNS };

static const struct {
	const char *title;
	int width; /* 0: what is left */
	bool right;
} columns[COLUMNS] = {
	[IMAGE] = {"IMAGE", 0, false},           [ID] = {"ID", 12, false},
	[DISK_USAGE] = {"DISK USAGE", 10, true}, [CONTENT_SIZE] = {"CONTENT SIZE", 12, true},
	[EXTRA] = {"EXTRA", 5, false},
};

struct view {
	struct terminal_size terminal; /* {0, 0}: it is none, and nothing is coloured */
	int width, names;              /* in letters: of all, and of the first column */
	int count;                     /* columns that have room */
	bool nested;                   /* some image has platforms */
};

struct details {
	const char *id;
	double size, content;
	bool used;
};

/* -- what there is -- */

static int64_t age_of(const json_t *image)
{
	return json_integer_value(json_object_get(image, "Created"));
}

static int64_t length_of(const json_t *name)
{
	return (int64_t)json_string_length(name);
}

/* From the largest to the smallest, in a new array; equals stay as they were. */
static json_t *sorted(const json_t *array, int64_t (*weight)(const json_t *))
{
	json_t *result = json_array(), *value;
	size_t i;

	json_array_foreach (array, i, value) {
		size_t at = json_array_size(result);

		while (at && weight(json_array_get(result, at - 1)) < weight(value))
			at--;
		json_array_insert(result, at, value);
	}
	return result;
}

static bool is_only(const json_t *names, const char *nothing)
{
	return !json_array_size(names) ||
	       (json_array_size(names) == 1 &&
		strcmp(json_string_value(json_array_get(names, 0)), nothing) == 0);
}

static bool is_nameless(const json_t *image)
{
	return is_only(json_object_get(image, "RepoTags"), "<none>:<none>") &&
	       is_only(json_object_get(image, "RepoDigests"), "<none>@<none>");
}

/* What a list of manifests has besides platforms are statements about them. */
static bool is_platform(const json_t *manifest)
{
	return strcmp(json_string_at(manifest, "Kind", NULL), "image") == 0;
}

static json_t *platforms_of(const json_t *image)
{
	json_t *result = json_array(), *manifest;
	size_t i;

	json_array_foreach (json_object_get(image, "Manifests"), i, manifest)
		if (is_platform(manifest))
			json_array_append(result, manifest);
	return result;
}

static char *platform_text(const json_t *manifest)
{
	const char *os = json_string_at(manifest, "ImageData", "Platform", "os", NULL);
	const char *arch = json_string_at(manifest, "ImageData", "Platform", "architecture", NULL);
	const char *variant = json_string_at(manifest, "ImageData", "Platform", "variant", NULL);

	return format("%s/%s%s%s", *os ? os : "unknown", arch, *variant ? "/" : "", variant);
}

static struct details details_of_platform(const json_t *manifest)
{
	const json_t *users = json_at(manifest, "ImageData", "Containers", NULL);

	return (struct details){
		.id = json_string_at(manifest, "ID", NULL),
		.size = json_number_value(json_at(manifest, "Size", "Total", NULL)),
		.content = json_number_value(json_at(manifest, "Size", "Content", NULL)),
		.used = json_array_size(users) > 0,
	};
}

/* The content of all that belongs to it, and not of its platforms alone. */
static struct details details_of_image(const json_t *image)
{
	struct details details = {
		.id = json_string_at(image, "Id", NULL),
		.size = json_number_value(json_object_get(image, "Size")),
		.used = json_integer_value(json_object_get(image, "Containers")) > 0,
	};
	json_t *manifest;
	size_t i;

	json_array_foreach (json_object_get(image, "Manifests"), i, manifest) {
		struct details part = details_of_platform(manifest);

		details.content += part.content;
		details.used |= part.used;
	}
	return details;
}

/* -- how wide it is -- */

/* Columns for which the first would get too narrow are left out, and all behind them. */
static void choose_columns(struct view *view)
{
	view->names = view->width;
	for (view->count = 1; view->count < COLUMNS; view->count++) {
		int wants = columns[view->count].width + SPACING;

		if (view->names - wants < 12)
			return;
		view->names -= wants;
	}
}

static size_t widest_name(const json_t *image, size_t widest)
{
	autojson *platforms = platforms_of(image);
	json_t *value;
	size_t i;

	json_array_foreach (json_object_get(image, "RepoTags"), i, value)
		if (json_string_length(value) > widest)
			widest = json_string_length(value);
	json_array_foreach (platforms, i, value) {
		autofree char *platform = platform_text(value);

		if (strlen(platform) + strlen("└─ ") > widest)
			widest = strlen(platform) + strlen("└─ ");
	}
	return widest;
}

static void measure(struct view *view, const json_t *images)
{
	size_t widest = strlen(columns[IMAGE].title), i;
	json_t *image;

	view->terminal = terminal_size(STDOUT_FILENO);
	view->width = view->terminal.columns ? view->terminal.columns : 80;
	if (view->width < 20)
		view->width = 20;
	choose_columns(view);
	json_array_foreach (images, i, image) {
		autojson *platforms = platforms_of(image);

		view->nested |= json_array_size(platforms) > 0;
		widest = widest_name(image, widest);
	}
	if ((size_t)view->names > widest)
		view->names = (int)widest;
}

/* -- how it looks -- */

static int letters(const char *text)
{
	int count = 0;

	for (; *text; text++)
		count += (*text & 0xc0) != 0x80;
	return count;
}

static void print_styled(const struct view *view, const char *style, const char *text)
{
	if (view->terminal.columns && *style)
		printf("%s%s%s", style, text, PLAIN);
	else
		fputs(text, stdout);
}

static void print_cell(const struct view *view, enum column column, const char *style,
		       const char *text)
{
	int width = column == IMAGE ? view->names : columns[column].width;
	autofree char *shown = cell_shortened(text, width);
	int fill = width - letters(shown);

	if (column != IMAGE)
		printf("%*s", SPACING, "");
	if (columns[column].right)
		printf("%*s", fill, "");
	print_styled(view, style, shown);
	if (!columns[column].right)
		printf("%*s", fill, "");
}

static void print_details(const struct view *view, const char *style, const struct details *details)
{
	autojson *id = cell_id(details->id, false);
	bool chip = details->used && view->nested;
	char size[32], content[32];

	size_text_short(details->size, size);
	size_text_short(details->content, content);
	const char *const cells[COLUMNS] = {
		[ID] = json_string_value(id),
		[DISK_USAGE] = size,
		[CONTENT_SIZE] = content,
		[EXTRA] = !chip                    ? ""
			  : view->terminal.columns ? " U "
						   : "U",
	};
	for (int i = ID; i < view->count; i++)
		print_cell(view, i, i != EXTRA ? style : chip ? CHIP : "", cells[i]);
	putchar('\n');
}

/* The last name, the shortest, has the line with the details. */
static void print_names(const struct view *view, const json_t *image)
{
	autojson *names = sorted(json_object_get(image, "RepoTags"), length_of);
	size_t count = json_array_size(names);
	int most = view->terminal.columns ? view->terminal.columns : INT16_MAX;

	if (!count)
		print_cell(view, IMAGE, FAINT, "<untagged>");
	for (size_t i = 0; i < count; i++) {
		const char *name = json_string_value(json_array_get(names, i));
		autofree char *shown = cell_shortened(name, most);

		if (i + 1 == count) {
			print_cell(view, IMAGE, NAME, name);
		} else {
			print_styled(view, NAME, shown);
			putchar('\n');
		}
	}
}

static void print_image(const struct view *view, const json_t *image)
{
	autojson *platforms = platforms_of(image);
	struct details details = details_of_image(image);
	json_t *manifest;
	size_t i;

	print_names(view, image);
	print_details(view, NORMAL, &details);
	json_array_foreach (platforms, i, manifest) {
		bool here = json_is_true(json_object_get(manifest, "Available"));
		bool last = i + 1 == json_array_size(platforms);
		struct details part = details_of_platform(manifest);
		autofree char *platform = platform_text(manifest);
		autofree char *branch = format("%s%s", last ? "└─ " : "├─ ", platform);

		print_cell(view, IMAGE, here ? NORMAL : FAINT, branch);
		print_details(view, here ? NORMAL : FAINT, &part);
	}
	if (view->nested)
		putchar('\n');
}

/* What the letters in the last column mean, at the right. */
static void print_legend(const struct view *view)
{
	bool terminal = view->terminal.columns;
	int left = view->width - (terminal ? 21 : 18);

	printf("%*s", left > 0 ? left : 0, "");
	if (terminal)
		printf("\033[1m\033[106m\033[30mi%s%s \033[96mInfo → %s%s %s U %s In Use \n\n",
		       PLAIN, PLAIN, PLAIN, PLAIN, CHIP, PLAIN);
	else
		printf("Info ->  U In Use \n\n");
}

/* docker's titles are coloured where nothing else is, too. */
static void print_titles(const struct view *view)
{
	for (int i = 0; i < view->count; i++) {
		int width = i == IMAGE ? view->names : columns[i].width;
		bool last = i == EXTRA;

		printf("%*s" HEADER "%s" PLAIN, i ? SPACING : 0, "", columns[i].title);
		printf("%*s", last ? 0 : width - (int)strlen(columns[i].title), "");
	}
	putchar('\n');
}

void image_tree_cli_print(const json_t *list, bool all)
{
	autojson *images = sorted(list, age_of);
	struct view view = {0};

	for (size_t i = json_array_size(images); i-- > 0 && !all;)
		if (is_nameless(json_array_get(images, i)))
			json_array_remove(images, i);
	measure(&view, images);
	print_styled(&view, "\033[93m",
		     "WARNING: This is an experimental feature. The output may change and "
		     "shouldn't be depended on.");
	putchar('\n');
	print_legend(&view);
	print_titles(&view);
	for (size_t i = 0; i < json_array_size(images); i++)
		print_image(&view, json_array_get(images, i));
}
