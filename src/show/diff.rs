//! The difference of two graphs for people.

use super::{Paint, count, line, value::value};
use phoenix_graph::{Change, GraphDiff};
use std::fmt::Write;

/// Lays a difference out, resource by resource.
#[must_use]
pub fn diff(diff: &GraphDiff, paint: Paint) -> String {
    let mut text = String::new();
    for (key, change) in &diff.0 {
        // Writing to a string does not fail, here and below.
        match change {
            Change::Added { facts } => {
                let _ = writeln!(text, "{} {}", paint.good("+"), line(key));
                lines(
                    &mut text,
                    facts.iter().map(|(name, fact)| (name, format!("→ {}", value(key, name, fact)))),
                );
            }
            Change::Removed { facts } => {
                let _ = writeln!(text, "{} {}", paint.bad("-"), line(key));
                lines(&mut text, facts.iter().map(|(name, fact)| (name, value(key, name, fact))));
            }
            Change::Changed { facts } => {
                let _ = writeln!(text, "{} {}", paint.change("~"), line(key));
                let side = |name: &str, side: &Option<String>| {
                    side.as_ref().map_or_else(|| "not set".to_owned(), |fact| value(key, name, fact))
                };
                lines(
                    &mut text,
                    facts.iter().map(|(name, (old, new))| {
                        (name, format!("{} → {}", side(name, old), side(name, new)))
                    }),
                );
            }
        }
    }
    let _ = match diff.0.len() {
        0 => writeln!(text, "No difference."),
        1 => writeln!(text, "1 resource differs."),
        differing => writeln!(text, "{} differ.", count(differing, "resource")),
    };
    text
}

fn lines<'a>(text: &mut String, lines: impl Iterator<Item = (&'a String, String)>) {
    let lines: Vec<_> = lines.collect();
    let width = lines.iter().map(|(name, _)| line(name).chars().count()).max().unwrap_or(0);
    for (name, told) in lines {
        let _ = writeln!(text, "    {:width$}  {}", line(name), line(&told));
    }
}
