//! Units of systemd.

use crate::{look::Look, reach::Reach};
use phoenix_host::{
    HostError,
    error::unreadable,
    observed::{Observed, UnitState, Units},
};
use std::collections::BTreeMap;

/// Looks at the units that are asked for, in one process.
pub fn look(look: &Look<'_>, seen: &mut Observed) -> Result<(), HostError> {
    if look.query.units.is_empty() {
        return Ok(());
    }
    seen.units = show(look.reach, look.query.units.iter().map(|unit| &**unit))?;
    Ok(())
}

/// What is asked of a unit.
const ASKED: &str = "--property=Id,LoadState,ActiveState,Description,Result";

fn show<'a>(reach: &Reach, units: impl Iterator<Item = &'a str> + Clone) -> Result<Units, HostError> {
    // sd_booted(3)
    if !reach.paths.run.join("systemd/system").is_dir() {
        return Ok(Units::NoSystemd);
    }
    let argv: Vec<&str> = ["systemctl", "show", ASKED, "--"].into_iter().chain(units.clone()).collect();
    let text = reach.runner.look(&argv)?;
    let found = read(&text).map_err(|what| unreadable("systemctl show", what, &text))?;
    match units.clone().find(|unit| !found.contains_key(*unit)) {
        Some(unit) => Err(unreadable("systemctl show", &format!("what it says of {unit}"), &text)),
        None => Ok(Units::Found(found)),
    }
}

/// Reads what `systemctl show` prints: a block for each unit, of lines NAME=VALUE.
fn read(text: &str) -> Result<BTreeMap<Box<str>, UnitState>, &'static str> {
    let mut found = BTreeMap::new();
    for block in text.split("\n\n").map(str::trim).filter(|block| !block.is_empty()) {
        let lines: Option<BTreeMap<&str, &str>> = block.lines().map(|line| line.split_once('=')).collect();
        let lines = lines.ok_or("a line of a unit")?;
        let word = |name: &str| lines.get(name).copied();
        let (Some(id), Some(load), Some(active)) = (word("Id"), word("LoadState"), word("ActiveState"))
        else {
            return Err("the name and the states of a unit");
        };
        let failed = active == "failed";
        let state = UnitState {
            load: load.into(),
            description: word("Description").ok_or("the description of a unit")?.into(),
            active: match active {
                "active" | "activating" | "reloading" | "refreshing" => true,
                "inactive" | "failed" | "deactivating" | "maintenance" => false,
                _ => return Err("the state of a unit"),
            },
            failed: failed.then(|| word("Result").unwrap_or("unknown").into()),
        };
        found.insert(id.into(), state);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "Id=a.timer\nDescription=Takes snapshots = often\nLoadState=loaded\nActiveState=active\nResult=success\n\n\
                        Id=a.service\nDescription=x\nLoadState=loaded\nActiveState=failed\nResult=exit-code\n\n\
                        Id=b.timer\nDescription=b.timer\nLoadState=not-found\nActiveState=inactive\nResult=success\n";

    #[test]
    fn each_unit_has_a_block() {
        let found = read(SAID).unwrap();
        assert_eq!(&*found["a.timer"].description, "Takes snapshots = often");
        assert!(found["a.timer"].active && found["a.timer"].failed.is_none());
        assert_eq!(found["a.service"].failed.as_deref(), Some("exit-code"));
        assert_eq!((&*found["b.timer"].load, found["b.timer"].active), ("not-found", false));
    }

    #[test]
    fn what_is_no_block_is_not_taken_for_one() {
        for text in [
            "Id=a\nLoadState=loaded\nActiveState=well\nDescription=x\n",
            "Id=a.timer\n",
            "Id=a\nLoadState=loaded\nActiveState=active\n",
            "x\n",
        ] {
            assert!(read(text).is_err(), "{text:?}");
        }
    }
}
