#include "cell.h"

#include <string.h>

#include "buffer.h"
#include "duration.h"
#include "memory.h"
#include "text.h"

char *cell_shortened(const char *text, size_t most)
{
	size_t letters = 0, end = 0, i = 0;

	for (; text[i]; i++) {
		if ((text[i] & 0xc0) == 0x80)
			continue;
		if (++letters == most)
			end = i;
	}
	if (letters <= most)
		return duplicate(text);
	autofree char *start = duplicate_range(text, end);
	return format("%s\u2026", start);
}

json_t *cell_ago(time_t time)
{
	char text[DURATION_TEXT_SIZE];

	if (!time)
		return json_string("N/A");
	duration_text(time_now().tv_sec - time, text);
	autofree char *ago = format("%s ago", text);
	return json_string(ago);
}

json_t *cell_local_time(time_t time)
{
	char text[64] = "";
	struct tm tm;

	localtime_r(&time, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %z %Z", &tm);
	return json_string(text);
}

json_t *cell_id(const char *id, bool whole)
{
	if (!whole && text_has_prefix(id, "sha256:"))
		id += strlen("sha256:");
	return json_stringn(id, whole ? strlen(id) : strnlen(id, 12));
}

json_t *cell_labels(const json_t *labels)
{
	autobuffer text = {0};
	const char *key;
	json_t *value;

	buffer_append_string(&text, "");
	json_object_foreach ((json_t *)labels, key, value)
		buffer_printf(&text, "%s%s=%s", text.length ? "," : "", key,
			      json_string_value(value));
	return json_string(text.data);
}
