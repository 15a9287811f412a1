# Restart policies: who ends runs again, after a while, until somebody ends it.
load ../helper/daemon

of() {
	sandbox_client inspect --format "$2" "$1"
}

is() {
	[ "$(of "$1" "$2")" = "$3" ]
}

# Asked at leisure: others need the machine, too.
is_soon() {
	is "$@" || ! sleep 0.1
}

becomes() {
	sandbox_eventually 15 is_soon "$@"
}

# Containers that fail at once: they begin all together ...
failing() {
	local name
	for name; do
		sandbox_client run -d --name "$name" --restart always busybox sh -c 'exit 7'
	done
}

waits() {
	sleep 0.1
	[[ $(of "$1" '{{.RestartCount}} {{.State.Status}}') == [5-9]' restarting' ]]
}

# ... and now each waits for its next run: for 3.2 s or more.
waiting() {
	local name
	failing "$@"
	for name; do
		sandbox_eventually 20 waits "$name"
	done
}

# $1: name; then a command, whose answer counts when it waited all the while.
run_while_waiting() {
	local name=$1 before
	shift
	until
		sandbox_eventually 20 waits "$name"
		before=$(of "$name" '{{.RestartCount}} {{.State.Status}}')
		run "$@"
		[ "$(of "$name" '{{.RestartCount}} {{.State.Status}}')" = "$before" ]
	do :; done
}

answer_to() {
	sandbox_api "$@"
	echo "$status"
}

has_run() {
	[ "$(of "$1" '{{.RestartCount}}')" -ge "$2" ]
}

restarts() {
	sandbox_daemon_stop KILL
	"$@"
	sandbox_daemon_start
}

# Seconds between the lines of a log.
gaps() {
	sandbox_client logs -t "$1" | cut -d ' ' -f 1 | while read -r time; do date -d "$time" +%s.%N; done |
		awk 'NR > 1 { print $1 - last } { last = $1 }'
}

@test "always: again and again, and the wait doubles" {
	sandbox_client run -d --name busy --restart always busybox sh -c 'echo run; exit 0'
	sandbox_eventually 10 has_run busy 4
	docker stop busy
	run -0 gaps busy
	# 0.1, 0.2, 0.4, 0.8 s and what a start takes.
	awk -v least=0.1 'NR <= 4 { if ($1 < least || $1 > least + 5) { print NR, $1; bad = 1 } least *= 2 } END { exit bad }' \
		<<<"$output"
	[ "$(of busy '{{.RestartCount}}')" -ge 4 ]
}

@test "on-failure: not after success, and only so often as it says" {
	sandbox_client run -d --name fine --restart on-failure busybox true
	sandbox_client run -d --name twice --restart on-failure:2 busybox sh -c 'echo run; exit 3'
	becomes twice '{{.State.Status}} {{.State.ExitCode}} {{.RestartCount}}' 'exited 3 2'
	assert_equal "$(sandbox_client logs twice)" $'run\nrun\nrun'
	is fine '{{.State.Status}} {{.RestartCount}}' 'exited 0'
	# By hand it begins to count anew.
	sandbox_client start twice
	sleep 0.2
	becomes twice '{{.State.Status}} {{.RestartCount}}' 'exited 2'
	assert_equal "$(sandbox_client logs twice | wc -l)" 6
}

@test "each run has its events: start and die" {
	local since
	since=$(date +%s.%N)
	sandbox_client run -d --name told --restart on-failure:2 busybox sh -c 'exit 9'
	becomes told '{{.State.Status}} {{.RestartCount}}' 'exited 2'
	run -0 docker events --since "$since" --until "$(($(date +%s) + 1))" --filter container=told \
		--filter event=create --filter event=start --filter event=die --filter event=stop \
		--format '{{.Action}} {{.Actor.Attributes.exitCode}}'
	assert_equal "$(sed 's/ *<no value>//; s/ $//' <<<"$output" | tr '\n' ,)" \
		'create,start,die 9,start,die 9,start,die 9,'
}

@test "while it waits it is restarting: what that means to each command" {
	waiting again
	run_while_waiting again docker inspect --format '{{.State.Running}} {{.State.Restarting}} {{.State.Pid}} {{.State.ExitCode}}' again
	assert_output 'true true 0 7'
	run_while_waiting again docker ps --format '{{.Names}} {{.Status}}'
	assert_output --regexp '^again Restarting \(7\) .* ago$'
	run_while_waiting again docker ps -q --filter status=restarting
	assert_equal "$(wc -w <<<"$output")" 1
	run_while_waiting again docker exec again true
	assert_failure 1
	assert_output --partial 'is restarting, wait until the container is running'
	run_while_waiting again docker pause again
	assert_failure 1
	assert_output --partial 'is restarting, wait until the container is running'
	run_while_waiting again docker rm again
	assert_failure 1
	assert_output --partial restarting
	run_while_waiting again answer_to POST /containers/again/start
	assert_output 304
	# Nobody started it meanwhile.
	[ "$(of again '{{.RestartCount}}')" -ge 5 ]
}

@test "stop while it waits: it stays so" {
	waiting quiet
	docker wait quiet >"$BATS_TEST_TMPDIR/code" &
	local waiter=$!
	sleep 0.2
	run -0 docker stop quiet
	wait $waiter
	assert_equal "$(cat "$BATS_TEST_TMPDIR/code")" 7
	is quiet '{{.State.Status}} {{.State.ExitCode}} {{.State.Running}}' 'exited 7 false'
	sandbox_api POST /containers/quiet/stop
	assert_equal "$status" 304
	sleep 4
	is quiet '{{.State.Status}}' exited
	# Started by hand, its policy holds again.
	sandbox_client start quiet
	sandbox_eventually 10 has_run quiet 1
}

