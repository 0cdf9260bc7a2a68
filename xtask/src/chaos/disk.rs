//! A small disk that can be filled.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};

/// Lies on the disk until it is freed.
const FILLER: &str = "filler";

/// A file system of its own, in memory, that a folder is mounted on.
#[derive(Debug)]
pub struct SmallDisk {
    folder: PathBuf,
}

impl SmallDisk {
    /// Mounts one, if this is allowed here: it takes root.
    pub fn mount(folder: &Path, megabytes: u64) -> Result<Self> {
        let size = format!("size={megabytes}m,mode=0777");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "chaos"])
            .arg(folder)
            .stdin(Stdio::null())
            .output()
            .context("cannot run mount")?;
        ensure!(
            mounted.status.success(),
            "{}",
            String::from_utf8_lossy(&mounted.stderr).trim()
        );
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    /// Writes until nothing more can be written.
    pub fn fill(&self) -> Result<()> {
        let mut filler = File::options()
            .create(true)
            .append(true)
            .open(self.folder.join(FILLER))?;
        for chunk in [vec![0; 1024 * 1024], vec![0; 512], vec![0; 1]] {
            while filler.write_all(&chunk).is_ok() {}
        }
        Ok(())
    }

    /// Makes room again.
    pub fn free(&self) {
        // It is not there if it was never filled.
        let _ = fs::remove_file(self.folder.join(FILLER));
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: whoever still has a file open there is about to end.
        let _ = Command::new("umount").arg("-l").arg(&self.folder).status();
    }
}
