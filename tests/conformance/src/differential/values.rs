//! Properties with values to set: mostly legal, some not.

use super::{certain, dice::Dice};
use phoenix_graph::DatasetName;
use phoenix_sim::State;

type Setting = (&'static str, &'static str);

/// Properties that can be changed at any time, each with its words.
const SETTINGS: &[(&str, &[&str])] = &[
    ("atime", &["on", "off", "maybe"]),
    ("relatime", &["on", "off"]),
    ("exec", &["on", "off"]),
    ("setuid", &["on", "off"]),
    ("devices", &["on", "off"]),
    ("readonly", &["on", "off", "off", "off"]),
    ("overlay", &["on", "off"]),
    ("compression", &["on", "off", "lz4", "zstd", "zstd-3", "gzip-6", "gzip", "gzip-9", "zle", "zip", "LZ4"]),
    ("recordsize", &["128K", "131072", "16K", "1M", "512", "16M", "64K", "8192", "3000", "32M", "1.5K", "K"]),
    ("sync", &["standard", "always", "disabled", "never"]),
    ("logbias", &["latency", "throughput"]),
    ("primarycache", &["all", "none", "metadata"]),
    ("copies", &["1", "2", "3", "4", "0"]),
    ("xattr", &["on", "off", "sa", "dir"]),
    ("acltype", &["off", "posix", "posixacl", "nfsv4", "noacl"]),
    ("aclinherit", &["restricted", "passthrough", "secure"]),
    ("aclmode", &["discard", "groupmask"]),
    ("dnodesize", &["legacy", "auto", "4k", "4K"]),
    ("snapdir", &["hidden", "visible"]),
    ("checksum", &["on", "sha256", "fletcher4", "blake3", "md5"]),
    ("redundant_metadata", &["all", "most", "some", "none"]),
    ("snapshot_limit", &["none", "100", "-1"]),
    ("filesystem_limit", &["none", "1000"]),
    ("test:a", &["x", "two words", "", "on"]),
    ("test:b", &["y", "-"]),
];

/// What is refused, mostly: by every dataset, or by those of the wrong kind.
const REFUSED: &[(&str, &[&str])] = &[
    ("special_small_blocks", &["0", "4K", "4096", "3000", "32M"]),
    ("test:C", &["z"]),
    ("frob", &["1"]),
    ("used", &["1"]),
    ("creation", &["1"]),
    ("mounted", &["yes"]),
    ("volsize", &["8M", "16M", "1G", "100000", "0"]),
];

/// Properties that can be given at creation only.
const AT_CREATION: &[(&str, &[&str])] = &[
    ("casesensitivity", &["sensitive", "mixed", "insensitive"]),
    ("normalization", &["none", "formD"]),
    ("utf8only", &["on", "off"]),
    ("volblocksize", &["16K"]),
];

const POOL_SETTINGS: &[(&str, &[&str])] = &[
    ("autotrim", &["on", "off", "yes"]),
    ("autoexpand", &["on", "off"]),
    ("comment", &["words for people", "", "a comment that is longer than it may be, which is 32 characters"]),
    ("failmode", &["wait", "continue", "panic", "run"]),
    ("listsnapshots", &["on", "off"]),
    ("delegation", &["on", "off"]),
    ("guid", &["1"]),
    ("size", &["1"]),
    ("frob", &["1"]),
    ("ashift", &["12"]),
];

const SPACE: &[&str] = &["quota", "refquota", "reservation", "refreservation"];
const SIZES: &[(&str, u64)] = &[
    ("none", 0),
    ("0", 0),
    ("1K", 1 << 10),
    ("1M", 1 << 20),
    ("8388608", 8 << 20),
    ("64M", 64 << 20),
    ("1G", 1 << 30),
    ("2T", 2 << 40),
];

fn one(dice: &mut Dice, table: &[(&'static str, &'static [&'static str])]) -> Setting {
    let (name, words) = table.get(dice.below(table.len())).copied().unwrap_or_default();
    (name, dice.word(words))
}

/// Returns a property that can be changed at any time, mostly.
pub fn setting(dice: &mut Dice) -> Setting {
    let table = if dice.chance(8) { REFUSED } else { SETTINGS };
    one(dice, table)
}

/// Returns a property that can be given at creation only.
pub fn at_creation(dice: &mut Dice) -> Setting {
    one(dice, AT_CREATION)
}

/// Returns a pool's property.
pub fn pool_setting(dice: &mut Dice) -> Setting {
    one(dice, POOL_SETTINGS)
}

/// Returns a mount point: few places, so that they meet; never `/` and nothing of the machine's own.
pub fn mountpoint(dice: &mut Dice) -> &'static str {
    dice.word(&[
        "/q1",
        "/q1/a",
        "/q1/a/b",
        "/q2 x",
        "/q1",
        "/q1/a",
        "/qa/a",
        "/qa/b/c",
        "/qa",
        "/q1/b",
        "/qa/a/b/c",
        "/q b/a",
        "none",
        "legacy",
        "/q1/",
        "/q1//a",
        "relative",
        "",
    ])
}

/// Returns a quota or reservation that the model surely judges as OpenZFS does: what a file or a block of
/// metadata takes is not modelled to the byte.
pub fn space(dice: &mut Dice, state: &State, name: &DatasetName) -> Option<Setting> {
    let property = dice.word(SPACE);
    if dice.chance(5) {
        return Some((property, dice.word(&["much", "-1", "auto"])));
    }
    let (word, size) = dice.pick(SIZES)?;
    // What is kept free for one is not there for the others: the pools of a test are small.
    if property.ends_with("reservation") && size > 64 << 20 {
        return None;
    }
    certain::judged(state, name, property, size)?;
    Some((property, word))
}
