/*
 * seccomp_filter.h - which system calls a program may make: loading the filter
 *
 * The filter is a classic BPF program that the kernel runs at every system call; seccomp_profile.h
 * makes it out of a profile. Loading needs either no_new_privs or CAP_SYS_ADMIN, or a setuid
 * program could be run with calls failing that it relies on.
 *
 * Standard: seccomp(2). Book: 1.8
 */
#ifndef MINI_SECCOMP_FILTER_H
#define MINI_SECCOMP_FILTER_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* bytes: an array of struct sock_filter; flags: SECCOMP_FILTER_FLAG_*. */
fallible seccomp_filter_load(const void *bytes, size_t length, uint32_t flags);
fallible seccomp_set_no_new_privs(void);

#endif
