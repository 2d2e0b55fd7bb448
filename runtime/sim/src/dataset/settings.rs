//! Properties of file systems and volumes: what a dataset has by itself, what it inherits, and what is so by default.

use super::space::reservation;
use crate::{
    mount::Follower,
    properties::{Complaint, completed, is_user_name, judge, row_of},
    state::{Pool, Refusal, State, refuse},
};
use phoenix_graph::{Class, DatasetName, PropertyName, Target, property, size::Bytes};
use phoenix_host::{
    observed::{Setting, Source},
    op::Assignment,
};
use std::collections::BTreeMap;

/// What the kernel keeps with a mount: a change mounts the file system again.
const REMOUNTED: &[&str] = &["atime", "devices", "exec", "nbmand", "readonly", "relatime", "setuid", "xattr"];

/// What a new file system takes over from its parent where it is not given, for good: no source is told.
pub const FROM_PARENT: [&str; 3] = ["casesensitivity", "normalization", "utf8only"];

impl State {
    /// What the schema calls a dataset.
    pub fn target(&self, name: &DatasetName) -> Target {
        if self.datasets.get(name).is_some_and(|dataset| dataset.volume) {
            Target::Volume
        } else {
            Target::Filesystem
        }
    }

    /// Tells a property's effective value and where it comes from; nothing where it does not apply. A mount
    /// with another option stands over what is set.
    pub fn effective(&self, name: &DatasetName, property: &str) -> Option<Setting> {
        let set = self.setting_of(name, property)?;
        Some(self.temporary(name, property, &set.raw).unwrap_or(set))
    }

    /// Tells what is set of a property, and where.
    pub fn setting_of(&self, name: &DatasetName, property: &str) -> Option<Setting> {
        let dataset = self.datasets.get(name)?;
        if property == "mountpoint" && !dataset.volume {
            return self.mountpoint_setting(name);
        }
        if property == "guid" {
            return (dataset.guid != 0)
                .then(|| Setting { raw: dataset.guid.to_string().into(), source: Source::None });
        }
        if property == "used" {
            let used = self.used(name).to_string();
            return Some(Setting { raw: used.into(), source: Source::None });
        }
        if let "referenced"
        | "usedbydataset"
        | "usedbyrefreservation"
        | "usedbysnapshots"
        | "usedbychildren"
        | "available" = property
        {
            let bytes = match property {
                "referenced" | "usedbydataset" => self.referenced(name),
                "usedbyrefreservation" => self.kept(name),
                // Its snapshots hold what its files hold.
                "usedbysnapshots" => 0,
                "usedbychildren" => {
                    self.used(name).saturating_sub(self.referenced(name)).saturating_sub(self.kept(name))
                }
                // What it keeps for itself is free for its files.
                _ => self.available(name).saturating_add(self.kept(name)),
            };
            return Some(Setting { raw: bytes.to_string().into(), source: Source::None });
        }
        if let "origin" | "written" = property {
            let raw = match property {
                "origin" => self.origin(name)?.to_string(),
                _ => self.written(name).to_string(),
            };
            return Some(Setting { raw: raw.into(), source: Source::None });
        }
        if let Some(told) = self.encryption_setting(name, property) {
            return told;
        }
        let user = property.contains(':');
        let row = row_of(self.zfs, self.target(name), property);
        if let Some(raw) = dataset.settings.get(property) {
            // What only a creation sets has no source, but for what would be so by itself.
            let source = match row {
                Some(row) if row.creation_only => match row.default.and_then(|word| row.parse(word).ok()) {
                    Some(value) if value.to_string() == **raw && property == "volblocksize" => {
                        Source::Default
                    }
                    _ => Source::None,
                },
                _ => Source::Local,
            };
            return Some(Setting { raw: raw.clone(), source });
        }
        if let Some(raw) = dataset.own(property) {
            return Some(Setting { raw: raw.into(), source: Source::Received });
        }
        if user || row.is_some_and(|row| row.inheritable && !FROM_PARENT.contains(&property)) {
            let mut above = name.parent();
            while let Some(parent) = above {
                if let Some(raw) = self.datasets.get(&parent).and_then(|state| state.own(property)) {
                    return Some(Setting {
                        raw: raw.into(),
                        source: Source::Inherited(parent.as_str().into()),
                    });
                }
                above = parent.parent();
            }
        }
        let row = row?;
        let raw: Box<str> = match (property, row.default) {
            ("type", _) => if dataset.volume { "volume" } else { "filesystem" }.into(),
            // So it is printed whatever it means: up to 2.2 `dir`, from 2.3 on `sa`.
            ("xattr" | "relatime", _) => "on".into(),
            (_, Some(default)) => {
                row.parse(default).map_or_else(|_| default.into(), |v| v.to_string().into())
            }
            (_, None) => return None,
        };
        let told = !row.read_only && !FROM_PARENT.contains(&property);
        let source = if told { Source::Default } else { Source::None };
        Some(Setting { raw, source })
    }

