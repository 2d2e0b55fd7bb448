//! Mount points that would hide a part of the running system.

/// What a path is to the system, as a mount point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// The system does without it.
    Free,
    /// A folder where most systems keep files: what is mounted there hides them.
    InUse,
    /// A folder that the system runs from: only what is mounted there already can be it.
    System,
    /// A folder that is never a dataset's: the kernel, Proxmox or phoenix fill it, or it is a link.
    Never,
}

/// The kernel's file systems, what is empty after every boot, and what Proxmox and phoenix fill
/// themselves: with all that is below. `/bin` and its like are links into `/usr`.
const NEVER: &[&str] = &[
    "/bin",
    "/dev",
    "/etc/exports.d",
    "/etc/modprobe.d",
    "/etc/pve",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/proc",
    "/run/lock",
    "/run/systemd",
    "/sbin",
    "/sys",
    "/var/lib/phoenix",
    "/var/lib/pve-cluster",
    "/var/lock",
    "/var/run",
];

/// Folders that the system, or Proxmox, runs from, themselves alone.
const SYSTEM: &[&str] = &[
    "/",
    "/boot",
    "/boot/efi",
    "/boot/grub",
    "/etc",
    "/root",
    "/usr",
    "/usr/bin",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/libexec",
    "/usr/libx32",
    "/usr/sbin",
    "/usr/share",
    "/var",
    "/var/lib",
    "/var/lib/apt",
    "/var/lib/dpkg",
    "/var/lib/nfs",
    "/var/lib/systemd",
];

/// Folders where files of the system, or of its users, are likely to stand.
const IN_USE: &[&str] = &[
    "/home",
    "/media",
    "/mnt",
    "/opt",
    "/tmp",
    "/usr/local",
    "/usr/src",
    "/var/backups",
    "/var/cache",
    "/var/log",
    "/var/mail",
    "/var/spool",
    "/var/tmp",
];

/// Says what a mount point is to the system. The path is absolute and in its one spelling.
#[must_use]
pub fn standing(path: &str) -> Standing {
    let below = |folder: &str| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    match () {
        () if path == "/run" || NEVER.iter().any(|folder| path == *folder || below(folder)) => {
            Standing::Never
        }
        () if SYSTEM.contains(&path) => Standing::System,
        () if IN_USE.contains(&path) || below("/etc") || below("/run") => Standing::InUse,
        () => Standing::Free,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_the_system_are_told_from_those_for_data() {
        for (path, is) in [
            ("/", Standing::System),
            ("/usr", Standing::System),
            ("/usr/lib", Standing::System),
            ("/var/lib", Standing::System),
            ("/boot", Standing::System),
            ("/etc", Standing::System),
            ("/run", Standing::Never),
            ("/run/x", Standing::InUse),
            ("/etc/pve", Standing::Never),
            ("/etc/pve/nodes", Standing::Never),
            ("/etc/app", Standing::InUse),
            ("/bin", Standing::Never),
            ("/lib64", Standing::Never),
            ("/proc/1", Standing::Never),
            ("/dev/shm", Standing::Never),
            ("/var/lib/phoenix", Standing::Never),
            ("/var/lib/phoenix/store", Standing::Never),
            ("/home", Standing::InUse),
            ("/var/log", Standing::InUse),
            ("/home/ana", Standing::Free),
            ("/srv", Standing::Free),
            ("/srv/nfs", Standing::Free),
            ("/var/lib/vz", Standing::Free),
            ("/var/lib/docker", Standing::Free),
            ("/var/lib/phoenixes", Standing::Free),
            ("/mnt/pve/iso", Standing::Free),
            ("/tank", Standing::Free),
            ("/library", Standing::Free),
        ] {
            assert_eq!(standing(path), is, "{path}");
        }
    }
}
