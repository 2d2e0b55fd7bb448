//! A simulated host in a folder of its own, with its store, and what is done with phoenix on it.

use crate::{refused, told};
use phoenix_graph::{DatasetName, Graph};
use phoenix_host::secret::{Asked, KeySource, Secret};
use phoenix_plan::{Consent, Plan};
use phoenix_sim::{HostImage, Show, SimHost};
use phoenix_store::Store;
use phoenix_transaction::{
    execute::{Event, Events},
    gc::{Collected, GcPlan, Policy},
    switch::{Recovered, Runtime, Standing, SwitchError, Switched, Target, Wait},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::atomic::AtomicBool,
};

/// The time at which the tests switch.
pub const NOW: u64 = 1_700_000_000;

pub struct Quiet;

impl Events for Quiet {
    fn event(&self, _: Event<'_>) {}
}

/// A simulated host in a folder of its own, with its store.
pub struct World {
    pub host: SimHost,
    pub store: Store,
    pub jobs: usize,
    /// The time, in seconds since 1970-01-01 UTC.
    pub now: u64,
    /// What somebody types who is asked for keys.
    pub typed: Typed,
    /// What is consented to where nothing else is said.
    pub consent: Consent,
    _folder: tempfile::TempDir,
}

/// Somebody at a terminal who knows keys, by dataset; nobody where there are none.
#[derive(Default)]
pub struct Typed(pub BTreeMap<DatasetName, String>);

impl KeySource for Typed {
    fn can_ask(&self) -> bool {
        !self.0.is_empty()
    }

    fn ask(&self, asked: &Asked) -> Result<Secret, String> {
        let known = self.0.get(&asked.dataset).ok_or("nobody knows it")?;
        Ok(Secret::new(known.clone().into_bytes().into()))
    }
}

impl Default for World {
    fn default() -> Self {
        // In memory where there is such a place: each of thousands of runs syncs its store many times.
        let memory = Path::new("/dev/shm");
        let folder =
            if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
        let state = folder.path().join("state");
        let store = Store::open(&state).unwrap();
        let host = SimHost::in_memory(&state);
        host.add_blank_disks(["/dev/disk/by-id/one", "/dev/disk/by-id/two", "/dev/disk/by-id/three"]);
        Self {
            host,
            store,
            jobs: 1,
            now: NOW,
            typed: Typed::default(),
            consent: Consent::default(),
            _folder: folder,
        }
    }
}

impl World {
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes on at another time.
    pub fn at(self, now: u64) -> Self {
        Self { now, ..self }
    }

