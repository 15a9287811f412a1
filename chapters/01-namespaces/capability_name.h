/*
 * capability_name.h - the names of capabilities
 *
 * Apart from capability.h, as the names come from the library's tables, which the small static
 * programs do without: a plan has numbers. Book: 1.7
 */
#ifndef MINI_CAPABILITY_NAME_H
#define MINI_CAPABILITY_NAME_H

/* The number of "CAP_CHOWN", -1 when neither the library nor capability.h knows it. */
int capability_number(const char *name);
/* "CAP_CHOWN"; the caller frees. */
char *capability_name(int number);

#endif
