//! The options of `exports(5)`, word by word.

use std::borrow::Cow;

/// An option that is either on or off, with a word for each.
pub(super) struct Toggle {
    /// The word for what holds where nothing is said.
    pub default: &'static str,
    /// The word for the opposite.
    pub other: &'static str,
    /// Whether `exports(5)` has the default as a word; all versions read it, but not all document it.
    pub documented: bool,
}

const fn toggle(default: &'static str, other: &'static str) -> Toggle {
    Toggle { default, other, documented: true }
}

const fn silent(default: &'static str, other: &'static str) -> Toggle {
    Toggle { default, other, documented: false }
}

/// All toggles, in the order in which nfs-utils writes them.
pub(super) const TOGGLES: &[Toggle] = &[
    toggle("ro", "rw"),
    toggle("sync", "async"),
    toggle("wdelay", "no_wdelay"),
    toggle("hide", "nohide"),
    silent("nocrossmnt", "crossmnt"),
    toggle("secure", "insecure"),
    toggle("root_squash", "no_root_squash"),
    toggle("no_all_squash", "all_squash"),
    toggle("no_subtree_check", "subtree_check"),
    silent("secure_locks", "insecure_locks"),
    silent("acl", "no_acl"),
    silent("no_pnfs", "pnfs"),
];

/// Options that are there or not.
const FLAGS: &[&str] = &["nordirplus", "security_label", "mountpoint"];

/// Options with a value.
const VALUED: &[&str] =
    &["anonuid", "anongid", "fsid", "mountpoint", "refer", "replicas", "sec", "xprtsec", "reexport"];

/// Other spellings.
const ALIASES: &[(&str, &str)] =
    &[("auth_nlm", "secure_locks"), ("no_auth_nlm", "insecure_locks"), ("mp", "mountpoint")];

const VOCABULARY: &[&str] = &[
    "ro",
    "rw",
    "sync",
    "async",
    "wdelay",
    "no_wdelay",
    "hide",
    "nohide",
    "crossmnt",
    "nocrossmnt",
    "secure",
    "insecure",
    "root_squash",
    "no_root_squash",
    "all_squash",
    "no_all_squash",
    "subtree_check",
    "no_subtree_check",
    "auth_nlm",
    "no_auth_nlm",
    "secure_locks",
    "insecure_locks",
    "acl",
    "no_acl",
    "pnfs",
    "no_pnfs",
    "nordirplus",
    "security_label",
    "anonuid=",
    "anongid=",
    "fsid=",
    "mountpoint",
    "mountpoint=",
    "mp",
    "mp=",
    "refer=",
    "replicas=",
    "sec=",
    "xprtsec=",
    "reexport=",
];

/// Options of `mount(8)` and `nfs(5)` that people look for here, by the part before `=`.
const MOUNT_OPTIONS: &[&str] = &[
    "ac",
    "acdirmax",
    "acdirmin",
    "acregmax",
    "acregmin",
    "actimeo",
    "atime",
    "auto",
    "bg",
    "clientaddr",
    "cto",
    "defaults",
    "dev",
    "diratime",
    "exec",
    "fg",
    "fsc",
    "hard",
    "intr",
    "lazytime",
    "local_lock",
    "lock",
    "lookupcache",
    "max_connect",
    "migration",
    "minorversion",
    "mounthost",
    "mountport",
    "mountproto",
    "mountvers",
    "namlen",
    "nconnect",
    "nfsvers",
    "noac",
    "noacl",
    "noatime",
    "noauto",
    "nocto",
    "nodev",
    "nodiratime",
    "noexec",
    "nofail",
    "nofsc",
    "nointr",
    "nolock",
    "nomigration",
    "norelatime",
    "noresvport",
    "nosharecache",
    "nosuid",
    "nouser",
    "port",
    "proto",
    "rdirplus",
    "rdma",
    "relatime",
    "resvport",
    "retrans",
    "retry",
    "rsize",
    "sharecache",
    "soft",
    "softerr",
    "strictatime",
    "suid",
    "tcp",
    "timeo",
    "udp",
    "user",
    "users",
    "vers",
    "wsize",
    "_netdev",
];

