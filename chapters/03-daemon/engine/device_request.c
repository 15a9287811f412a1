#include "device_request.h"

#include "json.h"
#include "members.h"
#include "memory.h"

static const struct member members[] = {
	{"Driver", MEMBER_TEXT, "\"\""},      {"Count", MEMBER_INTEGER, "0"},
	{"DeviceIDs", MEMBER_TEXTS, "null"},  {"Capabilities", MEMBER_ARRAY, "null"},
	{"Options", MEMBER_TEXT_MAP, "null"}, {0},
};

static fallible check_capabilities(const json_t *request)
{
	const json_t *all, *one;
	size_t i, n;

	json_array_foreach (json_object_get(request, "Capabilities"), i, all) {
		bool good = json_is_array(all);

		json_array_foreach (all, n, one)
			good = good && json_is_string(one);
		if (!good)
			return error_new(ERROR_INVALID,
					 "invalid JSON: DeviceRequest.Capabilities must be an "
					 "array of arrays of strings");
	}
	return NULL;
}

fallible device_request_read(json_t *host_config)
{
	json_t *requests = json_object_get(host_config, "DeviceRequests"), *given;
	size_t i;

	json_array_foreach (requests, i, given) {
		json_t *request = NULL;

		TRY(members_read(members, given, "DeviceRequest", &request));
		json_array_set_new(requests, i, request);
		TRY(check_capabilities(request));
	}
	return NULL;
}

/* As Go prints a list. */
static void append_list(const json_t *list, struct buffer *text)
{
	const json_t *item;
	size_t i;

	buffer_append_string(text, "[");
	json_array_foreach (list, i, item) {
		buffer_append_string(text, i > 0 ? " " : "");
		if (json_is_array(item))
			append_list(item, text);
		else
			buffer_append_string(text, json_string_value(item));
	}
	buffer_append_string(text, "]");
}

fallible device_request_meet(const json_t *host_config)
{
	const json_t *request = json_array_get(json_object_get(host_config, "DeviceRequests"), 0);
	autobuffer capabilities = {0};

	if (!request)
		return NULL;
	append_list(json_object_get(request, "Capabilities"), &capabilities);
	return error_new(ERROR_INVALID,
			 "could not select device driver \"%s\" with capabilities: %s",
			 json_string_at(request, "Driver", NULL), capabilities.data);
}
