//! Codes about snapshots that are taken by the clock.

use phoenix_graph::code::{
    Entry,
    Level::{Refusal, Warning},
};

phoenix_graph::codes! {
    pub SNAPSHOTS:

    NO_SYSTEMD = Entry {
        name: "no-systemd",
        level: Refusal,
        title: "this host is not run by systemd",
        explanation: "What is done by the clock is done by units of systemd that phoenix links in. Boot the host with systemd, or take that out of the spec.",
        why: "A schedule that nobody carries out is believed in until a snapshot is needed.",
        examples: None,
    };

    UNIT_FAILED = Entry {
        name: "unit-failed",
        level: Warning,
        title: "a unit of phoenix's failed when it ran last",
        explanation: "systemd says how it ended. `journalctl --unit NAME` has what it said, and `systemctl start NAME` runs it once more.",
        why: "What is done by the clock is not done, and nobody sees it before it is needed.",
        examples: None,
    };

    NO_SANOID = Entry {
        name: "no-sanoid",
        level: Refusal,
        title: "this host has no sanoid",
        explanation: "Snapshots by the clock are taken and destroyed by sanoid, as Debian packages it: the program, and `/usr/share/sanoid/sanoid.defaults.conf`. Install the package `sanoid`.",
        why: "A schedule that nobody carries out is believed in until a snapshot is needed.",
        examples: None,
    };

    SNAPSHOTS_BY_OTHERS = Entry {
        name: "snapshots-by-others",
        level: Refusal,
        title: "sanoid's own configuration takes snapshots of it, too",
        explanation: "A section of `/etc/sanoid/sanoid.conf` is about the dataset, or about what lies in it. sanoid counts every snapshot of its making as its own, whichever configuration it was taken by. Take the section out.",
        why: "The one of the two that keeps less destroys what the other one keeps.",
        examples: None,
    };

    SANOID_UNREAD = Entry {
        name: "sanoid-unread",
        level: Refusal,
        title: "sanoid's own configuration cannot be read",
        explanation: "Run it as a user who may read `/etc/sanoid/sanoid.conf`; where it is no configuration of sanoid's, put it right or away.",
        why: "A section that keeps less destroys what the spec keeps.",
        examples: None,
    };

    SNAPSHOTS_OVER_AREA = Entry {
        name: "snapshots-over-area",
        level: Refusal,
        title: "a schedule for all below an encryption root that the spec does not say",
        explanation: "What is retired out of an encrypted dataset is put away in `.phoenix` of its encryption root, since OpenZFS moves nothing out of it. A schedule with `children` leaves those areas out of which the spec says `keyformat`, and whose names have no blank.",
        why: "sanoid would take snapshots of what is put away, and destroy those that it is to keep.",
        examples: None,
    };

    SNAPSHOTS_GO = Entry {
        name: "snapshots-go",
        level: Warning,
        title: "a schedule has snapshots destroyed",
        explanation: "There are more of a type than are kept from now on, and consent was given to that (`--consent`). sanoid destroys those that are too many and too old, from the next run of its timer on, in every dataset that the schedule holds for.",
        why: "No rollback brings a snapshot back.",
        examples: None,
    };

    SNAPSHOTS_STAY = Entry {
        name: "snapshots-stay",
        level: Warning,
        title: "snapshots that were taken by the clock stay",
        explanation: "The spec says no `snapshots` of the dataset any more. What was taken is not destroyed; `zfs list -t snapshot` shows it, its names begin with `autosnap_`. Destroy by hand what is not needed.",
        why: "They hold the space of all that was written over since, for as long as they are there.",
        examples: None,
    };
}
