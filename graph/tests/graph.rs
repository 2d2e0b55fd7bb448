//! Graphs: order, ids, what changes them and what does not, and the difference of two.

use phoenix_graph::{
    Bind, Change, Class, Dataset, DatasetName, Disk, Export, FORMAT, Graph, GraphDiff, GraphError,
    GuestMount, HostName, Key, Lifecycle, Mapping, ObjectId, Permissions, Pool, PoolName, PropertyName,
    Redundancy, Resource, Settings, Step, Value, Vdev, Virtiofs,
    export::ExportOptions,
    kind::acl::Acl,
    mounts::mounts,
    nfs::{NfsMount, NfsOptions},
};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn pool(name: &str, settings: &[(&str, &str)]) -> Resource {
    let disks = vec![Disk(format!("/dev/disk/by-id/{name}").into())];
    Resource::Pool(Pool {
        name: PoolName::new(name).unwrap(),
        layout: vec![Vdev { class: Class::Data, redundancy: Redundancy::None, disks }],
        settings: words(settings),
        lifecycle: Lifecycle::default(),
    })
}

fn dataset(name: &str, settings: &[(&str, &str)]) -> Resource {
    Resource::Dataset(Dataset {
        name: DatasetName::new(name).unwrap(),
        settings: words(settings),
        lifecycle: Lifecycle::default(),
    })
}

fn words(settings: &[(&str, &str)]) -> Settings {
    settings.iter().map(|(name, word)| (PropertyName::new(name), Value::Text((*word).into()))).collect()
}

fn assemble(resources: Vec<Resource>) -> Result<Graph, GraphError> {
    Graph::assemble(HostName::new("box").unwrap(), resources)
}

fn graph(resources: Vec<Resource>) -> Graph {
    assemble(resources).unwrap()
}

fn keys(graph: &Graph) -> Vec<String> {
    graph.nodes().iter().map(|node| node.key.to_string()).collect()
}

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

#[test]
fn parents_come_before_children_and_ties_are_broken_by_key() {
    let graph = graph(vec![
        dataset("tank/b/x", &[]),
        dataset("tank/b", &[]),
        pool("tank", &[]),
        dataset("tank/a", &[]),
        pool("alps", &[]),
    ]);
    let expected = ["pool:alps", "pool:tank", "dataset:tank/a", "dataset:tank/b", "dataset:tank/b/x"];
    assert_eq!(keys(&graph), expected);
    for (at, node) in graph.nodes().iter().enumerate() {
        assert!(node.needs.iter().all(|&need| need < at), "{}", node.key);
    }
}

#[test]
fn what_is_mounted_above_comes_first_also_from_another_pool() {
    let graph = graph(vec![
        pool("a", &[]),
        pool("z", &[]),
        dataset("a/inner", &[("mountpoint", "/srv/deep/inner")]),
        dataset("z/outer", &[("mountpoint", "/srv/deep")]),
    ]);
    let order = keys(&graph);
    let place = |key: &str| order.iter().position(|other| other == key).unwrap();
    assert!(place("dataset:z/outer") < place("dataset:a/inner"), "{order:?}");
}

#[test]
fn what_is_mounted_above_what_contains_it_is_made_after_it() {
    let order = keys(&graph(vec![
        pool("a", &[]),
        dataset("a/up", &[("mountpoint", "/srv/x/y")]),
        dataset("a/up/down", &[("mountpoint", "/srv/x")]),
        dataset("a/aside", &[("mountpoint", "/srv/x/z")]),
    ]));
    assert_eq!(order, ["pool:a", "dataset:a/up", "dataset:a/up/down", "dataset:a/aside"]);
    // Over two trees: each contains what is mounted above the other.
    let crossed = graph(vec![
        pool("a", &[]),
        dataset("a/one", &[("mountpoint", "/srv/a")]),
        dataset("a/one/in", &[("mountpoint", "/other")]),
        dataset("a/two", &[("mountpoint", "/other/q")]),
        dataset("a/two/in", &[("mountpoint", "/srv")]),
    ]);
    assert_eq!(crossed.nodes().len(), 5);
}

#[test]
fn the_root_file_system_lies_in_a_pool_that_is_mounted_in_it() {
    let order = keys(&graph(vec![
        pool("rpool", &[]),
        dataset("rpool/ROOT", &[]),
        dataset("rpool/ROOT/pve-1", &[("mountpoint", "/")]),
        dataset("rpool/data", &[]),
    ]));
    assert_eq!(order[2..], ["dataset:rpool/ROOT/pve-1", "dataset:rpool/data"], "{order:?}");
}

