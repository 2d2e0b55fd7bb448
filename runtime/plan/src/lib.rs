//! The plan: what a switch will do, as one value that is printed, journalled and executed.
//!
//! [`plan`] is a pure function of the desired graph, the current generation's graph and what was observed. Each kind
//! of resource is a room: a module of its name, with what it adds to a [`Draft`] and refuses, and in `doing` what is
//! done and what takes it back. What walks over all kinds does so in `kinds`, the one table of them.
//!
//! | kind | room | what stands in it |
//! |---|---|---|
//! | pool | `pool` | making, importing, properties; `layout`, `topology`: vdevs; `lasting`, `checkpoint` |
//! | dataset, volume | `dataset` | making, setting, `retire`, `exchange` of data; `moving`: names there |
//! | where they are mounted | `mount` | one `turn` for the whole plan, and what is done for it (`acting`) |
//! | keys of encryption roots | `keys` | loading; `location`: where they are to be found |
//! | permissions | `permissions` | owner, group, mode |
//! | rendered files | `files` | their lines, links and what is in force |
//! | export | `export` | the live table; what goes `away` |
//! | storage | `storage` | registrations with Proxmox; `registry`: their file |
//! | snapshots by the clock | `snapshots` | what sanoid is told, and what it would destroy |
//! | units of systemd | `units` | read anew, started, stopped |
//! | tunable | `tunable` | parameters of the zfs module |
//! | bind | `bind` | mount points of containers |
//! | mount of a machine | `guest_mount` | nothing is done: told what to carry over |
//! | a cluster of Kubernetes, its classes and namespaces | `kubernetes` | nothing is done: told what to apply |
//!
//! Arrows lead down: rooms use `draft`, which is made of values: the plan's own (`action`, `inverse`), what it starts
//! from (`inputs`, `whose`), and what each room found for others. `legal`, `version`, `space` and `uses` judge across
//! kinds. An action is put together in a `sketch`, which says by name what it waits for and what it reaches; `order`
//! resolves that.

mod action;
mod before;
mod bind;
pub mod code;
mod consent;
mod dataset;
mod doing;
mod draft;
mod export;
mod files;
mod followed;
pub mod foreign;
mod guest_mount;
mod guests;
mod inputs;
mod inverse;
mod keys;
mod kinds;
mod kubernetes;
mod legal;
mod mapping;
mod mount;
mod order;
mod past;
mod permissions;
mod pool;
mod prior;
mod query;
pub mod record;
mod settings;
mod sketch;
mod snapshots;
mod space;
mod stage;
mod storage;
mod tunable;
mod units;
mod uses;
mod version;
mod virtiofs;
mod whose;
mod why;

pub use action::{
    Action, Change, Kind, Plan, Refusal, Registry, Reversibility, STORAGE_CFG, Subject, Warning, begun,
};
pub use before::{after, noted};
pub use bind::waiting;
pub use dataset::moving::{moved, would_mount};
pub use export::others::SHARENFS;
pub use files::{EXPORTS_LINK, MODPROBE_LINK, rendered};
pub use followed::came_home;
pub use guest_mount::{MachineFiles, by_machine, machine_files};
pub use inputs::{Consent, Inputs, Places};
pub use inverse::{Inverse, Part, guid_of};
pub use kinds::COMES;
pub use mount::remounting::{around, away};
pub use past::{Attempt, Choice, Found, Past, choose, family};
pub use pool::{doing::labels, topology::underway};
pub use prior::{Before, Prior};
pub use query::query;
pub use snapshots::overdue::{Overdue, overdue, scheduled};

use draft::Draft;
use kinds::ORDER;
use stage::Stage;

/// Plans the way from what was observed to what is desired.
#[must_use]
pub fn plan(inputs: &Inputs<'_>) -> Plan {
    let mut draft = Draft::new(inputs);
    let (inside, outside): (Vec<_>, Vec<_>) = ORDER.iter().partition(|stage| stage.looks_inside);
    outside.into_iter().for_each(|stage: &&Stage| (stage.run)(&mut draft));
    // What an exported pool holds cannot be known before it is imported.
    let partial = draft.actions().iter().any(|action| action.kind == Kind::Import);
    if !partial {
        inside.into_iter().for_each(|stage| (stage.run)(&mut draft));
    }
    // What cannot be rendered was refused, and a plan with a refusal puts nothing in force.
    draft.finish(partial, rendered(inputs.desired).unwrap_or_default())
}
