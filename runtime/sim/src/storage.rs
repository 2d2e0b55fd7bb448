//! Proxmox registrations: what `pvesm add`, `set` and `remove` do to `storage.cfg`, to the secrets beside it, and around
//! it.

use crate::{
    given::{Given, Roots},
    image::HostImage,
    secrets::{mark, places},
    state::{Cluster, Refusal, State, refuse},
};
use phoenix_graph::{
    DatasetName, StorageId,
    storage::{StorageError, StorageType, find_type, types},
};
use phoenix_host::{
    HostError,
    observed::{Guest, GuestKind, Guests, Observed, Query, Storages, Unknown},
    op::Op,
    text::{
        guest_conf,
        storage_cfg::{self, Section},
    },
};
use std::path::Path;

type Properties = [(Box<str>, Box<str>)];

/// Why nothing is known of what is below an empty `/etc/pve`.
const AWAY: &str = "nothing is mounted at /etc/pve: Proxmox's cluster file system does not seem to run, so nobody can tell what it holds";

/// Reads the registrations, and what guests name.
pub fn look(state: &State, _: &Roots, query: &Query, seen: &mut Observed) -> Result<(), HostError> {
    seen.storages = state.storages(query);
    if let Storages::Found(found) = &mut seen.storages {
        seen.unusable_secrets = found.look_at_secrets(&query.secret_files, state);
    }
    seen.guests = state.guests(query);
    Ok(())
}

/// Changes registrations.
pub fn perform(state: &mut State, _: Given<'_>, op: &Op) -> Option<Result<(), HostError>> {
    let done = match op {
        Op::StorageAdd { id, kind, properties, secrets } => state.storage_add(id, kind, properties, secrets),
        Op::StorageSet { id, set, secrets, delete } => state.storage_set(id, set, secrets, delete),
        Op::StorageRemove { id } => state.storage_remove(id),
        _ => return None,
    };
    Some(done.map_err(|refusal| refusal.of(op)))
}

/// Adds the registrations to a picture.
pub fn show(state: &State, _: bool, image: &mut HostImage) {
    image.storage_cfg.clone_from(&state.storage_cfg);
}

impl State {
    /// Reads the registrations.
    fn storages(&self, query: &Query) -> Storages {
        if !query.storages && !query.foreign {
            return Storages::NotAsked;
        }
        let Some(text) = &self.storage_cfg else { return Storages::NoProxmox };
        if self.cluster == Cluster::Away {
            return Storages::Unknown(away());
        }
        let mut found = storage_cfg::storages(text.as_bytes());
        if let (Storages::Found(found), Cluster::NoQuorum) = (&mut found, self.cluster) {
            found.blocked = Some(NO_QUORUM.to_owned());
        }
        found
    }

    /// Reads what the guests of all nodes name.
    fn guests(&self, query: &Query) -> Guests {
        match (query.guests || query.foreign, &self.storage_cfg, self.cluster) {
            (false, ..) => return Guests::NotAsked,
            (true, None, _) => return Guests::NoProxmox,
            (true, Some(_), Cluster::Away) => return Guests::Unknown(away()),
            (true, Some(_), _) => {}
        }
        let mapping = self.files.get(Path::new("/etc/pve/mapping/directory.cfg"));
        let shared = mapping.map(|text| guest_conf::directories(text.as_bytes())).unwrap_or_default();
        let mut found = Vec::new();
        for (path, text) in &self.files {
            let Ok(rest) = path.strip_prefix("/etc/pve/nodes") else { continue };
            let parts: Vec<_> = rest.iter().map(|part| part.to_string_lossy()).collect();
            let [node, folder, file] = &parts[..] else { continue };
            let kind = match &**folder {
                "lxc" => GuestKind::Container,
                "qemu-server" => GuestKind::Machine,
                _ => continue,
            };
            let Some(id) = file.strip_suffix(".conf").and_then(|id| id.parse().ok()) else { continue };
            let guest = Guest { kind, id, node: (&**node).into() };
            found.extend(guest_conf::uses(&guest, text.as_bytes(), &shared));
        }
        found.sort();
        Guests::Found(found)
    }

