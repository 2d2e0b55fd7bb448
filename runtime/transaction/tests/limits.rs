//! What OpenZFS would refuse in the middle of a switch is told when it is planned.

use phoenix_graph::{Class, Disk, Graph, PoolName, PropertyName, Redundancy, Resource, Vdev};
use phoenix_host::op::Op;
use phoenix_sim::Content;
use phoenix_support::*;

fn tank() -> PoolName {
    PoolName::new("tank").unwrap()
}

fn with_log() -> Vec<Resource> {
    let mut resources = small();
    let Some(Resource::Pool(pool)) = resources.first_mut() else { panic!() };
    let disks = vec![Disk("/dev/disk/by-id/three".into())];
    pool.layout.push(Vdev { class: Class::Log, redundancy: Redundancy::None, disks });
    resources
}

fn export_pool(world: &World) {
    world.host.by_hand(&Op::PoolExport { pool: tank() }).unwrap();
}

fn blank(world: &World, disk: &str) {
    world.host.edit(|state| {
        let device = state.disks[&*format!("/dev/disk/by-id/{disk}")].clone();
        state.devices.insert(device, Content::Blank);
    });
}

#[test]
fn a_pool_whose_log_is_gone_is_not_imported_by_force() {
    let world = World::new();
    world.switch(&graph(with_log())).unwrap();
    export_pool(&world);
    assert_eq!(kinds(&world.plan(&graph(with_log()))), ["import pool:tank"]);
    blank(&world, "three");
    let told = world.refuses(&graph(with_log()));
    assert!(told[0].contains("intent log is not there") && told[0].contains("-m tank"), "{told:?}");
}

#[test]
fn a_pool_that_another_system_used_last_is_not_imported_by_force() {
    let world = World::new();
    world.switch(&graph(small())).unwrap();
    export_pool(&world);
    world.host.edit(|state| state.pools.get_mut(&tank()).unwrap().elsewhere = true);
    let told = world.refuses(&graph(small()));
    assert!(told[0].contains("another system used the pool last") && told[0].contains("-f tank"), "{told:?}");
}

#[test]
fn a_pool_that_lacks_a_disk_too_many_is_told_and_no_new_one_is_made() {
    let world = World::new();
    world.switch(&graph(small())).unwrap();
    export_pool(&world);
    blank(&world, "one");
    assert_eq!(kinds(&world.plan(&graph(small()))), ["import pool:tank"]);
    blank(&world, "two");
    let told = world.refuses(&graph(small()));
    assert!(told[0].contains("cannot be imported"), "{told:?}");
}

fn limited(words: &[(&str, &str)]) -> Graph {
    graph(with(small(), dataset("tank/b", words)))
}

fn holding() -> World {
    let world = World::new();
    world.switch(&limited(&[])).unwrap();
    world.host.write_file(&name("tank/b"), "file", &"x".repeat(1 << 20));
    world
}

#[test]
fn a_limit_below_what_is_used_is_refused_when_planning() {
    let world = holding();
    for limit in ["quota", "refquota"] {
        let told = world.refuses(&limited(&[(limit, "512K")]));
        assert!(told[0].contains(&format!("{limit} would be 512K")) && told[0].contains("holds"), "{told:?}");
    }
    // What is reserved by the spec and over its limit is no spec; what somebody else reserved is told.
    world.switch(&limited(&[("quota", "2M"), ("refquota", "2M"), ("reservation", "1536K")])).unwrap();
    world.switch(&limited(&[("quota", "1280K"), ("refquota", "2M")])).unwrap();
    world.set("tank/b", &[("reservation", "1100K")]);
    let told = world.refuses(&limited(&[("quota", "1060K"), ("refquota", "2M")]));
    assert!(told[0].contains("it reserves 1100K"), "{told:?}");
}

