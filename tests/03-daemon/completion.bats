# What the shells offer after `mini-docker`, and the help that comes from the same tables.
load ../helper/sandbox

setup_file() {
	sandbox_start
	sandbox_image
	mini-docker run -d --name alive busybox sleep 1000
	mini-docker tag busybox busybox:other
}

teardown_file() {
	sandbox_remove_containers
	sandbox_end
}

# words WORD...: what could stand in the place of the last one
words() {
	mini-docker __complete "$@" | cut -f 1
}

@test "commands, options and names come from the tables and from the daemon" {
	run -0 words re
	assert_output $'rename\nrestart'
	run -0 words container pr
	assert_output prune
	run -0 words --host x ps --no
	assert_output --no-trunc
	run -0 words rm -f al
	assert_output alive
	run -0 words exec -it ''
	assert_output alive
	run -0 words exec alive ''
	assert_output ''
	run -0 words rm alive a
	assert_output alive
	run -0 words run busybox:
	assert_output $'busybox:latest\nbusybox:other'
	run -0 words run -e ''
	assert_output ''
	run -0 words context use d
	assert_output default
	run -0 words completion ''
	assert_output $'bash\nzsh\nfish'
	run -0 mini-docker __complete history
	assert_output $'history\tShow the history of an image'
	DOCKER_HOST=unix:///nonexistent run -0 words rm ''
	assert_output ''
}

@test "bash: words that begin, words with a colon, and files where there is nothing of ours" {
	# shellcheck disable=SC1090
	source <(mini-docker completion bash)
	COMP_LINE='mini-docker rmi busybox:' COMP_POINT=24
	_mini_docker
	assert_equal "${COMPREPLY[*]}" 'latest other'
	COMP_LINE='mini-docker container insp' COMP_POINT=26
	_mini_docker
	assert_equal "${COMPREPLY[*]}" inspect
	COMP_LINE='mini-docker stop ' COMP_POINT=17
	_mini_docker
	assert_equal "${COMPREPLY[*]}" alive
	run -0 complete -p mini-docker
	assert_output 'complete -o default -F _mini_docker mini-docker'
	run -1 mini-docker completion ksh
	assert_output --partial 'use bash, zsh or fish'
}

# The real client's lines about a command, without what is about templates on its web site.
help_of() {
	"$@" --help | grep -vE 'docs.docker.com|formatting output|^ +(with )?templates$|^ +about formatting|more information about|^ +formatting' |
		sed 's/mini-docker/docker/g'
}

@test "help is laid out as docker's" {
	local command
	for command in 'image prune' 'container prune' ps version info 'context ls' 'image tag' rename wait; do
		# shellcheck disable=SC2086
		help_of docker $command >"$BATS_TEST_TMPDIR/theirs"
		# shellcheck disable=SC2086
		help_of mini-docker $command >"$BATS_TEST_TMPDIR/ours"
		run -0 diff "$BATS_TEST_TMPDIR"/{theirs,ours}
	done
	run -0 mini-docker --help
	assert_line 'Common Commands:'
	assert_line 'Management Commands:'
	refute_output --partial __complete
	run -0 mini-docker system --help
	refute_output --partial dial-stdio
}

