//! Mistakes, each put into one node of a valid spec, and where the compiler is to tell of it.

use phoenix_compiler::{Compiled, Diagnostic, code};
use phoenix_graph::{Code, Target, property};
use phoenix_specs::random::{
    choices::Choices,
    spec::{Node, Piece, Spec, Value, text},
    write::TOO_MUCH,
};
use std::collections::HashSet;

/// What the compiler is to say of a mistake.
#[derive(Debug)]
pub struct Wanted {
    pub code: Code,
    /// The text that marks the place, and which of its occurrences.
    mark: &'static str,
    nth: usize,
    place: Place,
}

/// Where the place lies.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// Over the mark.
    Covers,
    /// On this word, the last of its kind before the mark.
    Before(&'static str),
    /// On a setting that begins so, behind the mark, in the node that is called by it.
    After(&'static str),
}

/// A mistake: what is said of it, the words of the nodes that it is put into, how it is put there.
struct Mistake {
    code: Code,
    mark: &'static str,
    nth: usize,
    place: Place,
    into: &'static [&'static str],
    fits: fn(&Node) -> bool,
    put: fn(&mut Node, &mut Choices),
}

const fn mistake(
    code: Code,
    mark: &'static str,
    into: &'static [&'static str],
    put: fn(&mut Node, &mut Choices),
) -> Mistake {
    Mistake { code, mark, nth: 0, place: Place::Covers, into, fits: |_| true, put }
}

impl Mistake {
    const fn second(self) -> Self {
        Self { nth: 1, ..self }
    }

    const fn place(self, place: Place) -> Self {
        Self { place, ..self }
    }

    const fn if_it(self, fits: fn(&Node) -> bool) -> Self {
        Self { fits, ..self }
    }
}

const HOLDERS: &[&str] = &["pool", "dataset"];
const PROPERTIES: &[&str] = &["pool", "root", "dataset", "volume"];
const USERS: &[&str] = &["host", "pool", "root", "dataset", "volume", "export", "proxmox"];
const DATASET: &[&str] = &["dataset"];
const FILE: &[&str] = &["file"];

