#include "trash.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "log.h"
#include "memory.h"
#include "text.h"
#include "thread.h"

struct trash {
	int fd;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool filled, closing;
};

/* Entries that cannot be removed stay where they are and are tried again by the next daemon. */
static void empty(struct trash *trash)
{
	int fd = openat(trash->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);

	if (!folder) {
		close_fd(&fd);
		return;
	}
	for (struct dirent *entry; (entry = readdir(folder));)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			log_dropped(LOG_LEVEL_WARN, tree_remove(trash->fd, entry->d_name),
				    "what is left of a container cannot be removed");
	closedir(folder);
}

static void *run(void *context)
{
	struct trash *trash = context;

	pthread_mutex_lock(&trash->lock);
	while (!trash->closing) {
		if (!trash->filled) {
			pthread_cond_wait(&trash->changed, &trash->lock);
			continue;
		}
		trash->filled = false;
		pthread_mutex_unlock(&trash->lock);
		empty(trash);
		pthread_mutex_lock(&trash->lock);
	}
	pthread_mutex_unlock(&trash->lock);
	return NULL;
}

fallible trash_open(int root, struct trash **out)
{
	struct trash *trash = allocate(sizeof(*trash));

	trash->filled = true;
	pthread_mutex_init(&trash->lock, NULL);
	pthread_cond_init(&trash->changed, NULL);
	TRY(directory_create(root, "trash", 0700, &trash->fd));
	TRY(thread_start(&trash->thread, run, trash, "removes folders"));
	*out = trash;
	return NULL;
}

void trash_close(struct trash *trash)
{
	if (!trash)
		return;
	pthread_mutex_lock(&trash->lock);
	trash->closing = true;
	pthread_cond_signal(&trash->changed);
	pthread_mutex_unlock(&trash->lock);
	pthread_join(trash->thread, NULL);
	close_fd(&trash->fd);
	pthread_cond_destroy(&trash->changed);
	pthread_mutex_destroy(&trash->lock);
	free(trash);
}

fallible trash_put(struct trash *trash, int dirfd, const char *name)
{
	char unique[ID_LENGTH + 1];

	id_generate(unique);
	if (renameat(dirfd, name, trash->fd, unique) < 0) {
		if (errno == ENOENT)
			return NULL;
		return error_system("cannot move the folder '%s' away", name);
	}
	pthread_mutex_lock(&trash->lock);
	trash->filled = true;
	pthread_cond_signal(&trash->changed);
	pthread_mutex_unlock(&trash->lock);
	return NULL;
}
