//! Nothing is left behind even if this process is interrupted or killed.

use std::{
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
};

use anyhow::{Context, Result};

/// Reads until nobody is there any more who could write; then ends the processes of its
/// group, first politely, and makes the disk go.
const WORDS: &str =
    "trap '' INT; cat; umount -l \"$0\" 2>/dev/null; kill -INT -$$; sleep 3; kill -KILL -$$";

/// A process that waits for the end of this one. Whoever is in its process group ends with it.
#[derive(Debug)]
pub struct LastWill {
    executor: Child,
    /// The executor reads from it, and so learns of the end of this process.
    _life: Option<ChildStdin>,
}

impl LastWill {
    /// The disk may be mounted in this folder.
    pub fn make(disk: &Path) -> Result<Self> {
        let mut executor = Command::new("sh")
            .arg("-c")
            .arg(WORDS)
            .arg(disk)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context("cannot run sh")?;
        let life = executor.stdin.take();
        Ok(Self {
            executor,
            _life: life,
        })
    }

    /// The group of those who do not outlive this process.
    pub fn group(&self) -> i32 {
        i32::try_from(self.executor.id()).unwrap_or_default()
    }
}

impl Drop for LastWill {
    fn drop(&mut self) {
        // Everything has been ended in order: there is nothing left to do.
        let _ = self.executor.kill();
        let _ = self.executor.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::{fs::File, thread, time::Duration};

    use tempfile::TempDir;

    use super::*;

    #[test]
    fn what_is_in_the_group_ends_when_nobody_holds_on_to_it_any_more() {
        let folder = TempDir::new().unwrap();
        let mut will = LastWill::make(folder.path()).unwrap();
        let mut other = Command::new("sleep")
            .arg("60")
            .stdout(File::create(folder.path().join("output")).unwrap())
            .process_group(will.group())
            .spawn()
            .unwrap();
        thread::sleep(Duration::from_millis(200));
        assert!(other.try_wait().unwrap().is_none());
        // As if this process had ended.
        will._life = None;
        assert!(!other.wait().unwrap().success());
    }
}
