//! Specs: finds the file, reads what it imports, compiles it, and shows what the compiler says.

use crate::{exit::Exit, failure::Failure, root::Root, show::count, sources::Texts, terminal::Terminal};
use clap::ValueEnum;
use phoenix_compiler::{
    Compiled, Diagnostic, MAX_BYTES, Severity, SourceError, Sources, SpecPath, Traced, World, compile, trace,
};
use phoenix_graph::Graph;
use rustix::{
    fs::{Mode, OFlags, ResolveFlags, open, openat2},
    io::Errno,
};
use std::{
    fs,
    io::{self, ErrorKind, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

/// The name of a spec where none is given.
pub const NAME: &str = "phoenix.kdl";

/// A spec that compiled without errors.
pub struct Spec {
    /// The file, as the person named it.
    pub path: PathBuf,
    /// The folder that its imports never leave.
    pub root: PathBuf,
    /// What the compiler made of it.
    pub compiled: Compiled,
}

/// How diagnostics are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tell {
    /// For people.
    People,
    /// As JSON, one object a line, for programs.
    Programs,
}

/// What `--deny` makes an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Deny {
    /// Every warning
    Warnings,
}

impl Spec {
    /// Finds, reads and compiles a spec: a file, or a folder that holds one.
    ///
    /// # Errors
    /// Where there is none, or it has errors; they are shown first.
    pub fn open(arg: &Path, tell: Tell, terminal: &Terminal) -> Result<Self, Failure> {
        Self::open_denying(arg, None, tell, terminal)
    }

    /// Does the same, with warnings as errors where they are denied.
    ///
    /// # Errors
    /// As [`Spec::open`].
    pub fn open_denying(
        arg: &Path,
        deny: Option<Deny>,
        tell: Tell,
        terminal: &Terminal,
    ) -> Result<Self, Failure> {
        let mut spec = Self::read(arg)?;
        if deny == Some(Deny::Warnings) {
            spec.compiled.deny_warnings();
        }
        spec.show(tell, terminal);
        spec.sound()
    }

    /// Finds, reads and compiles a spec, and shows nothing: it may have errors.
    ///
    /// # Errors
    /// Where there is none.
    pub fn read(arg: &Path) -> Result<Self, Failure> {
        let found = find(arg)?;
        let mut compiled = compile(&found.world(), &found.root.spec);
        found.root.name(&mut compiled.sources);
        Ok(Self { path: found.path, root: found.root.folder, compiled })
    }

    /// Compiles what stands in standard input in place of a file, which need not be there; what it
    /// imports is read beside that file.
    ///
    /// # Errors
    /// Where the file's folder is not there, or the input is not UTF-8.
    pub fn read_input(file: &Path) -> Result<Self, Failure> {
        let doing = || format!("cannot check standard input as {}", file.display());
        let failed = |error: io::Error| Failure::new(Exit::Failed, doing()).because(error);
        let text = read_bounded(io::stdin()).map_err(failed)?;
        let root = Root::of(file).map_err(|error| match error.kind() {
            ErrorKind::InvalidFilename => {
                Failure::new(Exit::Usage, doing()).help("name the file that it stands for: `--file NAME.kdl`")
            }
            _ => failed(error),
        })?;
        let folder = Folder { root: root.folder.clone() };
        let world = Input { folder, name: root.spec.clone(), text: text.into() };
        let mut compiled = compile(&world, &root.spec);
        root.name(&mut compiled.sources);
        Ok(Self { path: file.to_owned(), root: root.folder, compiled })
    }

    /// Finds, reads and compiles a spec, and keeps where everything in it comes from.
    ///
    /// # Errors
    /// As [`Spec::open`].
    pub fn trace(arg: &Path, tell: Tell, terminal: &Terminal) -> Result<Traced, Failure> {
        let found = find(arg)?;
        let mut traced = trace(&found.world(), &found.root.spec);
        let mut compiled = std::mem::take(&mut traced.compiled);
        found.root.name(&mut compiled.sources);
        if compiled.has_errors() {
            show(&compiled.diagnostics, &compiled.sources, tell, terminal);
        }
        traced.compiled = Self { path: found.path, root: found.root.folder, compiled }.sound()?.compiled;
        Ok(traced)
    }

