load ../../lib/lab

# bats test_tags=task:mounts,pts:1,alone
@test "the functions alone make and place mounts" {
	alone functions_test mounts_are_made_and_placed
	run inside grep -c " /tmp/inside/" /proc/mounts
	expect "how many mounts are below /tmp/inside after it" 2 "$output"
}

# mounted DESTINATION TYPE SOURCE [OPTION...]: the edit that adds a mount
mounted() {
	jq -nr '$ARGS.positional | ".mounts += [" + ({destination: .[0], type: .[1], source: .[2],
		options: .[3:]} | tojson) + "]"' --args "$@"
}

# bats test_tags=task:mounts,pts:2
@test "a file system of its own, with its options" {
	container "$(mounted /scratch tmpfs tmpfs size=64k mode=0700)" grep " /scratch " /proc/mounts
	expect_part "its line in /proc/mounts, after fsopen(2), fsconfig(2) and fsmount(2)" \
		"/scratch tmpfs rw" "$output"
	expect_part "its size, given by fsconfig(2)" "size=64k" "$output"
	expect_part "its mode, given by fsconfig(2)" "mode=700" "$output"
}

# bats test_tags=task:mounts,pts:1,hidden
@test "the flags of a mount" {
	container "$(mounted /scratch tmpfs tmpfs ro nosuid nodev noexec)" \
		grep " /scratch " /proc/mounts
	expect_part "its line in /proc/mounts, after fsmount(2)" "ro,nosuid,nodev,noexec" "$output"
}

# bats test_tags=task:mounts,pts:1
@test "an option that the file system does not know is an error" {
	container "$(mounted /scratch tmpfs tmpfs colour=red)" echo started
	expect_part "the message" "colour" "$output"
	expect "whether mini-runc fails when fsconfig(2) does" yes \
		"$([ "$status" -ne 0 ] && echo yes || echo no)"
}

# bats test_tags=task:mounts,pts:2
@test "a folder of the machine is seen inside, and written to" {
	inside mkdir /tmp/given
	shell "$(mounted /data bind /tmp/given bind)" 'echo inside >/data/file; ls /data'
	expect "what is in the folder, after open_tree(2) and move_mount(2)" file "$output"
	run inside cat /tmp/given/file
	expect "the file outside" inside "$output"
}

# bats test_tags=task:mounts,pts:1
@test "mounts below it come along if that is asked for" {
	inside mkdir -p /tmp/given/below
	inside mount -t tmpfs tmpfs /tmp/given/below
	inside touch /tmp/given/below/deep
	container "$(mounted /data bind /tmp/given rbind)" ls /data/below
	expect "below an rbind, after open_tree(2) with AT_RECURSIVE" deep "$output"
	container "$(mounted /data bind /tmp/given bind)" ls /data/below
	expect "below a bind" "" "$output"
}

# bats test_tags=task:mounts,pts:1
@test "a file is mounted on a file that is made for it" {
	inside sh -c 'echo one >/tmp/one'
	container "$(mounted /etc/deep/one bind /tmp/one bind)" cat /etc/deep/one
	expect "the file inside" one "$output"
}

# bats test_tags=task:mounts,pts:1,hidden
@test "a link of the image leads nowhere outside" {
	inside mkdir /tmp/outside
	bundle /tmp/bundle "$(mounted /link/there tmpfs tmpfs) |
		.process.args = [\"/bin/busybox\", \"grep\", \" /tmp/outside/there \", \"/proc/mounts\"]"
	inside ln -s /tmp/outside /tmp/bundle/rootfs/link
	inside mkdir -p /tmp/bundle/rootfs/tmp/outside
	run inside mini-runc run --bundle /tmp/bundle lab
	expect_part "the mount, made inside the root" "tmpfs /tmp/outside/there tmpfs" "$output"
	run inside ls /tmp/outside
	expect "what was made outside" "" "$output"
}

# bats test_tags=task:mounts,pts:2
@test "masked paths are empty" {
	shell '.linux.maskedPaths = ["/proc/sys", "/proc/version", "/proc/scsi-not-there"]' \
		'ls /proc/sys; cat /proc/version; echo end'
	expect "a folder and a file that are masked" end "$output"
}

# bats test_tags=task:mounts,pts:1
@test "read-only paths can be read, not written" {
	shell '.linux.readonlyPaths = ["/proc/sys", "/proc/not-there"]' \
		'cat /proc/sys/kernel/hostname; echo new >/proc/sys/kernel/hostname'
	expect_part "the value" box "$output"
	expect_part "what the shell says" "Read-only file system" "$output"
}

# bats test_tags=task:mounts,pts:1
@test "a container whose mounts are refused does not start" {
	inside mkdir /tmp/given
	starts "$(mounted /scratch tmpfs tmpfs) | $(mounted /data bind /tmp/given bind)"
	refused fsopen
	refused fsconfig FSCONFIG_CMD_CREATE
	refused fsmount
	refused open_tree '"/tmp/given"'
	refused openat2 '"/scratch"'
	refused move_mount 2
}

# bats test_tags=task:mounts,pts:1,hidden
@test "a container whose paths cannot be masked does not start" {
	starts '.linux.maskedPaths = ["/proc/sys", "/proc/version"] | .mounts |= .[:2]'
	refused openat2 '"/proc/sys"'
	refused fsopen 3
	refused move_mount 4
	starts '.linux.readonlyPaths = ["/proc/sys"]'
	refused openat2 '"/proc/sys"'
	refused mount_setattr
}
