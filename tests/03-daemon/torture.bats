# The daemon is killed at any moment while clients work, again and again: a few times here, as often
# as one likes with `make torture-daemon TIMES=300` (DAEMON_KILLS).
load ../helper/sandbox

setup() {
	sandbox_start
	sandbox_image
}

teardown() {
	sandbox_end
}

# A client that asks for whatever comes to its mind, until the file is gone. Most of it fails when the
# daemon is killed, as it must.
client() {
	local go=$1 name=client$2 count=0 code
	RANDOM=$2
	while [ -e "$go" ]; do
		count=$((count + 1))
		case $((RANDOM % 8)) in
		0) mini-docker run --rm busybox true ;;
		1) mini-docker run -d --name "$name-$count" busybox sleep 1000 ;;
		2)
			code=$((RANDOM % 100))
			mini-docker run -d --name "code-$code-$name-$count" busybox sh -c "exit $code"
			;;
		3) mini-docker create --name "$name-$count" busybox true && mini-docker start "$name-$count" ;;
		4) mini-docker rm -f "$name-$((count - 1))" ;;
		5) mini-docker exec steady true ;;
		6) mini-docker rename "$name-$((count - 1))" "$name-$count" ;;
		7) mini-docker stop -t 0 "$name-$((count - 1))" ;;
		esac
	done >/dev/null 2>&1
}

# What must be so whenever the daemon is there again.
look() {
	local name state pid code exited all=$BATS_TEST_TMPDIR/all
	# The two that nobody touches run as they did: the same process, the same start.
	run -0 docker inspect --format '{{.State.Running}} {{.State.Pid}} {{.State.StartedAt}}' steady writer
	assert_output "$untouched"
	run -0 docker exec steady echo inside
	assert_output inside
	# No half-made one: each can be inspected, and is in a state that agrees with itself.
	# (Of those with --rm one may end and go meanwhile.)
	docker ps -aq | xargs docker inspect --format \
		'{{.Name}} {{.State.Status}} {{.State.Pid}} {{.State.ExitCode}} {{.State.FinishedAt}}' >"$all" || true
	grep -q '^/steady running ' "$all"
	grep -q '^/writer running ' "$all"
	while read -r name state pid code exited; do
		echo "$name $state $pid $code $exited"
		case $state in
		created) [ "$pid" = 0 ] ;;
		running) [ -d "/proc/$pid" ] ;;
		restarting) [ "$pid" = 0 ] ;; # it waits for its next time
		exited) [[ $pid = 0 && $exited != 0001-* ]] ;;
		*) false ;;
		esac
		# What it was asked to end with is in its name.
		[[ $state != exited || $name != /code-* ]] || [[ $name == "/code-$code-"* ]]
	done <"$all"
	# The policy of this one was to be carried out by nobody for a while.
	sandbox_eventually 10 is_restarted
}

is_restarted() {
	local now
	now=$(docker inspect --format '{{.State.Running}} {{.State.StartedAt}}' again)
	[[ $now == true* && $now != "$last_start" ]]
}

@test "killed at any moment under load, the daemon loses nothing and leaves nothing" {
	local round go=$BATS_TEST_TMPDIR/go clients untouched last_start process delay
	docker run -d --name steady busybox sleep 10000
	docker run -d --name writer busybox sh -c \
		'i=0; while :; do i=$((i + 1)); echo $i; [ $((i % 20)) != 0 ] || sleep 0.1; done'
	docker run -d --name again --restart always busybox sleep 10000
	untouched=$(docker inspect --format '{{.State.Running}} {{.State.Pid}} {{.State.StartedAt}}' steady writer)
	RANDOM=${DAEMON_SEED:-1}
	for ((round = 1; round <= ${DAEMON_KILLS:-4}; round++)); do
		touch "$go"
		clients=()
		for client in 1 2 3; do
			client "$go" $((round * 10 + client)) &
			clients+=($!)
		done
		delay=$((RANDOM % 1500))
		echo "round $round: killed after $delay ms"
		sleep "$(printf '%d.%03d' $((delay / 1000)) $((delay % 1000)))"
		last_start=$(docker inspect --format '{{.State.Running}} {{.State.StartedAt}}' again)
		process=$(docker inspect --format '{{.State.Pid}}' again)
		sandbox_daemon_stop KILL
		rm "$go"
		[ "$process" -gt 1 ]
		kill -KILL "$process" # it is ours: the first process of a container
		wait "${clients[@]}" || true
		sandbox_daemon_start
		look
		docker ps -aq --filter name=client --filter name=code | xargs -r docker rm -f >/dev/null
	done
	# Every line is there, once, in order.
	docker stop -t 0 writer
	docker logs writer >"$BATS_TEST_TMPDIR/log"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/log")" -gt 100 ]
	cmp "$BATS_TEST_TMPDIR/log" <(seq 1 "$(wc -l <"$BATS_TEST_TMPDIR/log")")
	docker ps -aq | xargs docker rm -f
	sandbox_assert_nothing_left
}

