#include "volume_driver.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "memory.h"
#include "volume.h"

bool volume_driver_is_local(const json_t *volume)
{
	return strcmp(json_string_at(volume, "Driver", NULL), VOLUME_DRIVER) == 0;
}

const struct volume_driver *volume_driver_of(const json_t *volume)
{
	return volume_driver_is_local(volume) ? &volume_local_driver : &volume_plugin_driver;
}

void volume_files_finish(struct volume_files *files)
{
	free(files->path);
	close_fd(&files->fd);
}
