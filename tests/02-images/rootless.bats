# mini-image without root: a user with a range of ids, one with his own id only, and root of a user
# namespace that is there already.
load images

# `ranger` may map 300000 to 365535, `plain` his own id only. The machine does not know them: each
# command runs where files of this test lie over those of /etc.
setup_file() {
	images_setup
	cd "$BATS_FILE_TMPDIR"
	make_archives
	chmod 644 ./*.tar
}

setup() {
	images_setup
	local folder
	for folder in "$BATS_RUN_TMPDIR" "$BATS_SUITE_TMPDIR" "$BATS_FILE_TMPDIR" \
		"${BATS_TEST_TMPDIR%/*}" "$BATS_TEST_TMPDIR"; do
		chmod go+x "$folder"
	done
	mkdir etc bin
	cp "$(command -v mini-image)" bin
	cp /etc/passwd /etc/group etc
	printf '%s\n' plain:x:4848:4848::/:/bin/sh ranger:x:4747:4747::/:/bin/sh >>etc/passwd
	printf '%s\n' plain:x:4848: ranger:x:4747: >>etc/group
	printf '%s\n' other:100000:65536 ranger:300000:65000 4747:365000:536 | tee etc/subuid >etc/subgid
	for user in 4747 4848; do
		mkdir "home-$user"
		chown "$user:$user" "home-$user"
	done
	ln "$BATS_FILE_TMPDIR"/{base,layout}.tar .
}

# as USER COMMAND... in his home
as() {
	local user=$1 id
	shift
	id=$(awk -F: -v user="$user" '$1 == user { print $3 }' etc/passwd)
	# shellcheck disable=SC2016
	unshare --mount --propagation private -- bash -ec '
		for file in passwd group subuid subgid; do
			mount --bind "$1/etc/$file" "/etc/$file"
		done
		cd "$1/home-$2"
		export HOME=$PWD T=$1 PATH=$1/bin:/usr/sbin:/usr/bin:/sbin:/bin
		unset USER XDG_DATA_HOME
		exec setpriv --reuid "$2" --regid "$2" --clear-groups -- "${@:3}"' \
		as "$BATS_TEST_TMPDIR" "$id" "$@"
}

# A layer with files of several owners, and one on top of it that lacks the entries of folders, has
# whiteouts and an opaque folder.
make_archives() {
	python3 - <<-'end'
		import io, tarfile
		def archive(path, entries):
		    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
		        for name, kind, mode, uid, gid in entries:
		            entry = tarfile.TarInfo(name)
		            entry.type, entry.mode, entry.uid, entry.gid = kind, mode, uid, gid
		            entry.devmajor, entry.devminor = 1, 3
		            entry.mtime, entry.size = 1000, len(name) if kind == tarfile.REGTYPE else 0
		            if name == "etc/one":
		                entry.pax_headers = {"SCHILY.xattr.user.color": "red",
		                                     "SCHILY.xattr.trusted.x": "dropped"}
		            tar.addfile(entry, io.BytesIO(name.encode()))
		F, D, C = tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE
		archive("base.tar", [("etc", D, 0o750, 5, 6), ("etc/one", F, 0o644, 0, 0),
		    ("etc/two", F, 0o640, 0, 42), ("su", F, 0o6755, 0, 0), ("su33", F, 0o6755, 33, 34),
		    ("su-tty", F, 0o2755, 0, 5), ("gone", D, 0o755, 0, 0), ("gone/x", F, 0o644, 0, 0),
		    ("opaque", D, 0o755, 0, 0), ("opaque/old", F, 0o644, 0, 0),
		    ("far", F, 0o644, 100000, 4000000000), ("null", C, 0o666, 0, 0)])
		archive("next.tar", [("etc/new", F, 0o644, 33, 33), (".wh.gone", F, 0o644, 0, 0),
		    ("opaque/.wh..wh..opq", F, 0o644, 0, 0), ("opaque/new", F, 0o644, 0, 0),
		    ("not/there/file", F, 0o644, 0, 0)])
	end
	mkdir layout layout/blobs layout/blobs/sha256
	local tar
	for tar in base next; do
		put "$tar.tar" "$tar" application/vnd.oci.image.layer.v1.tar
	done
	jq -cn '{architecture: "amd64", os: "linux", config: {}, rootfs: {type: "layers", diff_ids: $ARGS.positional}}' \
		--args "$(jq -r .digest base)" "$(jq -r .digest next)" >config.json
	put config.json config application/vnd.oci.image.config.v1+json
	jq -cn --slurpfile c config --slurpfile l base --slurpfile m next \
		'{schemaVersion: 2, config: $c[0], layers: [$l[0], $m[0]]}' >manifest.json
	put manifest.json manifest application/vnd.oci.image.manifest.v1+json
	jq '.annotations = {"org.opencontainers.image.ref.name": "two:1"} |
		{schemaVersion: 2, manifests: [.]}' manifest >layout/index.json
	echo '{"imageLayoutVersion": "1.0.0"}' >layout/oci-layout
	tar -C layout -cf layout.tar .
}

# A blob of the layout, and its descriptor.
put() {
	local hash
	hash=$(sha256sum <"$1")
	cp "$1" "layout/blobs/sha256/${hash%% *}"
	jq -n --arg type "$3" --arg hash "sha256:${hash%% *}" --arg size "$(stat -c %s "$1")" \
		'{mediaType: $type, digest: $hash, size: ($size | tonumber)}' >"$2"
}

# What `mini-image unpack` and a mount in his namespace show: mode, owner, name.
TREE='cd tree && find . -mindepth 1 -printf "%m %U:%G %p\n" | sort -k 3'

@test "a user with a range of ids: owners are shifted, those outside of it squashed, which is told" {
	run -0 --separate-stderr as ranger mini-image load -i ../layout.tar
	assert_output 'Loaded image: two:1'
	assert_regex "$stderr" "left out of the layer: 'null' is a device"
	assert_regex "$stderr" '1 files of the layer belong to ids that this user namespace does not have'
	run -0 as ranger mini-image unshare sh -ec "mkdir tree; mini-image mount two:1 tree; $TREE"
	assert_output - <<-'end'
		750 5:6 ./etc
		644 33:33 ./etc/new
		644 0:0 ./etc/one
		640 0:42 ./etc/two
		644 0:0 ./far
		755 0:0 ./not
		755 0:0 ./not/there
		644 0:0 ./not/there/file
		755 0:0 ./opaque
		644 0:0 ./opaque/new
		6755 0:0 ./su
		2755 0:5 ./su-tty
		6755 33:34 ./su33
	end
	assert_equal "$(cd home-4747/.local/share/mini-docker/image/layers && stat -c %u:%g ./*/diff/etc/new)" \
		300032:300032
	assert_equal "$(find home-4747 -user 4747 -path '*diff/etc/one' | wc -l)" 1
	run -0 as ranger mini-image fsck --trees
	assert_output --partial '0 problems'
}

