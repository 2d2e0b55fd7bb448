//! Parses a long text in pieces, side by side: the nodes inside its longest node (a pool with
//! thousands of datasets) are cut into runs, each run is parsed by a thread of its own, and put back
//! into what was around them. The outcome is what the kdl crate makes of the whole text; where
//! anything is wrong, nothing comes back, and the whole is parsed for its errors.

use super::{
    depth::{Token, next},
    limits::levels,
    parser::{shift, sound, stack, with_stack},
};
use kdl::{KdlDocument, KdlNode};
use std::sync::{
    atomic::{AtomicUsize, Ordering},
    mpsc::{SyncSender, sync_channel},
};

/// Texts shorter than this are parsed as a whole.
const LEAST: usize = 64 << 10;
/// How many pieces are parsed at once.
const THREADS: usize = 8;
/// The longest piece, in bytes: the parser takes far more room for a piece than what it makes of it.
const LONGEST: usize = 128 << 10;
/// The most levels that a lost parser could get into in a piece; more nodes with blocks are cut apart.
const LEVELS: usize = 1024;
/// The deepest node whose inside is cut.
const DEEPEST: usize = 3;

/// The inside of a node, and the places between its nodes where it can be cut.
#[derive(Debug, Clone, Default)]
struct Inside {
    open: usize,
    close: usize,
    cuts: Vec<usize>,
}

/// Parses a long, well-formed text; `None` for any other.
pub fn parse(text: &str) -> Option<KdlDocument> {
    if text.len() < LEAST {
        return None;
    }
    let inside = longest(text)?;
    let pieces = cut(text, &inside);
    let removed = inside.close - inside.open - 1;
    let frame = format!("{}{}", &text[..=inside.open], &text[inside.close..]);
    let deepest = pieces.iter().map(|piece| piece.levels).max()?;
    if pieces.len() < 2 || deepest > LEVELS || levels(&frame) > LEVELS {
        return None;
    }
    let next = AtomicUsize::new(0);
    let (send, receive) = sync_channel(THREADS);
    let work = |send: SyncSender<(usize, KdlDocument)>| {
        while let Some((at, piece)) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, pieces.get(at)?)))
        {
            let Some(mut document) = sound(&text[piece.start..piece.end]) else { return };
            shift(&mut document, &|at| at + piece.start);
            if send.send((at, document)).is_err() {
                return;
            }
        }
    };
    let mut parsed: Vec<(usize, KdlDocument)> = std::thread::scope(|scope| {
        let stack = stack(deepest.max(levels(&frame)));
        let begin = |_| {
            let send = send.clone();
            std::thread::Builder::new().stack_size(stack).spawn_scoped(scope, || work(send))
        };
        // Where the system gives no more threads, those that there are do all of it.
        let threads: Vec<_> = (0..THREADS).filter_map(|at| begin(at).ok()).collect();
        drop(send);
        // A copy takes half the room: what the parser made on its way, and gave back, lies between the parts
        // of the original, where no other thread can use it.
        let parsed = receive.into_iter().map(|(at, document)| (at, document.clone())).collect();
        threads.into_iter().all(|thread| thread.join().is_ok()).then_some(parsed)
    })?;
    if parsed.len() != pieces.len() {
        return None;
    }
    parsed.sort_unstable_by_key(|(at, _)| *at);
    let mut document = with_stack(levels(&frame), || sound(&frame)).flatten()?;
    shift(&mut document, &|at| if at > inside.open { at + removed } else { at });
    let nodes = holder(&mut document, inside.open)?.ensure_children().nodes_mut();
    nodes.reserve_exact(parsed.iter().map(|(_, piece)| piece.nodes().len()).sum());
    for (_, mut piece) in parsed {
        nodes.append(piece.nodes_mut());
    }
    Some(document)
}

