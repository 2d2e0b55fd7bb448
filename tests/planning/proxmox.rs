//! What a case says of Proxmox: its registrations, its guests, and its tool for containers.

use super::words::Words;
use phoenix_graph::StorageId;
use phoenix_host::{
    observed::{
        Configured, ContainerState, Containers, Guest, GuestKind, Guests, Kept, Observed, Storages, Unknown,
    },
    text::{container_conf, guest_conf, pct_version::PctVersion, storage_cfg},
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
        "guests" => {
            let unknown_ones = words.one_of(&["unknown"]);
            unknown_ones.ok_or_else(|| words.wrong("guests are unknown, or each is said"))?;
            seen.guests = Guests::Unknown(unknown(words)?);
        }
        "guest" => {
            let id = words.arg()?;
            names(seen, id, "pve", &words.arg::<String>()?);
        }
        "container" => {
            let id: u32 = words.arg()?;
            let text: String = words.arg()?;
            let node: Box<str> = words.prop::<String>("node")?.unwrap_or_else(|| "pve".to_owned()).into();
            names(seen, id, &node, &text);
            let state = ContainerState {
                here: &*node == "pve",
                running: words.is("running")?,
                node,
                ..container_conf::container(text.as_bytes())
            };
            configured(seen).by_id.insert(id, state);
        }
        "machine" => _ = configured(seen).machines.insert(words.arg()?),
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
            found.version = Some(PctVersion(words.arg()?, words.arg()?, words.arg()?));
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// Adds what the configuration of a container names.
fn names(seen: &mut Observed, id: u32, node: &str, text: &str) {
    let guest = Guest { kind: GuestKind::Container, id, node: node.into() };
    let uses = guest_conf::uses(&guest, text.as_bytes(), &[]);
    match &mut seen.guests {
        Guests::Found(found) => found.extend(uses),
        other => *other = Guests::Found(uses),
    }
}

/// Returns what is configured of guests, which is known from the first that is told.
fn configured(seen: &mut Observed) -> &mut Configured {
    if !matches!(seen.containers, Containers::Found(_)) {
        seen.containers = Containers::Found(Configured::default());
    }
    match &mut seen.containers {
        Containers::Found(found) => found,
        _ => unreachable!("it was just made"),
    }
}

fn unknown(words: &mut Words<'_>) -> Result<Unknown, String> {
    Ok(Unknown { reason: words.arg()?, help: words.arg()? })
}
