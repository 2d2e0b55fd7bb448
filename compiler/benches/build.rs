//! Times a whole build against what the kdl crate alone needs to parse the same text.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use divan::{Bencher, black_box};
use kdl::KdlDocument;
use phoenix_compiler::{OneFile, SpecPath, compile};
use std::fmt::Write;

const SIZES: &[usize] = &[10, 1_000, 10_000];

fn main() {
    divan::main();
}

/// Writes a spec as a person with many datasets would have it: profiles, quotas, some exports and
/// registrations.
fn spec(datasets: usize) -> String {
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

#[divan::bench(args = SIZES)]
fn kdl_alone(bencher: Bencher, datasets: usize) {
    let text = spec(datasets);
    bencher.bench(|| KdlDocument::parse_v2(black_box(&text)));
}

#[divan::bench(args = SIZES)]
fn build(bencher: Bencher, datasets: usize) {
    let world = OneFile(spec(datasets).into());
    let path = SpecPath::new("spec.kdl").ok();
    bencher.bench(|| path.as_ref().map(|path| compile(black_box(&world), path)));
}
