load ../../lib/images

# damage FOLDER TYPE COMMAND: the blob of the first descriptor of this media type, given to sed
damage() {
	local digest
	digest=$(inside cat "$1"/index.json | jq -r '.manifests[0].digest | sub(":"; "/")')
	case $2 in
	config) digest=$(inside cat "$1/blobs/$digest" | jq -r '.config.digest | sub(":"; "/")') ;;
	layer) digest=$(inside cat "$1/blobs/$digest" | jq -r '.layers[0].digest | sub(":"; "/")') ;;
	esac
	inside sed -i "$3" "$1/blobs/$digest"
}

# bats test_tags=task:blobs,pts:1,alone
@test "a digest has one form, and is safe as a file name" {
	alone store_functions_test digests_have_one_form
	run image cat-blob sha256:../../../etc/passwd
	expect_part "the message, with what was given" ../../../etc/passwd "$output"
}

# bats test_tags=task:blobs,pts:2
@test "an image is read back as it was written" {
	load_image box:1 'file a hello'
	run image fsck
	expect_part "what fsck says" "1 images, 3 blobs, 1 layers: 0 problems" "$output"
	run inside sh -c 'cd /tmp/store/image/blobs/sha256 && sha256sum * | sed "s/\(.*\)  \1/same/"'
	expect "for each blob whether its name is its sha256" "same same same" "${output//$'\n'/ }"
	run inside ls "$store/ingest"
	expect "what is left in ingest/" "" "$output"
}

# bats test_tags=task:blobs,pts:1
@test "bytes that are not what was promised are refused" {
	alone store_functions_test promises_are_checked
	alone store_functions_test a_file_that_is_not_what_was_hashed_is_told
	layout /tmp/bad box:1 'file a hello'
	damage /tmp/bad layer 's/hello/hallo/'
	run image load --input /tmp/bad
	expect_status failure "loading a layer with another digest"
	expect "the blobs that are left" "" "$(tree "$store/blobs" | grep '^f ' || true)"
}

# bats test_tags=task:blobs,pts:1
@test "a blob that was damaged where it lies is told" {
	alone store_functions_test what_lies_there_is_checked
	load_image box:1 'file a hello'
	damage "$store" config 's/amd64/amd46/'
	run image inspect box:1
	expect_status failure "inspecting an image whose config is damaged"
	expect_part "the message, with the blob that is damaged" sha256: "$output"
}

# bats test_tags=task:blobs,pts:1,hidden
@test "a manifest that was cut short is told" {
	load_image box:1 'file a hello'
	damage "$store" manifest 's/}$//'
	run image inspect box:1
	expect_status failure "inspecting an image whose manifest is shorter"
	expect_part "the message, with the blob" "sha256:" "$output"
}

# bats test_tags=task:blobs,pts:1,hidden
@test "sha512 is understood" {
	alone store_functions_test the_longer_hash_works_too
	alone store_functions_test large_blobs_are_hashed_whole
	needs_call store_functions_test sha512_blob_is_written pread64 '"abc"'
	needs_call store_functions_test the_longer_hash_works_too read '"abc"'
}

# bats test_tags=task:blobs,pts:2,alone
@test "a blob has its name when it is on the disk, not before" {
	local when
	alone store_functions_test a_blob_is_in_its_place_once
	run inside store_functions_test durable_blob_is_written
	expect_status success "writing a blob"
	refusing renameat:EROFS store_functions_test durable_blob_is_written
	expect_status failure "a blob that cannot be renamed"
	expect_part "the message, with the kernel's reason" "Read-only file system" "$output"
	expect "how often fsync(2) is called for a blob: it, and the folder it is in" 2 \
		"$(calls fsync store_functions_test durable_blob_is_written)"
	for when in 1 2; do
		refusing "fsync:EIO:$when" store_functions_test durable_blob_is_written
		expect_status failure "a blob whose fsync(2) number $when fails"
	done
	inside strace -f -o /tmp/order -e trace=fsync,renameat,renameat2 \
		store_functions_test durable_blob_is_written >/dev/null
	run inside sed -nE 's/^[0-9]+ +(fsync|rename)[a-z0-9]*\(.*/\1/p' /tmp/order
	expect "the order of the calls, after the rename of the layout's own file" \
		"rename fsync rename fsync" "${output//$'\n'/ }"
}

# bats test_tags=task:blobs,pts:1,hidden
@test "nothing is synced where nobody asks for it" {
	alone store_functions_test quick_blob_is_written
	closes_on_exec store_functions_test what_lies_there_is_checked
	expect "how often fsync(2) is called" 0 "$(calls fsync store_functions_test quick_blob_is_written)"
}
