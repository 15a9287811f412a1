# Health checks: a command in the container says now and then how it is.
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

status() {
	becomes "$1" '{{.State.Health.Status}}' "$2"
}

# A container whose health is that there is a file /ok, asked five times a second.
checked() {
	sandbox_client run -d --name "$1" --health-cmd 'echo asked; test -e /ok' --health-interval 200ms \
		--health-retries 2 "${@:2}" busybox sh -c 'trap "exit 0" TERM; while :; do sleep 0.1; done'
}

good() {
	sandbox_client exec "$1" touch /ok
}

bad() {
	sandbox_client exec "$1" rm /ok
}

@test "starting, healthy, unhealthy, and healthy again" {
	local since
	since=$(date +%s.%N)
	checked web --health-retries 12
	is web '{{.State.Health.Status}} {{.State.Health.FailingStreak}}' 'starting 0'
	run -0 docker ps --format '{{.Status}}'
	assert_output --regexp '\(health: starting\)$'
	good web
	status web healthy
	run -0 docker ps --format '{{.Status}}'
	assert_output --regexp '^Up .* \(healthy\)$'
	run -0 docker ps --filter health=healthy --format '{{.Names}}'
	assert_output web
	run -0 docker ps -q --filter health=unhealthy
	assert_output ''
	bad web
	status web unhealthy
	good web
	status web healthy
	is web '{{.State.Health.FailingStreak}}' 0
	run -0 docker events --since "$since" --until "$(($(date +%s) + 1))" --filter container=web \
		--filter event=health_status --format '{{.Action}}'
	assert_output $'health_status: healthy\nhealth_status: unhealthy\nhealth_status: healthy'
}

@test "each probe is an exec, with its events; five are remembered" {
	local since
	since=$(date +%s.%N)
	checked web
	becomes web '{{len .State.Health.Log}}' 5
	sandbox_api GET /containers/web/json
	run -0 jq -c '.State.Health | [.FailingStreak >= 5, (.Log | length), (.Log[4] | keys, .ExitCode, .Output)]' <<<"$output"
	assert_output '[true,5,["End","ExitCode","Output","Start"],1,"asked\n"]'
	sandbox_client stop web
	run -0 docker events --since "$since" --until "$(($(date +%s) + 1))" --filter container=web \
		--format '{{.Action}}'
	assert_line 'exec_create: /bin/sh -c echo asked; test -e /ok'
	assert_line 'exec_start: /bin/sh -c echo asked; test -e /ok'
	assert_line 'exec_die'
}

@test "in the start period a failure does not count, and the interval is its own" {
	[ -z "${PRIVATE_DAEMON-}" ] || skip "Docker 20.10 has no start interval"
	checked web --health-start-period 1h --health-start-interval 100ms
	becomes web '{{len .State.Health.Log}}' 5
	is web '{{.State.Health.Status}} {{.State.Health.FailingStreak}}' 'starting 0'
	good web
	status web healthy
	bad web
	status web unhealthy
}

@test "a probe that hangs is killed at its timeout" {
	sandbox_client run -d --name slow --health-cmd 'echo waits; exec sleep 1234' --health-interval 100ms \
		--health-timeout 1s --health-retries 1 busybox sleep 100
	status slow unhealthy
	sandbox_api GET /containers/slow/json
	run -0 jq -c '.State.Health.Log[0] | [.ExitCode, .Output]' <<<"$output"
	assert_output '[-1,"Health check exceeded timeout (1s): waits\n"]'
	sleep 3
	# None has piled up.
	run -0 docker top slow -o pid,args
	(($(grep -c 1234 <<<"$output") <= 1))
}

@test "output is cut at 4096 bytes, and what is not UTF-8 does no harm" {
	sandbox_client run -d --name loud --health-cmd 'head -c 200000 /dev/zero | tr "\0" x; echo never' \
		--health-interval 100ms busybox sleep 100
	sandbox_client run -d --name odd --health-cmd 'printf "a\377b"' --health-interval 100ms busybox sleep 100
	status loud healthy
	status odd healthy
	sandbox_api GET /containers/loud/json
	run -0 jq -r '.State.Health.Log[0].Output' <<<"$output"
	assert_equal "${#output}" 4099
	assert_output --regexp '^x+\.\.\.$'
	sandbox_api GET /containers/odd/json
	run -0 jq -r '.State.Health.Log[0].Output | length' <<<"$output"
	assert_output 3
}

