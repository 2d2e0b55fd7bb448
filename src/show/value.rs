//! Values for people: sizes in their unit, with the exact bytes where the unit is not exact.

use phoenix_graph::{Bytes, Key, Unit, export::ExportOptions};

/// Writes the value of a setting of a resource. Words are left as they are; what follows a size
/// (`(inherited from tank)`) is kept.
#[must_use]
pub fn value(key: &Key, setting: &str, text: &str) -> String {
    match Unit::of(key, setting) {
        Unit::ExportOptions => export_options(text),
        _ if text.is_empty() => "(empty)".to_owned(),
        Unit::Word => text.to_owned(),
        Unit::Bytes { none } => {
            let (number, rest) = text.find(' ').map_or((text, ""), |at| text.split_at(at));
            number.parse().map_or_else(|_| text.to_owned(), |bytes| format!("{}{rest}", size(bytes, none)))
        }
    }
}

/// Shortens the options of an export, every one of which is explicit, to those that are not what
/// `exports(5)` assumes anyway; `ro` and `sync` are always said.
#[must_use]
pub fn export_options(text: &str) -> String {
    said_options(&ExportOptions::from_etab(text)).join(",")
}

/// Lists the options of an export that are not what `exports(5)` assumes anyway; what differs by security flavour is one
/// of them, and stands last.
#[must_use]
pub fn said_options(options: &ExportOptions) -> Vec<&str> {
    let assumed = ExportOptions::from_words([]).unwrap_or_default();
    let said = |word: &&str| ["ro", "rw", "sync", "async"].contains(word) || !assumed.contains(word);
    let mut words: Vec<&str> = options.iter().filter(said).collect();
    words.sort_by_key(|word| (word.contains(",sec="), !matches!(*word, "ro" | "rw"), *word));
    words
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
