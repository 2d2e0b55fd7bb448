//! The first line of every rendered file.

pub const HEAD: &str = "# Made by phoenix, which writes it anew at each switch: change the spec instead.\n";
