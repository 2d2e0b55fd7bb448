//! Legal settings, made from the tables of the graph: properties of OpenZFS, options of exports,
//! properties of Proxmox storages. Each value comes with other spellings of the same.

use super::{
    choices::Choices,
    spec::{Same, Value, text},
};
use phoenix_graph::{
    Bytes, Property, Target,
    export::{ExportOptions, vocabulary},
    property::{self, Kind},
    storage::{StorageKind, StorageProperty, StorageType},
};

/// What is not chosen freely: it has to fit to other settings, and the generator of its node says it.
const STRUCTURE: &[&str] = &[
    "quota",
    "refquota",
    "reservation",
    "refreservation",
    "volsize",
    "volblocksize",
    "mountpoint",
    "canmount",
    "encryption",
    "keyformat",
    "keylocation",
    "pbkdf2iters",
    "sharenfs",
    "normalization",
    "utf8only",
    "zoned",
    // What OpenZFS lists, and no spec can have.
    "altroot",
    "mlslabel",
    "version",
];

/// Returns a property that fits everywhere, with its whole name; families get a member.
pub fn property(target: Target, choices: &mut Choices) -> (&'static Property, String) {
    let free = |row: &&Property| !row.read_only && !STRUCTURE.contains(&row.name);
    let mut rows: Vec<&'static Property> = property::all(target).filter(free).collect();
    rows.sort_by_key(|row| row.name);
    let row = choices.of(&rows);
    let member = if row.name.ends_with('@') { format!("m{}", choices.below(3)) } else { String::new() };
    (row, format!("{}{member}", row.name))
}

/// Returns a legal value of a property in all its spellings.
pub fn value(row: &Property, choices: &mut Choices) -> Same {
    let words = row.legal_values();
    let word = if words.is_empty() { None } else { Some(choices.of(words)) };
    let same = match row.kind {
        Kind::OnOff | Kind::Words(_) => spelled(word.unwrap()),
        Kind::Aliases { aliases, .. } => {
            let word = word.unwrap();
            let mut same = spelled(word);
            same.extend(aliases.iter().filter(|(_, of)| *of == word).map(|(alias, _)| text(*alias)));
            same
        }
        Kind::Size { min, max, power_of_two, zero, .. } => match (word, choices.below(4)) {
            (Some(word), 3) => spelled(word),
            (_, 2) if zero => size(0),
            _ if power_of_two => size((min << choices.below(16)).min(max)),
            _ => size((min.max(1) << choices.below(40)).min(max)),
        },
        Kind::Count { min, max, .. } => match (word, choices.below(4)) {
            (Some(word), 3) => spelled(word),
            _ => number(min + choices.below(100) as u64 % (max - min + 1)),
        },
        Kind::Path(_) => match (word, choices.below(4)) {
            (Some(word), 3) => spelled(word),
            _ => vec![text("/srv/any/path"), text("/srv//any/path/")],
        },
        Kind::KeyLocation => vec![text("file:///etc/zfs/keys/one")],
        Kind::Text { .. } => match (word, choices.below(4)) {
            (Some(word), 3) => spelled(word),
            _ => vec![text(choices.of(&["a", "any: text", "\"quoted\" \\ {x}", "größer {{"]))],
        },
    };
    let mut same = same;
    for on in [true, false] {
        if row.from_bool(on).is_some_and(|value| row.parse(&plain(&same[0])) == Ok(value)) {
            same.push(Value::Bool(on));
        }
    }
    let first = row.parse(&plain(&same[0]));
    assert!(first.is_ok(), "{}: {first:?}", row.name);
    for other in same.iter().filter(|other| !matches!(other, Value::Bool(_))) {
        assert_eq!(row.parse(&plain(other)), first, "{}", row.name);
    }
    same
}

fn spelled(word: &str) -> Same {
    vec![text(word)]
}

fn plain(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        other => panic!("{other:?}"),
    }
}

/// Returns a whole number in its spellings.
pub fn number(number: u64) -> Same {
    vec![Value::Number(number), text(number.to_string())]
}

/// Returns a size in its spellings.
pub fn size(bytes: u64) -> Same {
    let mut same = number(bytes);
    same.push(text(format!("{bytes}B")));
    for (shift, suffixes) in [(10, ["K", "k", "KiB"]), (20, ["M", "mib", "MiB"]), (30, ["G", "GiB", "g"])] {
        if bytes > 0 && bytes.is_multiple_of(1 << shift) {
            same.extend(suffixes.map(|suffix| text(format!("{}{suffix}", bytes >> shift))));
        }
    }
    same.push(text(Bytes(bytes).to_string()).clone());
    same.retain(|value| plain(value).parse() == Ok(Bytes(bytes)));
    same
}

/// Returns the type of a param that gives such values, and keeps the spellings that fit.
pub fn param_type(row: &Property, choices: &mut Choices) -> Option<&'static str> {
    let types: &[&str] = match row.kind {
        Kind::OnOff => &["boolean", "text"],
        Kind::Count { none: false, .. } => &["number", "text"],
        Kind::Size { words: [], .. } => &["size"],
        _ => &["text"],
    };
    if choices.one_in(2) { None } else { types.get(choices.below(types.len())).copied() }
}

