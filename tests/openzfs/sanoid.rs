//! What Debian's sanoid does with a configuration that is not in its own place: what phoenix will rely on, and the
//! traps that it has to keep people out of.

use phoenix_lab::{MachineSpec, Output, Session, mib, says};

const CONFIG: &str = "/etc/phoenix/sanoid";
const CACHE: &str = "/run/phoenix-snapshots";
/// Hourly ones alone.
const HOURLY: &str = "hourly = 2\ndaily = 0\nmonthly = 0\n";

#[test]
fn sanoid_takes_and_prunes_by_a_configuration_of_our_own() {
    let spec = MachineSpec::new().disk("a", mib(96)).disk("b", mib(96));
    let Some(lab) = &mut super::boot(spec) else { return };
    lab.ok("zpool create -O mountpoint=/tank tank /dev/disk/by-id/virtio-a; zfs create -p tank/a/kid; zfs create tank/b");
    says(&lab.ok("sanoid --version"), &["version 2.1.0"]);
    the_defaults_are_the_packages(lab);
    a_dry_run_says_what_it_would_do(lab);
    a_configuration_that_cannot_be_read_ends_it(lab);
    a_mistake_in_a_name_is_passed_over(lab);
    the_order_of_sections_decides(lab);
    what_fails_does_not_show_in_the_exit_code(lab);
    a_script_that_takes_too_long_ends_it(lab);
    it_prunes_only_its_own(lab);
    it_trusts_what_it_listed_for_a_quarter_of_an_hour(lab);
    its_monitor_tells_by_the_exit_code(lab);
    lab.shutdown();
}

fn configure(lab: &Session, text: &str) {
    lab.put("sanoid.conf", text);
    lab.ok(&format!("mkdir -p {CONFIG}; mv /root/sanoid.conf {CONFIG}/sanoid.conf; rm -rf {CACHE}"));
}

fn sanoid(lab: &Session, words: &str) -> Output {
    lab.run(&format!(
        "TZ=UTC sanoid --configdir={CONFIG} --cache-dir={CACHE} --run-dir={CACHE}/run {words} 2>&1"
    ))
}

/// Runs it, which ends with 0 in whatever it met; returns what it said.
#[track_caller]
fn does(lab: &Session, words: &str) -> String {
    let output = sanoid(lab, words);
    assert_eq!(output.status, Some(0), "sanoid {words}: {output}");
    output.out()
}

/// Configures and takes; returns what it said.
#[track_caller]
fn take(lab: &Session, text: &str) -> String {
    configure(lab, text);
    does(lab, "--take-snapshots --verbose")
}

#[track_caller]
fn prune(lab: &Session) -> String {
    does(lab, "--prune-snapshots --verbose")
}

/// Lists the file systems that have snapshots of sanoid's, and how many, and destroys those.
fn taken(lab: &Session) -> String {
    let list = "zfs list -H -t snapshot -o name | grep @autosnap_";
    let found =
        lab.ok(&format!("{list} | cut -d@ -f1 | uniq -c | awk '{{print $2\":\"$1}}' | paste -sd' ' || true"));
    lab.ok(&format!("{list} | xargs -r -n1 zfs destroy; true"));
    found
}

fn the_defaults_are_the_packages(lab: &Session) {
    let text = "[tank/a]\nuse_template = kept\n[template_kept]\nhourly = 2\ndaily = 1\nmonthly = 0\n";
    let said = take(lab, text);
    says(
        &said,
        &["INFO: taking snapshots...\n", "taking snapshot tank/a@autosnap_", "_daily\n", "_hourly\n"],
    );
    lab.ok(&format!("test -s {CACHE}/snapshots.txt && test -d {CACHE}/run && ! test -e /var/cache/sanoid"));
    assert_eq!(taken(lab), "tank/a:2");
    // What lies in the folder beside it is not read, and the folder may be a link.
    lab.ok(&format!(
        "printf '[version]\nversion = 2\n[template_default]\nhourly = 0\n' >{CONFIG}/sanoid.defaults.conf; \
         mkdir -p /var/lib/phoenix; mv {CONFIG} /var/lib/phoenix/sanoid; ln -s /var/lib/phoenix/sanoid {CONFIG}; rm -r {CACHE}"
    ));
    does(lab, "--take-snapshots");
    assert_eq!(taken(lab), "tank/a:2");
    lab.ok(&format!(
        "rm {CONFIG} && mv /var/lib/phoenix/sanoid {CONFIG} && rm {CONFIG}/sanoid.defaults.conf"
    ));
    // A template that is not there: the shipped defaults hold.
    take(lab, "[tank/b]\nuse_template = nowhere\n");
    assert_eq!(taken(lab), "tank/b:3");
}

