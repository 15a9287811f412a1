# Loaded by every test of a lab: load ../../lib/lab
#
# Three worlds: the machine; the sandbox in which the grader runs bats; and, for each test, one more
# sandbox inside that, in which alone the submission runs. `inside COMMAND` runs a command in the
# last one. A submission has none of bats' descriptors and variables and cannot see its processes,
# so it cannot write a result. What a test leaves running or mounted is gone after it.

labs=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)

close_descriptors() {
	local fd
	for fd in "/proc/$BASHPID/fd/"*; do
		fd=${fd##*/}
		[ "$fd" -le 2 ] || eval "exec $fd>&-"
	done
}

setup() {
	local ready said shared="" empty=$BATS_TEST_TMPDIR/empty
	[ ! -e "$BATS_FILE_TMPDIR/failed" ] || {
		echo "an earlier test has failed"
		return 1
	}
	may_share && shared=$BATS_FILE_TMPDIR/shared
	[ ! -e "${shared:-/none}" ] || {
		read -r sandbox_init <"$shared"
		return
	}
	mkdir -p "$empty/build"
	exec {ready}< <(
		close_descriptors
		exec "$labs/sandbox" -t "$empty" -b "$labs/../build" -- \
			sh -c 'echo ready; exec sleep infinity' </dev/null 2>&1
	)
	sandbox=$!
	read -r -t 20 -u "$ready" said || true
	[ "$said" = ready ] || {
		echo "the sandbox did not start: $said"
		return 1
	}
	exec {ready}<&-
	sandbox_init=$(pgrep -P "$sandbox")
	[ -z "$shared" ] || {
		echo "$sandbox_init" >"$shared"
		sandbox=
	}
}

# Of tests that run together, which no submission's do (labs/lib/grading.py), those that only call
# functions share a sandbox: it goes with the one around it.
may_share() {
	[[ $'\n'${LAB_TOGETHER-}$'\n' == *$'\n'"$BATS_TEST_DESCRIPTION"$'\n'* ]]
}

teardown() {
	[ -z "${LAB_FIRST-}" ] || [ -n "${BATS_TEST_COMPLETED-}" ] || touch "$BATS_FILE_TMPDIR/failed"
	[ -z "${sandbox:-}" ] || kill -KILL "$sandbox" 2>/dev/null || true
}

# In the sandbox of the test, as root, with the submission's programs first in PATH.
inside() {
	(
		close_descriptors
		exec env -i PATH=/mini-docker/build/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
			LANG=C.UTF-8 TERM=dumb \
			setsid --wait nsenter --target "$sandbox_init" --mount --pid --uts --ipc --net --cgroup \
				--root --wd -- "$@"
	)
}

# expect WHAT WANTED GOT
expect() {
	[ "$2" != "$3" ] || return 0
	printf '%s\nexpected: %s\n     got: %s\n' "$1" "$2" "$3"
	[ -z "${output:-}" ] || [ "$output" = "$3" ] || printf ' printed: %s\n' "$output"
	name_signal "$3 ${output-}"
	return 1
}

# calculate WORD...: numbers with + - & between them. What a submission printed must never stand in
# $((...)), [[ -eq ]] or an index: bash evaluates it, `a[$(command)]` too, and the command could
# write to the descriptor of the results.
calculate() {
	local word
	for word; do
		[[ $word =~ ^(0x[0-9a-fA-F]{1,16}|[1-9][0-9]{0,17}|0|[-+\&])$ ]] || {
			printf "'%s', which is no number\n" "$word"
			return
		}
	done
	echo "$(($*))"
}

# name_signal TEXT: what the number in "killed by signal N" means.
name_signal() {
	local name about=
	[[ $1 =~ killed\ by\ signal\ ([0-9]+) ]] || return 0
	name=$(kill -l "${BASH_REMATCH[1]}") || return 0
	case $name in
	SEGV | BUS) about=': a pointer that points nowhere' ;;
	ABRT) about=': an assertion, or free(3) of what was not to be freed' ;;
	SYS) about=': a system call that a filter forbids' ;;
	ALRM) about=': it waits for what does not come' ;;
	XCPU) about=': it ran and ran, as in a loop without an end' ;;
	esac
	printf '          signal %s is SIG%s%s\n' "${BASH_REMATCH[1]}" "$name" "$about"
}

# expect_part WHAT PART TEXT: the text has that part.
expect_part() {
	[[ $3 != *"$2"* ]] || return 0
	expect "$1" "... $2 ..." "$3"
}

