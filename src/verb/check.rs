//! `phoenix check`

use crate::{
    exit::Exit,
    failure::Failure,
    show::count,
    spec::{Deny, NAME, Spec},
    terminal::Terminal,
};
use clap::Args;
use phoenix_compiler::Severity;
use std::path::{Path, PathBuf};

/// Tell what is wrong with a spec
///
/// Compiles it and writes nothing. Exits with 3 where it has errors. With `--json` it prints one object a
/// line, with spans in bytes and in lines and columns, for editors and continuous integration.
/// With `-` for the spec it checks standard input, as the file that `--file` names.
#[derive(Debug, Args)]
pub struct Check {
    /// The spec, a folder that holds one, or - for standard input
    #[arg(default_value = NAME)]
    spec: PathBuf,
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
        let input = self.spec.as_os_str() == "-";
        let Spec { path, mut compiled } = match &self.file {
            Some(_) if !input => {
                let doing = format!("cannot check {} as another file", self.spec.display());
                let help =
                    "`--file` names the file that standard input stands for: `phoenix check - --file …`";
                return Err(Failure::new(Exit::Usage, doing).help(help));
            }
            file if input => Spec::read_input(file.as_deref().unwrap_or(Path::new(NAME)))?,
            _ => Spec::read(&self.spec)?,
        };
        if self.deny == Some(Deny::Warnings) {
            compiled.deny_warnings();
        }
        for diagnostic in &compiled.diagnostics {
            if self.json {
                // A diagnostic is made of texts and numbers: it always is JSON.
                let line = serde_json::to_string(&diagnostic.to_json(&compiled.sources)).unwrap_or_default();
                terminal.print(format_args!("{line}\n"));
            } else {
                terminal.report(&diagnostic.report(&compiled.sources));
                terminal.note("\n");
            }
        }
        let errors = compiled.count(Severity::Error);
        if !self.json {
            if !compiled.diagnostics.is_empty() {
                terminal.note("`phoenix explain CODE` tells more about each.\n");
            }
            let warnings = count(compiled.count(Severity::Warning), "warning");
            terminal.print(format_args!("{}: {}, {warnings}\n", path.display(), count(errors, "error")));
        }
        Ok(if errors > 0 { Exit::BadSpec } else { Exit::Done })
    }
}
