//! What holds for one security flavour and not for the next (`exports(5)`, "Security Flavors").
//!
//! Behind `sec=` options are about those flavours alone. In [`ExportOptions`](super::ExportOptions) they are one word,
//! such as `sec=sys,ro,sec=krb5p,rw`: the flavours in their order, with what differs among them and nothing else.

use super::words::{self, OptionError, TOGGLES, Toggle};

/// Toggles that can differ from one security flavour to the next, by their default, in the order of nfs-utils.
pub(super) const BY_FLAVOUR: [&str; 4] = ["ro", "secure", "root_squash", "no_all_squash"];

/// The words of these toggles, as a spec may say them of a security flavour.
pub const OF_A_FLAVOUR: &[&str] =
    &["ro", "rw", "secure", "insecure", "root_squash", "no_root_squash", "no_all_squash", "all_squash"];

/// For each of [`BY_FLAVOUR`], whether the word for the opposite of the default holds.
pub(super) type Flags = [bool; BY_FLAVOUR.len()];

/// Security flavours, the preferred one first, each with what holds for it.
pub(super) type Flavours = Vec<(Box<str>, Flags)>;

/// Finds what a canonical word says of a toggle that can differ by flavour: which, and whether it is the opposite of the
/// default.
pub(super) fn flag(word: &str) -> Option<(usize, bool)> {
    let default = words::is_toggle(word)?;
    let at = BY_FLAVOUR.iter().position(|known| *known == default)?;
    Some((at, word != default))
}

/// Returns the word for a state of a toggle.
pub(super) fn word(at: usize, other: bool) -> &'static str {
    let default = BY_FLAVOUR[at];
    let toggle = TOGGLES.iter().find(|toggle| toggle.default == default);
    toggle.map_or(default, |Toggle { default, other: opposite, .. }| if other { opposite } else { default })
}

/// Returns whether flavours differ in a toggle.
pub(super) fn differs(flavours: &[(Box<str>, Flags)], at: usize) -> bool {
    flavours.iter().any(|(_, flags)| flags[at] != flavours[0].1[at])
}

/// Writes flavours with what differs among them: `sec=krb5:sys`, or `sec=sys,ro,sec=krb5p,rw`.
pub(super) fn write(flavours: &[(Box<str>, Flags)]) -> String {
    let differing: Vec<usize> = (0..BY_FLAVOUR.len()).filter(|at| differs(flavours, *at)).collect();
    let pieces = flavours.chunk_by(|one, next| one.1 == next.1).filter_map(|alike| {
        let (_, flags) = alike.first()?;
        let names: Vec<&str> = alike.iter().map(|(name, _)| &**name).collect();
        let words = differing.iter().map(|at| word(*at, flags[*at]));
        let piece = std::iter::once(format!("sec={}", names.join(":"))).chain(words.map(str::to_owned));
        Some(piece.collect::<Vec<_>>().join(","))
    });
    pieces.collect::<Vec<_>>().join(",")
}

/// Takes apart what was written where flavours differ: the flavours of each piece, joined by colons, with its words.
pub(super) fn pieces(word: &str) -> Vec<(&str, Vec<&str>)> {
    let mut pieces: Vec<(&str, Vec<&str>)> = Vec::new();
    for part in word.split(',') {
        match (part.strip_prefix("sec="), pieces.last_mut()) {
            (Some(flavours), _) => pieces.push((flavours, Vec::new())),
            (None, Some((_, said))) => said.push(part),
            (None, None) => {}
        }
    }
    pieces
}

/// Reads flavours with what each says, over what holds for all.
///
/// # Errors
/// The first flavour or word that is none, is said twice, contradicts another of its flavour, or is about all flavours.
pub(super) fn read<'a>(
    common: Flags,
    said: impl IntoIterator<Item = (&'a str, Vec<&'a str>)>,
) -> Result<Flavours, OptionError> {
    let mut found = Flavours::new();
    for (flavours, own) in said {
        let mut flags = common;
        let mut first: [Option<&str>; BY_FLAVOUR.len()] = Default::default();
        for one in own {
            let known = words::read(one)?;
            let Some((at, other)) = flag(&known.word) else {
                let reason = "it is about all security flavours: say it for the client";
                return Err(OptionError::Value { word: one.into(), reason });
            };
            if let Some(earlier) = first[at].filter(|_| flags[at] != other) {
                return Err(OptionError::Contradiction { first: earlier.into(), second: one.into() });
            }
            first[at] = Some(one);
            flags[at] = other;
        }
        let known = words::read(&format!("sec={flavours}"))?;
        for name in known.word.trim_start_matches("sec=").split(':') {
            if found.iter().any(|(other, _)| **other == *name) {
                let reason = "this security flavour is said before";
                return Err(OptionError::Value { word: format!("sec={name}").into(), reason });
            }
            found.push((name.into(), flags));
        }
    }
    Ok(found)
}
