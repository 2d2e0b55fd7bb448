//! Where the host's files are, and what a folder of them has.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Where the host's files are. Tests put fixtures in their places.
#[derive(Debug, Clone)]
pub struct LinuxPaths {
    /// The folders that tools are looked for in, in order.
    pub tools: Vec<PathBuf>,
    /// `/sys`
    pub sys: PathBuf,
    /// `/proc`
    pub proc: PathBuf,
    /// `/dev`
    pub dev: PathBuf,
    /// `/etc`
    pub etc: PathBuf,
    /// `/dev/disk/by-id`
    pub disk_links: PathBuf,
    /// The live export table, `/var/lib/nfs/etab`
    pub etab: PathBuf,
    /// `/etc/pve`
    pub pve: PathBuf,
    /// What serves directories to machines, `/usr/libexec/virtiofsd`
    pub virtiofsd: PathBuf,
    /// The settings that sanoid knows, where Debian's package has them: `/usr/share/sanoid/sanoid.defaults.conf`
    pub sanoid_defaults: PathBuf,
    /// A folder for private mounts, `/run`
    pub run: PathBuf,
}

impl Default for LinuxPaths {
    fn default() -> Self {
        Self::below(Path::new("/"))
    }
}

impl LinuxPaths {
    /// Returns the places of a host whose files lie below `root`.
    #[must_use]
    pub fn below(root: &Path) -> Self {
        LinuxPaths {
            tools: ["usr/sbin", "usr/bin", "sbin", "bin"].map(|folder| root.join(folder)).to_vec(),
            sys: root.join("sys"),
            proc: root.join("proc"),
            dev: root.join("dev"),
            etc: root.join("etc"),
            disk_links: root.join("dev/disk/by-id"),
            etab: root.join("var/lib/nfs/etab"),
            pve: root.join("etc/pve"),
            virtiofsd: root.join("usr/libexec/virtiofsd"),
            sanoid_defaults: root.join("usr/share/sanoid/sanoid.defaults.conf"),
            run: root.join("run"),
        }
    }
}

/// Lists the names in a folder, sorted; none where it is not there.
pub fn entries(folder: &Path) -> Vec<String> {
    let found = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = found.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}
