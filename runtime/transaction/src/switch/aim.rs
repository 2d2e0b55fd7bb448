//! Where a switch goes, what is looked at for that, and the plan that comes of it.

use super::{Runtime, SwitchError, numbers};
use phoenix_graph::{DatasetName, Graph, Key, PropertyName, Resource};
use phoenix_host::observed::{Observed, Query};
use phoenix_plan::{Before, Consent, Inputs, Plan, came_home, plan, query};
use phoenix_store::{Generation, Outcome, Source};
use std::{collections::BTreeSet, path::Path};

/// Where a switch goes.
#[derive(Debug, Clone)]
pub enum Target {
    /// To a graph, which becomes a new generation.
    New {
        graph: Graph,
        /// The spec it came from.
        sources: Vec<Source>,
    },
    /// Back to a generation that was.
    Generation(u64),
}

/// All that a plan is made for.
pub struct Aim {
    pub graph: Graph,
    pub sources: Vec<Source>,
    pub consent: Consent,
    pub current: Option<(Generation, Graph)>,
    /// What this transaction made before it was cut off.
    pub made: BTreeSet<Key>,
    /// What it had begun to bring home by then, each under its name there.
    pub coming_home: BTreeSet<DatasetName>,
    /// What stood before phoenix set it.
    pub before: Before,
    /// Whether it goes back: then what is let go of is given back what it was.
    pub gives_back: bool,
    /// The plans that it had begun by then.
    pub begun: Vec<(Plan, Vec<usize>)>,
    pub number: u64,
    pub to: u64,
}

impl Aim {
    /// Goes on under a number above another, which was given before. Says whether that is a new one.
    fn skip(&mut self, taken: Option<u64>) -> bool {
        let Some(next) = taken.filter(|taken| *taken >= self.number).and_then(|taken| taken.checked_add(1))
        else {
            return false;
        };
        if self.to == self.number {
            self.to = next;
        }
        self.number = next;
        true
    }
}

