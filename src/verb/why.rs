//! `phoenix why`

use crate::{
    exit::Exit,
    failure::Failure,
    show::Paint,
    spec::{NAME, Spec, Tell},
    terminal::Terminal,
};
use clap::Args;
use phoenix_compiler::{
    Origin, Place, Traced,
    diagnostic::did_you_mean,
    origin::{By, Hop, SettingOrigin, inherited},
    why,
};
use phoenix_graph::{HostName, Key};
use std::{
    collections::BTreeMap,
    fmt::Write,
    path::{Path, PathBuf},
};

/// Tell why a resource is as it is
///
/// Shows who said each setting, and where: by way of which lets, params, profiles, repetitions and
/// imports it came, and what it stands over. A resource is called by its key (dataset:tank/vms) or by
/// its name alone.
#[derive(Debug, Args)]
pub struct Why {
    /// The resource, such as dataset:tank/vms, tank/vms or export:/tank/shared
    resource: String,
    /// Only this setting, such as recordsize
    setting: Option<String>,
    /// The spec, or a folder that holds one; without a setting before it, a path with a slash or .kdl
    /// in it [default: phoenix.kdl]
    spec: Option<PathBuf>,
    /// The host, where the spec has several
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Why {
    /// Runs the verb.
    pub fn run(&self, terminal: &Terminal) -> Result<Exit, Failure> {
        let (setting, spec) = match (self.setting.as_deref(), &self.spec) {
            // No setting has either in its name.
            (Some(path), None) if path.contains('/') || path.ends_with(".kdl") => (None, Path::new(path)),
            (setting, spec) => (setting, spec.as_deref().unwrap_or(Path::new(NAME))),
        };
        let tell = if self.json { Tell::Programs } else { Tell::People };
        let traced = Spec::trace(spec, tell, terminal)?;
        let found = self.resources(&traced)?;
        if self.json {
            let views: Result<Vec<_>, _> =
                found.iter().filter_map(|found| view(found, setting, &traced)).collect();
            terminal.json(&views?);
            return Ok(Exit::Done);
        }
        let several = traced.hosts.len() > 1;
        let mut teller = Teller { traced: &traced, paint: terminal.paint(), text: String::new() };
        for (at, (host, key, origins)) in found.into_iter().enumerate() {
            if at > 0 {
                teller.text.push('\n');
            }
            let Some(origin) = origins.get(&key) else { continue };
            let of = if several { format!(" of {host}") } else { String::new() };
            let _ = writeln!(teller.text, "{}{of}", teller.paint.strong(&key.to_string()));
            match setting {
                None => teller.origin(origin, 1),
                Some(name) => teller.setting_of(&key, origin, name, origins)?,
            }
        }
        terminal.print(teller.text);
        Ok(Exit::Done)
    }

    /// Finds the resources that are meant: of each kind and on each host one at most.
    fn resources<'t>(&self, traced: &'t Traced) -> Result<Vec<Found<'t>>, Failure> {
        let mut names = Vec::new();
        let mut found = Vec::new();
        for (host, origins) in &traced.hosts {
            if self.host.as_deref().is_some_and(|named| named != host.as_str()) {
                continue;
            }
            for key in origins.keys() {
                let full = key.to_string();
                let short = full.split_once(':').map_or("", |(_, name)| name).to_owned();
                if full == self.resource || short == self.resource {
                    found.push((host, key.clone(), origins));
                }
                names.extend([full, short]);
            }
        }
        if found.is_empty() {
            let near = did_you_mean(&self.resource, names.iter().map(String::as_str));
            let doing = format!("the spec has no resource {}", self.resource);
            return Err(Failure::new(Exit::Usage, doing).help(match near {
                Some(near) => format!("did you mean {near}?"),
                None => "`phoenix graph` shows all".to_owned(),
            }));
        }
        Ok(found)
    }
}

/// Describes where a resource comes from, or one setting of it.
fn view(
    (host, key, origins): &Found<'_>,
    setting: Option<&str>,
    traced: &Traced,
) -> Option<Result<why::Why, Failure>> {
    let origin = origins.get(key)?;
    let said = setting.map_or_else(|| origin.clone(), |name| origin.only(name));
    let mut view = why::Why {
        host: host.to_string(),
        resource: key.to_string(),
        inherited_from: None,
        origin: traced.find(&said),
    };
    if let Some(name) = setting.filter(|_| said.settings.is_empty()) {
        match inherited(origins, key, name) {
            Some((above, setting)) => {
                view.inherited_from = Some(above.to_string());
                view.origin.settings = vec![traced.find_setting(setting)];
            }
            None if said.parts.is_empty() => return Some(Err(nobody_says(name, key, origin))),
            None => {}
        }
    }
    Some(Ok(view))
}

