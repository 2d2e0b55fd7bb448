//! Options, from a spec and from the live table.
use super::{flavours::BY_FLAVOUR, *};
use proptest::prelude::*;

fn options(words: &str) -> ExportOptions {
    ExportOptions::from_words(words.split(',').filter(|word| !word.is_empty())).unwrap()
}

fn refused(words: &str) -> OptionError {
    ExportOptions::from_words(words.split(',')).unwrap_err()
}

/// As nfs-utils 2.6.2 wrote it for an entry `(rw,no_subtree_check)`.
const ETAB: &str = "rw,sync,wdelay,hide,nocrossmnt,secure,root_squash,no_all_squash,no_subtree_check,\
    secure_locks,acl,no_pnfs,anonuid=65534,anongid=65534,sec=sys,rw,secure,root_squash,no_all_squash";

#[test]
fn what_is_not_said_is_made_explicit() {
    let explicit: Vec<_> = options("").iter().map(str::to_owned).collect();
    assert_eq!(
        explicit.join(" "),
        "acl anongid=65534 anonuid=65534 hide no_all_squash no_pnfs no_subtree_check nocrossmnt ro \
         root_squash sec=sys secure secure_locks sync wdelay"
    );
}

#[test]
fn a_spec_equals_the_entry_it_makes() {
    assert_eq!(options("rw"), ExportOptions::from_etab(ETAB));
    assert_eq!(options("rw,sync,no_subtree_check,auth_nlm"), ExportOptions::from_etab(ETAB));
    assert_ne!(options("ro"), ExportOptions::from_etab(ETAB));
    assert_ne!(options("rw,async"), ExportOptions::from_etab(ETAB));
}

#[test]
fn older_and_newer_tables_read_alike() {
    let older = ETAB.replace("no_pnfs,", "").replace(",rw,secure,root_squash,no_all_squash", "");
    assert_eq!(options("rw"), ExportOptions::from_etab(&older));
}

#[test]
fn what_stands_behind_a_flavour_is_what_holds_for_it() {
    let mixed = ETAB.replace("sec=sys,rw", "sec=sys,ro");
    let read = ExportOptions::from_etab(&mixed);
    assert_ne!(read, options("rw"));
    // The server looks at the flavour's own, where it has the flavour.
    assert_eq!(read, options("ro"));
    assert_ne!(ExportOptions::from_etab(&format!("{ETAB},sign_fh")), options("rw"));
}

