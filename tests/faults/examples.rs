//! Both examples with an edit of each, a host with encrypted datasets, one with new names, and one whose containers have
//! folders, as graphs.

use super::scenario::Pair;
use phoenix_compiler::{SpecPath, compile};
use phoenix_graph::Graph;
use phoenix_specs::edits;

pub fn examples() -> [Pair; 2] {
    edits::examples().map(|edited| Pair {
        name: edited.name.to_owned(),
        first: graph(&edited.first),
        second: graph(&edited.second),
        clustered: false,
    })
}

/// A host with a pool that has this.
pub fn spec(inside: &str) -> String {
    format!(
        r#"edition 1
host "box" {{
    pool "tank" {{
        disk "/dev/disk/by-id/one"
        allow "no-redundancy"
        {inside}
    }}
}}
"#
    )
}

/// Encrypted datasets: one goes within its root, one comes, a root goes with all it holds, another's key is
/// somewhere else from then on.
pub fn encrypted() -> Pair {
    let spec = |location: &str, inside: &str, beside: &str| {
        spec(&format!(
            r#"dataset "enc" encryption="aes-256-gcm" keyformat="raw" keylocation="file://{location}" {{
            {inside}
        }}
        {beside}"#
        ))
    };
    let going = "dataset \"a\" mountpoint=\"/srv/a\" {\n dataset \"deep\"\n }\n dataset \"stays\" { export { client \"10.0.0.0/24\" } }";
    let coming = "dataset \"b\" encryption=\"on\"\n dataset \"stays\" atime=#false { export { client \"10.0.0.0/24\" \"ro\" } }";
    let own = "dataset \"own\" encryption=\"on\" keyformat=\"raw\" keylocation=\"file:///keys/one\" {\n dataset \"in\"\n }";
    Pair {
        name: "encrypted".to_owned(),
        first: graph(&spec(KEY_FILES[0], going, own)),
        second: graph(&spec(KEY_FILES[1], coming, "")),
        clustered: false,
    }
}

/// Datasets that exchange their names and pass them on, with what is in them and lies over them: a swap, a circle within
/// an encryption root that is renamed itself, a chain, a volume, one that moves into another; beside them one goes.
pub fn renamed() -> Pair {
    let key = "encryption=\"aes-256-gcm\" keyformat=\"raw\" keylocation=\"file:///keys/one\"";
    let first = format!(
        r#"dataset "a" compression="lz4" {{
            dataset "gone"
            dataset "x" {{ export {{ client "10.0.0.0/24" }} }}
        }}
        dataset "b" mountpoint="/srv/b" {{
            dataset "x" quota="1G"
            export {{ client "10.0.0.0/24" }}
            permissions mode="0750"
        }}
        dataset "c"
        dataset "d"
        dataset "enc" {key} {{ dataset "one"; dataset "two"; dataset "three" }}
        dataset "iso" {{ proxmox "isos" type="dir" {{ content "iso" }} }}
        volume "v" size="1G""#
    );
    let second = format!(
        r#"dataset "a" was="tank/b" mountpoint="/srv/b" {{
            dataset "x" quota="2G"
            export {{ client "10.0.0.0/24" }}
            permissions mode="0700"
        }}
        dataset "b" was="tank/a" compression="zstd" {{
            dataset "new"
            dataset "x" {{ export {{ client "10.0.0.0/24" "ro" }} }}
        }}
        dataset "d" was="tank/c"
        dataset "e" was="tank/d"
        dataset "safe" was="tank/enc" {key} {{
            dataset "one" was="tank/enc/three"
            dataset "two" was="tank/enc/one" atime="off"
            dataset "three" was="tank/enc/two"
        }}
        dataset "shared" {{
            dataset "iso" was="tank/iso" {{ proxmox "isos" type="dir" {{ content "iso" }} }}
        }}
        volume "w" size="1G" was="tank/v""#
    );
    Pair {
        name: "renamed".to_owned(),
        first: graph(&spec(&first)),
        second: graph(&spec(&second)),
        clustered: false,
    }
}

/// Folders of datasets that containers are given, one each, so that its number is the same there and back: of a dataset
/// that stays, of one that is renamed, and of ones that come and go.
pub fn folders() -> Pair {
    let first = r#"dataset "stays" {
            permissions owner=0 group=33 mode="2750" container=101
            bind {
                lxc 101 at="/logs" subdirectory="101/logs"
                lxc 102 at="/logs" subdirectory="101/logs" ro=#true
            }
        }
        dataset "old" { bind { lxc 103 at="/old" subdirectory="a" } }
        dataset "goes" { bind { lxc 104 at="/goes" subdirectory="deep/er" } }"#;
    let second = r#"dataset "stays" {
            permissions owner=0 group=33 mode="2770" container=101
            bind {
                lxc 101 at="/logs" subdirectory="101/logs/more"
                lxc 102 at="/logs" subdirectory="ssl" ro=#true
                lxc 100 at="/ssl" subdirectory="ssl"
            }
        }
        dataset "new" was="tank/old" { bind { lxc 103 at="/old" subdirectory="a/b" } }
        dataset "comes" { bind { lxc 104 at="/goes" subdirectory="deep/er" } }"#;
    Pair {
        name: "folders".to_owned(),
        first: graph(&spec(first)),
        second: graph(&spec(second)),
        clustered: false,
    }
}

/// The files that hold the keys of [`encrypted`], both the same one.
pub const KEY_FILES: [&str; 2] = ["/keys/one", "/keys/two"];

/// Compiles a spec of one host.
pub fn graph(text: &str) -> Graph {
    let world = phoenix_compiler::OneFile(text.into());
    let compiled = compile(&world, &SpecPath::new("spec.kdl").unwrap());
    assert!(!compiled.has_errors(), "{:?}\n{text}", compiled.diagnostics);
    compiled.hosts.into_iter().next().unwrap().graph.unwrap()
}
