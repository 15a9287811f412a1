#include "context_options.h"

fallible context_options_run(struct client *client, int argc, char **argv,
			     fallible (*run)(struct client *client,
					     const struct context_options *options, char **names,
					     int count))
{
	struct context_options options = {0};
	bool done;
	int first;
	struct error *e =
		client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done);

	if (!e && !done)
		e = run(client, &options, argv + first, argc - first);
	words_finish(&options.docker);
	return e;
}
