//! Parses a long text in pieces, side by side: the nodes inside its longest node (a pool with
//! thousands of datasets) are cut into runs, each run is parsed by a thread of its own, and put back
//! into what was around them. The outcome is what the kdl crate makes of the whole text; where
//! anything is wrong, nothing comes back, and the whole is parsed for its errors.

use super::depth::{Token, next};
use kdl::{KdlDocument, KdlNode};
use miette::SourceSpan;

/// Texts shorter than this are parsed as a whole.
const LEAST: usize = 64 << 10;
/// How many pieces a text is cut into.
const PIECES: usize = 8;
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
    let pieces = cut(&inside);
    if pieces.len() < 2 {
        return None;
    }
    let removed = inside.close - inside.open - 1;
    let parsed: Vec<Option<KdlDocument>> = std::thread::scope(|scope| {
        let run = |(start, end): (usize, usize)| {
            let piece = &text[start..end];
            let stack = super::stack(super::depth::opened(piece));
            let work = move || {
                let mut document = super::sound(piece)?;
                shift(&mut document, &|at| at + start);
                Some(document)
            };
            std::thread::Builder::new().stack_size(stack).spawn_scoped(scope, work)
        };
        let threads: Vec<_> = pieces.iter().copied().map(run).collect();
        threads.into_iter().map(|thread| thread.ok()?.join().ok().flatten()).collect()
    });
    let frame = format!("{}{}", &text[..=inside.open], &text[inside.close..]);
    let mut document = super::sound(&frame)?;
    shift(&mut document, &|at| if at > inside.open { at + removed } else { at });
    let node = holder(&mut document, inside.open)?;
    for piece in parsed {
        node.ensure_children().nodes_mut().append(piece?.nodes_mut());
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

/// Makes runs of about the same length, from the first byte inside to the last.
fn cut(inside: &Inside) -> Vec<(usize, usize)> {
    let (mut start, end) = (inside.open + 1, inside.close);
    let least = (end - start) / PIECES;
    let mut pieces = Vec::with_capacity(PIECES + 1);
    for &at in &inside.cuts {
        if at - start >= least {
            pieces.push((start, at));
            start = at;
        }
    }
    pieces.push((start, end));
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

/// Moves every span of a document.
pub fn shift(document: &mut KdlDocument, by: &impl Fn(usize) -> usize) {
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

#[cfg(test)]
mod tests {
    use super::*;

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
            let inside = super::super::sound(text);
            assert_eq!(alone.is_some(), inside.is_some(), "{text:?}");
            let (mut wanted, mut got) = (Vec::new(), Vec::new());
            if let Some((alone, inside)) = alone.zip(inside) {
                spans(&alone, text, &mut wanted);
                spans(&inside, text, &mut got);
            }
            assert_eq!(wanted, got, "{text:?}");
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
