# The real dockerd, its containerd and the docker client drive mini-runc.
load callers

setup_file() {
	callers_needs docker dockerd containerd
	callers_open
	export PRIVATE_DAEMON=dockerd
	daemon_start
	docker import --change 'CMD ["sh"]' "$TAR" busybox:latest
	container --rm busybox true
	callers_ready
}

teardown_file() {
	sandbox_end
}

teardown() {
	sandbox_remove_containers
	callers_assert_nothing_left
}

daemon_start() {
	private_start --add-runtime "mini=$RUNTIME" --default-runtime mini \
		--default-ulimit nofile=1024:1024
}

container() {
	docker run --network none "$@"
}

# One that lives until it is told: TERM ends it with 7.
service() {
	container -d --name web "$@" busybox \
		sh -c 'trap "exit 7" TERM; trap "echo reload" HUP; echo up; while :; do sleep 0.1; done'
	sandbox_eventually 10 logs_have up
}

logs_have() {
	docker logs web | grep -q "$1"
}

pid_of() {
	docker inspect --format '{{.State.Pid}}' "$1"
}

@test "run: output, input, environment, exit code" {
	run -0 container --rm -e A='b c' -w /tmp busybox sh -c 'echo $A; pwd; echo oops >&2'
	assert_line 'b c'
	assert_line /tmp
	assert_line oops
	run -0 container --rm -i busybox wc -c <<<hello
	assert_output 6
	run -42 container --rm busybox sh -c 'exit 42'
}

@test "a program that is not there is 127, one that cannot run 126, and docker says why" {
	run -127 container --rm busybox nope
	assert_output --regexp 'OCI runtime create failed: .*exec: "nope": executable file not found in \$PATH'
	run -127 container --rm busybox /nope
	assert_output --regexp 'OCI runtime create failed: .*exec: "/nope": stat /nope: no such file or directory'
	run -126 container --rm busybox /etc/passwd
	assert_output --regexp 'OCI runtime create failed: .*exec: "/etc/passwd": permission denied'
	run -126 container --rm busybox /etc
}

@test "run -it and exec -it are terminals: size, resize, exit code" {
	run pty -s 33x111 '
spawn("docker", "run", "-it", "--rm", "--network", "none", "busybox")
expect("# ")
sleep(0.5)
send("tty; stty size\n")
expect("/dev/pts/0\n33 111")
resize(20, 70)
sleep(0.5)
send("stty size\n")
expect("20 70")
send("exit 7\n")
'
	assert_failure 7
	service
	run pty '
spawn("docker", "exec", "-it", "web", "sh")
expect("# ")
send("tty; exit 3\n")
expect("/dev/pts/")
'
	assert_failure 3
}

@test "exec: user, folder, environment, input, exit codes" {
	service
	run -0 docker exec -u 33:33 -w /tmp -e X=y web sh -c 'id -u; id -g; pwd; echo $X'
	assert_output $'33\n33\n/tmp\ny'
	run -0 docker exec -i web cat <<<'through exec'
	assert_output 'through exec'
	run -9 docker exec web sh -c 'exit 9'
	run ! docker exec web nope # 126 of dockerd 20.10, 127 of newer ones
	assert_output --partial 'exec: "nope": executable file not found in $PATH'
	run -126 docker exec web /etc/passwd
	assert_output --partial 'exec: "/etc/passwd": permission denied'
	run -126 docker exec web /etc
	docker exec -d web sh -c 'echo detached >/proof'
	sandbox_eventually 5 docker exec web grep -q detached /proof
}

@test "kill, stop, start again, remove" {
	service
	docker kill -s HUP web
	sandbox_eventually 5 logs_have reload
	docker stop -t 5 web
	run -0 docker inspect --format '{{.State.Status}} {{.State.ExitCode}}' web
	assert_output 'exited 7'
	docker start web
	docker kill web
	run -0 docker wait web
	assert_output 137
	docker start web
	docker rm -f web
	run -1 docker inspect web
}

@test "pause, unpause, top, stats" {
	service
	docker pause web
	run -0 docker ps --format '{{.Status}}'
	assert_output --partial Paused
	docker unpause web
	run -0 docker top web -o pid,comm
	assert_line --regexp "^$(pid_of web) +sh"
	run -0 docker stats --no-stream --format '{{.Name}} {{.PIDs}}' web
	assert_output --regexp '^web [12]$'
}

@test "limits are the cgroup's, update changes them, out of memory is 137 and told" {
	service --memory 64m --memory-swap 64m --pids-limit 77
	local pid
	pid=$(pid_of web)
	run -0 group_file memory memory.limit_in_bytes memory.max "$pid"
	assert_output 67108864
	docker update --memory 96m --memory-swap 96m --pids-limit 88 web
	run -0 group_file memory memory.limit_in_bytes memory.max "$pid"
	assert_output 100663296
	run -0 group_file pids pids.max pids.max "$pid"
	assert_output 88
	run -137 container --name eater --memory 20m --memory-swap 20m busybox tail /dev/zero
	run -0 docker inspect --format '{{.State.OOMKilled}} {{.State.ExitCode}}' eater
	assert_output 'true 137'
}

@test "what a person may ask for arrives in the container" {
	mkdir -p "$PRIVATE/volume"
	echo kept >"$PRIVATE/volume/file"
	run -0 container --rm --init --hostname box --user 33:33 --read-only \
		--tmpfs /scratch:size=1m,mode=1777 -v "$PRIVATE/volume:/volume:ro" \
		--ulimit nofile=64:128 --sysctl kernel.shmmax=12345 \
		--security-opt no-new-privileges --cap-drop all --group-add 44 busybox sh -c '
			hostname; id -u; id -G; cat /volume/file /proc/sys/kernel/shmmax
			ulimit -Sn; ulimit -Hn; touch /x /volume/x /scratch/x; ls /scratch; cat /proc/1/comm
			grep -E "CapBnd|NoNewPrivs|Seccomp:" /proc/self/status | tr "\n" " "'
	assert_line box
	assert_line 33
	assert_line '33 44'
	assert_line kept
	assert_line 12345
	assert_line 64
	assert_line 128
	assert_line 'touch: /x: Read-only file system'
	assert_line 'touch: /volume/x: Read-only file system'
	assert_line x
	assert_line docker-init
	assert_line --regexp 'CapBnd:.0+ NoNewPrivs:.1 Seccomp:.2'
}

@test "dockerd killed and started again: the container lives, its exit code is known" {
	service
	local containerd=$PRIVATE/run/containerd/containerd.pid
	private_stop KILL
	# The kernel ends its containerd with it. As long as that is not reaped, a new dockerd takes it for
	# alive and starts none.
	sandbox_eventually 20 test ! -e "/proc/$(<"$containerd")"
	rm -f "$PRIVATE/pidfile"
	daemon_start
	run -0 docker exec web echo alive
	assert_output alive
	docker stop -t 5 web
	run -0 docker inspect --format '{{.State.ExitCode}}' web
	assert_output 7
}

@test "every call that dockerd's shim makes is one of these" {
	local global="--root FILE --log FILE --log-format json "
	local create="${global}create --bundle FILE --pid-file FILE "
	assert_called --version "${create}ID" "${create}--console-socket FILE ID" "${global}start ID" \
		"${global}kill( --all)? ID [0-9]+" "${global}delete( --force)? ID" \
		"${global}exec --process FILE( --console-socket FILE)? --detach --pid-file FILE ID" \
		"${global}(pause|resume) ID" "${global}ps --format json ID" "${global}update --resources - ID"
}
