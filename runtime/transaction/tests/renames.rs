//! Names: given, exchanged, and gone back from.

use phoenix_graph::Graph;
use phoenix_host::{HostError, op::Op};
use phoenix_sim::{Fault, FaultKind};
use phoenix_store::Pin;
use phoenix_support::*;
use phoenix_transaction::switch::{SwitchError, Switched};

/// Reads the file of this name in a dataset.
fn read(world: &World, of: &str) -> Option<String> {
    world.host.state().dataset(&name(of))?.files.get("letter").cloned()
}

fn write(world: &World, of: &str, text: &str) {
    world.host.write_file(&name(of), "letter", text);
}

/// Switches, and sees that all holds then and a second switch has nothing to do.
#[track_caller]
fn to(world: &World, graph: &Graph) {
    assert!(matches!(world.switch(graph).unwrap(), Switched::To { .. }));
    settled(world);
    assert!(matches!(world.switch(graph).unwrap(), Switched::Nothing { .. }));
}

#[track_caller]
fn back(world: &World, number: u64) {
    world.rollback(number).unwrap();
    assert_eq!(world.current(), Some(number));
    settled(world);
}

#[track_caller]
fn settled(world: &World) {
    let drift = world.drift();
    assert!(drift.actions.is_empty() && drift.refusals.is_empty(), "{drift:#?}");
}

#[test]
fn a_dataset_is_renamed_with_all_it_holds_and_a_rollback_gives_it_its_name() {
    let world = World::new();
    to(&world, &tank([plain("tank/old"), plain("tank/old/a")]));
    write(&world, "tank/old", "dear all");
    write(&world, "tank/old/a", "dear a");
    let first = world.picture();
    to(&world, &tank([was(plain("tank/new"), "tank/old"), plain("tank/new/a")]));
    assert_eq!(read(&world, "tank/new").as_deref(), Some("dear all"));
    assert_eq!(read(&world, "tank/new/a").as_deref(), Some("dear a"));
    assert!(world.host.state().dataset(&name("tank/old")).is_none());
    back(&world, 1);
    assert_eq!(world.picture(), first);
    // And forward again, where the record knows the name.
    back(&world, 2);
    assert_eq!(read(&world, "tank/new/a").as_deref(), Some("dear a"));
}

#[test]
fn a_rollback_over_two_generations_goes_over_all_names_since() {
    let world = World::new();
    to(&world, &tank([plain("tank/a"), plain("tank/a/x")]));
    write(&world, "tank/a/x", "dear x");
    let first = world.picture();
    to(&world, &tank([was(plain("tank/b"), "tank/a"), plain("tank/b/x")]));
    to(&world, &tank([was(plain("tank/c"), "tank/b"), was(plain("tank/c/y"), "tank/b/x")]));
    assert_eq!(read(&world, "tank/c/y").as_deref(), Some("dear x"));
    back(&world, 1);
    assert_eq!(world.picture(), first);
    back(&world, 3);
    assert_eq!(read(&world, "tank/c/y").as_deref(), Some("dear x"));
    back(&world, 2);
    assert_eq!(read(&world, "tank/b/x").as_deref(), Some("dear x"));
    back(&world, 1);
    assert_eq!(world.picture(), first);
}

#[test]
fn two_exchange_their_names_and_have_them_again_over_two_generations() {
    let world = World::new();
    let (a, b) = (dataset("tank/a", &[("quota", "1G")]), dataset("tank/b", &[("atime", "off")]));
    to(&world, &tank([a.clone(), b.clone(), plain("tank/a/x")]));
    write(&world, "tank/a", "from a");
    write(&world, "tank/b", "from b");
    let first = world.picture();
    let swapped = tank([
        was(dataset("tank/a", &[("atime", "off")]), "tank/b"),
        was(dataset("tank/b", &[("quota", "1G")]), "tank/a"),
        plain("tank/b/x"),
    ]);
    to(&world, &swapped);
    assert_eq!(read(&world, "tank/a").as_deref(), Some("from b"));
    assert_eq!(read(&world, "tank/b").as_deref(), Some("from a"));
    // `was` taken out, and something else changed, moves nothing.
    let third = tank([
        dataset("tank/a", &[("atime", "off")]),
        dataset("tank/b", &[("quota", "2G")]),
        plain("tank/b/x"),
    ]);
    to(&world, &third);
    assert_eq!(read(&world, "tank/a").as_deref(), Some("from b"));
    back(&world, 1);
    assert_eq!(world.picture(), first);
    back(&world, 3);
    assert_eq!(read(&world, "tank/b").as_deref(), Some("from a"));
}