    pub fn with<T>(&self, act: impl FnOnce(&Runtime<'_>) -> T) -> T {
        let stop = AtomicBool::new(false);
        act(&Runtime {
            host: &self.host,
            store: &self.store,
            jobs: self.jobs,
            stop: &stop,
            events: &Quiet,
            now: self.now,
            keys: &self.typed,
            who: "root".to_owned(),
            message: None,
        })
    }

    pub fn switch(&self, graph: &Graph) -> Result<Switched, SwitchError> {
        self.switch_with(graph, &self.consent)
    }

    pub fn switch_with(&self, graph: &Graph, consent: &Consent) -> Result<Switched, SwitchError> {
        let target = Target::New { graph: graph.clone(), sources: Vec::new() };
        self.with(|runtime| runtime.switch("switch", &target, consent, &mut |_| true))
    }

    /// Switches to a graph that then waits to be confirmed; nobody watches.
    pub fn switch_and_wait(&self, graph: &Graph) -> Result<Switched, SwitchError> {
        let target = Target::New { graph: graph.clone(), sources: Vec::new() };
        let wait = Wait { seconds: 60, watcher: &|_| Ok(()) };
        self.with(|runtime| runtime.switch_and_wait("switch", &target, &self.consent, &wait, &mut |_| true))
    }

    pub fn rollback(&self, number: u64) -> Result<Switched, SwitchError> {
        let target = Target::Generation(number);
        self.with(|runtime| runtime.switch("rollback", &target, &self.consent, &mut |_| true))
    }

    pub fn recover(&self, resume: bool) -> Result<Option<Recovered>, SwitchError> {
        self.with(|runtime| runtime.recover(resume, &mut |_| true))
    }

    pub fn plan(&self, graph: &Graph) -> Plan {
        self.plan_with(graph, &Consent::default())
    }

    pub fn plan_with(&self, graph: &Graph, consent: &Consent) -> Plan {
        let target = Target::New { graph: graph.clone(), sources: Vec::new() };
        self.with(|runtime| runtime.plan(&target, consent)).unwrap()
    }

    /// Plans the way back to a generation.
    pub fn plan_to(&self, number: u64) -> Plan {
        self.with(|runtime| runtime.plan(&Target::Generation(number), &Consent::default())).unwrap()
    }

    pub fn drift(&self) -> Plan {
        self.with(|runtime| runtime.drift()).unwrap()
    }

    pub fn standing(&self) -> Standing {
        self.with(|runtime| runtime.standing()).unwrap()
    }

    /// Collects, and says yes.
    pub fn gc(&self, keep: usize) -> Result<(GcPlan, Collected), SwitchError> {
        let policy = Policy { keep, since: None };
        self.with(|runtime| runtime.gc(&policy, &mut |_| true))
    }

    pub fn gc_plan(&self, keep: usize) -> GcPlan {
        self.with(|runtime| runtime.gc_plan(&Policy { keep, since: None })).unwrap()
    }

    pub fn current(&self) -> Option<u64> {
        self.store.current_number().unwrap()
    }

    pub fn root(&self) -> &Path {
        self.store.root()
    }

    /// Returns what is in the files of all datasets, wherever these are.
    pub fn files(&self) -> BTreeSet<String> {
        self.host.state().datasets.values().flat_map(|dataset| dataset.files.values().cloned()).collect()
    }

    /// Returns how the host looks to its users; registrations, and the lines of each, have no order.
    pub fn picture(&self) -> HostImage {
        let mut image = self.host.image(Show::UsersOnly);
        image.storage_cfg = image.storage_cfg.map(|text| in_order(&text));
        image
    }

    /// Sees that a switch is refused and changes nothing; returns what is told.
    #[track_caller]
    pub fn refuses(&self, graph: &Graph) -> Vec<String> {
        self.unchanged(|| told(&refused(self.switch(graph))))
    }

    /// Sees that something changes nothing of the host.
    #[track_caller]
    pub fn unchanged<T>(&self, act: impl FnOnce() -> T) -> T {
        let before = self.host.image(Show::Everything);
        let done = act();
        assert_eq!(self.host.image(Show::Everything), before);
        done
    }
}

/// Consents to taking over what is there.
pub fn adopt() -> Consent {
    Consent { adopt: true, ..Consent::default() }
}

/// Consents to what no rollback undoes of this resource.
pub fn consent_to(key: &str) -> Consent {
    Consent { irreversible: [key.parse().unwrap()].into(), ..Consent::default() }
}

/// Puts the registrations of `storage.cfg`, and the lines of each, in order.
fn in_order(text: &str) -> String {
    let sections = text.split("\n\n").map(str::trim).filter(|section| !section.is_empty());
    let mut sections: Vec<String> = sections
        .map(|section| {
            let mut lines: Vec<&str> = section.lines().collect();
            lines[1..].sort_unstable();
            lines.join("\n")
        })
        .collect();
    sections.sort();
    sections.join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_shows_registrations_that_are_lost_and_lists_in_another_order() {
        let world = World::new();
        let shows = |text: Option<&str>| {
            world.host.edit(|state| state.storage_cfg = text.map(str::to_owned));
            world.picture().storage_cfg
        };
        let both = shows(Some("dir: a\n\tpath /a\n\tcontent iso,images\n\ndir: b\n\tpath /b\n\n"));
        let moved = "dir: b\n\tpath /b\n\ndir: a\n\tcontent iso,images\n\tpath /a\n";
        assert_eq!(shows(Some(moved)), both);
        assert_ne!(shows(Some(&moved.replace("iso,images", "images,iso"))), both);
        assert_ne!(shows(Some("dir: b\n\tpath /b\n")), both);
        assert_ne!(shows(None), shows(Some("")));
    }
}
