use super::*;
use crate::handover::seen::Mounted;
use phoenix_graph::{
    HostName,
    inside::{TagMount, TagOptions},
    nfs::{Automount, NfsMount, NfsOptions},
};

fn host() -> HostName {
    HostName::new("box").unwrap()
}

fn decide(mounts: &[&NfsMount], seen: &Seen, overwrite: bool) -> Result<Vec<Step>, Vec<Refusal>> {
    super::decide(Wanted { host: &host(), machine: 201, mounts: &of(mounts) }, seen, overwrite)
}

fn of(mounts: &[&NfsMount]) -> Vec<MachineMount> {
    mounts.iter().map(|mount| MachineMount::Nfs((*mount).clone())).collect()
}

fn mount(at: &str, automount: bool) -> NfsMount {
    NfsMount {
        server: "10.0.0.1".into(),
        what: "/t/a".into(),
        at: at.into(),
        options: NfsOptions { automount: automount.then(Automount::default), ..NfsOptions::default() },
    }
}

/// A machine in which all of these stand, and were used.
fn standing(mounts: &[&NfsMount]) -> Seen {
    let mut seen = Seen { systemd: true, client: true, ..Seen::default() };
    for mount in mounts {
        let made = Wanted { host: &host(), machine: 201, mounts: &of(mounts) }.units(&of(&[mount])[0]);
        for (at, unit) in made.iter().enumerate() {
            let state = Unit {
                active: "active".to_owned(),
                enabled: if at + 1 == made.len() { "enabled" } else { "static" }.to_owned(),
                from: format!("{FOLDER}/{}", unit.name),
                stale: false,
            };
            seen.files.insert(unit.name.clone(), File::Ours(unit.text.clone()));
            seen.units.insert(unit.name.clone(), state);
        }
        let words = |text: String| text.split(',').map(str::to_owned).collect();
        let on = |is_on: bool, word: &str| if is_on { format!(",{word}") } else { String::new() };
        let options = &mount.options;
        seen.mounts.push(Mounted {
            at: mount.at.to_string(),
            kind: "nfs4".to_owned(),
            source: mount.source(),
            options: [
                words(format!("rw{}{}", on(options.ro, "ro"), on(options.noatime, "noatime"))),
                words(format!("rw,vers={},hard", options.vers)),
            ],
        });
    }
    seen
}

/// Writes steps down, one word for each.
fn decided(mounts: &[&NfsMount], seen: &Seen) -> Vec<String> {
    let word = |step: Step| match step.act {
        Act::Stop(name) => format!("stop {name}"),
        Act::Disable(name) => format!("disable {name}"),
        Act::Write { name, over, .. } => format!("write {name} {over:?}"),
        Act::Remove(name) => format!("remove {name}"),
        Act::Reload => "reload".to_owned(),
        Act::Enable(name) => format!("enable {name}"),
        Act::Restart(name) => format!("restart {name}"),
    };
    decide(mounts, seen, false).unwrap().into_iter().map(word).collect()
}

/// Says why nothing is done.
fn refused(mounts: &[&NfsMount], seen: &Seen, overwrite: bool) -> String {
    let refusals = decide(mounts, seen, overwrite).unwrap_err();
    refusals.into_iter().map(|one| one.reason).collect::<Vec<_>>().join("; ")
}

#[test]
fn what_is_new_is_written_and_started() {
    let (plain, used) = (mount("/a", false), mount("/b", true));
    let seen = standing(&[]);
    assert_eq!(
        decided(&[&plain, &used], &seen),
        [
            "write a.mount Nothing",
            "write b.mount Nothing",
            "write b.automount Nothing",
            "reload",
            "enable a.mount",
            "enable b.automount"
        ]
    );
}

#[test]
fn what_stands_is_left_alone() {
    let (plain, used) = (mount("/a", false), mount("/b", true));
    let mut seen = standing(&[&plain, &used]);
    assert_eq!(decided(&[&plain, &used], &seen), Vec::<String>::new());
    // What is mounted when it is used need not be now.
    seen.units.get_mut("b.mount").unwrap().active = "inactive".to_owned();
    seen.mounts.pop();
    assert_eq!(decided(&[&plain, &used], &seen), Vec::<String>::new());
    // A run ended before systemd had read them.
    seen.units.get_mut("a.mount").unwrap().stale = true;
    assert_eq!(decided(&[&plain, &used], &seen), ["reload"]);
    seen.units.get_mut("a.mount").unwrap().enabled = "disabled".to_owned();
    seen.units.get_mut("b.automount").unwrap().active = "failed".to_owned();
    assert_eq!(decided(&[&plain, &used], &seen), ["reload", "enable a.mount", "enable b.automount"]);
}

#[test]
fn what_changes_is_mounted_anew() {
    let before = [mount("/a", false), mount("/b", true)];
    let mut after = before.clone();
    after.iter_mut().for_each(|mount| mount.options.noatime = true);
    let seen = standing(&before.each_ref());
    assert_eq!(
        decided(&after.each_ref(), &seen),
        ["write a.mount Ours", "write b.mount Ours", "reload", "restart a.mount", "stop b.mount"]
    );
    // The files were written by a run that could not unmount.
    let mut held = standing(&after.each_ref());
    held.mounts = seen.mounts;
    assert_eq!(decided(&after.each_ref(), &held), ["restart a.mount", "stop b.mount"]);
}

