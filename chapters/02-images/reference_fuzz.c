/*
 * Any text as an image's name: it is refused, or what comes out is read again as the same.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "platform.h"
#include "reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void assert_reads_as(const char *text, const char *normalized)
{
	autoreference ref = {0};
	autoerror e = reference_parse(text, &ref);
	autofree char *again = e ? NULL : reference_normalized(&ref);

	assert(!e && strcmp(again, normalized) == 0);
}

static void read_reference(const char *text)
{
	autoreference ref = {0};
	autoerror e = reference_parse(text, &ref);

	if (e)
		return;
	reference_default_tag(&ref);
	autofree char *normalized = reference_normalized(&ref);
	autofree char *familiar = reference_familiar(&ref);
	assert_reads_as(normalized, normalized);
	assert_reads_as(familiar, normalized);
}

static void read_platform(const char *text)
{
	struct platform platform, again;
	autoerror e = platform_parse(text, &platform);

	if (e)
		return;
	autofree char *normal = platform_text(&platform);
	autoerror refused = platform_parse(normal, &again);
	assert(!refused && platform_rank(&platform, &again) == platform_rank(&platform, &platform));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autofree char *text = duplicate_range((const char *)data, size);

	read_reference(text);
	read_platform(text);
	return 0;
}
