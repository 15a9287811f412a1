load ../../lib/images

# changed SCRIPT [OPTION]: the image base:1, mounted to write, changed by a script.
changed() {
	inside mkdir -p /tmp/at
	# shellcheck disable=SC2086
	run image mount ${2:-} --rw /tmp/changes base:1 /tmp/at
	expect_status success "mounting the image to write"
	inside sh -euc "cd /tmp/at; $1"
}

# differs LINE...
differs() {
	run image diff base:1 /tmp/changes
	expect "what mini-image diff says" "$(printf '%s\n' "$@")" "$output"
}

base() {
	load_image base:1 'folder etc' 'file etc/motd one' 'folder usr' 'folder usr/lib' \
		'file usr/lib/a x' 'link l etc/motd' 'file file x' -- 'folder var' 'file var/log x' \
		'file .wh.file' 'folder usr' 'folder usr/lib' 'file usr/lib/b x'
}

# bats test_tags=task:diff,pts:2
@test "added, changed and deleted" {
	base
	changed 'echo two >etc/motd; rm l; touch var/new; mkdir opt'
	differs 'C /etc' 'C /etc/motd' 'D /l' 'A /opt' 'C /var' 'A /var/new'
}

# bats test_tags=task:diff,pts:1
@test "nothing is changed by looking" {
	base
	changed 'cat etc/motd usr/lib/a >/dev/null; touch var/x; rm var/x'
	differs 'C /var'
}

# bats test_tags=task:diff,pts:1
@test "a folder is told once, before what is in it" {
	base
	changed 'touch usr/lib/c; rm usr/lib/a; mkdir -p opt/a/b; touch opt/a/b/c'
	differs 'A /opt' 'A /opt/a' 'A /opt/a/b' 'A /opt/a/b/c' 'C /usr' 'C /usr/lib' \
		'D /usr/lib/a' 'A /usr/lib/c'
}

# bats test_tags=task:diff,pts:1
@test "what a lower layer hides was not there before" {
	base
	changed 'echo new >file; mkdir var/log2'
	differs 'A /file' 'C /var' 'A /var/log2'
}

# bats test_tags=task:diff,pts:1
@test "a file becomes a folder, and a folder a file" {
	base
	changed 'rm etc/motd; mkdir etc/motd; touch etc/motd/x; rm -r usr/lib; touch usr/lib'
	differs 'C /etc' 'C /etc/motd' 'A /etc/motd/x' 'C /usr' 'C /usr/lib'
}

# bats test_tags=task:diff,pts:1,hidden
@test "a whiteout of what was never there is nothing" {
	base
	inside mkdir -p /tmp/changes/upper/etc /tmp/changes/upper/usr
	inside mknod /tmp/changes/upper/never c 0 0
	inside mknod /tmp/changes/upper/file c 0 0
	inside mknod /tmp/changes/upper/etc/motd c 0 0
	inside touch -d @1000000000 /tmp/changes/upper/etc /tmp/changes/upper/usr
	differs 'C /etc' 'D /etc/motd'
	closes_on_exec mini-image --root /tmp/store diff base:1 /tmp/changes
}

# bats test_tags=task:diff,pts:1
@test "a copied tree is compared file by file" {
	base
	changed 'echo two >etc/motd; rm l; touch var/new' --copy
	differs 'D /l' 'C /etc' 'C /etc/motd' 'C /var' 'A /var/new'
}

# bats test_tags=task:diff,pts:1,hidden
@test "mode, owner, time, size and target are compared" {
	load_image base:1 'file mode x' 'file owner x' 'file group x' 'file time x' 'file nanos x' \
		'file size x' 'file same x' 'link link to' 'link stays to' 'fifo pipe' 'folder folder' \
		'file attribute x' 'file kind x'
	changed 'chmod 600 mode; chown 7:0 owner; chown 0:7 group; touch -d @1000000001 time
		touch -d @1000000000.5 nanos; echo more >size; touch -d @1000000000 size
		ln -sfn ot link; touch -h -d @1000000000 link; chmod 700 folder
		rm kind; mkfifo -m 644 kind; touch -d @1000000000 kind
		touch -d @1000000000 .' --copy
	differs 'C /folder' 'C /group' 'C /kind' 'C /link' 'C /mode' 'C /nanos' 'C /owner' 'C /size' \
		'C /time'
}

# bats test_tags=task:diff,pts:1,hidden
@test "a folder is seen through the layers that have it, and no further" {
	load_image base:1 'folder a' 'file a/low x' 'folder b' 'file b/low x' 'folder c' \
		'file c/low x' 'file d x' 'folder e' 'file e/low x' -- 'folder a' 'file a/high x' \
		'file .wh.b' 'file c x' 'folder d' 'file d/high x' 'folder e' 'file e/.wh..wh..opq' \
		'file e/high x' -- 'folder b' 'file b/new x' 'file .wh.c' 'folder d' \
		'file d/top x'
	changed 'echo y >a/low; echo y >a/high; echo y >b/low; echo y >b/new; mkdir c; echo y >c/low
		echo y >d/high; echo y >d/top; echo y >e/low; echo y >e/high
		touch -d @1000000000 a b d e' --copy
	differs 'C /a' 'C /a/high' 'C /a/low' 'C /b' 'A /b/low' 'C /b/new' 'A /c' 'A /c/low' 'C /d' \
		'C /d/high' 'C /d/top' 'C /e' 'C /e/high' 'A /e/low'
}