#[test]
fn a_missing_parent_and_a_second_resource_of_a_key_are_errors() {
    let missing = assemble(vec![pool("a", &[]), dataset("a/b/c", &[])]).unwrap_err();
    assert_eq!(missing.to_string(), "dataset:a/b/c needs dataset:a/b, which is not declared");
    let twice = assemble(vec![pool("a", &[]), pool("a", &[("comment", "again")])]).unwrap_err();
    assert_eq!(twice.to_string(), "pool:a is declared twice");
}

#[test]
fn a_stored_step_is_canonical_json_under_the_hash_of_its_bytes() {
    let graph = graph(vec![pool("tank", &[("comment", "a\u{20ac}\n\"b\"")])]);
    let bytes = graph.step(&graph.nodes()[0]).to_bytes().unwrap();
    assert_eq!(
        String::from_utf8(bytes.clone()).unwrap(),
        "{\"format\":1,\"needs\":[],\"resource\":{\"kind\":\"pool\",\
         \"layout\":[{\"class\":\"data\",\"disks\":[\"/dev/disk/by-id/tank\"],\"redundancy\":\"none\"}],\
         \"name\":\"tank\",\"settings\":{\"comment\":\"a\u{20ac}\\n\\\"b\\\"\"}}}"
    );
    assert_eq!(graph.nodes()[0].id, ObjectId::of(&bytes));
    assert_eq!(graph.nodes()[0].id.to_string(), blake3::hash(&bytes).to_hex().as_str());
    let below = self::graph(vec![pool("tank", &[]), dataset("tank/a", &[]), dataset("tank/a/b", &[])]);
    for node in below.nodes() {
        assert_eq!(node.id, ObjectId::of(&below.step(node).to_bytes().unwrap()), "{}", node.key);
    }
    assert_eq!(graph.nodes()[0].id.short(), &graph.nodes()[0].id.to_string()[..12]);
}

#[test]
fn a_change_above_gives_new_ids_below_and_no_new_content() {
    let with = |autotrim: &str| {
        graph(vec![pool("tank", &[("autotrim", autotrim)]), dataset("tank/a", &[]), dataset("tank/a/b", &[])])
    };
    let (on, off) = (with("on"), with("off"));
    assert_ne!(on.id(), off.id());
    for name in ["dataset:tank/a", "dataset:tank/a/b"] {
        let (on, off) = (on.get(&key(name)).unwrap(), off.get(&key(name)).unwrap());
        assert_ne!(on.id, off.id, "{name}");
        assert_eq!(on.content, off.content, "{name}");
    }
    let GraphDiff(changes) = GraphDiff::between(&on, &off);
    let facts = BTreeMap::from([("autotrim".to_owned(), (Some("on".to_owned()), Some("off".to_owned())))]);
    assert_eq!(changes, BTreeMap::from([(key("pool:tank"), Change::Changed { facts })]));
}

#[test]
fn a_difference_names_what_came_and_what_went() {
    let old = graph(vec![pool("tank", &[]), dataset("tank/old", &[("sync", "always")])]);
    let new = graph(vec![pool("tank", &[]), dataset("tank/new", &[])]);
    let GraphDiff(changes) = GraphDiff::between(&old, &new);
    let gone = BTreeMap::from([("sync".to_owned(), "always".to_owned())]);
    assert_eq!(changes[&key("dataset:tank/old")], Change::Removed { facts: gone });
    assert_eq!(changes[&key("dataset:tank/new")], Change::Added { facts: BTreeMap::new() });
    assert_eq!(changes.len(), 2);
    assert!(GraphDiff::between(&new, &new).0.is_empty());
    assert_eq!(pool("tank", &[]).facts()["vdev 0"], "/dev/disk/by-id/tank");
}

#[test]
fn a_graph_is_put_together_again_from_its_objects() {
    let first = graph(vec![pool("tank", &[("autotrim", "on")]), dataset("tank/a", &[("sync", "always")])]);
    let mut steps: BTreeMap<ObjectId, Step> =
        first.nodes().iter().map(|node| (node.id, first.step(node))).collect();
    let again = Graph::restore(first.system().clone(), |id| steps.remove(id)).unwrap();
    assert_eq!(again, first);
    let incomplete = Graph::restore(first.system().clone(), |_| None);
    assert!(matches!(incomplete, Err(GraphError::Incomplete(_))), "{incomplete:?}");
}

