//! File systems: made, mounted, renamed, destroyed, looked into.

use crate::bench::{
    self, Bench, POOL, change, dataset, destroy as destroy_op, mount as mount_op, rename as rename_op, same,
    set, unmount,
};
use phoenix_host::{
    Contents,
    observed::{Source, mount::Tree},
    op::Op,
};

pub fn create(bench: &Bench<'_>) -> Result<(), String> {
    bench.all_done(&[
        bench::create(
            "conform/a",
            &[set("recordsize", "16384"), set("quota", "33554432"), set("test:note", "own words")],
        ),
        bench::create("conform/a/b", &[]),
        bench::create("conform/none", &[set("mountpoint", "none"), set("canmount", "off")]),
    ])?;
    let a = bench.dataset("conform/a")?;
    same("mounted", a.mounted, false)?;
    same("recordsize", a.local("recordsize"), Some("16384"))?;
    same("quota", a.local("quota"), Some("33554432"))?;
    same("a user property", a.local("test:note"), Some("own words"))?;
    same("mountpoint", a.value("mountpoint"), Some("/conform/a"))?;
    let b = bench.dataset("conform/a/b")?;
    let source = |name: &str| b.settings.get(name).map(|setting| setting.source.clone());
    same("where recordsize comes from", source("recordsize"), Some(Source::Inherited("conform/a".into())))?;
    same("where compression comes from", source("compression"), Some(Source::Inherited(POOL.into())))?;
    same(
        "where a user property comes from",
        source("test:note"),
        Some(Source::Inherited("conform/a".into())),
    )?;
    same(
        "a quota is not inherited",
        (b.value("quota"), source("quota")),
        (Some("0"), Some(Source::Default)),
    )?;
    same("atime by default", (b.value("atime"), source("atime")), (Some("on"), Some(Source::Default)))?;
    same("casesensitivity has no source", source("casesensitivity"), Some(Source::None))?;
    same("no mount point", bench.dataset("conform/none")?.local("mountpoint"), Some("none"))
}

pub fn create_refused(bench: &Bench<'_>) -> Result<(), String> {
    bench.refused(&bench::create("conform/a", &[]), "cannot create 'conform/a': dataset already exists")?;
    bench
        .refused(&bench::create("conform/x/y", &[]), "cannot create 'conform/x/y': parent does not exist")?;
    bench.refused(&bench::create("elsewhere/x", &[]), "no such pool 'elsewhere'")?;
    bench.refused(&bench::create("conform/x", &[set("bogus", "1")]), "invalid property 'bogus'")?;
    bench
        .refused(&bench::create("conform/x", &[set("compression", "zip")]), "'compression' must be one of")?;
    bench.refused(
        &bench::create("conform/x", &[set("atime", "off"), set("recordsize", "3000")]),
        "'recordsize' must be power of 2",
    )?;
    same(
        "a refused creation leaves nothing",
        bench.look()?.datasets.contains_key(&dataset("conform/x")),
        false,
    )
}

pub fn mount(bench: &Bench<'_>) -> Result<(), String> {
    let mounted = |name: &str| bench.dataset(name).map(|state| state.mounted);
    bench.all_done(&[mount_op("conform/a"), mount_op("conform/a/b")])?;
    same("conform/a is mounted", mounted("conform/a")?, true)?;
    same("conform/a/b is mounted", mounted("conform/a/b")?, true)?;
    // Whoever mounted it before, it is as it was asked for.
    bench.done(&mount_op("conform/a"))?;
    bench.refused(&mount_op("conform/none"), "cannot mount 'conform/none'")?;
    bench.refused(&mount_op("conform/nowhere"), "does not exist")?;
    bench.done(&unmount("conform/a/b"))?;
    bench.refused(&unmount("conform/a/b"), "not currently mounted")?;
    same("conform/a/b is mounted", mounted("conform/a/b")?, false)?;
    bench.all_done(&[mount_op("conform/a/b"), unmount("conform/a")])?;
    same("the child is unmounted with its parent", mounted("conform/a/b")?, false)?;
    bench.all_done(&[
        mount_op("conform/a"),
        mount_op("conform/a/b"),
        change("conform/a/b", &[set("canmount", "off")]),
    ])?;
    same("canmount=off unmounts", mounted("conform/a/b")?, false)?;
    bench.done(&change("conform/a/b", &[set("canmount", "on")]))?;
    same("canmount=on mounts nothing", mounted("conform/a/b")?, false)?;
    bench.done(&mount_op("conform/a/b"))?;
    one_mount(bench)
}

