//! What is ours follows from the record: a mark is no proof, and a record without the mark is none either.

use phoenix_graph::{DatasetName, Graph, HostName, PoolName, PropertyName, Resource};
use phoenix_host::{
    HostError,
    observed::{HOME, OWNER},
    op::Op,
};
use phoenix_plan::{Consent, Kind, foreign::ForeignKind};
use phoenix_sim::{Fault, FaultKind};
use phoenix_store::{Outcome, Store};
use phoenix_support::*;
use phoenix_transaction::switch::{Recovered, SwitchError, Target};
use std::{collections::BTreeSet, fs, path::Path};

/// A pool with a dataset and one in it.
fn nested() -> Vec<Resource> {
    vec![pool("tank", &["one", "two"], &[]), dataset("tank/keep", &[]), dataset("tank/in", &[])]
}

fn there(world: &World) -> Vec<String> {
    world.host.state().datasets.keys().map(ToString::to_string).collect()
}

#[track_caller]
fn refusal(result: Result<impl std::fmt::Debug, SwitchError>) -> String {
    told(&refused(result)).join("\n")
}

fn kinds_of(world: &World, resources: Vec<Resource>) -> Vec<String> {
    kinds(&world.plan(&graph(resources)))
}

#[test]
fn what_bears_the_mark_and_is_not_on_record_is_nobodys() {
    let world = World::new();
    world.switch(&graph(nested())).unwrap();
    world.create("tank/in/copy", &[(OWNER, "box")]);
    world.create("tank/other", &[(OWNER, "box")]);
    world.host.write_file(&name("tank/in/copy"), "file", "precious");
    // It is told, with its mark.
    let standing = world.with(|runtime| runtime.standing()).unwrap();
    let told = standing.foreign.iter().filter(|one| one.kind != ForeignKind::Storage);
    let told: Vec<_> = told.map(|one| (one.kind, one.key.to_string())).collect();
    assert_eq!(
        told,
        [
            (ForeignKind::Unrecorded, "dataset:tank/in/copy".to_owned()),
            (ForeignKind::Unrecorded, "dataset:tank/other".to_owned()),
        ]
    );
    assert!(standing.drift.is_empty());
    // What it lies in is not put away with it.
    let told = refusal(world.switch(&graph(without(nested(), &["dataset:tank/in"]))));
    assert!(told.contains("datasets that phoenix does not know: tank/in/copy"), "{told}");
    // A spec that names it first does not change it.
    let more = with(nested(), dataset("tank/other", &[("recordsize", "64K")]));
    let told = refusal(world.switch(&graph(more.clone())));
    assert!(told.contains("this state folder has no record of it"), "{told}");
    // Adopted, it is on record, and stays when it is let go.
    world.switch_with(&graph(more.clone()), &adopt()).unwrap();
    assert!(world.plan(&graph(more)).is_empty());
    world.switch(&graph(nested())).unwrap();
    let told = refusal(world.switch(&graph(with(nested(), dataset("tank/other", &[])))));
    assert!(told.contains("was not made by phoenix"), "{told}");
    world.gc(0).unwrap();
    assert!(there(&world).contains(&"tank/in/copy".to_owned()));
}

#[test]
fn a_pool_that_was_let_go_of_is_taken_over_anew_and_let_go_of_again() {
    let world = World::new();
    let other = vec![pool("other", &["three"], &[])];
    world.switch(&graph(other.clone())).unwrap();
    let disks = vec![phoenix_graph::Disk("/dev/disk/by-id/one".into())];
    let redundancy = phoenix_graph::Redundancy::None;
    let layout = vec![phoenix_graph::Vdev { class: phoenix_graph::Class::Data, redundancy, disks }];
    let made = PoolName::new("tank").unwrap();
    let op = Op::PoolCreate { pool: made, layout, settings: Vec::new(), root: Vec::new() };
    world.host.by_hand(&op).unwrap();
    let both = graph([other.clone(), vec![pool("tank", &["one"], &[])]].concat());
    for _ in 0..2 {
        let told = refusal(world.switch(&both));
        assert!(told.contains("a pool of this name is there already"), "{told}");
        world.switch_with(&both, &adopt()).unwrap();
        world.switch(&graph(other.clone())).unwrap();
        assert!(there(&world).contains(&"tank".to_owned()));
    }
    world.switch_with(&both, &adopt()).unwrap();
    world.rollback(1).unwrap();
}

