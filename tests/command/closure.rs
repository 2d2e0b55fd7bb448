//! Closures that somebody made by hand: whatever is changed in one, with every hash made right again, is
//! refused when it is read, or the plan shows it. And nothing that is printed does more than show itself.

use super::common::{Ran, Sandbox};
use phoenix_graph::{DatasetName, ObjectId, PropertyName, canonical, plain::is_hidden};
use phoenix_host::op::Op;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

const SPEC: &str = r#"edition 1
host "box" {
    arc max="8G"
    pool "tank" autotrim=#true {
        mirror { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b" }
        log { mirror { disk "/dev/disk/by-id/c"; disk "/dev/disk/by-id/d" } }
        root compression="lz4"
        dataset "shared" quota="10G" mountpoint="/srv/shared" site:owner="ops" {
            permissions owner="media" group="media" mode="2770"
            export { client "10.0.0.0/24" "rw"; client "nas.lan" }
            dataset "below"
        }
        dataset "guests" { proxmox "guests" type="zfspool" { content "images" } }
        dataset "iso" { proxmox "iso" type="dir" { content "iso" } }
        volume "disk" size="1G" volblocksize="16K"
    }
}
"#;

/// The objects of a closure as JSON, by the ids that they had.
struct Closure {
    system: ObjectId,
    objects: BTreeMap<ObjectId, Value>,
}

impl Closure {
    /// Reads the closure that a sandbox's `./result` leads to.
    fn read(sandbox: &Sandbox) -> Self {
        let result = sandbox.path().join("result").canonicalize().unwrap();
        let id = |path: &Path| path.file_name().unwrap().to_str().unwrap()[..64].parse().unwrap();
        let system: ObjectId = id(&result);
        let mut objects = BTreeMap::new();
        for entry in fs::read_dir(result.parent().unwrap()).unwrap() {
            let path = entry.unwrap().path();
            // The texts of the spec stand there too.
            if let Ok(Value::Object(object)) = serde_json::from_slice(&fs::read(&path).unwrap()) {
                objects.insert(id(&path), Value::Object(object));
            }
        }
        objects.retain(|_, object| object["needs"].is_array());
        Self { system, objects }
    }

    /// Writes the closure with one object changed, and the right hash for all that name it.
    fn write(&self, folder: &Path, changed: ObjectId, value: &Value) -> PathBuf {
        let mut fresh = BTreeMap::new();
        let system = self.put(folder, changed, value, self.system, &mut fresh);
        folder.join(format!("store/{system}-system-box"))
    }

    fn put(
        &self,
        folder: &Path,
        changed: ObjectId,
        value: &Value,
        id: ObjectId,
        fresh: &mut BTreeMap<ObjectId, ObjectId>,
    ) -> ObjectId {
        if let Some(known) = fresh.get(&id) {
            return *known;
        }
        let mut object = if id == changed { value.clone() } else { self.objects[&id].clone() };
        let needs: Vec<ObjectId> = serde_json::from_value(object["needs"].clone()).unwrap_or_default();
        let mut needs: Vec<String> =
            needs.iter().map(|need| self.put(folder, changed, value, *need, fresh).to_string()).collect();
        needs.sort();
        if object["needs"].is_array() {
            object["needs"] = json!(needs);
        }
        let bytes = canonical::to_bytes(&object).unwrap();
        let made = ObjectId::of(&bytes);
        let name = if id == self.system { "system-box" } else { "step" };
        fs::write(folder.join(format!("store/{made}-{name}")), bytes).unwrap();
        fresh.insert(id, made);
        made
    }
}

/// Lists an object with each of its fields changed in every way, each with what was done.
fn mutations(object: &Value) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    let mut places = Vec::new();
    walk(object, String::new(), &mut places);
    for at in places {
        // Ids of other objects are made right again; what is said of a resource's life does nothing to an empty
        // host; and any host's name may be the first there, which is all that is asked of it here.
        if at.starts_with("/needs") || at.contains("/lifecycle") || at == "/system" {
            continue;
        }
        let here = object.pointer(&at).unwrap();
        let others: Vec<Value> = match here {
            Value::String(text) => {
                let texts =
                    ["{}x", "{}\n/etc *(rw)", "\u{1b}[2K\u{1b}[1A{}", "{}\u{202e}", "{} /", "/..{}", ""];
                texts
                    .iter()
                    .map(|form| json!(form.replace("{}", text)))
                    .chain([json!(7), Value::Null])
                    .collect()
            }
            Value::Number(number) => {
                let number = number.as_u64().unwrap();
                vec![json!(number + 1), json!(0), json!(u64::MAX), json!(number.to_string())]
            }
            Value::Bool(on) => vec![json!(!on)],
            Value::Array(_) => vec![json!([])],
            Value::Object(fields) => {
                let mut more = fields.clone();
                more.insert("zz".to_owned(), json!("zz"));
                vec![json!({}), Value::Object(more)]
            }
            Value::Null => Vec::new(),
        };
        for other in others {
            let mut changed = object.clone();
            *changed.pointer_mut(&at).unwrap() = other.clone();
            all.push((format!("{at} is {other}"), changed));
        }
        if let Some((parent, field)) = at.rsplit_once('/') {
            let mut changed = object.clone();
            let field = field.replace("~1", "/").replace("~0", "~");
            if let Some(Value::Object(fields)) = changed.pointer_mut(parent) {
                fields.remove(&field);
                all.push((format!("{at} is left out"), changed.clone()));
                if let Some(Value::Object(fields)) = changed.pointer_mut(parent) {
                    fields.insert(format!("{field}\n\u{1b}[8m"), here.clone());
                    all.push((format!("{at} has another name"), changed));
                }
            }
        }
    }
    all
}

