//! Directories of machines: written, followed, given back, with what their ids stand for.

use phoenix_graph::{Graph, Mapping, Resource, Virtiofs};
use phoenix_host::op::Op;
use phoenix_plan::{Plan, Subject, foreign::ForeignKind};
use phoenix_sim::{Cluster, Fault, FaultKind};
use phoenix_support::*;
use phoenix_transaction::switch::SwitchError;

const CONF: &str = "memory: 512\nostype: l26\n";
const DIRECTORY_CFG: &str = "/etc/pve/mapping/directory.cfg";

fn path(id: u32) -> std::path::PathBuf {
    format!("/etc/pve/nodes/pve/qemu-server/{id}.conf").into()
}

/// A host with these machines; each runs, or not.
fn world(machines: &[(u32, bool)]) -> World {
    let world = World::new();
    for (id, running) in machines {
        world.host.edit(|state| {
            state.files.insert(path(*id), CONF.to_owned());
            if *running {
                state.start_machine(*id).unwrap();
            }
        });
    }
    world
}

fn conf(world: &World, id: u32) -> String {
    world.host.state().files[&path(id)].clone()
}

fn mappings(world: &World) -> String {
    world.host.state().files.get(std::path::Path::new(DIRECTORY_CFG)).cloned().unwrap_or_default()
}

fn mapping(id: &str, of: &str) -> Resource {
    Resource::Mapping(Mapping { id: id.into(), dataset: name(of), path: format!("/{of}").into() })
}

fn given(machine: u32, id: &str, of: &str, options: &[(&str, &str)]) -> Resource {
    Resource::Virtiofs(Virtiofs {
        machine,
        id: id.into(),
        dataset: name(of),
        options: options.iter().map(|(name, word)| ((*name).into(), (*word).into())).collect(),
        inside: None,
    })
}

/// The small host, with these beside.
fn with(resources: impl IntoIterator<Item = Resource>) -> Graph {
    graph(small().into_iter().chain(resources).collect())
}

fn shared(options: &[(&str, &str)]) -> Graph {
    with([mapping("share", "tank/share"), given(201, "share", "tank/share", options)])
}

fn without_share() -> Graph {
    graph(without(small(), &["dataset:tank/share", "export:/tank/share"]))
}

/// The dataset lies elsewhere, with these beside.
fn moved(resources: impl IntoIterator<Item = Resource>) -> Graph {
    let others = without(small(), &["dataset:tank/share", "export:/tank/share"]).into_iter();
    let there = dataset("tank/share", &[("mountpoint", "/srv/share")]);
    graph(others.chain([there]).chain(resources).collect())
}

fn warned(plan: &Plan) -> Vec<&str> {
    plan.warnings.iter().map(|warning| warning.code.name).collect()
}

fn place(plan: &Plan, key: &str) -> usize {
    let is = |action: &phoenix_plan::Action| matches!(&action.subject, Subject::Resource(other) if other.to_string() == key);
    plan.actions.iter().position(is).unwrap_or_else(|| panic!("nothing is done to {key}"))
}

#[test]
fn a_directory_comes_changes_goes_and_comes_back() {
    let world = world(&[(201, false)]);
    world.switch(&shared(&[])).unwrap();
    let first = "memory: 512\nostype: l26\nvirtiofs0: dirid=share\n";
    let map = "share\n\tmap node=pve,path=/tank/share\n\n";
    assert_eq!((conf(&world, 201).as_str(), mappings(&world).as_str()), (first, map));
    assert!(world.drift().is_empty());
    world.switch(&shared(&[("cache", "never")])).unwrap();
    assert_eq!(conf(&world, 201), first.replace("share", "share,cache=never"));
    world.switch(&graph(small())).unwrap();
    assert_eq!((conf(&world, 201).as_str(), mappings(&world).as_str()), (CONF, ""));
    world.rollback(1).unwrap();
    assert_eq!((conf(&world, 201).as_str(), mappings(&world).as_str()), (first, map));
    // With its dataset it goes, and comes home.
    world.host.write_file(&name("tank/share"), "precious", "files");
    world.switch(&without_share()).unwrap();
    assert_eq!((conf(&world, 201).as_str(), mappings(&world).as_str()), (CONF, ""));
    world.rollback(1).unwrap();
    assert!(world.drift().is_empty());
    assert_eq!(world.host.read_file(&name("tank/share"), "precious").as_deref(), Some("files"));
    world.host.edit(|state| state.start_machine(201)).unwrap();
    assert!(world.host.state().running[&201].contains(&name("tank/share")));
}