#[test]
fn a_canmount_that_somebody_says_was_kept_changes_nothing() {
    let world = World::new();
    world.switch(&graph(nested())).unwrap();
    for word in ["off", "noauto", "on", "o\tn\n_"] {
        world.set("tank/keep", &[("phoenix:canmount", word)]);
        assert_eq!(kinds_of(&world, nested()), [""; 0], "{word:?}");
    }
}

#[test]
fn a_home_that_somebody_forged_brings_nothing_home() {
    let world = World::new();
    world.switch(&graph(nested())).unwrap();
    world.create("tank/zz", &[]);
    for (at, marks) in [
        ("tank/zz/.phoenix", &[][..]),
        ("tank/zz/.phoenix/1", &[]),
        ("tank/zz/.phoenix/1/x", &[(HOME, "tank/new"), (OWNER, "box")]),
        ("tank/zz/.phoenix/99", &[]),
        ("tank/zz/.phoenix/99/x", &[(HOME, "tank/new"), (OWNER, "box")]),
    ] {
        world.create(at, marks);
    }
    let new = with(nested(), dataset("tank/new", &[]));
    // Nor does saying that what is there may be adopted: it does not stand where that name is put away.
    for consent in [Consent::default(), adopt()] {
        let plan = world.plan_with(&graph(new.clone()), &consent);
        assert_eq!(kinds(&plan), ["create dataset:tank/new", "update mounts"]);
        assert!(plan.warnings.is_empty());
    }
    world.switch(&graph(new)).unwrap();
    let (plan, collected) = world.gc(0).unwrap();
    assert_eq!((plan.destroyed.len(), plan.folders.len(), collected.datasets), (0, 0, 0));
    assert!(there(&world).contains(&"tank/zz/.phoenix/99/x".to_owned()));
    // A mark on something of phoenix's own that was put away changes no home either.
    world.switch(&graph(without(nested(), &["dataset:tank/in"]))).unwrap();
    world.set("tank/.phoenix/3/in", &[(HOME, "tank/elsewhere")]);
    let more = with(nested(), dataset("tank/elsewhere", &[]));
    let plan = world.plan(&graph(more));
    assert!(kinds(&plan).contains(&"restore dataset:tank/in".to_owned()), "{:?}", kinds(&plan));
    assert!(kinds(&plan).contains(&"create dataset:tank/elsewhere".to_owned()), "{:?}", kinds(&plan));
    assert!(world.gc_plan(0).destroyed.is_empty());
}

/// Makes a second pool that looks like the first: with the GUIDs of its datasets, as one that was split off, or
/// with others, as one that everything was received in.
fn twin(world: &World, at: &str, split: bool) {
    let Resource::Pool(pool) = pool(at, &["three"], &[]) else { panic!("a pool") };
    world
        .host
        .by_hand(&Op::PoolCreate {
            pool: pool.name.clone(),
            layout: pool.layout,
            settings: Vec::new(),
            root: Vec::new(),
        })
        .unwrap();
    world.host.edit(|state| {
        for (from, dataset) in state.datasets.clone() {
            let Some(rest) = from.as_str().strip_prefix("tank") else { continue };
            let to = DatasetName::new(&format!("{at}{rest}")).unwrap();
            let mut dataset = dataset;
            if !split {
                dataset.guid = 0;
            }
            state.datasets.insert(to.clone(), dataset);
            state.number(&to);
        }
    });
}