fn a_dry_run_says_what_it_would_do(lab: &Session) {
    configure(lab, &format!("[tank/b]\n{HOURLY}"));
    let said = does(lab, "--readonly --cron --verbose");
    says(&said, &["taking snapshot tank/b@autosnap_", "INFO: pruning snapshots...\n"]);
    assert_eq!(taken(lab), "");
    assert_eq!(does(lab, "--readonly"), "");
    assert_eq!(does(lab, "--verbose"), "");
}

fn a_configuration_that_cannot_be_read_ends_it(lab: &Session) {
    for (text, words) in [
        ("", "FATAL: cannot load /etc/phoenix/sanoid/sanoid.conf"),
        ("# nothing\n", "FATAL: cannot load /etc/phoenix/sanoid/sanoid.conf"),
        ("tank/b]\nhourly 2\n", "FATAL: cannot load /etc/phoenix/sanoid/sanoid.conf"),
        (
            "[tank/b]\npre_pruning_script = /bin/true\n",
            "FATAL ERROR: I don't understand the setting pre_pruning_script",
        ),
        ("[tank/b]\n[template_x]\ncolour = red\n", "FATAL ERROR: I don't understand the setting colour"),
    ] {
        configure(lab, text);
        let output = sanoid(lab, "--take-snapshots");
        assert_eq!(output.status, Some(255), "{text:?}: {output}");
        says(&output.out(), &[words]);
    }
    lab.ok(&format!("rm {CONFIG}/sanoid.conf"));
    assert_eq!(sanoid(lab, "--take-snapshots").status, Some(2));
    // Only templates: nothing to do.
    take(lab, "[template_x]\nhourly = 1\n");
    assert_eq!(taken(lab), "");
}

fn a_mistake_in_a_name_is_passed_over(lab: &Session) {
    let said = take(lab, &format!("[tank/gone]\n{HOURLY}[tank/b]\n{HOURLY}"));
    says(
        &said,
        &[
            "cannot open 'tank/gone': dataset does not exist",
            "CRITICAL ERROR: zfs snapshot tank/gone@autosnap_",
        ],
    );
    assert_eq!(taken(lab), "tank/b:1");
    let said = take(
        lab,
        &format!("[tank/b]\n{HOURLY}[tank/.phoenix]\nautosnap = no\nautoprune = no\nrecursive = yes\n"),
    );
    says(&said, &["cannot open 'tank/.phoenix': dataset does not exist"]);
    assert!(!said.contains("CRITICAL"), "{said}");
    assert_eq!(taken(lab), "tank/b:1");
    // Without `recursive` nothing is listed, and nothing said.
    let said = take(lab, &format!("[tank/b]\n{HOURLY}[tank/.phoenix]\nautosnap = no\nautoprune = no\n"));
    assert!(!said.contains(".phoenix"), "{said}");
    assert_eq!(taken(lab), "tank/b:1");

    lab.ok("zfs create 'tank/with blank'; zfs create 'tank/with blank/kid'");
    let said = take(lab, &format!("[tank/with blank]\nrecursive = yes\n{HOURLY}"));
    says(&said, &["cannot open 'tank/with'"]);
    lab.prints("zfs list -H -t snapshot -o name | grep -c '@autosnap_.*_hourly'", "1");
    lab.ok("zfs destroy -r 'tank/with blank'");
    let said = take(lab, "[tank/b]\nhourly = many\ndaily = 1 # one\nmonthly = 0\nautosnap = maybe\n");
    says(&said, &["Argument \"many\" isn't numeric", "Argument \"1 # one\" isn't numeric"]);
    assert_eq!(taken(lab), "tank/b:1");
}

fn the_order_of_sections_decides(lab: &Session) {
    let parent = |how: &str| format!("[tank/a]\nrecursive = {how}\n{HOURLY}");
    let child = "[tank/a/kid]\nautosnap = no\nautoprune = no\n";
    take(lab, &format!("{}{child}", parent("yes")));
    assert_eq!(taken(lab), "tank/a:1");
    take(lab, &format!("{child}{}", parent("yes")));
    assert_eq!(taken(lab), "tank/a:1 tank/a/kid:1");
    take(lab, &format!("{}{child}", parent("zfs")));
    assert_eq!(taken(lab), "tank/a:1 tank/a/kid:1");
    lab.ok("zfs create -p tank/.phoenix/3/b");
    take(lab, &format!("[tank]\nrecursive = yes\n{HOURLY}[tank/.phoenix]\nautosnap = no\nrecursive = yes\n"));
    assert_eq!(taken(lab), "tank:1 tank/a:1 tank/a/kid:1 tank/b:1");
}

