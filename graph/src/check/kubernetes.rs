//! What a cluster of Kubernetes is told, as a kind asks about it: there is one cluster, and its classes are there.

use super::reason::Reason;
use crate::kubernetes::ATTRIBUTES_SINCE;
use hashbrown::HashSet;

/// What a host tells a cluster of Kubernetes.
#[derive(Debug, Default)]
pub struct Kubernetes<'a> {
    clusters: Vec<Cluster>,
    classes: HashSet<&'a str>,
    /// Whether a class that was asked already is the one that claims have that name none.
    default: bool,
}

#[derive(Debug)]
struct Cluster {
    /// The guest that its disks are said to be of.
    controller: u32,
    version: u32,
}

impl<'a> Kubernetes<'a> {
    /// Knows a cluster: the guest that its disks are said to be of, and its version.
    pub fn know(&mut self, controller: u32, version: u32) {
        self.clusters.push(Cluster { controller, version });
    }

    /// Knows a class.
    pub fn know_class(&mut self, name: &'a str) {
        self.classes.insert(name);
    }

    /// Says that a guest is not the one that disks of a cluster are said to be of.
    ///
    /// # Errors
    /// [`Reason::Kubernetes`]
    pub fn no_controller(&self, id: u32) -> Result<(), Reason> {
        match self.clusters.iter().any(|cluster| cluster.controller == id) {
            true => wrong(format!(
                "the disks of a cluster of Kubernetes are those of a guest {id}, which never is"
            )),
            false => Ok(()),
        }
    }

    /// Says that there is one cluster.
    ///
    /// # Errors
    /// [`Reason::Kubernetes`]
    pub fn is_only(&self) -> Result<(), Reason> {
        if self.clusters.len() == 1 {
            Ok(())
        } else {
            wrong("a host tells one cluster of Kubernetes".to_owned())
        }
    }

    /// Says that there is a cluster.
    ///
    /// # Errors
    /// [`Reason::Kubernetes`]
    pub fn is_there(&self) -> Result<(), Reason> {
        match self.clusters.is_empty() {
            true => wrong("there is no cluster of Kubernetes that it belongs to".to_owned()),
            false => Ok(()),
        }
    }

    /// Says that there is a cluster whose version has classes of attributes.
    ///
    /// # Errors
    /// [`Reason::Kubernetes`]
    pub fn has_attributes(&self) -> Result<(), Reason> {
        self.is_there()?;
        match self.clusters.iter().any(|cluster| cluster.version < ATTRIBUTES_SINCE) {
            true => wrong(format!("classes of attributes are of Kubernetes 1.{ATTRIBUTES_SINCE}")),
            false => Ok(()),
        }
    }

    /// Says that there is a class of a name.
    ///
    /// # Errors
    /// [`Reason::Kubernetes`]
    pub fn has_class(&self, name: &str) -> Result<(), Reason> {
        if self.classes.contains(name) { Ok(()) } else { wrong(format!("there is no class {name:?}")) }
    }

    /// Takes the part of the one class that claims have that name none.
    ///
    /// # Errors
    /// [`Reason::Kubernetes`]
    pub fn take_default(&mut self) -> Result<(), Reason> {
        match std::mem::replace(&mut self.default, true) {
            true => wrong("another class is the default one".to_owned()),
            false => Ok(()),
        }
    }
}

fn wrong(reason: String) -> Result<(), Reason> {
    Err(Reason::Kubernetes(reason))
}
