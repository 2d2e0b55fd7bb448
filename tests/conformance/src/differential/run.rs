//! Both sides at once: does something on each, and compares.

use super::{
    LIFE,
    act::{Act, Outcome},
    case::{Case, Then},
    cases::CASES,
    dice::Dice,
    generate::{self, DATASETS, Kind},
    model::Model,
    picture::{Depth, Picture},
    real::{self, Real},
    shares::SHARES,
    world::{self, PoolOf},
};
use phoenix_graph::Disk;
use phoenix_host::op::Op;
use std::collections::BTreeSet;

/// After how many operations all datasets are compared.
const DEEP: usize = 5;
/// How many operations before a difference are printed.
const BEFORE: usize = 12;
/// How often a shrinking sequence is played at most.
const PLAYS: usize = 60;

/// What is done at random.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kinds {
    /// Pools and datasets are changed.
    Datasets,
    /// Exports, registrations and mount points of containers are changed, too.
    Shares,
}

impl Kinds {
    fn all(self) -> Vec<Kind> {
        match self {
            Kinds::Datasets => DATASETS.to_vec(),
            Kinds::Shares => [DATASETS, SHARES].concat(),
        }
    }
}

/// Both sides.
pub struct Bench {
    kinds: Vec<Kind>,
    pools: Vec<PoolOf>,
    model: Model,
    real: Real,
    /// Milliseconds of the machine, for its slow parts: beginning anew, acting, and looks of each depth.
    spent: [u64; 5],
}

/// What was done in a life, and what differed at its end.
struct Lived {
    acts: Vec<(Act, Outcome)>,
    difference: Option<String>,
    /// Refusals that both sides told in other words: nothing came of them, so life goes on.
    wordings: usize,
}

impl Bench {
    /// Makes both sides, on these disks.
    pub fn new(disks: &[Disk; 3], kinds: Kinds) -> Result<Self, String> {
        let real = Real::new();
        let pools = world::pools(&real.partition(disks)?).ok_or("the pools have illegal names")?;
        Ok(Bench { kinds: kinds.all(), model: Model::new(&pools), real, pools, spent: [0; 5] })
    }

    /// Does so many random operations, and returns how many differences there were.
    pub fn run(&mut self, seed: u64, count: usize) -> Result<usize, String> {
        let (mut done, mut differences, mut life, mut refused) = (0, 0, 0, 0);
        while done < count {
            let mut dice = Dice::new(seed, life);
            let kinds = self.kinds.clone();
            let lived = self.live(LIFE.min(count - done), DEEP, |_, state| {
                Some(generate::next(&mut dice, state, &kinds))
            })?;
            done += lived.acts.len();
            differences += lived.wordings;
            refused += lived.acts.iter().filter(|(_, outcome)| *outcome != Outcome::Done).count();
            if let Some(difference) = &lived.difference {
                differences += 1;
                println!("--- seed {seed}, life {life}, operation {}", lived.acts.len());
                print(&lived.acts, difference);
            }
            life += 1;
        }
        let spent = &self.spent;
        println!("{done} operations ({refused} refused), {differences} divergences");
        println!(
            "milliseconds: {} begun anew, {} acted, {} looked at mounts, {} at datasets, {} at all",
            spent[0], spent[1], spent[2], spent[3], spent[4]
        );
        Ok(differences)
    }

    /// Plays one life of a run again, and compares everything after each operation.
    pub fn life_closely(&mut self, seed: u64, life: u64) -> Result<usize, String> {
        let mut dice = Dice::new(seed, life);
        let kinds = self.kinds.clone();
        let lived = self.live(LIFE, 1, |_, state| Some(generate::next(&mut dice, state, &kinds)))?;
        print(&lived.acts, lived.difference.as_deref().unwrap_or("no difference"));
        Ok(usize::from(lived.difference.is_some()) + lived.wordings)
    }

