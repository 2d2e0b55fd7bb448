//! `qm guest exec`: a command in the machine, its input, and what it said.

use std::thread;
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use serde_json::{Value, json};

use super::agent::Agent;
use super::printed::{Printed, pretty};

/// What is asked for.
pub struct Asked<'a> {
    timeout: Duration,
    /// Whether the command gets the standard input.
    pub takes_input: bool,
    command: &'a [&'a str],
}

impl<'a> Asked<'a> {
    /// Reads what follows the machine's id.
    pub fn read(mut words: &'a [&'a str]) -> Result<Self, String> {
        let mut asked = Self { timeout: Duration::from_secs(30), takes_input: false, command: &[] };
        loop {
            match words {
                ["--timeout", seconds, rest @ ..] => {
                    let seconds = seconds.parse().map_err(|_| "400 timeout: type check failed".to_owned())?;
                    (asked.timeout, words) = (Duration::from_secs(seconds), rest);
                }
                ["--pass-stdin", on, rest @ ..] => (asked.takes_input, words) = (*on == "1", rest),
                ["--", command @ ..] if !command.is_empty() => {
                    asked.command = command;
                    return Ok(asked);
                }
                _ => return Err("400 unable to parse the arguments".to_owned()),
            }
        }
    }
}

/// Starts the command and waits for its end, as long as is asked: 0 is for ever. Each look is a connection of its own.
pub fn run(
    reach: &mut dyn FnMut() -> Result<Agent, String>,
    asked: &Asked<'_>,
    input: Option<&[u8]>,
) -> Result<Printed, String> {
    let [path, rest @ ..] = asked.command else {
        return Err("command or input-data (or both) required".to_owned());
    };
    let mut arguments = json!({ "path": path, "arg": rest, "capture-output": true });
    if let Some(input) = input {
        arguments["input-data"] = BASE64.encode(input).into();
    }
    let started = reach()?.ask("guest-exec", arguments)?;
    let pid = started["pid"].as_i64().ok_or("the agent names no process")?;
    let begun = Instant::now();
    while asked.timeout.is_zero() || begun.elapsed() < asked.timeout {
        let state = status(&mut reach()?, pid)?;
        if state["exited"] == 1 {
            return Ok(Printed { out: pretty(&state)?, err: String::new() });
        }
        thread::sleep(Duration::from_millis(200));
    }
    Ok(Printed { out: pretty(&started)?, err: "timeout reached, returning pid\n".to_owned() })
}

/// Asks what became of a command. What it said are bytes, each of which is printed as the character of its number; what
/// is true is 1.
pub fn status(agent: &mut Agent, pid: i64) -> Result<Value, String> {
    let mut state = agent.ask("guest-exec-status", json!({ "pid": pid }))?;
    for value in state.as_object_mut().into_iter().flat_map(|fields| fields.iter_mut()) {
        let (name, value) = value;
        if let Some(is_so) = value.as_bool() {
            *value = i32::from(is_so).into();
        } else if let Some(text) = value.as_str().filter(|_| name.ends_with("-data")) {
            let bytes = BASE64.decode(text.as_bytes()).map_err(|error| error.to_string())?;
            *value = bytes.into_iter().map(char::from).collect::<String>().into();
        }
    }
    Ok(state)
}