/// Says why a word is not taken as an export option.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OptionError {
    /// No such option exists.
    #[error("{0:?} is no export option (exports(5))")]
    Unknown(Box<str>),
    /// It is an option of the client's mount.
    #[error(
        "{word:?} is an option of the client's mount, not of an export: exportfs would refuse it, and drop every later entry of the file{hint}"
    )]
    MountOption {
        word: Box<str>,
        /// Where it belongs.
        hint: &'static str,
    },
    /// Two words say opposite things.
    #[error("{first:?} and {second:?} contradict each other; keep one")]
    Contradiction {
        /// What was said first, in canonical spelling.
        first: Box<str>,
        /// What was said later.
        second: Box<str>,
    },
    /// The value behind `=` is missing, wrong or not wanted.
    #[error("{word:?}: {reason}")]
    Value {
        word: Box<str>,
        /// What is wrong with the value, and what would be right.
        reason: &'static str,
    },
}

impl OptionError {
    /// Returns the word that the error is about.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Unknown(word)
            | Self::MountOption { word, .. }
            | Self::Contradiction { second: word, .. }
            | Self::Value { word, .. } => word,
        }
    }
}

/// Returns all legal words, for suggestions; those with a value end in `=`.
#[must_use]
pub fn vocabulary() -> &'static [&'static str] {
    VOCABULARY
}

/// One option in canonical spelling.
pub(super) struct Known {
    /// What it is about: the default of its toggle, else the part before `=`.
    pub key: &'static str,
    pub word: Box<str>,
}

/// Returns the default of the toggle that a word belongs to.
pub(super) fn is_toggle(word: &str) -> Option<&'static str> {
    TOGGLES.iter().find(|toggle| [toggle.default, toggle.other].contains(&word)).map(|toggle| toggle.default)
}

/// Returns what a canonical word is about; an empty text for one that is not known.
pub(super) fn key(word: &str) -> &'static str {
    let name = word.split_once('=').map_or(word, |(name, _)| name);
    is_toggle(word)
        .or_else(|| FLAGS.iter().chain(VALUED).find(|known| **known == name).copied())
        .unwrap_or_default()
}

/// Reads one word and returns it in canonical spelling.
pub(super) fn read(word: &str) -> Result<Known, OptionError> {
    let (name, value) = match word.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (word, None),
    };
    let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, known)| known);
    let wrong = |reason| OptionError::Value { word: word.into(), reason };
    if let Some(key) = is_toggle(name) {
        return match value {
            None => Ok(Known { key, word: name.into() }),
            Some(_) => Err(wrong("it takes no value")),
        };
    }
    let known = |list: &[&'static str]| list.iter().find(|known| **known == name).copied();
    match (known(FLAGS), known(VALUED), value) {
        (Some(key), _, None) => Ok(Known { key, word: key.into() }),
        (_, Some(key), Some(value)) => {
            let value = canonical_value(key, value).map_err(wrong)?;
            Ok(Known { key, word: format!("{key}={value}").into() })
        }
        (None, Some(_), None) => Err(wrong("it needs a value behind =")),
        (Some(_), None, Some(_)) => Err(wrong("it takes no value")),
        (None, None, _) if MOUNT_OPTIONS.contains(&name) || name.starts_with("x-systemd.") => {
            Err(OptionError::MountOption { word: word.into(), hint: belongs(name) })
        }
        (None, None, _) => Err(OptionError::Unknown(word.into())),
    }
}