    /// `pvesm add`.
    pub fn storage_add(
        &mut self,
        id: &StorageId,
        kind: &str,
        properties: &Properties,
        secrets: &Properties,
    ) -> Result<(), Refusal> {
        let mut sections = self.registered()?;
        if sections.iter().any(|section| *section.id == *id.as_str()) {
            return refuse(255, format!("create storage failed: storage ID '{id}' already defined"));
        }
        let Some(known) = find_type(kind) else {
            return refuse(
                255,
                format!(
                    "400 Parameter verification failed.\ntype: value '{kind}' does not have a value in the enumeration"
                ),
            );
        };
        for (key, value) in properties {
            check_value(known, key, &held(known, key, value))?;
        }
        let (kept, properties) = self.apart(known, properties, secrets)?;
        for key in required(known) {
            if !properties.iter().any(|(name, _)| &**name == key) {
                return refuse(255, format!("missing value for required option '{key}'"));
            }
        }
        let get = |key: &str| properties.iter().find(|(name, _)| &**name == key).map(|(_, value)| &**value);
        let mut written: Vec<(Box<str>, Box<str>)> =
            properties.iter().map(|(key, value)| (key.clone(), held(known, key, value))).collect();
        // What is disabled, or meant for other nodes, is not activated.
        let active = get("disable") != Some("1") && get("nodes").is_none();
        match kind {
            "zfspool" if active => {
                let pool = get("pool").unwrap_or_default();
                if let Some(path) = self.activate_pool(id, pool)?
                    && get("mountpoint").is_none()
                {
                    written.push(("mountpoint".into(), path));
                }
            }
            "dir" if active => {
                let path = get("path").unwrap_or_default().to_owned();
                let content = get("content").map(str::to_owned);
                let must_be_mounted = match get("is_mountpoint") {
                    Some("1" | "yes") => Some(path.clone()),
                    Some(other) if other.starts_with('/') => Some(other.to_owned()),
                    _ => None,
                };
                self.activate_dir(id, &path, content.as_deref(), must_be_mounted.as_deref())?;
            }
            "pbs" if active && !kept.contains_key("password") => {
                return refuse(
                    255,
                    format!(
                        "create storage failed: {id}: error fetching datastores - 401 authentication failure"
                    ),
                );
            }
            "esxi" if !kept.contains_key("password") => {
                return refuse(255, "create storage failed: missing password");
            }
            "nfs" | "cifs" | "cephfs" if active => {
                let path = get("path").map_or_else(|| format!("/mnt/pve/{id}"), str::to_owned);
                // Where it cannot be made, what follows tells.
                let _ = self.make_folder(&path);
            }
            _ => {}
        }
        if matches!(kind, "nfs" | "cifs" | "cephfs") && get("path").is_none() {
            written.push(("path".into(), format!("/mnt/pve/{id}").into()));
        }
        written.extend(kept.keys().filter_map(|name| Some((name.clone(), mark(name)?.into()))));
        sections.push(Section { line: 0, kind: kind.into(), id: id.as_str().into(), properties: written });
        self.drop_secrets(known, id);
        self.keep_secrets(known, id, kept);
        self.write_cfg(&sections);
        Ok(())
    }

