use super::*;
use proptest::prelude::*;

const STATUS: &str = include_str!("../../../tests/fixtures/zpool-status-P.txt");

fn by_id(names: &[&str]) -> Vec<Box<str>> {
    names.iter().map(|name| format!("/dev/disk/by-id/virtio-{name}-part1").into()).collect()
}

#[test]
fn a_pool_with_every_class_of_vdev_is_read() {
    let found = statuses(STATUS, None).unwrap();
    let shown = |class, redundancy, names: &[&str]| (class, redundancy, by_id(names));
    let big = &found[&PoolName::new("big").unwrap()];
    assert_eq!((&big.work[..], big.checkpoint), (&[][..], false));
    let seen: Vec<_> = big
        .layout
        .iter()
        .map(|vdev| {
            let paths: Vec<Box<str>> = vdev.disks.iter().map(|leaf| leaf.path.clone()).collect();
            (vdev.class, vdev.redundancy.clone(), paths)
        })
        .collect();
    assert_eq!(
        seen,
        [
            shown(Class::Data, Redundancy::Mirror, &["m0", "m1"]),
            shown(Class::Data, Redundancy::None, &["solo"]),
            shown(Class::Data, Redundancy::Raidz(2), &["r0", "r1", "r2", "r3"]),
            shown(Class::Special, Redundancy::Mirror, &["s0", "s1"]),
            shown(Class::Log, Redundancy::None, &["slog"]),
            shown(Class::Cache, Redundancy::None, &["l2arc"]),
            shown(Class::Spare, Redundancy::None, &["sp0"]),
        ]
    );
}

#[test]
fn lost_replaced_and_spared_disks_keep_their_places() {
    let text = "  pool: a b\n state: DEGRADED\nstatus: One or more devices\n\tcould not be opened.\nconfig:\n\n\
        \tNAME                     STATE     READ WRITE CKSUM\n\
        \ta b                      DEGRADED     0     0     0\n\
        \t  mirror-0               DEGRADED     0     0     0\n\
        \t    /dev/x1              ONLINE       0     0     0\n\
        \t    12345678901234567    UNAVAIL      0     0     0  was /dev/x2\n\
        \t  raidz1-1               ONLINE       0     0     0\n\
        \t    replacing-0          ONLINE       0     0     0\n\
        \t      /dev/old           OFFLINE      0     0     0\n\
        \t      /dev/new           ONLINE       0     0     0  (resilvering)\n\
        \t    spare-1              DEGRADED     0     0     0\n\
        \t      /dev/x3            FAULTED      0     0     0\n\
        \t      /dev/sp            ONLINE       0     0     0\n\
        \t    /dev/x4              ONLINE       0     0     0\n\
        \t  indirect-2             ONLINE       0     0     0\n\
        \tspares\n\
        \t  /dev/sp                INUSE     currently in use\n\nerrors: No known data errors\n";
    let found = statuses(text, None).unwrap();
    let layout = &found[&PoolName::new("a b").unwrap()].layout;
    let disks: Vec<Vec<&str>> =
        layout.iter().map(|vdev| vdev.disks.iter().map(|disk| &*disk.path).collect()).collect();
    let lost = &layout[0].disks[1];
    assert_eq!((&*lost.name, lost.lost, &*lost.state), ("12345678901234567", true, "UNAVAIL"));
    let new = &layout[1].disks[0];
    assert_eq!(new.replaces.as_ref().map(|old| (&*old.path, &*old.state)), Some(("/dev/old", "OFFLINE")));
    assert!(layout[1].disks[1].replaces.is_none());
    assert_eq!(disks, [vec!["/dev/x1", "/dev/x2"], vec!["/dev/new", "/dev/x3", "/dev/x4"], vec!["/dev/sp"]]);
}

const BUSY: &str = include_str!("../../../tests/fixtures/zpool-status-P-busy-2.3.txt");
const LEAVING: &str = include_str!("../../../tests/fixtures/zpool-status-P-leaving-2.3.txt");
const DISCARD: &str = include_str!("../../../tests/fixtures/zpool-status-P-discard-2.3.txt");
const BUSY_OLD: &str = include_str!("../../../tests/fixtures/zpool-status-P-busy-2.1.txt");
const NUMBERS: &str = include_str!("../../../tests/fixtures/zpool-status-g-resilver-2.3.txt");

fn pool<'a>(found: &'a BTreeMap<PoolName, Status>, name: &str) -> &'a Status {
    &found[&PoolName::new(name).unwrap()]
}

fn works(status: &Status) -> Vec<String> {
    status.work.iter().map(ToString::to_string).collect()
}

