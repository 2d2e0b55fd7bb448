//! Secrets of registrations. Proxmox keeps them beside `storage.cfg` and drops them with the registration, and no
//! generation knows them: what gives one back is a file of the user's own that holds the same.

use crate::{Inputs, code, draft::Draft, sketch::Sketch};
use phoenix_graph::{
    Graph, Key, Resource, Storage,
    storage::{FILE, StorageType, find_type},
};
use phoenix_host::{
    observed::{Kept, Query, StorageState},
    text::kept_secret::CONFIGURATION,
};
use std::collections::BTreeMap;

/// Files that hold secrets, by the property that each is.
pub type Files = BTreeMap<Box<str>, Box<str>>;

/// Adds what has to be looked at for the secrets of a registration.
pub fn look(query: &mut Query, storage: &Storage) {
    let files = storage.secret_files.iter();
    query.secret_files.extend(files.map(|(secret, file)| (file.clone(), secret.clone())));
}

/// Returns the files from which the secrets of a registration can be given back.
pub fn known(state: &StorageState) -> Files {
    let known = state.secrets.iter();
    known.filter_map(|(secret, kept)| Some((secret.clone(), kept.file()?.into()))).collect()
}

/// Returns the files that a registration is made anew with: what the spec names, and what nobody declared.
pub fn all(storage: &Storage, state: &StorageState) -> Files {
    let mut files = if storage.kind == state.kind { known(state) } else { Files::new() };
    files.extend(storage.secret_files.clone());
    files
}

/// Refuses to make a registration where a secret is missing, or cannot be read.
pub fn can_be_made(draft: &mut Draft<'_>, key: &Key, storage: &Storage, with: &Files) -> bool {
    let mut secrets = find_type(&storage.kind).into_iter().flat_map(StorageType::secrets);
    if let Some(missing) = secrets.find(|secret| secret.needed && !with.contains_key(secret.name)) {
        let name = missing.name;
        draft.refuse(
            key,
            code::SECRET_MISSING,
            format!("Proxmox makes no `{}` storage without its {name}", storage.kind),
            format!(
                "write it into a file that root alone may read, and name that: `{name}{FILE}=\"/root/{}.pw\"`",
                storage.id
            ),
        );
        return false;
    }
    let unusable = &draft.inputs.observed.unusable_secrets;
    let Some((secret, file, why)) =
        with.iter().find_map(|(secret, file)| Some((secret, file, unusable.get(file)?)))
    else {
        return true;
    };
    refuse_file(draft, key, secret, file, why);
    false
}

/// Refuses what would drop a secret that nobody could give back.
pub fn would_be_lost(draft: &mut Draft<'_>, key: &Key, state: &StorageState) -> bool {
    let Some((secret, kept)) = state.secrets.iter().find(|(_, kept)| kept.file().is_none()) else {
        return false;
    };
    let why = match kept {
        Kept::In(_) => "no file that the spec names holds the same".to_owned(),
        Kept::Unread(reason) => reason.to_string(),
    };
    draft.refuse(
        key,
        code::SECRET_LOST,
        format!("Proxmox would drop its {secret} with it, and a rollback could not give that back: {why}"),
        if **secret == *CONFIGURATION {
            "keep a copy of it elsewhere, and remove the registration by hand: `pvesm remove`".to_owned()
        } else {
            format!(
                "name a file that holds it (`{secret}{FILE}`) and switch to that first; or remove the registration by hand: `pvesm remove`"
            )
        },
    );
    true
}

/// Finds the secrets of a registration that stays which are to be set, and can be given back; nothing where one is refused.
pub fn changed(draft: &mut Draft<'_>, key: &Key, storage: &Storage, state: &StorageState) -> Option<Files> {
    let mut set = Files::new();
    for (secret, file) in &storage.secret_files {
        let kept = state.secrets.get(secret);
        if kept.is_some_and(|kept| kept.is_in(file)) {
            continue;
        }
        let Some(why) = incomparable(draft.inputs, file, kept) else {
            if kept.is_none_or(|kept| kept.file().is_some()) {
                set.insert(secret.clone(), file.clone());
            }
            continue;
        };
        if kept.is_none() || !said_before(draft.inputs, key, secret, file) {
            refuse_file(draft, key, secret, file, &why);
            return None;
        }
        let text = format!(
            "whether its {secret} is the one in {file} cannot be told, and it is left as it is: {why}"
        );
        draft.warn(key, code::SECRET_UNREAD, text);
    }
    Some(set)
}

/// Tells which secrets are set.
pub fn tell(sketch: &mut Sketch, set: &Files, state: Option<&StorageState>) {
    for (secret, file) in set {
        let was = state.and_then(|state| state.secrets.get(secret)).map(held);
        sketch.tell(secret, was.as_deref(), Some(&format!("as in {file}")));
    }
}

/// Tells which secrets go with a registration.
pub fn tell_gone(sketch: &mut Sketch, state: &StorageState) {
    state.secrets.iter().for_each(|(secret, kept)| sketch.tell(secret, Some(&held(kept)), None));
}

fn held(kept: &Kept) -> String {
    kept.file().map_or_else(|| "another".to_owned(), |file| format!("as in {file}"))
}

/// Says why a secret cannot be compared with what a file holds, or set from it.
pub fn incomparable(inputs: &Inputs<'_>, file: &str, kept: Option<&Kept>) -> Option<Box<str>> {
    let unusable = inputs.observed.unusable_secrets.get(file).cloned();
    unusable.or_else(|| match kept {
        Some(Kept::Unread(reason)) => Some(reason.clone()),
        _ => None,
    })
}

/// Returns whether the current generation names the same file for a secret.
fn said_before(inputs: &Inputs<'_>, key: &Key, secret: &str, file: &str) -> bool {
    match inputs.current.and_then(|current: &Graph| current.get(key)).map(|node| &node.resource) {
        Some(Resource::Storage(storage)) => {
            storage.secret_files.get(secret).is_some_and(|said| **said == *file)
        }
        _ => false,
    }
}

fn refuse_file(draft: &mut Draft<'_>, key: &Key, secret: &str, file: &str, why: &str) {
    draft.refuse(
        key,
        code::SECRET_FILE,
        format!("its {secret} is to be the one in {file}, which cannot be had: {why}"),
        "write it there, in a file that root alone may read (`chmod 600`), then plan again",
    );
}
