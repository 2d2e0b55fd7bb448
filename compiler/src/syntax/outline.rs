//! A text with mistakes, cut into nodes at its lines and braces without being parsed.
//!
//! Where the braces do not come out even, the indentation tells which one is missing or too many:
//! a line that stands as far left as the one that opened a brace is outside of it. In a text that
//! is not indented that would find far more mistakes than there are; the braces alone count then.

use super::{
    depth::{Token, next},
    limits::MAX_DEPTH,
};

/// A node, as far as lines and braces tell.
#[derive(Debug, Default)]
pub struct Piece {
    /// Its first byte.
    pub start: usize,
    /// The first byte behind it; where its opening brace was swallowed, behind its line.
    pub end: usize,
    pub block: Option<Block>,
    /// Whether a mistake in it is among [`Outline::mistakes`], so that the parser's is none of its own.
    pub told: bool,
    /// Whether it is no node, but a stretch that cannot be read.
    pub lost: bool,
    /// Whether what stands inside was guessed.
    pub guessed: bool,
    /// Whether a text on its line has no end.
    broken: bool,
    /// What its line is indented by; nothing where it does not begin the line.
    indent: Option<usize>,
    /// How many blocks stand in each other inside.
    height: usize,
}

impl Piece {
    /// Returns the first byte behind the node's line: its opening brace, where it has one.
    pub fn line_end(&self) -> usize {
        self.block.as_ref().and_then(|block| block.open).unwrap_or(self.end)
    }
}

/// What stands in the braces of a node.
#[derive(Debug, Default)]
pub struct Block {
    /// The opening brace; nothing where a mistake before it swallowed it.
    pub open: Option<usize>,
    /// The closing brace, or the first byte behind the block where there is none.
    pub close: usize,
    pub closed: bool,
    pub pieces: Vec<Piece>,
    /// Whether the closing brace is the first on its line.
    first: bool,
}

/// A mistake that shows before anything is parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mistake {
    /// Braces that nothing closes before the end, the outermost first.
    Unclosed(Vec<usize>),
    /// A brace that nothing closes before a line that stands outside of it, and that line.
    Outside(usize, usize),
    /// A brace that closes nothing.
    Stray(usize),
    /// A node right behind the block of another.
    Behind(usize),
    /// A comment, or a text of several lines, that has no end.
    Endless(usize),
}

/// A text cut into nodes.
#[derive(Debug, Default)]
pub struct Outline {
    /// The nodes straight in the file.
    pub pieces: Vec<Piece>,
    pub mistakes: Vec<Mistake>,
    /// Whether what stands straight in the file was guessed.
    pub guessed: bool,
    /// Whether that holds for everything, since nothing tells which brace is wrong.
    pub all_guessed: bool,
    /// Whether the braces do not come out even, or something has no end.
    uneven: bool,
    /// Whether a text that has no end on its line may have swallowed braces.
    swallowed: bool,
}

/// Cuts a text.
pub fn outline(text: &str) -> Outline {
    let (_, mut plain) = Reader::new(text, false).read();
    if !plain.uneven && !plain.swallowed {
        return plain;
    }
    let (deep, indented) = Reader::new(text, true).read();
    if indented.mistakes.len() <= 2 * plain.mistakes.len() + 1 && !deep {
        return indented;
    }
    // A brace may be missing because a text swallowed it, which is told of the text.
    let brace = |mistake: &Mistake| matches!(mistake, Mistake::Unclosed(_) | Mistake::Stray(_));
    let swallowed = plain.swallowed;
    plain.mistakes.retain(|mistake| !(swallowed && brace(mistake)));
    plain.all_guessed = true;
    plain
}

/// The most comments and texts without an end that are read past: each is looked for to the last byte.
const MOST_ENDLESS: usize = 8;

struct Reader<'t> {
    text: &'t str,
    by_indent: bool,
    at: usize,
    /// The file, and the blocks around, the innermost last.
    levels: Vec<Level>,
    outline: Outline,
    endless: usize,
    /// How many nodes may still be looked at for those that a brace closes: no text makes that more
    /// than its length.
    looks: usize,
    /// Whether blocks are nested deeper than is read.
    deep: bool,
    /// The first byte of the line, what it is indented by, and whether nothing but space was on it yet.
    line: usize,
    indent: usize,
    blank: bool,
    /// The last piece of text that means anything, and the first byte behind it.
    last: Option<Token>,
    last_end: usize,
}

