#include "completion_cli.h"

#include <stdio.h>
#include <string.h>

#include "context_store.h"
#include "json.h"
#include "memory.h"
#include "remote.h"
#include "text.h"

/* -- the scripts: %1$s is the program -- */

static const char bash_script[] =
	"# bash completion for %1$s: in ~/.bashrc, `source <(%1$s completion bash)`\n"
	"_%2$s() {\n"
	"	local line=${COMP_LINE:0:COMP_POINT} words=() answer=() last\n"
	"	read -ra words <<<\"$line\"\n"
	"	[[ $line != *[[:space:]] ]] || words+=('')\n"
	"	last=${words[${#words[@]} - 1]}\n"
	"	mapfile -t answer < <(%1$s __complete \"${words[@]:1}\" 2>/dev/null)\n"
	"	COMPREPLY=(\"${answer[@]%%%%$'\\t'*}\")\n"
	"	# bash thinks that a colon begins a new word\n"
	"	[[ $last != *:* ]] || "
	"COMPREPLY=(\"${COMPREPLY[@]#\"${last%%\"${last##*:}\"}\"}\")\n"
	"}\n"
	"complete -o default -F _%2$s %1$s\n";

static const char zsh_script[] =
	"#compdef %1$s\n"
	"# zsh completion for %1$s: in ~/.zshrc, `source <(%1$s completion zsh)`\n"
	"_%2$s() {\n"
	"	local -a answer\n"
	"	answer=(\"${(@f)$(%1$s __complete \"${(@)words[2,CURRENT]}\" 2>/dev/null)}\")\n"
	"	answer=(\"${(@)answer//:/\\\\:}\")\n"
	"	answer=(\"${(@)answer/$'\\t'/:}\")\n"
	"	if [[ -n ${answer[1]} ]]; then _describe '%1$s' answer; else _files; fi\n"
	"}\n"
	"compdef _%2$s %1$s\n";

static const char fish_script[] =
	"# fish completion for %1$s: `%1$s completion fish >~/.config/fish/completions/%1$s.fish`\n"
	"function __%2$s_complete\n"
	"	set -l words (commandline -opc)\n"
	"	%1$s __complete $words[2..-1] (commandline -ct) 2>/dev/null\n"
	"end\n"
	"complete -c %1$s -a '(__%2$s_complete)'\n";

static const struct {
	const char *shell, *script;
} scripts[] = {{"bash", bash_script}, {"zsh", zsh_script}, {"fish", fish_script}};

/* A name for a function of the shell. */
static char *identifier(const char *program)
{
	char *name = duplicate(program);

	for (char *at = name; *at; at++)
		if (*at == '-' || *at == '.')
			*at = '_';
	return name;
}

