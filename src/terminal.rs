//! The terminal: results on standard output, everything else on standard error. Nothing else prints.

use crate::{outside, show::Paint};
use clap::ValueEnum;
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, Severity};
use phoenix_graph::plain::{is_hidden, plain_lines};
use rustix::{
    event::{PollFd, PollFlags, poll},
    termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr},
};
use std::{
    borrow::Cow,
    fmt,
    io::{self, BufRead, IsTerminal, Write},
    sync::atomic::{AtomicBool, AtomicI32, Ordering},
};
use zeroize::Zeroizing;

/// When colours are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Where a command speaks to people and programs.
#[derive(Debug)]
pub struct Terminal {
    out: bool,
    err: bool,
    interactive: bool,
    /// The number of the first error that kept a result from being printed; 0 where there was none.
    unwritten: AtomicI32,
}

impl Terminal {
    /// Finds out what the two outputs are.
    #[must_use]
    pub fn new(color: Color) -> Self {
        let shown = |terminal: bool| match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && !outside::no_color(),
        };
        let interactive = io::stderr().is_terminal();
        let out = shown(io::stdout().is_terminal());
        Self { out, err: shown(interactive), interactive, unwritten: AtomicI32::new(0) }
    }

    /// Returns why a result could not be printed: a full disk, for one. A reader that has gone away wants
    /// nothing more, and is no error.
    #[must_use]
    pub fn unwritten(&self) -> Option<io::Error> {
        let error = self.unwritten.load(Ordering::Relaxed);
        (error != 0).then(|| io::Error::from_raw_os_error(error))
    }

    /// Writes a result.
    fn result(&self, text: &dyn fmt::Display) {
        let mut out = io::stdout().lock();
        if let Err(error) = write!(out, "{text}").and_then(|()| out.flush())
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            let error = error.raw_os_error().unwrap_or(rustix::io::Errno::IO.raw_os_error());
            // The first one is the reason of the others.
            let _ = self.unwritten.compare_exchange(0, error, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    /// Returns the colours of standard output.
    #[must_use]
    pub fn paint(&self) -> Paint {
        Paint(self.out)
    }

    /// Returns the colours of standard error.
    #[must_use]
    pub fn paint_err(&self) -> Paint {
        Paint(self.err)
    }

    /// Returns whether progress is shown: a person looks on.
    #[must_use]
    pub fn is_interactive(&self) -> bool {
        self.interactive
    }

    /// Prints a result. Whatever stands in it, a terminal shows it and does nothing else.
    pub fn print(&self, text: impl fmt::Display) {
        self.result(&shown(&text.to_string(), self.out));
    }

    /// Prints a text as it stands: a file, for whoever reads it. On a terminal it is shown as
    /// [`Terminal::print`] shows it.
    pub fn print_file(&self, text: &str) {
        if io::stdout().is_terminal() {
            self.print(text);
        } else {
            self.result(&text);
        }
    }

    /// Prints a value as JSON, for programs.
    pub fn json<T: serde::Serialize>(&self, value: &T) {
        // The views are made of texts, numbers, lists and maps of texts: they always are JSON.
        if let Ok(text) = serde_json::to_string_pretty(value) {
            self.result(&format_args!("{}\n", json_shown(&text)));
        }
    }

    /// Prints a value as one line of JSON.
    pub fn json_line<T: serde::Serialize>(&self, value: &T) {
        // As above.
        if let Ok(text) = serde_json::to_string(value) {
            self.result(&format_args!("{}\n", json_shown(&text)));
        }
    }

    /// Tells something beside the result, as one line of JSON.
    pub fn note_json_line<T: serde::Serialize>(&self, value: &T) {
        // As above.
        if let Ok(text) = serde_json::to_string(value) {
            note(&format_args!("{}\n", json_shown(&text)));
        }
    }

    /// Tells something beside the result.
    pub fn note(&self, text: impl fmt::Display) {
        note(&shown(&text.to_string(), self.err));
    }

    /// Shows an error or a warning, with its places, reason and help.
    pub fn report(&self, diagnostic: &dyn Diagnostic) {
        let mut text = String::new();
        // Formatting into a string does not fail.
        let _ = self.handler().render_report(&mut text, diagnostic);
        self.note(text.trim_start_matches('\n'));
    }

    /// Warns of something.
    pub fn warn(&self, text: impl Into<String>, help: Option<String>) {
        self.report(&Warning { text: text.into(), help });
    }

    fn handler(&self) -> GraphicalReportHandler {
        let theme = if self.err { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme).with_links(false);
        match terminal_size::terminal_size_of(io::stderr()) {
            Some((width, _)) => handler.with_width(width.0.clamp(40, 120).into()),
            // A file or a pipe gets whole lines, whatever stands in them.
            None => handler.with_width(120).with_wrap_lines(false),
        }
    }

    /// Returns whether there is a person to ask.
    #[must_use]
    pub fn can_ask(&self) -> bool {
        self.interactive && io::stdin().is_terminal()
    }

    /// Asks for a line and does not show what is typed; nothing where `stop` is set meanwhile. It is read
    /// without a buffer that would keep it.
    ///
    /// # Errors
    /// Where the terminal cannot be read, or the line is longer than any key.
    pub fn ask_hidden(
        &self,
        question: &str,
        stop: &AtomicBool,
    ) -> rustix::io::Result<Option<Zeroizing<Vec<u8>>>> {
        const LONGEST: usize = 1024;
        let stdin = io::stdin();
        let hidden = Hidden::begin(&stdin)?;
        self.note(question);
        let mut line = Zeroizing::new(Vec::with_capacity(LONGEST));
        let mut byte = Zeroizing::new([0_u8; 1]);
        let whole = loop {
            while poll(&mut [PollFd::new(&stdin, PollFlags::IN)], None).is_err() {
                if stop.load(Ordering::Relaxed) {
                    self.note("\n");
                    return Ok(None);
                }
            }
            match rustix::io::read(&stdin, &mut byte[..])? {
                0 => break false,
                _ if byte[0] == b'\n' => break true,
                _ if line.len() == LONGEST => return Err(rustix::io::Errno::TOOBIG),
                _ => line.push(byte[0]),
            }
        };
        drop(hidden);
        self.note("\n");
        Ok(whole.then_some(line))
    }

    /// Asks a person; nothing where there is none to ask. Whatever is no clear yes is a no, and so
    /// is `stop`.
    #[must_use]
    pub fn confirm(&self, question: &str, stop: &AtomicBool) -> Option<bool> {
        let stdin = io::stdin();
        if !self.can_ask() {
            return None;
        }
        self.note(format_args!("{question} [y/N] "));
        // A signal ends the waiting, where a read would be begun again.
        while poll(&mut [PollFd::new(&stdin, PollFlags::IN)], None).is_err() {
            if stop.load(Ordering::Relaxed) {
                self.note("\n");
                return Some(false);
            }
        }
        let mut answer = String::new();
        let read = stdin.lock().read_line(&mut answer);
        Some(read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes"))
    }
}

/// A terminal that shows what is typed again once it is let go.
struct Hidden<'a> {
    stdin: &'a io::Stdin,
    before: Termios,
}

impl<'a> Hidden<'a> {
    fn begin(stdin: &'a io::Stdin) -> rustix::io::Result<Self> {
        let before = tcgetattr(stdin)?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        tcsetattr(stdin, OptionalActions::Flush, &hidden)?;
        Ok(Self { stdin, before })
    }
}

impl Drop for Hidden<'_> {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing put back.
        let _ = tcsetattr(self.stdin, OptionalActions::Now, &self.before);
    }
}

