//! Secrets of Proxmox's registrations: where Proxmox keeps each, how it writes it there, and what a file has to hold to be
//! one (`PVE::Storage::*Plugin` and `PVE::CephConfig` of pve-storage 8.3 and 9.1).

use phoenix_graph::{StorageId, storage::find_type};
use std::borrow::Cow;

/// The secret that `pvesm` reads from its standard input; of the others it is given the file.
pub const PASSWORD: &str = "password";

/// What some editors put before a text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The most that a password has, in bytes.
const LONGEST: usize = 256;

/// Returns where Proxmox keeps a secret of a registration, below `/etc/pve`.
#[must_use]
pub fn place(kind: &str, secret: &str, id: &StorageId) -> Option<String> {
    find_type(kind)?.secrets().find(|known| known.name == secret)?;
    match (kind, secret) {
        ("cephfs", _) => Some(format!("priv/ceph/{id}.secret")),
        ("rbd", _) => Some(format!("priv/ceph/{id}.keyring")),
        (_, "encryption-key") => Some(format!("priv/storage/{id}.enc")),
        (_, "master-pubkey") => Some(format!("priv/storage/{id}.master.pem")),
        _ => Some(format!("priv/storage/{id}.pw")),
    }
}

/// The name that a configuration of Ceph goes by among the secrets of a registration.
pub const CONFIGURATION: &str = "configuration";

/// Why a configuration of Ceph cannot be given back.
pub const OWN_CONFIGURATION: &str = "somebody wrote it by hand";

/// Returns where the configuration of a registration of Ceph's images is, below `/etc/pve`. Proxmox writes one, and drops
/// whatever stands there with the registration.
#[must_use]
pub fn configuration(kind: &str, id: &StorageId) -> Option<String> {
    (kind == "rbd").then(|| format!("priv/ceph/{id}.conf"))
}

/// Returns whether a configuration of Ceph is another than the one that Proxmox writes.
#[must_use]
pub fn is_own_configuration(bytes: &[u8], id: &StorageId) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    let lines: Vec<String> = lines.filter(|line| !line.is_empty()).collect();
    lines != ["[global]".to_owned(), format!("keyring = /etc/pve/priv/ceph/{id}.keyring")]
}

/// Returns a secret, as it is read from a file of one's own, as Proxmox writes it.
#[must_use]
pub fn written(kind: &str, secret: &[u8]) -> Vec<u8> {
    match kind {
        "cifs" => [b"password=", secret, b"\n"].concat(),
        "esxi" => secret.to_vec(),
        _ => [secret, b"\n"].concat(),
    }
}

/// Returns whether what Proxmox keeps is this secret. Ends of lines behind it do not count.
#[must_use]
pub fn is_same(kind: &str, kept: &[u8], secret: &[u8]) -> bool {
    whole(kept) == whole(&written(kind, secret))
}

/// Reads what a file holds as a secret: a password is its one line, anything else all of it.
///
/// # Errors
/// Why it is none, in words for people that tell nothing of it.
pub fn read<'a>(secret: &str, bytes: &'a [u8]) -> Result<&'a [u8], Cow<'static, str>> {
    let text = whole(bytes);
    let control = text.iter().find(|&&byte| byte < b' ' || byte == 0x7f);
    Err(match (secret, control) {
        _ if text.is_empty() => "it is empty".into(),
        _ if text.starts_with(BYTE_ORDER_MARK) => "it begins with a byte order mark".into(),
        (PASSWORD, Some(b'\n')) => "a password is one line".into(),
        (PASSWORD, Some(b'\r')) => {
            "it has a carriage return, as files of Windows do at the ends of lines".into()
        }
        (PASSWORD, Some(byte)) => format!("it has the control character 0x{byte:02x}").into(),
        (PASSWORD, None) if text.len() > LONGEST => "Proxmox takes a password of 256 bytes at most".into(),
        (PASSWORD, None) => return Ok(text),
        ("encryption-key", _) if !is_backup_key(text) => {
            "it is no key of `proxmox-backup-client key create`".into()
        }
        _ => return Ok(bytes),
    })
}

/// Returns whether Proxmox takes it for a key that backups are encrypted with.
fn is_backup_key(text: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Value>(text).is_ok_and(|key| key.get("data").is_some())
}

fn whole(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|&byte| byte != b'\n').map_or(0, |at| at + 1);
    bytes.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_proxmox_keeps_is_known_again_and_nothing_else_is() {
        for (kind, secret) in
            [("cifs", "password"), ("pbs", "password"), ("esxi", "password"), ("rbd", "keyring")]
        {
            let file = b"s3cret\n";
            let read = read(secret, file).unwrap();
            assert!(is_same(kind, &written(kind, read), read), "{kind} {secret}");
            for other in [&b"s3cre"[..], b"s3cret ", b"", b"S3cret"] {
                assert!(!is_same(kind, &written(kind, other), read), "{kind} {secret}");
            }
        }
        assert_eq!(written("cifs", b"s3cret"), b"password=s3cret\n");
    }

    #[test]
    fn each_secret_has_a_place_of_its_own() {
        let id = StorageId::new("nas").unwrap();
        let place = |kind, secret| place(kind, secret, &id);
        assert_eq!(place("cifs", "password").as_deref(), Some("priv/storage/nas.pw"));
        assert_eq!(place("pbs", "encryption-key").as_deref(), Some("priv/storage/nas.enc"));
        assert_eq!(place("pbs", "master-pubkey").as_deref(), Some("priv/storage/nas.master.pem"));
        assert_eq!(place("rbd", "keyring").as_deref(), Some("priv/ceph/nas.keyring"));
        assert_eq!(place("cephfs", "keyring").as_deref(), Some("priv/ceph/nas.secret"));
        assert_eq!(place("nfs", "password"), None);
        assert_eq!(place("cifs", "keyring"), None);
    }

    #[test]
    fn a_configuration_that_somebody_wrote_is_told_from_proxmoxs() {
        let id = StorageId::new("far").unwrap();
        let theirs = b"[global]\n\t keyring = /etc/pve/priv/ceph/far.keyring\n\n";
        assert!(!is_own_configuration(theirs, &id));
        for own in [
            &b"[global]\n\tkeyring = /etc/ceph/x\n"[..],
            b"",
            b"[global]\n\tkeyring = /etc/pve/priv/ceph/far.keyring\n[client]\n",
        ] {
            assert!(is_own_configuration(own, &id));
        }
        assert_eq!(configuration("cephfs", &id), None);
    }

    #[test]
    fn what_is_no_password_is_told_without_telling_it() {
        for (bytes, why) in [
            (&b"one\ntwo\n"[..], "a password is one line"),
            (b"one\r\n", "it has a carriage return, as files of Windows do at the ends of lines"),
            (b"o\0ne\n", "it has the control character 0x00"),
            (b"\xef\xbb\xbfone\n", "it begins with a byte order mark"),
            (b"\n", "it is empty"),
        ] {
            assert_eq!(read("password", bytes), Err(why.into()));
        }
        assert!(read("password", &[b'x'; 257]).is_err());
        assert_eq!(read("password", "schlüssel".as_bytes()), Ok("schlüssel".as_bytes()));
        let key = b"{\"kdf\":null,\"data\":\"AAAA\"}\n";
        assert_eq!(read("encryption-key", key), Ok(&key[..]));
        assert!(read("encryption-key", b"{\"kdf\":null}").is_err());
        assert!(read("encryption-key", b"AAAA").is_err());
        assert_eq!(read("keyring", b"[client]\n\tkey = x\n"), Ok(&b"[client]\n\tkey = x\n"[..]));
    }
}
