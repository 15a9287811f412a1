# --init: a first process that hands signals on and reaps.
load ../helper/daemon

@test "PID 1 is docker-init, the command its child" {
	sandbox_client run -d --name with --init busybox sleep 100
	run -0 sandbox_client exec with cat /proc/1/comm
	assert_output docker-init
	run -0 docker top with -o pid,args
	assert_line --regexp '^[0-9]+ +/sbin/docker-init -- sleep 100$'
	assert_line --regexp '^[0-9]+ +sleep 100$'
	run -0 docker inspect --format '{{.HostConfig.Init}} {{.Path}} {{.Args}}' with
	assert_output 'true sleep [100]'
	sandbox_client run -d --name without busybox sleep 100
	run -0 sandbox_client exec without cat /proc/1/comm
	assert_output sleep
	run -0 docker inspect --format '{{json .HostConfig.Init}}' without
	assert_output null
}

# The other one has ended, which leaves it without arguments, or nothing.
one_sleeps() {
	[ "$(sandbox_client exec "$1" ps -o args | grep -c '^sleep ')" = 1 ]
}

# Whose parent has gone, and who has ended since.
orphans_of() {
	sandbox_client run -d --name "$@" busybox sh -c '(sleep 0.2 &); exec sleep 100'
	sandbox_eventually 10 one_sleeps "$1"
	sandbox_client exec "$1" ps
}

@test "orphans are reaped" {
	run -0 orphans_of without
	assert_output --partial '[sleep]'
	run -0 orphans_of with --init
	refute_output --partial '[sleep]'
}

@test "signals reach the command, and its exit code is the container's" {
	sandbox_client run -d --name traps --init busybox sh -c 'trap "exit 9" TERM; echo ready; while :; do sleep 0.1; done'
	# Without a handler, too: PID 1 itself would not see it.
	sandbox_client run -d --name plain --init busybox sh -c 'echo ready; exec sleep 100'
	sandbox_ready traps
	sandbox_ready plain
	local began=$SECONDS
	docker stop -t 30 traps plain
	((SECONDS - began < 20))
	run -0 docker inspect --format '{{.State.ExitCode}}' traps plain
	assert_output $'9\n143'
	sandbox_client run -d --name hup --init busybox sh -c 'trap "exit 5" HUP; echo ready; while :; do sleep 0.1; done'
	sandbox_ready hup
	docker kill -s HUP hup
	run -0 docker wait hup
	assert_output 5
}

@test "exit codes: the command's, of a signal, of a command that is not there" {
	run -7 docker run --rm --init busybox sh -c 'exit 7'
	run -137 docker run --rm --init busybox sh -c 'kill -9 $$'
	run -127 docker run --rm --init busybox no-such-command
	assert_output --partial 'no-such-command'
	run -126 docker run --rm --init busybox /etc
}

@test "a terminal belongs to the command: Ctrl-C reaches it" {
	run -3 pty '
spawn("docker", "run", "-it", "--rm", "--init", "busybox", "sh", "-c",
      "trap \"echo caught; exit 3\" INT; echo ready; while :; do sleep 0.1; done")
expect("ready")
send("\x03")
expect("caught")
'
}

@test "as another user, with a read-only root, without a network" {
	run -0 docker run --rm --init --user 33 --read-only --network none busybox \
		sh -c 'cat /proc/1/comm; id -u'
	assert_output $'docker-init\n33'
	# Nobody in there writes to the program that the next container starts with.
	run -0 docker run --rm --init busybox sh -c 'echo x 2>/dev/null >/sbin/docker-init || echo refused'
	assert_output refused
}

@test "it goes with a restart policy" {
	sandbox_client run -d --name again --init --restart on-failure:1 busybox sh -c 'cat /proc/1/comm; exit 4'
	run -0 docker wait again
	assert_output 4
	run -0 docker wait again
	assert_output 4
	run -0 docker logs again
	assert_output $'docker-init\ndocker-init'
}

@test "who joins the processes of another finds a PID 1 there" {
	sandbox_client run -d --name host busybox sleep 100
	run -0 docker run --rm --init --pid container:host busybox cat /proc/1/comm
	assert_output sleep
}

@test "the daemon's default: --init, and --init-path" {
	[ -z "${PRIVATE_DAEMON-}" ] || skip "Docker's own daemon is started with flags of its own here"
	cp "$MINI_BIN/mini-init" "$BATS_TEST_TMPDIR/my-init"
	sandbox_daemon_stop
	sandbox_daemon_start --init --init-path "$BATS_TEST_TMPDIR/my-init"
	run -0 docker run --rm busybox cat /proc/1/comm
	assert_output docker-init
	run -0 docker run --rm --init=false busybox cat /proc/1/comm
	assert_output cat
	run -0 docker info --format '{{.InitBinary}}'
	assert_output "$BATS_TEST_TMPDIR/my-init"
	rm "$BATS_TEST_TMPDIR/my-init"
	run docker run --rm busybox true
	assert_failure 125
	assert_output --partial '--init-path'
	sandbox_daemon_stop
	sandbox_daemon_start
}

@test "the program by itself" {
	run -0 mini-init --version
	assert_output --partial 'mini-init version'
	run -1 mini-init
	assert_output --partial 'usage:'
	run -1 mini-init --
	run -5 mini-init -- sh -c 'exit 5'
	run -127 mini-init no-such-command
}
