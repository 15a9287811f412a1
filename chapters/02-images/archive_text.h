/*
 * archive_text.h - what every user of libarchive needs here
 *
 * libarchive converts names through the locale of the thread, and in the "C" locale loses every
 * name that is not ASCII. The locale of the process is not ours to set: each piece of work sets
 * that of its own thread and puts the old one back.
 *
 * Book: 2.4
 */
#ifndef MINI_ARCHIVE_TEXT_H
#define MINI_ARCHIVE_TEXT_H

#include <archive.h>
#include <locale.h>

/* `autoarchive_locale locale = archive_text_begin();` lasts to the end of the scope. */
locale_t archive_text_begin(void);
#define autoarchive_locale __attribute__((cleanup(archive_text_end_cleanup), unused)) locale_t
void archive_text_end_cleanup(locale_t *before);

/* For `autoarchive struct archive *a = archive_read_new();` */
#define autoarchive __attribute__((cleanup(archive_free_cleanup)))
void archive_free_cleanup(struct archive **archive);

#endif
