//! Registrations of every type, with all their properties, in files that Proxmox wrote and that people wrote over.

use super::*;
use phoenix_graph::storage::StorageProperty;
use proptest::{collection::vec, option, prelude::*, sample::select};
use std::{collections::BTreeSet, fmt::Write};

/// Writes sections as Proxmox does, lists in one order.
fn print<'a>(sections: impl IntoIterator<Item = &'a Section>) -> String {
    let mut text = String::new();
    for section in sections {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}: {}", section.kind, section.id);
        for (key, value) in ordered(section) {
            let _ = match (&**key, &**value) {
                ("disable", "1") => writeln!(text, "\tdisable"),
                ("disable", _) => continue,
                (key, value) => writeln!(text, "\t{key} {}", canonical(&section.kind, key, value)),
            };
        }
        text.push('\n');
    }
    text
}

/// Lists properties in the order that Proxmox writes them in.
fn ordered(section: &Section) -> Vec<&(Box<str>, Box<str>)> {
    let required = required(&section.kind);
    let rank = |key: &str| match key {
        "disable" => 0,
        key if required.contains(&key) => 1,
        _ => 2,
    };
    let mut properties: Vec<_> = section.properties.iter().collect();
    properties.sort_by(|(a, _), (b, _)| (rank(a), a).cmp(&(rank(b), b)));
    properties
}

/// Some of several, in their order, one at least.
fn some(words: &'static [&'static str]) -> BoxedStrategy<String> {
    let most = words.len();
    proptest::sample::subsequence(words.to_vec(), 1..=most).prop_map(|words| words.join(",")).boxed()
}

fn one_of(words: &'static [&'static str]) -> BoxedStrategy<String> {
    select(words).prop_map(str::to_owned).boxed()
}

/// Values of a property as Proxmox takes them; none of what it never writes.
fn value(kind: &'static StorageType, property: &'static StorageProperty) -> Option<BoxedStrategy<String>> {
    Some(match property.kind {
        // A mark that there is one; the secrets themselves are elsewhere.
        StorageKind::Secret if is_mark(property.name) => Just("1".to_owned()).boxed(),
        StorageKind::Secret => return None,
        StorageKind::Content => some(kind.contents),
        StorageKind::Nodes => some(&["pve", "pve-2", "node3"]),
        StorageKind::Boolean => one_of(&["0", "1"]),
        StorageKind::BaseVolume => Just("san:0.0.0.scsi-3600".to_owned()).boxed(),
        StorageKind::Dataset => "t[a-z]{2,5}(/[a-z0-9]{1,4}){0,2}".boxed(),
        StorageKind::DirectoryPath | StorageKind::AbsolutePath => "/[a-z0-9/]{1,9}[a-z]".boxed(),
        StorageKind::RelativePath => "[a-z]{1,4}(/[a-z]{1,4})?".boxed(),
        StorageKind::BlockSize => one_of(&["512", "4k", "16K", "16384", "1m"]),
        StorageKind::IsMountpoint => one_of(&["0", "1", "yes", "no", "/mnt/x"]),
        StorageKind::PruneBackups => one_of(&["keep-all=1", "keep-last=3", "keep-weekly=4,keep-daily=7"]),
        StorageKind::Bandwidth => one_of(&["100", "default=1000", "move=6,clone=5"]),
        StorageKind::ContentDirs => {
            let content = kind.contents[0];
            "[a-z]{1,5}(/[a-z]{1,5})?".prop_map(move |folder| format!("{content}={folder}")).boxed()
        }
        StorageKind::Integer { min, max } => {
            (min..=max.min(1000)).prop_map(|number| number.to_string()).boxed()
        }
        StorageKind::Words(words) => one_of(words),
        StorageKind::Server => one_of(&["10.0.0.5", "nas.lan", "fd00::5"]),
        StorageKind::Portal => one_of(&["10.0.0.5", "10.0.0.5:3260", "[fd00::5]:3260"]),
        StorageKind::Portals => some(&["10.0.0.5", "10.0.0.6:6789", "mon.lan"]),
        StorageKind::LvmName => "[a-z][a-z0-9_.-]{0,5}[a-z0-9]".boxed(),
        StorageKind::MountOptions => one_of(&["ro", "vers=4.2,soft", "uid=1000"]),
        StorageKind::Fingerprint => "[0-9a-f]{2}".prop_map(|pair| vec![pair; 32].join(":")).boxed(),
        StorageKind::Text => "[a-zA-Z][a-zA-Z0-9@!._ -]{0,8}[a-z]".boxed(),
    })
}

