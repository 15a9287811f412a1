# Containers that live: run -d and all that follows, with Docker's own client.
load ../helper/daemon

says_more() {
	[ "$(docker logs "$1")" != "$2" ]
}

has_line() {
	grep -qx -- "$1" "$2"
}

@test "run -d prints the id; ps lists it" {
	run -0 docker run -d --name worker busybox sleep 100
	assert_output --regexp '^[0-9a-f]{64}$'
	local id=$output
	run -0 docker ps --no-trunc --format '{{.ID}} {{.Names}} {{.Image}} {{.Command}} {{.State}}'
	assert_output "$id worker busybox \"sleep 100\" running"
	run -0 docker ps
	assert_line --regexp '^CONTAINER ID +IMAGE +COMMAND +CREATED +STATUS +PORTS +NAMES'
	assert_line --regexp '^'"${id:0:12}"' +busybox +"sleep 100" .* Up .* worker$'
}

@test "ps shows the running ones, ps -a all, filters some" {
	docker run -d --name one --label kind=a busybox sleep 100
	docker run --name two --label kind=b busybox sh -c 'exit 3' || [ $? = 3 ]
	run -0 docker ps --format '{{.Names}}'
	assert_output one
	run -0 docker ps -a --format '{{.Names}} {{.Status}}'
	assert_line --regexp '^two Exited \(3\)'
	run -0 docker ps -a --filter label=kind=b --format '{{.Names}}'
	assert_output two
	run -0 docker ps -a --filter status=exited -q
	assert_equal "$(wc -l <<<"$output")" 1
}

@test "create, then start: attached with -a" {
	docker create --name later busybox echo now
	run -0 docker inspect --format '{{.State.Status}}' later
	assert_output created
	run -0 docker start -a later
	assert_output now
	run -0 docker start -a later
	assert_output now
}

@test "logs: what was printed, the last lines, with times" {
	docker run --name talker busybox sh -c 'for i in 1 2 3; do echo line $i; done; sleep 0.2; echo oops >&2'
	run -0 docker logs talker
	assert_line 'line 2'
	assert_line oops
	assert_equal "$(docker logs talker 2>/dev/null | wc -l)" 3
	assert_equal "$(docker logs talker 2>&1 >/dev/null)" oops
	run -0 docker logs --tail 1 talker
	assert_output oops
	run -0 docker logs -t --tail 1 talker
	assert_output --regexp '^20[0-9-]+T[0-9:.]+Z oops$'
}

@test "logs -f shows lines as they come and ends with the container" {
	docker run -d --name clock busybox sh -c 'echo first; sleep 1; echo second; sleep 1; echo third'
	timeout 20 docker logs -f clock >"$BATS_TEST_TMPDIR/log" &
	local follower=$!
	sandbox_eventually 3 has_line second "$BATS_TEST_TMPDIR/log"
	run ! has_line third "$BATS_TEST_TMPDIR/log"
	wait $follower
	assert_equal "$(cat "$BATS_TEST_TMPDIR/log")" $'first\nsecond\nthird'
}

@test "exec: output, exit code, environment, user, stdin" {
	docker run -d --name host busybox sleep 100
	run -0 docker exec host cat /proc/1/comm
	assert_output sleep
	run docker exec host sh -c 'exit 9'
	assert_failure 9
	run -0 docker exec -e NAME=value -w /tmp -u 33 host sh -c 'echo $NAME; pwd; id -u'
	assert_output $'value\n/tmp\n33'
	run -0 docker exec -i host wc -c <<<'1234'
	assert_output 5
	local not_found=127
	[ -z "${PRIVATE_DAEMON-}" ] || not_found=126 # Docker 20.10's answer
	run docker exec host no-such-command
	assert_failure $not_found
	run docker exec no-such-container true
	assert_failure 1
	assert_output --partial 'No such container: no-such-container'
}

@test "exec -d goes on by itself" {
	docker run -d --name host busybox sleep 100
	run -0 docker exec -d host sh -c 'sleep 0.2; touch /tmp/done'
	assert_output ''
	sandbox_eventually 5 docker exec host test -e /tmp/done
}

@test "attach reaches the command's stdin and ends with its exit code" {
	docker run -d -i --name reader busybox sh -c 'read line; echo got $line; exit 4'
	run docker attach reader <<<'a word'
	assert_failure 4
	run -0 docker logs reader
	assert_output 'got a word'
}

@test "attach shows what is printed from now on" {
	docker run -d --name late busybox sh -c 'echo before; until [ -e /go ]; do echo tick; sleep 0.1; done; echo after'
	sandbox_ready late before
	docker attach --no-stdin late >"$BATS_TEST_TMPDIR/out" &
	sandbox_eventually 10 has_line tick "$BATS_TEST_TMPDIR/out"
	docker exec late touch /go
	wait $!
	assert_equal "$(uniq "$BATS_TEST_TMPDIR/out")" $'tick\nafter'
}

@test "attach passes signals on to the container" {
	docker run -d --name stubborn busybox sh -c 'trap "echo trapped; exit 6" TERM; while :; do echo tick; sleep 0.1; done'
	docker attach --no-stdin stubborn >"$BATS_TEST_TMPDIR/out" &
	local client=$! status=0
	sandbox_eventually 10 has_line tick "$BATS_TEST_TMPDIR/out"
	kill -TERM $client
	wait $client || status=$?
	assert_equal $status 6
	assert_equal "$(uniq "$BATS_TEST_TMPDIR/out")" $'tick\ntrapped'
}

