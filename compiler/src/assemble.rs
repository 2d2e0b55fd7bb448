//! Checked resources → graph. What goes wrong here is a defect: the checks see it before.

use crate::{
    check::Checked,
    diagnostic::{Diagnostic, Sink, code},
    source::Place,
};
use phoenix_graph::{
    Graph, GraphError, Key,
    check::{self, Fault, Reason},
};
use std::collections::HashMap;

/// Orders a host's resources into its graph.
pub fn assemble(checked: Checked, sink: &mut Sink) -> (Option<Graph>, HashMap<Key, Place>) {
    let Checked { name, resources, places, .. } = checked;
    match Graph::assemble(name, resources) {
        Ok(graph) => {
            // What a store would refuse is never built. What a mistake came to was told where it stands.
            if sink.errors() == 0 {
                check::all(graph.resources()).iter().for_each(|fault| sink.push(refused(fault, &places)));
            }
            (Some(graph), places)
        }
        Err(error) => {
            sink.push(told(&error, &places));
            (None, places)
        }
    }
}

/// Tells what no graph may say, at the resource that says it.
fn refused(fault: &Fault, places: &HashMap<Key, Place>) -> Diagnostic {
    let code = match &fault.reason {
        Reason::Area => code::BAD_NAME,
        Reason::Twice | Reason::InVolume(_) => code::DUPLICATE_DATASET,
        Reason::DiskTwice(_) => code::DISK_TWICE,
        Reason::Vdev(_) => code::BAD_DISK,
        Reason::NoDisks => code::NO_DISKS,
        Reason::Setting(_)
        | Reason::Tunable(_)
        | Reason::Arc(_)
        | Reason::Account(_)
        | Reason::Guest(_)
        | Reason::Kubernetes(_) => code::BAD_VALUE,
        Reason::TwoKinds(_) => code::GUEST_OF_TWO_KINDS,
        Reason::NoWay(_) => code::MACHINE_NOT_EXPORTED,
        Reason::Was(_) => code::BAD_RENAME,
        Reason::VolumeSize(_) => code::BAD_VOLUME_SIZE,
        Reason::NoKey => code::ENCRYPTION_WITHOUT_KEY,
        Reason::Reserved(..) => code::RESERVATION_OVER_QUOTA,
        Reason::Quota { .. } => code::QUOTA_OVER_PARENT,
        Reason::Place(_) => code::SYSTEM_MOUNTPOINT,
        Reason::MountedTwice(..) => code::DUPLICATE_MOUNTPOINT,
        Reason::SharedTwice => code::SHARED_TWICE,
        Reason::NoClients => code::EXPORT_WITHOUT_CLIENTS,
        Reason::Client(_) => code::BAD_CLIENT,
        Reason::Option(_) => code::BAD_EXPORT_OPTION,
        Reason::StorageType(_) => code::BAD_STORAGE_TYPE,
        Reason::Required(_) => code::STORAGE_INCOMPLETE,
        Reason::SecretIn(_) => code::SECRET_IN_SPEC,
        Reason::Storage(_) | Reason::OnDataset(_) => code::BAD_STORAGE_PROPERTY,
        Reason::Empty | Reason::NothingGiven => code::EMPTY_PERMISSIONS,
        Reason::NoLists(_) => code::ACL_WITHOUT_TYPE,
        Reason::UnknownToSanoid => code::UNKNOWN_TO_SANOID,
        Reason::SnapshotsOfPool => code::SNAPSHOTS_OF_POOL,
        Reason::SnapshotsOfReplica => code::SNAPSHOTS_OF_REPLICA,
        Reason::Life(_)
        | Reason::Path { .. }
        | Reason::Unmounted(_)
        | Reason::Spelling(_)
        | Reason::ReadsOtherwise(_)
        | Reason::Derived(_) => code::INTERNAL,
    };
    let diagnostic = Diagnostic::new(code, fault.to_string());
    match places.get(&fault.key) {
        Some(place) => diagnostic.at(*place, "no host is made so"),
        None => diagnostic,
    }
}

fn told(error: &GraphError, places: &HashMap<Key, Place>) -> Diagnostic {
    let keys = match error {
        GraphError::Cycle(keys) => keys.clone(),
        GraphError::Duplicate(key) => vec![key.clone()],
        GraphError::Missing(from, key) => vec![from.clone(), key.clone()],
        _ => Vec::new(),
    };
    let diagnostic = Diagnostic::new(code::INTERNAL, error.to_string());
    let labels = keys.iter().filter_map(|key| places.get(key));
    labels
        .fold(diagnostic, |diagnostic, place| diagnostic.at(*place, "this one"))
        .help("this is a defect of phoenix; please report it with the spec")
}
