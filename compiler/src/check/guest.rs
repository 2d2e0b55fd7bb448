//! What holds of guests of either kind, containers and machines: their ids, and where in them something may be mounted.

use super::Checker;
use crate::{
    diagnostic::{Diagnostic, code},
    resolve::spec::Block,
};
use phoenix_graph::check::{
    guest,
    place::{Standing, standing},
};

impl<'a> Checker<'_, 'a, '_> {
    /// Reads the id of a guest.
    pub(super) fn guest_id(&mut self, block: &Block<'a>, what: &str) -> Option<u32> {
        let arg = block.arg.as_ref()?;
        let text = block.name()?;
        match text.parse::<u32>() {
            Ok(id) if guest::IDS.contains(&id) => Some(id),
            _ => {
                let diagnostic = Diagnostic::new(code::BAD_NAME, format!("{text:?} is no id of a {what}"))
                    .at(arg.place, "an id is a number from 100 to 999999999");
                self.push(diagnostic, arg.via);
                None
            }
        }
    }

    /// Tells of a path inside of a guest that its own system runs from.
    pub(super) fn over_its_system(&mut self, block: &Block<'a>, guest: &str, at: &str) {
        if !matches!(standing(at), Standing::System | Standing::Never) {
            return;
        }
        let place = block.setting("at").map_or(block.place, |setting| setting.place);
        let diagnostic = Diagnostic::new(
            code::OVER_GUEST_SYSTEM,
            format!("{guest} would have the dataset over its own {at}"),
        )
        .at(place, "its system runs from there")
        .help("give the dataset a path of its own, below /srv or /mnt");
        let diagnostic = self.vias.label(diagnostic, block.via);
        self.lint(diagnostic);
    }

    /// Tells of an id that is a container's in one place and a machine's in another; returns whether it is a machine's alone.
    pub(super) fn is_machine_alone(&mut self, block: &Block<'a>, machine: u32) -> bool {
        let Some(container) = self.containers.get(&machine).copied() else { return true };
        let place = block.arg.as_ref().map_or(block.place, |arg| arg.place);
        let message = format!("{machine} is said to be a machine and a container");
        let diagnostic = Diagnostic::new(code::GUEST_OF_TWO_KINDS, message)
            .at(place, "a machine here")
            .at(container, "a container here")
            .help("an id belongs to one guest of the cluster: see `qm list` and `pct list`");
        self.tell(block.via, diagnostic);
        false
    }
}