    /// Shows what the compiler says, beside the result.
    fn show(&self, tell: Tell, terminal: &Terminal) {
        show(&self.compiled.diagnostics, &self.compiled.sources, tell, terminal);
    }

    /// Refuses a spec with errors.
    fn sound(self) -> Result<Self, Failure> {
        match self.compiled.count(Severity::Error) {
            0 => Ok(self),
            errors => {
                let errors = count(errors, "error");
                Err(Failure::new(Exit::BadSpec, format!("{} has {errors}", self.path.display()))
                    .help("nothing was written; put them right and run it again"))
            }
        }
    }

    /// Returns the graphs of all hosts, or of the one that was named.
    ///
    /// # Errors
    /// Where there is no host of that name.
    pub fn hosts(&self, named: Option<&str>) -> Result<Vec<&Graph>, Failure> {
        let graphs = || self.compiled.hosts.iter().filter_map(|host| host.graph.as_ref());
        let Some(named) = named else { return Ok(graphs().collect()) };
        let found: Vec<&Graph> = graphs().filter(|graph| graph.host().as_str() == named).collect();
        if found.is_empty() {
            let doing = format!("cannot find the host {named} in {}", self.path.display());
            return Err(Failure::new(Exit::Usage, doing).help(format!("it has: {}", self.names())));
        }
        Ok(found)
    }

    /// Returns the graph of its only host, or of the one that was named; of several the first that is `here`.
    ///
    /// # Errors
    /// Where it has several hosts, none was named, and none is here.
    pub fn host(&self, named: Option<&str>, here: &[String]) -> Result<&Graph, Failure> {
        let hosts = self.hosts(named)?;
        if let [graph] = hosts[..] {
            return Ok(graph);
        }
        let is = |name: &String| hosts.iter().find(|graph| graph.host().as_str() == name).copied();
        here.iter().find_map(is).ok_or_else(|| {
            let doing = format!("{} has several hosts", self.path.display());
            let failure = Failure::new(Exit::Usage, doing);
            let failure = match here {
                [] => failure,
                here => {
                    failure.because(format!("none of them is called {}, as this one is", here.join(" or ")))
                }
            };
            failure.help(format!("name one with `--host NAME`: {}", self.names()))
        })
    }

    /// Returns the spec's own texts with their names; those of the standard library are left out.
    #[must_use]
    pub fn texts(&self) -> Texts {
        texts(&self.compiled.sources)
    }

