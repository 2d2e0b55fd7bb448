//! Counts runs and violations, so that all of them are told at once.

use std::collections::BTreeMap;

/// How many violations are shown.
const SHOWN: usize = 12;

/// Runs by what was done in them, and what did not hold.
#[derive(Default)]
pub struct Tally {
    runs: BTreeMap<&'static str, usize>,
    violations: Vec<String>,
}

impl Tally {
    /// Counts a run.
    pub fn run(&mut self, what: &'static str) {
        *self.runs.entry(what).or_default() += 1;
    }

    /// Notes a violation where something does not hold.
    pub fn hold(&mut self, holds: bool, what: impl FnOnce() -> String, run: &str) {
        if !holds {
            self.violations.push(format!("{run}: {}", what()));
        }
    }

    /// Takes another tally in.
    pub fn add(&mut self, other: Tally) {
        for (what, runs) in other.runs {
            *self.runs.entry(what).or_default() += runs;
        }
        self.violations.extend(other.violations);
    }

    /// Prints the numbers, and fails where something did not hold.
    pub fn end(self, title: &str) {
        let all: usize = self.runs.values().sum();
        println!("{title}: {all} runs, {} violations", self.violations.len());
        for (what, runs) in &self.runs {
            println!("    {runs:>7} {what}");
        }
        assert!(all > 0, "nothing was run");
        // The first of each pair tells more than all of the first pair.
        let pair = |text: &str| text.split(" at ").next().unwrap_or_default().to_owned();
        let mut last = String::new();
        let first =
            self.violations.iter().filter(|text| std::mem::replace(&mut last, pair(text)) != pair(text));
        let shown: Vec<&str> = first.take(SHOWN).map(String::as_str).collect();
        assert!(self.violations.is_empty(), "{}", shown.join("\n"));
    }
}
