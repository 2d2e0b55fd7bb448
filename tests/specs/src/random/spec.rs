//! A spec as a tree, before anybody decided how it is written: what may be spelled in several ways
//! stands here once, with all its spellings.

use super::choices::Choices;

/// All files of a spec. The last is the spec itself, each imports only files before it.
#[derive(Clone, Default)]
pub struct Spec {
    pub files: Vec<File>,
}

/// A file: its path, and the nodes that stand straight in it.
#[derive(Debug, Clone)]
pub struct File {
    pub name: String,
    pub nodes: Vec<Node>,
}

/// A node: its word, its arguments, its settings, the nodes inside.
#[derive(Debug, Clone)]
pub struct Node {
    pub word: &'static str,
    pub args: Vec<Value>,
    pub settings: Vec<Setting>,
    pub inside: Vec<Node>,
}

/// A setting with its values.
#[derive(Debug, Clone)]
pub struct Setting {
    pub name: String,
    pub values: Vec<Same>,
}

/// Values that mean the same; never empty.
pub type Same = Vec<Value>;

/// A value as it is written.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Text(String),
    Number(u64),
    Bool(bool),
    Let(String),
    Param(String),
    Format(Vec<Piece>),
}

/// A piece of a `(fmt)`: text, or a name in braces.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    Said(String),
    Name(String),
}

pub fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

impl Node {
    pub fn new(word: &'static str, args: Vec<Value>) -> Self {
        Self { word, args, settings: Vec::new(), inside: Vec::new() }
    }

    pub fn named(word: &'static str, name: impl Into<String>) -> Self {
        Self::new(word, vec![text(name)])
    }

    pub fn holding(mut self, inside: Vec<Node>) -> Self {
        self.inside.extend(inside);
        self
    }

    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.set(name, vec![vec![value]]);
        self
    }

    pub fn set(&mut self, name: &str, values: Vec<Same>) {
        assert!(self.setting(name).is_none(), "{name} is set twice");
        self.settings.push(Setting { name: name.to_owned(), values });
    }

    pub fn setting(&self, name: &str) -> Option<&Setting> {
        self.settings.iter().find(|setting| setting.name == name)
    }

    /// Returns the first argument where it is a plain text.
    pub fn name(&self) -> Option<&str> {
        match self.args.first() {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Visits the node and all nodes inside.
    pub fn visit(&self, look: &mut impl FnMut(&Node)) {
        look(self);
        self.inside.iter().for_each(|node| node.visit(look));
    }

    /// Visits all values of the node and of the nodes inside.
    pub fn values(&self, look: &mut impl FnMut(&Value)) {
        self.visit(&mut |node| {
            let settings = node.settings.iter().flat_map(|setting| setting.values.iter().flatten());
            node.args.iter().chain(settings).for_each(&mut *look);
        });
    }
}

/// Puts all nodes into another order.
pub fn shuffled(spec: &Spec, choices: &mut Choices) -> Spec {
    fn shuffle(nodes: &mut [Node], choices: &mut Choices) {
        choices.shuffle(nodes);
        for node in nodes {
            choices.shuffle(&mut node.settings);
            shuffle(&mut node.inside, choices);
        }
    }
    let mut spec = spec.clone();
    for file in &mut spec.files {
        shuffle(&mut file.nodes, choices);
    }
    spec
}

/// Writes every `each` out by hand.
pub fn unrolled(spec: &Spec) -> Spec {
    fn all(nodes: &[Node]) -> Vec<Node> {
        let mut made = Vec::new();
        for node in nodes {
            if node.word == "each" {
                let name = node.name().unwrap();
                for value in &node.args[1..] {
                    let inside = node.inside.iter().map(|inner| bound(inner, name, value));
                    made.extend(all(&inside.collect::<Vec<_>>()));
                }
            } else {
                made.push(Node { inside: all(&node.inside), ..node.clone() });
            }
        }
        made
    }
    let file = |file: &File| File { name: file.name.clone(), nodes: all(&file.nodes) };
    Spec { files: spec.files.iter().map(file).collect() }
}

/// Puts a value in the place of a name.
fn bound(node: &Node, name: &str, value: &Value) -> Node {
    let put = |known: &Value| match known {
        Value::Let(found) if found == name => value.clone(),
        Value::Format(pieces) => {
            Value::Format(pieces.iter().flat_map(|piece| in_text(piece, name, value)).collect())
        }
        other => other.clone(),
    };
    let set = |setting: &Setting| Setting {
        name: setting.name.clone(),
        values: setting.values.iter().map(|same| same.iter().map(put).collect()).collect(),
    };
    Node {
        word: node.word,
        args: node.args.iter().map(put).collect(),
        settings: node.settings.iter().map(set).collect(),
        inside: node.inside.iter().map(|inner| bound(inner, name, value)).collect(),
    }
}

fn in_text(piece: &Piece, name: &str, value: &Value) -> Vec<Piece> {
    match (piece, value) {
        (Piece::Name(found), _) if found != name => vec![piece.clone()],
        (Piece::Said(_), _) => vec![piece.clone()],
        (_, Value::Text(text)) => vec![Piece::Said(text.clone())],
        (_, Value::Number(number)) => vec![Piece::Said(number.to_string())],
        (_, Value::Let(other)) => vec![Piece::Name(other.clone())],
        (_, Value::Format(pieces)) => pieces.clone(),
        (_, other) => panic!("{other:?} as a value of each"),
    }
}
