#include "port_loopback.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/bpf.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cgroup.h"
#include "explain.h"
#include "memory.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

#define PORTS_MAX (2 * 65536) /* of TCP and UDP */

/* As the kernel has them: the port in network order. */
struct key {
	uint32_t protocol, port;
};

struct target {
	uint32_t address[4], port;
};

struct port_loopback {
	int map, link; /* descriptors; -1 until the first port */
	bool failed;   /* it was told why, and is not tried again */
};

struct port_loopback *port_loopback_create(void)
{
	struct port_loopback *loopback = allocate(sizeof(*loopback));

	*loopback = (struct port_loopback){-1, -1, false};
	return loopback;
}

void port_loopback_destroy(struct port_loopback *loopback)
{
	close_fd(&loopback->link);
	close_fd(&loopback->map);
	free(loopback);
}

/* ---- the program ---- */

enum { ANSWER = BPF_REG_0, FIRST, SECOND, CONTEXT = BPF_REG_6, STACK = BPF_REG_10 };

#define WORD(i)      (offsetof(struct bpf_sock_addr, user_ip6) + 4 * (i))
#define FIELD(name)  offsetof(struct bpf_sock_addr, name)
#define ON_STACK(at) (-(int16_t)sizeof(struct key) + (int16_t)(at))

#define LOAD(to, from, offset)                                                                     \
	{                                                                                          \
		BPF_LDX | BPF_MEM | BPF_W, to, from, offset, 0                                     \
	}
#define STORE(to, offset, from)                                                                    \
	{                                                                                          \
		BPF_STX | BPF_MEM | BPF_W, to, from, offset, 0                                     \
	}
#define COPY(to, from)                                                                             \
	{                                                                                          \
		BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0                                        \
	}
#define ADD(to, value)                                                                             \
	{                                                                                          \
		BPF_ALU64 | BPF_ADD | BPF_K, to, 0, 0, value                                       \
	}
#define SET(to, value)                                                                             \
	{                                                                                          \
		BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, value                                       \
	}
#define CALL(helper)                                                                               \
	{                                                                                          \
		BPF_JMP | BPF_CALL, 0, 0, 0, helper                                                \
	}
#define LEAVE                                                                                      \
	{                                                                                          \
		BPF_JMP | BPF_EXIT, 0, 0, 0, 0                                                     \
	}
/* Over to the end of the program, which is where `off` is filled in. */
#define TO_END_IF(how, register, value)                                                            \
	{                                                                                          \
		BPF_JMP32 | (how) | BPF_K, register, 0, 0, value                                   \
	}
#define TO_END_UNLESS_SAME(left, right)                                                            \
	{                                                                                          \
		BPF_JMP | BPF_JNE | BPF_X, left, right, 0, 0                                       \
	}
#define TO_END_IF_NULL(register)                                                                   \
	{                                                                                          \
		BPF_JMP | BPF_JEQ | BPF_K, register, 0, 0, 0                                       \
	}
#define LOAD_64(to, kind, low, high)                                                               \
	{BPF_LD | BPF_DW | BPF_IMM, to, kind, 0, (int32_t)(low)},                                  \
	{                                                                                          \
		0, 0, 0, 0, (int32_t)(high)                                                        \
	}
#define MOVE_WORD(to_offset, from_offset)                                                          \
	LOAD(FIRST, ANSWER, from_offset), STORE(CONTEXT, to_offset, FIRST)

static void fill_in_jumps(struct bpf_insn *program, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint8_t class = BPF_CLASS(program[i].code), how = BPF_OP(program[i].code);

		if (class == BPF_JMP32 || (class == BPF_JMP && how != BPF_CALL && how != BPF_EXIT))
			program[i].off = (int16_t)(count - 2 - i - 1);
	}
}

static int bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int load(int map, uint64_t cookie)
{
	struct bpf_insn program[] = {
		COPY(CONTEXT, FIRST),
		CALL(BPF_FUNC_get_netns_cookie),
		LOAD_64(SECOND, 0, cookie, cookie >> 32),
		TO_END_UNLESS_SAME(ANSWER, SECOND),
		LOAD(FIRST, CONTEXT, WORD(0)),
		TO_END_IF(BPF_JNE, FIRST, 0),
		LOAD(FIRST, CONTEXT, WORD(1)),
		TO_END_IF(BPF_JNE, FIRST, 0),
		LOAD(FIRST, CONTEXT, WORD(2)),
		TO_END_IF(BPF_JNE, FIRST, 0),
		LOAD(FIRST, CONTEXT, WORD(3)),
		TO_END_IF(BPF_JNE, FIRST, (int32_t)htonl(1)),
		LOAD(FIRST, CONTEXT, FIELD(protocol)),
		STORE(STACK, ON_STACK(offsetof(struct key, protocol)), FIRST),
		LOAD(FIRST, CONTEXT, FIELD(user_port)),
		STORE(STACK, ON_STACK(offsetof(struct key, port)), FIRST),
		LOAD_64(FIRST, BPF_PSEUDO_MAP_FD, map, 0),
		COPY(SECOND, STACK),
		ADD(SECOND, ON_STACK(0)),
		CALL(BPF_FUNC_map_lookup_elem),
		TO_END_IF_NULL(ANSWER),
		MOVE_WORD(WORD(0), 0),
		MOVE_WORD(WORD(1), 4),
		MOVE_WORD(WORD(2), 8),
		MOVE_WORD(WORD(3), 12),
		MOVE_WORD(FIELD(user_port), offsetof(struct target, port)),
		SET(ANSWER, 1), /* the end: go on, wherever to */
		LEAVE,
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
		.expected_attach_type = BPF_CGROUP_INET6_CONNECT,
		.insn_cnt = countof(program),
		.insns = (uintptr_t)program,
		.license = (uintptr_t) "MIT",
		.prog_name = "mini_loopback",
	};

	fill_in_jumps(program, countof(program));
	return bpf(BPF_PROG_LOAD, &attr); /* close-on-exec by itself, as all of bpf(2)'s */
}

