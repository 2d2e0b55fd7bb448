//! Snapshots by the clock, with the real systemd and Debian's own sanoid: taken, pruned, missed and told, gone back from.

use phoenix_lab::{CUT, MachineSpec, Session, mib, says};

const DISK: &str = "disk \"/dev/disk/by-id/virtio-a\"";
const TIMER: &str = "phoenix-snapshots.timer";
const LINKS: [&str; 4] = [
    "/etc/phoenix/sanoid/sanoid.conf",
    "/etc/systemd/system/phoenix-snapshots.service",
    "/etc/systemd/system/phoenix-snapshots.timer",
    "/etc/systemd/system/timers.target.wants/phoenix-snapshots.timer",
];

#[test]
fn snapshots_are_taken_by_the_clock_and_a_rollback_leaves_the_data() {
    let Some(lab) = &mut super::boot(MachineSpec::new().disk("a", mib(512)).with_systemd()) else { return };
    lab.prints("systemctl is-system-running --wait", "running");
    lab.switch(0, &spec("dataset \"a\"; dataset \"guests\""));
    lab.ok("echo kept >/tank/a/file; zfs create tank/guests/100");
    a_schedule_is_put_in_force(lab);
    days_go_by(lab);
    what_does_not_run_is_told(lab);
    fewer_are_kept_by_consent_alone(lab);
    what_sanoid_does_itself_is_not_done_twice(lab);
    a_failure_and_power_cuts_leave_what_was(lab);
    going_back_leaves_all_but_the_schedule(lab);
    lab.shutdown();
}

fn spec(inside: &str) -> String {
    format!("edition 1\nallow \"no-redundancy\"\npool \"tank\" {{ {DISK}; {inside} }}\n")
}

const SCHEDULED: &str = "dataset \"a\" { snapshots hourly=3 daily=2; }
    dataset \"guests\" { snapshots daily=2 children=#true { allow \"snapshots-of-guests\"; }; dataset \"b\" { snapshots; }; }";

/// Lists snapshots of sanoid's: the type of each, of a dataset.
fn taken(lab: &Session, dataset: &str) -> String {
    lab.ok(&format!(
        "zfs list -H -t snapshot -d 1 -o name -s creation {dataset} | grep @autosnap_ | sed 's/.*_//' | sort | uniq -c | awk '{{print $2 \"=\" $1}}' | paste -sd' '"
    ))
}

