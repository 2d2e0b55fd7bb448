//! Makes pools of the table of `zpool get`.

use crate::{
    grid::{self, Cells, Table},
    properties::{Said, has, said},
    run::Runner,
};
use phoenix_graph::{PoolName, PropertyName, Target};
use phoenix_host::{
    HostError,
    error::unreadable,
    observed::{PoolState, Query, Setting},
};
use std::collections::{BTreeMap, BTreeSet};

/// Returns the properties to ask for, as far as this version of OpenZFS has them.
pub fn asked<'q>(
    query: &'q Query,
    version: Option<(u32, u32)>,
    features: &BTreeSet<String>,
) -> BTreeSet<&'q str> {
    let has = |name: &&str| has(&[Target::Pool], name, version);
    let is_there = |name: &&str| !name.starts_with(FEATURE) || features.contains(*name);
    let asked = query.pool_properties.iter().map(PropertyName::as_str).filter(has).filter(is_there);
    // This one came later than the oldest version that phoenix knows.
    let feature = version.filter(|version| *version >= (2, 3)).map(|_| EXPANSION);
    ["altroot", "guid", "health", CHECKPOINT].into_iter().chain(feature).chain(asked).collect()
}

/// Finds the features that this version of OpenZFS has, where a feature is asked for: of another one it tells
/// nothing, not even that it does not know it.
pub fn features(runner: &Runner, query: &Query) -> Result<BTreeSet<String>, HostError> {
    if !query.pool_properties.iter().any(|name| name.as_str().starts_with(FEATURE)) {
        return Ok(BTreeSet::new());
    }
    let all = grid::sources(runner, Table::Pools, &[])?;
    Ok(all.into_values().flatten().map(|(property, _)| property).collect())
}

/// A pool's properties.
pub type PoolSettings = BTreeMap<PropertyName, Setting>;

/// Makes pools of a table. Only root sets what they have: what is no text is replaced for the eye.
///
/// # Errors
/// A name that no pool can have.
pub fn pools(cells: &Cells) -> Result<BTreeMap<PoolName, PoolSettings>, HostError> {
    let mut found: BTreeMap<PoolName, PoolSettings> = BTreeMap::new();
    for row in cells.rows() {
        let name = PoolName::seen(row.name)
            .map_err(|error| unreadable(Table::Pools.tool(), &format!("a pool's name: {error}"), row.name))?;
        let settings = found.entry(name).or_default();
        let setting = match said(&row) {
            Said::Nothing => continue,
            Said::Is(setting) => setting,
            Said::Unreadable(source) => Setting { raw: String::from_utf8_lossy(row.value).into(), source },
        };
        settings.insert(PropertyName::new(row.property), setting);
    }
    Ok(found)
}

/// Makes a pool of its properties.
pub fn state(query: &Query, mut settings: PoolSettings) -> Result<PoolState, HostError> {
    let guid = settings.remove("guid").map(|setting| setting.raw).unwrap_or_default();
    let guid = guid.parse().map_err(|_| unreadable("zpool get", "a GUID", &guid))?;
    let health = settings.remove("health").map_or_else(|| "UNKNOWN".into(), |setting| setting.raw);
    let has = |feature: &str| settings.get(feature).is_some_and(|setting| &*setting.raw != "disabled");
    let (expands, checkpoints) = (has(EXPANSION), has(CHECKPOINT));
    settings.retain(|name, _| query.everything || query.pool_properties.contains(name));
    Ok(PoolState {
        guid,
        health,
        layout: Vec::new(),
        settings,
        work: Vec::new(),
        checkpoint: false,
        checkpoints,
        expands,
    })
}

/// What the names of features begin with.
const FEATURE: &str = "feature@";

/// The feature that lets raidz vdevs be widened.
const EXPANSION: &str = "feature@raidz_expansion";

/// The feature that lets checkpoints be taken.
const CHECKPOINT: &str = "feature@zpool_checkpoint";
