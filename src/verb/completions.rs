//! `phoenix completions`

use crate::{exit::Exit, failure::Failure, terminal::Terminal};
use clap::{Args, Command};
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
    /// Runs the verb, for the command line that this is.
    pub fn run(&self, mut command: Command, terminal: &Terminal) -> Result<Exit, Failure> {
        let mut bytes = Vec::new();
        clap_complete::generate(self.shell, &mut command, "phoenix", &mut bytes);
        terminal.print_file(&String::from_utf8_lossy(&bytes));
        Ok(Exit::Done)
    }
}