#[test]
fn a_replica_and_a_pool_that_was_split_off_are_foreign_and_keep_nothing_from_coming_home() {
    for split in [false, true] {
        let world = World::new();
        world.switch(&graph(nested())).unwrap();
        world.host.write_file(&name("tank/in"), "file", "precious");
        world.switch(&graph(without(nested(), &["dataset:tank/in"]))).unwrap();
        // Its name comes before the other's, and after it.
        for at in ["backup", "zoo"] {
            if there(&world).contains(&at.to_owned()) {
                continue;
            }
            twin(&world, at, split);
            let before: Vec<_> = there(&world).into_iter().filter(|name| name.starts_with(at)).collect();
            world.rollback(1).unwrap();
            assert_eq!(world.host.read_file(&name("tank/in"), "file").as_deref(), Some("precious"));
            world.switch(&graph(without(nested(), &["dataset:tank/in"]))).unwrap();
            let (plan, _) = world.gc(0).unwrap();
            assert!(plan.destroyed.iter().all(|one| one.place.as_str().starts_with("tank/")), "{plan:?}");
            let now: Vec<_> = there(&world).into_iter().filter(|name| name.starts_with(at)).collect();
            assert_eq!(now, before, "split: {split}");
            // A spec that names the pool takes it for nobody's.
            let disk = pool(at, &["three"], &[]);
            let told = refusal(world.switch(&graph(with(without(nested(), &["dataset:tank/in"]), disk))));
            assert!(told.contains(&format!("pool:{at}: a pool of this name is there already")), "{told}");
            world.host.edit(|state| {
                state.pools.remove(&PoolName::new(at).unwrap());
                state.datasets.retain(|name, _| !name.as_str().starts_with(at));
                for device in state.devices.values_mut() {
                    if matches!(device, phoenix_sim::Content::Label { pool, .. } if pool.as_str() == at) {
                        *device = phoenix_sim::Content::Blank;
                    }
                }
            });
            world.rollback(1).ok();
            break;
        }
    }
}

#[test]
fn what_has_lost_its_mark_is_not_put_away_nor_destroyed_and_is_marked_again_where_the_spec_names_it() {
    let world = World::new();
    world.switch(&graph(nested())).unwrap();
    let mark_off = |of: &str| {
        let property = PropertyName::new(OWNER);
        world.host.by_hand(&Op::DatasetInherit { dataset: name(of), property }).unwrap();
    };
    mark_off("tank/in");
    let less = without(nested(), &["dataset:tank/in"]);
    let plan = world.plan(&graph(less.clone()));
    assert!(plan.is_empty() && plan.refusals.is_empty(), "{plan:?}");
    assert!(plan.warnings[0].text.contains("somebody has taken phoenix's mark off it"), "{plan:?}");
    // The spec that names it marks it again.
    assert_eq!(kinds_of(&world, nested()), ["update dataset:tank/in"]);
    world.switch(&graph(nested())).unwrap();
    world.switch(&graph(less)).unwrap();
    mark_off("tank/.phoenix/3/in");
    let plan = world.gc_plan(0);
    assert!(plan.destroyed.is_empty(), "{plan:?}");
    assert!(plan.strange[0].reason.contains("does not bear the mark"), "{plan:?}");
    let plan = world.plan_to(1);
    assert!(plan.warnings[0].text.contains("it comes home, and is marked again"), "{plan:?}");
    assert!(plan.actions[0].changes.iter().any(|change| change.setting == OWNER), "{plan:?}");
    world.rollback(1).unwrap();
    assert!(there(&world).contains(&"tank/in".to_owned()));
    assert!(world.drift().is_empty());
}

#[test]
fn another_dataset_of_the_same_name_is_not_the_one_that_phoenix_made() {
    let world = World::new();
    world.switch(&graph(nested())).unwrap();
    let remake = || {
        world.host.by_hand(&Op::DatasetUnmount { dataset: name("tank/in") }).unwrap();
        world.host.by_hand(&Op::DatasetDestroy { dataset: name("tank/in") }).unwrap();
        world.create("tank/in", &[(OWNER, "box")]);
        world.host.by_hand(&Op::DatasetMount { dataset: name("tank/in") }).unwrap();
        world.host.write_file(&name("tank/in"), "file", "restored");
    };
    remake();
    // It is no drift to be put right, and it is not put away.
    let told = refusal(world.switch(&graph(nested())));
    assert!(told.contains("this state folder has no record of it"), "{told}");
    let less = graph(without(nested(), &["dataset:tank/in"]));
    let plan = world.plan(&less);
    assert_eq!(kinds(&plan), [""; 0]);
    assert!(plan.warnings[0].text.contains("not the one that phoenix made"), "{:?}", plan.warnings);
    world.switch_with(&graph(nested()), &adopt()).unwrap();
    assert!(world.drift().is_empty());
}

