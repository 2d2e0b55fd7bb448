//! The journal of a switch: what it is about to do is on disk before it is done.
//!
//! One record a line. A last line that a power cut tore is no record. A transaction is open from
//! its first record until one says how it ended; `txn/open` leads to it.

use super::{Store, StoreError, durable, io_error, json, regular};
use phoenix_graph::{DatasetName, ObjectId};
use phoenix_plan::{Consent, Inverse, Plan};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeSet,
    fmt,
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// The random id of a transaction: 16 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TransactionId(String);

impl TransactionId {
    /// Reads an id; nothing where the text is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_id = text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_id.then(|| Self(text.to_owned()))
    }

    /// Names a transaction by its folder.
    pub(super) fn named(folder: &str) -> Self {
        Self(folder.to_owned())
    }
}

impl fmt::Display for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One line of a journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "kebab-case")]
pub enum Record {
    /// The first record: what the transaction is to bring about.
    Begin {
        /// The format, [`phoenix_graph::FORMAT`].
        format: u32,
        /// The number of the attempt.
        number: u64,
        /// The generation that was current.
        from: Option<u64>,
        /// The generation that is to be current after.
        to: u64,
        /// The system that is to hold after.
        system: ObjectId,
        /// What the person allowed.
        consent: Consent,
    },
    /// A plan that is now carried out. A transaction may have several, one after another.
    Plan {
        /// The plan, whole.
        plan: Box<Plan>,
    },
    /// An action is about to be carried out.
    Intent {
        /// Its index in the last plan.
        action: usize,
        /// What stands before it, as far as that could not be seen when it was planned.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        seen: Vec<Inverse>,
    },
    /// An action was carried out.
    Done {
        /// Its index in the last plan.
        action: usize,
    },
    /// Something failed; from here on it is undone.
    Undoing {
        reason: String,
        /// What was there already when it was to be made: it is somebody else's, and stays.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        found: BTreeSet<DatasetName>,
    },
    /// Everything was seen to hold; `current` is about to move.
    Holds,
    /// The transaction is over.
    End {
        /// How.
        outcome: super::Outcome,
    },
}

/// A transaction as its journal tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct Transaction {
    pub id: TransactionId,
    /// The number of the attempt.
    pub number: u64,
    /// The generation that was current when it began.
    pub from: Option<u64>,
    /// The generation that was to be current after.
    pub to: u64,
    /// The system that was to hold after.
    pub system: ObjectId,
    /// What the person allowed.
    pub consent: Consent,
    /// The plans that were begun, each with the actions whose intent is on record, in that order.
    pub plans: Vec<(Plan, Vec<usize>)>,
    /// Whether everything was seen to hold.
    pub holds: bool,
    /// Why it is being undone, where it is.
    pub undoing: Option<String>,
    /// What was there already when it was to be made.
    pub found: BTreeSet<DatasetName>,
    /// How it ended, where it did.
    pub end: Option<super::Outcome>,
}

/// A journal that is being written.
#[derive(Debug)]
pub struct Journal {
    file: File,
    /// How many bytes of whole records it has; what comes after was torn.
    whole: u64,
    path: PathBuf,
    id: TransactionId,
}

/// Says that a line of a journal is no record.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {error}")]
struct BadLine {
    line: usize,
    #[source]
    error: serde_json::Error,
}

impl Journal {
    /// Writes a record and waits until it is on disk. That an action is done is written for people alone
    /// and is not waited for: undoing looks at the host.
    ///
    /// # Errors
    /// [`StoreError::Io`] where it cannot be written.
    pub fn write(&mut self, record: &Record) -> Result<(), StoreError> {
        let mut line =
            serde_json::to_vec(record).map_err(|error| StoreError::unreadable(&self.path, error))?;
        line.push(b'\n');
        if let Err(error) = self.cut().and_then(|()| self.file.write_all(&line)) {
            // Whatever follows begins a line of its own, also where there is room again.
            let _ = self.cut();
            return Err(io_error("write", &self.path)(error));
        }
        self.whole += line.len() as u64;
        if matches!(record, Record::Done { .. }) {
            return Ok(());
        }
        self.file.sync_data().map_err(io_error("sync", &self.path))
    }

