//! `phoenix stdlib`

use crate::{exit::Exit, failure::Failure, show::Paint, terminal::Terminal, view::LibraryView};
use clap::Args;
use phoenix_compiler::{
    diagnostic::did_you_mean,
    stdlib::{FILES, profiles, text, title},
};
use std::fmt::Write;

/// List the standard library, or show a part of it
///
/// The standard library has profiles for pools, guests' disks, shared data, databases and other files. A
/// spec takes a file of it by `import "std/NAME"`, and a dataset one of its profiles by `use="PROFILE"`.
#[derive(Debug, Args)]
pub struct Stdlib {
    /// A file (proxmox) or a profile (vm-disks)
    name: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Stdlib {
    /// Runs the verb.
    pub fn run(&self, terminal: &Terminal) -> Result<Exit, Failure> {
        let Some(name) = &self.name else {
            if self.json {
                terminal.json(
                    &FILES.iter().map(|(file, _)| LibraryView::new(file, profiles(file))).collect::<Vec<_>>(),
                );
            } else {
                terminal.print(all(terminal.paint()));
            }
            return Ok(Exit::Done);
        };
        let name = name.strip_prefix("std/").unwrap_or(name);
        let name = name.strip_suffix(".kdl").unwrap_or(name);
        if let Some(text) = text(name) {
            if self.json {
                terminal.json(&[LibraryView::new(name, profiles(name))]);
            } else {
                terminal.print_file(text);
            }
            return Ok(Exit::Done);
        }
        let known: Vec<_> = FILES
            .iter()
            .flat_map(|(file, _)| profiles(file).into_iter().map(move |one| (*file, one)))
            .collect();
        if let Some((file, profile)) = known.iter().find(|(_, profile)| profile.name == name) {
            if self.json {
                terminal.json(&[LibraryView::new(file, vec![profile.clone()])]);
                return Ok(Exit::Done);
            }
            let import = terminal.paint().faint(&format!("// import \"std/{file}\""));
            terminal.print(format_args!("{import}\n\n{}", profile.text));
            return Ok(Exit::Done);
        }
        let names = known.iter().map(|(_, profile)| profile.name.as_str());
        let near = did_you_mean(name, names.chain(FILES.iter().map(|(file, _)| *file)));
        let doing = format!("the standard library has no `{name}`");
        Err(Failure::new(Exit::Usage, doing).help(match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`phoenix stdlib` lists all".to_owned(),
        }))
    }
}

fn all(paint: Paint) -> String {
    let mut text = String::new();
    for (file, _) in FILES {
        let gap = if text.is_empty() { "" } else { "\n" };
        // Writing to a string does not fail, here and below.
        let head = paint.strong(&format!("std/{file}"));
        let _ = writeln!(text, "{gap}{head}  {}", title(file));
        let profiles = profiles(file);
        let widest = profiles.iter().map(|profile| profile.name.len()).max().unwrap_or_default();
        for profile in profiles {
            let _ = writeln!(text, "    {:widest$}  {}", profile.name, profile.title);
        }
    }
    text
}