const MISTAKES: &[Mistake] = &[
    mistake(
        code::UNKNOWN_SETTING,
        "zz-speed",
        &["host", "arc", "pool", "mirror", "disk", "special", "root", "dataset", "volume", "proxmox"],
        |node, _| node.set("zz-speed", vec![vec![text("1")]]),
    ),
    mistake(code::UNKNOWN_SETTING, "zz-", PROPERTIES, misspell).if_it(|node| misspellable(node).is_some()),
    mistake(code::UNKNOWN_PROFILE, "zz-profile", USERS, |node, _| {
        node.inside.push(Node::named("use", "zz-profile"));
    }),
    mistake(code::UNKNOWN_PARAM, "zz-param", USERS, |node, _| {
        node.inside.push(Node::new("with", Vec::new()).with("zz-param", text("x")));
    }),
    mistake(code::UNKNOWN_LINT, "zz-lint", USERS, |node, _| {
        node.inside.push(Node::new("allow", vec![text("zz-lint"), text("unstable-disk")]));
    }),
    mistake(code::UNKNOWN_LET, "zz-let", DATASET, |node, _| {
        node.set("any:zz", vec![vec![Value::Let("zz-let".to_owned())]]);
    }),
    mistake(code::BAD_FORMAT, "zz-", DATASET, |node, _| {
        node.set("any:zz", vec![vec![Value::Format(vec![Piece::Name("zz-{".to_owned())])]]);
    }),
    mistake(code::UNKNOWN_NODE, "zz-thing", &["host", "pool", "root", "dataset", "volume"], |node, _| {
        let inner = Node::new("any", vec![Value::Number(1)]);
        node.inside.push(Node::new("zz-thing", Vec::new()).holding(vec![inner]));
    }),
    mistake(code::MISPLACED_NODE, "zz-disk", DATASET, |node, _| {
        node.inside.push(Node::new("raidz2", Vec::new()).holding(vec![Node::named("disk", "/dev/zz-disk")]));
    })
    .place(Place::Before("raidz2")),
    mistake(code::BAD_VALUE, "zz-no", PROPERTIES, |node, choices| {
        let target = target(node);
        // Of these none is told by its value: a spec cannot say them at all, or says them elsewhere.
        let apart = |row: &property::Property| {
            ["volsize", "altroot", "mlslabel"].contains(&row.name)
                || (target == Target::Pool && row.name == "version")
        };
        let rows = || {
            let text = |row: &property::Property| matches!(row.kind, property::Kind::Text { .. });
            property::all(target).filter(move |row| !row.read_only && !apart(row) && !text(row))
        };
        let (known, name) = {
            let rows: Vec<_> = rows().filter(|row| node.setting(row.name).is_none()).collect();
            let row = choices.of(&rows);
            (row.name.ends_with('@'), row.name)
        };
        node.set(&if known { format!("{name}m9") } else { name.to_owned() }, vec![vec![text("zz-no")]]);
    })
    .if_it(|node| node.setting("canmount").is_none()),
    mistake(code::WRONG_KIND, "feature@zz-", &["root", "dataset", "volume"], |node, _| {
        node.set("feature@zz-", vec![vec![text("enabled")]]);
    }),
    mistake(code::WRONG_KIND, "userquota@zz-", &["pool", "volume"], |node, _| {
        node.set("userquota@zz-", vec![vec![text("1G")]]);
    }),
    mistake(code::READ_ONLY, "phoenix:zz-", &["root", "dataset", "volume"], |node, _| {
        node.set("phoenix:zz-", vec![vec![text("x")]]);
    }),
    mistake(code::SECRET_IN_SPEC, "zz-secret", PROPERTIES, |node, _| {
        node.set("passphrase", vec![vec![text("zz-secret")]]);
    })
    .place(Place::Before("passphrase")),
    mistake(code::BAD_NAME, "zz-/", HOLDERS, |node, _| node.inside.push(Node::named("dataset", "zz-/x"))),
    mistake(code::BAD_NAME, "zz-@", HOLDERS, |node, _| node.inside.push(Node::named("dataset", "zz-@x"))),
    mistake(code::BAD_NAME, "zz-", &["root", "dataset"], |node, _| {
        let storage = Node::named("proxmox", "zz-").with("type", text("zfspool"));
        node.inside.push(storage.holding(vec![Node::named("allow", "guest-disks-exported")]));
    })
    .if_it(bare),
    mistake(code::DUPLICATE_DATASET, "zz-twin", HOLDERS, |node, _| {
        node.inside.push(Node::named("dataset", "zz-twin"));
        node.inside.push(
            Node::named("volume", "zz-twin").with("size", text("1M")).with("sparse", Value::Bool(true)),
        );
    })
    .second(),
    mistake(code::DUPLICATE_MOUNTPOINT, "/srv/zz-m", HOLDERS, |node, _| {
        node.inside.push(Node::named("dataset", "y1").with("mountpoint", text("/srv/zz-m")));
        node.inside.push(Node::named("dataset", "y2").with("mountpoint", text("/srv/zz-m")));
    })
    .second(),
    mistake(code::QUOTA_OVER_PARENT, TOO_MUCH, DATASET, |node, _| {
        node.inside.push(Node::named("dataset", "any-child").with("quota", text(TOO_MUCH)));
    })
    .if_it(|node| {
        node.setting("quota").is_some_and(|quota| matches!(quota.values[0][0], Value::Number(1..)))
    }),
    mistake(code::RESERVATION_OVER_QUOTA, TOO_MUCH, HOLDERS, |node, _| {
        let child = Node::named("dataset", "any-child").with("quota", Value::Number(1));
        node.inside.push(child.with("reservation", text(TOO_MUCH)));
    }),
    mistake(code::VOLUME_WITHOUT_SIZE, "zz-vol", HOLDERS, |node, _| {
        node.inside.push(Node::named("volume", "zz-vol"))
    }),
    mistake(code::BAD_VOLUME_SIZE, "zz-vol", HOLDERS, |node, _| {
        let volume = Node::named("volume", "zz-vol").with("sparse", Value::Bool(true));
        node.inside.push(volume.with("size", Value::Number(1000)));
    })
    .place(Place::After("size")),
    mistake(code::BAD_SIZE, "zz-lots", HOLDERS, |node, _| {
        node.inside.push(Node::named("volume", "any-vol").with("size", text("zz-lots")));
    }),
    mistake(code::BAD_SIZE, "zz-lots", &["arc"], |node, _| {
        node.settings[0].values = vec![vec![text("zz-lots")]]
    })
    // A let that is put aside would be told of, too.
    .if_it(|node| !matches!(node.settings[0].values[0][0], Value::Let(_))),
    mistake(code::ENCRYPTION_WITHOUT_KEY, "zz-closed", HOLDERS, |node, _| {
        let child = Node::named("dataset", "zz-closed").with("keyformat", text("raw"));
        node.inside.push(child.with("encryption", text("aes-256-gcm")));
    })
    .place(Place::After("encryption")),
    // What a dataset above allows is allowed in all of it.
    mistake(code::SYNC_DISABLED, "zz-fast", &["pool"], |node, _| {
        node.inside.push(Node::named("dataset", "zz-fast").with("sync", text("disabled")));
    })
    .place(Place::After("sync"))
    .if_it(|node| {
        let allows = |inner: &Node| inner.word == "allow" && inner.args.contains(&text("sync-disabled"));
        !node.inside.iter().any(|inner| inner.word == "use" || allows(inner))
    }),
    mistake(code::PLACEHOLDER, "__zz-__", &["mirror"], |node, _| {
        node.inside.push(Node::named("disk", "/dev/disk/by-id/__zz-__"));
    }),
    mistake(code::BAD_DISK, "zz-disk", &["mirror"], |node, _| {
        node.inside.push(Node::named("disk", "zz-disk"))
    }),
    mistake(code::DISK_TWICE, "/dev/x/zz-", &["mirror"], |node, _| {
        node.inside.extend([Node::named("disk", "/dev/x/zz-"), Node::named("disk", "/dev/x/zz-")]);
    })
    .second(),
    mistake(code::TOO_FEW_DISKS, "zz-disk", &["pool"], |node, _| {
        node.inside
            .push(Node::new("raidz3", Vec::new()).holding(vec![Node::named("disk", "/dev/x/zz-disk")]));
    })
    .place(Place::Before("raidz3")),
    mistake(code::NO_DISKS, "zz-pool", &["host"], |node, _| node.inside.push(Node::named("pool", "zz-pool"))),
    mistake(code::NO_REDUNDANCY, "zz-pool", &["host"], |node, _| {
        node.inside.push(Node::named("pool", "zz-pool").holding(vec![Node::named("disk", "/dev/x/one")]));
    }),
    mistake(code::BAD_CLIENT, "zz- x", &["export"], |node, _| {
        node.inside.push(Node::named("client", "zz- x"))
    }),
    mistake(code::DUPLICATE_CLIENT, "zz-host", &["export"], |node, _| {
        node.inside.extend([Node::named("client", "zz-host"), Node::named("client", "zz-host")]);
    })
    .second(),
    mistake(code::MOUNT_OPTION, "x-systemd.zz-", &["export"], |node, _| {
        node.inside.push(Node::new("client", vec![text("any-host"), text("x-systemd.zz-")]));
    }),
    mistake(code::BAD_EXPORT_OPTION, "zz-option", &["export"], |node, _| {
        node.inside.push(Node::new("client", vec![text("any-host"), text("zz-option")]));
    }),
    mistake(code::STORAGE_WITHOUT_TYPE, "zz-store", DATASET, |node, _| {
        node.inside.push(Node::named("proxmox", "zz-store"));
    })
    .if_it(bare),
    mistake(code::UNKNOWN_STORAGE_TYPE, "zz-type", DATASET, |node, _| {
        node.inside.push(Node::named("proxmox", "any-store").with("type", text("zz-type")));
    })
    .if_it(bare),
    mistake(code::BAD_CONTENT, "zz-content", DATASET, |node, _| {
        let storage = Node::named("proxmox", "any-store").with("type", text("zfspool"));
        node.inside.push(storage.with("content", text("zz-content")));
    })
    .if_it(bare),
    mistake(code::DUPLICATE_STORAGE, "zz-store", DATASET, |node, _| {
        let storage = || Node::named("proxmox", "zz-store").with("type", text("zfspool"));
        node.inside.extend([storage(), storage()]);
    })
    .second()
    .if_it(bare),
    mistake(code::UNUSED_LET, "zz-unused", FILE, |node, _| {
        node.inside.push(Node::new("let", vec![text("zz-unused"), Value::Number(1)]));
    }),
    mistake(code::UNUSED_PROFILE, "zz-unused", FILE, |node, _| {
        node.inside.push(Node::named("profile", "zz-unused").with("atime", Value::Bool(false)));
    }),
    mistake(code::DUPLICATE_DEFINITION, "zz-twin", FILE, |node, _| {
        node.inside.extend([Node::named("profile", "zz-twin"), Node::named("profile", "zz-twin")]);
    })
    .second(),
    mistake(code::UNKNOWN_IMPORT, "zz-none", FILE, |node, _| {
        node.inside.push(Node::named("import", "std/zz-none"))
    }),
    mistake(code::UNREADABLE, "zz-none", FILE, |node, _| {
        node.inside.push(Node::named("import", "zz-none.kdl"))
    }),
    mistake(code::IMPORT_OUTSIDE, "zz-none", FILE, |node, _| {
        node.inside.push(Node::named("import", "../../../zz-none.kdl"));
    }),
    mistake(code::MISSING_ARGUMENT, "zz-let", FILE, |node, _| node.inside.push(Node::named("let", "zz-let"))),
];

