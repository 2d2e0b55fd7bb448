use crate::pool::layout::*;
use Class::{Cache, Data, Log, Spare, Special};
use phoenix_host::observed::Found;
use proptest::prelude::*;

const NEW: (u32, u32) = (2, 3);

fn path(name: &str) -> Box<str> {
    format!("/dev/disk/by-id/{name}").into()
}

fn kind(word: &str) -> Redundancy {
    Redundancy::try_from(word.to_owned()).unwrap()
}

fn vdev(class: Class, word: &str, names: &[&str]) -> Vdev {
    let disks = names.iter().map(|name| Disk(path(name))).collect();
    Vdev { class, redundancy: kind(word), disks }
}

/// A disk of a pool, online; its device is named like it.
fn leaf(name: &str) -> VdevDisk {
    VdevDisk {
        path: format!("{}-part1", path(name)).into(),
        device: format!("/dev/{name}").into(),
        given: path(name),
        name: name.into(),
        state: "ONLINE".into(),
        ..VdevDisk::default()
    }
}

fn there(vdevs: &[Vdev]) -> PoolState {
    let state = |vdev: &Vdev| VdevState {
        class: vdev.class,
        redundancy: vdev.redundancy.clone(),
        disks: vdev.disks.iter().map(|disk| leaf(disk.0.rsplit('/').next().unwrap())).collect(),
        name: vdev.to_string().into(),
        leaving: false,
    };
    PoolState {
        guid: 1,
        health: "ONLINE".into(),
        layout: vdevs.iter().map(state).collect(),
        settings: BTreeMap::new(),
        work: Vec::new(),
        checkpoint: false,
        checkpoints: true,
        expands: true,
    }
}

/// Every disk of the wanted layout is plugged in: one that is in the pool as its disk, the others blank.
fn plugged(wanted: &[Vdev], pool: &PoolState) -> BTreeMap<Disk, DiskState> {
    let disks = wanted.iter().flat_map(|vdev| &vdev.disks);
    disks
        .map(|disk| {
            let device: Box<str> = format!("/dev/{}", disk.0.rsplit('/').next().unwrap()).into();
            let own = pool.disks().any(|other| other.device == device && !other.lost);
            (disk.clone(), if own { DiskState::Device(device) } else { DiskState::Blank(device) })
        })
        .collect()
}

fn go(wanted: &[Vdev], pool: &PoolState) -> Result<Vec<Step>, Why> {
    steps(wanted, pool, &plugged(wanted, pool), NEW)
}

/// Says the steps in short words.
fn told(wanted: &[Vdev], pool: &PoolState) -> Vec<String> {
    let short = |step: &Step| match step {
        Step::Attach { beside, new } => format!("attach {} beside {}", new.0, beside.name),
        Step::Detach { disk, .. } => format!("detach {}", disk.name),
        Step::Replace { old, new } => format!("replace {} by {}", old.name, new.0),
        Step::Expand { vdev, new } => format!("expand {} by {}", vdev.name, new.0),
        Step::Add { vdev } => format!("add {vdev}"),
        Step::Remove { vdev } => format!("remove {}", vdev.name),
    };
    let text = |step: &Step| short(step).replace("/dev/disk/by-id/", "");
    go(wanted, pool).unwrap().iter().map(text).collect()
}

fn refused(wanted: &[Vdev], pool: &PoolState, words: &str) {
    let unreachable = go(wanted, pool).unwrap_err();
    assert!(unreachable.reason.contains(words), "{unreachable:?}");
    assert!(!unreachable.help.is_empty());
}

#[test]
fn a_single_disk_becomes_a_mirror_and_back() {
    let single = [vdev(Data, "none", &["a"])];
    let mirror = [vdev(Data, "mirror", &["b", "a", "c"])];
    assert_eq!(told(&mirror, &there(&single)), ["attach b beside a", "attach c beside a"]);
    assert_eq!(told(&single, &there(&mirror)), ["detach b", "detach c"]);
}

#[test]
fn one_disk_that_differs_is_replaced_in_any_kind_of_vdev() {
    let cases = [
        ("none", &["a"][..], &["x"][..]),
        ("mirror", &["a", "b"], &["x", "b"]),
        ("raidz1", &["a", "b", "c"], &["x", "b", "c"]),
    ];
    for (word, old, new) in cases {
        assert_eq!(told(&[vdev(Data, word, new)], &there(&[vdev(Data, word, old)])), ["replace a by x"]);
    }
    let draid = "draid1:2d:4c:1s";
    let old = there(&[vdev(Data, draid, &["a", "b", "c", "d"])]);
    assert_eq!(told(&[vdev(Data, draid, &["a", "b", "c", "x"])], &old), ["replace d by x"]);
}

