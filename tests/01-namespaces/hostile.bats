# Images and bundles that mean harm: nothing leads out of the root.
load runc
set -o pipefail

setup() {
	runc_setup
	mkdir outside
	command_is true
	config '.root.readonly = false'
}

teardown() {
	runc_teardown
}

@test "mount targets that are symlinks stay inside" {
	mkdir -p "$B/rootfs$PWD/outside"
	ln -s "$PWD/outside" "$B/rootfs/link"
	ln -s ../../../../../../../.."$PWD/outside" "$B/rootfs/link2"
	config '.mounts += [{destination: "/link/a", type: "tmpfs", source: "x"},
		{destination: "/link2/b", type: "tmpfs", source: "x"},
		{destination: "/../../c", type: "tmpfs", source: "x"}]'
	command_is cut -d' ' -f2 /proc/mounts
	run -0 container
	assert_line "$PWD/outside/a"
	assert_line "$PWD/outside/b"
	assert_line /c
	run -0 ls -A outside
	refute_output
	assert_exists "$B/rootfs$PWD/outside/a"
	# One that leads to nothing is an error, not a reason to make what it names.
	rm -r "$B/rootfs$PWD/outside"
	run -125 container
	assert_output --partial "cannot mount on '/link/a'"
	run -0 ls -A outside
	refute_output
}

@test "/proc and /sys must be folders of the image itself" {
	rm -r "$B/rootfs/proc"
	ln -s tmp "$B/rootfs/proc"
	run -125 container
	assert_output --partial "is a symlink"
	rm "$B/rootfs/proc"
	mkdir "$B/rootfs/proc"
	rm -r "$B/rootfs/sys"
	ln -s /proc "$B/rootfs/sys"
	run -125 container
	assert_output --partial "is a symlink"
}

@test "a /dev/null that is something else masks nothing, so nothing starts" {
	config 'del(.mounts[] | select(.destination | startswith("/dev")))'
	echo secret >"$B/rootfs/dev/null"
	run -125 container
	assert_output --partial 'something else'
	rm "$B/rootfs/dev/null"
	ln -s /etc/passwd "$B/rootfs/dev/null"
	run -125 container
	assert_output --partial 'something else'
}

@test "devices and bind targets do not follow links out" {
	mkdir -p "$B/rootfs$PWD/outside"
	ln -s "$PWD/outside" "$B/rootfs/link"
	echo host >file
	config '.mounts += [{destination: "/link/file", type: "bind", source: "'"$PWD"'/file",
		options: ["bind", "ro"]}] |
		.linux.devices = [{path: "/link/dev", type: "c", major: 1, minor: 3}]'
	command_is sh -c 'cat /link/file; echo x >/link/file; ls -l /link/dev'
	run -0 container
	assert_line --index 0 host
	assert_output --partial 'Read-only file system'
	assert_equal "$(ls -A outside)" ''
	assert_equal "$(cat file)" host
}

@test "a passwd file that blocks or is huge does not hang the start" {
	rm "$B/rootfs/etc/passwd"
	mkfifo "$B/rootfs/etc/passwd"
	run -125 timeout 5 mini-runc --root "$STATES" run "$B"
	assert_output --partial 'not a file'
	rm "$B/rootfs/etc/passwd"
	truncate -s 100M "$B/rootfs/etc/passwd"
	run -125 timeout 5 mini-runc --root "$STATES" run "$B"
	assert_output --partial 'larger than'
}

@test "the runtime cannot be written to, not even by root" {
	# A copy: while it runs it is busy, so who means harm keeps it open until it does not.
	cp "$(command -v mini-runc)" runtime
	command_is sleep 100
	./runtime --root "$STATES" run --bundle "$B" "$ID" &
	eventually status_is running
	exec 8<"/proc/$!/exe"
	runc delete --force "$ID"
	wait $! || true
	run -1 bash -c 'echo x >>/proc/self/fd/8'
	exec 8<&-
	assert_output --partial 'Read-only file system'
	# Nothing but the mount is in the way.
	run -0 bash -c 'echo x >>runtime'
	# Nor is it of use to a container that makes it run itself.
	runc run --detach --bundle "$B" "$ID"
	printf '#!/proc/self/exe\n' >"$B/rootfs/self"
	chmod +x "$B/rootfs/self"
	run ! runc exec "$ID" /self
}

@test "a container cannot look into a process that joins it" {
	# Whether a spy in the container is quick enough is luck; that there is nothing to see is not.
	command_is sleep 100
	runc run --detach --bundle "$B" "$ID"
	run -0 strace -f -qq -e trace=prctl,setns,execve -o trace mini-runc --root "$STATES" \
		exec "$ID" true
	# The first process stays outside; the one that it made hides before it joins anything.
	run -0 awk 'NR == 1 { outside = $1 }
		$1 != outside && /PR_SET_DUMPABLE, (0|SUID_DUMP_DISABLE)/ { hidden = 1 }
		$1 != outside && /setns\(/ { joined++; if (!hidden) seen++ }
		END { print joined + 0, seen + 0 }' trace
	assert_output --regexp '^[1-9][0-9]* 0$'
}

@test "a file to mount on is not made where a link of the image points" {
	echo host >file
	ln -s "$PWD/outside/made" "$B/rootfs/link"
	mkdir -p "$B/rootfs$PWD/outside"
	config '.mounts += [{destination: "/link", type: "bind", source: "'"$PWD"'/file",
		options: ["bind", "ro"]}]'
	run -125 container
	assert_output --partial "cannot create '/link' to mount on"
	run -0 find outside "$B/rootfs$PWD/outside" -mindepth 1
	refute_output
}

