//! A spec in the making: nodes with settings, each of which can be left out with a reason; then it
//! stands in the text as a comment.

use phoenix_graph::{
    Key,
    plain::{is_hidden, plain},
};
use std::{fmt::Write, ops::Range};

/// A node of the spec.
#[derive(Debug, Clone, Default)]
pub struct Node {
    pub word: &'static str,
    /// What stands right after the word.
    pub args: Vec<Literal>,
    pub settings: Vec<Setting>,
    /// Comments for the person who reads it.
    pub notes: Vec<String>,
    pub inside: Vec<Node>,
    pub key: Option<Key>,
    /// Why it is left out, where it is.
    pub left_out: Option<String>,
}

/// A setting of a node.
#[derive(Debug, Clone)]
pub struct Setting {
    pub name: String,
    pub value: Literal,
    /// Why it is left out, where it is.
    pub left_out: Option<String>,
}

/// A value as the spec writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Literal {
    Text(String),
    Number(u64),
    /// `#true` or `#false`.
    Switch(bool),
}

/// Where something stands in the tree: the way down by index, and the setting where it is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    way: Vec<usize>,
    setting: Option<usize>,
}

/// A text with the place of everything in it that can be left out.
#[derive(Debug, Default)]
pub struct Rendered {
    pub text: String,
    places: Vec<(Range<usize>, Spot)>,
}

/// Settings without which their node would mean something else: they are left out with it.
const VITAL: &[&str] = &[
    "mountpoint",
    "canmount",
    "size",
    "sparse",
    "at",
    "subdirectory",
    "type",
    "volblocksize",
    "encryption",
    "keyformat",
    "keylocation",
];
/// Nodes that can be left out by themselves. What stands in others is left out with them.
const WHOLE: &[&str] = &["arc", "pool", "root", "dataset", "volume", "export", "proxmox", "bind", "lxc"];
/// The longest line of settings, and of comments.
const WIDE: usize = 100;

impl Node {
    /// Makes a node without anything in it.
    #[must_use]
    pub fn new(word: &'static str) -> Self {
        Self { word, ..Self::default() }
    }

    /// Makes a node with an argument.
    #[must_use]
    pub fn named(word: &'static str, name: impl Into<String>) -> Self {
        Self { args: vec![Literal::Text(name.into())], ..Self::new(word) }
    }

    /// Makes a node with a number as its argument.
    #[must_use]
    pub fn numbered(word: &'static str, number: u64) -> Self {
        Self { args: vec![Literal::Number(number)], ..Self::new(word) }
    }

    /// Adds a setting.
    pub fn set(&mut self, name: impl Into<String>, value: Literal) {
        self.settings.push(Setting { name: name.into(), value, left_out: None });
    }

    /// Writes the node, and remembers what stands where.
    #[must_use]
    pub fn render(&self, head: &str) -> Rendered {
        let mut rendered = Rendered { text: head.to_owned(), places: Vec::new() };
        self.write(&mut rendered, &Spot { way: Vec::new(), setting: None });
        rendered
    }

    /// Finds the node that declares a resource, where it is not left out.
    #[must_use]
    pub fn find(&self, key: &Key) -> Option<Spot> {
        if self.left_out.is_some() {
            return None;
        }
        if self.key.as_ref() == Some(key) {
            return Some(Spot { way: Vec::new(), setting: None });
        }
        self.inside.iter().enumerate().find_map(|(at, inner)| {
            let mut spot = inner.find(key)?;
            spot.way.insert(0, at);
            Some(spot)
        })
    }

    /// Finds a setting of the node that declares a resource; the node itself where it has no such setting.
    #[must_use]
    pub fn find_setting(&self, key: &Key, name: &str) -> Option<Spot> {
        let spot = self.find(key)?;
        let setting = self.at(&spot.way)?.settings.iter().position(|setting| setting.name == name);
        Some(Spot { setting, ..spot })
    }