/// Writes a text so that a terminal does nothing but show it: lines are kept, and colours where there are to
/// be some, of the kinds that phoenix and its diagnostics use. The rest stands as numbers. Values are made
/// plain where they are laid out, newlines and all; this holds whatever was forgotten there.
fn shown(text: &str, colours: bool) -> Cow<'_, str> {
    if !text.chars().any(|c| is_hidden(c) && c != '\n') {
        return Cow::Borrowed(text);
    }
    let mut written = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}') {
        written.push_str(&plain_lines(&rest[..at]));
        let length = if colours { colour(&rest[at..]) } else { None };
        let end = at + length.unwrap_or(1);
        match length {
            Some(_) => written.push_str(&rest[at..end]),
            None => written.push_str(&plain_lines(&rest[at..end])),
        }
        rest = &rest[end..];
    }
    written.push_str(&plain_lines(rest));
    Cow::Owned(written)
}

/// Returns how long the sequence is that a text begins with, where it sets a colour or a weight that leaves
/// the text to be seen: none that conceals, inverts, blinks or takes the colour of the ground.
fn colour(text: &str) -> Option<usize> {
    let body = text.strip_prefix("\u{1b}[")?;
    let end = body.find('m')?;
    let legal = |word: &str| {
        matches!(word, "" | "0" | "1" | "2" | "3" | "4" | "22" | "23" | "24" | "39")
            || matches!(word.parse(), Ok(31..=36 | 91..=96_u8))
    };
    body[..end].split(';').all(legal).then_some(2 + end + 1)
}

/// Writes JSON so that a terminal does nothing but show it. Such characters stand in texts alone, where JSON
/// has another spelling for each.
fn json_shown(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| is_hidden(c) && c != '\n') {
        return Cow::Borrowed(text);
    }
    let mut written = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if c == '\n' || !is_hidden(c) {
            written.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                // Writing to a string does not fail.
                let _ = fmt::Write::write_fmt(&mut written, format_args!("\\u{unit:04x}"));
            }
        }
    }
    Cow::Owned(written)
}

/// Tells what can be told: where standard error takes nothing, there is nobody to say so to.
fn note(text: &dyn fmt::Display) {
    let mut err = io::stderr().lock();
    let _ = write!(err, "{text}").and_then(|()| err.flush());
}

#[derive(Debug)]
struct Warning {
    text: String,
    help: Option<String>,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Warning {}

impl Diagnostic for Warning {
    fn severity(&self) -> Option<Severity> {
        Some(Severity::Warning)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_colours_reach_a_terminal_and_only_where_there_are_to_be_some() {
        let text = "\u{1b}[1mbold\u{1b}[0m \u{1b}[2K\u{1b}[8mhidden\u{1b}[0m\u{7}\u{9b}1A\nnext\r";
        assert_eq!(
            shown(text, true),
            "\u{1b}[1mbold\u{1b}[0m \\u{1b}[2K\\u{1b}[8mhidden\u{1b}[0m\\u{7}\\u{9b}1A\nnext\\r"
        );
        assert!(!shown(text, false).chars().any(|c| c.is_control() && c != '\n'));
        assert_eq!(shown("\u{1b}", true), "\\u{1b}");
        assert!(matches!(shown("plain\ntext", true), Cow::Borrowed(_)));
    }

    #[test]
    fn json_keeps_its_meaning() {
        let value = serde_json::json!({ "a": "\u{7f}\u{202e}\u{e0041}\u{1b}\nx" });
        let text = serde_json::to_string_pretty(&value).unwrap();
        let written = json_shown(&text);
        assert!(!written.chars().any(|c| is_hidden(c) && c != '\n'));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&written).unwrap(), value);
    }
}
