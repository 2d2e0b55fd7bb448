//! What systemd says of units that are links into a folder which changes as one, as a generation's are: what phoenix
//! will read back, and what it has to do itself since systemd does not.

use phoenix_lab::{MachineSpec, Session};

/// What is asked of a unit, in the order that it is compared in here; systemd has an order of its own.
const ASKED: [&str; 6] =
    ["LoadState", "ActiveState", "SubState", "UnitFileState", "NeedDaemonReload", "Result"];

/// A unit that systemd does not know.
const ABSENT: &str = "not-found inactive dead - no success";
/// A timer that waits, and is to start with the host.
const WAITING: &str = "loaded active waiting enabled no success";

#[test]
fn linked_units_are_loaded_started_and_read_back() {
    let Some(lab) = &mut super::boot(MachineSpec::new().disk("a", phoenix_lab::mib(96)).with_systemd())
    else {
        return;
    };
    lab.prints("systemctl is-system-running --wait", "running");
    lab.ok("zpool create -O mountpoint=/tank tank /dev/disk/by-id/virtio-a");
    nothing_that_packages_enable_runs(lab);
    a_unit_is_there_once_it_is_linked(lab);
    a_changed_file_is_seen_only_where_it_is_newer(lab);
    a_unit_whose_file_is_gone_fails_where_it_runs(lab);
    a_failed_service_says_so_until_it_is_reset(lab);
    what_cannot_be_read_is_told(lab);
    enabling_and_disabling_by_systemd_is_not_for_links(lab);
    a_timer_follows_the_clock(lab);

    // Due while the machine was off, and cut off before it could be told.
    lab.ok("touch -d '10 days ago' /var/lib/systemd/timers/stamp-x.timer; rm /root/ran; sync");
    lab.boot_again();
    is(lab, "x.timer", WAITING);
    lab.ok("until test -s /root/ran; do sleep 0.2; done");
    lab.prints("cat /root/ran", "tank is mounted");
    lab.prints("systemctl is-system-running --wait", "running");
    lab.shutdown();
}

/// Writes the timer and its service into a generation, and makes that the current one.
fn generation(lab: &Session, number: u32, hour: &str) {
    lab.ok(&format!(
        r"set -e; mkdir -p /var/lib/phoenix/generations/{number}/etc; cd /var/lib/phoenix
        cat >generations/{number}/etc/x.service <<'UNIT'
[Unit]
After=zfs.target

[Service]
Type=oneshot
ExecStart=/bin/sh -c 'mountpoint -q /tank && echo tank is mounted >>/root/ran'
UNIT
        cat >generations/{number}/etc/x.timer <<'UNIT'
[Timer]
OnCalendar=*-*-* {hour}:00:00
AccuracySec=1s
Persistent=true

[Install]
WantedBy=timers.target
UNIT"
    ));
    current(lab, number);
}

fn current(lab: &Session, number: u32) {
    lab.ok(&format!(
        "cd /var/lib/phoenix; ln -sfn generations/{number} new && mv -T new current; ln -sfn current/etc etc"
    ));
}

const LINK: &str = "ln -sf /var/lib/phoenix/etc/x.timer /var/lib/phoenix/etc/x.service /etc/systemd/system/; \
                    mkdir -p /etc/systemd/system/timers.target.wants; \
                    ln -sf ../x.timer /etc/systemd/system/timers.target.wants/x.timer";
const UNLINK: &str = "rm /etc/systemd/system/x.timer /etc/systemd/system/x.service; \
                      rm /etc/systemd/system/timers.target.wants/x.timer";

/// Sees that a unit is in this state.
#[track_caller]
fn is(lab: &Session, unit: &str, wanted: &str) {
    let said = lab.ok(&format!("systemctl show -p {} {unit}", ASKED.join(",")));
    let state: Vec<&str> = ASKED.iter().map(|key| value(&said, key)).collect();
    assert_eq!(state.join(" "), wanted, "{unit}: {said}");
}

/// Returns what a property is in what `systemctl show` says, `-` where it is empty.
fn value<'a>(said: &'a str, key: &str) -> &'a str {
    let value = said.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    value.map_or("absent", |value| if value.is_empty() { "-" } else { value })
}

/// Sees that the timer is due at this hour, by what systemd has loaded.
#[track_caller]
fn due_at(lab: &Session, hour: &str) {
    let said = lab.ok("systemctl show -p TimersCalendar x.timer");
    assert!(said.starts_with(&format!("TimersCalendar={{ OnCalendar=*-*-* {hour}:00:00 ;")), "{said}");
}

fn nothing_that_packages_enable_runs(lab: &Session) {
    for unit in
        ["sanoid.timer", "zfs-zed.service", "smartmontools.service", "prometheus-node-exporter.service"]
    {
        is(lab, unit, "loaded inactive dead disabled no success");
    }
    lab.prints("systemctl list-timers --no-legend", "");
}

fn a_unit_is_there_once_it_is_linked(lab: &Session) {
    is(lab, "x.timer", ABSENT);
    generation(lab, 1, "04");
    lab.ok("ln -s /var/lib/phoenix/etc/x.timer /var/lib/phoenix/etc/x.service /etc/systemd/system/; systemctl daemon-reload");
    is(lab, "x.timer", "loaded inactive dead linked no success");
    lab.prints("systemctl show -p FragmentPath --value x.timer", "/etc/systemd/system/x.timer");
    lab.ok(LINK);
    is(lab, "x.timer", "loaded inactive dead enabled no success");
    lab.ok("systemctl daemon-reload");
    is(lab, "x.timer", "loaded inactive dead enabled no success");
    // A target that is reached already starts what it wants by now.
    lab.ok("systemctl start timers.target");
    is(lab, "x.timer", WAITING);
    lab.ok("systemctl stop x.timer; systemctl start x.timer");
    is(lab, "x.timer", WAITING);
    lab.ok("systemctl start x.service && test -s /root/ran");
    is(lab, "x.service", "loaded inactive dead linked no success");
}

