/*
 * capability_name.h - the names of capabilities
 *
 * Apart from capability.h, as only who reads config.json wants them: a plan has numbers. The names
 * are libcap's, asked when this is built (capability_name_gen.c). Book: 1.7
 */
#ifndef MINI_CAPABILITY_NAME_H
#define MINI_CAPABILITY_NAME_H

/* The number of "CAP_CHOWN", -1 when neither the library nor capability.h knows it. */
int capability_number(const char *name);
/* "CAP_CHOWN"; the caller frees. */
char *capability_name(int number);

#endif