/// Moves the clock on to just behind the next whole of so many seconds, and waits until what is due then was done.
fn pass(lab: &Session, whole: u32) {
    lab.ok(&format!(
        "unit=phoenix-snapshots.service; run() {{ systemctl show -p InvocationID --value $unit; }}
         last=$(run); date -s @$(( ($(date +%s) / {whole} + 1) * {whole} + 5 )) >/dev/null
         until [ \"$(run)\" != \"$last\" ] && [ \"$(systemctl show -p ActiveState --value $unit)\" = inactive ]; do sleep 0.5; done"
    ));
}

const HOUR: u32 = 3600;
const DAY: u32 = 86_400;

fn a_schedule_is_put_in_force(lab: &Session) {
    let told = lab.switch(0, &spec(SCHEDULED));
    says(&told, &["snapshots:tank/a", "snapshots:tank/guests"]);
    lab.prints(&format!("systemctl is-active {TIMER}"), "active");
    lab.prints(&format!("systemctl is-enabled {TIMER}"), "enabled");
    says(&lab.exits(0, "switch --yes phoenix.kdl"), &["Nothing to do"]);
    lab.exits(0, "status");
}

fn days_go_by(lab: &Session) {
    for hours in 0..6 {
        pass(lab, HOUR);
        assert!(hours < 1 || taken(lab, "tank/a").contains("hourly"), "{}", taken(lab, "tank/a"));
    }
    for _ in 0..4 {
        pass(lab, DAY);
        pass(lab, HOUR);
    }
    assert_eq!(taken(lab, "tank/a"), "daily=2 hourly=3");
    assert_eq!(taken(lab, "tank/guests/100"), "daily=2");
    assert_eq!(taken(lab, "tank/guests/b"), "");
    lab.exits(0, "status");
    let told = lab.exits(0, "snapshots tank/a");
    says(&told, &["sanoid, hourly", "sanoid, daily"]);
}

fn what_does_not_run_is_told(lab: &Session) {
    // Stopped by somebody, and two days passed.
    lab.ok(&format!("systemctl stop {TIMER}; date -s \"$(date -d '+2 days' '+%F %T')\" >/dev/null"));
    let told = lab.exits(2, "status");
    says(
        &told,
        &["Overdue", "tank/a  hourly snapshots", "phoenix-snapshots.timer is stopped; it should be started"],
    );
    // A broken program: the unit fails, which is told.
    lab.wrap("sanoid", "exit 3");
    lab.run("systemctl start phoenix-snapshots.service");
    says(&lab.exits(2, "status"), &["phoenix-snapshots.service failed when it ran last (exit-code)"]);
    lab.unwrap("sanoid");
    lab.exits(0, "switch --yes phoenix.kdl");
    pass(lab, HOUR);
    let told = lab.exits(0, "status");
    assert!(!told.contains("Overdue") && !told.contains("failed"), "{told}");
}

fn fewer_are_kept_by_consent_alone(lab: &Session) {
    let fewer = SCHEDULED.replace("hourly=3 daily=2", "hourly=1 daily=2");
    let told = lab.switch(4, &spec(&fewer));
    says(&told, &["sanoid destroys 2 hourly snapshots", "--consent snapshots:tank/a"]);
    lab.switch(0, &spec(SCHEDULED));
}

fn what_sanoid_does_itself_is_not_done_twice(lab: &Session) {
    lab.ok("mkdir -p /etc/sanoid; printf '[tank]\\nrecursive = yes\\n' >/etc/sanoid/sanoid.conf");
    let more = SCHEDULED.replace("daily=2; }", "daily=3; }");
    says(&lab.switch(4, &spec(&more)), &["its section [tank]"]);
    lab.ok("rm /etc/sanoid/sanoid.conf");
    lab.switch(0, &spec(SCHEDULED));
}

fn in_force(lab: &Session) -> String {
    lab.ok(&format!(
        "cat {} 2>/dev/null; systemctl show -p Description,ActiveState,LoadState {TIMER}",
        LINKS.join(" ")
    ))
}

fn a_failure_and_power_cuts_leave_what_was(lab: &mut Session) {
    let before = in_force(lab);
    // What sanoid does not take is not put in force.
    let other = SCHEDULED.replace("hourly=3 daily=2", "hourly=4 daily=2 frequently=1 frequent_period=5");
    lab.wrap("sanoid", "exit 255");
    lab.switch(1, &spec(&other));
    lab.unwrap("sanoid");
    assert_eq!(in_force(lab), before);
    // systemd has read the new files by then: undoing has it read the old ones again.
    lab.wrap(
        "systemctl",
        "if [ \"$1\" = daemon-reload ] && ! [ -e /root/once ]; then touch /root/once; systemctl.real \"$@\"; exit 1; fi",
    );
    lab.switch(1, &spec(&other));
    lab.unwrap("systemctl");
    assert_eq!(in_force(lab), before);
    for op in ["daemon-reload", "sanoid"] {
        let tool = if op == "sanoid" { op } else { "systemctl" };
        lab.wrap(tool, &format!("case \"$*\" in *{op}*|*readonly*) {CUT} ;; esac"));
        lab.cut("cd /root && phoenix switch --yes phoenix.kdl");
        lab.unwrap(tool);
        lab.exits(0, "recover");
        assert_eq!(in_force(lab), before, "{op}");
    }
}

fn going_back_leaves_all_but_the_schedule(lab: &Session) {
    let before = taken(lab, "tank/a");
    let told = lab.exits(0, "rollback 1 --yes");
    says(&told, &["and stay: nothing destroys them any more"]);
    for link in LINKS {
        lab.ok(&format!("! test -e {link} && ! test -L {link}"));
    }
    lab.prints(&format!("systemctl show -p LoadState --value {TIMER}"), "not-found");
    lab.prints(&format!("systemctl show -p ActiveState --value {TIMER}"), "inactive");
    assert_eq!(taken(lab, "tank/a"), before);
    lab.prints("cat /tank/a/file", "kept");
    lab.prints("systemctl is-system-running", "running");
    lab.exits(0, "status");
}
