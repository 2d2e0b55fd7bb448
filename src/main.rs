//! The command `phoenix`: the list of its verbs, and one dispatch. It alone ends the process.

mod beside;
mod boot_unit;
mod cache;
mod duration;
mod exit;
mod failure;
mod import;
mod options;
mod outside;
mod review;
mod reviewed;
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

use clap::{Parser, Subcommand};
use exit::Exit;
use failure::Failure;
use std::process::ExitCode;
use terminal::Terminal;

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
    Review(verb::review::Review),
    Graph(verb::graph::Graph),
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
            // Help and version are no errors; where they cannot be printed nobody wants them.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { Exit::Usage } else { Exit::Done }.code());
        }
    };
    let terminal = Terminal::new(cli.common.color);
    let exit = run(&cli, &terminal).unwrap_or_else(|failure| {
        terminal.report(&failure);
        failure.exit
    });
    ExitCode::from(exit.code())
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
        Verb::Review(review) => review.run(terminal),
        Verb::Graph(graph) => graph.run(common, terminal),
        Verb::Why(why) => why.run(terminal),
        Verb::Explain(explain) => explain.run(terminal),
        Verb::Stdlib(stdlib) => stdlib.run(terminal),
        Verb::Recover(recover) => recover.run(common, terminal),
        Verb::Confirm(confirm) => confirm.run(common, terminal),
        Verb::Verify(verify) => verify.run(common, terminal),
        Verb::Gc(gc) => gc.run(common, terminal),
        Verb::Pin(pin) => pin.run(common, terminal),
        Verb::Completions(completions) => completions.run(terminal),
    }
}
