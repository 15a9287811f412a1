/*
 * kernel_call.h - system calls that the C libraries do not wrap, or not alike
 *
 * The new mount API (fsopen and its family), clone3, pivot_root and openat2's relatives are
 * declared by recent glibc only and by musl not at all, and <sys/mount.h> of some glibc versions
 * cannot be included together with <linux/mount.h>. So the tree includes the kernel's header and
 * this one. Each function is the call of its name: -1 and errno on failure, descriptors are
 * close-on-exec.
 *
 * Standard: the manual pages fsopen(2) to mount_setattr(2), clone(2), close_range(2). Book: 1.4
 */
#ifndef MINI_KERNEL_CALL_H
#define MINI_KERNEL_CALL_H

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#ifndef MNT_DETACH
#define MNT_DETACH      2
#define UMOUNT_NOFOLLOW 8
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

static inline int kernel_mount(const char *source, const char *target, const char *type,
			       unsigned long flags, const void *data)
{
	return syscall(SYS_mount, source, target, type, flags, data);
}

static inline int kernel_umount(const char *target, int flags)
{
	return syscall(SYS_umount2, target, flags);
}

static inline int kernel_pivot_root(const char *new_root, const char *put_old)
{
	return syscall(SYS_pivot_root, new_root, put_old);
}

static inline int kernel_fsopen(const char *type)
{
	return syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
}

static inline int kernel_fsconfig(int fs, unsigned int command, const char *key, const void *value,
				  int aux)
{
	return syscall(SYS_fsconfig, fs, command, key, value, aux);
}

static inline int kernel_fsmount(int fs, unsigned int attributes)
{
	return syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, attributes);
}

static inline int kernel_open_tree(int dirfd, const char *path, unsigned int flags)
{
	return syscall(SYS_open_tree, dirfd, path, flags | OPEN_TREE_CLOEXEC);
}

static inline int kernel_move_mount(int from, const char *from_path, int to, const char *to_path,
				    unsigned int flags)
{
	return syscall(SYS_move_mount, from, from_path, to, to_path, flags);
}

static inline int kernel_mount_setattr(int dirfd, const char *path, unsigned int flags,
				       struct mount_attr *attributes)
{
	return syscall(SYS_mount_setattr, dirfd, path, flags, attributes, sizeof(*attributes));
}

static inline pid_t kernel_clone3(struct clone_args *args)
{
	return syscall(SYS_clone3, args, sizeof(*args));
}

static inline int kernel_close_range(unsigned int first, unsigned int last, unsigned int flags)
{
	return syscall(SYS_close_range, first, last, flags);
}

static inline int kernel_pidfd_open(pid_t pid)
{
	return syscall(SYS_pidfd_open, pid, 0);
}

static inline int kernel_pidfd_send_signal(int pidfd, int signal)
{
	return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

#endif