@test "make install: programs, a page for each command, completion" {
	local into=$BATS_TEST_TMPDIR/into
	run -0 make -s -C "$SANDBOX_HELPER/../.." BUILD="$(dirname "$MINI_BIN")" DESTDIR="$into" PREFIX=/usr install
	run -0 "$into/usr/bin/mini-docker" --version
	run -0 grep -c . "$into"/usr/share/man/man1/mini-docker.1
	run -0 cat "$into"/usr/share/man/man1/mini-docker-container-prune.1
	assert_line 'mini\-docker\-container\-prune \- Remove all stopped containers'
	assert_line '\fB\-f\fR, \fB\-\-force\fR'
	assert_file_not_exist "$into"/usr/share/man/man1/mini-docker-system-dial-stdio.1
	run -0 bash -n "$into"/usr/share/bash-completion/completions/mini-docker
	assert_file_exist "$into"/usr/share/zsh/site-functions/_mini-docker
	assert_file_exist "$into"/usr/share/fish/vendor_completions.d/mini-docker.fish
	run -0 bash -n "$into"/usr/share/bash-completion/completions/mini-dockerd
	assert_file_exist "$into"/usr/share/zsh/site-functions/_mini-dockerd
	assert_file_exist "$into"/usr/share/fish/vendor_completions.d/mini-dockerd.fish
	assert_file_exist "$into"/usr/share/man/man8/mini-dockerd.8
	local file
	for file in bash-completion/completions/mini-dockerd-rootless man/man8/mini-dockerd-rootless.8 \
		zsh/site-functions/_mini-dockerd-rootless fish/vendor_completions.d/mini-dockerd-rootless.fish; do
		assert_file_exist "$into/usr/share/$file"
	done
	run -0 bash -n "$into"/usr/share/bash-completion/completions/mini-registry
	run -0 grep -c 'mini\\-registry \\- where' "$into"/usr/share/man/man8/mini-registry.8
}

# program_flags PROGRAM: the names in its --help, one a line
program_flags() {
	"$1" --help | grep -oE '^ +(-[a-zA-Z], )?--[a-z0-9-]+' | grep -oE -- '--[a-z0-9-]+'
}

# assert_flags PROGRAM: its page, and what the shells offer, have each flag that its help has
assert_flags() {
	local flags
	flags=$(program_flags "$1")
	[ "$(wc -l <<<"$flags")" -gt 30 ]
	run -0 diff <(echo "$flags") \
		<("$1" --man | sed -nE 's/^(\\fB\\-[A-Za-z]\\fR, )?\\fB\\-\\-([a-z0-9\\-]+).*/--\2/p' | sed 's/\\fR.*//; s/\\f$//; s/\\//g')
	run -0 diff <(echo "$flags") \
		<("$1" --completion fish | sed -nE 's/^complete -c [a-z-]+ -l ([a-z0-9-]+).*/--\1/p')
	run -0 diff <(echo "$flags") \
		<("$1" --completion zsh | sed -nE "s/^\t'\*(--[a-z0-9-]+).*/\1/p")
	# shellcheck disable=SC1090
	source <("$1" --completion bash)
	COMP_WORDS=("$1" --) COMP_CWORD=1
	"_${1//-/_}"
	run -0 diff <(echo "$flags") <(printf '%s\n' "${COMPREPLY[@]}")
	run -125 "$1" --completion ksh
	assert_output --partial 'use bash, zsh or fish'
}

@test "mini-dockerd: its page, and what the shells offer" {
	assert_flags mini-dockerd
	COMP_WORDS=(mini-dockerd -l e) COMP_CWORD=2
	_mini_dockerd
	assert_equal "${COMPREPLY[*]}" error
	COMP_WORDS=(mini-dockerd --default-ipc-mode '') COMP_CWORD=2
	_mini_dockerd
	assert_equal "${COMPREPLY[*]}" 'shareable private'
	COMP_WORDS=(mini-dockerd --data-root '') COMP_CWORD=2
	_mini_dockerd
	assert_equal "${#COMPREPLY[@]}" 0 # the shell offers files
}

@test "mini-registry: its page, and what the shells offer" {
	assert_flags mini-registry
	COMP_WORDS=(mini-registry --log-level w) COMP_CWORD=2
	_mini_registry
	assert_equal "${COMPREPLY[*]}" warn
}

@test "mini-dockerd-rootless: its page, and what the shells offer" {
	assert_flags mini-dockerd-rootless
	run -0 complete -p mini-dockerd-rootless
	assert_output 'complete -o default -F _mini_dockerd_rootless mini-dockerd-rootless'
	run -0 mini-dockerd-rootless --man
	assert_line --partial 'mini\-dockerd\-rootless \- a daemon for containers that needs no root'
	assert_output --partial 'MINI_ROOTLESS_NET'
}