    /// `pvesm set`: activates nothing, makes nothing, and rewrites the file even where nothing changes.
    pub fn storage_set(
        &mut self,
        id: &StorageId,
        set: &Properties,
        secrets: &Properties,
        delete: &[Box<str>],
    ) -> Result<(), Refusal> {
        let mut sections = self.registered()?;
        let Some(section) = sections.iter_mut().find(|section| *section.id == *id.as_str()) else {
            return refuse(255, format!("update storage failed: storage '{id}' does not exist"));
        };
        let Some(known) = find_type(&section.kind) else {
            return refuse(255, format!("update storage failed: unknown storage type '{}'", section.kind));
        };
        let fixed = |key: &str| known.property(key).is_some_and(|property| property.fixed);
        let (kept, set) = self.apart(known, set, secrets)?;
        for (key, value) in &set {
            if fixed(key) {
                // Some fixed parameters are options of `set`, others are not even known to it.
                return refuse(
                    255,
                    if &**key == "pool" {
                        "update storage failed: can't change value of fixed parameter 'pool'".to_owned()
                    } else {
                        format!(
                            "Unknown option: {key}\n400 unable to parse option\npvesm set <storage> [OPTIONS]"
                        )
                    },
                );
            }
            check_value(known, key, &held(known, key, value))?;
        }
        for key in delete {
            let Some(property) = known.property(key) else {
                return refuse(255, format!("update storage failed: no such option '{key}'"));
            };
            if property.required {
                return refuse(
                    255,
                    format!("update storage failed: unable to delete required option '{key}'"),
                );
            }
            if property.fixed {
                return refuse(255, format!("update storage failed: unable to delete fixed option '{key}'"));
            }
            if set.iter().any(|(name, _)| name == key) {
                return refuse(
                    255,
                    format!("update storage failed: unable to set and delete '{key}' at the same time"),
                );
            }
        }
        section
            .properties
            .retain(|(key, _)| !delete.contains(key) && !set.iter().any(|(name, _)| name == key));
        section.properties.extend(set.iter().map(|(key, value)| (key.clone(), held(known, key, value))));
        section.properties.retain(|(key, _)| !kept.contains_key(key));
        section.properties.extend(kept.keys().filter_map(|name| Some((name.clone(), mark(name)?.into()))));
        for (secret, place) in places(known, id) {
            if delete.iter().any(|name| **name == *secret) {
                self.files.remove(&place);
            }
        }
        self.keep_secrets(known, id, kept);
        self.write_cfg(&sections);
        Ok(())
    }

    /// `pvesm remove`: the entry alone; nothing is unmounted, no data goes.
    pub fn storage_remove(&mut self, id: &StorageId) -> Result<(), Refusal> {
        let mut sections = self.registered()?;
        let Some(at) = sections.iter().position(|section| *section.id == *id.as_str()) else {
            return refuse(255, format!("delete storage failed: storage '{id}' does not exist"));
        };
        if let Some(known) = find_type(&sections.remove(at).kind) {
            self.drop_secrets(known, id);
        }
        self.write_cfg(&sections);
        Ok(())
    }

    /// Reads the file as Proxmox does: what it does not understand is gone at the next write, and one bad
    /// section blocks every change.
    fn registered(&self) -> Result<Vec<Section>, Refusal> {
        let Some(text) = &self.storage_cfg else {
            return refuse(127, "pvesm: command not found");
        };
        match self.cluster {
            Cluster::Well => {}
            Cluster::Away => return refuse(111, "ipcc_send_rec[1] failed: Connection refused"),
            Cluster::NoQuorum => return refuse(255, "cluster not ready - no quorum?"),
        }
        let file = storage_cfg::read(text);
        match file.blocked {
            None => Ok(file.sections),
            Some(why) => refuse(255, format!("{why}\nunknown section type ''")),
        }
    }

    /// Activating a zfspool finds or imports its pool, mounts all of it, and tells the dataset's mount point.
    fn activate_pool(&mut self, id: &StorageId, pool: &str) -> Result<Option<Box<str>>, Refusal> {
        let Ok(dataset) = DatasetName::new(pool) else {
            return refuse(
                255,
                format!(
                    "400 Parameter verification failed.\npool: invalid format - value '{pool}' does not look like a valid zfs pool name"
                ),
            );
        };
        let name = dataset.pool();
        if !self.imported(&name) && self.pool_import(&name).is_err() {
            return refuse(
                255,
                format!(
                    "create storage failed: could not activate storage '{id}', zfs error: cannot import '{name}': no such pool available"
                ),
            );
        }
        // Proxmox does not look at what that says either.
        let _ = self.mount_all();
        Ok(self.mountpoint(&dataset))
    }