#[test]
fn generations_of_one_spec_have_each_their_own_in_its_name() {
    let world = World::new();
    let both = tank([plain("tank/a"), plain("tank/b")]);
    to(&world, &both);
    write(&world, "tank/a", "from a");
    write(&world, "tank/b", "from b");
    to(&world, &tank([was(plain("tank/a"), "tank/b"), was(plain("tank/b"), "tank/a")]));
    to(&world, &tank([plain("tank/a"), plain("tank/b"), plain("tank/c")]));
    to(&world, &both);
    assert_eq!(read(&world, "tank/a").as_deref(), Some("from b"));
    back(&world, 1);
    assert_eq!(read(&world, "tank/a").as_deref(), Some("from a"));
    assert_eq!(read(&world, "tank/b").as_deref(), Some("from b"));
}

#[test]
fn names_are_passed_on_in_a_chain_and_what_takes_a_free_one_is_another() {
    let world = World::new();
    to(&world, &tank([plain("tank/a"), plain("tank/b")]));
    write(&world, "tank/a", "from a");
    write(&world, "tank/b", "from b");
    let first = world.picture();
    to(&world, &tank([was(plain("tank/b"), "tank/a"), was(plain("tank/c"), "tank/b")]));
    assert_eq!(read(&world, "tank/b").as_deref(), Some("from a"));
    assert_eq!(read(&world, "tank/c").as_deref(), Some("from b"));
    // A new one takes the name that got free; it goes where the first generation has it for another.
    to(&world, &tank([plain("tank/a"), plain("tank/b"), plain("tank/c")]));
    write(&world, "tank/a", "from the new one");
    back(&world, 1);
    assert_eq!(world.picture(), first);
    back(&world, 3);
    assert_eq!(read(&world, "tank/a").as_deref(), Some("from the new one"));
    assert_eq!(read(&world, "tank/c").as_deref(), Some("from b"));
}

#[test]
fn what_the_spec_takes_a_name_from_is_put_away_and_comes_home() {
    let world = World::new();
    to(&world, &tank([plain("tank/a"), plain("tank/b"), plain("tank/b/x")]));
    write(&world, "tank/a", "from a");
    write(&world, "tank/b", "from b");
    let first = world.picture();
    to(&world, &tank([was(plain("tank/b"), "tank/a"), plain("tank/b/x")]));
    assert_eq!(read(&world, "tank/b").as_deref(), Some("from a"));
    back(&world, 1);
    assert_eq!(world.files().len(), 2);
    assert_eq!(read(&world, "tank/a").as_deref(), Some("from a"));
    assert_eq!(read(&world, "tank/b").as_deref(), Some("from b"));
    assert_eq!(world.picture(), first);
}

#[test]
fn what_was_put_away_under_a_later_name_comes_home_by_the_earlier_and_is_kept_for_it() {
    let world = World::new();
    to(&world, &tank([plain("tank/a")]));
    write(&world, "tank/a", "dear all");
    let first = world.picture();
    to(&world, &tank([was(plain("tank/b"), "tank/a")]));
    to(&world, &tank([]));
    to(&world, &tank([plain("tank/c")]));
    to(&world, &tank([plain("tank/c"), plain("tank/d")]));
    assert_eq!(world.gc_plan(1).destroyed.len(), 1);
    // A generation that is kept keeps it, by the name that it had there.
    world.store.put_pin(&Pin::new(1, None, NOW, "root".to_owned())).unwrap();
    assert!(world.gc_plan(1).destroyed.is_empty());
    back(&world, 1);
    assert_eq!(world.picture(), first);
}

