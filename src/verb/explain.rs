//! `phoenix explain`

use crate::{exit::Exit, failure::Failure, show::Paint, terminal::Terminal, view::CodeView};
use clap::Args;
use phoenix_compiler::{
    Code, Severity,
    diagnostic::{Example, code::TABLE, did_you_mean},
};
use std::fmt::Write;

/// Explain a diagnostic by its code
///
/// Tells what the code means, why it matters on a storage host, and shows a spec that gives it and the
/// same put right. Without a code it lists all of them.
#[derive(Debug, Args)]
pub struct Explain {
    /// The code, as it stands in the diagnostic: quota-over-parent
    code: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Explain {
    /// Runs the verb.
    pub fn run(&self, terminal: &Terminal) -> Result<Exit, Failure> {
        let Some(name) = &self.code else {
            if self.json {
                terminal.json(&TABLE.iter().map(|entry| CodeView::new(entry.code)).collect::<Vec<_>>());
            } else {
                terminal.print(all(terminal.paint()));
            }
            return Ok(Exit::Done);
        };
        match Code::find(name) {
            Some(code) if self.json => terminal.json(&[CodeView::new(code)]),
            Some(code) => terminal.print(page(code, terminal.paint())),
            None => {
                let near = did_you_mean(name, TABLE.iter().map(|entry| entry.name));
                return Err(Failure::new(Exit::Usage, format!("there is no code `{name}`")).help(
                    match near {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => "`phoenix explain` lists all".to_owned(),
                    },
                ));
            }
        }
        Ok(Exit::Done)
    }
}

fn all(paint: Paint) -> String {
    let widest = TABLE.iter().map(|entry| entry.name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for entry in TABLE {
        let gap = " ".repeat(widest - entry.name.len());
        let after = if entry.severity == Severity::Error { "  " } else { "" };
        // Writing to a string does not fail, here and below.
        let _ = writeln!(
            text,
            "{}{gap}  {}{after}  {}",
            paint.strong(entry.name),
            severity(entry.severity, paint),
            entry.title
        );
    }
    text
}

fn page(code: Code, paint: Paint) -> String {
    let entry = code.entry();
    let mut text =
        format!("{}[{}]: {}\n\n", severity(entry.severity, paint), paint.strong(entry.name), entry.title);
    text.push_str(&wrapped(entry.explanation));
    if let Some(page) = code.page() {
        let _ = write!(text, "\n{}", wrapped(page.why));
        if let Some((wrong, right)) = &page.examples {
            let _ = write!(text, "\n{}:\n\n{}", paint.bad("wrong"), indented(wrong));
            let _ = write!(text, "\n{}:\n\n{}", paint.good("right"), indented(right));
        }
    }
    if entry.lint {
        let _ = write!(text, "\nWhere it is meant, say `allow \"{}\"` in the node.\n", entry.name);
    }
    text
}

fn severity(severity: Severity, paint: Paint) -> String {
    match severity {
        Severity::Error => paint.bad("error"),
        Severity::Warning => paint.change("warning"),
    }
}

fn indented(example: &Example) -> String {
    example.text().lines().flat_map(|line| ["    ", line, "\n"]).collect()
}

/// Breaks a text into lines that are read with ease.
fn wrapped(text: &str) -> String {
    let mut lines = String::new();
    let mut width = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > 80 {
            lines.push('\n');
            width = 0;
        } else if width > 0 {
            lines.push(' ');
            width += 1;
        }
        lines.push_str(word);
        width += length;
    }
    lines.push('\n');
    lines
}
