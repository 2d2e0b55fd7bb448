//! Power cuts at random instants on the real OpenZFS, in every verb that changes a host, over both
//! examples. After each the machine boots, imports its pools and recovers; then the host is wholly one
//! generation, and every file written before any cut is there, but for what `gc` said that it destroys.
//!
//! `PHOENIX_CUTS=N` makes N cuts; by itself it is half a dozen. `PHOENIX_SEED=N` chooses other instants.

use super::asked;
use crate::boot;
use crate::stage::{on_lab_disks, put_guests};
use phoenix_lab::{CUT, MachineSpec, Session, mib};
use phoenix_specs::edits::{self, Edited};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn power_is_cut_at_random_instants_and_nothing_is_lost() {
    let cuts = asked("PHOENIX_CUTS").map_or(CUTS, |cuts| usize::try_from(cuts).unwrap());
    let seed = asked("PHOENIX_SEED").unwrap_or(1);
    let disks = ["DISK_1", "DISK_2", "DISK_3", "FAST_1", "FAST_2", "SLOW_1", "SLOW_2", "SLOW_3", "SLOW_4"];
    for (at, edited) in edits::examples().iter().enumerate() {
        let named = |serial: &&str| edited.first.contains(&format!("-{serial}\""));
        let wanted = disks
            .iter()
            .filter(|serial| named(serial))
            .fold(MachineSpec::new().with_nfs(), |spec, serial| spec.disk(*serial, mib(512)));
        let Some(lab) = boot(wanted) else { return };
        let mut host = Host::new(lab, edited, Random(seed.wrapping_mul(2) + at as u64), at == 0);
        let mut round = 0;
        while host.counts.cuts < (cuts + 1 - at) / 2 {
            round += 1;
            host.round(round);
        }
        println!("{}: {:#?}, {} files, none lost", edited.name, host.counts, host.written.len());
    }
}

/// Cuts in an ordinary run.
const CUTS: usize = 6;

/// Random numbers: `SplitMix64`, <https://prng.di.unimi.it/splitmix64.c>.
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % most
    }
}

/// Writes a file of this round into every file system that is mounted, and waits until it is on disk.
const WRITE: &str = r#"
zfs list -H -o name,mounted,mountpoint -t filesystem | while IFS="$(printf '\t')" read -r name mounted path; do
    test "$mounted" = yes || continue
    echo "$name ROUND" >"$path/cut-ROUND"
    echo "$name ROUND"
done
sync
for pool in $(zpool list -H -o name); do zpool sync $pool; done
"#;

/// Prints all files of all rounds, also of what is put away: the dataset that each is in now, and what was
/// written into it.
const READ: &str = r#"
mkdir -p /mnt/look
zfs list -H -o name,mounted,mountpoint -t filesystem | while IFS="$(printf '\t')" read -r name mounted path; do
    if test "$mounted" = yes; then
        cat "$path"/cut-* 2>/dev/null | sed "s|^|$name\t|"
    elif mount -t zfs -o ro,zfsutil "$name" /mnt/look; then
        cat /mnt/look/cut-* 2>/dev/null | sed "s|^|$name\t|"
        umount /mnt/look
    fi
done
true
"#;

/// What a generation says: the example, its edit, or the edit with a dataset that a person made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    First,
    Second,
    Adopted,
}

/// A verb that changes a host, and so may be struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verb {
    Switch,
    Adopt,
    Release,
    Rollback,
    WithData,
    Confirm,
    Gc,
    Recover,
    Resume,
}

impl Verb {
    /// Those that go on from a stage.
    fn from(stage: Stage) -> &'static [Verb] {
        match stage {
            Stage::First => &[Verb::Switch, Verb::Confirm, Verb::Gc],
            Stage::Second => &[Verb::Rollback, Verb::WithData, Verb::Adopt, Verb::Gc],
            Stage::Adopted => &[Verb::Release, Verb::Rollback, Verb::Gc],
        }
    }

    fn command(self, with_data: &str) -> String {
        match self {
            Verb::Switch | Verb::Release => "switch --yes b.kdl".to_owned(),
            Verb::Confirm => "switch --yes --confirm-within 2s b.kdl".to_owned(),
            Verb::Adopt => "switch --yes --adopt c.kdl".to_owned(),
            Verb::Rollback => "rollback --yes 1".to_owned(),
            Verb::WithData => format!("rollback --yes --with-data {with_data} 1"),
            Verb::Gc => "gc --yes --keep 2".to_owned(),
            Verb::Recover => "recover --yes".to_owned(),
            Verb::Resume => "recover --yes --resume".to_owned(),
        }
    }

    /// Where the host is once it has ended.
    fn target(self, from: Stage) -> Stage {
        match self {
            Verb::Switch | Verb::Release | Verb::Confirm => Stage::Second,
            Verb::Adopt => Stage::Adopted,
            Verb::Rollback | Verb::WithData => Stage::First,
            Verb::Gc | Verb::Recover | Verb::Resume => from,
        }
    }
}

