//! Containers on the real OpenZFS: mount points by a stand-in for `pct`, whose containers have real bind mounts in mount
//! namespaces of their own, in the virtual machine of `tests/lab`.
//!
//! One machine carries all of it.

use phoenix_lab::{CUT, MachineSpec, Session, mib, says};

#[test]
fn containers_see_what_the_spec_gives_them() {
    let Some(lab) = &mut boot() else { return };
    a_container_that_is_stopped_has_it_at_its_next_start(lab);
    a_number_inside_is_another_outside(lab);
    all_that_lies_in_it_is_given_away_and_nothing_else(lab);
    a_list_lets_others_in(lab);
    a_mount_point_with_numbers_of_its_own_has_them_on_disk(lab);
    what_is_new_is_live_and_what_changes_waits(lab);
    what_a_container_holds_stays(lab);
    a_container_that_is_locked_or_changed_meanwhile_is_left_alone(lab);
    a_failed_switch_leaves_containers_as_they_were(lab);
    mount_points_of_people_stay(lab);
    a_power_cut_leaves_the_one_or_the_other(lab);
}

const CONF: &str = "arch: amd64\nostype: debian\nunprivileged: 1";

fn boot() -> Option<Session> {
    let lab = super::boot(MachineSpec::new().disk("ONE", mib(256)))?;
    lab.put_pvesm();
    for id in [101, 102] {
        lab.ok(&format!("printf '{}\\n' >{}", CONF.replace('\n', "\\n"), path(id)));
    }
    lab.wrap("pct", "");
    Some(lab)
}

fn path(id: u32) -> String {
    format!("/etc/pve/nodes/lab/lxc/{id}.conf")
}

fn conf(lab: &Session, id: u32) -> String {
    lab.ok(&format!("cat {}", path(id)))
}

/// Runs a text in a container that runs; what it has is below this folder.
fn inside(lab: &Session, id: u32, shell: &str) -> String {
    lab.ok(&format!("nsenter --mount --target $(cat /run/pct/{id}.pid) sh -c 'cd /run/pct/{id} && {shell}'"))
}

/// Runs phoenix with a spec whose pool has these datasets.
#[track_caller]
fn exits(lab: &Session, code: i32, datasets: &str, arguments: &str) -> String {
    lab.put("phoenix.kdl", spec(datasets));
    lab.exits(code, arguments)
}

fn spec(datasets: &str) -> String {
    format!(
        "edition 1\nhost \"box\" {{\n  pool \"t1\" {{\n    allow \"no-redundancy\"\n    \
         disk \"/dev/disk/by-id/virtio-ONE\"\n{datasets}\n  }}\n}}\n"
    )
}

#[track_caller]
fn switch(lab: &Session, code: i32, datasets: &str) -> String {
    exits(lab, code, datasets, "switch --yes phoenix.kdl")
}

fn a_container_that_is_stopped_has_it_at_its_next_start(lab: &Session) {
    switch(lab, 0, "dataset \"a\" { permissions mode=\"0751\"; bind { lxc 101 at=\"/srv/my data\"; }; }");
    says(&lab.calls()[0], &["pct set 101 --mp0 /t1/a,mp=/srv/my data --digest "]);
    assert_eq!(conf(lab, 101), "arch: amd64\nmp0: /t1/a,mp=/srv/my data\nostype: debian\nunprivileged: 1");
    lab.holds();
    assert!(switch_again(lab).contains("Nothing to do"));
    lab.ok("pct start 101; echo from-the-host >/t1/a/file");
    assert_eq!(
        inside(lab, 101, "cat \"srv/my data/file\" && stat -c %a \"srv/my data\""),
        "from-the-host\n751"
    );
    inside(lab, 101, "echo from-inside >\"srv/my data/file\"");
    lab.prints("cat /t1/a/file", "from-inside");
}