@test "kill, restart and rm -f while it waits" {
	waiting killed once-more away
	run -0 docker rm -f away
	run -0 docker kill killed
	is killed '{{.State.Status}}' exited
	docker restart once-more
	run ! has_run once-more 5
	docker rm -f killed once-more
	sleep 1
	run -0 docker ps -aq
	assert_output ''
	sandbox_assert_nothing_left
}

@test "stop and kill of a running one turn the policy off, restart does not" {
	sandbox_client run -d --name stopped --restart always busybox sleep 100
	sandbox_client run -d --name killed --restart unless-stopped busybox sleep 100
	sandbox_client run -d --name restarted --restart always busybox sleep 100
	docker stop -t 0 stopped
	sandbox_client kill killed
	docker restart -t 0 restarted
	sleep 0.5
	is stopped '{{.State.Status}} {{.RestartCount}}' 'exited 0'
	is killed '{{.State.Status}} {{.RestartCount}}' 'exited 0'
	is restarted '{{.State.Status}} {{.RestartCount}}' 'running 0'
	kill -9 "$(of restarted '{{.State.Pid}}')"
	becomes restarted '{{.State.Status}} {{.RestartCount}}' 'running 1'
}

@test "a signal that is no wish to stop leaves the policy as it is" {
	sandbox_client run -d --name talks --restart always --stop-signal QUIT busybox \
		sh -c 'trap "exit 4" USR1; echo ready; while :; do sleep 0.1; done'
	sandbox_ready talks
	sandbox_client kill -s USR1 talks
	becomes talks '{{.RestartCount}}' 1
}

@test "what cannot begin is not tried again" {
	run -127 docker run -d --name never --restart always busybox no-such-command
	sleep 0.5
	is never '{{.State.Status}} {{.RestartCount}} {{.State.ExitCode}}' 'created 0 127'
}

@test "--rm and a restart policy exclude each other; a wrong policy is refused" {
	sandbox_api POST /containers/create \
		'{"Image":"busybox","HostConfig":{"AutoRemove":true,"RestartPolicy":{"Name":"always"}}}'
	assert_equal "$status" 400
	assert_output --partial "can't create 'AutoRemove' container with restart policy"
	sandbox_api POST /containers/create \
		'{"Image":"busybox","HostConfig":{"RestartPolicy":{"Name":"always","MaximumRetryCount":3}}}'
	assert_equal "$status" 400
	assert_output --partial "aximum retry count"
	sandbox_api POST /containers/create '{"Image":"busybox","HostConfig":{"RestartPolicy":{"Name":"often"}}}'
	assert_equal "$status" 400
	run docker run --rm --restart always busybox true
	assert_failure
	assert_output --partial 'conflicting options'
}

@test "the daemon is killed while one waits: it goes on" {
	waiting goes-on
	restarts true
	becomes goes-on '{{.State.Restarting}}' true
	becomes goes-on '{{.State.ExitCode}}' 7
	docker stop goes-on
	is goes-on '{{.State.Status}}' exited
}

@test "the daemon is killed, the containers end: each policy is carried out" {
	sandbox_client run -d --name always --restart always busybox sleep 1.5
	sandbox_client run -d --name failure --restart on-failure busybox sh -c 'sleep 1.5; exit 5'
	sandbox_client run -d --name success --restart on-failure busybox sh -c 'sleep 1.5'
	sandbox_client run -d --name none busybox sh -c 'sleep 1.5; exit 6'
	restarts sleep 2.5
	becomes always '{{.State.Status}}' running
	becomes failure '{{.State.Status}}' running
	is success '{{.State.Status}} {{.State.ExitCode}}' 'exited 0'
	is none '{{.State.Status}} {{.State.ExitCode}}' 'exited 6'
}

@test "a new daemon starts what was not stopped, and of those that were, always" {
	sandbox_client run -d --name always --restart always busybox sleep 100
	sandbox_client run -d --name unless --restart unless-stopped busybox sleep 100
	sandbox_client run -d --name goes-on --restart unless-stopped busybox sleep 100
	sandbox_client run -d --name ended busybox sleep 100
	sandbox_client run -d --name again --restart unless-stopped busybox sleep 100
	docker stop -t 0 always unless ended again
	sandbox_client start again
	kill -9 "$(of again '{{.State.Pid}}')"
	becomes again '{{.State.Status}} {{.RestartCount}}' 'running 1'
	restarts true
	becomes always '{{.State.Status}}' running
	sleep 0.3
	is unless '{{.State.Status}}' exited
	is ended '{{.State.Status}}' exited
	is goes-on '{{.State.Status}}' running
	is again '{{.State.Status}}' running
	# Who has been stopped has been so for this daemon, too.
	sandbox_client start unless
	restarts true
	is unless '{{.State.Status}}' running
	run ! docker inspect --format '{{.HasBeenManuallyStopped}}' unless
}

@test "who waits costs no thread" {
	[ -z "${PRIVATE_DAEMON-}" ] || skip "Go counts its threads otherwise"
	local i before
	before=$(ls "/proc/$(sandbox_daemon_pid)/task" | wc -l)
	for i in {1..8}; do
		sandbox_client run -d --name "w$i" --restart always busybox sh -c 'exit 7'
	done
	for i in {1..8}; do
		sandbox_eventually 20 waits "w$i"
	done
	# A connection keeps a thread for the next one; a start has one while it lasts.
	i=$(ls "/proc/$(sandbox_daemon_pid)/task" | wc -l)
	((i <= before + 4)) || {
		echo "$before threads before, $i now"
		false
	}
}
