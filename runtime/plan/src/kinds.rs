//! The table of kinds: what walks over all of them does so here.

use crate::{
    Inverse, bind, dataset, export, files, guest_mount,
    inverse::Room,
    keys, kubernetes, legal, mapping, mount, permissions, pool, snapshots, space,
    stage::{Stage, ordered},
    storage, tunable, units, uses, version, virtiofs,
};
use phoenix_graph::Resource;
use phoenix_host::{
    observed::{Observed, Query},
    op::Op,
};
use std::sync::LazyLock;

/// The stages of all kinds, in the order in which they run.
pub static ORDER: LazyLock<Vec<&Stage>> = LazyLock::new(|| ordered(STAGES.into_iter().flatten()));

/// The stages of all kinds, and of what judges across them.
const STAGES: [&[Stage]; 20] = [
    legal::STAGES,
    version::STAGES,
    pool::STAGES,
    dataset::STAGES,
    mount::STAGES,
    keys::STAGES,
    permissions::STAGES,
    files::STAGES,
    units::STAGES,
    snapshots::STAGES,
    export::STAGES,
    storage::STAGES,
    bind::STAGES,
    mapping::STAGES,
    virtiofs::STAGES,
    guest_mount::STAGES,
    kubernetes::STAGES,
    tunable::STAGES,
    space::STAGES,
    uses::STAGES,
];

/// Says what goes; none of another kind's.
type Goes = fn(&Inverse, &Observed) -> Option<Vec<Op>>;

/// What of each kind goes in its turn, so that what it lies over can go, where the rest comes back only once all is
/// mounted again; none of another's.
const GOES: [Goes; 4] = [storage::doing::goes, export::doing::goes, mapping::goes, units::doing::goes];

/// What brings that rest back, in this order; of another kind nothing.
pub const COMES: [fn(&Inverse, &Observed) -> Vec<Op>; 6] = [
    permissions::comes,
    bind::folder::comes,
    storage::doing::back,
    export::doing::comes,
    mapping::back,
    units::doing::comes,
];

/// Adds what has to be looked at for a resource, so that it can be planned.
pub fn look(query: &mut Query, resource: &Resource) {
    match resource {
        Resource::Pool(pool) => pool::look(query, pool),
        Resource::Dataset(_) | Resource::Volume(_) => dataset::look(query, resource),
        Resource::Export(_) => query.exports = true,
        Resource::Tunable(tunable) => _ = query.tunables.insert(tunable.name.clone()),
        Resource::Permissions(permissions) => permissions::look(query, permissions),
        Resource::Bind(bind) => bind::look(query, bind),
        Resource::Virtiofs(given) => virtiofs::look(query, given),
        // Into machines nobody looks, but there they have to be.
        Resource::GuestMount(mount) => guest_mount::look(query, mount),
        // What ids stand for is looked at with the guests, and those anyway.
        Resource::Mapping(_) => {}
        // Schedules are looked at together.
        Resource::Snapshots(_) => {}
        // What a cluster of Kubernetes is told is no part of the host; the guest that must not be there is seen with all others.
        Resource::KubernetesCluster(_)
        | Resource::KubernetesClass(_)
        | Resource::KubernetesAttributes(_)
        | Resource::KubernetesNamespace(_) => {}
        // Registrations are looked at anyway.
        Resource::Storage(storage) => storage::look(query, storage),
    }
}

/// Returns whether a resource was not seen at all; of what is told otherwise, nothing is missing.
pub fn is_missing(seen: &Observed, resource: &Resource) -> bool {
    match resource {
        Resource::Pool(pool) => !seen.pools.contains_key(&pool.name),
        Resource::Dataset(_) | Resource::Volume(_) => dataset::is_missing(seen, resource),
        Resource::Export(export) => export::is_missing(seen, export),
        Resource::Storage(storage) => storage::is_missing(seen, storage),
        Resource::Bind(bind) => bind::is_missing(seen, bind),
        Resource::Mapping(mapping) => mapping::is_missing(seen, mapping),
        Resource::Virtiofs(given) => virtiofs::is_missing(seen, given),
        Resource::Tunable(_)
        | Resource::Permissions(_)
        | Resource::GuestMount(_)
        | Resource::Snapshots(_)
        | Resource::KubernetesCluster(_)
        | Resource::KubernetesClass(_)
        | Resource::KubernetesAttributes(_)
        | Resource::KubernetesNamespace(_) => false,
    }
}