fn a_number_inside_is_another_outside(lab: &Session) {
    says(&lab.exits(0, "status"), &["nobody in container 101 can write there"]);
    let owned = "dataset \"a\" { permissions owner=33 group=5 mode=\"0751\" container=101; bind { lxc 101 at=\"/srv/my data\"; }; }";
    says(&switch(lab, 0, owned), &["100033 (33 in container 101)"]);
    lab.prints("stat -c %u:%g:%a /t1/a", "100033:100005:751");
    lab.holds();
    let status = lab.exits(0, "status");
    assert!(!status.contains("can write"), "{status}");
    lab.exits(0, "rollback --yes");
    lab.ok("chown 0:0 /t1/a");
}

fn all_that_lies_in_it_is_given_away_and_nothing_else(lab: &Session) {
    let said = |recursive: &str| {
        format!(
            "dataset \"a\" {{ permissions owner=33 group=5 container=101 {recursive}; \
             bind {{ lxc 101 at=\"/srv/my data\"; }}; dataset \"child\"; }}"
        )
    };
    switch(lab, 0, &said(""));
    // Whoever may write in there leads nobody elsewhere: links, what is mounted, names that are no text.
    lab.ok(
        "zfs set snapdir=visible t1/a && zfs snapshot t1/a@theirs && mkdir -p /root/mine /t1/a/deep/er /t1/a/over && \
         echo x >/root/mine/secret && mount --bind /root/mine /t1/a/over && echo x >/t1/a/deep/er/file && \
         ln /t1/a/deep/er/file /t1/a/hard && ln -s /root/mine /t1/a/link && ln -s /etc/passwd /t1/a/deep/passwd && \
         mkfifo /t1/a/pipe && touch \"/t1/a/$(printf 'a\\nb\\377')\" && cp /bin/true /t1/a/suid && chmod 4755 /t1/a/suid && \
         chown -h 1000:1000 /t1/a/deep /t1/a/link && echo x >/t1/a/child/file",
    );
    let all = said("recursive=#true");
    let refused = switch(lab, 4, &all);
    says(
        &refused,
        &[
            "files and folders in it would be given owner 100033 and group 100005",
            "--consent permissions:t1/a",
        ],
    );
    // It cannot be had whole: what was given away is told.
    lab.ok("chattr +i /t1/a/suid");
    let failed = exits(lab, 1, &all, "switch --yes --consent permissions:t1/a phoenix.kdl");
    says(&failed, &["/t1/a/suid", "what lies in t1/a has been given owner 100033 and group 100005"]);
    lab.ok("chattr -i /t1/a/suid");
    let done = exits(lab, 0, &all, "switch --yes --consent permissions:t1/a phoenix.kdl");
    says(&done, &["contents"]);
    lab.prints(
        "find /t1/a -xdev -path /t1/a/.zfs -prune -o '(' ! -uid 100033 -o ! -gid 100005 ')' -print | sort",
        "/t1/a/child\n/t1/a/over",
    );
    lab.prints(
        "stat -c %u:%g /root/mine /root/mine/secret /etc/passwd /t1/a/child /t1/a/child/file /t1/a/.zfs | sort -u",
        "0:0",
    );
    lab.prints("stat -c %u:%g:%h /t1/a/hard", "100033:100005:2");
    lab.holds();
    assert!(switch_again(lab).contains("Nothing to do"));
    // What each file had comes back with the data alone.
    says(&lab.exits(0, "rollback --yes"), &["stays so", "`rollback NUMBER --with-data t1/a`"]);
    lab.prints("stat -c %u:%g /t1/a/hard", "100033:100005");
    lab.ok("umount /t1/a/over && zfs inherit snapdir t1/a && zfs destroy t1/a@theirs && rm -r /root/mine");
    switch(lab, 0, "dataset \"a\" { permissions mode=\"0751\"; bind { lxc 101 at=\"/srv/my data\"; }; }");
    lab.ok("chown -R 0:0 /t1/a");
}

