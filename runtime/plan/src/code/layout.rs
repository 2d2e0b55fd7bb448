//! Codes about disks and vdevs, and changes of a pool's layout.

use phoenix_graph::code::{
    Entry,
    Level::{Refusal, Warning},
};

phoenix_graph::codes! {
    pub LAYOUT:

    DISK_NOT_BLANK = Entry {
        name: "disk-not-blank",
        level: Refusal,
        title: "a disk that is to be used holds something",
        explanation: "Name another disk. If nothing on this one is needed, clear it yourself; `wipefs` shows what is there. phoenix never does.",
        why: "What is on a disk that a pool takes is lost, and the wrong disk is quickly named.",
        examples: None,
    };

    NO_BLANK_DISK = Entry {
        name: "no-blank-disk",
        level: Refusal,
        title: "a disk that is to be used is not there, or is in a pool already",
        explanation: "`ls -l /dev/disk/by-id` lists the disks that are there. One that the pool has already is named at the place that it has.",
        why: "OpenZFS would refuse it in the middle of a switch.",
        examples: None,
    };

    DISK_NOT_ZERO = Entry {
        name: "disk-not-zero",
        level: Warning,
        title: "a disk that counts as blank has bytes that are not zero",
        explanation: "Nothing that is known is on it. See that it is the right disk: whatever is on it is overwritten.",
        why: "Raw data of a program that puts no label on a disk is seen by nobody.",
        examples: None,
    };

    LAYOUT_UNREACHABLE = Entry {
        name: "layout-unreachable",
        level: Refusal,
        title: "OpenZFS does not change the layout into the one that the spec says",
        explanation: "Write the layout in the spec as `zpool status -P` shows it; or make a pool of the new layout on other disks, and copy the data. What can be changed by hand the refusal says.",
        why: "Vdevs are not split, joined or turned into others, and what is raidz stays. A pool's layout is chosen once.",
        examples: None,
    };

    ONE_CHANGE_AT_A_TIME = Entry {
        name: "one-change-at-a-time",
        level: Refusal,
        title: "several changes of a layout that need a switch each",
        explanation: "Change one of them in the spec and switch; then, when `zpool status` shows that the pool has done with it, the next.",
        why: "Each of them moves data, and the pool takes no other meanwhile.",
        examples: None,
    };

    LAYOUT_UNSOUND = Entry {
        name: "layout-unsound",
        level: Refusal,
        title: "a vdev that is not sound is to be changed",
        explanation: "Put the pool right first: `zpool status -v` says what is wrong. A disk that failed is replaced in the spec.",
        why: "A mirror whose last sound disk leaves is lost.",
        examples: None,
    };

    MISMATCHED_VDEV = Entry {
        name: "mismatched-vdev",
        level: Refusal,
        title: "a new vdev protects data otherwise than the others",
        explanation: "Give it the same kind and number of disks. OpenZFS adds it only by force, which phoenix never uses.",
        why: "A pool is lost with its weakest vdev, and vdevs of raidz never leave.",
        examples: None,
    };

    ADOPTED_LAYOUT = Entry {
        name: "adopted-layout",
        level: Refusal,
        title: "a pool that is taken over has another layout than the spec says",
        explanation: "Write the layout as `zpool status -P` shows it. It can be changed when the pool is phoenix's.",
        why: "Taking over changes nothing; and a layout that differs may be a sign that it is not the pool that is meant.",
        examples: None,
    };

    CHECKPOINT_FORBIDS = Entry {
        name: "checkpoint-forbids",
        level: Refusal,
        title: "a pool's checkpoint forbids a change of its layout",
        explanation: "Give it up when it is needed no longer: `zpool checkpoint -d`.",
        why: "As long as a pool has a checkpoint no disk or vdev leaves it or is attached.",
        examples: None,
    };

    POOL_AT_WORK = Entry {
        name: "pool-at-work",
        level: Refusal,
        title: "a pool is busy, and its layout cannot be changed now",
        explanation: "Wait until it is done (`zpool wait`), then switch again. A scrub can be stopped: `zpool scrub -s`.",
        why: "One change of a layout is made after the other; and filling a disk would end a scrub.",
        examples: None,
    };

    CHECKPOINT_TAKEN = Entry {
        name: "checkpoint-taken",
        level: Warning,
        title: "a checkpoint is taken before what no rollback undoes",
        explanation: "The whole pool can be returned to it, without what was written since. Give it up with `zpool checkpoint -d`.",
        why: "Until it is given up nothing that is deleted frees space.",
        examples: None,
    };

    NO_CHECKPOINT = Entry {
        name: "no-checkpoint",
        level: Warning,
        title: "no checkpoint is taken before what no rollback undoes",
        explanation: "The pool has no checkpoints, is busy, or changes in a way that a checkpoint forbids. The warning says which, and what to do for a way back.",
        why: "Without one there is none.",
        examples: None,
    };

    GOES_ON_AFTER = Entry {
        name: "goes-on-after",
        level: Warning,
        title: "a change of a layout goes on after the switch",
        explanation: "The switch does not wait for disks that are filled, nor for vdevs that are emptied. `zpool status` shows how far it is.",
        why: "A disk that is not filled yet protects nothing.",
        examples: None,
    };

    VDEV_FOR_GOOD = Entry {
        name: "vdev-for-good",
        level: Warning,
        title: "a vdev is added that no rollback takes out again",
        explanation: "It holds data as soon as something is written. See that it is what is meant.",
        why: "Where a pool has raidz, no vdev for data ever leaves it.",
        examples: None,
    };
}