    /// Activating a dir makes its path and, where its content is told, the folders for that,
    /// unless it is to be a mount point and is none.
    fn activate_dir(
        &mut self,
        id: &StorageId,
        path: &str,
        content: Option<&str>,
        must_be_mounted: Option<&str>,
    ) -> Result<(), Refusal> {
        if let Some(mountpoint) = must_be_mounted
            && !self.mounts.iter().any(|mount| &*mount.path == mountpoint)
        {
            return refuse(
                255,
                format!(
                    "create storage failed: unable to activate storage '{id}' - directory is expected to be a mount point but is not mounted: '{mountpoint}'"
                ),
            );
        }
        // Where it cannot be made, the folders below cannot either.
        let _ = self.make_folder(path);
        for word in content.into_iter().flat_map(|content| content.split(',')) {
            let folder = match word {
                "iso" => "template/iso",
                "vztmpl" => "template/cache",
                "backup" => "dump",
                "rootdir" => "private",
                "images" | "snippets" | "import" => word,
                _ => continue,
            };
            let _ = self.make_folder(&format!("{path}/{folder}"));
        }
        Ok(())
    }

    fn write_cfg(&mut self, sections: &[Section]) {
        self.storage_cfg = Some(storage_cfg::print(sections));
    }
}

pub const NO_QUORUM: &str = "this node is in no quorum of its cluster, so nothing in /etc/pve can be written";

pub fn away() -> Unknown {
    Unknown {
        reason: AWAY.to_owned(),
        help: "see `systemctl status pve-cluster`, bring it to run, then try again".to_owned(),
    }
}

fn required(kind: &'static StorageType) -> impl Iterator<Item = &'static str> {
    kind.properties().filter(|property| property.required).map(|property| property.name)
}

/// Says in `pvesm`'s words what is wrong with a value, where the type's table refuses it.
fn check_value(kind: &StorageType, key: &str, value: &str) -> Result<(), Refusal> {
    let Err(error) = kind.canonical(key, value) else { return Ok(()) };
    match (error, key) {
        (StorageError::Content { content, .. }, _) if find_content(&content) => {
            refuse(255, format!("storage does not support content type '{content}'"))
        }
        (StorageError::Content { content, .. }, _) => refuse(
            255,
            format!(
                "400 Parameter verification failed.\ncontent: invalid format - invalid content type '{content}'"
            ),
        ),
        // Passwords are taken, and kept elsewhere.
        (StorageError::Secret { .. }, _) => Ok(()),
        (_, "path") if value.starts_with('/') => {
            refuse(255, format!("illegal path for directory storage: {value}"))
        }
        (StorageError::Value { reason, .. }, _) => {
            refuse(255, format!("400 Parameter verification failed.\n{key}: invalid format - {reason}"))
        }
        (StorageError::Property { .. }, _) => refuse(255, format!("unexpected property '{key}'")),
    }
}

/// Leaves out of `content` what the type does not hold, where it holds some of it, as `pvesm` does with a warning.
fn held(kind: &StorageType, key: &str, value: &str) -> Box<str> {
    let words = || value.split(',').filter(|word| kind.contents.contains(word));
    if key == "content" && words().next().is_some() && value.split(',').all(find_content) {
        words().collect::<Vec<_>>().join(",").into()
    } else {
        value.into()
    }
}

/// Returns whether any type of storage holds this content.
fn find_content(word: &str) -> bool {
    word == "none" || types().iter().any(|kind| kind.contents.contains(&word))
}
