//! `phoenix check`

use crate::{
    exit::Exit,
    failure::Failure,
    named::{Found, Unread, find, tell_states},
    show::count,
    spec::{Deny, NAME, Spec, texts},
    terminal::Terminal,
};
use clap::Args;
use phoenix_compiler::Severity;
use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

/// Tell what is wrong with specs
///
/// Compiles each and writes nothing. Exits with 3 where one has errors. Of a folder, every .kdl file below it
/// is checked, but for hidden ones and state folders, which are named. A file that only defines lets and profiles, or that another one imports, is checked as what
/// others import; what is wrong with it is told once. With `--json` it prints one object a line, with spans in
/// bytes and in lines and columns, for editors and continuous integration.
/// With `-` for the spec it checks standard input, as the file that `--file` names.
#[derive(Debug, Args)]
pub struct Check {
    /// Specs, folders for all .kdl files below them, or - for standard input
    #[arg(default_value = NAME)]
    specs: Vec<PathBuf>,
    /// The file that standard input stands for [default: phoenix.kdl]; what it imports is read beside it
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Take warnings for errors
    #[arg(long, value_name = "WHAT")]
    deny: Option<Deny>,
    /// Print JSON, one object a line
    #[arg(long)]
    json: bool,
}

impl Check {
    /// Runs the verb.
    pub fn run(&self, terminal: &Terminal) -> Result<Exit, Failure> {
        let mut specs = Vec::new();
        for file in self.files(terminal)? {
            let mut spec = self.read(&file)?;
            // Of a graph nothing is told, and there may be many.
            spec.compiled.hosts = Vec::new();
            specs.push(spec);
        }
        let imported: HashSet<PathBuf> = specs.iter().flat_map(imports).collect();
        let mut told = HashSet::new();
        let (mut errors, mut warnings) = (0, 0);
        for Spec { root, compiled, .. } in &mut specs {
            let own = texts(&compiled.sources).first().map(|(name, _)| root.join(name));
            compiled.forgive_library(own.is_some_and(|own| imported.contains(&own)));
            if self.deny == Some(Deny::Warnings) {
                compiled.deny_warnings();
            }
            // What a file does wrong that several import is told once.
            for diagnostic in &compiled.diagnostics {
                let json = diagnostic.to_json(&compiled.sources);
                if !told.insert(format!("{json:?}")) {
                    continue;
                }
                match diagnostic.severity {
                    Severity::Error => errors += 1,
                    Severity::Warning => warnings += 1,
                }
                if self.json {
                    terminal.json_line(&json);
                } else {
                    terminal.report(&diagnostic.report(&compiled.sources));
                    terminal.note("\n");
                }
            }
        }
        if !self.json {
            if !told.is_empty() {
                terminal.note("`phoenix explain CODE` tells more about each.\n");
            }
            let what = match &specs[..] {
                [one] => one.path.display().to_string(),
                several => count(several.len(), "file"),
            };
            let (errors, warnings) = (count(errors, "error"), count(warnings, "warning"));
            terminal.print(format_args!("{what}: {errors}, {warnings}\n"));
        }
        Ok(if errors > 0 { Exit::BadSpec } else { Exit::Done })
    }

    /// Lists the files that were named, or lie in folders that were.
    fn files(&self, terminal: &Terminal) -> Result<Vec<PathBuf>, Failure> {
        let mut files = Vec::new();
        for path in &self.specs {
            if !path.is_dir() {
                files.push(path.clone());
                continue;
            }
            let mut found = Found::default();
            find(path, &mut found).map_err(|Unread { path: at, error }| {
                let doing = format!("cannot check the specs in {}", path.display());
                Failure::new(Exit::Failed, doing)
                    .because(format!("{} cannot be read: {error}", at.display()))
                    .help("name the specs, or folders that you may look into")
            })?;
            tell_states(&found.states, terminal);
            if found.specs.is_empty() {
                return Err(Failure::new(Exit::Usage, format!("cannot find a spec in {}", path.display()))
                    .because(
                        "neither it nor a folder below it has a .kdl file; hidden ones and state folders do not \
                         count",
                    )
                    .help("name a spec, or a folder that holds some; `phoenix init` writes one"));
            }
            files.extend(found.specs.into_iter().map(|found| found.file));
        }
        let mut seen = HashSet::new();
        files.retain(|file| seen.insert(file.clone()));
        Ok(files)
    }

    fn read(&self, spec: &Path) -> Result<Spec, Failure> {
        let input = spec.as_os_str() == "-";
        match &self.file {
            Some(_) if !input => {
                let doing = format!("cannot check {} as another file", spec.display());
                let help =
                    "`--file` names the file that standard input stands for: `phoenix check - --file …`";
                Err(Failure::new(Exit::Usage, doing).help(help))
            }
            file if input => Spec::read_input(file.as_deref().unwrap_or(Path::new(NAME))),
            _ => Spec::read(spec),
        }
    }
}

/// Lists the files that a spec imports, with their folders.
fn imports(spec: &Spec) -> Vec<PathBuf> {
    texts(&spec.compiled.sources).iter().skip(1).map(|(name, _)| spec.root.join(name)).collect()
}
