load ../../lib/images

# chain_id PARENT DIFF-ID
chain_id() {
	printf 'sha256:%s' "$(printf '%s %s' "$1" "$2" | sha256sum | cut -d' ' -f1)"
}

# bats test_tags=task:layers,pts:2
@test "a layer's folder is named by its chain id" {
	local diff one two
	load_image box:1 'file a x' -- 'file b x' -- 'file c x'
	mapfile -t diff < <(image inspect box:1 | jq -r '.[0].Layers[].DiffID')
	one=$(chain_id "${diff[0]}" "${diff[1]}")
	two=$(chain_id "$one" "${diff[2]}")
	run inside ls "$store/layers"
	expect "the folders in layers/" "$(printf '%s\n' "${diff[0]#*:}" "${one#*:}" "${two#*:}" | sort)" \
		"$output"
	expect "what the third has" "f c" "$(tree "$store/layers/${two#*:}/diff")"
	alone store_functions_test chain_ids_are_a_chain
}

# bats test_tags=task:layers,pts:2
@test "a layer that two images have lies there once" {
	load_image one:1 'file a x' -- 'file b x'
	load_image two:1 'file a x' -- 'file c x'
	expect "the layers of two images that share the lowest" 3 "$(names "$store/layers")"
	load_image three:1 'file b x'
	expect "with the same files on top of nothing" 4 "$(names "$store/layers")"
	alone store_functions_test layers_say_what_is_below
}

# bats test_tags=task:layers,pts:2
@test "a layer that is not what the config says is refused" {
	layout /tmp/bad box:1 'file a hello'
	inside sh -c 'cd /tmp/bad/blobs/sha256
		config=$(grep -l diff_ids *)
		sed "s/\(diff_ids.*sha256:\)[0-9a-f]*/\1'"$(printf '0%.0s' {1..64})"'/" "$config" >new
		other=$(sha256sum <new | cut -d" " -f1)
		manifest=$(grep -l schemaVersion *)
		sed "s/$config/$other/; s/\(\"size\": \)$(stat -c %s "$config")/\1$(stat -c %s new)/" \
			"$manifest" >new2
		mv new "$other"
		third=$(sha256sum <new2 | cut -d" " -f1)
		size=$(stat -c %s new2)
		mv new2 "$third"
		sed -i "s/$manifest/$third/; s/\"size\": [0-9]*/\"size\": $size/" ../../index.json'
	run image load --input /tmp/bad
	expect_status failure "loading a layer with another diff id"
	expect_part "the message, with the diff id that was promised" "sha256:$(printf '0%.0s' {1..64})" "$output"
	expect "what is left in layers/" "" "$(tree "$store/layers")"
}

# bats test_tags=task:layers,pts:1
@test "what is there is not unpacked again" {
	alone store_functions_test layers_are_made_once
	load_image one:1 'file a x'
	inside touch "$(layer_folder)/mark"
	load_image two:1 'file a x' -- 'file b x'
	expect "how many layers have what was put there by hand" 1 \
		"$(inside sh -c "ls $store/layers/*/diff/mark | wc -l")"
}

# bats test_tags=task:layers,pts:1
@test "a layer goes with the last image that has it" {
	alone store_functions_test layers_go
	load_image one:1 'file a x' -- 'file b x'
	load_image two:1 'file a x'
	run image rm one:1
	expect_status success "rm"
	expect "what is left" "f a" "$(tree "$(layer_folder)")"
	run image rm two:1
	expect_status success "rm"
	expect "what is left in layers/" "" "$(tree "$store/layers")"
}

# bats test_tags=task:layers,pts:1,hidden
@test "a layer appears whole, or not at all" {
	refusing renameat:EROFS store_functions_test quick_layer_is_made
	expect_status failure "a layer that cannot be renamed"
	refusing renameat:EROFS:1 store_functions_test quick_layer_is_made
	expect_status failure "a layer whose layer.json cannot be renamed"
	expect_part "the message, with the kernel's reason" "Read-only file system" "$output"
	refusing renameat:EXDEV:2 store_functions_test quick_layer_is_made
	expect_status failure "a layer whose second rename(2) fails"
	expect_part "the message, with the kernel's reason" "Invalid cross-device link" "$output"
	refusing utimensat:EPERM:2 store_functions_test quick_layer_is_made
	expect_status failure "a layer that cannot be settled"
	expect_part "the message, with the kernel's reason" "Operation not permitted" "$output"
	refusing mknodat store_functions_test a_plain_layer_is_known_as_one
	expect_status success "a layer whose whiteouts cannot be overlayfs's own"
	refusing syncfs:EIO store_functions_test durable_layer_is_made
	expect_status failure "a layer that cannot be synced"
	refusing fsync:EIO store_functions_test durable_layer_is_made
	expect_status failure "a layer whose name cannot be synced"
	run inside store_functions_test durable_layer_is_made
	expect_status success "making a layer"
	expect "how often fsync(2) is called where nobody asks for it" 0 \
		"$(calls fsync store_functions_test quick_layer_is_made)"
}

# bats test_tags=task:layers,pts:1,hidden
@test "a layer that cannot go is an error, and one that is gone is none" {
	refusing renameat:EROFS:3 store_functions_test layers_go
	expect_status failure "removing a layer that cannot be renamed"
	expect_part "the message, with the kernel's reason" "Read-only file system" "$output"
	refusing unlinkat:EROFS store_functions_test layers_go
	expect_status failure "removing a layer whose files cannot be removed"
}
