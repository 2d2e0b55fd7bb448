use super::*;

mod random;

/// Reads a file and tells what is in force, and what a write loses.
fn told(text: &str) -> (Vec<String>, Vec<String>) {
    let file = read(text);
    assert_eq!(file.blocked, None, "{text:?}");
    let of = |section: &Section| {
        let pairs = section.properties.iter().map(|(key, value)| format!(" {key}={value}"));
        format!("{}:{}{}", section.kind, section.id, pairs.collect::<String>())
    };
    let real = file.sections.iter().filter(|section| section.line > 0);
    (real.map(of).collect(), file.lost.iter().map(ToString::to_string).collect())
}

#[test]
fn a_file_that_proxmox_wrote_loses_nothing() {
    let text = "dir: local\n\tpath /var/lib/vz\n\tcontent iso,backup\n\nlvmthin: local-lvm\n\tthinpool data\n\
                \tvgname pve\n\nzfspool: t1\n\tdisable\n\tpool tank\n\tsparse 1\n\n";
    let (sections, lost) = told(text);
    assert_eq!(
        sections,
        [
            "dir:local path=/var/lib/vz content=iso,backup",
            "lvmthin:local-lvm thinpool=data vgname=pve",
            "zfspool:t1 disable=1 pool=tank sparse=1"
        ]
    );
    assert!(lost.is_empty(), "{lost:?}");
}

#[test]
fn what_no_spec_says_is_lost_by_no_write() {
    let text = "cifs: nas\n\tpath /mnt/pve/nas\n\tserver 10.0.0.5\n\tshare a\n\tcontent backup\n\toptions vers=3.0,password=word\n\tusername me%word\n\n";
    let (sections, lost) = told(text);
    assert!(sections[0].ends_with("options=vers=3.0,password=word username=me%word"), "{sections:?}");
    assert!(lost.is_empty(), "{lost:?}");
}

#[test]
fn everything_that_a_write_drops_is_told_with_its_line() {
    let text = "# ours\ndir: d1\n\tpath /srv/d1\n\t# inner\n\tcontent iso,bogus\n\tvendor-note keep\n\tpath /twice\n\n\
                linstordb: l1\n\tredundancy 2\n\nzfspool: 9x\n\tpool tank\n\nzfspool: t1\n\tpool tank/a\n\n\
                stray\nzfspool: t1\n\tpool tank/b\n\tcontent images,iso\n\n";
    let (sections, lost) = told(text);
    assert_eq!(sections, ["dir:d1 path=/srv/d1", "zfspool:t1 pool=tank/b content=images"]);
    assert_eq!(
        lost,
        [
            "line 1, \"# ours\" (a comment)",
            "line 4, \"# inner\" (a comment)",
            "line 5, \"content iso,bogus\" (a value that is not known to be legal)",
            "line 6, \"vendor-note keep\" (a property that its type is not known to have)",
            "line 7, \"path /twice\" (a property that stands in the section already)",
            "line 9, \"linstordb: l1\" (of a section whose type is unknown)",
            "line 10, \"redundancy 2\" (of a section whose type is unknown)",
            "line 12, \"zfspool: 9x\" (of a section whose id is not legal)",
            "line 13, \"pool tank\" (of a section whose id is not legal)",
            "line 15, \"zfspool: t1\" (of a section whose id stands again further down)",
            "line 16, \"pool tank/a\" (of a section whose id stands again further down)",
            "line 18, \"stray\" (no part of a section)",
            "line 21, \"content images,iso\" (a value that is not known to be legal)",
        ]
    );
}

#[test]
fn what_swallows_the_next_section_is_told() {
    let (sections, lost) = told("dir: d1\n\tpath /a\nzfspool: t1\n\tpool tank\n\n");
    assert_eq!(sections, ["dir:d1 path=/a"]);
    assert_eq!(lost.len(), 2, "{lost:?}");
    let (sections, lost) = told("dir: d1\r\n\tpath /a\r\n\r\nzfspool: t1\r\n\tpool tank\r\n\r\n");
    assert_eq!(sections, ["dir:d1 path=/a"]);
    assert!(lost.iter().any(|line| line.contains("zfspool: t1")), "{lost:?}");
}

#[test]
fn a_hostile_line_cannot_act_on_a_terminal() {
    let (_, lost) = told("# \x1b[2J\u{202e}gone\n");
    assert_eq!(lost, ["line 1, \"# \\u{1b}[2J\\u{202e}gone\" (a comment)"]);
}

#[test]
fn the_value_of_a_secret_is_never_told() {
    let text = "cifs: c1\n\tserver a\n\tshare b\n\tpassword hunter2\n\nunknown: u1\n\tapi-token hunter2\n\tSecretKey hunter2\n\n";
    let (_, lost) = told(text);
    assert!(lost.iter().all(|line| !line.contains("hunter2")), "{lost:?}");
    assert!(lost[0].contains("password (its value is not shown)"), "{lost:?}");
}

#[test]
fn a_section_that_lacks_something_blocks_and_nothing_of_it_is_in_force() {
    let file = read("zfspool: t1\n\tcontent images\n\n");
    assert_eq!(file.blocked.unwrap(), "line 1: the zfspool storage \"t1\" has no \"pool\"");
    assert_eq!(file.lost.len(), 2);
    assert!(file.sections.iter().all(|section| &*section.id != "t1"));
}

#[test]
fn local_is_always_there() {
    let implied = |file: &StorageFile| file.sections.iter().find(|one| &*one.id == LOCAL).unwrap().clone();
    assert_eq!(implied(&read("")).properties.len(), 2);
    let file = read("zfspool: local\n\tpool tank\n\n");
    assert_eq!((file.lost.len(), &*implied(&file).kind), (2, "dir"));
    // Another one than everybody's is no `local`, and it is on every node.
    let file = read("dir: local\n\tpath /srv/local\n\tcontent iso\n\n");
    assert_eq!((file.lost.len(), implied(&file).line), (3, 0));
    let file = read("dir: local\n\tpath /var//lib/vz/\n\tnodes pve\n\n");
    assert_eq!((file.lost.len(), implied(&file).properties.len()), (1, 1));
}

#[test]
fn a_list_of_which_a_type_holds_nothing_blocks() {
    let blocked = |text: &str| read(text).blocked;
    for content in ["iso", "none", "backup,none"] {
        let told = format!("line 1: the zfspool storage \"t1\" cannot have the content {content:?}");
        assert_eq!(blocked(&format!("zfspool: t1\n\tpool tank\n\tcontent {content}\n\n")), Some(told));
    }
    assert!(blocked("dir: d1\n\tpath /a\n\tcontent none,iso\n\n").is_some());
    for content in ["none", "bogus", "iso"] {
        assert_eq!(blocked(&format!("dir: d1\n\tpath /a\n\tcontent {content}\n\n")), None);
    }
    let file = read("pbs: p1\n\tserver a\n\tdatastore b\n\tcontent images\n\n");
    assert_eq!(file.sections[1].properties[2], ("content".into(), "none".into()));
}
