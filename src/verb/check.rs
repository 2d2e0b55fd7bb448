//! `phoenix check`

use crate::{
    exit::Exit,
    failure::Failure,
    show::count,
    spec::{Deny, NAME, Spec},
    terminal::Terminal,
};
use clap::Args;
use phoenix_compiler::{Compiled, Severity};
use std::path::{Path, PathBuf};

/// Tell what is wrong with specs
///
/// Compiles each and writes nothing. Exits with 3 where one has errors. A file that only defines lets and
/// profiles is checked as what others import. With `--json` it prints one object a
/// line, with spans in bytes and in lines and columns, for editors and continuous integration.
/// With `-` for the spec it checks standard input, as the file that `--file` names.
#[derive(Debug, Args)]
pub struct Check {
    /// Specs, folders that hold one, or - for standard input
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
        let mut errors = 0;
        let mut warnings = 0;
        let mut told = false;
        for spec in &self.specs {
            let Spec { path, compiled } = self.compiled(spec)?;
            self.tell(&compiled, terminal);
            told |= !compiled.diagnostics.is_empty();
            errors += compiled.count(Severity::Error);
            warnings += compiled.count(Severity::Warning);
            if !self.json && spec == &self.specs[self.specs.len() - 1] {
                if told {
                    terminal.note("`phoenix explain CODE` tells more about each.\n");
                }
                let what = match self.specs.len() {
                    1 => path.display().to_string(),
                    several => format!("{several} specs"),
                };
                let (errors, warnings) = (count(errors, "error"), count(warnings, "warning"));
                terminal.print(format_args!("{what}: {errors}, {warnings}\n"));
            }
        }
        Ok(if errors > 0 { Exit::BadSpec } else { Exit::Done })
    }

    fn compiled(&self, spec: &Path) -> Result<Spec, Failure> {
        let input = spec.as_os_str() == "-";
        let mut read = match &self.file {
            Some(_) if !input => {
                let doing = format!("cannot check {} as another file", spec.display());
                let help =
                    "`--file` names the file that standard input stands for: `phoenix check - --file …`";
                return Err(Failure::new(Exit::Usage, doing).help(help));
            }
            file if input => Spec::read_input(file.as_deref().unwrap_or(Path::new(NAME)))?,
            _ => Spec::read(spec)?,
        };
        read.compiled.forgive_library();
        if self.deny == Some(Deny::Warnings) {
            read.compiled.deny_warnings();
        }
        Ok(read)
    }

    fn tell(&self, compiled: &Compiled, terminal: &Terminal) {
        for diagnostic in &compiled.diagnostics {
            if self.json {
                terminal.json_line(&diagnostic.to_json(&compiled.sources));
            } else {
                terminal.report(&diagnostic.report(&compiled.sources));
                terminal.note("\n");
            }
        }
    }
}
