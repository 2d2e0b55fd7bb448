//! systemd: units whose files stand in `/etc/systemd/system`, read when it is told to, or when one is needed that it has
//! not read yet.

use crate::{
    given::{Given, Roots},
    image::HostImage,
    state::{Refusal, State, refuse},
};
use phoenix_host::{
    HostError,
    observed::{Observed, Query, UnitState, Units},
    op::Op,
    text::unit_file::description,
};
use std::path::{Path, PathBuf};

const FOLDER: &str = "/etc/systemd/system";

/// The folder of the links to what a boot starts.
const WANTED: &str = "/etc/systemd/system/timers.target.wants";

/// Looks at the units that are asked for.
pub fn look(state: &State, roots: &Roots, query: &Query, seen: &mut Observed) -> Result<(), HostError> {
    if !query.units.is_empty() {
        seen.units = if state.manager.runs {
            Units::Found(query.units.iter().map(|unit| (unit.clone(), state.unit(roots, unit))).collect())
        } else {
            Units::NoSystemd
        };
    }
    Ok(())
}

/// Counts the processes of a look.
pub fn processes(state: &State, query: &Query) -> u64 {
    u64::from(state.manager.runs && !query.units.is_empty())
}

/// Runs `systemctl`, and what tries files of units.
pub fn perform(state: &mut State, given: Given<'_>, op: &Op) -> Option<Result<(), HostError>> {
    let roots = given.roots;
    let done = match op {
        Op::UnitsReload => state.units_reload(roots),
        Op::UnitStart { unit } => state.unit_start(roots, unit),
        Op::UnitStop { unit } => state.unit_stop(unit),
        Op::UnitsCheck { files } => files.iter().try_for_each(|file| state.unit_check(roots, file)),
        _ => return None,
    };
    Some(done.map_err(|refusal| refusal.of(op)))
}

/// Adds what is started to a picture.
pub fn show(state: &State, _: bool, image: &mut HostImage) {
    let started = state.manager.loaded.iter().filter(|(unit, _)| state.manager.active.contains(*unit));
    image.units = started.map(|(unit, text)| (unit.clone(), text.clone())).collect();
    image.units.extend(state.manager.failed.iter().map(|unit| (unit.clone(), "failed".to_owned())));
}

/// All files are read, and what a link wants is started.
pub fn boot(state: &mut State, roots: &Roots) {
    state.manager.loaded.clear();
    state.manager.active.clear();
    state.manager.failed.clear();
    if !state.manager.runs {
        return;
    }
    let wanted: Vec<PathBuf> =
        state.links.keys().filter(|path| path.parent() == Some(Path::new(WANTED))).cloned().collect();
    for path in wanted {
        let Some(unit) = path.file_name().and_then(|name| name.to_str()) else { continue };
        // One whose file is gone is left out.
        let _ = state.unit_start(roots, unit);
    }
}

impl State {
    /// Reads the file of a unit.
    fn unit_file(&self, roots: &Roots, unit: &str) -> Option<String> {
        self.read_text(roots, &Path::new(FOLDER).join(unit))
    }

    /// Tells what systemd has of a unit: what it has not read it reads then.
    fn unit(&self, roots: &Roots, unit: &str) -> UnitState {
        let text = self.manager.loaded.get(unit).cloned().or_else(|| self.unit_file(roots, unit));
        let description = text.as_deref().and_then(description).unwrap_or(unit);
        UnitState {
            load: if text.is_some() { "loaded" } else { "not-found" }.into(),
            description: description.into(),
            active: self.manager.active.contains(unit),
            failed: self.manager.failed.contains(unit).then(|| "exit-code".into()),
        }
    }

    fn units_reload(&mut self, roots: &Roots) -> Result<(), Refusal> {
        self.running_manager()?;
        let known: Vec<Box<str>> = self.manager.loaded.keys().cloned().collect();
        for unit in known {
            match self.unit_file(roots, &unit) {
                Some(text) => _ = self.manager.loaded.insert(unit, text),
                // What is started and has no file any more fails.
                None => {
                    self.manager.loaded.remove(&unit);
                    if self.manager.active.remove(&unit) {
                        self.manager.failed.insert(unit);
                    }
                }
            }
        }
        Ok(())
    }

    fn unit_start(&mut self, roots: &Roots, unit: &str) -> Result<(), Refusal> {
        self.running_manager()?;
        if !self.manager.loaded.contains_key(unit) {
            let Some(text) = self.unit_file(roots, unit) else {
                return refuse(5, format!("Failed to start {unit}: Unit {unit} not found."));
            };
            self.manager.loaded.insert(unit.into(), text);
        }
        self.manager.active.insert(unit.into());
        Ok(())
    }

    fn unit_stop(&mut self, unit: &str) -> Result<(), Refusal> {
        self.running_manager()?;
        if !self.manager.active.remove(unit) && !self.manager.loaded.contains_key(unit) {
            return refuse(5, format!("Failed to stop {unit}: Unit {unit} not loaded."));
        }
        Ok(())
    }

    fn running_manager(&self) -> Result<(), Refusal> {
        if self.manager.runs {
            return Ok(());
        }
        refuse(
            1,
            "System has not been booted with systemd as init system (PID 1). Can't operate.\n\
             Failed to connect to bus: Host is down",
        )
    }

    fn unit_check(&self, roots: &Roots, file: &Path) -> Result<(), Refusal> {
        let text = self.read_text(roots, file);
        let says = |text: &String| text.lines().any(|line| matches!(line, "[Service]" | "[Timer]"));
        if text.as_ref().is_some_and(says) {
            return Ok(());
        }
        refuse(1, format!("Failed to prepare filename {}: No such file or directory", file.display()))
    }
}
