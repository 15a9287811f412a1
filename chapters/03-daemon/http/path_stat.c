#include "path_stat.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base64.h"
#include "json.h"
#include "memory.h"
#include "text.h"

#define GO_DEVICE (1u << 26)
#define GO_CHAR   (1u << 21)

static const struct {
	mode_t type;
	uint32_t go;
} types[] = {
	{S_IFDIR, 1u << 31},  {S_IFLNK, 1u << 27}, {S_IFCHR, GO_DEVICE | GO_CHAR},
	{S_IFBLK, GO_DEVICE}, {S_IFIFO, 1u << 25}, {S_IFSOCK, 1u << 24},
	{S_IFREG, 0},
};

static const struct {
	mode_t bit;
	uint32_t go;
} bits[] = {{S_ISUID, 1u << 23}, {S_ISGID, 1u << 22}, {S_ISVTX, 1u << 20}};

uint32_t path_stat_go_mode(mode_t mode)
{
	uint32_t go = mode & 0777;

	for (size_t i = 0; i < countof(types); i++)
		if ((mode & S_IFMT) == types[i].type)
			go |= types[i].go;
	for (size_t i = 0; i < countof(bits); i++)
		if (mode & bits[i].bit)
			go |= bits[i].go;
	return go;
}

mode_t path_stat_mode(uint32_t go)
{
	mode_t mode = go & 0777;

	for (size_t i = 0; i < countof(bits); i++)
		if (go & bits[i].go)
			mode |= bits[i].bit;
	for (size_t i = 0; i < countof(types); i++)
		if ((go & types[i].go) == types[i].go)
			return mode | types[i].type; /* that of a plain file is 0, and last */
	return mode;
}

char *path_stat_encode(const struct path_stat *stat)
{
	char mtime[TIME_TEXT_SIZE];

	time_text(stat->mtime, mtime);
	autojson *value = json_pack("{s:o, s:I, s:I, s:s, s:o}", "name",
				    json_text_value(stat->name, strlen(stat->name)), "size",
				    (json_int_t)stat->size, "mode",
				    (json_int_t)path_stat_go_mode(stat->mode), "mtime", mtime,
				    "linkTarget", json_text_value(stat->link, strlen(stat->link)));
	autofree char *text = json_text(value);
	return base64_encode(text, strlen(text));
}

fallible path_stat_decode(const char *header, struct path_stat *stat)
{
	autobuffer bytes = {0};
	autojson *value = NULL;

	*stat = (struct path_stat){0};
	TRY(base64_decode(header, &bytes));
	TRY(json_parse(bytes.length ? bytes.data : "", bytes.length, PATH_STAT_HEADER, &value));
	stat->name = duplicate(json_string_at(value, "name", NULL));
	stat->link = duplicate(json_string_at(value, "linkTarget", NULL));
	stat->size = json_integer_value(json_object_get(value, "size"));
	stat->mode = path_stat_mode(json_integer_value(json_object_get(value, "mode")));
	return time_parse(json_string_at(value, "mtime", NULL), &stat->mtime);
}

void path_stat_finish(struct path_stat *stat)
{
	free(stat->name);
	free(stat->link);
}