/// Takes single mounts away, and looks what is seen.
fn one_mount(bench: &Bench<'_>) -> Result<(), String> {
    let seen = |name: &str| {
        let look = bench.look()?;
        Ok::<bool, String>(Tree::new(&look.mounts).is_seen(&dataset(name), &format!("/{name}")))
    };
    let take = |name: &str| Op::Unmount { dataset: dataset(name), place: format!("/{name}").into() };
    same("the child is seen", seen("conform/a/b")?, true)?;
    bench.refused(&take("conform/a"), "busy")?;
    bench.all_done(&[take("conform/a/b"), take("conform/a/b"), take("conform/a")])?;
    same("the child is seen", seen("conform/a/b")?, false)?;
    bench.all_done(&[mount_op("conform/a/b"), mount_op("conform/a")])?;
    same("the parent is seen", seen("conform/a")?, true)?;
    same("the child that it hides is seen", seen("conform/a/b")?, false)?;
    bench.refused(&take("conform/a/b"), "hidden")?;
    bench.all_done(&[take("conform/a"), take("conform/a/b")])?;
    bench.all_done(&[mount_op("conform/a"), mount_op("conform/a/b")])?;
    same("the child is seen again", seen("conform/a/b")?, true)
}

pub fn rename(bench: &Bench<'_>) -> Result<(), String> {
    let subtree = vec![dataset("conform/a"), dataset("conform/a/b")];
    let snapshot = Op::Snapshot { datasets: subtree.clone(), name: "s".into() };
    let hold = Op::Hold { datasets: subtree, name: "s".into(), tag: "phoenix".into() };
    bench.all_done(&[snapshot.clone(), hold.clone()])?;
    bench.refused(&snapshot, "dataset already exists")?;
    bench.refused(&hold, "tag already exists")?;
    let none = Op::Hold { datasets: vec![dataset("conform/a")], name: "t".into(), tag: "phoenix".into() };
    bench.refused(&none, "does not exist")?;

    bench.refused(&rename_op("conform/a", "conform/none"), "dataset already exists")?;
    bench.refused(&rename_op("conform/a", "conform/x/y"), "cannot")?;
    bench.refused(&rename_op("conform/a", "conform/a/c"), "cannot be a descendant")?;
    bench.refused(&rename_op("conform/nowhere", "conform/x"), "does not exist")?;
    bench.done(&unmount("conform/a"))?;
    bench.done(&rename_op("conform/a", "conform/none/z"))?;
    let seen = bench.look()?;
    same("the old name is there", seen.datasets.contains_key(&dataset("conform/a")), false)?;
    let b = bench.dataset("conform/none/z/b")?;
    same("the mount point follows the parent", b.value("mountpoint"), Some("none"))?;
    same("what is inherited comes along", b.value("recordsize"), Some("16384"))?;
    bench.refused(&mount_op("conform/none/z"), "cannot mount")?;
    bench.done(&rename_op("conform/none/z", "conform/a"))?;
    bench.all_done(&[mount_op("conform/a"), rename_op("conform/a", "conform/moved")])?;
    same("a mounted one stays mounted", bench.dataset("conform/moved")?.mounted, true)?;
    bench.all_done(&[rename_op("conform/moved", "conform/a"), mount_op("conform/a/b")])
}

pub fn destroy(bench: &Bench<'_>) -> Result<(), String> {
    bench.refused(&destroy_op("conform/a"), "has children")?;
    bench.refused(&destroy_op("conform/a/b"), "has children")?;
    bench.refused(&destroy_op("conform/nowhere"), "does not exist")?;
    bench.all_done(&[
        bench::create("conform/gone", &[]),
        mount_op("conform/gone"),
        destroy_op("conform/gone"),
    ])?;
    same("it is there", bench.look()?.datasets.contains_key(&dataset("conform/gone")), false)
}

pub fn contents(bench: &Bench<'_>) -> Result<(), String> {
    bench.done(&bench::create("conform/empty", &[]))?;
    same("an unmounted one", bench.contents_of("conform/empty")?, Contents::Empty)?;
    same("mounted by the look", bench.dataset("conform/empty")?.mounted, false)?;
    bench.done(&mount_op("conform/empty"))?;
    same("a mounted one", bench.contents_of("conform/empty")?, Contents::Empty)?;
    same("one with the mount point of another in it", bench.contents_of("conform/a")?, Contents::Empty)?;
    same("one without a mount point", bench.contents_of("conform/none")?, Contents::Empty)?;
    bench.done(&destroy_op("conform/empty"))
}
