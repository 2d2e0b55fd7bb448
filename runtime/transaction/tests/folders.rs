//! Folders of datasets that containers are given: made where they are missing, and removed again where they are empty.

use phoenix_graph::{Bind, Graph, Resource, SnapshotName};
use phoenix_host::op::Op;
use phoenix_sim::{Fault, FaultKind};
use phoenix_support::*;

const CONF: &str = "arch: amd64\nostype: debian\n";

fn conf(id: u32) -> std::path::PathBuf {
    format!("/etc/pve/nodes/pve/lxc/{id}.conf").into()
}

/// A host with two containers that are stopped.
fn world() -> World {
    let world = World::new();
    world.host.edit(|state| state.files.extend([101, 102].map(|id| (conf(id), CONF.to_owned()))));
    world
}

fn bind(id: u32, folder: &str) -> Resource {
    Resource::Bind(Bind {
        container: id,
        at: "/data".into(),
        dataset: name("tank/share"),
        path: "/tank/share".into(),
        subdirectory: Some(folder.into()),
        options: [].into(),
    })
}

/// The small host, with these mount points.
fn bound(binds: impl IntoIterator<Item = Resource>) -> Graph {
    graph(small().into_iter().chain(binds).collect())
}

fn folders(world: &World) -> Vec<String> {
    world.host.state().datasets[&name("tank/share")].folders.iter().map(ToString::to_string).collect()
}

fn makes(op: &Op) -> bool {
    matches!(op, Op::FolderMake { .. })
}

#[test]
fn a_folder_is_made_with_its_dataset_and_stays_where_no_spec_says_it() {
    let world = world();
    let owned = permissions("tank/share", Some("100000"), Some("100033"), Some("2750"));
    world.switch(&bound([bind(101, "101/logs"), owned])).unwrap();
    assert_eq!(folders(&world), ["101", "101/logs"]);
    let state = world.host.state();
    let share = &state.datasets[&name("tank/share")];
    assert_eq!(share.owners["101/logs"], (100_000, 100_033));
    assert_eq!(share.modes["101/logs"].to_string(), "2750");
    assert!(state.files[&conf(101)].contains("mp0: /tank/share/101/logs,mp=/data\n"));
    assert!(world.drift().is_empty());
    // The container starts with it.
    world.host.edit(|state| state.start_container(101).unwrap());
    world.host.edit(|state| state.stop_container(101));
    world.switch(&graph(small())).unwrap();
    assert_eq!(folders(&world), ["101", "101/logs"]);
    assert_eq!(world.host.state().files[&conf(101)], CONF);
    world.rollback(1).unwrap();
    assert!(world.drift().is_empty());
}

/// Nobody sees what is there before it is mounted: so one is made after the other, and what both lie in once.
#[test]
fn folders_of_what_is_not_mounted_yet_are_made_one_after_the_other() {
    let world = world();
    world.switch(&graph(small())).unwrap();
    world.host.by_hand(&Op::Unmount { dataset: name("tank/share"), place: "/tank/share".into() }).unwrap();
    let to = bound([bind(101, "ssl/a"), bind(102, "ssl/b")]);
    let plan = world.plan(&to);
    let making = |id: u32| {
        let is = |op: &Op| matches!(op, Op::MountPointSet { container, .. } if *container == id);
        plan.actions.iter().position(|action| action.ops.iter().any(is)).unwrap()
    };
    assert!(plan.actions[making(102)].needs.contains(&making(101)), "{plan:#?}");
    // Each that may be made has its line.
    for (id, folder) in [(101, "ssl/a"), (102, "ssl/b")] {
        let told = plan.actions[making(id)].changes.iter().find(|change| change.setting == "folder");
        let told = told.and_then(|change| change.new.as_deref()).unwrap_or_default();
        let wanted = format!(
            "/tank/share/{folder} (made where it is missing, which is seen once tank/share is mounted)"
        );
        assert_eq!(told, wanted);
    }
    world.switch(&to).unwrap();
    assert_eq!(folders(&world), ["ssl", "ssl/a", "ssl/b"]);
    assert!(world.drift().is_empty());
}