impl Runtime<'_> {
    pub(super) fn aim(&self, target: &Target, consent: &Consent) -> Result<Aim, SwitchError> {
        let current = match self.store.current()? {
            Some(generation) => {
                let graph = self.store.recorded(&generation.system)?;
                Some((generation, graph))
            }
            None => None,
        };
        let number = self.store.next_number()?;
        let mut consent = consent.clone();
        let (graph, sources, to) = match target {
            Target::New { graph, sources } => {
                // Data goes back to a generation, and a new one has none yet.
                consent.with_data.clear();
                let same = current.as_ref().filter(|(generation, _)| generation.system == graph.id());
                let to = same.map_or(number, |(generation, _)| generation.number);
                (graph.clone(), sources.clone(), to)
            }
            Target::Generation(wanted) => {
                let generation = self.store.generation(*wanted)?;
                if generation.outcome != Outcome::Committed {
                    let reason = "it never came to hold".to_owned();
                    return Err(SwitchError::NoTarget { number: *wanted, reason });
                }
                // What that generation had adopted may be adopted again without asking.
                consent.known.extend(generation.adopted.iter().cloned());
                // What no spec can say any more is refused by the plan, with the reason.
                (self.store.recorded(&generation.system)?, generation.sources, *wanted)
            }
        };
        if let Some((_, current)) = &current
            && current.host() != graph.host()
            && consent.rename_host.as_ref() != Some(current.host())
        {
            let (known, asked) = (current.host().clone(), graph.host().clone());
            return Err(SwitchError::OtherHost { known, asked });
        }
        // Who goes back gets back what was; who goes on says what is to be.
        let gives_back = matches!(target, Target::Generation(_));
        let before = self.before(current.as_ref().map(|(generation, _)| generation.number))?;
        Ok(Aim {
            graph,
            sources,
            consent,
            current,
            made: BTreeSet::new(),
            coming_home: BTreeSet::new(),
            begun: Vec::new(),
            before,
            gives_back,
            number,
            to,
        })
    }

    /// Plans under a number that the host has no marks of: where the record was lost, or is older than the host,
    /// it may have been given before.
    pub(super) fn first_plan(&self, aim: &mut Aim) -> Result<Plan, SwitchError> {
        let observed = self.observe(&self.query_for(aim))?;
        let record = self.record(&observed)?;
        let mut hosts = record.hosts.clone();
        hosts.insert(aim.graph.host().clone());
        aim.skip(numbers::in_areas(&observed, &record, &hosts));
        let plan = self.plan_from(aim, &observed)?;
        let taken: Vec<DatasetName> = plan.snapshots.values().flatten().cloned().collect();
        if taken.is_empty() {
            return Ok(plan);
        }
        let names = self.host.snapshot_names(&taken)?;
        let mut skipped = aim.skip(numbers::of_snapshots(&names));
        // Whoever may take snapshots of a dataset may have taken one of any name.
        while numbers::is_taken(&names, aim.number) && aim.skip(Some(aim.number)) {
            skipped = true;
        }
        if skipped { self.plan_from(aim, &observed) } else { Ok(plan) }
    }

    pub(super) fn plan_for(&self, aim: &Aim) -> Result<Plan, SwitchError> {
        self.plan_from(aim, &self.observe(&self.query_for(aim))?)
    }

    pub(super) fn query_for(&self, aim: &Aim) -> Query {
        let current = aim.current.as_ref().map(|(_, graph)| graph);
        let mut query = query_with(&aim.graph, current, &aim.before, &self.store.etc_link());
        query.leaving.extend(aim.consent.with_data.iter().cloned());
        query
    }

    pub(super) fn plan_from(&self, aim: &Aim, observed: &Observed) -> Result<Plan, SwitchError> {
        let current = aim.current.as_ref().map(|(_, graph)| graph);
        let record = self.record_for(aim, observed)?;
        let past = self.past(aim, observed, &record)?;
        let nothing = BTreeSet::new();
        let adopted = aim.current.as_ref().map_or(&nothing, |(generation, _)| &generation.adopted);
        Ok(plan(&Inputs {
            desired: &aim.graph,
            current,
            adopted,
            made: &aim.made,
            coming_home: &aim.coming_home,
            came_home: &came_home(&aim.begun),
            before: &aim.before,
            gives_back: aim.gives_back,
            observed,
            record: &record,
            in_force: &self.store.rendered_in_force()?,
            places: &self.store.places(aim.number, aim.to),
            number: aim.number,
            to: aim.to,
            consent: &aim.consent,
            past: &past,
        }))
    }

    pub(super) fn look(
        &self,
        desired: &Graph,
        current: Option<&Graph>,
        before: &Before,
    ) -> Result<Observed, SwitchError> {
        self.observe(&query_with(desired, current, before, &self.store.etc_link()))
    }

    pub(super) fn observe(&self, query: &Query) -> Result<Observed, SwitchError> {
        Ok(self.host.observe(query)?)
    }
}

/// Says what to look at for a way from one graph to another, and for settings to be given back.
fn query_with(desired: &Graph, current: Option<&Graph>, before: &Before, etc: &Path) -> Query {
    let mut query = query(desired, current, etc);
    for (key, settings) in before {
        let names = settings.keys().map(|name| PropertyName::new(name));
        match key {
            Key::Dataset(_) | Key::Volume(_) => query.properties.extend(names),
            Key::Pool(_) => query.pool_properties.extend(names),
            _ => {}
        }
    }
    // By which name what comes home is there by then is seen only then.
    if before.keys().any(|key| matches!(key, Key::Permissions(_))) {
        let files = desired.resources().filter(|one| matches!(one, Resource::Dataset(_)));
        query.directories.extend(files.filter_map(Resource::dataset_name).cloned());
    }
    query
}