fn a_changed_file_is_seen_only_where_it_is_newer(lab: &Session) {
    generation(lab, 2, "05");
    is(lab, "x.timer", "loaded active waiting enabled yes success");
    due_at(lab, "04");
    lab.ok("systemctl daemon-reload");
    is(lab, "x.timer", WAITING);
    due_at(lab, "05");
    // Going back: systemd has loaded what is no longer there, and says that all is well.
    current(lab, 1);
    is(lab, "x.timer", WAITING);
    due_at(lab, "05");
    lab.ok("systemctl daemon-reload");
    due_at(lab, "04");
}

fn a_unit_whose_file_is_gone_fails_where_it_runs(lab: &Session) {
    lab.ok("mv /var/lib/phoenix/generations/1 /var/lib/phoenix/generations/away");
    // Whether it is enabled was asked before, and is not looked up again until a reload.
    is(lab, "x.timer", "loaded active waiting enabled yes success");
    assert_eq!(lab.run("systemctl is-enabled x.timer").status, Some(1));
    lab.ok("systemctl daemon-reload");
    is(lab, "x.timer", "not-found failed failed - no resources");
    is(lab, "x.service", ABSENT);
    lab.ok("mv /var/lib/phoenix/generations/away /var/lib/phoenix/generations/1; systemctl daemon-reload; systemctl start x.timer");
    is(lab, "x.timer", WAITING);

    lab.ok(&format!("{UNLINK}; systemctl daemon-reload"));
    is(lab, "x.timer", "not-found failed failed - no resources");
    let output = lab.run("systemctl is-system-running");
    assert_eq!((output.status, output.out().as_str()), (Some(1), "degraded\n"), "{output}");
    lab.ok("systemctl stop x.timer");
    is(lab, "x.timer", "not-found failed failed - no resources");
    lab.ok("systemctl reset-failed x.timer");
    is(lab, "x.timer", ABSENT);

    // Stopped first, nothing is left.
    lab.ok(&format!(
        "{LINK}; systemctl daemon-reload; systemctl start x.timer; systemctl stop x.timer; {UNLINK}"
    ));
    lab.ok("systemctl daemon-reload");
    is(lab, "x.timer", ABSENT);
    lab.prints("systemctl is-system-running", "running");
    lab.ok(&format!("{LINK}; systemctl daemon-reload; systemctl start x.timer"));
}

fn a_failed_service_says_so_until_it_is_reset(lab: &Session) {
    lab.ok(r"printf '[Service]\nType=oneshot\nExecStart=ls /no/such\n' >/var/lib/phoenix/etc/y.service
        ln -s /var/lib/phoenix/etc/y.service /etc/systemd/system/; systemctl daemon-reload");
    assert_eq!(lab.run("systemctl start y.service").status, Some(1));
    is(lab, "y.service", "loaded failed failed linked no exit-code");
    lab.prints("systemctl show -p ExecMainStatus --value y.service", "2");
    let journal = lab.ok("journalctl -u y.service -o cat --no-pager");
    assert!(journal.contains("/no/such"), "{journal}");
    lab.ok("systemctl reset-failed y.service");
    is(lab, "y.service", "loaded inactive dead linked no success");
    lab.ok("rm /etc/systemd/system/y.service; systemctl daemon-reload");
}

fn what_cannot_be_read_is_told(lab: &Session) {
    lab.ok(r"printf '[Timer]\nOnCalendar=daily\n[Foo\n' >/var/lib/phoenix/etc/z.timer
        ln -s /var/lib/phoenix/etc/z.timer /etc/systemd/system/; systemctl daemon-reload");
    is(lab, "z.timer", "error inactive dead bad no success");
    assert_eq!(lab.run("systemctl start z.timer").status, Some(1));
    assert_eq!(lab.run("systemd-analyze verify /etc/systemd/system/z.timer").status, Some(1));
    assert!(lab.run("systemd-analyze verify /etc/systemd/system/x.timer").ok());
    assert_eq!(lab.run("systemctl start none.timer").status, Some(5));
    lab.ok("rm /etc/systemd/system/z.timer; systemctl daemon-reload");
}

/// `enable` links to where the current generation is now, and `disable` takes the unit's own link away.
fn enabling_and_disabling_by_systemd_is_not_for_links(lab: &Session) {
    lab.ok("rm /etc/systemd/system/timers.target.wants/x.timer; systemctl enable --quiet x.timer");
    lab.prints(
        "readlink /etc/systemd/system/timers.target.wants/x.timer",
        "/var/lib/phoenix/generations/1/etc/x.timer",
    );
    lab.ok("systemctl disable --quiet x.timer; ! test -L /etc/systemd/system/x.timer");
    lab.ok(&format!(
        "systemctl stop x.timer; systemctl reset-failed x.timer; {LINK}; systemctl daemon-reload"
    ));
    lab.ok("systemctl start x.timer");
    is(lab, "x.timer", WAITING);
}

fn a_timer_follows_the_clock(lab: &Session) {
    for clock in ["$(date -d '+3 days' '+%F %T')", "$(date -d '+1 day' +%F) 03:59:58"] {
        lab.ok("rm -f /root/ran");
        lab.ok(&format!("date -s \"{clock}\"; until test -s /root/ran; do sleep 0.2; done"));
        is(lab, "x.timer", WAITING);
    }
}
