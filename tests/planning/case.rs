//! A case: its parts, the plan that is made of them, and whether that is what the case says.

use super::{host::Host, words::Words};
use kdl::KdlDocument;
use phoenix_compiler::{OneFile, SpecPath, compile};
use phoenix_graph::{Graph, HostName, code::Example};
use phoenix_plan::{Before, Consent, Inputs, Places, Plan, plan, rendered};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

/// One case, as it is written.
#[derive(Default)]
pub struct Case {
    pub name: String,
    /// Its parts by name, in their order: `host`, `current`, `spec`.
    parts: Vec<(String, String)>,
    /// What is asked for: what the person allows.
    asked: String,
    /// What is wanted, a line for each thing.
    pub wanted: String,
}

/// Reads a file: what stands before the first case, and the cases.
pub fn read(text: &str) -> (String, Vec<Case>) {
    let mut head = String::new();
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines() {
        let between = |mark: &str| line.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark));
        if let Some(name) = between("---") {
            cases.push(Case { name: name.trim().to_owned(), ..Case::default() });
            continue;
        }
        let Some(case) = cases.last_mut() else {
            head.extend([line, "\n"]);
            continue;
        };
        if let Some(name) = between("===") {
            case.parts.push((name.trim().to_owned(), String::new()));
            continue;
        }
        let part = match case.parts.last_mut() {
            Some((name, _)) if name == "plan" && is_wanted(line) => &mut case.wanted,
            Some((name, _)) if name == "plan" => &mut case.asked,
            Some((_, part)) => part,
            None => panic!("{}: {line:?} stands in no part", case.name),
        };
        if !line.trim().is_empty() {
            part.extend([line, "\n"]);
        }
    }
    (head, cases)
}

fn is_wanted(line: &str) -> bool {
    ["refuse ", "warn ", "action "].iter().any(|word| line.starts_with(word))
}

impl Case {
    /// Writes the case with this in the place of what was wanted.
    pub fn write(&self, told: &str) -> String {
        let mut text = format!("--- {} ---\n", self.name);
        for (name, part) in &self.parts {
            let _ = write!(text, "=== {name} ===\n{part}");
        }
        text + &self.asked + told + "\n"
    }

    fn part(&self, wanted: &str) -> Option<&str> {
        self.parts.iter().find(|(name, _)| name == wanted).map(|(_, text)| &**text)
    }

    /// Plans what the case says.
    pub fn run(&self) -> Result<Plan, String> {
        let known = ["host", "current", "spec", "plan"];
        if let Some((name, _)) = self.parts.iter().find(|(name, _)| !known.contains(&&**name)) {
            return Err(format!("no case has a part {name:?}"));
        }
        let desired = graph(self.part("spec").ok_or("it has no spec")?)?;
        let current = self.part("current").map(graph).transpose()?;
        let host = Host::read(&document(self.part("host").unwrap_or_default())?)?;
        let (consent, back) = self.consent()?;
        let etc = |number: u64| format!("/var/lib/phoenix/generations/{number}/etc").into();
        // What the current generation says is in force.
        let in_force =
            current.as_ref().map(rendered).transpose().map_err(|fault| fault.reason.to_string())?;
        let in_force = in_force.unwrap_or_default();
        let (made, home, before) = (BTreeSet::new(), BTreeSet::new(), Before::new());
        Ok(plan(&Inputs {
            desired: &desired,
            current: current.as_ref(),
            adopted: &host.adopted,
            made: &made,
            coming_home: &home,
            before: &before,
            gives_back: back,
            observed: &host.observed,
            record: &host.record,
            in_force: &in_force,
            places: &Places {
                state: "/var/lib/phoenix".into(),
                etc: "/var/lib/phoenix/etc".into(),
                after: etc(2),
                between: "/var/lib/phoenix/txn/2/etc".into(),
            },
            number: 2,
            to: if back { 1 } else { 2 },
            consent: &consent,
            past: &host.past,
        }))
    }

