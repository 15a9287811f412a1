/*
 * log_syslog_driver.h - the daemon's part of the syslog driver: addresses, facilities, formats
 *
 * Standard: Docker's "Syslog logging driver". Book: 3.7
 */
#ifndef MINI_LOG_SYSLOG_DRIVER_H
#define MINI_LOG_SYSLOG_DRIVER_H

#include "buffer.h"
#include "error.h"
#include "log_info.h"

extern const char *const log_syslog_options[]; /* NULL-terminated */

fallible log_syslog_check(const struct log_info *info);
/* The host's name becomes an address here: the shim does not look up names. Over TLS it stays one:
 * the certificate is for it. */
fallible log_syslog_order(const struct log_info *info, struct buffer *orders);

#endif