@test "the working folder is inside, whatever descriptor leaked in" {
	command_is pwd
	config '.process.cwd = "/proc/self/fd/7"'
	run -125 container 7</
	assert_output --partial 'No such file' # what was not asked for is closed already
	run -125 runc run --preserve-fds 5 --bundle "$B" "$ID" 3</ 4</ 5</ 6</ 7</
	assert_output --partial 'outside of the container'
	# Nor with exec, which comes from the host too.
	command_is sleep 100
	config '.process.cwd = "/"'
	runc run --detach --bundle "$B" "$ID" 7<&-
	run -125 runc exec --preserve-fds 5 --cwd /proc/self/fd/7 "$ID" pwd 3</ 4</ 5</ 6</ 7</
	assert_output --partial 'outside of the container'
}

@test "a sysctl is written to the kernel, or not at all" {
	config '.linux.sysctl = {"net.ipv4.ip_forward": "1"}'
	# Something else lies on the file: another file of /proc, it could be.
	echo mine >file
	config '.mounts += [{destination: "/proc/sys/net/ipv4/ip_forward", type: "bind",
		source: "'"$PWD"'/file", options: ["bind"]}]'
	run -125 container
	assert_output --partial 'something is mounted on it'
	assert_equal "$(cat file)" mine
	# What is on /proc is no procfs, but the image's own.
	config '.mounts |= map(select(.destination | startswith("/proc") | not))
		| del(.linux.maskedPaths, .linux.readonlyPaths)'
	mkdir -p "$B/rootfs/proc/sys/net/ipv4"
	echo 0 >"$B/rootfs/proc/sys/net/ipv4/ip_forward"
	run -125 container
	assert_output --partial 'no proc on /proc'
	assert_equal "$(cat "$B/rootfs/proc/sys/net/ipv4/ip_forward")" 0
}

@test "a terminal comes from a devpts, not from a file of the image" {
	config '.process.terminal = true | .mounts |= map(select(.destination | startswith("/dev") | not))'
	mkdir -p "$B/rootfs/dev/pts"
	echo image >"$B/rootfs/dev/pts/ptmx"
	run -125 container
	assert_output --partial '/dev/pts in the container is no devpts'
}

@test "the caller's terminal is not the container's to type into" {
	# Whose controlling terminal it is, may push characters into it (TIOCSTI) for the next to read.
	command_is cut -d' ' -f7 /proc/self/stat
	run -0 script -qec "mini-runc --root '$STATES' run --bundle '$B' '$ID'" /dev/null
	assert_output --regexp '^0.?$'
}

@test "links in the image's passwd and group lead nowhere outside" {
	echo 'web:x:4711:4711::/:/bin/sh' >outside/passwd
	rm -f "$B/rootfs/etc/passwd"
	ln -s "../../../../../..$PWD/outside/passwd" "$B/rootfs/etc/passwd"
	config '.annotations["mini-docker.user"] = "web"'
	run -125 container
	assert_output --partial 'web'
	mkdir -p "$B/rootfs$PWD/outside"
	echo 'web:x:4712:4712::/:/bin/sh' >"$B/rootfs$PWD/outside/passwd"
	command_is id -u
	run -0 container
	assert_output 4712
}

@test "a root that is a link is the folder that it points at" {
	mv "$B/rootfs" "$B/real"
	ln -s real "$B/rootfs"
	command_is ls -d /bin /proc/self
	run -0 container
	assert_line /bin
}

@test "the control groups of a container are not its own to change" {
	script_is 'for d in /sys/fs/cgroup /sys/fs/cgroup/*/; do mkdir $d/x && echo made; done; true'
	run -0 container
	assert_output --partial 'Read-only file system'
	refute_line made
}

@test "cgroup paths do not leave the trees" {
	config '.linux.cgroupsPath = "/../../tmp/x"'
	run -125 container
	assert_output --partial 'is no path of a cgroup'
}

@test "wrong config.json: the message names the member" {
	config '.process.cwd = 5'
	run -125 container
	assert_output --partial 'process: '
	config '.process.cwd = "/" | .linux.namespaces[0].type = "x"'
	run -125 container
	assert_output --partial 'config.json: linux.namespaces[0]'
}

@test "a huge or deeply nested config.json is refused" {
	head -c 5000000 /dev/zero | tr '\0' ' ' >"$B/config.json"
	run -125 container
	assert_output --partial 'larger than'
	printf '[%.0s' {1..100000} >"$B/config.json"
	run -125 container
}
