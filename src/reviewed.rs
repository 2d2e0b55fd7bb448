//! Reviewed plans: a plan in a file, with all that it was made for, so that what was read by one person can
//! be carried out by another, or later; and only if it is still what would be done.

use crate::{exit::Exit, failure::Failure, sources::Texts};
use phoenix_graph::{Graph, HostName, ObjectId, Resource, canonical};
use phoenix_plan::{Action, Change, Consent, Plan, Subject};
use phoenix_store::Cause;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    io::{ErrorKind, Read, Write},
    path::Path,
};

/// The format that this version writes, and the newest that it reads.
const FORMAT: u32 = 1;
/// How much of a file is looked at for what it is, in bytes.
const BEGINS: u64 = 4096;
/// The most bytes of such a file: a new host of 80,000 datasets, each with its export.
const MOST: u64 = 256 << 20;
/// What such a file says of itself.
const WHAT: &str = "reviewed plan";

/// A plan with all that it was made for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reviewed {
    /// The name that the spec gives the host.
    pub host: HostName,
    /// The machine that was looked at: its own name, or the folder of a simulated one.
    pub machine: String,
    /// The generation that was current.
    pub current: Option<u64>,
    /// The system that holds after.
    pub system: ObjectId,
    /// Its resources, which are all of it.
    resources: Vec<Resource>,
    /// The texts of the spec, with their names.
    sources: Vec<(String, String)>,
    /// What the person allowed.
    pub consent: Consent,
    pub plan: Plan,
}

/// The file: what is in it is proven by its hash.
#[derive(Debug, Serialize, Deserialize)]
struct Sealed {
    phoenix: String,
    format: u32,
    digest: ObjectId,
    content: serde_json::Value,
}

impl Reviewed {
    /// Puts a plan together with what it was made for.
    #[must_use]
    pub fn new(
        graph: &Graph,
        texts: &Texts,
        machine: String,
        current: Option<u64>,
        consent: Consent,
        plan: Plan,
    ) -> Self {
        Self {
            host: graph.host().clone(),
            machine,
            current,
            system: graph.id(),
            resources: graph.resources().cloned().collect(),
            sources: texts.iter().map(|(name, text)| (name.clone(), text.to_string())).collect(),
            consent,
            plan,
        }
    }

    /// Returns whether a file begins like one of these. No spec begins with a brace, and no object of a store
    /// with this name.
    #[must_use]
    pub fn is_one(path: &Path) -> bool {
        let mut begin = Vec::new();
        // It may be a spec of any length, which has more to say of itself.
        let read = |file: fs::File| file.take(BEGINS).read_to_end(&mut begin);
        if !path.is_file() || fs::File::open(path).and_then(read).is_err() {
            return false;
        }
        let begin = begin.trim_ascii_start().strip_prefix(b"{");
        begin.is_some_and(|rest| rest.trim_ascii_start().starts_with(b"\"phoenix\":"))
    }

    /// Writes the file, which must not be there.
    ///
    /// # Errors
    /// Where it is there, or cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), Failure> {
        let doing = || format!("cannot write the plan to {}", path.display());
        let failed = |error: Cause| Failure::new(Exit::Failed, doing()).because(error);
        let content = serde_json::to_value(self).map_err(|error| failed(error.into()))?;
        let digest = digest(&content).map_err(|error| failed(error.into()))?;
        let sealed = Sealed { phoenix: WHAT.to_owned(), format: FORMAT, digest, content };
        let text = serde_json::to_string_pretty(&sealed).map_err(|error| failed(error.into()))? + "\n";
        if text.len() as u64 > MOST {
            return Err(Failure::new(Exit::Refused, doing())
                .because(format!("it comes to more than {MOST} bytes, which is all that is read of one"))
                .help("`phoenix plan --json` shows it; let `phoenix switch` make it anew"));
        }
        let file = OpenOptions::new().write(true).create_new(true).open(path);
        file.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all())).map_err(
            |error| match error.kind() {
                ErrorKind::AlreadyExists => Failure::new(Exit::Refused, doing())
                    .because("it is there already")
                    .help("name another file, or move it away"),
                _ => failed(error.into()),
            },
        )
    }

    /// Reads a file, and proves it.
    ///
    /// # Errors
    /// Where it is damaged, or of a newer version.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let refused = |why: &str| {
            Failure::new(Exit::Refused, format!("cannot take the plan in {}", path.display()))
                .because(format!("{why}; nothing was changed"))
                .help("write it anew with `phoenix plan --out FILE`, and read it again")
        };
        let damaged = || refused("the file is damaged, or was changed by hand");
        let mut text = Vec::new();
        fs::File::open(path).and_then(|file| file.take(MOST + 1).read_to_end(&mut text)).map_err(
            |error| Failure::new(Exit::Failed, format!("cannot read {}", path.display())).because(error),
        )?;
        if text.len() as u64 > MOST {
            return Err(refused(&format!("it has more than {MOST} bytes, and no plan is so large")));
        }
        let mut value: serde_json::Value = serde_json::from_slice(&text).map_err(|_| damaged())?;
        drop(text);
        if value.get("phoenix").and_then(serde_json::Value::as_str) != Some(WHAT) {
            return Err(refused("it is JSON, and no plan that phoenix wrote"));
        }
        if value
            .get("format")
            .and_then(serde_json::Value::as_u64)
            .is_some_and(|format| format > FORMAT.into())
        {
            return Err(refused("it was written by a newer version of phoenix"));
        }
        let sealed: Sealed = serde_json::from_value(value.take()).map_err(|_| damaged())?;
        if digest(&sealed.content).ok() != Some(sealed.digest) {
            return Err(damaged());
        }
        serde_json::from_value(sealed.content).map_err(|_| damaged())
    }

    /// Returns the graph that the plan leads to.
    ///
    /// # Errors
    /// Where this version makes another system of the same resources.
    pub fn graph(&self) -> Result<Graph, Failure> {
        let graph = Graph::assemble(self.host.clone(), self.resources.clone()).ok();
        graph.filter(|graph| graph.id() == self.system).ok_or_else(|| {
            Failure::new(Exit::Refused, format!("cannot take the plan for system {}", self.system.short()))
                .because("this version of phoenix makes another system of the same resources")
                .help("write the plan anew with `phoenix plan --out FILE`, and read it again")
        })
    }

    /// Returns the texts of the spec.
    #[must_use]
    pub fn texts(&self) -> Texts {
        self.sources.iter().map(|(name, text)| (name.clone(), text.as_str().into())).collect()
    }
}