#[test]
fn it_goes_from_the_machine_before_its_id_and_that_before_the_dataset() {
    let world = world(&[(201, false)]);
    world.switch(&shared(&[])).unwrap();
    let plan = world.plan(&without_share());
    let [device, id, dataset] =
        ["virtiofs:vm/201/share", "mapping:share", "dataset:tank/share"].map(|key| place(&plan, key));
    assert!(plan.actions[id].needs.contains(&device), "{:?}", kinds(&plan));
    let mut waits = plan.actions[dataset].needs.clone();
    let mut look = waits.clone();
    while let Some(at) = look.pop() {
        look.extend(&plan.actions[at].needs);
        waits.extend(&plan.actions[at].needs);
    }
    assert!(waits.contains(&device) && waits.contains(&id), "{:?}", kinds(&plan));
    let plan = world.plan(&shared(&[]));
    assert!(plan.is_empty());
}

#[test]
fn whatever_is_new_or_goes_waits_for_the_next_start() {
    let world = world(&[(201, true)]);
    let plan = world.plan(&shared(&[]));
    let told = warned(&plan);
    assert!(told.contains(&"waits-for-start") && told.contains(&"root-in-machine"), "{told:?}");
    world.switch(&shared(&[])).unwrap();
    assert_eq!(conf(&world, 201), format!("{CONF}\n[PENDING]\nvirtiofs0: dirid=share\n"));
    let drift = world.drift();
    assert!(drift.is_empty());
    assert_eq!(warned(&drift), ["waits-for-start"]);
    // As long as it waits, it goes without a trace.
    world.switch(&without_share()).unwrap();
    assert_eq!(conf(&world, 201), CONF);
    world.rollback(1).unwrap();
    world.host.edit(|state| {
        state.stop_machine(201);
        state.start_machine(201).unwrap();
    });
    assert_eq!(warned(&world.drift()), [""; 0]);
    // A dataset that it holds cannot go with it, only after the next start.
    let told = world.refuses(&without_share());
    assert!(told[0].contains("virtiofsd of machine 201"), "{told:?}");
    world.switch(&graph(small())).unwrap();
    assert!(conf(&world, 201).ends_with("[PENDING]\ndelete: virtiofs0\n"));
    let told = world.refuses(&without_share());
    assert!(told[0].contains("virtiofsd of machine 201"), "{told:?}");
    // By its mapping alone is known what it has: that stays, and keeps the dataset where it is.
    let told = world.refuses(&moved([]));
    assert!(told[0].contains("guests name it: machine 201"), "{told:?}");
    world.host.edit(|state| state.stop_machine(201));
    world.switch(&without_share()).unwrap();
    assert_eq!(conf(&world, 201), CONF);
    // It is there for whoever says it again.
    world.rollback(1).unwrap();
    assert!(world.drift().is_empty());
}

#[test]
fn what_a_snapshot_of_a_machine_has_stays_known() {
    let world = world(&[(201, false)]);
    world.switch(&shared(&[])).unwrap();
    let snapshot = "\n[before]\nmemory: 512\nsnaptime: 1\nvirtiofs0: dirid=share\n";
    world.host.edit(|state| state.files.get_mut(&path(201)).unwrap().push_str(snapshot));
    assert!(warned(&world.plan(&graph(small()))).contains(&"mapping-stays"));
    world.switch(&graph(small())).unwrap();
    assert!(mappings(&world).contains("node=pve,path=/tank/share"));
    assert!(world.refuses(&without_share())[0].contains("virtiofs0 in [before]"));
}

#[test]
fn a_line_that_is_not_understood_may_name_the_id() {
    for line in ["virtiofs0: dirid=share,queue-size=64\n", "\n[old]\nvirtiofs3: share,queue-size=64\n"] {
        let world = world(&[(201, false)]);
        world.switch(&shared(&[])).unwrap();
        world.host.edit(|state| state.files.insert(path(201), format!("{CONF}{line}")));
        assert!(warned(&world.plan(&graph(small()))).contains(&"mapping-stays"), "{line}");
        world.switch(&graph(small())).unwrap();
        assert!(mappings(&world).contains("node=pve,path=/tank/share"));
        assert!(conf(&world, 201).contains(line.trim()));
        let told = world.refuses(&without_share());
        assert!(told[0].contains("machine 201"), "{told:?}");
    }
}

#[test]
fn what_is_said_of_an_id_comes_back_with_it() {
    let world = world(&[(201, false)]);
    world.switch(&shared(&[])).unwrap();
    let described = "share\n\tdescription of all, and more\n\tmap node=pve,path=/tank/share\n\n";
    world.host.edit(|state| state.files.insert(DIRECTORY_CFG.into(), described.to_owned()));
    let at = |op: &Op| matches!(op, Op::DatasetRename { .. });
    world.host.inject(Fault::when(at, FaultKind::Fail));
    assert!(world.switch(&without_share()).is_err());
    assert!(mappings(&world).contains("\tdescription of all, and more\n"), "{}", mappings(&world));
    assert!(world.drift().is_empty());
    let plan = world.plan(&graph(small()));
    let told = plan.actions.iter().flat_map(|action| &action.changes);
    assert!(told.into_iter().any(|change| change.setting == "description"));
}

