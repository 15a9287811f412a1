# Containers that another runtime makes: runc and crun, behind the same shim.
# shellcheck disable=SC2016 # the containers' shells expand
load ../helper/sandbox

setup_file() {
	export CONFIG=$BATS_FILE_TMPDIR/daemon.json
	cat >"$CONFIG" <<-'END'
		{"runtimes": {"crun": {"path": "crun"}, "runc-of-debian": {"path": "/usr/sbin/runc", "runtimeArgs": ["--debug"]},
			"gone": {"path": "no-such-runtime"}}, "default-runtime": "crun"}
	END
	sandbox_open
	# crun wants all hierarchies of one version.
	sandbox_enter sh -c '! mountpoint -q /sys/fs/cgroup/unified || umount /sys/fs/cgroup/unified'
	sandbox_daemon_start --config-file "$CONFIG"
	sandbox_image
}

teardown_file() {
	sandbox_end
}

teardown() {
	sandbox_remove_containers
}

with_each() {
	local runtime
	for runtime in crun runc-of-debian; do
		"$@" || {
			echo "with $runtime"
			return 1
		}
	done
}

@test "info has them; ours goes by Docker's names; one that nobody named is refused" {
	[ -z "${PRIVATE_DAEMON-}" ] || skip 'its own runtime is runc itself'
	run -0 docker info --format '{{.DefaultRuntime}} {{json .Runtimes}}'
	assert_output 'crun {"crun":{"path":"crun"},"gone":{"path":"no-such-runtime"},"runc":{"path":"mini-shim"},"runc-of-debian":{"path":"/usr/sbin/runc","runtimeArgs":["--debug"]}}'
	local name
	for name in runc mini-runc io.containerd.runc.v2; do
		run -0 mini-docker run --rm --explain --runtime "$name" busybox true
		assert_output --partial 'execve("'
	done
	run -125 docker run --rm --runtime other busybox true
	assert_output --partial 'unknown or invalid runtime name: other'
	run -127 docker run --rm --runtime gone busybox true
	assert_output --partial 'exec: "no-such-runtime": executable file not found in $PATH'
	docker create --name default busybox
	run -0 docker inspect default --format '{{.HostConfig.Runtime}}'
	assert_output crun
	run -0 mini-docker run --rm --explain busybox true
	assert_output --partial 'posix_spawn("/usr/bin/crun")'
	sandbox_remove_containers
	sandbox_assert_nothing_left
}

streams_and_users() {
	run -7 --separate-stderr docker run --rm --runtime "$runtime" --hostname box --read-only --tmpfs /scratch \
		-e NAME=value busybox sh -c 'hostname; echo $NAME; touch /scratch/x; grep Seccomp: /proc/self/status
			touch /x; echo err >&2; exit 7'
	assert_output $'box\nvalue\nSeccomp:\t2'
	assert_equal "$stderr" $'touch: /x: Read-only file system\nerr'
	run -0 docker run --rm --runtime "$runtime" -u nobody:1000 --group-add wheel -w /new/dir busybox sh -c 'id; pwd'
	assert_output $'uid=65534(nobody) gid=1000 groups=10(wheel)\n/new/dir'
	run -0 docker run --rm -i --runtime "$runtime" busybox cat <<<'through stdin'
	assert_output 'through stdin'
	run ! docker run --rm --runtime "$runtime" busybox no-such-program
	assert_output --partial 'not found in $PATH'
	run docker run --rm --runtime "$runtime" -u no-such-user busybox true
	assert_output --partial 'unable to find user no-such-user'
}

@test "streams, exit codes, users, files and errors" {
	with_each streams_and_users
	sandbox_assert_nothing_left
}

whole_life() {
	docker run -dt --name life --runtime "$runtime" --memory 64m --init busybox \
		sh -c 'trap "exit 3" TERM; while :; do sleep 0.1; done'
	run -5 docker exec life sh -c 'echo inside; touch /marker; exit 5'
	assert_output inside
	run -0 pty "spawn('docker', 'exec', '-it', 'life', 'sh', '-c', 'test -t 0 && echo terminal')
expect('terminal')"
	run -127 docker exec life no-such-program
	run -0 docker top life
	assert_output --partial 'trap "exit 3" TERM'
	docker pause life
	run -0 docker ps --format '{{.Status}}'
	assert_output --partial Paused
	docker unpause life
	run -0 docker diff life
	assert_line 'A /marker'
	docker cp life:/marker "$BATS_TEST_TMPDIR/marker-$runtime"
	docker update --memory 128m --memory-swap -1 life
	run -0 docker stats --no-stream --format '{{.MemUsage}}'
	assert_output --partial '/ 128MiB'
	# The daemon is no part of it.
	sandbox_daemon_stop KILL
	sandbox_daemon_start --config-file "$CONFIG"
	run -0 docker exec life echo 'still there'
	assert_output 'still there'
	docker stop life
	run -0 docker inspect life --format '{{.State.Status}} {{.State.ExitCode}}'
	assert_output 'exited 3'
	docker start life
	docker kill life
	run -0 docker wait life
	assert_output 137
	docker rm life
}

@test "a whole life: exec, terminal, stats, pause, cp, update, a killed daemon, stop, start, kill" {
	with_each whole_life
	sandbox_assert_nothing_left
}

parts_of_volumes_and_images() {
	run -0 mini-docker run --rm --runtime "$1" --mount type=volume,src=data,dst=/part,volume-subpath=a/b \
		--mount type=volume,src=data,dst=/file,volume-subpath=a/file,readonly \
		--mount type=image,src=busybox,dst=/image busybox sh -c \
		'cat /part/f /file; ls /image/bin/busybox; touch /image/x 2>/dev/null || echo to read
		echo x 2>/dev/null >/file || echo to read, too'
	assert_output $'inside\ntext\n/image/bin/busybox\nto read\nto read, too'
}

@test "mounts that have no path, parts of volumes and files of images, are theirs too" {
	mini-docker run --rm -v data:/d busybox sh -c 'mkdir -p /d/a/b; echo inside >/d/a/b/f; echo text >/d/a/file'
	local runtime
	for runtime in crun runc-of-debian; do
		parts_of_volumes_and_images "$runtime"
	done
	run -0 mini-docker volume rm data
}
