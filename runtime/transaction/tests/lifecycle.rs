//! What a spec says about a resource's life.

use phoenix_graph::Lifecycle;
use phoenix_host::op::Op;
use phoenix_support::*;
use phoenix_transaction::switch::Switched;

#[test]
fn a_dataset_that_may_be_adopted_is_taken_over_without_the_option() {
    let world = World::new();
    world.switch(&graph(small())).unwrap();
    let by_hand = Op::DatasetCreate { dataset: name("tank/old"), settings: Vec::new() };
    world.host.by_hand(&by_hand).unwrap();
    let plain = with(small(), dataset("tank/old", &[("quota", "1G")]));
    assert_eq!(world.refuses(&graph(plain.clone())).len(), 1);
    let adopt = Lifecycle { adopt: true, ..Lifecycle::default() };
    let adopting = with(plain, said(dataset("tank/old", &[("quota", "1G")]), adopt));
    assert!(matches!(world.switch(&graph(adopting)).unwrap(), Switched::To { generation: 2, .. }));
    assert_eq!(&*world.host.state().dataset(&name("tank/old")).unwrap().settings["quota"], "1073741824");
}

#[test]
fn a_protected_dataset_is_put_away_only_with_consent_by_name() {
    let world = World::new();
    let protect = Lifecycle { protect: true, ..Lifecycle::default() };
    let child = said(dataset("tank/share/kept", &[]), protect);
    world.switch(&graph(with(small(), child.clone()))).unwrap();
    world.host.write_file(&name("tank/share/kept"), "letter", "dear all");

    // Neither it nor what contains it.
    let help = "take `protect` out of the spec, switch, and then take the dataset out; or say so by name: \
                `--consent dataset:tank/share/kept`";
    assert_eq!(
        world.refuses(&graph(small())),
        [format!("dataset:tank/share/kept: it would be put away, and it is protected ({help})")]
    );
    let without_parent = without(small(), &["dataset:tank/share", "export:/tank/share"]);
    assert_eq!(
        world.refuses(&graph(without_parent.clone())),
        [format!(
            "dataset:tank/share: it would be put away, and dataset:tank/share/kept below it is protected ({help})"
        )]
    );

    // With consent by its name; or once the spec protects it no longer.
    let consent = consent_to("dataset:tank/share/kept");
    world.switch_with(&graph(without_parent), &consent).unwrap();
    assert!(world.host.state().dataset(&name("tank/share/kept")).is_none());
    world.switch(&graph(with(small(), child))).unwrap();
    world.switch(&graph(with(small(), dataset("tank/share/kept", &[])))).unwrap();
    world.switch(&graph(small())).unwrap();
    assert!(world.host.state().dataset(&name("tank/share/kept")).is_none());
}
