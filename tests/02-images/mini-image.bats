# mini-image alone: names, lists, mounts, errors, and what stays after a failure.
load images

setup() {
	images_setup
}

@test "import, ls, inspect: an image with Docker's id, names and sizes" {
	run -0 image_busybox
	assert_output --regexp '^sha256:[0-9a-f]{64}$'
	local id=$output
	run -0 image ls
	assert_line --index 0 --regexp '^REPOSITORY   TAG       IMAGE ID       CREATED +SIZE$'
	assert_line --index 1 --regexp "^busybox      latest    ${id:7:12}   .* ago +[0-9.]+MB$"
	run -0 image ls -q
	assert_output "${id:7:12}"
	run -0 image ls -q --no-trunc
	assert_output "$id"
	run -0 --separate-stderr image inspect busybox
	assert_equal "$(jq -r '.[0].Id' <<<"$output")" "$id"
	assert_equal "$(jq -c '.[0].Config.Cmd' <<<"$output")" '["sh"]'
	assert_equal "$(jq -r '.[0].Layers[0].DiffID' <<<"$output")" \
		"sha256:$(sha256sum <"$(busybox_tar)" | cut -d' ' -f1)"
}

@test "the same rootfs is stored and unpacked once" {
	image_busybox
	image import "$(busybox_tar)" other
	run -0 ls "$STORE/image/layers"
	assert_equal "${#lines[@]}" 1
	run -0 bash -c 'ls "$STORE"/image/blobs/sha256 | wc -l'
	assert_output 5
}

@test "import takes changes, a message, a platform, and compressed tars" {
	gzip -c "$(busybox_tar)" >rootfs.tar.gz
	run -0 image import -c 'ENV A=b' -c 'EXPOSE 80' -m 'by hand' --platform linux/arm64 \
		rootfs.tar.gz x
	run -0 bash -c 'image cat-blob "$(image ls -q --no-trunc)" | jq -c "[.architecture,
		.config.Env, .config.ExposedPorts, .history[0].comment]"'
	assert_output '["arm64",["A=b"],{"80/tcp":{}},"by hand"]'
	run ! image import -c 'RUN x' "$(busybox_tar)" y
	assert_output --partial 'RUN is not a valid change command'
}

@test "tag, untag, remove: Docker's words, and nothing is left of a removed image" {
	image_busybox
	image tag busybox host:5000/a/b:1
	run -0 image rm busybox
	assert_output 'Untagged: busybox:latest'
	run -0 image rm host:5000/a/b:1
	assert_line --index 0 'Untagged: host:5000/a/b:1'
	assert_line --index 1 --regexp '^Deleted: sha256:'
	run -0 find "$STORE/image/blobs" "$STORE/image/layers" "$STORE/image/ingest" -type f
	assert_output ''
	run ! image rm busybox
	assert_output 'mini-image: No such image: busybox:latest'
	run ! image tag busybox x
	assert_output 'mini-image: No such image: busybox:latest'
	run ! image tag busybox UPPER
	assert_output --partial 'repository name (library/UPPER) must be lowercase'
}

@test "mount shows the tree, read-only or with a folder for changes" {
	image_busybox
	mkdir mnt
	in_namespace '
		image mount busybox mnt
		[ "$(mnt/bin/busybox echo works)" = works ]
		fails touch mnt/x 2>error
		grep -q "Read-only" error
		image umount mnt
		image mount --rw changes busybox mnt
		echo new >mnt/etc/new
		rm mnt/etc/hosts
		image umount mnt
		image mount --rw changes busybox mnt
		[ -e mnt/etc/new ]
		fails [ -e mnt/etc/hosts ]
	'
	assert_file_exist changes/upper/etc/new
	assert [ -c changes/upper/etc/hosts ]
	run -0 grep -c "$BATS_TEST_TMPDIR" /proc/self/mountinfo || assert_output 0
}

@test "what is mounted is what was packed: owners, modes, times, links" {
	mkdir rootfs from-tar mnt
	mkdir -m 2750 rootfs/dir
	echo x >rootfs/dir/file
	ln rootfs/dir/file rootfs/hard
	ln -s /nowhere rootfs/link
	mkfifo rootfs/fifo
	mknod rootfs/null c 1 3
	cp /bin/busybox rootfs/suid
	chown 12:34 rootfs/suid rootfs/dir
	chmod 4755 rootfs/suid
	setfattr -n user.color -v red rootfs/dir/file 2>/dev/null || true
	touch -d '2001-02-03 04:05:06.789' rootfs/dir/file rootfs/dir
	tar -C rootfs --format=pax --xattrs -cf rootfs.tar .
	tar -C from-tar --xattrs --numeric-owner -xpf rootfs.tar
	image import rootfs.tar x
	in_namespace '
		image mount x mnt
		cp -a mnt copied
	'
	run -0 diff <(tree_list from-tar) <(tree_list copied)
	assert_equal "$(stat -c %h copied/hard)" 2
}

@test "--explain says what could be done by hand" {
	run -0 --separate-stderr mini-image --explain --root "$STORE" import "$(busybox_tar)" busybox
	assert_regex "$stderr" '\[2\.2\] +image +rename\("ingest/'
	assert_regex "$stderr" '\[2\.4\] +image +openat2\(.*RESOLVE_IN_ROOT'
	run -0 --separate-stderr env MINI_EXPLAIN=1 mini-image --root "$STORE" ls
	assert_output --partial busybox
}

