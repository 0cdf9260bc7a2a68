//! Files that are read: in a container there is often no place to put one.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

/// Opens a file; `-` is standard input.
pub fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    match path.as_os_str() == "-" {
        true => Ok(Box::new(io::stdin())),
        false => Ok(Box::new(File::open(path)?)),
    }
}
