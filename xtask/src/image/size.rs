//! How large an image is where it matters: on its way to a machine.

use std::{
    io::{self, Read},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};

use super::engine::Engine;

/// The size of an image compressed, in bytes.
pub fn compressed(engine: &Engine, image: &str) -> Result<u64> {
    let mut save = engine
        .command()
        .args(["save", image])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot save the image")?;
    let archive = save.stdout.take().context("no output")?;
    let mut gzip = Command::new("gzip")
        .stdin(archive)
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run gzip")?;
    let mut compressed = gzip.stdout.take().context("no output")?;
    let size = io::copy(&mut compressed.by_ref(), &mut io::sink())?;
    ensure!(gzip.wait()?.success(), "gzip has failed");
    ensure!(save.wait()?.success(), "the image cannot be saved");
    Ok(size)
}
