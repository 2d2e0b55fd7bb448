//! Options that several verbs take.

use crate::{exit::Exit, failure::Failure, terminal::Color};
use clap::Args;
use phoenix_graph::{DatasetName, HostName, Key, kind::key::KeyError};
use phoenix_plan::{Consent, STORAGE_CFG};
use std::{path::PathBuf, str::FromStr};

/// Options that every verb takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Common {
    /// Work on a simulated host that is kept in this folder, with its state in DIR/state
    #[arg(long, global = true, value_name = "DIR")]
    pub sim: Option<PathBuf>,
    /// Keep generations and their store here [env: PHOENIX_STATE_DIR] [default: /var/lib/phoenix]
    #[arg(long, global = true, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    /// When to show colours; NO_COLOR in the environment means never
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    pub color: Color,
}

/// Reads the name of a file system or volume that somebody wrote.
///
/// # Errors
/// Where it is none.
pub fn dataset(text: &str) -> Result<DatasetName, Failure> {
    DatasetName::seen(text).map_err(|error| {
        Failure::new(Exit::Usage, format!("{text:?} is no name of a dataset"))
            .because(error)
            .help("write the whole name, as `zfs list` shows it: `tank/media`")
    })
}

/// What a switch, or the plan of one, may do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct Allow {
    /// Take over what is there already and was not made by phoenix
    #[arg(long)]
    pub adopt: bool,
    /// Allow what cannot be undone on this resource, such as volume:tank/vm-1; may be given several times.
    /// `storage.cfg` lets go what Proxmox drops from that file
    #[arg(long, value_name = "KEY")]
    pub consent: Vec<Consented>,
    /// Allow that this host, called so until now, is called what the spec calls it
    #[arg(long, value_name = "OLD", value_parser = HostName::new)]
    pub rename_host: Option<HostName>,
}

impl Allow {
    /// Returns what is allowed as the runtime takes it.
    #[must_use]
    pub fn consent(&self) -> Consent {
        Consent {
            adopt: self.adopt,
            irreversible: self.consent.iter().filter_map(Consented::key).cloned().collect(),
            files: self.consent.iter().filter_map(Consented::file).map(Box::from).collect(),
            rename_host: self.rename_host.clone(),
            ..Consent::default()
        }
    }
}

/// What somebody consents to by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consented {
    /// Something that cannot be undone, on this resource.
    Key(Key),
    /// That a tool drops what it does not understand from the file of registrations.
    StorageCfg,
}

impl Consented {
    fn key(&self) -> Option<&Key> {
        if let Self::Key(key) = self { Some(key) } else { None }
    }

    fn file(&self) -> Option<&'static str> {
        matches!(self, Self::StorageCfg).then_some(STORAGE_CFG)
    }
}

impl FromStr for Consented {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        if text == STORAGE_CFG { Ok(Self::StorageCfg) } else { text.parse().map(Self::Key) }
    }
}

/// How a switch is carried out.
#[derive(Debug, Clone, Args)]
pub struct Carry {
    /// Go on without asking
    #[arg(long, short)]
    pub yes: bool,
    /// How many actions run at once
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub jobs: u16,
}

/// What becomes of the guests after a switch.
#[derive(Debug, Clone, Copy, Args)]
pub struct Guests {
    /// Restart the containers in which something waits for their next start, one by one, once the switch is done
    #[arg(long, conflicts_with = "confirm_within")]
    pub restart_guests: bool,
}

/// What a switch is said to be for.
#[derive(Debug, Clone, Args)]
pub struct Said {
    /// Say what it is for: `phoenix generations` shows it
    #[arg(long, short, value_name = "TEXT", value_parser = message)]
    pub message: Option<String>,
}

/// Takes one line of a text that people can read.
fn message(text: &str) -> Result<String, String> {
    const LONGEST: usize = 500;
    match text.trim() {
        "" => Err("it says nothing".to_owned()),
        text if text.chars().any(char::is_control) => Err("it has to be one line of text".to_owned()),
        text if text.chars().count() > LONGEST => Err(format!("it is longer than {LONGEST} characters")),
        text => Ok(text.to_owned()),
    }
}
