#include "prune_cli.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "filter.h"
#include "json.h"
#include "memory.h"
#include "remote.h"
#include "text.h"

struct prune_options {
	bool all, force, volumes;
	struct words filters;
};

#define AT(member) offsetof(struct prune_options, member)

#define ALL_ROW(help)                                                                              \
	{                                                                                          \
		'a', "all", OPTION_FLAG, AT(all), NULL, help                                       \
	}
#define FILTER_ROW(example)                                                                        \
	{                                                                                          \
		0, "filter", OPTION_LIST, AT(filters), "filter",                                   \
			"Provide filter values (e.g. \"" example "\")"                             \
	}
#define FORCE_ROW                                                                                  \
	{                                                                                          \
		'f', "force", OPTION_FLAG, AT(force), NULL, "Do not prompt for confirmation"       \
	}

/* Of containers and of networks. */
static const struct option_row plain_rows[] = {
	FILTER_ROW("until=<timestamp>"),
	FORCE_ROW,
	{0},
};

static const struct option_row image_rows[] = {
	ALL_ROW("Remove all unused images, not just dangling ones"),
	FILTER_ROW("until=<timestamp>"),
	FORCE_ROW,
	{0},
};

static const struct option_row volume_rows[] = {
	ALL_ROW("Remove all unused volumes, not just anonymous ones"),
	FILTER_ROW("label=<label>"),
	FORCE_ROW,
	{0},
};

static const struct option_row system_rows[] = {
	ALL_ROW("Remove all unused images not just dangling ones"),
	FILTER_ROW("label=<key>=<value>"),
	FORCE_ROW,
	{0, "volumes", OPTION_FLAG, AT(volumes), NULL, "Prune anonymous volumes"},
	{0},
};

/* -- asking the user -- */

/* Anything but a yes is a no, the end of the input too. */
static bool is_confirmed(const struct prune_options *options, const char *warning)
{
	char answer[16] = "";

	if (options->force)
		return true;
	printf("%s\nAre you sure you want to continue? [y/N] ", warning);
	fflush(stdout);
	if (!fgets(answer, sizeof(answer), stdin))
		printf("\n");
	return tolower((unsigned char)answer[0]) == 'y' &&
	       strspn(answer + 1, "\r\n ") == strlen(answer + 1);
}

/* -- asking the daemon -- */

/* What is the same for every kind. */
struct kind {
	const char *path, *title;
	const char *member; /* of the answer: what has gone */
};

static void print_gone(const json_t *gone)
{
	const char *deleted = json_string_at(gone, "Deleted", NULL);

	if (json_is_string(gone))
		printf("%s\n", json_string_value(gone));
	else if (*deleted)
		printf("deleted: %s\n", deleted);
	else
		printf("untagged: %s\n", json_string_at(gone, "Untagged", NULL));
}

/* Prints what is gone and adds up what it took. own: one more filter; NULL: none. */
static fallible prune_kind(struct client *client, const struct kind *kind, const char *own,
			   const struct prune_options *options, double *reclaimed)
{
	autowords filters = {0};
	autobuffer path = {0};
	autojson *answer = NULL;
	json_t *gone;
	size_t i;

	if (own)
		words_append(&filters, own);
	for (i = 0; i < options->filters.count; i++)
		words_append(&filters, options->filters.items[i]);
	buffer_append_string(&path, kind->path);
	TRY(filter_add(&path, &filters));
	TRY(remote_call(client, "POST", path.data, NULL, &answer));
	json_array_foreach (json_object_get(answer, kind->member), i, gone) {
		fputs(i ? "" : kind->title, stdout);
		print_gone(gone);
	}
	if (i)
		printf("\n");
	*reclaimed += json_number_value(json_object_get(answer, "SpaceReclaimed"));
	return NULL;
}

static fallible prune_containers(struct client *client, const struct prune_options *options,
				 double *reclaimed)
{
	static const struct kind containers = {"/containers/prune", "Deleted Containers:\n",
					       "ContainersDeleted"};

	return prune_kind(client, &containers, NULL, options, reclaimed);
}

static fallible prune_images(struct client *client, const struct prune_options *options,
			     double *reclaimed)
{
	static const struct kind images = {"/images/prune", "Deleted Images:\n", "ImagesDeleted"};

	return prune_kind(client, &images, options->all ? "dangling=false" : "dangling=true",
			  options, reclaimed);
}

static const struct kind volumes = {"/volumes/prune", "Deleted Volumes:\n", "VolumesDeleted"};

static fallible prune_volumes(struct client *client, const struct prune_options *options,
			      double *reclaimed)
{
	return prune_kind(client, &volumes, options->all ? "all=true" : NULL, options, reclaimed);
}

