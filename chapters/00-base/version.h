/*
 * version.h - which mini-docker this is; every program says it with --version
 */
#ifndef MINI_VERSION_H
#define MINI_VERSION_H

#define MINI_VERSION "0.1.0"

#endif