fn walk(value: &Value, at: String, places: &mut Vec<String>) {
    places.push(at.clone());
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, inner)| {
            walk(inner, format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), places);
        }),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, inner)| walk(inner, format!("{at}/{n}"), places));
        }
        _ => {}
    }
}

#[track_caller]
fn shows_only_itself(ran: &Ran) {
    for text in [&ran.out, &ran.err] {
        let odd = text.chars().find(|c| is_hidden(*c) && *c != '\n');
        assert!(odd.is_none(), "{odd:?} in:\n{ran}");
    }
}

#[test]
fn a_closure_changed_in_any_field_is_refused_or_the_plan_shows_it() {
    let sandbox = Sandbox::new();
    sandbox.write("phoenix.kdl", SPEC);
    sandbox.sim(&["build"]).exits(0);
    let closure = Closure::read(&sandbox);
    let folder = sandbox.path().join("crafted");
    fs::create_dir_all(folder.join("store")).unwrap();
    let plan = |path: &Path| sandbox.sim(&["plan", path.to_str().unwrap()]);
    let untouched = plan(&closure.write(&folder, closure.system, &closure.objects[&closure.system])).exits(0);
    let (mut refused, mut shown, mut missed) = (0, 0, Vec::new());
    for (id, object) in &closure.objects {
        for (what, changed) in mutations(object) {
            if changed == *object {
                continue;
            }
            let ran = plan(&closure.write(&folder, *id, &changed));
            shows_only_itself(&ran);
            match ran.code {
                0 if ran.out != untouched.out => shown += 1,
                0 => missed.push(format!("{what} of {object}")),
                _ => {
                    assert!(ran.err.contains("×") || ran.out.contains("refused:"), "{what}:\n{ran}");
                    refused += 1;
                }
            }
        }
    }
    assert!(missed.is_empty(), "taken, and the plan does not show it:\n{}", missed.join("\n"));
    assert!(refused > 500 && shown > 20, "{refused} refused, {shown} shown");
}

#[test]
fn an_export_to_nobody_and_a_client_of_two_lines_are_refused_by_name() {
    let sandbox = Sandbox::new();
    sandbox.write("phoenix.kdl", SPEC);
    sandbox.sim(&["build"]).exits(0);
    let closure = Closure::read(&sandbox);
    let folder = sandbox.path().join("crafted");
    fs::create_dir_all(folder.join("store")).unwrap();
    let (id, export) =
        closure.objects.iter().find(|(_, object)| object["resource"]["kind"] == "export").unwrap();
    let options = export["resource"]["clients"]["10.0.0.0/24"].clone();
    for (clients, reason) in [
        (json!({}), "export:/srv/shared: it is exported to nobody"),
        (json!({ "10.0.0.1\n/etc *": options }), "cannot stand in a client"),
    ] {
        let mut changed = export.clone();
        changed["resource"]["clients"] = clients;
        let path = closure.write(&folder, *id, &changed);
        sandbox.sim(&["switch", "--yes", path.to_str().unwrap()]).exits(4).says(reason).says("is refused");
        assert_eq!(sandbox.tree("sim/state/generations").len(), 1, "the folder alone");
    }
}

