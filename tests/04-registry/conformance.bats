# The distribution-spec, endpoint by endpoint: every MUST of it that is about a registry.

load mini_registry

setup_file() {
	registry_start
	CONFIG=$(upload lib/one '{}')
	LAYER=$(upload lib/one hello)
	export CONFIG LAYER
}
teardown_file() { registry_stop; }

@test "end-1: /v2/ is 200" {
	req GET /v2/
	answers 200
	[ "$(header Docker-Distribution-Api-Version)" = registry/2.0 ]
	req HEAD /v2/
	answers 200
}

@test "end-2: a blob by GET and HEAD: 200, its bytes, its digest, its length; 404 where it is not" {
	req GET "/v2/lib/one/blobs/$LAYER"
	answers 200
	[ "$output" = hello ]
	[ "$(header Docker-Content-Digest)" = "$LAYER" ]
	req HEAD "/v2/lib/one/blobs/$LAYER"
	answers 200
	[ "$(header Content-Length)" = 5 ]
	[ "$(header Docker-Content-Digest)" = "$LAYER" ]
	req GET "/v2/lib/one/blobs/$(digest_of nobody)"
	answers 404 BLOB_UNKNOWN
	req HEAD "/v2/lib/one/blobs/$(digest_of nobody)"
	answers 404
	req GET "/v2/lib/nowhere/blobs/$LAYER"
	answers 404 NAME_UNKNOWN
	req GET /v2/lib/one/blobs/sha256:abc
	answers 400 DIGEST_INVALID
	req GET "/v2/lib/ONE/blobs/$LAYER"
	answers 400 NAME_INVALID
}

@test "RFC 9110, 14: parts of a blob, 206, 416, and what is ignored" {
	req GET "/v2/lib/one/blobs/$LAYER" -H 'Range: bytes=1-3'
	answers 206
	[ "$output" = ell ]
	[ "$(header Content-Range)" = 'bytes 1-3/5' ]
	req GET "/v2/lib/one/blobs/$LAYER" -H 'Range: bytes=-2'
	answers 206
	[ "$output" = lo ]
	req GET "/v2/lib/one/blobs/$LAYER" -H 'Range: bytes=5-'
	answers 416
	[ "$(header Content-Range)" = 'bytes */5' ]
	req GET "/v2/lib/one/blobs/$LAYER" -H 'Range: lines=1-2'
	answers 200
	[ "$output" = hello ]
}

@test "end-4a, end-6: POST then PUT" {
	local location digest
	digest=$(digest_of monolithic)
	req POST /v2/lib/put/blobs/uploads/
	answers 202
	location=$(header Location)
	[[ $location =~ [0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12} ]]
	req PUT "$location?digest=$digest" -H 'Content-Type: application/octet-stream' -d monolithic
	answers 201
	req GET "$(header Location)"
	answers 200
	[ "$output" = monolithic ]
	req PUT "$location?digest=$digest" -d monolithic
	answers 404 BLOB_UPLOAD_UNKNOWN
}

@test "end-4b: a single POST" {
	local digest
	digest=$(digest_of single)
	req POST "/v2/lib/post/blobs/uploads/?digest=$digest" -H 'Content-Type: application/octet-stream' -d single
	answers 201
	req GET "$(header Location)"
	[ "$output" = single ]
	req POST "/v2/lib/post/blobs/uploads/?digest=$digest" -d another
	answers 400 DIGEST_INVALID
	req POST "/v2/lib/post/blobs/uploads/?digest=md5:abc" -d x
	answers 400 DIGEST_INVALID
}

@test "end-4c: another algorithm" {
	local digest location
	digest=sha512:$(printf algorithm | sha512sum | cut -d ' ' -f 1)
	req POST "/v2/lib/sha512/blobs/uploads/?digest-algorithm=sha512"
	answers 202
	location=$(header Location)
	req PATCH "$location" -H 'Content-Range: 0-8' -d algorithm
	answers 202
	req PUT "$location?digest=$digest"
	answers 201
	[ "$(header Docker-Content-Digest)" = "$digest" ]
	req GET "/v2/lib/sha512/blobs/$digest"
	[ "$output" = algorithm ]
	req POST "/v2/lib/sha512/blobs/uploads/?digest-algorithm=md5"
	answers 400 DIGEST_INVALID
}

