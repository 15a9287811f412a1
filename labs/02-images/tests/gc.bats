load ../../lib/images

# A blob and a layer that nobody needs.
garbage() {
	inside sh -c 'cd "$1" && mkdir -p "layers/$2/diff" && echo x >"blobs/sha256/$2" &&
		echo {} >"layers/$2/layer.json"' sh "$store" "$(printf 'ab%.0s' {1..32})"
}

# What is damaged is told, too; here it is what stays that counts.
sweep() {
	image gc >/dev/null 2>&1 || true
}

blobs() {
	names "$store/blobs/sha256"
}

layers() {
	names "$store/layers"
}

# bats test_tags=task:gc,pts:1
@test "what no image has goes, and what one has stays" {
	alone reach_functions_test all_that_an_image_needs_is_marked
	load_image one:1 'file a x' -- 'file b x'
	load_image two:1 'file c x'
	garbage
	run image gc
	expect_status success "gc"
	expect "the blobs: two manifests, two configs, three layers" 7 "$(blobs)"
	expect "the layers" 3 "$(layers)"
	run image fsck
	expect_part "what fsck says" "0 problems" "$output"
}

# bats test_tags=task:gc,pts:1
@test "what images share goes with the last" {
	load_image one:1 'file a x' -- 'file b x'
	load_image two:1 'file a x'
	run image rm one:1
	expect_status success "rm"
	expect "the blobs of the other" 3 "$(blobs)"
	expect "its layers" 1 "$(layers)"
	run image rm two:1
	expect_status success "rm"
	expect "the blobs" 0 "$(blobs)"
	expect "the layers" 0 "$(layers)"
}

# bats test_tags=task:gc,pts:1
@test "all that an index leads to stays" {
	alone reach_functions_test each_member_is_followed
	alone reach_functions_test what_is_missing_is_asked_for
	index /tmp/index many:1 linux/amd64 in:linux/arm64 subject:linux/s390x other:linux/386 \
		missing:linux/ppc64le
	run image load --quiet --input /tmp/index
	expect_status success "load"
	garbage
	run image gc
	expect_status success "gc"
	# Of what is missing, config and layer cannot be found; what "other" leads to, nobody looks at.
	expect "the blobs that it has" 19 "$(names /tmp/index/blobs/sha256)"
	expect "the blobs that are left" 15 "$(blobs)"
	expect "the layers: of this machine's image" 1 "$(layers)"
	run image save --output /tmp/saved/ many:1
	expect_status success "save"
	expect "what is saved of it" 15 "$(names /tmp/saved/blobs/sha256)"
}

# bats test_tags=task:gc,pts:1
@test "nothing goes while an image cannot be read" {
	local digest
	load_image one:1 'file a x'
	digest=$(inside cat "$store/index.json" | jq -r '.manifests[0].digest | sub(":"; "/")')
	garbage
	inside sed -i 's/layers/sreyal/' "$store/blobs/$digest"
	sweep
	expect "the blobs, with one that nobody needs" 4 "$(blobs)"
	expect "the layers" 2 "$(layers)"
	inside rm "$store/blobs/$digest"
	sweep
	expect "the blobs" 3 "$(blobs)"
	expect "the layers" 2 "$(layers)"
}

# bats test_tags=task:gc,pts:1,hidden
@test "nothing goes while an image's config cannot be read, or it leads too far" {
	local config deep
	load_image one:1 'file a x'
	config=$(image inspect one:1 | jq -r '.[0].Id | sub(":"; "/")')
	garbage
	inside mv "$store/blobs/$config" /tmp/config
	sweep
	expect "the layers while the config is missing" 2 "$(layers)"
	inside mv /tmp/config "$store/blobs/$config"
	run image gc
	expect_status success "gc"
	expect "the layers, with it again" 1 "$(layers)"
	deep=$(printf 'in:%.0s' {1..33})
	inside rm -r /tmp/store
	index "$store" deep:1 "${deep}linux/amd64"
	garbage
	sweep
	expect "the blobs where indexes lie in 33 others: they, the image's three, and one more" 38 \
		"$(blobs)"
	alone reach_functions_test an_image_leads_to_so_many_documents
}
