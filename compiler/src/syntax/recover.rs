//! Reads what can be read of a text with mistakes: cut into nodes by its [`outline`](super::outline),
//! each node's own line is parsed alone. Of a line that cannot be parsed the parts that can are
//! kept; what is left out is remembered as [`Lost`]. Each line is parsed once or twice, whatever
//! is wrong elsewhere.

use super::{
    Lost, Parsed, depth, errors,
    limits::{MAX_LEVELS, levels},
    line::parts,
    outline::{Mistake, Outline, Piece, outline},
    parser::{shift, sound, with_stack},
};
use crate::{
    diagnostic::{Diagnostic, Sink, code},
    source::{FileId, Place},
};
use kdl::{KdlDocument, KdlNode};

/// The longest line, in bytes, whose mistakes the parser is asked about: it may use a stack as long
/// as the line.
const LONGEST: usize = 4096;
/// The most lines whose mistakes are told; what stands behind them is lost.
const MOST: usize = 1000;

/// Reads a text that is not KDL 2, and tells what is wrong with it. It may be all right where it was not
/// `refused` by the parser, which was not asked.
pub fn recover(file: FileId, text: &str, refused: bool, sink: &mut Sink) -> Parsed {
    let before = sink.errors();
    let Outline { pieces, mistakes, guessed, all_guessed, .. } = outline(text);
    let mut reader = Reader { file, text, sink, lost: Lost::default(), told: 0, all_guessed };
    for mistake in mistakes.iter().take(MOST) {
        reader.mistake(mistake);
    }
    if guessed || all_guessed {
        reader.lost.guessed(None);
    }
    let nodes = reader.nodes(&pieces, None);
    let Reader { mut lost, .. } = reader;
    if refused && sink.errors() == before {
        errors::something(Place { file, start: 0, end: 0 }, sink);
    }
    if refused && lost.is_empty() {
        lost.guessed(None);
    }
    let mut document = KdlDocument::new();
    *document.nodes_mut() = nodes;
    document.set_span((0, text.len()));
    Parsed { document, lost }
}

struct Reader<'t, 's> {
    file: FileId,
    text: &'t str,
    sink: &'s mut Sink,
    lost: Lost,
    /// How many lines were told of.
    told: usize,
    /// Whether any node may stand in the wrong place.
    all_guessed: bool,
}

impl Reader<'_, '_> {
    /// Reads nodes that stand side by side, in the node with this first byte of its word or in the file.
    fn nodes(&mut self, pieces: &[Piece], holder: Option<usize>) -> Vec<KdlNode> {
        let mut nodes = Vec::with_capacity(pieces.len());
        for piece in pieces {
            // Behind so many mistakes nothing more is told of the text.
            if piece.lost || self.told > MOST || !self.node(piece, &mut nodes) {
                self.lost.add(holder, &self.text[piece.start..piece.end]);
            }
        }
        nodes
    }

    /// Reads a node and what is inside. Returns whether it could be read.
    fn node(&mut self, piece: &Piece, nodes: &mut Vec<KdlNode>) -> bool {
        let line = Line::of(self.text, piece);
        let read = match line.parse() {
            Some(mut document) => {
                shift(&mut document, &|at| line.place(at));
                let last = document.nodes_mut().pop();
                // A line can hold several where it has ends that only KDL takes for ends.
                nodes.append(document.nodes_mut());
                match last {
                    Some(node) => node,
                    // Taken out by `/-`.
                    None => {
                        self.tell_inside(piece);
                        return true;
                    }
                }
            }
            None => {
                if !piece.told {
                    self.tell(&line);
                }
                match self.parts(piece) {
                    Some(node) => node,
                    None => {
                        self.tell_inside(piece);
                        return false;
                    }
                }
            }
        };
        nodes.push(self.with_inside(read, piece));
        true
    }

    fn with_inside(&mut self, mut node: KdlNode, piece: &Piece) -> KdlNode {
        let word = Some(node.name().span().offset());
        if piece.guessed || (self.all_guessed && piece.block.is_some()) {
            self.lost.guessed(word);
        }
        let Some(block) = &piece.block else { return node };
        let end = block.close + usize::from(block.closed);
        node.set_span((piece.start, end.max(piece.end) - piece.start));
        let inside = self.nodes(&block.pieces, word);
        let open = block.open.map_or(piece.end, |open| open + 1);
        let children = node.ensure_children();
        children.set_span((open, block.close.saturating_sub(open)));
        *children.nodes_mut() = inside;
        node
    }

    /// Tells the mistakes inside a node that is not kept itself.
    fn tell_inside(&mut self, piece: &Piece) {
        if let Some(block) = &piece.block {
            let kept = std::mem::take(&mut self.lost);
            self.nodes(&block.pieces, None);
            self.lost = kept;
        }
    }

    /// Reads those parts of a node's line that can be parsed.
    fn parts(&mut self, piece: &Piece) -> Option<KdlNode> {
        let parts = parts(self.text, piece.start, piece.line_end());
        // What begins with a sign is not its rest.
        let (&(start, end), rest) = parts.split_first().filter(|((start, _), _)| *start == piece.start)?;
        let mut node = self.part("", start, end).filter(|node| node.entries().is_empty())?;
        let mut lost = false;
        for &(start, end) in rest {
            let Some(mut part) = self.part("x ", start, end) else {
                lost = true;
                continue;
            };
            for entry in part.entries_mut().drain(..) {
                // Behind one that is missing, a value would be taken for another.
                if entry.name().is_some() || !lost {
                    node.entries_mut().push(entry);
                }
            }
        }
        node.set_span((piece.start, piece.end - piece.start));
        let word = node.name().span().offset();
        self.lost.add(Some(word), &self.text[piece.start..piece.line_end()]);
        Some(node)
    }

