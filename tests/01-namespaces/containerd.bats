# containerd and its shim drive mini-runc, as `ctr run --runc-binary`.
load callers

setup_file() {
	callers_needs containerd ctr containerd-shim-runc-v2
	callers_open
	cat >"$PRIVATE/config.toml" <<-CONF
		version = 2
		disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
	CONF
	callers_command containerd "$(command -v containerd)" --config "$PRIVATE/config.toml" \
		--root "$PRIVATE/root/containerd" --state "$PRIVATE/run/containerd" \
		--address "$PRIVATE/containerd.sock"
	callers_command ctr timeout --foreground 50 "$(command -v ctr)" --address "$PRIVATE/containerd.sock"
	daemon_start
	mini-image --root "$PRIVATE/images" import --change 'CMD ["sh"]' "$TAR" busybox:latest
	mini-image --root "$PRIVATE/images" save -o "$PRIVATE/image.tar" busybox:latest
	ctr images import "$PRIVATE/image.tar"
	IMAGE=$(ctr images ls -q)
	export IMAGE
	callers_ready
}

teardown_file() {
	sandbox_end
}

teardown() {
	local id
	for id in $(ctr tasks ls -q); do
		ctr tasks kill -s KILL "$id" || true
		sandbox_eventually 5 status_is STOPPED "$id" || true
		ctr tasks rm -f "$id" || true
	done
	for id in $(ctr containers ls -q); do
		ctr containers rm "$id"
	done
	callers_assert_nothing_left
}

daemon_start() {
	(
		private_close_descriptors
		exec setsid containerd
	) </dev/null >>"$PRIVATE/daemon.log" 2>&1 &
	echo $! >"$PRIVATE/containerd.pid"
	disown
	sandbox_eventually 20 eval 'ctr version >/dev/null 2>&1'
}

# The last word is the image's name with what follows; each container has a group of its own.
container() {
	local options=() id=c
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	ctr run --runc-binary "$RUNTIME" --cgroup "$PARENT/$id" "${options[@]}" "$IMAGE" "$id" "$@"
}

service() {
	container -d "$@" -- \
		sh -c 'trap "exit 7" TERM; trap "echo reload >>/log" HUP; echo up >>/log; while :; do sleep 0.1; done'
	sandbox_eventually 10 log_has up
}

log_has() {
	execute grep -q "$1" /log
}

# ctr wants a name for each.
execute() {
	local options=()
	while [[ $1 == -* ]]; do
		options+=("$1")
		shift
	done
	ctr tasks exec "${options[@]}" --exec-id "e$RANDOM$RANDOM" c "$@"
}

# $1: how many lines a command prints. ctr closes its ends of the pipes when the program has ended,
# read or not: on a busy machine some are lost now and then, with runc, too. So it is run until they
# have come.
prints() {
	sandbox_eventually 5 has_printed "$@"
}

