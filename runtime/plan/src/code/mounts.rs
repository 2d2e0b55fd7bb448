//! Codes about what is mounted where.

use phoenix_graph::code::{
    Entry,
    Level::{Refusal, Warning},
};

phoenix_graph::codes! {
    pub MOUNTS:

    HIDES_STATE_FOLDER = Entry {
        name: "hides-state-folder",
        level: Refusal,
        title: "a mount would hide phoenix's own record",
        explanation: "Give it a mount point that is not above the state folder, or move that with `--state-dir`.",
        why: "What was done could not be recorded, nor gone back from.",
        examples: None,
    };

    MOUNTPOINT_IS_LINK = Entry {
        name: "mountpoint-is-link",
        level: Refusal,
        title: "a mount point is a link, or passes one",
        explanation: "Say the path that it leads to as `mountpoint`; or see who made the link, and take it away.",
        why: "OpenZFS mounts where the link leads, which is for whoever made it to say.",
        examples: None,
    };

    MOUNTED_THROUGH_LINK = Entry {
        name: "mounted-through-link",
        level: Warning,
        title: "a file system is mounted through a link",
        explanation: "It is mounted where the link leads. Say that path as `mountpoint`, so that nobody decides it but the spec.",
        why: "Whoever may change the link says where it is mounted after the next boot.",
        examples: None,
    };

    MOUNT_IN_THE_WAY = Entry {
        name: "mount-in-the-way",
        level: Refusal,
        title: "something is mounted in the way",
        explanation: "A mount that is not phoenix's to take away lies inside, over or at the place; or the file system is mounted at a second place. Unmount it as the refusal says; mount it again after.",
        why: "What is hidden by a mount is still written to, by whoever had it open, and found by nobody.",
        examples: None,
    };

    MOUNTED_BY_HAND = Entry {
        name: "mounted-by-hand",
        level: Refusal,
        title: "a file system is mounted, but not by ZFS",
        explanation: "Its mount point is `legacy` or `none`, and somebody mounted it. Unmount it by hand first.",
        why: "Only whoever mounted it knows where and how it is to be mounted again.",
        examples: None,
    };

    ROOT_FILE_SYSTEM = Entry {
        name: "root-file-system",
        level: Refusal,
        title: "the host's root file system is to be unmounted, or mounted over",
        explanation: "Leave its name, its mount point and `canmount` as they are. What the next boot is to mount there says `canmount=\"noauto\"`.",
        why: "The host runs from it.",
        examples: None,
    };

    HIDDEN_LATER = Entry {
        name: "hidden-later",
        level: Warning,
        title: "something is mounted inside a place where another one belongs",
        explanation: "That one is not mounted now. Once it is, it hides what is mounted inside. Mount it first, or give one of the two another mount point.",
        why: "After the next boot files are missing that are there now.",
        examples: None,
    };

    UNMOUNTED_FOR_A_MOMENT = Entry {
        name: "unmounted-for-a-moment",
        level: Warning,
        title: "something that does not change is unmounted for a moment",
        explanation: "It lies in or over what moves, and is mounted at its place again.",
        why: "Whoever uses it then gets an error, and one that has a file open stops the switch.",
        examples: None,
    };

    NOT_MOUNTED = Entry {
        name: "not-mounted",
        level: Refusal,
        title: "permissions of what is not mounted",
        explanation: "Mount it, or say in the spec where it is mounted.",
        why: "The root directory of a dataset is reached where it is mounted; below an empty mount point lies another one.",
        examples: None,
    };

    NOT_WRITABLE = Entry {
        name: "not-writable",
        level: Refusal,
        title: "permissions of what nobody can write to",
        explanation: "The dataset is `readonly` after this switch, by its spec, by one above, or as somebody set it. Set the permissions in a switch before it becomes so; or take them out of the spec.",
        why: "Owner, group, mode and list are contents of the file system: setting them would fail in the middle.",
        examples: None,
    };

    CONTENTS_GIVEN = Entry {
        name: "contents-given",
        level: Warning,
        title: "all that lies in a dataset is given to somebody",
        explanation: "`recursive` gives all files and folders in the dataset an owner or a group, once. About how many, is what OpenZFS counts, some objects of its own with it. What each had is in the snapshot that is taken before, where one is taken.",
        why: "No rollback gives it back file by file: it comes back with the data alone.",
        examples: None,
    };

    CONTENTS_STAY = Entry {
        name: "contents-stay",
        level: Warning,
        title: "what was given away with all that lies in a dataset stays so",
        explanation: "`recursive` gave all files and folders in the dataset an owner or a group. The root directory goes back to what it was; the rest is not given back one by one. `rollback NUMBER --with-data DATASET`, to the generation before the one that gave it away, brings it back with the data, and puts the newer state away; as long as `gc` has not collected that snapshot.",
        why: "Whoever could read or write there before may not be able to now.",
        examples: None,
    };
}
