#include "platform_option.h"

#include "http_message.h"
#include "json.h"
#include "memory.h"
#include "platform.h"

fallible platform_option_add(struct buffer *path, const char *parameter, const char *text)
{
	struct platform platform;

	if (!text || !*text)
		return NULL;
	TRY(error_wrap(platform_parse(text, &platform), "invalid platform"));
	autojson *json = platform_json(&platform);
	autofree char *value = json_text(json);
	http_query_add(path, parameter, value);
	return NULL;
}
