//! The list of generations: a head, a line for each that fits 80 columns, and below it what somebody said
//! of it or what failed, in lines of their own.

use super::{Paint, date, line as plain};
use phoenix_store::{Generation, Outcome, Pin};
use std::{collections::BTreeMap, fmt::Write};

/// How wide lines are, in columns: what every terminal shows.
const WIDTH: usize = 80;
/// How far lines below a generation are moved in.
const IN: usize = 8;
/// How wide the name of who asked is at most.
const WHO: usize = 12;
/// What an attempt is whose journal is open, and nobody is at work.
const INTERRUPTED: &str = "interrupted";

/// How things stand while the list is made.
#[derive(Debug, Clone, Copy, Default)]
pub struct Now {
    pub current: Option<u64>,
    /// The attempt whose journal is open.
    pub open: Option<u64>,
    /// Whether somebody changes the host.
    pub busy: bool,
}

impl Now {
    /// Says what an attempt without an end is doing.
    #[must_use]
    pub fn open(&self, number: u64) -> &'static str {
        match (self.open == Some(number), self.busy) {
            // Before its journal is begun it has changed nothing, whoever has the lock.
            (_, true) => "under way",
            (true, false) => INTERRUPTED,
            (false, false) => "never began",
        }
    }
}

/// Lists generations.
#[must_use]
pub fn table(all: &[Generation], now: Now, pins: &BTreeMap<u64, Pin>, paint: Paint) -> String {
    let who = |one: &Generation| cut(&plain(&one.who), WHO);
    let wide = all.iter().map(|one| who(one).chars().count()).max().unwrap_or(0).max(2);
    let mut text = format!("    N  from  system        date (UTC)        {:wide$}  what\n", "by");
    for one in all {
        let current = now.current == Some(one.number);
        let mark = if current { "*" } else { " " };
        let parent = one.parent.map_or_else(|| "-".to_owned(), |parent| parent.to_string());
        let minute = date::utc(one.time);
        let minute = minute.get(..16).unwrap_or(&minute);
        let line = format!(
            "{mark} {:>3}  {parent:>4}  {}  {minute}  {:wide$}  ",
            one.number,
            one.system.short(),
            who(one),
        );
        let line = if current { paint.strong(&line) } else { line };
        // Only what came to hold can be pinned.
        let pinned = pins.contains_key(&one.number) && one.outcome == Outcome::Committed;
        let pinned = if pinned { ", pinned" } else { "" };
        let verb = plain(&one.verb);
        let (came, below) = match &one.outcome {
            Outcome::Open => {
                let stands = now.open(one.number);
                let help = if stands == INTERRUPTED { "run `phoenix recover`" } else { "" };
                (paint.bad(&format!("{verb}, {stands}")), help.to_owned())
            }
            Outcome::Committed => (paint.good(&verb), String::new()),
            Outcome::WentTo { generation } => (format!("{verb} to {generation}"), String::new()),
            Outcome::Failed { reason } => (paint.bad(&format!("{verb}, undone")), reason.clone()),
            Outcome::Degraded { reason } => (paint.bad(&format!("{verb}, half undone")), reason.clone()),
        };
        // Writing to a string does not fail.
        let _ = writeln!(text, "{line}{came}{pinned}");
        if let Some(message) = &one.message {
            wrap(&mut text, &format!("\"{}\"", plain(message)));
        }
        if let Some(note) = pins.get(&one.number).and_then(|pin| pin.note.as_ref()) {
            wrap(&mut text, &format!("pinned: {}", plain(note)));
        }
        // The rest of a long reason is in `--json`.
        wrap(&mut text, &plain(&below.lines().next().unwrap_or_default()));
    }
    text
}

fn cut(text: &str, wide: usize) -> String {
    if text.chars().count() <= wide {
        return text.to_owned();
    }
    text.chars().take(wide - 1).chain(['…']).collect()
}

/// Writes a text in lines that fit, moved in; a word that is longer stays whole.
fn wrap(to: &mut String, text: &str) {
    let mut column = WIDTH;
    for word in text.split_whitespace() {
        let wide = word.chars().count();
        if column + 1 + wide > WIDTH {
            if column != WIDTH {
                to.push('\n');
            }
            let _ = write!(to, "{:IN$}{word}", "");
            column = IN + wide;
        } else {
            let _ = write!(to, " {word}");
            column += 1 + wide;
        }
    }
    if !text.trim().is_empty() {
        to.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use phoenix_graph::{ObjectId, plain::is_hidden};

    fn generation(number: u64, outcome: Outcome) -> Generation {
        Generation {
            format: phoenix_graph::FORMAT,
            number,
            parent: number.checked_sub(1).filter(|parent| *parent > 0),
            system: ObjectId::of(b""),
            sources: Vec::new(),
            time: 1_770_091_506,
            who: "administrator-of-storage".to_owned(),
            verb: "rollback".to_owned(),
            message: Some("so that the backups of the whole house fit into it again, as they did".to_owned()),
            outcome,
            adopted: std::collections::BTreeSet::new(),
        }
    }

    #[test]
    fn every_line_fits_eighty_columns_whatever_is_in_it() {
        let reason =
            "dataset:tank/a: `zfs set` failed (1): cannot set property for 'tank/a': out of space\nmore";
        let all = [
            generation(1, Outcome::Committed),
            generation(2, Outcome::WentTo { generation: 999 }),
            generation(3, Outcome::Failed { reason: reason.to_owned() }),
            generation(998, Outcome::Degraded { reason: reason.to_owned() }),
            generation(999, Outcome::Open),
        ];
        let pin = Pin::new(
            998,
            Some("a note of some length for the pin of this one".to_owned()),
            1,
            "x".to_owned(),
        );
        let pins = BTreeMap::from([(998, pin)]);
        let text = table(&all, Now { current: Some(999), ..Now::default() }, &pins, Paint(false));
        for line in text.lines() {
            assert!(line.chars().count() <= WIDTH, "{}: {line}\n{text}", line.chars().count());
        }
        assert!(text.contains("        \"so that the backups"), "{text}");
        assert!(!text.contains("more"), "{text}");
    }

    #[test]
    fn what_is_open_is_under_way_interrupted_or_never_began() {
        let now = |open, busy| Now { current: None, open, busy };
        assert_eq!(now(Some(2), true).open(2), "under way");
        assert_eq!(now(None, true).open(2), "under way");
        assert_eq!(now(Some(2), false).open(2), "interrupted");
        assert_eq!(now(None, false).open(2), "never began");
    }

    #[test]
    fn no_word_of_a_record_moves_the_cursor() {
        let mut one = generation(1, Outcome::Failed { reason: "a\u{1b}[2Jb".to_owned() });
        one.who = "x\ry".to_owned();
        one.message = Some("m\u{7}\tn\u{202e}".to_owned());
        let text = table(&[one], Now::default(), &BTreeMap::new(), Paint(false));
        assert!(!text.chars().any(|one| is_hidden(one) && one != '\n'), "{text:?}");
        assert!(text.contains("x\\ry") && text.contains("\\u{1b}[2J"), "{text}");
    }
}
