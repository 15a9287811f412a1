#include "layer_form.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"
#include "overlay.h"

const struct layer_form *const layer_forms[] = {&layer_folder, &layer_erofs};
const size_t layer_form_count = countof(layer_forms);

const struct layer_form *layer_form_of_driver(const char *driver)
{
	for (size_t i = 0; i < layer_form_count; i++)
		if (strcmp(layer_forms[i]->driver, driver) == 0)
			return layer_forms[i];
	return NULL;
}

const struct layer_form *layer_form_of(int folder)
{
	for (size_t i = 0; i < layer_form_count; i++)
		if (faccessat(folder, layer_forms[i]->name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			return layer_forms[i];
	return NULL;
}

/* An empty layer, twice below an overlay. */
static fallible show(const struct layer_form *form, int folder)
{
	autoclose int one = -1, other = -1, mount = -1;

	TRY(form->open(folder, &one));
	TRY(form->open(folder, &other));
	const int layers[] = {one, other};
	const struct overlay overlay = {.layers = layers, .layer_count = 2, .folder = -1};
	return overlay_open(&overlay, &mount);
}

fallible layer_form_try(const struct layer_form *form, int folder)
{
	bool plain;
	void *work;
	struct error *e = form->begin(folder, true, &work);

	if (!e)
		e = form->settle(work, NULL, 0, &plain);
	form->end(work);
	if (!e)
		e = show(form, folder);
	return e;
}