@test "end-5, end-13: chunks in order; 416 out of order; where it is; the closing PUT may have the last" {
	local location digest
	digest=$(digest_of abcdef)
	req POST /v2/lib/chunks/blobs/uploads/ -H 'Content-Length: 0'
	answers 202
	location=$(header Location)
	req PATCH "$location" -H 'Content-Range: 0-1' -d ab
	answers 202
	[ "$(header Range)" = 0-1 ]
	location=$(header Location)
	req PATCH "$location" -H 'Content-Range: 3-4' -d de
	answers 416 BLOB_UPLOAD_INVALID
	req GET "$location"
	answers 204
	[ "$(header Range)" = 0-1 ]
	[ -n "$(header Location)" ]
	req PATCH "$location" -H 'Content-Range: 2-4' -d cd
	answers 400 SIZE_INVALID
	req PATCH "$location" -H 'Content-Range: two' -d cd
	answers 400 BLOB_UPLOAD_INVALID
	req PATCH "$location" -H 'Content-Range: 2-3' -d cd
	answers 202
	req PUT "$location?digest=$digest" -H 'Content-Range: 5-6' -d fg
	answers 416
	req PUT "$location" -d ef
	answers 400 DIGEST_INVALID
	req PUT "$location?digest=$digest" -H 'Content-Range: 4-5' -d ef
	answers 201
	req GET "$(header Location)"
	[ "$output" = abcdef ]
}

@test "a stream without lengths is a chunk, too" {
	local location
	req POST /v2/lib/stream/blobs/uploads/
	location=$(header Location)
	req PATCH "$location" -H 'Transfer-Encoding: chunked' -d streamed
	answers 202
	[ "$(header Range)" = 0-7 ]
	req PUT "$location?digest=$(digest_of streamed)"
	answers 201
}

@test "end-14: an upload is cancelled" {
	local location
	req POST /v2/lib/cancel/blobs/uploads/
	location=$(header Location)
	req DELETE "$location"
	answers 204
	req GET "$location"
	answers 404 BLOB_UPLOAD_UNKNOWN
	req GET "${location/cancel/one}"
	answers 404 BLOB_UPLOAD_UNKNOWN
}

@test "end-11: mount from another repository, from any, and what cannot be begins an upload" {
	req POST "/v2/lib/mounted/blobs/uploads/?mount=$LAYER&from=lib/one"
	answers 201
	req GET "$(header Location)"
	[ "$output" = hello ]
	req POST "/v2/lib/anywhere/blobs/uploads/?mount=$LAYER"
	answers 201
	req POST "/v2/lib/anywhere/blobs/uploads/?mount=$(digest_of nobody)&from=lib/one"
	answers 202
	req POST "/v2/lib/anywhere/blobs/uploads/?mount=$LAYER&from=lib/nowhere"
	answers 202
}

