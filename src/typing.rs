//! Keys that a person types at the terminal: asked for without showing them, new ones twice.

use crate::terminal::Terminal;
use phoenix_host::secret::{Asked, KeySource, Secret};
use std::sync::atomic::AtomicBool;

/// How often somebody may mistype.
const TRIES: usize = 3;

/// Somebody at the terminal.
pub struct Typing<'a> {
    pub terminal: &'a Terminal,
    /// Set from outside to stop.
    pub stop: &'a AtomicBool,
}

impl KeySource for Typing<'_> {
    fn can_ask(&self) -> bool {
        self.terminal.can_ask()
    }

    fn ask(&self, asked: &Asked) -> Result<Secret, String> {
        let Some(format) = &asked.new else { return self.typed(&format!("Key of {}: ", asked.dataset)) };
        let form = if &**format == "hex" { "64 hexadecimal digits" } else { "a passphrase" };
        for _ in 0..TRIES {
            let key = self.typed(&format!("New key of {}, {form}: ", asked.dataset))?;
            if let Some(wrong) = wrong(format, key.expose()) {
                self.terminal.note(format_args!("{wrong}\n"));
            } else if self.typed("The same once more: ")?.expose() == key.expose() {
                return Ok(key);
            } else {
                self.terminal.note("These were two different ones.\n");
            }
        }
        Err("it was not typed twice alike".to_owned())
    }
}

impl Typing<'_> {
    fn typed(&self, question: &str) -> Result<Secret, String> {
        match self.terminal.ask_hidden(question, self.stop) {
            Ok(Some(key)) if !key.is_empty() => Ok(Secret::new(key)),
            Ok(_) => Err("nothing was typed".to_owned()),
            Err(error) => Err(format!("the terminal cannot be read: {error}")),
        }
    }
}

/// Says why OpenZFS would not take a new key (`zfs-load-key(8)`).
fn wrong(format: &str, key: &[u8]) -> Option<&'static str> {
    match format {
        "hex" if key.len() != 64 || !key.iter().all(u8::is_ascii_hexdigit) => {
            Some("A key is 64 hexadecimal digits.")
        }
        "passphrase" if !(8..=512).contains(&key.len()) => Some("A passphrase has 8 to 512 bytes."),
        _ => None,
    }
}