#[test]
fn what_a_switch_made_goes_with_it_where_it_is_empty() {
    let world = world();
    world.switch(&graph(small())).unwrap();
    world.host.edit(|state| state.folder_at("/tank/share/101").unwrap());
    let before = world.picture();
    let to = bound([bind(101, "101/logs/new"), bind(102, "102")]);
    for kind in [FaultKind::Fail, FaultKind::PowerBefore, FaultKind::PowerAfter] {
        for strikes in [makes as fn(&Op) -> bool, |op| matches!(op, Op::MountPointSet { .. })] {
            world.host.inject(Fault::when(strikes, kind));
            assert!(world.switch(&to).is_err());
            if kind != FaultKind::Fail {
                world.host.power_on();
                world.recover(false).unwrap();
            }
            assert_eq!(folders(&world), ["101"], "{kind:?}");
            assert_eq!(world.picture(), before, "{kind:?}");
        }
    }
    // Resumed it is whole.
    world.host.inject(Fault::when(makes, FaultKind::PowerAfter));
    assert!(world.switch(&to).is_err());
    world.host.power_on();
    world.recover(true).unwrap().unwrap();
    assert_eq!(folders(&world), ["101", "101/logs", "101/logs/new", "102"]);
    assert!(world.drift().is_empty());
}

#[test]
fn what_was_written_into_a_folder_meanwhile_stays_and_is_told() {
    let world = world();
    world.switch(&graph(small())).unwrap();
    world.host.inject(Fault::when(|op| matches!(op, Op::MountPointSet { .. }), FaultKind::PowerBefore));
    assert!(world.switch(&bound([bind(101, "101/logs")])).is_err());
    world.host.power_on();
    world.host.edit(|state| state.write_at("/tank/share/101/logs/kept", "mine").unwrap());
    let recovered = world.recover(false).unwrap().unwrap();
    assert_eq!(folders(&world), ["101", "101/logs"]);
    let told = format!("{recovered:?}");
    assert!(told.contains("the folder 101/logs of tank/share stays: something lies in it by now"), "{told}");
    assert_eq!(world.host.state().datasets[&name("tank/share")].files["101/logs/kept"], "mine");
}

#[test]
fn what_is_a_file_or_a_link_is_refused_and_nothing_runs() {
    let world = world();
    world.switch(&graph(small())).unwrap();
    world.host.edit(|state| {
        state.folder_at("/tank/share/101").unwrap();
        state.write_at("/tank/share/101/ca.crt", "x").unwrap();
        state.links.insert("/tank/share/link".into(), "/srv/elsewhere".into());
    });
    let told = world.refuses(&bound([bind(101, "101/ca.crt")]));
    assert!(told[0].contains("/tank/share/101/ca.crt is a file"), "{told:?}");
    let told = world.refuses(&bound([bind(101, "link/logs")]));
    assert!(told[0].contains("/tank/share/link is a link, which leads to /srv/elsewhere"), "{told:?}");
    assert_eq!(folders(&world), ["101"]);
}

#[test]
fn a_folder_follows_its_dataset_and_is_not_made_anew() {
    let world = world();
    world.switch(&bound([bind(101, "101")])).unwrap();
    world.host.edit(|state| state.write_at("/tank/share/101/kept", "mine").unwrap());
    let mut renamed = without(small(), &["dataset:tank/share", "export:/tank/share"]);
    renamed.push(was(dataset("tank/moved", &[]), "tank/share"));
    let mut moved = bind(101, "101");
    if let Resource::Bind(bind) = &mut moved {
        (bind.dataset, bind.path) = (name("tank/moved"), "/tank/moved".into());
    }
    renamed.push(moved);
    let renamed = graph(renamed);
    assert!(!world.plan(&renamed).actions.iter().flat_map(|action| &action.ops).any(makes));
    world.switch(&renamed).unwrap();
    assert_eq!(world.host.state().datasets[&name("tank/moved")].files["101/kept"], "mine");
    assert!(world.host.state().files[&conf(101)].contains("mp0: /tank/moved/101,mp=/data\n"));
    assert!(world.drift().is_empty());
    world.rollback(1).unwrap();
    assert!(world.host.state().files[&conf(101)].contains("mp0: /tank/share/101,mp=/data\n"));
    assert!(world.drift().is_empty());
}

