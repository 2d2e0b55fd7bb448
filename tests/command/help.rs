//! The whole command line's help as one snapshot.

use crate::{command::common::Sandbox, snapshot};

const VERBS: &[&str] = &[
    "init",
    "import",
    "build",
    "check",
    "fmt",
    "plan",
    "switch",
    "rollback",
    "generations",
    "diff",
    "status",
    "review",
    "graph",
    "guest",
    "why",
    "explain",
    "stdlib",
    "recover",
    "confirm",
    "verify",
    "gc",
    "pin",
    "completions",
];

#[test]
fn the_help_of_every_verb() {
    let sandbox = Sandbox::new();
    let mut told = vec![sandbox.run(&["--help"]).exits(0).to_string()];
    told.extend(VERBS.iter().map(|verb| sandbox.run(&[*verb, "--help"]).exits(0).to_string()));
    snapshot!("help", told.join("\n"));
}

#[test]
fn completions_name_every_verb() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "fish", "zsh"] {
        let ran = sandbox.run(&["completions", shell]).exits(0);
        assert!(VERBS.iter().all(|verb| ran.out.contains(verb)), "{shell}");
    }
}

#[test]
fn nothing_is_coloured_without_a_terminal_unless_asked_for() {
    let sandbox = Sandbox::switched();
    sandbox.sim(&["plan", "--detailed-exitcode"]).says_not("\u{1b}");
    sandbox.sim(&["status", "--color", "always"]).exits(0).says("\u{1b}[32m");
    sandbox.sim(&["rollback", "--color", "never"]).says_not("\u{1b}");
}
