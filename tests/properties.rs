//! The table against what OpenZFS 2.1 and 2.3 answered when each word was set: every value that holds is read as
//! what was asked for, and what a version refuses is known beforehand. Recorded by `tests/openzfs/properties.rs`.

use phoenix_graph::property::Version;
use phoenix_specs::words;
use std::collections::BTreeMap;

/// What OpenZFS answered.
enum Answer<'a> {
    Is { value: &'a str, source: &'a str },
    Refused(&'a str),
}

fn recorded(text: &'static str) -> BTreeMap<String, Answer<'static>> {
    text.lines()
        .map(|line| match line.split('\t').collect::<Vec<_>>()[..] {
            [target, name, word, "=", value, source] => {
                (format!("{target}\t{name}\t{word}"), Answer::Is { value, source })
            }
            [target, name, word, "!", said] => (format!("{target}\t{name}\t{word}"), Answer::Refused(said)),
            _ => panic!("{line:?} is no answer"),
        })
        .collect()
}

const RECORDED: [(Version, &str); 2] = [
    (Version::new(2, 1), include_str!("openzfs/recorded/properties-2.1.txt")),
    (Version::new(2, 3), include_str!("openzfs/recorded/properties-2.3.txt")),
];

/// What every version refuses, and the compiler therefore, too.
const NEVER: &[&str] = &["mlslabel"];

#[test]
fn what_was_set_is_read_as_what_was_asked_for() {
    for (version, text) in RECORDED {
        let recorded = recorded(text);
        for word in words::all() {
            let Some(Answer::Is { value, source }) = recorded.get(&word.key()) else { continue };
            let asked = word.row.parse(&word.word).unwrap();
            let seen = word.row.read(value).unwrap_or_else(|| panic!("{version}: {} is nothing", word.key()));
            assert!(word.row.equal(&asked, &seen, version), "{version}: {} is read as {seen}", word.key());
            // What can be inherited is set only where it is the dataset's own.
            let own = *source == "local" || !word.row.inheritable || word.row.creation_only;
            assert!(own, "{version}: {} has the source {source}", word.key());
        }
    }
}

#[test]
fn every_word_was_tried() {
    for (version, text) in RECORDED {
        let recorded = recorded(text);
        for word in words::all() {
            assert!(recorded.contains_key(&word.key()), "{version}: {} was not recorded", word.key());
        }
    }
}

#[test]
fn what_a_version_refuses_is_known_beforehand() {
    for (version, text) in RECORDED {
        let recorded = recorded(text);
        for word in words::all() {
            let asked = word.row.parse(&word.word).unwrap();
            let since = word.row.since_with(&asked);
            let refused = match &recorded[&word.key()] {
                Answer::Is { .. } => None,
                Answer::Refused(said) => Some(*said),
            };
            let never = NEVER.contains(&word.row.name);
            assert_eq!(
                refused.is_some(),
                since > version || never,
                "{version}: {} is there since {since}; it was answered: {}",
                word.key(),
                refused.unwrap_or("it is so")
            );
        }
    }
}