#[test]
fn a_store_without_a_record_takes_what_fits_and_writes_it_with_the_next_change() {
    let world = World::new();
    let small = || nested();
    let less = || without(nested(), &["dataset:tank/in"]);
    world.switch(&graph(small())).unwrap();
    world.switch(&graph(less())).unwrap();
    world.switch(&graph(with(less(), dataset("tank/more", &[])))).unwrap();
    let record = world.root().join("record.json");
    let whole = world.store.record().unwrap().unwrap();
    fs::remove_file(&record).unwrap();
    // A copy beside, and below what is put away.
    world.create("tank/more/copy", &[(OWNER, "box")]);
    assert!(world.drift().is_empty(), "a plan shows nothing of it");
    assert!(!record.exists(), "looking writes nothing");
    let told = refusal(world.switch(&graph(less())));
    assert!(told.contains("tank/more/copy"), "{told}");
    assert_eq!(world.gc_plan(1).staying.len(), 0);
    let going: Vec<_> = world.gc_plan(1).destroyed.iter().map(|one| one.place.to_string()).collect();
    assert_eq!(going, ["tank/.phoenix/2/in"]);
    world.rollback(1).unwrap_err();
    world.host.by_hand(&Op::DatasetDestroy { dataset: name("tank/more/copy") }).unwrap();
    world.rollback(1).unwrap();
    let written = world.store.record().unwrap().unwrap();
    let names = |record: &phoenix_plan::record::Record| -> Vec<String> {
        let mut names: Vec<_> = record.entries.values().map(|one| one.name.to_string()).collect();
        names.sort();
        names
    };
    assert!(names(&whole).contains(&"tank/.phoenix/2/in".to_owned()));
    assert!(names(&written).contains(&"tank/in".to_owned()), "{:?}", names(&written));
    assert!(names(&written).iter().any(|name| name.ends_with("/more") && name.contains(".phoenix")));
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().unwrap();
        if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(from).unwrap(), to).unwrap();
        } else if kind.is_dir() {
            fs::create_dir(&to).unwrap();
            copy(&from, &to);
        } else {
            fs::copy(from, to).unwrap();
        }
    }
}

/// The formats of objects that versions wrote which kept no record.
const WITHOUT_RECORD: std::ops::RangeInclusive<u32> = 1..=2;

/// Earlier versions kept no record. What bears the mark and stands as their last generation says is taken with
/// the next change, and nothing else.
#[test]
fn a_store_of_every_earlier_format_takes_the_guids_of_what_stands_as_it_says() {
    for format in WITHOUT_RECORD {
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/store-{format}"));
        let old = Store::read_only(&fixture);
        let says = old.graph(&old.current().unwrap().unwrap().system).unwrap();
        let world = World::new();
        world.switch(&says).unwrap();
        // The host is as an earlier version left it, and so is the state folder.
        for entry in fs::read_dir(world.root()).unwrap().map(Result::unwrap) {
            let is_folder = entry.file_type().unwrap().is_dir();
            let gone =
                if is_folder { fs::remove_dir_all(entry.path()) } else { fs::remove_file(entry.path()) };
            gone.unwrap();
        }
        copy(&fixture, world.root());
        world.create("tank/vms/copy", &[(OWNER, "box")]);
        assert_eq!(world.store.record().unwrap(), None);
        let drift = world.drift();
        assert!(drift.refusals.is_empty(), "{format}: {:?}", drift.refusals);
        assert_eq!(kinds(&drift), [""; 0], "{format}");
        let mut more: Vec<Resource> = says.resources().cloned().collect();
        more.push(dataset("tank/more", &[]));
        world.switch(&graph(more)).unwrap();
        assert_eq!(world.current(), Some(3));
        let state = world.host.state();
        let record = world.store.record().unwrap().unwrap();
        let on_record: BTreeSet<(u64, String)> =
            record.entries.values().map(|one| (one.identity.dataset, one.name.to_string())).collect();
        let ours = ["tank", "tank/disk", "tank/more", "tank/share", "tank/vms"];
        let ours = ours.map(|of| (state.datasets[&name(of)].guid, of.to_owned()));
        assert_eq!(on_record, ours.into(), "{format}");
        assert!(record.entries.values().all(|one| one.identity.pool == state.pools[&one.name.pool()].guid));
        // What only bears the mark keeps its parent from going.
        let gone = without(says.resources().cloned().collect(), &["dataset:tank/vms", "storage:tank-vms"]);
        let told = refusal(world.switch(&graph(gone)));
        assert!(told.contains("tank/vms/copy"), "{told}");
    }
}