#[test]
fn vdevs_are_added_and_removed_by_their_class() {
    let plain = [vdev(Data, "mirror", &["a", "b"])];
    let more = [
        plain[0].clone(),
        vdev(Log, "mirror", &["l", "m"]),
        vdev(Cache, "none", &["c"]),
        vdev(Spare, "none", &["s"]),
    ];
    assert_eq!(told(&more, &there(&plain)), ["add log mirror l m", "add cache c", "add spare s"]);
    let gone = told(&plain, &there(&more));
    assert_eq!(gone, ["remove log mirror l m", "remove cache c", "remove spare s"]);
    // A group of single disks is a vdev each.
    let caches = [plain[0].clone(), vdev(Cache, "none", &["c", "d"])];
    assert_eq!(told(&caches, &there(&plain)), ["add cache c", "add cache d"]);
}

#[test]
fn a_new_vdev_protects_as_the_others_do_or_is_refused() {
    let mirror = there(&[vdev(Data, "mirror", &["a", "b"])]);
    let with = |other: Vdev| vec![vdev(Data, "mirror", &["a", "b"]), other];
    assert_eq!(told(&with(vdev(Data, "mirror", &["c", "d"])), &mirror), ["add mirror c d"]);
    // raidz1 of three survives one failure, as does a mirror of two.
    assert_eq!(told(&with(vdev(Special, "raidz1", &["c", "d", "e"])), &mirror), ["add special raidz1 c d e"]);
    refused(&with(vdev(Data, "none", &["c"])), &mirror, "only by force");
    refused(&with(vdev(Special, "none", &["c"])), &mirror, "only by force");
    refused(&with(vdev(Data, "mirror", &["c", "d", "e"])), &mirror, "only by force");
    // A pool that is mixed already is compared with nothing.
    let mixed = [vdev(Data, "mirror", &["a", "b"]), vdev(Data, "none", &["z"])];
    let wanted = [mixed[0].clone(), mixed[1].clone(), vdev(Data, "none", &["c"])];
    assert_eq!(told(&wanted, &there(&mixed)), ["add c"]);
}

#[test]
fn a_vdev_that_holds_data_goes_only_from_mirrors_and_single_disks() {
    let two = [vdev(Data, "mirror", &["a", "b"]), vdev(Data, "mirror", &["c", "d"])];
    assert_eq!(told(&two[..1], &there(&two)), ["remove mirror c d"]);
    let raidz = [vdev(Data, "raidz1", &["a", "b", "c"]), vdev(Data, "raidz1", &["d", "e", "f"])];
    refused(&raidz[..1], &there(&raidz), "mirrors and single disks");
    let special = [vdev(Data, "raidz1", &["a", "b", "c"]), vdev(Special, "mirror", &["d", "e"])];
    refused(&special[..1], &there(&special), "mirrors and single disks");
    // Beside another change it is refused.
    let other = [vdev(Data, "mirror", &["a", "b"]), vdev(Spare, "none", &["s"])];
    refused(&other, &there(&two), "beside other changes");
}

#[test]
fn a_raidz_is_widened_by_one_disk_where_the_pool_can() {
    let three = there(&[vdev(Data, "raidz1", &["a", "b", "c"])]);
    let four = [vdev(Data, "raidz1", &["a", "b", "c", "d"])];
    assert_eq!(told(&four, &three), ["expand raidz1 a b c by d"]);
    refused(&[vdev(Data, "raidz1", &["a", "b", "c", "d", "e"])], &three, "one disk at a time");
    refused(&[vdev(Data, "raidz1", &["a", "b", "c"])], &there(&four), "takes no disk out");
    refused(&[vdev(Data, "raidz2", &["a", "b", "c"])], &three, "one kind of vdev into another");
    let old = PoolState { expands: false, ..three };
    let unreachable = steps(&four, &old, &plugged(&four, &old), (2, 2)).unwrap_err();
    assert!(unreachable.reason.contains("this host has 2.2"), "{unreachable:?}");
}

#[test]
fn what_no_tool_can_do_is_refused_with_its_reason() {
    let two = there(&[vdev(Data, "mirror", &["a", "b"]), vdev(Data, "mirror", &["c", "d"])]);
    refused(&[vdev(Data, "mirror", &["a", "c"]), vdev(Data, "mirror", &["b", "d"])], &two, "in two vdevs");
    let wide = there(&[vdev(Data, "mirror", &["a", "b", "c", "d"])]);
    refused(&[vdev(Data, "mirror", &["a", "b"]), vdev(Data, "mirror", &["c", "d"])], &wide, "as two");
    let spare = there(&[vdev(Data, "none", &["a"]), vdev(Spare, "none", &["s"])]);
    refused(&[vdev(Data, "mirror", &["a", "s"])], &spare, "the pool has it in `spare");
    refused(&[vdev(Data, "mirror", &["x", "y", "c", "d"])], &wide, "more than one disk of it differs");
}