#[test]
fn an_object_of_a_format_to_come_is_refused() {
    let graph = graph(vec![pool("tank", &[])]);
    let mut system = graph.system().clone();
    system.format = FORMAT + 1;
    assert!(matches!(Graph::restore(system, |_| None), Err(GraphError::Format(_))));
    let step = Step { format: FORMAT + 1, ..graph.step(&graph.nodes()[0]) };
    let newer = Graph::restore(graph.system().clone(), |_| Some(step.clone()));
    assert!(matches!(newer, Err(GraphError::Format(_))), "{newer:?}");
}

#[test]
fn mount_points_are_inherited_and_not_those_that_are_none() {
    let resources = [
        dataset("tank", &[("mountpoint", "/")]),
        dataset("tank/a", &[]),
        dataset("tank/a/b", &[("canmount", "off")]),
        dataset("tank/a/b/c", &[]),
        dataset("tank/none", &[("mountpoint", "none")]),
        dataset("tank/none/below", &[]),
    ];
    let mounts = mounts(&resources);
    let of = |name: &str| {
        let mount = &mounts[&DatasetName::new(name).unwrap()];
        (mount.path.as_deref().map(str::to_owned), mount.mounted)
    };
    assert_eq!(of("tank"), (Some("/".to_owned()), true));
    assert_eq!(of("tank/a"), (Some("/a".to_owned()), true));
    assert_eq!(of("tank/a/b"), (Some("/a/b".to_owned()), false));
    assert_eq!(of("tank/a/b/c"), (Some("/a/b/c".to_owned()), true));
    assert_eq!(of("tank/none/below"), (None, false));
}

proptest! {
    #[test]
    fn the_order_of_declaration_changes_nothing(order in Just((0..30_usize).collect::<Vec<_>>()).prop_shuffle()) {
        // A tree of thirty datasets, each below one of the earlier ones.
        let mut names = vec!["tank".to_owned()];
        for at in 1..30 {
            names.push(format!("{}/d{at}", names[(at * 7) % at.min(6)]));
        }
        let mut shuffled: Vec<Resource> =
            order.iter().map(|&at| dataset(&names[at], &[("sync", "always")])).collect();
        shuffled.push(pool("tank", &[]));
        let mut straight: Vec<Resource> = names.iter().map(|name| dataset(name, &[("sync", "always")])).collect();
        straight.push(pool("tank", &[]));
        prop_assert_eq!(graph(shuffled).id(), graph(straight).id());
    }

    #[test]
    fn an_object_id_has_64_lower_case_hexadecimal_digits(
        text in "[0-9a-f]{0,70}",
        at in 0..64_usize,
        other in "[^0-9a-f]",
    ) {
        prop_assert_eq!(text.parse::<ObjectId>().is_ok(), text.len() == 64);
        let mut id = ObjectId::of(text.as_bytes()).to_string();
        id.replace_range(at..=at, &other);
        prop_assert!(id.parse::<ObjectId>().is_err());
    }

    #[test]
    fn an_object_id_is_read_back(bytes in any::<Vec<u8>>()) {
        let id = ObjectId::of(&bytes);
        prop_assert_eq!(id.to_string().parse::<ObjectId>().unwrap(), id);
        prop_assert_eq!(ObjectId::of_reader(&bytes[..]).unwrap(), id);
        prop_assert!(id.to_string().to_uppercase().parse::<ObjectId>().is_err() || !id.to_string().contains(|c: char| c.is_ascii_lowercase()));
    }
}

fn mount() -> Resource {
    Resource::GuestMount(GuestMount {
        machine: 201,
        dataset: DatasetName::new("tank/a").unwrap(),
        path: "/tank/a".into(),
        subdirectory: None,
        export: "/tank/a".into(),
        address: None,
        mount: NfsMount {
            server: "10.0.0.1".into(),
            what: "/tank/a".into(),
            at: "/srv/a".into(),
            options: NfsOptions::default(),
        },
    })
}

#[test]
fn what_a_machine_mounts_needs_its_export() {
    let missing = assemble(vec![pool("tank", &[]), dataset("tank/a", &[]), mount()]);
    let (mount, export) = ("mount:vm/201/srv/a".parse().unwrap(), "export:/tank/a".parse().unwrap());
    assert!(matches!(missing, Err(GraphError::Missing(from, to)) if from == mount && to == export));
}