#[test]
fn a_record_that_is_older_than_the_host_takes_nothing_and_uses_no_number_twice() {
    let world = World::new();
    let (a, b) = (nested(), with(without(nested(), &["dataset:tank/in"]), dataset("tank/c", &[])));
    world.switch(&graph(a.clone())).unwrap();
    let backup = world.save_store();
    world.switch(&graph(b)).unwrap();
    world.host.write_file(&name("tank/c"), "file", "of the other life");
    world
        .switch(&graph(with(
            without(nested(), &["dataset:tank/in"]),
            dataset("tank/keep", &[("atime", "off")]),
        )))
        .unwrap();
    assert!(there(&world).contains(&"tank/.phoenix/3/c".to_owned()));
    world.restore_store(&backup);
    // What was put away meanwhile is told, and nobody's.
    let standing = world.with(|runtime| runtime.standing()).unwrap();
    let told: Vec<_> = standing.foreign.iter().map(|one| one.key.to_string()).collect();
    assert!(told.contains(&"dataset:tank/.phoenix/3/c".to_owned()), "{told:?}");
    // The switch takes a number that the host has no marks of. What is on record comes home from wherever it is;
    // what is not is made anew, and that is told.
    let more = with(a, dataset("tank/c", &[]));
    let plan = world.plan(&graph(more.clone()));
    assert_eq!(plan.number, 4);
    let (restore, create) = ("restore dataset:tank/in".to_owned(), "create dataset:tank/c".to_owned());
    assert!(kinds(&plan).contains(&restore) && kinds(&plan).contains(&create), "{:?}", kinds(&plan));
    assert!(plan.warnings.iter().any(|one| one.text.contains("tank/.phoenix/3/c")), "{:?}", plan.warnings);
    // Adopted, it comes home instead.
    world.switch_with(&graph(more.clone()), &adopt()).unwrap();
    assert_eq!(world.current(), Some(4));
    assert_eq!(world.host.read_file(&name("tank/c"), "file").as_deref(), Some("of the other life"));
    assert!(world.plan(&graph(more)).is_empty());
    let (plan, collected) = world.gc(0).unwrap();
    assert_eq!((plan.destroyed.len(), collected.datasets), (0, 0), "{plan:?}");
}

#[test]
fn snapshots_that_only_the_host_knows_of_keep_their_numbers() {
    let world = World::new();
    world.switch(&graph(nested())).unwrap();
    let backup = world.save_store();
    for word in ["off", "on", "off"] {
        world.switch(&graph(with(nested(), dataset("tank/keep", &[("atime", word)])))).unwrap();
    }
    world.restore_store(&backup);
    let again = graph(with(nested(), dataset("tank/keep", &[("recordsize", "16K")])));
    assert_eq!(world.plan(&again).number, 5);
    world.switch(&again).unwrap();
    assert_eq!(world.current(), Some(5));
    assert!(world.store.generations().unwrap().iter().all(|one| one.outcome == Outcome::Committed));
    // They are of switches that this record knows nothing of: gc leaves them.
    let plan = world.gc_plan(0);
    assert!(plan.snapshots.is_empty(), "{plan:?}");
    assert_eq!(plan.strange.len(), 3, "{plan:?}");
}

