# mini-docker against its own daemon: what a user sees, types and gets as exit codes.
# shellcheck disable=SC2016,SC2154 # the containers' shells expand; bats sets $stderr

load ../helper/daemon

@test "run gives the container's output on both streams" {
	run -0 --separate-stderr mini-docker run --rm busybox sh -c 'echo out; echo err >&2'
	assert_output out
	assert_equal "$stderr" err
}

@test "run ends with the exit code of the container, or says why there is none" {
	run -7 mini-docker run --rm busybox sh -c 'exit 7'
	run -127 mini-docker run --rm busybox nothing-of-that-name
	assert_output --partial "mini-docker: Error response from daemon: "
	assert_output --partial "Run 'mini-docker run --help' for more information"
	run -126 mini-docker run --rm busybox /etc
	run -125 mini-docker run --rm --pull never no-such-image true
	assert_output --partial 'No such image: no-such-image:latest'
	run -125 mini-docker run --no-such-option busybox
	assert_output --partial 'unknown flag: --no-such-option'
	run -125 mini-docker run --memory lots busybox
	assert_output --partial 'invalid argument "lots" for "-m, --memory" flag'
}

@test "run -i feeds 20 MB and gets them back" {
	local file=$BATS_TEST_TMPDIR/bytes
	head -c 20000000 /dev/urandom >"$file"
	mini-docker run --rm -i busybox cat <"$file" >"$file.back"
	run -0 cmp "$file" "$file.back"
}

@test "run -i: the end of the input reaches the container" {
	run -0 mini-docker run --rm -i busybox wc -c <<<12345
	assert_output 6
}

@test "run -it is a terminal of the right size, also after it changes" {
	run -5 pty -s 31x117 '
spawn("mini-docker", "run", "--rm", "-it", "busybox", "sh")
expect("# ")
send("stty size\n")
expect("31 117")
resize(22, 99)
send("sleep 1; stty size\n")
expect("22 99")
send("exit 5\n")
'
}

@test "run -it ends with the code of the shell and restores the terminal" {
	run -5 pty '
spawn("sh", "-c", "mini-docker run --rm -it busybox sh -c \"exit 5\"; code=$?; stty -a; exit $code")
'
	assert_output --regexp '[^-]icanon'
	assert_output --regexp '[^-]echo '
}

@test "the detach keys leave the container running, attach comes back" {
	run -0 pty '
spawn("mini-docker", "run", "-it", "--name", "shell", "busybox", "sh")
expect("# ")
send("\x10\x11")
'
	run -0 mini-docker inspect --format '{{.State.Running}}' shell
	assert_output true
	run -3 pty '
spawn("mini-docker", "attach", "shell")
send("echo back-$((40+2)); exit 3\n")
expect("back-42")
'
}

@test "signals to the client go to the container" {
	mini-docker run --name signals busybox sh -c \
		'trap "echo got TERM; exit 9" TERM; echo ready; while :; do sleep 0.1; done' \
		>"$BATS_TEST_TMPDIR/out" 3>&- &
	local client=$! code=0
	sandbox_eventually 5 grep -q ready "$BATS_TEST_TMPDIR/out"
	kill -TERM $client
	wait $client || code=$?
	assert_equal "$code" 9
	assert_file_contains "$BATS_TEST_TMPDIR/out" 'got TERM'
}

@test "ps has docker's columns and formats" {
	mini-docker run -d --name web --label a=b busybox sleep 100
	run -0 mini-docker ps
	assert_line --index 0 --regexp '^CONTAINER ID   IMAGE     COMMAND       CREATED +STATUS +PORTS     NAMES$'
	assert_line --index 1 --regexp '^[0-9a-f]{12}   busybox   "sleep 100"   .* ago   Up .* +web$'
	run -0 mini-docker ps --format '{{.Names}} {{.Image}} {{.State}} {{.Labels}}'
	assert_output 'web busybox running a=b'
	run -0 mini-docker ps -q --no-trunc
	assert_output --regexp '^[0-9a-f]{64}$'
	run -0 mini-docker ps --filter name=other -q
	assert_output ''
	run -0 mini-docker ps --format json
	assert_output --regexp '^\{.*"Names":"web".*\}$'
	run -1 mini-docker ps --format '{{.Nope}}'
	assert_output --partial 'Nope'
}

