//! Where rendered files are linked in, and what tries them first: it follows from their names.

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

/// Where units are linked in, and what a boot starts of them (`systemd.unit(5)`).
const UNITS: &str = "/etc/systemd/system";
const WANTED: &str = "/etc/systemd/system/timers.target.wants";

/// A file that is rendered, and where it is linked in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub check: Check,
    /// Its name among the files of a generation.
    pub name: Box<str>,
    /// The link to it.
    pub link: PathBuf,
    /// A link to that link, from the folder of what a boot starts.
    pub wanted: Option<PathBuf>,
}

/// What tries a file before it is put in force. In this order files are linked in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// Each of its lines was read back when it was rendered.
    Lines,
    /// `sanoid --readonly`
    Sanoid,
    /// `systemd-analyze verify`
    Unit,
}

impl Place {
    /// Finds the place of a file; none where phoenix renders none of such a name.
    pub fn of(name: &str) -> Option<Place> {
        let place = |check, link: &str| Place { check, name: name.into(), link: link.into(), wanted: None };
        match name {
            EXPORTS => Some(place(Check::Lines, EXPORTS_LINK)),
            MODPROBE => Some(place(Check::Lines, MODPROBE_LINK)),
            CONF => Some(place(Check::Sanoid, CONF_LINK)),
            _ if is_unit(name) => Some(Place {
                wanted: is_started(name).then(|| Path::new(WANTED).join(name)),
                ..place(Check::Unit, &format!("{UNITS}/{name}"))
            }),
            _ => None,
        }
    }

    /// Lists the places of files, in the order in which they are linked in.
    pub fn all<'a>(names: impl IntoIterator<Item = &'a Box<str>>) -> Vec<Place> {
        let mut all: Vec<Place> = names.into_iter().filter_map(|name| Place::of(name)).collect();
        all.sort();
        all.dedup();
        all
    }

    /// Lists its links, each with what it is to point to.
    pub fn links(&self, etc: &Path) -> impl Iterator<Item = (&Path, PathBuf)> {
        let own = (&*self.link, etc.join(&*self.name));
        std::iter::once(own).chain(self.wanted.as_deref().map(|wanted| (wanted, self.link.clone())))
    }

    /// Returns whether it is always rendered, and its link stays once there was something in it.
    pub fn stays(&self) -> bool {
        self.check == Check::Lines
    }

    /// Returns whether a graph has something in it.
    pub fn is_used(&self, graph: &Graph) -> bool {
        graph.resources().any(|resource| is_of(&self.name, resource))
    }
}

/// Returns whether a file is that of a unit: all of them are called so that they are known from those of others.
pub fn is_unit(name: &str) -> bool {
    name.starts_with("phoenix-") && [".service", ".timer"].iter().any(|end| name.ends_with(end))
}

/// Returns whether a unit is started by itself, and not by another one.
pub fn is_started(unit: &str) -> bool {
    unit.ends_with(".timer")
}

/// Returns whether a file is rendered from a resource, among others.
pub fn is_of(name: &str, resource: &Resource) -> bool {
    match resource {
        Resource::Export(_) => name == EXPORTS,
        Resource::Tunable(_) => name == MODPROBE,
        Resource::Snapshots(_) => [CONF, SERVICE, TIMER].contains(&name),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_its_place_by_its_name() {
        let links = |name: &str| -> Vec<String> {
            let place = Place::of(name).unwrap();
            place
                .links(Path::new("/etc/files"))
                .map(|(link, to)| format!("{} -> {}", link.display(), to.display()))
                .collect()
        };
        assert_eq!(links(EXPORTS), [format!("{EXPORTS_LINK} -> /etc/files/{EXPORTS}")]);
        assert_eq!(links(SERVICE), [format!("{UNITS}/{SERVICE} -> /etc/files/{SERVICE}")]);
        let timer = [
            format!("{UNITS}/{TIMER} -> /etc/files/{TIMER}"),
            format!("{WANTED}/{TIMER} -> {UNITS}/{TIMER}"),
        ];
        assert_eq!(links(TIMER), timer);
        for name in ["sanoid.timer", "../phoenix.timer", "phoenix", "exports", "phoenix-x.mount"] {
            assert_eq!(Place::of(name), None, "{name}");
        }
    }
}