#[test]
fn what_a_pool_is_busy_with_is_read() {
    let found = statuses(BUSY, None).unwrap();
    assert_eq!(works(pool(&found, "tank")), ["a resilver is under way (0.00% done)"]);
    let kept = pool(&found, "kept");
    assert_eq!((works(kept), kept.checkpoint), (Vec::new(), true));
    let rz = pool(&found, "rz");
    assert_eq!(
        works(rz),
        ["a resilver is under way (0.00% done)", "the expansion of a raidz vdev is under way (5.12% done)"]
    );
    let new = &rz.layout[0].disks[2];
    assert_eq!(&*new.path, "/dev/disk/by-id/virtio-f-part1");
    assert_eq!(&*new.replaces.as_ref().unwrap().path, "/dev/disk/by-id/virtio-c-part1");
}

#[test]
fn a_checkpoint_that_is_given_up_is_none_any_more() {
    let found = statuses(DISCARD, None).unwrap();
    let (kept, tank) = (pool(&found, "kept"), pool(&found, "tank"));
    assert_eq!((works(kept), kept.checkpoint), (Vec::new(), true));
    assert_eq!(works(tank), ["the discarding of a checkpoint is under way"]);
    assert!(!tank.checkpoint);
}

#[test]
fn an_older_openzfs_says_it_in_other_words() {
    let found = statuses(BUSY_OLD, None).unwrap();
    let tank = pool(&found, "tank");
    assert_eq!(works(tank), ["a resilver is under way (0.00% done)"]);
    let old = tank.layout[0].disks[1].replaces.as_ref().unwrap();
    assert_eq!((&*old.name, old.lost), ("2587806403034238471", true));
    let paused = "a scrub is under way (0.00% done)";
    let removal = |done: &str| format!("the removal of a vdev is under way ({done} done)");
    assert_eq!(works(pool(&found, "going")), [paused.to_owned(), removal("0.06%")]);
    assert_eq!(works(pool(&found, "one")), [removal("0.14%")]);
    assert!(works(pool(&found, "idle")).is_empty());
    let leaving =
        |name: &str| -> Vec<bool> { pool(&found, name).layout.iter().map(|vdev| vdev.leaving).collect() };
    // Which of two mirrors it is, it does not tell.
    assert_eq!(leaving("going"), [false, false]);
    assert_eq!(leaving("one"), [false, true]);
    assert_eq!(leaving("two"), [false, true]);
}

#[test]
fn what_is_being_emptied_is_told_by_its_line() {
    let found = statuses(LEAVING, None).unwrap();
    let tank = pool(&found, "tank");
    assert_eq!(works(tank), ["the removal of a vdev is under way (0.20% done)"]);
    let leaving: Vec<(bool, usize)> =
        tank.layout.iter().map(|vdev| (vdev.leaving, vdev.disks.len())).collect();
    assert_eq!(leaving, [(false, 2), (true, 2)]);
}

#[test]
fn vdevs_and_disks_are_named_by_their_guids_where_these_are_known() {
    let text = BUSY.split("  pool: kept").next().unwrap();
    let found = statuses(text, Some(NUMBERS)).unwrap();
    let vdev = &pool(&found, "tank").layout[0];
    assert_eq!(&*vdev.name, "10268459948759131526");
    let names: Vec<&str> = vdev.disks.iter().map(|disk| &*disk.name).collect();
    assert_eq!(names, ["4588768722092697447", "2881811750429334917"]);
    // Another tree is another time: nothing is guessed.
    assert!(statuses(BUSY, Some(NUMBERS)).is_err());
}

#[test]
fn a_kind_of_vdev_that_is_not_known_is_told_of_its_pool_alone() {
    let pool = |name: &str, vdev: &str| {
        format!(
            "  pool: {name}\n state: ONLINE\nconfig:\n\n\tNAME STATE\n\t{name} ONLINE\n\t  {vdev} ONLINE\n\t    /dev/a ONLINE\n\n"
        )
    };
    let found = statuses(&(pool("c3po", "anyraid1-0") + &pool("tank", "mirror-0")), None).unwrap();
    let seen = |name: &str| &found[&PoolName::seen(name).unwrap()];
    assert!(seen("c3po").unread.as_ref().unwrap().contains("anyraid1-0"));
    assert!(seen("c3po").layout.is_empty());
    assert_eq!((seen("tank").layout.len(), &seen("tank").unread), (1, &None));
}

#[test]
fn no_pools_are_no_layouts() {
    assert!(statuses("no pools available\n", None).unwrap().is_empty());
}

proptest! {
    #[test]
    fn no_output_makes_the_readers_panic(text in "((  pool: |config:|errors:|  scan: |remove: |Evacuation of mirror in progress|resilver in progress| 1% done|\t {0,6}|mirror-1|/dev/a|spares|spare-1| was |[a-z]{0,3}| |\n)){0,60}") {
        let _ = statuses(&text, None);
        let _ = statuses(&text, Some(&text));
    }
}