    /// Cuts off what is left of a record that could not be written whole, as where the disk is full.
    fn cut(&self) -> std::io::Result<()> {
        if self.file.metadata()?.len() == self.whole { Ok(()) } else { self.file.set_len(self.whole) }
    }

    /// Returns the error of a write that has no room.
    #[must_use]
    pub fn no_room(&self) -> StoreError {
        io_error("write", &self.path)(ErrorKind::StorageFull.into())
    }

    /// Returns the transaction's id.
    #[must_use]
    pub fn id(&self) -> &TransactionId {
        &self.id
    }
}

impl Store {
    /// Begins a transaction: its first record is on disk before `txn/open` leads to it.
    ///
    /// # Errors
    /// [`StoreError::Io`] where the journal cannot be written; nothing is open then, as far as the link
    /// could be taken away again.
    pub fn begin(&self, first: &Record) -> Result<Journal, StoreError> {
        let id = fresh_id()?;
        let folder = self.transaction_folder(&id);
        durable::private_folder(&folder)?;
        let mut journal = self.journal(id)?;
        journal.write(first)?;
        durable::sync_parent(&journal.path)?;
        if let Err(error) = durable::link(&self.open_link(), Path::new(&journal.id.0)) {
            // It may stand there, and only its folder could not be synced.
            let _ = self.close();
            return Err(error);
        }
        Ok(journal)
    }

