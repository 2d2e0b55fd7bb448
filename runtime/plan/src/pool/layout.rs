//! Compares the layout that is wanted with the one that is there, and says in which steps ZFS can go
//! from one to the other, or why it cannot.
//!
//! Disks are the same where their paths lead to the same device. A path that leads nowhere is the disk
//! that the pool lost from it; where something blank is at the path of a lost disk, that is a new disk
//! in the old one's place.

use crate::{code, why::Why};
use phoenix_graph::{Class, Code, Disk, Redundancy, Vdev, kind::vdev_text};
use phoenix_host::observed::{DiskState, PoolState, VdevDisk, VdevState};
use std::collections::{BTreeMap, BTreeSet};

/// One change of a pool's layout, as ZFS can make it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A disk joins a single disk or a mirror.
    Attach { beside: VdevDisk, new: Disk },
    /// A disk leaves a mirror, in which others stay.
    Detach { disk: VdevDisk, beside: VdevDisk },
    /// A disk takes another's place.
    Replace { old: VdevDisk, new: Disk },
    /// A disk widens a raidz vdev.
    Expand { vdev: VdevState, new: Disk },
    /// A top-level vdev is added.
    Add { vdev: Vdev },
    /// A top-level vdev goes.
    Remove { vdev: VdevState },
}

const AS_IT_IS: &str = "write the layout in the spec as `zpool status -P` shows it";
const ONE_AT_A_TIME: &str = "change one of them in the spec and switch; then, when `zpool status` shows that the pool has \
     done with it, the next";

/// Returns the steps from the layout that is there to the one that is wanted; none where they are the same.
///
/// `disks` says what each wanted disk's path leads to.
pub fn steps(
    wanted: &[Vdev],
    pool: &PoolState,
    disks: &BTreeMap<Disk, DiskState>,
    zfs: (u32, u32),
) -> Result<Vec<Step>, Why> {
    let wanted = singles(wanted);
    let there: Vec<&VdevState> = pool.layout.iter().filter(|vdev| !vdev.leaving).collect();
    let mut pairs = pair(&wanted, &there, disks)?;
    replace_single(&wanted, &there, &mut pairs);
    let mut steps = Vec::new();
    for (vdev, at) in wanted.iter().zip(&pairs) {
        match at {
            Some(at) => change(vdev, there[*at], pool, disks, zfs, &mut steps)?,
            None => steps.push(Step::Add { vdev: vdev.clone() }),
        }
    }
    fits(&wanted, &pairs)?;
    for (at, vdev) in there.iter().enumerate() {
        if !pairs.contains(&Some(at)) {
            remove(vdev, &there, zfs, &mut steps)?;
        }
    }
    alone(&steps)?;
    Ok(steps)
}

/// Single disks are top-level vdevs each of its own, however they are grouped.
fn singles(wanted: &[Vdev]) -> Vec<Vdev> {
    let split = |vdev: &Vdev| match vdev.redundancy {
        Redundancy::None => {
            vdev.disks.iter().map(|disk| Vdev { disks: vec![disk.clone()], ..vdev.clone() }).collect()
        }
        _ => vec![vdev.clone()],
    };
    wanted.iter().flat_map(split).collect()
}

/// How a wanted disk and one that is there belong together.
#[derive(PartialEq)]
enum Tie {
    /// They are the same disk.
    Same,
    /// The one that is there is lost, and the wanted one is at its path.
    InPlace,
}

fn tie(wanted: &Disk, there: &VdevDisk, disks: &BTreeMap<Disk, DiskState>) -> Option<Tie> {
    let state = disks.get(wanted).unwrap_or(&DiskState::Missing);
    let path = *wanted.0 == *there.path || *wanted.0 == *there.given;
    match state {
        DiskState::Missing => path.then_some(Tie::Same),
        // A lost disk that bears its pool's label still is that disk, come back.
        DiskState::Left(_) if there.lost && path => Some(Tie::Same),
        DiskState::Blank(_) | DiskState::Holds(..) if there.lost && path => Some(Tie::InPlace),
        _ if there.lost => None,
        state => (state.device() == Some(&*there.device)).then_some(Tie::Same),
    }
}

