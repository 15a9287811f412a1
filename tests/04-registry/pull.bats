# Images come from a registry: Debian's docker-registry, asked by docker's own client and by ours.
load ../helper/sandbox
load registry

REPO=127.0.0.1:5000/team/box

setup_file() {
	"$SANDBOX_HELPER/../../scripts/peers" docker docker-registry
	sandbox_start
	sandbox_image
	registry_peer 5000
	registry_image box:1 2
	registry_copy box:1 5000/team/box:1
	registry_image box:2 3
	registry_copy box:2 5000/team/box:2
	docker rmi box:1 box:2
	sandbox_remember
}

teardown_file() {
	registry_end
	sandbox_end
}

teardown() {
	sandbox_remove_containers
	docker images --format '{{.ID}} {{.Repository}}' | awk '$2 != "busybox" { print $1 }' |
		sort -u | xargs -r docker rmi -f
}

digest_of() {
	sandbox_enter skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$1"
}

@test "a pull says what Docker's says, step by step, and the image runs" {
	local digest
	digest=$(digest_of $REPO:1)
	run docker pull $REPO:1
	assert_success
	assert_line --index 0 "1: Pulling from team/box"
	assert_line --regexp '^[0-9a-f]{12}: Pulling fs layer$'
	assert_line --regexp '^[0-9a-f]{12}: Verifying Checksum$'
	assert_line --regexp '^[0-9a-f]{12}: Download complete$'
	assert_line --regexp '^[0-9a-f]{12}: Pull complete$'
	assert_line "Digest: $digest"
	assert_line "Status: Downloaded newer image for $REPO:1"
	assert_equal "${lines[-1]}" "$REPO:1"
	run docker inspect --format '{{json .RepoTags}} {{json .RepoDigests}}' $REPO:1
	assert_output "[\"$REPO:1\"] [\"$REPO@$digest\"]"
	run docker run --rm $REPO:1 cat /layer2
	assert_output "box:1 2"

	# Once more there is nothing to do, and no layer is asked for.
	: >"$PRIVATE/registry/5000/log"
	run docker pull $REPO:1
	assert_success
	assert_equal "${#lines[@]}" 4
	assert_line --index 2 "Status: Image is up to date for $REPO:1"
	run grep -a ' /v2/' "$PRIVATE/registry/5000/log"
	assert_output --partial "HEAD /v2/team/box/manifests/1"
	refute_output --partial "GET /v2/team/box"

	# By its digest, under which it has a name too.
	run docker pull "$REPO@$digest"
	assert_success
	assert_line "Status: Image is up to date for $REPO@$digest"
	run docker rmi $REPO:1
	assert_line "Untagged: $REPO@$digest"
}

@test "the stream of progress: objects in Docker's form" {
	sandbox_api POST "/images/create?fromImage=$REPO&tag=1"
	assert_equal "$status" 200
	run jq -c 'select(.status == "Pulling fs layer") | [.progressDetail, (.id | length)]' <<<"$output"
	assert_line --index 0 '[{},12]'
	sandbox_api POST "/images/create?fromImage=$REPO&tag=1"
	run jq -c . <<<"$output"
	assert_line --index 0 '{"status":"Pulling from team/box","id":"1"}'
}

@test "layers that are here are not fetched: only what another image has on top" {
	docker pull -q $REPO:1
	: >"$PRIVATE/registry/5000/log"
	run docker pull $REPO:2
	assert_success
	assert_equal "$(grep -c 'Already exists' <<<"$output")" 1
	assert_equal "$(grep -c 'Pull complete' <<<"$output")" 3
	# The config and three layers.
	assert_equal "$(registry_log 5000 | grep -ac 'GET /v2/team/box/blobs/')" 4
	sandbox_assert_nothing_left
}

@test "four pulls of one image at once: each blob is fetched once" {
	local i pids=()
	: >"$PRIVATE/registry/5000/log"
	for i in 1 2 3 4; do
		docker pull $REPO:2 >"$BATS_TEST_TMPDIR/$i" &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i"
	done
	cat "$BATS_TEST_TMPDIR"/*
	# Three layers on busybox's, which is packed in another way than the one that is here, and the
	# config.
	assert_equal "$(registry_log 5000 | grep -ac 'GET /v2/team/box/blobs/')" 5
	run cat "$BATS_TEST_TMPDIR/4"
	assert_line --regexp "^Status: (Downloaded newer image|Image is up to date) for $REPO:2\$"
}

@test "all tags of a repository" {
	run docker pull -a $REPO
	assert_success
	assert_line "1: Pulling from team/box"
	assert_line "2: Pulling from team/box"
	assert_line "Status: Downloaded newer image for $REPO"
	run docker images --format '{{.Tag}}' $REPO
	assert_output --regexp $'^[12]\n[12]$'
}

@test "run pulls what is missing; --pull says when" {
	run docker run --rm $REPO:1 cat /layer1
	assert_success
	assert_output --partial "Unable to find image '$REPO:1' locally"
	assert_line "box:1 1"
	docker rmi $REPO:1
	run docker run --rm --pull never $REPO:1 true
	assert_failure 125
	assert_output --partial "No such image: $REPO:1"
	run mini-docker run --rm --pull always $REPO:1 cat /layer1
	assert_success
	assert_output --partial "Status: Downloaded newer image for $REPO:1"
	assert_line "box:1 1"
}

@test "what is not there is told in Docker's words" {
	run docker pull $REPO:3
	assert_failure 1
	assert_output "Error response from daemon: manifest for $REPO:3 not found: manifest unknown: manifest unknown"
	run docker pull "$REPO@sha256:$(printf '%064d' 7)"
	assert_failure 1
	assert_output --partial "not found: manifest unknown"
	run docker pull 127.0.0.1:5999/x
	assert_failure 1
	assert_output --partial 'http://127.0.0.1:5999/v2/x/manifests/latest'
	assert_output --partial 'connect'
	# There is no internet here: what to do is said.
	run docker pull busybox
	assert_failure 1
	assert_output --partial "is there a way to the internet?"
	assert_output --partial "docker load"
	sandbox_api POST "/images/create?fromImage=$REPO&tag=3"
	assert_equal "$status" 404
	sandbox_api POST "/images/create?fromImage=UPPER&tag=1"
	assert_equal "$status" 400
	sandbox_assert_nothing_left
}