impl Inverse {
    /// Returns what has to be run so that what stood before stands again; nothing where it does. It looks at the host
    /// anew and does only what still differs, so that undoing can be cut off and begun again.
    ///
    /// Unmaking pools, datasets and clones needs a look into them first, and what is locked is mounted only
    /// once its key is there: that is for whoever carries it out.
    #[must_use]
    pub fn ops(&self, seen: &Observed) -> Vec<Op> {
        let Some(inverse) = self.where_it_holds(seen) else { return Vec::new() };
        let inverse = inverse.as_ref();
        match inverse.room() {
            Some(Room::Pool) => pool::doing::back(inverse, seen),
            Some(Room::Dataset) => dataset::doing::back(inverse, seen),
            Some(Room::Mount) => mount::doing::back(inverse, seen),
            Some(Room::Permissions) => permissions::back(inverse, seen),
            Some(Room::Export) => export::doing::back(inverse, seen),
            Some(Room::Files) => files::doing::back(inverse, seen),
            Some(Room::Storage) => storage::doing::back(inverse, seen),
            Some(Room::Bind) => bind::doing::back(inverse, seen),
            Some(Room::Mapping) => mapping::back(inverse, seen),
            Some(Room::Virtiofs) => virtiofs::doing::back(inverse, seen),
            Some(Room::Tunable) => tunable::back(inverse, seen),
            Some(Room::Units) => units::doing::back(inverse, seen),
            None => Vec::new(),
        }
    }

    /// Says why nobody can tell whether what stood before stands, where that cannot be seen now.
    #[must_use]
    pub fn unseen<'a>(&self, seen: &'a Observed) -> Option<&'a str> {
        let inverse = self.where_it_holds(seen)?;
        let others =
            || bind::doing::unseen(&inverse, seen).or_else(|| virtiofs::doing::unseen(&inverse, seen));
        storage::doing::unseen(&inverse, seen).or_else(others)
    }

    /// Returns what of it goes in its turn, where the rest waits until all is mounted again ([`COMES`]).
    #[must_use]
    pub fn goes(&self, seen: &Observed) -> Option<Vec<Op>> {
        GOES.iter().find_map(|goes| goes(self, seen))
    }

    /// Returns whether it has to be taken back before anything else is.
    #[must_use]
    pub fn is_first(&self) -> bool {
        pool::doing::is_first(self)
    }

    /// Returns whether it may not stand any more though its action was not begun: a boot after the rendered files were
    /// put in force has done the same.
    #[must_use]
    pub fn is_put_in_force_by_a_boot(&self) -> bool {
        tunable::is_put_in_force_by_a_boot(self) || units::doing::is_put_in_force_by_a_boot(self)
    }

    /// Says what of it cannot be taken back, where it was done: that stays, and is told.
    #[must_use]
    pub fn kept(&self, seen: &Observed) -> Option<String> {
        let bind = || bind::doing::kept(self, seen).or_else(|| bind::folder::kept(self, seen));
        let guests = || bind().or_else(|| virtiofs::doing::kept(self, seen));
        let others = || guests().or_else(|| storage::doing::kept(self, seen));
        pool::doing::kept(self, seen).or_else(|| permissions::contents::kept(self, seen)).or_else(others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_comes_after_those_that_it_says() {
        assert_eq!(
            ORDER.len(),
            STAGES.iter().flat_map(|stages| stages.iter()).count(),
            "two stages have one name"
        );
        let at = |name: &str| ORDER.iter().position(|other| other.name == name);
        for stage in ORDER.iter() {
            for before in stage.after {
                assert!(at(before).is_some(), "{} comes after {before}, which is none", stage.name);
                assert!(at(before) < at(stage.name), "{} and {before} wait for each other", stage.name);
            }
        }
    }

    #[test]
    fn what_does_not_look_inside_pools_waits_for_nothing_that_does() {
        assert!(ORDER.is_sorted_by_key(|stage| stage.looks_inside));
    }

    #[test]
    fn plans_tell_things_in_this_order() {
        let names: Vec<&str> = ORDER.iter().map(|stage| stage.name).collect();
        let order = [
            "legal",
            "versions",
            "pools",
            "renames",
            "exchanges",
            "mounts",
            "storages away",
            "binds away",
            "shared away",
            "mappings away",
            "exports away",
            "unmounting",
            "keys",
            "datasets",
            "boot",
            "permissions",
            "schedules",
            "files",
            "exports",
            "storages",
            "binds",
            "mappings",
            "shared",
            "tunables",
            "altroot",
            "units",
            "snapshots",
            "secrets for good",
            "space",
            "uses",
            "registry",
            "lines",
            "open by clients",
            "exports of others",
            "fsids of others",
            "below exports",
            "machines",
            "kubernetes",
        ];
        assert_eq!(names, order);
    }
}
