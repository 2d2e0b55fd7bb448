#!/usr/bin/env bash
# Installs QEMU into a copy of the Debian root and takes out the files it needs: so the same
# emulator runs everywhere, and nothing of it is installed onto the machine (where its packages
# may clash with others).
#
#   emulator.sh ROOT OUT      (as root; ROOT is a root with package lists, and is used up)
#
# OUT/run PROGRAM ARGUMENT… runs OUT/bin/PROGRAM with the libraries it came with.
set -euo pipefail
root=$1 out=$2
export LC_ALL=C DEBIAN_FRONTEND=noninteractive PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

mount --bind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/tmp"
chroot "$root" apt-get -q install -y --no-install-recommends qemu-system-x86 qemu-utils

rm -rf "$out"
mkdir -p "$out"/{bin,lib,modules,firmware}
cp "$root"/usr/bin/qemu-system-x86_64 "$root"/usr/bin/qemu-img "$out/bin/"
cp "$root"/usr/lib/x86_64-linux-gnu/qemu/accel-tcg-x86_64.so "$out/modules/"
for file in kvmvapic.bin linuxboot.bin linuxboot_dma.bin; do cp -L "$root/usr/share/qemu/$file" "$out/firmware/"; done
cp -L "$root"/usr/share/seabios/{bios-256k.bin,vgabios-stdvga.bin} "$out/firmware/"
chroot "$root" ldd /usr/bin/qemu-system-x86_64 /usr/bin/qemu-img /usr/lib/x86_64-linux-gnu/qemu/accel-tcg-x86_64.so |
  awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\// && $1 !~ /:$/ { print $1 }' | sort -u |
  while read -r library; do cp -L "$root$library" "$out/lib/"; done

cat >"$out/run" <<'EOF'
#!/bin/sh
here=$(dirname "$0") program=$1
shift
QEMU_MODULE_DIR=$here/modules exec "$here/lib/ld-linux-x86-64.so.2" --library-path "$here/lib" "$here/bin/$program" "$@"
EOF
chmod 755 "$out/run"
umount "$root/tmp" "$root/proc" "$root/dev"