#[test]
fn what_somebody_renamed_is_told_where_it_was_and_where_it_is() {
    let world = World::new();
    world.switch(&graph(nested())).unwrap();
    world.host.write_file(&name("tank/in"), "file", "precious");
    let rename = |from: &str, to: &str| {
        let op = Op::DatasetRename { from: name(from), to: name(to), volume: false };
        world.host.by_hand(&op).unwrap();
    };
    let warnings = || {
        let plan = world.plan(&graph(nested()));
        let told: Vec<String> =
            plan.warnings.iter().map(|one| format!("{}: {}", one.key, one.text)).collect();
        (kinds(&plan), told.join("\n"))
    };
    // Away from where it was.
    rename("tank/in", "tank/elsewhere");
    let (kinds, told) = warnings();
    assert_eq!(kinds, ["create dataset:tank/in"]);
    assert!(told.contains("dataset:tank/in: somebody renamed it to tank/elsewhere"), "{told}");
    // Into another's place, and the other into its own.
    rename("tank/keep", "tank/in");
    rename("tank/elsewhere", "tank/keep");
    let (kinds, told) = warnings();
    assert!(kinds.iter().all(|kind| kind.starts_with("update ")), "where they are mounted: {kinds:?}");
    assert!(told.contains("dataset:tank/in: it is what was tank/keep"), "{told}");
    assert!(told.contains("dataset:tank/keep: it is what was tank/in"), "{told}");
    let consent = Consent { with_data: [name("tank/keep")].into(), ..Consent::default() };
    let plan = world.with(|runtime| runtime.plan(&Target::Generation(1), &consent)).unwrap();
    assert!(plan.refusals.iter().any(|one| one.reason.contains("its snapshots are those of tank/in")));
    // A switch takes them as they are, and then nothing is left to tell.
    world.switch(&graph(with(nested(), dataset("tank/more", &[])))).unwrap();
    let plan = world.plan(&graph(with(nested(), dataset("tank/more", &[]))));
    assert!(plan.actions.is_empty() && plan.warnings.is_empty(), "{plan:?}");
    assert_eq!(world.host.state().datasets[&name("tank/keep")].files["file"], "precious");
}

#[test]
fn no_label_but_that_of_the_pool_that_was_being_made_is_taken_off() {
    use phoenix_sim::Content;
    let labels = [("tank2", true), ("tank2", false), ("tan", true), ("tank", true)];
    for (pool, destroyed) in labels {
        let world = World::new();
        world.host.inject(Fault::when(|op| matches!(op, Op::PoolCreate { .. }), FaultKind::PowerBefore));
        assert!(matches!(world.switch(&graph(nested())), Err(SwitchError::Host(HostError::PowerLost))));
        world.host.power_on();
        let label = Content::Label { pool: PoolName::new(pool).unwrap(), guid: 7, destroyed };
        let mut device = None;
        world.host.edit(|state| {
            device = Some(state.disks["/dev/disk/by-id/one"].clone());
            state.devices.insert(device.clone().unwrap(), label.clone());
        });
        world.recover(false).unwrap();
        let left = &world.host.state().devices[&device.unwrap()];
        let taken_off = pool == "tank";
        assert_eq!(*left == label, !taken_off, "{pool}, destroyed: {destroyed}: {left:?}");
    }
}

#[test]
fn names_of_snapshots_that_somebody_took_first_stop_no_switch() {
    let world = World::new();
    world.switch(&graph(nested())).unwrap();
    let numbers: [u64; 6] = [2, 3, 999_999_999, 1_000_000_000, 1_000_000_002, u64::MAX];
    for number in numbers {
        let snapshot =
            Op::Snapshot { datasets: vec![name("tank/keep")], name: format!("phoenix-{number}").into() };
        world.host.by_hand(&snapshot).unwrap();
    }
    let part = Op::Snapshot { datasets: vec![name("tank/keep")], name: "phoenix-1000000003.1".into() };
    world.host.by_hand(&part).unwrap();
    for (word, number) in [("off", 1_000_000_001), ("on", 1_000_000_004), ("off", 1_000_000_005)] {
        world.switch(&graph(with(nested(), dataset("tank/keep", &[("atime", word)])))).unwrap();
        assert_eq!(world.current(), Some(number));
    }
    world.rollback(1).unwrap();
}