assert_squashed() {
	assert_output - <<-'end'
		750 0:0 ./etc
		644 0:0 ./etc/new
		644 0:0 ./etc/one
		640 0:0 ./etc/two
		644 0:0 ./far
		755 0:0 ./not
		755 0:0 ./not/there
		644 0:0 ./not/there/file
		755 0:0 ./opaque
		644 0:0 ./opaque/new
		6755 0:0 ./su
		755 0:0 ./su-tty
		755 0:0 ./su33
	end
}

@test "a user with his own id only: all files are his, and nobody's set-uid bit becomes his" {
	run -0 --separate-stderr as plain mini-image load -i ../layout.tar
	assert_regex "$stderr" '5 files of the layer belong to ids .* set-uid .* /etc/subuid'
	run -0 as plain mini-image unshare sh -ec "mkdir tree; mini-image mount two:1 tree; $TREE"
	assert_squashed
	as plain rmdir tree
	run -0 as plain sh -ec "mini-image unpack two:1 tree; mini-image unshare sh -c '$TREE'"
	assert_squashed
	run -0 python3 -c 'import os; print(os.listxattr("home-4848/tree/etc/one"))'
	assert_output "['user.color']"
	assert_equal "$(find home-4848 ! -user 4848)" ''
	# Nothing is lost: what is saved is what was loaded.
	run -0 as plain sh -c 'mini-image save two:1 >saved.tar'
	mini-image --root root load -i home-4848/saved.tar
	run -0 mini-image --root root fsck --trees
	assert_equal "$(mini-image --root root export two:1 | tar -t --numeric-owner -v | grep -c '33/3[34]')" 2
}

@test "changes in a user's overlay: diff, commit, and the same tree by copies" {
	local user
	for user in ranger plain; do
		as "$user" mini-image load -qi ../layout.tar 2>/dev/null
		run -0 as "$user" mini-image unshare sh -ec '
			mkdir tree; mini-image mount --rw changes two:1 tree
			rm -r tree/opaque && mkdir tree/opaque && echo z >tree/opaque/z
			rm tree/etc/one; echo two >tree/etc/two; rm -r tree/not; mkfifo tree/fifo
			umount tree; mini-image diff two:1 changes'
		local line
		for line in 'C /etc' 'D /etc/one' 'C /etc/two' 'C /opaque' 'D /opaque/new' 'A /opaque/z' \
			'D /not' 'A /fifo'; do
			assert_line "$line"
		done
		as "$user" mini-image commit two:1 changes three
		run -0 as "$user" mini-image unshare sh -ec "mini-image mount three tree; $TREE; cat opaque/z"
		assert_line z
		refute_line --partial ./etc/one
		refute_line --partial ./not
		local mounted=$output
		# Whiteouts and marks are understood also by who copies.
		as "$user" rm -rf tree
		run -0 as "$user" sh -ec "mini-image unpack three tree; mini-image unshare sh -ec '$TREE; cat opaque/z'"
		assert_output "$mounted"
	done
}