/// A section of a type of the table, with what is required and some of the rest.
fn of(kind: &'static StorageType) -> impl Strategy<Value = Section> {
    let properties = kind.properties().filter_map(|property| {
        let value = value(kind, property)?;
        let value = if property.required { value.prop_map(Some).boxed() } else { option::of(value).boxed() };
        Some(value.prop_map(move |value| Some((Box::from(property.name), Box::from(value?)))))
    });
    let properties: Vec<_> = properties.collect();
    ("[a-z][a-z0-9._-]{0,6}[a-z0-9]", properties).prop_map(|(id, properties)| Section {
        line: 0,
        kind: kind.name.into(),
        id: id.into(),
        properties: properties.into_iter().flatten().collect(),
    })
}

/// A section of any type that Proxmox has.
fn section() -> impl Strategy<Value = Section> {
    let iscsi = ("[a-z]{2,5}", "[a-z]{2,5}", "[a-z]{2,6}").prop_map(|(portal, target, id)| {
        let properties = [("portal", portal), ("target", target)];
        let properties = properties.map(|(key, value)| (key.into(), value.into())).into();
        Section { line: 0, kind: "iscsidirect".into(), id: id.into(), properties }
    });
    let known = select(types().iter().collect::<Vec<_>>()).prop_flat_map(of);
    prop_oneof![9 => known, 1 => iscsi]
}

/// Sections of several ids, none of which is everybody's.
fn sections() -> impl Strategy<Value = Vec<Section>> {
    vec(section(), 0..6).prop_map(|sections| {
        let mut known = BTreeSet::from([Box::from(LOCAL)]);
        sections.into_iter().filter(|section| known.insert(section.id.clone())).collect()
    })
}