#[test]
fn a_reservation_over_what_is_free_is_refused_when_planning() {
    let world = World::new();
    let inside = |words: &[(&str, &str)]| {
        let above = with(small(), dataset("tank/b", &[]));
        graph(with(above, dataset("tank/b/c", words)))
    };
    world.switch(&inside(&[])).unwrap();
    // A limit in the spec would be no spec; here somebody else said it.
    world.set("tank/b", &[("quota", "8M")]);
    let told = world.refuses(&inside(&[("reservation", "9M")]));
    assert!(told[0].contains("reservation would be 9M"), "{told:?}");
    let told = world.refuses(&inside(&[("refreservation", "9M")]));
    assert!(told[0].contains("refreservation would be 9M"), "{told:?}");
    world.switch(&inside(&[("reservation", "7M")])).unwrap();
    let more = graph(with(
        with(with(small(), dataset("tank/b", &[])), dataset("tank/b/c", &[("reservation", "7M")])),
        dataset("tank/b/d", &[("reservation", "2M")]),
    ));
    let told = world.refuses(&more);
    assert!(told[0].starts_with("dataset:tank/b/d") && told[0].contains("it would reserve 2M"), "{told:?}");
}

fn fill(world: &World) {
    leave(world, 0);
}

/// Leaves so much of a pool free.
fn leave(world: &World, free: u64) {
    world.host.edit(|state| {
        let pool = state.pools.get_mut(&tank()).unwrap();
        for (name, raw) in [("free", &*free.to_string()), ("size", "107374182400")] {
            pool.settings.insert(PropertyName::new(name), raw.into());
        }
    });
}

/// What OpenZFS wants free for one block of its own.
const BLOCK: u64 = 3 * (16 << 10);
/// What is left out, since it may have been freed just now.
const FREED: u64 = 1 << 20;

#[test]
fn as_long_as_there_is_room_for_them_snapshots_are_taken_and_things_are_made() {
    let world = holding();
    let other = limited(&[("atime", "off")]);
    leave(&world, FREED + 3 * BLOCK - 1);
    assert!(world.plan(&other).snapshots.is_empty());
    leave(&world, FREED + 3 * BLOCK);
    assert_eq!(world.plan(&other).snapshots[&tank()], [name("tank/b")]);
    world.switch(&other).unwrap();
    let more = graph(with(with(small(), dataset("tank/b", &[("atime", "off")])), dataset("tank/new", &[])));
    leave(&world, FREED + 6 * BLOCK - 1);
    assert!(world.refuses(&more)[0].contains("is full"));
    leave(&world, FREED + 6 * BLOCK);
    world.switch(&more).unwrap();
}

#[test]
fn what_is_to_be_made_comes_before_snapshots_where_there_is_no_room_for_both() {
    let world = holding();
    let more = graph(with(with(small(), dataset("tank/b", &[("atime", "off")])), dataset("tank/new", &[])));
    leave(&world, FREED + 9 * BLOCK - 1);
    let plan = world.plan(&more);
    assert!(plan.snapshots.is_empty() && plan.refusals.is_empty(), "{:?}", plan.refusals);
    leave(&world, FREED + 9 * BLOCK);
    assert_eq!(world.plan(&more).snapshots[&tank()], [name("tank/b")]);
}

#[test]
fn a_limit_of_the_first_dataset_is_none_of_the_pool() {
    let world = holding();
    // Nothing can be written any more, and OpenZFS makes things still.
    world.set("tank", &[("quota", "1200K")]);
    leave(&world, 5 << 30);
    let more = graph(with(with(small(), dataset("tank/b", &[("atime", "off")])), dataset("tank/new", &[])));
    let plan = world.plan(&more);
    assert!(plan.refusals.is_empty() && !plan.snapshots.is_empty(), "{:?}", plan.refusals);
    world.switch(&more).unwrap();
}

