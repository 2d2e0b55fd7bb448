//! Targets: what a person names on the command line, a spec or a closure, and the graph behind it.

use crate::{
    exit::Exit,
    failure::Failure,
    options::Common,
    outside, sources,
    spec::{NAME, Spec, Tell},
    terminal::Terminal,
};
use phoenix_graph::{Graph, ObjectId};
use phoenix_store::Store;
use std::path::Path;

/// The link to what was built last.
pub const RESULT: &str = "result";

/// A graph with what it came from.
pub struct Resolved {
    pub graph: Graph,
    /// The spec's texts, where they are known.
    pub texts: sources::Texts,
    /// What it is, in words: `spec phoenix.kdl`.
    pub what: String,
}

/// How a target is looked for.
pub struct Lookup<'a> {
    /// The host, where the spec has several.
    pub host: Option<&'a str>,
    /// This machine's name, where it is the one that is asked for.
    pub machine: Option<String>,
    /// The store where ids are looked up first.
    pub store: &'a Store,
    /// How diagnostics are written.
    pub tell: Tell,
    pub terminal: &'a Terminal,
}

impl Lookup<'_> {
    /// Finds what was named: a spec, a folder with one, a closure by its path or id; where nothing
    /// was named, `./phoenix.kdl`, else `./result`: what was edited since it was built counts.
    ///
    /// # Errors
    /// Where there is no such thing, or it cannot be built.
    pub fn resolve(&self, arg: Option<&str>) -> Result<Resolved, Failure> {
        match arg {
            Some(arg) if Path::new(arg).exists() => self.path(Path::new(arg)),
            Some(arg) => match self.id(arg)? {
                Some(found) => Ok(found),
                None => self.spec(Path::new(arg)),
            },
            None if Path::new(RESULT).is_symlink() && Path::new(NAME).symlink_metadata().is_err() => {
                self.path(Path::new(RESULT))
            }
            None => {
                let found = self.spec(Path::new(NAME))?;
                self.tell_if_stale(&found);
                Ok(found)
            }
        }
    }

    fn path(&self, path: &Path) -> Result<Resolved, Failure> {
        let real = path.canonicalize().map_err(|error| {
            let leads =
                path.read_link().map(|to| format!(" (a link to {})", to.display())).unwrap_or_default();
            Failure::new(Exit::Failed, format!("cannot read {}{leads}", path.display()))
                .because(error)
                .help("build it again with `phoenix build`")
        })?;
        let name = real.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let id = name.get(..64).filter(|_| name[64..].starts_with("-system-")).and_then(|id| id.parse().ok());
        match (id, real.parent().and_then(Path::parent)) {
            (Some(id), Some(root)) => self.closure(&Store::read_only(root), id),
            _ => self.spec(path),
        }
    }

    fn spec(&self, path: &Path) -> Result<Resolved, Failure> {
        let spec = Spec::open(path, self.tell, self.terminal)?;
        let graph = spec.host(self.host, &self.here())?.clone();
        Ok(Resolved { graph, texts: spec.texts(), what: format!("spec {}", spec.path.display()) })
    }

    /// Lists the names that the host may have in a spec of several, the likeliest first: what its state folder
    /// calls it, then what the machine calls itself.
    fn here(&self) -> Vec<String> {
        // What cannot be read there is told by what goes on from here.
        let current = self.store.current().ok().flatten();
        let known = current.and_then(|current| self.store.recorded(&current.system).ok());
        let mut names: Vec<String> = known.iter().map(|graph| graph.host().to_string()).collect();
        if let Some(machine) = &self.machine {
            names.push(machine.clone());
            names.extend(machine.split_once('.').map(|(first, _)| first.to_owned()));
        }
        names
    }

    fn closure(&self, store: &Store, id: ObjectId) -> Result<Resolved, Failure> {
        let doing = || format!("cannot read system {} from {}", id.short(), store.root().display());
        let graph = store.graph(&id).map_err(|error| Failure::store(doing(), error))?;
        if let Some(host) = self.host.filter(|host| graph.host().as_str() != *host) {
            let text = format!("system {} is for the host {}, not for {host}", id.short(), graph.host());
            return Err(Failure::new(Exit::Usage, text).help("leave `--host` out, or name another closure"));
        }
        Ok(Resolved { graph, texts: sources::get(store, id)?, what: format!("system {}", id.short()) })
    }

    /// Finds a system by its id or the first digits of it.
    fn id(&self, text: &str) -> Result<Option<Resolved>, Failure> {
        let digits = text.len() >= 6 && text.len() <= 64;
        if !digits || !text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)) {
            return Ok(None);
        }
        let own = outside::user_store().map(|root| Store::read_only(&root));
        for store in [Some(self.store.clone()), own].into_iter().flatten() {
            match &systems(&store, text)?[..] {
                [] => {}
                [id] => return self.closure(&store, *id).map(Some),
                several => {
                    let all: Vec<String> = several.iter().map(ToString::to_string).collect();
                    return Err(Failure::new(Exit::Usage, format!("{text} is the beginning of several ids"))
                        .because(all.join(", "))
                        .help("give more digits"));
                }
            }
        }
        Err(Failure::new(Exit::Usage, format!("cannot find a system {text}"))
            .because(format!("no system in {} has an id that begins so", self.store.root().display()))
            .help("`phoenix generations` lists those of this host; `phoenix build` makes one"))
    }

    /// Tells where `./result` leads to another system than the spec that is taken.
    fn tell_if_stale(&self, spec: &Resolved) {
        let Ok(target) = Path::new(RESULT).read_link() else { return };
        let name = target.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if self.tell == Tell::People && !name.starts_with(&spec.graph.id().to_string()) {
            self.terminal.warn(
                format!("./{RESULT} is not what ./{NAME} says now; ./{NAME} is taken"),
                Some(format!("`./{RESULT}` as the target takes that; `phoenix build` renews it")),
            );
        }
    }
}

/// Returns this machine's name; nothing where the host is a simulated one.
#[must_use]
pub fn machine(common: &Common) -> Option<String> {
    if common.sim.is_some() { None } else { outside::host_name() }
}

/// Lists the systems of a store whose id begins with these digits.
fn systems(store: &Store, digits: &str) -> Result<Vec<ObjectId>, Failure> {
    let doing = || format!("cannot read the store {}", store.root().display());
    let names = store.object_names().map_err(|error| Failure::store(doing(), error))?;
    let is_system = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.and_then(|name| name.get(64..)).is_some_and(|rest| rest.starts_with("-system-"))
    };
    let found = names.iter().filter(|(id, path)| id.to_string().starts_with(digits) && is_system(path));
    Ok(found.map(|(id, _)| *id).collect())
}