    /// `mountpoint` alone changes on its way down: a child's is its parent's with the child's name.
    fn mountpoint_setting(&self, name: &DatasetName) -> Option<Setting> {
        let mut below = String::new();
        let mut at = name.clone();
        loop {
            let state = self.datasets.get(&at)?;
            if let Some(raw) = state.own("mountpoint") {
                let source = match at == *name {
                    true if state.settings.contains_key("mountpoint") => Source::Local,
                    true => Source::Received,
                    false => Source::Inherited(at.as_str().into()),
                };
                return Some(Setting { raw: join(raw, &below), source });
            }
            let Some(parent) = at.parent() else {
                return Some(Setting { raw: join(&format!("/{at}"), &below), source: Source::Default });
            };
            below = format!("/{}{below}", at.leaf());
            at = parent;
        }
    }

    /// Judges an assignment for a dataset of a pool that is there.
    fn judge(
        &self,
        dataset: &DatasetName,
        target: Target,
        name: &PropertyName,
        word: &str,
    ) -> Result<Box<str>, Complaint> {
        let special = |pool: &Pool| pool.layout.iter().any(|vdev| vdev.class == Class::Special);
        // From 2.3 on it may be said before there is such a device.
        if self.zfs < (2, 3)
            && name.as_str() == "special_small_blocks"
            && row_of(self.zfs, target, name.as_str()).is_some()
            && word.parse::<Bytes>().is_ok()
            && !self.pools.get(&dataset.pool()).is_some_and(special)
        {
            let text = "special_small_blocks: property requires a special device in the pool";
            return Err(Complaint::Whole(text.to_owned()));
        }
        judge(self.zfs, target, name, word)
    }

    /// Judges properties for the creation of a dataset; the first bad one refuses all.
    pub fn take(
        &self,
        dataset: &DatasetName,
        target: Target,
        settings: &[Assignment],
    ) -> Result<BTreeMap<PropertyName, Box<str>>, Complaint> {
        let judged =
            settings.iter().map(|(name, word)| Ok((name.clone(), self.judge(dataset, target, name, word)?)));
        judged.collect::<Result<_, _>>().and_then(completed)
    }

    /// `zfs set`. An illegal value refuses the whole call before anything is set. What only the kernel
    /// refuses (a quota below what is used) leaves the other values set, and the call fails all the same.
    pub fn dataset_set(&mut self, name: &DatasetName, settings: &[Assignment]) -> Result<(), Refusal> {
        self.need(name)?;
        let tried = format!("cannot set property for '{name}'");
        let cannot = |text: String| Refusal { code: 255, text: format!("{tried}: {text}") };
        let target = self.target(name);
        let reservation_name = PropertyName::new("refreservation");
        let mut legal = Vec::new();
        for (property, word) in settings {
            let raw = self
                .judge(name, target, property, word)
                .map_err(|complaint| Refusal { code: 255, text: complaint.after(&tried) })?;
            if property::find(target, property.as_str()).is_some_and(|row| row.creation_only) {
                return Err(cannot(format!("'{property}' is readonly")));
            }
            if property.as_str() == "volsize" {
                self.check_size(name, &raw).map_err(cannot)?;
                if self.is_locked(name) {
                    return Err(cannot("permission denied".to_owned()));
                }
            }
            if property.as_str() == "keylocation"
                && let Some(reason) = self.location_refusal(name, &raw)
            {
                return Err(cannot(reason.to_owned()));
            }
            legal.push((property, raw));
        }
        if let Some(kept) = self.new_reservation(name, &legal) {
            legal.push((&reservation_name, kept));
        }
        let moving: Vec<(bool, Vec<Follower>)> = legal
            .iter()
            .filter_map(|(property, raw)| match property.as_str() {
                "mountpoint" => Some((true, self.followers(name))),
                "canmount" if &**raw == "off" && self.mounted_at(name).is_some() => {
                    Some((false, self.followers(name)))
                }
                _ => None,
            })
            .collect();
        for (all, followers) in &moving {
            self.unmount_followers(followers, *all)?;
        }
        let mut refusal = None;
        let remounts = settings.iter().any(|(property, _)| REMOUNTED.contains(&property.as_str()));
        // What is refused is tried once more after the others: a quota and a reservation may come in the
        // wrong order (`zfs_set_prop_nvlist` of OpenZFS).
        let mut again = Vec::new();
        for (last, due) in [(false, legal), (true, Vec::new())] {
            let due = if last { std::mem::take(&mut again) } else { due };
            for (property, raw) in due {
                match self.space_refusal(name, property.as_str(), &raw) {
                    Some(reason) if last => {
                        refusal = refusal.or_else(|| Some(cannot(reason.to_owned())));
                    }
                    Some(_) => again.push((property, raw)),
                    None => {
                        if let Some(state) = self.datasets.get_mut(name) {
                            state.passed_over.remove(property);
                            state.settings.insert(property.clone(), raw);
                        }
                    }
                }
            }
        }
        if let Some(refusal) = refusal {
            // What was unmounted for the change stays so.
            return Err(refusal);
        }
        for (all, followers) in &moving {
            self.follow(followers, *all);
        }
        if remounts && self.mounted_at(name).is_some() { self.remount(name) } else { Ok(()) }
    }

