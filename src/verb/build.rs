//! `phoenix build`

use crate::{
    cache::{Built, Cache},
    exit::Exit,
    failure::Failure,
    options::Common,
    outside,
    site::{Access, store},
    sources,
    spec::{self, Deny, NAME, Spec, Tell},
    target::RESULT,
    terminal::Terminal,
    view::BuildView,
};
use clap::Args;
use phoenix_graph::Graph;
use phoenix_store::{Store, StoreError};
use std::{
    fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

/// Compile a spec into closures
///
/// Writes the graph of each host, every step under the hash of its bytes, to the store; where that is
/// not allowed, to a store of the user's own. Links it as ./result (with several hosts, ./result-HOST),
/// and prints the id of each host's system. The same spec builds the same ids everywhere. A spec of
/// which no byte changed since it was built is not compiled again; its warnings are told again. As long
/// as the link stands there, `phoenix gc` keeps what it leads to.
#[derive(Debug, Args)]
pub struct Build {
    /// The spec, or a folder that holds one
    #[arg(default_value = NAME)]
    spec: PathBuf,
    /// Build only this host of the spec
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// Take warnings for errors
    #[arg(long, value_name = "WHAT")]
    deny: Option<Deny>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Build {
    /// Runs the verb.
    pub fn run(&self, common: &Common, terminal: &Terminal) -> Result<Exit, Failure> {
        let stores = stores(common);
        let cache = Cache::new(outside::program, &stores);
        // `gc` waits until what is found or written here is linked.
        let _sharing: Vec<_> = stores.iter().filter_map(Store::share_objects).collect();
        let closures = match self.unchanged(&cache, &stores, terminal) {
            Some(closures) => closures,
            None => self.compile(common, &cache, terminal)?,
        };
        let mut views = Vec::new();
        for (built, path) in closures.wanted {
            let link = if closures.alone { RESULT.to_owned() } else { format!("{RESULT}-{}", built.host) };
            point(Path::new(&link), &path).map_err(|error| {
                Failure::new(Exit::Failed, format!("cannot link ./{link} to {}", path.display()))
                    .because(error)
                    .help("move what is there away; the closure is in the store")
            })?;
            keep_root(Path::new(&link), &path, terminal);
            if !self.json {
                terminal.print(format_args!("{}  {}\n", built.system, built.host));
            }
            views.push(BuildView::new(&built, &path, &link));
        }
        if self.json {
            terminal.json(&views);
        }
        Ok(Exit::Done)
    }

    /// Finds the closures of a spec that was built before, whole in a store. Nothing where compiling is
    /// needed: to know them, to put right what the store lacks, or to refuse.
    fn unchanged(&self, cache: &Cache<'_>, stores: &[Store], terminal: &Terminal) -> Option<Closures> {
        let found = spec::find(&self.spec).ok()?;
        let mut known = cache.find(&found.world(), &found.root.spec)?;
        found.root.name(&mut known.sources);
        if self.deny.is_some() && !known.warnings.is_empty() {
            return None;
        }
        let alone = known.hosts.len() == 1;
        let named = |built: &Built| self.host.as_deref().is_none_or(|host| built.host.as_str() == host);
        let texts = spec::texts(&known.sources);
        let stores: Vec<_> =
            stores.iter().filter_map(|store| Some((store, store.object_names().ok()?))).collect();
        let place = |built: Built| {
            let path = stores.iter().find_map(|(store, have)| {
                let path = store.closure(have, &built.host, &built.system).ok()?;
                sources::has(store, built.system, &texts).then_some(path)
            })?;
            Some((built, path))
        };
        let wanted: Vec<_> = known.hosts.into_iter().filter(named).map(place).collect::<Option<_>>()?;
        if wanted.is_empty() {
            return None;
        }
        spec::show(&known.warnings, &known.sources, self.tell(), terminal);
        Some(Closures { wanted, alone })
    }

    /// Compiles the spec, and writes the closures to a store.
    fn compile(&self, common: &Common, cache: &Cache<'_>, terminal: &Terminal) -> Result<Closures, Failure> {
        let spec = Spec::open_denying(&self.spec, self.deny, self.tell(), terminal)?;
        let alone = spec.compiled.hosts.len() == 1;
        let mut wanted = Vec::new();
        for graph in spec.hosts(self.host.as_deref())? {
            wanted.push((Built::from(graph), self.keep(common, graph, &spec)?));
        }
        cache.keep(&spec.compiled);
        Ok(Closures { wanted, alone })
    }

    fn tell(&self) -> Tell {
        if self.json { Tell::Programs } else { Tell::People }
    }

    /// Writes a closure to the store, or to the user's own. Returns the path of the system object.
    fn keep(&self, common: &Common, graph: &Graph, spec: &Spec) -> Result<PathBuf, Failure> {
        let texts = spec.texts();
        let put = |store: &Store| {
            let system = store.put_graph(graph)?;
            sources::put(store, graph.id(), &texts)?;
            Ok(system)
        };
        let failed = |store: &Path, error: StoreError| {
            Failure::store(format!("cannot write the closure to {}", store.display()), error)
        };
        let root = store(common, Access::Read)?.root().to_owned();
        let error = match Store::open(&root).and_then(|store| put(&store)) {
            Ok(system) => return Ok(system),
            Err(error) => error,
        };
        match outside::user_store() {
            Some(own) if not_allowed(&error) && common.sim.is_none() => {
                Store::open(&own).and_then(|store| put(&store)).map_err(|error| failed(&own, error))
            }
            _ => Err(failed(&root, error)),
        }
    }
}

/// What a build came to.
struct Closures {
    /// The hosts that were asked for, each with the path of its system object.
    wanted: Vec<(Built, PathBuf)>,
    /// Whether the spec has no other host.
    alone: bool,
}

/// Returns the stores that closures are written to, in the order in which that is tried: the one that
/// the options name, and the user's own where the first may not be written.
fn stores(common: &Common) -> Vec<Store> {
    let Ok(named) = store(common, Access::Read) else { return Vec::new() };
    let own = outside::user_store().filter(|_| common.sim.is_none()).map(|root| Store::read_only(&root));
    match named.may_write() {
        Ok(()) => vec![named],
        Err(error) if not_allowed(&error) => std::iter::once(named).chain(own).collect(),
        Err(_) => Vec::new(),
    }
}

/// Returns whether the store is not this user's to write to: one of root's, for one. Root itself is told.
fn not_allowed(error: &StoreError) -> bool {
    use io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
    match error {
        StoreError::Io { source, .. } => matches!(source.kind(), PermissionDenied | ReadOnlyFilesystem),
        StoreError::NotOurs { owner: Some(_), .. } => !rustix::process::geteuid().is_root(),
        _ => false,
    }
}

/// Makes the link a root of its store, so that `gc` keeps what it leads to.
fn keep_root(link: &Path, system: &Path, terminal: &Terminal) {
    let Some(root) = system.parent().and_then(Path::parent) else { return };
    let kept = std::path::absolute(link)
        .map_err(|error| error.to_string())
        .and_then(|link| Store::read_only(root).add_root(&link).map_err(|error| error.to_string()));
    if let Err(error) = kept {
        terminal.warn(
            format!("./{} does not keep its closure from `phoenix gc`: {error}", link.display()),
            Some("the closure stays for a day; switch to it within that time, or build it again".to_owned()),
        );
    }
}

/// Points a link to a closure, over an older link in one rename; anything else is left.
fn point(link: &Path, system: &Path) -> io::Result<()> {
    if link.exists() && !link.is_symlink() {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "something that is no link stands there"));
    }
    let fresh = PathBuf::from(format!(".{}.new", link.display()));
    match fs::remove_file(&fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    symlink(system, &fresh)?;
    fs::rename(&fresh, link)
}