/// How somebody spaces lines: what stands before a property, behind its name and at its end, and how many lines follow.
type Spacing = (&'static str, &'static str, &'static str, usize);

fn spacing() -> impl Strategy<Value = Spacing> {
    (
        select(vec!["\t", " ", "    ", "\t\t "]),
        select(vec![" ", "  ", "\t", " \t "]),
        select(vec!["", " ", "\t"]),
        1..4_usize,
    )
}

/// What a write loses, and where it stands: a comment anywhere, a section of a type that nobody knows.
#[derive(Debug, Clone)]
enum Lossy {
    Comment(String),
    Section(String, Vec<String>),
}

fn lossy() -> impl Strategy<Value = Lossy> {
    let comment = "[ \t]{0,2}#[ -~]{0,12}".prop_map(Lossy::Comment);
    let strange = ("u[a-z]{3,6}", vec("[a-z]{2,5} [a-z0-9]{1,5}", 0..3));
    prop_oneof![comment, strange.prop_map(|(id, lines)| Lossy::Section(id, lines))]
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back(sections in sections()) {
        let file = read(&print(&sections));
        prop_assert_eq!(&file.lost, &[]);
        prop_assert_eq!(&file.blocked, &None);
        let back: Vec<Section> =
            file.sections.into_iter().filter(|one| one.line > 0).map(|one| Section { line: 0, ..one }).collect();
        prop_assert_eq!(print(&back), print(&sections));
        prop_assert_eq!(back.len(), sections.len());
    }

    #[test]
    fn what_people_wrote_between_and_around_changes_nothing_of_what_is_in_force(
        sections in sections(),
        spacings in vec(spacing(), 6),
        lossy in vec(option::of(lossy()), 6),
    ) {
        let (mut text, mut lost) = (String::new(), 0);
        for ((section, (before, between, end, lines)), lossy) in sections.iter().zip(spacings).zip(&lossy) {
            let mut inner = "";
            match lossy {
                None => {}
                Some(Lossy::Comment(comment)) => {
                    text.push_str(&format!("{comment}\n"));
                    inner = comment;
                    lost += 2;
                }
                Some(Lossy::Section(id, properties)) => {
                    text.push_str(&format!("linstordb: {id}\n"));
                    properties.iter().for_each(|line| text.push_str(&format!("\t{line}\n")));
                    text.push('\n');
                    lost += 1 + properties.len();
                }
            }
            text.push_str(&format!("{}:{between}{}{end}\n", section.kind, section.id));
            // A comment ends no section.
            if !inner.is_empty() {
                text.push_str(&format!("{inner}\n"));
            }
            for (key, value) in ordered(section) {
                text.push_str(&format!("{before}{key}{between}{value}{end}\n"));
            }
            text.push_str(&"\n".repeat(lines));
        }
        let file = read(&text);
        prop_assert_eq!(&file.blocked, &None);
        prop_assert_eq!(file.lost.len(), lost, "{:?}: {:?}", &file.lost, text);
        prop_assert!(file.lost.iter().all(|line| matches!(line.why, Loss::Comment | Loss::Type)));
        let back: Vec<_> = file
            .sections
            .into_iter()
            .filter(|one| one.line > 0)
            .map(|one| (one.kind, one.id, one.properties))
            .collect();
        let said: Vec<_> = sections
            .iter()
            .map(|one| (one.kind.clone(), one.id.clone(), ordered(one).into_iter().cloned().collect::<Vec<_>>()))
            .collect();
        prop_assert_eq!(back, said);
    }

    #[test]
    fn what_is_read_as_registrations_is_the_same_however_it_is_written(sections in sections()) {
        let all = |text: &str| match storages(text.as_bytes()) {
            Storages::Found(found) => found.by_id,
            other => panic!("{other:?}"),
        };
        let mut raw = String::new();
        for section in &sections {
            raw.push_str(&format!("{}: {}\n", section.kind, section.id));
            section.properties.iter().for_each(|(key, value)| raw.push_str(&format!("\t{key} {value}\n")));
            raw.push('\n');
        }
        // Proxmox leaves `disable 0` out, which is so anyway.
        let mut said = all(&raw);
        for state in said.values_mut() {
            state.properties.retain(|key, value| (&**key, &**value) != ("disable", "0"));
        }
        prop_assert_eq!(all(&print(&sections)), said);
    }

    #[test]
    fn every_line_is_in_force_or_lost_or_blank(text in "([ -~\t]{0,20}\n?){0,12}") {
        let file = read(&text);
        let kept: usize = file.sections.iter().filter(|one| one.line > 0).map(|one| 1 + one.properties.len()).sum();
        let lines = text.split('\n').filter(|line| !line.is_empty()).count();
        // A list that is kept in part is told as lost, too.
        prop_assert!(kept + file.lost.len() >= lines);
        prop_assert!(file.lost.windows(2).all(|pair| pair[0].line < pair[1].line));
        // What Proxmox would write of it has nothing more to lose.
        if file.blocked.is_none() {
            let again = read(&print(&file.sections));
            prop_assert!(again.lost.iter().all(|line| line.why == Loss::Value), "{:?}", again.lost);
        }
    }
}

#[test]
fn every_property_of_every_type_has_values_that_lose_nothing() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut never = Vec::new();
    for kind in types() {
        for property in kind.properties() {
            let Some(values) = value(kind, property) else {
                never.push(property.name);
                continue;
            };
            for _ in 0..16 {
                let value = proptest::strategy::ValueTree::current(&values.new_tree(&mut runner).unwrap());
                let is_kept = is_mark(property.name) || property.kind == StorageKind::BaseVolume;
                assert!(
                    is_kept || kind.canonical(property.name, &value).is_ok(),
                    "{} {value}",
                    property.name
                );
            }
        }
    }
    // These stand in no file that Proxmox wrote.
    assert!(never.iter().all(|name| matches!(*name, "password" | "keyring")), "{never:?}");
}