has_printed() {
	run -0 "${@:2}" && [ ${#lines[@]} = "$1" ]
}

status_is() {
	ctr tasks ls | grep -qE "^$2 .*$1"
}

pid_of() {
	ctr tasks ls | awk '$1 == "c" { print $2 }'
}

@test "run: output, input, environment, exit code" {
	prints 3 container --rm --env 'A=b c' --cwd /tmp -- sh -c 'echo $A; pwd; echo oops >&2'
	assert_line 'b c'
	assert_line /tmp
	assert_line oops
	# ctr only hands on an end of input that comes after the creation.
	count() {
		container --rm -- wc -c < <(echo hello && sleep 2)
	}
	prints 1 count
	assert_output 6
	run -42 container --rm -- sh -c 'exit 42'
}

@test "a program that is not there, or cannot run, fails the creation with the reason" {
	run -1 container --rm -- nope
	assert_output --regexp 'OCI runtime create failed: .*exec: "nope": executable file not found in \$PATH'
	run -1 container --rm -- /etc/passwd
	assert_output --regexp 'OCI runtime create failed: .*exec: "/etc/passwd": permission denied'
	ctr containers rm c || true
	service
	run -1 execute nope
	assert_output --regexp 'OCI runtime exec failed: .*exec: "nope": executable file not found in \$PATH'
	run -1 execute /etc
	assert_output --regexp 'OCI runtime exec failed: .*exec: "/etc": .*permission denied'
}

@test "a terminal: run -t and exec -t" {
	run pty -s 33x111 "
spawn('ctr', 'run', '--runc-binary', '$RUNTIME', '--cgroup', '$PARENT/c', '--rm', '-t', '$IMAGE', 'c')
expect('# ')
send('tty; stty size\n')
expect('/dev/pts/0\n33 111')
resize(20, 70)
sleep(0.5)
send('stty size\n')
expect('20 70')
send('exit 7\n')
"
	assert_failure 7
	service
	run pty '
spawn("ctr", "tasks", "exec", "-t", "--exec-id", "terminal", "c", "sh")
expect("# ")
send("tty; exit 3\n")
expect("/dev/pts/")
'
	assert_failure 3
}

@test "exec: user, folder, input, exit code, in the background" {
	service
	prints 3 execute --user=33:33 --cwd=/tmp sh -c 'id -u; id -g; pwd'
	assert_output $'33\n33\n/tmp'
	through() {
		execute cat <<<'through exec'
	}
	prints 1 through
	assert_output 'through exec'
	run -9 execute sh -c 'exit 9'
	execute -d sh -c 'echo detached >/proof'
	sandbox_eventually 5 execute grep -q detached /proof
}

@test "kill, wait, delete, start once more" {
	service
	ctr tasks kill -s HUP c
	sandbox_eventually 5 log_has reload
	ctr tasks kill -s TERM c
	sandbox_eventually 5 status_is STOPPED c
	run -0 ctr tasks rm c
	assert_output --partial 'exit code 7'
	ctr tasks start -d c
	sandbox_eventually 5 status_is RUNNING c
	execute -d sleep 1000
	ctr tasks kill -a -s KILL c
	sandbox_eventually 5 status_is STOPPED c
	run -0 ctr tasks rm c
	assert_output --partial 'exit code 137'
}

@test "delete of a running task is refused; with -f it goes" {
	service
	run -1 ctr tasks rm c
	assert_output --partial 'task must be stopped before deletion'
	ctr tasks rm -f c
	run -1 ctr tasks ps c
}

@test "pause, resume, ps, metrics" {
	service
	ctr tasks pause c
	sandbox_eventually 5 status_is PAUSED c
	ctr tasks resume c
	sandbox_eventually 5 status_is RUNNING c
	run -0 ctr tasks ps c
	assert_line --regexp "^$(pid_of) "
	run -0 ctr tasks metrics c
	assert_line --regexp '^(pids.current|memory.usage) +[0-9]+'
}

@test "limits are the cgroup's; out of memory is 137 and an event" {
	service --memory-limit 67108864 --cpus 0.5
	local pid
	pid=$(pid_of)
	run -0 group_file memory memory.limit_in_bytes memory.max "$pid"
	assert_output 67108864
	ctr tasks rm -f c
	ctr containers rm c
	timeout 30 ctr events >"$PRIVATE/events" 3>&- &
	local events=$!
	run -137 container --rm --memory-limit 20000000 -- tail /dev/zero
	sandbox_eventually 5 grep -q /tasks/oom "$PRIVATE/events"
	kill "$events"
}

@test "what a person may ask for arrives in the container" {
	mkdir -p "$PRIVATE/volume"
	echo kept >"$PRIVATE/volume/file"
	prints 4 container --rm --read-only --seccomp --cap-drop CAP_CHOWN \
		--mount "type=bind,src=$PRIVATE/volume,dst=/mnt,options=rbind:ro" -- sh -c '
			cat /mnt/file; touch /x /mnt/x 2>&1
			grep -E "CapBnd|NoNewPrivs|Seccomp:" /proc/self/status | tr "\n" " "'
	assert_line kept
	assert_line 'touch: /x: Read-only file system'
	assert_line 'touch: /mnt/x: Read-only file system'
	assert_line --regexp 'CapBnd:.00000000a80425fa NoNewPrivs:.1 Seccomp:.2'
	service
	join() {
		ctr containers rm d 2>/dev/null || true
		ctr run --rm --runc-binary "$RUNTIME" --cgroup "$PARENT/d" \
			--with-ns "pid:/proc/$(pid_of)/ns/pid" "$IMAGE" d readlink /proc/self/ns/pid
	}
	prints 1 join
	assert_output "$(readlink "/proc/$(pid_of)/ns/pid")"
	ctr containers rm d || true
}

@test "cgroups through systemd are refused, with the reason" {
	run -1 container --rm --runc-systemd-cgroup -- true
	assert_output --partial 'OCI runtime create failed'
	ctr containers rm c || true
}

@test "containerd killed and started again: tasks live, and their exit codes are known" {
	service
	kill -KILL "$(cat "$PRIVATE/containerd.pid")"
	daemon_start
	prints 1 execute echo alive
	assert_output alive
	ctr tasks kill -s TERM c
	sandbox_eventually 5 status_is STOPPED c
	run -0 ctr tasks rm c
	assert_output --partial 'exit code 7'
}

@test "every call that the shim makes is one of these" {
	local global='--root /run/containerd/runc/default --log FILE --log-format json (--systemd-cgroup )?'
	local create="${global}create --bundle FILE --pid-file FILE "
	local exec="${global}exec --process FILE --detach --pid-file FILE "
	assert_called "${create}[cd]" "${create}--console-socket FILE c" "${global}start [cd]" \
		"${global}kill( --all)? [cd] [0-9]+" "${global}delete( --force)? [cd]" "${exec}c" \
		"${global}exec --process FILE --console-socket FILE --detach --pid-file FILE c" \
		"${global}(pause|resume) c" "${global}ps --format json c"
}
