//! Properties: set, inherited, refused; mount points; volumes.

use crate::bench::{self, Bench, change as change_op, dataset, same, set};
use phoenix_graph::PropertyName;
use phoenix_host::{observed::Source, op::Op};

fn inherit(name: &str, property: &str) -> Op {
    Op::DatasetInherit { dataset: dataset(name), property: PropertyName::new(property) }
}

pub fn change(bench: &Bench<'_>) -> Result<(), String> {
    bench.done(&change_op("conform/a", &[set("quota", "67108864"), set("atime", "off")]))?;
    let a = bench.dataset("conform/a")?;
    same("quota", a.local("quota"), Some("67108864"))?;
    same("atime", a.local("atime"), Some("off"))?;
    same("atime below", bench.dataset("conform/a/b")?.value("atime"), Some("off"))?;

    bench.done(&change_op("conform/a", &[set("quota", "none")]))?;
    // A quota that is taken away stays the dataset's own setting, as 0.
    let quota = bench.dataset("conform/a")?.settings.get("quota").cloned();
    same("no quota", quota.map(|setting| (setting.raw, setting.source)), Some(("0".into(), Source::Local)))?;

    bench.done(&inherit("conform/a", "atime"))?;
    same("atime is no longer its own", bench.dataset("conform/a")?.local("atime"), None)?;
    bench.done(&inherit("conform/a", "test:note"))?;
    same("a user property is gone", bench.dataset("conform/a")?.value("test:note"), None)?;
    bench.refused(&inherit("conform/a", "quota"), "'quota' property cannot be inherited")?;
    bench.refused(&inherit("conform/a", "canmount"), "'canmount' property cannot be inherited")?;

    let bad = change_op("conform/a", &[set("recordsize", "3000")]);
    bench.refused(&bad, "cannot set property for 'conform/a': 'recordsize' must be power of 2")?;
    bench.refused(&change_op("conform/a", &[set("bogus", "1")]), "invalid property 'bogus'")?;
    bench.refused(&change_op("conform/a", &[set("casesensitivity", "mixed")]), "readonly")?;
    bench.refused(&change_op("conform/nowhere", &[set("atime", "off")]), "does not exist")?;
    let two = change_op("conform/a", &[set("exec", "off"), set("recordsize", "3000")]);
    bench.refused(&two, "'recordsize' must be power of 2")?;
    same("an illegal value refuses the others too", bench.dataset("conform/a")?.local("exec"), None)?;
    same("recordsize is as it was", bench.dataset("conform/a")?.local("recordsize"), Some("16384"))
}

pub fn mountpoint(bench: &Bench<'_>) -> Result<(), String> {
    let place = "/conform-elsewhere";
    bench.done(&change_op("conform/a", &[set("mountpoint", place)]))?;
    let b = bench.dataset("conform/a/b")?;
    same("its mount point", b.value("mountpoint"), Some("/conform-elsewhere/b"))?;
    same("it is mounted", b.mounted, true)?;
    bench.done(&inherit("conform/a", "mountpoint"))?;
    let a = bench.dataset("conform/a")?;
    same("its mount point", (a.value("mountpoint"), a.mounted), (Some("/conform/a"), true))?;
    bench.done(&change_op("conform/a", &[set("mountpoint", "none")]))?;
    same("with none it is mounted", bench.dataset("conform/a")?.mounted, false)?;
    same("with none above it is mounted", bench.dataset("conform/a/b")?.mounted, false)?;
    bench.done(&inherit("conform/a", "mountpoint"))?;
    same("it is mounted again", bench.dataset("conform/a")?.mounted, true)?;
    if !bench.dataset("conform/a/b")?.mounted {
        bench.done(&bench::mount("conform/a/b"))?;
    }
    Ok(())
}

pub fn volumes(bench: &Bench<'_>) -> Result<(), String> {
    let volume = |name: &str, size: u64, sparse: bool| Op::VolumeCreate {
        dataset: dataset(name),
        size,
        sparse,
        settings: vec![set("volblocksize", "16384")],
    };
    bench.all_done(&[volume("conform/thin", 8 << 20, true), volume("conform/thick", 8 << 20, false)])?;
    let thin = bench.dataset("conform/thin")?;
    same("it is a volume", thin.volume, true)?;
    same("its size", thin.local("volsize"), Some("8388608"))?;
    same("its reservation", thin.local("refreservation"), None)?;
    same("it has a mount point", thin.value("mountpoint"), None)?;
    let thick = bench.dataset("conform/thick")?;
    let reserved = thick.local("refreservation").and_then(|raw| raw.parse::<u64>().ok());
    same("it reserves more than its size", reserved.is_some_and(|bytes| bytes > 8 << 20), true)?;
    bench.done(&volume("conform/odd", 10_000, true))?;
    same("an odd size is rounded up", bench.dataset("conform/odd")?.local("volsize"), Some("16384"))?;
    bench.refused(&change_op("conform/odd", &[set("volsize", "20000")]), "multiple of volume block size")?;
    bench.done(&bench::destroy("conform/odd"))?;
    bench.refused(
        &change_op("conform/thin", &[set("recordsize", "16384")]),
        "does not apply to datasets of this type",
    )?;
    bench.done(&change_op("conform/thin", &[set("volsize", "16777216")]))?;
    same("it has grown", bench.dataset("conform/thin")?.local("volsize"), Some("16777216"))?;
    let renamed =
        Op::DatasetRename { from: dataset("conform/thin"), to: dataset("conform/none/thin"), volume: true };
    bench.all_done(&[renamed, bench::destroy("conform/none/thin"), bench::destroy("conform/thick")])
}