#[test]
fn what_reserves_space_for_itself_is_not_snapshot_where_that_is_not_free_a_second_time() {
    let world = holding();
    let of = |words: &[(&str, &str)]| {
        let all = [("refreservation", "2M")].iter().chain(words).copied().collect::<Vec<_>>();
        graph(with(with(small(), dataset("tank/b", &all)), dataset("tank/c", words)))
    };
    world.switch(&of(&[])).unwrap();
    world.host.write_file(&name("tank/b"), "another", &"x".repeat(2 << 20));
    leave(&world, 2 << 20);
    assert_eq!(world.plan(&of(&[("atime", "off")])).snapshots[&tank()], [name("tank/b"), name("tank/c")]);
    leave(&world, (2 << 20) - 1);
    let plan = world.plan(&of(&[("atime", "off")]));
    assert_eq!(plan.snapshots[&tank()], [name("tank/c")]);
    let told = plan.warnings.iter().map(|warning| format!("{}: {}", warning.key, warning.text));
    let told: Vec<_> = told.filter(|text| text.contains("reserves")).collect();
    assert!(
        told[0].starts_with("dataset:tank/b: ") && told[0].contains("zfs list -o space tank/b"),
        "{told:?}"
    );
    world.switch(&of(&[("atime", "off")])).unwrap();
}

#[test]
fn in_a_full_pool_settings_change_and_go_back_without_snapshots() {
    let world = holding();
    world.switch(&limited(&[("quota", "2M")])).unwrap();
    fill(&world);
    let plan = world.plan_to(1);
    assert!(plan.snapshots.is_empty() && plan.refusals.is_empty(), "{:?}", plan.refusals);
    assert!(plan.warnings.iter().any(|warning| warning.text.contains("no snapshots are taken")));
    world.rollback(1).unwrap();
    assert!(world.drift().is_empty());
}

#[test]
fn in_a_full_pool_nothing_is_made_and_the_way_out_is_told() {
    let world = holding();
    fill(&world);
    let told = world.refuses(&graph(with(with(small(), dataset("tank/b", &[])), dataset("tank/new", &[]))));
    assert!(told[0].starts_with("dataset:tank/new") && told[0].contains("is full"), "{told:?}");
    // What is put away needs a folder to be made.
    let told = world.refuses(&graph(small()));
    assert!(told[0].contains("is full") && told[0].contains("phoenix gc"), "{told:?}");
}

#[test]
fn a_name_without_room_for_a_snapshot_can_still_be_changed() {
    let world = World::new();
    let long = format!("tank/{}", "n".repeat(245));
    let of = |words: &[(&str, &str)]| graph(with(small(), dataset(&long, words)));
    world.switch(&of(&[])).unwrap();
    let plan = world.plan(&of(&[("atime", "off")]));
    assert!(
        plan.warnings.iter().any(|warning| warning.text.contains("leaves no room")),
        "{:?}",
        plan.warnings
    );
    assert!(plan.snapshots.is_empty());
    world.switch(&of(&[("atime", "off")])).unwrap();
    world.rollback(1).unwrap();
    // In the area it goes by a short name.
    world.switch(&graph(small())).unwrap();
    world.rollback(1).unwrap();
    assert!(world.host.state().dataset(&name(&long)).is_some());
}

#[test]
fn what_does_not_fit_where_it_is_put_away_is_refused_when_planning() {
    let world = World::new();
    let below = format!("tank/a/{}", "m".repeat(235));
    world.switch(&graph(with(with(small(), dataset("tank/a", &[])), dataset(&below, &[])))).unwrap();
    let told = world.refuses(&graph(small()));
    assert!(
        told[0].starts_with("dataset:tank/a") && told[0].contains("too long where it is put away"),
        "{told:?}"
    );
    // A leaf that would be too long with what is below it goes by a short one.
    let world = World::new();
    let (top, below) = (format!("tank/{}", "t".repeat(100)), "m".repeat(120));
    let all = with(with(small(), dataset(&top, &[])), dataset(&format!("{top}/{below}"), &[]));
    world.switch(&graph(all)).unwrap();
    world.switch(&graph(small())).unwrap();
    world.rollback(1).unwrap();
}

#[test]
fn a_pool_below_another_folder_is_told_and_not_changed() {
    let world = World::new();
    world.switch(&limited(&[])).unwrap();
    world.host.edit(|state| {
        let pool = state.pools.get_mut(&tank()).unwrap();
        pool.settings.insert(PropertyName::new("altroot"), "/mnt/r".into());
    });
    let drift = world.drift();
    assert!(drift.is_empty(), "{:?}", kinds(&drift));
    assert!(drift.warnings.iter().any(|warning| warning.text.contains("altroot=/mnt/r")));
    let told = world.refuses(&limited(&[("quota", "1G")]));
    assert!(told[0].contains("altroot=/mnt/r") && told[0].contains("zpool export tank"), "{told:?}");
}

