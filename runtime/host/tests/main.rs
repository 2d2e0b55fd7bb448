//! What each operation is as a command.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod guest_conf;

use phoenix_host::op::Op;
use phoenix_operations::all;

#[test]
fn every_operation_is_rendered_as_one_types_it() {
    for (op, line) in all() {
        assert_eq!(op.describe(), line);
    }
}

#[test]
fn no_operation_forces_or_goes_down_a_tree_by_itself() {
    for (op, line) in all() {
        let argv = op.argv().unwrap_or_default();
        let options =
            argv.iter().skip(1).take_while(|word| *word != "--").filter(|word| word.starts_with('-'));
        for word in options.filter(|word| !word.starts_with("--")) {
            let exports = argv[0] == "exportfs" && word == "-ra";
            assert!(exports || !word.contains(['f', 'F', 'r', 'R']), "{word} in {line}");
        }
        assert!(!argv.iter().any(|word| word == "--force"), "{line}");
    }
}

#[test]
fn only_what_starts_no_process_has_no_arguments() {
    for (op, _) in all() {
        let none = matches!(
            op,
            Op::TunableSet { .. }
                | Op::DirectorySet { .. }
                | Op::ContentsSet { .. }
                | Op::FolderMake { .. }
                | Op::FolderRemove { .. }
                | Op::Link { .. }
                | Op::Unlink { .. }
        );
        assert_eq!(op.argv().is_none(), none);
    }
}
