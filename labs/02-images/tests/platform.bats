load ../../lib/images

# chooses FOR WHICH MEMBER...: of an index with these members that one is unpacked.
chooses() {
	index /tmp/index many:1 "${@:3}"
	run image load --quiet --platform "$1" --input /tmp/index
	expect_part "what load says" "Loaded image: many:1" "$output"
	run inside rm -rf /tmp/tree /tmp/index
	run image unpack --platform "$1" many:1 /tmp/tree
	expect_status success "unpacking the image for $1"
	run inside cat /tmp/tree/platform
	expect "which image is taken for $1" "$2" "$output"
}

# bats test_tags=task:platform,pts:2
@test "the image for this machine is taken" {
	chooses linux/arm64 linux/arm64 linux/s390x linux/arm64 linux/amd64
	chooses linux/s390x linux/s390x linux/s390x linux/arm64 linux/amd64
}

# bats test_tags=task:platform,pts:2
@test "a machine runs what its elders ran" {
	chooses linux/amd64/v3 linux/amd64/v2 linux/386 linux/amd64 linux/amd64/v2 linux/amd64/v4
	chooses linux/arm64 linux/arm/v7 linux/arm/v6 linux/arm/v7 linux/amd64
	alone name_functions_test machines_run_what_their_elders_ran
}

# bats test_tags=task:platform,pts:1
@test "of equals the first is taken" {
	index /tmp/index many:1 subject:linux/arm64 linux/arm64
	run image load --quiet --input /tmp/index --platform linux/arm64
	expect_status success "loading it"
	run image unpack --platform linux/arm64 many:1 /tmp/tree
	expect_status success "unpacking it"
	run inside cat /tmp/tree/platform
	expect "which of two for the same machine is taken" subject:linux/arm64 "$output"
}

# bats test_tags=task:platform,pts:1
@test "what there is for other machines is told" {
	index /tmp/index many:1 linux/arm64 linux/s390x
	run image load --quiet --input /tmp/index --platform linux/ppc64le
	expect_status failure "loading an image for another machine"
	expect_part "the message" "not for linux/ppc64le, only for linux/arm64, linux/s390x" "$output"
}

# bats test_tags=task:platform,pts:1
@test "what is no image is passed over" {
	chooses linux/arm64 linux/arm64 artifact:linux/arm64 other:linux/arm64 unknown/unknown \
		linux/arm64
	index /tmp/none none:1 artifact:linux/arm64 other:linux/arm64 unknown/unknown
	run image load --quiet --input /tmp/none --platform linux/arm64 # it is kept
	expect_part "what load says" "could be run" "$output"
	run image unpack --platform linux/arm64 none:1 /tmp/none-tree
	expect_status failure "unpacking where there is nothing to run"
	expect_part "the message" "no image that could be run" "$output"
}

# bats test_tags=task:platform,pts:1
@test "an index may lie in an index" {
	chooses linux/arm64 in:linux/arm64 linux/s390x in:linux/arm64 in:linux/386
	chooses linux/arm64 in:in:linux/arm64 linux/arm/v7 in:in:linux/arm64
}

# bats test_tags=task:platform,pts:1,hidden
@test "where the index says nothing the config tells" {
	chooses linux/arm64 untold:linux/arm64 untold:linux/386 untold:linux/arm64 linux/arm/v7
}

# bats test_tags=task:platform,pts:1,hidden
@test "indexes have a limit, and what was never fetched is no error" {
	local deep
	chooses linux/arm64 linux/arm64 missing:linux/s390x in:missing:linux/386 \
		missing:untold:linux/386 linux/arm64
	deep=$(printf 'in:%.0s' {1..7})
	chooses linux/arm64 "${deep}linux/arm64" "${deep}linux/arm64"
	index /tmp/deep deep:1 "${deep}in:linux/arm64"
	run image load --quiet --input /tmp/deep --platform linux/arm64
	expect_status failure "loading an index in 8 others"
	expect_part "the message, with the limit" 8 "$output"
	# Two documents each, and the index: one more than may be read.
	# shellcheck disable=SC2046
	index /tmp/wide wide:1 $(printf 'untold:linux/386 %.0s' {1..128}) linux/arm64
	run image load --quiet --input /tmp/wide --platform linux/arm64
	expect_status failure "loading an index that leads to more than 256 documents"
	expect_part "the message, with the limit" 256 "$output"
}
