//! Lays out what `phoenix gc` destroys, what it leaves, and what came of it.

use super::{Paint, count, date, line, value::about};
use phoenix_transaction::gc::{Collected, GcPlan, Left, OldSnapshot, Retired};
use std::fmt::{Display, Write};

/// Lays a collection out: all that goes, with its size, its age and what kept it, and all that stays.
/// `now` is in seconds since 1970-01-01 UTC.
#[must_use]
pub fn plan(plan: &GcPlan, now: u64, paint: Paint) -> String {
    let mut text = String::new();
    // Writing to a string does not fail, here and below.
    if !plan.destroyed.is_empty() {
        let _ = writeln!(text, "{}", paint.strong("Retired datasets, destroyed with all that is in them"));
        for one in &plan.destroyed {
            text.push_str(&retired(one, now, paint));
        }
        text.push('\n');
    }
    if !plan.snapshots.is_empty() {
        let _ = writeln!(text, "{}", paint.strong("Snapshots of earlier switches, destroyed"));
        for one in &plan.snapshots {
            let _ = writeln!(text, "  {} {}", paint.bad("-"), snapshot(one, now));
        }
        text.push('\n');
    }
    if !plan.staying.is_empty() {
        let _ = writeln!(text, "{}", paint.strong("Retired datasets that stay"));
        for one in &plan.staying {
            let _ = writeln!(
                text,
                "    {}  {}  for {}",
                line(&one.place),
                about(one.bytes),
                named_by(&one.named_by)
            );
        }
        text.push('\n');
    }
    text.push_str(&left("Left, though nothing kept needs it", &plan.obstacles, paint));
    text.push_str(&left("Left, since it may not be this store's", &plan.strange, paint));
    text.push_str(&store(plan, paint));
    let _ = writeln!(text, "{}", paint.strong(&summary(plan)));
    for pool in &plan.checkpointed {
        let mark = paint.change("!");
        let _ = writeln!(
            text,
            "  {mark} {pool} has a checkpoint: what is destroyed there frees no space until you give that up"
        );
        let _ = writeln!(text, "      help: `zpool checkpoint -d {pool}`, when you need it no longer");
    }
    text
}

/// Says what came of a collection.
#[must_use]
pub fn collected(plan: &GcPlan, collected: &Collected, paint: Paint) -> String {
    let mut text = left("Failed, and is there still, wholly or in part", &collected.failed, paint);
    let done = format!(
        "Destroyed {} and {}.",
        count(collected.datasets, "retired dataset"),
        count(collected.snapshots, "snapshot")
    );
    let _ = writeln!(text, "{}", paint.good(&done));
    let forgotten = match &collected.forgotten[..] {
        [] => None,
        numbers => Some(format!("forgot {}", named_by(numbers))),
    };
    let objects = (collected.objects > 0)
        .then(|| format!("removed {} of the store", count(collected.objects, "object")));
    let told: Vec<String> = forgotten.into_iter().chain(objects).collect();
    if !told.is_empty() {
        let told = told.join(", and ");
        let _ = writeln!(text, "{}{}.", told[..1].to_uppercase(), &told[1..]);
    }
    if collected.stopped {
        text.push_str("It was stopped before its end; nothing else was touched. `phoenix gc` goes on.\n");
    } else if !plan.obstacles.is_empty() || !collected.failed.is_empty() {
        let left = plan.obstacles.len() + collected.failed.len();
        let _ = writeln!(text, "{} left; the reasons are above.", count(left, "thing"));
    }
    text
}

fn retired(one: &Retired, now: u64, paint: Paint) -> String {
    let mut text = format!(
        "  {} {}  {}  retired {}, was {}\n",
        paint.bad("-"),
        line(&one.place),
        about(one.bytes),
        date::ago(one.time, now),
        line(&one.home)
    );
    let kept = match &one.named_by[..] {
        [] => "no recorded generation names it".to_owned(),
        numbers => format!("was kept for {}", named_by(numbers)),
    };
    let _ = writeln!(text, "      {}", paint.faint(&kept));
    for name in &one.below {
        let _ = writeln!(text, "      with {}", line(name));
    }
    for name in &one.own_snapshots {
        let _ = writeln!(text, "      with the snapshot {}, which phoenix did not take", line(name));
    }
    text
}

fn snapshot(one: &OldSnapshot, now: u64) -> String {
    let taken = match one.created {
        // The simulated host has no clock.
        0 => String::new(),
        created => format!("taken {}, ", date::ago(created, now)),
    };
    let state = one.state_of.map_or_else(
        || "before the first generation".to_owned(),
        |number| format!("the state of generation {number}"),
    );
    format!("{}  {}  {taken}{state}", line(&one.name), about(one.bytes))
}

fn named_by(numbers: &[u64]) -> String {
    let word = if numbers.len() == 1 { "generation" } else { "generations" };
    format!("{word} {}", list(numbers))
}

fn list<T: Display>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn left(title: &str, left: &[Left], paint: Paint) -> String {
    if left.is_empty() {
        return String::new();
    }
    let mut text = format!("{}\n", paint.strong(title));
    for one in left {
        let _ = writeln!(text, "  {} {}: {}", paint.change("!"), line(&one.what), line(&one.reason));
        let _ = writeln!(text, "      help: {}", line(&one.help));
    }
    text.push('\n');
    text
}

/// Lists what is kept and what leaves the store.
fn store(plan: &GcPlan, paint: Paint) -> String {
    let mut text = format!("{}\n", paint.strong("Generations"));
    let kept: Vec<String> = plan.kept.iter().map(|(number, why)| format!("{number} ({why})")).collect();
    if !kept.is_empty() {
        let _ = writeln!(text, "    kept: {}", list(&kept));
    }
    let going: Vec<u64> = plan.going.iter().map(|one| one.number).collect();
    if !going.is_empty() {
        let _ = writeln!(text, "  {} forgotten: {}", paint.bad("-"), list(&going));
    }
    let objects = plan.store.objects.len();
    if objects > 0 {
        let what = format!("{} of the store, {}", count(objects, "object"), about(plan.store.bytes));
        let _ = writeln!(text, "  {} {what}", paint.bad("-"));
    }
    if kept.is_empty() && going.is_empty() && objects == 0 {
        text.push_str("    none\n");
    }
    text.push('\n');
    text
}

fn summary(plan: &GcPlan) -> String {
    if plan.is_empty() {
        return match plan.obstacles.len() {
            0 => "Nothing to collect.".to_owned(),
            left => format!("Nothing can go now: {} left, for the reasons above.", count(left, "thing")),
        };
    }
    let mut counted = Vec::new();
    for (number, what) in [
        (plan.destroyed.len(), "retired dataset"),
        (plan.snapshots.len(), "snapshot"),
        (plan.folders.len(), "empty folder"),
    ] {
        if number > 0 {
            counted.push(count(number, what));
        }
    }
    let on_the_host = match &counted[..] {
        [] => String::new(),
        counted => format!("{} to destroy, about {}. ", list(counted), about(plan.bytes())),
    };
    let forgotten = match plan.going.len() {
        0 => String::new(),
        number => format!("{} to forget. ", count(number, "generation")),
    };
    let objects = match plan.store.objects.len() {
        0 => String::new(),
        number => format!("{} to remove. ", count(number, "object")),
    };
    let text = format!("{on_the_host}{forgotten}{objects}");
    if text.is_empty() {
        "What an earlier run left half removed goes.".to_owned()
    } else {
        text.trim_end().to_owned()
    }
}
