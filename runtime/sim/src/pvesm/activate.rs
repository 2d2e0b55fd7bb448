//! What adding a storage does besides writing: it looks for the pool, makes folders, mounts.

use super::config::{Section, Values};
use super::values::list;
use super::{Refused, Said, Site};

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
    if section.kind.name == "zfspool" {
        learn_mountpoint(section, site, said);
    }
    let here = site.node();
    let meant = section.values.nodes.as_ref();
    if section.values.is("disable") || meant.is_some_and(|nodes| !nodes.contains(&here)) {
        return Ok(());
    }
    let Section { kind, id, values } = &*section;
    match kind.name {
        "zfspool" => zfspool(id, values, site, said),
        "dir" => dir(id, values, site, said),
        "nfs" => nfs(id, values, site, said),
        "btrfs" => btrfs(values, site),
        // Neither SMB nor a backup server is in the lab: as if they did not answer.
        _ => Err(not_online(id)),
    }
}

fn learn_mountpoint(section: &mut Section, site: &mut dyn Site, said: &mut Said) {
    let dataset = section.values.get("pool").unwrap_or_default().to_string();
    // That the dataset is not there is no error here.
    let found = site.mountpoint(&dataset).ok();
    let Some(found) = found.filter(|m| m.starts_with('/')) else {
        return;
    };
    match section.values.get("mountpoint") {
        Some(given) if given != found => said.warn(format!(
            "warning for {} - mountpoint: {given} does not match current mount point: {found}",
            section.id
        )),
        Some(_) => {}
        None => {
            section.values.plain.insert("mountpoint", found);
        }
    }
}

fn zfspool(id: &str, values: &Values, site: &mut dyn Site, said: &mut Said) -> Result<(), Refused> {
    let dataset = values.get("pool").unwrap_or_default();
    let pool = dataset.split('/').next().unwrap_or_default();
    if let Err(absent) = site.pool(pool) {
        said.warn(format!("zfs error: {absent}"));
        if let Err(why) = site.import(pool) {
            // Another process may have imported it meanwhile.
            if let Err(absent) = site.pool(pool) {
                said.warn(format!("zfs error: {absent}"));
                return Err(Refused::because(format!("could not activate storage '{id}', zfs error: {why}")));
            }
        }
    }
    site.mount_all().map_err(|why| Refused::because(format!("zfs error: {why}")))
}

fn dir(id: &str, values: &Values, site: &mut dyn Site, said: &mut Said) -> Result<(), Refused> {
    let path = values.get("path").unwrap_or_default();
    if let Some(mountpoint) = mountpoint(values, path)
        && !site.is_mounted(mountpoint)
    {
        return Err(Refused::because(format!(
            "unable to activate storage '{id}' - directory is expected to be a mount point but \
             is not mounted: '{mountpoint}'"
        )));
    }
    base_folder(id, path, values, site, said)?;
    folders(id, path, values, site)
}

fn nfs(id: &str, values: &Values, site: &mut dyn Site, said: &mut Said) -> Result<(), Refused> {
    let path = values.get("path").unwrap_or_default();
    let server = values.get("server").unwrap_or_default();
    let export = values.get("export").unwrap_or_default();
    let options = values.get("options");
    if !site.is_mounted(path) {
        if !site.nfs_answers(server, options) {
            return Err(not_online(id));
        }
        base_folder(id, path, values, site, said)?;
        let source = format!("{server}:{export}");
        site.mount_nfs(&source, path, options)
            .map_err(|why| Refused::because(format!("mount error: {why}")))?;
    }
    folders(id, path, values, site)
}

fn btrfs(values: &Values, site: &mut dyn Site) -> Result<(), Refused> {
    let path = values.get("path").unwrap_or_default();
    match site.is_btrfs(path) {
        true => Ok(()),
        false => Err(Refused::because(format!("'{path}' is not a btrfs file system"))),
    }
}

/// Says that a server does not answer.
pub(super) fn not_online(id: &str) -> Refused {
    Refused::because(format!("storage '{id}' is not online"))
}

/// Returns the path that has to be a mount point, where one has to.
fn mountpoint<'a>(values: &'a Values, path: &'a str) -> Option<&'a str> {
    match values.get("is_mountpoint")? {
        "1" | "yes" | "on" | "true" => Some(path),
        "0" | "no" | "off" | "false" => None,
        other => Some(other),
    }
}

fn base_folder(
    id: &str,
    path: &str,
    values: &Values,
    site: &mut dyn Site,
    said: &mut Said,
) -> Result<(), Refused> {
    if values.has("mkdir") {
        said.warn(format!(
            "NOTE: The 'mkdir' option set for '{id}' is deprecated and will be removed in Proxmox \
             VE 9. Use 'create-base-path' or 'create-subdirs' instead."
        ));
    }
    let unwanted = values.get("create-base-path").or(values.get("mkdir")) == Some("0");
    match unwanted || site.is_folder(path) {
        true => Ok(()),
        false => make(path, site),
    }
}

fn folders(id: &str, path: &str, values: &Values, site: &mut dyn Site) -> Result<(), Refused> {
    if !site.is_folder(path) {
        return Err(Refused::because(format!(
            "unable to activate storage '{id}' - directory '{path}' does not exist or is \
             unreachable"
        )));
    }
    if values.get("create-subdirs").or(values.get("mkdir")) == Some("0") {
        return Ok(());
    }
    let own = values.get("content-dirs").unwrap_or_default();
    let own: Vec<_> = list(own).iter().filter_map(|p| p.split_once('=')).collect();
    for content in values.content.iter().flatten() {
        let named = own.iter().chain(FOLDERS).find(|(name, _)| name == content);
        let (_, folder) = named.ok_or_else(|| Refused::because(format!("unknown vtype '{content}'")))?;
        make(&format!("{path}/{folder}"), site)?;
    }
    Ok(())
}

fn make(path: &str, site: &mut dyn Site) -> Result<(), Refused> {
    site.make_folder(path).map_err(|why| Refused::because(format!("mkdir {path}: {why}")))
}