/// Finds the node, not too deep, whose nodes make up most of the text.
fn longest(text: &str) -> Option<Inside> {
    let mut best: Option<Inside> = None;
    let mut around: Vec<Inside> = Vec::new();
    let mut depth = 0usize;
    let mut at = 0;
    let mut ended = false;
    while let Some((token, length)) = next(text.as_bytes(), at) {
        match token {
            Token::Open => {
                depth += 1;
                if depth <= DEEPEST {
                    around.push(Inside { open: at, ..Inside::default() });
                }
            }
            Token::Close => {
                if depth <= DEEPEST {
                    let inside = Inside { close: at, ..around.pop()? };
                    let size = |inside: &Inside| inside.cuts.len();
                    if best.as_ref().is_none_or(|best| size(best) < size(&inside)) {
                        best = Some(inside);
                    }
                }
                depth = depth.checked_sub(1)?;
            }
            // A line that ends in a closed node or a text ends its node.
            Token::Newline if ended && (1..=DEEPEST).contains(&depth) => {
                around.last_mut()?.cuts.push(at + length);
            }
            Token::Broken => return None,
            _ => {}
        }
        ended = match token {
            Token::Close | Token::String => true,
            Token::Space | Token::Newline | Token::Comment => ended,
            _ => false,
        };
        at += length;
    }
    if depth == 0 { best } else { None }
}

/// A run of nodes.
#[derive(Debug, Clone, Copy)]
struct Piece {
    start: usize,
    end: usize,
    /// How deep a parser could get at worst.
    levels: usize,
}

/// Makes runs of about the same length, from the first byte inside to the last.
fn cut(text: &str, inside: &Inside) -> Vec<Piece> {
    let (mut start, end) = (inside.open + 1, inside.close);
    let least = ((end - start) / THREADS).min(LONGEST);
    let mut pieces = Vec::with_capacity(THREADS + 1);
    let (mut seen, mut deep) = (start, 0);
    for &at in &inside.cuts {
        deep += levels(&text[seen..at]);
        seen = at;
        if at - start >= least || deep >= LEVELS / 2 {
            pieces.push(Piece { start, end: at, levels: deep });
            (start, deep) = (at, 0);
        }
    }
    pieces.push(Piece { start, end, levels: deep + levels(&text[seen..end]) });
    pieces
}