fn nobody_says(name: &str, key: &Key, origin: &Origin) -> Failure {
    let said: Vec<&str> = origin.settings.iter().map(|setting| setting.name.as_str()).collect();
    let near = did_you_mean(name, said.iter().copied());
    let doing = format!("nobody says `{name}` of {key}");
    Failure::new(Exit::Usage, doing).help(match near {
        Some(near) => format!("did you mean `{near}`?"),
        None if said.is_empty() => "the spec says no setting of it".to_owned(),
        None => format!("the spec says {}", said.join(", ")),
    })
}

type Found<'t> = (&'t HostName, Key, &'t BTreeMap<Key, Origin>);

/// Writes origins as text.
struct Teller<'t> {
    traced: &'t Traced,
    paint: Paint,
    text: String,
}

// Writing to a string does not fail, below.
impl Teller<'_> {
    fn origin(&mut self, origin: &Origin, level: usize) {
        self.line(level, origin.place, "stands here");
        self.way(level, &origin.way);
        for setting in &origin.settings {
            self.setting(setting, level);
        }
        for part in &origin.parts {
            let _ = writeln!(self.text, "{}{}", indent(level), self.paint.strong(&part.title));
            self.origin(part, level + 1);
        }
    }

    /// Tells of one setting: said by the resource's node, by a part of it, or inherited.
    fn setting_of(
        &mut self,
        key: &Key,
        origin: &Origin,
        name: &str,
        origins: &BTreeMap<Key, Origin>,
    ) -> Result<(), Failure> {
        let parts: Vec<&Origin> = origin.parts.iter().filter(|part| part.setting(name).is_some()).collect();
        if let Some(setting) = origin.setting(name) {
            self.setting(setting, 1);
        } else if let Some((above, setting)) = inherited(origins, key, name) {
            let _ = writeln!(self.text, "{}inherited from {above}", indent(1));
            self.setting(setting, 1);
        } else if parts.is_empty() {
            return Err(nobody_says(name, key, origin));
        }
        for part in parts {
            let _ = writeln!(self.text, "{}{}", indent(1), self.paint.strong(&part.title));
            part.setting(name).into_iter().for_each(|setting| self.setting(setting, 2));
        }
        Ok(())
    }

    fn setting(&mut self, setting: &SettingOrigin, level: usize) {
        let values: Vec<&str> = setting.values.iter().map(|value| value.value.as_str()).collect();
        let head = self.paint.strong(&format!("{} {}", setting.name, values.join(" ")));
        let _ = writeln!(self.text, "{}{head}", indent(level));
        self.chain(setting, level + 1);
    }

    fn chain(&mut self, setting: &SettingOrigin, level: usize) {
        for (at, value) in setting.values.iter().enumerate() {
            self.line(level, value.place, if at == 0 { "says so" } else { "and so" });
            // Values that stand together came together.
            let next = setting.values.get(at + 1);
            if next.is_none_or(|next| next.way != value.way) {
                self.way(level, &value.way);
            }
        }
        for also in &setting.also {
            let _ = writeln!(self.text, "{}and the same", indent(level));
            self.chain(also, level + 1);
        }
        for over in &setting.over {
            let values: Vec<&str> = over.values.iter().map(|value| value.value.as_str()).collect();
            let _ = writeln!(self.text, "{}over {}", indent(level), values.join(" "));
            self.chain(over, level + 1);
        }
    }

    fn way(&mut self, level: usize, way: &[Hop]) {
        for hop in way {
            let name = &hop.name;
            let by = match hop.by {
                By::Let => format!("by the let `{name}`"),
                By::Param => format!("by the param `{name}`"),
                By::Profile => format!("by the profile `{name}`"),
                By::Each => format!("with this as `{name}`"),
                By::Bound => format!("by `{name}` of an `each`"),
            };
            self.line(level, hop.place, &by);
        }
    }

    /// Writes a place with the text that stands there, and after it how its file came in.
    fn line(&mut self, level: usize, place: Place, what: &str) {
        let sources = &self.traced.compiled.sources;
        let name = |place: Place| {
            let at = sources.position(place.file, place.start);
            let file = sources.get(place.file).map(|source| sources.shown_name(source)).unwrap_or_default();
            format!("{file}:{}:{}", at.line, at.column)
        };
        let text: String = sources.text(place).lines().next().unwrap_or_default().chars().take(60).collect();
        let mut line = format!("{}{}  {text}  {}", indent(level), name(place), self.paint.faint(what));
        if let Some(import) = self.traced.imported(place.file) {
            let _ = write!(line, "{}", self.paint.faint(&format!(", imported at {}", name(import))));
        }
        let _ = writeln!(self.text, "{line}");
    }
}

fn indent(level: usize) -> String {
    "    ".repeat(level)
}