/// Finds for each wanted vdev the one that is there and has disks of it.
fn pair(
    wanted: &[Vdev],
    there: &[&VdevState],
    disks: &BTreeMap<Disk, DiskState>,
) -> Result<Vec<Option<usize>>, Why> {
    let mut pairs: Vec<Option<usize>> = Vec::new();
    for vdev in wanted {
        let mut found = BTreeSet::new();
        for disk in &vdev.disks {
            let holder = |vdev: &&VdevState| vdev.disks.iter().any(|other| tie(disk, other, disks).is_some());
            let Some(at) = there.iter().position(holder) else { continue };
            if there[at].class != vdev.class {
                return Err(Why {
                    code: code::ONE_CHANGE_AT_A_TIME,
                    reason: format!(
                        "the spec has {} in `{vdev}`, and the pool has it in `{}`",
                        disk.0,
                        shown(there[at])
                    ),
                    help: "a disk goes from one use to another in two switches: take it out of the spec \
                           first, then name it in its new place"
                        .to_owned(),
                });
            }
            found.insert(at);
        }
        let mut found = found.into_iter();
        let at = found.next();
        if let (Some(first), Some(second)) = (at, found.next()) {
            return Err(Why {
                code: code::LAYOUT_UNREACHABLE,
                reason: format!(
                    "the disks of `{vdev}` are in two vdevs of the pool: `{}` and `{}`",
                    shown(there[first]),
                    shown(there[second])
                ),
                help: format!("ZFS moves no disk from one vdev to another; {AS_IT_IS}"),
            });
        }
        if let Some(at) = at.filter(|at| pairs.contains(&Some(*at))) {
            return Err(Why {
                code: code::LAYOUT_UNREACHABLE,
                reason: format!("the pool has `{}` as one vdev, and the spec as two", shown(there[at])),
                help: format!("ZFS does not split a vdev inside a pool; {AS_IT_IS}"),
            });
        }
        pairs.push(at);
    }
    Ok(pairs)
}

/// A single disk that is wanted where another single disk is there takes its place, where it is clear
/// which: data is moved over, which `zpool replace` does.
fn replace_single(wanted: &[Vdev], there: &[&VdevState], pairs: &mut [Option<usize>]) {
    for class in [Class::Data, Class::Special, Class::Dedup] {
        let single = |vdev: Class, redundancy: &Redundancy| vdev == class && *redundancy == Redundancy::None;
        let new: Vec<usize> = (0..wanted.len())
            .filter(|&at| pairs[at].is_none() && single(wanted[at].class, &wanted[at].redundancy))
            .collect();
        let old: Vec<usize> = (0..there.len())
            .filter(|at| !pairs.contains(&Some(*at)) && single(there[*at].class, &there[*at].redundancy))
            .collect();
        if let ([new], [old]) = (&new[..], &old[..]) {
            pairs[*new] = Some(*old);
        }
    }
}

