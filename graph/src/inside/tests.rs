use super::{units::Unit, *};
use crate::{
    nfs::{CONNECTIONS, Flavour, TIMEOUT, Version, text},
    unit_name,
};
use proptest::prelude::*;

fn mount(server: &str, what: &str, at: &str) -> NfsMount {
    NfsMount { server: server.into(), what: what.into(), at: at.into(), options: NfsOptions::default() }
}

fn options() -> impl Strategy<Value = NfsOptions> {
    let timeout = || proptest::option::of(TIMEOUT);
    (
        prop::sample::select(&Version::ALL[..]),
        proptest::option::of(CONNECTIONS),
        proptest::option::of(prop::sample::select(&Flavour::ALL[..])),
        any::<[bool; 3]>(),
        proptest::option::of(timeout().prop_map(|idle_timeout| Automount { idle_timeout })),
        timeout(),
    )
        .prop_map(|(vers, nconnect, sec, [ro, soft, noatime], automount, mount_timeout)| NfsOptions {
            vers,
            nconnect,
            sec,
            ro,
            soft,
            noatime,
            automount,
            mount_timeout,
        })
}

/// Paths with all that somebody may think of, and what would break out of a line, a word or a quotation.
fn path() -> impl Strategy<Value = String> {
    prop_oneof![3 => "/[a-c/ .%:;,#=\\-\\\\\"'\\[\\]$`{}äß中😀\u{a0}]{0,24}", 1 => any::<String>().prop_map(|text| format!("/{text}"))]
}

fn nfs_mounts() -> impl Strategy<Value = MachineMount> {
    (prop::sample::select(&["10.0.0.1", "nas.lan", "fd00::1", "a_b-c"][..]), path(), path(), options())
        .prop_filter_map("no mount", |(server, what, at, options)| {
            let at = text::at(&at).ok()?;
            let mount = NfsMount { server: server.into(), what: what.into(), at, options };
            mount.check().ok()?;
            Some(MachineMount::Nfs(mount))
        })
}

fn tag_mounts() -> impl Strategy<Value = MachineMount> {
    let tag = "[a-zA-Z][a-zA-Z0-9_-]{1,35}";
    (tag, path(), options()).prop_filter_map("no mount", |(tag, at, options)| {
        let NfsOptions { ro, noatime, automount, mount_timeout, .. } = options;
        let options = TagOptions { ro, noatime, automount, mount_timeout };
        Some(MachineMount::Tag(TagMount { tag: tag.into(), at: text::at(&at).ok()?, options }))
    })
}

fn mounts() -> impl Strategy<Value = MachineMount> {
    prop_oneof![nfs_mounts(), tag_mounts()]
}

proptest! {
    #[test]
    fn units_read_back_as_they_were_written(mount in mounts()) {
        let units = units::units(&mount);
        prop_assert_eq!(units::read(&units), Some(mount));
        // Nobody's text begins a line of its own.
        for line in units.iter().flat_map(|unit| unit.text.lines()) {
            let known = ["#", "[Mount]", "[Automount]", "[Install]", "What=", "Where=", "Type=", "Options=", "Timeout", "WantedBy="];
            prop_assert!(line.is_empty() || known.iter().any(|start| line.starts_with(start)), "{line}");
        }
    }

    #[test]
    fn a_line_of_fstab_reads_back_as_it_was_written(mount in mounts()) {
        let line = fstab::line(&mount);
        prop_assert_eq!(line.split_ascii_whitespace().count(), 6);
        prop_assert_eq!(line.lines().count(), 1);
        prop_assert_eq!(fstab::read(&line), Some(mount));
    }

    #[test]
    fn whatever_a_reader_takes_is_what_would_be_written(
        mount in mounts(),
        at in 0..200usize,
        with in "[a-z0-9=,.%\\\\ \n-]{0,3}",
    ) {
        let spoil = |text: &str| -> String {
            let at = at % text.chars().count();
            text.chars().take(at).chain(with.chars()).chain(text.chars().skip(at + 1)).collect()
        };
        let line = spoil(&fstab::line(&mount));
        if let Some(read) = fstab::read(&line) {
            prop_assert_eq!(fstab::line(&read), line);
        }
        let mut units = units::units(&mount);
        units[0].text = spoil(&units[0].text);
        if let Some(read) = units::read(&units) {
            prop_assert_eq!(units::units(&read), units);
        }
    }

    #[test]
    fn cloud_init_is_ascii_and_every_word_in_quotes_reads_back(mount in mounts()) {
        let document = cloud_init::document(std::slice::from_ref(&mount));
        prop_assert!(document.bytes().all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte)));
        let line = document.lines().find(|line| line.starts_with("  - [\"") && !line.contains("systemctl")).unwrap();
        let words = unquoted(line.strip_prefix("  - [").and_then(|rest| rest.strip_suffix(']')).unwrap());
        prop_assert_eq!(words, fstab::fields(&mount).to_vec());
    }

    #[test]
    fn names_of_units_lead_back_to_the_path(path in path()) {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let one = format!("/{}", parts.join("/"));
        prop_assert_eq!(unit_name::path(&unit_name::of(&path, "mount"), "mount"), Some(one));
    }
}