    /// Reads what the person allows, and whether one goes back.
    fn consent(&self) -> Result<(Consent, bool), String> {
        let (mut consent, mut back) = (Consent::default(), false);
        for node in document(&self.asked)?.nodes() {
            let mut words = Words::new(node);
            match words.word() {
                "adopt" => consent.adopt = true,
                "going-back" => back = true,
                "consent" => _ = consent.irreversible.insert(words.arg()?),
                "consent-file" => _ = consent.files.insert(words.arg::<String>()?.into()),
                "with-data" => {
                    let name: String = words.arg()?;
                    consent.with_data.insert(super::host::dataset(&name)?);
                }
                _ => return Err(words.wrong("nothing like it can be asked for")),
            }
            words.end()?;
        }
        Ok((consent, back))
    }

    /// Lists the codes that are wanted.
    pub fn codes(&self) -> Vec<String> {
        let wanted = document(&self.wanted).unwrap();
        wanted.nodes().iter().filter_map(|node| node.get("code")?.as_string().map(str::to_owned)).collect()
    }

    /// Holds a plan against what is wanted: each refusal and each warning; and each action, where nothing is
    /// refused.
    pub fn compare(&self, plan: &Plan) -> Result<(), String> {
        let wanted = document(&self.wanted)?;
        let told = told(plan);
        let differs = || Err(format!("wanted:\n{}told:\n{told}", self.wanted));
        let is = document(&told)?;
        if wanted.nodes().len() != is.nodes().len() {
            return differs();
        }
        for (wanted, is) in wanted.nodes().iter().zip(is.nodes()) {
            let (mut wanted, mut is) = (Words::new(wanted), Words::new(is));
            let same = wanted.word() == is.word()
                && match (&wanted.args()[..], &is.args()[..]) {
                    ([kind, subject], is) if wanted.word() == "action" => {
                        is == [kind.clone(), subject.clone()]
                    }
                    ([key, part], [of, text]) => key == of && text.contains(part),
                    _ => false,
                };
            let props = is.props();
            if !same || wanted.props().iter().any(|(name, value)| props.get(name) != Some(value)) {
                return differs();
            }
            wanted.end()?;
        }
        Ok(())
    }
}

/// Writes what a plan says, a line for each thing.
pub fn told(plan: &Plan) -> String {
    let mut text = String::new();
    for refusal in &plan.refusals {
        let (key, code) = (refusal.key.to_string(), refusal.code);
        let _ = writeln!(text, "refuse {key:?} code={code} {:?}", refusal.reason);
    }
    for warning in &plan.warnings {
        let (key, code) = (warning.key.to_string(), warning.code);
        let _ = writeln!(text, "warn {key:?} code={code} {:?}", warning.text);
    }
    for action in plan.actions.iter().filter(|_| plan.refusals.is_empty()) {
        let kind = format!("{:?}", action.kind).to_lowercase();
        let _ = write!(text, "action {kind} {:?}", action.subject.to_string());
        let changes: BTreeMap<&str, String> = action
            .changes
            .iter()
            .map(|change| {
                let word = |word: &Option<String>| word.clone().unwrap_or_else(|| "-".to_owned());
                (&*change.setting, format!("{} -> {}", word(&change.old), word(&change.new)))
            })
            .collect();
        for (name, change) in changes {
            let _ = write!(text, " {name:?}={change:?}");
        }
        text.push('\n');
    }
    text
}

fn document(text: &str) -> Result<KdlDocument, String> {
    text.parse().map_err(|error: kdl::KdlError| {
        let told = error.diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>();
        format!("this is no KDL: {}\n{text}", told.join("; "))
    })
}

/// Compiles a spec, or what stands in a pool of two disks. A list in brackets is a closure: resources as a store
/// has them, which may say what no spec says.
fn graph(text: &str) -> Result<Graph, String> {
    if text.starts_with('[') {
        let resources = serde_json::from_str(text).map_err(|error| format!("the closure: {error}"))?;
        let host = HostName::new("localhost").map_err(|error| error.to_string())?;
        return Graph::assemble(host, resources).map_err(|error| format!("the closure: {error}"));
    }
    let whole = text.starts_with("edition");
    let text = if whole { text.into() } else { Example::Pool(String::leak(text.to_owned())).text() };
    let name = SpecPath::new("spec.kdl").map_err(|error| error.to_string())?;
    let mut compiled = compile(&OneFile(text.into()), &name);
    let graph = compiled.hosts.pop().and_then(|host| host.graph);
    graph.ok_or_else(|| {
        let told = compiled.diagnostics.iter().map(|told| format!("{}: {}", told.code, told.message));
        format!("the spec: {}", told.collect::<Vec<_>>().join("; "))
    })
}