static fallible completion_run(struct client *client, int argc, char **argv)
{
	bool none = false, done;
	int first;

	TRY(client_options(client, &none, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	if (done)
		return NULL;
	autofree char *function = identifier(client->program);
	for (size_t i = 0; i < countof(scripts); i++) {
		if (strcmp(scripts[i].shell, argv[first]) != 0)
			continue;
		printf(scripts[i].script, client->program, function);
		return NULL;
	}
	return error_new(ERROR_INVALID, "there is no completion for '%s': use bash, zsh or fish",
			 argv[first]);
}

/* -- what could come next -- */

/* The command that the words have come to. */
struct place {
	const struct command_name *children; /* NULL: it has none */
	const struct option_row *options;
	const char *usage;
	int arguments; /* how many it has already */
	bool value;    /* the word to complete is an option's value */
};

static void offer(const char *word, const char *about, const char *start)
{
	if (text_has_prefix(word, start))
		printf("%s\t%.*s\n", word, (int)strcspn(about, "\n"), about);
}

static void offer_commands(const struct command_name *rows, const char *start)
{
	for (; rows->names; rows++) {
		autofree char *name = duplicate_range(rows->names, strcspn(rows->names, " "));

		if (!rows->command->hidden)
			offer(name, rows->command->summary, start);
	}
}

static void offer_options(const struct option_row *rows, const char *start)
{
	for (; rows && rows->name; rows++) {
		autofree char *name = format("--%s", rows->name);

		offer(name, rows->help, start);
	}
	offer("--help", "Print usage", start);
}

static const struct option_row *option_of(const struct option_row *rows, const char *word)
{
	for (; rows && rows->name; rows++)
		if ((text_has_prefix(word, "--") && strcmp(word + 2, rows->name) == 0) ||
		    (word[0] == '-' && rows->letter && word[1] == rows->letter && !word[2]))
			return rows;
	return NULL;
}

/* "-e", "--env": the next word is its value. */
static bool takes_next(const struct option_row *rows, const char *word)
{
	const struct option_row *row = option_of(rows, word);

	return row && row->kind != OPTION_FLAG && row->kind != OPTION_OPTIONAL;
}

static void enter(struct place *place, const char *word)
{
	const struct command_name *row =
		place->children ? client_find(place->children, word) : NULL;

	if (!row) {
		place->arguments++;
		return;
	}
	place->children = row->command->children;
	place->options = row->command->options;
	place->usage = row->command->usage;
}

static void walk(struct place *place, char **words, int count)
{
	for (int i = 0; i < count; i++) {
		if (takes_next(place->options, words[i]))
			place->value = ++i == count;
		else if (words[i][0] != '-')
			enter(place, words[i]);
	}
}

/* -- names of things -- */

static void offer_containers(struct client *client, const char *start)
{
	autojson *list = NULL;
	autoerror e = remote_call(client, "GET", "/containers/json?all=1", NULL, &list);
	json_t *item;
	size_t i;

	json_array_foreach (e ? NULL : list, i, item) {
		const char *name =
			json_string_value(json_array_get(json_object_get(item, "Names"), 0));

		if (name && *name)
			offer(name + 1, json_string_at(item, "Status", NULL), start);
	}
}

static void offer_images(struct client *client, const char *start)
{
	autojson *list = NULL;
	autoerror e = remote_call(client, "GET", "/images/json", NULL, &list);
	json_t *item, *tag;
	size_t i, k;

	json_array_foreach (e ? NULL : list, i, item)
		json_array_foreach (json_object_get(item, "RepoTags"), k, tag)
			offer(json_string_value(tag), "image", start);
}

static void offer_networks(struct client *client, const char *start)
{
	autojson *list = NULL;
	autoerror e = remote_call(client, "GET", "/networks", NULL, &list);
	json_t *item;
	size_t i;

	json_array_foreach (e ? NULL : list, i, item)
		offer(json_string_at(item, "Name", NULL), json_string_at(item, "Driver", NULL),
		      start);
}

static void offer_volumes(struct client *client, const char *start)
{
	autojson *answer = NULL;
	autoerror e = remote_call(client, "GET", "/volumes", NULL, &answer);
	json_t *item;
	size_t i;

	json_array_foreach (e ? NULL : json_object_get(answer, "Volumes"), i, item)
		offer(json_string_at(item, "Name", NULL), json_string_at(item, "Driver", NULL),
		      start);
}

static void offer_plugins(struct client *client, const char *start)
{
	autojson *list = NULL;
	autoerror e = remote_call(client, "GET", "/plugins", NULL, &list);
	json_t *item;
	size_t i;

	json_array_foreach (e ? NULL : list, i, item)
		offer(json_string_at(item, "Name", NULL),
		      json_string_at(item, "Config", "Description", NULL), start);
}

static void offer_contexts(struct client *client, const char *start)
{
	autojson *list = NULL;
	autoerror e = context_store_list(client->config, &list);
	json_t *item;
	size_t i;

	offer(CONTEXT_DEFAULT, "Current DOCKER_HOST based configuration", start);
	json_array_foreach (e ? NULL : list, i, item)
		offer(json_string_at(item, "Name", NULL),
		      json_string_at(item, "Metadata", "Description", NULL), start);
}

static void offer_shells(struct client *client, const char *start)
{
	(void)client;
	for (size_t i = 0; i < countof(scripts); i++)
		offer(scripts[i].shell, "shell", start);
}

/* What an argument is, its usage says: "[OPTIONS] CONTAINER [CONTAINER...]". */
static void offer_arguments(struct client *client, const struct place *place, const char *start)
{
	static const struct {
		const char *word;
		void (*offer)(struct client *client, const char *start);
	} kinds[] = {{"CONTAINER", offer_containers},
		     {"IMAGE", offer_images},
		     {"SOURCE_IMAGE", offer_images},
		     {"NAME|ID", offer_containers},
		     {"NETWORK CONTAINER", offer_networks},
		     {"NETWORK [NETWORK", offer_networks},
		     {"PLUGIN", offer_plugins},
		     {"CONTEXT", offer_contexts},
		     {"SHELL", offer_shells},
		     {"VOLUME", offer_volumes}};
	const char *usage = place->usage;

	if (text_has_prefix(usage, "[OPTIONS] "))
		usage += strlen("[OPTIONS] ");
	for (int i = 0; i < place->arguments && *usage && !strstr(usage, "..."); i++) {
		usage += strcspn(usage, " ");
		usage += *usage == ' ';
	}
	if (place->arguments && strstr(usage, "COMMAND"))
		return; /* what comes then is the container's */
	usage += *usage == '[';
	for (size_t i = 0; i < countof(kinds); i++) {
		size_t length = strlen(kinds[i].word);

		if (strncmp(usage, kinds[i].word, length) == 0 &&
		    (!usage[length] || strchr(" []:.", usage[length])))
			kinds[i].offer(client, start);
	}
}

static fallible complete_run(struct client *client, int argc, char **argv)
{
	struct place place = {
		.children = client->table, .options = client_global_rows, .usage = ""};
	const char *start = argc > 1 ? argv[argc - 1] : "";

	walk(&place, argv + 1, argc > 2 ? argc - 2 : 0);
	if (place.value)
		return NULL; /* the shell offers files */
	if (*start == '-')
		offer_options(place.options, start);
	else if (place.children)
		offer_commands(place.children, start);
	else
		offer_arguments(client, &place, start);
	return NULL;
}

static const struct option_row no_rows[] = {{0}};

const struct command completion_command = {
	.usage = "SHELL",
	.summary = "Generate the autocompletion script for bash, zsh or fish",
	.options = no_rows,
	.least = 1,
	.most = 1,
	.run = completion_run,
};

const struct command complete_command = {
	.usage = "[WORD...]",
	.summary = "What could be typed next",
	.hidden = true,
	.options = no_rows,
	.run = complete_run,
};
