load ../../lib/engine

# bats test_tags=task:ports,pts:1,alone
@test "a port has a protocol" {
	alone port_functions_test a_port_has_a_protocol
}

# bats test_tags=task:ports,pts:2,alone
@test "wishes are read" {
	alone port_functions_test wishes_are_read
}

# bats test_tags=task:ports,pts:2,alone
@test "what is no wish is refused" {
	alone port_functions_test what_is_no_wish_is_refused
}

# bats test_tags=task:ports,pts:2,alone
@test "a port is published on all sides" {
	alone port_functions_test a_port_is_published_on_all_sides
}

# bats test_tags=task:ports,pts:2,alone
@test "a port that is taken is told of" {
	alone port_functions_test a_taken_port_is_told_of
}

# bats test_tags=task:ports,pts:1,hidden
@test "free ports are found" {
	alone port_functions_test free_ones_are_found
}

# bats test_tags=task:ports,pts:1,alone
@test "any port is the next one" {
	alone port_functions_test any_port_is_the_next_one
}

# bats test_tags=task:ports,pts:1,alone
@test "nobody else takes a port" {
	alone port_functions_test nobody_else_takes_a_port
	alone port_functions_test a_port_is_not_shared
}

# bats test_tags=task:ports,pts:1,hidden
@test "what cannot be held is told" {
	alone port_functions_test what_cannot_be_held_is_told
}

# bats test_tags=task:ports,pts:1,alone
@test "what the kernel remembers holds no port, and what it is sent is not kept" {
	alone port_functions_test the_memory_of_a_connection_is_no_holder
	alone port_functions_test datagrams_are_not_kept
}

# bats test_tags=task:ports,pts:1
@test "a server is reached at its published port" {
	daemon
	starts_detached web -p 127.0.0.1:8080-8081:80 box \
		sh -c 'echo hello >/index.html; exec /bin/busybox httpd -f -p 80 -h /'
	awaits inside curl -sf -m 5 http://127.0.0.1:8080/
	expect "what it answers" hello "$(inside curl -s -m 5 http://127.0.0.1:8080/)"
	run docker port web
	expect "what docker port says" "80/tcp -> 127.0.0.1:8080" "$output"
	run docker run --rm -p 8080:80 box sh -c :
	expect "the exit status of a second one that wants this port" 125 "$status"
	expect_part "what it says" "port is already allocated" "$output"
	starts_detached next -p 127.0.0.1:8080-8081:80 box sleep 1000
	run docker port next
	expect "what the next one gets of the range" "80/tcp -> 127.0.0.1:8081" "$output"
	run inside python3 -c 'import socket; at = "127.0.0.1", 8081; socket.create_server(at)'
	expect_part "what a program of the host hears that wants it" "Address already in use" "$output"
}
