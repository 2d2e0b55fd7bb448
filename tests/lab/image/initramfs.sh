#!/usr/bin/env bash
# Packs the initramfs: busybox, the modules that reach the root disk, and the init beside this.
#
#   initramfs.sh ROOT OUT INIT
set -euo pipefail
root=$1 out=$2 init=$3
export PATH=$PATH:/usr/sbin:/sbin
kernel=$(ls "$root/lib/modules" | sort -V | tail -1)
tree=$(mktemp -d "$out/initramfs.XXXXXX")

mkdir -p "$tree"/{bin,dev,proc,sys,newroot,lab,"lib/modules/$kernel"}
cp "$root/bin/busybox" "$tree/bin/busybox"
for applet in sh mount insmod switch_root cp rm mkdir cat sleep echo; do ln -s busybox "$tree/bin/$applet"; done
# In the order they are to be loaded; `builtin` lines need nothing.
for module in virtio_pci virtio_blk ext4 virtio_console; do
  chroot "$root" modprobe -S "$kernel" --show-depends "$module"
done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' >"$tree/lab/modules"
while read -r file; do
  mkdir -p "$tree$(dirname "$file")"
  cp "$root$file" "$tree$file"
done <"$tree/lab/modules"
cp "$init" "$tree/init"
chmod 755 "$tree/init"
(cd "$tree" && find . -print0 | cpio --quiet -0 -o -H newc -R 0:0 | zstd -q -3) >"$out/initrd"
rm -rf "$tree"
