//! File systems and volumes: the settings that are their own, and how they lie in one another.

use super::{
    Scope, bind, export,
    node::{Literal, Node},
    storage,
    value::{is_default, literal, size},
};
use phoenix_graph::{
    DatasetName, Key, PoolName, Target,
    check::{
        has_password,
        place::{Standing, standing},
    },
    property,
};
use phoenix_host::{
    area,
    observed::{DatasetState, Observed},
};
use phoenix_plan::foreign::is_guest_disk;

/// Properties that are said together with others, or not at all.
const APART: &[&str] = &["volsize", "encryption", "keyformat", "keylocation", "pbkdf2iters", "version"];

/// Describes a pool's root dataset and everything below it.
pub fn datasets(seen: &Observed, scope: &Scope<'_>, pool: &PoolName, node: &mut Node) {
    let name = pool.root();
    let Some(state) = seen.datasets.get(&name) else { return };
    let mut root = Node::new("root");
    describe(seen, scope, &name, state, &mut root);
    if !root.settings.is_empty() || !root.inside.is_empty() {
        root.key = Some(Key::Dataset(name.clone()));
        node.inside.push(root);
    } else {
        node.notes.append(&mut root.notes);
    }
    below(seen, scope, &name, node);
}

/// Describes what lies right below a dataset, each with what lies below it.
fn below(seen: &Observed, scope: &Scope<'_>, parent: &DatasetName, node: &mut Node) {
    let mut guests = Vec::new();
    for name in scope.children(parent) {
        let Some(state) = seen.datasets.get(name) else { continue };
        if area::is_inside(name) {
            // What phoenix has put away is in no spec.
            continue;
        }
        if is_guest_disk(seen, name) {
            // With whatever lies below it.
            let all = seen.datasets.keys().filter(|other| other == name || other.is_below(name));
            guests.extend(all.filter_map(|other| other.as_str().strip_prefix(parent.as_str())));
            continue;
        }
        let (word, key) = match state.volume {
            true => ("volume", Key::Volume((*name).clone())),
            false => ("dataset", Key::Dataset((*name).clone())),
        };
        let mut inner = Node::named(word, name.leaf());
        inner.key = Some(key);
        describe(seen, scope, name, state, &mut inner);
        if !state.volume && is_systems(state) {
            inner.set("adopt", Literal::Switch(true));
        }
        below(seen, scope, name, &mut inner);
        node.inside.push(inner);
    }
    if !guests.is_empty() {
        node.notes.push(format!("Disks of guests, which are Proxmox's to keep: {}.", listed(&guests)));
    }
}

/// Returns whether a file system is mounted where the system, or its users, have files: a spec takes that over
/// and never makes it.
fn is_systems(state: &DatasetState) -> bool {
    let path = state.value("mountpoint").filter(|path| path.starts_with('/'));
    state.value("canmount") != Some("off")
        && path.is_some_and(|path| matches!(standing(path), Standing::System | Standing::InUse))
}

fn listed(guests: &[&str]) -> String {
    guests.iter().map(|name| whole(name.trim_start_matches('/'))).collect::<Vec<_>>().join(", ")
}

/// Quotes a name with a blank in it.
fn whole(name: &str) -> String {
    if name.contains(' ') { format!("\"{name}\"") } else { name.to_owned() }
}

fn describe(seen: &Observed, scope: &Scope<'_>, name: &DatasetName, state: &DatasetState, node: &mut Node) {
    if state.volume {
        volume(state, node);
    }
    own(state, node);
    encryption(name, state, node);
    if let Some(origin) = state.value("origin").filter(|origin| !["-", ""].contains(origin)) {
        node.notes.push(format!("It is a clone of {}, which a spec does not say.", whole(origin)));
    }
    if !state.volume {
        export::exports(seen, scope, name, state, node);
        storage::registrations(seen, scope, name, state, node);
        bind::guests(seen, scope, name, state, node);
    }
}

/// Writes the settings that are the dataset's own, and those given at creation that are not the usual ones.
fn own(state: &DatasetState, node: &mut Node) {
    let target = if state.volume { Target::Volume } else { Target::Filesystem };
    for (name, setting) in &state.settings {
        let (name, raw) = (name.as_str(), &*setting.raw);
        let apart = APART.contains(&name) || (state.volume && name == "refreservation");
        if apart || name.starts_with("phoenix:") {
            continue;
        }
        let is_own = setting.source.is_own();
        let written = match property::find(target, name) {
            Some(row) if row.read_only => continue,
            Some(row) if row.creation_only && is_default(row, raw) => continue,
            Some(row) if row.creation_only => literal(row, raw),
            _ if !is_own => continue,
            Some(row) if !row.inheritable && is_default(row, raw) => continue,
            Some(row) => literal(row, raw),
            None if has_password(raw) => {
                node.notes
                    .push(format!("Left out: {name}: it holds a password, and a secret is in no spec."));
                continue;
            }
            None if name.contains(':') => property::user_property_name(name)
                .and_then(|()| property::user_property_value(raw))
                .map(|()| Literal::Text(raw.to_owned()))
                .map_err(|error| error.to_string()),
            None => Err("phoenix does not know this property".to_owned()),
        };
        match written {
            Ok(value) => node.set(name, value),
            Err(reason) => node.notes.push(format!("Left out: {name} {raw}: {reason}.")),
        }
    }
    let unread = state.unreadable.iter().filter(|(_, source)| source.is_own());
    for (name, _) in unread.filter(|(name, _)| !name.as_str().starts_with("phoenix:")) {
        node.notes.push(format!("Left out: {name}: its value is no text (UTF-8), and cannot be read."));
    }
}

/// Writes a volume's size, and whether it reserves it. What a thick volume reserves beyond its size is
/// reckoned by OpenZFS, and follows when it grows: that is not said.
fn volume(state: &DatasetState, node: &mut Node) {
    let number = |name: &str| state.value(name).and_then(|raw| raw.parse::<u64>().ok()).unwrap_or(0);
    let (volsize, reserved) = (number("volsize"), number("refreservation"));
    node.set("size", size(volsize));
    if reserved == 0 {
        node.set("sparse", Literal::Switch(true));
    } else if reserved < volsize {
        node.set("refreservation", size(reserved));
    }
}

/// Writes where the key of an encrypted dataset is found. One whose key is not here cannot be looked after.
fn encryption(name: &DatasetName, state: &DatasetState, node: &mut Node) {
    let Some(cipher) = state.value("encryption").filter(|word| *word != "off") else { return };
    if state.value("keystatus") != Some("available") {
        node.left_out = Some(format!(
            "it is encrypted ({cipher}) and its key is not loaded, so that it cannot be mounted; `zfs load-key {name}`, mount it, and write the spec again"
        ));
        return;
    }
    if state.value("encryptionroot") != Some(name.as_str()) {
        // The key is that of a dataset above.
        return;
    }
    let location = state.value("keylocation").unwrap_or("prompt");
    let format = state.value("keyformat").unwrap_or("raw");
    for (name, word) in [("encryption", cipher), ("keyformat", format), ("keylocation", location)] {
        node.set(name, Literal::Text(word.to_owned()));
    }
}
