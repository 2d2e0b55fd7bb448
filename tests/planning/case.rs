//! A case: its parts, the plan that is made of them, and whether that is what the case says.

use super::{host::Host, scheduled, told::told, words::Words};
use kdl::KdlDocument;
use phoenix_compiler::{OneFile, SpecPath, compile};
use phoenix_graph::{Graph, HostName, code::Example};
use phoenix_plan::{Consent, Inputs, Places, Plan, plan, rendered};
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
    /// What is asked for, a line for each thing.
    asked: String,
    /// What is wanted, a line for each thing.
    pub wanted: String,
}

/// What is asked for.
#[derive(Default)]
struct Asked {
    /// What the person allows.
    consent: Consent,
    /// Whether one goes back.
    back: bool,
    /// The number of the attempt, where that is not the second.
    number: Option<u64>,
    /// The generation that is gone back to, where that is not the first.
    to: Option<u64>,
    /// Whether the operations are told, too.
    commands: bool,
}

/// Reads a file: what stands before the first case, and the cases.
pub fn read(text: &str) -> Result<(String, Vec<Case>), String> {
    let mut head = String::new();
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines() {
        let between = |mark: &str| line.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark));
        if let Some(name) = between("---") {
            cases.push(Case { name: name.trim().to_owned(), ..Case::default() });
            continue;
        }
        let Some(case) = cases.last_mut() else {
            if !line.is_empty() && !line.starts_with("//") {
                return Err(format!("{line:?} stands before all cases"));
            }
            head.extend([line, "\n"]);
            continue;
        };
        if let Some(name) = between("===") {
            case.begin(name.trim())?;
            continue;
        }
        let part = match case.parts.last_mut() {
            Some((name, _)) if name == "plan" && is_wanted(line) => &mut case.wanted,
            Some((name, _)) if name == "plan" => &mut case.asked,
            Some((_, part)) => part,
            None => return Err(format!("{}: {line:?} stands in no part", case.name)),
        };
        if !line.trim().is_empty() {
            part.extend([line, "\n"]);
        }
    }
    match cases.iter().find(|case| case.part("plan").is_none()) {
        Some(case) => Err(format!("{}: it says no plan", case.name)),
        None => Ok((head, cases)),
    }
}

fn is_wanted(line: &str) -> bool {
    ["refuse ", "warn ", "action ", "run ", "before "].iter().any(|word| line.starts_with(word))
}

impl Case {
    fn begin(&mut self, name: &str) -> Result<(), String> {
        if !["host", "current", "spec", "plan"].contains(&name) {
            return Err(format!("{}: no case has a part {name:?}", self.name));
        }
        if self.part(name).is_some() {
            return Err(format!("{}: its {name} is said twice", self.name));
        }
        self.parts.push((name.to_owned(), String::new()));
        Ok(())
    }

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
        let desired = graph(self.part("spec").ok_or("it has no spec")?)?;
        let current = self.part("current").map(graph).transpose()?;
        let mut host = Host::read(&document(self.part("host").unwrap_or_default())?)?;
        let Asked { consent, back, number, to, .. } = self.asked()?;
        let number = number.unwrap_or(2);
        let etc = |number: u64| format!("/var/lib/phoenix/generations/{number}/etc").into();
        // What the current generation says is in force.
        let in_force =
            current.as_ref().map(rendered).transpose().map_err(|fault| fault.reason.to_string())?;
        let in_force = in_force.unwrap_or_default();
        scheduled::run(&mut host.observed, &in_force);
        let (made, home) = (BTreeSet::new(), BTreeSet::new());
        Ok(plan(&Inputs {
            desired: &desired,
            current: current.as_ref(),
            adopted: &host.adopted,
            made: &made,
            coming_home: &home,
            came_home: &BTreeMap::new(),
            before: &host.before,
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
            number,
            to: if back { to.unwrap_or(1) } else { number },
            consent: &consent,
            past: &host.past,
        }))
    }

    fn asked(&self) -> Result<Asked, String> {
        let mut asked = Asked::default();
        let consent = &mut asked.consent;
        for node in document(&self.asked)?.nodes() {
            let mut words = Words::new(node);
            match words.word() {
                "adopt" => consent.adopt = true,
                "going-back" => {
                    asked.back = true;
                    asked.to = words.prop("to")?;
                }
                "number" => asked.number = Some(words.arg()?),
                "commands" => asked.commands = true,
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
        Ok(asked)
    }

    /// Writes what a plan says, as far as the case asks for it.
    pub fn told(&self, plan: &Plan) -> Result<String, String> {
        Ok(told(plan, self.asked()?.commands))
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
        let told = self.told(plan)?;
        let differs = || Err(format!("wanted:\n{}told:\n{told}", self.wanted));
        let is = document(&told)?;
        if wanted.nodes().len() != is.nodes().len() {
            return differs();
        }
        for (wanted, is) in wanted.nodes().iter().zip(is.nodes()) {
            let (mut wanted, mut is) = (Words::new(wanted), Words::new(is));
            // Of what is told to people a part is enough.
            let same = match (wanted.word(), &wanted.args()[..], &is.args()[..]) {
                ("refuse" | "warn", [key, part], [of, text]) => key == of && text.contains(part),
                (_, wanted, is) => wanted == is,
            };
            if wanted.word() != is.word() || !same || wanted.props() != is.props() {
                return differs();
            }
            wanted.end()?;
        }
        Ok(())
    }
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
