//! `phoenix completions`

use crate::{exit::Exit, failure::Failure, terminal::Terminal};
use clap::{Args, CommandFactory};
use clap_complete::Shell;

/// Print the completions of a shell
///
/// For bash: `phoenix completions bash > /etc/bash_completion.d/phoenix`
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    /// Runs the verb.
    pub fn run(&self, terminal: &Terminal) -> Result<Exit, Failure> {
        let mut bytes = Vec::new();
        clap_complete::generate(self.shell, &mut crate::Cli::command(), "phoenix", &mut bytes);
        terminal.print_file(&String::from_utf8_lossy(&bytes));
        Ok(Exit::Done)
    }
}
