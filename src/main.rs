//! The command `phoenix`: the list of its verbs, and one dispatch. It alone ends the process.

mod beside;
mod boot_unit;
mod cache;
mod carried;
mod codes;
mod exit;
mod failure;
mod handover;
mod import;
mod named;
mod options;
mod outside;
mod review;
mod reviewed;
mod root;
mod show;
mod site;
mod sources;
mod spec;
mod switching;
mod target;
mod terminal;
mod typing;
mod verb;
mod view;
mod watcher;
mod which;
mod written;

use clap::{CommandFactory, Parser, Subcommand};
use exit::Exit;
use failure::Failure;
use phoenix_graph::plain::is_hidden;
use std::{io, process::ExitCode};
use terminal::{Color, Terminal};

/// Describes a storage host in one spec, and makes the host so
///
/// A spec names pools, datasets, exports and Proxmox registrations. `phoenix build` compiles it,
/// `phoenix switch` shows what would change on the host, does it, and records a generation;
/// `phoenix rollback` goes back. A switch that fails leaves the host as it was, and none destroys data.
///
/// Try it anywhere with `--sim DIR`, on a simulated host.
#[derive(Debug, Parser)]
#[command(name = "phoenix", version, after_help = exit::help(), max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    common: options::Common,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Init(verb::init::Init),
    Import(verb::import::Import),
    Build(verb::build::Build),
    Check(verb::check::Check),
    Fmt(verb::fmt::Fmt),
    Plan(verb::plan::Plan),
    Switch(verb::switch::Switch),
    Rollback(verb::rollback::Rollback),
    Generations(verb::generations::Generations),
    Diff(verb::diff::Diff),
    Status(verb::status::Status),
    Snapshots(verb::snapshots::Snapshots),
    Capacity(verb::capacity::Capacity),
    Review(verb::review::Review),
    Graph(verb::graph::Graph),
    Guest(verb::guest::Guest),
    Kubernetes(verb::kubernetes::Kubernetes),
    Why(verb::why::Why),
    Explain(verb::explain::Explain),
    Stdlib(verb::stdlib::Stdlib),
    Recover(verb::recover::Recover),
    Confirm(verb::confirm::Confirm),
    Verify(verb::verify::Verify),
    Gc(verb::gc::Gc),
    Pin(verb::pin::Pin),
    Completions(verb::completions::Completions),
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // clap shows what it was given as it is.
            if error.use_stderr()
                && let Some(odd) = odd_argument()
            {
                let cause = format!("an argument has characters that do not show: {odd:?}");
                Terminal::new(Color::Auto)
                    .report(&Failure::new(Exit::Usage, "wrong usage").because(cause).shown());
                return ExitCode::from(Exit::Usage.code());
            }
            let printed = error.print();
            // Help and version are no errors, unless they cannot be printed to somebody who wants them.
            let exit = match printed {
                _ if error.use_stderr() => Exit::Usage,
                Err(why) if why.kind() != io::ErrorKind::BrokenPipe => {
                    unwritten(why, Exit::Done, false, &Terminal::new(Color::Auto))
                }
                _ => Exit::Done,
            };
            return ExitCode::from(exit.code());
        }
    };
    let terminal = Terminal::new(cli.common.color);
    let exit = run(&cli, &terminal).unwrap_or_else(|failure| {
        terminal.report(&failure.shown());
        failure.exit
    });
    let exit = match terminal.unwritten() {
        Some(why) => unwritten(why, exit, cli.verb.goes(), &terminal),
        None => exit,
    };
    ExitCode::from(exit.code())
}

/// Returns an argument that would do something to a terminal, where there is one.
fn odd_argument() -> Option<String> {
    let mut arguments = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned());
    arguments.find(|argument| argument.chars().any(is_hidden))
}

/// Tells that the result could not be printed, and returns the exit code for that: a failure, unless there is
/// a worse one, or the host has changed, which a failure would deny.
fn unwritten(why: io::Error, exit: Exit, goes: bool, terminal: &Terminal) -> Exit {
    let failed = matches!(exit, Exit::Done | Exit::Differences) && !goes;
    if matches!(exit, Exit::Done | Exit::Differences) {
        terminal.report(&Failure::new(Exit::Failed, "cannot write to standard output").because(why).shown());
    }
    if failed { Exit::Failed } else { exit }
}

impl Verb {
    /// Returns whether the verb brings the host from one state to another. These write what they are about to
    /// do first, and do nothing where that cannot be written; `recover` always goes on.
    fn goes(&self) -> bool {
        matches!(self, Self::Switch(_) | Self::Rollback(_) | Self::Recover(_) | Self::Confirm(_))
    }
}

fn run(Cli { common, verb }: &Cli, terminal: &Terminal) -> Result<Exit, Failure> {
    match verb {
        Verb::Init(init) => init.run(terminal),
        Verb::Import(import) => import.run(common, terminal),
        Verb::Build(build) => build.run(common, terminal),
        Verb::Check(check) => check.run(terminal),
        Verb::Fmt(fmt) => fmt.run(terminal),
        Verb::Plan(plan) => plan.run(common, terminal),
        Verb::Switch(switch) => switch.run(common, terminal),
        Verb::Rollback(rollback) => rollback.run(common, terminal),
        Verb::Generations(generations) => generations.run(common, terminal),
        Verb::Diff(diff) => diff.run(common, terminal),
        Verb::Status(status) => status.run(common, terminal),
        Verb::Snapshots(snapshots) => snapshots.run(common, terminal),
        Verb::Capacity(capacity) => capacity.run(common, terminal),
        Verb::Review(review) => review.run(terminal),
        Verb::Graph(graph) => graph.run(common, terminal),
        Verb::Guest(guest) => guest.run(common, terminal),
        Verb::Kubernetes(kubernetes) => kubernetes.run(common, terminal),
        Verb::Why(why) => why.run(terminal),
        Verb::Explain(explain) => explain.run(terminal),
        Verb::Stdlib(stdlib) => stdlib.run(terminal),
        Verb::Recover(recover) => recover.run(common, terminal),
        Verb::Confirm(confirm) => confirm.run(common, terminal),
        Verb::Verify(verify) => verify.run(common, terminal),
        Verb::Gc(gc) => gc.run(common, terminal),
        Verb::Pin(pin) => pin.run(common, terminal),
        Verb::Completions(completions) => completions.run(Cli::command(), terminal),
    }
}
