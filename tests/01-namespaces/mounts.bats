# Mounts of config.json (OCI runtime-spec, config.md, "Mounts" and "Linux mount options").
load runc
set -o pipefail

setup() {
	runc_setup
	mkdir -p src/sub
	echo text >src/file
}

teardown() {
	runc_teardown
}

# The options of one mount in the container.
options_of() {
	command_is sh -c "grep ' $1 ' /proc/self/mountinfo"
}

# In a mount namespace of its own, where src/sub is a mount below src.
with_mount_below() {
	# shellcheck disable=SC2016
	run "$@" unshare --mount --propagation private sh -c \
		'mount -t tmpfs below src/sub && exec mini-runc --root "$STATES" run --bundle "$B" "$ID"'
}

@test "flags of a mount: each is set, the later of two wins" {
	config '.mounts += [{destination: "/m", type: "tmpfs", source: "m", options:
		["nosuid", "nodev", "noexec", "ro", "rw", "noatime", "nodiratime", "nosymfollow", "defaults", "silent", "loud"]}]'
	options_of /m
	run -0 container
	assert_output --regexp '/m rw,nosuid,nodev,noexec,noatime,nodiratime,nosymfollow .*tmpfs m rw'
	config '.mounts[-1].options = ["noexec", "exec", "nodev", "dev", "nosuid", "suid", "strictatime", "iversion", "noiversion", "ro"]'
	run -0 container
	assert_output --regexp '/m ro - |/m ro .* - tmpfs'
}

@test "flags of the file system: sync, dirsync, lazytime, and their opposites" {
	config '.mounts += [{destination: "/m", type: "tmpfs", source: "m", options: ["sync", "dirsync", "lazytime", "size=64k"]}]'
	options_of /m
	run -0 container
	assert_output --regexp 'tmpfs m rw,sync,dirsync,lazytime,size=64k'
	config '.mounts[-1].options += ["async", "nolazytime"]'
	run -0 container
	assert_output --regexp 'tmpfs m rw,dirsync,size=64k'
}

@test "an option that no one knows is the file system's to refuse" {
	command_is true
	config '.mounts += [{destination: "/m", type: "tmpfs", source: "m", options: ["flying"]}]'
	run -125 container
	assert_output --partial "cannot mount tmpfs 'm' on '/m'"
	assert_output --partial flying
}

@test "a bind keeps the flags of its source, and loses those it is told to" {
	config --arg d "$PWD/src" '.mounts += [
		{destination: "/kept", source: $d, options: ["bind"]},
		{destination: "/lost", source: $d, options: ["bind", "exec", "suid", "ro"]}]'
	command_is sh -c "grep -E ' /(kept|lost) ' /proc/self/mountinfo"
	# shellcheck disable=SC2016
	run -0 unshare --mount --propagation private sh -c 'mount --bind src src &&
		mount -o remount,bind,nosuid,noexec,nodev src && exec mini-runc --root "$STATES" run --bundle "$B" "$ID"'
	assert_line --regexp '/kept rw,nosuid,nodev,noexec'
	assert_line --regexp '/lost ro,nodev,'
}

@test "options with r before them are of all mounts below" {
	config --arg d "$PWD/src" '.mounts += [{destination: "/m", source: $d, options: ["rbind", "rro", "rnosuid", "rnodev", "rnoexec", "rnoatime"]}]'
	command_is sh -c "grep -E ' /m(/sub)? ' /proc/self/mountinfo"
	with_mount_below -0
	assert_line --regexp '/m ro,nosuid,nodev,noexec,noatime'
	assert_line --regexp '/m/sub ro,nosuid,nodev,noexec,noatime'
	config '.mounts[-1].options = ["rbind", "ro", "rrelatime", "rsuid", "rrw", "rnosymfollow"]'
	with_mount_below -0
	assert_line --regexp '/m rw,.*nosymfollow'
	assert_line --regexp '/m/sub rw,.*nosymfollow'
	# Without r it is of the one mount, and bind without r leaves those below away.
	config '.mounts[-1].options = ["rbind", "ro"]'
	with_mount_below -0
	assert_line --regexp '/m ro,'
	assert_line --regexp '/m/sub rw,'
	config '.mounts[-1].options = ["bind"]'
	with_mount_below -0
	refute_output --partial /m/sub
}