    /// Leaves out what stands at a spot, or the least around it that can be left out alone. Says whether
    /// anything was.
    pub fn leave_out(&mut self, spot: &Spot, reason: &str) -> bool {
        if let Some(setting) = spot.setting
            && let Some(node) = self.at_mut(&spot.way)
            && WHOLE.contains(&node.word)
            && let Some(setting) = node.settings.get_mut(setting)
            && !VITAL.contains(&setting.name.as_str())
        {
            return setting.left_out.replace(reason.to_owned()).is_none();
        }
        for depth in (0..=spot.way.len()).rev() {
            let Some(node) = self.at_mut(&spot.way[..depth]) else { continue };
            if WHOLE.contains(&node.word) {
                let fewer = node.left_out.replace(reason.to_owned()).is_none();
                self.leave_out_what_is_empty(&spot.way[..depth]);
                return fewer;
            }
        }
        false
    }

    /// Leaves out the node around another one that was left out, where it means nothing without any.
    fn leave_out_what_is_empty(&mut self, way: &[usize]) {
        let Some((_, above)) = way.split_last() else { return };
        if let Some(node) = self.at_mut(above).filter(|node| node.word == "bind")
            && node.inside.iter().all(|inner| inner.left_out.is_some())
        {
            node.left_out = Some("nothing of it can be said".to_owned());
        }
    }

    /// Takes a secret out of the text, also out of comments.
    pub fn conceal(&mut self, spot: &Spot) {
        let setting = spot.setting.and_then(|at| self.at_mut(&spot.way)?.settings.get_mut(at));
        if let Some(setting) = setting {
            setting.value = Literal::Text("(a secret)".to_owned());
        }
    }

    /// Counts what is left out, and the comments beside.
    #[must_use]
    pub fn left_out(&self) -> usize {
        if self.left_out.is_some() {
            return 1;
        }
        let settings = self.settings.iter().filter(|setting| setting.left_out.is_some()).count();
        settings + self.notes.len() + self.inside.iter().map(Node::left_out).sum::<usize>()
    }

    fn at(&self, way: &[usize]) -> Option<&Node> {
        way.iter().try_fold(self, |node, &at| node.inside.get(at))
    }

    fn at_mut(&mut self, way: &[usize]) -> Option<&mut Node> {
        way.iter().try_fold(self, |node, &at| node.inside.get_mut(at))
    }

    fn write(&self, to: &mut Rendered, spot: &Spot) {
        if let Some(reason) = &self.left_out {
            let mut plain = Rendered::default();
            Self { left_out: None, ..self.clone() }.write(&mut plain, spot);
            comment(&mut to.text, &format!("Left out: {reason}."));
            let mut depth = 0_usize;
            for line in plain.text.lines() {
                depth -= usize::from(line == "}").min(depth);
                // Writing to a string does not fail, here and below.
                let _ = writeln!(to.text, "// {:1$}{line}", "", 4 * depth);
                depth += usize::from(line.ends_with(" {") && !line.starts_with("//"));
            }
            return;
        }
        let start = to.text.len();
        to.text.push_str(self.word);
        for arg in &self.args {
            let _ = write!(to.text, " {}", arg.write());
        }
        let said = || self.settings.iter().enumerate().filter(|(_, setting)| setting.left_out.is_none());
        let line: usize = said().map(|(_, setting)| setting.inline().len() + 1).sum();
        let inline = line <= WIDE - 30;
        if inline {
            for (at, setting) in said() {
                to.text.push(' ');
                to.mark(spot, at, &setting.inline());
            }
        }
        let left = self.settings.iter().filter(|setting| setting.left_out.is_some());
        let remarks: Vec<String> = left.map(Setting::remark).chain(self.notes.iter().cloned()).collect();
        if (inline || self.settings.is_empty()) && remarks.is_empty() && self.inside.is_empty() {
            to.text.push('\n');
        } else {
            to.text.push_str(" {\n");
            for remark in &remarks {
                comment(&mut to.text, remark);
            }
            for (at, setting) in said().filter(|_| !inline) {
                to.mark(spot, at, &setting.alone());
                to.text.push('\n');
            }
            for (at, inner) in self.inside.iter().enumerate() {
                let mut below = spot.clone();
                below.way.push(at);
                inner.write(to, &below);
            }
            to.text.push_str("}\n");
        }
        to.places.push((start..to.text.len(), spot.clone()));
    }
}

impl Rendered {
    /// Finds the smallest thing that stands at a byte of the text.
    #[must_use]
    pub fn spot(&self, byte: usize) -> Option<&Spot> {
        let around = self.places.iter().filter(|(range, _)| range.contains(&byte));
        around.min_by_key(|(range, _)| range.len()).map(|(_, spot)| spot)
    }