#[test]
fn what_does_not_change_how_it_is_mounted_leaves_it_mounted() {
    let before = [mount("/a", false), mount("/b", true)];
    let mut after = before.clone();
    after.iter_mut().for_each(|mount| mount.options.mount_timeout = Some(20));
    assert_eq!(
        decided(&after.each_ref(), &standing(&before.each_ref())),
        ["write a.mount Ours", "write b.mount Ours", "reload"]
    );
    after[1] = before[1].clone();
    after[1].options.automount = Some(Automount { idle_timeout: Some(600) });
    assert_eq!(
        decided(&[&before[0], &after[1]], &standing(&before.each_ref())),
        ["write b.automount Ours", "reload", "stop b.mount", "restart b.automount"]
    );
}

#[test]
fn what_is_gone_is_unmounted_before_its_automount_goes() {
    let (plain, used) = (mount("/a", false), mount("/a/b", true));
    assert_eq!(
        decided(&[], &standing(&[&plain, &used])),
        [
            "stop a-b.mount",
            "disable a-b.automount",
            "stop a.mount",
            "disable a.mount",
            "remove a.mount",
            "remove a-b.automount",
            "remove a-b.mount",
            "reload"
        ]
    );
    let mut off = standing(&[&used]);
    off.units.clear();
    assert_eq!(decided(&[], &off), ["remove a-b.automount", "remove a-b.mount", "reload"]);
}

#[test]
fn one_becomes_the_other() {
    let (plain, used) = (mount("/a", false), mount("/a", true));
    assert_eq!(
        decided(&[&used], &standing(&[&plain])),
        [
            "stop a.mount",
            "disable a.mount",
            "write a.mount Ours",
            "write a.automount Nothing",
            "reload",
            "enable a.automount"
        ]
    );
    assert_eq!(
        decided(&[&plain], &standing(&[&used])),
        [
            "stop a.mount",
            "disable a.automount",
            "remove a.automount",
            "write a.mount Ours",
            "reload",
            "enable a.mount"
        ]
    );
}

#[test]
fn what_lies_in_a_mount_that_is_mounted_anew_is_started_again() {
    let before = [mount("/a", false), mount("/a/b", true), mount("/ab", false)];
    let mut after = before.clone();
    after[0].options.noatime = true;
    assert_eq!(
        decided(&after.each_ref(), &standing(&before.each_ref())),
        ["write a.mount Ours", "reload", "restart a.mount", "enable a-b.automount"]
    );
}

#[test]
fn what_is_not_ours_is_refused_by_name() {
    let mount = mount("/a", false);
    let empty = standing(&[]);
    let with = |file: File| Seen { files: [("a.mount".to_owned(), file)].into(), ..empty.clone() };
    assert_eq!(
        refused(&[&mount], &with(File::Others), false),
        "/etc/systemd/system/a.mount was not written by `phoenix guest` for this host"
    );
    let steps = decide(&[&mount], &with(File::Others), true).unwrap();
    assert!(matches!(&steps[0].act, Act::Write { over: Over::Others, .. }), "{steps:?}");
    assert_eq!(refused(&[&mount], &with(File::Odd), true), "/etc/systemd/system/a.mount is no regular file");
    // The other one of the path counts, too.
    let automount = Seen { files: [("a.automount".to_owned(), File::Others)].into(), ..empty.clone() };
    assert!(refused(&[&mount], &automount, false).contains("a.automount"));

    let with = |from: &str, active: &str| {
        let unit = Unit { from: from.to_owned(), active: active.to_owned(), ..Unit::default() };
        Seen { units: [("a.mount".to_owned(), unit)].into(), ..empty.clone() }
    };
    let generated = with("/run/systemd/generator/a.mount", "inactive");
    assert_eq!(refused(&[&mount], &generated, true), "a.mount comes from the fstab of the machine");
    assert_eq!(
        refused(&[&mount], &with("/usr/lib/a.mount", ""), true),
        "a.mount comes from /usr/lib/a.mount"
    );
    assert!(refused(&[&mount], &with("", "active"), true).contains("something is mounted there"));
    assert!(decide(&[&mount], &with("", "inactive"), false).is_ok());
    assert!(decide(&[&mount], &with("/etc/systemd/system/a.mount", "active"), false).is_ok());
    // Somebody else's units of other paths are none of ours.
    let other = Seen { files: [("b.mount".to_owned(), File::Others)].into(), ..empty.clone() };
    assert!(decide(&[&mount], &other, false).is_ok());
}

#[test]
fn a_machine_that_cannot_mount_is_refused() {
    let mount = mount("/a", false);
    let seen = Seen { client: false, ..standing(&[]) };
    assert!(refused(&[&mount], &seen, true).contains("no `mount.nfs`"));
    assert_eq!(refused(&[&mount], &Seen::default(), true), "systemd does not run in the machine");
    // What comes by virtiofs needs no client.
    let options = TagOptions { ro: false, noatime: false, automount: None, mount_timeout: None };
    let shared = [MachineMount::Tag(TagMount { tag: "media".into(), at: "/srv/a".into(), options })];
    let wanted = Wanted { host: &host(), machine: 201, mounts: &shared };
    assert_eq!(super::decide(wanted, &seen, true).map(|steps| steps.len()), Ok(3));
}
