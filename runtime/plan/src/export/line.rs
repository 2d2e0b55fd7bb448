//! An export as a line of the file that the NFS server reads.

use phoenix_graph::{Export, export::escape_path};
use std::fmt::Write;

/// Where the file is linked in (`exports(5)`).
pub const EXPORTS_LINK: &str = "/etc/exports.d/phoenix.exports";

/// Writes an export as `exports(5)` wants it.
pub fn line(export: &Export) -> String {
    let mut line = escape_path(&export.path);
    for (client, options) in &export.clients {
        // Writing to a string does not fail.
        let _ = write!(line, " {client}({})", options.render());
    }
    line.push('\n');
    line
}