@test "broken, cut off and hostile archives are refused, and nothing is left" {
	local tar
	tar=$(busybox_tar)
	head -c 700000 "$tar" >short.tar
	gzip -c "$tar" >whole.tar.gz
	head -c 300000 whole.tar.gz >short.tar.gz
	head -c 100000 /dev/urandom >noise
	touch file && tar -cPf outside.tar ../"$(basename "$PWD")"/file
	local archive
	for archive in short.tar short.tar.gz noise outside.tar; do
		run ! image import "$archive" x
		assert_output --regexp '^mini-image: .+'
		run ! image load -i "$archive"
		assert_output --regexp '^mini-image: .+'
	done
	run ! image load -i "$tar"
	assert_output --partial 'a root filesystem is taken by import'
	run ! image import missing.tar
	assert_output --partial "cannot open 'missing.tar': No such file or directory"
	run -0 image ls -q
	assert_output ''
	run -0 find "$STORE/image/blobs" "$STORE/image/layers" "$STORE/image/ingest" -mindepth 1 \
		-not -name sha256 -not -name sha512
	assert_output ''
}

@test "a full disk is told, and takes nothing away" {
	image_busybox >/dev/null
	in_namespace '
		mkdir small
		mount -t tmpfs -o size=3m tmpfs small
		fails mini-image --root small import "'"$(busybox_tar)"'" x 2>error
		grep -q "No space left on device" error
		[ -z "$(mini-image --root small ls -q)" ]
		[ -z "$(ls small/image/layers small/image/ingest | grep -v :)" ]
	'
}

@test "an import that was killed leaves nothing behind" {
	mkfifo pipe
	mini-image --root "$STORE" import - x <pipe &
	local importing=$!
	exec 5>pipe
	head -c 1000000 "$(busybox_tar)" >&5
	while ! [ -e "$(echo "$STORE"/image/layers/new-*)" ]; do sleep 0.01; done
	kill -9 "$importing"
	wait "$importing" || true
	exec 5>&-
	assert [ -n "$(ls "$STORE/image/ingest")" ]
	run -0 image ls -q
	assert_output ''
	run -0 ls "$STORE/image/ingest" "$STORE/image/layers"
	refute_output --regexp 'new-|[0-9a-f]{64}'
}

@test "many at once on one store" {
	local i pids=()
	busybox_tar >/dev/null # made once, before all want it
	for i in 1 2 3 4 5 6; do
		image import "$(busybox_tar)" "many:$i" >/dev/null &
		pids+=($!)
	done
	wait "${pids[@]}"
	run -0 bash -c 'image ls | grep -c "^many "'
	assert_output 6
	pids=()
	for i in 1 2 3 4 5; do
		image rm "many:$i" >/dev/null &
		pids+=($!)
	done
	wait "${pids[@]}"
	run -0 image ls -q
	assert_equal "${#lines[@]}" 1
	mkdir mnt
	in_namespace 'image mount many:6 mnt && mnt/bin/busybox true'
}

@test "usage: help, unknown commands and flags, missing arguments" {
	run -0 mini-image --help
	assert_line --partial 'import'
	run -0 mini-image import --help
	assert_line --partial '--change'
	run ! mini-image nonsense
	assert_output --partial 'unknown command'
	run ! image ls --nonsense
	assert_output --partial 'unknown flag: --nonsense'
	run ! image tag busybox
	assert_output --partial 'Usage:  mini-image tag'
	run ! image cat-blob sha256:../../../etc/passwd
	assert_output --partial 'is not a digest'
}

@test "the busybox image is the same each time, and quickly made" {
	run -0 bash -c '"$0" | sha256sum' "$IMAGES_HELPER/busybox-rootfs"
	assert_equal "$output" "$(sha256sum <"$(busybox_tar)")"
	run -0 tar -tf "$(busybox_tar)"
	assert_line ./bin/sh
	assert_line ./etc/passwd
	assert_line ./tmp/
}

@test "help fits a terminal of 80 columns, and tells of each command and option once" {
	local command
	run -0 script -qec 'mini-image --help' /dev/null
	run ! grep -E '.{82}' <<<"$output" # with the carriage return
	for command in $(mini-image --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p'); do
		run -0 mini-image "$command" --help
		assert_line --index 0 --regexp "^Usage:  mini-image $command( \[OPTIONS\])?( [A-Z[].*)?$"
		refute_line --regexp '.{81}'
		refute_line --regexp ' $'
		[ "$(grep -c '^Options:' <<<"$output")" -le 1 ]
	done
	assert_equal "$command" unshare
}

@test "more layers than lines: the bars stay on the screen" {
	image_busybox >/dev/null
	mkdir mnt
	in_namespace 'for i in 1 2 3 4; do
		image mount --rw changes busybox mnt; echo "$i" >"mnt/$i"; umount mnt
		image commit busybox changes busybox >/dev/null; rm -r changes; done'
	image save -o saved.tar busybox
	run -0 script -qec 'stty rows 4 cols 80; mini-image --root second load -i saved.tar' /dev/null
	assert_output --partial 'Unpacking'
	# Back by three lines at most.
	run ! grep -E "$(printf '\033')\[([4-9]|[1-9][0-9]+)A" <<<"$output"
}
