#include "container_name.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <sys/random.h>

#include "engine.h"
#include "memory.h"
#include "store.h"

static const char *const adjectives[] = {
	"agile",    "amber",   "attentive", "awake",    "bold",    "brave",    "bright",  "brisk",
	"calm",     "candid",  "careful",   "cheerful", "clear",   "clever",   "cordial", "curious",
	"daring",   "deft",    "diligent",  "eager",    "earnest", "elegant",  "exact",   "fair",
	"fearless", "fluent",  "frugal",    "gentle",   "glad",    "graceful", "hearty",  "honest",
	"humble",   "jolly",   "keen",      "kind",     "lively",  "lucid",    "mellow",  "merry",
	"mindful",  "modest",  "nimble",    "noble",    "orderly", "patient",  "playful", "plucky",
	"polite",   "prudent", "quiet",     "radiant",  "ready",   "serene",   "sincere", "sleek",
	"steady",   "sunny",   "swift",     "tidy",     "upbeat",  "vivid",    "warm",    "witty",
};

/* People whose work containers stand on: kernels, languages, networks, logic. */
static const char *const surnames[] = {
	"allen",     "backus",   "bartik",   "berners",  "blackburn", "boole",     "borg",
	"brooks",    "cerf",     "chomsky",  "church",   "codd",      "conway",    "corbato",
	"cray",      "dahl",     "daley",    "denning",  "dijkstra",  "engelbart", "estrin",
	"floyd",     "goldberg", "gray",     "hamilton", "hamming",   "hoare",     "holberton",
	"hopper",    "huffman",  "iverson",  "johnson",  "joy",       "kahn",      "karp",
	"kernighan", "kilburn",  "kleene",   "knuth",    "lamport",   "liskov",    "lovelace",
	"mcilroy",   "mcnulty",  "metcalfe", "milner",   "naur",      "newell",    "nygaard",
	"ossanna",   "perlman",  "pike",     "postel",   "ritchie",   "robinson",  "saltzer",
	"sammet",    "shannon",  "stallman", "stevens",  "tanenbaum", "thompson",  "torvalds",
	"turing",    "wilkes",   "wing",     "wirth",    "zuse",
};

static bool is_allowed(char c, bool first)
{
	return isalnum((unsigned char)c) || (!first && strchr("_.-", c));
}

fallible container_name_check(const char *name)
{
	const char *plain = name + (*name == '/');
	bool allowed = strlen(plain) >= 2 && strlen(plain) <= 255;

	for (const char *c = plain; *c && allowed; c++)
		allowed = is_allowed(*c, c == plain);
	if (!allowed)
		return error_new(ERROR_INVALID,
				 "Invalid container name (%s), only [a-zA-Z0-9][a-zA-Z0-9_.-] are "
				 "allowed%s",
				 name,
				 strlen(plain) == 1 && is_allowed(*plain, true)
					 ? ": a name has two characters or more"
					 : "");
	return NULL;
}

char *container_name_generate(unsigned int attempt)
{
	unsigned int random[3] = {0};

	/* Sixteen bytes or less come at once and whole (getrandom(2)). */
	(void)!getrandom(random, sizeof(random), 0);
	const char *adjective = adjectives[random[0] % countof(adjectives)];
	const char *surname = surnames[random[1] % countof(surnames)];
	if (!attempt)
		return format("%s_%s", adjective, surname);
	return format("%s_%s%u", adjective, surname, random[2] % 10);
}

fallible container_name_conflict(struct engine *engine, const char *name)
{
	autofree char *owner = NULL;

	error_free(store_get(engine->store, CONTAINER_NAME_KIND, name, &owner));
	return error_new(ERROR_CONFLICT,
			 "Conflict. The container name \"%s\" is already in use by container "
			 "\"%s\". You have to remove (or rename) that container to be able to "
			 "reuse that name.",
			 name, owner ? owner : "");
}
