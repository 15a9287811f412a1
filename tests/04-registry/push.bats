# Images go to a registry: Debian's docker-registry, with docker's own client and with ours.
load ../helper/sandbox
load registry

setup_file() {
	"$SANDBOX_HELPER/../../scripts/peers" docker docker-registry
	sandbox_start
	sandbox_image
	registry_peer 5000
	registry_peer 5001 --htpasswd
	sandbox_remember
}

teardown_file() {
	registry_end
	sandbox_end
}

setup() {
	DOCKER_CONFIG=$BATS_TEST_TMPDIR/config
	export DOCKER_CONFIG
	mkdir "$DOCKER_CONFIG"
}

teardown() {
	docker images --format '{{.Repository}}:{{.Tag}}' | grep -vE '^busybox:|<none>' | xargs -r docker rmi
}

@test "a push says what Docker's says; what is there is not sent, what a neighbour has is mounted" {
	local client image
	for client in docker mini-docker; do
		image=127.0.0.1:5000/one/$client
		$client tag busybox "$image:1"
		run $client push "$image:1"
		assert_success
		assert_line --index 0 "The push refers to repository [$image]"
		assert_line --regexp '^[0-9a-f]{12}: Preparing$'
		if [ $client = docker ]; then
			assert_line --regexp '^[0-9a-f]{12}: Pushed$'
		else
			assert_line --regexp '^[0-9a-f]{12}: Mounted from one/docker$'
		fi
		assert_line --regexp '^1: digest: sha256:[0-9a-f]{64} size: [0-9]+$'
		run $client push "$image:1"
		assert_success
		assert_line --regexp '^[0-9a-f]{12}: Layer already exists$'
		# It has a name with its digest now, by which the registry knows it.
		run docker inspect --format '{{index .RepoDigests 0}}' "$image:1"
		assert_output --regexp "^127.0.0.1:5000/one/docker@sha256:"
	done
	# What is there is what was here.
	docker inspect --format '{{.Id}}' busybox >"$BATS_TEST_TMPDIR/id"
	docker rmi 127.0.0.1:5000/one/docker:1
	docker pull -q 127.0.0.1:5000/one/docker:1
	run docker inspect --format '{{.Id}}' 127.0.0.1:5000/one/docker:1
	assert_output "$(cat "$BATS_TEST_TMPDIR/id")"
}

@test "push --platform: the platform that the image is for, and no other" {
	local client machine
	machine=$(docker info --format '{{.OSType}}')/$(docker inspect --format '{{.Architecture}}' busybox)
	for client in docker mini-docker; do
		$client tag busybox "127.0.0.1:5000/for/$client:1"
		run $client push --platform linux/s390x "127.0.0.1:5000/for/$client:1"
		assert_failure 1
		assert_output --partial "image with reference 127.0.0.1:5000/for/$client:1 was found but its platform ($machine) does not match the specified platform (linux/s390x)"
		run $client push --platform "$machine" "127.0.0.1:5000/for/$client:1"
		assert_success
		assert_line --regexp '^1: digest: sha256:[0-9a-f]{64} size: [0-9]+$'
	done
}

