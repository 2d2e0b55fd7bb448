//! What the NFS server holds for clients that have looked for it: a switch waits until it lets go, within bounds.

use phoenix_host::{HostError, op::Op};
use phoenix_plan::Consent;
use phoenix_sim::{Fault, FaultKind, Show};
use phoenix_support::*;
use phoenix_transaction::{
    execute::{Event, Events},
    patience::LONGEST,
    switch::{Recovered, Runtime, SwitchError, Switched, Target},
};
use std::sync::{
    Mutex,
    atomic::{AtomicBool, Ordering},
};

/// Keeps for how many seconds something was waited for; whoever looks on may stop it then.
#[derive(Default)]
struct Waited {
    seconds: Mutex<Vec<u64>>,
    stop: Option<AtomicBool>,
}

impl Events for Waited {
    fn event(&self, event: Event<'_>) {
        let Event::Waiting { error, seconds } = event else { return };
        assert!(error.to_string().contains("busy"), "{error}");
        self.seconds.lock().unwrap().push(seconds);
        if let Some(stop) = &self.stop {
            stop.store(true, Ordering::Relaxed);
        }
    }
}

impl Waited {
    fn told(&self) -> Vec<u64> {
        self.seconds.lock().unwrap().clone()
    }
}

/// Retires the small host's `tank/share`, once something has happened after the plan was made.
fn retire(world: &World, waited: &Waited, meanwhile: impl Fn()) -> Result<Switched, SwitchError> {
    let graph = graph(without(small(), &["dataset:tank/share", "export:/tank/share"]));
    let target = Target::New { graph, sources: Vec::new() };
    with(world, waited, |runtime| {
        runtime.switch("switch", &target, &Consent::default(), &mut |_| {
            meanwhile();
            true
        })
    })
}

fn with<T>(world: &World, waited: &Waited, act: impl FnOnce(&Runtime<'_>) -> T) -> T {
    let never = AtomicBool::new(false);
    let stop = waited.stop.as_ref().unwrap_or(&never);
    world.with(|runtime| {
        let Runtime { host, store, jobs, now, keys, .. } = *runtime;
        let who = runtime.who.clone();
        act(&Runtime { host, store, jobs, stop, events: waited, now, keys, who, message: None })
    })
}

fn switched() -> World {
    let world = World::new();
    world.switch(&graph(small())).unwrap();
    world
}

#[test]
fn a_switch_waits_until_the_server_lets_go_and_tells_it() {
    let world = switched();
    let waited = Waited::default();
    retire(&world, &waited, || world.host.set_remembered(&name("tank/share"), 17)).unwrap();
    assert_eq!(waited.told(), [17]);
    assert!(world.host.state().datasets.contains_key(&name("tank/.phoenix/2/share")));
    assert!(world.drift().is_empty());
    // Nobody has looked for it: nobody waits.
    let world = switched();
    let waited = Waited::default();
    retire(&world, &waited, || {}).unwrap();
    assert!(waited.told().is_empty());
}

#[test]
fn what_takes_longer_is_held_by_somebody_or_is_stopped_undoes_the_switch() {
    let cases: [(u64, bool, bool, &[u64]); 3] =
        [(LONGEST + 1, false, false, &[]), (17, true, false, &[]), (17, false, true, &[17])];
    for (seconds, held, stops, told) in cases {
        let world = switched();
        let before = world.host.image(Show::UsersOnly);
        let waited = Waited { stop: stops.then(AtomicBool::default), ..Waited::default() };
        let failed = retire(&world, &waited, || {
            world.host.set_remembered(&name("tank/share"), seconds);
            world.host.set_busy(&name("tank/share"), held);
        });
        let reason = match &failed {
            Err(SwitchError::Failed { reason, .. }) => reason.to_string(),
            other => panic!("{other:?}"),
        };
        assert!(reason.contains("busy"), "{reason}");
        assert_eq!(waited.told(), told);
        assert_eq!(world.host.image(Show::UsersOnly), before);
    }
}

#[test]
fn what_was_cut_off_is_undone_once_the_server_lets_go() {
    let world = switched();
    let more = graph(phoenix_support::with(small(), dataset("tank/new", &[])));
    let made = |op: &Op| matches!(op, Op::DatasetCreate { dataset, .. } if *dataset == name("tank/new"));
    world.host.inject(Fault::when(made, FaultKind::PowerAfter));
    assert!(matches!(world.switch(&more), Err(SwitchError::Host(HostError::PowerLost))));
    world.host.power_on();
    world.host.set_remembered(&name("tank/new"), 40);
    let waited = Waited::default();
    let recovered = with(&world, &waited, |runtime| runtime.recover(false, &mut |_| true)).unwrap();
    assert!(matches!(recovered, Some(Recovered::Undone { .. })), "{recovered:?}");
    assert_eq!(waited.told(), [40]);
    assert!(!world.host.state().datasets.contains_key(&name("tank/new")));
}
