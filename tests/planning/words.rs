//! Reads a node of a case word by word: what is left over in the end is an error.

use kdl::{KdlNode, KdlValue};
use std::{collections::VecDeque, fmt::Display, str::FromStr};

/// A node that is being read.
pub struct Words<'a> {
    node: &'a KdlNode,
    args: VecDeque<String>,
    /// In their order; one name may stand twice.
    props: Vec<(String, String)>,
    children: &'a [KdlNode],
}

impl<'a> Words<'a> {
    pub fn new(node: &'a KdlNode) -> Self {
        let mut words = Words { node, args: VecDeque::new(), props: Vec::new(), children: &[] };
        for entry in node.entries() {
            let value = match entry.value() {
                KdlValue::String(text) => text.clone(),
                other => other.to_string().trim_start_matches('#').to_owned(),
            };
            match entry.name() {
                Some(name) => words.props.push((name.value().to_owned(), value)),
                None => words.args.push_back(value),
            }
        }
        words.children = node.children().map_or(&[], |children| children.nodes());
        words
    }

    pub fn word(&self) -> &'a str {
        self.node.name().value()
    }

    /// Names what is told of: by its word, and so many more. A volume has the name of no file system.
    pub fn what(&self, more: usize) -> String {
        let word = if self.word() == "volume" { "dataset" } else { self.word() };
        let more = self.args.iter().take(more).map(String::as_str);
        std::iter::once(word).chain(more).collect::<Vec<_>>().join(" ")
    }

    /// Says of an error where it is.
    pub fn wrong(&self, why: impl Display) -> String {
        format!("`{}`: {why}", self.node.to_string().trim())
    }

    pub fn arg<T: FromStr<Err: Display>>(&mut self) -> Result<T, String> {
        let arg = self.args.pop_front().ok_or_else(|| self.wrong("a word is missing"))?;
        arg.parse().map_err(|why| self.wrong(why))
    }

    pub fn args(&mut self) -> Vec<String> {
        self.args.drain(..).collect()
    }

    /// Takes the next word if it is one of these.
    pub fn one_of(&mut self, words: &[&'static str]) -> Option<&'static str> {
        let found = words.iter().find(|word| self.args.front().is_some_and(|arg| arg == *word));
        found.inspect(|_| _ = self.args.pop_front()).copied()
    }

    pub fn prop<T: FromStr<Err: Display>>(&mut self, name: &str) -> Result<Option<T>, String> {
        let Some(at) = self.props.iter().position(|(other, _)| other == name) else { return Ok(None) };
        let (_, text) = self.props.remove(at);
        if self.props.iter().any(|(other, _)| other == name) {
            return Err(self.wrong(format_args!("{name} is said twice")));
        }
        text.parse().map(Some).map_err(|why| self.wrong(format_args!("{name}: {why}")))
    }

    pub fn is(&mut self, name: &str) -> Result<bool, String> {
        Ok(self.prop(name)?.unwrap_or(false))
    }

    pub fn props(&mut self) -> Vec<(String, String)> {
        std::mem::take(&mut self.props)
    }

    pub fn children(&mut self) -> impl Iterator<Item = Words<'a>> + use<'a> {
        std::mem::take(&mut self.children).iter().map(Words::new)
    }

    /// Refuses what is left.
    pub fn end(self) -> Result<(), String> {
        let left = self.args.iter().chain(self.props.iter().map(|(name, _)| name));
        let left: Vec<&str> =
            left.map(String::as_str).chain(self.children.iter().map(|one| one.name().value())).collect();
        if left.is_empty() {
            Ok(())
        } else {
            Err(self.wrong(format_args!("nobody knows {}", left.join(", "))))
        }
    }
}