/// How many cuts struck what.
#[derive(Debug, Default)]
struct Counts {
    cuts: usize,
    /// By verb, the cuts that it had begun before and not ended.
    struck: BTreeMap<Verb, usize>,
    undone: usize,
    finished: usize,
    /// The verb had not begun, or had ended.
    beside: usize,
}

struct Host {
    lab: Session,
    written: BTreeSet<String>,
    random: Random,
    counts: Counts,
    /// How long a switch takes undisturbed, in milliseconds.
    long: u64,
    /// By verb, how many lines its journal had when it ended undisturbed.
    lines: BTreeMap<Verb, u64>,
    stage: Stage,
    /// A dataset of which the second spec changes a setting, so that a rollback brings its data back, too.
    with_data: &'static str,
}

impl Host {
    fn new(lab: Session, edited: &Edited, random: Random, from_first: bool) -> Self {
        lab.put_pvesm();
        put_guests(&lab);
        // A dataset that a person makes is taken over by the third spec.
        let (pool, with_data) = match edited.name {
            "phoenix" => ("quickOS", "quickOS/vm-disks"),
            _ => ("fastData", "fastData/LXCs"),
        };
        let opened = format!("pool \"{pool}\" autotrim=#true");
        assert_eq!(edited.second.matches(&opened).count(), 1, "{opened} does not fit the example");
        let line = edited.second.lines().find(|line| line.contains(&opened)).unwrap();
        let third = edited.second.replace(line, &format!("{line}\n        dataset \"byhand\""));
        for (name, text) in [("a.kdl", &edited.first), ("b.kdl", &edited.second), ("c.kdl", &third)] {
            let text = on_lab_disks(text).replace("owner=\"backup\"", "owner=34");
            lab.put(name, text);
        }
        let stage = if from_first { Stage::First } else { Stage::Second };
        let mut host = Self {
            lab,
            written: BTreeSet::new(),
            random,
            counts: Counts::default(),
            long: 0,
            lines: BTreeMap::new(),
            stage,
            with_data,
        };
        host.lab.exits(0, "switch --yes a.kdl");
        host.lab.exits(0, "pin 1");
        host.lab.ok(&format!("zfs create {pool}/byhand"));
        let begun = host.now();
        host.lab.exits(0, "switch --yes b.kdl");
        host.long = host.now() - begun;
        // The first cut strikes a switch in one example, and a rollback in the other.
        if from_first {
            host.lab.exits(0, "rollback --yes 1");
        }
        host
    }

    /// The machine's time in milliseconds.
    fn now(&self) -> u64 {
        self.lab.ok("echo $(($(date +%s%N) / 1000000))").parse().unwrap()
    }

    fn current(&self) -> String {
        self.lab.current()
    }

    fn is_open(&self) -> bool {
        self.lab.run("test -L /var/lib/phoenix/txn/open").ok()
    }

    fn is_waiting(&self) -> bool {
        self.lab.run("test -e /var/lib/phoenix/pending").ok()
    }

    /// What `gc` would destroy now, with all below it; and whether there is anything for it to do.
    fn would_go(&self) -> (Vec<String>, bool) {
        let text = self.lab.ok("cd /root && phoenix gc --dry-run --json --keep 2");
        let plan: Value = serde_json::from_str(&text).unwrap();
        let list = |name: &str| plan[name].as_array().unwrap();
        let places = list("destroyed").iter().map(|one| one["place"].as_str().unwrap().to_owned()).collect();
        let anything = ["destroyed", "snapshots", "forgotten"].iter().any(|name| !list(name).is_empty());
        (places, anything)
    }

    /// Each file that is there, by what was written into it, with the datasets that have it.
    fn files(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut files: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for line in self.lab.ok(READ).lines() {
            let (place, file) = line.split_once('\t').unwrap();
            files.entry(file.to_owned()).or_default().insert(place.to_owned());
        }
        files
    }

    /// Starts a verb, cuts the power at a random instant of it, and boots again.
    fn cut(&mut self, verb: Verb) {
        let command = verb.command(self.with_data);
        // Looking and planning change nothing: the instant is one after so many lines of the journal, and a
        // little more. What has no journal of its own is struck by the clock.
        let (lines, wait) = match verb {
            Verb::Gc | Verb::Recover | Verb::Resume => (0, self.random.below(self.long + 1)),
            Verb::Confirm if self.random.below(2) == 0 => (1_000_000_000, self.random.below(3000)),
            _ => {
                (1 + self.random.below(self.lines.get(&verb).copied().unwrap_or(40)), self.random.below(100))
            }
        };
        let seconds = format!("{}.{:03}", wait / 1000, wait % 1000);
        let cut = format!(
            "cd /root; phoenix {command} >/dev/null 2>&1 & verb=$!
             lines() {{ wc -l 2>/dev/null </var/lib/phoenix/txn/open/journal || echo 0; }}
             while test $(lines) -lt {lines} && kill -0 $verb; do
                 test {lines} -gt 1000000 && test -e /var/lib/phoenix/pending && break; sleep 0.01
             done
             sleep {seconds}
             {CUT}"
        );
        self.lab.cut(&cut);
        self.counts.cuts += 1;
    }

