load ../../lib/lab

# bats test_tags=task:uts,pts:1,alone
@test "the functions alone set both names" {
	alone functions_test names_are_set
	run inside hostname
	expect "what hostname prints after it, in the same UTS namespace" alone-7 "$output"
}

# bats test_tags=task:uts,pts:2
@test "the process sees the host name that config.json gives" {
	container '.hostname = "web-7"' hostname
	expect "what hostname prints in the container, after sethostname(2)" "web-7" "$output"
	expect "the exit status of mini-runc" 0 "$status"
}

# bats test_tags=task:uts,pts:2
@test "what runs outside keeps its own host name" {
	container '.hostname = "web-8"' hostname
	expect "what hostname prints in the container" "web-8" "$output"
	run inside hostname
	expect "what hostname prints outside, after sethostname(2) in the container" "sandbox" "$output"
}

# bats test_tags=task:uts,pts:1,hidden
@test "a name of 64 bytes, all that the kernel has room for, is taken whole" {
	local name
	name=$(printf 'n%.0s' {1..64})
	container ".hostname = \"$name\"" hostname
	expect "what hostname prints in the container, after sethostname(2)" "$name" "$output"
}

# bats test_tags=task:uts,pts:2
@test "the domain name is set too" {
	container '.domainname = "example.org"' cat /proc/sys/kernel/domainname
	expect "the domain name in the container, after setdomainname(2)" "example.org" "$output"
}

# bats test_tags=task:uts,pts:1
@test "a container whose host name is refused does not start" {
	starts '.hostname = "web-9"'
	refused sethostname
}

# bats test_tags=task:uts,pts:1,hidden
@test "a container whose domain name is refused does not start" {
	starts '.domainname = "example.net"'
	refused setdomainname
}
