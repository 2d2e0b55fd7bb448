//! The examples compile, without a word, into what they say: as the tests keep them, since those of the
//! repository are there to be edited.

use phoenix_compiler::{SpecPath, compile};
use phoenix_graph::Bytes;
use phoenix_specs::{Folder, facts};

fn example(name: &str) -> Vec<String> {
    let world = Folder::new(name);
    let compiled = compile(&world, &SpecPath::new(&format!("{name}.kdl")).unwrap());
    assert!(compiled.diagnostics.is_empty(), "{}", phoenix_specs::rendered(&compiled));
    let graph = compiled.hosts[0].graph.as_ref().unwrap();
    facts(graph)
}

#[test]
fn the_phoenix_host_is_what_its_plan_says() {
    let facts = example("phoenix");
    let quota = |text: &str| text.parse::<Bytes>().unwrap().0;
    for (dataset, quota, settings) in [
        ("quickOS/vm-disks", quota("800G"), "recordsize=131072 compression=lz4 sync=standard"),
        ("quickOS/lxc-disks", quota("600G"), "recordsize=16384 compression=lz4 sync=standard"),
        (
            "quickOS/shared-prod-data",
            quota("400G"),
            "recordsize=131072 compression=lz4 sync=standard atime=off",
        ),
        (
            "quickOS/shared-prod-data-sync",
            quota("100G"),
            "recordsize=16384 compression=lz4 sync=always atime=off",
        ),
        (
            "fastData/shared-test-data",
            quota("500G"),
            "recordsize=131072 compression=lz4 sync=standard atime=off",
        ),
        ("fastData/shared-backups", quota("2T"), "recordsize=1048576 compression=zstd sync=standard"),
        ("fastData/shared-iso", quota("100G"), "recordsize=1048576 compression=lz4 sync=standard"),
        (
            "fastData/shared-bulk-data",
            1_539_316_278_886,
            "recordsize=1048576 compression=lz4 sync=standard atime=off",
        ),
    ] {
        let line = format!("dataset:{dataset} ");
        let found =
            facts.iter().find(|fact| fact.starts_with(&line)).unwrap_or_else(|| panic!("no {dataset}"));
        let quota = format!("quota={quota}");
        for setting in settings.split(' ').chain([quota.as_str()]) {
            assert!(found.split(' ').any(|word| word == setting), "{setting} in {found}");
        }
        assert_eq!(found.split(' ').count(), settings.split(' ').count() + 2, "{found}");
    }
    assert!(facts.contains(&"tunable:zfs_arc_max value=32212254720".to_owned()));
    assert_eq!(facts.iter().filter(|fact| fact.starts_with("export:")).count(), 4);
    assert_eq!(facts.iter().filter(|fact| fact.starts_with("storage:")).count(), 4);
    assert_eq!(facts.iter().filter(|fact| fact.starts_with("pool:")).count(), 2);
}

#[test]
fn the_detailed_host_exports_its_shared_data_where_guests_look_for_it() {
    let facts = example("detailed");
    assert!(facts.iter().any(|fact| fact.starts_with("export:/mnt/pve/quickOS ")));
    assert!(facts.iter().any(|fact| fact.starts_with("pool:slowData") && fact.contains("raidz2")));
}