    fn mark(&mut self, node: &Spot, setting: usize, text: &str) {
        let start = self.text.len();
        self.text.push_str(text);
        let spot = Spot { way: node.way.clone(), setting: Some(setting) };
        self.places.push((start..self.text.len(), spot));
    }
}

impl Setting {
    fn inline(&self) -> String {
        format!("{}={}", name(&self.name), self.value.write())
    }

    fn alone(&self) -> String {
        format!("{} {}", name(&self.name), self.value.write())
    }

    fn remark(&self) -> String {
        format!("Left out: {}: {}.", self.alone(), self.left_out.as_deref().unwrap_or_default())
    }
}

impl Literal {
    fn write(&self) -> String {
        match self {
            Literal::Text(text) => quoted(text),
            Literal::Number(number) => number.to_string(),
            Literal::Switch(on) => format!("#{on}"),
        }
    }
}

/// Writes a name: plain where it is a word, else in quotes.
fn name(text: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
    let begins = text.starts_with(|c: char| c.is_ascii_lowercase());
    if begins && text.chars().all(plain) { text.to_owned() } else { quoted(text) }
}

/// Writes a text in quotes, as KDL 2 reads it.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if is_hidden(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Writes a comment, in lines of a readable length.
fn comment(to: &mut String, text: &str) {
    // What would end the comment is shown, and does not.
    let text = plain(text);
    let mut line = String::from("//");
    // What stands in quotes stays in one line: names may have blanks in them.
    let mut quoted = false;
    let words = text.split(|c: char| {
        quoted ^= c == '"';
        c == ' ' && !quoted
    });
    for word in words {
        if line.len() > 2 && line.len() + word.len() >= WIDE {
            to.push_str(&line);
            to.push('\n');
            line = String::from("//");
        }
        line.push(' ');
        line.push_str(word);
    }
    to.push_str(line.trim_end());
    to.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_stands_there_as_a_comment_with_its_reason() {
        let mut pool = Node::named("pool", "tank");
        let mut dataset = Node::named("dataset", "a b");
        dataset.key = Some("dataset:tank/a b".parse().unwrap());
        dataset.set("quota", Literal::Text("2G".to_owned()));
        dataset.set("site:note", Literal::Text("a \"b\"\n".to_owned()));
        pool.inside.push(dataset);
        let key = "dataset:tank/a b".parse().unwrap();
        let spot = pool.find_setting(&key, "quota").unwrap();
        assert!(pool.leave_out(&spot, "it is over that of \"tank\""));
        let text = pool.render("").text;
        assert!(text.contains("// Left out: quota \"2G\": it is over that of \"tank\".\n"), "{text}");
        assert!(text.contains(r#"dataset "a b" "site:note"="a \"b\"\n" {"#), "{text}");
        assert!(pool.leave_out(&pool.find(&key).unwrap(), "gone"));
        assert_eq!(pool.find(&key), None);
        assert_eq!(pool.left_out(), 1);
        let text = pool.render("").text;
        assert!(text.lines().skip(1).all(|line| line.starts_with("//") || line == "}"), "{text}");
    }

    #[test]
    fn a_name_with_a_blank_is_not_broken_in_a_comment() {
        let mut text = String::new();
        let name = "\"tank/a name with blanks\"";
        comment(&mut text, &format!("{} {name}, and more.", "word ".repeat(WIDE / 5 - 2)));
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(text.contains(&format!("\n// {name}, and more.")), "{text}");
    }

    #[test]
    fn a_place_in_the_text_is_found_again() {
        let mut pool = Node::named("pool", "tank");
        pool.set("autotrim", Literal::Switch(true));
        pool.inside.push(Node { inside: vec![Node::named("disk", "/dev/x")], ..Node::new("mirror") });
        let rendered = pool.render("edition 1\n");
        let disk = rendered.spot(rendered.text.find("/dev/x").unwrap()).unwrap().clone();
        assert_eq!(disk.way, [0, 0]);
        let setting = rendered.spot(rendered.text.find("autotrim").unwrap()).unwrap();
        assert_eq!(setting.setting, Some(0));
        // A disk cannot be missing from a pool: the pool is left out.
        assert!(pool.leave_out(&disk, "no"));
        assert!(pool.left_out.is_some());
    }
}