fn a_list_lets_others_in(lab: &Session) {
    let writes = "setpriv --reuid=100033 --regid=100005 --clear-groups touch /t1/a/written";
    lab.ok(&format!("! {writes} 2>/dev/null"));
    let listed = "dataset \"a\" acltype=\"posix\" { permissions mode=\"2750\" container=101 acl=\"user:33:rwx,default:user:33:rwx\"; bind { lxc 101 at=\"/srv/my data\"; }; }";
    says(&switch(lab, 0, listed), &["acl user:100033 (33 in container 101)"]);
    lab.holds();
    let own = "user::rwx\nuser:100033:rwx\ngroup::r-x\nmask::rwx\nother::---";
    let new = own.lines().map(|line| format!("default:{line}")).collect::<Vec<_>>().join("\n");
    let getfacl = "getfacl --omit-header --numeric --absolute-names /t1/a | grep .";
    lab.prints(getfacl, &format!("{own}\n{new}"));
    lab.ok(&format!("{writes} && rm /t1/a/written"));
    let status = lab.exits(0, "status");
    assert!(!status.contains("can write"), "{status}");
    // What phoenix says it runs makes the same.
    lab.ok("setfacl --remove-all --remove-default /t1/a && chmod 0700 /t1/a");
    says(&lab.exits(2, "status"), &["acl user:100033"]);
    let plan = lab.exits(0, "plan --commands phoenix.kdl");
    let command = plan.lines().find(|line| line.contains("setfacl")).expect("a command");
    lab.ok(command.trim());
    lab.prints(getfacl, &format!("{own}\n{new}"));
    lab.holds();
    lab.exits(0, "rollback --yes");
    lab.prints(getfacl, "user::rwx\ngroup::r-x\nother::--x");
    lab.holds();
}

/// Writes a file in a container that runs, as one of its accounts, whose number outside is this.
fn writes(lab: &Session, outside: u32, path: &str) {
    lab.ok(&format!(
        "nsenter --mount --target $(cat /run/pct/101.pid) setpriv --reuid={outside} --regid={outside} --clear-groups \
         touch /run/pct/101{path}"
    ));
}

fn a_mount_point_with_numbers_of_its_own_has_them_on_disk(lab: &Session) {
    let kept = "dataset \"a\" { permissions mode=\"0751\"; bind { lxc 101 at=\"/srv/my data\"; }; }";
    let mapped = |map: &str| {
        format!(
            "{kept}\ndataset \"m\" {{ permissions owner=33 group=5 mode=\"2770\" container=101; \
             bind {{ lxc 101 at=\"/m\" {{ idmap {map}; }}; }}; }}"
        )
    };
    // User 33 inside is 100033 outside of the container, and 33 on disk.
    if lab.run("zfs version | grep -q '^zfs-2[.]1'").ok() {
        says(&switch(lab, 4, &mapped("\"u:33:33:1\" \"g:5:5:1\"")), &["OpenZFS 2.2"]);
        return;
    }
    let some = mapped("\"u:33:33:1\" \"g:5:5:1\"");
    says(&switch(lab, 0, &some), &["33 (33 in container 101)", "5 (5 in container 101)"]);
    lab.prints("stat -c %u:%g:%a /t1/m", "33:5:2770");
    lab.holds();
    // As the container sees it, and what it writes.
    assert_eq!(inside(lab, 101, "stat -c %u:%g m"), "100033:100005");
    writes(lab, 100_033, "/m/by-33");
    lab.prints("stat -c %u:%g /t1/m/by-33", "33:5");
    // What no piece has is as the container maps it.
    inside(lab, 101, "chmod o+rwx m");
    writes(lab, 100_034, "/m/by-34");
    lab.prints("stat -c %u /t1/m/by-34", "100034");
    lab.ok("chmod 2770 /t1/m");
    let status = lab.exits(0, "status");
    assert!(!status.contains("/t1/m"), "{status}");
    // All of them are the container's own on disk; it is so at its next start.
    says(&switch(lab, 0, &mapped("\"passthrough\"")), &["container 101 runs: mp1 is so at its next start"]);
    lab.ok("pct stop 101 && pct start 101");
    lab.prints("stat -c %u:%g /t1/m", "33:5");
    writes(lab, 100_033, "/m/passed");
    lab.prints("stat -c %u:%g /t1/m/passed", "33:5");
    // The kernel takes no map in which two numbers inside are one on disk: that is refused before it is tried.
    lab.ok("touch /t1/m/clash && chown 100033:100005 /t1/m/clash");
    says(&switch(lab, 4, &mapped("\"u:40:100033:1\"")), &["100033"]);
    lab.ok(&format!("cp {0} /root/101.conf && sed -i 's/idmap=passthrough/idmap=u:40:100033:1/' {0} && pct stop 101 && ! pct start 101", path(101)));
    says(&lab.ok("cat /run/pct/101.log"), &["uid_map"]);
    lab.ok(&format!("cp /root/101.conf {}", path(101)));
    switch(lab, 0, kept);
    lab.ok("pct start 101");
}

