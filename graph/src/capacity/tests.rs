//! Ten hosts, reckoned by hand; and what holds for every host.

use super::*;
use Promise::{Claims, Quota, Refquota, Size};
use Verdict::{Full, NearlyFull, NeverFits, PromisedTwice};
use proptest::prelude::*;

/// A gigabyte, so that what is reckoned by hand is in small numbers.
const G: u64 = 1 << 30;

/// What is seen of a dataset, in gigabytes: what it uses itself, its snapshots, what is left for it.
fn seen(own: u64, snapshots: u64, below: u64, available: u64) -> Space {
    Space {
        used: (own + snapshots + below) * G,
        used_by_dataset: own * G,
        used_by_snapshots: snapshots * G,
        available: available * G,
        ..Space::default()
    }
}

fn with(mut space: Space, set: impl FnOnce(&mut Space)) -> Space {
    set(&mut space);
    space
}

/// A volume of a size that holds so much, and reserves the rest of `reserves`.
fn volume(size: u64, own: u64, snapshots: u64, reserves: u64, free: u64) -> Space {
    let kept = reserves.saturating_sub(own);
    Space {
        volume: Some(size * G),
        refreservation: reserves * G,
        used: (own + snapshots + kept) * G,
        used_by_dataset: own * G,
        used_by_snapshots: snapshots * G,
        used_by_refreservation: kept * G,
        available: (free + kept) * G,
        ..Space::default()
    }
}