    /// Finds the life's difference, and leaves out what it does not need.
    pub fn shrink(&mut self, seed: u64, life: u64) -> Result<usize, String> {
        let mut dice = Dice::new(seed, life);
        let kinds = self.kinds.clone();
        let lived = self.live(LIFE, 1, |_, state| Some(generate::next(&mut dice, state, &kinds)))?;
        if lived.difference.is_none() {
            println!("no difference");
            return Ok(0);
        }
        let mut best = lived;
        let (mut chunk, mut plays) = (best.acts.len().div_ceil(2), 0);
        while chunk > 0 && plays < PLAYS {
            let mut at = 0;
            while at < best.acts.len() && plays < PLAYS {
                let kept: Vec<Act> = best
                    .acts
                    .iter()
                    .enumerate()
                    .filter(|(index, _)| *index < at || *index >= at + chunk)
                    .map(|(_, (act, _))| act.clone())
                    .collect();
                plays += 1;
                let tried = self.live(kept.len(), 1, |index, _| kept.get(index).cloned())?;
                if tried.difference.is_some() {
                    best = tried;
                } else {
                    at += chunk;
                }
            }
            chunk /= 2;
        }
        println!("--- seed {seed}, life {life}, made small in {plays} plays");
        print(&best.acts, best.difference.as_deref().unwrap_or_default());
        Ok(1)
    }

    /// Plays the named cases without the first ones, and returns how many failed.
    pub fn cases(&mut self, without: usize) -> Result<usize, String> {
        let mut failed = 0;
        for case in CASES.iter().skip(without) {
            let acts = (case.acts)();
            let played: Vec<Act> = acts.iter().map(|(act, _)| act.clone()).collect();
            let lived = self.live(played.len(), 1, |index, _| played.get(index).cloned())?;
            let wording = (lived.wordings > 0).then(|| "both refuse in other words".to_owned());
            let wrong =
                lived.difference.clone().or(wording).or_else(|| unexpected(case, &acts, &lived, &self.model));
            if let Some(wrong) = wrong {
                failed += 1;
                println!("--- case {:?}", case.name);
                print(&lived.acts, &wrong);
            }
        }
        println!("{} cases, {failed} failed", CASES.len().saturating_sub(without));
        Ok(failed)
    }

    /// Begins anew with fresh pools, and lives until the acts end or something differs.
    fn live(
        &mut self,
        count: usize,
        deep: usize,
        mut next: impl FnMut(usize, &phoenix_sim::State) -> Option<Act>,
    ) -> Result<Lived, String> {
        let begun = real::uptime();
        self.real.clean(&self.pools)?;
        self.model = Model::new(&self.pools);
        let pools: Vec<Act> = self.pools.iter().map(|pool| Act::Op(pool.create())).collect();
        for pool in &pools {
            for outcome in [self.model.act(pool), self.real.act(pool)] {
                if outcome != Outcome::Done {
                    return Err(format!("`{pool}` was {outcome}"));
                }
            }
        }
        self.spent[0] += real::uptime() - begun;
        let mut acts: Vec<(Act, Outcome)> = Vec::new();
        let mut wordings = 0;
        while acts.len() < count {
            let Some(act) = self.model.with(|state| next(acts.len(), state)) else { break };
            let begun = real::uptime();
            let (model, real) = (self.model.act(&act), self.real.act(&act));
            self.spent[1] += real::uptime() - begun;
            let both = model != Outcome::Done && real != Outcome::Done;
            let same = model == real || (both && in_words_of_chance(&act, &real));
            acts.push((act, real.clone()));
            let last = acts.len() == count;
            let depth = if last || !same || is_seen_whole(&acts[acts.len() - 1].0) {
                Depth::Pools
            } else if acts.len().is_multiple_of(deep) {
                Depth::Datasets
            } else {
                Depth::Mounts
            };
            let seen = self.differences(depth)?;
            if seen.is_empty() && (same || both) {
                if !same {
                    wordings += 1;
                    let act = &acts[acts.len() - 1].0;
                    println!("--- both refuse `{act}`\n  the model: {model}\n  OpenZFS:   {real}");
                }
                continue;
            }
            let outcomes =
                if same { String::new() } else { format!("  the model: {model}\n  OpenZFS:   {real}\n") };
            let states: String = seen.iter().map(|line| format!("  {line}\n")).collect();
            let difference = Some(format!("{outcomes}{states}"));
            return Ok(Lived { acts, difference, wordings });
        }
        Ok(Lived { acts, difference: None, wordings })
    }

