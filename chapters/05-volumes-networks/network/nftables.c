#include "nftables.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <nftables/libnftables.h>
#include <pthread.h>
#include <string.h>

#include "memory.h"
#include "netfilter.h"
#include "text.h"

#define LIBRARY "libnftables.so.1"
#define BRIEF   (NFT_CTX_OUTPUT_TERSE | NFT_CTX_OUTPUT_HANDLE)

static struct {
	typeof(nft_ctx_new) *ctx_new;
	typeof(nft_ctx_free) *ctx_free;
	typeof(nft_ctx_buffer_output) *buffer_output;
	typeof(nft_ctx_buffer_error) *buffer_error;
	typeof(nft_ctx_get_output_buffer) *get_output;
	typeof(nft_ctx_get_error_buffer) *get_error;
	typeof(nft_ctx_output_set_flags) *set_flags;
	typeof(nft_run_cmd_from_buffer) *run;
} library;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const char *problem; /* why the library is not there */

static void load(void)
{
	const struct {
		const char *name;
		void *function;
	} symbols[] = {
		{"nft_ctx_new", &library.ctx_new},
		{"nft_ctx_free", &library.ctx_free},
		{"nft_ctx_buffer_output", &library.buffer_output},
		{"nft_ctx_buffer_error", &library.buffer_error},
		{"nft_ctx_get_output_buffer", &library.get_output},
		{"nft_ctx_get_error_buffer", &library.get_error},
		{"nft_ctx_output_set_flags", &library.set_flags},
		{"nft_run_cmd_from_buffer", &library.run},
	};
	void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

	for (size_t i = 0; handle && i < countof(symbols); i++) {
		void *symbol = dlsym(handle, symbols[i].name);

		if (!symbol)
			handle = NULL;
		/* POSIX promises that a pointer to a function fits; C does not let it be cast. */
		memcpy(symbols[i].function, &symbol, sizeof(symbol));
	}
	if (!handle)
		problem = duplicate(dlerror());
}

void nftables_reserve(struct nftables *nftables)
{
	nftables->context = NULL;
	for (size_t i = 0; i < countof(nftables->places); i++)
		nftables->places[i] = open("/", O_PATH | O_CLOEXEC);
}

/* As many as there are, since other threads open things, too. */
static void give_places(struct nftables *nftables)
{
	for (size_t i = 0; i < countof(nftables->places); i++)
		close_fd(&nftables->places[i]);
}

fallible nftables_open(struct nftables *nftables)
{
	autonetlink kernel = {.fd = -1};

	if (nftables->context)
		return NULL;
	pthread_once(&once, load);
	if (problem)
		return error_new(ERROR_UNAVAILABLE,
				 "cannot filter packets: the library " LIBRARY
				 " cannot be loaded (%s); install the package libnftables1, on "
				 "Fedora nftables",
				 problem);
	/* The library ends the process where the kernel has no netfilter: so it is asked first. */
	TRY(netfilter_open(&kernel));
	give_places(nftables);
	nftables->context = library.ctx_new(NFT_CTX_DEFAULT);
	library.buffer_output(nftables->context);
	library.buffer_error(nftables->context);
	return NULL;
}

void nftables_close(struct nftables *nftables)
{
	if (nftables->context)
		library.ctx_free(nftables->context);
	nftables->context = NULL;
	give_places(nftables);
}

/* "Error: Could not process rule: File exists\nadd ...": the line that says why. */
static fallible tell(const char *said)
{
	const char *reason = text_has_prefix(said, "Error: ") ? said + strlen("Error: ") : said;

	return error_new(ERROR_SYSTEM, "the kernel's packet filter refused: %.*s",
			 (int)strcspn(reason, "\n"), reason);
}

fallible nftables_run(struct nftables *nftables, const char *commands)
{
	TRY(nftables_open(nftables));
	int result = library.run(nftables->context, commands);
	/* Reading a buffer empties it: also after success, since warnings collect there. */
	const char *said = library.get_error(nftables->context);
	return result == 0 ? NULL : tell(said && *said ? said : "it does not say why");
}

fallible nftables_list(struct nftables *nftables, const char *command, bool brief,
		       struct buffer *text)
{
	TRY(nftables_open(nftables));
	library.set_flags(nftables->context, brief ? BRIEF : 0);
	struct error *e = nftables_run(nftables, command);
	const char *printed = library.get_output(nftables->context);
	library.set_flags(nftables->context, 0);
	if (!e && printed)
		buffer_append_string(text, printed);
	return e;
}
