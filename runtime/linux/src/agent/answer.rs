//! Reads what `qm guest exec` and `qm guest exec-status` print: JSON of an agent in a machine, whom nobody has to trust.
//!
//! What a program said are bytes, each of which is printed as the character of its number (`PVE::QemuServer::Agent`).

use phoenix_host::{HostError, error::unreadable, inside::Ended};
use serde::Deserialize;

/// The most that is taken of what a program says, in bytes.
const MOST: usize = 4 << 20;

/// The most of its complaints that is kept, in bytes.
const COMPLAINTS: usize = 4 << 10;

/// What the agent tells of a program.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    Ended(Ended),
    /// It was started, and has not ended: its number in the machine.
    Started(u32),
    /// It has not ended.
    Running,
}

/// Something true or false, as Perl and JSON write it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Flag {
    Bool(bool),
    Number(u8),
}

impl Flag {
    fn is_set(&self) -> bool {
        matches!(self, Self::Bool(true) | Self::Number(1..))
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Fields {
    pid: Option<u32>,
    exited: Option<Flag>,
    exitcode: Option<i32>,
    signal: Option<i32>,
    out_data: Option<String>,
    err_data: Option<String>,
    out_truncated: Option<Flag>,
}

/// Reads an answer to this command.
///
/// # Errors
/// Where it is none, or what the program said is not all there.
pub fn read(command: &str, text: &str) -> Result<Answer, HostError> {
    let failed = |reason: &str| unreadable(command, reason, text);
    let fields: Fields = serde_json::from_str(text).map_err(|error| failed(&error.to_string()))?;
    match (&fields.exited, fields.pid) {
        (Some(exited), _) if exited.is_set() => {}
        (None, Some(pid)) => return Ok(Answer::Started(pid)),
        (Some(_), _) => return Ok(Answer::Running),
        (None, None) => return Err(failed("it does not say what became of the program")),
    }
    if fields.exitcode.is_none() && fields.signal.is_none() {
        return Err(failed("it does not say how the program ended"));
    }
    if fields.out_truncated.is_some_and(|flag| flag.is_set()) {
        return Err(failed("the agent cut off what the program said"));
    }
    let out = bytes(fields.out_data.as_deref()).ok_or_else(|| failed("its output is no bytes"))?;
    let mut err = bytes(fields.err_data.as_deref()).ok_or_else(|| failed("its complaints are no bytes"))?;
    if out.len() > MOST {
        return Err(failed("the program said more than 4 MiB"));
    }
    err.truncate(COMPLAINTS);
    let err = String::from_utf8_lossy(&err).trim_end().to_owned();
    Ok(Answer::Ended(Ended { code: fields.exitcode.filter(|_| fields.signal.is_none()), out, err }))
}

fn bytes(text: Option<&str>) -> Option<Vec<u8>> {
    text.unwrap_or_default().chars().map(|c| u8::try_from(c).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Result<Answer, String> {
        read("qm", text).map_err(|error| error.to_string())
    }

    fn ended(code: Option<i32>, out: &[u8], err: &str) -> Result<Answer, String> {
        Ok(Answer::Ended(Ended { code, out: out.to_vec(), err: err.to_owned() }))
    }

    #[test]
    fn an_answer_is_read() {
        assert_eq!(said(r#"{"exitcode": 0, "exited": 1}"#), ended(Some(0), b"", ""));
        assert_eq!(
            said(
                r#"{"exitcode": 3, "exited": true, "out-data": "a\n", "out-truncated": 0, "err-data": "b\n", "new": {}}"#
            ),
            ended(Some(3), b"a\n", "b")
        );
        assert_eq!(said(r#"{"exited": 1, "signal": 9}"#), ended(None, b"", ""));
        assert_eq!(said(r#"{"exited": 1, "exitcode": 0, "signal": 9}"#), ended(None, b"", ""));
        assert_eq!(said(r#"{"pid": 84}"#), Ok(Answer::Started(84)));
        assert_eq!(said(r#"{"exited": 0}"#), Ok(Answer::Running));
        // Each byte is a character of its own.
        assert_eq!(
            said("{\"exitcode\": 0, \"exited\": 1, \"out-data\": \"\u{c3}\u{bc}\"}"),
            ended(Some(0), "ü".as_bytes(), "")
        );
    }

    #[test]
    fn what_is_no_whole_answer_is_refused() {
        for (text, why) in [
            ("", "EOF"),
            ("{}", "what became of"),
            ("[]", "invalid"),
            (r#"{"exited": 1}"#, "how the program ended"),
            (r#"{"exited": 1, "exitcode": "0"}"#, "invalid type"),
            (r#"{"exited": "yes", "exitcode": 0}"#, "did not match"),
            (r#"{"exited": 1, "exitcode": 0, "exitcode": 1}"#, "duplicate"),
            (r#"{"exited": 1, "exitcode": 0, "out-data": 7}"#, "invalid type"),
            (r#"{"exited": 1, "exitcode": 0, "out-data": "Ж"}"#, "no bytes"),
            (r#"{"exited": 1, "exitcode": 0, "out-data": "a", "out-truncated": 1}"#, "cut off"),
            (r#"{"exited": 1, "exitcode": 0, "out-truncated": true}"#, "cut off"),
            (r#"{"exited": 1, "exitcode": 0"#, "EOF"),
            (r#"{"pid": -1}"#, "invalid value"),
        ] {
            let error = said(text).expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
        let much = format!(r#"{{"exited": 1, "exitcode": 0, "out-data": "{}"}}"#, "x".repeat(MOST + 1));
        assert!(said(&much).expect_err("too much").contains("more than 4 MiB"));
        let complaints = format!(r#"{{"exited": 1, "exitcode": 1, "err-data": "{}"}}"#, "x".repeat(MOST));
        assert_eq!(said(&complaints), ended(Some(1), b"", &"x".repeat(COMPLAINTS)));
    }
}