@test "a command that is not there is a failure that says so" {
	sandbox_api POST /containers/create?name=without '{"Image":"busybox","Cmd":["sleep","100"],
		"Healthcheck":{"Test":["CMD","no-such-command"],"Interval":100000000,"Retries":1}}'
	assert_equal "$status" 201
	sandbox_client start without
	status without unhealthy
	sandbox_api GET /containers/without/json
	run -0 jq -r '.State.Health.Log[0] | .ExitCode, .Output' <<<"$output"
	assert_line --partial 'no-such-command'
	refute_line 0
}

@test "nobody asks one that is paused or stopped" {
	checked web
	good web
	status web healthy
	docker pause web
	local seen
	seen=$(of web '{{json .State.Health.Log}}')
	sleep 1
	is web '{{json .State.Health.Log}}' "$seen"
	run -0 docker ps --format '{{.Status}}'
	assert_output --partial '(Paused)'
	docker unpause web
	status web healthy
	sandbox_client stop web
	is web '{{.State.Health.Status}}' unhealthy
	seen=$(of web '{{json .State.Health.Log}}')
	sleep 0.6
	is web '{{json .State.Health.Log}}' "$seen"
	sandbox_client start web
	status web healthy
	# Away with it in the middle of a probe.
	docker rm -f web
	sandbox_assert_nothing_left
}

@test "a probe has the container's user, environment and folder" {
	sandbox_client run -d --name mine --user 33 -e WORD=said -w /tmp --health-interval 100ms \
		--health-cmd 'echo $WORD $(id -u) $(pwd)' busybox sleep 100
	status mine healthy
	sandbox_api GET /containers/mine/json
	run -0 jq -r '.State.Health.Log[0].Output' <<<"$output"
	assert_output 'said 33 /tmp'
}

@test "the image's check: taken, changed in part, turned off" {
	"$SANDBOX_HELPER/busybox-rootfs" | docker import --change 'CMD ["sleep","100"]' \
		--change 'HEALTHCHECK --interval=150ms --retries=70 CMD test -e /ok' - checked:latest
	sandbox_client run -d --name as-it-is checked
	sandbox_client run -d --name changed --health-retries 2 checked
	sandbox_client run -d --name off --no-healthcheck checked
	run -0 docker inspect --format '{{json .Config.Healthcheck.Test}} {{.Config.Healthcheck.Interval}} {{.Config.Healthcheck.Retries}}' as-it-is changed
	assert_output '["CMD-SHELL","test -e /ok"] 150ms 70
["CMD-SHELL","test -e /ok"] 150ms 2'
	status changed unhealthy
	is as-it-is '{{.State.Health.Status}}' starting
	run -0 of off '{{json .State}}'
	refute_output --partial Health
	sandbox_client exec as-it-is touch /ok
	status as-it-is healthy
}

@test "what cannot be is refused" {
	sandbox_api POST /containers/create '{"Image":"busybox","Healthcheck":{"Test":["CMD","true"],"Interval":1000}}'
	assert_equal "$status" 400
	assert_output --partial 'Interval in Healthcheck cannot be less than 1ms'
	sandbox_api POST /containers/create '{"Image":"busybox","Healthcheck":{"Test":["CMD","true"],"Retries":-1}}'
	assert_equal "$status" 400
	assert_output --partial 'Retries in Healthcheck cannot be negative'
	run docker run --no-healthcheck --health-cmd true busybox
	assert_failure
	assert_output --partial 'no-healthcheck conflicts with'
}

@test "with a restart policy each run begins as starting" {
	sandbox_client run -d --name again --restart always --health-cmd true --health-interval 200ms busybox sleep 100
	status again healthy
	kill -9 "$(of again '{{.State.Pid}}')"
	becomes again '{{.RestartCount}} {{.State.Status}}' '1 running'
	status again healthy
}

@test "the daemon is killed: a new one goes on asking" {
	checked web
	good web
	status web healthy
	sandbox_daemon_stop KILL
	sandbox_daemon_start
	is web '{{.State.Status}}' running
	bad web
	status web unhealthy
}

probes() {
	docker top "$1" -o pid,args | grep -c 'sleep 4321'
}

@test "a probe does not outlive the daemon that asked" {
	[ -z "${PRIVATE_DAEMON-}" ] || skip "Docker's does"
	sandbox_client run -d --name slow --health-cmd 'exec sleep 4321' --health-interval 100ms \
		--health-timeout 1h busybox sleep 100
	sandbox_eventually 10 probes slow
	assert_equal "$(probes slow)" 1
	sandbox_daemon_stop KILL
	sandbox_daemon_start
	sandbox_eventually 10 probes slow
	assert_equal "$(probes slow)" 1
	docker rm -f slow
	sandbox_assert_nothing_left
}
