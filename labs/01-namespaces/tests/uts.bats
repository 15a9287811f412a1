load ../../lib/lab

# container CONFIG-EDIT ARGUMENT...: runs busybox with these arguments in a container.
container() {
	local edit=$1
	shift
	bundle /tmp/bundle "$edit | .process.args = [\"/bin/busybox\"] + \$ARGS.positional" "$@"
	run inside mini-runc run --bundle /tmp/bundle lab
}

# bats test_tags=task:uts,pts:8
@test "the process sees the host name that config.json gives" {
	container '.hostname = "web-7"' hostname
	expect "what hostname prints in the container" "web-7" "$output"
	expect "the exit status of mini-runc" 0 "$status"
}

# bats test_tags=task:uts,pts:4
@test "what runs outside keeps its own host name" {
	container '.hostname = "web-8"' hostname
	expect "what hostname prints in the container" "web-8" "$output"
	run inside hostname
	expect "what hostname prints outside, after sethostname(2) in the container" "sandbox" "$output"
}

# bats test_tags=task:uts,pts:2
@test "a name of 64 bytes, all that the kernel has room for, is taken whole" {
	local name
	name=$(printf 'n%.0s' {1..64})
	container ".hostname = \"$name\"" hostname
	expect "what hostname prints in the container" "$name" "$output"
}

# bats test_tags=task:uts,pts:2
@test "the domain name is set too" {
	container '.domainname = "example.org"' cat /proc/sys/kernel/domainname
	expect "the domain name in the container" "example.org" "$output"
}

# refused SYSTEM-CALL CONFIG-EDIT: the container must not start when the kernel refuses the call.
refused() {
	container "$2" echo started
	expect "what the container prints while nothing is refused" "started" "$output"
	run inside strace -f -o /dev/null -e "inject=$1:error=EPERM" \
		mini-runc run --bundle /tmp/bundle lab
	expect "whether mini-runc fails when $1(2) gives EPERM" yes \
		"$([ "$status" -ne 0 ] && echo yes || echo no)"
	expect "whether the message has the kernel's reason, 'Operation not permitted'" yes \
		"$([[ $output == *"Operation not permitted"* ]] && echo yes || echo "no: $output")"
	expect "whether the program ran all the same" no \
		"$([[ $output == *started* ]] && echo yes || echo no)"
}

# bats test_tags=task:uts,pts:2
@test "a container whose host name is refused does not start" {
	refused sethostname '.hostname = "web-9"'
}

# bats test_tags=task:uts,pts:2
@test "a container whose domain name is refused does not start" {
	refused setdomainname '.domainname = "example.net"'
}
