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
	[ -z "${SWAPPER-}" ] || kill "$SWAPPER"
	runc_teardown
}

# Two names that change places all the time, until $SWAPPER is ended (or a minute has gone).
swap() {
	python3 -c 'import ctypes, sys, time
rename, end = ctypes.CDLL(None).renameat2, time.time() + 60
here, there = (name.encode() for name in sys.argv[1:])
while time.time() < end:
    for i in range(1000):
        rename(-100, here, -100, there, 2) # AT_FDCWD, RENAME_EXCHANGE' "$@" 3>&- &
	SWAPPER=$!
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
	# Also one that leads to nothing yet: what it names is made, inside.
	rm -r "$B/rootfs$PWD/outside"
	ln -s "$PWD/outside/file" "$B/rootfs/link3"
	config '.mounts += [{destination: "/link3", type: "bind", source: "/etc/passwd", options: ["bind"]}]'
	run -0 container
	assert_line "$PWD/outside/a"
	assert_line "$PWD/outside/file"
	run -0 ls -A outside
	refute_output
	ln -s loop "$B/rootfs/loop"
	config '.mounts[-1].destination = "/loop/x"'
	run -125 container
	assert_output --regexp '(levels of symbolic links|Symbolic link loop)'
}

# CVE-2019-16884: a VOLUME of the image on /proc, or on a link to a part of it.
@test "nothing comes on /proc but a proc, and in it only files that tell sizes" {
	ln -s /proc/self/attr "$B/rootfs/link"
	mkdir volume
	echo covered >size
	local target
	for target in /proc /link /proc/self/attr/exec /proc/sys/kernel/core_pattern /proc/sys; do
		config --arg d "$target" --arg s "$PWD/$([[ $target == */*/*/* ]] && echo size || echo volume)" '.mounts |=
			map(select(.source != $s)) + [{destination: $d, type: "bind", source: $s, options: ["bind"]}]'
		run -125 container
		assert_output --partial "cannot mount on '$target': it cannot be mounted because it is"
		config 'del(.mounts[-1])'
	done
	config '.mounts |= map(select(.destination != "/proc"))'
	config --arg s "$PWD/volume" '.mounts += [{destination: "/proc", type: "bind", source: $s, options: ["bind"]}]'
	run -125 container
	assert_output --partial 'not of type proc'
	config --arg s "$PWD/size" '.mounts[-1] = {destination: "/proc", type: "proc", source: "proc"} |
		.mounts += [{destination: "/proc/meminfo", type: "bind", source: $s, options: ["bind"]}]'
	command_is cat /proc/meminfo
	run -0 container
	assert_output covered
}

# CVE-2021-30465: between the look at a target and the mount on it a container that has the same
# volume puts a link there. `make guards` tries it more often.
@test "a mount target that is swapped while containers start stays inside" {
	mkdir -p volume/a
	ln -s "$PWD/outside" volume/b
	config '.mounts += [
		{destination: "/volume", type: "bind", source: "'"$PWD"'/volume", options: ["rbind"]},
		{destination: "/volume/a/c", type: "tmpfs", source: "x"},
		{destination: "/volume/a/d/file", type: "bind", source: "/etc/passwd", options: ["bind"]}]'
	swap volume/a volume/b
	local started=0 i
	for ((i = 0; i < ${RACE_STARTS:-15}; i++)); do
		if container >/dev/null 2>&1; then
			started=$((started + 1))
		fi
		assert_equal "$(ls -A outside)" ''
	done
	# Now and then the folder was there, or this tests nothing.
	assert [ $started != 0 ]
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