/// Says how a vdev becomes what it is to be.
fn change(
    wanted: &Vdev,
    there: &VdevState,
    pool: &PoolState,
    disks: &BTreeMap<Disk, DiskState>,
    zfs: (u32, u32),
    steps: &mut Vec<Step>,
) -> Result<(), Why> {
    let same = |disk: &Disk, other: &VdevDisk| tie(disk, other, disks) == Some(Tie::Same);
    let added: Vec<&Disk> =
        wanted.disks.iter().filter(|disk| !there.disks.iter().any(|other| same(disk, other))).collect();
    let (staying, gone): (Vec<&VdevDisk>, Vec<&VdevDisk>) =
        there.disks.iter().partition(|other| wanted.disks.iter().any(|disk| same(disk, other)));
    let refuse = |code: Code, reason: &str, help: &str| {
        Err(Why {
            code,
            reason: format!("the spec has `{wanted}`, the pool has `{}`: {reason}", shown(there)),
            help: help.to_owned(),
        })
    };
    let mirrored = |redundancy: &Redundancy| matches!(redundancy, Redundancy::None | Redundancy::Mirror);
    let mirrors = mirrored(&wanted.redundancy) && mirrored(&there.redundancy);
    if !mirrors && wanted.redundancy != there.redundancy {
        return refuse(
            code::LAYOUT_UNREACHABLE,
            "ZFS does not turn one kind of vdev into another",
            "make a pool of the new layout on other disks and copy the data, or write the layout in the \
             spec as `zpool status -P` shows it",
        );
    }
    match (&added[..], &gone[..]) {
        ([], []) => Ok(()),
        ([new], [old]) if wanted.redundancy == there.redundancy => {
            steps.push(Step::Replace { old: (*old).clone(), new: (*new).clone() });
            Ok(())
        }
        (_, []) if mirrors => {
            let Some(beside) = staying.iter().find(|disk| disk.is_healthy()) else {
                return refuse(
                    code::LAYOUT_UNSOUND,
                    "no disk of it is ONLINE, so there is nothing sound to copy from",
                    "put the pool right first: `zpool status -v` says what is wrong",
                );
            };
            let attach = |new: &&Disk| Step::Attach { beside: (*beside).clone(), new: (*new).clone() };
            steps.extend(added.iter().map(attach));
            Ok(())
        }
        ([], gone) if mirrors => {
            if let Some(ill) = staying.iter().find(|disk| !disk.is_healthy()) {
                return refuse(
                    code::LAYOUT_UNSOUND,
                    &format!(
                        "a disk is taken out of a mirror only while all that stay are ONLINE, and {} is {}",
                        ill.path, ill.state
                    ),
                    "replace or repair that disk first",
                );
            }
            let Some(beside) = staying.first() else {
                return refuse(code::LAYOUT_UNREACHABLE, "no disk of it would stay", AS_IT_IS);
            };
            let detach = |disk: &&VdevDisk| Step::Detach { disk: (*disk).clone(), beside: (*beside).clone() };
            steps.extend(gone.iter().map(detach));
            Ok(())
        }
        ([new], []) if matches!(there.redundancy, Redundancy::Raidz(_)) => {
            if !pool.expands {
                let (major, minor) = zfs;
                return refuse(
                    code::NEEDS_NEWER_OPENZFS,
                    &format!(
                        "widening a raidz vdev needs OpenZFS 2.3 and the pool's feature raidz_expansion; \
                         this host has {major}.{minor}"
                    ),
                    "with 2.3 or later, enable the feature by hand: `zpool set \
                     feature@raidz_expansion=enabled POOL` (older versions cannot import the pool then)",
                );
            }
            steps.push(Step::Expand { vdev: there.clone(), new: (*new).clone() });
            Ok(())
        }
        (_, []) if matches!(there.redundancy, Redundancy::Raidz(_)) => {
            refuse(code::ONE_CHANGE_AT_A_TIME, "a raidz vdev is widened by one disk at a time", ONE_AT_A_TIME)
        }
        ([], _) => refuse(code::LAYOUT_UNREACHABLE, "ZFS takes no disk out of such a vdev", AS_IT_IS),
        (_, []) => refuse(code::LAYOUT_UNREACHABLE, "ZFS puts no disk into such a vdev", AS_IT_IS),
        _ => refuse(code::ONE_CHANGE_AT_A_TIME, "more than one disk of it differs", ONE_AT_A_TIME),
    }
}

