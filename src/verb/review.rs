//! `phoenix review`

use crate::{
    beside::Beside,
    exit::Exit,
    failure::Failure,
    review::{difference, effective},
    show::Paint,
    spec::{NAME, Spec, Tell},
    terminal::Terminal,
    view::{ReviewState, ReviewView},
};
use clap::Args;
use std::{
    io,
    path::{Path, PathBuf},
};

/// Compare what a spec comes to with what was accepted
///
/// Compiles every host and lays out what it comes to: pools, datasets with all settings that hold for
/// them, exports, registrations. That is held against reviews/HOST.snap beside the spec, a file to be
/// kept with it; a difference is shown and exits with 2, and --accept takes it. Neither `reviews` nor a
/// file in it may be a link: none is followed.
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
        let folder = spec.path.parent().unwrap_or(Path::new(""));
        let beside = Beside::open(folder).map_err(|error| failed("open", folder, error))?;
        let mut views = Vec::new();
        for graph in spec.hosts(None)? {
            views.push(self.review(&beside, folder, graph.host().as_str(), &effective(graph))?);
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

    fn review(&self, beside: &Beside, folder: &Path, host: &str, now: &str) -> Result<ReviewView, Failure> {
        let name = format!("{host}.snap");
        let folder = folder.join(FOLDER);
        let file = folder.join(&name);
        let reviews = beside.folder(FOLDER).map_err(|error| failed("open", &folder, error))?;
        let accepted = match &reviews {
            None => None,
            Some(reviews) => reviews.read(&name).map_err(|error| failed("read", &file, error))?,
        };
        let before = accepted.as_ref().map(|(text, _)| text.as_str());
        let diff = difference(before.unwrap_or_default(), now, &file.display().to_string());
        let mut state = match before {
            Some(_) if diff.is_empty() => ReviewState::Same,
            Some(_) => ReviewState::Different,
            None => ReviewState::Missing,
        };
        if self.accept && state != ReviewState::Same {
            let reviews =
                beside.make_folder(FOLDER).map_err(|error| failed("make the folder", &folder, error))?;
            let was = accepted.as_ref().map(|(_, about)| about);
            reviews.write(&name, now, was).map_err(|error| failed("write", &file, error))?;
            state = ReviewState::Accepted;
        }
        Ok(ReviewView { host: host.to_owned(), file: file.display().to_string(), state, diff })
    }
}

/// The folder of what was accepted, beside the spec.
const FOLDER: &str = "reviews";

fn failed(what: &str, path: &Path, error: io::Error) -> Failure {
    Failure::new(Exit::Failed, format!("cannot {what} {}", path.display()))
        .because(error)
        .help("reviews/HOST.snap beside the spec has to be a plain file in a plain folder")
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
