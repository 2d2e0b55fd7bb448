//! Renders an operation: to the argument vector that a process is started with, and to one line for people.

use super::{Assignment, Op};
use crate::text::kept_secret::PASSWORD;
use phoenix_graph::{Class, Redundancy, Vdev, kind::source_path};

/// The folder of the device links that every pool is imported by.
pub const DISK_LINKS: &str = "/dev/disk/by-id";

/// The folder of the zfs module's parameters.
pub const PARAMETERS: &str = "/sys/module/zfs/parameters";

/// The folder of what phoenix needs until the next boot.
const SCRATCH: &str = "/run/phoenix";

impl Op {
    /// Returns the exact argument vector, the tool's name first and without a path; nothing for the
    /// operations that start no process.
    ///
    /// No operation forces anything: `-f`, `-F`, `-r` and `-R` are never rendered. `--` stands before
    /// names wherever the tool takes it (`zfs set` and `zpool set` do not, up to 2.2).
    #[must_use]
    pub fn argv(&self) -> Option<Vec<String>> {
        let argv = match self {
            Op::PoolCreate { pool, layout, settings, root } => {
                let mut argv = words(["zpool", "create"]);
                assign(&mut argv, "-o", settings);
                assign(&mut argv, "-O", root);
                argv.extend(["--".to_owned(), pool.to_string()]);
                argv.extend(vdev_words(layout));
                argv
            }
            Op::PoolImport { pool } => words(["zpool", "import", "-d", DISK_LINKS, "--", pool.as_str()]),
            Op::PoolExport { pool } => words(["zpool", "export", "--", pool.as_str()]),
            Op::PoolSet { pool, setting: (name, value) } => {
                words(["zpool", "set", &format!("{name}={value}"), pool.as_str()])
            }
            Op::PoolAttach { pool, to, disk } => words(["zpool", "attach", "--", pool.as_str(), to, disk]),
            Op::PoolDetach { pool, disk } => words(["zpool", "detach", "--", pool.as_str(), disk]),
            Op::PoolReplace { pool, old, new } => words(["zpool", "replace", "--", pool.as_str(), old, new]),
            Op::PoolAdd { pool, vdev } => {
                let mut argv = words(["zpool", "add", "--", pool.as_str()]);
                argv.extend(vdev_words(std::slice::from_ref(vdev)));
                argv
            }
            Op::PoolRemove { pool, vdev } => words(["zpool", "remove", "--", pool.as_str(), vdev]),
            Op::PoolRemoveStop { pool } => words(["zpool", "remove", "-s", "--", pool.as_str()]),
            Op::PoolCheckpoint { pool } => words(["zpool", "checkpoint", "--", pool.as_str()]),
            Op::PoolCheckpointDiscard { pool } => words(["zpool", "checkpoint", "-d", "--", pool.as_str()]),
            Op::PoolCheckpointWait { pool } => words(["zpool", "wait", "-t", "discard", "--", pool.as_str()]),
            Op::PoolDestroy { pool } => words(["zpool", "destroy", "--", pool.as_str()]),
            Op::LabelClear { disk } => words(["zpool", "labelclear", "--", disk]),
            Op::DatasetCreate { dataset, settings } => {
                let mut argv = words(["zfs", "create", "-u"]);
                assign(&mut argv, "-o", settings);
                argv.extend(["--".to_owned(), dataset.to_string()]);
                argv
            }
            Op::VolumeCreate { dataset, size, sparse, settings } => {
                let mut argv = words(["zfs", "create"]);
                if *sparse {
                    argv.push("-s".to_owned());
                }
                assign(&mut argv, "-o", settings);
                argv.extend(words(["-V", &size.to_string(), "--", dataset.as_str()]));
                argv
            }
            Op::DatasetSet { dataset, settings } => {
                let mut argv = words(["zfs", "set"]);
                argv.extend(settings.iter().map(|(name, value)| format!("{name}={value}")));
                argv.push(dataset.to_string());
                argv
            }
            Op::DatasetInherit { dataset, property } => {
                words(["zfs", "inherit", "--", property.as_str(), dataset.as_str()])
            }
            Op::DatasetReceived { dataset, property } => {
                words(["zfs", "inherit", "-S", "--", property.as_str(), dataset.as_str()])
            }
            Op::DatasetRename { from, to, volume: true } => {
                words(["zfs", "rename", "--", from.as_str(), to.as_str()])
            }
            Op::DatasetRename { from, to, volume: false } => {
                words(["zfs", "rename", "-u", "--", from.as_str(), to.as_str()])
            }
            Op::Clone { snapshot, dataset, settings, .. } => {
                let mut argv = words(["zfs", "clone"]);
                assign(&mut argv, "-o", settings);
                argv.extend(["--".to_owned(), snapshot.to_string(), dataset.to_string()]);
                argv
            }
            // It takes no `--`; no name begins with a dash.
            Op::Promote { dataset } => words(["zfs", "promote", dataset.as_str()]),
            Op::MountAll { .. } => words(["zfs", "mount", "-a"]),
            Op::KeyLoad { dataset, location } => {
                let mut argv = words(["zfs", "load-key"]);
                argv.extend(location.iter().flat_map(|location| words(["-L", location])));
                argv.extend(words(["--", dataset.as_str()]));
                argv
            }
            Op::KeyCheck { dataset, location } => {
                words(["zfs", "load-key", "-n", "-L", location, "--", dataset.as_str()])
            }
            Op::KeyUnload { dataset } => words(["zfs", "unload-key", "--", dataset.as_str()]),
            Op::DatasetMount { dataset } => words(["zfs", "mount", "--", dataset.as_str()]),
            Op::Unmount { place, .. } => words(["umount", "-i", "--", place]),
            Op::DatasetUnmount { dataset } => words(["zfs", "unmount", "--", dataset.as_str()]),
            Op::DatasetDestroy { dataset } => words(["zfs", "destroy", "--", dataset.as_str()]),
            Op::Snapshot { datasets, name } => {
                let mut argv = words(["zfs", "snapshot", "--"]);
                argv.extend(datasets.iter().map(|dataset| format!("{dataset}@{name}")));
                argv
            }
            Op::Hold { datasets, name, tag } => {
                let mut argv = words(["zfs", "hold", "--", tag]);
                argv.extend(datasets.iter().map(|dataset| format!("{dataset}@{name}")));
                argv
            }
            Op::Release { snapshot, tag } => words(["zfs", "release", "--", tag, &snapshot.to_string()]),
            Op::SnapshotDestroy { snapshot } => words(["zfs", "destroy", "--", &snapshot.to_string()]),
            Op::Unexport { path, client } => {
                // exportfs(8): an IPv6 address stands in brackets, since a colon ends the client.
                let client = if client.contains(':') { format!("[{client}]") } else { client.to_string() };
                words(["exportfs", "-u", "--", &format!("{client}:{path}")])
            }
            Op::ExportsReload => words(["exportfs", "-ra"]),
            Op::StorageAdd { id, kind, properties, secrets } => {
                let mut argv = words(["pvesm", "add", kind, id.as_str()]);
                options(&mut argv, properties);
                self.name_secrets(&mut argv, secrets);
                argv
            }
            Op::StorageSet { id, set, secrets, delete } => {
                let mut argv = words(["pvesm", "set", id.as_str()]);
                options(&mut argv, set);
                if !delete.is_empty() {
                    argv.extend(["--delete".to_owned(), delete.join(",")]);
                }
                self.name_secrets(&mut argv, secrets);
                argv
            }
            Op::StorageRemove { id } => words(["pvesm", "remove", id.as_str()]),
            Op::MountPointSet { container, number, point, .. } => {
                words(["pct", "set", &container.to_string(), &format!("--mp{number}"), point])
            }
            Op::MountPointRemove { container, number, .. } => {
                words(["pct", "set", &container.to_string(), "--delete", &format!("mp{number}")])
            }
            Op::MountPointRevert { container, number } => {
                words(["pct", "set", &container.to_string(), "--revert", &format!("mp{number}")])
            }
            Op::ContainerRestart { container } => words(["pct", "reboot", &container.to_string()]),
            Op::DirectoryMap { id, over, maps, description } => {
                let place = format!("/cluster/mapping/dir/{id}");
                let mut argv = match (&over[..], &maps[..]) {
                    (_, []) => words(["pvesh", "delete", &place]),
                    ([], _) => words(["pvesh", "create", "/cluster/mapping/dir", "--id", id]),
                    _ => words(["pvesh", "set", &place]),
                };
                argv.extend(maps.iter().flat_map(|one| ["--map".to_owned(), one.to_string()]));
                let said = description.iter().filter(|_| over.is_empty());
                argv.extend(said.flat_map(|text| ["--description".to_owned(), text.to_string()]));
                argv
            }
            Op::VirtiofsSet { machine, number, directory, .. } => {
                words(["qm", "set", &machine.to_string(), &format!("--virtiofs{number}"), directory])
            }
            Op::VirtiofsRemove { machine, number, .. } => {
                words(["qm", "set", &machine.to_string(), "--delete", &format!("virtiofs{number}")])
            }
            Op::VirtiofsRevert { machine, number } => {
                words(["qm", "set", &machine.to_string(), "--revert", &format!("virtiofs{number}")])
            }
            Op::UnitsReload => words(["systemctl", "daemon-reload"]),
            Op::UnitStart { unit } => words(["systemctl", "start", "--", unit]),
            Op::UnitStop { unit } => words(["systemctl", "stop", "--", unit]),
            Op::UnitsCheck { files } => {
                let mut argv = words(["systemd-analyze", "verify", "--man=no", "--"]);
                argv.extend(files.iter().map(|file| file.display().to_string()));
                argv
            }
            Op::SanoidCheck { folder } => {
                // It makes these two folders, and keeps there what it has listed.
                let scratch = format!("{SCRATCH}/sanoid");
                let folder = folder.display().to_string();
                words([
                    "sanoid",
                    "--configdir",
                    &folder,
                    "--cache-dir",
                    &scratch,
                    "--run-dir",
                    &scratch,
                    "--readonly",
                ])
            }
            Op::DirectorySet { .. }
            | Op::ContentsSet { .. }
            | Op::FolderMake { .. }
            | Op::FolderRemove { .. }
            | Op::TunableSet { .. }
            | Op::Link { .. }
            | Op::Unlink { .. } => {
                return None;
            }
        };
        Some(argv)
    }

