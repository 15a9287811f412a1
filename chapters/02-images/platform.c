#include "platform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/utsname.h>

#include "json.h"
#include "memory.h"
#include "text.h"

/* Spellings of an architecture; variant: what the spelling says beside it, NULL nothing. */
static const struct spelling {
	const char *machine, *name, *variant;
} spellings[] = {
	{"x86_64", "amd64", NULL},        {"x86-64", "amd64", NULL}, {"aarch64", "arm64", NULL},
	{"armhf", "arm", "v7"},           {"armel", "arm", "v6"},    {"armv7l", "arm", "v7"},
	{"armv6l", "arm", "v6"},          {"i386", "386", NULL},     {"i686", "386", NULL},
	{"powerpc64le", "ppc64le", NULL},
};

/* The variant that is meant where none is told, and which is therefore not told. */
static const struct usual {
	const char *architecture, *variant;
	bool told;
} usuals[] = {{"arm64", "v8", false}, {"amd64", "v1", false}, {"arm", "v7", true}};

/* What a processor runs beside its own, the highest variant of it. */
static const struct elder {
	const char *architecture, *elder, *variant;
} elders[] = {{"amd64", "386", ""}, {"arm64", "arm", "v8"}};

static void set_word(char word[PLATFORM_WORD], const char *text)
{
	snprintf(word, PLATFORM_WORD, "%s", text ? text : "");
	for (char *at = word; *at; at++)
		if (*at >= 'A' && *at <= 'Z')
			*at += 'a' - 'A';
}

static void normalize_variant(struct platform *p)
{
	if (*p->variant >= '0' && *p->variant <= '9') {
		char bare[PLATFORM_WORD];

		strcpy(bare, p->variant);
		snprintf(p->variant, PLATFORM_WORD, "v%.*s", PLATFORM_WORD - 2, bare);
	}
	for (size_t i = 0; i < countof(usuals); i++) {
		if (strcmp(usuals[i].architecture, p->architecture) != 0)
			continue;
		if (usuals[i].told && !*p->variant)
			set_word(p->variant, usuals[i].variant);
		if (!usuals[i].told && strcmp(p->variant, usuals[i].variant) == 0)
			*p->variant = '\0';
	}
}

void platform_set(struct platform *p, const char *os, const char *architecture, const char *variant)
{
	set_word(p->os, os);
	set_word(p->architecture, architecture);
	set_word(p->variant, variant);
	for (size_t i = 0; i < countof(spellings); i++) {
		if (strcmp(spellings[i].machine, p->architecture) != 0)
			continue;
		set_word(p->architecture, spellings[i].name);
		if (!*p->variant)
			set_word(p->variant, spellings[i].variant);
	}
	normalize_variant(p);
}

void platform_host(struct platform *out)
{
	struct utsname host = {0};

	platform_set(out, "linux", uname(&host) == 0 ? host.machine : "amd64", NULL);
}

static bool is_os(const char *word)
{
	static const char *const systems[] = {"linux",   "windows", "darwin",
					      "freebsd", "wasi",    "unknown"};

	for (size_t i = 0; i < countof(systems); i++)
		if (strcasecmp(systems[i], word) == 0)
			return true;
	return false;
}

fallible platform_parse(const char *text, struct platform *out)
{
	autofree char *copy = duplicate(text);
	char *rest = copy, *parts[3] = {0};
	size_t count = 0;

	for (char *part; (part = strsep(&rest, "/")); count++) {
		bool plain = *part && strlen(part) < PLATFORM_WORD &&
			     strspn(part, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					  "0123456789._-") == strlen(part);

		if (count == countof(parts) || !plain)
			return error_new(ERROR_INVALID,
					 "\"%s\": unknown operating system or architecture: "
					 "invalid argument (it is like linux/arm64/v8)",
					 text);
		parts[count] = part;
	}
	platform_host(out);
	if (count == 1 && is_os(parts[0]))
		set_word(out->os, parts[0]);
	else if (count == 1)
		platform_set(out, "linux", parts[0], NULL);
	else
		platform_set(out, parts[0], parts[1], parts[2]);
	return NULL;
}

void platform_read(const json_t *json, struct platform *out)
{
	platform_set(out, json_string_at(json, "os", NULL),
		     json_string_at(json, "architecture", NULL),
		     json_string_at(json, "variant", NULL));
}

json_t *platform_json(const struct platform *p)
{
	return json_pack("{s:s, s:s, s:s*}", "architecture", p->architecture, "os", p->os,
			 "variant", *p->variant ? p->variant : NULL);
}

char *platform_text(const struct platform *p)
{
	return format("%s/%s%s%s", p->os, p->architecture, *p->variant ? "/" : "", p->variant);
}

/* "v7" is 7, none is 1: the oldest. */
static unsigned int generation(const char *variant)
{
	return *variant == 'v' && variant[1] >= '0' && variant[1] <= '9' ? variant[1] - '0' : 1;
}

#define BEST 1000

static unsigned int rank_variants(const char *wanted, const char *offered, unsigned int best)
{
	unsigned int most = generation(wanted), has = generation(offered);

	return has > most ? 0 : best - (most - has);
}

unsigned int platform_rank(const struct platform *wanted, const struct platform *offered)
{
	if (strcmp(wanted->os, offered->os) != 0)
		return 0;
	if (strcmp(wanted->architecture, offered->architecture) == 0)
		return strcmp(wanted->variant, offered->variant) == 0
			       ? BEST
			       : rank_variants(wanted->variant, offered->variant, BEST);
	for (size_t i = 0; i < countof(elders); i++)
		if (strcmp(elders[i].architecture, wanted->architecture) == 0 &&
		    strcmp(elders[i].elder, offered->architecture) == 0)
			return rank_variants(elders[i].variant, offered->variant, BEST / 2);
	return 0;
}