/// Reads the words of a sequence of YAML, each in double quotes (YAML 1.2, 5.7).
fn unquoted(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        assert_eq!(c, '"');
        let mut word = String::new();
        loop {
            match rest.next().unwrap() {
                '"' => break,
                '\\' => {
                    let digits = match rest.next().unwrap() {
                        'u' => 4,
                        'U' => 8,
                        c => {
                            word.push(c);
                            continue;
                        }
                    };
                    let number: String = rest.by_ref().take(digits).collect();
                    word.push(char::from_u32(u32::from_str_radix(&number, 16).unwrap()).unwrap());
                }
                c => word.push(c),
            }
        }
        words.push(word);
        assert!(matches!(rest.next(), None | Some(',')));
        assert!(matches!(rest.next(), None | Some(' ')));
    }
    words
}

#[test]
fn a_mount_is_written_in_each_way() {
    let of = |mount: &NfsMount| MachineMount::Nfs(mount.clone());
    let mut mount = mount("10.0.0.1", "/tank/my data", "/srv/shared-data");
    mount.options = NfsOptions {
        nconnect: Some(4),
        noatime: true,
        automount: Some(Automount { idle_timeout: Some(600) }),
        mount_timeout: Some(30),
        ..NfsOptions::default()
    };
    let unit = |name: &str, text: &str| Unit { name: name.into(), text: text.into() };
    assert_eq!(
        units::units(&of(&mount)),
        [
            unit(
                r"srv-shared\x2ddata.mount",
                "\
[Mount]
What=10.0.0.1:/tank/my data
Where=/srv/shared-data
Type=nfs4
Options=vers=4.2,hard,noatime,nconnect=4
TimeoutSec=30s
"
            ),
            unit(
                r"srv-shared\x2ddata.automount",
                "\
[Automount]
Where=/srv/shared-data
TimeoutIdleSec=600s

[Install]
WantedBy=multi-user.target
"
            )
        ]
    );
    assert_eq!(
        fstab::line(&of(&mount)),
        "10.0.0.1:/tank/my\\040data /srv/shared-data nfs4 vers=4.2,hard,noatime,nconnect=4,_netdev,nofail,X-mount.mkdir,\
         x-systemd.automount,x-systemd.idle-timeout=600s,x-systemd.mount-timeout=30s 0 0\n"
    );
    mount.options =
        NfsOptions { vers: Version::V3, ro: true, soft: true, automount: None, ..NfsOptions::default() };
    let [ref one] = units::units(&of(&mount))[..] else { panic!("{mount:?}") };
    assert!(one.text.contains("Type=nfs\nOptions=vers=3,soft,ro\n\n[Install]\nWantedBy=remote-fs.target\n"));
    assert_eq!(
        cloud_init::document(&[of(&mount)]),
        "#cloud-config
packages:
  - \"nfs-common\"
mounts:
  - [\"10.0.0.1:/tank/my\\\\040data\", \"/srv/shared-data\", \"nfs\", \"vers=3,soft,ro,_netdev,nofail,X-mount.mkdir\", \"0\", \"0\"]
runcmd:
  - [\"systemctl\", \"daemon-reload\"]
  - [\"systemctl\", \"start\", \"remote-fs.target\"]
"
    );
}

#[test]
fn what_is_given_by_virtiofs_needs_no_network() {
    let options = TagOptions { ro: true, noatime: true, automount: None, mount_timeout: Some(30) };
    let mut mount = TagMount { tag: "media".into(), at: "/srv/my data".into(), options };
    let one = MachineMount::Tag(mount.clone());
    assert_eq!(
        units::units(&one),
        [Unit {
            name: r"srv-my\x20data.mount".into(),
            text: "\
[Mount]
What=media
Where=/srv/my data
Type=virtiofs
Options=ro,noatime
TimeoutSec=30s

[Install]
WantedBy=local-fs.target
"
            .into()
        }]
    );
    assert_eq!(
        fstab::line(&one),
        "media /srv/my\\040data virtiofs ro,noatime,nofail,X-mount.mkdir,x-systemd.mount-timeout=30s 0 0\n"
    );
    let with_network = fstab::line(&one).replace("nofail", "_netdev,nofail");
    assert_eq!(fstab::read(&with_network), None);
    let document = cloud_init::document(std::slice::from_ref(&one));
    assert!(!document.contains("packages"), "{document}");
    assert!(document.ends_with("  - [\"systemctl\", \"start\", \"local-fs.target\"]\n"), "{document}");
    for (tag, wrong) in [("a", true), ("1a", true), ("a b", true), ("a.b", true), ("a_-1", false)] {
        mount.tag = tag.into();
        assert_eq!(mount.check().is_err(), wrong, "{tag}");
    }
    mount.tag = "a".repeat(36).into();
    assert_eq!(mount.check(), Ok(()));
    mount.tag = "a".repeat(37).into();
    assert!(mount.check().is_err());
}

#[test]
fn what_has_a_meaning_of_its_own_is_escaped() {
    let mount = MachineMount::Nfs(mount("fd00::1", "/100%/%h", "/.a/ü"));
    let [ref one, _] = units::units(&mount)[..] else { panic!("{mount:?}") };
    assert_eq!(one.name, r"\x2ea-\xc3\xbc.mount");
    assert_eq!(unit_name::of("/a:b_.c/-/", "mount"), r"a:b_.c-\x2d.mount");
    assert_eq!(
        (unit_name::of("/", "mount"), unit_name::path("-.mount", "mount")),
        ("-.mount".into(), Some("/".into()))
    );
    for wrong in [
        "a-b",
        "a-b.automount",
        r"a\x2",
        r"a\x2d\xzz.mount",
        r"a\x61.mount",
        "-a.mount",
        ".a.mount",
        "ü.mount",
        r"\xff.mount",
    ] {
        assert_eq!(unit_name::path(wrong, "mount"), None, "{wrong}");
    }
    assert!(one.text.contains("What=[fd00::1]:/100%%/%%h\nWhere=/.a/ü\n"), "{}", one.text);
    assert!(fstab::line(&mount).starts_with("[fd00::1]:/100%/%h /.a/ü nfs4 "));
    assert!(cloud_init::document(std::slice::from_ref(&mount)).contains(r#""/.a/\u00fc""#));
}

#[test]
fn what_would_break_out_is_refused() {
    for bad in
        ["srv", "/", "//", "/a/../b", "/a/.", "/a\nb", "/a\u{2028}b", "/a\u{202e}", "/a ", "/a\\", "/a/ /"]
    {
        assert!(text::at(bad).is_err(), "{bad:?}");
    }
    assert_eq!(text::at("//srv///a b/").as_deref(), Ok("/srv/a b"));
    assert!(text::at(&format!("/{}", "a".repeat(245))).is_ok());
    assert!(text::at(&format!("/{}", "a".repeat(246))).is_err());
    assert!(text::at(&format!("/{}", "-".repeat(62))).is_err());
    for bad in ["/a", "", "/", "..", "a/../b", "a\tb", "a/b "] {
        assert!(text::subdirectory(bad).is_err(), "{bad:?}");
    }
    assert_eq!(text::subdirectory("a//b/").as_deref(), Ok("a/b"));
    for bad in [
        "",
        "10.0.0",
        "10.0.0.0/24",
        "*",
        "@nas",
        "nas.*",
        "a b",
        "[fd00::1]",
        "nas:/x",
        "-o",
        "fe80::1%eth0",
    ] {
        assert!(text::server(bad).is_err(), "{bad:?}");
    }
    assert_eq!(text::server("NAS.Lan").as_deref(), Ok("nas.lan"));
    assert_eq!(text::server("FD00:0::0001").as_deref(), Ok("fd00::1"));
    let mut wrong = mount("10.0.0.1", "/a", "/b");
    wrong.options.nconnect = Some(17);
    assert_eq!(wrong.check(), Err("17 is no number of connections: there are 1 to 16".to_owned()));
    wrong.options = NfsOptions { mount_timeout: Some(0), ..NfsOptions::default() };
    assert_eq!(wrong.check(), Err("0 seconds are not 1s to 1w".to_owned()));
}

#[test]
fn readers_take_nothing_that_is_written_otherwise() {
    let mount = MachineMount::Nfs(mount("10.0.0.1", "/a", "/b"));
    let line = fstab::line(&mount);
    for (old, new) in [
        (" 0 0", " 0 1"),
        ("hard", "hard,hard"),
        ("nfs4", "nfs"),
        (" /b", "  /b"),
        ("nofail,", ""),
        ("\n", ""),
    ] {
        assert!(line.contains(old));
        assert_eq!(fstab::read(&line.replacen(old, new, 1)), None, "{old} {new}");
    }
    let units = units::units(&mount);
    for (old, new) in [
        ("Where=/b", "Where=/c"),
        ("What=", "What=x"),
        ("=vers", "= vers"),
        ("[Mount]", "[Mount]\nX=y"),
        ("/a", "%a"),
    ] {
        let mut other = units.clone();
        other[0].text = other[0].text.replacen(old, new, 1);
        assert_ne!(other, units);
        let same_server = units::read(&other).filter(|read| read.source().starts_with("10.0.0.1:"));
        assert_eq!(same_server, None, "{old} {new}");
    }
    let mut other = units.clone();
    other[0].name = "c.mount".to_owned();
    assert_eq!(units::read(&other), None);
    other.pop();
    assert_eq!(units::read(&other), None);
    assert_eq!(units::read(&[]), None);
}
