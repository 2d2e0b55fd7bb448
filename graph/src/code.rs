//! Codes: what each thing to tell is called by, the compiler's diagnostics as well as what the planner
//! refuses and warns of.
//!
//! Each is written once, as one [`Entry`] with all there is to say about it, in a table of the crate that
//! tells it; [`codes!`](crate::codes) makes the constants and the table from the same literals.

use serde::{Serialize, Serializer};
use std::{borrow::Cow, fmt, hash, ops::Deref};

/// All there is to say about a code.
#[derive(Debug)]
pub struct Entry {
    /// What people and `phoenix explain` call it by; a lint is allowed by it.
    pub name: &'static str,
    /// What it means for what was asked.
    pub level: Level,
    /// What is wrong, in one line.
    pub title: &'static str,
    /// What it means and what to do.
    pub explanation: &'static str,
    /// Why it matters on a storage host.
    pub why: &'static str,
    /// Nothing for what no spec alone brings about.
    pub examples: Option<Examples>,
}

/// What a code means for what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// No graph can be made.
    Error,
    /// The graph is made, but this is likely not meant, or dangerous; `allow` silences it.
    Lint,
    /// The plan is not carried out.
    Refusal,
    /// The plan is carried out, and this is to be known.
    Warning,
}

/// A spec that gives a code, and the same put right.
#[derive(Debug)]
#[expect(missing_docs, reason = "each says what it is")]
pub struct Examples {
    pub wrong: Example,
    pub right: Example,
}

/// A spec, in the fewest words.
#[derive(Debug, Clone, Copy)]
pub enum Example {
    /// A whole spec. A line `=== NAME ===` begins a further file.
    Whole(&'static str),
    /// What stands in a pool of two disks, in a spec of its own.
    Pool(&'static str),
    /// What stands straight in the file, and then what stands in such a pool.
    Top(&'static str, &'static str),
}

impl Example {
    /// Returns the text of the whole spec, further files and all.
    #[must_use]
    pub fn text(&self) -> Cow<'static, str> {
        let (top, inside) = match *self {
            Example::Whole(text) => return Cow::Borrowed(text),
            Example::Pool(inside) => ("", inside),
            Example::Top(top, inside) => (top, inside),
        };
        let mut text = String::from("edition 1\n");
        text.extend(top.lines().flat_map(|line| [line, "\n"]));
        text.push_str("pool \"tank\" {\n");
        text.push_str("    mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" }\n");
        text.extend(inside.lines().flat_map(|line| ["    ", line, "\n"]));
        text.push_str("}\n");
        Cow::Owned(text)
    }

    /// Returns the files of the example, each with its name; the first is the spec.
    #[must_use]
    pub fn files(&self) -> Vec<(String, String)> {
        let mut files = vec![("spec.kdl".to_owned(), String::new())];
        for line in self.text().lines() {
            match line.strip_prefix("=== ").and_then(|rest| rest.strip_suffix(" ===")) {
                Some(name) => files.push((name.to_owned(), String::new())),
                None => {
                    if let Some((_, text)) = files.last_mut() {
                        text.push_str(line);
                        text.push('\n');
                    }
                }
            }
        }
        files
    }
}

/// Names a kind of thing to tell: a reference to its [`Entry`].
#[derive(Clone, Copy)]
pub struct Code(&'static Entry);

impl Code {
    /// Makes a code whose constant has its name, in capitals. Only [`codes!`](crate::codes) does, so that there
    /// is no code that stands in no table.
    #[doc(hidden)]
    #[must_use]
    pub const fn of(constant: &str, entry: &'static Entry) -> Self {
        let (constant, name) = (constant.as_bytes(), entry.name.as_bytes());
        assert!(constant.len() == name.len(), "a constant is called as its code");
        let mut at = 0;
        while at < name.len() {
            let wanted = if name[at] == b'-' { b'_' } else { name[at].to_ascii_uppercase() };
            assert!(constant[at] == wanted, "a constant is called as its code");
            at += 1;
        }
        Self(entry)
    }
}

impl Deref for Code {
    type Target = Entry;

    fn deref(&self) -> &Entry {
        self.0
    }
}

// A constant may stand at several places in memory: a name is what makes a code.

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Code {}

impl hash::Hash for Code {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name)
    }
}

/// Makes of entries their constants, and the table of them all. No function could: a code that has a
/// constant and stands in no table, or the other way round, could then be written.
#[macro_export]
macro_rules! codes {
    (pub $table:ident: $($name:ident = $entry:expr;)+) => {
        $(
            #[allow(missing_docs, reason = "each is documented by its entry")]
            pub const $name: $crate::code::Code = $crate::code::Code::of(stringify!($name), &$entry);
        )+
        /// All codes of this module, in the order in which they are listed.
        pub const $table: &[$crate::code::Code] = &[$($name),+];
    };
}