#[test]
fn exports_registrations_and_permissions_follow_a_new_name_and_come_back() {
    let world = World::new();
    let first = graph(with(small(), permissions("tank/share", None, None, Some("0750"))));
    to(&world, &first);
    write(&world, "tank/share", "dear all");
    let before = world.picture();
    let renamed = graph(vec![
        pool("tank", &["one", "two"], &[("autotrim", "on")]),
        was(dataset("tank/guests", &[("recordsize", "16K"), ("quota", "1G")]), "tank/vms"),
        was(dataset("tank/data", &[("compression", "lz4"), ("atime", "off")]), "tank/share"),
        export("/tank/data", "tank/data", &[("10.0.0.0/24", &["rw", "async"])]),
        permissions("tank/data", None, None, Some("0700")),
        zfspool("tank-vms", "tank/guests", "images"),
        arc_max(32_212_254_720),
    ]);
    to(&world, &renamed);
    assert!(
        world.host.image(phoenix_sim::Show::Everything).storage_cfg.unwrap().contains("pool tank/guests")
    );
    back(&world, 1);
    assert_eq!(world.picture(), before);
}

#[test]
fn what_somebody_sets_on_it_stays_through_names_and_what_the_spec_took_over_is_given_back() {
    let world = World::new();
    to(&world, &tank([plain("tank/a")]));
    world.set("tank/a", &[("quota", "3G")]);
    let quota = |of: &str| world.host.state().dataset(&name(of)).unwrap().settings.get("quota").cloned();
    to(&world, &tank([was(dataset("tank/b", &[("quota", "1G")]), "tank/a")]));
    assert_eq!(quota("tank/b").as_deref(), Some("1073741824"));
    to(&world, &tank([was(dataset("tank/c", &[("quota", "1G"), ("atime", "off")]), "tank/b")]));
    back(&world, 1);
    assert_eq!(quota("tank/a").as_deref(), Some("3221225472"));
}

#[test]
fn an_adopted_dataset_is_renamed_and_stays_adopted() {
    let world = World::new();
    to(&world, &tank([]));
    world.create("tank/theirs", &[]);
    write(&world, "tank/theirs", "dear all");
    let ours = tank([was(plain("tank/ours"), "tank/theirs")]);
    assert_eq!(world.refuses(&ours).len(), 1);
    world.switch_with(&ours, &adopt()).unwrap();
    settled(&world);
    to(&world, &tank([was(plain("tank/really"), "tank/ours")]));
    // What was adopted is let go of, and stays where it is.
    to(&world, &tank([]));
    assert_eq!(read(&world, "tank/really").as_deref(), Some("dear all"));
}

#[test]
fn an_older_spec_that_still_says_was_does_not_take_what_has_the_name_by_now() {
    let world = World::new();
    to(&world, &tank([plain("tank/a")]));
    write(&world, "tank/a", "dear all");
    let renamed = tank([was(plain("tank/b"), "tank/a")]);
    to(&world, &renamed);
    to(&world, &tank([plain("tank/a"), plain("tank/b")]));
    write(&world, "tank/a", "from the new one");
    // Which of the two is meant only a person knows.
    let plan = world.plan(&renamed);
    assert_eq!(plan.refusals.iter().map(|refusal| refusal.code.name).collect::<Vec<_>>(), ["both-names"]);
    world.switch(&tank([plain("tank/b")])).unwrap();
    assert_eq!(read(&world, "tank/b").as_deref(), Some("dear all"));
    assert!(world.host.state().dataset(&name("tank/a")).is_none());
    assert_eq!(world.files().len(), 2);
}

#[test]
fn a_rollback_finds_what_was_put_away_by_another_name_though_another_has_its_own() {
    let world = World::new();
    to(&world, &tank([plain("tank/b")]));
    write(&world, "tank/b", "the first");
    to(&world, &tank([was(plain("tank/d"), "tank/b")]));
    to(&world, &tank([plain("tank/b")]));
    write(&world, "tank/b", "another");
    back(&world, 1);
    assert_eq!(read(&world, "tank/b").as_deref(), Some("the first"));
    back(&world, 3);
    assert_eq!(read(&world, "tank/b").as_deref(), Some("another"));
    assert_eq!(world.files().len(), 2);
}

#[test]
fn a_rollback_brings_out_of_what_was_put_away_what_lay_elsewhere() {
    let world = World::new();
    to(&world, &tank([plain("tank/a"), plain("tank/b")]));
    write(&world, "tank/a", "dear a");
    write(&world, "tank/b", "dear b");
    to(&world, &tank([was(plain("tank/c"), "tank/a"), was(plain("tank/c/d"), "tank/b")]));
    to(&world, &tank([plain("tank/z")]));
    back(&world, 1);
    assert_eq!(read(&world, "tank/a").as_deref(), Some("dear a"));
    assert_eq!(read(&world, "tank/b").as_deref(), Some("dear b"));
    back(&world, 2);
    assert_eq!(read(&world, "tank/c/d").as_deref(), Some("dear b"));
    // Put away with what it lies in, and home again: it is as if it had never gone.
    to(&world, &tank([plain("tank/z")]));
    back(&world, 2);
    back(&world, 1);
    assert_eq!(read(&world, "tank/b").as_deref(), Some("dear b"));
}

