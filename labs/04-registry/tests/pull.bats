load ../../lib/registry

# bats test_tags=task:pull,pts:2
@test "what was promised is stored" {
	alone pull_functions_test what_was_promised_is_stored
	alone pull_functions_test an_empty_blob_is_one_too
}

# bats test_tags=task:pull,pts:2
@test "another thing than was promised is refused" {
	alone pull_functions_test what_is_another_thing_is_refused
}

# bats test_tags=task:pull,pts:2
@test "a download goes on where it broke" {
	alone pull_functions_test it_goes_on_where_it_broke
}

# bats test_tags=task:pull,pts:1,hidden
@test "a server that begins again is listened to from there" {
	alone pull_functions_test who_begins_again_is_listened_to_from_there
}

# bats test_tags=task:pull,pts:1,hidden
@test "a part of another place is refused" {
	alone pull_functions_test a_part_of_another_place_is_refused
}

# bats test_tags=task:pull,pts:1
@test "a download is given up in the end" {
	alone pull_functions_test it_is_given_up_in_the_end
}

# bats test_tags=task:pull,pts:1
@test "a download that advances is not given up" {
	alone pull_functions_test who_advances_is_not_given_up
}

# bats test_tags=task:pull,pts:2
@test "what two want is fetched once" {
	alone pull_functions_test what_two_want_is_fetched_once
}

# bats test_tags=task:pull,pts:1,hidden
@test "when one goes the other goes on" {
	alone pull_functions_test when_one_goes_the_other_goes_on
}

# bats test_tags=task:pull,pts:1
@test "layers are fetched side by side" {
	alone pull_functions_test layers_are_fetched_side_by_side
}

# bats test_tags=task:pull,pts:1
@test "the first failure ends all" {
	alone pull_functions_test the_first_failure_ends_all
}
