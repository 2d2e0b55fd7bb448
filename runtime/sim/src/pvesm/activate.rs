//! What adding a storage does besides writing: it looks for the pool, asks servers, makes folders, mounts.

use std::collections::BTreeSet;

use super::config::{Section, Values};
use super::schema::Lies;
use super::values::list;
use super::{Refused, Said, Site, secrets};

/// The folder of each content type under a storage's path.
const FOLDERS: &[(&str, &str)] = &[
    ("backup", "dump"),
    ("images", "images"),
    ("import", "import"),
    ("iso", "template/iso"),
    ("rootdir", "private"),
    ("snippets", "snippets"),
    ("vztmpl", "template/cache"),
];

/// Fills in what a type finds out by itself, and activates the storage where it is wanted here.
pub(super) fn prepare(section: &mut Section, site: &mut dyn Site, said: &mut Said) -> Result<(), Refused> {
    if section.kind.lies == Lies::Dataset {
        learn_mountpoint(section, site, said);
    }
    let Section { kind, id, values } = &*section;
    warn_of_mkdir(id, values, said);
    let here = site.node();
    if values.is("disable") || values.nodes.as_ref().is_some_and(|nodes| !nodes.contains(&here)) {
        return Ok(());
    }
    match kind.lies {
        Lies::Dataset => dataset(id, values, site, said),
        Lies::Folder => {
            is_mount_point(id, values, site)?;
            base_folder(values, site)?;
            folders(id, values, site)
        }
        Lies::Subvolume => {
            base_folder(values, site)?;
            is_mount_point(id, values, site)?;
            is_btrfs(values, site)?;
            folders(id, values, site)
        }
        Lies::ThinPool => thin_pool(values, site),
        Lies::Share | Lies::Ceph => share(section, site),
        Lies::Backups => backups(section, site),
        Lies::Server => is_online(section, site),
        Lies::Unseen => Ok(()),
    }
}

/// Says that a word is old.
pub(super) fn warn_of_mkdir(id: &str, values: &Values, said: &mut Said) {
    if values.has("mkdir") {
        said.warn(format!(
            "NOTE: The 'mkdir' option set for '{id}' is deprecated and will be removed in Proxmox \
             VE 9. Use 'create-base-path' or 'create-subdirs' instead."
        ));
    }
}

fn learn_mountpoint(section: &mut Section, site: &mut dyn Site, said: &mut Said) {
    let dataset = section.values.get("pool").unwrap_or_default().to_string();
    // That the dataset is not there is no error here.
    let found = site.mountpoint(&dataset).ok();
    let Some(found) = found.filter(|found| found.starts_with('/')) else {
        return;
    };
    match section.values.get("mountpoint") {
        Some(given) if given.strip_suffix('/').unwrap_or(given) != found => said.warn(format!(
            "warning for {} - mountpoint: {given} does not match current mount point: {found}",
            section.id
        )),
        Some(_) => {}
        None => {
            section.values.plain.insert("mountpoint", found);
        }
    }
}

fn dataset(id: &str, values: &Values, site: &mut dyn Site, said: &mut Said) -> Result<(), Refused> {
    let dataset = values.get("pool").unwrap_or_default();
    // Then all of it is taken to be.
    if site.is_dataset_mounted(dataset) {
        return Ok(());
    }
    let refused =
        |why: String| Refused::because(format!("could not activate storage '{id}', zfs error: {why}"));
    let pool = dataset.split('/').next().unwrap_or_default();
    if let Err(absent) = site.pool(pool) {
        said.warn(format!("zfs error: {absent}"));
        if let Err(why) = site.import(pool) {
            // Another process may have imported it meanwhile.
            if let Err(absent) = site.pool(pool) {
                said.warn(format!("zfs error: {absent}"));
                return Err(refused(why));
            }
        }
    }
    site.mount_all().map_err(refused)
}

fn thin_pool(values: &Values, site: &mut dyn Site) -> Result<(), Refused> {
    let group = values.get("vgname").unwrap_or_default();
    let pool = values.get("thinpool").unwrap_or_default();
    match site.has_thin_pool(group, pool) {
        true => Ok(()),
        false => Err(Refused::because(format!("no such logical volume {group}/{pool}"))),
    }
}

fn share(section: &Section, site: &mut dyn Site) -> Result<(), Refused> {
    let Section { kind, id, values } = section;
    if kind.lies == Lies::Share {
        is_online(section, site)?;
    }
    let path = values.get("path").unwrap_or_default();
    if !site.is_mounted(path) {
        base_folder(values, site)?;
        if !site.is_folder(path) {
            return Err(Refused::because(format!(
                "unable to activate storage '{id}' - directory '{path}' does not exist"
            )));
        }
        let source = source(kind.name, values);
        site.mount(kind.name, &source, path, values.get("options"))
            .map_err(|why| Refused::because(format!("mount error: {why}")))?;
    }
    folders(id, values, site)
}