#[test]
fn what_lies_in_what_is_renamed_is_renamed_too_as_deep_as_it_lies() {
    let world = World::new();
    to(&world, &tank([plain("tank/b"), plain("tank/b/b"), plain("tank/b/b/a")]));
    write(&world, "tank/b/b/a", "dear a");
    let first = world.picture();
    let renamed = [("tank/d", "tank/b"), ("tank/d/c", "tank/b/b"), ("tank/d/d", "tank/b/b/a")];
    to(&world, &tank(renamed.map(|(now, before)| was(plain(now), before))));
    assert_eq!(read(&world, "tank/d/d").as_deref(), Some("dear a"));
    back(&world, 1);
    assert_eq!(world.picture(), first);
}

/// What is entangled, by what each is renamed to and from.
const ENTANGLED: [&[(&str, &str)]; 3] = [
    // Two exchange their names, and something in one of them gets another.
    &[("tank/c", "tank/a"), ("tank/a", "tank/c"), ("tank/c/k2", "tank/a/k")],
    // One changes places with what it lies in.
    &[("tank/a", "tank/a/k"), ("tank/a/k", "tank/a")],
    // A name is passed on, with something inside.
    &[("tank/c", "tank/a"), ("tank/d", "tank/c"), ("tank/c/k2", "tank/a/k")],
];

#[test]
fn what_is_entangled_is_renamed_and_gone_back_from() {
    for renames in ENTANGLED {
        let world = World::new();
        to(&world, &tank([plain("tank/a"), plain("tank/a/k"), plain("tank/c")]));
        for each in ["tank/a", "tank/a/k", "tank/c"] {
            write(&world, each, each);
        }
        let first = world.picture();
        to(&world, &tank(renames.iter().map(|(now, before)| was(plain(now), before))));
        for (now, before) in renames {
            assert_eq!(read(&world, now).as_deref(), Some(*before), "{renames:?}");
        }
        back(&world, 1);
        assert_eq!(world.picture(), first, "{renames:?}");
    }
}

#[test]
fn what_was_said_before_is_meant_once_more_where_another_takes_the_name() {
    let world = World::new();
    to(&world, &tank([plain("tank/a"), plain("tank/b")]));
    write(&world, "tank/a", "dear a");
    write(&world, "tank/b", "dear b");
    // a is called b from now on, and b is called c.
    to(&world, &tank([was(plain("tank/b"), "tank/a"), was(plain("tank/c"), "tank/b")]));
    to(&world, &tank([was(plain("tank/b"), "tank/a"), was(plain("tank/a"), "tank/c")]));
    assert_eq!(read(&world, "tank/a").as_deref(), Some("dear b"));
    assert_eq!(read(&world, "tank/b").as_deref(), Some("dear a"));
    // The same words once more, among others: now they mean what is there now.
    to(&world, &tank([was(plain("tank/b"), "tank/a"), was(plain("tank/a"), "tank/b")]));
    assert_eq!(read(&world, "tank/a").as_deref(), Some("dear a"));
    assert_eq!(read(&world, "tank/b").as_deref(), Some("dear b"));
}

#[test]
fn what_moves_into_another_is_mounted_below_that() {
    let world = World::new();
    to(
        &world,
        &tank([plain("tank/d"), dataset("tank/d/a", &[("mountpoint", "/srv/m4")]), plain("tank/d/b")]),
    );
    let moved = [
        was(dataset("tank/a", &[("mountpoint", "/srv/m1")]), "tank/d"),
        was(dataset("tank/b", &[("mountpoint", "/srv/m4")]), "tank/d/a"),
        was(plain("tank/b/a"), "tank/d/b"),
    ];
    to(&world, &tank(moved));
    let path = |of: &str| {
        let mounts = world.host.state().mounts;
        mounts.iter().find(|mount| mount.dataset == name(of)).map(|mount| mount.path.clone())
    };
    assert_eq!(path("tank/b/a").as_deref(), Some("/srv/m4/a"), "{:?}", world.host.state().mounts);
}