    /// Returns one line for people: the command as one would type it into a shell, or what is done
    /// where no process is started.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Op::DirectorySet { path, owner, group, mode, acl, .. } => {
                let path = quote(path);
                let own = accounts(*owner, *group).map(|to| format!("chown {to} {path}"));
                let allow = mode.map(|mode| format!("chmod {mode} {path}"));
                // chmod(1) would set the mask of a list that is there.
                let bare = acl.as_ref().map(|_| format!("setfacl --remove-all --remove-default {path}"));
                let list = acl.as_ref().filter(|list| !list.is_empty());
                let list = list.map(|list| format!("setfacl --modify {list} {path}"));
                own.into_iter().chain(bare).chain(allow).chain(list).collect::<Vec<_>>().join(" && ")
            }
            Op::ContentsSet { path, owner, group, .. } => {
                let (path, to) = (quote(path), accounts(*owner, *group).unwrap_or_default());
                format!("find {path} -xdev -mindepth 1 -exec chown --no-dereference {to} {{}} +")
            }
            Op::FolderMake { path, folder, .. } => {
                format!(
                    "make the folder {}, as the one that it lies in",
                    quote(&source_path(path, Some(folder)))
                )
            }
            Op::FolderRemove { path, folder, stay, .. } => {
                let parts: Vec<&str> = folder.split('/').collect();
                let (stays, goes) = parts.split_at((*stay).min(parts.len()));
                let above = (!stays.is_empty()).then(|| stays.join("/"));
                let above = source_path(path, above.as_deref());
                let how = if goes.len() > 1 { "rmdir -p" } else { "rmdir" };
                format!("cd {} && {how} -- {}", quote(&above), quote(&goes.join("/")))
            }
            Op::TunableSet { name, value } => format!("write {value} to {PARAMETERS}/{name}"),
            Op::Link { path, target } => format!("link {} -> {}", path.display(), target.display()),
            Op::Unlink { path } => format!("unlink {}", path.display()),
            _ => {
                let line = shell_line(&self.argv().unwrap_or_default());
                self.input().map_or_else(|| line.clone(), |file| format!("{line} < {}", quote(file)))
            }
        }
    }

    /// Adds secrets: the file that holds each; a password, which is read from the input, as a word without a value, the last.
    fn name_secrets(&self, argv: &mut Vec<String>, secrets: &[(Box<str>, Box<str>)]) {
        let files: Vec<_> = secrets.iter().filter(|(name, _)| &**name != PASSWORD).cloned().collect();
        options(argv, &files);
        argv.extend(self.input().map(|_| format!("--{PASSWORD}")));
    }
}

