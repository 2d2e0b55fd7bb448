//! A tree → texts, each thing in some legal spelling, with comments everywhere. The plainest choices
//! give the plainest text.

use super::{
    choices::Choices,
    spec::{Node, Piece, Same, Setting, Spec, Value},
};
use crate::Memory;
use std::{collections::BTreeMap, fmt};

/// Marks texts that are written as they are, so that they are found again.
pub const MARK: &str = "zz-";

/// A size over every limit of a random spec, written as it is, too.
pub const TOO_MUCH: &str = "8191T";

/// What was written: the texts by their paths, and every comment in them.
#[derive(Debug, Clone, Default)]
pub struct Written {
    pub files: BTreeMap<String, String>,
    pub comments: Vec<String>,
}

impl Written {
    /// Returns the files for the compiler.
    pub fn world(&self) -> Memory {
        Memory(self.files.iter().map(|(name, text)| (name.clone(), text.as_str().into())).collect())
    }
}

/// Writes a spec.
pub fn write(spec: &Spec, choices: Choices) -> Written {
    let mut writer = Writer { choices, text: String::new(), comments: Vec::new() };
    let mut files = BTreeMap::new();
    for file in &spec.files {
        for node in &file.nodes {
            writer.node(node, 0);
        }
        files.insert(file.name.clone(), std::mem::take(&mut writer.text));
    }
    Written { files, comments: writer.comments }
}

/// Shows the plainest text that says the same: what proptest prints of a failure.
impl fmt::Debug for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, text) in write(self, Choices::new(Vec::new())).files {
            write!(f, "\n=== {name} ===\n{text}")?;
        }
        Ok(())
    }
}

struct Writer {
    choices: Choices,
    text: String,
    comments: Vec<String>,
}