@test "stop asks first: SIGTERM, and the exit code tells" {
	docker run -d --name polite busybox sh -c 'trap "exit 0" TERM; echo ready; while :; do sleep 0.1; done'
	sandbox_ready polite
	run -0 docker stop polite
	assert_output polite
	run -0 docker inspect --format '{{.State.ExitCode}} {{.State.Status}} {{.State.Pid}}' polite
	assert_output '0 exited 0'
	run -0 docker stop polite
	assert_output polite
}

@test "stop kills who does not listen, after -t seconds" {
	docker run -d --name deaf busybox sh -c 'trap "" TERM; echo ready; while :; do sleep 0.1; done'
	sandbox_ready deaf
	local began=$SECONDS
	docker stop -t 1 deaf
	((SECONDS - began < 8))
	run -0 docker inspect --format '{{.State.ExitCode}}' deaf
	assert_output 137
}

@test "kill: SIGKILL, or the signal asked for" {
	docker run -d --name target busybox sleep 100
	run -0 docker kill target
	assert_output target
	run -0 docker wait target
	assert_output 137
	run docker kill target
	assert_failure 1
	assert_output --partial 'is not running'
	docker run -d --name target2 busybox sh -c 'trap "exit 21" USR1; echo ready; while :; do sleep 0.1; done'
	sandbox_ready target2
	docker kill -s USR1 target2
	run -0 docker wait target2
	assert_output 21
}

@test "wait prints the exit code when it comes" {
	docker run -d --name short busybox sh -c 'sleep 0.7; exit 17'
	run -0 docker wait short
	assert_output 17
}

@test "restart: another process, the same container" {
	docker run -d --name again busybox sh -c 'echo started; exec sleep 100'
	local before
	before=$(docker inspect --format '{{.State.Pid}}' again)
	docker restart -t 1 again
	run -0 docker inspect --format '{{.State.Pid}} {{.State.Running}}' again
	assert_output --regexp '^[0-9]+ true$'
	[ "${output% *}" != "$before" ]
	assert_equal "$(docker logs again | grep -c started)" 2
}

@test "pause stops it in its tracks, unpause lets it go on" {
	docker run -d --name frozen busybox sh -c 'while :; do date +%s%N; sleep 0.05; done'
	sandbox_ready frozen
	docker pause frozen
	run -0 docker inspect --format '{{.State.Status}}' frozen
	assert_output paused
	local said
	said=$(docker logs frozen)
	sleep 0.3
	assert_equal "$(docker logs frozen)" "$said"
	docker unpause frozen
	sandbox_eventually 10 says_more frozen "$said"
	run -0 docker exec frozen true
}

@test "inspect --format: names, state, config; inspect of nothing is an error" {
	local id
	id=$(docker run -d --name shown -e A=b --label l=m busybox sleep 100)
	run -0 docker inspect --format '{{.Id}} {{.Name}} {{.State.Running}} {{index .Config.Labels "l"}} {{.Config.Image}}' shown
	assert_output "$id /shown true m busybox"
	run -0 docker inspect --format '{{json .Config.Cmd}} {{json .Config.Env}}' shown
	assert_output --regexp '^\["sleep","100"\] \["A=b"'
	run -0 docker inspect --format '{{.State.Pid}}' shown
	assert_equal "$(tr '\0' ' ' <"/proc/$output/cmdline")" 'sleep 100 '
	run docker inspect nothing
	assert_failure 1
	assert_output --partial 'No such object: nothing'
}

@test "an id's beginning is enough" {
	local id
	id=$(docker run -d busybox sleep 100)
	run -0 docker inspect --format '{{.Id}}' "${id:0:6}"
	assert_output "$id"
}

@test "rename; a name is given once" {
	docker run -d --name old busybox sleep 100
	docker rename old new
	run -0 docker ps --format '{{.Names}}'
	assert_output new
	run docker run -d --name new busybox true
	assert_failure 125
	assert_output --partial 'Conflict. The container name "/new" is already in use'
}

@test "rm refuses a running one, rm -f does not, and nothing is left" {
	docker run -d --name busy busybox sleep 100
	run docker rm busy
	assert_failure 1
	assert_output --regexp '[Cc]annot remove|is running'
	run -0 docker rm -f busy
	assert_output busy
	run docker rm busy
	assert_failure 1
	sandbox_assert_nothing_left
}

@test "events tell what happened, in order" {
	local since
	since=$(date +%s.%N)
	docker run --rm --name seen busybox true
	run -0 docker events --since "$since" --until "$(($(date +%s) + 1))" \
		--filter container=seen --format '{{.Action}}'
	assert_equal "$(grep -E '^(create|start|die|destroy)$' <<<"$output" | tr '\n' ' ')" \
		'create start die destroy '
}

@test "events come while they happen" {
	timeout 60 docker events --since 0 --filter event=die --format '{{.Actor.Attributes.name}} {{.Actor.Attributes.exitCode}}' \
		>"$BATS_TEST_TMPDIR/events" &
	local listener=$!
	docker run --name dies busybox sh -c 'exit 11' || [ $? = 11 ]
	sandbox_eventually 5 has_line 'dies 11' "$BATS_TEST_TMPDIR/events"
	kill $listener
}
