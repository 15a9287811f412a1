#include "image_reach.h"
#include "image_store.h"
#include "images_test.h"
#include "json.h"

struct layout {
	struct place *place;
	struct image_store *store;
};

static int open_layout(void **state)
{
	struct layout *layout = allocate(sizeof(*layout));

	make_place((void **)&layout->place);
	assert_ok(image_store_open(layout->place->fd, NOT_DURABLE, &layout->store));
	*state = layout;
	return 0;
}

static int close_layout(void **state)
{
	struct layout *layout = *state;

	image_store_close(layout->store);
	drop_place((void **)&layout->place);
	free(layout);
	return 0;
}

/* A document in the store, as a descriptor with more members; the caller frees. */
static char *put(struct layout *layout, const char *type, const char *text, const char *more)
{
	struct digest digest;

	assert_ok(content_put(image_store_content(layout->store), text, strlen(text), &digest));
	return format("{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%zu%s}", type, digest.text,
		      strlen(text), more);
}

static char *put_manifest(struct layout *layout, const char *machine, const char *config_type,
			  const char *more)
{
	autofree char *document = format("{\"os\":\"linux\",\"architecture\":\"%s\"}", machine);
	autofree char *config = put(layout, config_type, document, "");
	autofree char *text = format("{\"schemaVersion\":2,\"config\":%s,\"layers\":[]}", config);

	return put(layout, MEDIA_MANIFEST, text, more);
}

static char *put_index(struct layout *layout, const char *entries)
{
	autofree char *text = format("{\"schemaVersion\":2,\"manifests\":[%s]}", entries);

	return put(layout, MEDIA_INDEX, text, "");
}

#define PLATFORM(arch) ",\"platform\":{\"os\":\"linux\",\"architecture\":\"" arch "\"}"

/* "linux/arm64" out of a descriptor: the architecture of the config that it comes to. */
static struct error *choose(struct layout *layout, const char *descriptor, const char *platform,
			    char **architecture)
{
	autojson *json = NULL;
	autoimage *image = NULL;
	struct platform wanted;

	assert_ok(json_parse(descriptor, strlen(descriptor), "test", &json));
	assert_ok(platform_parse(platform, &wanted));
	TRY(image_read_listed(layout->store, json, &wanted, &image));
	*architecture = duplicate(image->architecture);
	return NULL;
}

static void assert_chooses(struct layout *layout, const char *descriptor, const char *platform,
			   const char *expected)
{
	autofree char *architecture = NULL;

	assert_ok(choose(layout, descriptor, platform, &architecture));
	assert_string_equal(architecture, expected);
}

static void assert_chooses_none(struct layout *layout, const char *descriptor,
				enum error_class class, const char *text)
{
	autofree char *architecture = NULL;

	assert_error(choose(layout, descriptor, "linux/amd64", &architecture), class, text);
}

static void the_best_platform_is_chosen(void **state)
{
	struct layout *layout = *state;
	autofree char *old = put_manifest(layout, "386", MEDIA_CONFIG, PLATFORM("386"));
	autofree char *amd64 = put_manifest(layout, "amd64", MEDIA_CONFIG, PLATFORM("amd64"));
	autofree char *arm = put_manifest(layout, "arm", MEDIA_CONFIG, PLATFORM("arm"));
	autofree char *entries = format("%s,%s,%s", old, amd64, arm);
	autofree char *index = put_index(layout, entries);

	assert_chooses(layout, index, "linux/amd64", "amd64");
	assert_chooses(layout, index, "linux/386", "386");
	assert_chooses(layout, index, "linux/arm/v7", "arm");
	assert_chooses(layout, index, "linux/arm64", "arm");
	autofree char *architecture = NULL;
	assert_error(choose(layout, index, "linux/s390x", &architecture), ERROR_NOT_FOUND,
		     "not for linux/s390x, only for linux/386, linux/amd64, linux/arm/v7");
}

static void an_index_may_lie_in_an_index(void **state)
{
	struct layout *layout = *state;
	autofree char *amd64 = put_manifest(layout, "amd64", MEDIA_CONFIG, PLATFORM("amd64"));
	autofree char *inner = put_index(layout, amd64);
	autofree char *outer = put_index(layout, inner);

	assert_chooses(layout, outer, "linux/amd64", "amd64");
}

static void without_a_platform_the_config_tells(void **state)
{
	struct layout *layout = *state;
	autofree char *arm = put_manifest(layout, "arm64", MEDIA_CONFIG, "");
	autofree char *amd64 = put_manifest(layout, "amd64", MEDIA_CONFIG, "");
	autofree char *both = format("%s,%s", arm, amd64);
	autofree char *index = put_index(layout, both);

	assert_chooses(layout, index, "linux/amd64", "amd64");
	assert_chooses(layout, index, "linux/arm64", "arm64");
}

static void what_is_no_image_is_never_chosen(void **state)
{
	struct layout *layout = *state;
	autofree char *proof = put_manifest(layout, "amd64", MEDIA_CONFIG,
					    ",\"platform\":{"
					    "\"os\":\"unknown\",\"architecture\":\"unknown\"}");
	autofree char *signature = put_manifest(layout, "amd64", MEDIA_CONFIG,
						",\"artifactType\":\"text/x\"" PLATFORM("amd64"));
	autofree char *text = put(layout, "text/plain", "hello", PLATFORM("amd64"));
	autofree char *all = format("%s,%s,%s", proof, signature, text);
	autofree char *index = put_index(layout, all);
	autofree char *chart =
		put_manifest(layout, "amd64", "application/vnd.cncf.helm.config", "");

	assert_chooses_none(layout, index, ERROR_NOT_EXECUTABLE, "has no image that could be run");
	assert_chooses_none(layout, chart, ERROR_NOT_EXECUTABLE, "vnd.cncf.helm.config");
	assert_chooses_none(layout, text, ERROR_NOT_EXECUTABLE, "text/plain");
}

