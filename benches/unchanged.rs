//! Times `phoenix build`, the whole process: cold, with everything to write; compiled anew into a store
//! that has it all; and unchanged.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use divan::Bencher;
use phoenix_specs::large::various;
use std::{
    fs,
    process::{Command, Stdio},
};
use tempfile::TempDir;

const SIZES: &[usize] = &[10, 1_000, 10_000];

fn main() {
    divan::main();
}

/// A folder with a spec and a store.
struct Place(TempDir);

impl Place {
    fn new(datasets: usize) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        fs::write(place.0.path().join("phoenix.kdl"), various(datasets)).unwrap();
        place.build();
        place
    }

    #[expect(clippy::disallowed_methods, reason = "the benchmark starts the program that it times")]
    fn build(&self) {
        let status = Command::new(env!("CARGO_BIN_EXE_phoenix"))
            .args(["build", "--state-dir", "state"])
            .current_dir(self.0.path())
            .env_clear()
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        assert!(status.unwrap().success());
    }

    /// Takes a folder away. A small spec has no cache: there is none to lose.
    fn lose(&self, what: &str) {
        let folder = self.0.path().join(what);
        if folder.exists() {
            fs::remove_dir_all(folder).unwrap();
        }
    }
}

/// Neither store nor cache.
#[divan::bench(args = SIZES, sample_count = 3, sample_size = 1)]
fn cold(bencher: Bencher, datasets: usize) {
    let place = Place::new(datasets);
    bencher.with_inputs(|| place.lose("state")).bench_values(|()| place.build());
}

/// The store has all, but the cache is gone.
#[divan::bench(args = SIZES, sample_count = 10, sample_size = 1)]
fn without_cache(bencher: Bencher, datasets: usize) {
    let place = Place::new(datasets);
    bencher.with_inputs(|| place.lose("state/cache")).bench_values(|()| place.build());
}

/// Nothing changed.
#[divan::bench(args = SIZES, sample_count = 50, sample_size = 1)]
fn unchanged(bencher: Bencher, datasets: usize) {
    let place = Place::new(datasets);
    bencher.bench(|| place.build());
}