#[test]
fn a_machine_that_went_to_another_node_keeps_what_it_has_and_the_host_lets_go() {
    let world = world(&[(201, false)]);
    world.switch(&shared(&[])).unwrap();
    let there = std::path::PathBuf::from("/etc/pve/nodes/two/qemu-server/201.conf");
    world.host.edit(|state| {
        let conf = state.files.remove(&path(201)).unwrap();
        state.files.insert(there.clone(), conf);
    });
    assert_eq!(warned(&world.drift()), ["left-elsewhere"]);
    assert!(warned(&world.plan(&without_share())).contains(&"left-elsewhere"));
    world.switch(&without_share()).unwrap();
    assert!(world.host.state().files[&there].contains("virtiofs0: dirid=share"));
    assert_eq!(mappings(&world), "");
    assert!(world.drift().is_empty());
}

#[test]
fn an_adopted_id_is_given_back_also_where_its_dataset_has_moved_since() {
    let world = world(&[(201, false)]);
    world.switch(&graph(small())).unwrap();
    let theirs = "share\n\tmap node=pve,path=/tank/share/\n\n";
    world.host.edit(|state| state.files.insert(DIRECTORY_CFG.into(), theirs.to_owned()));
    // It is what is wanted already: nothing is asked.
    world.switch(&shared(&[])).unwrap();
    assert_eq!(mappings(&world), theirs);
    let path = "/srv/share".into();
    let there = Resource::Mapping(Mapping { id: "share".into(), dataset: name("tank/share"), path });
    world.switch(&moved([there, given(201, "share", "tank/share", &[])])).unwrap();
    assert!(mappings(&world).contains("path=/srv/share"));
    world.rollback(1).unwrap();
    assert_eq!(mappings(&world), theirs);
    assert!(world.drift().is_empty());
}

#[test]
fn a_dataset_moves_with_what_a_machine_has_only_at_its_next_start() {
    let world = world(&[(201, true)]);
    world.switch(&shared(&[])).unwrap();
    let path = "/srv/share".into();
    let there = Resource::Mapping(Mapping { id: "share".into(), dataset: name("tank/share"), path });
    world.switch(&moved([there, given(201, "share", "tank/share", &[])])).unwrap();
    assert!(mappings(&world).contains("path=/srv/share"));
    assert!(world.drift().is_empty());
}

#[test]
fn what_other_nodes_have_by_the_id_is_kept_also_where_it_changed_meanwhile() {
    let world = world(&[(201, false)]);
    let theirs = "share\n\tdescription of all nodes\n\tmap node=two,path=/srv/two\n\n";
    world.host.edit(|state| state.files.insert(DIRECTORY_CFG.into(), theirs.to_owned()));
    world.switch(&graph(small())).unwrap();
    world.switch(&shared(&[])).unwrap();
    let both = mappings(&world);
    assert!(both.contains("node=two,path=/srv/two\n\tmap node=pve,path=/tank/share\n"), "{both}");
    let third = both.replace("\tmap node=pve", "\tmap node=three,path=/x\n\tmap node=pve");
    world.host.edit(|state| state.files.insert(DIRECTORY_CFG.into(), third));
    world.rollback(1).unwrap();
    let left = mappings(&world);
    assert!(left.contains("node=two") && left.contains("node=three") && !left.contains("node=pve"), "{left}");
    assert!(left.contains("description of all nodes"));
}

#[test]
fn what_fails_is_undone_whole() {
    for running in [false, true] {
        for fails in [FaultKind::Fail, FaultKind::FailPartly] {
            let world = world(&[(201, running), (202, running)]);
            world.switch(&graph(small())).unwrap();
            let before = world.picture();
            let both = || {
                with([
                    mapping("share", "tank/share"),
                    given(201, "share", "tank/share", &[]),
                    given(202, "share", "tank/share", &[]),
                ])
            };
            let at = |op: &Op| matches!(op, Op::VirtiofsSet { machine: 202, .. });
            world.host.inject(Fault::when(at, fails));
            let Err(SwitchError::Failed { kept, .. }) = world.switch(&both()) else { panic!("it is done") };
            // What only waited is dropped, also in a machine that runs.
            assert_eq!((kept, world.picture()), (Vec::new(), before));
            assert_eq!((conf(&world, 201).as_str(), mappings(&world).as_str()), (CONF, ""));
            world.switch(&both()).unwrap();
        }
    }
}

