# podman and its conmon drive mini-runc: what a person gets is what runc gives.
load callers

setup_file() {
	callers_needs podman conmon
	callers_open
	cat >"$PRIVATE/containers.conf" <<-CONF
		[containers]
		default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
		[engine]
		cgroup_manager = "cgroupfs"
		events_logger = "file"
		conmon_path = ["$(command -v conmon)"]
		runtime = "mini-runc"
		runtime_supports_json = ["mini-runc"]
		[engine.runtimes]
		mini-runc = ["$RUNTIME"]
	CONF
	cat >"$PRIVATE/storage.conf" <<-CONF
		[storage]
		driver = "vfs"
		graphroot = "$PRIVATE/root/podman"
		runroot = "$PRIVATE/run/podman"
	CONF
	echo '{"default": [{"type": "insecureAcceptAnything"}]}' >"$PRIVATE/policy.json"
	callers_command podman timeout --foreground 50 env CONTAINERS_CONF="$PRIVATE/containers.conf" \
		CONTAINERS_STORAGE_CONF="$PRIVATE/storage.conf" CONTAINERS_REGISTRIES_CONF=/dev/null \
		"$(command -v podman)" --tmpdir "$PRIVATE/run/tmp"
	podman import -q --change CMD=sh "$TAR" busybox
	container --rm busybox true # conmon's own group is made once, and stays
	callers_ready
}

teardown_file() {
	sandbox_end
}

teardown() {
	podman rm -fa -t 0 >/dev/null
	callers_assert_nothing_left
}

container() {
	podman run --network none --cgroup-parent "$PARENT" "$@"
}

# One that lives until it is told: TERM ends it with 7.
service() {
	container -d --name web "$@" busybox \
		sh -c 'trap "exit 7" TERM; trap "echo reload" HUP; echo up; while :; do sleep 0.1; done'
	sandbox_eventually 10 eval 'podman logs web | grep -q up'
}

logs_have() {
	podman logs web | grep -q "$1"
}

pid_of() {
	podman inspect --format '{{.State.Pid}}' "$1"
}

@test "run: output, input, environment, exit code" {
	run -0 container --rm -e A='b c' -w /tmp busybox sh -c 'echo $A; pwd; echo oops >&2'
	assert_line --index 0 'b c'
	assert_line --index 1 /tmp
	assert_line --index 2 oops
	run -0 container --rm -i busybox wc -c <<<hello
	assert_output 6
	run -42 container --rm busybox sh -c 'exit 42'
	run -137 container --rm busybox sh -c 'kill -KILL -1; sleep 5 & kill -KILL $!; wait; exit 137'
}

@test "a program that is not there is 127, one that cannot run 126, and podman says why" {
	run -127 container --rm busybox nope
	assert_output --regexp '^Error: .*exec: "nope": executable file not found in \$PATH: OCI runtime attempted to invoke a command that was not found'
	run -127 container --rm busybox /nope
	assert_output --partial 'exec: "/nope": stat /nope: no such file or directory'
	run -126 container --rm busybox /etc/passwd
	assert_output --partial 'exec: "/etc/passwd": permission denied'
	run -126 container --rm busybox /etc
	assert_output --regexp 'exec: "/etc": .*permission denied'
}

@test "run -it is a terminal: size, resize, Ctrl-C, exit code" {
	run pty -s 33x111 "
spawn('podman', 'run', '-it', '--rm', '--network', 'none', '--cgroup-parent', '$PARENT', 'busybox')
expect('# ')
send('tty; stty size\n')
expect('/dev/pts/0\n33 111')
resize(20, 70)
sleep(0.5)
send('stty size\n')
expect('20 70')
send('sleep 100\n')
sleep(0.5)
send('\\x03')
expect('# ')
send('exit 7\n')
"
	assert_failure 7
}

@test "exec: user, folder, environment, input, exit codes, a terminal" {
	service
	run -0 podman exec -u 33:33 -w /tmp -e X=y web sh -c 'id -u; id -g; pwd; echo $X'
	assert_output $'33\n33\n/tmp\ny'
	run -0 podman exec -i web cat <<<'through exec'
	assert_output 'through exec'
	run -9 podman exec web sh -c 'exit 9'
	run -127 podman exec web nope
	assert_output --partial 'exec: "nope": executable file not found in $PATH'
	run -126 podman exec web /etc/passwd
	assert_output --partial 'exec: "/etc/passwd": permission denied'
	run -126 podman exec web /etc
	run pty '
spawn("podman", "exec", "-it", "web", "sh")
expect("# ")
send("tty; exit 3\n")
expect("/dev/pts/")
'
	assert_failure 3
	podman exec -d web sh -c 'echo detached >/tmp/proof'
	sandbox_eventually 5 podman exec web grep -q detached /tmp/proof
}

