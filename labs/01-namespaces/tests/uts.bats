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

# bats test_tags=task:uts,pts:4
@test "64 bytes are taken whole, 65 are refused with the kernel's reason" {
	local name
	name=$(printf 'n%.0s' {1..64})
	container ".hostname = \"$name\"" hostname
	expect "what hostname prints in the container" "$name" "$output"
	container ".hostname = \"${name}n\"" hostname
	expect "whether mini-runc fails when sethostname(2) does (EINVAL)" yes \
		"$([ "$status" -ne 0 ] && echo yes || echo no)"
	expect "whether the message says why" yes \
		"$([[ $output == *"Invalid argument"* ]] && echo yes || echo "no: $output")"
}

# bats test_tags=task:uts,pts:4
@test "the domain name is set too" {
	container '.domainname = "example.org"' cat /proc/sys/kernel/domainname
	expect "the domain name in the container" "example.org" "$output"
}