/* ---- its place ---- */

static int make_map(void)
{
	union bpf_attr attr = {.map_type = BPF_MAP_TYPE_HASH,
			       .key_size = sizeof(struct key),
			       .value_size = sizeof(struct target),
			       .max_entries = PORTS_MAX,
			       .map_flags = BPF_F_NO_PREALLOC,
			       .map_name = "mini_loopback"};

	return bpf(BPF_MAP_CREATE, &attr);
}

/* Which network namespace this is: of all that have ever been, its number. */
static int read_cookie(uint64_t *cookie)
{
	autoclose int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(*cookie);

	return fd < 0 ? -1 : getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, cookie, &size);
}

static int attach(int program)
{
	struct cgroup top;

	cgroup_open(&top, "");
	autoclose int group = cgroup_v2_fd(&top);
	cgroup_finish(&top);
	union bpf_attr attr = {.link_create = {.prog_fd = program,
					       .target_fd = group,
					       .attach_type = BPF_CGROUP_INET6_CONNECT}};

	return group < 0 ? -1 : bpf(BPF_LINK_CREATE, &attr);
}

static int open_all(struct port_loopback *loopback)
{
	uint64_t cookie = 0;

	loopback->map = make_map();
	if (loopback->map < 0 || read_cookie(&cookie) < 0)
		return -1;
	autoclose int program = load(loopback->map, cookie);
	if (program >= 0)
		loopback->link = attach(program);
	return loopback->link < 0 ? -1 : 0;
}

static fallible want(struct port_loopback *loopback)
{
	uint64_t began = explain_clock();

	if (loopback->link >= 0 || loopback->failed)
		return NULL;
	loopback->failed = open_all(loopback) < 0;
	if (loopback->failed)
		return error_system("cannot attach a BPF program to the top of the control groups: "
				    "published ports are not reached by [::1] (127.0.0.1 does it)");
	explain(began, "5.8", "who connects to [::1] is asked about, before there is a packet",
		"bpf(BPF_LINK_CREATE, BPF_CGROUP_INET6_CONNECT)");
	return NULL;
}

/* ---- ports ---- */

static bool make_key(const char *protocol, uint16_t port, struct key *key)
{
	bool tcp = strcmp(protocol, "tcp") == 0;

	*key = (struct key){tcp ? IPPROTO_TCP : IPPROTO_UDP, htons(port)};
	return tcp || strcmp(protocol, "udp") == 0;
}

static bool make_target(const char *address, uint16_t port, struct target *target)
{
	*target = (struct target){.address = {0, 0, htonl(0xffff), 0}, .port = htons(port)};
	return inet_pton(AF_INET, address, &target->address[3]) == 1 ||
	       inet_pton(AF_INET6, address, target->address) == 1;
}

fallible port_loopback_add(struct port_loopback *loopback, const char *protocol, uint16_t host_port,
			   const char *address, uint16_t port)
{
	struct key key;
	struct target target;

	if (!make_key(protocol, host_port, &key))
		return NULL;
	if (!make_target(address, port, &target))
		return error_new(ERROR_INVALID, "'%s' is not an address", address);
	TRY(want(loopback));
	union bpf_attr attr = {
		.map_fd = loopback->map, .key = (uintptr_t)&key, .value = (uintptr_t)&target};
	if (loopback->failed || bpf(BPF_MAP_UPDATE_ELEM, &attr) == 0)
		return NULL;
	return error_system("cannot lead [::1]:%u/%s to %s", host_port, protocol, address);
}

void port_loopback_remove(struct port_loopback *loopback, const char *protocol, uint16_t host_port)
{
	struct key key;

	if (loopback->link < 0 || !make_key(protocol, host_port, &key))
		return;
	union bpf_attr attr = {.map_fd = loopback->map, .key = (uintptr_t)&key};
	bpf(BPF_MAP_DELETE_ELEM, &attr); /* the one failure there is: it is not there */
}
