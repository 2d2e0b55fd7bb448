//! Where rendered files are linked in: one table.

use crate::{
    export::line::EXPORTS_LINK,
    snapshots::render::{CONF, CONF_LINK, SERVICE, TIMER},
};
use phoenix_graph::{Graph, Resource};
use std::path::{Path, PathBuf};

/// Where the module parameters for the next boot are linked in (`modprobe.d(5)`).
pub const MODPROBE_LINK: &str = "/etc/modprobe.d/phoenix.conf";

pub const EXPORTS: &str = "phoenix.exports";
pub const MODPROBE: &str = "phoenix.conf";

/// A file that is rendered, and where it is linked in.
pub struct Place {
    /// Its name among the files of a generation.
    pub name: &'static str,
    /// The link to it.
    pub link: &'static str,
    /// A link to that link, from the folder of what a boot starts.
    pub wanted: Option<&'static str>,
    /// Whether a resource is in it.
    pub is_of: fn(&Resource) -> bool,
    /// Whether it is always rendered, and its link stays once there was something in it.
    pub stays: bool,
    pub check: Check,
}

/// What tries a file before it is put in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Each of its lines was read back when it was rendered.
    Lines,
    /// `sanoid --readonly`
    Sanoid,
    /// `systemd-analyze verify`
    Unit,
}

const fn lines(name: &'static str, link: &'static str, is_of: fn(&Resource) -> bool) -> Place {
    Place { name, link, wanted: None, is_of, stays: true, check: Check::Lines }
}

const fn scheduled(name: &'static str, link: &'static str, check: Check) -> Place {
    let is_of = |resource: &Resource| matches!(resource, Resource::Snapshots(_));
    Place { name, link, wanted: None, is_of, stays: false, check }
}

/// All of them.
pub const PLACES: [Place; 5] = [
    lines(EXPORTS, EXPORTS_LINK, |resource| matches!(resource, Resource::Export(_))),
    lines(MODPROBE, MODPROBE_LINK, |resource| matches!(resource, Resource::Tunable(_))),
    scheduled(CONF, CONF_LINK, Check::Sanoid),
    scheduled(SERVICE, "/etc/systemd/system/phoenix-snapshots.service", Check::Unit),
    Place {
        wanted: Some("/etc/systemd/system/timers.target.wants/phoenix-snapshots.timer"),
        ..scheduled(TIMER, "/etc/systemd/system/phoenix-snapshots.timer", Check::Unit)
    },
];

/// Lists all links.
pub fn links() -> impl Iterator<Item = &'static str> {
    PLACES.iter().flat_map(|place| [Some(place.link), place.wanted]).flatten()
}

impl Place {
    /// Lists its links, each with what it is to point to.
    pub fn links(&self, etc: &Path) -> impl Iterator<Item = (&'static Path, PathBuf)> {
        let own = (Path::new(self.link), etc.join(self.name));
        std::iter::once(own).chain(self.wanted.map(|wanted| (Path::new(wanted), self.link.into())))
    }

    /// Returns whether a graph has something in it.
    pub fn is_used(&self, graph: &Graph) -> bool {
        graph.resources().any(self.is_of)
    }
}
