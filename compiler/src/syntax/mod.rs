//! Source text → syntax tree with spans. The tree is the kdl crate's own, walked in place by the
//! stages after it. The text is measured before it is parsed ([`limits`], [`parser`]), a long one in [`pieces`].
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
mod parser;
mod pieces;
mod recover;
mod slips;
mod spans;

pub use lost::{Gap, Lost, Parsed};
pub use spans::{entry_place, head_place, name_place, place, word_place};

use crate::{diagnostic::Sink, source::FileId};
use limits::{Budget, MAX_LEVELS};

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
    let read = if levels > MAX_LEVELS { None } else { parser::with_stack(levels, || parser::sound(text)) };
    Some(match read {
        Some(Some(document)) => sound(document),
        Some(None) => recover::recover(file, text, true, sink),
        // The whole cannot be given to the parser, but each line can.
        None => recover::recover(file, text, false, sink),
    })
}