    /// Returns what a volume that reserves just its size reserves when that is changed.
    fn new_reservation(&self, name: &DatasetName, legal: &[(&PropertyName, Box<str>)]) -> Option<Box<str>> {
        let (_, size) = legal.iter().find(|(property, _)| property.as_str() == "volsize")?;
        if legal.iter().any(|(property, _)| property.as_str() == "refreservation") {
            return None;
        }
        let block = self.effective(name, "volblocksize")?.raw.parse().ok()?;
        let full = reservation(self.limit(name, "volsize"), block) == self.limit(name, "refreservation");
        full.then(|| reservation(size.parse().unwrap_or(0), block).to_string().into())
    }

    /// Carries mounts to their new places after a mount point or `canmount` was changed.
    fn follow(&mut self, followers: &[Follower], all: bool) {
        if let Some(last) = followers.last() {
            self.remove_place(last);
        }
        self.mount_followers(followers, all);
    }

    /// Checks a volume's new size against its blocks.
    fn check_size(&self, name: &DatasetName, raw: &str) -> Result<(), String> {
        let block = self.effective(name, "volblocksize").and_then(|setting| setting.raw.parse().ok());
        let (block, size) = (block.unwrap_or(16_384), raw.parse().unwrap_or(0_u64));
        if size > 0 && size.is_multiple_of(block) {
            return Ok(());
        }
        Err(format!("'volsize' must be a multiple of volume block size ({}K)", block / 1024))
    }

    /// `zfs inherit`: what was received is passed over from then on.
    pub fn dataset_inherit(&mut self, name: &DatasetName, property: &PropertyName) -> Result<(), Refusal> {
        self.unset(name, property, false)
    }

    /// `zfs inherit -S`: what was received holds again.
    pub fn dataset_received(&mut self, name: &DatasetName, property: &PropertyName) -> Result<(), Refusal> {
        self.unset(name, property, true)
    }

    fn unset(&mut self, name: &DatasetName, property: &PropertyName, received: bool) -> Result<(), Refusal> {
        if property.is_user() && !is_user_name(property.as_str()) {
            return refuse(2, format!("invalid property '{property}'"));
        }
        if !property.is_user() {
            let known =
                [Target::Filesystem, Target::Volume].map(|target| property::find(target, property.as_str()));
            let Some(row) = known.into_iter().flatten().next() else {
                return refuse(2, format!("invalid property '{property}'"));
            };
            if row.read_only || row.creation_only {
                return refuse(1, format!("{property} property is read-only"));
            }
            if !row.inheritable && !received {
                return refuse(2, format!("'{property}' property cannot be inherited"));
            }
        }
        self.need(name)?;
        if !property.is_user() && property::find(self.target(name), property.as_str()).is_none() {
            return refuse(
                1,
                format!(
                    "cannot inherit {property} for '{name}': property doesn't apply to datasets of this type"
                ),
            );
        }
        // Of a `canmount` that goes back, too, whatever it is then: `zfs inherit` has none of the exceptions
        // that `zfs set` makes.
        let moves = matches!(property.as_str(), "mountpoint" | "canmount");
        let all = property.as_str() == "mountpoint";
        let followers = if moves { self.followers(name) } else { Vec::new() };
        self.unmount_followers(&followers, all)?;
        if let Some(state) = self.datasets.get_mut(name) {
            state.settings.remove(property);
            if received {
                state.passed_over.remove(property);
            } else if state.received.contains_key(property) {
                state.passed_over.insert(property.clone());
            }
        }
        self.follow(&followers, all);
        if REMOUNTED.contains(&property.as_str()) && self.mounted_at(name).is_some() {
            return self.remount(name);
        }
        Ok(())
    }

    /// Refuses where a dataset is not there.
    pub fn need(&self, name: &DatasetName) -> Result<(), Refusal> {
        match self.dataset(name) {
            Some(_) => Ok(()),
            None => refuse(1, format!("cannot open '{name}': dataset does not exist")),
        }
    }
}

/// Puts a child's path below a mount point; `none` and `legacy` stay what they are.
fn join(mountpoint: &str, below: &str) -> Box<str> {
    match mountpoint {
        "none" | "legacy" => mountpoint.into(),
        "/" if !below.is_empty() => below.into(),
        path => format!("{path}{below}").into(),
    }
}
