//! What clients tell exports apart by (`fsid=`): the server serves one path under the file handles of two that say the
//! same to one client.

use super::{Checker, Shared};
use crate::{
    diagnostic::{Diagnostic, code},
    resolve::spec::ViaId,
    source::Place,
};
use phoenix_graph::{
    Export, Resource,
    export::{
        Fsid,
        overlap::{Overlap, overlap},
    },
};
use std::collections::{BTreeMap, BTreeSet};

/// What one client of an export is told.
struct Told {
    /// The path that is exported.
    path: Box<str>,
    client: Box<str>,
    place: Place,
    via: Option<ViaId>,
}

impl Checker<'_, '_, '_> {
    /// Looks at what all exports say.
    pub(super) fn look_at_fsids(&mut self) {
        let mut told: BTreeMap<Fsid, Vec<Told>> = BTreeMap::new();
        let mut clashing: BTreeSet<(Fsid, Box<str>)> = BTreeSet::new();
        let (all, resources) = (std::mem::take(&mut self.shared), std::mem::take(&mut self.resources));
        for shared in &all {
            let Some(Resource::Export(export)) = resources.get(shared.at) else { continue };
            for (client, fsid) in said(export) {
                let (Some(fsid), Some((place, via))) = (fsid, shared.clients.get(client)) else { continue };
                let one = Told { path: export.path.clone(), client: client.into(), place: *place, via: *via };
                let before = told.entry(fsid).or_default();
                let clash = before
                    .iter()
                    .find(|other| other.path != one.path && overlap(&other.client, client) != Overlap::Never);
                if let Some(other) = clash
                    && clashing.insert((fsid, one.path.clone()))
                {
                    self.same_fsid(fsid, &one, other);
                }
                before.push(one);
            }
            self.look_at_clients(shared, export);
        }
        (self.shared, self.resources) = (all, resources);
    }

    fn same_fsid(&mut self, fsid: Fsid, one: &Told, other: &Told) {
        let both = match overlap(&one.client, &other.client) {
            Overlap::Always if one.client == other.client => format!("to {}", one.client),
            Overlap::Always => format!("to {} and {}, which meet", other.client, one.client),
            _ => format!("to {} and {}, which may be one machine", other.client, one.client),
        };
        let (message, help) = if fsid == Fsid::ROOT {
            (
                format!("{} and {} are both the root of all exports ({fsid}) {both}", other.path, one.path),
                "leave `fsid` out: version 4 shows every export by its own path; or keep one root",
            )
        } else {
            (
                format!("{} and {} are exported with the same {fsid} {both}", other.path, one.path),
                "give each a number of its own, or leave `fsid` out: ZFS file systems have a UUID",
            )
        };
        let mut diagnostic = Diagnostic::new(code::DUPLICATE_FSID, message).at(one.place, "here again");
        // In `each` and in profiles one place makes several.
        if one.place != other.place {
            diagnostic = diagnostic.at(other.place, "here first");
        }
        self.push(diagnostic.help(help), one.via);
    }

    /// Tells of an export that one machine may have under two.
    fn look_at_clients(&mut self, shared: &Shared<'_>, export: &Export) {
        let said: Vec<(&str, Option<Fsid>)> = said(export).collect();
        if said.iter().all(|(_, fsid)| *fsid == said[0].1) {
            return;
        }
        let differs = said.iter().enumerate().find_map(|(at, (client, fsid))| {
            let other = said[..at]
                .iter()
                .find(|(other, before)| before != fsid && overlap(other, client) != Overlap::Never)?;
            Some(((*client, *fsid), *other))
        });
        let Some((one, other)) = differs else { return };
        let word = |fsid: Option<Fsid>| fsid.map_or("no `fsid`".to_owned(), |fsid| format!("`{fsid}`"));
        let message = format!(
            "{} is exported to {} with {}, and to {} with {}: a machine may be both",
            export.path,
            other.0,
            word(other.1),
            one.0,
            word(one.1)
        );
        let place = |client: &str| shared.clients.get(client).map_or(shared.place, |(place, _)| *place);
        let mut diagnostic = Diagnostic::new(code::FSID_BY_CLIENT, message).at(place(one.0), "this for one");
        if place(one.0) != place(other.0) {
            diagnostic = diagnostic.at(place(other.0), "that for the other");
        }
        let diagnostic = diagnostic.help("say it once for all clients: `options \"fsid=…\"` in the export");
        let diagnostic = self.vias.label(diagnostic, shared.via);
        if !shared.allow.contains(&diagnostic.code.name) {
            self.sink.push(diagnostic);
        }
    }
}

/// Lists what each client of an export is told.
fn said(export: &Export) -> impl Iterator<Item = (&str, Option<Fsid>)> {
    export.clients.iter().map(|(client, options)| (&**client, Fsid::of(options)))
}
