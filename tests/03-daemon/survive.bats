# The daemon holds no container's life in its hands: it is killed, and nothing is lost.
load ../helper/sandbox

setup() {
	sandbox_start
	sandbox_image
}

teardown() {
	sandbox_end
}

restart_after_kill() {
	sandbox_daemon_stop KILL
	sandbox_daemon_start
}

lines_in_order() {
	diff <(seq 1 "$2" | sed 's/^/line /') "$1"
}

@test "kill -9 of the daemon under ten containers, with one that streams its log" {
	local i pids before
	for i in {1..8}; do
		docker run -d --name "sleeper$i" busybox sleep 1000
	done
	docker run -d --name streamer busybox sh -c \
		'i=0; while [ $i -lt 60 ]; do i=$((i + 1)); echo line $i; sleep 0.05; done; exec sleep 1000'
	docker run -d --name ended busybox sh -c 'sleep 1; exit 23'
	before=$(docker ps -q --no-trunc | sort)
	pids=$(docker ps -q | xargs docker inspect --format '{{.State.Pid}}' | sort)
	timeout 30 docker logs -f streamer >"$BATS_TEST_TMPDIR/followed" &
	local follower=$!
	sleep 0.3

	sandbox_daemon_stop KILL
	wait $follower || true
	# Nobody listens, and the containers go on: one of them ends now.
	sleep 1.2
	for i in $pids; do
		[ -d "/proc/$i" ] || [ "$i" = "$(sed -n 1p <<<"$i")" ]
	done
	sandbox_daemon_start

	# Nine run as they did, the tenth has its exit code.
	run -0 docker ps -q --no-trunc
	assert_equal "$(wc -l <<<"$output")" 9
	run -0 docker inspect --format '{{.State.ExitCode}} {{.State.Status}}' ended
	assert_output '23 exited'
	assert_equal "$(docker ps -aq --no-trunc | sort)" "$before"
	run -0 docker wait ended
	assert_output 23

	# Its log is whole: no line is lost or twice, also those from while there was no daemon.
	sandbox_eventually 10 sh -c '[ "$(docker logs streamer | wc -l)" = 60 ]'
	docker logs streamer >"$BATS_TEST_TMPDIR/log"
	lines_in_order "$BATS_TEST_TMPDIR/log" 60
	# The one who followed saw the log's beginning, and whole lines.
	head -n "$(wc -l <"$BATS_TEST_TMPDIR/followed")" "$BATS_TEST_TMPDIR/log" | cmp - "$BATS_TEST_TMPDIR/followed"

	# They obey: exec, stop, kill, rm.
	run -0 docker exec sleeper1 echo inside
	assert_output inside
	run -0 docker stop -t 1 sleeper1 sleeper2
	run -0 docker kill sleeper3
	run -0 docker inspect --format '{{.State.ExitCode}}' sleeper3
	assert_output 137
	docker ps -aq | xargs docker rm -f
	sandbox_assert_nothing_left
}

# new_exec SCRIPT: an exec of the container `host`, not started; its id.
new_exec() {
	sandbox_api POST /containers/host/exec "{\"Cmd\":[\"sh\",\"-c\",\"$1\"]}"
	jq -r .Id <<<"$output"
}

exec_is() {
	sandbox_api GET "/exec/$1/json"
	assert_equal "$(jq -c '[.Running, .ExitCode]' <<<"$output")" "$2"
}

@test "execs survive a daemon that is killed: those that run, end meanwhile, have ended, are not started" {
	local runs ends ended waits
	docker run -d --name host busybox sleep 1000
	runs=$(new_exec 'sleep 1000')
	ends=$(new_exec 'sleep 1; exit 7')
	ended=$(new_exec 'exit 3')
	waits=$(new_exec 'exit 9')
	for id in "$runs" "$ends" "$ended"; do
		sandbox_api POST "/exec/$id/start" '{"Detach":true}'
	done
	sandbox_eventually 5 exec_is "$ended" '[false,3]'
	sandbox_daemon_stop KILL
	sleep 1.5
	sandbox_daemon_start

	exec_is "$runs" '[true,null]'
	exec_is "$ends" '[false,7]'
	exec_is "$ended" '[false,3]'
	exec_is "$waits" '[false,null]'
	run -0 docker inspect --format '{{.ExecIDs}}' host
	assert_output --partial "$runs"
	refute_output --partial "$ends"
	sandbox_api POST "/exec/$ends/start" '{"Detach":true}'
	assert_equal "$status" 409
	assert_output --partial "Exec command $ends has already run"
	sandbox_api POST "/exec/$waits/start" '{"Detach":true}'
	sandbox_eventually 5 exec_is "$waits" '[false,9]'

	# All are forgotten with their container.
	docker rm -f host
	sandbox_api GET "/exec/$runs/json"
	assert_equal "$status" 404
	[ -z "$(ls "$PRIVATE/run/execs")" ]
	sandbox_assert_nothing_left
}

