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

@test "the runtime cannot be written to from inside" {
	command_is /self
	printf '#!/proc/self/exe\n' >"$B/rootfs/self"
	chmod +x "$B/rootfs/self"
	local before
	before=$(sha256sum "$(command -v mini-runc)")
	# Static or not, what runs there is on a read-only mount.
	run -127 container
	command_is sleep 100
	runc run --detach --bundle "$B" "$ID"
	cat >"$B/rootfs/attack" <<'ATTACK'
#!/bin/sh
# Waits for a process of the runtime in here and writes to its program.
for i in $(seq 2000); do
	for p in /proc/[0-9]*; do
		case $(readlink $p/exe) in
		*mini-runc*) echo x >>$p/exe && echo written ;;
		esac
	done
done 2>/dev/null
ATTACK
	chmod +x "$B/rootfs/attack"
	runc exec --detach "$ID" /attack >attack.log
	for _ in 1 2 3 4 5 6 7 8; do
		runc exec "$ID" true
	done
	run -0 cat attack.log
	refute_output
	assert_equal "$(sha256sum "$(command -v mini-runc)")" "$before"
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
