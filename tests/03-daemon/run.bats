# docker run, with Docker's own client: what comes out, and with which exit code.
load ../helper/daemon

@test "version and info know both sides" {
	run -0 docker version --format '{{.Client.Version}}|{{.Server.Version}}|{{.Server.Os}}'
	[[ $output == ?*'|'?*'|linux' ]]
	run -0 docker info --format '{{.ContainersRunning}} {{.Images}} {{.DockerRootDir}}'
	assert_output "0 1 $PRIVATE/root"
}

@test "run --rm prints what the command prints and leaves nothing" {
	run -0 docker run --rm busybox echo hello
	assert_output hello
	run -0 docker ps -aq
	assert_output ''
	sandbox_assert_nothing_left
}

@test "stdout and stderr stay apart" {
	docker run --rm busybox sh -c 'echo out; echo err >&2' >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err"
	assert_equal "$(cat "$BATS_TEST_TMPDIR/out")" out
	assert_equal "$(cat "$BATS_TEST_TMPDIR/err")" err
}

@test "the exit code is the command's own" {
	run docker run --rm busybox sh -c 'exit 42'
	assert_failure 42
}

kill_when_it_runs() {
	sandbox_eventually 10 docker kill "$1"
}

@test "a command ended by a signal gives 128 and the signal" {
	kill_when_it_runs victim &
	run docker run --rm --name victim busybox sleep 60
	assert_failure 137
	run docker run --rm busybox sh -c 'sh -c "kill -TERM \$\$"; exit $?'
	assert_failure 143
}

@test "125: devices by their kind need a driver, which is said at the start" {
	local client
	for client in docker mini-docker; do
		run $client run --rm --gpus all busybox true
		assert_failure 125
		assert_output --partial 'could not select device driver "" with capabilities: [[gpu]]'
		$client create --name asks --gpus '"device=0,1",capabilities=utility' busybox true
		run -0 docker inspect --format '{{json .HostConfig.DeviceRequests}}' asks
		assert_output '[{"Driver":"","Count":0,"DeviceIDs":["0","1"],"Capabilities":[["utility","gpu"]],"Options":{}}]'
		docker rm asks
	done
	sandbox_assert_nothing_left
}

@test "125: the daemon refuses" {
	run docker run --rm --name 'not/a/name' busybox true
	assert_failure 125
	assert_output --partial 'Invalid container name'
}

@test "126: the command cannot be executed" {
	run docker run --rm busybox /etc/passwd
	assert_failure 126
	assert_output --partial 'permission denied'
}

@test "127: the command is not there" {
	run -127 docker run --rm busybox no-such-command
	assert_output --partial 'no-such-command'
	sandbox_assert_nothing_left
}

@test "run -i takes 20 MB through stdin and back, unchanged" {
	head -c 20000000 /dev/urandom >"$BATS_TEST_TMPDIR/in"
	docker run --rm -i busybox cat <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out"
	cmp "$BATS_TEST_TMPDIR/in" "$BATS_TEST_TMPDIR/out"
}

@test "the end of stdin ends the command's stdin, and its answer still comes" {
	run -0 docker run --rm -i busybox sh -c 'wc -c; echo after' <<<'12345'
	assert_output $'6\nafter'
}

@test "without -i the command reads nothing" {
	run -0 docker run --rm busybox wc -c <<<'something'
	assert_output 0
}

@test "environment, folder, host name and user are as asked" {
	run -0 docker run --rm -e COLOUR=green -w /var/www --hostname inside -u 1000:50 busybox \
		sh -c 'echo $COLOUR; pwd; hostname; id -u; id -g'
	assert_output $'green\n/var/www\ninside\n1000\n50'
}

@test "the host name is the short id" {
	run -0 docker run --cidfile "$BATS_TEST_TMPDIR/id" busybox hostname
	assert_output "$(cut -c 1-12 "$BATS_TEST_TMPDIR/id")"
}

@test "its processes, and nobody else's" {
	run -0 docker run --rm busybox ps -o pid,comm
	assert_line --regexp '^ +1 ps'
	refute_line --partial mini-dockerd
}

@test "its own mounts: /proc, /sys, /dev, and none of the machine's" {
	run -0 docker run --rm busybox cat /proc/mounts
	assert_line --regexp '^overlay / overlay '
	assert_line --regexp '^proc /proc proc rw,nosuid,nodev,noexec'
	assert_line --regexp '^sysfs /sys sysfs ro'
	assert_line --regexp ' /dev/pts devpts '
	assert_line --regexp ' /dev/shm tmpfs '
	assert_line --regexp ' /dev/mqueue mqueue '
	refute_output --partial "$PRIVATE/root "
}

@test "few rights: Docker's capabilities, seccomp, masked paths" {
	run -0 docker run --rm busybox grep -E '^(CapEff|CapBnd|Seccomp|NoNewPrivs):' /proc/1/status
	assert_line --regexp 'CapEff:.00000000a80425fb'
	assert_line --regexp 'CapBnd:.00000000a80425fb'
	assert_line --regexp 'Seccomp:.2'
	run docker run --rm busybox sh -c 'echo 1 >/proc/sys/kernel/sysrq'
	assert_failure
	run -0 docker run --rm busybox sh -c 'cat /proc/keys | wc -c; ls /sys/firmware | wc -l'
	assert_output $'0\n0'
	run docker run --rm busybox mount -t tmpfs none /mnt
	assert_failure
}

@test "--cap-drop and --cap-add" {
	run -0 docker run --rm --cap-drop ALL --cap-add CHOWN busybox grep CapEff /proc/self/status
	assert_output --regexp '0000000000000001$'
}

@test "the network is a namespace of its own with the loopback" {
	run -0 docker run --rm --network none busybox ip -o link
	assert_output --partial 'lo'
	assert_equal "$(wc -l <<<"$output")" 1
	run -0 docker run --rm --network none busybox ping -c 1 -W 2 127.0.0.1
	assert_output --partial '1 packets received'
}

@test "limits hold: memory and processes" {
	run docker run --rm -m 16m --memory-swap 16m busybox sh -c 'head -c 64m /dev/zero | tail'
	assert_failure 137
	run docker run --rm --pids-limit 5 busybox sh -c 'for i in 1 2 3 4 5 6 7 8; do sleep 0.3 & done; wait'
	assert_failure 2
	assert_output --partial "can't fork"
}

@test "what is written in one container is not in the next, nor in the image" {
	run -0 docker run --rm busybox sh -c 'echo mine >/home/note; cat /home/note'
	assert_output mine
	run docker run --rm busybox cat /home/note
	assert_failure 1
	assert_output --partial 'No such file'
}

@test "--read-only refuses to write" {
	run docker run --rm --read-only busybox touch /home/note
	assert_failure 1
	assert_output --partial 'Read-only file system'
}

@test "a folder of the machine is mounted with -v" {
	sandbox_enter mkdir -p "$PRIVATE/root/shared"
	run -0 docker run --rm -v "$PRIVATE/root/shared:/shared" busybox sh -c 'echo here >/shared/file'
	run -0 sandbox_enter cat "$PRIVATE/root/shared/file"
	assert_output here
	run docker run --rm -v "$PRIVATE/root/shared:/shared:ro" busybox touch /shared/other
	assert_failure 1
}

@test "20 at once" {
	local i pids=()
	for i in {1..20}; do
		docker run --rm busybox sh -c "echo $i" >"$BATS_TEST_TMPDIR/$i" &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i"
	done
	for i in {1..20}; do
		assert_equal "$(cat "$BATS_TEST_TMPDIR/$i")" "$i"
	done
	sandbox_assert_nothing_left
}