/// The file, or a block that is being read.
#[derive(Default)]
struct Level {
    pieces: Vec<Piece>,
    current: Option<Piece>,
    open: usize,
    /// The line that opened it, and its indentation.
    line: usize,
    indent: usize,
    /// Whether `/-` takes it out: it is left to the node around it as it is.
    slashed: bool,
    /// Whether a text without an end may have swallowed its closing brace.
    swallowed: bool,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, by_indent: bool) -> Self {
        Self {
            text,
            by_indent,
            at: text.len() - text.strip_prefix('\u{feff}').unwrap_or(text).len(),
            levels: vec![Level::default()],
            outline: Outline::default(),
            endless: 0,
            looks: text.len(),
            deep: false,
            line: 0,
            indent: 0,
            blank: true,
            last: None,
            last_end: 0,
        }
    }

    /// Reads everything. Returns whether it was nested too deep as well.
    fn read(mut self) -> (bool, Outline) {
        while let Some((token, length)) = next(self.text.as_bytes(), self.at).filter(|_| !self.deep) {
            self.token(token, length);
        }
        if self.deep {
            self.last_end = self.text.len();
            self.piece(Piece { start: self.at, end: self.text.len(), lost: true, ..Piece::default() });
        }
        let open = || self.levels.iter().skip(1);
        self.outline.uneven |= open().next().is_some();
        let opens: Vec<usize> = open().filter(|level| !level.swallowed).map(|level| level.open).collect();
        if !opens.is_empty() {
            self.outline.mistakes.push(Mistake::Unclosed(opens));
        }
        while self.levels.len() > 1 {
            self.close(self.text.len(), false);
        }
        self.finish();
        self.outline.pieces = self.levels.pop().map(|file| file.pieces).unwrap_or_default();
        (self.deep, self.outline)
    }

    fn token(&mut self, token: Token, length: usize) {
        let (at, goes_on) = (self.at, matches!(self.last, Some(Token::Slashdash | Token::Continue)));
        self.at += length;
        match token {
            Token::Space => {
                self.indent += if self.blank { 1 } else { 0 };
                return;
            }
            Token::Comment => return,
            Token::Newline => {
                if !goes_on {
                    self.finish();
                } else if self.last == Some(Token::Continue) {
                    self.last = Some(Token::Other);
                }
                (self.line, self.indent, self.blank) = (self.at, 0, true);
                return;
            }
            Token::Semicolon => {
                if self.level().current.is_none() {
                    self.begin(at);
                    self.last_end = self.at;
                }
                self.finish();
            }
            Token::Close => self.brace(at),
            Token::Broken if self.is_endless(at, length) => self.endless(at),
            _ => {
                let begins = self.blank && self.level().current.is_none();
                if self.by_indent && begins {
                    self.step_out(at);
                }
                self.node(token, at);
            }
        }
        self.blank = false;
        (self.last, self.last_end) = (Some(token), self.at);
    }

    /// Reads a part of a node.
    fn node(&mut self, token: Token, at: usize) {
        let behind = self.level().current.as_ref().is_some_and(|piece| piece.block.is_some());
        if behind && token != Token::Slashdash && self.last != Some(Token::Slashdash) {
            self.finish();
            self.outline.mistakes.push(Mistake::Behind(at));
            self.begin(at);
            let told = token == Token::Open;
            self.current(|piece| piece.told |= told);
        }
        self.begin(at);
        match token {
            Token::Broken => {
                self.current(|piece| piece.broken = true);
                let text = &self.text[at..self.at];
                self.outline.swallowed |= text.contains(['{', '}']);
                let (line, closes) = (self.line, text.contains('}'));
                self.levels.iter_mut().for_each(|level| level.swallowed |= closes && level.line == line);
            }
            Token::Open if self.levels.len() > MAX_DEPTH => self.deep = true,
            Token::Open => {
                let slashed = self.last == Some(Token::Slashdash);
                let (line, indent) = (self.line, self.indent);
                self.levels.push(Level { open: at, line, indent, slashed, ..Level::default() });
            }
            _ => {}
        }
    }

    /// Closes every block that a line stands outside of, as far left as it begins.
    fn step_out(&mut self, at: usize) {
        while self.levels.len() > 1 && self.level().line < self.line && self.level().indent >= self.indent {
            self.outside(at);
        }
    }

    fn outside(&mut self, at: usize) {
        self.outline.uneven = true;
        if !self.level().swallowed {
            let open = self.level().open;
            self.outline.mistakes.push(Mistake::Outside(open, at));
        }
        self.close(at, false);
        self.finish();
    }

    /// Reads a closing brace.
    fn brace(&mut self, at: usize) {
        if self.levels.len() == 1 {
            return self.stray(at);
        }
        let (line, indent) = (self.level().line, self.level().indent);
        if self.by_indent && self.blank && line < self.line {
            if indent < self.indent && (self.adopter().is_some() || self.closed_here()) {
                return self.stray(at);
            }
            if indent > self.indent && self.levels.iter().skip(1).any(|level| level.indent == self.indent) {
                while self.level().indent > self.indent {
                    self.outside(at);
                }
            }
        }
        self.close(at, true);
    }

    /// Finds the node, before a brace that begins its line, that the brace closes by its indentation
    /// though no other brace opened it, or one closed it before.
    fn adopter(&mut self) -> Option<usize> {
        let pieces = &self.level().pieces;
        let behind = pieces.iter().rev().take(self.looks);
        let inside =
            behind.take_while(|piece| piece.indent.is_none_or(|indent| indent > self.indent)).count();
        let found = pieces.len().checked_sub(inside + 1).filter(|at| {
            let (piece, inside) = (&pieces[*at], &pieces[at + 1..]);
            piece.indent == Some(self.indent)
                && !inside.is_empty()
                && piece.block.as_ref().is_none_or(|block| !block.first)
                && self.levels.len() + height(inside).max(piece.height) < MAX_DEPTH
        });
        self.looks = self.looks.saturating_sub(inside + 1);
        found
    }

    /// Returns whether the node before was closed on a line of the same indentation already.
    fn closed_here(&self) -> bool {
        let last = self.level().pieces.last();
        last.is_some_and(|piece| {
            piece.indent == Some(self.indent) && piece.block.as_ref().is_some_and(|block| block.first)
        })
    }

    /// Reads a brace that closes nothing that was opened.
    fn stray(&mut self, at: usize) {
        self.finish();
        self.outline.uneven = true;
        let adopter = if self.by_indent && self.blank { self.adopter() } else { None };
        let Some(adopter) = adopter else {
            self.outline.mistakes.push(Mistake::Stray(at));
            return self.guessed();
        };
        let pieces = &mut self.level_mut().pieces;
        let mut children = pieces.split_off(adopter + 1);
        let Some(piece) = pieces.last_mut() else { return };
        let mut mistake = (!piece.broken).then_some(Mistake::Stray(at));
        let mut block = piece.block.take().unwrap_or_default();
        if block.open.is_some() {
            mistake = Some(Mistake::Stray(block.close));
        }
        piece.height = piece.height.max(height(&children));
        block.pieces.append(&mut children);
        piece.block = Some(Block { close: at, closed: true, first: true, ..block });
        piece.guessed = true;
        self.outline.mistakes.extend(mistake);
    }

    /// Reads past the line of something without an end: up to one that stands as far left.
    fn endless(&mut self, at: usize) {
        self.endless += 1;
        self.outline.uneven = true;
        self.outline.mistakes.push(Mistake::Endless(at));
        self.current(|piece| piece.told = true);
        self.finish();
        let mut end = self.text.len();
        if self.endless < MOST_ENDLESS {
            let mut line = at;
            while let Some(found) = self.text[line..].find('\n') {
                line += found + 1;
                let rest = self.text[line..].trim_start_matches([' ', '\t', '\r']);
                let indent = self.text.len() - line - rest.len();
                if indent <= self.indent && !rest.starts_with('\n') && !rest.is_empty() {
                    end = line - 1;
                    break;
                }
            }
        }
        self.piece(Piece { start: at, end, lost: true, ..Piece::default() });
        self.guessed();
        self.at = end;
    }

    /// Returns whether what closes nowhere goes on behind its line.
    fn is_endless(&self, at: usize, length: usize) -> bool {
        let token = &self.text[at..at + length];
        token.starts_with("/*") || token.contains('\n') || token.trim_start_matches('#').starts_with("\"\"\"")
    }

    fn level(&self) -> &Level {
        // The file is never taken away.
        &self.levels[self.levels.len() - 1]
    }

    fn level_mut(&mut self) -> &mut Level {
        let last = self.levels.len() - 1;
        &mut self.levels[last]
    }

    fn current(&mut self, change: impl FnOnce(&mut Piece)) {
        if let Some(piece) = &mut self.level_mut().current {
            change(piece);
        }
    }

    fn piece(&mut self, piece: Piece) {
        self.finish();
        self.level_mut().pieces.push(piece);
    }

    /// Says that what stands in the innermost block was guessed.
    fn guessed(&mut self) {
        match self.levels.len() {
            0 | 1 => self.outline.guessed = true,
            more => {
                if let Some(piece) = &mut self.levels[more - 2].current {
                    piece.guessed = true;
                }
            }
        }
    }

    fn begin(&mut self, at: usize) {
        let indent = self.blank.then_some(self.indent);
        self.level_mut().current.get_or_insert_with(|| Piece { start: at, indent, ..Piece::default() });
    }

    fn finish(&mut self) {
        let end = self.last_end;
        let level = self.level_mut();
        if let Some(piece) = level.current.take() {
            level.pieces.push(Piece { end: end.max(piece.start), ..piece });
        }
        self.last = None;
    }

    /// Ends the innermost block.
    fn close(&mut self, at: usize, closed: bool) {
        self.finish();
        let Some(level) = self.levels.pop() else { return };
        let first = self.blank;
        self.current(|piece| {
            piece.guessed |= !closed;
            piece.told |= level.slashed && !closed;
            if !level.slashed {
                piece.height = height(&level.pieces);
                let open = Some(level.open);
                piece.block = Some(Block { open, close: at, closed, first, pieces: level.pieces });
            }
        });
    }
}