#[test]
fn a_mirror_is_narrowed_only_while_what_stays_is_sound() {
    let mut pool = there(&[vdev(Data, "mirror", &["a", "b", "c"])]);
    pool.layout[0].disks[1].state = "DEGRADED".into();
    refused(&[vdev(Data, "mirror", &["a", "b"])], &pool, "b-part1 is DEGRADED");
    // The ill one itself may go.
    assert_eq!(told(&[vdev(Data, "mirror", &["a", "c"])], &pool), ["detach b"]);
    let mut lone = there(&[vdev(Data, "none", &["a"])]);
    lone.layout[0].disks[0].state = "FAULTED".into();
    refused(&[vdev(Data, "mirror", &["a", "b"])], &lone, "nothing sound to copy from");
}

#[test]
fn a_spare_that_stands_in_for_a_disk_stays() {
    let mut pool = there(&[vdev(Data, "none", &["a"]), vdev(Spare, "none", &["s"])]);
    pool.layout[1].disks[0].state = "INUSE".into();
    refused(&[vdev(Data, "none", &["a"])], &pool, "stands in for another disk");
}

/// A pool that has lost `a`, with this at its path.
fn lost(at_the_path: DiskState) -> Result<Vec<Step>, Why> {
    let wanted = [vdev(Data, "mirror", &["a", "b"])];
    let mut pool = there(&wanted);
    let disk = &mut pool.layout[0].disks[0];
    (disk.lost, disk.state, disk.name) = (true, "UNAVAIL".into(), "77".into());
    let mut disks = plugged(&wanted, &pool);
    disks.insert(wanted[0].disks[0].clone(), at_the_path);
    steps(&wanted, &pool, &disks, NEW)
}

#[test]
fn a_lost_disk_is_known_by_its_path_until_a_new_one_is_there() {
    assert_eq!(lost(DiskState::Missing).unwrap(), []);
    // It came back: nothing is to be done to the layout.
    assert_eq!(lost(DiskState::Left("/dev/a".into())).unwrap(), []);
    for other in [
        DiskState::Blank("/dev/a".into()),
        DiskState::Holds("/dev/a".into(), vec![Found::other("an ext4 file system".to_owned())]),
    ] {
        let found = lost(other).unwrap();
        assert!(
            matches!(&found[..], [Step::Replace { old, new }] if &*old.name == "77" && new.0 == path("a")),
            "{found:?}"
        );
    }
}

#[test]
fn an_older_openzfs_empties_one_of_several_mirrors_by_hand() {
    let one = [vdev(Data, "mirror", &["a", "b"])];
    let two = there(&[one[0].clone(), vdev(Data, "mirror", &["c", "d"])]);
    let old = |pool: &PoolState| steps(&one, pool, &plugged(&one, pool), (2, 1));
    let unreachable = old(&two).unwrap_err();
    assert!(
        unreachable.reason.contains("OpenZFS 2.1 does not tell which of several mirrors"),
        "{unreachable:?}"
    );
    assert!(steps(&one, &two, &plugged(&one, &two), (2, 2)).is_ok());
    // A single disk and a log it tells by their paths, or they go at once.
    for other in [vdev(Data, "none", &["c"]), vdev(Log, "mirror", &["c", "d"])] {
        let pool = there(&[one[0].clone(), other]);
        assert!(matches!(old(&pool).as_deref(), Ok([Step::Remove { .. }])), "{pool:?}");
    }
}

#[test]
fn a_vdev_on_its_way_out_counts_as_gone() {
    let wanted = [vdev(Data, "mirror", &["a", "b"])];
    let mut pool = there(&[wanted[0].clone(), vdev(Data, "mirror", &["c", "d"])]);
    pool.layout[1].leaving = true;
    assert_eq!(told(&wanted, &pool), Vec::<String>::new());
}