#[test]
fn what_a_pool_boots_from_is_said_once_it_is_there() {
    let booting = |words: &[(&str, &str)]| {
        let root = with(small(), dataset("tank/ROOT", &[("mountpoint", "none")]));
        let root = with(root, dataset("tank/ROOT/deb", &[("canmount", "noauto"), ("mountpoint", "/rt")]));
        graph(with(root, pool("tank", &["one", "two"], words)))
    };
    let bootfs = |world: &World| {
        world.host.state().pools[&tank()]
            .settings
            .get("bootfs")
            .map(|raw| raw.to_string())
            .unwrap_or_default()
    };
    let said = [("bootfs", "tank/ROOT/deb")];
    // A new pool.
    let world = World::new();
    world.switch(&booting(&said)).unwrap();
    assert_eq!(bootfs(&world), "tank/ROOT/deb");
    assert!(world.drift().is_empty());
    // One that stands.
    let world = World::new();
    world.switch(&graph(with(small(), pool("tank", &["one", "two"], &[])))).unwrap();
    world.switch(&booting(&said)).unwrap();
    assert_eq!(bootfs(&world), "tank/ROOT/deb");
    world.rollback(1).unwrap();
    assert_eq!(bootfs(&world), "");
    // One that is not there.
    let told = world.refuses(&booting(&[("bootfs", "tank/ROOT/no")]));
    assert!(told[0].contains("no such file system"), "{told:?}");
}

#[test]
fn a_mount_point_that_somebody_made_a_link_is_not_mounted_on() {
    let world = World::new();
    world.switch(&limited(&[("mountpoint", "/srv/b")])).unwrap();
    world.host.edit(|state| state.links.insert("/srv".into(), "/etc".into()));
    let plan = world.plan(&limited(&[("mountpoint", "/srv/b")]));
    assert!(
        plan.is_empty()
            && plan.warnings.iter().any(|warning| warning.text.contains("/srv is a link to /etc"))
    );
    let told = world.refuses(&limited(&[("mountpoint", "/srv/c")]));
    assert!(told[0].contains("/srv is a link to /etc"), "{told:?}");
    let more = graph(with(
        with(small(), dataset("tank/b", &[("mountpoint", "/srv/b")])),
        dataset("tank/d", &[("mountpoint", "/srv/d")]),
    ));
    let told = world.refuses(&more);
    assert!(told[0].starts_with("dataset:tank/d"), "{told:?}");
}

#[test]
fn what_came_with_a_later_version_is_refused_when_planning() {
    let world = World::new();
    world.switch(&limited(&[])).unwrap();
    world.host.edit(|state| state.zfs = (2, 1));
    for (name, word, told) in [
        ("direct", "always", "has no property direct: it came with 2.3"),
        ("checksum", "blake3", "does not know checksum=blake3: it came with 2.2"),
        ("snapdir", "disabled", "does not know snapdir=disabled: it came with 2.3"),
    ] {
        let found = world.refuses(&limited(&[(name, word)]));
        assert!(found[0].starts_with("dataset:tank/b") && found[0].contains(told), "{found:?}");
    }
    // How large a block may be is said by a parameter of the module.
    world.host.edit(|state| state.tunables.insert("zfs_max_recordsize".into(), 1 << 20));
    let found = world.refuses(&limited(&[("recordsize", "4M")]));
    assert!(found[0].contains("takes 1M at most") && found[0].contains("zfs_max_recordsize"), "{found:?}");
    world.host.edit(|state| state.tunables.insert("zfs_max_recordsize".into(), 16 << 20));
    world.switch(&limited(&[("recordsize", "4M")])).unwrap();
    world.host.edit(|state| state.zfs = (2, 3));
    world.switch(&limited(&[("direct", "always"), ("checksum", "blake3")])).unwrap();
}
