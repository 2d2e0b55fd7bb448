//! Which values properties take, and what the tools say of others. The rules are the schema's.

use phoenix_graph::{PropertyName, Target, property, size::Bytes};
use phoenix_host::op::Assignment;
use std::collections::BTreeMap;

/// Finds a property that a dataset or pool has in a version of OpenZFS.
pub fn row_of(zfs: (u32, u32), target: Target, name: &str) -> Option<&'static property::Property> {
    property::find(target, name).filter(|row| (u32::from(row.since.major), u32::from(row.since.minor)) <= zfs)
}

/// What a tool says about a property that it refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Complaint {
    /// What follows the words that say what was tried.
    About(String),
    /// All that is said.
    Whole(String),
}

impl Complaint {
    /// Returns the whole text: `cannot create 'tank/a'` and what is wrong.
    pub fn after(self, tried: &str) -> String {
        match self {
            Complaint::About(text) => format!("{tried}: {text}"),
            Complaint::Whole(text) => text,
        }
    }
}

/// Judges an assignment and returns the value as `-Hp` prints it, or says in the words of the tools what is wrong with it.
pub fn judge(
    zfs: (u32, u32),
    target: Target,
    name: &PropertyName,
    word: &str,
) -> Result<Box<str>, Complaint> {
    if name.is_user() && is_user_name(name.as_str()) {
        return Ok(word.into());
    }
    let name = name.as_str();
    let Some(row) = row_of(zfs, target, name) else {
        let elsewhere = [Target::Filesystem, Target::Volume]
            .iter()
            .any(|other| target != Target::Pool && row_of(zfs, *other, name).is_some());
        return Err(Complaint::About(if elsewhere {
            format!("'{name}' does not apply to datasets of this type")
        } else {
            format!("invalid property '{name}'")
        }));
    };
    if row.read_only {
        return Err(Complaint::About(format!("'{name}' is readonly")));
    }
    if (name, word) == ("comment", "") {
        return Ok(word.into());
    }
    let value = row.parse(word).map_err(|_| Complaint::About(complaint(row, word)))?;
    if let ("quota" | "refquota", "0") = (name, &*value.to_string())
        && word != "none"
    {
        return Err(Complaint::About(USE_NONE.to_owned()));
    }
    Ok(match (name, word) {
        // A path is kept as it was written, doubled slashes and all.
        ("mountpoint", _) => word.into(),
        // Two words for one value: it is printed by the first of them in OpenZFS's table.
        ("xattr", "sa") if zfs >= (2, 3) => "on".into(),
        ("xattr", "dir") if zfs < (2, 3) => "on".into(),
        _ => value.to_string().into(),
    })
}

/// Returns whether a name with a colon can be a user property's (`zfs_prop_user` of OpenZFS).
pub fn is_user_name(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.:".contains(&byte))
}

const USE_NONE: &str = "use 'none' to disable quota/refquota";

fn complaint(row: &property::Property, word: &str) -> String {
    let name = row.name;
    match name {
        "recordsize" | "volblocksize" if !word.starts_with(|c: char| c.is_ascii_digit()) => {
            format!("bad numeric value '{word}'")
        }
        "special_small_blocks" => match word.parse::<Bytes>() {
            Ok(bytes) => {
                format!("invalid '{name}={}' property: must be zero or a power of 2 from 512B to 16M", bytes.0)
            }
            Err(_) => format!("bad numeric value '{word}'"),
        },
        "reservation" if word == "auto" => format!("'{word}' is invalid value for '{name}'"),
        "volsize" if word == "0" => format!("'{name}' cannot be zero"),
        "refreservation" if word == "auto" => format!("'{name}={word}' only allowed on volumes"),
        "recordsize" => format!("'{name}' must be power of 2 from 512B to 16M"),
        "volblocksize" => format!("'{name}' must be power of 2 from 512B to 16M"),
        "comment" => "comment must not exceed 32 characters".to_owned(),
        "compression" => {
            "'compression' must be one of 'on | off | lzjb | gzip | gzip-[1-9] | zle | lz4 | zstd | zstd-[1-19] | zstd-fast | zstd-fast-[1-10,20,30,40,50,60,70,80,90,100,500,1000]'".to_owned()
        }
        "quota" | "refquota" if word == "auto" => USE_NONE.to_owned(),
        "copies" => "'copies' must be one of '1 | 2 | 3'".to_owned(),
        "mountpoint" => format!("'{name}' must be an absolute path, 'none', or 'legacy'"),
        _ if row.legal_values().len() > 1 => {
            format!("'{name}' must be one of '{}'", row.legal_values().join(" | "))
        }
        _ => format!("bad numeric value '{word}'"),
    }
}

/// Returns what may be set on something new when power is lost: what only its creation sets, and nothing else or
/// the first half of the rest.
pub fn parts(settings: &[Assignment], target: Target) -> [Vec<Assignment>; 2] {
    const WITH_IT: [&str; 3] = ["keylocation", "keyformat", "pbkdf2iters"];
    let fixed = |name: &str| {
        WITH_IT.contains(&name) || property::find(target, name).is_some_and(|row| row.creation_only)
    };
    let (mut bare, rest): (Vec<_>, Vec<_>) =
        settings.iter().cloned().partition(|(name, _)| fixed(name.as_str()));
    let none = bare.clone();
    bare.extend(rest[..rest.len() / 2].iter().cloned());
    [none, bare]
}

/// Judges properties for the creation of a pool; the first bad one refuses all.
pub fn take(
    zfs: (u32, u32),
    target: Target,
    settings: &[Assignment],
) -> Result<BTreeMap<PropertyName, Box<str>>, Complaint> {
    let judged = settings.iter().map(|(name, word)| Ok((name.clone(), judge(zfs, target, name, word)?)));
    judged.collect::<Result<_, _>>().and_then(completed)
}

/// Adds what follows from other properties: names can be normalised only where they are UTF-8.
pub fn completed(
    mut taken: BTreeMap<PropertyName, Box<str>>,
) -> Result<BTreeMap<PropertyName, Box<str>>, Complaint> {
    if taken.get("normalization").is_some_and(|word| &**word != "none") {
        let said = taken.insert(PropertyName::new("utf8only"), "on".into());
        if said.is_some_and(|word| &*word == "off") {
            let text = "'utf8only' must be set 'on' if normalization chosen";
            return Err(Complaint::About(text.into()));
        }
    }
    Ok(taken)
}
