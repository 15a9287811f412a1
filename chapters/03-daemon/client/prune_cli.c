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

static const struct option_row container_rows[] = {
	{0, "filter", OPTION_LIST, AT(filters), "filter",
	 "Provide filter values (e.g. \"until=<timestamp>\")"},
	{'f', "force", OPTION_FLAG, AT(force), NULL, "Do not prompt for confirmation"},
	{0},
};

static const struct option_row image_rows[] = {
	{'a', "all", OPTION_FLAG, AT(all), NULL,
	 "Remove all unused images, not just dangling ones"},
	{0, "filter", OPTION_LIST, AT(filters), "filter",
	 "Provide filter values (e.g. \"until=<timestamp>\")"},
	{'f', "force", OPTION_FLAG, AT(force), NULL, "Do not prompt for confirmation"},
	{0},
};

static const struct option_row volume_rows[] = {
	{'a', "all", OPTION_FLAG, AT(all), NULL,
	 "Remove all unused volumes, not just anonymous ones"},
	{0, "filter", OPTION_LIST, AT(filters), "filter",
	 "Provide filter values (e.g. \"label=<label>\")"},
	{'f', "force", OPTION_FLAG, AT(force), NULL, "Do not prompt for confirmation"},
	{0},
};

static const struct option_row system_rows[] = {
	{'a', "all", OPTION_FLAG, AT(all), NULL, "Remove all unused images not just dangling ones"},
	{0, "filter", OPTION_LIST, AT(filters), "filter",
	 "Provide filter values (e.g. \"label=<key>=<value>\")"},
	{'f', "force", OPTION_FLAG, AT(force), NULL, "Do not prompt for confirmation"},
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

/* Prints what is gone and adds up what it took. */
static fallible prune_containers(struct client *client, const struct prune_options *options,
				 double *reclaimed)
{
	autobuffer path = {0};
	autojson *answer = NULL;
	json_t *id;
	size_t i;

	buffer_append_string(&path, "/containers/prune");
	TRY(filter_add(&path, &options->filters));
	TRY(remote_call(client, "POST", path.data, NULL, &answer));
	json_array_foreach (json_object_get(answer, "ContainersDeleted"), i, id)
		printf("%s%s\n", i ? "" : "Deleted Containers:\n", json_string_value(id));
	if (i)
		printf("\n");
	*reclaimed += json_number_value(json_object_get(answer, "SpaceReclaimed"));
	return NULL;
}

static fallible prune_images(struct client *client, const struct prune_options *options,
			     double *reclaimed)
{
	autowords filters = {0};
	autobuffer path = {0};
	autojson *answer = NULL;
	json_t *item;
	size_t i;

	words_append(&filters, options->all ? "dangling=false" : "dangling=true");
	for (i = 0; i < options->filters.count; i++)
		words_append(&filters, options->filters.items[i]);
	buffer_append_string(&path, "/images/prune");
	TRY(filter_add(&path, &filters));
	TRY(remote_call(client, "POST", path.data, NULL, &answer));
	json_array_foreach (json_object_get(answer, "ImagesDeleted"), i, item) {
		const char *deleted = json_string_at(item, "Deleted", NULL);

		printf("%s%s: %s\n", i ? "" : "Deleted Images:\n",
		       *deleted ? "deleted" : "untagged",
		       *deleted ? deleted : json_string_at(item, "Untagged", NULL));
	}
	if (i)
		printf("\n");
	*reclaimed += json_number_value(json_object_get(answer, "SpaceReclaimed"));
	return NULL;
}

static fallible prune_volumes(struct client *client, const struct prune_options *options,
			      double *reclaimed, bool all)
{
	autowords filters = {0};
	autobuffer path = {0};
	autojson *answer = NULL;
	json_t *name;
	size_t i;

	if (all)
		words_append(&filters, "all=true");
	for (i = 0; i < options->filters.count; i++)
		words_append(&filters, options->filters.items[i]);
	buffer_append_string(&path, "/volumes/prune");
	TRY(filter_add(&path, &filters));
	TRY(remote_call(client, "POST", path.data, NULL, &answer));
	json_array_foreach (json_object_get(answer, "VolumesDeleted"), i, name)
		printf("%s%s\n", i ? "" : "Deleted Volumes:\n", json_string_value(name));
	if (i)
		printf("\n");
	*reclaimed += json_number_value(json_object_get(answer, "SpaceReclaimed"));
	return NULL;
}

static fallible prune_these_volumes(struct client *client, const struct prune_options *options,
				    double *reclaimed)
{
	return prune_volumes(client, options, reclaimed, options->all);
}

static fallible prune_system(struct client *client, const struct prune_options *options,
			     double *reclaimed)
{
	TRY(prune_containers(client, options, reclaimed));
	if (options->volumes)
		TRY(prune_volumes(client, options, reclaimed, false));
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
		      "WARNING! This will remove:\n  - all stopped containers\n%s  - all %s\n",
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

static fallible prune(struct client *client, int argc, char **argv,
		      char *(*warning)(const struct prune_options *),
		      fallible (*remove)(struct client *, const struct prune_options *, double *))
{
	struct prune_options options = {0};
	double reclaimed = 0;
	char size[32];
	bool done;
	int first;
	struct error *e =
		client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done);
	autofree char *question = warning(&options);

	if (!e && !done && is_confirmed(&options, question)) {
		e = remove(client, &options, &reclaimed);
		size_text(reclaimed, size);
		if (!e)
			printf("Total reclaimed space: %s\n", size);
	}
	words_finish(&options.filters);
	return e;
}

static fallible container_prune_run(struct client *client, int argc, char **argv)
{
	return prune(client, argc, argv, container_warning, prune_containers);
}

static fallible image_prune_run(struct client *client, int argc, char **argv)
{
	return prune(client, argc, argv, image_warning, prune_images);
}

static fallible volume_prune_run(struct client *client, int argc, char **argv)
{
	return prune(client, argc, argv, volume_warning, prune_these_volumes);
}

static fallible system_prune_run(struct client *client, int argc, char **argv)
{
	return prune(client, argc, argv, system_warning, prune_system);
}

const struct command container_prune_command = {
	.usage = "[OPTIONS]",
	.summary = "Remove all stopped containers",
	.options = container_rows,
	.run = container_prune_run,
};

const struct command image_prune_command = {
	.usage = "[OPTIONS]",
	.summary = "Remove unused images",
	.options = image_rows,
	.run = image_prune_run,
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