#[test]
fn a_folder_that_others_gave_a_container_keeps_its_dataset_from_going() {
    let world = world();
    world.switch(&graph(small())).unwrap();
    world.host.edit(|state| {
        state.folder_at("/tank/share/101").unwrap();
        state.files.get_mut(&conf(101)).unwrap().push_str("mp0: /tank/share/101,mp=/data\n");
    });
    let told = refused(world.switch(&graph(without(small(), &["dataset:tank/share", "export:/tank/share"]))));
    assert!(phoenix_support::told(&told)[0].contains("guests name it"), "{told:?}");
    // Taken over, it is the spec's.
    assert!(world.refuses(&bound([bind(101, "101")]))[0].contains("was not made by phoenix"));
    world.switch_with(&bound([bind(101, "101")]), &adopt()).unwrap();
    assert!(world.drift().is_empty());
}

/// A host whose shared dataset has a list that goes on to what is made in it.
fn listed(binds: impl IntoIterator<Item = Resource>) -> Graph {
    let mut said = permissions("tank/share", None, Some("34"), Some("2770"));
    if let Resource::Permissions(said) = &mut said {
        said.acl = "user:33:rwx,default:user:33:rwx,default:group::r-x".parse().unwrap();
    }
    let lists = dataset("tank/share", &[("acltype", "posix"), ("xattr", "sa")]);
    graph(with(with(small(), lists), said).into_iter().chain(binds).collect())
}

/// The list of a folder of the shared dataset, entry by entry; nothing where it has none.
fn list(world: &World, folder: &str) -> Vec<String> {
    let state = world.host.state();
    let list = state.datasets[&name("tank/share")].lists.get(folder).map(ToString::to_string);
    list.iter().flat_map(|list| list.split(',')).map(str::to_owned).collect()
}

#[test]
fn what_a_list_says_of_new_folders_is_theirs_and_of_clones() {
    let world = world();
    world.switch(&listed([bind(101, "101/logs")])).unwrap();
    assert!(world.drift().is_empty());
    for folder in ["101", "101/logs"] {
        for entry in ["user:33:rwx", "mask::rwx", "group::r-x", "default:user:33:rwx"] {
            assert!(list(&world, folder).contains(&entry.to_owned()), "{folder}: {:?}", list(&world, folder));
        }
    }
    // Out of force it is kept, and what is made then has none; a user's folder has what the list says once it is in force.
    let acltype = |word: &str| world.set("tank/share", &[("acltype", word)]);
    acltype("off");
    world.host.edit(|state| state.folder_at("/tank/share/101/without").unwrap());
    acltype("posix");
    world.host.edit(|state| state.folder_at("/tank/share/101/with").unwrap());
    assert_eq!(list(&world, "101/without"), Vec::<String>::new());
    assert_eq!(list(&world, "101/with"), list(&world, "101"));
    let (dataset, copy) = (name("tank/share"), name("tank/copy"));
    let snapshot = SnapshotName::of(&dataset, "s").unwrap();
    let by_hand = |op: Op| world.host.by_hand(&op).unwrap();
    by_hand(Op::Snapshot { datasets: vec![dataset.clone()], name: "s".into() });
    by_hand(Op::Clone { snapshot, dataset: copy.clone(), volume: false, settings: Vec::new() });
    let state = world.host.state();
    assert_eq!(state.datasets[&copy].lists, state.datasets[&dataset].lists);
}
