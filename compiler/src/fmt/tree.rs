//! Pieces → nodes, with every comment and each gap that a person left between lines.

use super::token::{Token, tokens};

/// What stands on lines of its own, in a file or between braces.
#[derive(Debug, Default)]
pub struct Lines<'t> {
    pub lines: Vec<Line<'t>>,
    /// Whether all of it stood on one line.
    pub flat: bool,
}

/// A node, or a comment between nodes.
#[derive(Debug)]
pub struct Line<'t> {
    /// Whether a blank line stands before it.
    pub gap: bool,
    /// The parts; none for a comment alone.
    pub parts: Vec<Part<'t>>,
    /// The comment at its end, or alone.
    pub comment: Option<&'t str>,
}

/// A part of a node.
#[derive(Debug)]
pub enum Part<'t> {
    /// A piece, and whether it stands right after the one before.
    Piece { text: &'t str, joined: bool },
    /// What stands between braces.
    Block { lines: Lines<'t>, joined: bool },
    /// The line goes on in the next one, perhaps with a comment first. After `/-` that takes no `\`.
    Break { mark: &'static str, comment: Option<&'t str> },
}

/// Reads a text; nothing where it is not understood.
pub fn read(text: &str) -> Option<Lines<'_>> {
    let mut reader = Reader { tokens: tokens(text)?, at: 0 };
    let lines = reader.lines()?;
    (reader.at == reader.tokens.len()).then_some(lines)
}

struct Reader<'t> {
    tokens: Vec<Token<'t>>,
    at: usize,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<Token<'t>> {
        self.tokens.get(self.at).copied()
    }

    fn next(&mut self) -> Option<Token<'t>> {
        let token = self.peek()?;
        self.at += 1;
        Some(token)
    }

    /// Reads lines up to the brace that closes them, or the end.
    fn lines(&mut self) -> Option<Lines<'t>> {
        let mut lines: Vec<Line<'t>> = Vec::new();
        // How many ends of lines were seen since the last node or comment.
        let mut ends = 0;
        let mut flat = true;
        loop {
            let gap = ends > 1 && !lines.is_empty();
            match self.peek() {
                None | Some(Token::Close) => break,
                Some(Token::Newline) => {
                    ends += 1;
                    flat = false;
                    self.at += 1;
                }
                Some(Token::Semicolon) => self.at += 1,
                Some(Token::Line(text)) => {
                    flat = false;
                    self.at += 1;
                    match lines.last_mut() {
                        Some(last) if ends == 0 && last.comment.is_none() => last.comment = Some(text),
                        _ => lines.push(Line { gap, parts: Vec::new(), comment: Some(text) }),
                    }
                    ends = 0;
                }
                Some(_) => {
                    let mut parts = self.parts()?;
                    let first = parts.iter().position(|part| !is_break(part)).unwrap_or(parts.len());
                    let before: Vec<_> = parts.drain(..first).collect();
                    let last = parts.iter().rposition(|part| !is_break(part)).map_or(0, |at| at + 1);
                    let mut after = comments(parts.split_off(last));
                    flat &= before.is_empty();
                    let mut gap = gap;
                    for comment in comments(before) {
                        lines.push(Line { gap, parts: Vec::new(), comment: Some(comment) });
                        gap = false;
                    }
                    let comment = after.next();
                    flat &= comment.is_none();
                    if !parts.is_empty() || comment.is_some() {
                        lines.push(Line { gap, parts, comment });
                    }
                    let alone = |comment| Line { gap: false, parts: Vec::new(), comment: Some(comment) };
                    lines.extend(after.map(alone));
                    ends = 0;
                }
            }
        }
        Some(Lines { lines, flat })
    }

    /// Reads the parts of one node, up to what ends it.
    fn parts(&mut self) -> Option<Vec<Part<'t>>> {
        let mut parts: Vec<Part<'t>> = Vec::new();
        let mut joined = true;
        while let Some(token) = self.peek() {
            let next = match token {
                Token::Newline | Token::Semicolon | Token::Close | Token::Line(_) => break,
                _ => self.next()?,
            };
            let text = match next {
                Token::Word(text) | Token::Comment(text) => text,
                Token::Equals => "=",
                Token::OpenType => "(",
                Token::CloseType => ")",
                Token::Slashdash => "/-",
                Token::Continue => {
                    self.go_on(&mut parts)?;
                    joined = true;
                    continue;
                }
                Token::Open => {
                    let lines = self.lines()?;
                    (self.next()? == Token::Close).then_some(())?;
                    parts.push(Part::Block { lines, joined });
                    joined = false;
                    continue;
                }
                _ => return None,
            };
            parts.push(Part::Piece {
                text,
                joined: joined || matches!(next, Token::Equals | Token::CloseType),
            });
            joined = matches!(next, Token::Equals | Token::OpenType | Token::CloseType | Token::Slashdash);
            if next == Token::Slashdash {
                self.over_lines(&mut parts);
            }
        }
        Some(parts)
    }

    /// Reads the rest of a line after `\`.
    fn go_on(&mut self, parts: &mut Vec<Part<'t>>) -> Option<()> {
        let mut comment = None;
        loop {
            match self.next() {
                Some(Token::Comment(text)) => parts.push(Part::Piece { text, joined: false }),
                Some(Token::Line(text)) => comment = Some(text),
                Some(Token::Newline) | None => break,
                _ => return None,
            }
        }
        let again = matches!(parts.last(), Some(Part::Break { .. }) | None);
        if !again || comment.is_some() {
            parts.push(Part::Break { mark: " \\", comment });
        }
        Some(())
    }

    /// Reads ends of lines and comments between `/-` and what it takes out.
    fn over_lines(&mut self, parts: &mut Vec<Part<'t>>) {
        loop {
            match self.peek() {
                Some(Token::Newline) => {}
                Some(Token::Line(text)) => parts.push(Part::Break { mark: "", comment: Some(text) }),
                _ => return,
            }
            self.at += 1;
        }
    }
}

fn is_break(part: &Part<'_>) -> bool {
    matches!(part, Part::Break { .. })
}

/// Returns the comments of lines that go on into nothing.
fn comments<'t>(breaks: Vec<Part<'t>>) -> impl Iterator<Item = &'t str> {
    breaks.into_iter().filter_map(|part| match part {
        Part::Break { comment, .. } => comment,
        _ => None,
    })
}
