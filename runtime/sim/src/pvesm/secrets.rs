//! The secrets of storages, which Proxmox keeps in files of their own: `storage.cfg` only says that there is a key
//! (`on_add_hook`, `on_update_hook` and `on_delete_hook` of the plugins, and `PVE::CephConfig`).

use std::collections::BTreeMap;

use super::config::Values;
use super::schema::Type;
use super::{Refused, Said, Site};

/// Secrets by their names.
pub(super) type Secrets = BTreeMap<&'static str, String>;

/// The order in which they are kept.
const ORDER: &[&str] = &["password", "encryption-key", "master-pubkey", "keyring"];

/// What Ceph goes by on a host that has monitors of its own.
const ADMIN: &str = "priv/ceph.client.admin.keyring";

/// Returns where a secret is kept, below `/etc/pve`.
fn place(kind: &Type, id: &str, secret: &str) -> String {
    match (kind.name, secret) {
        ("cephfs", _) => format!("priv/ceph/{id}.secret"),
        ("rbd", _) => format!("priv/ceph/{id}.keyring"),
        (_, "encryption-key") => format!("priv/storage/{id}.enc"),
        (_, "master-pubkey") => format!("priv/storage/{id}.master.pem"),
        _ => format!("priv/storage/{id}.pw"),
    }
}

/// Tells whether a storage has its password.
pub(super) fn has_password(kind: &Type, id: &str, site: &dyn Site) -> bool {
    site.is_kept(&place(kind, id, "password"))
}

/// Keeps the secrets of a new storage, and drops what an earlier one of its name may have left.
pub(super) fn add(
    kind: &Type,
    id: &str,
    secrets: &Secrets,
    values: &mut Values,
    site: &mut dyn Site,
    said: &mut Said,
) -> Result<(), Refused> {
    for secret in in_order(kind) {
        let place = place(kind, id, secret);
        match (secrets.get(secret), secret) {
            (Some(_), "master-pubkey") if !values.has("encryption-key") => {
                return Err(Refused::because(
                    "'master-pubkey' can only be used together with 'encryption-key'",
                ));
            }
            (Some(text), _) => keep(kind, id, secret, text, values, site, said)?,
            (None, "password") if kind.name == "esxi" => return Err(Refused::because("missing password")),
            (None, "keyring") if site.is_kept(&place) => {
                return Err(Refused::because(format!(
                    "ceph authx keyring file for storage '{id}' already exists!"
                )));
            }
            (None, "keyring") => {
                said.warn(format!("/etc/pve/{ADMIN} not found, authentication is disabled."))
            }
            (None, _) => site.drop_kept(&place).map_err(Refused::because)?,
        }
    }
    if kind.name == "rbd" && values.has("monhost") {
        configure(kind, id, site, said)?;
    }
    Ok(())
}

/// Keeps what a change says of secrets, and drops what it deletes. `values` are those that it sets.
pub(super) fn update(
    kind: &Type,
    id: &str,
    secrets: &Secrets,
    deleted: &[&str],
    values: &mut Values,
    site: &mut dyn Site,
    said: &mut Said,
) -> Result<(), Refused> {
    for secret in in_order(kind) {
        match secrets.get(secret) {
            Some(text) => keep(kind, id, secret, text, values, site, said)?,
            None if deleted.contains(&secret) => {
                site.drop_kept(&place(kind, id, secret)).map_err(Refused::because)?;
            }
            None => {}
        }
    }
    Ok(())
}

/// Drops the secrets of a storage.
pub(super) fn remove(kind: &Type, id: &str, site: &mut dyn Site) -> Result<(), Refused> {
    for secret in in_order(kind) {
        site.drop_kept(&place(kind, id, secret)).map_err(Refused::because)?;
    }
    match kind.name {
        "rbd" => site.drop_kept(&configuration(id)).map_err(Refused::because),
        _ => Ok(()),
    }
}

fn in_order(kind: &Type) -> impl Iterator<Item = &'static str> {
    let has: Vec<&str> = kind.secrets().collect();
    ORDER.iter().copied().filter(move |secret| has.contains(secret))
}

fn keep(
    kind: &Type,
    id: &str,
    secret: &'static str,
    text: &str,
    values: &mut Values,
    site: &mut dyn Site,
    said: &mut Said,
) -> Result<(), Refused> {
    let written = match (secret, kind.name) {
        ("password", "cifs") => format!("password={text}\n"),
        ("password", "esxi") => text.to_owned(),
        ("keyring", _) => format!("{}\n", text.strip_suffix('\n').unwrap_or(text)),
        _ => format!("{text}\n"),
    };
    match secret {
        "encryption-key" => {
            values.plain.insert(secret, fingerprint(text)?);
        }
        "master-pubkey" => {
            values.plain.insert(secret, "1".into());
        }
        "password" if kind.name == "cifs" && !values.has("username") => {
            said.warn(format!("storage {id}: ignoring password parameter, no user set"));
        }
        _ => {}
    }
    site.keep(&place(kind, id, secret), &written).map_err(Refused::because)
}

/// Returns what `storage.cfg` says of a key that backups are encrypted with.
fn fingerprint(key: &str) -> Result<String, Refused> {
    let key: Option<serde_json::Value> = serde_json::from_str(key).ok();
    let key = key.filter(|key| key.get("data").is_some());
    let key = key.ok_or_else(|| {
        Refused::because("Value does not seems like a valid, JSON formatted encryption key!")
    })?;
    let told = key.get("fingerprint").and_then(serde_json::Value::as_str);
    Ok(told.filter(|told| !told.is_empty()).unwrap_or("1").to_owned())
}

fn configuration(id: &str) -> String {
    format!("priv/ceph/{id}.conf")
}

/// Tells Ceph where the key of a cluster is that this host does not run.
fn configure(kind: &Type, id: &str, site: &mut dyn Site, said: &mut Said) -> Result<(), Refused> {
    let (keyring, file) = (place(kind, id, "keyring"), configuration(id));
    if !site.is_kept(&keyring) {
        return Ok(());
    }
    if site.is_kept(&file) {
        said.warn(format!(
            "file /etc/pve/{file} already exists, check manually and ensure 'keyring' option is set \
             to '/etc/pve/{keyring}'!"
        ));
        return Ok(());
    }
    let text = format!("[global]\n\tkeyring = /etc/pve/{keyring}\n\n");
    site.keep(&file, &text).map_err(Refused::because)
}
