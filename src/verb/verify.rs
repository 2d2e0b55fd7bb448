//! `phoenix verify`

use crate::{
    exit::Exit,
    failure::Failure,
    options::Common,
    show::{count, line},
    site::{Access, named_is_there, store},
    switching,
    terminal::Terminal,
    view::VerifyView,
};
use clap::Args;
use phoenix_graph::plain::some;

/// Look through the store for what is damaged or missing
///
/// Proves every stored object against its hash, every generation with its system, its spec and its files,
/// every link and every journal, and changes nothing. What is wrong is named, with how it is put right; it
/// then exits with 1. The host itself is looked at by `phoenix status`.
#[derive(Debug, Args)]
pub struct Verify {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Verify {
    /// Runs the verb.
    pub fn run(&self, common: &Common, terminal: &Terminal) -> Result<Exit, Failure> {
        let doing = "cannot look through the store";
        named_is_there(common)?;
        let store = store(common, Access::Read)?;
        switching::refuse_busy(&store, doing)?;
        let verified = store.verify().map_err(|error| Failure::store(doing, error))?;
        if self.json {
            terminal.json(&VerifyView::new(&verified));
        } else {
            let paint = terminal.paint();
            for finding in &verified.findings {
                terminal.print(format_args!(
                    "{}: {}\n  help: {}\n\n",
                    paint.strong(&line(&finding.path.display())),
                    paint.bad(&line(&finding.problem)),
                    line(&finding.repair)
                ));
            }
            let found = match verified.findings.len() {
                0 => "nothing is wrong".to_owned(),
                wrong => format!("{} wrong", count(wrong, "thing")),
            };
            let left = match verified.leftovers {
                0 => String::new(),
                some => format!(
                    " ({} that came to nothing; `phoenix gc` removes what is left)",
                    count(some, "write")
                ),
            };
            if !verified.unproved.is_empty() {
                let numbers: Vec<String> = verified.unproved.iter().map(ToString::to_string).collect();
                terminal.print(format_args!(
                    "Not proved: what lies in etc and machines of generation {}, which an earlier version wrote; going \
                     back to it writes it anew.\n",
                    some(&numbers)
                ));
            }
            terminal.print(format_args!(
                "{}: {}, {}, {}: {found}{left}\n",
                store.root().display(),
                count(verified.objects, "object"),
                count(verified.generations, "generation"),
                count(verified.journals, "journal"),
            ));
        }
        Ok(if verified.findings.is_empty() { Exit::Done } else { Exit::Failed })
    }
}
