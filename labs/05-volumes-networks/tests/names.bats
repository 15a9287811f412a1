load ../../lib/engine

# bats test_tags=task:names,pts:1,alone
@test "a question is read" {
	alone dns_functions_test a_question_is_read
}

# bats test_tags=task:names,pts:1,alone
@test "what is wrong is refused, or not heard" {
	alone dns_functions_test what_is_wrong_is_refused_or_not_heard
}

# bats test_tags=task:names,pts:2,alone
@test "addresses are read from names" {
	alone dns_functions_test addresses_are_read_from_names
}

# bats test_tags=task:names,pts:1,alone
@test "addresses are answered" {
	alone dns_functions_test addresses_are_answered
}

# bats test_tags=task:names,pts:1,alone
@test "an answer is not larger than the asker takes" {
	alone dns_functions_test an_answer_is_not_larger_than_the_asker_takes
}

# bats test_tags=task:names,pts:1,hidden
@test "what just fits is whole" {
	alone dns_functions_test what_just_fits_is_whole
}

# bats test_tags=task:names,pts:2,alone
@test "a reply must fit its question" {
	alone dns_functions_test a_reply_must_fit_its_question
}

# bats test_tags=task:names,pts:2,alone
@test "names are known in the networks of who asks" {
	alone dns_functions_test names_are_known_in_the_networks_of_who_asks
	alone dns_functions_test addresses_have_names_in_the_networks_of_who_asks
}

# bats test_tags=task:names,pts:1,hidden
@test "a network may be named" {
	alone dns_functions_test a_network_may_be_named
}

# bats test_tags=task:names,pts:1,alone
@test "links are names of one's own" {
	alone dns_functions_test links_are_names_of_ones_own
}

# bats test_tags=task:names,pts:1,alone
@test "all of a name are told in turn" {
	alone dns_functions_test all_of_a_name_are_told_in_turn
}

# bats test_tags=task:names,pts:1
@test "containers find each other by name" {
	daemon
	docker network create front >/dev/null
	docker network create back >/dev/null
	starts_detached web --network front --network-alias www box sleep 1000
	starts_detached db --network back box sleep 1000
	for name in web WWW www.front; do
		run docker run --rm --network front box /bin/busybox nslookup -type=a "$name" 127.0.0.11
		expect "the exit status of nslookup $name" 0 "$status"
		expect_part "what it says of $name" "Address: 172.18.0.2" "$output"
	done
	run docker run --rm --network front box /bin/busybox nslookup -type=ptr 2.0.18.172.in-addr.arpa 127.0.0.11
	expect_part "who has that address" "web.front" "$output"
	run docker run --rm --network front --dns-opt ndots:0 box /bin/busybox nslookup -type=a db 127.0.0.11
	expect "whether db of another network is known" no \
		"$([[ $output == *172.19.0.2* ]] && echo yes || echo no)"
}
