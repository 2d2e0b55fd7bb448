//! Source text → syntax tree with spans. The tree is the kdl crate's own, walked in place by the
//! stages after it; here the text is measured before it is parsed, and the parser's errors become
//! diagnostics.

mod depth;
mod errors;
pub mod load;
mod pieces;

use crate::{
    diagnostic::{Code, Diagnostic, Sink},
    source::{FileId, Place},
};
use kdl::{KdlDocument, KdlEntry, KdlIdentifier, KdlNode};
use miette::SourceSpan;

/// The deepest nesting of braces (and of comments in comments) that is read.
pub const MAX_DEPTH: usize = 48;
/// The largest source, in bytes.
pub const MAX_BYTES: usize = 64 << 20;

/// Parses one text. Says what is wrong and returns nothing where it is not KDL 2.
pub fn parse(file: FileId, text: &str, sink: &mut Sink) -> Option<KdlDocument> {
    if text.len() > MAX_BYTES {
        let start = Place { file, start: 0, end: 0 };
        sink.push(
            Diagnostic::new(Code::TooLarge, format!("the file has {} bytes", text.len()))
                .at(start, format!("{MAX_BYTES} bytes are read at most")),
        );
        return None;
    }
    if let Some(at) = depth::too_deep(text, MAX_DEPTH) {
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        sink.push(
            Diagnostic::new(Code::TooDeep, "nodes are nested too deep")
                .at(Place { file, start: at, end: at + 1 }, format!("this is level {}", MAX_DEPTH + 1)),
        );
        return None;
    }
    if let Some(document) = pieces::parse(text) {
        return Some(document);
    }
    match with_stack(depth::opened(text), || KdlDocument::parse_v2(text)) {
        Some(Ok(document)) => Some(document),
        Some(Err(error)) => {
            errors::tell(file, text, error, sink);
            None
        }
        None => {
            let start = Place { file, start: 0, end: 0 };
            sink.push(
                Diagnostic::new(Code::Internal, "the parser gave up on this file")
                    .at(start, "out of memory, or a defect"),
            );
            None
        }
    }
}

/// The stack that the kdl crate takes for a level, in bytes: 40 KiB seen without optimisation.
const LEVEL: usize = 64 << 10;

/// Returns the stack for this many levels, in bytes. It is only a range of addresses until it is used.
fn stack(levels: usize) -> usize {
    levels.clamp(32, 4096) * LEVEL
}

/// Runs the parser with stack enough for this many levels. It recovers from mistakes by going on
/// somewhere behind them, and may then take a brace in a string for one that opens a level; so what
/// counts is not how deep a text is nested, but how deep a parser that has lost its way could get.
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
