//! An action that is being put together.

use crate::{
    Change, Kind, Reversibility,
    doing::{Doing, Whom},
    order::{Milestone, Need},
};
use phoenix_graph::DatasetName;

/// An action that is being put together.
pub struct Sketch {
    pub kind: Kind,
    pub changes: Vec<Change>,
    pub class: Reversibility,
    /// What it waits for.
    pub needs: Vec<Need>,
    /// What it reaches, besides what it is about.
    pub reaches: Vec<Milestone>,
    pub doing: Doing,
    /// What stood before from here on holds only as long as this dataset stands aside.
    aside: Option<DatasetName>,
    /// Whom what stood before is about from here on, where names pass from one to another.
    whom: Option<Whom>,
}

impl Sketch {
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            changes: Vec::new(),
            class: Reversibility::Reversible,
            needs: Vec::new(),
            reaches: Vec::new(),
            doing: Doing::default(),
            aside: None,
            whom: None,
        }
    }

    /// Tells how a setting changes.
    pub fn tell(&mut self, setting: &str, old: Option<&str>, new: Option<&str>) {
        self.changes.push(Change::new(setting, old, new));
    }

    pub fn run(&mut self, doing: Doing) {
        self.run_for(self.whom.clone(), doing);
    }

    /// Runs what is about a certain one, where names pass from one to another.
    pub fn run_for(&mut self, whom: Option<Whom>, doing: Doing) {
        let doing = match &self.aside {
            Some(aside) => doing.only_while(aside),
            None => doing,
        };
        let doing = match &whom {
            Some(whom) => doing.about(whom),
            None => doing,
        };
        self.doing = std::mem::take(&mut self.doing).then(doing);
    }

    /// Has what is run from here on be taken back only as long as a dataset stands aside.
    pub fn only_while(&mut self, aside: DatasetName) {
        self.aside = Some(aside);
    }

    /// Says whom what is run from here on is about, where names pass from one to another.
    pub fn about(&mut self, whom: Option<Whom>) {
        self.whom = whom;
    }

    /// Returns whether nothing is run.
    pub fn is_idle(&self) -> bool {
        self.doing.ops.is_empty()
    }

    /// Has it wait for something.
    pub fn after(&mut self, need: impl Into<Need>) {
        self.needs.push(need.into());
    }

    /// Says what is reached once it is done.
    pub fn reaches(&mut self, milestone: Milestone) {
        self.reaches.push(milestone);
    }
}
