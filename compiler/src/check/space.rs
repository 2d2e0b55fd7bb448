//! Space that is promised: what is reserved, and what is allowed, inside a dataset, all together, against
//! its quota.

use super::Checker;
use crate::{
    diagnostic::{Diagnostic, code},
    source::Place,
};
use phoenix_graph::{
    Bytes, DatasetName,
    check::space::{Over, quotas_over_quota, reserved_over_quota},
};

/// The most promises that one diagnostic shows.
const SHOWN: usize = 3;

impl Checker<'_, '_, '_> {
    /// Tells of datasets in which more is reserved than they may have. What is over the quota by
    /// itself has been told where it stands, and is left out.
    pub(super) fn look_at_reservations(&mut self) {
        if self.quotas.is_empty() {
            return;
        }
        for over in reserved_over_quota(&self.resources) {
            let (name, sum) = (&over.name, Bytes(over.sum));
            self.over(
                &over,
                Diagnostic::new(
                    code::RESERVATION_OVER_QUOTA,
                    format!("inside of `{name}` more is reserved than it may have: {sum}"),
                ),
                "reserved",
                "reserve less in there, or raise the quota; a volume reserves its size unless it is sparse",
            );
        }
        for over in quotas_over_quota(&self.resources) {
            let (name, sum) = (&over.name, Bytes(over.sum));
            self.over(
                &over,
                Diagnostic::new(
                    code::OVERCOMMITTED_QUOTA,
                    format!("the quotas inside of `{name}` come to {sum}: not all can be filled"),
                ),
                "promised",
                "lower them, raise the one above, or say that it is meant: `allow \"overcommitted-quota\"`",
            );
        }
    }

    fn over(&mut self, over: &Over, diagnostic: Diagnostic, what: &str, help: &str) {
        let Some((place, via, allow)) = self.quotas.get(&over.name).cloned() else { return };
        if allow.contains(&diagnostic.code.name) {
            return;
        }
        let mut diagnostic = diagnostic.at(place, format!("{} at most", Bytes(over.quota))).help(help);
        for (bytes, child) in over.children.iter().take(SHOWN) {
            if let Some(place) = self.place_of(child) {
                diagnostic = diagnostic.at(place, format!("{} {what}", Bytes(*bytes)));
            }
        }
        self.push(diagnostic, via);
    }

    fn place_of(&self, name: &DatasetName) -> Option<Place> {
        use phoenix_graph::Key;
        let keys = [Key::Dataset(name.clone()), Key::Volume(name.clone())];
        keys.iter().find_map(|key| self.places.get(key)).copied()
    }
}
