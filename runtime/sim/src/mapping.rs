//! Directory mappings: what `pvesh` does to what ids stand for.

use crate::{
    given::{Given, Roots},
    pvesh::{self, Site},
    state::{Refusal, State, refuse},
};
use phoenix_host::{
    HostError,
    observed::{Containers, Mappings, NodeDirectory, Observed, Query, mount::plain},
    op::Op,
    text::directory_cfg,
};
use std::path::Path;

/// Where it says what ids stand for.
pub const DIRECTORY_CFG: &str = "/etc/pve/mapping/directory.cfg";

/// Reads what ids stand for, where guests were looked at before.
pub fn look(state: &State, _: &Roots, _: &Query, seen: &mut Observed) -> Result<(), HostError> {
    if let Containers::Found(found) = &mut seen.containers {
        found.mappings = state.mappings().into();
        found.mappings.look(&state.node, |path| state.folder_exists(&plain(path)));
    }
    Ok(())
}

/// Changes what an id stands for.
pub fn perform(state: &mut State, _: Given<'_>, op: &Op) -> Option<Result<(), HostError>> {
    let Op::DirectoryMap { id, over, .. } = op else { return None };
    // Has what the real host is asked for, besides its command: nothing else stands where something is written.
    let stands = state.mappings().expects(id, over).or_else(|why| refuse(255, why));
    let words = op.argv().unwrap_or_default();
    let done = stands.and_then(|()| {
        state.has_tool("pvesh")?;
        let outcome = pvesh::run(words.get(1..).unwrap_or_default(), &mut Here { state });
        match outcome.status {
            0 => Ok(()),
            code => Err(Refusal { code: code.into(), text: outcome.stderr }),
        }
    });
    Some(done.map_err(|refusal| refusal.of(op)))
}

impl State {
    fn mappings(&self) -> Mappings {
        let text = self.files.get(Path::new(DIRECTORY_CFG));
        text.map(|text| directory_cfg::read(text.as_bytes()).mappings).unwrap_or_default()
    }

    /// Returns the directory that an id stands for on this node.
    pub(crate) fn mapped(&self, id: &str) -> Option<NodeDirectory> {
        self.mappings().of(id).iter().find(|one| one.node == self.node).cloned()
    }
}

/// The simulated host as the place that `pvesh` runs on.
pub struct Here<'a> {
    pub state: &'a mut State,
}

impl Site for Here<'_> {
    fn node(&self) -> String {
        self.state.node.to_string()
    }

    fn lock(&mut self) -> Result<(), String> {
        self.state.cluster_lock()
    }

    fn read(&mut self) -> Result<Option<String>, String> {
        Ok(self.state.files.get(Path::new(DIRECTORY_CFG)).cloned())
    }

    fn write(&mut self, text: &str) -> Result<(), String> {
        self.state.files.insert(DIRECTORY_CFG.into(), text.to_owned());
        Ok(())
    }

    /// No operation goes by it: nobody writes at the same time.
    fn digest(&mut self, _: &str) -> Result<String, String> {
        Ok(String::new())
    }

    fn exists(&self, path: &str) -> bool {
        self.is_folder(path)
    }

    fn is_folder(&self, path: &str) -> bool {
        self.state.folder_exists(&plain(path))
    }
}
