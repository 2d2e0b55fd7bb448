//! `phoenix review`

use crate::{
    exit::Exit,
    failure::Failure,
    review::{difference, effective},
    show::Paint,
    spec::{NAME, Spec, Tell, read_bounded},
    terminal::Terminal,
    view::{ReviewState, ReviewView},
};
use clap::Args;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Compare what a spec comes to with what was accepted
///
/// Compiles every host and lays out what it comes to: pools, datasets with all settings that hold for
/// them, exports, registrations. That is held against reviews/HOST.snap beside the spec, a file to be
/// kept with it; a difference is shown and exits with 2, and --accept takes it.
#[derive(Debug, Args)]
pub struct Review {
    /// The spec, or a folder that holds one
    #[arg(default_value = NAME)]
    spec: PathBuf,
    /// Accept what the spec comes to now
    #[arg(long)]
    accept: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Review {
    /// Runs the verb.
    pub fn run(&self, terminal: &Terminal) -> Result<Exit, Failure> {
        let tell = if self.json { Tell::Programs } else { Tell::People };
        let spec = Spec::open(&self.spec, tell, terminal)?;
        let folder = spec.path.parent().unwrap_or(Path::new("")).join("reviews");
        let mut views = Vec::new();
        for graph in spec.hosts(None)? {
            let file = folder.join(format!("{}.snap", graph.host()));
            views.push(self.review(graph.host().as_str(), &file, &effective(graph))?);
        }
        let differs = |view: &ReviewView| matches!(view.state, ReviewState::Different | ReviewState::Missing);
        let different = views.iter().any(differs);
        if self.json {
            terminal.json(&views);
        } else {
            views.iter().for_each(|view| terminal.print(shown(view, terminal.paint())));
            if different {
                terminal.print("Accept with `phoenix review --accept`.\n");
            }
        }
        Ok(if different { Exit::Differences } else { Exit::Done })
    }

    fn review(&self, host: &str, file: &Path, now: &str) -> Result<ReviewView, Failure> {
        let failed = |what: &str, error: io::Error| {
            Failure::new(Exit::Failed, format!("cannot {what} {}", file.display())).because(error)
        };
        let accepted = match fs::File::open(file).and_then(read_bounded) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(failed("read", error)),
        };
        let diff = difference(accepted.as_deref().unwrap_or_default(), now, &file.display().to_string());
        let mut state = match accepted {
            Some(_) if diff.is_empty() => ReviewState::Same,
            Some(_) => ReviewState::Different,
            None => ReviewState::Missing,
        };
        if self.accept && state != ReviewState::Same {
            let folder = file.parent().unwrap_or(Path::new("."));
            fs::create_dir_all(folder).map_err(|error| failed("make the folder of", error))?;
            fs::write(file, now).map_err(|error| failed("write", error))?;
            state = ReviewState::Accepted;
        }
        Ok(ReviewView { host: host.to_owned(), file: file.display().to_string(), state, diff })
    }
}

fn shown(view: &ReviewView, paint: Paint) -> String {
    let line = |line: &str| match line.as_bytes().first() {
        Some(b'+') => format!("{}\n", paint.good(line)),
        Some(b'-') => format!("{}\n", paint.bad(line)),
        Some(b'@') => format!("{}\n", paint.faint(line)),
        _ => format!("{line}\n"),
    };
    let diff: String = view.diff.lines().map(line).collect();
    let ReviewView { host, file, .. } = view;
    match view.state {
        ReviewState::Same => format!("{host} is as accepted in {file}.\n"),
        ReviewState::Different => format!("{diff}{host} differs from what was accepted in {file}.\n"),
        ReviewState::Missing => format!("{diff}{host} was never accepted: there is no {file}.\n"),
        ReviewState::Accepted => format!("{diff}{host} is accepted, in {file}.\n"),
    }
}
