# shellcheck shell=bash
# images.bash - what the tests of images share: mini-image on a store of its own
#
#	load images
#	setup() { images_setup; }          $STORE is the root, `image` is mini-image on it
#	image_busybox                      the busybox image, as busybox:latest
#	image_changed NAME                 an image of two layers that has files and changes of every kind
#	multi_platform                     an index for two platforms, in the folder multi
#	put_blob FOLDER TYPE TEXT          a blob in a layout; prints its descriptor
#	tree_list, tree_all FOLDER         a tree as lines: without content and attributes, and with
#	tar_list                           the same of a tar on stdin, from whichever program
#	in_namespace SCRIPT                bash in a mount namespace that goes when it ends
#	fails COMMAND...                   for such a script: true when the command fails
#	needs PROGRAM...                   skips where one is not installed

set -o pipefail
IMAGES_HELPER=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)/../helper
MINI_BIN=${MINI_BIN:-$IMAGES_HELPER/../../build/bin}
PATH=$MINI_BIN:$PATH
unset MINI_EXPLAIN
bats_require_minimum_version 1.5.0
for library in bats-support bats-assert bats-file; do
	for folder in /usr/lib/bats /usr/share/bats ${BATS_LIB_PATH//:/ }; do
		if [ -e "$folder/$library/load.bash" ]; then
			load "$folder/$library/load.bash"
			break
		fi
	done
done

image() {
	mini-image --root "$STORE" "$@"
}

# In a script of `bash -e`, a line that begins with `!` never ends it.
fails() {
	if "$@"; then
		echo "this should have failed: $*"
		return 1
	fi
}

images_setup() {
	[ "$(id -u)" = 0 ] || skip 'layers keep owners and devices: this needs root'
	STORE=$BATS_TEST_TMPDIR/store
	export STORE
	export -f image fails
	cd "$BATS_TEST_TMPDIR" || return
}

# One tar for all tests of a file: the same busybox gives the same bytes.
busybox_tar() {
	local tar=$BATS_FILE_TMPDIR/busybox.tar
	[ -e "$tar" ] || { "$IMAGES_HELPER/busybox-rootfs" >"$tar.new" && mv "$tar.new" "$tar"; }
	echo "$tar"
}

image_busybox() {
	image import --change 'CMD ["sh"]' "$(busybox_tar)" busybox
}

in_namespace() {
	unshare --mount --propagation private bash -euo pipefail -c "$1"
}

needs() {
	local program
	for program; do
		command -v "$program" >/dev/null || skip "$program is not installed"
	done
}

# An index for two platforms, of the busybox image and of one that says it is for arm64, with a
# proof of origin beside them, as an OCI layout in the folder multi.
multi_platform() {
	image_busybox >/dev/null
	image import --platform linux/arm64 "$(busybox_tar)" arm >/dev/null
	image save -o multi/ busybox arm >/dev/null
	local amd arm config proof
	amd=$(jq -c '.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] == "busybox:latest")
		| del(.annotations) | .platform = {os: "linux", architecture: "amd64"}' multi/index.json)
	arm=$(jq -c '.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] == "arm:latest")
		| del(.annotations) | .platform = {os: "linux", architecture: "arm64", variant: "v8"}' multi/index.json)
	config=$(put_blob multi application/vnd.oci.empty.v1+json '{}')
	proof=$(put_blob multi application/vnd.oci.image.manifest.v1+json \
		"{\"schemaVersion\":2,\"artifactType\":\"application/x.proof\",\"config\":$config,\"layers\":[$config]}")
	proof=$(jq -c '.platform = {os: "unknown", architecture: "unknown"}' <<<"$proof")
	put_blob multi application/vnd.oci.image.index.v1+json \
		"{\"schemaVersion\":2,\"manifests\":[$arm,$proof,$amd],\"annotations\":{\"a\":\"b\"}}" >index
	jq -c --slurpfile index index '.manifests = [$index[0] + {annotations: {"x.y": "z",
		"org.opencontainers.image.ref.name": "both:1"}}]' multi/index.json >new
	mv new multi/index.json
	image rm arm busybox >/dev/null
}

# A blob in a layout, as a descriptor.
put_blob() {
	local digest
	digest=$(printf %s "$3" | sha256sum | cut -d' ' -f1)
	printf %s "$3" >"$1/blobs/sha256/$digest"
	jq -nc --arg type "$2" --arg digest "sha256:$digest" --argjson size "$(printf %s "$3" | wc -c)" \
		'{mediaType: $type, digest: $digest, size: $size}'
}