impl Writer {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn pick(&mut self, several: &[&'static str]) -> &'static str {
        self.choices.of(several)
    }

    /// Writes a comment that stands nowhere else.
    fn comment(&mut self, start: &str, end: &str) {
        let comment = format!("{start}c{} \"{{\\{end}", self.comments.len());
        self.push(&comment);
        self.comments.push(comment);
    }

    /// Writes what parts two entries.
    fn gap(&mut self) {
        match self.choices.below(20) {
            19 => {
                self.push(" ");
                self.comment("/* /**/", " */");
                self.push(" ");
            }
            18 => {
                self.push(" \\ ");
                self.comment("// ", "");
                self.push("\n\t");
            }
            17 => self.push(" \\\n  "),
            16 => self.push("   "),
            _ => self.push(" "),
        }
    }

    /// Writes a node with what comes before and after it.
    fn node(&mut self, node: &Node, level: usize) {
        let indent = if self.choices.one_in(10) { level } else { level * 4 };
        match self.choices.below(12) {
            11 => {
                self.push("\n");
                self.comment("/// ", "");
                self.push("\n");
            }
            10 => {
                self.comment("/* a\n", "\n*/");
                self.push("\n\n\n");
            }
            9 => {
                self.push("/-dataset \"slashed out\" quota=");
                let inside = self.choices.one_in(2);
                self.push(if inside { "1 { a; b 2 }" } else { "1" });
                self.push("\n");
            }
            _ => {}
        }
        self.push(&" ".repeat(indent));
        // What is said on the line, and what inside; some words can only be said there.
        let only_line = ["param", "with"].contains(&node.word);
        let (mut line, mut inside): (Vec<(&str, &Same)>, Vec<&Setting>) = (Vec::new(), Vec::new());
        for setting in &node.settings {
            if only_line || setting.values.len() == 1 && !self.choices.one_in(2) {
                line.push((&setting.name, &setting.values[0]));
            } else {
                inside.push(setting);
            }
        }
        let mut words: Vec<(&str, Same)> = Vec::new();
        let mut children: Vec<&Node> = Vec::new();
        for inner in &node.inside {
            let can = ["use", "allow"].contains(&inner.word) && inner.args.len() == 1 && node.word != "each";
            if can && !words.iter().any(|(word, _)| *word == inner.word) && !self.choices.one_in(2) {
                words.push((inner.word, vec![inner.args[0].clone()]));
            } else {
                children.push(inner);
            }
        }
        line.extend(words.iter().map(|(word, same)| (*word, same)));
        self.entries(node, line);
        let empty = TAKE_BLOCKS.contains(&node.word) && self.choices.one_in(30);
        if !inside.is_empty() || !children.is_empty() || empty {
            self.gap();
            self.block(&inside, &children, level);
        }
        self.end();
    }

    /// Ends a node.
    fn end(&mut self) {
        match self.choices.below(12) {
            11 => {
                self.push(" ");
                self.comment("// ", "");
                self.push("\n");
            }
            10 => self.push(";"),
            9 => self.push(" ;\n"),
            8 => self.push("\r\n"),
            _ => self.push("\n"),
        }
    }

    fn block(&mut self, settings: &[&Setting], children: &[&Node], level: usize) {
        let open = self.pick(&["{\n", "{\n", "{", "{\n\n"]);
        self.push(open);
        if self.choices.one_in(12) {
            self.push(" ");
            self.comment("// ", "");
            self.push("\n");
        }
        settings.iter().for_each(|setting| self.setting(&setting.name, &setting.values, level + 1));
        children.iter().for_each(|child| self.node(child, level + 1));
        self.push(&" ".repeat(level * 4));
        self.push("}");
    }

    /// Writes a node's word with its arguments and what stands on its line.
    fn entries(&mut self, node: &Node, line: Vec<(&str, &Same)>) {
        self.push(node.word);
        let mut line = line.into_iter();
        for arg in &node.args {
            // A setting may stand before an argument; these two know their first by its place.
            if !["param", "profile"].contains(&node.word) && self.choices.one_in(4) {
                line.next().into_iter().for_each(|(name, same)| self.entry(name, same));
            }
            self.gap();
            self.value(arg);
        }
        line.for_each(|(name, same)| self.entry(name, same));
    }

    fn entry(&mut self, name: &str, same: &Same) {
        self.gap();
        self.name(name);
        let equals = self.pick(&["=", "=", "=", " = "]);
        self.push(equals);
        let at = self.choices.below(same.len());
        self.value(&same[at]);
    }

    /// Writes a setting in its longer spelling.
    fn setting(&mut self, name: &str, values: &[Same], level: usize) {
        self.push(&" ".repeat(level * 4));
        self.name(name);
        for same in values {
            self.gap();
            let at = self.choices.below(same.len());
            self.value(&same[at]);
        }
        self.end();
    }

    fn name(&mut self, name: &str) {
        if is_bare(name) && !self.choices.one_in(6) {
            self.push(name);
        } else {
            self.quoted(name);
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Text(text) => self.text(text),
            Value::Number(number) => {
                let spelled = match self.choices.below(6) {
                    5 => format!("0x{number:X}"),
                    4 if *number > 9 => format!("{}_{}", number / 10, number % 10),
                    _ => number.to_string(),
                };
                self.push(&spelled);
            }
            Value::Bool(on) => self.push(if *on { "#true" } else { "#false" }),
            Value::Let(name) => self.annotated("let", name),
            Value::Param(name) => self.annotated("param", name),
            Value::Format(pieces) => {
                let pieces = pieces.iter().map(|piece| match piece {
                    Piece::Said(text) => text.replace('{', "{{").replace('}', "}}"),
                    Piece::Name(name) => format!("{{{name}}}"),
                });
                let text: String = pieces.collect();
                self.annotated("fmt", &text);
            }
        }
    }

    fn annotated(&mut self, annotation: &str, text: &str) {
        let (open, close) = self.choices.of(&[("(", ")"), ("(", ")"), ("( ", " )"), ("(", ") ")]);
        self.push(open);
        self.push(annotation);
        self.push(close);
        self.text(text);
    }

    fn text(&mut self, text: &str) {
        if text.contains(MARK) || text == TOO_MUCH {
            return self.quoted(text);
        }
        match self.choices.below(8) {
            7 if is_bare(text) => self.push(text),
            // Two quotation marks in front would begin a text of several lines.
            6 if !text.starts_with('"') => self.push(&format!("##\"{text}\"##")),
            5 => self.push(&format!("\"\"\"\n    {}\n    \"\"\"", escaped(text))),
            4 => {
                let spelled: String = text
                    .chars()
                    .map(|c| if c == 'a' { "\\u{61}".to_owned() } else { escaped(&c.to_string()) })
                    .collect();
                self.push(&format!("\"{spelled}\""));
            }
            _ => self.quoted(text),
        }
    }

    fn quoted(&mut self, text: &str) {
        self.push(&format!("\"{}\"", escaped(text)));
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// Returns whether a text can stand without quotation marks.
fn is_bare(text: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || "-_.:@".contains(c);
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(part)
        && !["true", "false", "null", "inf", "nan"].contains(&text)
}

/// Nodes that may have braces with nothing inside.
const TAKE_BLOCKS: &[&str] = &["pool", "dataset", "volume", "root", "host", "export", "proxmox"];
