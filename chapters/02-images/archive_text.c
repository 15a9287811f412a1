#include "archive_text.h"

#include <pthread.h>

static locale_t utf8;

static void make_locale(void)
{
	utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

locale_t archive_text_begin(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_locale);
	return uselocale(utf8); /* where there is no C.UTF-8 this changes nothing */
}

void archive_text_end_cleanup(locale_t *before)
{
	if (*before)
		uselocale(*before);
}

void archive_free_cleanup(struct archive **archive)
{
	archive_free(*archive);
}
