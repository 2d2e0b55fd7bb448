//! How a host stands: what is missing, what differs, what is not phoenix's; each with what can be done.

use super::{
    Paint, count, date, line,
    plan::{differences, differs},
};
use phoenix_graph::Key;
use phoenix_plan::{
    Kind, Refusal, Subject,
    foreign::{Foreign, ForeignKind},
};
use phoenix_store::Transaction;
use phoenix_transaction::switch::Standing;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

/// Lays out how a host stands.
#[must_use]
pub fn standing(standing: &Standing, paint: Paint) -> String {
    let mut text = String::new();
    let is_unknown = |key: &Key| standing.unknown.iter().any(|(unknown, _)| unknown == key);
    for warning in standing.drift.warnings.iter().filter(|warning| !is_unknown(&warning.key)) {
        // Writing to a string does not fail, here and below.
        let _ =
            writeln!(text, "{} {}: {}", paint.change("warning:"), line(&warning.key), line(&warning.text));
    }
    if !standing.missing.is_empty() {
        let _ = writeln!(text, "{}", paint.strong("Missing"));
        for key in &standing.missing {
            let _ = writeln!(text, "  {} {}  is not there", paint.change("-"), line(key));
            if let Some(refusal) = refusal(standing, key) {
                let _ = writeln!(text, "      {}", line(&refusal.reason));
            }
            let _ = writeln!(text, "      help: {}", line(&missing_help(standing, key)));
        }
    }
    if !standing.unknown.is_empty() {
        let _ = writeln!(text, "{}", paint.strong("Unknown"));
        for (at, (key, unknown)) in standing.unknown.iter().enumerate() {
            let _ = writeln!(text, "  {} {}  cannot be seen", paint.change("?"), line(key));
            // They share one reason; it is told once, behind the last.
            if standing.unknown.get(at + 1).is_none_or(|(_, next)| next != unknown) {
                let _ = writeln!(text, "      {}", line(&unknown.reason));
                let _ = writeln!(text, "      help: {}\n", line(&unknown.help));
            }
        }
    }
    if !standing.overdue.is_empty() {
        let _ = writeln!(text, "{}", paint.strong("Overdue"));
        for one in &standing.overdue {
            let newest = one.newest.map_or("none was taken yet".to_owned(), |newest| {
                format!("the newest is of {}", date::utc(newest))
            });
            let _ = writeln!(
                text,
                "  {} {}  {} snapshots: {newest}",
                paint.bad("!"),
                line(&one.dataset),
                one.kind
            );
        }
        text.push_str("      help: `journalctl --unit phoenix-snapshots.service` has what sanoid said\n\n");
    }
    let (told, number) = differences(&standing.drift, &standing.missing, paint);
    if number > 0 {
        let _ = writeln!(text, "{}\n{told}", paint.strong("Different"));
    } else if !standing.missing.is_empty() {
        text.push('\n');
    }
    match number + standing.missing.len() {
        0 if standing.drift.is_empty() && !standing.unknown.is_empty() => {
            text.push_str("All that can be seen is as it says.\n");
        }
        0 if standing.drift.is_empty() && !standing.overdue.is_empty() => {
            text.push_str("All else is as it says.\n");
        }
        0 if standing.drift.is_empty() => text.push_str(&paint.good("The host is as it says.\n")),
        0 => text.push_str(
            "Only phoenix's own files differ.\n`phoenix switch` to the same spec writes them anew.\n",
        ),
        all => {
            let all = paint.strong(&format!("{} from what it says.", count(all, "difference")));
            let way = match standing.drift.refusals.len() {
                0 => "`phoenix switch` to the same spec puts right what differs, and nothing else.",
                _ => "`phoenix switch` to the same spec would be refused: the ways out stand above.",
            };
            let _ = writeln!(text, "{all}\n{way}");
        }
    }
    text.push_str(&foreign(&standing.foreign, paint));
    text
}

/// Names what differs from what the generation says, what is missing first; what people are not told of where that is
/// all.
#[must_use]
pub fn differing(standing: &Standing) -> Vec<String> {
    let drift = &standing.drift;
    let told = drift.actions.iter().filter(|action| differs(action, drift, &standing.missing));
    let mut named: Vec<String> = standing.missing.iter().map(line).collect();
    named.extend(told.map(|action| line(&action.subject)));
    named.extend(drift.refusals.iter().map(|refusal| line(&refusal.key)));
    if named.is_empty() {
        named.extend(drift.actions.iter().map(|action| line(&action.subject)));
    }
    let mut known = BTreeSet::new();
    named.retain(|name| known.insert(name.clone()));
    named
}

/// Finds why a switch would not bring back what is missing.
fn refusal<'a>(standing: &'a Standing, key: &Key) -> Option<&'a Refusal> {
    standing.drift.refusals.iter().find(|refusal| refusal.key == *key)
}