/// Options with what is said of flavours.
fn by_flavour(words: &str, said: &[Said<'_>]) -> Result<ExportOptions, OptionError> {
    ExportOptions::by_flavour(words.split(',').filter(|word| !word.is_empty()), said.to_vec())
}

/// As nfs-utils writes it for `(sec=krb5:krb5p,rw,sec=sys,ro,all_squash,no_subtree_check)`: what stands before the first
/// flavour is what holds after the last word.
const MIXED: &str = "ro,sync,wdelay,hide,nocrossmnt,secure,root_squash,all_squash,no_subtree_check,secure_locks,acl,\
    no_pnfs,anonuid=65534,anongid=65534,sec=krb5:krb5p,rw,secure,root_squash,no_all_squash,\
    sec=sys,ro,secure,root_squash,all_squash";

#[test]
fn what_differs_by_flavour_is_one_word_and_reads_back() {
    let asked = by_flavour("", &[("krb5:krb5p", vec!["rw"]), ("sys", vec!["all_squash"])]).unwrap();
    assert_eq!(ExportOptions::from_etab(MIXED), asked);
    let word = "sec=krb5:krb5p,rw,no_all_squash,sec=sys,ro,all_squash";
    assert_eq!(asked.iter().last(), Some(word));
    assert!(asked.render().ends_with(&format!("root_squash,no_subtree_check,{word}")), "{}", asked.render());
    assert_eq!(ExportOptions::from_etab(&asked.render()), asked);
    assert_eq!(ExportOptions::from_words(asked.iter()), Ok(asked.clone()));
    assert_eq!(asked.flavours().collect::<Vec<_>>(), ["krb5", "krb5p", "sys"]);
    assert_eq!(
        asked.differing(),
        [("krb5:krb5p", vec!["rw", "no_all_squash"]), ("sys", vec!["ro", "all_squash"])]
    );
    assert!(asked.may_hold("rw") && asked.may_hold("ro") && !asked.contains("ro") && !asked.contains("rw"));
    let holds = |word, flavour| asked.holds_by(word, flavour);
    assert!(holds("ro", Some("sys")) && holds("rw", Some("krb5p")) && !holds("ro", Some("krb5")));
    assert!(!holds("ro", None) && holds("root_squash", None) && !holds("ro", Some("krb5i")));
}

#[test]
fn flavours_that_say_the_same_are_as_if_nothing_was_said() {
    let alike = by_flavour("ro", &[("krb5", vec!["rw"]), ("sys", vec!["rw", "root_squash"])]).unwrap();
    assert_eq!(alike, options("rw,sec=krb5:sys"));
    assert_eq!(by_flavour("rw,sec=sys", &[]).unwrap(), options("rw"));
    // The order is that of preference.
    let other = by_flavour("", &[("sys", vec!["ro"]), ("krb5", vec!["rw"])]).unwrap();
    assert_ne!(other, by_flavour("", &[("krb5", vec!["rw"]), ("sys", vec!["ro"])]).unwrap());
}

#[test]
fn a_flavour_takes_over_what_was_said_before_it() {
    let read = |text| ExportOptions::from_etab(text);
    // What stands behind a flavour holds for any that comes later, too.
    assert_eq!(read("sec=sys,rw,sec=krb5p"), options("rw,sec=sys:krb5p"));
    let narrowed = by_flavour("", &[("sys", vec!["rw"]), ("krb5", vec!["ro"])]).unwrap();
    assert_eq!(read("rw,sec=sys:krb5,sec=krb5,ro"), narrowed);
    assert_eq!(read("ro,sec=sys,rw,async,sec=krb5,ro"), {
        by_flavour("async", &[("sys", vec!["rw"]), ("krb5", vec!["ro"])]).unwrap()
    });
    // The last word holds.
    assert_eq!(read("ro,rw,sync,async,anonuid=1,anonuid=2"), options("rw,async,anonuid=2"));
}

#[test]
fn what_cannot_be_said_of_a_flavour_is_refused() {
    let refused = |words, said: &[Said<'_>]| by_flavour(words, said).unwrap_err();
    for (word, said) in [
        ("async", vec![("sys", vec!["async"])]),
        ("anonuid=1", vec![("sys", vec!["anonuid=1"])]),
        ("sec=krb6", vec![("krb6", vec![])]),
        ("sec=sys,ro", vec![("sys,ro", vec![])]),
        ("sec=sys", vec![("sys", vec!["rw"]), ("krb5:unix", vec!["ro"])]),
        ("sec=", vec![("", vec![])]),
    ] {
        let error = refused("", &said);
        assert!(matches!(&error, OptionError::Value { word: found, .. } if **found == *word), "{error:?}");
    }
    let twice = refused("", &[("sys", vec!["ro", "rw"])]);
    assert_eq!(twice, OptionError::Contradiction { first: "ro".into(), second: "rw".into() });
    let both = refused("sec=krb5", &[("sys", vec!["ro"])]);
    assert_eq!(both, OptionError::Contradiction { first: "sec=krb5".into(), second: "sec=sys".into() });
    assert_eq!(refused("", &[("sys", vec!["rww"])]), OptionError::Unknown("rww".into()));
    // Of a store that somebody else wrote.
    for word in ["sec=sys,ro,sec=krb5,ro", "sec=sys,rw", "sec=sys,bogus,sec=krb5", "sec=,sec=sys", "sec=sys,"]
    {
        let read = ExportOptions::from_words([word]);
        assert!(read.is_err() || read.is_ok_and(|read| !read.contains(word)), "{word}");
    }
}

#[test]
fn values_have_one_spelling() {
    assert_eq!(options("fsid=root"), options("fsid=0"));
    assert_eq!(options("anonuid=-2"), options("anonuid=4294967294"));
    assert_eq!(options("mp=/tank"), options("mountpoint=/tank"));
    assert_eq!(options("sec=unix:krb5"), options("sec=sys:krb5"));
    assert_ne!(options("sec=krb5:sys"), options("sec=sys:krb5"));
    assert_eq!(options("reexport=none"), options(""));
}

#[test]
fn a_mount_option_is_told_apart() {
    let OptionError::MountOption { word, hint } = refused("noatime,async") else { panic!() };
    assert_eq!(&*word, "noatime");
    assert!(hint.contains("atime=\"off\" on the dataset"));
    for word in ["nodev", "vers=4.2", "hard", "rsize=1048576", "_netdev", "x-systemd.automount"] {
        assert!(matches!(refused(word), OptionError::MountOption { .. }), "{word}");
    }
}

#[test]
fn contradictions_and_unknown_words_are_refused() {
    let contradiction =
        |first: &str, second: &str| OptionError::Contradiction { first: first.into(), second: second.into() };
    assert_eq!(refused("ro,rw"), contradiction("ro", "rw"));
    assert_eq!(refused("crossmnt,async,nocrossmnt"), contradiction("crossmnt", "nocrossmnt"));
    assert_eq!(refused("anonuid=1,anonuid=2"), contradiction("anonuid=1", "anonuid=2"));
    assert_eq!(refused("mountpoint,mp=/a"), contradiction("mountpoint", "mp=/a"));
    assert_eq!(refused("no_root_sqash"), OptionError::Unknown("no_root_sqash".into()));
    assert_eq!(refused(""), OptionError::Unknown("".into()));
    assert_eq!(options("rw,rw"), options("rw"));
}

#[test]
fn wrong_values_are_refused() {
    for word in [
        "rw=yes",
        "anonuid",
        "anonuid=",
        "anonuid=nobody",
        "anonuid=4294967296",
        "fsid=12345678901234567890123456789012",
        "fsid=xyz",
        "sec=krb6",
        "sec=sys:sys",
        "mountpoint=tank",
        "mountpoint=/a b",
        "refer=host",
        "security_label=1",
        "reexport=maybe",
    ] {
        assert!(matches!(refused(word), OptionError::Value { .. }), "{word}");
    }
}

#[test]
fn a_line_says_what_is_needed() {
    assert_eq!(
        options("rw,async,crossmnt,anonuid=1000,sec=krb5,fsid=7,reexport=predefined-fsidnum").render(),
        "rw,async,wdelay,hide,crossmnt,secure,root_squash,no_all_squash,no_subtree_check,\
         anonuid=1000,fsid=7,reexport=predefined-fsidnum,sec=krb5"
    );
}

#[test]
fn entries_of_the_live_table_are_read() {
    let live = LiveExport::from_etab(&format!("/tank/my\\040data\t10.0.0.0/24({ETAB})\n")).unwrap();
    assert_eq!(live.path, "/tank/my data");
    assert_eq!(live.client, "10.0.0.0/24");
    assert_eq!(live.options, options("rw"));
    assert_eq!(LiveExport::from_etab("# a comment"), None);
}

#[test]
fn recorded_entries_equal_the_lines_they_came_from() {
    let live: Vec<_> =
        include_str!("../../tests/fixtures/etab.txt").lines().map(LiveExport::from_etab).collect();
    let mut compared = 0;
    for line in include_str!("../../tests/fixtures/exports.txt").lines() {
        // The recorded file quotes the one path that has a space.
        let (path, clients) = match line.strip_prefix('"') {
            Some(quoted) => quoted.split_once("\" ").unwrap(),
            None => line.split_once(' ').unwrap(),
        };
        for client in clients.split(' ') {
            let (client, words) = client.strip_suffix(')').unwrap().split_once('(').unwrap();
            check_client(client).unwrap();
            // nfs-utils resolves names in its table.
            let client = client.replace("localhost", "127.0.0.1");
            let asked = LiveExport { path: path.to_owned(), client, options: options(words) };
            assert!(live.contains(&Some(asked)), "{line}");
            compared += 1;
        }
    }
    assert_eq!(compared, live.len());
}

#[test]
fn every_word_of_the_vocabulary_is_read() {
    for word in vocabulary() {
        let value = match *word {
            "anonuid=" | "anongid=" | "fsid=" => "7",
            "mountpoint=" | "mp=" => "/tank",
            "refer=" | "replicas=" => "/tank@host",
            "sec=" => "krb5p",
            "xprtsec=" => "tls:mtls",
            "reexport=" => "auto-fsidnum",
            _ => "",
        };
        assert!(words::read(&format!("{word}{value}")).is_ok(), "{word}");
    }
}

/// Any legal options, as words of a spec.
fn legal() -> impl Strategy<Value = Vec<String>> {
    let toggles: Vec<_> = TOGGLES
        .iter()
        .map(|toggle| proptest::option::of(proptest::sample::select(vec![toggle.default, toggle.other])))
        .collect();
    let valued = (
        proptest::option::of(0u32..),
        proptest::option::of(0u32..),
        proptest::option::of(proptest::sample::select(vec![
            "fsid=root",
            "fsid=12",
            "fsid=0f0e0d0c-0b0a-0908-0706-050403020100",
            "fsid=0F0E0D0C:0B0A0908:07060504:03020100",
            "mountpoint",
            "mp=/tank/a",
            "sec=krb5:krb5i",
            "xprtsec=tls",
            "security_label",
            "nordirplus",
            "refer=/a@b",
        ])),
    );
    (toggles, valued).prop_map(|(toggles, (uid, gid, other))| {
        let mut words: Vec<String> = toggles.into_iter().flatten().map(str::to_owned).collect();
        words.extend(uid.map(|id| format!("anonuid={id}")));
        words.extend(gid.map(|id| format!("anongid={id}")));
        words.extend(other.map(str::to_owned));
        words
    })
}

/// What nfs-utils writes to the live table for these options.
fn etab(options: &ExportOptions) -> String {
    let (sec, rest): (Vec<_>, Vec<_>) = options.iter().partition(|word| word.starts_with("sec="));
    let by_flavour = options.iter().filter(|word| BY_FLAVOUR.contains(&words::key(word)));
    rest.into_iter().chain(sec).chain(by_flavour).collect::<Vec<_>>().join(",")
}

/// What nfs-utils writes to the live table where flavours say something: all four of each, and before them what the last
/// one says.
fn etab_by_flavour(options: &ExportOptions) -> String {
    let (same, rest): (Vec<_>, Vec<_>) =
        options.common().partition(|word| BY_FLAVOUR.contains(&words::key(word)));
    let pieces: Vec<String> = match options.differing() {
        said if said.is_empty() => return etab(options),
        said => said
            .iter()
            .map(|(names, own)| format!("sec={names},{},{}", own.join(","), same.join(",")))
            .collect(),
    };
    let last = pieces.last().unwrap().split_once(',').unwrap().1.to_owned();
    [&*last, &rest.join(","), &pieces.join(",")].join(",")
}

/// What is said of flavours, in any order.
fn flavours() -> impl Strategy<Value = Vec<(&'static str, Vec<&'static str>)>> {
    let words = BY_FLAVOUR.map(|key| {
        let toggle = TOGGLES.iter().find(|toggle| toggle.default == key).unwrap();
        proptest::option::of(proptest::sample::select(vec![toggle.default, toggle.other]))
    });
    let words = words.prop_map(|words| words.into_iter().flatten().collect::<Vec<_>>());
    let names = Just(vec!["sys", "krb5", "krb5i", "krb5p"]).prop_shuffle();
    (names, prop::collection::vec(words, 0..5))
        .prop_map(|(names, said)| names.into_iter().zip(said).collect())
}

proptest! {
    #[test]
    fn the_live_table_shows_what_was_asked_for(words in legal()) {
        let asked = ExportOptions::from_words(words.iter().map(String::as_str)).unwrap();
        prop_assert_eq!(ExportOptions::from_etab(&etab(&asked)), asked);
    }

    #[test]
    fn what_is_said_of_flavours_reads_back(words in legal(), said in flavours()) {
        let words = words.iter().map(String::as_str).filter(|word| !word.starts_with("sec="));
        let asked = ExportOptions::by_flavour(words, said).unwrap();
        prop_assert_eq!(ExportOptions::from_etab(&asked.render()), asked.clone());
        prop_assert_eq!(ExportOptions::from_etab(&etab_by_flavour(&asked)), asked.clone());
        prop_assert_eq!(ExportOptions::from_words(asked.iter()), Ok(asked.clone()));
        let json = serde_json::to_string(&asked).unwrap();
        prop_assert_eq!(serde_json::from_str::<ExportOptions>(&json).unwrap(), asked);
    }

    #[test]
    fn what_is_written_reads_back(words in legal()) {
        let asked = ExportOptions::from_words(words.iter().map(String::as_str)).unwrap();
        prop_assert_eq!(ExportOptions::from_words(asked.render().split(',')).unwrap(), asked.clone());
        let json = serde_json::to_string(&asked).unwrap();
        prop_assert_eq!(serde_json::from_str::<ExportOptions>(&json).unwrap(), asked);
    }

    #[test]
    fn no_text_panics(text: String) {
        let _ = ExportOptions::from_etab(&text);
        let _ = ExportOptions::from_words([text.as_str()]);
    }
}
