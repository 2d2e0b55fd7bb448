//! Values for people: sizes in their unit, with the exact bytes where the unit is not exact.

use phoenix_graph::{
    Bytes, Key, Target,
    export::ExportOptions,
    property::{self, Kind},
};

/// Writes the value of a setting of a resource. Words are left as they are; what follows a size
/// (`(inherited from tank)`) is kept.
#[must_use]
pub fn value(key: &Key, setting: &str, text: &str) -> String {
    if text.is_empty() {
        return "(empty)".to_owned();
    }
    if !is_size(key, setting) {
        return text.to_owned();
    }
    let (number, rest) = text.split_once(' ').map_or((text, ""), |(number, rest)| (number, rest));
    match number.parse::<u64>() {
        Ok(bytes) if rest.is_empty() => size(bytes, none_is_zero(key, setting)),
        Ok(bytes) => format!("{} {rest}", size(bytes, none_is_zero(key, setting))),
        Err(_) => text.to_owned(),
    }
}

/// Shortens the options of an export, every one of which is explicit, to those that are not what
/// `exports(5)` assumes anyway; `ro` and `sync` are always said.
#[must_use]
pub fn export_options(text: &str) -> String {
    let assumed = ExportOptions::from_words([]).unwrap_or_default();
    let said = |word: &&str| ["ro", "rw", "sync", "async"].contains(word) || !assumed.contains(word);
    let mut words: Vec<&str> = text.split(',').filter(said).collect();
    words.sort_by_key(|word| (!matches!(*word, "ro" | "rw"), *word));
    words.join(",")
}

/// Writes a size: in its largest exact unit, else rounded with the exact bytes behind.
fn size(bytes: u64, none: bool) -> String {
    let exact = Bytes(bytes).to_string();
    match bytes {
        0 if none => "none".to_owned(),
        _ if bytes < 1024 || exact.len() <= 5 => exact,
        _ => format!("{} ({bytes} bytes)", rounded(bytes)),
    }
}

/// Writes a size of what is used, which need not be exact: `1.40T`, `512B`.
#[must_use]
pub fn about(bytes: u64) -> String {
    if bytes < 1024 { format!("{bytes}B") } else { rounded(bytes) }
}

/// Rounds to three digits, as `zfs list` does: `1.40T`.
fn rounded(bytes: u64) -> String {
    let power = bytes.ilog2() / 10;
    // Three digits are shown: what a double loses of 64 bits is far behind them.
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let number = bytes as f64 / (1u64 << (10 * power)) as f64;
    let digits = if number >= 100.0 { 0 } else { usize::from(number < 10.0) + 1 };
    let suffix = char::from(b"BKMGTPE"[power as usize]);
    format!("{number:.digits$}{suffix}")
}

fn row(key: &Key, setting: &str) -> Option<&'static property::Property> {
    let target = match key {
        Key::Pool(_) => Target::Pool,
        Key::Dataset(_) => Target::Filesystem,
        Key::Volume(_) => Target::Volume,
        _ => return None,
    };
    property::find(target, setting)
}

fn is_size(key: &Key, setting: &str) -> bool {
    match key {
        // The parameters of the ARC are bytes, but for those that end in `_percent` and the like (`zfs(4)`).
        Key::Tunable(name) => ["zfs_arc_max", "zfs_arc_min"].contains(&&**name),
        Key::Dataset(_) | Key::Volume(_) if setting == "written" => true,
        _ => row(key, setting).is_some_and(|row| matches!(row.kind, Kind::Size { .. })),
    }
}

fn none_is_zero(key: &Key, setting: &str) -> bool {
    row(key, setting).is_some_and(|row| matches!(row.kind, Kind::Size { none: true, .. }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_is_told_in_three_digits() {
        assert_eq!([0, 1023, 1024, 1_539_316_278_886].map(about), ["0B", "1023B", "1.00K", "1.40T"]);
    }

    #[test]
    fn sizes_are_exact_or_say_the_exact_bytes() {
        let dataset: Key = "dataset:tank/a".parse().unwrap();
        let shown = |setting, text| value(&dataset, setting, text);
        assert_eq!(shown("quota", "858993459200"), "800G");
        assert_eq!(shown("quota", "1539316278886"), "1.40T (1539316278886 bytes)");
        assert_eq!(shown("quota", "0"), "none");
        assert_eq!(shown("quota", "1073741824 (inherited from tank)"), "1G (inherited from tank)");
        assert_eq!(shown("recordsize", "131072"), "128K");
        assert_eq!(shown("compression", "lz4"), "lz4");
        assert_eq!(shown("copies", "2"), "2");
        assert_eq!(shown("quota", "18446744073709551615"), "16.0E (18446744073709551615 bytes)");
        assert_eq!(value(&"tunable:zfs_arc_max".parse().unwrap(), "value", "32212254720"), "30G");
        assert_eq!(value(&"storage:iso".parse().unwrap(), "blocksize", "8192"), "8192");
    }
}
