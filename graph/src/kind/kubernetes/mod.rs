//! What a cluster of Kubernetes is told of this host: the cluster itself, its classes, and what its namespaces may have.
//!
//! Nothing of it is done on the host. It is rendered (crate `phoenix-kubernetes`), and applied by a person or by whoever
//! looks after the cluster.

mod attributes;
mod class;
mod cluster;
mod namespace;

pub use attributes::KubernetesAttributes;
pub use class::{KubernetesClass, Reclaim};
pub use cluster::{KubernetesCluster, Nodes};
pub use namespace::{KubernetesNamespace, PerClaim, PodSecurity, Total};

pub(super) use cluster::unit as cluster_unit;
pub(super) use namespace::unit as namespace_unit;

use crate::{check::reason::Reason, kubernetes::parameter};
use std::collections::BTreeMap;

/// What parameters of the plugin are kept as: by its names, in canonical spelling.
pub(super) type Parameters = BTreeMap<Box<str>, Box<str>>;

/// Checks parameters that are kept.
fn check_parameters(parameters: &Parameters, may: fn(&parameter::Parameter) -> bool) -> Result<(), Reason> {
    for (name, value) in parameters {
        let row = parameter::find_of_plugin(name).filter(|row| may(row));
        let row = row.ok_or_else(|| wrong(&format!("there is no parameter {name:?}")))?;
        if row.read(value).map_err(|reason| wrong(&reason))? != **value {
            return Err(Reason::Spelling(value.to_string()));
        }
    }
    Ok(())
}

fn wrong(reason: &str) -> Reason {
    Reason::Kubernetes(reason.to_owned())
}
