//! The recorded runs.

use serde::Deserialize;
use std::collections::BTreeMap;

const CASES: &str = include_str!("../fixtures/pvesm-cases.jsonl");

/// A run of the real `pvesm`: what it was called with, what it said, and the file before and after.
#[derive(Deserialize)]
pub struct Case {
    pub case: String,
    pub argv: Vec<String>,
    pub ok: bool,
    #[serde(default)]
    pub stdout: String,
    #[serde(default)]
    pub stderr: String,
    pub before: String,
    pub after: Option<String>,
    #[serde(default)]
    pub seen_after: BTreeMap<String, String>,
    #[serde(default)]
    pub setup: Vec<String>,
}

/// Reads them all.
pub fn all() -> Vec<Case> {
    CASES.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Compares what was said: Perl's own places and warnings aside, and of a long record its end.
pub fn said(recorded: &str, ours: &str) -> bool {
    let plain = |text: &str| -> Vec<String> {
        let lines = text.lines().map(|l| l.split(" at /usr/share/perl5").next().unwrap_or(l));
        let perl = |l: &str| l.contains("<DATA> line") || l.starts_with("Use of uninitialized");
        lines.filter(|l| !perl(l) && !l.is_empty()).map(|l| l.trim_end().to_string()).collect()
    };
    let (recorded, ours) = (plain(recorded), plain(ours));
    if recorded.is_empty() {
        return ours.is_empty();
    }
    // The record keeps the last of what was said: its first line may be cut, earlier ones missing.
    let skipped = ours.len().saturating_sub(recorded.len());
    let pairs = recorded.iter().zip(ours.iter().skip(skipped));
    let same = pairs.enumerate().all(|(n, (r, o))| r == o || (n == 0 && o.ends_with(r.as_str())));
    recorded.len() <= ours.len() && same
}

/// Writes a file's lists in one order.
pub fn sorted(file: &str) -> String {
    let line = |line: &str| match line.trim_start().split_once(' ') {
        Some((name @ ("content" | "nodes"), list)) => {
            let mut words: Vec<_> = list.split(',').collect();
            words.sort_unstable();
            format!("{name} {}\n", words.join(","))
        }
        _ => format!("{line}\n"),
    };
    file.lines().map(line).collect()
}