fn switch_again(lab: &Session) -> String {
    lab.exits(0, "switch --yes phoenix.kdl")
}

fn what_is_new_is_live_and_what_changes_waits(lab: &Session) {
    let both = "dataset \"a\" { bind { lxc 101 at=\"/srv/my data\" ro=#true mountoptions=\"nosuid;nodev\"; }; }\n\
                dataset \"b\" { bind { lxc 101 at=\"/b\"; lxc 102 at=\"/b\"; }; }";
    says(&exits(lab, 0, both, "plan phoenix.kdl"), &["container 101 runs: mp0 is so at its next start"]);
    switch(lab, 0, both);
    lab.ok("echo new >/t1/b/file");
    assert_eq!(
        inside(lab, 101, "cat b/file && echo still-writes >\"srv/my data/file\" && echo yes"),
        "new\nyes"
    );
    says(&conf(lab, 101), &["[pve:pending]\nmp0: /t1/a,mp=/srv/my data,mountoptions=nodev;nosuid,ro=1"]);
    says(&lab.exits(0, "status"), &["container 101 runs: mp0 is so at its next start"]);
    assert!(switch_again(lab).contains("Nothing to do"));
    // A second switch has nothing else to do.
    lab.ok(&format!("sed -i '1i lock: backup' {}", path(101)));
    says(
        &lab.exits(2, "switch --yes --restart-guests phoenix.kdl"),
        &["101 was not restarted: it is locked (backup)"],
    );
    lab.ok(&format!("sed -i /^lock/d {}", path(101)));
    // As Proxmox has it: `pct reboot` stops it, and a hook starts it, which nobody waits for.
    lab.unwrap("pct");
    lab.put("hook", "#!/bin/sh\nsleep 3; exec pct.real start \"$1\"\n");
    let hook = "setsid sh /root/hook \"$2\" >/dev/null 2>&1 </dev/null &";
    lab.wrap("pct", &format!("if [ \"$1\" = reboot ]; then pct.real stop \"$2\"; {hook} exit 0; fi"));
    says(
        &lab.exits(0, "switch --yes --restart-guests phoenix.kdl"),
        &["Nothing to do", "Container 101 was restarted"],
    );
    lab.unwrap("pct");
    lab.wrap("pct", "");
    let refused = lab.run(
        "nsenter --mount --target $(cat /run/pct/101.pid) sh -c 'echo no >\"/run/pct/101/srv/my data/file\"'",
    );
    says(&refused.to_string(), &["Read-only file system"]);
    let status = lab.exits(0, "status");
    assert!(!status.contains("next start"), "{status}");
}

fn what_a_container_holds_stays(lab: &Session) {
    let without = "dataset \"b\" { bind { lxc 101 at=\"/b\"; }; }";
    says(&switch(lab, 4, without), &["t1/a", "held until the next start", "container 101"]);
    lab.holds();
    // By itself OpenZFS would take the name from under it.
    let given_up = "dataset \"a\"\ndataset \"b\" { bind { lxc 101 at=\"/b\"; }; }";
    switch(lab, 0, given_up);
    assert_eq!(inside(lab, 101, "cat \"srv/my data/file\""), "still-writes");
    says(&switch(lab, 4, without), &["guests name it: container 101 on node lab (mp0)"]);
    lab.ok("pct reboot 101");
    switch(lab, 0, without);
    assert!(!lab.there("t1/a"));
    lab.exits(0, "rollback --yes");
    lab.prints("cat /t1/a/file", "still-writes");
    lab.holds();
}

