//! Exports through a linked file, the live table, and a parameter of the module.

use crate::bench::{Bench, mount, same, unmount};
use phoenix_host::{
    observed::{LinkState, Observed, Query},
    op::Op,
};
use std::{
    fs,
    path::{Path, PathBuf},
};

const LINK: &str = "/etc/exports.d/phoenix-conformance.exports";
const CLIENT: &str = "192.0.2.0/24";

pub fn follow(bench: &Bench<'_>) -> Result<(), String> {
    let current = bench.folder.join("conformance-current");
    let link = |path: &Path, target: PathBuf| Op::Link { path: path.to_owned(), target };
    for (folder, options) in [("conformance-1", "rw"), ("conformance-2", "ro")] {
        let folder = bench.folder.join(folder);
        let text = format!("/conform/a {CLIENT}({options},sync,no_subtree_check)\n");
        fs::create_dir_all(&folder)
            .and_then(|()| fs::write(folder.join("phoenix.exports"), text))
            .map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    bench.all_done(&[
        link(&current, "conformance-1".into()),
        link(Path::new(LINK), current.join("phoenix.exports")),
        Op::ExportsReload,
    ])?;
    same("what is exported", options(&bench.look()?), Some("rw"))?;
    let query = Query { links: [LINK.into()].into(), ..bench.query() };
    let seen = bench.host.observe(&query).map_err(|error| error.to_string())?;
    let wanted = LinkState::Link(current.join("phoenix.exports"));
    same("the link", seen.links.get(Path::new(LINK)), Some(&wanted))?;

    bench.all_done(&[link(&current, "conformance-2".into()), Op::ExportsReload])?;
    same("after the rename", options(&bench.look()?), Some("ro"))?;

    let unexport = Op::Unexport { path: "/conform/a".into(), client: CLIENT.into() };
    bench.done(&unexport)?;
    same("after it was taken out", options(&bench.look()?), None)?;
    bench.refused(&unexport, "Could not find")?;
    bench.all_done(&[unmount("conform/a/b"), mount("conform/a/b")])?;
    same("mounting brings it back", options(&bench.look()?), Some("ro"))?;

    bench.all_done(&[Op::Unlink { path: LINK.into() }, Op::ExportsReload])?;
    same("without the file", options(&bench.look()?), None)?;
    let gone = Op::Unlink { path: LINK.into() };
    if bench.host.perform(&gone).is_ok() {
        return Err("a link that is not there was removed".to_owned());
    }
    bench.done(&Op::Unlink { path: current })
}

/// Tells whether the suite's export is `rw` or `ro`.
fn options(seen: &Observed) -> Option<&'static str> {
    let found = seen.exports.get(&("/conform/a".into(), CLIENT.into()))?;
    Some(if found.iter().any(|option| option == "rw") { "rw" } else { "ro" })
}

pub fn parameter(bench: &Bench<'_>) -> Result<(), String> {
    let name: Box<str> = "zfs_arc_max".into();
    let query = Query { tunables: [name.clone(), "no_such_parameter".into()].into(), ..bench.query() };
    let look = || bench.host.observe(&query).map_err(|error| error.to_string());
    let before = look()?.tunables.get(&name).copied().ok_or("zfs_arc_max is not there")?;
    same("how many parameters are there", look()?.tunables.len(), 1)?;
    let write = |value: u64| bench.done(&Op::TunableSet { name: name.clone(), value });
    write(536_870_912)?;
    same("its value", look()?.tunables.get(&name).copied(), Some(536_870_912))?;
    write(before)
}
