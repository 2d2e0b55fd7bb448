//! How values look to people: plans, differences, sizes, dates. Pure: value in, text out.

pub mod capacity;
pub mod date;
pub mod diff;
pub mod gc;
pub mod generations;
pub mod handover;
pub mod plan;
pub mod snapshots;
pub mod standing;
pub mod value;

use anstyle::{AnsiColor, Style};

/// The longest text that is shown whole, in characters: the longest value of a property has 8,192 bytes.
const LONGEST: usize = 10_000;

/// Writes what stands on one line: values from elsewhere cannot end it, nor do anything but show themselves.
#[must_use]
pub fn line(text: &impl std::fmt::Display) -> String {
    phoenix_graph::plain::plain(&within_reason(text.to_string())).into_owned()
}

/// Leaves out the middle of what is longer than anything true could be, and says how much: a damaged file's
/// megabytes hide the reason that stands at their end.
#[must_use]
pub fn within_reason(text: String) -> String {
    let count = text.chars().count();
    if count <= LONGEST {
        return text;
    }
    let kept = LONGEST / 20;
    let begin: String = text.chars().take(kept).collect();
    let end: String = text.chars().skip(count - kept).collect();
    format!("{begin} [{} characters left out] {end}", count - 2 * kept)
}

/// Colours a text, or leaves it plain.
#[derive(Debug, Clone, Copy)]
pub struct Paint(pub bool);

impl Paint {
    /// What comes, and what went well.
    #[must_use]
    pub fn good(self, text: &str) -> String {
        self.with(AnsiColor::Green.on_default(), text)
    }

    /// What changes.
    #[must_use]
    pub fn change(self, text: &str) -> String {
        self.with(AnsiColor::Yellow.on_default(), text)
    }

    /// What goes, and what went wrong.
    #[must_use]
    pub fn bad(self, text: &str) -> String {
        self.with(AnsiColor::Red.on_default(), text)
    }

    /// What stands out.
    #[must_use]
    pub fn strong(self, text: &str) -> String {
        self.with(Style::new().bold(), text)
    }

    /// What is less important.
    #[must_use]
    pub fn faint(self, text: &str) -> String {
        self.with(Style::new().dimmed(), text)
    }

    fn with(self, style: Style, text: &str) -> String {
        if self.0 { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// Counts things: `1 dataset`, `2 datasets`.
#[must_use]
pub fn count(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}
