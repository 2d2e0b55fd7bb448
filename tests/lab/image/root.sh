#!/usr/bin/env bash
# Makes the guest's Debian root: debootstrap, then the packages, with OpenZFS compiled by dkms.
#
#   root.sh ROOT SUITE MIRROR KEYRING ZFS      (as root, in a mount namespace of its own)
#
# Writes, beside ROOT: log (everything said), vmlinuz, versions, qemu (see emulator.sh) and qm.img (see qm.sh).
set -euo pipefail
root=$1 suite=$2 mirror=$3 keyring=$4 version=$5
work=$(dirname "$root")
here=$(cd "$(dirname "$0")" && pwd)
log=$work/log
export LC_ALL=C DEBIAN_FRONTEND=noninteractive PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

say() { printf 'lab image: %s\n' "$*" >&2; }
# Runs a command with all it says in the log; where it fails, shows the log's end and stops.
logged() {
  local what=$1; shift
  say "$what"
  if ! "$@" >>"$log" 2>&1 9>&-; then
    printf 'lab image: error: %s failed. The last of what it said:\n' "$what" >&2
    tail -n 30 "$log" >&2
    exit 1
  fi
}
within() { chroot "$root" "$@"; }

logged "debootstrap $suite" debootstrap --variant=minbase --keyring="$keyring" "$suite" "$root" "$mirror"

# The machine's own proxy and clock rules for apt hold in here too, while building.
apt-config dump | grep -E '^Acquire::(https?::Proxy|Check-)' >"$root/etc/apt/apt.conf.d/99machine" || true
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
cp -L /etc/hosts "$root/etc/hosts"
cat >"$root/etc/apt/sources.list" <<EOF
deb $mirror $suite main contrib
deb $mirror $suite-updates main contrib
deb $mirror $suite-backports main contrib
EOF
# No service starts, no documentation is unpacked.
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
printf 'path-exclude=/usr/share/%s/*\n' doc man locale info >"$root/etc/dpkg/dpkg.cfg.d/lab"
printf 'force-confold\nforce-unsafe-io\n' >>"$root/etc/dpkg/dpkg.cfg.d/lab"
logged "reading the archive's package lists" within apt-get -q update

# The emulator and the disk of `qm`, each from a copy, while OpenZFS compiles.
for copy in emulator-root qm-root; do cp -a "$root" "$work/$copy"; done
bash "$here/emulator.sh" "$work/emulator-root" "$work/qemu" >"$work/emulator.log" 2>&1 9>&- &
emulator=$!
bash "$here/qm.sh" "$work/qm-root" "$work/qm.img" >"$work/qm.log" 2>&1 9>&- &
qm=$!

mount --bind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs tmpfs "$root/tmp"

# No initramfs is made: ours is.
mkdir -p "$root/etc/initramfs-tools"
printf 'update_initramfs=no\n' >"$root/etc/initramfs-tools/update-initramfs.conf"

# Nobody debugs the module with what the kernel's own flags would put into it, and leaving that out is quicker.
export KCFLAGS=-g0

mapfile -t wanted < <(cat "$here/packages" "$here/zfs-$version" | sed 's/#.*//; /^[[:space:]]*$/d')
logged "installing ${#wanted[@]} packages, compiling OpenZFS" \
  within apt-get -q install -y --no-install-recommends "${wanted[@]}"

# Of Prometheus only what checks rules and metrics: the server is as large again, and nothing here asks it.
promtool() {
  within sh -c 'cd /tmp && apt-get -q download prometheus' &&
    within sh -c 'dpkg-deb --fsys-tarfile /tmp/prometheus_*.deb | tar -x -C / ./usr/bin/promtool'
}
logged "unpacking promtool" promtool

# What packages have enabled is put back, but for what imports and mounts pools.
install -D -m 644 "$here/units.preset" "$root/etc/systemd/system-preset/00-lab.preset"
logged "enabling what a boot with systemd needs" within systemctl preset-all
rm -r "$root/etc/systemd/system-preset"

kernel=$(ls "$root/lib/modules" | grep -- '-cloud-amd64$' | sort -V | tail -1)
[ -n "$kernel" ] || { say "error: no cloud kernel came with linux-image-cloud-amd64"; exit 1; }
zfs=$(within dpkg-query -W -f '${Version}' zfs-dkms)
module() { find "$root/lib/modules/$kernel" -name 'zfs.ko*' | grep -q .; }
module || logged "compiling OpenZFS $zfs for $kernel" within dkms autoinstall -k "$kernel"
module || { say "error: dkms left no zfs module for $kernel; see $log"; tail -n 30 "$log" >&2; exit 1; }
case $zfs in "$version".*) ;; *) say "error: the lab wants OpenZFS $version, the archive gave $zfs"; exit 1 ;; esac

# As a fresh host is: nothing exported, no machine's own settings left over.
rm -f "$root/usr/sbin/policy-rc.d" "$root/etc/apt/apt.conf.d/99machine" "$root/etc/apt/sources.list" "$root/etc/resolv.conf"
rm -rf "$root"/var/log/* "$root"/var/cache/apt/archives/*.deb
printf 'lab\n' >"$root/etc/hostname"
printf '127.0.0.1 localhost lab\n' >"$root/etc/hosts"
printf '# Exports of this host.\n' >"$root/etc/exports"
mkdir -p "$root"/etc/{exports.d,modprobe.d,pve,zfs} "$root"/var/lib/{phoenix,nfs} "$root/run"
printf '00000000000000000000000000001ab0\n' >"$root/etc/machine-id"
# A guest has its own; a host's id names pools' last user.
printf '\001\072\142\000' >"$root/etc/hostid"
within depmod -a "$kernel"

cp "$root/boot/vmlinuz-$kernel" "$work/vmlinuz"
chmod 644 "$work/vmlinuz"
{
  echo "kernel $kernel"
  within dpkg-query -W -f '${Package} ${Version}\n' zfs-dkms zfsutils-linux nfs-kernel-server libc6 udev systemd sanoid
} >"$work/versions"
say "waiting for the emulator's packages and the disk of qm"
wait "$emulator" || { say "error: installing the emulator failed:"; tail -n 30 "$work/emulator.log" >&2; exit 1; }
wait "$qm" || { say "error: making the disk of qm failed:"; tail -n 30 "$work/qm.log" >&2; exit 1; }
rm -rf "$work/emulator-root" "$work/qm-root"
umount "$root/tmp" "$root/sys" "$root/proc" "$root/dev"
