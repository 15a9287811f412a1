# The daemon's configuration file: what it may say, what contradicts the flags, and reading it again.
load ../helper/sandbox

setup_file() {
	export CONFIG=$BATS_FILE_TMPDIR/daemon.json
	echo '{"labels": ["color=red"], "registry-mirrors": ["http://one"]}' >"$CONFIG"
	sandbox_start --config-file "$CONFIG"
	sandbox_image
}

teardown_file() {
	sandbox_end
}

without_real_docker() {
	[ -z "${PRIVATE_DAEMON-}" ] || skip 'its dockerd is older and says it otherwise'
}

reload() {
	echo "$1" >"$CONFIG"
	kill -HUP "$(sandbox_daemon_pid)"
}

info() {
	docker info --format "{{json $1}}" 2>/dev/null
}

info_is() {
	[ "$(info "$1")" = "$2" ]
}

@test "SIGHUP: labels, mirrors and debug change while it runs, and an event tells so" {
	local began
	began=$(date +%s)
	run -0 info .Labels
	assert_output '["color=red"]'
	reload '{"labels": ["color=blue", "size=2"], "debug": true, "insecure-registries": ["10.0.0.0/8", "here:5000"]}'
	sandbox_eventually 5 info_is .Labels '["color=blue","size=2"]'
	run -0 info .Debug
	assert_output true
	run -0 info .RegistryConfig.InsecureRegistryCIDRs
	assert_output --partial '"10.0.0.0/8"'
	run -0 info .RegistryConfig.Mirrors
	assert_output --regexp '^(\[\]|null)$'
	run -0 docker events --since "$began" --until "$(($(date +%s) + 1))" --filter type=daemon --format json
	assert_equal "$(jq -r '.Action + " " + .Actor.Attributes.labels + " " + .Actor.Attributes.debug' <<<"$output" | tail -n 1)" \
		'reload ["color=blue","size=2"] true'
	assert_equal "$(jq -r .Actor.ID <<<"$output" | tail -n 1)" "$(docker info --format '{{.ID}}')"
	# A file that is wrong changes nothing.
	reload '{"labels": ["color=green"], "colour": 1}'
	sandbox_eventually 5 grep -q "the following directives don't match any configuration option: colour" \
		"$PRIVATE/daemon.log"
	run -0 info .Labels
	assert_output '["color=blue","size=2"]'
	# Nor does one that contradicts the command line.
	reload "{\"labels\": [\"color=green\"], \"pidfile\": \"/x\"}"
	sandbox_eventually 5 grep -q "specified both as a flag and in the configuration file: pidfile: (from flag: $PRIVATE/pidfile, from file: /x)" \
		"$PRIVATE/daemon.log"
	run -0 info .Labels
	assert_output '["color=blue","size=2"]'
	reload '{}'
	sandbox_eventually 5 info_is .Debug false
}

@test "what a container gets that does not say" {
	local format='{{json .HostConfig.Ulimits}} {{.HostConfig.ShmSize}} {{.HostConfig.IpcMode}}'
	reload '{"default-shm-size": "32m", "default-ulimits": {"nofile": {"Name": "nofile", "Soft": 100, "Hard": 200}},
		"default-ipc-mode": "shareable", "no-new-privileges": true, "seccomp-profile": "unconfined",
		"features": {"cdi": false}, "max-concurrent-downloads": 7, "labels": ["defaults=1"]}'
	sandbox_eventually 5 info_is .Labels '["defaults=1"]'
	run -0 docker run --name one --ulimit core=0 busybox sh -c \
		'ulimit -n; ulimit -Hn; ulimit -c; grep -E "^(NoNew|Seccomp:)" /proc/self/status'
	assert_output $'100\n200\n0\nNoNewPrivs:\t1\nSeccomp:\t0'
	run -0 docker inspect one --format "$format"
	assert_output '[{"Name":"core","Hard":0,"Soft":0},{"Name":"nofile","Hard":200,"Soft":100}] 33554432 shareable'
	run -0 docker run --rm --security-opt no-new-privileges=false --security-opt seccomp=builtin --ulimit nofile=7 \
		--ipc private --shm-size 1m busybox sh -c \
		'ulimit -n; df /dev/shm | grep -c " 1024 "; grep -E "^(NoNew|Seccomp:)" /proc/self/status'
	assert_output $'7\n1\nNoNewPrivs:\t0\nSeccomp:\t2'
	run -0 info .SecurityOptions
	assert_output --partial '"name=no-new-privileges"'
	assert_output --partial '"name=seccomp,profile=unconfined"'
	# A profile of one's own, also for exec; what the container was made with stays.
	echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}]}' >"$CONFIG.seccomp"
	reload "{\"seccomp-profile\": \"$CONFIG.seccomp\", \"labels\": []}"
	sandbox_eventually 5 info_is .Labels '[]'
	run -1 docker run --rm busybox mkdir /new
	assert_output --partial 'Operation not permitted'
	run -0 docker inspect one --format "$format"
	assert_output --partial '33554432 shareable'
	reload '{}'
	docker rm one
}

