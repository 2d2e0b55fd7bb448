//! `phoenix explain`

use crate::{codes, exit::Exit, failure::Failure, show::Paint, terminal::Terminal, view::CodeView};
use clap::Args;
use phoenix_compiler::diagnostic::did_you_mean;
use phoenix_graph::{
    Code,
    code::{Example, Level},
};
use std::fmt::Write;

/// Explain a diagnostic, or what a plan refuses or warns of, by its code
///
/// Tells what the code means, and why it matters on a storage host; of a diagnostic it shows a spec that gives
/// it and the same put right. Without a code it lists all of them.
#[derive(Debug, Args)]
pub struct Explain {
    /// The code, as it stands in the diagnostic, below the plan or in `--json`: quota-over-parent
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
                terminal.json(&codes::all().map(CodeView::new).collect::<Vec<_>>());
            } else {
                terminal.print(all(terminal.paint()));
            }
            return Ok(Exit::Done);
        };
        match codes::find(name) {
            Some(code) if self.json => terminal.json(&[CodeView::new(code)]),
            Some(code) => terminal.print(page(code, terminal.paint())),
            None => {
                let near = did_you_mean(name, codes::all().map(|code| code.name));
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
    let widest = codes::all().map(|code| code.name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for code in codes::all() {
        let gap = " ".repeat(widest - code.name.len());
        let (name, level) = (paint.strong(code.name), level(code.level, paint));
        let after = if code.level == Level::Error { "  " } else { "" };
        // Writing to a string does not fail, here and below.
        let _ = writeln!(text, "{name}{gap}  {level}{after}  {}", code.title);
    }
    text
}

fn page(code: Code, paint: Paint) -> String {
    let (name, level) = (paint.strong(code.name), level(code.level, paint));
    let mut text = format!("{level}[{name}]: {}\n\n", code.title);
    let _ = write!(text, "{}\n{}", wrapped(code.explanation), wrapped(code.why));
    if let Some(examples) = &code.examples {
        let _ = write!(text, "\n{}:\n\n{}", paint.bad("wrong"), indented(&examples.wrong));
        let _ = write!(text, "\n{}:\n\n{}", paint.good("right"), indented(&examples.right));
    }
    if code.level == Level::Lint {
        let _ = write!(text, "\nWhere it is meant, say `allow \"{code}\"` in the node.\n");
    }
    text
}

fn level(level: Level, paint: Paint) -> String {
    match level {
        Level::Error => paint.bad("error"),
        Level::Refusal => paint.bad("refusal"),
        Level::Lint | Level::Warning => paint.change("warning"),
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