    /// Learns how many lines the journal of a verb has that ended before it was struck.
    fn learn(&mut self, verb: Verb) {
        let newest = "ls -t /var/lib/phoenix/txn/*/journal | head -n 1 | xargs wc -l | cut -d' ' -f1";
        let lines = self.lab.ok(newest).parse().unwrap();
        self.lines.insert(verb, lines);
    }

    fn struck(&mut self, verb: Verb) {
        *self.counts.struck.entry(verb).or_default() += 1;
    }

    /// Chooses one of those that were struck least, and have something to do.
    fn choose(&mut self) -> Verb {
        let collects = self.would_go().1;
        let may = Verb::from(self.stage).iter().copied().filter(|verb| *verb != Verb::Gc || collects);
        let may: Vec<Verb> = may.collect();
        let times = |verb: &Verb| self.counts.struck.get(verb).copied().unwrap_or(0);
        let least = may.iter().map(times).min().unwrap();
        let mut least: Vec<Verb> = may.iter().copied().filter(|verb| times(verb) == least).collect();
        let at = self.random.below(u64::try_from(least.len()).unwrap());
        least.swap_remove(usize::try_from(at).unwrap())
    }

    fn round(&mut self, round: usize) {
        let fresh = self.lab.ok(&WRITE.replace("ROUND", &round.to_string()));
        self.written.extend(fresh.lines().map(str::to_owned));
        let verb = self.choose();
        if verb == Verb::Gc {
            self.collect(round)
        } else {
            self.change(round, verb)
        }
        let current = self.current();
        let status = self.lab.exits(0, "status");
        assert!(
            status.contains(&format!("Generation {}", current.rsplit('/').next().unwrap())),
            "round {round}: {status}"
        );
        let there = self.files();
        let lost: Vec<&String> = self.written.iter().filter(|file| !there.contains_key(*file)).collect();
        assert!(lost.is_empty(), "round {round}: {verb:?}: lost: {lost:?}");
    }

    /// Strikes a verb that carries a switch out, and perhaps its recovery, too.
    fn change(&mut self, round: usize, verb: Verb) {
        let before = self.current();
        self.cut(verb);
        if self.is_open() {
            self.struck(verb);
            self.lab.exits(6, "switch --yes b.kdl");
        } else if verb == Verb::Confirm && self.is_waiting() {
            self.struck(verb);
        } else {
            self.counts.beside += 1;
            self.learn(verb);
        }
        // A rollback with data is undone, whatever is asked for.
        let resume = verb != Verb::WithData && self.random.below(2) == 0;
        let recovery = if resume { Verb::Resume } else { Verb::Recover };
        while (self.is_open() || self.is_waiting()) && self.random.below(2) == 0 {
            self.cut(recovery);
            if self.is_open() || self.is_waiting() {
                self.struck(recovery);
            } else {
                self.counts.beside += 1;
            }
        }
        // Whoever goes on with a switch is there, and has confirmed it by that.
        let text = self.lab.exits(0, &recovery.command(self.with_data));
        let after = self.current();
        assert!(!self.is_open() && !self.is_waiting(), "round {round}: {verb:?}: {text}");
        if after == before {
            self.counts.undone += 1;
        } else {
            assert!(
                verb != Verb::Confirm || recovery == Verb::Resume,
                "round {round}: {before} to {after}, and nobody confirmed: {text}"
            );
            self.counts.finished += 1;
            self.stage = verb.target(self.stage);
        }
        if self.stage == Stage::First {
            assert_eq!(after, "generations/1", "round {round}: {verb:?}: {text}");
        }
    }

    /// Strikes `gc`. What it said that it destroys may be gone, in part or wholly; nothing else.
    fn collect(&mut self, round: usize) {
        let (places, anything) = self.would_go();
        let goes = |place: &String| {
            places
                .iter()
                .any(|top| place == top || place.strip_prefix(top).is_some_and(|rest| rest.starts_with('/')))
        };
        for (file, at) in self.files() {
            if at.iter().all(goes) {
                self.written.remove(&file);
            }
        }
        let before = self.current();
        self.cut(Verb::Gc);
        assert!(!self.is_open(), "round {round}: gc left a journal open");
        assert_eq!(self.current(), before, "round {round}");
        if anything && self.would_go().1 {
            self.struck(Verb::Gc)
        } else {
            self.counts.beside += 1
        }
        self.lab.exits(0, &Verb::Gc.command(self.with_data));
        let (_, anything) = self.would_go();
        assert!(!anything, "round {round}: gc left something that it could destroy");
        self.lab.exits(0, "verify");
    }
}