@test "all tags of a repository go; what is not here is told" {
	docker tag busybox 127.0.0.1:5000/all/box:1
	docker tag busybox 127.0.0.1:5000/all/box:2
	run mini-docker push -a 127.0.0.1:5000/all/box
	assert_success
	assert_line --partial "1: digest: sha256:"
	assert_line --partial "2: digest: sha256:"
	run jq -c '.tags | sort' <(sandbox_enter curl -s http://127.0.0.1:5000/v2/all/box/tags/list)
	assert_output '["1","2"]'
	run docker push 127.0.0.1:5000/all/box:3
	assert_failure 1
	assert_line "tag does not exist: 127.0.0.1:5000/all/box:3"
	run docker push 127.0.0.1:5000/none/box:3
	assert_failure 1
	assert_line "An image does not exist locally with the tag: 127.0.0.1:5000/none/box"
	run docker push 127.0.0.1:5999/all/box:1
	assert_failure 1
}

@test "what a name means at its registry, without pulling it" {
	docker tag busybox 127.0.0.1:5000/look/box:1
	docker push -q 127.0.0.1:5000/look/box:1
	sandbox_api GET /distribution/127.0.0.1:5000/look/box:1/json
	assert_equal "$status" 200
	run jq -r '.Descriptor.digest + " " + .Platforms[0].os + " " + (has("Manifest") | tostring)' <<<"$output"
	assert_output --regexp '^sha256:[0-9a-f]{64} linux false$'
	# The client asks the registry, not the daemon.
	run sandbox_enter env DOCKER_HOST=unix:///nobody mini-docker manifest inspect 127.0.0.1:5000/look/box:1
	assert_success
	run jq -r '.layers | length' <<<"$output"
	assert_output 1
	run sandbox_enter env DOCKER_HOST=unix:///nobody docker manifest inspect --insecure 127.0.0.1:5000/look/box:1
	assert_success
	run sandbox_enter mini-docker manifest inspect -v 127.0.0.1:5000/look/box:1
	run jq -r '.Descriptor.platform.os + " " + (.Raw | @base64d | fromjson | .config.digest)' <<<"$output"
	assert_output --regexp '^linux sha256:'
	run sandbox_enter mini-docker manifest inspect 127.0.0.1:5000/look/box:none
	assert_failure 1
	assert_output 'no such manifest: 127.0.0.1:5000/look/box:none'
	# With a password, which nobody sees in a list of processes.
	sandbox_enter mini-docker login -u ann --password-stdin 127.0.0.1:5001 <<<secret
	docker tag busybox 127.0.0.1:5001/look/box:1
	docker push -q 127.0.0.1:5001/look/box:1
	run sandbox_enter mini-docker manifest inspect 127.0.0.1:5001/look/box:1
	assert_success
	sandbox_enter mini-docker logout 127.0.0.1:5001
	run sandbox_enter mini-docker manifest inspect 127.0.0.1:5001/look/box:1
	assert_failure 1
	assert_output --partial 'no basic auth credentials'
}

# listed COMMAND...: of the list NAME, with the folder of $client
listed() {
	sandbox_enter env DOCKER_HOST=unix:///nobody DOCKER_CONFIG="$BATS_TEST_TMPDIR/$client" "$client" manifest "$@"
}

# What is printed and what is kept in files, for whichever client it is.
list_of_two() {
	local h=127.0.0.1:5000 name=$1
	run -0 listed create --insecure "$h/$name:all" "$h/list/box:one" "$h/other/box:two"
	assert_output "Created manifest list $h/$name:all"
	run -1 listed create --insecure "$h/$name:all" "$h/list/box:one"
	assert_output 'refusing to amend an existing manifest list with no --amend flag'
	run -0 listed create --insecure --amend "$h/$name:all" "$h/list/box:one"
	run -1 listed create --insecure "$h/$name:x" "$h/list/box:none"
	assert_output "no such manifest: $h/list/box:none"
	run -0 listed annotate "$h/$name:all" "$h/other/box:two" --os linux --arch arm --variant v7 \
		--os-features a,b --os-version 1.2
	run -1 listed annotate "$h/$name:all" "$h/list/box:one" --arch pdp11
	assert_output 'manifest entry for image has unsupported os/arch combination: /pdp11'
	run -1 listed annotate "$h/$name:all" "$h/list/box:none" --os linux
	assert_output "manifest for image $h/list/box:none does not exist in $h/$name:all"
	listed inspect "$h/$name:all"
	listed inspect -v "$h/$name:all"
	listed inspect "$h/$name:all" "$h/other/box:two"
	listed push --insecure "$h/$name:all"
	listed inspect --insecure -v "$h/$name:all" # it is still here
	run -1 listed rm "$h/$name:none" "$h/$name:all" "$h/$name:also"
	assert_output "No such manifest: $h/$name:none"$'\n'"No such manifest: $h/$name:also"
	listed inspect --insecure "$h/$name:all" # and now the registry's
	listed inspect --insecure -v "$h/$name:all"
	run -1 listed create --insecure "$h/$name:x" "$h/$name:all"
	assert_output "$h/$name:all is a manifest list"
	run -1 listed push --insecure "$h/$name:all"
	assert_output "No such manifest: $h/$name:all"
}

@test "manifest: a list of two images is put together, pushed and pulled, as by docker" {
	local client
	docker tag busybox 127.0.0.1:5000/list/box:one
	docker push -q 127.0.0.1:5000/list/box:one
	mini-docker import --change 'CMD ["two"]' - 127.0.0.1:5000/other/box:two \
		< <(tar -C "$BATS_TEST_DIRNAME" -c push.bats)
	docker push -q 127.0.0.1:5000/other/box:two
	for client in mini-docker docker; do
		list_of_two "list/$client" >"$BATS_TEST_TMPDIR/$client.out"
		sed -i "s|list/$client|list/any|" "$BATS_TEST_TMPDIR/$client.out"
	done
	[ "$(wc -l <"$BATS_TEST_TMPDIR/docker.out")" -gt 200 ]
	diff "$BATS_TEST_TMPDIR/mini-docker.out" "$BATS_TEST_TMPDIR/docker.out"
	# The image for this machine, by the list.
	docker rmi 127.0.0.1:5000/list/box:one
	docker pull -q 127.0.0.1:5000/list/mini-docker:all
	run -0 docker run --rm --network none 127.0.0.1:5000/list/mini-docker:all echo it runs
	assert_output 'it runs'
	# What docker has begun mini-docker ends: the files are the same.
	client=docker
	listed create --insecure 127.0.0.1:5000/list/both:1 127.0.0.1:5000/other/box:two
	run -0 sandbox_enter env DOCKER_CONFIG="$BATS_TEST_TMPDIR/docker" mini-docker manifest push -p 127.0.0.1:5000/list/both:1
	assert_line --regexp '^Pushed ref 127.0.0.1:5000/list/both@sha256:[0-9a-f]+ with digest: sha256:'
	assert_file_not_exist "$BATS_TEST_TMPDIR/docker/manifests/127.0.0.1-5000_list_both-1"
}

@test "login: a password is kept for its registry alone, and goes with pull, push and run" {
	local client
	for client in docker mini-docker; do
		docker tag busybox "127.0.0.1:5001/own/$client:1"
		run $client push "127.0.0.1:5001/own/$client:1"
		assert_failure 1
		assert_output --partial "no basic auth credentials"
		run $client login -u ann --password-stdin 127.0.0.1:5001 <<<wrong
		assert_failure 1
		assert_output --partial "unauthorized: authentication required"
		run $client login -u ann --password-stdin 127.0.0.1:5001 <<<secret
		assert_success
		assert_line "Login Succeeded"
		assert_equal "$(stat -c %a "$DOCKER_CONFIG/config.json")" 600
		run jq -r '.auths."127.0.0.1:5001".auth | @base64d' "$DOCKER_CONFIG/config.json"
		assert_output ann:secret
		run $client push "127.0.0.1:5001/own/$client:1"
		assert_success
		docker rmi "127.0.0.1:5001/own/$client:1"
		run $client run --rm "127.0.0.1:5001/own/$client:1" echo pulled
		assert_success
		assert_line pulled
		run $client logout 127.0.0.1:5001
		assert_output "Removing login credentials for 127.0.0.1:5001"
		run $client pull "127.0.0.1:5001/own/$client:1"
		assert_failure 1
		assert_output --partial "pull access denied for 127.0.0.1:5001/own/$client, repository does not exist or may require 'docker login'"
	done
}

@test "a credential helper keeps the password in place of the file" {
	local bin=$BATS_TEST_TMPDIR/bin
	mkdir "$bin"
	cat >"$bin/docker-credential-box" <<-'SH'
		#!/bin/bash
		kept=$(dirname "$0")/kept
		case $1 in
		store) cat >"$kept" ;;
		get) [ -e "$kept" ] && cat "$kept" || { echo "credentials not found in native keychain"; exit 1; } ;;
		erase) rm -f "$kept" ;;
		esac
	SH
	chmod +x "$bin/docker-credential-box"
	echo '{"credsStore": "box", "detachKeys": "ctrl-a"}' >"$DOCKER_CONFIG/config.json"
	run env PATH="$bin:$PATH" mini-docker login -u ann --password-stdin 127.0.0.1:5001 <<<secret
	assert_success
	refute_output --partial unencrypted
	run jq -r .Secret "$bin/kept"
	assert_output secret
	run jq -c . "$DOCKER_CONFIG/config.json"
	assert_output '{"credsStore":"box","detachKeys":"ctrl-a","auths":{"127.0.0.1:5001":{}}}'
	docker tag busybox 127.0.0.1:5001/helped:1
	run env PATH="$bin:$PATH" mini-docker push 127.0.0.1:5001/helped:1
	assert_success
	run env PATH="$bin:$PATH" mini-docker logout 127.0.0.1:5001
	assert_success
	refute [ -e "$bin/kept" ]
	run mini-docker push 127.0.0.1:5001/helped:1
	assert_failure 1
	assert_output --partial 'cannot run the credential helper "docker-credential-box"'
}
