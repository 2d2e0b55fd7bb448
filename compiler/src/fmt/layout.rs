//! Nodes → text in the one layout.

use super::tree::{Line, Lines, Part};

/// The widest line that holds a whole block, in characters.
const WIDTH: usize = 120;
const LEVEL: usize = 4;

/// Writes a file.
pub fn write(lines: &Lines<'_>) -> String {
    let mut text = String::new();
    block(lines, 0, &mut text);
    text
}

fn block(lines: &Lines<'_>, level: usize, text: &mut String) {
    for line in &lines.lines {
        if line.gap {
            text.push('\n');
        }
        indent(level, text);
        node(line, level, text);
        text.push('\n');
    }
}

fn node(line: &Line<'_>, level: usize, text: &mut String) {
    let start = text.len();
    if !flat_parts(&line.parts, text) || level * LEVEL + text[start..].chars().count() > WIDTH {
        text.truncate(start);
        parts(&line.parts, level, text);
    }
    if let Some(comment) = line.comment {
        if !line.parts.is_empty() {
            text.push(' ');
        }
        text.push_str(comment.trim_end());
    }
}

fn parts(parts: &[Part<'_>], level: usize, text: &mut String) {
    let mut first = true;
    for part in parts {
        match part {
            Part::Piece { text: piece, joined } => {
                space(first || *joined, text);
                text.push_str(piece);
            }
            Part::Block { lines, joined } => {
                space(first || *joined, text);
                let start = text.len();
                let line = text.rfind('\n').map_or(0, |at| at + 1);
                if !flat_block(lines, text) || text[line..].chars().count() > WIDTH {
                    text.truncate(start);
                    text.push_str("{\n");
                    block(lines, level + 1, text);
                    indent(level, text);
                    text.push('}');
                }
            }
            Part::Break { mark, comment } => {
                text.push_str(mark);
                if let Some(comment) = comment {
                    text.push(' ');
                    text.push_str(comment.trim_end());
                }
                text.push('\n');
                indent(level + 1, text);
            }
        }
        first = matches!(part, Part::Break { .. });
    }
}

/// Writes parts on one line; says whether they can stand on one.
fn flat_parts(parts: &[Part<'_>], text: &mut String) -> bool {
    for (at, part) in parts.iter().enumerate() {
        match part {
            Part::Piece { text: piece, joined } => {
                space(at == 0 || *joined, text);
                text.push_str(piece);
                if piece.contains('\n') {
                    return false;
                }
            }
            Part::Block { lines, joined } => {
                space(at == 0 || *joined, text);
                if !flat_block(lines, text) {
                    return false;
                }
            }
            Part::Break { .. } => return false,
        }
    }
    true
}

fn flat_block(lines: &Lines<'_>, text: &mut String) -> bool {
    if lines.lines.is_empty() {
        text.push_str("{}");
        return true;
    }
    if !lines.flat {
        return false;
    }
    for (at, line) in lines.lines.iter().enumerate() {
        text.push_str(if at == 0 { "{ " } else { "; " });
        if !flat_parts(&line.parts, text) {
            return false;
        }
    }
    text.push_str(" }");
    true
}

fn space(joined: bool, text: &mut String) {
    if !joined {
        text.push(' ');
    }
}

fn indent(level: usize, text: &mut String) {
    text.extend(std::iter::repeat_n(' ', level * LEVEL));
}