@test "/dev/console is not mounted where a link of the image points" {
	config '.process.terminal = true | .mounts |= map(select(.destination != "/dev"))'
	rm -f "$B/rootfs/dev/console"
	ln -s /etc/passwd "$B/rootfs/dev/console"
	run -125 script -qec "mini-runc --root '$STATES' run --bundle '$B' '$ID'" /dev/null
	assert_output --partial "cannot mount on '/dev/console': it is a symlink of the image"
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
	command_is sleep 1000
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

@test "nor can the one that has joined a container" {
	cp "$(command -v mini-runc)" runtime
	command_is sleep 1000
	runc run --detach --bundle "$B" "$ID"
	./runtime --root "$STATES" exec "$ID" sleep 50 &
	eventually bash -c 'runc exec "$ID" ps | grep "sleep 50"'
	exec 8<"/proc/$!/exe"
	runc delete --force "$ID"
	wait $! || true
	run -1 bash -c 'echo x >>/proc/self/fd/8'
	exec 8<&-
	assert_output --partial 'Read-only file system'
}

@test "a container cannot look into its runtime's first process" {
	# What a hook left running in there sees it, and with the container's rights it is its equal.
	command_is true
	run -0 strace -f -qq -e trace=prctl,clone3,capset,execve -o trace \
		mini-runc --root "$STATES" run --bundle "$B" "$ID"
	run -0 awk '/clone3\(.*CLONE_NEWPID/ { begun = 1 }
		/PR_SET_DUMPABLE, (0|SUID_DUMP_DISABLE)/ { hidden = begun }
		/capset\(/ && begun { if (hidden) dropped++; else seen++ }
		END { print (dropped > 0), seen + 0 }' trace
	assert_output '1 0'
}

@test "a container cannot look into a process that joins it" {
	# Whether a spy in the container is quick enough is luck; that there is nothing to see is not.
	command_is sleep 1000
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
	run -0 container
	run -0 find outside -mindepth 1
	refute_output
	assert_exists "$B/rootfs$PWD/outside/made"
}

@test "the working folder is inside, whatever descriptor leaked in" {
	command_is pwd
	config '.process.cwd = "/proc/self/fd/7"'
	run -125 container 7</
	assert_output --partial 'No such file' # what was not asked for is closed already
	run -125 runc run --preserve-fds 5 --bundle "$B" "$ID" 3</ 4</ 5</ 6</ 7</
	assert_output --partial 'outside of the container'
	# Nor with exec, which comes from the host too.
	command_is sleep 1000
	config '.process.cwd = "/"'
	runc run --detach --bundle "$B" "$ID" 7<&-
	run -125 runc exec --preserve-fds 5 --cwd /proc/self/fd/7 "$ID" pwd 3</ 4</ 5</ 6</ 7</
	assert_output --partial 'outside of the container'
}

@test "exec joins nobody else when the container ends meanwhile" {
	# Without a PID namespace of its own what has joined does not end with the first process.
	command_is sleep 1000
	config '.linux.namespaces -= [{type: "pid"}]'
	runc run --detach --bundle "$B" "$ID"
	# Until somebody takes the terminal, exec waits, half-way in.
	exec 8> >(exec python3 -c 'import socket, sys
server, first = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
server.bind("terminal")
server.listen(0)
first.connect("terminal")
server.settimeout(20)
open("full", "w").close()
sys.stdin.read()
for i in range(2):
    server.accept()[0].recv(1)' 3>&-)
	eventually test -e full
	mini-runc --root "$STATES" exec --tty --console-socket "$PWD/terminal" "$ID" touch /ran 8>&- &
	local exec=$! code=0
	eventually pgrep -P "$exec"
	kill -KILL "$(runc state "$ID" | jq .pid)"
	eventually status_is stopped
	exec 8>&-
	wait "$exec" || code=$?
	assert_equal "$code" 125
	assert_not_exists "$B/rootfs/ran"
}

@test "exec gives nothing that its program could hand on" {
	# CVE-2022-29162: inheritable capabilities are for files that the container makes.
	command_is sleep 1000
	runc run --detach --bundle "$B" "$ID"
	run -0 runc exec --cap CAP_NET_ADMIN "$ID" grep -E 'Cap(Inh|Eff|Amb)' /proc/self/status
	assert_line --regexp 'CapInh:.0000000000000000'
	assert_line --regexp 'CapAmb:.0000000000000000'
	assert_line --regexp 'CapEff:.00000000a80435fb'
}

@test "the groups of who starts it are not the container's" {
	command_is id -G
	run -0 setpriv --groups=0,4711 mini-runc --root "$STATES" run --bundle "$B" "$ID"
	assert_output 0
}

@test "a sysctl is written to the kernel, or not at all" {
	config '.linux.sysctl = {"net.ipv4.ip_forward": "1"}'
	# Another file of /proc lies on the file.
	config '.mounts += [{destination: "/proc/sys/net/ipv4/ip_forward", type: "bind",
		source: "/proc/sys/net/ipv4/ip_default_ttl", options: ["bind"]}]'
	run -125 container
	assert_output --partial 'something is mounted on it'
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
	script_is 'for d in /sys/fs/cgroup /sys/fs/cgroup/*/; do mkdir $d/x && echo made; done
		for f in $(find /sys/fs/cgroup -name notify_on_release -o -name cgroup.procs); do
			(echo 1 >$f) && echo written; done
		find /sys/fs/cgroup -name release_agent; true'
	run -0 container
	assert_output --partial 'Read-only file system'
	refute_line made
	refute_line written
	# CVE-2022-0492: only the top of a tree has the program that the kernel runs as root.
	refute_output --partial release_agent
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
	local whole
	whole=$(<"$B/config.json")
	head -c 5000000 /dev/zero | tr '\0' ' ' >"$B/config.json"
	run -125 container
	assert_output --partial 'larger than'
	printf '[%.0s' {1..100000} >"$B/config.json"
	run -125 container
	assert_output --partial 'nested more than'
	# Not so deep that it could not be read; but the state that it is kept in is deeper.
	echo "$whole" | sed "1s/{/{\"x\": $(printf '[%.0s' {1..2046})$(printf ']%.0s' {1..2046}),/" \
		>"$B/config.json"
	run -125 container
	assert_output --partial 'nested more than'
	# Nor so large; but the state writes numbers out.
	python3 -c 'print("[" + "1e9," * 800000 + "1e9]")' >numbers
	jq -c . <<<"$whole" | sed 's/^{/{"x":/' | head -c 5 >"$B/config.json"
	{ cat numbers && echo , && jq -c . <<<"$whole" | tail -c +2; } >>"$B/config.json"
	run -125 container
	assert_output --partial 'config.json is too large'
	run -0 runc list -q
	refute_output
}

@test "a namespace that is a FIFO is no reason to wait" {
	mkfifo fifo
	config '(.linux.namespaces[] | select(.type == "uts")).path = "'"$PWD"'/fifo"'
	run timeout --kill-after 1 20 mini-runc --root "$STATES" run "$B"
	timeout 1 tee fifo </dev/null || true # who waits for it is let go
	assert_failure 125
	assert_output --partial "cannot join '$PWD/fifo' as a uts namespace"
}

@test "states that somebody else may write are not believed" {
	command_is sleep 60
	config '.hooks.poststop = [{path: "/bin/touch", args: ["touch", "'"$PWD"'/outside/ran"]}]'
	install -d -o 4711 "$STATES"
	run -125 runc run --detach --bundle "$B" "$ID"
	assert_output --partial 'belongs to user 4711'
	chown 0 "$STATES"
	chmod 777 "$STATES"
	run -125 runc run --detach --bundle "$B" "$ID"
	assert_output --partial "others may write to '$STATES'"
	chmod 755 "$STATES"
	runc run --detach --bundle "$B" "$ID"
	chown 4711 "$STATES/$ID"
	for command in state kill delete pause "exec $ID"; do
		# shellcheck disable=SC2086 # two words
		run -125 runc $command "$ID"
		assert_output --partial 'belongs to user 4711'
	done
	run -0 ls -A outside
	refute_output
	chown 0 "$STATES/$ID"
}