/// Renders an argument vector as one line that a POSIX shell would read back as the same vector.
#[must_use]
pub fn shell_line(argv: &[String]) -> String {
    argv.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ")
}

fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Returns the words of a layout. A class's word may stand once only, so vdevs are grouped by class;
/// and single disks go before groups, since a disk after `mirror a b` would join that mirror.
#[must_use]
pub fn vdev_words(layout: &[Vdev]) -> Vec<String> {
    let classes = [Class::Data, Class::Special, Class::Dedup, Class::Log, Class::Cache, Class::Spare];
    let mut words = Vec::new();
    for class in classes {
        let (single, grouped): (Vec<&Vdev>, Vec<&Vdev>) = layout
            .iter()
            .filter(|vdev| vdev.class == class)
            .partition(|vdev| vdev.redundancy == Redundancy::None);
        if single.is_empty() && grouped.is_empty() {
            continue;
        }
        words.extend(Some(class.word()).filter(|word| !word.is_empty()).map(str::to_owned));
        for vdev in single.into_iter().chain(grouped) {
            if vdev.redundancy != Redundancy::None {
                words.push(vdev.redundancy.clone().into());
            }
            words.extend(vdev.disks.iter().map(|disk| disk.0.to_string()));
        }
    }
    words
}

fn words<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.into_iter().map(str::to_owned).collect()
}

fn assign(argv: &mut Vec<String>, option: &str, settings: &[Assignment]) {
    for (name, value) in settings {
        argv.extend([option.to_owned(), format!("{name}={value}")]);
    }
}

fn options(argv: &mut Vec<String>, properties: &[(Box<str>, Box<str>)]) {
    for (name, value) in properties {
        argv.extend([format!("--{name}"), value.to_string()]);
    }
}

/// Writes owner and group as `chown(1)` takes them; nothing where none is given.
fn accounts(owner: Option<u32>, group: Option<u32>) -> Option<String> {
    match (owner, group) {
        (None, None) => None,
        (Some(owner), None) => Some(owner.to_string()),
        (None, Some(group)) => Some(format!(":{group}")),
        (Some(owner), Some(group)) => Some(format!("{owner}:{group}")),
    }
}