    fn names(&self) -> String {
        self.compiled.hosts.iter().map(|host| host.name.as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// Returns the texts of a spec's own among those that were read, with their names.
#[must_use]
pub fn texts(sources: &Sources) -> Texts {
    let own = sources.iter().map(|(_, source)| source).filter(|source| !source.std);
    own.map(|source| (source.name.to_string(), source.text.clone())).collect()
}

/// Shows what the compiler says, beside the result.
pub fn show(diagnostics: &[Diagnostic], sources: &Sources, tell: Tell, terminal: &Terminal) {
    for diagnostic in diagnostics {
        match tell {
            Tell::People => {
                terminal.report(&diagnostic.report(sources));
                terminal.note("\n");
            }
            Tell::Programs => {
                terminal.note_json_line(&diagnostic.to_json(sources));
            }
        }
    }
}

/// A spec that was found.
pub struct Found {
    /// The file, as the person named it.
    pub path: PathBuf,
    /// The folder that its imports never leave.
    pub root: Root,
}

impl Found {
    /// Returns the files that it may import.
    pub fn world(&self) -> impl World {
        Folder { root: self.root.folder.clone() }
    }
}

/// Finds a spec, and the folder that its imports never leave.
///
/// # Errors
/// Where there is none.
pub fn find(arg: &Path) -> Result<Found, Failure> {
    let path = file(arg)?;
    let root = Root::of(&path).map_err(|error| {
        let failure = Failure::new(Exit::Failed, format!("cannot build {}", path.display()));
        match error.kind() {
            ErrorKind::InvalidFilename => failure.because("its name is not UTF-8").help("rename the file"),
            _ => failure.because(error),
        }
    })?;
    Ok(Found { path, root })
}

/// Finds a spec's file: the file itself; in a folder `phoenix.kdl`, or its only `.kdl` file.
fn file(arg: &Path) -> Result<PathBuf, Failure> {
    let missing = |why: &str| {
        Failure::new(Exit::Usage, format!("cannot find a spec at {}", arg.display()))
            .because(why)
            .help("name a spec, or a folder that holds one; `phoenix init` writes one to begin with")
    };
    if !arg.is_dir() {
        return if arg.exists() { Ok(arg.to_owned()) } else { Err(missing("there is no such file")) };
    }
    let usual = arg.join(NAME);
    if usual.exists() {
        return Ok(usual);
    }
    let entries = fs::read_dir(arg).map_err(|error| missing(&error.to_string()))?;
    let mut specs: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|end| end == "kdl") && path.is_file())
        .collect();
    specs.sort();
    match &mut specs[..] {
        [only] => Ok(std::mem::take(only)),
        [] => Err(missing("the folder has no .kdl file")),
        _ => Err(missing("the folder has several .kdl files, and none is called phoenix.kdl")),
    }
}

/// The files below a spec's root folder.
struct Folder {
    root: PathBuf,
}

impl World for Folder {
    fn source(&self, path: &SpecPath) -> Result<Arc<str>, SourceError> {
        let unreadable = |error: io::Error| match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => SourceError::NotFound,
            ErrorKind::InvalidData => SourceError::NotText,
            ErrorKind::FileTooLarge => SourceError::TooLarge,
            _ => SourceError::Unreadable(error.to_string()),
        };
        let file = match beneath(&self.root, path.as_str()) {
            Err(Errno::XDEV) => return Err(SourceError::Outside),
            Err(Errno::LOOP) => {
                return Err(SourceError::Unreadable("it is a link that leads in circles".to_owned()));
            }
            opened => opened.map_err(|error| unreadable(error.into()))?,
        };
        let found = file.metadata().map_err(unreadable)?;
        if !found.is_file() {
            return Err(SourceError::Unreadable("it is no regular file".to_owned()));
        }
        if found.len() > MAX_BYTES as u64 {
            return Err(SourceError::TooLarge);
        }
        read_bounded(file).map(Arc::from).map_err(unreadable)
    }
}

/// Reads a text, and no more of it than the compiler would take.
///
/// # Errors
/// Where it cannot be read, is no UTF-8, or has more bytes ([`ErrorKind::FileTooLarge`]).
pub fn read_bounded(from: impl Read) -> io::Result<String> {
    let mut text = String::new();
    from.take(MAX_BYTES as u64 + 1).read_to_string(&mut text)?;
    if text.len() > MAX_BYTES {
        let why = format!("it has more than {MAX_BYTES} bytes");
        return Err(io::Error::new(ErrorKind::FileTooLarge, why));
    }
    Ok(text)
}

/// Opens a file below a folder. The kernel itself sees that no link on the way leads out of it
/// (openat2(2), `RESOLVE_BENEATH`, Linux 5.6), so that nobody can exchange one in between. What is no
/// regular file is not waited for.
fn beneath(root: &Path, path: &str) -> Result<fs::File, Errno> {
    let folder = open(root, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let stay = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    Ok(fs::File::from(openat2(folder, path, flags, Mode::empty(), stay)?))
}

/// The same, with one file's text from elsewhere.
struct Input {
    folder: Folder,
    name: SpecPath,
    text: Arc<str>,
}

impl World for Input {
    fn source(&self, path: &SpecPath) -> Result<Arc<str>, SourceError> {
        if *path == self.name { Ok(self.text.clone()) } else { self.folder.source(path) }
    }
}
