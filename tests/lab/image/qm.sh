#!/usr/bin/env bash
# Makes the disk of the machines that the stand-in for `qm` starts: a Debian root with systemd, an NFS client and
# QEMU's guest agent. It is read-only there: each machine writes into memory.
#
#   qm.sh ROOT DISK      (as root; ROOT is a root with package lists, and is used up)
set -euo pipefail
root=$1 disk=$2
here=$(cd "$(dirname "$0")" && pwd)
export LC_ALL=C DEBIAN_FRONTEND=noninteractive PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

mount --bind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/tmp"
mapfile -t wanted < <(sed 's/#.*//; /^[[:space:]]*$/d' "$here/packages-qm")
chroot "$root" apt-get -q install -y --no-install-recommends "${wanted[@]}"
umount "$root/tmp" "$root/proc" "$root/dev"

# The agent of a virtual machine has a serial port, which only one has: here it is a socket.
cat >"$root/etc/systemd/system/qemu-guest-agent.service" <<'UNIT'
[Unit]
Description=QEMU Guest Agent

[Service]
ExecStart=/usr/sbin/qemu-ga --method=unix-listen --path=/run/qga.sock
Restart=always

[Install]
WantedBy=multi-user.target
UNIT
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -sf ../qemu-guest-agent.service "$root/etc/systemd/system/multi-user.target.wants/qemu-guest-agent.service"
# What only a console or a bus would need, which it has not, and what is slow where a processor is emulated.
for unit in console-getty.service getty.target systemd-logind.service systemd-udevd.service systemd-udev-trigger.service \
  systemd-journal-flush.service apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer e2scrub_all.timer; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
ln -sf /lib/systemd/system/multi-user.target "$root/etc/systemd/system/default.target"
mkdir -p "$root/etc/systemd/journald.conf.d"
printf '[Journal]\nStorage=volatile\n' >"$root/etc/systemd/journald.conf.d/lab.conf"

rm -f "$root/usr/sbin/policy-rc.d" "$root/etc/apt/apt.conf.d/99machine" "$root/etc/apt/sources.list" "$root/etc/resolv.conf" "$root/etc/fstab"
rm -rf "$root"/var/log/* "$root"/var/cache/apt "$root"/var/lib/apt "$root"/usr/share/{doc,man,info,locale} "$root"/boot
printf 'machine\n' >"$root/etc/hostname"
printf '127.0.0.1 localhost\n' >"$root/etc/hosts"
printf '00000000000000000000000000002ab0\n' >"$root/etc/machine-id"
# Nobody writes there: it needs no journal.
mke2fs -q -t ext4 -L lab-qm -O ^has_journal -E root_owner=0:0 -m 0 -d "$root" "$disk" 1G
