//! What a case says of systemd and of sanoid. What it does not say is as the current generation has it.

use super::{host::dataset, words::Words};
use phoenix_host::{
    observed::{Observed, UnitState, Units},
    text::{sanoid_conf::covered, unit_file::description},
};
use std::collections::BTreeMap;

/// Reads what is said of them; returns whether it is about that.
pub fn said(seen: &mut Observed, words: &mut Words<'_>) -> Result<bool, String> {
    match words.word() {
        "no-systemd" => seen.units = Units::NoSystemd,
        "unit" => {
            let unit: String = words.arg()?;
            let state = match words.one_of(&["stopped", "other", "missing", "failed"]) {
                Some("missing") => UnitState {
                    load: "not-found".into(),
                    description: unit.as_str().into(),
                    active: false,
                    failed: None,
                },
                Some("failed") => {
                    UnitState { failed: Some("exit-code".into()), ..loaded(words.arg::<String>()?, false) }
                }
                Some(word) => loaded(words.arg::<String>()?, word == "other"),
                None => return Err(words.wrong("a unit is in no such state")),
            };
            match &mut seen.units {
                Units::Found(units) => _ = units.insert(unit.into(), state),
                other => *other = Units::Found([(unit.into(), state)].into()),
            }
        }
        "no-sanoid" => seen.sanoid.installed = false,
        "sanoid-conf" => match covered(&words.arg::<String>()?) {
            Ok(others) => seen.sanoid.others = others,
            Err(why) => seen.sanoid.unread = Some(why.into()),
        },
        "taken" => {
            let name = dataset(&words.arg::<String>()?)?;
            let counts = words.props().into_iter().map(|(kind, count)| Ok((kind.into(), count.parse()?)));
            let counts: Result<_, std::num::ParseIntError> = counts.collect();
            seen.sanoid.taken.insert(name, counts.map_err(|why| words.wrong(why))?);
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// Has systemd run what is in force, as far as the case does not say otherwise.
pub fn run(seen: &mut Observed, in_force: &BTreeMap<Box<str>, String>) {
    let units = match &mut seen.units {
        Units::NoSystemd => return,
        Units::Found(units) => units,
        unasked => {
            *unasked = Units::Found(BTreeMap::new());
            let Units::Found(units) = unasked else { return };
            units
        }
    };
    for (name, text) in in_force {
        if let Some(description) = description(text) {
            let state = loaded(description.to_owned(), name.ends_with(".timer"));
            units.entry(name.clone()).or_insert(state);
        }
    }
}

fn loaded(description: String, active: bool) -> UnitState {
    UnitState { load: "loaded".into(), description: description.into(), active, failed: None }
}
