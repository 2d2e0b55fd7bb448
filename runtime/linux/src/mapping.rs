//! Directory mappings: `pvesh`.

use crate::{
    LinuxPaths,
    cluster::{contents, digest, locked},
    guests::MAPPINGS,
    reach::Reach,
};
use phoenix_host::{HostError, error::failed, observed::Mappings, op::Op, text::directory_cfg};
use std::io::{self, ErrorKind};

/// Changes what an id stands for: only where just that stands there which was planned for, and what stands there then is
/// read again.
pub fn perform(reach: &Reach, op: &Op) -> Option<Result<(), HostError>> {
    let Op::DirectoryMap { id, over, maps, .. } = op else { return None };
    let is_set = !over.is_empty() && !maps.is_empty();
    Some(locked(reach, || {
        let path = reach.paths.pve.join(MAPPINGS);
        let (before, digest) = now(&reach.paths)?;
        before.expects(id, over).map_err(|why| failed("change", &path, io::Error::other(why)))?;
        let mut argv = op.argv().unwrap_or_default();
        if is_set {
            // Whoever writes to it in between is told by Proxmox; what is made or goes takes no digest.
            argv.extend(["--digest".to_owned(), digest]);
        }
        reach.runner.change(&argv)?;
        let (after, _) = now(&reach.paths)?;
        if after.of(id) == maps {
            return Ok(());
        }
        let other =
            format!("the directory mapping {id} is not what `pvesh` was given, though it said nothing");
        Err(failed("change", &path, io::Error::other(other)))
    }))
}

/// Reads what ids stand for, with the digest that Proxmox has of it. Without the file there are none.
fn now(paths: &LinuxPaths) -> Result<(Mappings, String), HostError> {
    let path = paths.pve.join(MAPPINGS);
    let bytes = match contents(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        other => other.map_err(|error| failed("read", &path, error))?,
    };
    Ok((directory_cfg::read(&bytes).mappings, digest(&bytes)))
}