/// Says whether a top-level vdev can go, and how.
fn remove(vdev: &VdevState, there: &[&VdevState], zfs: (u32, u32), steps: &mut Vec<Step>) -> Result<(), Why> {
    let refuse = |code: Code, reason: String, help: &str| {
        Err(Why {
            code,
            reason: format!("the pool has `{}`, which the spec does not name: {reason}", shown(vdev)),
            help: help.to_owned(),
        })
    };
    if vdev.class == Class::Spare && vdev.disks.iter().any(|disk| &*disk.state == "INUSE") {
        return refuse(
            code::LAYOUT_UNSOUND,
            "the spare stands in for another disk".to_owned(),
            "replace the disk that failed, in the spec; the spare is free after",
        );
    }
    let fixed = there
        .iter()
        .filter(|other| other.class.holds_data())
        .find(|other| !matches!(other.redundancy, Redundancy::None | Redundancy::Mirror));
    if let Some(fixed) = fixed.filter(|_| vdev.class.holds_data()) {
        return refuse(
            code::LAYOUT_UNREACHABLE,
            format!(
                "ZFS removes such a vdev only from a pool of mirrors and single disks, and this pool has `{}`",
                shown(fixed)
            ),
            AS_IT_IS,
        );
    }
    let is_mirror =
        |vdev: &VdevState| vdev.class.holds_data() && matches!(vdev.redundancy, Redundancy::Mirror);
    if zfs < (2, 2) && is_mirror(vdev) && there.iter().filter(|other| is_mirror(other)).count() > 1 {
        return refuse(
            code::LAYOUT_UNREACHABLE,
            format!("OpenZFS {}.{} does not tell which of several mirrors it empties", zfs.0, zfs.1),
            "remove it by hand (`zpool remove`), wait until it is gone (`zpool wait -t remove`), then switch",
        );
    }
    steps.push(Step::Remove { vdev: vdev.clone() });
    Ok(())
}

/// Refuses a new vdev that protects data otherwise than those that are there: `zpool add` wants to be
/// forced then.
fn fits(wanted: &[Vdev], pairs: &[Option<usize>]) -> Result<(), Why> {
    let protects = |vdev: &&Vdev| vdev.class.holds_data();
    let all = || wanted.iter().zip(pairs).filter(|(vdev, _)| protects(vdev));
    let old: Vec<&Vdev> = all().filter(|(_, at)| at.is_some()).map(|(vdev, _)| vdev).collect();
    let new: Vec<&Vdev> = all().filter(|(_, at)| at.is_none()).map(|(vdev, _)| vdev).collect();
    // Where the pool itself is mixed already, `zpool add` compares the new ones alone.
    let mixed = old.iter().any(|vdev| old.first().is_some_and(|first| unlike(first, vdev)));
    let like = if mixed { new.first() } else { old.first().or(new.first()) };
    let other = new.iter().find(|vdev| like.is_some_and(|like| unlike(like, vdev)));
    match (like, other) {
        (Some(like), Some(other)) => Err(Why {
            code: code::MISMATCHED_VDEV,
            reason: format!(
                "`{other}` would protect data otherwise than `{like}` does, and ZFS adds it only by force"
            ),
            help: "give the new vdev the same kind and number of disks as the others".to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Says whether `zpool add` calls two vdevs mismatched: by kind, parity and number of disks. A mirror
/// and a raidz that survive as many failures are alike.
fn unlike(one: &Vdev, other: &Vdev) -> bool {
    let survives = |vdev: &Vdev| match &vdev.redundancy {
        Redundancy::Mirror => Some(vdev.disks.len().saturating_sub(1)),
        Redundancy::Raidz(parity) => Some(usize::from(*parity)),
        Redundancy::None | Redundancy::Draid(_) => None,
    };
    if one.redundancy == other.redundancy {
        return one.disks.len() != other.disks.len();
    }
    survives(one).is_none() || survives(one) != survives(other)
}

/// Refuses to begin, beside other changes, what keeps a pool busy and lets nothing else be changed.
fn alone(steps: &[Step]) -> Result<(), Why> {
    let long = steps.iter().find_map(|step| match step {
        Step::Expand { vdev, .. } => Some(format!("the expansion of `{}`", shown(vdev))),
        Step::Remove { vdev } if vdev.class.holds_data() => Some(format!("the removal of `{}`", shown(vdev))),
        _ => None,
    });
    match long {
        Some(long) if steps.len() > 1 => Err(Why {
            code: code::ONE_CHANGE_AT_A_TIME,
            reason: format!("{long} would begin beside other changes of the same pool's layout"),
            help: ONE_AT_A_TIME.to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Writes a vdev that is there the way a spec would.
pub fn shown(vdev: &VdevState) -> String {
    let path = |disk: &VdevDisk| if disk.given.is_empty() { disk.path.clone() } else { disk.given.clone() };
    let paths: Vec<Box<str>> = vdev.disks.iter().map(path).collect();
    vdev_text(vdev.class, &vdev.redundancy, paths.iter().map(|path| &**path))
}

#[cfg(test)]
mod tests;