    /// Parses a part of a line, behind what makes a node of it.
    fn part(&self, before: &str, start: usize, end: usize) -> Option<KdlNode> {
        let part = Line { start, end, cut: None, frame: format!("{before}{}", &self.text[start..end]) };
        let mut document = part.parse()?;
        shift(&mut document, &|at| (at + start).saturating_sub(before.len()));
        let node = document.nodes_mut().pop();
        node.filter(|_| document.nodes().is_empty())
    }

    /// Tells what the parser has to say about a line.
    fn tell(&mut self, line: &Line) {
        self.told += 1;
        if self.told > MOST {
            return;
        }
        let mut found = Sink::default();
        if line.frame.len() > LONGEST || !line.can_be_parsed() {
            let place = Place { file: self.file, start: offset(line.start), end: offset(line.end) };
            self.sink.push(
                Diagnostic::new(code::SYNTAX, "this is not KDL 2").at(place, "this line cannot be read"),
            );
            return;
        }
        let levels = levels(&line.frame).max(line.frame.len() / 4);
        match with_stack(levels, || KdlDocument::parse_v2(&line.frame)) {
            Some(Err(error)) => errors::tell(self.file, &line.frame, error, &mut found),
            _ => errors::something(Place { file: self.file, start: 0, end: 0 }, &mut found),
        }
        for mut diagnostic in found.take() {
            for label in &mut diagnostic.labels {
                // The end of the line is no part of it, nor is a brace that stands for a missing one.
                let most = line.frame.len() - 1;
                let (start, end) = (label.place.start as usize, label.place.end as usize);
                let (start, end) = (start.min(most), end.min(most));
                let last = if end > start { line.place(end - 1) + 1 } else { line.place(start) };
                let inside = |at: usize| self.text.floor_char_boundary(at.min(self.text.len()));
                label.place.start = offset(inside(line.place(start)));
                label.place.end = offset(inside(last)).max(label.place.start);
            }
            self.sink.push(diagnostic);
        }
    }

    fn mistake(&mut self, mistake: &Mistake) {
        let place = |at: usize| {
            let length = self.text[at..].chars().next().map_or(0, char::len_utf8);
            Place { file: self.file, start: offset(at), end: offset(at + length) }
        };
        let diagnostic = |message| Diagnostic::new(code::SYNTAX, message);
        self.sink.push(match mistake {
            Mistake::Unclosed(braces) => {
                let mut braces = braces.iter().map(|at| place(*at));
                let Some(outermost) = braces.next() else { return };
                let first = diagnostic("a brace is never closed").at(outermost, "this one, or one around it");
                braces.fold(first, |diagnostic, brace| diagnostic.at(brace, "this is around it"))
            }
            Mistake::Outside(brace, line) => diagnostic("a brace is never closed")
                .at(place(*brace), "this one, by the indentation")
                .at(place(*line), "this stands outside of it"),
            Mistake::Stray(brace) => diagnostic("a brace closes nothing").at(place(*brace), "here"),
            Mistake::Behind(at) => diagnostic("a node ends with its block")
                .at(place(*at), "another begins on the same line")
                .help("begin a new line, or write `;` between the two"),
            Mistake::Endless(at) if self.text[*at..].starts_with("/*") => {
                diagnostic("a comment is never closed").at(place(*at).to(place(*at + 1)), "begins here")
            }
            Mistake::Endless(at) => {
                diagnostic("a text of several lines is never closed").at(place(*at), "begins here")
            }
        });
    }
}

/// A node's line as the parser is given it: without what stands in its block.
struct Line {
    start: usize,
    /// The first byte behind what is told of as the line.
    end: usize,
    /// What is left out: behind which byte of the frame, and how many bytes.
    cut: Option<(usize, usize)>,
    frame: String,
}

impl Line {
    fn of(text: &str, piece: &Piece) -> Self {
        let (start, end) = (piece.start, piece.line_end());
        let block = piece.block.as_ref().and_then(|block| Some((block.open?, block)));
        let Some((open, block)) = block else {
            return Self { start, end, cut: None, frame: format!("{}\n", &text[start..piece.end]) };
        };
        let behind = if block.closed { &text[block.close + 1..piece.end.max(block.close + 1)] } else { "" };
        let frame = format!("{}}}{behind}\n", &text[start..=open]);
        Self { start, end, cut: Some((open - start, block.close - open - 1)), frame }
    }

    /// Parses the line where it is KDL 2.
    fn parse(&self) -> Option<KdlDocument> {
        if !self.can_be_parsed() {
            return None;
        }
        with_stack(levels(&self.frame), || sound(&self.frame)).flatten()
    }

    fn can_be_parsed(&self) -> bool {
        levels(&self.frame) <= MAX_LEVELS && !depth::slashed_over(&self.frame)
    }

    /// Returns where a byte of the frame stands in the text.
    fn place(&self, at: usize) -> usize {
        match self.cut {
            Some((last, cut)) if at > last => self.start + at + cut,
            _ => self.start + at,
        }
    }
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