#[test]
fn what_a_machine_is_given_needs_its_mapping() {
    let given = Resource::Virtiofs(Virtiofs {
        machine: 201,
        id: "media".into(),
        dataset: DatasetName::new("tank/a").unwrap(),
        options: BTreeMap::new(),
        inside: None,
    });
    let missing = assemble(vec![pool("tank", &[]), dataset("tank/a", &[]), given.clone()]);
    let (from, to): (Key, Key) = ("virtiofs:vm/201/media".parse().unwrap(), "mapping:media".parse().unwrap());
    assert!(matches!(missing, Err(GraphError::Missing(a, b)) if a == from && b == to));
    let mapping = Resource::Mapping(Mapping {
        id: "media".into(),
        dataset: DatasetName::new("tank/a").unwrap(),
        path: "/tank/a".into(),
    });
    let graph = assemble(vec![pool("tank", &[]), dataset("tank/a", &[]), mapping, given]).unwrap();
    let formats = ["mapping:media", "virtiofs:vm/201/media"]
        .map(|key| graph.step(graph.get(&key.parse().unwrap()).unwrap()).format);
    assert_eq!(formats, [4, 4]);
    for wrong in ["virtiofs:vm/201", "virtiofs:vm/201/", "virtiofs:lxc/201/a", "virtiofs:vm/x/a", "mapping:"]
    {
        assert!(wrong.parse::<Key>().is_err(), "{wrong}");
    }
}

#[test]
fn a_step_has_the_lowest_format_that_can_say_it() {
    let name = DatasetName::new("tank/a").unwrap();
    let permissions = Resource::Permissions(Permissions {
        dataset: name.clone(),
        owner: Some("media".into()),
        group: Some("33".into()),
        mode: "2770".parse().ok(),
        acl: Acl::default(),
        container: None,
        recursive: false,
    });
    let bind = Resource::Bind(Bind {
        container: 101,
        at: "/mnt/a".into(),
        dataset: name.clone(),
        path: "/tank/a".into(),
        subdirectory: None,
        options: BTreeMap::from([("ro".into(), "1".into())]),
    });
    let protected = Resource::Dataset(Dataset {
        name: DatasetName::new("tank/b").unwrap(),
        settings: Settings::default(),
        lifecycle: Lifecycle { protect: true, was: Some(name), ..Lifecycle::default() },
    });
    let export = Resource::Export(Export {
        path: "/tank/a".into(),
        dataset: DatasetName::new("tank/a").unwrap(),
        clients: BTreeMap::from([("*".into(), ExportOptions::from_words(["rw"]).unwrap())]),
    });
    let listed = Resource::Permissions(Permissions {
        dataset: DatasetName::new("tank/c").unwrap(),
        owner: None,
        group: None,
        mode: None,
        acl: "user:33:rwx".parse().unwrap(),
        container: None,
        recursive: false,
    });
    let posix = dataset("tank/c", &[("acltype", "posix")]);
    let plain = [pool("tank", &[]), dataset("tank/a", &[]), permissions, bind, protected, export, mount()];
    let of: Vec<Resource> = plain.into_iter().chain([posix, listed]).collect();
    let graph = assemble(of).unwrap();
    let formats: Vec<_> =
        graph.nodes().iter().map(|node| (node.key.to_string(), graph.step(node).format)).collect();
    let wanted = [
        ("pool:tank", 1),
        ("dataset:tank/a", 1),
        ("dataset:tank/b", 2),
        ("dataset:tank/c", 1),
        ("export:/tank/a", 1),
        ("permissions:tank/a", 2),
        ("permissions:tank/c", 4),
        ("bind:lxc/101/mnt/a", 2),
        ("mount:vm/201/srv/a", 4),
    ];
    assert_eq!(formats, wanted.map(|(key, format)| (key.to_owned(), format)));
    for node in graph.nodes() {
        let bytes = graph.step(node).to_bytes().unwrap();
        assert_eq!(ObjectId::of(&bytes), node.id);
        assert_eq!(serde_json::from_slice::<Step>(&bytes).unwrap().resource, node.resource);
        assert_eq!(node.key.to_string().parse::<Key>().unwrap(), node.key);
    }
}