static fallible prune_networks(struct client *client, const struct prune_options *options,
			       double *reclaimed)
{
	static const struct kind networks = {"/networks/prune", "Deleted Networks:\n",
					     "NetworksDeleted"};

	return prune_kind(client, &networks, NULL, options, reclaimed);
}

/* --all is about images here. */
static fallible prune_system(struct client *client, const struct prune_options *options,
			     double *reclaimed)
{
	TRY(prune_containers(client, options, reclaimed));
	TRY(prune_networks(client, options, reclaimed));
	if (options->volumes)
		TRY(prune_kind(client, &volumes, NULL, options, reclaimed));
	return prune_images(client, options, reclaimed);
}

/* -- the commands -- */

static char *container_warning(const struct prune_options *options)
{
	(void)options;
	return duplicate("WARNING! This will remove all stopped containers.");
}

static char *image_warning(const struct prune_options *options)
{
	return duplicate(options->all ? "WARNING! This will remove all images without at least one "
					"container associated to them."
				      : "WARNING! This will remove all dangling images.");
}

static char *network_warning(const struct prune_options *options)
{
	(void)options;
	return duplicate("WARNING! This will remove all custom networks not used by at least one "
			 "container.");
}

static char *volume_warning(const struct prune_options *options)
{
	return duplicate(options->all ? "WARNING! This will remove all local volumes not used by "
					"at least one container."
				      : "WARNING! This will remove anonymous local volumes not "
					"used by at least one container.");
}

static char *system_warning(const struct prune_options *options)
{
	struct buffer text = {0};

	buffer_printf(&text,
		      "WARNING! This will remove:\n  - all stopped containers\n"
		      "  - all networks not used by at least one container\n%s  - all %s\n",
		      options->volumes ? "  - all anonymous volumes not used by at least one "
					 "container\n"
				       : "",
		      options->all ? "images without at least one container associated to them"
				   : "dangling images");
	for (size_t i = 0; i < options->filters.count; i++)
		buffer_printf(&text, "%s  - %s\n",
			      i ? "" : "\n  Items to be pruned will be filtered with:\n",
			      options->filters.items[i]);
	return buffer_take(&text);
}

struct prunable {
	char *(*warning)(const struct prune_options *options);
	fallible (*remove)(struct client *client, const struct prune_options *options,
			   double *reclaimed);
	bool takes_no_space;
};

static fallible prune(struct client *client, int argc, char **argv, const struct prunable *prunable)
{
	struct prune_options options = {0};
	double reclaimed = 0;
	char size[32];
	bool done;
	int first;
	struct error *e =
		client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done);
	autofree char *question = prunable->warning(&options);

	if (!e && !done && is_confirmed(&options, question)) {
		e = prunable->remove(client, &options, &reclaimed);
		size_text(reclaimed, size);
		if (!e && !prunable->takes_no_space)
			printf("Total reclaimed space: %s\n", size);
	}
	words_finish(&options.filters);
	return e;
}

static fallible container_prune_run(struct client *client, int argc, char **argv)
{
	static const struct prunable containers = {container_warning, prune_containers};

	return prune(client, argc, argv, &containers);
}

static fallible image_prune_run(struct client *client, int argc, char **argv)
{
	static const struct prunable images = {image_warning, prune_images};

	return prune(client, argc, argv, &images);
}

static fallible network_prune_run(struct client *client, int argc, char **argv)
{
	static const struct prunable networks = {network_warning, prune_networks, true};

	return prune(client, argc, argv, &networks);
}

static fallible volume_prune_run(struct client *client, int argc, char **argv)
{
	static const struct prunable these = {volume_warning, prune_volumes};

	return prune(client, argc, argv, &these);
}

static fallible system_prune_run(struct client *client, int argc, char **argv)
{
	static const struct prunable all = {system_warning, prune_system};

	return prune(client, argc, argv, &all);
}

const struct command container_prune_command = {
	.usage = "[OPTIONS]",
	.summary = "Remove all stopped containers",
	.options = plain_rows,
	.run = container_prune_run,
};

const struct command image_prune_command = {
	.usage = "[OPTIONS]",
	.summary = "Remove unused images",
	.options = image_rows,
	.run = image_prune_run,
};

const struct command network_prune_command = {
	.usage = "[OPTIONS]",
	.summary = "Remove all unused networks",
	.options = plain_rows,
	.run = network_prune_run,
};

const struct command volume_prune_command = {
	.usage = "[OPTIONS]",
	.summary = "Remove unused local volumes",
	.options = volume_rows,
	.run = volume_prune_run,
};

const struct command system_prune_command = {
	.usage = "[OPTIONS]",
	.summary = "Remove unused data",
	.options = system_rows,
	.run = system_prune_run,
};
