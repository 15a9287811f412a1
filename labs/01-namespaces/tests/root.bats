load ../../lib/lab

# bats test_tags=task:root,pts:1,alone
@test "the functions alone switch the root" {
	alone functions_test root_is_switched
}

# bats test_tags=task:root,pts:1
@test "the root is the bundle's rootfs" {
	container . ls /
	expect "what is in /, after pivot_root(2)" "bin dev proc" "${output//$'\n'/ }"
}

# bats test_tags=task:root,pts:2
@test "nothing of the machine stays mounted" {
	container . cat /proc/mounts
	expect "the mount points in the container, after umount2(2) of the old root" "/ /proc /dev" \
		"$(awk '$2 !~ "^/dev/" { printf "%s%s", s, $2; s = " " }' <<<"$output")"
}

# bats test_tags=task:root,pts:1,hidden
@test "no way up leads out of the root" {
	container . ls /../../..
	expect "what is above /" "bin dev proc" "${output//$'\n'/ }"
	container '.process.cwd = "/bin"' ls ../../..
	expect "what is above the working folder" "bin dev proc" "${output//$'\n'/ }"
}

# bats test_tags=task:root,pts:1
@test "mounts of the container do not appear outside" {
	inside mount --make-rshared /
	container '.mounts += [{"destination": "/extra", "type": "tmpfs", "source": "tmpfs"}]' \
		grep -c " /extra " /proc/mounts
	expect "how often /extra is mounted inside" 1 "$output"
	run inside grep -c /tmp/bundle /proc/mounts
	expect "mounts below the bundle outside, after mount(2) with MS_SLAVE or MS_PRIVATE" 0 \
		"$output"
}

# bats test_tags=task:root,pts:1
@test "a read-only root cannot be written" {
	container '.root.readonly = true' touch /new
	expect_part "what touch says, after mount_setattr(2)" "Read-only file system" "$output"
	container . touch /new
	expect "the exit status where the root can be written" 0 "$status"
}

# bats test_tags=task:root,pts:1,hidden
@test "a mount below a read-only root can be written" {
	container '.root.readonly = true' touch /dev/new
	expect "the exit status of touch" 0 "$status"
}

# bats test_tags=task:root,pts:1
@test "a container whose root cannot be switched does not start" {
	starts .
	refused pivot_root
	refused umount2
}

# bats test_tags=task:root,pts:1,hidden
@test "a container whose root cannot be prepared does not start" {
	starts '.root.readonly = true'
	refused mount_setattr 'AT_FDCWD, "/"'
	refused mount '"/"'
	refused open_tree /tmp/bundle/rootfs
	refused move_mount /tmp/bundle/rootfs
	refused fcntl F_DUPFD_CLOEXEC
	refused fchdir
	refused chdir '"/"'
}