@test "SIGTERM ends the daemon and no container" {
	docker run -d --name stays busybox sleep 1000
	local pid
	pid=$(docker inspect --format '{{.State.Pid}}' stays)
	sandbox_daemon_stop TERM
	[ -d "/proc/$pid" ]
	[ ! -e "$PRIVATE/pidfile" ]
	sandbox_daemon_start
	run -0 docker inspect --format '{{.State.Pid}} {{.State.Running}}' stays
	assert_output "$pid true"
}

# $1: a folder with the programs. Each is replaced by another file, as package managers do it.
replace_programs() {
	local program
	for program in "$1"/mini-*; do
		strip -o "$program.new" "$program"
		mv "$program.new" "$program"
	done
}

@test "an upgrade: all programs are replaced below a container that runs" {
	local bin=$BATS_TEST_TMPDIR/bin
	is_shim() {
		local shim
		shim=$(ps -o ppid= -p "$(mini-docker inspect -f '{{.State.Pid}}' old)")
		cmp "$bin/mini-shim" "/proc/${shim// /}/exe"
	}
	sandbox_daemon_stop
	cp -a "$MINI_BIN" "$bin"
	MINI_BIN=$bin sandbox_daemon_start
	mini-docker run -d --name old busybox sh -c 'trap "exit 5" TERM; while :; do echo tick; sleep 0.1; done'
	sandbox_ready old tick
	is_shim
	sandbox_daemon_stop
	replace_programs "$bin"
	MINI_BIN=$bin sandbox_daemon_start
	# The shim is the one of before, the daemon another program.
	run -1 is_shim
	run -0 mini-docker exec old echo inside
	assert_output inside
	(mini-docker logs --tail 0 -f old || true) | head -n 3 >"$BATS_TEST_TMPDIR/more"
	assert_equal "$(sort -u "$BATS_TEST_TMPDIR/more")" tick
	mini-docker stop old
	run -0 mini-docker inspect -f '{{.State.ExitCode}}' old
	assert_output 5
	mini-docker start old
	is_shim
	mini-docker rm -f old
	sandbox_daemon_stop
	sandbox_daemon_start
	sandbox_assert_nothing_left
}

@test "names, images and finished containers are there after a restart" {
	docker run --name finished --label l=m busybox sh -c 'echo said; exit 5' || [ $? = 5 ]
	docker create --name waiting busybox echo at last
	docker tag busybox other:v2
	restart_after_kill
	run -0 docker ps -a --format '{{.Names}} {{.State}}'
	assert_line 'finished exited'
	assert_line 'waiting created'
	run -0 docker logs finished
	assert_output said
	run -0 docker inspect --format '{{.State.ExitCode}} {{.Config.Labels.l}}' finished
	assert_output '5 m'
	run -0 docker start -a waiting
	assert_output 'at last'
	run -0 docker run --rm other:v2 echo new
	assert_output new
	run docker create --name finished busybox
	assert_failure 1
	assert_output --partial 'already in use'
}

@test "a container with --rm that ends while no daemon runs is removed by the next one" {
	docker run -d --rm --name brief busybox sleep 1
	sandbox_daemon_stop KILL
	sleep 1.5
	sandbox_daemon_start
	sandbox_eventually 5 sh -c '[ -z "$(docker ps -aq)" ]'
	sandbox_assert_nothing_left
}

@test "an attached client of mini-docker's daemon outlives it" {
	[ -z "${PRIVATE_DAEMON-}" ] || skip "Docker's own daemon relays the streams itself"
	docker run -i --name talker busybox sh -c 'echo one; sleep 1.5; echo two' >"$BATS_TEST_TMPDIR/out" &
	local client=$!
	sandbox_eventually 10 grep -q one "$BATS_TEST_TMPDIR/out"
	restart_after_kill
	wait $client || true
	assert_equal "$(cat "$BATS_TEST_TMPDIR/out")" $'one\ntwo'
}

@test "killed in the middle of many starts, the daemon comes back clean" {
	local round clients
	for round in 1 2 3; do
		clients=()
		for _ in 1 2 3 4 5; do
			docker run -d busybox sleep 1000 >/dev/null 2>&1 &
			clients+=($!)
		done
		sleep "0.0$((round * 3))"
		restart_after_kill
		wait "${clients[@]}" || true # what was cut off may fail; the daemon is a child, too
	done
	# Whatever came through can be listed, inspected and removed.
	run -0 docker ps -aq
	if [ -n "$output" ]; then
		docker ps -aq | xargs docker inspect >/dev/null
		docker ps -aq | xargs docker rm -f
	fi
	sandbox_assert_nothing_left
	run -0 docker run --rm busybox echo fine
	assert_output fine
}
