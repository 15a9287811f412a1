# Clients ask at once, and of the same few containers, networks, volumes and images, for what fits
# together worst. For a moment here; with `make races TIMES=500` (RACE_ROUNDS) for longer, and of
# daemons that were built with ThreadSanitizer, whose reports are failures.
load ../helper/sandbox

setup() {
	export TSAN_OPTIONS="log_path=$BATS_TEST_TMPDIR/race exitcode=0 history_size=7 suppressions=$SANDBOX_HELPER/../thread.supp"
	sandbox_start
	sandbox_image
	sandbox_remember
	# Without a shell between: what is ended is the registry itself.
	(private_exec mini-registry --root "$BATS_TEST_TMPDIR/registry" --listen tcp://127.0.0.1:5000 \
		>"$BATS_TEST_TMPDIR/registry.log" 2>&1 3>&-) &
	registry=$!
	sandbox_eventually 10 sandbox_enter curl -s -o /dev/null http://127.0.0.1:5000/v2/
}

teardown() {
	kill "$registry" || true
	wait "$registry" || true
	sandbox_end
}

# $1: which one it is; $2: how many it does. It meets errors all the time, as it must.
client() {
	local count name other net volume image
	RANDOM=$1
	for ((count = 0; count < $2; count++)); do
		name=c$1-$((RANDOM % 3)) other=c$((RANDOM % 6))-$((RANDOM % 3)) net=n$((RANDOM % 4))
		volume=v$((RANDOM % 4)) image=127.0.0.1:5000/i$((RANDOM % 2))
		case $((RANDOM % 32)) in
		[0-3])
			mini-docker run -d --name "$name" --network "$net" -v "$volume:/data" -p 80 \
				--health-cmd true --health-interval 300ms busybox \
				sh -c 'while :; do echo a line; sleep 0.1; done'
			;;
		4) mini-docker run --rm --network "$net" busybox nslookup "$other" ;;
		5) mini-docker rm -f "$name" "$other" ;;
		6) mini-docker stop -t 0 "$other" && mini-docker start "$other" ;;
		7) mini-docker restart -t 0 "$other" ;;
		8) mini-docker kill "$other" ;;
		9) mini-docker exec "$other" ls / ;;
		10) mini-docker logs --tail 5 "$other" ;;
		11) mini-docker ps -as && mini-docker system df ;;
		12) mini-docker inspect --size "$other" ;;
		13) timeout 1 mini-docker stats ;;
		14 | 15) mini-docker network create "$net" ;;
		16) mini-docker network rm "$net" ;;
		17) mini-docker network connect "$net" "$other" ;;
		18) mini-docker network disconnect -f "$net" "$other" ;;
		19) mini-docker network inspect "$net" bridge ;;
		20) mini-docker volume create "$volume" && mini-docker volume ls ;;
		21) mini-docker volume rm "$volume" ;;
		22) mini-docker rename "$other" "$name-new" && mini-docker rename "$name-new" "$other" ;;
		23) mini-docker update --memory 64m --memory-swap 64m --restart on-failure "$other" ;;
		24) mini-docker commit "$other" "$image" && mini-docker push -q "$image" ;;
		25) mini-docker pull -q "$image" && mini-docker rmi "$image" ;;
		26) mini-docker cp "$other:/etc/passwd" - ;;
		27) mini-docker network prune -f && mini-docker volume prune -f && mini-docker image prune -f ;;
		28) mini-docker container prune -f ;;
		29) kill -HUP "$(sandbox_daemon_pid)" ;;
		30) timeout 1 mini-docker events --since 1s ;;
		31) timeout 1 mini-docker logs -f "$other" || mini-docker top "$other" || mini-docker diff "$other" ;;
		esac
	done >/dev/null 2>&1 || true
}

@test "whatever clients ask for at once, the daemon stays whole and leaves nothing" {
	local pid which clients=()
	pid=$(sandbox_daemon_pid)
	for which in 0 1 2 3 4 5; do
		client "$which" "${RACE_ROUNDS:-25}" 3>&- &
		clients+=($!)
	done
	wait "${clients[@]}"
	[ "$(sandbox_daemon_pid)" = "$pid" ]
	kill -0 "$registry"
	run -0 docker run --rm busybox echo whole
	assert_output whole
	sandbox_remove_containers
	docker network prune -f
	docker volume prune -af
	sandbox_assert_nothing_left
	sandbox_daemon_stop
	if compgen -G "$BATS_TEST_TMPDIR/race.*"; then
		cat "$BATS_TEST_TMPDIR"/race.*
		false
	fi
}
