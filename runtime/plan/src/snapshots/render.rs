//! The files of snapshots: what sanoid reads, and the units that run it.

use crate::{files::head::HEAD, units::render::unit};
use phoenix_graph::{
    DatasetName, Graph, Resource, Snapshots,
    name::AREA,
    schedule::{COUNTS, TABLE},
};
use std::{collections::BTreeMap, fmt::Write};

pub const CONF: &str = "sanoid.conf";
pub const SERVICE: &str = "phoenix-snapshots.service";
pub const TIMER: &str = "phoenix-snapshots.timer";

/// Where phoenix's own `sanoid.conf` is linked in, in a folder that is none of the package's.
pub const CONF_LINK: &str = "/etc/phoenix/sanoid/sanoid.conf";

/// The setting of how many minutes are between those that are taken most often.
pub const PERIOD: &str = "frequent_period";

/// The minutes between two runs, where nothing wants them more often: those of Debian's own timer.
const RUNS: u16 = 15;

/// Lists the schedules of a graph, by the datasets.
pub fn schedules(graph: &Graph) -> impl Iterator<Item = &Snapshots> {
    graph.resources().filter_map(|resource| match resource {
        Resource::Snapshots(snapshots) => Some(snapshots),
        _ => None,
    })
}

/// Renders the files; none where no snapshot is taken.
pub fn files(graph: &Graph) -> BTreeMap<&'static str, String> {
    if !schedules(graph).any(|one| one.schedule.takes_any()) {
        return BTreeMap::new();
    }
    [(CONF, conf(graph)), (SERVICE, service()), (TIMER, timer(graph))].into()
}

/// Writes `sanoid.conf`: a section for each schedule, in which all is said, so that nothing of a section above it or of
/// the defaults remains. What lies in another stands below it: sanoid takes the last.
fn conf(graph: &Graph) -> String {
    let sections: BTreeMap<String, String> = schedules(graph)
        .map(|one| (one.dataset.to_string(), section(one)))
        .chain(areas(graph).map(|area| (area, LEFT_OUT.to_owned())))
        .collect();
    let mut text = String::from(HEAD);
    for (name, keys) in sections {
        // Writing to a string does not fail.
        let _ = write!(text, "\n[{name}]\n{keys}");
    }
    text
}

/// What is put away is neither taken nor destroyed.
const LEFT_OUT: &str = "autosnap = no\nautoprune = no\nmonitor = no\nrecursive = yes\n";

fn section(one: &Snapshots) -> String {
    let takes = one.schedule.takes_any();
    let word = |is: bool| if is { "yes" } else { "no" };
    let mut text = String::new();
    for (key, is) in
        [("autosnap", takes), ("autoprune", takes), ("monitor", takes), ("recursive", one.children)]
    {
        let _ = writeln!(text, "{key} = {}", word(is));
    }
    for row in TABLE {
        let _ = writeln!(text, "{} = {}", row.name, one.schedule.value(row));
    }
    // A time limit of sanoid's own ends sanoid itself (2.1.0), and what comes after is left undone.
    text.push_str("script_timeout = 0\n");
    text
}

/// Lists the areas of what is put away that lie in something whose children have snapshots: each encryption root has
/// its own.
pub fn areas(graph: &Graph) -> impl Iterator<Item = String> {
    let deep: Vec<&DatasetName> =
        schedules(graph).filter(|one| one.children).map(|one| &one.dataset).collect();
    let roots = graph
        .resources()
        .filter(|resource| resource.settings().is_some_and(|settings| settings.get("keyformat").is_some()));
    let roots = roots.filter_map(Resource::dataset_name);
    let inside = roots.filter(move |root| deep.iter().any(|top| *root == *top || root.is_below(top)));
    inside.map(|root| format!("{root}/{AREA}"))
}

fn service() -> String {
    let folder = CONF_LINK.trim_end_matches(CONF).trim_end_matches('/');
    let run = format!(
        "sanoid --configdir={folder} --cache-dir=/run/phoenix-snapshots --run-dir=/run/phoenix-snapshots"
    );
    // The folder goes with each run: what is listed in it is never an earlier run's.
    let rest = format!(
        "[Service]\nType=oneshot\nTimeoutStartSec=2h\nEnvironment=TZ=UTC\nRuntimeDirectory=phoenix-snapshots\n\
         ExecStart=/usr/sbin/{run} --take-snapshots --verbose\nExecStart=/usr/sbin/{run} --prune-snapshots --verbose\n"
    );
    let about = "Documentation=man:sanoid(8)\nRequires=local-fs.target\nAfter=local-fs.target zfs.target\n";
    unit(
        HEAD,
        "Takes the snapshots that are due and destroys those that are too many, for phoenix",
        about,
        &rest,
    )
}

fn timer(graph: &Graph) -> String {
    let frequent = schedules(graph).filter(|one| one.schedule.number(COUNTS[0]) > 0);
    let period = frequent.map(|one| one.schedule.number(PERIOD)).fold(RUNS, common);
    let rest =
        format!("[Timer]\nOnCalendar=*:0/{period}\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n");
    unit(HEAD, "Runs phoenix-snapshots.service by the clock, for phoenix", "", &rest)
}

/// Returns the greatest number that divides both.
fn common(one: u16, other: u16) -> u16 {
    if other == 0 { one } else { common(other, one % other) }
}
