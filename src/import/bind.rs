//! What guests are given: mount points of containers, and directories of machines. What a spec can say of them are nodes,
//! the rest is told.

use super::{
    Scope,
    node::{Literal, Node},
    scope::mounted,
};
use phoenix_graph::{DatasetName, Key, check::guest};
use phoenix_host::{
    observed::{Containers, DatasetState, Observed, mount::plain},
    text::{mount_point::MountPoint, virtiofs::SharedDirectory},
};

/// Describes which guests of this node have a file system.
pub fn guests(seen: &Observed, scope: &Scope<'_>, name: &DatasetName, state: &DatasetState, node: &mut Node) {
    let (Some(path), Containers::Found(found)) = (mounted(state), &seen.containers) else { return };
    let mut bind = Node::new("bind");
    for (id, container) in found.by_id.iter().filter(|(_, container)| container.here) {
        for (number, text) in container.wanted() {
            let Some(point) = MountPoint::read(text) else {
                let mut paths = text.split(',').filter(|part| part.starts_with('/'));
                if paths.any(|path| scope.holder(path) == Some(name)) {
                    node.notes.push(format!(
                        "Left out: mp{number} of container {id}, which cannot be read: {text}."
                    ));
                }
                continue;
            };
            if !point.is_bind() {
                continue;
            }
            if *point.volume == *plain(path) {
                bind.inside.push(lxc(*id, &point, None));
            } else if scope.holder(&point.volume) == Some(name) {
                match folder(path, &point.volume) {
                    Ok(folder) => bind.inside.push(lxc(*id, &point, Some(&folder))),
                    Err(why) => node
                        .notes
                        .push(format!("Left out: mp{number} of container {id}, {}: {why}.", point.volume)),
                }
            }
        }
    }
    for (id, machine) in found.machines.iter().filter(|(_, machine)| machine.here) {
        for (number, text) in machine.wanted() {
            let Some(directory) = SharedDirectory::read(text) else { continue };
            let Some(shared) = found.mappings.path(&directory.id, &found.node) else { continue };
            let shared = plain(shared);
            if *shared != *plain(path) {
                if scope.holder(&shared) == Some(name) {
                    node.notes.push(format!(
                        "virtiofs{number} of machine {id} ({}) has {shared}, a folder in it. A spec gives whole datasets only by virtiofs, so that stays as it is.",
                        directory.id
                    ));
                }
            } else if let Err(why) = guest::mapping_id(&directory.id) {
                node.notes
                    .push(format!("Left out: virtiofs{number} of machine {id}, {}: {why}.", directory.id));
            } else {
                bind.inside.push(vm(*id, &directory));
            }
        }
    }
    if !bind.inside.is_empty() {
        node.inside.push(bind);
    }
}

/// Describes a directory of a machine. Where the machine mounts it nobody can tell from here.
fn vm(id: u32, directory: &SharedDirectory) -> Node {
    let mut node = Node::numbered("vm", id.into());
    node.key = Some(Key::Virtiofs(id, directory.id.clone()));
    node.set("virtiofs", Literal::Text(directory.id.to_string()));
    for (name, value) in &directory.options {
        let value = match &**name {
            "cache" => Literal::Text(value.to_string()),
            _ => Literal::Switch(&**value == "1"),
        };
        node.set(&**name, value);
    }
    node
}

/// Returns the path of a folder in what is mounted at a path.
///
/// # Errors
/// Why no spec can say it.
fn folder(path: &str, volume: &str) -> Result<Box<str>, &'static str> {
    let mounted = plain(path);
    let inside = volume.strip_prefix(mounted.trim_end_matches('/')).and_then(|rest| rest.strip_prefix('/'));
    let inside = inside.ok_or("its path is spelt in another way than that of the dataset")?;
    match guest::folder(inside)? {
        folder if *folder == *inside => Ok(folder),
        _ => Err("its path has slashes too many"),
    }
}

fn lxc(id: u32, point: &MountPoint, folder: Option<&str>) -> Node {
    let mut node = Node::numbered("lxc", id.into());
    node.key = Some(Key::Bind(id, point.at.clone()));
    node.set("at", Literal::Text(point.at.to_string()));
    if let Some(folder) = folder {
        node.set("subdirectory", Literal::Text(folder.to_owned()));
    }
    for (name, value) in &point.options {
        match &**name {
            "idmap" => {
                let pieces = value.split(';').map(|piece| Literal::Text(piece.to_owned()));
                node.inside.push(Node { args: pieces.collect(), ..Node::new("idmap") });
            }
            "mountoptions" => node.set(&**name, Literal::Text(value.to_string())),
            name if guest::SWITCHES.contains(&name) => node.set(name, Literal::Switch(&**value == "1")),
            name => {
                node.notes.push(format!("Left out: {name} {value}: a spec does not say it, and it stays."))
            }
        }
    }
    node
}
