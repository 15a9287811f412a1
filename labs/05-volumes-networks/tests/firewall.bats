load ../../lib/lab

# bats test_tags=task:firewall,pts:1,alone
@test "elements are known" {
	alone filter_functions_test elements_are_known
}

# bats test_tags=task:firewall,pts:3,alone
@test "a port is an element" {
	alone filter_functions_test a_port_is_an_element
}

# bats test_tags=task:firewall,pts:2,alone
@test "one address is one key" {
	alone filter_functions_test one_address_is_one_key
}

# bats test_tags=task:firewall,pts:2,alone
@test "a bridge is some elements" {
	alone filter_functions_test a_bridge_is_some_elements
}

# bats test_tags=task:firewall,pts:1,hidden
@test "what is known is made again" {
	alone filter_functions_test what_is_known_is_made_again
	alone filter_functions_test what_is_refused_is_not_known
}

# bats test_tags=task:firewall,pts:1,hidden
@test "what is no name and no subnet is refused" {
	alone filter_functions_test a_bridge_has_a_name_and_a_subnet
}
