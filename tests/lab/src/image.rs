//! The machine's image: built once by `image/build.sh`, then found under its key.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::{Error, Result, place};

/// How many of the build's last lines an error shows.
const TAIL: usize = 30;

/// A built image, ready to boot.
#[derive(Debug, Clone)]
pub struct Image {
    folder: PathBuf,
}

/// Returns the image, or `None` where `PHOENIX_LAB=off` says that the lab is not wanted, which is
/// told on standard error. A lab that cannot be built is an error, never a skip.
pub fn prepare_or_skip() -> Result<Option<Image>> {
    if std::env::var_os("PHOENIX_LAB").is_some_and(|v| v == "off") {
        eprintln!("SKIPPED: this test needs the lab's virtual machine, and PHOENIX_LAB=off is set");
        return Ok(None);
    }
    Image::prepare().map(Some)
}

impl Image {
    /// Builds the image, or finds the one built from the same scripts. Another process that builds
    /// is waited for. The first time takes minutes; progress goes to standard error.
    pub fn prepare() -> Result<Image> {
        let folder = place::folder()?;
        let script = place::sources().join("image/build.sh");
        let mut build = Command::new("bash")
            .arg(&script)
            .arg(&folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(Error::io("start", &script))?;
        let mut said = Vec::new();
        for line in build.stderr.take().into_iter().flat_map(lines) {
            eprintln!("{line}");
            said.push(line);
        }
        let output = build.wait_with_output().map_err(Error::io("wait for", &script))?;
        let image = String::from_utf8_lossy(&output.stdout);
        let image = PathBuf::from(image.trim());
        if !output.status.success() || !image.is_absolute() {
            let from = said.len().saturating_sub(TAIL);
            return Err(Error::Image {
                reason: output.status.to_string(),
                said: said.get(from..).unwrap_or_default().join("\n"),
            });
        }
        Ok(Image { folder: image })
    }

    /// Returns the path of one of the image's files: `vmlinuz`, `initrd`, `root.img`, `qm.img`, `qemu/run`.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

fn lines(stream: impl std::io::Read) -> impl Iterator<Item = String> {
    let pieces = BufReader::new(stream).split(b'\n');
    pieces.map_while(std::io::Result::ok).map(|l| String::from_utf8_lossy(&l).into_owned())
}
