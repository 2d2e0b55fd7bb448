//! What the driver and the agent in the machine say to each other: frames over a byte stream.
//!
//! A frame is its kind (1 byte), the command's number and the payload's length (4 bytes each,
//! little-endian), and the payload.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

/// The largest payload that either side sends.
pub const LARGEST: usize = 1 << 16;

/// One message, and the number of the command that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The command's number, chosen by the driver.
    pub command: u32,
    /// What is said about it.
    pub says: Says,
}

/// What a frame says. The first four go to the agent, the others come from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Says {
    /// Start this argument vector.
    Start(Vec<String>),
    /// Bytes for its standard input.
    Input(Vec<u8>),
    /// Its standard input ends.
    InputEnd,
    /// Kill it and its process group.
    Kill,
    /// The machine has booted and the agent listens.
    Ready,
    /// Bytes from its standard output.
    Stdout(Vec<u8>),
    /// Bytes from its standard error.
    Stderr(Vec<u8>),
    /// It has ended, and all that it said before has been sent.
    Ended(Ended),
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ended {
    /// By itself, with this exit code.
    Code(i32),
    /// By this signal.
    Signal(i32),
    /// It never started, for this reason.
    NotStarted(String),
}

impl Frame {
    /// Writes the frame and flushes.
    pub fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let (kind, payload) = match &self.says {
            Says::Start(argv) => (1, json(argv)?),
            Says::Input(bytes) => (2, bytes.clone()),
            Says::InputEnd => (3, Vec::new()),
            Says::Kill => (4, Vec::new()),
            Says::Ready => (16, Vec::new()),
            Says::Stdout(bytes) => (17, bytes.clone()),
            Says::Stderr(bytes) => (18, bytes.clone()),
            Says::Ended(how) => (19, json(how)?),
        };
        let length = u32::try_from(payload.len()).map_err(io::Error::other)?;
        let mut bytes = Vec::with_capacity(9 + payload.len());
        bytes.push(kind);
        bytes.extend_from_slice(&self.command.to_le_bytes());
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(&payload);
        to.write_all(&bytes)?;
        to.flush()
    }

    /// Reads one frame; `None` where the stream ends before or inside it.
    pub fn read(from: &mut impl Read) -> io::Result<Option<Frame>> {
        let mut head = [0; 9];
        if !filled(from, &mut head)? {
            return Ok(None);
        }
        let [kind, a, b, c, d, e, f, g, h] = head;
        let length = u32::from_le_bytes([e, f, g, h]) as usize;
        // An argument vector may be longer than what is sent in one go, but not without bound.
        if length > LARGEST * 64 {
            return Err(io::Error::other(format!("a frame of {length} bytes")));
        }
        let mut payload = vec![0; length];
        if !filled(from, &mut payload)? {
            return Ok(None);
        }
        let says = match kind {
            1 => Says::Start(serde_json::from_slice(&payload)?),
            2 => Says::Input(payload),
            3 => Says::InputEnd,
            4 => Says::Kill,
            16 => Says::Ready,
            17 => Says::Stdout(payload),
            18 => Says::Stderr(payload),
            19 => Says::Ended(serde_json::from_slice(&payload)?),
            other => return Err(io::Error::other(format!("a frame of unknown kind {other}"))),
        };
        let command = u32::from_le_bytes([a, b, c, d]);
        Ok(Some(Frame { command, says }))
    }
}

fn json(value: &impl Serialize) -> io::Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(io::Error::other)
}

fn filled(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match from.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(e) => Err(e),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_back_as_they_were_sent() {
        let all_bytes: Vec<u8> = (0..=255).collect();
        let said = [
            Says::Start(vec!["sh".into(), "-c".into(), "echo ü\n".into()]),
            Says::Input(all_bytes.clone()),
            Says::InputEnd,
            Says::Kill,
            Says::Ready,
            Says::Stdout(all_bytes),
            Says::Stderr(Vec::new()),
            Says::Ended(Ended::Code(3)),
            Says::Ended(Ended::Signal(9)),
            Says::Ended(Ended::NotStarted("no such file".into())),
        ];
        let frames = said.into_iter().zip(7..).map(|(says, command)| Frame { command, says });
        let frames: Vec<_> = frames.collect();
        let mut stream = Vec::new();
        for frame in &frames {
            frame.write(&mut stream).unwrap();
        }
        let mut rest = stream.as_slice();
        for frame in &frames {
            assert_eq!(Frame::read(&mut rest).unwrap().as_ref(), Some(frame));
        }
        assert_eq!(Frame::read(&mut rest).unwrap(), None);
    }

    #[test]
    fn a_stream_cut_inside_a_frame_just_ends() {
        let mut stream = Vec::new();
        let frame = Frame { command: 1, says: Says::Stdout(vec![1, 2, 3]) };
        frame.write(&mut stream).unwrap();
        stream.pop();
        assert_eq!(Frame::read(&mut stream.as_slice()).unwrap(), None);
    }
}
