//! Times a whole build against what the kdl crate alone needs to parse the same text, and an `each`
//! against the same datasets written out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use divan::{Bencher, black_box};
use kdl::KdlDocument;
use phoenix_compiler::{OneFile, SpecPath, compile};
use phoenix_specs::large::{Said, alike, various};

const SIZES: &[usize] = &[10, 1_000, 10_000];

fn main() {
    divan::main();
}

#[divan::bench(args = SIZES)]
fn kdl_alone(bencher: Bencher, datasets: usize) {
    let text = various(datasets);
    bencher.bench(|| KdlDocument::parse_v2(black_box(&text)));
}

#[divan::bench(args = SIZES)]
fn build(bencher: Bencher, datasets: usize) {
    time(bencher, various(datasets));
}

#[divan::bench(args = SIZES)]
fn alike_written_out(bencher: Bencher, datasets: usize) {
    time(bencher, alike(datasets, Said::WrittenOut));
}

#[divan::bench(args = SIZES)]
fn alike_by_each(bencher: Bencher, datasets: usize) {
    time(bencher, alike(datasets, Said::Each));
}

#[divan::bench(args = SIZES)]
fn alike_by_each_in_a_profile(bencher: Bencher, datasets: usize) {
    time(bencher, alike(datasets, Said::EachInProfile));
}

#[divan::bench(args = SIZES)]
fn alike_by_each_under_nodes(bencher: Bencher, datasets: usize) {
    time(bencher, alike(datasets, Said::EachUnderNodes));
}

fn time(bencher: Bencher, text: String) {
    let world = OneFile(text.into());
    let path = SpecPath::new("spec.kdl").unwrap();
    bencher.bench(|| compile(black_box(&world), &path));
}
