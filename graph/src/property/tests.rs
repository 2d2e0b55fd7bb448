//! The table and its values, as sentences.
use super::*;

fn property(target: Target, name: &str) -> &'static Property {
    find(target, name).unwrap_or_else(|| panic!("{name} is in the table"))
}

#[test]
fn every_row_is_found_by_its_name() {
    for row in table::rows() {
        let name = if row.name.ends_with('@') { format!("{}x", row.name) } else { row.name.to_owned() };
        for target in row.targets {
            let found = property(*target, &name);
            assert_eq!(found.doc, row.doc, "{name} stands in the table once for {target:?}");
        }
        assert_eq!(static_name(row.name), Some(row.name));
    }
    assert_eq!(find(Target::Filesystem, "atim").map(|row| row.name), None);
    assert_eq!(static_name("phoenix:owner"), None);
}