@test "kill, stop, start again, restart, remove" {
	service
	podman kill -s HUP web
	sandbox_eventually 5 logs_have reload
	podman stop -t 5 web
	run -0 podman inspect --format '{{.State.Status}} {{.State.ExitCode}}' web
	assert_output 'exited 7'
	podman start web
	run -0 podman exec web echo again
	assert_output again
	podman restart -t 5 web
	podman kill web
	run -0 podman wait web
	assert_output 137
	run -0 podman logs web
	assert_line 'up'
	podman start web
	podman rm -f -t 0 web
	run -125 podman inspect web
}

@test "pause, unpause, top, stats, ps" {
	service
	podman pause web
	run -0 podman ps -a --format '{{.Status}}'
	assert_output --partial Paused
	run -255 podman exec web true
	podman unpause web
	run -0 podman top web pid comm
	assert_line --index 1 --regexp '^1 +sh'
	run -0 podman stats --no-stream --format '{{.Name}} {{.PIDs}}' web
	assert_output --regexp '^web [12]$'
}

@test "limits are the cgroup's, and out of memory is 137" {
	service --memory 64m --cpus 0.5 --pids-limit 77
	local pid
	pid=$(pid_of web)
	run -0 group_file memory memory.limit_in_bytes memory.max "$pid"
	assert_output 67108864
	run -0 group_file pids pids.max pids.max "$pid"
	assert_output 77
	podman update --memory 96m web
	run -0 group_file memory memory.limit_in_bytes memory.max "$pid"
	assert_output 100663296
	run -137 container --rm --memory 20m --memory-swap 20m busybox tail /dev/zero
}

@test "what a person may ask for arrives in the container" {
	mkdir -p "$PRIVATE/volume"
	echo kept >"$PRIVATE/volume/file"
	run -0 container --rm --hostname box --user 33:33 --read-only --tmpfs /scratch:size=1m \
		-v "$PRIVATE/volume:/volume:ro" --ulimit nofile=64:128 --ulimit nproc=4096:4096 --sysctl kernel.shmmax=12345 \
		--security-opt no-new-privileges --cap-drop all --group-add 44 busybox sh -c '
			hostname; id -u; id -G; cat /volume/file /proc/sys/kernel/shmmax; ulimit -Sn; ulimit -Hn
			touch /x /volume/x /scratch/x; ls /scratch
			grep -E "CapBnd|NoNewPrivs|Seccomp:" /proc/self/status | tr "\n" " "'
	assert_line --index 0 box
	assert_line --index 1 33
	assert_line --index 2 '33 44'
	assert_line --index 3 kept
	assert_line --index 4 12345
	assert_line --index 5 64
	assert_line --index 6 128
	assert_line 'touch: /x: Read-only file system'
	assert_line 'touch: /volume/x: Read-only file system'
	assert_line x
	assert_line --regexp 'CapBnd:.0+ NoNewPrivs:.1 Seccomp:.2'
}

@test "namespaces of others: another container's, the host's, and one of users" {
	service
	local pid
	pid=$(pid_of web)
	run -0 container --rm --pid container:web --ipc container:web busybox \
		sh -c 'readlink /proc/self/ns/pid; readlink /proc/self/ns/ipc'
	assert_line --index 0 "$(readlink "/proc/$pid/ns/pid")"
	assert_line --index 1 "$(readlink "/proc/$pid/ns/ipc")"
	run -0 container --rm --uts host --pid host busybox sh -c 'hostname; readlink /proc/self/ns/pid'
	assert_line --index 0 mini-docker
	assert_line --index 1 "$(readlink /proc/self/ns/pid)"
	run -0 container --rm --uidmap 0:100000:65536 --gidmap 0:100000:65536 busybox \
		sh -c 'id -u; cat /proc/self/uid_map; touch /of-mine; stat -c %u /of-mine /bin'
	assert_line --index 0 0
	assert_line --index 1 --regexp '0 +100000 +65536'
	assert_line --index 2 0
	assert_line --index 3 0
}

@test "podman knows which runtime it has" {
	run -0 podman info --format '{{.Host.OCIRuntime.Name}} {{.Host.OCIRuntime.Version}}'
	assert_output --regexp '^mini-runc .*runc version [0-9]'
}

@test "every call that podman and conmon make is one of these" {
	local global='--log-format=json --log FILE ' create='create --bundle FILE --pid-file FILE '
	local exec='exec --pid-file FILE --process FILE --detach '
	assert_called --version "${global}${create}ID" "${global}${create}--console-socket FILE ID" \
		'start ID' 'kill ID [0-9]+' 'pause ID' 'resume ID' 'delete --force ID' 'update --resources=FILE ID' \
		"${global}${exec}ID" "${global}${exec}--tty --console-socket FILE ID"
}
