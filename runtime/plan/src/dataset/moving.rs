//! What becomes of a dataset's name and settings where it is put away, and when it comes home.

use phoenix_graph::{DatasetName, Graph, PropertyName, Resource};
use phoenix_host::observed::{DatasetState, HOME, KEPT_CANMOUNT, Setting, Source};

/// Returns whether a file system would still be mounted by itself once it is put away with `top`: its
/// mount point is its own, or comes from what is put away with it, and not from the area.
pub fn would_mount(top: &DatasetName, state: &DatasetState) -> bool {
    let comes_along = state.settings.get("mountpoint").is_some_and(|seen| match &seen.source {
        Source::Inherited(from) => {
            DatasetName::seen(from).is_ok_and(|from| from == *top || from.is_below(top))
        }
        source => source.is_own(),
    });
    !state.volume && comes_along && state.value("canmount") == Some("on")
}

/// Returns the `canmount` that a retired dataset had before. Others may have set the property since: what is
/// none of the words is nothing.
pub fn kept_canmount(state: &DatasetState) -> Option<&str> {
    state.local(KEPT_CANMOUNT).filter(|kept| matches!(*kept, "on" | "off" | "noauto"))
}

/// Returns the `canmount` that a dataset has once it is home. What is at home has its own: there the mark says
/// something only while its homecoming is under way, else it is anybody's.
pub fn canmount_at_home(state: &DatasetState, comes: bool) -> &str {
    let kept = kept_canmount(state).filter(|_| comes);
    kept.or(state.value("canmount")).unwrap_or("on")
}

/// Returns a retired dataset as it will be once it is home.
pub fn at_home(state: &DatasetState, mounted: bool) -> DatasetState {
    let mut state = state.clone();
    state.settings.remove(HOME);
    let kept = kept_canmount(&state).map(|raw| Setting { raw: raw.into(), source: Source::Local });
    state.settings.remove(KEPT_CANMOUNT);
    state.settings.extend(kept.map(|kept| (PropertyName::new("canmount"), kept)));
    state.mounted = mounted;
    state
}

/// Lists what is a dataset or below it, of names in their order that begin with it.
pub fn inside<'a>(
    names: impl Iterator<Item = &'a DatasetName>,
    top: &DatasetName,
) -> impl Iterator<Item = &'a DatasetName> {
    // Among them are siblings such as `a-b`, before `a/`.
    let alike = names.take_while(|name| name.as_str().starts_with(top.as_str()));
    alike.filter(move |name| *name == top || name.is_below(top))
}

/// Lists the names that graphs say datasets have had: the one that each has, and the one before.
pub fn said_renames<'a>(
    graphs: impl IntoIterator<Item = &'a Graph>,
) -> Vec<(&'a DatasetName, &'a DatasetName)> {
    let said = |resource: &'a Resource| Some((resource.dataset_name()?, resource.lifecycle()?.was.as_ref()?));
    graphs.into_iter().flat_map(Graph::resources).filter_map(said).collect()
}

/// Lists the other names that a dataset may have now, where one that is renamed there or back is it, or contains it.
pub fn other_names(name: &DatasetName, renames: &[(&DatasetName, &DatasetName)]) -> Vec<DatasetName> {
    let is_in = |top: &DatasetName| name == top || name.is_below(top);
    let ways = renames.iter().flat_map(|&(name, was)| [(name, was), (was, name)]);
    ways.filter(|(from, _)| is_in(from)).filter_map(|(from, to)| moved(name, from, to)).collect()
}

/// Returns what a dataset is called after another, above it or itself, was renamed.
pub fn moved(name: &DatasetName, from: &DatasetName, to: &DatasetName) -> Option<DatasetName> {
    let rest = name.as_str().strip_prefix(from.as_str())?;
    DatasetName::seen(&format!("{to}{rest}")).ok()
}