fn what_fails_does_not_show_in_the_exit_code(lab: &Session) {
    let script = |more: &str| format!("[tank/b]\n{HOURLY}pre_snapshot_script = /bin/false\n{more}");
    says(&take(lab, &script("")), &["WARN: pre_snapshot_script failed, 256"]);
    assert_eq!(taken(lab), "tank/b:1");
    says(&take(lab, &script("no_inconsistent_snapshot = yes\n")), &["WARN: pre_snapshot_script failed, 256"]);
    assert_eq!(taken(lab), "");

    lab.ok("zpool create -O mountpoint=/full full /dev/disk/by-id/virtio-b; dd if=/dev/urandom of=/full/x bs=1M; zpool sync");
    let said = take(lab, &format!("[full]\n{HOURLY}"));
    says(&said, &["cannot create snapshots : out of space", "CRITICAL ERROR: zfs snapshot full@autosnap_"]);
    lab.ok("zpool export full; zpool import -o readonly=on full");
    says(
        &take(lab, &format!("[full]\n{HOURLY}")),
        &["cannot create snapshots : pool is read-only", "CRITICAL ERROR"],
    );
    lab.ok("zpool export full");
}

/// Without a limit it waits; with one, sanoid is what ends, by SIGALRM.
fn a_script_that_takes_too_long_ends_it(lab: &Session) {
    let script = |limit: u32| {
        format!("[tank/b]\n{HOURLY}pre_snapshot_script = /bin/sleep 2\nscript_timeout = {limit}\n")
    };
    configure(lab, &script(1));
    assert_eq!(sanoid(lab, "--take-snapshots").status, Some(142));
    assert_eq!(taken(lab), "");
    take(lab, &script(0));
    assert_eq!(taken(lab), "tank/b:1");
}

fn it_prunes_only_its_own(lab: &Session) {
    let others = ["autosnap_x", "autosnap_2020-01-01_00:00:00_mylabel", "phoenix-3", "syncoid_x_hourly"];
    let own = [
        "autosnap_2020-01-01_00:00:00_hourly",
        "autosnap_hand_hourly",
        "autosnap_2020-01-02_00:00:00_hourly",
    ];
    for name in others.iter().chain(&own) {
        lab.ok(&format!("zfs snapshot tank/b@{name}"));
    }
    lab.ok("zfs hold keep tank/b@autosnap_2020-01-02_00:00:00_hourly; sleep 1.1");
    configure(lab, "[tank/b]\nautosnap = no\nhourly = 0\ndaily = 0\nmonthly = 0\n");
    let held = ["it's being held", "could not remove tank/b@autosnap_2020-01-02_00:00:00_hourly : 256"];
    says(&prune(lab), &held);
    let left = lab.ok("zfs list -H -t snapshot -o name -S name tank/b | cut -d@ -f2");
    let mut left: Vec<_> = left.lines().collect();
    left.sort_unstable();
    let mut wanted = [&others[..], &own[2..]].concat();
    wanted.sort_unstable();
    assert_eq!(left, wanted);
    says(&prune(lab), &held);
    lab.ok("zfs release keep tank/b@autosnap_2020-01-02_00:00:00_hourly");
    prune(lab);
    assert!(!lab.there("tank/b@autosnap_2020-01-02_00:00:00_hourly"));
    lab.ok("zfs destroy tank/b@%");
}

fn it_trusts_what_it_listed_for_a_quarter_of_an_hour(lab: &Session) {
    configure(lab, "[tank/b]\nautosnap = no\nhourly = 0\ndaily = 0\nmonthly = 0\n");
    prune(lab);
    lab.ok("zfs snapshot tank/b@autosnap_2020-01-01_00:00:00_hourly; sleep 1.1");
    prune(lab);
    assert!(lab.there("tank/b@autosnap_2020-01-01_00:00:00_hourly"));
    does(lab, "--force-update");
    prune(lab);
    assert!(!lab.there("tank/b@autosnap_2020-01-01_00:00:00_hourly"));
    // A new dataset is seen at once.
    take(lab, &format!("[tank/a]\nrecursive = yes\n{HOURLY}"));
    lab.ok("zfs create tank/a/new");
    says(&does(lab, "--take-snapshots --verbose"), &["taking snapshot tank/a/new@autosnap_"]);
    assert_eq!(taken(lab), "tank/a:1 tank/a/kid:1 tank/a/new:1");
}

fn its_monitor_tells_by_the_exit_code(lab: &Session) {
    configure(lab, &format!("[tank/b]\n{HOURLY}"));
    let output = sanoid(lab, "--monitor-snapshots");
    let wanted = (Some(2), "CRIT: tank/b has no hourly snapshots at all!\n");
    assert_eq!((output.status, output.out().as_str()), wanted);
    does(lab, "--take-snapshots");
    assert_eq!(
        does(lab, "--monitor-snapshots"),
        "OK: all monitored datasets (tank/b) have fresh snapshots\n"
    );
    says(&does(lab, "--monitor-health"), &["OK ZPOOL tank : ONLINE {Size:"]);
}