@test "end-3, end-7: a manifest by tag and digest, byte for byte, with its type" {
	local json digest
	json=$(image_json "$CONFIG" "$LAYER" '"x":  1')
	digest=$(digest_of "$json")
	manifest lib/one v1 "$json"
	answers 201
	[ "$(header Docker-Content-Digest)" = "$digest" ]
	req GET "$(header Location)"
	answers 200
	[ "$output" = "$json" ]
	[ "$(header Content-Type)" = "$OCI_MANIFEST" ]
	[ "$(header Docker-Content-Digest)" = "$digest" ]
	req HEAD "/v2/lib/one/manifests/$digest"
	answers 200
	[ "$(header Content-Length)" = ${#json} ]
	req GET /v2/lib/one/manifests/v1 -H "If-None-Match: \"$digest\""
	answers 304
	req GET /v2/lib/one/manifests/v2
	answers 404 MANIFEST_UNKNOWN
	req GET /v2/lib/nowhere/manifests/v1
	answers 404 NAME_UNKNOWN
	req GET /v2/lib/one/manifests/.v1
	answers 400 MANIFEST_INVALID
	manifest lib/one "$digest" "$json"
	answers 201
	manifest lib/one "$(digest_of other)" "$json"
	answers 400 DIGEST_INVALID
}

@test "end-7b: tags beside a digest" {
	local json digest
	json=$(image_json "$CONFIG" "$LAYER" '"y":2')
	digest=$(digest_of "$json")
	manifest lib/one "$digest?tag=1.2.3&tag=1.2&tag=1" "$json"
	answers 201
	[ "$(header OCI-Tag)" = $'1.2.3\n1.2\n1' ]
	req GET /v2/lib/one/manifests/1.2
	[ "$(header Docker-Content-Digest)" = "$digest" ]
	manifest lib/one "$digest?tag=-bad" "$json"
	answers 400 MANIFEST_INVALID
}

@test "a manifest by sha512" {
	local json digest
	json=$(image_json "$CONFIG" "$LAYER" '"z":3')
	digest=sha512:$(printf %s "$json" | sha512sum | cut -d ' ' -f 1)
	manifest lib/one "$digest" "$json"
	answers 201
	[ "$(header Docker-Content-Digest)" = "$digest" ]
	req GET "/v2/lib/one/manifests/$digest"
	[ "$output" = "$json" ]
}

@test "what is no manifest, lacks a blob, or is too large is refused" {
	manifest lib/one bad 'not json'
	answers 400 MANIFEST_INVALID
	manifest lib/one bad '[]'
	answers 400 MANIFEST_INVALID
	manifest lib/one bad "$(image_json "$CONFIG" "$LAYER")" application/x.other
	answers 400 MANIFEST_INVALID
	manifest lib/one bad "$(image_json "$CONFIG" "$(digest_of nobody)")"
	answers 404 MANIFEST_BLOB_UNKNOWN
	req GET /v2/lib/one/manifests/bad
	answers 404
	head -c 4194305 /dev/zero | tr '\0' ' ' >"$BATS_TEST_TMPDIR/large"
	req PUT /v2/lib/one/manifests/large -H "Content-Type: $OCI_MANIFEST" --data-binary "@$BATS_TEST_TMPDIR/large"
	answers 413 MANIFEST_INVALID
	# 4 MiB are not too large.
	{
		printf '{"a":"'
		head -c 4194296 /dev/zero | tr '\0' x
		printf '"}'
	} >"$BATS_TEST_TMPDIR/large"
	req PUT /v2/lib/one/manifests/large -H "Content-Type: application/x.large" --data-binary "@$BATS_TEST_TMPDIR/large"
	answers 201
	req DELETE /v2/lib/one/manifests/large
	answers 202
}

@test "any media type is kept as it is" {
	manifest lib/one strange '{"what":"ever","layers":"none"}' application/vnd.strange+json
	answers 201
	req GET /v2/lib/one/manifests/strange
	[ "$(header Content-Type)" = application/vnd.strange+json ]
	manifest lib/one strange '{"mediaType":"application/vnd.own+json"}' ''
	answers 201
	req DELETE /v2/lib/one/manifests/strange
	answers 202
}

@test "end-8: tags in order, with n and last, and where the list goes on" {
	local json tag
	upload lib/tags '{}' >/dev/null
	upload lib/tags hello >/dev/null
	json=$(image_json "$CONFIG" "$LAYER")
	for tag in b a C _x 10 2; do
		manifest lib/tags "$tag" "$json"
		answers 201
	done
	req GET /v2/lib/tags/tags/list
	answers 200
	[ "$output" = '{"name":"lib/tags","tags":["10","2","C","_x","a","b"]}' ]
	[ -z "$(header Link)" ]
	req GET '/v2/lib/tags/tags/list?n=2'
	[ "$(jq -c .tags <<<"$output")" = '["10","2"]' ]
	[ "$(header Link)" = '</v2/lib/tags/tags/list?n=2&last=2>; rel="next"' ]
	req GET '/v2/lib/tags/tags/list?n=4&last=2'
	[ "$(jq -c .tags <<<"$output")" = '["C","_x","a","b"]' ]
	[ -z "$(header Link)" ]
	req GET '/v2/lib/tags/tags/list?last=a'
	[ "$(jq -c .tags <<<"$output")" = '["b"]' ]
	req GET '/v2/lib/tags/tags/list?n=0'
	[ "$(jq -c .tags <<<"$output")" = '[]' ]
	[ -z "$(header Link)" ]
	req GET '/v2/lib/tags/tags/list?n=-1'
	answers 400 UNSUPPORTED
	req GET /v2/lib/nowhere/tags/list
	answers 404 NAME_UNKNOWN
}

@test "_catalog: repositories in order, with n and last" {
	req GET '/v2/_catalog?n=1'
	answers 200
	[ "$(jq -c .repositories <<<"$output")" = '["lib/one"]' ]
	[ "$(header Link)" = '</v2/_catalog?n=1&last=lib%2Fone>; rel="next"' ]
	req GET '/v2/_catalog?last=lib/one'
	[ "$(jq -c .repositories <<<"$output")" = '["lib/tags"]' ]
}

@test "end-12: referrers: their type, annotations, filter; OCI-Subject; none is an empty list" {
	local subject about sbom
	subject=$(digest_of "subject of later")
	req GET "/v2/lib/ref/referrers/$subject"
	answers 200
	[ "$(jq -c .manifests <<<"$output")" = '[]' ]
	upload lib/ref '{}' >/dev/null
	upload lib/ref hello >/dev/null
	about="\"subject\":{\"mediaType\":\"$OCI_MANIFEST\",\"digest\":\"$subject\",\"size\":7}"
	sbom=$(image_json "$CONFIG" "$LAYER" "\"artifactType\":\"a/sbom\",\"annotations\":{\"k\":\"v\"},$about")
	manifest lib/ref "$(digest_of "$sbom")" "$sbom"
	answers 201
	[ "$(header OCI-Subject)" = "$subject" ]
	manifest lib/ref second "$(image_json "$CONFIG" "$LAYER" "$about")"
	answers 201
	manifest lib/ref third "{\"schemaVersion\":2,\"mediaType\":\"$OCI_INDEX\",\"manifests\":[],$about}" "$OCI_INDEX"
	answers 201
	req GET "/v2/lib/ref/referrers/$subject"
	answers 200
	[ "$(header Content-Type)" = "$OCI_INDEX" ]
	[ -z "$(header OCI-Filters-Applied)" ]
	[ "$(jq -r '.manifests | length' <<<"$output")" = 3 ]
	[ "$(jq -r '.manifests[].artifactType' <<<"$output" | sort | paste -sd ' ')" = \
		'a/sbom application/vnd.oci.image.config.v1+json null' ]
	req GET "/v2/lib/ref/referrers/$subject?artifactType=a/sbom"
	[ "$(header OCI-Filters-Applied)" = artifactType ]
	[ "$(jq -c '.manifests[] | [.digest, .size, .annotations]' <<<"$output")" = \
		"[\"$(digest_of "$sbom")\",${#sbom},{\"k\":\"v\"}]" ]
	req GET /v2/lib/ref/referrers/sha256:short
	answers 400 DIGEST_INVALID
	req DELETE "/v2/lib/ref/manifests/$(digest_of "$sbom")"
	answers 202
	req GET "/v2/lib/ref/referrers/$subject?artifactType=a/sbom"
	[ "$(jq -c .manifests <<<"$output")" = '[]' ]
}

@test "the tag of an older client's referrers list is a tag like any other" {
	local tag=sha256-${LAYER#sha256:}
	manifest lib/ref "$tag" "{\"schemaVersion\":2,\"mediaType\":\"$OCI_INDEX\",\"manifests\":[]}" "$OCI_INDEX"
	answers 201
	req GET "/v2/lib/ref/manifests/$tag"
	answers 200
}

@test "end-9: tags and manifests are removed; a manifest takes its tags with it" {
	local json digest
	upload lib/gone '{}' >/dev/null
	upload lib/gone hello >/dev/null
	json=$(image_json "$CONFIG" "$LAYER" '"gone":1')
	digest=$(digest_of "$json")
	manifest lib/gone one "$json"
	manifest lib/gone two "$json"
	req DELETE /v2/lib/gone/manifests/one
	answers 202
	req GET /v2/lib/gone/manifests/one
	answers 404 MANIFEST_UNKNOWN
	req GET /v2/lib/gone/manifests/two
	answers 200
	req DELETE "/v2/lib/gone/manifests/$digest"
	answers 202
	req GET "/v2/lib/gone/manifests/$digest"
	answers 404 MANIFEST_UNKNOWN
	req GET /v2/lib/gone/manifests/two
	answers 404 MANIFEST_UNKNOWN
	req GET /v2/lib/gone/tags/list
	answers 200
	[ "$(jq -c .tags <<<"$output")" = '[]' ]
	req DELETE "/v2/lib/gone/manifests/$digest"
	answers 404
	req DELETE /v2/lib/nowhere/manifests/one
	answers 404 NAME_UNKNOWN
}

@test "end-10: a blob is removed from its repository, and stays in others" {
	local digest
	digest=$(upload lib/blob 'only here')
	upload lib/other 'only here' >/dev/null
	req DELETE "/v2/lib/blob/blobs/$digest"
	answers 202
	req GET "/v2/lib/blob/blobs/$digest"
	answers 404 BLOB_UNKNOWN
	req GET "/v2/lib/other/blobs/$digest"
	answers 200
	[ -e "$BATS_FILE_TMPDIR/root/blobs/sha256/${digest#sha256:}" ]
	req DELETE "/v2/lib/other/blobs/$digest"
	answers 202
	[ ! -e "$BATS_FILE_TMPDIR/root/blobs/sha256/${digest#sha256:}" ]
	req DELETE "/v2/lib/other/blobs/$digest"
	answers 404 BLOB_UNKNOWN
}

@test "errors are the specification's documents, also where there is no such path" {
	local document='.errors[0] | has("code") and has("message")'
	req GET /v2/lib/one/nothing
	answers 404
	jq -e "$document" <<<"$output"
	req GET "/v2/lib/one/blobs/$LAYER" -H 'Host:'
	answers 400
	jq -e "$document" <<<"$output"
	req GET "/v2/lib/..%2f..%2fetc/blobs/$LAYER"
	answers 400 NAME_INVALID
	req GET "/v2/$(printf 'a%.0s' {1..300})/tags/list"
	answers 400 NAME_INVALID
}
