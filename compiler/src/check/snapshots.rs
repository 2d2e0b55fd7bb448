//! Schedules of snapshots.

use super::{About, Checker};
use crate::{
    diagnostic::{Diagnostic, code},
    resolve::{
        grammar::{Kind, find_own},
        spec::{Block, Scalar, Setting},
    },
};
use phoenix_graph::{
    Resource, Snapshots,
    kind::is_known_to_sanoid,
    schedule::{self, Of, Row, Schedule},
};

impl<'a> Checker<'_, 'a, '_> {
    /// Reads a `snapshots` inside a dataset.
    pub(super) fn snapshots(&mut self, about: &About<'_, 'a>) {
        let About { dataset, block, of, .. } = about;
        let schedule = self.schedule(block);
        let children = block.setting("children");
        let is_for_children = children.is_some_and(|setting| self.switch(setting));
        if !is_known_to_sanoid(dataset) {
            let blank = dataset.as_str().contains(' ');
            let why = if blank { "has a blank in its name" } else { "begins with `template`" };
            let message = format!("`{dataset}` {why}, and sanoid takes no snapshots of such a one");
            let diagnostic = Diagnostic::new(code::UNKNOWN_TO_SANOID, message)
                .at(of.arg.as_ref().map_or(of.place, |arg| arg.place), "the name is here, or above")
                .at(block.place, "snapshots by the clock")
                .help("give it another name: a dataset says its `was`, too, and is renamed");
            self.tell(block.via, diagnostic);
            return;
        }
        if let Some(setting) = children.filter(|_| is_for_children && dataset.is_root()) {
            let message =
                format!("all of the pool `{dataset}` would have snapshots, what is put away as well");
            let diagnostic = Diagnostic::new(code::SNAPSHOTS_OF_POOL, message)
                .at(setting.whole(), "everything in the pool")
                .help("say `snapshots` at each dataset that is worth it; a profile says it once");
            self.push(diagnostic, setting.via);
            return;
        }
        if let Some(place) = about.replica.filter(|_| schedule.takes_any()) {
            let message = format!("replication writes to `{dataset}`, and a snapshot of it would end that");
            let diagnostic = Diagnostic::new(code::SNAPSHOTS_OF_REPLICA, message)
                .at(block.place, "snapshots by the clock")
                .at(place, "a replica")
                .help("take them where it is replicated from: they come along");
            self.tell(block.via, diagnostic);
            return;
        }
        self.look_at_schedule(about, &schedule, is_for_children);
        let what = format!("`snapshots` of `{dataset}`");
        let snapshots = Snapshots { dataset: dataset.clone(), schedule, children: is_for_children };
        self.add(Resource::Snapshots(snapshots), block, code::SAID_TWICE, &what);
    }

    /// Reads what is said of a schedule; what is in error is left out.
    fn schedule(&mut self, block: &Block<'a>) -> Schedule {
        let mut schedule = Schedule::default();
        for setting in &block.settings {
            if find_own(Kind::Snapshots, &setting.name).is_some() {
                continue;
            }
            let Some(row) = schedule::find(&setting.name) else {
                self.unknown_setting(Kind::Snapshots, setting);
                continue;
            };
            if let Some(value) = self.scheduled(row, setting) {
                schedule.say(row, value);
            }
        }
        schedule
    }

    fn scheduled(&mut self, row: &Row, setting: &Setting<'a>) -> Option<Box<str>> {
        if row.of == Of::Switch {
            return Some(if self.switch(setting) { "yes" } else { "no" }.into());
        }
        let said = self.one(setting)?;
        let text = self.text(setting, said)?;
        match row.read(&text) {
            Ok(value) => Some(value),
            Err(reason) => {
                self.bad_value(setting, said, &reason, None);
                None
            }
        }
    }

    /// Tells of a schedule that says when, and not how many; and of what lies where Proxmox keeps disks of guests.
    fn look_at_schedule(&mut self, about: &About<'_, 'a>, schedule: &Schedule, children: bool) {
        let About { dataset, block, of, .. } = about;
        let is_sound = !block.broken && block.unread.is_empty();
        if !schedule.takes_any() && !schedule.is_empty() && is_sound {
            let message = format!("`snapshots` of `{dataset}` says when, and not how many are kept");
            let diagnostic = Diagnostic::new(code::SNAPSHOTS_WITHOUT_NUMBER, message)
                .at(block.place, "none is taken")
                .help("`snapshots hourly=24 daily=7`; to leave it out, say `snapshots` alone");
            let diagnostic = self.vias.label(diagnostic, block.via);
            self.lint(diagnostic);
        }
        let is_of_guests = |block: &&Block<'a>| {
            let kind = block.setting("type").and_then(|setting| setting.first.as_ref());
            kind.is_some_and(|said| said.value == Scalar::Text("zfspool".into()))
        };
        let Some(guests) = of.of(Kind::Proxmox).find(is_of_guests) else { return };
        if !schedule.takes_any() {
            return;
        }
        let diagnostic = if children {
            let message =
                format!("snapshots of the guests' disks in `{dataset}` keep Proxmox from going back");
            Diagnostic::new(code::SNAPSHOTS_OF_GUESTS, message)
                .at(block.place, "taken of each disk")
                .at(guests.place, "Proxmox keeps disks of guests here")
                .help("leave them to `vzdump` and `qm snapshot`; where it is meant, `allow \"snapshots-of-guests\"`")
        } else {
            let message = format!("the guests' disks below `{dataset}` are in none of its snapshots");
            Diagnostic::new(code::SNAPSHOTS_WITHOUT_GUESTS, message)
                .at(block.place, "taken of the dataset alone")
                .at(guests.place, "Proxmox keeps disks of guests below it")
                .help(if dataset.is_root() {
                    "take `snapshots` out, or register a dataset of its own for the disks"
                } else {
                    "take `snapshots` out, or say `children=#true`"
                })
        };
        let diagnostic = self.vias.label(diagnostic, block.via);
        self.lint(diagnostic);
    }
}