/// Says what a person can do about something that is missing.
#[must_use]
pub fn missing_help<'a>(standing: &'a Standing, key: &Key) -> &'a str {
    if let Some(refusal) = refusal(standing, key) {
        return &refusal.help;
    }
    let kind = |kind: Kind| {
        standing.drift.actions.iter().any(|action| {
            action.kind == kind && matches!(&action.subject, Subject::Resource(other) if other == key)
        })
    };
    match key {
        Key::Pool(_) if kind(Kind::Import) => "`phoenix switch` imports it",
        Key::Pool(_) => "see `zpool import` and the disks: phoenix makes a pool anew on blank disks only",
        _ if kind(Kind::Restore) => "it is retired: `phoenix switch` brings it home, with all it holds",
        Key::Dataset(_) | Key::Volume(_) => {
            "`phoenix switch` makes it anew, and empty: bring back first what was in it, if that is needed"
        }
        _ => "`phoenix switch` brings it back",
    }
}

/// Says what a person can do about something that is not phoenix's.
#[must_use]
pub fn foreign_help(kind: ForeignKind) -> &'static str {
    match kind {
        ForeignKind::Pool | ForeignKind::Dataset | ForeignKind::Volume => {
            "`phoenix import --live` writes it as a spec says it; `phoenix switch --adopt` with that takes it over"
        }
        ForeignKind::Unrecorded => {
            "it bears phoenix's mark, and this state folder has no record of it: it came with a stream or a pool, or of a record that is lost; `phoenix switch --adopt` takes over what the spec names"
        }
        ForeignKind::Storage => {
            "`phoenix import --live` writes each but a `dir` that lies on no dataset, which stays Proxmox's own"
        }
        ForeignKind::Bind | ForeignKind::Virtiofs => {
            "`phoenix import --live` writes those that have a whole dataset; `phoenix switch --adopt` with that takes them over"
        }
        ForeignKind::GuestDisk => "Proxmox keeps it for a guest: there is nothing to do",
        ForeignKind::Export => "take the entry away where it stands, then write an `export` in the spec",
    }
}

fn foreign(foreign: &[Foreign], paint: Paint) -> String {
    if foreign.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{}\n", paint.strong("Not phoenix's, and left as it is"));
    let mut guests: BTreeMap<String, usize> = BTreeMap::new();
    for one in foreign {
        match (&one.key, one.kind) {
            (Key::Dataset(name) | Key::Volume(name), ForeignKind::GuestDisk) => {
                let above = name.parent().map(|parent| parent.to_string()).unwrap_or_default();
                *guests.entry(above).or_default() += 1;
            }
            (key, ForeignKind::Export) => _ = writeln!(text, "  {} to {}", line(key), line(&one.detail)),
            (key, ForeignKind::Bind | ForeignKind::Virtiofs) => {
                _ = writeln!(text, "  {} of {}", line(key), line(&one.detail))
            }
            (key, ForeignKind::Storage) => _ = writeln!(text, "  {} ({})", line(key), line(&one.detail)),
            (key, ForeignKind::Unrecorded) => _ = writeln!(text, "  {} (bears phoenix's mark)", line(key)),
            (key, _) => _ = writeln!(text, "  {}", line(key)),
        }
    }
    for (above, number) in guests {
        let _ = writeln!(
            text,
            "  {} in {}",
            count(number, "disk of a guest").replace("disk of a guests", "disks of guests"),
            line(&above)
        );
    }
    let helps: BTreeSet<&str> = foreign
        .iter()
        .filter(|one| one.kind != ForeignKind::GuestDisk)
        .map(|one| foreign_help(one.kind))
        .collect();
    for help in helps {
        let _ = writeln!(text, "{}", paint.faint(&format!("help: {help}")));
    }
    text
}

/// Lists what an interrupted switch had begun, and why it came to be undone where that is known.
#[must_use]
pub fn interrupted(open: &Transaction) -> String {
    let mut text = String::new();
    if let Some(reason) = &open.undoing {
        let _ = writeln!(text, "It was being undone: {}", line(reason));
    }
    let begun = begun(open);
    if !begun.is_empty() {
        let _ = writeln!(text, "It had begun:");
        for subject in begun {
            let _ = writeln!(text, "  {}", line(&subject));
        }
    }
    text
}

/// Names what an interrupted switch had begun to change.
#[must_use]
pub fn begun(open: &Transaction) -> Vec<String> {
    let subjects = open.plans.iter().flat_map(|(plan, intents)| {
        intents.iter().filter_map(|&at| plan.actions.get(at)).map(|action| action.subject.to_string())
    });
    subjects.collect()
}
