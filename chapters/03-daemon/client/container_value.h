/*
 * container_value.h - values of options that have a grammar of their own
 *
 * Each takes the text of one option and puts what it says into JSON, with the docker CLI's checks
 * and messages. ERROR_INVALID for what is wrong.
 *
 * Book: 3.11
 */
#ifndef MINI_CONTAINER_VALUE_H
#define MINI_CONTAINER_VALUE_H

#include "error.h"
#include "json.h"
#include "options.h"

/* "nofile=1024:2048" -> {"Name", "Soft", "Hard"} */
/* "/dev/x:/dev/y:rwm"; "vendor.com/class=name" goes to requests. */
fallible container_value_device(const char *text, json_t *devices, json_t *requests);
/* "all", "2", "device=0"; with several devices "\"device=0,1\"" */
fallible container_value_gpus(const char *text, json_t *requests);
/* "on-failure:3" */
fallible container_value_restart(const char *text, json_t *policy);
/* "type=bind,source=/a,target=/b,readonly" */
fallible container_value_mount(const char *text, json_t *array);
/* "[ip:][host-port[-end]:]port[-end][/proto]", or "target=80,published=8080,protocol=udp" */
fallible container_value_publish(const char *text, json_t *exposed, json_t *bindings);
/* "80", "80-90/udp" */
fallible container_value_expose(const char *text, json_t *exposed);
/* "net_admin" -> "CAP_NET_ADMIN" */
fallible container_value_capability(const char *text, json_t *array);
/* A seccomp profile that is a file is replaced by its text. */
fallible container_value_security(const char *text, json_t *array);
/* "1.5" -> 1500000000 */
fallible container_value_cpus(const char *text, int64_t *nano);
/* Go's durations, "1m30s", as nanoseconds. */
fallible container_value_duration(const char *text, int64_t *nanoseconds);
/* "/dev/sda:1mb" -> {"Path", key: number}; sizes when `sized`. */
fallible container_value_device_rate(const char *text, const char *key, bool sized, json_t *array);
/* "host:1.2.3.4", "host=1.2.3.4" */
fallible container_value_host(const char *text, json_t *array);
/* "1.2.3.4", "::1" */
fallible container_value_address(const char *text, json_t *array);
/* A variable as the daemon wants it: "A=1", and a bare "A" with its value in our environment. */
fallible container_value_variable(const char *text, json_t *array);
/* A file of variables (--env-file) or labels (--label-file), line by line. */
fallible container_value_variables_file(const char *path, json_t *array);
fallible container_value_labels_file(const char *path, json_t *object);
/* Every label has a name; `flag` is the option that they came by. */
fallible container_value_check_labels(const struct words *labels, const char *flag);
/* "-v": "name:/b:ro", "./x:/y"; a path alone is an anonymous volume. */
fallible container_value_volume(const char *text, json_t *binds, json_t *volumes);
/* "./x" as the daemon, which is in another folder, needs it: absolute and clean. The caller frees.
 */
fallible container_value_path(const char *path, char **out);

#endif