fn digest(content: &serde_json::Value) -> Result<ObjectId, serde_json::Error> {
    canonical::to_bytes(content).map(|bytes| ObjectId::of(&bytes))
}

/// Tells how a plan that is made now differs from one that was reviewed, a line for each difference; none
/// where they are the same to the last command.
#[must_use]
pub fn changed(reviewed: &Plan, now: &Plan) -> Vec<String> {
    if reviewed == now {
        return Vec::new();
    }
    let mut lines = Vec::new();
    if reviewed.number != now.number {
        lines.push(format!(
            "it would be attempt {}, and the reviewed one was {}: a switch was tried since",
            now.number, reviewed.number
        ));
    }
    let (before, after) = (by_subject(reviewed), by_subject(now));
    for (subject, actions) in &before {
        match after.get(subject) {
            None => lines.push(format!("gone: {}", shown(actions))),
            Some(others) if others != actions => lines.extend(differing(actions, others)),
            Some(_) => {}
        }
    }
    for (_, actions) in after.iter().filter(|(subject, _)| !before.contains_key(*subject)) {
        lines.push(format!("new: {}", shown(actions)));
    }
    for refusal in now.refusals.iter().filter(|refusal| !reviewed.refusals.contains(refusal)) {
        lines.push(format!("refused: {}: {}", refusal.key, refusal.reason));
    }
    for warning in now.warnings.iter().filter(|warning| !reviewed.warnings.contains(warning)) {
        lines.push(format!("warning: {}: {}", warning.key, warning.text));
    }
    if lines.is_empty() {
        lines.push("the same things would be done, in another way or order".to_owned());
    }
    lines
}

fn by_subject(plan: &Plan) -> BTreeMap<&Subject, Vec<&Action>> {
    let mut found: BTreeMap<&Subject, Vec<&Action>> = BTreeMap::new();
    for action in &plan.actions {
        found.entry(&action.subject).or_default().push(action);
    }
    found
}

/// Tells what is done to one thing, and how.
fn shown(actions: &[&Action]) -> String {
    let told = actions.iter().map(|action| {
        let changes: Vec<String> = action.changes.iter().map(change).collect();
        let changes = if changes.is_empty() { String::new() } else { format!(" ({})", changes.join(", ")) };
        format!("{} {}{changes}", format!("{:?}", action.kind).to_lowercase(), action.subject)
    });
    told.collect::<Vec<_>>().join(", and ")
}

fn differing(before: &[&Action], now: &[&Action]) -> Vec<String> {
    // Which actions come first is no difference in what is done to this one.
    let same = |(a, b): (&&Action, &&Action)| {
        (a.kind, &a.changes, &a.ops, &a.inverses, a.class)
            == (b.kind, &b.changes, &b.ops, &b.inverses, b.class)
    };
    if before.len() == now.len() && before.iter().zip(now).all(same) {
        return Vec::new();
    }
    let (old, new) = (shown(before), shown(now));
    if old == new {
        return vec![format!("differs: {new}, by other commands")];
    }
    vec![format!("differs: {old}; now {new}")]
}

fn change(change: &Change) -> String {
    let word = |word: &Option<String>| word.clone().unwrap_or_else(|| "not set".to_owned());
    format!("{} {} → {}", change.setting, word(&change.old), word(&change.new))
}
