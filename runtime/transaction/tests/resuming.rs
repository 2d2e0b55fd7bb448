//! `recover --resume` of a switch that cannot be gone on with: it is undone, and each reason is told.

use phoenix_graph::{Graph, Resource};
use phoenix_host::{HostError, op::Op};
use phoenix_plan::Consent;
use phoenix_sim::{Event, Fault, FaultKind, Show};
use phoenix_support::*;
use phoenix_transaction::switch::{Recovered, SwitchError};

/// A dataset, and a registration of it, that the generation before did not have.
fn more() -> Vec<Resource> {
    let with_datasets = with(with(small(), dataset("tank/a", &[])), dataset("tank/b", &[]));
    with(with_datasets, zfspool("tank-a", "tank/a", "images"))
}

/// A host whose switch lost power before it registered anything.
fn cut() -> World {
    let world = World::new();
    world.switch(&graph(small())).unwrap();
    cut_off(&world, &graph(more()));
    world
}

fn cut_off(world: &World, graph: &Graph) {
    world.host.inject(Fault::when(|op| matches!(op, Op::StorageAdd { .. }), FaultKind::PowerBefore));
    let ended = world.switch(graph);
    assert!(matches!(ended, Err(SwitchError::Host(HostError::PowerLost))), "{ended:?}");
    world.host.power_on();
}

/// Returns why a switch was undone that was to be gone on with.
fn why(recovered: Result<Option<Recovered>, SwitchError>) -> String {
    match recovered {
        Ok(Some(Recovered::Undone { generation: Some(1), instead: Some(why), .. })) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn it_ends_at_the_generation_before_and_says_what_failed() {
    let world = cut();
    world.host.inject(Fault::when(|op| matches!(op, Op::StorageAdd { .. }), FaultKind::Fail));
    let why = why(world.recover(true));
    assert!(why.contains("storage:tank-a"), "{why}");
    assert_eq!(world.current(), Some(1));
    assert!(world.drift().actions.is_empty());
    assert_eq!(world.recover(true).unwrap(), None);
}

#[test]
fn what_the_plan_refuses_by_now_is_told() {
    let world = World::new();
    world.switch(&graph(small())).unwrap();
    world.host.inject(Fault::when(|op| matches!(op, Op::DatasetCreate { .. }), FaultKind::PowerAfter));
    assert!(world.switch(&graph(more())).is_err());
    world.host.power_on();
    // Somebody made what the switch had not come to.
    world.host.by_hand(&Op::DatasetCreate { dataset: name("tank/b"), settings: vec![] }).unwrap();
    let why = why(world.recover(true));
    assert!(why.starts_with("dataset:tank/b: "), "{why}");
}

#[test]
fn what_somebody_does_not_confirm_is_told() {
    let world = cut();
    let recovered = world.with(|runtime| runtime.recover(true, &mut |_| false));
    assert_eq!(why(recovered), "not confirmed");
}

#[test]
fn an_undoing_that_had_begun_is_not_turned_round() {
    let world = World::new();
    world.switch(&graph(small())).unwrap();
    world.host.inject(Fault::when(|op| matches!(op, Op::StorageAdd { .. }), FaultKind::Fail));
    world.host.inject(Fault::when(|op| matches!(op, Op::DatasetDestroy { .. }), FaultKind::Fail));
    let degraded = world.switch(&graph(more()));
    assert!(matches!(degraded, Err(SwitchError::Degraded { .. })), "{degraded:?}");
    let why = why(world.recover(true));
    assert!(why.starts_with("it was being undone already: ") && why.contains("storage:tank-a"), "{why}");
}

#[test]
fn a_switch_that_had_been_undone_but_for_its_last_stroke_says_what_failed() {
    // The journal's end is written, and stays open: power is lost before it is closed.
    let fails = |world: &World| {
        world.switch(&graph(small())).unwrap();
        world.host.forget_events();
        world.host.inject(Fault::when(|op| matches!(op, Op::StorageAdd { .. }), FaultKind::Fail));
    };
    let whole = World::new();
    fails(&whole);
    let failed = whole.switch(&graph(more()));
    assert!(matches!(failed, Err(SwitchError::Failed { .. })), "{failed:?}");
    let events = whole.host.events();
    assert!(matches!(events[events.len() - 2..], [Event::Pulse, Event::Pulse]), "{events:?}");

    let world = World::new();
    fails(&world);
    world.host.inject(Fault::at(events.len() - 2, FaultKind::PowerBefore));
    let ended = world.switch(&graph(more()));
    assert!(matches!(ended, Err(SwitchError::Host(HostError::PowerLost))), "{ended:?}");
    world.host.power_on();
    assert!(world.store.open_transaction().unwrap().unwrap().end.is_some());
    let why = why(world.recover(true));
    assert!(why.starts_with("it had been undone already: ") && why.contains("storage:tank-a"), "{why}");
}

#[test]
fn a_generation_that_waits_and_that_nobody_watches_is_gone_back_from() {
    let world = World::new();
    world.switch(&graph(small())).unwrap();
    let before = world.host.image(Show::UsersOnly);
    world.switch_and_wait(&graph(more())).unwrap();
    let why = why(world.recover(true));
    assert!(why.contains("generation 2 waited to be confirmed"), "{why}");
    assert_eq!(world.current(), Some(1));
    assert_eq!(world.host.image(Show::UsersOnly), before);
}

#[test]
fn data_that_was_going_back_is_brought_no_further() {
    let world = World::new();
    world.switch(&graph(more())).unwrap();
    world.host.write_file(&name("tank/a"), "early", "bird");
    world.switch(&graph(with(more(), dataset("tank/a", &[("quota", "1G")])))).unwrap();
    let consent = Consent { with_data: [name("tank/a")].into(), ..Consent::default() };
    world.host.inject(Fault::when(|op| matches!(op, Op::Clone { .. }), FaultKind::PowerAfter));
    let target = phoenix_transaction::switch::Target::Generation(1);
    let back = world.with(|runtime| runtime.switch("rollback", &target, &consent, &mut |_| true));
    assert!(matches!(back, Err(SwitchError::Host(HostError::PowerLost))), "{back:?}");
    world.host.power_on();
    let recovered = world.recover(true);
    let Ok(Some(Recovered::Undone { generation: Some(2), instead: Some(why), .. })) = recovered else {
        panic!("{recovered:?}")
    };
    assert!(why.contains("data was going back"), "{why}");
}

#[test]
fn who_only_recovers_is_told_no_reason() {
    let world = cut();
    let recovered = world.recover(false).unwrap();
    assert!(matches!(recovered, Some(Recovered::Undone { instead: None, .. })), "{recovered:?}");
}
