//! The kdl crate, asked so that no text makes it run out of stack.

use super::limits::MAX_LEVELS;
use kdl::{KdlDocument, KdlNode};
use miette::SourceSpan;

/// Parses a text that is KDL 2; nothing for any other.
///
/// It is parsed as the inside of a node: of a mistake in a document the kdl crate goes on to the
/// next one by calling itself, until the stack is full; of one inside a node it comes back.
pub fn sound(text: &str) -> Option<KdlDocument> {
    const OPEN: &str = "x{\n";
    let inside = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut node: KdlNode = format!("{OPEN}{inside}\n}}").parse().ok()?;
    let mut document = node.children_mut().take()?;
    // It keeps each space and each spelling as well.
    document.clear_format_recursive();
    let mark = text.len() - inside.len();
    shift(&mut document, &|at| (at + mark).saturating_sub(OPEN.len()).min(text.len()));
    Some(document)
}

/// The stack that the kdl crate takes for a level, in bytes: 40 KiB seen without optimisation.
const LEVEL: usize = 64 << 10;

/// Returns the stack for this many levels, in bytes. It is only a range of addresses until it is used.
pub fn stack(levels: usize) -> usize {
    levels.clamp(32, MAX_LEVELS) * LEVEL
}

/// Runs the parser with stack enough for this many levels. It recovers from mistakes by going on
/// somewhere behind them, and may then take a brace in a string for one that opens a level; so what
/// counts is not how deep a text is nested, but how deep a parser that has lost its way could get.
/// Nothing where the system has no such stack to give.
pub fn with_stack<T: Send>(levels: usize, parse: impl FnOnce() -> T + Send) -> Option<T> {
    if levels <= 24 {
        return Some(parse());
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(stack(levels)).spawn_scoped(scope, parse);
        thread.ok().and_then(|thread| thread.join().ok())
    })
}

/// Moves every span of a document, and gives room back that the parser took in advance.
pub fn shift(document: &mut KdlDocument, by: &impl Fn(usize) -> usize) {
    document.nodes_mut().shrink_to_fit();
    let moved = |span: SourceSpan| {
        let (start, end) = (by(span.offset()), by(span.offset() + span.len()));
        SourceSpan::from((start, end.saturating_sub(start)))
    };
    document.set_span(moved(document.span()));
    for node in document.nodes_mut() {
        node.set_span(moved(node.span()));
        let span = moved(node.name().span());
        node.name_mut().set_span(span);
        if let Some(ty) = node.ty_mut() {
            ty.set_span(moved(ty.span()));
        }
        node.entries_mut().shrink_to_fit();
        for entry in node.entries_mut() {
            entry.set_span(moved(entry.span()));
            if let Some(name) = entry.name_mut() {
                name.set_span(moved(name.span()));
            }
            if let Some(ty) = entry.ty_mut() {
                ty.set_span(moved(ty.span()));
            }
        }
        if let Some(children) = node.children_mut() {
            shift(children, by);
        }
    }
}
