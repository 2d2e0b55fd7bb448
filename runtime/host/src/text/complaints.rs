//! What tools complain of, as far as somebody acts on it. They tell it in English alone; it is recognised here,
//! and nowhere else.
//!
//! A line counts by its beginning or its end, which are the tool's own words: what stands between may be a name
//! that somebody chose.

/// What a command complained of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Complaint {
    /// What was to be made is there already: `zfs create`.
    Exists,
    /// It is in use: `umount`, `zfs unmount`, `zfs destroy`, `zfs unload-key`, `zpool export`.
    Busy,
    /// No pool can be imported: `zpool import`.
    NoPools,
    /// A file or folder is not there: `zpool import`.
    NoFile,
    /// Somebody else changes the files of the cluster, or a guest: `pvesm`, `pct`.
    Locked,
    /// The kernel has no OpenZFS: `zfs` and `zpool`.
    NoModule,
    /// A machine's agent does not listen: `qm guest`.
    NoAgent,
    /// A machine's agent may not do this: `qm guest exec`.
    Forbidden,
}

/// How lines begin.
const BEGINNINGS: [(&str, Complaint); 4] = [
    ("QEMU guest agent is not running", Complaint::NoAgent),
    ("The ZFS modules", Complaint::NoModule),
    ("/dev/zfs and /proc/self/mounts", Complaint::NoModule),
    ("no pools available", Complaint::NoPools),
];

/// How lines end; a full stop may follow.
const ENDS: [(&str, Complaint); 9] = [
    // QEMU adds a reason where it has one.
    (" has been disabled", Complaint::Forbidden),
    (" has been disabled for this instance", Complaint::Forbidden),
    (" has been disabled: the command is not allowed", Complaint::Forbidden),
    (" already exists", Complaint::Exists),
    (" busy", Complaint::Busy),
    ("No such file or directory", Complaint::NoFile),
    ("got lock request timeout", Complaint::Locked),
    (".lock' - got timeout", Complaint::Locked),
    (".conf' - got timeout", Complaint::Locked),
];

impl Complaint {
    /// Returns whether a tool complained of this on its standard error.
    #[must_use]
    pub fn is_said(self, stderr: &str) -> bool {
        stderr.lines().any(|line| {
            let (line, end) = (line.trim(), line.trim_end().trim_end_matches('.'));
            BEGINNINGS.iter().any(|(words, of)| *of == self && line.starts_with(words))
                || ENDS.iter().any(|(words, of)| *of == self && end.ends_with(words))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tools_say_is_recognised() {
        let said = [
            ("cannot create 'tank/a': dataset already exists", Complaint::Exists),
            ("cannot unmount '/tank/a': pool or dataset is busy", Complaint::Busy),
            ("umount: /tank/a: target is busy.", Complaint::Busy),
            ("cannot destroy 'tank/a': dataset is busy", Complaint::Busy),
            ("cannot export 'tank': pool is busy", Complaint::Busy),
            ("Key unload error: 'tank/a' is busy.", Complaint::Busy),
            ("no pools available to import", Complaint::NoPools),
            ("QEMU guest agent is not running", Complaint::NoAgent),
            (
                "VM 201 qga command 'guest-exec' failed - Command guest-exec has been disabled",
                Complaint::Forbidden,
            ),
            (
                "VM 201 qga command 'guest-exec' failed - The command guest-exec has been disabled for this instance",
                Complaint::Forbidden,
            ),
            (
                "VM 201 qga command 'guest-exec' failed - Command guest-exec has been disabled: the command is not allowed",
                Complaint::Forbidden,
            ),
            ("cannot open '/dev/disk/by-id': No such file or directory", Complaint::NoFile),
            ("cfs-lock 'file-storage_cfg' error: got lock request timeout", Complaint::Locked),
            ("can't lock file '/run/lock/lxc/pve-config-101.lock' - got timeout", Complaint::Locked),
            ("can't lock file '/var/lock/qemu-server/lock-201.conf' - got timeout", Complaint::Locked),
            (
                "The ZFS modules cannot be auto-loaded.\nTry running 'modprobe zfs' as root.",
                Complaint::NoModule,
            ),
            (
                "/dev/zfs and /proc/self/mounts are required.\nTry running 'udevadm trigger'.",
                Complaint::NoModule,
            ),
        ];
        for (stderr, wanted) in said {
            assert!(wanted.is_said(stderr), "{stderr}");
            // Whatever stands before it, such as what `exportfs` had to say.
            assert!(wanted.is_said(&format!("exportfs: a: No such file or directory\n{stderr}")), "{stderr}");
        }
    }

    #[test]
    fn a_name_that_somebody_chose_is_no_complaint() {
        for stderr in [
            "",
            "cannot open 'tank/is busy': dataset does not exist",
            "cannot create 'tank/already exists': out of space",
            "cannot open 'busy'",
            "Key unload error: Key already unloaded for 'tank/busy'.",
            "cannot open 'no pools available': no such pool",
        ] {
            let mut all = BEGINNINGS.iter().chain(&ENDS);
            assert!(all.all(|(_, complaint)| !complaint.is_said(stderr)), "{stderr}");
        }
    }
}
