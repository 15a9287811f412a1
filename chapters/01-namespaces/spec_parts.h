/*
 * spec_parts.h - what the spec_*.c files share while they compile a config.json
 *
 * Each of them takes one part of the document and adds its steps; spec.c calls them in the order
 * in which the steps have to run. Book: 1.12
 */
#ifndef MINI_SPEC_PARTS_H
#define MINI_SPEC_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "json.h"
#include "spec.h"

struct spec_build {
	const json_t *spec;        /* the whole document */
	const json_t *process;     /* its "process", or that of an exec */
	const json_t *linux;       /* its "linux"; NULL is as good as {} */
	const json_t *annotations; /* NULL is as good as {} */
	const struct spec_options *options;
	struct plan *plan;
	struct buffer *warnings; /* may be NULL */

	pid_t init_pid;          /* of the container that an exec joins; 0: it is a new one */
	uint64_t new_namespaces; /* CLONE_NEW* that are made */
	uint64_t joined;         /* CLONE_NEW* that are entered by their path */
	bool terminal;
	struct spec_files {
		bool small; /* RLIMIT_NOFILE leaves no room for what is done after it */
		uint64_t soft, hard;
	} files;
	unsigned int hooks; /* a bit for each enum hook_point that has any */
};

/* A line for the one who runs this. */
void spec_warn(struct spec_build *build, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* The text of an annotation, "" when it is not there. */
const char *spec_annotation(const struct spec_build *build, const char *name);
bool spec_path_is_absolute(const json_t *value);
/* A whole number from least to most. Where it is missing it is `fallback`; with SPEC_REQUIRED that
 * is an error. */
#define SPEC_REQUIRED INT64_MIN
fallible spec_get_number(const json_t *object, const char *key, int64_t fallback, int64_t least,
			 int64_t most, int64_t *out);

/* spec_hook.c: what there is; then, each at its place, when they are run */
fallible spec_add_hooks(struct spec_build *build);
void spec_add_creation_hooks(struct spec_build *build);
void spec_add_start_hooks(struct spec_build *build);

/* spec_namespace.c */
fallible spec_read_namespaces(struct spec_build *build);
fallible spec_add_namespaces(struct spec_build *build);
/* CLONE_NEWIPC where spec_add_root() makes it, else 0. */
uint64_t spec_late_ipc(const struct spec_build *build);
/* `id` is one of the container's, `member` is uidMappings or gidMappings: ERROR_INVALID when a new
 * user namespace does not have it. */
fallible spec_check_mapped(const struct spec_build *build, const char *member, int64_t id);
/* It has a mount namespace of its own, or a joined one: its root can be switched. */
bool spec_has_mounts(const struct spec_build *build);
/* Of one that is joined; "" when there is none. type: "user" and so on. */
const char *spec_namespace_path(const struct spec_build *build, const char *type);
/* uidMappings or gidMappings of an object, as lines "inside outside count". */
fallible spec_read_map(const json_t *object, const char *member, struct buffer *map);

/* spec_linux.c */
fallible spec_add_propagation(struct spec_build *build);
fallible spec_add_sysctls(struct spec_build *build);
fallible spec_add_paths(struct spec_build *build);

/* spec_seccomp.c */
struct spec_filter {
	struct buffer bpf; /* owned; empty: none */
	uint32_t flags;
	bool notifies; /* its listener goes to an agent */
};
#define autofilter __attribute__((cleanup(spec_filter_finish))) struct spec_filter
fallible spec_read_seccomp(struct spec_build *build, struct spec_filter *filter);
void spec_add_seccomp(struct spec_build *build, const struct spec_filter *filter,
		      bool no_new_privs);
void spec_filter_finish(struct spec_filter *filter);

/* spec_cgroup.c */
fallible spec_add_cgroup(struct spec_build *build);

/* spec_net_device.c */
fallible spec_add_net_devices(struct spec_build *build);

/* spec_resctrl.c */
fallible spec_add_resctrl(struct spec_build *build);

/* spec_resources.c */
fallible spec_add_resources(struct spec_build *build, const json_t *resources);

/* spec_mount.c */
fallible spec_add_root(struct spec_build *build);
fallible spec_add_mounts(struct spec_build *build);

/* spec_device.c */
fallible spec_add_devices(struct spec_build *build);

/* spec_scheduling.c */
/* What the runtime sets from outside: scheduler and I/O priority. */
fallible spec_add_scheduling(struct spec_build *build);
/* execCPUAffinity.initial or .final. */
fallible spec_add_affinity(struct spec_build *build, const char *member, enum step_kind kind);
/* personality and memory policy. */
fallible spec_add_execution(struct spec_build *build);

/* spec_process.c */
/* While /proc is the host's. */
fallible spec_add_security_labels(struct spec_build *build);
fallible spec_add_console(struct spec_build *build);
/* Everything from the limits to execve, the same for a container and for an exec. */
fallible spec_add_process(struct spec_build *build);

#endif
