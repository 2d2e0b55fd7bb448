//! The readers against a printer that does as `zfs get` does, and against who chooses values to fool them.

use super::*;
use proptest::{collection::vec, prelude::*};
use std::collections::BTreeMap;

/// A host's datasets: by name, what is set on each, any bytes, with the source as printed.
type Host = BTreeMap<String, BTreeMap<String, (Vec<u8>, String)>>;

const PROPERTIES: [&str; 5] = ["type", "mountpoint", "phoenix:home", "phoenix:owner", "mounted"];
const FENCE: &str = "phoenix:00112233445566778899aabbccddeeff";

fn properties() -> Vec<String> {
    PROPERTIES.map(str::to_owned).to_vec()
}

fn fenced_list() -> Vec<String> {
    let inner = PROPERTIES.iter().flat_map(|name| [(*name).to_owned(), FENCE.to_owned()]);
    std::iter::once(FENCE.to_owned()).chain(inner).collect()
}

/// Prints what `zfs get -Hp -o name,property,value,source` does.
fn print(host: &Host, properties: &[String]) -> Vec<u8> {
    let mut text = Vec::new();
    for (name, set) in host {
        for property in properties {
            let (value, source): (&[u8], &str) = match (property.as_str(), set.get(property)) {
                ("type", _) => (b"filesystem", "-"),
                ("mounted", _) => (b"yes", "-"),
                (_, Some((value, source))) => (value, source),
                (_, None) => (b"-", "-"),
            };
            text.extend([name.as_bytes(), b"\t", property.as_bytes(), b"\t", value].concat());
            text.extend([b"\t", source.as_bytes(), b"\n"].concat());
        }
    }
    text
}

/// What is read, as it was printed; the cells that nobody can set are left out.
fn read(text: &[u8], cells: &[Cell]) -> Host {
    let mut host = Host::new();
    for cell in cells {
        let word = |range: &Range<usize>| String::from_utf8(text[range.clone()].to_vec()).unwrap();
        let set = host.entry(word(&cell.name)).or_default();
        let (value, source) = (text[cell.value.clone()].to_vec(), word(&cell.source));
        if !["type", "mounted"].contains(&PROPERTIES[cell.property]) && source != "-" {
            assert!(set.insert(PROPERTIES[cell.property].to_owned(), (value, source)).is_none());
        }
    }
    host
}

fn host(values: &[(&str, &str, &[u8])]) -> Host {
    let mut host = Host::new();
    for name in ["tank", "tank/u", "tank/v", "tank/w"] {
        host.insert(name.to_owned(), BTreeMap::new());
    }
    for (name, property, value) in values {
        let set = host.get_mut(*name).unwrap();
        set.insert((*property).to_owned(), (value.to_vec(), "local".to_owned()));
    }
    host
}

#[test]
fn values_with_tabs_and_bytes_that_are_no_text_are_read_without_fences() {
    let host = host(&[("tank/u", "phoenix:owner", b"a\tlocal\t\xff"), ("tank/v", "phoenix:home", b"")]);
    let text = print(&host, &properties());
    assert_eq!(read(&text, &framed(&text, &properties()).unwrap()), host);
}

#[test]
fn a_value_that_forges_rows_is_seen_and_read_as_the_one_value_that_it_is() {
    // The marks of another dataset, and the other rows that make the count fit its group.
    let forged = b"x\tlocal\ntank/u\tphoenix:owner\t-\t-\ntank/u\tmounted\tyes\t-\n\
        tank/v\ttype\tfilesystem\t-\ntank/v\tmountpoint\t/v\tdefault\n\
        tank/v\tphoenix:home\ttank/nothing\tlocal\ntank/v\tphoenix:owner\th\tlocal\ntank/v\tmounted\tyes\t-\n\
        tank/u\ttype\tfilesystem\t-\ntank/u\tmountpoint\t-\t-\ntank/u\tphoenix:home\t-";
    let host = host(&[("tank/u", "phoenix:home", forged), ("tank/w", "mountpoint", b"/x\ny\tz")]);
    let text = print(&host, &properties());
    assert!(framed(&text, &properties()).is_none());
    let text = print(&host, &fenced_list());
    let cells = fenced(&text, &properties(), FENCE, b"\t-\t-").unwrap();
    assert_eq!(read(&text, &cells), host);
}

#[test]
fn an_output_that_was_cut_off_is_not_read() {
    let host = host(&[("tank/u", "phoenix:owner", b"x")]);
    let (plain, fenced_text) = (print(&host, &properties()), print(&host, &fenced_list()));
    for length in 1..plain.len() {
        let cells = framed(&plain[..length], &properties());
        // A cut between two datasets shows nothing of itself: the exit code tells.
        let whole = plain[..length].ends_with(b"\tmounted\tyes\t-\n");
        assert_eq!(cells.is_some(), whole, "{length}");
    }
    for length in 1..fenced_text.len() {
        if let Some(cells) = fenced(&fenced_text[..length], &properties(), FENCE, b"\t-\t-") {
            assert_eq!(cells.len() % PROPERTIES.len(), 0);
        }
    }
    assert!(framed(b"", &properties()).unwrap().is_empty());
}