@test "propagation: private, shared, slave of shared, unbindable" {
	config --arg d "$PWD/src" '.mounts += [{destination: "/m", source: $d, options: ["bind", "rprivate", "shared"]}]'
	options_of /m
	run -0 container
	assert_output --partial ' shared:'
	config '.mounts[-1].options = ["bind", "shared", "slave", "private"]'
	run -0 container
	refute_output --regexp 'shared:|master:'
	config '.mounts[-1].options = ["bind", "unbindable"]'
	run -0 container
	assert_output --partial ' unbindable '
}

@test "what is mounted below a shared bind is on the host, and below a slave is not" {
	mkdir -p src/a
	config --arg d "$PWD/src" '.mounts += [{destination: "/m", source: $d, options: ["rbind", "rshared"]}] |
		.linux.rootfsPropagation = "shared" | del(.linux.seccomp, .annotations) |
		.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])'
	command_is mount -t tmpfs fromcontainer /m/a
	host() {
		# shellcheck disable=SC2016
		run -0 unshare --mount --propagation private sh -c 'mount --bind src src && mount --make-shared src &&
			mini-runc --root "$STATES" run --bundle "$B" "$ID" && grep -c fromcontainer /proc/self/mountinfo || true'
	}
	host
	assert_output 1
	config '.mounts[-1].options = ["rbind", "rslave"]'
	host
	assert_output 0
}

@test "rootfsPropagation" {
	command_is sh -c "grep ' / / \| / [a-z]' /proc/self/mountinfo | head -n 1; grep -E '^[0-9]+ [0-9]+ [0-9:]+ [^ ]+ / ' /proc/self/mountinfo"
	config '.linux.rootfsPropagation = "shared"'
	run -0 container
	assert_output --partial ' shared:'
	config '.linux.rootfsPropagation = "unbindable"'
	run -0 container
	assert_output --partial ' unbindable '
	config '.linux.rootfsPropagation = "private"'
	run -0 container
	refute_output --regexp 'shared:|master:|unbindable'
}

@test "binds of a file, a folder, a socket and a device; sources in the bundle; targets that are made" {
	mkdir "$B/data"
	echo bundle >"$B/data/f"
	python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("sock")'
	config --arg d "$PWD" '.root.readonly = false | .mounts += [
		{destination: "/new/file", source: ($d + "/src/file"), options: ["bind", "ro"]},
		{destination: "new/deep/folder", source: "data", options: ["rbind"]},
		{destination: "/new/sock", source: ($d + "/sock"), options: ["bind"]},
		{destination: "/new/null", source: "/dev/null", options: ["bind", "dev"]}]'
	script_is 'cat /new/file /new/deep/folder/f; test -S /new/sock && test -c /new/null && echo yes; echo x >/new/file'
	run -1 container
	assert_line --index 0 text
	assert_line --index 1 bundle
	assert_line --index 2 yes
	assert_line --partial 'Read-only file system'
}

@test "mounts are made in their order, over and below each other" {
	config --arg d "$PWD/src" '.mounts += [
		{destination: "/m", type: "tmpfs", source: "first"},
		{destination: "/m", source: $d, options: ["bind"]},
		{destination: "/m/sub", type: "tmpfs", source: "third", options: ["mode=711", "size=1m"]}]'
	script_is 'cat /m/file; stat -c %a /m/sub; grep -c " /m" /proc/mounts'
	run -0 container
	assert_output $'text\n711\n3'
}

@test "a tmpfs has the mode of the folder that it covers, unless it is given one" {
	mkdir -m 0711 "$B/rootfs/there"
	config '.mounts += [{destination: "/there", type: "tmpfs", source: "m", options: ["size=64k"]},
		{destination: "/new", type: "tmpfs", source: "m"}]'
	config '.root.readonly = false'
	command_is stat -c '%n %a' /there /new
	run -0 container
	assert_output $'/there 711\n/new 1777'
	config '.mounts |= map(if .destination == "/there" then .options = ["mode=750"] else . end)'
	run -0 container
	assert_line '/there 750'
}

