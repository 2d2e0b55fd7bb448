//! The codes of what a plan refuses and warns of, a module of them for each thing that they are about.

mod data;
mod datasets;
mod guests;
mod keys;
mod kubernetes;
mod layout;
mod mounts;
mod ours;
mod pools;
mod proxmox;
mod shares;
mod snapshots;
mod spec;

pub use {
    data::*, datasets::*, guests::*, keys::*, kubernetes::*, layout::*, mounts::*, ours::*, pools::*,
    proxmox::*, shares::*, snapshots::*, spec::*,
};

use phoenix_graph::{
    Code,
    code::{Entry, Level::Warning},
};
use serde::{Deserialize, Deserializer};

phoenix_graph::codes! {
    pub OTHERS:

    OTHER_VERSION = Entry {
        name: "other-version",
        level: Warning,
        title: "another version of phoenix told this",
        explanation: "The plan was written by a version that had no codes yet, or that has this one under another name. Its sentences are as they were.",
        why: "Plans are kept for years, and are read by later versions.",
        examples: None,
    };
}

/// Returns all codes, in the order in which they are listed.
pub fn all() -> impl Iterator<Item = Code> + Clone {
    let tables = [
        SPEC, OURS, POOLS, LAYOUT, DATASETS, DATA, KEYS, MOUNTS, SHARES, PROXMOX, GUESTS, KUBERNETES,
        SNAPSHOTS, OTHERS,
    ];
    tables.into_iter().flatten().copied()
}

/// Reads the code in a plan that was written.
pub(crate) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Code, D::Error> {
    let name = String::deserialize(deserializer)?;
    Ok(all().find(|code| code.name == name).unwrap_or(OTHER_VERSION))
}

/// Returns the code of what was written before there were any.
pub(crate) fn unsaid() -> Code {
    OTHER_VERSION
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Refusal, Warning};
    use phoenix_graph::code::Level;

    #[test]
    fn each_says_what_it_is_in_one_line_and_why_it_matters() {
        for code in all() {
            assert!(matches!(code.level, Level::Refusal | Level::Warning), "{code}");
            assert!(!code.title.is_empty() && !code.title.ends_with('.'), "{code}");
            let sentences = [code.explanation, code.why];
            assert!(sentences.iter().all(|text| text.ends_with('.') && !text.contains('\n')), "{code}");
        }
    }

    #[test]
    fn what_was_written_without_a_code_or_with_another_one_is_read() {
        let key = phoenix_graph::Key::Tunable("zfs_arc_max".into());
        let warning = Warning { key: key.clone(), code: POOL_BUSY, text: "it is busy".to_owned() };
        let mut written = serde_json::to_value(&warning).unwrap();
        let read = |value: &serde_json::Value| serde_json::from_value::<Warning>(value.clone()).unwrap();
        assert_eq!((read(&written).code, read(&written)), (POOL_BUSY, warning.clone()));
        written["code"] = "of-a-later-version".into();
        assert_eq!((read(&written).code, read(&written)), (OTHER_VERSION, warning.clone()));
        written.as_object_mut().unwrap().remove("code");
        assert_eq!((read(&written).code, read(&written)), (OTHER_VERSION, warning));
        let (reason, help) = (String::new(), String::new());
        let mut written = serde_json::to_value(Refusal { key, code: BUSY, reason, help }).unwrap();
        written.as_object_mut().unwrap().remove("code");
        assert_eq!(serde_json::from_value::<Refusal>(written).unwrap().code, OTHER_VERSION);
    }
}