fn target(node: &Node) -> Target {
    match node.word {
        "pool" => Target::Pool,
        "volume" => Target::Volume,
        _ => Target::Filesystem,
    }
}

/// Whether nothing is shared here and no profile says more.
fn bare(node: &Node) -> bool {
    !node.inside.iter().any(|inner| ["use", "export", "proxmox"].contains(&inner.word))
}

/// Finds a setting that nothing else depends on.
fn misspellable(node: &Node) -> Option<usize> {
    let free = [
        "recordsize",
        "compression",
        "atime",
        "checksum",
        "copies",
        "xattr",
        "snapdev",
        "failmode",
        "exec",
        "logbias",
    ];
    let alone = !node.inside.iter().any(|inner| inner.word == "use");
    node.settings.iter().position(|setting| alone && free.contains(&&*setting.name))
}

fn misspell(node: &mut Node, _: &mut Choices) {
    let at = misspellable(node).unwrap();
    node.settings[at].name.push_str("zz-");
}

/// Puts a mistake into a spec, where there is a node that can have it.
pub fn spoil(spec: &mut Spec, which: u16, at: u16) -> Option<Wanted> {
    let mut choices = Choices::new(vec![which, at, at, which]);
    let start = choices.below(MISTAKES.len());
    let mistake =
        MISTAKES.iter().cycle().skip(start).take(MISTAKES.len()).find(|one| count(spec, one) > 0)?;
    let mut nth = choices.below(count(spec, mistake));
    for file in &mut spec.files {
        let mut all = Node::new("file", Vec::new()).holding(std::mem::take(&mut file.nodes));
        let done = put(&mut all, mistake, &mut nth, &mut choices);
        file.nodes = all.inside;
        if done {
            return Some(Wanted {
                code: mistake.code,
                mark: mistake.mark,
                nth: mistake.nth,
                place: mistake.place,
            });
        }
    }
    None
}