#[test]
fn a_power_cut_between_any_two_of_them_is_recovered_from() {
    let cuts: [fn(&Op) -> bool; 3] = [
        |op| matches!(op, Op::DirectoryMap { .. }),
        |op| matches!(op, Op::VirtiofsSet { .. }),
        |op| matches!(op, Op::VirtiofsRemove { .. }),
    ];
    for at in cuts {
        for resume in [false, true] {
            let world = world(&[(201, true), (202, false)]);
            world.switch(&shared(&[])).unwrap();
            world.host.power_on();
            let other = with([
                mapping("films", "tank/share"),
                given(202, "films", "tank/share", &[("expose-acl", "1")]),
            ]);
            world.host.inject(Fault::when(at, FaultKind::PowerAfter));
            assert!(world.switch(&other).is_err());
            world.host.power_on();
            world.recover(resume).unwrap().unwrap();
            world.host.power_on();
            assert_eq!(conf(&world, 201).contains("virtiofs0: dirid=share"), !resume);
            assert_eq!(conf(&world, 202).contains("virtiofs0: dirid=films,expose-acl=1"), resume);
            assert_eq!(mappings(&world).contains("films"), resume);
            assert!(world.drift().is_empty());
        }
    }
}

#[test]
fn what_somebody_made_is_taken_over_and_given_back() {
    let world = world(&[(201, false)]);
    world.switch(&graph(small())).unwrap();
    let theirs = "memory: 512\nostype: l26\nvirtiofs3: share,cache=always\n";
    let map = "share\n\tmap node=pve,path=/srv/old\n\n";
    world.host.edit(|state| {
        state.files.insert(path(201), theirs.to_owned());
        state.files.insert(DIRECTORY_CFG.into(), map.to_owned());
    });
    // What could not be given back is not taken.
    let Err(SwitchError::Refused(plan)) = world.switch_with(&shared(&[]), &adopt()) else {
        panic!("it is taken")
    };
    assert_eq!(plan.refusals[0].code.name, "not-made-again");
    world.host.edit(|state| state.folders.insert("/srv/old".into()));
    let told = world.refuses(&shared(&[]));
    assert!(told.iter().filter(|line| line.contains("was not made by phoenix")).count() == 2, "{told:?}");
    world.switch_with(&shared(&[]), &adopt()).unwrap();
    assert_eq!(conf(&world, 201), "memory: 512\nostype: l26\nvirtiofs3: dirid=share\n");
    assert_eq!(mappings(&world), "share\n\tmap node=pve,path=/tank/share\n\n");
    world.rollback(1).unwrap();
    assert_eq!((conf(&world, 201).as_str(), mappings(&world).as_str()), (theirs, map));
    // Let go of without going back they stay as they are.
    world.switch_with(&shared(&[]), &adopt()).unwrap();
    world.switch(&graph(small())).unwrap();
    assert_eq!(conf(&world, 201), "memory: 512\nostype: l26\nvirtiofs3: dirid=share\n");
    assert_eq!(mappings(&world), "share\n\tmap node=pve,path=/tank/share\n\n");
}

#[test]
fn directories_that_no_spec_has_are_told_where_they_are_of_its_pools() {
    let world = world(&[(201, false), (202, false)]);
    world.switch(&shared(&[])).unwrap();
    world.host.edit(|state| {
        let more = "virtiofs5: dirid=below\nvirtiofs6: dirid=away\nvirtiofs7: dirid=gone\n";
        state.files.get_mut(&path(202)).unwrap().push_str(more);
        let map =
            "below\n\tmap node=pve,path=/tank//vms/./sub\n\naway\n\tmap node=pve,path=/srv/elsewhere\n\n";
        state.files.get_mut(std::path::Path::new(DIRECTORY_CFG)).unwrap().push_str(map);
    });
    let foreign = world.standing().foreign.into_iter().filter(|one| one.kind == ForeignKind::Virtiofs);
    let told: Vec<String> = foreign.map(|one| format!("{} {}", one.key, one.detail)).collect();
    assert_eq!(told, ["virtiofs:vm/202/below /tank/vms/sub"]);
    assert!(world.drift().is_empty());
}

#[test]
fn what_cannot_be_seen_is_not_called_undone() {
    let world = world(&[(201, false)]);
    world.switch(&graph(without(small(), &["storage:tank-vms"]))).unwrap();
    let before = world.picture();
    world.host.inject(Fault::when(|op| matches!(op, Op::VirtiofsSet { .. }), FaultKind::PowerAfter));
    assert!(world.switch(&shared(&[])).is_err());
    world.host.power_on();
    world.host.edit(|state| state.cluster = Cluster::Away);
    let Err(SwitchError::Degraded { failed, .. }) = world.recover(false) else { panic!("it is recovered") };
    let told = failed.join("\n");
    for key in ["mapping:share cannot be seen: ", "virtiofs:vm/201/share cannot be seen: "] {
        assert!(told.contains(key), "{told}");
    }
    world.host.edit(|state| state.cluster = Cluster::Well);
    world.recover(false).unwrap().unwrap();
    assert_eq!(world.picture(), before);
}
