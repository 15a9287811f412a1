load ../../lib/registry

# bats test_tags=task:whole,pts:3,whole
@test "mini-docker pushes to your registry and pulls from it" {
	local name=127.0.0.1:5000/team/app before
	registry
	daemon
	run docker run --name lab box sh -c 'echo mine >/mine'
	expect "the exit status of run" 0 "$status"
	run docker commit lab "$name:1.0"
	expect "the exit status of commit" 0 "$status"
	before=$(docker inspect --type image --format '{{.Id}}' "$name:1.0")
	run docker push "$name:1.0"
	expect "the exit status of push" 0 "$status"
	expect_part "what push says" "1.0: digest: sha256:" "$output"
	expect_answer 200 '["1.0"]' GET /v2/team/app/tags/list
	docker rm lab
	run docker rmi "$name:1.0" box
	expect "the exit status of rmi" 0 "$status"
	run docker pull "$name:1.0"
	expect "the exit status of pull" 0 "$status"
	expect "the image that came" "$before" "$(docker inspect --type image --format '{{.Id}}' "$name:1.0")"
	run docker run --rm "$name:1.0" cat /mine
	expect "what a container of it reads" mine "$output"
	run docker pull "$name:2.0"
	expect "the exit status of pull of a tag that is none" 1 "$status"
	expect_part "what it says" "not found" "$output"
}

# bats test_tags=task:whole,pts:2,whole
@test "who may, may, and who may not is told so" {
	local name=127.0.0.1:5000/team-a/app
	users alice bob
	inside sh -c 'printf "alice team-a* *\nbob team-a* pull\n" >/tmp/access'
	registry --htpasswd /tmp/users --access /tmp/access --token
	daemon
	docker tag box "$name:1"
	run docker push "$name:1"
	expect "the exit status of push without a name" 1 "$status"
	run docker login -u alice -p wrong 127.0.0.1:5000
	expect "the exit status of login with a wrong password" 1 "$status"
	run docker login -u alice -p secret 127.0.0.1:5000
	expect "the exit status of login" 0 "$status"
	run docker push "$name:1"
	expect "the exit status of push" 0 "$status"
	run docker login -u bob -p secret 127.0.0.1:5000
	expect "the exit status of bob's login" 0 "$status"
	run docker pull "$name:1"
	expect "the exit status of his pull" 0 "$status"
	docker tag box "$name:2"
	run docker push "$name:2"
	expect "the exit status of his push" 1 "$status"
	docker tag box 127.0.0.1:5000/team-b/app:1
	run docker push 127.0.0.1:5000/team-b/app:1
	expect "the exit status of a push to another team" 1 "$status"
}