/// Tells where a mount option belongs.
fn belongs(name: &str) -> &'static str {
    match name {
        "noatime" => "; write it where the client mounts, and atime=\"off\" on the dataset",
        "relatime" | "atime" | "strictatime" | "norelatime" => {
            "; write it where the client mounts, and atime or relatime on the dataset"
        }
        "nodev" | "dev" => "; write it where the client mounts, and devices on the dataset",
        "noexec" | "exec" => "; write it where the client mounts, and exec on the dataset",
        "nosuid" | "suid" => "; write it where the client mounts, and setuid on the dataset",
        "noacl" => "; for the export the word is no_acl",
        _ => "; write it where the client mounts",
    }
}

/// Checks an option's value and returns it in canonical spelling.
fn canonical_value<'a>(key: &str, value: &'a str) -> Result<Cow<'a, str>, &'static str> {
    let one_of = |words: &[&str], reason| match words.contains(&value) {
        true => Ok(Cow::Borrowed(value)),
        false => Err(reason),
    };
    match key {
        "anonuid" | "anongid" => id(value).map(Cow::Owned),
        "fsid" => fsid(value),
        "sec" => list(value, |flavour| match flavour {
            "unix" => Some("sys"),
            _ => ["sys", "krb5", "krb5i", "krb5p"].into_iter().find(|known| *known == flavour),
        })
        .ok_or("flavours are sys, krb5, krb5i and krb5p, joined by colons, each once"),
        "xprtsec" => list(value, |mode| ["none", "tls", "mtls"].into_iter().find(|known| *known == mode))
            .ok_or("modes are none, tls and mtls, joined by colons, each once"),
        "reexport" => one_of(
            &["none", "auto-fsidnum", "predefined-fsidnum"],
            "it is one of none, auto-fsidnum, predefined-fsidnum",
        ),
        "mountpoint" if !value.starts_with('/') => Err("the mount point is an absolute path"),
        "refer" | "replicas" if !value.starts_with('/') || !value.contains('@') => {
            Err("it is a list of PATH@HOST, joined by colons")
        }
        _ if value.chars().any(|c| c.is_whitespace() || c.is_control() || "\"\\#(),".contains(c)) => {
            Err("spaces, quotes, commas, brackets, # and \\ cannot stand in it")
        }
        _ => Ok(Cow::Borrowed(value)),
    }
}

/// Reads a user or group id; -1 and -2 are the two largest, as in `exports(5)`'s older examples.
fn id(value: &str) -> Result<String, &'static str> {
    let number: i64 = value.parse().map_err(|_| "it is a number from 0 to 4294967295")?;
    let number = if i32::try_from(number).is_ok() && number < 0 { number + (1 << 32) } else { number };
    u32::try_from(number).map(|id| id.to_string()).map_err(|_| "it is a number from 0 to 4294967295")
}

/// Reads `root`, a number, or a UUID of 32 hexadecimal digits.
fn fsid(value: &str) -> Result<Cow<'_, str>, &'static str> {
    const REASON: &str = "it is root, a number below 4294967296, or a UUID";
    if value == "root" {
        return Ok(Cow::Borrowed("0"));
    }
    // `012` is 10 to nfs-utils, and whoever writes it may mean 12.
    if value.len() > 1 && value.starts_with('0') && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("a number that begins with 0 is octal to nfs-utils: say it without that");
    }
    if let Ok(number) = id(value) {
        return Ok(Cow::Owned(number));
    }
    let digits = value.bytes().filter(u8::is_ascii_hexdigit).count();
    let uuid = digits == 32 && value.bytes().all(|byte| byte.is_ascii_hexdigit() || b"-:.".contains(&byte));
    // nfs-utils tries a number first.
    if uuid && !value.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(Cow::Borrowed(value))
    } else {
        Err(REASON)
    }
}

/// Reads words joined by colons, each once, in the order of preference.
fn list<'a>(value: &'a str, canonical: impl Fn(&'a str) -> Option<&'a str>) -> Option<Cow<'a, str>> {
    let words: Vec<&str> = value.split(':').map(canonical).collect::<Option<_>>()?;
    let twice = words.iter().enumerate().any(|(at, word)| words[..at].contains(word));
    (!twice).then(|| Cow::Owned(words.join(":")))
}