/// Names what is mounted.
fn source(kind: &str, values: &Values) -> String {
    let get = |name: &str| values.get(name).unwrap_or_default();
    match kind {
        "nfs" => format!("{}:{}", get("server"), get("export")),
        "cifs" => format!("//{}/{}{}", get("server"), get("share"), get("subdir")),
        _ => format!("{}:{}", get("monhost"), values.get("subdir").unwrap_or("/")),
    }
}

fn backups(section: &Section, site: &mut dyn Site) -> Result<(), Refused> {
    let Section { kind, id, values } = section;
    let refused = |why: String| Err(Refused::because(format!("{id}: error fetching datastores - {why}")));
    let server = values.get("server").unwrap_or_default();
    match site.answers(kind.name, server, None) {
        Ok(true) if secrets::has_password(kind, id, site) => Ok(()),
        Ok(true) => refused("401 authentication failure".into()),
        Ok(false) => {
            let port = values.get("port").unwrap_or("8007");
            refused(format!("500 Can't connect to {server}:{port} (Network is unreachable)"))
        }
        Err(why) => refused(why),
    }
}

fn is_online(section: &Section, site: &mut dyn Site) -> Result<(), Refused> {
    let Section { kind, id, values } = section;
    let server = values.get("server").or(values.get("portal")).unwrap_or_default();
    match site.answers(kind.name, server, values.get("options")) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Refused::because(format!("storage '{id}' is not online"))),
        Err(why) => Err(Refused::because(format!("connection check for storage '{id}' failed - {why}"))),
    }
}

/// Refuses a folder that has to be a mount point, or to lie below one, and does not.
fn is_mount_point(id: &str, values: &Values, site: &mut dyn Site) -> Result<(), Refused> {
    let wanted = match values.get("is_mountpoint") {
        None | Some("0" | "no" | "off" | "false") => return Ok(()),
        Some("1" | "yes" | "on" | "true") => values.get("path").unwrap_or_default(),
        Some(other) => other,
    };
    match site.is_mounted(wanted) {
        true => Ok(()),
        false => Err(Refused::because(format!(
            "unable to activate storage '{id}' - directory is expected to be a mount point but is not mounted: '{wanted}'"
        ))),
    }
}

fn is_btrfs(values: &Values, site: &mut dyn Site) -> Result<(), Refused> {
    let path = values.get("path").unwrap_or_default();
    match site.is_btrfs(path) {
        true => Ok(()),
        false => Err(Refused::because(format!("'{path}' is not a btrfs file system"))),
    }
}

fn base_folder(values: &Values, site: &mut dyn Site) -> Result<(), Refused> {
    let path = values.get("path").unwrap_or_default();
    let unwanted = values.get("create-base-path").or(values.get("mkdir")) == Some("0");
    match unwanted || site.is_folder(path) {
        true => Ok(()),
        false => site.make_folder(path).map_err(|why| Refused::because(format!("mkdir {path}: {why}"))),
    }
}

fn folders(id: &str, values: &Values, site: &mut dyn Site) -> Result<(), Refused> {
    let path = values.get("path").unwrap_or_default();
    if !site.is_folder(path) {
        return Err(Refused::because(format!(
            "unable to activate storage '{id}' - directory '{path}' does not exist or is \
             unreachable"
        )));
    }
    let Some(content) = &values.content else { return Ok(()) };
    let own = values.get("content-dirs").unwrap_or_default();
    let own: Vec<_> = list(own).iter().filter_map(|part| part.split_once('=')).collect();
    let folder = |content: &str| {
        let (_, folder) = own.iter().chain(FOLDERS).find(|(name, _)| *name == content)?;
        Some(format!("{path}/{folder}"))
    };
    if values.get("create-subdirs") != Some("0") && values.get("mkdir") != Some("0") {
        // Containers are backed up into the folder of backups.
        let wanted = |name: &str| content.contains(name) || (name == "backup" && content.contains("rootdir"));
        for (name, folder) in FOLDERS.iter().filter_map(|(name, _)| Some((name, folder(name)?))) {
            if wanted(name) {
                site.make_folder(&folder).map_err(|why| not_made(name, &folder, &why))?;
            }
        }
    }
    let mut taken = BTreeSet::new();
    for name in content {
        let folder = folder(name).ok_or_else(|| Refused::because(format!("unknown vtype '{name}'")))?;
        if let Some(twice) = taken.replace(folder) {
            return Err(Refused::because(format!(
                "storage '{id}' uses directory {twice} for multiple content types"
            )));
        }
    }
    Ok(())
}

fn not_made(content: &str, folder: &str, why: &str) -> Refused {
    let help = match why {
        "Permission denied" | "Read-only file system" => {
            " - ensure that you have read and write access to your storage!"
        }
        _ => "",
    };
    Refused::because(format!(
        "failed to create content directory '{folder}' for content '{content}' - {why}{help}"
    ))
}
