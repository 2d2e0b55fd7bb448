//! Reads a node of a case word by word: what is left over in the end is an error.

use kdl::{KdlNode, KdlValue};
use std::{
    collections::{BTreeMap, VecDeque},
    fmt::Display,
    str::FromStr,
};

/// A node that is being read.
pub struct Words<'a> {
    node: &'a KdlNode,
    args: VecDeque<String>,
    props: BTreeMap<String, String>,
    children: &'a [KdlNode],
}

impl<'a> Words<'a> {
    pub fn new(node: &'a KdlNode) -> Self {
        let mut words = Words { node, args: VecDeque::new(), props: BTreeMap::new(), children: &[] };
        for entry in node.entries() {
            let value = match entry.value() {
                KdlValue::String(text) => text.clone(),
                other => other.to_string().trim_start_matches('#').to_owned(),
            };
            match entry.name() {
                Some(name) => _ = words.props.insert(name.value().to_owned(), value),
                None => words.args.push_back(value),
            }
        }
        words.children = node.children().map_or(&[], |children| children.nodes());
        words
    }

    pub fn word(&self) -> &'a str {
        self.node.name().value()
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
        let Some(text) = self.props.remove(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|why| self.wrong(format_args!("{name}: {why}")))
    }

    pub fn is(&mut self, name: &str) -> Result<bool, String> {
        Ok(self.prop(name)?.unwrap_or(false))
    }

    pub fn props(&mut self) -> BTreeMap<String, String> {
        std::mem::take(&mut self.props)
    }

    pub fn children(&mut self) -> impl Iterator<Item = Words<'a>> + use<'a> {
        std::mem::take(&mut self.children).iter().map(Words::new)
    }

    /// Refuses what is left.
    pub fn end(self) -> Result<(), String> {
        let left = self.args.iter().chain(self.props.keys());
        let left: Vec<&str> =
            left.map(String::as_str).chain(self.children.iter().map(|one| one.name().value())).collect();
        if left.is_empty() {
            Ok(())
        } else {
            Err(self.wrong(format_args!("nobody knows {}", left.join(", "))))
        }
    }
}
