#include "container_size.h"

#include "file.h"
#include "image_api.h"
#include "json.h"
#include "memory.h"

fallible container_size_written(const struct engine *engine, const struct container *container,
				uint64_t *bytes)
{
	autofree char *upper = format("containers/%s/upper", container->id);

	return error_wrap(tree_usage(engine->data_root, upper, bytes),
			  "cannot tell the size of container %s", container->id);
}

fallible container_size_add(struct engine *engine, const struct container *container,
			    json_t *document)
{
	const char *image = json_string_at(document, "ImageID", NULL);
	uint64_t written;

	if (!*image)
		image = json_string_at(document, "Image", NULL);
	TRY(container_size_written(engine, container, &written));
	json_object_set_new(document, "SizeRw", json_integer(written));
	json_object_set_new(document, "SizeRootFs",
			    json_integer(written + image_api_size(engine, image)));
	return NULL;
}