/// Carries steps out on a layout, as ZFS would.
fn carried_out(pool: &PoolState, steps: &[Step]) -> PoolState {
    let mut pool = pool.clone();
    let named = |disk: &Disk| leaf(disk.0.rsplit('/').next().unwrap());
    for step in steps {
        match step {
            Step::Add { vdev } => pool.layout.extend(there(std::slice::from_ref(vdev)).layout),
            Step::Remove { vdev } => pool.layout.retain(|other| other.name != vdev.name),
            Step::Expand { vdev, new } => {
                let found = pool.layout.iter_mut().find(|other| other.name == vdev.name).unwrap();
                found.disks.push(named(new));
            }
            Step::Attach { beside: one, new } => {
                let found = holder(&mut pool, one);
                found.redundancy = Redundancy::Mirror;
                found.disks.push(named(new));
            }
            Step::Replace { old, new } => {
                let found = holder(&mut pool, old);
                let at = found.disks.iter().position(|disk| disk.name == old.name).unwrap();
                found.disks[at] = named(new);
            }
            Step::Detach { disk, .. } => {
                let found = holder(&mut pool, disk);
                found.disks.retain(|other| other.name != disk.name);
                assert!(!found.disks.is_empty(), "a vdev lost its last disk");
                if found.disks.len() == 1 {
                    found.redundancy = Redundancy::None;
                }
            }
        }
    }
    pool
}

fn holder<'a>(pool: &'a mut PoolState, disk: &VdevDisk) -> &'a mut VdevState {
    pool.layout.iter_mut().find(|vdev| vdev.disks.iter().any(|other| other.name == disk.name)).unwrap()
}

/// What a layout is, whatever the order of its vdevs and disks.
fn essence(pool: &PoolState) -> BTreeSet<(Class, Redundancy, Vec<Box<str>>)> {
    let mut found = BTreeSet::new();
    for vdev in &pool.layout {
        let mut disks: Vec<Box<str>> = vdev.disks.iter().map(|disk| disk.device.clone()).collect();
        disks.sort();
        found.insert((vdev.class, vdev.redundancy.clone(), disks));
    }
    found
}

/// Layouts over few disks, so that two of them often share some: each disk is in at most one vdev.
fn layouts() -> impl Strategy<Value = Vec<Vdev>> {
    let shape = prop_oneof![
        4 => Just((Data, "none", 1)), 4 => Just((Data, "mirror", 2)), 2 => Just((Data, "mirror", 3)),
        2 => Just((Data, "raidz1", 3)), 2 => Just((Data, "raidz1", 4)), 1 => Just((Data, "raidz2", 4)),
        1 => Just((Log, "none", 1)), 1 => Just((Log, "mirror", 2)), 1 => Just((Cache, "none", 1)),
        1 => Just((Spare, "none", 1)), 1 => Just((Special, "mirror", 2)),
    ];
    let names = Just(["a", "b", "c", "d", "e", "f", "g", "h"].to_vec()).prop_shuffle();
    (prop::collection::vec(shape, 1..4), names, prop::bool::ANY).prop_map(|(shapes, mut names, shuffled)| {
        if !shuffled {
            names.sort_unstable();
        }
        let mut left = names.into_iter();
        let mut vdevs = Vec::new();
        for (class, word, count) in shapes {
            let disks: Vec<&str> = left.by_ref().take(count).collect();
            if disks.len() == count {
                vdevs.push(vdev(class, word, &disks));
            }
        }
        vdevs
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn steps_lead_to_the_wanted_layout_and_then_there_are_none(old in layouts(), new in layouts()) {
        let pool = there(&old);
        if let Ok(steps) = go(&new, &pool) {
            let after = carried_out(&pool, &steps);
            prop_assert_eq!(essence(&after), essence(&there(&new)));
            prop_assert_eq!(go(&new, &after), Ok(Vec::new()));
        }
    }

    #[test]
    fn the_same_layout_in_any_order_needs_no_step(old in layouts()) {
        let mut new = old.clone();
        new.reverse();
        for vdev in &mut new {
            vdev.disks.reverse();
        }
        prop_assert_eq!(go(&new, &there(&old)), Ok(Vec::new()));
    }

    #[test]
    fn a_step_is_never_about_a_disk_that_stays(old in layouts(), new in layouts()) {
        let pool = there(&old);
        let wanted: BTreeSet<Box<str>> = new.iter().flat_map(|vdev| &vdev.disks).map(|disk| disk.0.clone()).collect();
        for step in go(&new, &pool).unwrap_or_default() {
            let gone = match step {
                Step::Detach { disk, .. } | Step::Replace { old: disk, .. } => vec![disk.given],
                Step::Remove { vdev } => vdev.disks.into_iter().map(|disk| disk.given).collect(),
                _ => Vec::new(),
            };
            prop_assert!(gone.iter().all(|disk| !wanted.contains(disk)), "{gone:?}");
        }
    }
}