#[test]
fn what_leaves_another_is_not_mounted_where_that_gets_another_mount_point() {
    let world = World::new();
    to(&world, &tank([plain("tank/d"), plain("tank/d/k")]));
    let first = world.picture();
    to(&world, &tank([dataset("tank/d", &[("mountpoint", "/srv/d")]), was(plain("tank/k"), "tank/d/k")]));
    back(&world, 1);
    assert_eq!(world.picture(), first);
}

#[test]
fn what_somebody_exchanged_by_hand_is_taken_as_it_is_by_the_same_spec_and_goes_on_from_there() {
    let world = World::new();
    let spec = tank([dataset("tank/a", &[("quota", "1G")]), dataset("tank/b", &[("quota", "2G")])]);
    to(&world, &spec);
    write(&world, "tank/a", "the first a");
    world.host.edit(|state| {
        let [a, b] = ["tank/a", "tank/b"].map(name);
        let (first, second) = (state.datasets.remove(&a).unwrap(), state.datasets.remove(&b).unwrap());
        state.datasets.extend([(b.clone(), first), (a.clone(), second)]);
        for mount in &mut state.mounts {
            mount.dataset = if mount.dataset == a {
                b.clone()
            } else if mount.dataset == b {
                a.clone()
            } else {
                mount.dataset.clone()
            };
        }
    });
    assert!(matches!(world.switch(&spec).unwrap(), Switched::Repaired { .. }));
    settled(&world);
    assert_eq!(read(&world, "tank/b").as_deref(), Some("the first a"));
    // The generation has what is there by the name that it has now.
    to(&world, &tank([plain("tank/c")]));
    back(&world, 1);
    assert_eq!(read(&world, "tank/b").as_deref(), Some("the first a"));
}

#[test]
fn a_name_that_somebody_took_meanwhile_is_not_called_given_back() {
    let world = World::new();
    to(&world, &tank([plain("tank/old")]));
    world.host.inject(Fault::when(|op| matches!(op, Op::DatasetRename { .. }), FaultKind::PowerAfter));
    let renamed = tank([was(plain("tank/new"), "tank/old")]);
    assert!(matches!(world.switch(&renamed), Err(SwitchError::Host(HostError::PowerLost))));
    world.host.power_on();
    world.create("tank/old", &[]);
    let recovered = world.recover(false);
    let told = |error: &SwitchError| format!("{error:?}").contains("has not got its name back");
    assert!(recovered.as_ref().is_err_and(told), "{recovered:?}");
    // Once that is out of the way it is brought to its end.
    world.host.by_hand(&Op::DatasetDestroy { dataset: name("tank/old") }).unwrap();
    world.recover(false).unwrap();
    assert!(world.host.state().dataset(&name("tank/old")).is_some());
    settled(&world);
}

#[test]
fn what_lies_in_what_was_put_away_is_kept_for_a_generation_that_had_it_elsewhere() {
    let world = World::new();
    to(&world, &tank([plain("tank/b")]));
    write(&world, "tank/b", "dear b");
    world.store.put_pin(&Pin::new(1, None, NOW, "root".to_owned())).unwrap();
    to(&world, &tank([plain("tank/c"), was(plain("tank/c/d"), "tank/b")]));
    to(&world, &tank([plain("tank/z")]));
    to(&world, &tank([dataset("tank/z", &[("quota", "1G")])]));
    assert!(world.gc_plan(1).destroyed.is_empty());
    back(&world, 1);
    assert_eq!(read(&world, "tank/b").as_deref(), Some("dear b"));
}

#[test]
fn a_rollback_over_two_generations_goes_over_what_is_entangled_by_then() {
    let world = World::new();
    to(&world, &tank([plain("tank/a"), plain("tank/a/k"), plain("tank/c")]));
    write(&world, "tank/a/k", "dear k");
    let first = world.picture();
    to(&world, &tank([was(plain("tank/c"), "tank/a"), plain("tank/c/k"), was(plain("tank/a"), "tank/c")]));
    to(&world, &tank([plain("tank/c"), was(plain("tank/c/k2"), "tank/c/k"), plain("tank/a")]));
    back(&world, 1);
    assert_eq!(read(&world, "tank/a/k").as_deref(), Some("dear k"));
    assert_eq!(world.picture(), first);
}

