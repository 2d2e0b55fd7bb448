//! Checked resources → graph. What goes wrong here is a defect: the checks see it before.

use crate::{
    check::Checked,
    diagnostic::{Code, Diagnostic, Sink},
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
        Reason::Area => Code::BadName,
        Reason::Twice | Reason::InVolume(_) => Code::DuplicateDataset,
        Reason::DiskTwice(_) => Code::DiskTwice,
        Reason::Vdev(_) => Code::BadDisk,
        Reason::NoDisks => Code::NoDisks,
        Reason::Setting(_) | Reason::Tunable(_) | Reason::Arc(_) | Reason::Account(_) | Reason::Guest(_) => {
            Code::BadValue
        }
        Reason::Was(_) => Code::BadRename,
        Reason::VolumeSize(_) => Code::BadVolumeSize,
        Reason::NoKey => Code::EncryptionWithoutKey,
        Reason::Reserved(..) => Code::ReservationOverQuota,
        Reason::Quota { .. } => Code::QuotaOverParent,
        Reason::Place(_) => Code::SystemMountpoint,
        Reason::MountedTwice(..) => Code::DuplicateMountpoint,
        Reason::SharedTwice => Code::SharedTwice,
        Reason::NoClients => Code::ExportWithoutClients,
        Reason::Client(_) => Code::BadClient,
        Reason::Option(_) => Code::BadExportOption,
        Reason::StorageType(_) => Code::BadStorageType,
        Reason::Storage(_) => Code::BadStorageProperty,
        Reason::Empty => Code::EmptyPermissions,
        Reason::Life(_)
        | Reason::Path { .. }
        | Reason::Unmounted(_)
        | Reason::Spelling(_)
        | Reason::Derived(_) => Code::Internal,
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
    let diagnostic = Diagnostic::new(Code::Internal, error.to_string());
    let labels = keys.iter().filter_map(|key| places.get(key));
    labels
        .fold(diagnostic, |diagnostic, place| diagnostic.at(*place, "this one"))
        .help("this is a defect of phoenix; please report it with the spec")
}
