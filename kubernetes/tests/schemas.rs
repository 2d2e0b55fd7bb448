//! Manifests of random specs, and of the examples, against Kubernetes' own schemas: by `kubernetes-validate` from PyPI, which has
//! those of each version and asks no network.
//!
//! It is installed once, into a folder below `target`, by pip as it is set up here. Where that cannot be had the test says so; with
//! `PHOENIX_KUBERNETES_VALIDATE=must`, as `tests/run` sets, it fails.

#![allow(
    clippy::disallowed_methods,
    reason = "this test starts a program of others, and is told whether it must"
)]

use crate::graph;
use phoenix_compiler::{SourceError, SpecPath, World, compile};
use phoenix_graph::{Graph, Resource, kubernetes::ATTRIBUTES_SINCE};
use phoenix_kubernetes::{File, PLUGIN, render};
use phoenix_specs::random::{choices::Choices, generate, write::write};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::json;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

/// What is installed, in the version that the test was written for.
const PACKAGE: &str = "kubernetes-validate==1.37.0";
/// The versions that everything is held against.
const VERSIONS: [&str; 3] = ["1.34", "1.36", "1.37"];
/// One before classes of attributes: what has none is held against it, too.
const EARLIER: &str = "1.30";
const SPECS: usize = 500;

/// Returns a Python that has the package, installed into a folder of its own where it is not there yet.
fn python() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kubernetes-validate");
    let python = folder.join("bin/python");
    let has = |python: &Path| {
        let wanted = PACKAGE.rsplit('=').next().unwrap_or_default();
        let code = "import kubernetes_validate; print(kubernetes_validate.__version__)";
        let said = Command::new(python).args(["-c", code]).output();
        said.is_ok_and(|said| said.status.success() && String::from_utf8_lossy(&said.stdout).trim() == wanted)
    };
    if has(&python) {
        return Ok(python);
    }
    let run = |program: &Path, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().map_err(|error| format!("{error}"))?;
        match output.status.success() {
            true => Ok(()),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    };
    let place = folder.to_str().ok_or("the folder has no name in UTF-8")?;
    run(Path::new("python3"), &["-m", "venv", "--clear", place])
        .map_err(|error| format!("no venv: {error}"))?;
    run(&python, &["-m", "pip", "install", "--quiet", PACKAGE])
        .map_err(|error| format!("no {PACKAGE}: {error}"))?;
    if has(&python) { Ok(python) } else { Err(format!("{PACKAGE} was installed, and is not there")) }
}

/// Names the versions that a file is held against: what no earlier one has, against those that have it.
fn manifests(graph: &Graph, name: &str) -> Vec<serde_json::Value> {
    let version = graph.resources().find_map(|resource| match resource {
        Resource::KubernetesCluster(cluster) => Some(cluster.version),
        _ => None,
    });
    let files: Vec<File> = render(graph).unwrap();
    let manifests = files.iter().filter(|file| file.folder != Some(PLUGIN));
    let of = |file: &File| {
        let mut versions: Vec<&str> = VERSIONS.to_vec();
        if file.text.contains("kind: VolumeAttributesClass") {
            assert!(version.is_some_and(|version| version >= ATTRIBUTES_SINCE), "{name}");
        } else {
            versions.push(EARLIER);
        }
        json!({ "name": format!("{name} {}", file.path()), "text": file.text, "versions": versions })
    };
    manifests.map(of).collect()
}

/// The examples, as they are.
struct Examples(PathBuf);

impl World for Examples {
    fn source(&self, path: &SpecPath) -> Result<Arc<str>, SourceError> {
        fs::read_to_string(self.0.join(path.as_str())).map(Into::into).map_err(|_| SourceError::NotFound)
    }
}

/// Lists the graphs of the hosts in the examples of the repository.
fn examples() -> Vec<(String, Graph)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let names = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let graphs = names.flat_map(|name| {
        let path = SpecPath::new(&format!("{name}.kdl")).unwrap();
        let compiled = compile(&Examples(folder.join(&name)), &path);
        compiled.hosts.into_iter().filter_map(move |host| Some((name.clone(), host.graph?)))
    });
    graphs.collect()
}