@test "root of a namespace that is there already, as in podman unshare" {
	run -0 as ranger unshare --user --map-root-user --map-auto --mount sh -ec "
		mini-image load -qi ../layout.tar; mkdir tree; mini-image mount two:1 tree; $TREE"
	assert_line '6755 33:34 ./su33'
	assert_dir_exist home-4747/.local/share/mini-docker/image
	run -0 as plain unshare --user --map-root-user sh -ec "
		mini-image load -qi ../layout.tar; mini-image unpack two:1 tree; $TREE"
	assert_line '755 0:0 ./su33'
}

@test "whose the store is, and what an ordinary user cannot have" {
	as plain mini-image import ../base.tar x
	chmod o+x home-4848
	run ! mini-image --root home-4848/.local/share/mini-docker ls
	assert_output --partial 'it belongs to user 4848 and this is user 0'
	run ! as ranger mini-image --root ../home-4848/.local/share/mini-docker ls
	assert_output --partial home-4848
	mkdir home-4848/dir
	run ! as plain mini-image mount x dir
	assert_output --partial "in the shell of 'mini-image unshare'"
	run ! as plain env -u HOME mini-image ls
	assert_output --partial 'Give one with --root'
	run -7 as plain mini-image unshare sh -c 'exit 7'
	run ! as plain mini-image unshare /nowhere
	assert_output --partial "cannot run '/nowhere'"
	run ! mini-image unshare true
	assert_output --partial 'you are root already'
	run ! as ranger unshare --user --map-root-user --map-auto sh -c '
		echo 0 >/proc/sys/user/max_user_namespaces
		exec setpriv --reuid 5 --regid 5 --clear-groups mini-image --root x ls'
	assert_output --partial 'cannot make a user namespace'
	assert_output --partial 'user.max_user_namespaces'
}

@test "without newuidmap there is the own id, which is told" {
	run -0 as ranger env PATH=/nowhere ../bin/mini-image import ../base.tar x
	assert_output --partial 'no ids but your own'
	assert_output --partial 'install the package uidmap'
	assert_output --partial 'belong to ids that this user namespace does not have'
}

# Who a file is noted to be of, by name.
notes() {
	(cd "$1" && python3 -c 'import os
for folder, folders, files in os.walk("."):
    for path in sorted(os.path.join(folder, name) for name in folders + files):
        if "user.rootlesscontainers" in os.listxattr(path, follow_symlinks=False):
            print(path, os.getxattr(path, "user.rootlesscontainers").hex())' | sort)
}

@test "owners that a user cannot give are noted as umoci notes them, and a commit names them again" {
	needs umoci
	cp -r "$BATS_FILE_TMPDIR/layout" .
	as plain mini-image load -qi ../layout.tar 2>/dev/null
	as plain mini-image unpack two:1 ours
	as plain umoci raw unpack --rootless --image ../layout:two:1 theirs
	run -0 notes home-4848/ours
	assert_output "$(notes home-4848/theirs)"
	assert_line './etc 08051006'
	assert_line './etc/two 08ffffffff0f102a'
	as plain mini-image unshare sh -ec '
		mkdir tree; mini-image mount --rw changes two:1 tree
		chmod 600 tree/etc/two; touch tree/su33 tree/far; echo x >tree/etc/mine
		umount tree; mini-image commit two:1 changes three'
	as plain mini-image unpack three copy
	as plain sh -c 'mini-image export three >ours.tar; mini-image save three >saved.tar'
	mini-image --root root load -qi home-4848/saved.tar
	mini-image --root root export three >root.tar
	run -0 tar --numeric-owner -tvf root.tar
	assert_line --regexp '^drwxr-x--- 5/6 .* etc/$'
	assert_line --regexp '^-rw------- 0/42 .* etc/two$'
	assert_line --regexp '^-rwxr-xr-x 33/34 .* su33$'
	assert_line --regexp '^-rw-r--r-- 100000/4000000000 .* far$'
	assert_line --regexp '^-rw-r--r-- 0/0 .* etc/mine$'
	# A user's export names the same owners; bits that would have been his are lost.
	assert_equal "$(tar --numeric-owner -tvf home-4848/ours.tar | sed 's/^-rwxr-sr-x/-rwxr-xr-x/')" \
		"$(grep -v null <<<"$output" | sed 's/^-rwxr-sr-x/-rwxr-xr-x/')"
	run ! grep -q rootlesscontainers root.tar
	run -0 as plain mini-image fsck --trees
}