@test "logs, with follow, tail and time" {
	mini-docker run -d --name log busybox sh -c 'echo 1; echo 2 >&2; sleep 0.2; echo 3'
	mini-docker wait log
	run -0 --separate-stderr mini-docker logs log
	assert_output $'1\n3'
	assert_equal "$stderr" 2
	run -0 mini-docker logs --tail 1 log
	assert_output 3
	run -0 mini-docker logs -t --tail 1 log
	assert_output --regexp '^[0-9]{4}-[0-9-]+T[0-9:.]+Z 3$'
	mini-docker run -d --name slow busybox sh -c 'echo a; sleep 1; echo b'
	run -0 mini-docker logs -f slow
	assert_output $'a\nb'
}

@test "exec runs beside the container's program" {
	mini-docker run -d --name box -e A=1 busybox sleep 100
	run -0 mini-docker exec -e B=2 -w /tmp box sh -c 'echo $A $B $PWD'
	assert_output '1 2 /tmp'
	run -3 mini-docker exec box sh -c 'exit 3'
	run -0 mini-docker exec -i box cat <<<fed
	assert_output fed
	run -0 pty '
spawn("mini-docker", "exec", "-it", "box", "sh")
expect("# ")
send("tty\n")
expect("/dev/pts/")
send("exit\n")
'
	run -1 mini-docker exec nobody true
	assert_output 'Error response from daemon: No such container: nobody'
}

@test "create, start, stop, restart, kill, rename, rm" {
	local id
	id=$(mini-docker create --name one busybox sleep 100)
	assert_regex "$id" '^[0-9a-f]{64}$'
	run -0 mini-docker start one
	assert_output one
	run -0 mini-docker restart -t 0 one
	run -0 mini-docker rename one two
	run -0 mini-docker kill -s KILL two
	assert_output two
	run -0 mini-docker wait two
	assert_output 137
	run -0 mini-docker rm two
	run -1 mini-docker rm two
	assert_output 'Error response from daemon: No such container: two'
	run -0 mini-docker rm -f two
	run -1 mini-docker rename two three
	assert_output --partial 'Error: failed to rename container named two'
}

@test "start -a shows the output and ends with the exit code" {
	mini-docker create --name again busybox sh -c 'echo again; exit 4'
	run -4 mini-docker start -a again
	assert_output again
	run -4 mini-docker start -a again
	assert_output again
}

# What a container with the daemon's socket sees of it, with $client.
asks_daemon() {
	"$client" create --use-api-socket -e A=b --name asks busybox
	"$client" inspect -f '{{json .HostConfig.Mounts}} {{json .Config.Env}}' asks
	"$client" rm asks
	"$client" run --rm --use-api-socket busybox sh -c 'cat /run/secrets/docker/config.json; stat -c "%a %u:%g %n" \
		/run/secrets /run/secrets/docker /run/secrets/docker/config.json; stat -c %F /var/run/docker.sock'
	"$client" run --rm --use-api-socket -e DOCKER_CONFIG=/own busybox sh -c 'echo "$DOCKER_CONFIG"; [ ! -e /run/secrets ]'
	run -125 "$client" -H tcp://127.0.0.1:1 run --use-api-socket busybox
	assert_output --partial 'flag --use-api-socket can only be used with unix sockets: docker endpoint tcp://127.0.0.1:1 incompatible'
	run -125 "$client" run --name left --read-only --use-api-socket busybox true
	assert_output --partial 'injecting docker config.json into container failed: copying config.json into container failed'
	"$client" rm left
}

@test "--use-api-socket: the container has the daemon's socket and the user's credentials" {
	local client
	mkdir -p "$BATS_TEST_TMPDIR/bin" "$BATS_TEST_TMPDIR/config"
	cat >"$BATS_TEST_TMPDIR/bin/docker-credential-box" <<'SCRIPT'
#!/bin/sh
case $1 in
list) echo '{"listed.example.com": "me"}' ;;
get) echo '{"Username": "me", "Secret": "hers"}' ;;
esac
SCRIPT
	chmod +x "$BATS_TEST_TMPDIR/bin/docker-credential-box"
	export PATH=$BATS_TEST_TMPDIR/bin:$PATH DOCKER_CONFIG=$BATS_TEST_TMPDIR/config
	for file in '{"auths": {"b.example.com": {"auth": "dTpw"}, "a.example.com": {}}, "credHelpers": {"c.example.com": "box"}}' \
		'{"credsStore": "box", "detachKeys": "ctrl-a"}'; do
		echo "$file" >"$DOCKER_CONFIG/config.json"
		client=mini-docker
		asks_daemon | sed 1d >"$BATS_TEST_TMPDIR/mini-docker"
		grep -q '"auth": "bWU6aGVycw=="' "$BATS_TEST_TMPDIR/mini-docker"
		run -0 grep -v detachKeys "$BATS_TEST_TMPDIR/mini-docker"
		assert_line '600 0:0 /run/secrets/docker/config.json'
		assert_line socket
		assert_line /own
		docker run --help | grep -q use-api-socket || continue
		client=docker
		asks_daemon | sed 1d >"$BATS_TEST_TMPDIR/docker"
		diff "$BATS_TEST_TMPDIR/mini-docker" "$BATS_TEST_TMPDIR/docker"
	done
	sandbox_assert_nothing_left
}

