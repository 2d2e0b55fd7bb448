//! Reads what a row of `zfs get` or `zpool get` says of a property, and which properties a version of OpenZFS has.

use crate::grid::Row;
use phoenix_graph::{Target, property};
use phoenix_host::observed::{Setting, Source};

/// Reads the source's column.
#[must_use]
pub fn source(text: &str) -> Source {
    match text {
        "local" => Source::Local,
        "default" => Source::Default,
        "received" => Source::Received,
        "temporary" => Source::Temporary,
        _ => match text.strip_prefix("inherited from ") {
            Some(from) => Source::Inherited(from.into()),
            None => Source::None,
        },
    }
}

/// What a row says of a property.
pub enum Said {
    /// It does not apply.
    Nothing,
    /// It is this.
    Is(Setting),
    /// Its value is no text.
    Unreadable(Source),
}

pub fn said(row: &Row<'_>) -> Said {
    let source = source(row.source);
    match std::str::from_utf8(row.value) {
        Ok("-") if source == Source::None => Said::Nothing,
        Ok(text) => Said::Is(Setting { raw: text.into(), source }),
        Err(_) => Said::Unreadable(source),
    }
}

/// Returns whether a version of OpenZFS has a property: one that it has not would end the whole command.
pub fn has(targets: &[Target], name: &str, version: Option<(u32, u32)>) -> bool {
    let row = targets.iter().find_map(|target| property::find(*target, name));
    match (row, version) {
        (Some(row), Some((major, minor))) => {
            (u32::from(row.since.major), u32::from(row.since.minor)) <= (major, minor)
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(raw: &str, source: Source) -> Setting {
        Setting { raw: raw.into(), source }
    }

    #[test]
    fn sources_are_told_apart() {
        let cases = [
            ("local", Source::Local),
            ("default", Source::Default),
            ("received", Source::Received),
            ("temporary", Source::Temporary),
            ("inherited from tank/a b", Source::Inherited("tank/a b".into())),
            ("-", Source::None),
        ];
        for (text, wanted) in cases {
            assert_eq!(source(text), wanted);
        }
    }

    #[test]
    fn what_does_not_apply_is_nothing_and_what_is_no_text_is_there_and_unknown() {
        let row = |value, source| Row { name: "t", property: "p", value, source };
        assert!(matches!(said(&row(b"-", "-")), Said::Nothing));
        // A user may set a dash, and nothing at all.
        assert!(matches!(said(&row(b"-", "local")), Said::Is(is) if is == setting("-", Source::Local)));
        assert!(matches!(said(&row(b"", "local")), Said::Is(is) if is == setting("", Source::Local)));
        assert!(matches!(said(&row(b"a\xff", "received")), Said::Unreadable(Source::Received)));
    }
}