#[test]
fn long_lists_of_properties_are_asked_for_in_parts_that_fit_one_argument_fences_and_all() {
    let names: Vec<String> = (0..2_000).map(|number| format!("site:{number:0>250}")).collect();
    let asked: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    let lists = lists(Table::Datasets, &asked);
    assert!(lists.len() > 1);
    for list in &lists {
        assert_eq!((list[0].as_str(), list[list.len() - 1].as_str()), ("type", "mounted"));
        assert!(list.join(&format!(",{FENCE},")).len() + 2 * FENCE.len() + 2 < 131_072);
    }
    assert_eq!(lists.iter().map(|list| list.len() - 2).sum::<usize>(), names.len());
}

/// Words that an attacker would build a value of, the fence among them where he has seen it.
fn words(with_fence: bool) -> impl Strategy<Value = Vec<u8>> {
    let names = ["tank", "tank/u", "tank/v", "tank/w", "tank/z"];
    let row = (prop::sample::select(names.to_vec()), 0..PROPERTIES.len(), "[a-z]{0,2}").prop_map(
        |(name, property, value)| format!("{name}\t{}\t{value}\tlocal", PROPERTIES[property]).into_bytes(),
    );
    let fence = prop::sample::select(names.to_vec()).prop_map(move |name| {
        format!("{name}\t{}\t-\t-", if with_fence { FENCE } else { "x:y" }).into_bytes()
    });
    let odd =
        prop::sample::select(vec![&b"\n"[..], b"\t", b"\xff\xfe", b"\t-\t-", b"-", b"\tlocal", b"\x1b[2J"]);
    let piece = prop_oneof![3 => row, 2 => fence, 2 => odd.prop_map(<[u8]>::to_vec)];
    vec((piece, any::<bool>()), 0..14).prop_map(|pieces| {
        let ended =
            |(piece, ends): (Vec<u8>, bool)| if ends { [piece, b"\n".to_vec()].concat() } else { piece };
        pieces.into_iter().flat_map(ended).collect()
    })
}

/// Two of the datasets are the attacker's: there is one of root's before, between and behind them.
fn attacked(values: [Vec<u8>; 4]) -> Host {
    let [a, b, c, d] = values;
    host(&[
        ("tank", "phoenix:owner", b"h"),
        ("tank/u", "mountpoint", &a),
        ("tank/u", "phoenix:owner", &b),
        ("tank/v", "phoenix:home", b"tank/v"),
        ("tank/w", "phoenix:home", &c),
        ("tank/w", "phoenix:owner", &d),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_believed_without_fences_is_what_is_set(values in [words(false), words(false), words(false), words(false)]) {
        let host = attacked(values);
        let text = print(&host, &properties());
        if let Some(cells) = framed(&text, &properties()) {
            prop_assert_eq!(read(&text, &cells), host);
        }
    }

    #[test]
    fn with_a_fence_that_nobody_knew_every_value_is_read_as_it_is(values in [words(false), words(false), words(false), words(false)]) {
        let host = attacked(values);
        let text = print(&host, &fenced_list());
        let cells = fenced(&text, &properties(), FENCE, b"\t-\t-").unwrap();
        prop_assert_eq!(read(&text, &cells), host);
    }

    /// He saw the fence's name among the arguments while the command ran, and set it, too.
    #[test]
    fn who_knows_the_fence_can_hold_the_look_up_but_not_fool_it(
        values in [words(true), words(true), words(true), words(true)],
        own in prop::option::of(words(true)),
    ) {
        let mut host = attacked(values);
        let mut printed = host.clone();
        if let Some(own) = own {
            for name in ["tank/u", "tank/w"] {
                let set = printed.get_mut(name).unwrap();
                set.insert(FENCE.to_owned(), (own.clone(), "local".to_owned()));
            }
        }
        let text = print(&printed, &fenced_list());
        if let Some(cells) = fenced(&text, &properties(), FENCE, b"\t-\t-") {
            let mut seen = read(&text, &cells);
            for others in [&mut seen, &mut host] {
                others.retain(|name, _| name != "tank/u" && name != "tank/w");
            }
            prop_assert_eq!(seen, host);
        }
    }

    #[test]
    fn no_bytes_make_the_readers_panic(text in vec(any::<u8>(), 0..400), lines in "([a-z/]{0,4}[\t\n]){0,40}") {
        for text in [&text[..], lines.as_bytes()] {
            let _ = framed(text, &properties());
            let _ = fenced(text, &properties(), FENCE, b"\t-\t-");
        }
    }
}