/// What is wanted of a dataset, in gigabytes.
type Wanted = (
    &'static str,
    [(&'static str, u64); 6],
    &'static [Verdict],
    /* Whether something has no limit. */ bool,
);

#[track_caller]
fn holds(host: &str, spaces: &[(&str, Space)], wanted: &[Wanted]) {
    let spaces =
        spaces.iter().map(|(name, space)| (DatasetName::new(name).unwrap(), space.clone())).collect();
    let found = rows(&spaces);
    assert_eq!(found.len(), wanted.len(), "{host}");
    for (row, (name, numbers, verdicts, unlimited)) in found.iter().zip(wanted) {
        assert_eq!(row.name.as_str(), *name, "{host}");
        let told = [
            ("there", row.there / G),
            ("used", row.used / G),
            ("snapshots", row.snapshots / G),
            ("reserved", row.reserved / G),
            ("promised", row.promised / G),
            ("percent", row.percent()),
        ];
        assert_eq!(told, *numbers, "{host}: {name}");
        assert_eq!(row.verdicts, *verdicts, "{host}: {name}");
        assert_eq!(row.unlimited, *unlimited, "{host}: {name}");
    }
}

const fn told(
    there: u64,
    used: u64,
    snapshots: u64,
    reserved: u64,
    promised: u64,
    percent: u64,
) -> [(&'static str, u64); 6] {
    [
        ("there", there),
        ("used", used),
        ("snapshots", snapshots),
        ("reserved", reserved),
        ("promised", promised),
        ("percent", percent),
    ]
}

#[test]
fn a_pool_in_which_nothing_is() {
    holds("empty", &[("tank", seen(0, 0, 0, 1000))], &[("tank", told(1000, 0, 0, 0, 0, 0), &[], true)]);
}

#[test]
fn quotas_that_the_pool_can_keep() {
    holds(
        "quotas that fit",
        &[
            ("tank", seen(0, 0, 310, 690)),
            ("tank/a", with(seen(250, 0, 0, 50), |a| a.quota = 300 * G)),
            ("tank/b", with(seen(60, 0, 0, 140), |b| b.quota = 200 * G)),
        ],
        &[
            // What lies in it is limited, and the root itself is not.
            ("tank", told(1000, 310, 0, 0, 500, 31), &[], true),
            ("tank/a", told(300, 250, 0, 0, 300, 83), &[NearlyFull], false),
            ("tank/b", told(200, 60, 0, 0, 200, 30), &[], false),
        ],
    );
}

#[test]
fn quotas_that_come_to_more_than_the_pool() {
    holds(
        "overcommitted",
        &[
            ("tank", seen(0, 0, 300, 700)),
            ("tank/a", with(seen(100, 0, 0, 700), |a| a.quota = 800 * G)),
            ("tank/b", with(seen(200, 0, 0, 400), |b| b.quota = 600 * G)),
        ],
        &[
            ("tank", told(1000, 300, 0, 0, 1400, 30), &[PromisedTwice], true),
            ("tank/a", told(800, 100, 0, 0, 800, 12), &[], false),
            ("tank/b", told(600, 200, 0, 0, 600, 33), &[], false),
        ],
    );
}

#[test]
fn a_quota_that_no_such_pool_can_ever_fill() {
    holds(
        "never fits",
        &[
            ("tank", seen(0, 0, 100, 900)),
            ("tank/a", with(seen(100, 0, 0, 900), |a| a.quota = 2000 * G)),
            ("tank/b", with(seen(0, 0, 0, 900), |b| b.refquota = 1001 * G)),
        ],
        &[
            ("tank", told(1000, 100, 0, 0, 3001, 10), &[PromisedTwice], true),
            ("tank/a", told(1000, 100, 0, 0, 2000, 10), &[NeverFits(Quota)], false),
            ("tank/b", told(900, 0, 0, 0, 1001, 0), &[NeverFits(Refquota)], false),
        ],
    );
}

#[test]
fn thin_volumes_are_promised_and_not_reserved() {
    holds(
        "thin volumes",
        &[
            ("tank", seen(0, 0, 510, 490)),
            ("tank/a", volume(400, 380, 0, 0, 490)),
            ("tank/b", volume(400, 100, 30, 0, 490)),
            ("tank/c", volume(1100, 0, 0, 0, 490)),
        ],
        &[
            ("tank", told(1000, 510, 30, 0, 1900, 51), &[PromisedTwice], true),
            ("tank/a", told(400, 380, 0, 0, 400, 95), &[Full], false),
            // What its snapshots hold is none of its size.
            ("tank/b", told(400, 130, 30, 0, 400, 25), &[], false),
            ("tank/c", told(1100, 0, 0, 0, 1100, 0), &[NeverFits(Size)], false),
        ],
    );
}

#[test]
fn thick_volumes_have_what_they_were_promised() {
    holds(
        "thick volumes",
        &[
            // 400 and 300 are set aside, of which 100 and 300 are filled.
            ("tank", seen(0, 0, 700, 300)),
            ("tank/a", volume(400, 100, 0, 400, 300)),
            ("tank/b", volume(300, 300, 0, 300, 300)),
        ],
        &[
            ("tank", told(1000, 700, 0, 300, 700, 70), &[], true),
            ("tank/a", told(400, 400, 0, 300, 400, 25), &[], false),
            ("tank/b", told(300, 300, 0, 0, 300, 100), &[Full], false),
        ],
    );
}

#[test]
fn what_snapshots_hold_is_counted_upwards() {
    holds(
        "snapshots",
        &[
            ("tank", seen(10, 5, 900, 85)),
            ("tank/a", with(seen(300, 200, 400, 0), |a| a.quota = 900 * G)),
            ("tank/a/b", seen(350, 50, 0, 0)),
        ],
        &[
            ("tank", told(1000, 915, 255, 0, 900, 91), &[Full], true),
            ("tank/a", told(900, 900, 250, 0, 900, 100), &[Full], true),
            ("tank/a/b", told(400, 400, 50, 0, 0, 100), &[Full], true),
        ],
    );
}

#[test]
fn what_is_reserved_is_used_above_and_left_below() {
    holds(
        "reservations",
        &[
            // Below it 300 are reserved, of which 100 are filled: 300 are used.
            ("tank", seen(0, 0, 320, 680)),
            ("tank/a", with(seen(100, 0, 0, 880), |a| a.reservation = 300 * G)),
            ("tank/b", seen(20, 0, 0, 680)),
        ],
        &[
            ("tank", told(1000, 320, 0, 200, 300, 32), &[], true),
            ("tank/a", told(980, 100, 0, 0, 300, 10), &[], true),
            ("tank/b", told(700, 20, 0, 0, 0, 2), &[], true),
        ],
    );
}

#[test]
fn a_quota_is_all_that_is_promised_whatever_lies_in_it() {
    holds(
        "a tree",
        &[
            ("tank", seen(0, 0, 100, 900)),
            ("tank/a", with(seen(0, 0, 100, 400), |a| a.quota = 500 * G)),
            ("tank/a/b", with(seen(50, 0, 0, 250), |b| b.quota = 300 * G)),
            ("tank/a/c", with(seen(30, 0, 0, 270), |c| c.refquota = 300 * G)),
            ("tank/a/d", seen(20, 0, 0, 400)),
        ],
        &[
            ("tank", told(1000, 100, 0, 0, 500, 10), &[], true),
            ("tank/a", told(500, 100, 0, 0, 500, 20), &[PromisedTwice], true),
            ("tank/a/b", told(300, 50, 0, 0, 300, 16), &[], false),
            ("tank/a/c", told(300, 30, 0, 0, 300, 10), &[], false),
            ("tank/a/d", told(420, 20, 0, 0, 0, 4), &[], true),
        ],
    );
}

#[test]
fn what_may_be_claimed_is_promised_too() {
    holds(
        "claims",
        &[
            ("fast", seen(0, 0, 90, 810)),
            ("fast/k8s", with(seen(0, 0, 90, 810), |k8s| k8s.claims = 1000 * G)),
            ("fast/k8s/vm-9999-pvc-1", volume(100, 90, 0, 0, 810)),
            ("tank", seen(0, 0, 50, 950)),
            ("tank/k8s", with(seen(0, 0, 50, 450), |k8s| (k8s.quota, k8s.claims) = (500 * G, 600 * G))),
            ("tank/k8s/vm-9999-pvc-2", volume(700, 50, 0, 0, 450)),
        ],
        &[
            ("fast", told(900, 90, 0, 0, 1000, 10), &[PromisedTwice], true),
            ("fast/k8s", told(900, 90, 0, 0, 1000, 10), &[NeverFits(Claims), PromisedTwice], true),
            ("fast/k8s/vm-9999-pvc-1", told(100, 90, 0, 0, 100, 90), &[Full], false),
            ("tank", told(1000, 50, 0, 0, 500, 5), &[], true),
            // The volume that is there is larger than all that may be claimed.
            ("tank/k8s", told(500, 50, 0, 0, 500, 10), &[PromisedTwice], false),
            ("tank/k8s/vm-9999-pvc-2", told(700, 50, 0, 0, 700, 7), &[], false),
        ],
    );
}

fn spaces() -> impl Strategy<Value = BTreeMap<DatasetName, Space>> {
    let space = prop::array::uniform12(prop_oneof![Just(0), Just(u64::MAX), any::<u64>(), 0..1000_u64]);
    prop::collection::btree_map("tank(/[ab]){0,3}", (space, any::<bool>()), 0..12).prop_map(|all| {
        let space = |(n, volume): ([u64; 12], bool)| Space {
            volume: volume.then_some(n[0]),
            quota: n[1],
            refquota: n[2],
            reservation: n[3],
            refreservation: n[4],
            used: n[5],
            available: n[6],
            used_by_dataset: n[7],
            used_by_snapshots: n[8],
            used_by_refreservation: n[9],
            claims: n[10],
        };
        all.into_iter().map(|(name, one)| (DatasetName::new(&name).unwrap(), space(one))).collect()
    })
}

proptest! {
    #[test]
    fn no_numbers_are_too_large_and_each_has_its_row(spaces in spaces()) {
        let rows = rows(&spaces);
        prop_assert!(rows.iter().map(|row| &row.name).eq(spaces.keys()));
        for row in rows {
            let _ = row.percent();
        }
    }

    #[test]
    fn what_has_a_quota_is_promised_that_and_nothing_else(spaces in spaces()) {
        for row in rows(&spaces) {
            let space = &spaces[&row.name];
            prop_assert!(space.quota == 0 || row.promised == space.quota);
            prop_assert!(row.promised >= space.reservation || space.quota > 0);
        }
    }
}
