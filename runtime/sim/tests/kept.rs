//! What a simulated host is kept as: nothing that it says is dropped in silence, and what earlier versions wrote is read.

use phoenix_graph::{Class, DatasetName, Disk, PoolName, Redundancy, Vdev};
use phoenix_host::{
    Host,
    observed::{Work, WorkKind},
    op::Op,
};
use phoenix_sim::{SimHost, state};
use serde_json::{Value, json};
use std::{fs, path::Path};

const ONE: &str = "/dev/disk/by-id/one";

fn tank_a() -> DatasetName {
    DatasetName::new("tank/a").unwrap()
}

/// A host with something of each that is kept.
fn kept(dir: &Path) -> Value {
    let host = SimHost::make(dir).unwrap();
    let layout =
        vec![Vdev { class: Class::Data, redundancy: Redundancy::None, disks: vec![Disk(ONE.into())] }];
    let pool = PoolName::new("tank").unwrap();
    for op in [
        Op::PoolCreate { pool: pool.clone(), layout, settings: vec![], root: vec![] },
        Op::DatasetCreate { dataset: tank_a(), settings: vec![] },
        Op::DatasetMount { dataset: tank_a() },
    ] {
        host.perform(&op).unwrap();
    }
    host.write_file(&tank_a(), "letter", "dear");
    host.edit(|state| {
        let work = Work { kind: WorkKind::Scrub, done: "1%".into() };
        state.pools.get_mut(&pool).unwrap().work.push(work);
        state.exports.push(state::Export {
            path: "/tank/a".into(),
            client: "*".into(),
            options: "ro".into(),
        });
        let dataset = state.datasets.get_mut(&tank_a()).unwrap();
        dataset.lock = Some(state::Lock { hash: "00".into(), loaded: true });
    });
    host.perform(&Op::Snapshot { datasets: vec![tank_a()], name: "s".into() }).unwrap();
    drop(host);
    serde_json::from_slice(&fs::read(dir.join("host.json")).unwrap()).unwrap()
}

/// Writes a host as it is given, and opens it.
fn open(dir: &Path, kept: &Value) -> Result<SimHost, String> {
    fs::write(dir.join("host.json"), kept.to_string()).unwrap();
    SimHost::open(dir).map_err(|error| error.to_string())
}

#[test]
fn a_key_that_nobody_knows_is_refused_by_its_name_at_every_depth() {
    let dir = tempfile::tempdir().unwrap();
    let mut whole = kept(dir.path());
    let state = whole.pointer_mut("/datasets/tank~1a").unwrap();
    let directory = json!({ "owner": 33, "group": 33, "mode": "2750" });
    state["directory"] = directory.clone();
    state["snapshots"]["s"]["shape"] = json!({ "folders": [], "directory": directory, "fixed": {} });
    let device = whole["devices"].as_object().unwrap().keys().next().unwrap().replace('/', "~1");
    let label = format!("/devices/{device}/label");
    let places = [
        "",
        "/pools/tank",
        "/pools/tank/layout/0",
        "/pools/tank/work/0",
        &label,
        "/datasets/tank~1a",
        "/datasets/tank~1a/directory",
        "/datasets/tank~1a/lock",
        "/datasets/tank~1a/snapshots/s",
        "/datasets/tank~1a/snapshots/s/shape",
        "/mounts/0",
        "/exports/0",
    ];
    for place in places {
        let mut other = whole.clone();
        let object = other.pointer_mut(place).and_then(Value::as_object_mut);
        object.unwrap_or_else(|| panic!("nothing at {place}: {whole:#}")).insert("quotta".into(), json!(1));
        let refused = open(dir.path(), &other).unwrap_err();
        assert!(
            refused.contains("unknown field `quotta`") && refused.contains("host.json"),
            "{place}: {refused}"
        );
    }
    assert!(open(dir.path(), &whole).is_ok());
}

#[test]
fn a_key_that_nobody_knows_is_refused_in_what_changed_since_too() {
    let dir = tempfile::tempdir().unwrap();
    kept(dir.path());
    let picture = fs::read(dir.path().join("host.json")).unwrap();
    let host = SimHost::open(dir.path()).unwrap();
    host.perform(&Op::DatasetCreate { dataset: DatasetName::new("tank/b").unwrap(), settings: vec![] })
        .unwrap();
    let log = fs::read_to_string(dir.path().join("host.log")).unwrap();
    drop(host);
    // As a process leaves it that is killed: the picture of before, and the log.
    for (old, new) in
        [("{\"datasets\":", "{\"quotta\":1,\"datasets\":"), ("{\"on\":", "{\"quotta\":1,\"on\":")]
    {
        assert_eq!(log.matches(old).count(), 1, "{log}");
        fs::write(dir.path().join("host.json"), &picture).unwrap();
        fs::write(dir.path().join("host.log"), log.replace(old, new)).unwrap();
        let refused = SimHost::open(dir.path()).map(drop).unwrap_err().to_string();
        assert!(refused.contains("unknown field `quotta`") && refused.contains("host.log"), "{refused}");
    }
}

#[test]
fn what_an_earlier_version_wrote_is_read_with_all_that_it_says() {
    let dir = tempfile::tempdir().unwrap();
    let mut earlier = kept(dir.path());
    // Owner and group of all that lies in a dataset stood there once for all of it.
    let state = earlier.pointer_mut("/datasets/tank~1a").unwrap();
    state["contents"] = json!([33, 5]);
    state["snapshots"]["s"]["shape"] =
        json!({ "folders": [], "directory": null, "fixed": {}, "contents": [34, 6] });
    // And these were not known.
    for later in ["node", "pct", "guid"] {
        earlier.as_object_mut().unwrap().remove(later);
    }
    let host = open(dir.path(), &earlier).unwrap();
    let state = host.state();
    let dataset = state.dataset(&tank_a()).unwrap();
    assert_eq!(dataset.owners["letter"], (33, 5));
    assert_eq!(dataset.snapshots["s"].shape.owners["letter"], (34, 6));
    drop(host);
    // Written anew it says so in this version's words.
    let host = SimHost::open(dir.path()).unwrap();
    host.perform(&Op::DatasetCreate { dataset: DatasetName::new("tank/b").unwrap(), settings: vec![] })
        .unwrap();
    drop(host);
    let text = fs::read_to_string(dir.path().join("host.json")).unwrap();
    assert!(!text.contains("\"contents\"") && text.contains("\"owners\""), "{text}");
}