    fn differences(&mut self, depth: Depth) -> Result<Vec<String>, String> {
        let begun = real::uptime();
        let (model, real): (Picture, Picture) = (
            self.model.picture(&self.pools, depth)?,
            self.real.picture(&self.pools, &self.model.names(), depth)?,
        );
        self.spent[2 + depth as usize] += real::uptime() - begun;
        Ok(listed(&model, &real))
    }
}

/// Returns whether chance chose OpenZFS's words for a refusal: which of several complaints comes first, and
/// whether libblkid knows the label of a pool on a disk when a new pool is asked for there.
fn in_words_of_chance(act: &Act, real: &Outcome) -> bool {
    let Outcome::Refused(said) = real else { return false };
    match act {
        Act::Op(Op::MountAll { .. } | Op::PoolImport { .. } | Op::StorageAdd { .. }) => true,
        Act::Op(Op::PoolCreate { .. }) => said.ends_with(": Device or resource busy"),
        _ => false,
    }
}

/// Returns whether an operation can change what is seen by a whole look alone: a pool, and what is shared.
fn is_seen_whole(act: &Act) -> bool {
    matches!(
        act,
        Act::Exports { .. }
            | Act::Op(
                Op::PoolCreate { .. }
                    | Op::PoolImport { .. }
                    | Op::PoolExport { .. }
                    | Op::PoolSet { .. }
                    | Op::PoolDestroy { .. }
                    | Op::ExportsReload
                    | Op::Unexport { .. }
                    | Op::StorageAdd { .. }
                    | Op::StorageSet { .. }
                    | Op::StorageRemove { .. }
                    | Op::MountPointSet { .. }
                    | Op::MountPointRemove { .. }
                    | Op::MountPointRevert { .. }
            )
    )
}

/// Tells where both sides agree, and yet not on what the case says.
fn unexpected(case: &Case, acts: &[(Act, Then)], lived: &Lived, model: &Model) -> Option<String> {
    let outcomes = lived.acts.iter().zip(acts).find_map(|((act, outcome), (_, then))| {
        (!then.is(outcome)).then(|| format!("  `{act}`: {outcome}\n  the case says: {then:?}\n"))
    });
    outcomes.or_else(|| {
        let fact = case.facts.iter().find(|fact| !model.with(|state| fact.holds(state)))?;
        Some(format!("  not so on either side: {fact:?}\n"))
    })
}

fn print(acts: &[(Act, Outcome)], difference: &str) {
    let from = acts.len().saturating_sub(BEFORE);
    for (index, (act, outcome)) in acts.iter().enumerate().skip(from) {
        println!("{:4}  {act}\n        {outcome}", index + 1);
    }
    print!("{difference}");
    if !difference.ends_with('\n') {
        println!();
    }
}

/// Lists the facts that differ, each with both sides.
fn listed(model: &Picture, real: &Picture) -> Vec<String> {
    let names: BTreeSet<&String> = model.keys().chain(real.keys()).collect();
    let text = |side: &Picture, name: &str| side.get(name).cloned().unwrap_or_else(|| "(not there)".into());
    names
        .into_iter()
        .filter(|name| model.get(*name) != real.get(*name))
        .map(|name| format!("{name}: the model has {:?}, OpenZFS {:?}", text(model, name), text(real, name)))
        .collect()
}
