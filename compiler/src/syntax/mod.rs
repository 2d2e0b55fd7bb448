//! Source text → syntax tree with spans. The tree is the kdl crate's own, walked in place by the
//! stages after it. The text is measured before it is parsed ([`limits`]), a long one in [`pieces`].
//! Of a text with mistakes the kdl crate gives no tree: it is cut into an [`outline`] of nodes,
//! [`recover`] reads each alone, [`errors`] tells what is wrong with those that cannot be read, and
//! [`lost`] remembers them.

mod depth;
mod errors;
mod foreign;
pub mod limits;
pub mod line;
pub mod load;
pub mod lost;
mod outline;
mod pieces;
mod recover;
mod slips;

pub use lost::{Gap, Lost};

use crate::{
    diagnostic::Sink,
    source::{FileId, Place},
};
use kdl::{KdlDocument, KdlEntry, KdlIdentifier, KdlNode};
use limits::{Budget, MAX_LEVELS};
use miette::SourceSpan;

/// A text's nodes, and what could not be read of it.
#[derive(Debug)]
pub struct Parsed {
    /// The nodes that could be read, with the places that they have in the text.
    pub document: KdlDocument,
    /// What is not among them. Where it is not empty, an error was told.
    pub lost: Lost,
}

/// Parses one text. Says what is wrong with it, and returns what can be read all the same; nothing
/// for a text of which there is too much.
pub fn parse(file: FileId, text: &str, budget: &mut Budget, sink: &mut Sink) -> Option<Parsed> {
    if let Err(excess) = budget.take(text) {
        sink.push(excess.told(file));
        return None;
    }
    if let Some(foreign) = foreign::told(file, text) {
        sink.push(foreign);
        return None;
    }
    let text = &*slips::mend(file, text, sink);
    let text = &*limits::without_comments(text);
    if depth::slashed_over(text) {
        return Some(recover::recover(file, text, true, sink));
    }
    let sound = |document| Parsed { document, lost: Lost::default() };
    if let Some(document) = pieces::parse(text) {
        return Some(sound(document));
    }
    let levels = limits::levels(text);
    let read = if levels > MAX_LEVELS { None } else { with_stack(levels, || self::sound(text)) };
    Some(match read {
        Some(Some(document)) => sound(document),
        Some(None) => recover::recover(file, text, true, sink),
        // The whole cannot be given to the parser, but each line can.
        None => recover::recover(file, text, false, sink),
    })
}

/// Parses a text that is KDL 2; nothing for any other.
///
/// It is parsed as the inside of a node: of a mistake in a document the kdl crate goes on to the
/// next one by calling itself, until the stack is full; of one inside a node it comes back.
fn sound(text: &str) -> Option<KdlDocument> {
    const OPEN: &str = "x{\n";
    let inside = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut node: KdlNode = format!("{OPEN}{inside}\n}}").parse().ok()?;
    let mut document = node.children_mut().take()?;
    // It keeps each space and each spelling as well.
    document.clear_format_recursive();
    let mark = text.len() - inside.len();
    pieces::shift(&mut document, &|at| (at + mark).saturating_sub(OPEN.len()).min(text.len()));
    Some(document)
}

/// The stack that the kdl crate takes for a level, in bytes: 40 KiB seen without optimisation.
const LEVEL: usize = 64 << 10;

/// Returns the stack for this many levels, in bytes. It is only a range of addresses until it is used.
fn stack(levels: usize) -> usize {
    levels.clamp(32, MAX_LEVELS) * LEVEL
}

/// Runs the parser with stack enough for this many levels. It recovers from mistakes by going on
/// somewhere behind them, and may then take a brace in a string for one that opens a level; so what
/// counts is not how deep a text is nested, but how deep a parser that has lost its way could get.
/// Nothing where the system has no such stack to give.
fn with_stack<T: Send>(levels: usize, parse: impl FnOnce() -> T + Send) -> Option<T> {
    if levels <= 24 {
        return Some(parse());
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(stack(levels)).spawn_scoped(scope, parse);
        thread.ok().and_then(|thread| thread.join().ok())
    })
}

/// Turns a span of the kdl crate into a place.
pub fn place(file: FileId, span: SourceSpan) -> Place {
    let start = u32::try_from(span.offset()).unwrap_or(u32::MAX);
    let end = u32::try_from(span.offset() + span.len()).unwrap_or(u32::MAX);
    Place { file, start, end }
}

/// Returns the place of a node's word.
pub fn word_place(file: FileId, node: &KdlNode) -> Place {
    place(file, node.name().span())
}

/// Returns the place of a node's word and first argument: what people call the node by.
pub fn head_place(file: FileId, node: &KdlNode) -> Place {
    let word = word_place(file, node);
    match node.entries().iter().find(|entry| entry.name().is_none()) {
        Some(entry) => word.to(entry_place(file, entry)),
        None => word,
    }
}

/// Returns the place of an entry: an argument, or `name=value`.
pub fn entry_place(file: FileId, entry: &KdlEntry) -> Place {
    place(file, entry.span())
}

/// Returns the place of a name.
pub fn name_place(file: FileId, name: &KdlIdentifier) -> Place {
    place(file, name.span())
}