#[test]
fn a_generation_that_no_spec_can_say_any_more_is_listed_and_not_gone_back_to() {
    let sandbox = Sandbox::new();
    sandbox.write("phoenix.kdl", SPEC);
    sandbox.sim(&["build"]).exits(0);
    let closure = Closure::read(&sandbox);
    sandbox.sim(&["switch", "--yes", "phoenix.kdl"]).exits(0);
    let (id, object) =
        closure.objects.iter().find(|(_, object)| object["resource"]["kind"] == "tunable").unwrap();
    let mut changed = object.clone();
    changed["resource"]["name"] = json!("zfs_arc_min");
    let path = closure.write(&sandbox.path().join("sim/state"), *id, &changed);
    let system = &path.file_name().unwrap().to_str().unwrap()[..64];
    sandbox.edit("sim/state/generations/1/generation.json", &closure.system.to_string(), system);
    sandbox.sim(&["generations"]).exits(0).says(&system[..12]);
    sandbox.sim(&["verify"]).exits(1).says("a spec sets no parameter");
    sandbox.sim(&["status"]).says("a spec sets no parameter");
    // On from there leads any switch; back there none.
    sandbox.edit("phoenix.kdl", "10G", "20G");
    sandbox.sim(&["switch", "--yes", "phoenix.kdl"]).exits(0).says("Generation 2 is current.");
    sandbox.sim(&["rollback", "--yes", "1"]).exits(4).says("a spec sets no parameter \"zfs_arc_min\"");
    sandbox.sim(&["gc", "--yes"]).exits(0);
    sandbox.sim(&["status"]).exits(0);
}

#[test]
fn no_verb_prints_what_a_terminal_would_act_on() {
    let sandbox = Sandbox::new();
    // Legal, and odd: directions of writing are turned around in a path and in a value.
    let odd = SPEC
        .replace("/srv/shared", "/srv/\\u{202e}shared")
        .replace("site:owner=\"ops\"", "site:owner=\"o\\u{2066}ps\\u{ad}\"");
    sandbox.write("phoenix.kdl", &odd);
    sandbox.sim(&["switch", "--yes"]).exits(0);
    let dataset = DatasetName::new("tank/shared").unwrap();
    // What a user may set by hand.
    let settings = vec![(PropertyName::new("site:owner"), "\u{1b}[2K\u{1b}[1A\u{9b}2J\u{7}x\rback".into())];
    let by_hand = Op::DatasetSet { dataset, settings };
    sandbox.by_hand(&by_hand);
    sandbox.write("other.kdl", &odd.replace("10G", "20G").replace("o\\u{2066}", "p\\u{2067}"));
    sandbox.write("broken.kdl", "edition 1\npool \"tank\u{1b}[2K\" { disk \"\u{202e}\u{9b}1A\" \u{7f} }\n");
    let verbs: &[&[&str]] = &[
        &["check", "phoenix.kdl"],
        &["check", "broken.kdl"],
        &["build", "phoenix.kdl"],
        &["plan", "phoenix.kdl"],
        &["plan", "other.kdl"],
        &["plan", "broken.kdl"],
        &["plan", "\u{1b}[2K"],
        &["status"],
        &["generations"],
        &["diff", "1", "other.kdl"],
        &["review", "phoenix.kdl"],
        &["graph", "phoenix.kdl"],
        &["graph", "--format", "mermaid", "phoenix.kdl"],
        &["why", "dataset:tank/shared", "phoenix.kdl"],
        &["verify"],
        &["gc", "--yes"],
        &["import", "--live"],
        &["explain", "\u{1b}[2K"],
        &["rollback", "--yes", "9"],
    ];
    let no_host = ["check", "review", "why", "explain"];
    for verb in verbs {
        let run = |more: &[&str]| {
            let args = [verb, more].concat();
            if no_host.contains(&verb[0]) { sandbox.run(&args) } else { sandbox.sim(&args) }
        };
        let plain = run(&[]);
        // What is written to a file is as it stands.
        if verb[0] != "import" {
            shows_only_itself(&plain);
        }
        assert_ne!(plain.code, 101, "{plain}");
        shows_only_itself(&run(&["--json"]));
        let mut coloured = run(&["--color", "always"]);
        for text in [&mut coloured.out, &mut coloured.err] {
            *text = without_colours(text);
        }
        if verb[0] != "import" {
            shows_only_itself(&coloured);
        }
    }
    sandbox.sim(&["plan", "phoenix.kdl"]).exits(0).says("\\u{1b}[2K\\u{1b}[1A\\u{9b}2J\\u{7}x\\rback → ");
}

/// Takes the colours out that phoenix and its diagnostics use.
fn without_colours(text: &str) -> String {
    let mut left = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        left.push_str(&rest[..at]);
        let end = rest[at..].find('m').unwrap();
        let body = &rest[at + 2..at + end];
        assert!(body.split(';').all(|word| !["7", "8", "30", "40", "5"].contains(&word)), "{body:?}");
        assert!(body.bytes().all(|byte| byte.is_ascii_digit() || byte == b';'), "{body:?}");
        rest = &rest[at + end + 1..];
    }
    left + rest
}