#[test]
fn every_manifest_is_one_that_kubernetes_takes() {
    let python = match python() {
        Ok(python) => python,
        Err(reason) => {
            eprintln!("SKIPPED: no manifest was held against the schemas of Kubernetes: {reason}");
            let must = std::env::var_os("PHOENIX_KUBERNETES_VALIDATE").is_some_and(|word| word == "must");
            assert!(!must, "they are to be: {reason}");
            return;
        }
    };
    let examples = examples();
    let told: Vec<_> = examples.iter().flat_map(|(name, graph)| manifests(graph, name)).collect();
    assert!(!told.is_empty(), "an example tells a cluster something");
    let mut all = told;
    for (number, graph) in random(SPECS).enumerate() {
        all.extend(manifests(&graph, &format!("random {number}")));
    }
    // One that is wrong, so that it is seen that such are found: a key that is misspelt, and a number for a text.
    let wrong = "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: a}\nprovisionr: b\nprovisioner: c\n";
    let number = "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: a}\nprovisioner: c\nparameters: {diskMBps: 5}\n";
    for text in [wrong, number] {
        let (said, taken) =
            held(&python, "wrong", &[json!({ "name": "wrong", "text": text, "versions": VERSIONS })]);
        assert!(!taken && said.contains("refused 3"), "{said}");
    }
    let (said, taken) = held(&python, "all", &all);
    assert!(taken, "{said}");
    println!("{said}");
    by_the_command(&python, &examples);
}

/// Random specs, the same at every run, so that a failure is there again.
fn random(count: usize) -> impl Iterator<Item = Graph> {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let lists = prop::collection::vec(any::<u16>(), 0..300);
    (0..count).map(move |_| {
        let list = lists.new_tree(&mut runner).unwrap().current();
        graph(&write(&generate::cluster(list), Choices::new(Vec::new())).world())
    })
}

/// What is run as root on a node of Proxmox is what it looks like: each command whole, and none that a name brought in.
#[test]
fn the_commands_for_proxmox_are_read_by_a_shell_as_they_are_written() {
    let stand_in = "pveum() { printf '%s' pveum; printf ' <%s>' \"$@\"; echo; }\n";
    for graph in examples().into_iter().map(|(_, graph)| graph).chain(random(20)) {
        let files = render(&graph).unwrap();
        let Some(commands) = files.iter().find(|file| file.name == "proxmox.sh") else { continue };
        let script = format!("{stand_in}{}", commands.text);
        let output = Command::new("sh").args(["-c", &script]).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{script}\n{output:?}");
        let said = String::from_utf8(output.stdout).unwrap();
        let classes = graph.resources().filter_map(|resource| match resource {
            Resource::KubernetesClass(class) => Some(class.on.as_str()),
            _ => None,
        });
        let storages: BTreeSet<&str> = classes.collect();
        assert_eq!(said.lines().count(), 4 + storages.len(), "{said}");
        for storage in storages {
            let line =
                format!("pveum <aclmod> </storage/{storage}> <-user> <kubernetes-csi@pve> <-role> <CSI>\n");
            assert!(said.contains(&line), "{line} is not in {said}");
        }
    }
}

/// Has manifests looked at in one process. Returns what is said, and whether all were taken.
fn held(python: &Path, name: &str, manifests: &[serde_json::Value]) -> (String, bool) {
    let list = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("manifests-{name}.json"));
    fs::write(&list, serde_json::to_string(manifests).unwrap()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/validate.py");
    let output = Command::new(python).arg(script).arg(&list).output().unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (said, output.status.success())
}

/// Has the examples' manifests looked at by the command itself, as people run it.
fn by_the_command(python: &Path, examples: &[(String, Graph)]) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("manifests");
    fs::create_dir_all(&folder).unwrap();
    for (name, graph) in examples {
        let files = render(graph).unwrap();
        for file in files.iter().filter(|file| file.folder.is_none()) {
            let path = folder.join(format!("{name}-{}", file.name));
            fs::write(&path, &file.text).unwrap();
            let mut command = Command::new(python);
            command.args(["-m", "kubernetes_validate", "--strict", "-k", "1.34"]).arg(&path);
            let output = command.output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout).into_owned()
                + &String::from_utf8_lossy(&output.stderr);
            // A warning is no error to it: what has no schema is looked at by nobody.
            assert!(output.status.success() && !said.contains("WARN"), "{}: {said}", path.display());
            assert!(said.contains("passed"), "{said}");
        }
    }
}