#[test]
fn a_rollback_takes_what_had_the_name_and_not_what_was_put_away_by_it_then() {
    let world = World::new();
    to(&world, &tank([plain("tank/c"), plain("tank/c/a")]));
    write(&world, "tank/c", "dear c");
    write(&world, "tank/c/a", "dear a");
    to(&world, &tank([was(plain("tank/a"), "tank/c/a"), was(plain("tank/b"), "tank/c")]));
    to(&world, &tank([was(plain("tank/a"), "tank/b")]));
    assert_eq!(read(&world, "tank/a").as_deref(), Some("dear c"));
    back(&world, 1);
    assert_eq!(read(&world, "tank/c/a").as_deref(), Some("dear a"));
    back(&world, 3);
    assert_eq!(read(&world, "tank/a").as_deref(), Some("dear c"));
    back(&world, 2);
    assert_eq!(read(&world, "tank/a").as_deref(), Some("dear a"));
    assert_eq!(read(&world, "tank/b").as_deref(), Some("dear c"));
}

#[test]
fn what_would_keep_its_name_while_what_it_lies_in_gets_another_is_refused_by_name() {
    let world = World::new();
    to(&world, &tank([plain("tank/a"), plain("tank/a/d"), plain("tank/b")]));
    write(&world, "tank/a/d", "dear d");
    to(&world, &tank([plain("tank/a"), plain("tank/b"), was(plain("tank/x"), "tank/a/d")]));
    to(&world, &tank([was(plain("tank/a"), "tank/b"), was(plain("tank/b"), "tank/a"), plain("tank/x")]));
    to(&world, &tank([plain("tank/a"), was(plain("tank/a/d"), "tank/x"), plain("tank/b")]));
    let plan = world.plan_to(1);
    let refusal = &plan.refusals[0];
    assert_eq!((refusal.code.name, refusal.key.to_string()), ("cannot-rename", "dataset:tank/a/d".into()));
    // Over another it goes.
    back(&world, 3);
    back(&world, 1);
    assert_eq!(read(&world, "tank/a/d").as_deref(), Some("dear d"));
}

#[test]
fn what_was_once_so_called_is_not_taken_for_what_has_the_name_and_is_to_move() {
    let world = World::new();
    to(&world, &tank([plain("tank/c")]));
    to(&world, &tank([was(plain("tank/a"), "tank/c")]));
    to(&world, &tank([plain("tank/a"), plain("tank/c"), plain("tank/e")]));
    let plan = world.plan(&tank([was(plain("tank/a"), "tank/c"), was(plain("tank/c"), "tank/e")]));
    let codes: Vec<&str> = plan.refusals.iter().map(|refusal| refusal.code.name).collect();
    assert_eq!(codes, ["both-names"]);
}

#[test]
fn what_was_rearranged_and_put_away_as_a_whole_comes_home_as_it_was() {
    type Tree<'a> = &'a [(&'a str, &'a str)];
    let cases: [(&[&str], Tree<'_>); 2] = [
        (
            &["tank/b", "tank/b/x", "tank/b/y"],
            &[("tank/b", ""), ("tank/b/x", "tank/b/y"), ("tank/b/y", "tank/b/x")],
        ),
        (
            &["tank/c", "tank/c/a", "tank/c/a/b"],
            &[("tank/a", "tank/c"), ("tank/a/c", "tank/c/a"), ("tank/a/c/d", "tank/c/a/b")],
        ),
    ];
    for (first, second) in cases {
        let world = World::new();
        to(&world, &tank(first.iter().map(|name| plain(name))));
        first.iter().for_each(|name| write(&world, name, name));
        let renamed = |(now, before): &(&str, &str)| {
            if before.is_empty() { plain(now) } else { was(plain(now), before) }
        };
        to(&world, &tank(second.iter().map(renamed)));
        to(&world, &tank([plain("tank/k")]));
        back(&world, 1);
        for name in first {
            assert_eq!(read(&world, name).as_deref(), Some(*name));
        }
        back(&world, 3);
        back(&world, 2);
        for (now, before) in second {
            let letter = if before.is_empty() { now } else { before };
            assert_eq!(read(&world, now).as_deref(), Some(*letter));
        }
    }
}