    /// Opens the journal of a transaction again, to write on.
    ///
    /// # Errors
    /// [`StoreError::Io`] where it cannot be opened, or its torn last line cannot be cut off.
    pub fn journal(&self, id: TransactionId) -> Result<Journal, StoreError> {
        let path = self.transaction_folder(&id).join("journal");
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&path)
            .map_err(io_error("open", &path))?;
        let bytes = regular::read(&path).map_err(io_error("read", &path))?;
        let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1) as u64;
        let journal = Journal { file, whole, path, id };
        journal.cut().map_err(io_error("cut the torn line off", &journal.path))?;
        Ok(journal)
    }

    /// Keeps a copy of a file of another tool's with a transaction that is about to have it written: the
    /// first copy, which is of the file before, stays.
    ///
    /// # Errors
    /// [`StoreError::Io`] where it cannot be written.
    pub fn put_copy(&self, id: &TransactionId, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.transaction_folder(id).join(name);
        if path.exists() { Ok(()) } else { durable::write(&path, bytes, 0o600) }
    }

    /// Opens a transaction that had ended again: it is to be undone, as its journal says by now.
    ///
    /// # Errors
    /// [`StoreError::Io`] where the link cannot be made.
    pub fn reopen(&self, id: &TransactionId) -> Result<(), StoreError> {
        durable::link(&self.open_link(), Path::new(&id.0))
    }

    /// Takes the way to the open transaction away, once its end is on record.
    ///
    /// # Errors
    /// [`StoreError::Io`] where the link cannot be removed.
    pub fn close(&self) -> Result<(), StoreError> {
        durable::remove(&self.open_link())
    }

    /// Reads the transaction that is open, where one is.
    ///
    /// # Errors
    /// [`StoreError`] where the journal cannot be read.
    pub fn open_transaction(&self) -> Result<Option<Transaction>, StoreError> {
        let path = self.open_link();
        let target = match fs::read_link(&path) {
            Ok(target) => target,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io_error("read the link", &path)(error)),
        };
        self.transaction(TransactionId(target.to_string_lossy().into_owned())).map(Some)
    }

    /// Reads a transaction from its journal.
    ///
    /// # Errors
    /// [`StoreError`] where the journal cannot be read.
    pub fn transaction(&self, id: TransactionId) -> Result<Transaction, StoreError> {
        let path = self.transaction_folder(&id).join("journal");
        let text = regular::text(&path).map_err(io_error("read", &path))?;
        let unreadable = |reason: &str| StoreError::unreadable(&path, reason);
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let mut transaction: Option<Transaction> = None;
        for (at, line) in whole.lines().enumerate() {
            let record: Record = serde_json::from_str(line)
                .map_err(|error| StoreError::unreadable(&path, BadLine { line: at + 1, error }))?;
            match (&mut transaction, record) {
                (None, Record::Begin { format, number, from, to, system, consent }) => {
                    json::refuse_newer(format, &path)?;
                    transaction = Some(Transaction {
                        id: id.clone(),
                        number,
                        from,
                        to,
                        system,
                        consent,
                        plans: Vec::new(),
                        holds: false,
                        undoing: None,
                        found: BTreeSet::new(),
                        end: None,
                    });
                }
                (Some(open), record) => open.take(record),
                (None, _) => return Err(unreadable("its first record does not begin a transaction")),
            }
        }
        transaction.ok_or_else(|| unreadable("it has no whole record"))
    }

    /// Lists the transactions that were cut off before they began.
    ///
    /// # Errors
    /// [`StoreError::Io`] where the folder or a journal cannot be read.
    pub(super) fn never_begun(&self) -> Result<Vec<TransactionId>, StoreError> {
        let mut found = Vec::new();
        for name in self.transaction_names()? {
            let id = TransactionId(name);
            if self.never_began(&id)? {
                found.push(id);
            }
        }
        Ok(found)
    }

    /// Lists the transactions, whether they can be read or not.
    ///
    /// # Errors
    /// [`StoreError::Io`] where the folder cannot be read.
    pub fn transactions(&self) -> Result<Vec<TransactionId>, StoreError> {
        let folder = self.root().join("txn");
        let mut names = self.transaction_names()?;
        names.retain(|name| folder.join(name).join("journal").is_file());
        Ok(names.into_iter().map(TransactionId).collect())
    }

    /// Lists the folders of transactions, in order; links are none.
    fn transaction_names(&self) -> Result<Vec<String>, StoreError> {
        let folder = self.root().join("txn");
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(io_error("read the folder", &folder)(error)),
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry.map_err(io_error("read the folder", &folder))?;
            if entry.path().is_dir() && !entry.path().is_symlink() {
                found.extend(entry.file_name().into_string().ok());
            }
        }
        found.sort();
        Ok(found)
    }

    /// Returns whether a transaction was cut off before its first record was whole, and nothing leads to it.
    ///
    /// # Errors
    /// [`StoreError::Io`] where the journal cannot be read.
    pub(super) fn never_began(&self, id: &TransactionId) -> Result<bool, StoreError> {
        if fs::read_link(self.open_link()).is_ok_and(|open| open == Path::new(&id.0)) {
            return Ok(false);
        }
        let folder = self.transaction_folder(id);
        let path = folder.join("journal");
        match regular::read(&path) {
            Ok(bytes) => Ok(!bytes.contains(&b'\n')),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(folder.is_dir()),
            Err(error) => Err(io_error("read", &path)(error)),
        }
    }

    pub(super) fn transaction_folder(&self, id: &TransactionId) -> PathBuf {
        self.root().join("txn").join(&id.0)
    }

    pub(super) fn open_link(&self) -> PathBuf {
        self.root().join("txn").join("open")
    }
}

impl Transaction {
    fn take(&mut self, record: Record) {
        match record {
            Record::Begin { .. } | Record::Done { .. } => {}
            Record::Plan { plan } => self.plans.push((*plan, Vec::new())),
            Record::Intent { action, seen } => {
                if let Some((plan, intents)) = self.plans.last_mut() {
                    plan.learn(action, seen);
                    intents.push(action);
                }
            }
            Record::Undoing { reason, found } => {
                self.undoing = Some(reason);
                self.found.extend(found);
                // A switch that had ended is undone where nobody confirmed it.
                self.end = None;
            }
            Record::Holds => self.holds = true,
            Record::End { outcome } => self.end = Some(outcome),
        }
    }
}

fn fresh_id() -> Result<TransactionId, StoreError> {
    let mut bytes = [0_u8; 8];
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())
        .map_err(|error| io_error("read random numbers for", Path::new("txn"))(error.into()))?;
    Ok(TransactionId(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
}