# The tree at a folder as lines: type, mode, owner, size, time, links, name, target.
tree_list() {
	(cd "$1" && find . -printf '%y %m %U:%G %TY-%Tm-%Td %TT %p %l\n' | sort -k 7)
}

# Changes of every kind, in the folder mnt: a script, for eval.
# shellcheck disable=SC2089
CHANGE='
	echo new >mnt/etc/new
	echo ONE >mnt/etc/one
	rm -r mnt/gone
	rm -r mnt/opaque && mkdir mnt/opaque && echo z >mnt/opaque/z
	rm -r mnt/was-a-folder && echo file >mnt/was-a-folder
	rm mnt/was-a-file && mkdir mnt/was-a-file && echo in >mnt/was-a-file/in
	mkdir -p mnt/deep/er
	ln mnt/etc/new mnt/deep/hard
	ln -s ../nowhere mnt/deep/link
	mkfifo mnt/deep/fifo
	mknod mnt/deep/null c 1 3
	chown 100000:3000000000 mnt/etc/new
	cp /bin/busybox mnt/suid && chmod 4755 mnt/suid
	python3 -c "
import os
os.setxattr(\"mnt/etc/two\", \"user.color\", b\"red\")
os.setxattr(\"mnt/suid\", \"security.capability\", bytes.fromhex(\"0100000200200000000000000000000000000000\"))"
	truncate -s 9M mnt/holes && echo end >>mnt/holes
	name=$(printf "%0200d" 7)
	mkdir -p "mnt/$name/$name" && echo long >"mnt/$name/$name/$name"
	echo bytes >"mnt/$(printf "\303\244\377")"
	touch -d "2011-12-13 14:15:16.123456789" mnt/deep/fifo mnt/etc/new
	python3 -c "import socket; socket.socket(socket.AF_UNIX).bind(\"mnt/socket\")"
'
# shellcheck disable=SC2090
export CHANGE

# All that a tree has, attributes and content too.
tree_all() {
	tree_list "$1"
	(cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum)
	python3 - "$1" <<-'end'
		import os, sys
		for folder, folders, files in sorted(os.walk(os.fsencode(sys.argv[1]))):
		    for name in sorted(folders + files):
		        path = os.path.join(folder, name)
		        for key in sorted(os.listxattr(path, follow_symlinks=False)):
		            if not key.startswith("trusted."):
		                print(name, key, os.getxattr(path, key, follow_symlinks=False))
	end
	(cd "$1" && find . -links +1 -not -type d | sort)
}
export -f tree_all tree_list

# The image base, and NAME on top of it with those changes.
image_changed() {
	mkdir -p base/{etc,usr/lib,gone,opaque,was-a-folder} mnt
	echo one >base/etc/one
	echo two >base/etc/two
	echo x >base/gone/file
	echo a >base/opaque/a
	echo b >base/opaque/b
	echo c >base/was-a-folder/c
	echo f >base/was-a-file
	touch -d '2001-02-03 04:05:06.789' base/etc/one base/etc
	tar -C base --format=pax -cf base.tar .
	image import -c 'ENV A=1' base.tar base >/dev/null
	if [ $# != 0 ]; then
		in_namespace 'image mount --rw changes base mnt; eval "$CHANGE"; rm mnt/socket; umount mnt'
		image commit "${@:2}" base changes "$1" >/dev/null
	fi
}

# Docker's own mount points are left out, and the root, which it makes itself; of the extended
# attributes it exports capabilities alone.
tar_list() {
	python3 -c '
import hashlib, sys, tarfile
mine = {"dev", "dev/console", "dev/pts", "dev/shm", "etc/hosts", "etc/hostname", "etc/resolv.conf",
        "etc/mtab", ".dockerenv", "proc", "sys", "."}
lines = []
for entry in (tar := tarfile.open(fileobj=sys.stdin.buffer, mode="r|", errors="surrogateescape")):
    name = entry.name.removeprefix("./").rstrip("/")
    if name in mine or not name:
        continue
    data = hashlib.sha256(tar.extractfile(entry).read()).hexdigest() if entry.isreg() else ""
    xattrs = entry.pax_headers.get("SCHILY.xattr.security.capability")
    kind = "folder" if entry.isdir() else "hard" if entry.islnk() else entry.type
    lines.append(repr((name, kind, oct(entry.mode & 0o7777), entry.uid, entry.gid, data, xattrs,
                       entry.linkname.removeprefix("./"), 0 if name == "etc" else int(entry.mtime))))
print("\n".join(sorted(lines)))'
}