@test "a file on a folder, a folder on a file: it is said which is which" {
	command_is true
	config --arg d "$PWD/src" '.mounts += [{destination: "/etc/passwd", source: $d, options: ["bind"]}]'
	echo >"$B/rootfs/etc/passwd"
	run -125 container
	assert_output --partial "cannot mount a folder on '/etc/passwd', which is a file"
	config --arg d "$PWD/src/file" '.mounts[-1] = {destination: "/bin", source: $d, options: ["bind"]}'
	run -125 container
	assert_output --partial "cannot mount a file on '/bin', which is a folder"
}

@test "remount changes flags and options of what is mounted" {
	config '.mounts += [
		{destination: "/m", type: "tmpfs", source: "m", options: ["nosuid", "size=64k"]},
		{destination: "/m", options: ["remount", "ro", "nodev", "size=128k"]}]'
	options_of /m
	run -0 container
	assert_output --regexp '/m ro,nodev,.*size=128k'
	refute_output --partial nosuid
}

@test "a mount on / is the root" {
	mkdir "$B/other"
	cp -a "$B/rootfs/." "$B/other"
	echo other >"$B/other/which"
	config '.mounts |= [{destination: "/", source: "other", options: ["rbind", "nodev"]}] + .'
	script_is 'cat /which; grep -c " / / " /proc/self/mountinfo; cut -d" " -f2 /proc/mounts | sort | uniq -d'
	run container
	assert_line --index 0 other
	refute_line /
}

@test "tmpcopyup: a tmpfs with what the image has there" {
	mkdir -p "$B/rootfs/up/deep"
	echo one >"$B/rootfs/up/deep/file"
	chown 33:34 "$B/rootfs/up/deep/file" "$B/rootfs/up"
	chmod 4711 "$B/rootfs/up/deep/file" # a new owner takes setuid away
	ln -s /etc/passwd "$B/rootfs/up/link"
	mkfifo "$B/rootfs/up/fifo"
	config '.mounts += [{destination: "/up", type: "tmpfs", source: "up", options: ["tmpcopyup", "ro"]}]'
	script_is 'cat /up/deep/file; stat -c "%a %u:%g" /up/deep/file /up; readlink /up/link; test -p /up/fifo && echo fifo; touch /up/x'
	run -1 container
	assert_output --partial $'one\n4711 33:34\n755 33:34\n/etc/passwd\nfifo'
	assert_output --partial 'Read-only file system'
	assert_equal "$(cat "$B/rootfs/up/deep/file")" one
}

@test "idmapped mounts: the ids of the mount, of the container, and of the tree" {
	chown 1000:1001 src/file
	config --arg d "$PWD/src" '.mounts += [{destination: "/m", source: $d, options: ["bind", "idmap"],
		uidMappings: [{containerID: 1000, hostID: 7, size: 1}], gidMappings: [{containerID: 1001, hostID: 8, size: 1}]}]'
	command_is stat -c '%u:%g' /m/file
	run -0 container
	assert_output 7:8
	assert_equal "$(stat -c %u:%g src/file)" 1000:1001
	# Without maps of its own it takes the container's: what is root's on the disk is root's inside.
	chown 0:0 src/file
	config 'del(.mounts[-1].uidMappings, .mounts[-1].gidMappings) |
		.linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = .linux.uidMappings'
	run -0 container
	assert_output 0:0
	config '.mounts[-1].options = ["bind"]'
	run -0 container
	assert_output 65534:65534
	# r takes what is mounted below along.
	config '.mounts[-1].options = ["rbind", "ridmap"]'
	command_is stat -c '%u' /m/sub
	with_mount_below -0
	assert_output 0
	config '.mounts[-1].options = ["rbind", "idmap"]'
	with_mount_below -0
	assert_output 65534
}

@test "idmap without a user namespace and without maps is an error" {
	command_is true
	config --arg d "$PWD/src" '.mounts += [{destination: "/m", source: $d, options: ["bind", "idmap"]}]'
	run -125 container
	assert_output --partial 'mounts['
	assert_output --partial 'idmap needs uidMappings and gidMappings'
}

@test "in a user namespace a source may lie where only the host's root can go" {
	chmod 700 src
	mkdir src/sub/data
	echo reached >src/sub/data/f
	config --arg d "$PWD/src/sub/data" '.mounts += [{destination: "/m", source: $d, options: ["bind"]}] |
		.linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = .linux.uidMappings'
	mkdir "$B/rootfs/m" # the user in there may not make it
	command_is cat /m/f
	run container
	assert_output reached
}
