//! Specs of any size, for benchmarks and the tests that belong to them.

use std::fmt::Write;

/// Writes a spec as a person with many datasets would have it: profiles, quotas, some exports and
/// registrations.
pub fn various(datasets: usize) -> String {
    let mut text = String::from(
        "edition 1\nimport \"std/proxmox\"\nimport \"std/sharing\"\nlet lan \"10.0.0.0/24\"\n\n\
         host \"phoenix\" {\n    arc max=\"30GiB\"\n    pool \"tank\" autotrim=#true {\n        mirror {\n            \
         disk \"/dev/disk/by-id/nvme-DISK_1\"\n            disk \"/dev/disk/by-id/nvme-DISK_2\"\n        }\n",
    );
    for at in 0..datasets {
        let quota = 1 + at % 900;
        let _ = match at % 5 {
            0 => writeln!(
                text,
                "        dataset \"share-{at}\" use=\"shared-data\" quota=\"{quota}G\" {{\n            \
                 export {{ client (let)\"lan\" }}\n        }}"
            ),
            1 => writeln!(
                text,
                "        dataset \"disks-{at}\" use=\"vm-disks\" quota=\"{quota}G\" {{\n            \
                 proxmox \"disks-{at}\"\n        }}"
            ),
            2 => writeln!(text, "        dataset \"bulk-{at}\" use=\"bulk-data\" quota=\"{quota}G\""),
            3 => writeln!(text, "        dataset \"db-{at}\" use=\"shared-database\" quota=\"{quota}G\""),
            _ => writeln!(
                text,
                "        dataset \"own-{at}\" recordsize=\"16K\" compression=\"zstd\" quota=\"{quota}G\""
            ),
        };
    }
    text.push_str("    }\n}\n");
    text
}

/// How many datasets that differ in their name alone are said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// Each by a node of its own.
    WrittenOut,
    /// By one `each`.
    Each,
    /// By one `each` in a profile that the pool uses.
    EachInProfile,
    /// By one `each` in a profile, each once more by a node of its own, which the profile lies under.
    EachUnderNodes,
}

/// Writes a spec of datasets that differ in their name alone. It comes to the same graph, however it
/// is said.
pub fn alike(datasets: usize, said: Said) -> String {
    let node = |text: &mut String, name: &str, rest: &str| {
        let _ = writeln!(text, "        dataset {name}{rest}");
    };
    let rest = " use=\"bulk-data\" quota=\"100G\" { export { client \"10.0.0.0/24\" } }";
    let mut each = String::from("        each \"name\"");
    for at in 0..datasets {
        let _ = write!(each, " \"{at}\"");
    }
    each.push_str(" {\n    ");
    node(&mut each, "(fmt)\"bulk-{name}\"", rest);
    each.push_str("        }\n");
    let nodes = |rest: &str| {
        (0..datasets).fold(String::new(), |mut text, at| {
            node(&mut text, &format!("\"bulk-{at}\""), rest);
            text
        })
    };
    let (profile, uses, body) = match said {
        Said::WrittenOut => (String::new(), "", nodes(rest)),
        Said::Each => (String::new(), "", each),
        Said::EachInProfile => (each, " use=\"many\"", String::new()),
        Said::EachUnderNodes => (each, " use=\"many\"", nodes("")),
    };
    let profile = if profile.is_empty() { profile } else { format!("profile \"many\" {{\n{profile}}}\n") };
    format!(
        "edition 1\nimport \"std/sharing\"\n{profile}host \"phoenix\" {{\n    pool \"tank\"{uses} {{\n        \
         mirror {{ disk \"/dev/disk/by-id/nvme-DISK_1\"; disk \"/dev/disk/by-id/nvme-DISK_2\" }}\n{body}    }}\n}}\n"
    )
}