/// Keeps the spellings that a param of a type takes.
pub fn fitting(same: Same, kind: Option<&str>) -> Same {
    let fits = |value: &Value| match (kind, value) {
        (None, _) | (Some("text"), Value::Text(_)) | (Some("number"), Value::Number(_)) => true,
        (Some("boolean"), Value::Bool(_)) | (Some("size"), Value::Number(_)) => true,
        (Some("size"), Value::Text(text)) => text.parse::<Bytes>().is_ok(),
        _ => false,
    };
    let kept: Same = same.into_iter().filter(fits).collect();
    assert!(!kept.is_empty(), "no value of the type {kind:?}");
    kept
}

/// Returns a user property: its name and value.
pub fn user_property(at: usize, choices: &mut Choices) -> (String, Same) {
    let name = choices.of(&["site:note", "com.sun:auto-snapshot", "a:b:c_d-1"]);
    let value = match choices.below(5) {
        0 => vec![text("x")],
        1 => number(choices.below(100) as u64),
        2 => vec![Value::Bool(true), text("true")],
        3 => vec![Value::Bool(false), text("false")],
        _ => vec![text("two words, \"quotes\" und ümläuts { }")],
    };
    (format!("{name}{at}"), value)
}

/// Returns words of `exports(5)` that go together, none about the same as another or as one of
/// `taken`.
pub fn options(most: usize, taken: &[String], choices: &mut Choices) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for _ in 0..choices.below(most + 1) {
        // Under one `fsid` stands one path, and what a profile says is said of several.
        let fitting: Vec<&str> = vocabulary().iter().copied().filter(|word| *word != "fsid=").collect();
        let word = choices.of(&fitting);
        let word = match word.strip_suffix('=') {
            Some(name) => format!("{name}={}", option_value(name)),
            None => word.to_owned(),
        };
        assert!(ExportOptions::from_words([&*word]).is_ok(), "{word}");
        if !found.iter().chain(taken).any(|known| about(known) == about(&word)) {
            found.push(word);
        }
    }
    found
}

fn option_value(name: &str) -> &'static str {
    match name {
        "anonuid" | "anongid" => "1000",
        "sec" => "krb5:sys",
        "xprtsec" => "tls:mtls",
        "reexport" => "auto-fsidnum",
        "refer" | "replicas" => "/there@host",
        _ => "/srv/other",
    }
}

/// Returns what an option is about: of two words about the same only one is said.
fn about(word: &str) -> &str {
    let name = word.split('=').next().unwrap();
    match name {
        "ro" => "rw",
        "async" => "sync",
        "mp" => "mountpoint",
        "auth_nlm" | "no_auth_nlm" | "insecure_locks" => "secure_locks",
        "insecure" => "secure",
        "nohide" => "hide",
        "nocrossmnt" => "crossmnt",
        _ => name.strip_prefix("no_").unwrap_or(name),
    }
}

/// Returns some property of a storage with its values; nothing where it follows from the dataset,
/// is a secret, or stands in `type` and `content`.
pub fn storage_property(
    kind: &'static StorageType,
    choices: &mut Choices,
) -> Option<(&'static str, Vec<Same>)> {
    let rows: Vec<&StorageProperty> = kind.properties().collect();
    let row = choices.of(&rows);
    if ["pool", "path", "mountpoint", "is_mountpoint", "content"].contains(&row.name) {
        return None;
    }
    let one = |value: &str| vec![vec![text(value)]];
    let values = match row.kind {
        StorageKind::Boolean => match choices.below(2) {
            0 => vec![vec![Value::Bool(false), text("0"), Value::Number(0), text("no")]],
            _ => vec![vec![Value::Bool(true), text("1"), Value::Number(1), text("On")]],
        },
        StorageKind::Nodes => vec![vec![text("one")], vec![text("two")]],
        StorageKind::BlockSize => one("16k"),
        StorageKind::PruneBackups => one("keep-last=3,keep-daily=7"),
        StorageKind::Bandwidth => one("default=1000"),
        StorageKind::ContentDirs => one("iso=some/folder"),
        StorageKind::Integer { min, .. } => vec![number(min.max(1).unsigned_abs())],
        StorageKind::Words(words) => one(choices.of(words)),
        _ => return None,
    };
    let joined: Vec<String> = values
        .iter()
        .map(|same| match &same[0] {
            Value::Bool(on) => u8::from(*on).to_string(),
            value => plain(value),
        })
        .collect();
    kind.canonical(row.name, &joined.join(",")).ok().map(|_| (row.name, values))
}

/// Returns some of the contents that a storage type takes.
pub fn contents(kind: &StorageType, choices: &mut Choices) -> Vec<Same> {
    let most = choices.between(1, kind.contents.len());
    kind.contents[..most].iter().map(|word| vec![text(*word)]).collect()
}
