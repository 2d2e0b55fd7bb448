//! What holds for every text, whatever stands in it: nothing panics, every place lies in its source,
//! an error and a graph exclude each other, and a second layout changes nothing. The fuzz target and
//! the tests that replay its findings call [`hold`].

use crate::{Memory, rendered};
use phoenix_compiler::{
    Compiled, Diagnostic, Place, SpecPath, Traced, code, compile, fmt::format, index::Index, origin::Origin,
    trace,
};
use phoenix_graph::{Graph, ObjectId, Step, System};
use std::collections::HashMap;

/// The most bytes of JSON that are looked at for a diagnostic; a label with a place has about 200.
const LONGEST: usize = 1 << 20;

/// Splits a text into files at lines `=== NAME ===`, as the suite does. The first is `spec.kdl`.
pub fn split(text: &str) -> Memory {
    let mut files = vec![("spec.kdl".to_owned(), String::new())];
    for line in text.split_inclusive('\n') {
        let name = line.trim_end().strip_prefix("=== ").and_then(|rest| rest.strip_suffix(" ==="));
        match (name, files.last_mut()) {
            (Some(name), _) => files.push((name.to_owned(), String::new())),
            (None, Some((_, text))) => text.push_str(line),
            (None, None) => {}
        }
    }
    Memory(files.into_iter().map(|(name, text)| (name, text.into())).collect())
}

/// Holds everything that is always so of a spec. It panics where something is not.
pub fn hold(world: &Memory) {
    let root = SpecPath::new("spec.kdl").unwrap();
    let compiled = compile(world, &root);
    told(&compiled);
    let graphs = compiled.hosts.iter().filter(|host| host.graph.is_some()).count();
    if compiled.has_errors() {
        assert_eq!(graphs, 0, "a graph in spite of errors");
    } else {
        assert!(graphs > 0 && graphs == compiled.hosts.len(), "neither an error nor a graph");
    }
    for host in &compiled.hosts {
        host.places.values().for_each(|place| inside(*place, &compiled));
        host.graph.iter().for_each(stored);
    }
    traced(&trace(world, &root), &compiled);
    laid_out(world, &compiled);
    let longest = world.0.values().map(|text| text.len()).max().unwrap_or(0);
    asked(world, 1 + longest / 64);
}

/// Every so many bytes, and beside the ends, a position can be asked about, and every place of an answer
/// lies inside its source.
pub fn asked(world: &Memory, step: usize) {
    let index = Index::new(world, &SpecPath::new("spec.kdl").unwrap());
    let holds = |place: Place| {
        let text = &index.sources().get(place.file).unwrap().text;
        assert!(text.get(place.start as usize..place.end as usize).is_some(), "{place:?} in {text:?}");
    };
    let (file, source) = index.sources().iter().next().unwrap();
    // Positions inside characters and behind the end are asked about as well. Candidates read the
    // text before them, so they are asked for at some positions only.
    for (count, byte) in (0..u32::try_from(source.text.len()).unwrap() + 2).step_by(step).enumerate() {
        index.at(file, byte).into_iter().for_each(|item| holds(item.place));
        index.definition(file, byte).into_iter().for_each(holds);
        index.references(file, byte).into_iter().for_each(holds);
        if count % 61 == 0 {
            holds(index.candidates(file, byte).place);
        }
    }
    holds(index.candidates(file, 1).place);
    holds(index.candidates(file, u32::MAX).place);
}

/// Every diagnostic can be shown and written, and none is a defect.
fn told(compiled: &Compiled) {
    for diagnostic in &compiled.diagnostics {
        assert_ne!(diagnostic.code, code::INTERNAL, "{diagnostic:?}");
        assert!(!diagnostic.message.is_empty(), "{diagnostic:?}");
        diagnostic.labels.iter().for_each(|label| inside(label.place, compiled));
        let json = serde_json::to_string(&diagnostic.to_json(&compiled.sources)).unwrap();
        assert!(json.len() < LONGEST, "{} bytes of JSON for {:?}", json.len(), diagnostic.code);
    }
    rendered(compiled);
}

