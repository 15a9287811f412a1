load ../../lib/engine
load ../../lib/images

# bats test_tags=task:copy,pts:2,alone
@test "a new volume begins with what the image has" {
	alone volume_functions_test a_new_volume_begins_with_what_is_there
}

# bats test_tags=task:copy,pts:2,alone
@test "what is in a volume stays" {
	alone volume_functions_test what_is_in_a_volume_stays
}

# bats test_tags=task:copy,pts:1,hidden
@test "a place that the image has not is none to copy" {
	alone volume_functions_test a_place_that_the_image_has_not
}

# bats test_tags=task:copy,pts:1,alone
@test "links stay in the image" {
	alone volume_functions_test links_stay_in_the_image
}

# bats test_tags=task:copy,pts:1,alone
@test "what cannot be given to its owner is told" {
	needs_call volume_functions_test a_new_volume_begins_with_what_is_there fchown ""
	needs_call volume_functions_test a_new_volume_begins_with_what_is_there fchmod ""
}

# bats test_tags=task:copy,pts:1,alone
@test "a volume is held until its containers go" {
	alone volume_functions_test a_volume_is_held_until_its_containers_go
}

# bats test_tags=task:copy,pts:1,hidden
@test "the last that runs is known" {
	alone volume_functions_test the_last_that_runs_is_known
}

# bats test_tags=task:copy,pts:1
@test "docker run with a volume, twice" {
	daemon
	run docker run --name one -v data:/bin box sh -c 'ls /bin | wc -l; echo mine >/bin/mine; rm /bin/wc'
	expect "how many files it begins with" "$(inside ls /tmp/image/rootfs/bin | wc -l)" "$(xargs <<<"$output")"
	run docker run --rm -v data:/data box sh -c 'cat /data/mine; test -e /data/wc || echo gone'
	expect "what the next one finds" "mine gone" "$(xargs <<<"$output")"
	run docker volume rm data
	expect "the exit status of rm of a volume that a container holds" 1 "$status"
	expect_part "what it says" "volume is in use" "$output"
	docker rm one >/dev/null
	run docker volume rm data
	expect "the exit status of rm when nobody holds it" 0 "$status"
}
