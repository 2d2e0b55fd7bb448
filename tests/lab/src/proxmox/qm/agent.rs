//! QEMU's guest agent over its socket: one line of JSON to ask, one to answer.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// An agent that listens.
pub struct Agent {
    machine: u8,
    stream: BufReader<UnixStream>,
}

impl Agent {
    /// Opens it, and lets go of what it still had to say to somebody before.
    pub fn open(machine: u8, socket: &Path) -> Result<Self, String> {
        let said = |error: std::io::Error| error.to_string();
        let stream = UnixStream::connect(socket).map_err(said)?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(said)?;
        let mut agent = Self { machine, stream: BufReader::new(stream) };
        let token = json!(std::process::id());
        agent.write(&json!({ "execute": "guest-sync", "arguments": { "id": token } }))?;
        while agent.read()?.get("return") != Some(&token) {}
        agent.ask("guest-ping", json!({}))?;
        Ok(agent)
    }

    /// Asks for one command, and returns its answer.
    pub fn ask(&mut self, command: &str, arguments: Value) -> Result<Value, String> {
        self.write(&json!({ "execute": command, "arguments": arguments }))?;
        let mut answer = self.read()?;
        match answer.pointer("/error/desc").and_then(Value::as_str) {
            Some(why) => Err(format!("VM {} qga command '{command}' failed - {why}", self.machine)),
            None => Ok(answer["return"].take()),
        }
    }

    fn write(&mut self, value: &Value) -> Result<(), String> {
        let line = format!("{value}\n");
        self.stream.get_mut().write_all(line.as_bytes()).map_err(|error| error.to_string())
    }

    fn read(&mut self) -> Result<Value, String> {
        let mut line = String::new();
        self.stream.read_line(&mut line).map_err(|error| error.to_string())?;
        serde_json::from_str(&line).map_err(|error| error.to_string())
    }
}