/// A place lies in its source, between whole characters.
fn inside(place: Place, compiled: &Compiled) {
    let text = &compiled.sources.get(place.file).unwrap().text;
    assert!(place.start <= place.end, "{place:?} ends before it begins");
    assert!(
        text.get(place.start as usize..place.end as usize).is_some(),
        "{place:?} is no part of its source"
    );
}

/// A graph survives the form in which it is stored, and each step's id is that of its bytes.
fn stored(graph: &Graph) {
    let mut objects: HashMap<ObjectId, Vec<u8>> = HashMap::new();
    for node in graph.nodes() {
        let bytes = graph.step(node).to_bytes().unwrap();
        assert_eq!(ObjectId::of(&bytes), node.id, "{} has another id", node.key);
        objects.insert(node.id, bytes);
    }
    let step = |id: &ObjectId| -> Option<Step> { serde_json::from_slice(objects.get(id)?).ok() };
    let system: System = serde_json::from_slice(&graph.system().to_bytes().unwrap()).unwrap();
    let again = Graph::restore(system, step).unwrap();
    assert_eq!(again.id(), graph.id(), "stored and read again it has another id");
    assert_eq!(&again, graph);
}

/// Keeping origins changes nothing, and every resource has one.
fn traced(traced: &Traced, compiled: &Compiled) {
    assert_eq!(said(&traced.compiled.diagnostics), said(&compiled.diagnostics), "the trace says otherwise");
    for ((name, origins), host) in traced.hosts.iter().zip(&compiled.hosts) {
        assert_eq!(name, &host.name);
        origins.values().for_each(|origin| origin_inside(origin, compiled));
        for node in host.graph.iter().flat_map(Graph::nodes) {
            assert!(origins.contains_key(&node.key), "{} comes from nowhere", node.key);
        }
    }
}

fn origin_inside(origin: &Origin, compiled: &Compiled) {
    let look = |place| inside(place, compiled);
    look(origin.place);
    origin.way.iter().for_each(|hop| look(hop.place));
    let mut settings: Vec<_> = origin.settings.iter().collect();
    while let Some(setting) = settings.pop() {
        look(setting.place);
        setting.way.iter().for_each(|hop| look(hop.place));
        for value in &setting.values {
            look(value.place);
            value.way.iter().for_each(|hop| look(hop.place));
        }
        settings.extend(&setting.over);
    }
    origin.parts.iter().for_each(|part| origin_inside(part, compiled));
}

/// The one layout is its own, and means what was laid out.
fn laid_out(world: &Memory, compiled: &Compiled) {
    let mut after = Memory::default();
    for (name, text) in &world.0 {
        let made = match format(name, text) {
            Ok(made) => {
                let again = format(name, &made).unwrap_or_else(|_| panic!("no KDL came out: {made:?}"));
                assert_eq!(again, made, "not idempotent: {text:?}");
                made.into()
            }
            Err(refused) => {
                assert!(!refused.diagnostics.is_empty(), "refused without a word");
                let defect = refused.diagnostics.iter().find(|found| found.code == code::INTERNAL);
                assert!(defect.is_none(), "{text:?} cannot be laid out");
                text.clone()
            }
        };
        after.0.insert(name.clone(), made);
    }
    let laid = compile(&after, &SpecPath::new("spec.kdl").unwrap());
    assert_eq!(said(&laid.diagnostics), said(&compiled.diagnostics), "laid out it says otherwise");
    for (laid, host) in laid.hosts.iter().zip(&compiled.hosts) {
        let id = |graph: &Option<Graph>| graph.as_ref().map(Graph::id);
        assert_eq!(id(&laid.graph), id(&host.graph), "laid out it is another graph");
    }
}

/// What was said, whatever its order: parts that moved to other lines may be told of in another.
fn said(diagnostics: &[Diagnostic]) -> Vec<(&str, &str)> {
    let mut said: Vec<_> = diagnostics.iter().map(|one| (one.code.name, one.message.as_str())).collect();
    said.sort_unstable();
    said
}
