#!/usr/bin/env bash
# Builds the lab's machine image, or finds the one built before.
#
#   build.sh FOLDER
#
# Leaves FOLDER/<key>/{vmlinuz,initrd,root.img,qm.img,qemu,about} and prints that folder's path as the only
# line on standard output; progress and errors go to standard error. <key> is a hash of
# everything the image is made from, so a change of any of it builds anew.
#
# A fresh Debian machine with apt is enough: what is needed on it is installed with apt-get
# (through sudo where not root). The kernel and OpenZFS go into a Debian root in FOLDER, never
# onto the machine itself. PHOENIX_LAB_MIRROR names a Debian mirror where the machine's own
# apt sources have none. PHOENIX_LAB_ZFS=2.1 takes the oldest OpenZFS that phoenix knows.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=${1:?usage: build.sh FOLDER}
suite=bookworm
zfs=${PHOENIX_LAB_ZFS:-2.3}

say() { printf 'lab image: %s\n' "$*" >&2; }
die() { printf 'lab image: error: %s\n' "$*" >&2; exit 1; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -- "$@"; fi; }

command -v sudo >/dev/null || [ "$(id -u)" = 0 ] || die "building needs root: run it as root, or install sudo"
[ "$(uname -m)" = x86_64 ] || die "the lab emulates an amd64 machine from amd64 packages; this machine is $(uname -m)"

[ -f "$here/zfs-$zfs" ] || die "PHOENIX_LAB_ZFS is $zfs; the lab has $(cd "$here" && echo zfs-*)"

mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
key=$({ echo "$suite"; cat "$here"/build.sh "$here"/root.sh "$here"/emulator.sh "$here"/qm.sh "$here"/initramfs.sh "$here"/initramfs-init "$here"/packages "$here"/packages-qm "$here"/units.preset "$here/zfs-$zfs"; } |
  sha256sum | cut -c1-16)
image=$folder/$key

# Installs what building needs; running a built image needs nothing.
tools() {
  local missing=()
  need() { PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null || missing+=("$2"); }
  need debootstrap debootstrap
  need mke2fs e2fsprogs
  need cpio cpio
  need zstd zstd
  need gpgv gpgv
  need unshare util-linux
  [ ${#missing[@]} -eq 0 ] && return
  say "installing on this machine: ${missing[*]}"
  command -v apt-get >/dev/null || die "missing ${missing[*]}, and this machine has no apt-get: install them by hand"
  as_root apt-get -qq update >&2 || die "apt-get update failed: see the lines above"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends --no-remove "${missing[@]}" >&2 ||
    die "apt-get could not install ${missing[*]}: see the lines above"
}

# Prints the first archive address among the machine's apt sources that serves Debian proper.
mirror() {
  if [ -n "${PHOENIX_LAB_MIRROR:-}" ]; then echo "$PHOENIX_LAB_MIRROR"; return; fi
  local files=()
  for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
    if [ -f "$f" ]; then files+=("$f"); fi
  done
  [ ${#files[@]} -gt 0 ] || return 0
  # Both forms, reduced to "address suite component…".
  awk '
    function flush() { if (uris != "" && types ~ /(^| )deb( |$)/ && enabled != "no") print uris, suites, components
                       types = uris = suites = components = enabled = "" }
    FNR == 1 { flush() }
    FILENAME ~ /\.sources$/ {
      if ($0 ~ /^[[:space:]]*$/) { flush(); next }
      if ($0 ~ /^#/) next
      field = tolower($1); value = $0; sub(/^[^:]*:[[:space:]]*/, "", value)
      if (field == "types:") types = value
      if (field == "uris:") { split(value, u, " "); uris = u[1] }
      if (field == "suites:") suites = value
      if (field == "components:") components = value
      if (field == "enabled:") enabled = value
      next
    }
    $1 == "deb" { line = $0; sub(/^deb[[:space:]]+(\[[^]]*\][[:space:]]+)?/, "", line); print line }
    END { flush() }
  ' "${files[@]}" | awk -v codename="$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" '
    $1 !~ /security/ && $0 ~ / main( |$)/ { for (i = 2; i <= NF; i++) if ($i == codename || $i == "stable" || $i == "bookworm") { print $1; exit } }'
}

# Prints the keyring that Debian's archive is signed with.
keyring() {
  local k
  for k in /usr/share/keyrings/debian-archive-keyring.gpg /usr/share/keyrings/debian-archive-keyring.pgp; do
    if [ -f "$k" ]; then echo "$k"; return; fi
  done
}

exec 9>"$folder/build.lock"
flock -n 9 || { say "another build is under way; waiting for it"; flock 9; }

if [ -f "$image/about" ]; then
  echo "$image"
  exit 0
fi

started=$(date +%s)
say "building $key: a Debian $suite root, its kernel, OpenZFS $zfs compiled for it (some minutes, once)"
tools
from=$(mirror)
[ -n "$from" ] || die "no Debian mirror among this machine's apt sources (/etc/apt/sources.list*): name one in PHOENIX_LAB_MIRROR"
ring=$(keyring)
[ -n "$ring" ] || die "no Debian archive keyring in /usr/share/keyrings: install the package debian-archive-keyring"

# Leftovers of builds that were interrupted: nobody else builds while we hold the lock.
as_root rm -rf "$folder"/building.*
work=$folder/building.$key
mkdir "$work"
space=$(df --output=avail -BM "$folder" | tail -1 | tr -dc 0-9)
[ "$space" -ge 6000 ] || die "building takes 6 GB in $folder, and $space MB are free there"

# A mount namespace of its own: its mounts are gone when it ends, however it ends.
as_root unshare --mount --propagation private -- \
  bash "$here/root.sh" "$work/root" "$suite" "$from" "$ring" "$zfs" 9>&- ||
  die "making the Debian root failed: see the lines above (all of it: $work/log)"
as_root bash "$here/initramfs.sh" "$work/root" "$work" "$here/initramfs-init" 9>&- ||
  die "making the initramfs failed: see the lines above"

say "packing the root file system"
as_root rm -rf "$work"/root/{usr/src,usr/include,usr/lib/gcc,usr/libexec/gcc,usr/share/doc,usr/share/man,usr/share/info,usr/share/locale,var/lib/dkms,var/cache/apt,var/lib/apt/lists,boot}
as_root mkdir -p "$work"/root/var/lib/apt/lists/partial "$work"/root/var/cache/apt/archives/partial
as_root env PATH="$PATH:/usr/sbin:/sbin" mke2fs -q -t ext4 -L lab-root -E root_owner=0:0,lazy_itable_init=1 -m 0 -d "$work/root" "$work/root.img" 4G >&2 ||
  die "mke2fs could not pack $work/root"
{
  echo "suite $suite"
  cat "$work/versions"
  echo "built in $(($(date +%s) - started)) s"
} >"$work/about.new"
as_root rm -rf "$work/root"
as_root chown -R "$(id -u):$(id -g)" "$work"
mv "$work/about.new" "$work/about"
sync "$work"/*
rm -rf "$image"
mv "$work" "$image"
say "built in $(($(date +%s) - started)) s: $image"
echo "$image"