/// Returns how many blocks stand in each other around nothing deeper than these nodes.
fn height(pieces: &[Piece]) -> usize {
    1 + pieces.iter().map(|piece| piece.height).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lays the nodes out on one line, each by the first word of its line.
    fn shown(text: &str, pieces: &[Piece]) -> String {
        let piece = |piece: &Piece| {
            let word = text[piece.start..].split([' ', '\n', ';', '{', '}']).next().unwrap_or_default();
            let word = if piece.lost { "?" } else { word };
            match &piece.block {
                Some(block) => format!("{word}{{{}}}", shown(text, &block.pieces)),
                None => word.to_owned(),
            }
        };
        pieces.iter().map(piece).collect::<Vec<_>>().join(" ")
    }

    fn read(text: &str) -> (String, Vec<Mistake>) {
        let outline = outline(text);
        (shown(text, &outline.pieces), outline.mistakes)
    }

    #[test]
    fn a_sound_text_has_its_nodes() {
        let (shown, mistakes) =
            read("a 1 \\\n 2; b { c; d { e }\n f /- {g} \"{\" { h }\n } // {\n/-\ni\n/* { */ j #\"\"}\"#");
        assert_eq!(shown, "a b{c d{e} f{h}} /- j");
        assert_eq!(mistakes, []);
    }

    #[test]
    fn the_indentation_tells_which_brace_is_missing() {
        let (shown, mistakes) = read("a {\n  b {\n    c\n  d {\n    e\n  }\n}\nf\n");
        assert_eq!(shown, "a{b{c} d{e}} f");
        assert_eq!(mistakes, [Mistake::Outside(8, 18)]);
        let (shown, mistakes) = read("a {\n  b {\n    c\n}\nf\n");
        assert_eq!(shown, "a{b{c}} f");
        assert_eq!(mistakes, [Mistake::Outside(8, 16)]);
        let (shown, mistakes) = read("a {\n  b\n    c\n  }\n  d\n}\nf\n");
        assert_eq!(shown, "a{b{c} d} f");
        assert_eq!(mistakes, [Mistake::Stray(16)]);
    }

    #[test]
    fn the_indentation_tells_which_brace_is_too_many() {
        let (shown, mistakes) = read("a {\n  b { c } }\n  d\n}\nf\n");
        assert_eq!(shown, "a{b{c} d} f");
        assert_eq!(mistakes, [Mistake::Stray(14)]);
        let (shown, mistakes) = read("a {\n  b {\n    c\n  }\n  }\n  d\n}\nf\n");
        assert_eq!(shown, "a{b{c} d} f");
        assert_eq!(mistakes, [Mistake::Stray(22)]);
    }

    #[test]
    fn without_indentation_the_braces_count() {
        let (shown, mistakes) = read("a {\nb {\nc\n}\nd {\ne\n}\nf\n");
        assert_eq!(shown, "a{b{c} d{e} f}");
        assert_eq!(mistakes, [Mistake::Unclosed(vec![2])]);
    }

    #[test]
    fn a_text_or_comment_without_an_end_loses_what_is_indented_below() {
        let (shown, mistakes) = read("a\n  b \"\"\"\n    c {\n  d\ne /* f\n  g\n\nh");
        assert_eq!(shown, "a b ? d e ? h");
        assert_eq!(mistakes, [Mistake::Endless(6), Mistake::Endless(24)]);
        let (shown, mistakes) = read("a {\n  b { c { d \"e } }\n  f\n}\ng");
        assert_eq!((&*shown, mistakes), ("a{b{c{d}} f} g", vec![]));
        let (shown, mistakes) = read("a \"b {\n  c\n}\nd");
        assert_eq!((&*shown, mistakes), ("a{c} d", vec![]));
    }
}
