//! What the examples stand on in the lab: its disks, and stand-ins for their guests.

use phoenix_lab::Session;

/// An example with the lab's disks for those that it names. That is all that is not the example's own.
pub fn on_lab_disks(example: &str) -> String {
    example.replace("by-id/nvme-", "by-id/virtio-").replace("by-id/ata-", "by-id/virtio-")
}

/// Configures the containers and machines that the examples give something to. None of them runs.
#[track_caller]
pub fn put_guests(lab: &Session) {
    lab.ok(r"set -e; cd /etc/pve/nodes/lab
        for id in 101 102 103; do
            printf 'arch: amd64\nostype: debian\nunprivileged: 1\n' >lxc/$id.conf
        done
        for id in 201 202; do printf 'agent: 1\nname: vm%d\n' $id >qemu-server/$id.conf; done
        sync");
}
