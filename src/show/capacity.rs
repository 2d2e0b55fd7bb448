//! What is promised of the space of pools as a table with bars, and below it what is wrong with it.

use super::{Paint, line, value::about};
use phoenix_graph::{
    DatasetName,
    capacity::{Row, Verdict},
};
use std::fmt::Write;

/// How many cells a bar has.
const CELLS: u64 = 20;

const HEADS: [&str; 6] = ["", "promised", "there", "used", "snapshots", "reserved"];

/// Lays the table out.
#[must_use]
pub fn table(rows: &[Row], unknown: &[DatasetName], paint: Paint) -> String {
    if rows.is_empty() && unknown.is_empty() {
        return "There are no pools.\n".to_owned();
    }
    let cells: Vec<[String; 6]> = rows.iter().map(numbers).collect();
    let wide = |at: usize| {
        let lengths = cells.iter().map(|row| row[at].chars().count());
        lengths.chain([HEADS[at].len()]).max().unwrap_or(0)
    };
    let wide: [usize; 6] = std::array::from_fn(wide);
    let mut text = paint.faint(&laid(&HEADS.map(str::to_owned), wide)) + "\n";
    for (row, cells) in rows.iter().zip(&cells) {
        // Writing to a string does not fail, here and below.
        let _ = writeln!(text, "{}  {}", laid(cells, wide), bar(row, paint));
    }
    text.push_str(&paint.faint("# used  = held by snapshots  : reserved, and not filled\n"));
    for row in rows {
        for verdict in &row.verdicts {
            let _ = writeln!(text, "{}: {}", line(&row.name), told(*verdict, row, paint));
        }
    }
    for name in unknown {
        let _ = writeln!(
            text,
            "{}: its numbers cannot be read; nothing is known of it, and what lies above it is told without it",
            line(name)
        );
    }
    text
}

fn laid(cells: &[String; 6], wide: [usize; 6]) -> String {
    let [name, numbers @ ..] = cells;
    let mut text = format!("{name:<width$}", width = wide[0]);
    for (number, width) in numbers.iter().zip(&wide[1..]) {
        let _ = write!(text, "  {number:>width$}");
    }
    text
}

fn numbers(row: &Row) -> [String; 6] {
    let promised = match (row.promised, row.unlimited && row.quota == 0 && !row.name.is_root()) {
        (0, _) => "-".to_owned(),
        (bytes, true) => format!("{}+", about(bytes)),
        (bytes, false) => about(bytes),
    };
    let thin = if row.thin { " (thin)" } else { "" };
    [
        format!("{}{thin}", line(&row.name)),
        promised,
        if row.is_bounded() { about(row.there) } else { "no end".to_owned() },
        about(row.used),
        about(row.snapshots),
        about(row.reserved),
    ]
}

/// Draws how full it is.
fn bar(row: &Row, paint: Paint) -> String {
    if !row.is_bounded() {
        return String::new();
    }
    let cells = |bytes: u64| match row.there {
        0 => 0,
        there => u64::try_from(u128::from(bytes) * u128::from(CELLS) / u128::from(there)).unwrap_or(CELLS),
    };
    let (kept, set_aside) = if row.volume { (0, 0) } else { (row.snapshots, row.reserved) };
    let all = cells(row.filled()).min(CELLS);
    let reserved = cells(set_aside).min(all);
    let kept = cells(kept).min(all - reserved);
    let used = all - reserved - kept;
    let part = |sign: &str, count: u64| sign.repeat(usize::try_from(count).unwrap_or(0));
    let drawn = [part("#", used), part("=", kept), part(":", reserved), part(".", CELLS - all)].concat();
    let text = format!("[{drawn}] {:>3} %", row.percent());
    match row.verdicts.last() {
        Some(Verdict::Full) => paint.bad(&text),
        Some(Verdict::NearlyFull) => paint.change(&text),
        _ => text,
    }
}

fn told(verdict: Verdict, row: &Row, paint: Paint) -> String {
    match verdict {
        Verdict::NeverFits(what) => {
            paint.bad(&format!("its {} can never be had: the pool has less in all", what.word()))
        }
        Verdict::PromisedTwice => {
            let claimed = row.claims == row.inside;
            let what = if claimed { "may be claimed of it" } else { "are promised inside" };
            let (inside, most) = (about(row.inside), about(row.most()));
            paint.change(&format!("{inside} {what}, and it comes to {most} at most: not all can be kept"))
        }
        Verdict::Full => paint.bad(&format!("{} % are used", row.percent())),
        Verdict::NearlyFull => paint.change(&format!("{} % are used", row.percent())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use phoenix_graph::capacity::{Space, rows};

    const G: u64 = 1 << 30;

    fn name(text: &str) -> DatasetName {
        DatasetName::new(text).unwrap()
    }

    #[test]
    fn a_table_has_bars_and_below_it_what_is_wrong() {
        let root = Space { used: 500 * G, available: 500 * G, used_by_snapshots: 0, ..Space::default() };
        let a = Space {
            quota: 400 * G,
            used: 380 * G,
            available: 20 * G,
            used_by_dataset: 280 * G,
            used_by_snapshots: 100 * G,
            ..Space::default()
        };
        let thick = Space {
            volume: Some(120 * G),
            refreservation: 120 * G,
            used: 120 * G,
            available: 500 * G + 60 * G,
            used_by_dataset: 60 * G,
            used_by_refreservation: 60 * G,
            ..Space::default()
        };
        let never = Space { quota: 2000 * G, available: 500 * G, ..Space::default() };
        let spaces = [("tank", root), ("tank/a", a), ("tank/b", never), ("tank/v", thick)];
        let rows = rows(&spaces.map(|(text, space)| (name(text), space)).into());
        let text = table(&rows, &[name("tank/x")], Paint(false));
        assert_eq!(
            text,
            "        promised  there  used  snapshots  reserved
tank       2.46T  1000G  500G       100G     60.0G  [#######==:..........]  50 %
tank/a      400G   400G  380G       100G        0B  [##############=====.]  95 %
tank/b     1.95T   500G    0B         0B        0B  [....................]   0 %
tank/v      120G   120G  120G         0B     60.0G  [##########..........]  50 %
# used  = held by snapshots  : reserved, and not filled
tank: 2.46T are promised inside, and it comes to 1000G at most: not all can be kept
tank/a: 95 % are used
tank/b: its quota can never be had: the pool has less in all
tank/x: its numbers cannot be read; nothing is known of it, and what lies above it is told without it
"
        );
        assert_eq!(table(&[], &[], Paint(false)), "There are no pools.\n");
    }
}