static void documents_are_of_one_kind(void **state)
{
	struct layout *layout = *state;
	static const char both[] = "{\"schemaVersion\":2,\"manifests\":[],\"layers\":[],"
				   "\"config\":{}}";
	autofree char *index = put(layout, MEDIA_INDEX, both, "");
	autofree char *manifest = put(layout, MEDIA_MANIFEST, both, "");
	autofree char *lying =
		put(layout, MEDIA_MANIFEST, "{\"mediaType\":\"" MEDIA_DOCKER_MANIFEST "\"}", "");

	assert_chooses_none(layout, index, ERROR_INVALID, "has 'layers', which it cannot have");
	assert_chooses_none(layout, manifest, ERROR_INVALID, "has 'manifests'");
	assert_chooses_none(layout, lying, ERROR_INVALID, "its descriptor says");
}

static void deep_and_wide_indexes_are_refused(void **state)
{
	struct layout *layout = *state;
	char *deep = put_index(layout, ""), *wide = put_index(layout, "");

	for (int i = 0; i < 12; i++) {
		autofree char *inner = deep;

		deep = put_index(layout, inner);
	}
	assert_chooses_none(layout, deep, ERROR_INVALID, "in more than 8 indexes");
	free(deep);
	for (int i = 0; i < 6; i++) { /* each names the one before eight times: 8^6 ways */
		autofree char *inner = wide;
		autofree char *eight = format("%s,%s,%s,%s,%s,%s,%s,%s", inner, inner, inner, inner,
					      inner, inner, inner, inner);

		wide = put_index(layout, eight);
	}
	assert_chooses_none(layout, wide, ERROR_TOO_LARGE, "leads to more than 256");
	free(wide);
}

/* -- what is reached -- */

static fallible count_blob(void *context, const struct descriptor *blob)
{
	(void)blob;
	++*(int *)context;
	return NULL;
}

static int reach(struct layout *layout, const char *descriptor)
{
	int count = 0;
	autoimage_reach reach = {.store = layout->store, .visit = count_blob, .context = &count};
	autojson *json = NULL;

	assert_ok(json_parse(descriptor, strlen(descriptor), "test", &json));
	assert_ok(image_reach(&reach, json));
	return count;
}

static void all_platforms_and_artifacts_are_reached(void **state)
{
	struct layout *layout = *state;
	autofree char *amd64 = put_manifest(layout, "amd64", MEDIA_CONFIG, PLATFORM("amd64"));
	autofree char *arm = put_manifest(layout, "arm64", MEDIA_CONFIG, PLATFORM("arm64"));
	autofree char *other = put(layout, "text/plain", "hello", "");
	autofree char *absent = format("{\"mediaType\":\"" MEDIA_MANIFEST "\",\"digest\":\"sha256:"
				       "%064d\",\"size\":5}",
				       7);
	autofree char *all = format("%s,%s,%s,%s,%s", amd64, arm, other, absent, amd64);
	autofree char *index = put_index(layout, all);
	autofree char *subject = format("{\"schemaVersion\":2,\"artifactType\":\"text/x\","
					"\"config\":%s,\"layers\":[],\"subject\":%s}",
					other, index);
	autofree char *artifact = put(layout, MEDIA_MANIFEST, subject, "");

	assert_int_equal(reach(layout, index), 6);
	assert_int_equal(reach(layout, artifact), 7);
}

static void what_an_index_leads_to_is_not_swept(void **state)
{
	struct layout *layout = *state;
	autofree char *arm = put_manifest(layout, "arm64", MEDIA_CONFIG, PLATFORM("arm64"));
	autofree char *stray = put(layout, "text/plain", "nobody's", "");
	autofree char *index = put_index(layout, arm);
	autojson *target = NULL;
	autojson *list = NULL;

	assert_ok(json_parse(index, strlen(index), "test", &target));
	assert_ok(image_index_read(layout->store->root, &list));
	image_index_set(list, target, NULL);
	assert_ok(image_index_write(layout->store->root, list, NOT_DURABLE));
	assert_ok(image_sweep(layout->store));
	assert_int_equal(reach(layout, index), 3);
	assert_int_equal(reach(layout, stray), 0);
}

int main(void)
{
#define in_layout(test) cmocka_unit_test_setup_teardown(test, open_layout, close_layout)
	const struct CMUnitTest tests[] = {
		in_layout(the_best_platform_is_chosen),
		in_layout(an_index_may_lie_in_an_index),
		in_layout(without_a_platform_the_config_tells),
		in_layout(what_is_no_image_is_never_chosen),
		in_layout(documents_are_of_one_kind),
		in_layout(deep_and_wide_indexes_are_refused),
		in_layout(all_platforms_and_artifacts_are_reached),
		in_layout(what_an_index_leads_to_is_not_swept),
	};

	return cmocka_run_group_tests_name("image_choose", tests, NULL, NULL);
}