@test "inspect prints documents, or what a template makes of them" {
	mini-docker create --name seen -e A=1 -l x=y busybox
	run -0 mini-docker inspect seen
	assert_line --index 0 '['
	assert_output --partial '"Name": "/seen"'
	run -0 mini-docker inspect -f '{{.Name}} {{json .Config.Labels}} {{index .Config.Env 0}}' seen
	assert_output '/seen {"x":"y"} A=1'
	run -1 --separate-stderr mini-docker inspect nobody
	assert_output '[]'
	assert_equal "$stderr" 'Error: No such object: nobody'
	run -0 mini-docker image inspect -f '{{index .RepoTags 0}}' busybox
	assert_output busybox:latest
}

@test "images: list, tag, remove" {
	mini-docker tag busybox test/one:v1
	run -0 mini-docker images
	assert_line --index 0 --regexp '^REPOSITORY +TAG +IMAGE ID +CREATED +SIZE$'
	assert_output --regexp 'test/one +v1 +[0-9a-f]{12} +.* ago +[0-9.]+[kM]B'
	run -0 mini-docker images --format '{{.Repository}}:{{.Tag}}' test/one
	assert_output test/one:v1
	run -0 mini-docker rmi test/one:v1
	assert_output 'Untagged: test/one:v1'
	run -1 mini-docker rmi test/one:v1
	assert_output --partial 'No such image: test/one:v1'
}

@test "version, info and events" {
	run -0 mini-docker version --format '{{.Server.ApiVersion}} {{.Client.ApiVersion}}'
	assert_output '1.50 1.50'
	run -0 mini-docker info --format '{{.OSType}}'
	assert_output linux
	run -0 mini-docker info
	assert_output --partial 'Server Version: '
	mini-docker run --rm --name eventful busybox true
	run -0 mini-docker events --since 1m --until 0s --filter container=eventful --format '{{.Action}}'
	assert_line create
	assert_line start
	assert_line die
}

@test "--explain shows the steps of client, daemon and container" {
	run -0 --separate-stderr mini-docker run --rm --explain busybox echo hello
	assert_output hello
	assert_regex "$stderr" '\[3\.11\] client '
	assert_regex "$stderr" 'daemon '
	assert_regex "$stderr" 'container '
	run -0 --separate-stderr mini-docker run --rm busybox echo hello
	assert_equal "$stderr" ''
}

@test "an attached client outlives the daemon" {
	local code=0
	mini-docker run --name survivor busybox sh -c 'echo ready; sleep 2; echo end; exit 6' \
		>"$BATS_TEST_TMPDIR/out" 3>&- &
	local client=$!
	sandbox_eventually 5 grep -q ready "$BATS_TEST_TMPDIR/out"
	sandbox_daemon_stop KILL
	sandbox_daemon_start
	wait $client || code=$?
	assert_equal "$code" 6
	assert_file_contains "$BATS_TEST_TMPDIR/out" end
}

@test "over TCP it is the same" {
	sandbox_daemon_stop
	sandbox_daemon_start -H tcp://127.0.0.1:2399
	run -3 --separate-stderr sandbox_enter mini-docker -H tcp://127.0.0.1:2399 \
		run --rm -i busybox sh -c 'cat; exit 3' <<<fed
	assert_output fed
	run -1 sandbox_enter mini-docker -H tcp://127.0.0.1:1 ps
	assert_output 'Cannot connect to the Docker daemon at tcp://127.0.0.1:1. Is the docker daemon running?'
}

@test "who cannot reach the daemon is told so" {
	run -1 mini-docker -H unix:///nonexistent.sock ps
	assert_output 'Cannot connect to the Docker daemon at unix:///nonexistent.sock. Is the docker daemon running?'
	run -125 mini-docker -H unix:///nonexistent.sock run busybox
	run -1 mini-docker no-such-command
	assert_output --partial 'unknown command: mini-docker no-such-command'
}
