//! What a case says of Proxmox: its registrations, its guests, and its tool for containers.

use super::words::Words;
use phoenix_graph::StorageId;
use phoenix_host::{
    observed::{
        Configured, ContainerState, Containers, Guest, GuestKind, Guests, Kept, MachineState, Members,
        Observed, Storages, Unknown,
    },
    text::{
        container_conf, directory_cfg, guest_conf, machine_conf, package_version::PackageVersion, storage_cfg,
    },
};

/// Reads what is said of Proxmox; returns whether it is about that.
pub fn said(seen: &mut Observed, words: &mut Words<'_>) -> Result<bool, String> {
    match words.word() {
        "storages" => {
            seen.storages = match words.one_of(&["unknown"]) {
                Some(_) => Storages::Unknown(unknown(words)?),
                None => storage_cfg::storages(words.arg::<String>()?.as_bytes()),
            }
        }
        "secret" => {
            let Storages::Found(found) = &mut seen.storages else {
                return Err(words.wrong("registrations are told first"));
            };
            let id = StorageId::new(&words.arg::<String>()?).map_err(|why| words.wrong(why))?;
            let state =
                found.by_id.get_mut(&id).ok_or_else(|| words.wrong("nothing of this id is registered"))?;
            let secret = words.arg::<String>()?.into();
            let kept = match words.prop::<String>("unread")? {
                Some(why) => Kept::Unread(why.into()),
                None => Kept::In(words.prop::<String>("in")?.map(Into::into).into_iter().collect()),
            };
            state.secrets.insert(secret, kept);
        }
        "unusable" => {
            seen.unusable_secrets.insert(words.arg::<String>()?.into(), words.arg::<String>()?.into());
        }
        "no-proxmox" => seen.storages = Storages::NoProxmox,
        // The other nodes of the cluster; this one is `pve`.
        "cluster" => {
            let Storages::Found(found) = &mut seen.storages else {
                return Err(words.wrong("registrations are told first"));
            };
            let others = words.args().into_iter().map(Into::into).collect();
            found.members = Some(Members { node: "pve".into(), others });
        }
        "guests" => {
            let unknown_ones = words.one_of(&["unknown"]);
            unknown_ones.ok_or_else(|| words.wrong("guests are unknown, or each is said"))?;
            seen.guests = Guests::Unknown(unknown(words)?);
        }
        "guest" => {
            let id = words.arg()?;
            names(seen, (GuestKind::Container, id), "pve", &words.arg::<String>()?);
        }
        "container" => {
            let id: u32 = words.arg()?;
            let text: String = words.arg()?;
            let node: Box<str> = words.prop::<String>("node")?.unwrap_or_else(|| "pve".to_owned()).into();
            names(seen, (GuestKind::Container, id), &node, &text);
            let state = ContainerState {
                here: &*node == "pve",
                running: words.is("running")?,
                node,
                ..container_conf::container(text.as_bytes())
            };
            configured(seen).by_id.insert(id, state);
        }
        "machine" => {
            let id: u32 = words.arg()?;
            let text: String = words.arg()?;
            let node: Box<str> = words.prop::<String>("node")?.unwrap_or_else(|| "pve".to_owned()).into();
            names(seen, (GuestKind::Machine, id), &node, &text);
            let state = MachineState {
                here: &*node == "pve",
                running: words.is("running")?,
                node,
                ..machine_conf::machine(text.as_bytes())
            };
            configured(seen).machines.insert(id, state);
        }
        // Before the machines that are given something by an id.
        "mappings" => {
            configured(seen).mappings = directory_cfg::read(words.arg::<String>()?.as_bytes()).mappings.into()
        }
        "absent" => _ = configured(seen).mappings.absent.insert(words.arg::<String>()?.into()),
        "no-virtiofsd" => configured(seen).virtiofsd = false,
        "qemu" => configured(seen).qemu = Some(PackageVersion(words.arg()?, words.arg()?, words.arg()?)),
        "containers" => match (words.one_of(&["unknown", "none", "blocked"]), &mut seen.containers) {
            (Some("unknown"), containers) => *containers = Containers::Unknown(unknown(words)?),
            (Some("none"), containers) => *containers = Containers::Found(Configured::default()),
            // Of those that were told.
            (Some(_), Containers::Found(found)) => found.blocked = Some(words.arg()?),
            _ => return Err(words.wrong("containers are told one by one")),
        },
        "pct" => {
            let Containers::Found(found) = &mut seen.containers else {
                return Err(words.wrong("containers are told first"));
            };
            found.version = Some(PackageVersion(words.arg()?, words.arg()?, words.arg()?));
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// Adds what the configuration of a guest names.
fn names(seen: &mut Observed, (kind, id): (GuestKind, u32), node: &str, text: &str) {
    let guest = Guest { kind, id, node: node.into() };
    let mapped = configured(seen).mappings.by_id.iter();
    let paths: Vec<(Box<str>, Box<str>)> =
        mapped.flat_map(|(id, nodes)| nodes.iter().map(|one| (id.clone(), one.path.clone()))).collect();
    let uses = guest_conf::uses(&guest, text.as_bytes(), &paths);
    match &mut seen.guests {
        Guests::Found(found) => found.extend(uses),
        other => *other = Guests::Found(uses),
    }
}

/// Returns what is configured of guests, which is known from the first that is told.
fn configured(seen: &mut Observed) -> &mut Configured {
    if !matches!(seen.containers, Containers::Found(_)) {
        let found = Configured { node: "pve".into(), virtiofsd: true, ..Configured::default() };
        seen.containers = Containers::Found(found);
    }
    match &mut seen.containers {
        Containers::Found(found) => found,
        _ => unreachable!("it was just made"),
    }
}

fn unknown(words: &mut Words<'_>) -> Result<Unknown, String> {
    Ok(Unknown { reason: words.arg()?, help: words.arg()? })
}