#[test]
fn what_power_was_cut_off_within_the_making_of_is_taken_back_without_its_mark() {
    let more = with(
        with(nested(), dataset("tank/z", &[("atime", "off"), ("quota", "1G")])),
        volume("tank/v", 1 << 20),
    );
    for (what, number, resume) in ["tank/z", "tank/v"]
        .into_iter()
        .flat_map(|what| [0, 1].map(|number| (what, number)))
        .flat_map(|(what, number)| [false, true].map(|resume| (what, number, resume)))
    {
        let world = World::new();
        world.switch(&graph(nested())).unwrap();
        let at = name(what);
        let is = move |op: &Op| match op {
            Op::DatasetCreate { dataset, .. } | Op::VolumeCreate { dataset, .. } => *dataset == at,
            _ => false,
        };
        world.host.inject(Fault::when(is, FaultKind::PowerWithin(number)));
        let result = world.switch(&graph(more.clone()));
        assert!(matches!(result, Err(SwitchError::Host(HostError::PowerLost))), "{result:?}");
        world.host.power_on();
        assert!(there(&world).contains(&what.to_owned()));
        let recovered = world.recover(resume).unwrap();
        if resume {
            assert!(matches!(recovered, Some(Recovered::Finished { .. })), "{recovered:?}");
            assert!(world.drift().is_empty());
            world.rollback(1).unwrap();
        } else {
            assert!(!there(&world).contains(&what.to_owned()), "{:?}", there(&world));
        }
        world.switch(&graph(more.clone())).unwrap();
        assert!(world.drift().is_empty());
    }
}

#[test]
fn what_somebody_else_made_meanwhile_stays() {
    let world = World::new();
    world.switch(&graph(nested())).unwrap();
    let more = graph(with(with(nested(), dataset("tank/y", &[])), dataset("tank/z", &[])));
    // It was not there when the plan was made, and is when it is carried out.
    let target = phoenix_transaction::switch::Target::New { graph: more.clone(), sources: Vec::new() };
    let result = world.with(|runtime| {
        runtime.switch("switch", &target, &Consent::default(), &mut |_| {
            world.create("tank/z", &[]);
            true
        })
    });
    assert!(matches!(&result, Err(SwitchError::Failed { .. })), "{result:?}");
    assert!(there(&world).contains(&"tank/z".to_owned()), "somebody else's dataset was destroyed");
    assert!(!there(&world).contains(&"tank/y".to_owned()));
    // What holds something is somebody else's, too, however it came to be there.
    world.host.by_hand(&Op::DatasetDestroy { dataset: name("tank/z") }).unwrap();
    world.host.inject(Fault::when(
        |op| matches!(op, Op::DatasetCreate { dataset, .. } if dataset.leaf() == "z"),
        FaultKind::PowerBefore,
    ));
    assert!(matches!(world.switch(&more), Err(SwitchError::Host(HostError::PowerLost))));
    world.host.power_on();
    world.create("tank/z", &[]);
    world.host.write_file(&name("tank/z"), "file", "precious");
    world.recover(false).unwrap();
    assert_eq!(world.host.read_file(&name("tank/z"), "file").as_deref(), Some("precious"));
}

#[test]
fn another_hosts_spec_is_refused_and_a_host_is_renamed_by_saying_so() {
    let world = World::new();
    world.switch(&graph(nested())).unwrap();
    world.switch(&graph(without(nested(), &["dataset:tank/in"]))).unwrap();
    let beta =
        Graph::assemble(HostName::new("beta").unwrap(), without(nested(), &["dataset:tank/in"])).unwrap();
    for consent in [
        Consent::default(),
        adopt(),
        Consent { rename_host: Some(HostName::new("gamma").unwrap()), ..Consent::default() },
    ] {
        let result = world.switch_with(&beta, &consent);
        assert!(
            matches!(&result, Err(SwitchError::OtherHost { known, asked }) if known.as_str() == "box" && asked.as_str() == "beta"),
            "{result:?}"
        );
    }
    let renamed =
        |from: &str| Consent { rename_host: Some(HostName::new(from).unwrap()), ..Consent::default() };
    let plan = world.plan_with(&beta, &renamed("box"));
    assert!(plan.actions.iter().all(|one| one.kind == Kind::Update), "{:?}", kinds(&plan));
    let change = &plan.actions[0].changes[0];
    assert_eq!((change.old.as_deref(), change.new.as_deref()), (Some("box"), Some("beta")));
    world.switch_with(&beta, &renamed("box")).unwrap();
    assert!(world.plan(&beta).is_empty());
    // What was put away under the old name still is its own, and comes home with the name.
    assert!(matches!(world.rollback(1), Err(SwitchError::OtherHost { .. })));
    let target = phoenix_transaction::switch::Target::Generation(1);
    world.with(|runtime| runtime.switch("rollback", &target, &renamed("beta"), &mut |_| true)).unwrap();
    assert!(there(&world).contains(&"tank/in".to_owned()));
    assert!(world.drift().is_empty());
}
