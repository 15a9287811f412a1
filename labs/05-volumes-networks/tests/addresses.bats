load ../../lib/lab

# bats test_tags=task:addresses,pts:2,alone
@test "subnets are read" {
	alone address_functions_test subnets_are_read
}

# bats test_tags=task:addresses,pts:2,alone
@test "a subnet has a first and a last address" {
	alone address_functions_test a_subnet_has_a_first_and_a_last
}

# bats test_tags=task:addresses,pts:2,alone
@test "one subnet is in another or not" {
	alone address_functions_test one_is_in_another_or_not
}

# bats test_tags=task:addresses,pts:1,alone
@test "the parts of a subnet are counted" {
	alone address_functions_test parts_are_counted
}

# bats test_tags=task:addresses,pts:2,alone
@test "a network gets what is free" {
	alone address_functions_test a_network_gets_what_is_free
}

# bats test_tags=task:addresses,pts:1,hidden
@test "settings have pools of their own" {
	alone address_functions_test settings_have_pools_of_their_own
}

# bats test_tags=task:addresses,pts:2,alone
@test "the lowest free address is given" {
	alone address_functions_test the_lowest_free_one_is_given
	alone address_functions_test in_any_order
}

# bats test_tags=task:addresses,pts:1,alone
@test "a pool has an end" {
	alone address_functions_test a_pool_has_an_end
}

# bats test_tags=task:addresses,pts:1,hidden
@test "a range is given, and the rest may be taken" {
	alone address_functions_test a_range_is_given_and_the_rest_may_be_taken
}

# bats test_tags=task:addresses,pts:1,alone
@test "what nobody can have is refused" {
	alone address_functions_test what_nobody_can_have_is_refused
}