fn a_container_that_is_locked_or_changed_meanwhile_is_left_alone(lab: &Session) {
    lab.ok("pct stop 101");
    let before = conf(lab, 101);
    lab.ok(&format!("sed -i '1i lock: backup' {}", path(101)));
    let read_only = "dataset \"a\"\ndataset \"b\" { bind { lxc 101 at=\"/b\" ro=#true; }; }";
    says(&switch(lab, 4, read_only), &["container 101 is locked (backup)"]);
    lab.ok(&format!("sed -i /^lock/d {}", path(101)));
    assert_eq!(conf(lab, 101), before);
    // Somebody writes between the look and the change.
    lab.unwrap("pct");
    lab.wrap("pct", &format!("echo 'memory: 512' >>{}", path(101)));
    says(&switch(lab, 1, read_only), &["detected modified configuration"]);
    lab.unwrap("pct");
    lab.wrap("pct", "");
    lab.ok(&format!("sed -i /^memory/d {}", path(101)));
    assert_eq!(conf(lab, 101), before);
    lab.holds();
}

fn a_failed_switch_leaves_containers_as_they_were(lab: &Session) {
    let before = (conf(lab, 101), conf(lab, 102));
    lab.unwrap("pct");
    lab.wrap("pct", "case \"$*\" in 'set 102 --mp'*) echo 'no such thing' >&2; exit 255 ;; esac");
    let more = "dataset \"a\"\ndataset \"b\" { bind { lxc 101 at=\"/b\" ro=#true; }; }\n\
                dataset \"c\" { bind { lxc 101 at=\"/c\"; lxc 102 at=\"/c\"; }; }";
    says(&switch(lab, 1, more), &["no such thing"]);
    assert_eq!((conf(lab, 101), conf(lab, 102)), before);
    assert!(!lab.there("t1/c"));
    lab.holds();
    // What a container that runs was given it keeps until its next start, and what lies under it stays.
    lab.ok("pct start 101");
    says(&switch(lab, 1, more), &["until its next start", "t1/c was set aside"]);
    lab.ok("pct reboot 101");
    assert_eq!((conf(lab, 101), conf(lab, 102)), before);
    lab.unwrap("pct");
    lab.wrap("pct", "");
    lab.holds();
}

fn mount_points_of_people_stay(lab: &Session) {
    lab.ok("mkdir -p /srv/mine && pct set 102 --mp7 /srv/mine,mp=/mine,backup=1");
    let mine = "dataset \"a\"\ndataset \"b\" { bind { lxc 101 at=\"/b\"; lxc 102 at=\"/mine\"; }; }";
    says(&switch(lab, 4, mine), &["mp7", "was not made by phoenix"]);
    exits(lab, 0, mine, "switch --yes --adopt phoenix.kdl");
    says(&conf(lab, 102), &["mp7: /t1/b,mp=/mine\n"]);
    lab.exits(0, "rollback --yes");
    says(&conf(lab, 102), &["mp7: /srv/mine,mp=/mine,backup=1\n"]);
    lab.holds();
}

fn a_power_cut_leaves_the_one_or_the_other(lab: &mut Session) {
    let more = "dataset \"a\"\ndataset \"b\" { bind { lxc 101 at=\"/b\"; lxc 102 at=\"/b\" ro=#true; }; }\n\
                dataset \"c\" { bind { lxc 101 at=\"/c\"; }; }";
    let before = (conf(lab, 101), conf(lab, 102));
    for (resume, when) in [(false, "before"), (true, "before"), (false, "after")] {
        lab.unwrap("pct");
        let run = if when == "after" { "pct.real \"$@\";" } else { "" };
        lab.wrap("pct", &format!("case \"$*\" in 'set 102 --mp'*) {run} {CUT} ;; esac"));
        lab.put("phoenix.kdl", spec(more));
        lab.cut("cd /root && phoenix switch --yes phoenix.kdl");
        lab.unwrap("pct");
        lab.wrap("pct", "");
        lab.exits(0, if resume { "recover --resume --yes" } else { "recover" });
        lab.holds();
        assert_eq!(conf(lab, 102).contains("/t1/b,mp=/b,ro=1"), resume);
        if resume {
            lab.exits(0, "rollback --yes");
        }
        assert_eq!((conf(lab, 101), conf(lab, 102)), before, "{resume} {when}");
    }
    lab.ok("pct start 101");
    assert_eq!(inside(lab, 101, "cat b/file"), "new");
}