@test "the daemon opens as many files as it may, and its containers get the limit that it was born with" {
	local hard
	hard=$(ulimit -Hn)
	sandbox_daemon_stop
	ulimit -Sn 300
	sandbox_daemon_start --config-file "$CONFIG"
	ulimit -Sn "$hard"
	run -0 awk '/^Max open files/ { print ($4 == $5), ($5 >= '"$hard"') }' "/proc/$(sandbox_daemon_pid)/limits"
	assert_output '1 1'
	docker run -d --name many busybox sh -c 'ulimit -Sn; ulimit -Hn; exec sleep 100'
	run -0 docker exec many sh -c 'ulimit -Sn; ulimit -Hn'
	assert_output $'300\n'"$hard"
	run -0 docker logs many
	assert_output $'300\n'"$hard"
	run -0 docker run --rm --ulimit nofile=500:600 busybox sh -c 'ulimit -Sn; ulimit -Hn'
	assert_output $'500\n600'
	docker rm -f many
}

@test "the daemon's own log as JSON objects" {
	echo '{"log-format": "json", "debug": true}' >"$CONFIG"
	sandbox_daemon_stop
	local lines
	lines=$(wc -l <"$PRIVATE/daemon.log")
	sandbox_daemon_start --config-file "$CONFIG"
	sandbox_daemon_stop
	tail -n "+$((lines + 1))" "$PRIVATE/daemon.log" >"$BATS_TEST_TMPDIR/log"
	run -0 jq -s 'length > 1 and all(.[]; (.level | IN("debug", "info", "warning", "error"))
		and (.msg | type == "string") and (.time | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T")))' \
		"$BATS_TEST_TMPDIR/log"
	assert_output true
	run -0 jq -r 'select(.level == "info").msg' "$BATS_TEST_TMPDIR/log"
	assert_output --partial 'API listen on'
	sandbox_daemon_start
}

@test "--validate tells what is wrong, without starting anything" {
	without_real_docker
	local file=$BATS_TEST_TMPDIR/daemon.json
	echo '{"debug": true, "labels": ["a=b"], "hosts": ["unix:///x"], "tlsverify": true}' >"$file"
	run -0 mini-dockerd --validate --config-file "$file"
	assert_output 'configuration OK'
	echo '{"debug": true, "labels": ["a=b"]}' >"$file"
	run -1 mini-dockerd --validate --config-file "$file" -D --label c=d
	assert_output --partial "unable to configure the Docker daemon with file $file: the following directives are specified both as a flag and in the configuration file: "
	assert_output --partial 'debug: (from flag: true, from file: true), labels: (from flag: [c=d], from file: [a=b])'
	echo '{"bogus": 1}' >"$file"
	run -1 mini-dockerd --validate --config-file "$file"
	assert_output --partial "the following directives don't match any configuration option: bogus"
	echo '{"metrics-addr": "10.0.0.1:80"}' >"$file"
	run -1 mini-dockerd --validate --config-file "$file"
	assert_output --partial 'metrics-addr (chapter 07 brings it)'
	run -125 mini-dockerd --validate --cpu-rt-period 1000
	assert_output --partial '--cpu-rt-period is not built into this mini-docker: control groups'
	refute_output --partial chapter
	run -1 mini-dockerd --validate --firewall-backend iptables
	assert_output --partial 'one nftables table of its own, in the daemon, and never touches iptables'
	run -1 mini-dockerd --validate --bridge-accept-fwmark many
	assert_output --partial "invalid bridge-accept-fwmark 'many': it is MARK or MARK/MASK"
	run -1 mini-dockerd --validate --default-network-opt bridge
	assert_output --partial 'it is DRIVER=OPTION=VALUE'
	run -1 mini-dockerd --validate --config-file /nonexistent/daemon.json
	assert_output --partial /nonexistent/daemon.json
}