/// Finds the node whose children begin at a byte.
fn holder(document: &mut KdlDocument, open: usize) -> Option<&mut KdlNode> {
    let holds = |node: &KdlNode| {
        let span = node.span();
        node.children().is_some() && span.offset() <= open && open < span.offset() + span.len()
    };
    let node = document.nodes_mut().iter_mut().find(|node| holds(node))?;
    let deeper = node.children()?.nodes().iter().any(holds);
    if deeper { holder(node.children_mut().as_mut()?, open) } else { Some(node) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use miette::SourceSpan;

    /// Lists all spans with the text under them.
    fn spans<'t>(document: &KdlDocument, text: &'t str, found: &mut Vec<(usize, &'t str)>) {
        let mut push = |span: SourceSpan| {
            found.push((span.offset(), &text[span.offset()..span.offset() + span.len()]));
        };
        for node in document.nodes() {
            push(node.name().span());
            for entry in node.entries() {
                push(entry.span());
                entry.name().into_iter().chain(entry.ty()).for_each(|name| push(name.span()));
            }
        }
        for node in document.nodes() {
            if let Some(children) = node.children() {
                spans(children, text, found);
            }
        }
    }

    #[test]
    fn pieces_come_to_what_the_whole_is() {
        let mut text = String::from(
            "edition 1\nhost \"h\" {\n  pool \"ü\" autotrim=#true { // \"{\n    disk \"/dev/x\"\n",
        );
        for at in 0..900 {
            text.push_str(&format!(
                "    dataset \"a{at}\" \\\n  quota=(let)\"q\" {{\n export; /* {{ */ }}\n"
            ));
            text.push_str("    /-\n    dataset \"no\" {\n  a 1\n }\n    recordsize 1; dataset #\"r\"\"#\n");
        }
        text.push_str("  }\n  arc max=\"1G\"\n}\nlet x 1\n");
        let (whole, pieces) = (KdlDocument::parse_v2(&text).unwrap(), parse(&text).unwrap());
        let (mut wanted, mut got) = (Vec::new(), Vec::new());
        spans(&whole, &text, &mut wanted);
        spans(&pieces, &text, &mut got);
        assert_eq!(wanted.len(), got.len());
        assert!(wanted == got);
    }

    #[test]
    fn a_text_read_as_the_inside_of_a_node_is_what_it_is_alone() {
        for text in [
            "",
            "\n",
            "a",
            "\u{feff}a 1\n",
            "\u{feff}ü \"é\" x=(let)\"y\" {\r\n b; c }",
            "a // b",
            "a \\",
            "a \\ // b",
            "/-a",
            "/-",
            "a /-",
            "/- a {}\nb",
            "a;",
            "a;;",
            ";",
            "}",
            "} a {",
            "{",
            "a }",
            "a\n}\n/*",
            "*/",
            "a /* b */",
            "\"\"\"\n a\n \"\"\" b",
            "a {",
            "a=1",
            "a true",
            "a )",
            "}\n/-x {",
            "\u{2028}a\u{85}b",
        ] {
            let alone = KdlDocument::parse_v2(text).ok();
            let inside = sound(text);
            assert_eq!(alone.is_some(), inside.is_some(), "{text:?}");
            let (mut wanted, mut got) = (Vec::new(), Vec::new());
            if let Some((alone, inside)) = alone.zip(inside) {
                spans(&alone, text, &mut wanted);
                spans(&inside, text, &mut got);
            }
            assert_eq!(wanted, got, "{text:?}");
        }
    }

    proptest::proptest! {
        /// The parser is given texts without their comments: that must never change what they say.
        #[test]
        fn a_text_without_its_comments_says_the_same(words in proptest::collection::vec(
            proptest::sample::select(vec![
                "a", " ", "\n", "\"", "\\", "/*", "*/", "//", "/-", "#", "\"\"\"\n", "\n\"\"\"", "{", "}", "=", "(", ")", ";",
                "1", "\u{2028}", "\r", "\u{a0}", "é", "*", "/", "#\"", "\"#", "b=1", " \"x\" ", " /* y */ ",
            ]), 0..16,
        )) {
            let text: String = words.concat();
            let without = super::super::limits::without_comments(&text);
            let (whole, bare) = (sound(&text), sound(&without));
            // What is no KDL is told of all the same.
            if let Some(whole) = whole {
                let bare = bare.unwrap();
                let (mut wanted, mut got) = (Vec::new(), Vec::new());
                spans(&whole, &text, &mut wanted);
                spans(&bare, &text, &mut got);
                let places = |found: &[(usize, &str)]| found.iter().map(|(at, _)| *at).collect::<Vec<_>>();
                proptest::prop_assert_eq!(places(&wanted), places(&got));
                let values = |document: &KdlDocument| {
                    let nodes = document.nodes().iter();
                    nodes.flat_map(|node| node.entries().to_vec()).map(|entry| entry.value().clone()).collect::<Vec<_>>()
                };
                proptest::prop_assert_eq!(values(&whole), values(&bare));
            } else {
                proptest::prop_assert!(bare.is_none(), "{:?} is taken without its comments", text);
            }
        }
    }

    #[test]
    fn what_is_wrong_is_left_to_the_whole() {
        let long = "  dataset \"a\" quota=\"1G\"\n".repeat(4000);
        assert!(parse(&format!("host {{\n{long}}}\n")).is_some());
        for text in [
            format!("host {{\n{long}"),
            format!("host {{\n{long} a=1\n }}\n"),
            format!("/- host {{\n{long}}}\n"),
        ] {
            assert!(parse(&text).is_none());
        }
    }
}