# bundle FOLDER [CONFIG-EDIT [WORD...]]: an OCI bundle with busybox in it, made in the sandbox. The
# edit is a jq filter over a config.json with nothing but the namespaces pid, mount, ipc and uts;
# the words are its $words.
bundle() {
	local busybox folder=$1 edit=${2:-.} words='[]'
	shift $(($# < 2 ? $# : 2))
	busybox=$(command -v busybox) || {
		echo "this test needs a static busybox: install the package busybox-static"
		return 1
	}
	[ $# = 0 ] || words=$(printf '%s\036' "$@" | jq -Rs 'split("\u001e")[:-1]')
	# shellcheck disable=SC2016
	jq --argjson words "$words" "$edit" "$labs/lib/config.json" | inside sh -c '
		mkdir -p "$1/rootfs/bin" "$1/rootfs/dev" "$1/rootfs/proc"
		cp "$2" "$1/rootfs/bin/busybox"
		for name in cat grep hostname ls mkdir sh sleep tail touch wc; do
			ln -sf busybox "$1/rootfs/bin/$name"
		done
		cat >"$1/config.json"' sh "$folder" "$busybox"
}

# container CONFIG-EDIT ARGUMENT...: runs busybox with these arguments in a container; `shell` runs
# a script in it. They set output and status, as `run` does.
container() {
	local edit=$1
	shift
	bundle /tmp/bundle "$edit | .process.args = [\"/bin/busybox\"] + \$words" "$@"
	run inside mini-runc run --bundle /tmp/bundle lab
}

shell() {
	container "$1" sh -c "$2"
}

# call_number SYSTEM-CALL TEXT COMMAND...: the number, in its process, of the first such call of a
# command whose arguments have the text; nothing when there is none.
call_number() {
	inside strace -f -o /tmp/calls -e "trace=$1" "${@:3}" >/dev/null 2>&1 || true
	inside cat /tmp/calls | awk -v call="$1(" -v text="$2" 'index($0, call) {
		count[$1]++
		if (index($0, text) && !told++) print count[$1]
	}'
}

# which_call SYSTEM-CALL TEXT: the same, of the container that ran last, while it runs once more;
# for `refused`.
which_call() {
	call_number "$1" "$2" mini-runc run --bundle /tmp/bundle which
}

# refused SYSTEM-CALL [WHEN|TEXT]: the container that ran last must not start when the kernel
# refuses the call: every one, the WHENth of a process, or the first whose arguments have the text.
refused() {
	local when=${2-} which=$1
	if [[ -n $when && ! $when =~ ^[0-9]+$ ]]; then
		which="$1 with $2"
		when=$(which_call "$1" "$2")
		expect "whether $which is called, for the container to start" yes \
			"$([ -n "$when" ] && echo yes || echo no)"
	fi
	refusals=$((${refusals:-0} + 1))
	run inside strace -f -o /dev/null -e "inject=$1:error=EPERM${when:+:when=$when}" \
		mini-runc run --bundle /tmp/bundle "refused-$refusals"
	expect "whether mini-runc fails when $1(2) gives EPERM" yes \
		"$([ "${status:?}" -ne 0 ] && echo yes || echo no)"
	expect_part "the message when $1(2) gives EPERM, with the kernel's reason" \
		"Operation not permitted" "$output"
	expect "whether the program ran all the same" no \
		"$([[ $output == *started* ]] && echo yes || echo no)"
}

# alone PROGRAM TEST: the cmocka test of this name in tests/PROGRAM.c passes, on functions of the
# submission that are called there alone. They share a process with the test: so they must have
# nothing that ends it or runs before it (labs/lib/endings.py), and what they print themselves is no
# result.
alone() {
	local endings lab=${BATS_TEST_DIRNAME%/tests} passed="[  PASSED  ] 1 test(s)."
	lab=${lab##*/}
	endings=$(cat "$labs/../build/endings" 2>/dev/null || true)
	[ -z "$endings" ] || {
		printf '%s\n' "not run, since it would be no proof:" "$endings" "labs/README.md says why"
		return 1
	}
	# Not by `run`: what it leaves running may keep a pipe open, and goes with the sandbox.
	status=0
	inside "$1" "$2" >"$BATS_TEST_TMPDIR/printed" 2>&1 || status=$?
	output=$(head -c 65536 "$BATS_TEST_TMPDIR/printed" | tr -d '\0')
	[[ $status != 0 || ${output/"$passed"/} == *"[  PASSED  ]"* || $output != *"$passed"* ||
		$output == *"[  FAILED  ]"* ]] || return 0
	echo "'$2' fails (labs/$lab/tests/$1.c, status $status):"
	grep -vE '^( 1 FAILED|.*/lab\.bash: line [0-9]+: |\[(=+|  (FAILED|PASSED)  | RUN      )\])|^$' <<<"$output" || true
	[ "$status" -le 128 ] || name_signal "killed by signal $((status - 128))"
	return 1
}

# Runs `echo started` in a container; what follows can have it refused.
starts() {
	container "$1" echo started
	expect "what the container prints while nothing is refused" "started" "$output"
}

# A daemon in the test's sandbox, with the image `box` of busybox; `docker` is mini-docker at it. It
# goes when the sandbox does.
daemon() {
	bundle /tmp/image
	start_daemon || return
	inside tar -C /tmp/image/rootfs -cf /tmp/image.tar .
	docker import /tmp/image.tar box >/dev/null || {
		echo "the daemon takes no image: $(inside tail -n 5 /tmp/daemon.log)"
		return 1
	}
}

# The daemon alone, on what an earlier one has left.
start_daemon() {
	local said
	inside sh -c 'mini-dockerd --data-root /tmp/docker --exec-root /run/docker \
		-H unix:///run/docker.sock >>/tmp/daemon.log 2>&1 & echo $! >/tmp/daemon.pid'
	for _ in {1..50}; do
		! said=$(docker version 2>&1) || return 0
		[[ $said == *"Cannot connect"* ]] || break # it is there, and will not answer better
		sleep 0.2
	done
	echo "the daemon does not answer: $said; $(inside tail -n 5 /tmp/daemon.log)"
	return 1
}

# A command that waits for something that does not come is ended.
docker() {
	inside timeout -s KILL 12 env DOCKER_HOST=unix:///run/docker.sock mini-docker "$@"
}