/// Counts the nodes that can have a mistake.
fn count(spec: &Spec, mistake: &Mistake) -> usize {
    let of_file = |file: &phoenix_specs::random::spec::File| {
        let all = Node::new("file", Vec::new()).holding(file.nodes.clone());
        let mut count = 0;
        walk(&all, &mut |node| count += usize::from(fits(node, mistake)));
        count
    };
    spec.files.iter().map(of_file).sum()
}

fn fits(node: &Node, mistake: &Mistake) -> bool {
    mistake.into.contains(&node.word) && (mistake.fits)(node)
}

/// Visits nodes that stand for one thing each: what is inside `each` and profiles is told of once,
/// wherever it comes to.
fn walk(node: &Node, look: &mut impl FnMut(&Node)) {
    look(node);
    for inner in node.inside.iter().filter(|inner| !["each", "profile"].contains(&inner.word)) {
        walk(inner, look);
    }
}

fn put(node: &mut Node, mistake: &Mistake, nth: &mut usize, choices: &mut Choices) -> bool {
    if fits(node, mistake) {
        if *nth == 0 {
            (mistake.put)(node, choices);
            return true;
        }
        *nth -= 1;
    }
    let inside = node.inside.iter_mut().filter(|inner| !["each", "profile"].contains(&inner.word));
    inside.into_iter().any(|inner| put(inner, mistake, nth, choices))
}

impl Wanted {
    /// Returns whether a diagnostic's first place is where the mistake is.
    pub fn is_at(&self, found: &Diagnostic, compiled: &Compiled) -> bool {
        let Some(place) = found.place() else { return false };
        let text = &compiled.sources.get(place.file).unwrap().text;
        let Some((mark, _)) = text.match_indices(self.mark).nth(self.nth) else { return false };
        let (start, end) = (place.start as usize, place.end as usize);
        let here = &text[start..end];
        match self.place {
            Place::Covers => start <= mark && mark < end,
            Place::Before(word) => {
                end <= mark && here.trim_matches('"') == word && !text[end..mark].contains(word)
            }
            Place::After(word) => {
                let here = here.trim_matches('"');
                let between = if start > mark { &text[mark..start] } else { &text[end..mark] };
                here.starts_with(word)
                    && !["dataset \"a", "volume \"v"].iter().any(|other| between.contains(other))
            }
        }
    }
}

/// Returns the code of every mistake.
pub fn codes() -> impl Iterator<Item = Code> {
    MISTAKES.iter().map(|mistake| mistake.code)
}

/// Returns the codes of the mistakes that random specs have a place for.
pub fn made_in(make: impl Fn(Vec<u16>) -> Spec, times: u32) -> HashSet<Code> {
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as u16
    };
    let mut found = HashSet::new();
    for _ in 0..times {
        let spec = make((0..250).map(|_| next()).collect());
        found.extend(MISTAKES.iter().filter(|mistake| count(&spec, mistake) > 0).map(|mistake| mistake.code));
    }
    found
}
