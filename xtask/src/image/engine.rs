//! What builds and runs images: Docker, or buildah and podman without a daemon.

use std::{
    env, fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use super::bases;
use crate::{
    programs::{Finished, run_within},
    repository,
    template::read,
};

/// A release build of everything on a slow machine that does other things, too.
const LONGEST_BUILD: Duration = Duration::from_secs(60 * 60);

const LONGEST_INSTALLATION: Duration = Duration::from_secs(10 * 60);

/// What anything else may take.
const SOON: Duration = Duration::from_secs(120);

/// Without a daemon: the packages of Debian that build and run images, and make bases.
const PACKAGES: [&str; 4] = ["buildah", "podman", "runc", "mmdebstrap"];

/// What is to be built.
#[derive(Clone, Copy)]
pub struct Build<'a> {
    /// What holds the Dockerfile.
    pub folder: &'a Path,
    /// Not the last stage, but this one.
    pub target: Option<&'a str>,
    pub tag: &'a str,
    /// Without any layer of an earlier build.
    pub from_nothing: bool,
}

/// One of them, ready for use.
pub enum Engine {
    Docker,
    Daemonless {
        /// Where podman and buildah keep images and containers.
        store: Vec<String>,
    },
}

impl Engine {
    /// Docker if its daemon answers; otherwise buildah and podman, installed if they
    /// are missing and can be.
    pub fn find() -> Result<Self> {
        let docker = run_within(Command::new("docker").arg("info"), SOON);
        if docker.is_ok_and(|finished| finished.succeeded) {
            return Ok(Self::Docker);
        }
        let is_there = |program: &str| {
            let version = run_within(Command::new(program).arg("--version"), SOON);
            version.is_ok_and(|finished| finished.succeeded)
        };
        if !["buildah", "podman", "runc"]
            .iter()
            .all(|program| is_there(program))
        {
            install_packages()?;
        }
        let folder = repository().join("target/image-store");
        fs::create_dir_all(&folder)?;
        let store = |driver: &str| {
            let place = |name: &str| folder.join(name).to_string_lossy().into_owned();
            [
                "--root",
                &place("images"),
                "--runroot",
                &place("run"),
                "--storage-driver",
                driver,
            ]
            .map(str::to_owned)
            .to_vec()
        };
        // On top of another overlay there is none.
        let overlay = store("overlay");
        let info = run_within(Command::new("buildah").args(&overlay).arg("info"), SOON)?;
        let store = if info.succeeded {
            overlay
        } else {
            store("vfs")
        };
        Ok(Self::Daemonless { store })
    }

    pub fn name(&self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Daemonless { .. } => "buildah and podman, without a daemon",
        }
    }

    /// `docker`, or `podman`, which understands the same.
    pub fn command(&self) -> Command {
        match self {
            Self::Docker => Command::new("docker"),
            Self::Daemonless { store } => {
                let mut podman = Command::new("podman");
                podman.args(store).args([
                    "--cgroup-manager",
                    "cgroupfs",
                    "--events-backend",
                    "file",
                    "--runtime",
                    "runc",
                ]);
                podman
            }
        }
    }

    /// Runs `docker` or `podman` with these arguments, and returns what it printed.
    pub fn run(&self, arguments: &[&str]) -> Result<String> {
        let finished = run_within(self.command().args(arguments), SOON)?;
        finished.expect_success(&arguments.join(" "))
    }

    /// Sees to it that the bases of a Dockerfile are there, and returns those for which
    /// there are stand-ins. Docker fetches them itself.
    pub fn provide_bases(&self, folder: &Path) -> Result<Vec<String>> {
        if let Self::Docker = self {
            return Ok(Vec::new());
        }
        let dockerfile = read(&folder.join("Dockerfile"))?;
        let mut stand_ins = Vec::new();
        for base in bases::named_in(&dockerfile)? {
            if !self.has_or_pulls(&base.reference) {
                if !self.has(base.without_digest()) {
                    bases::make_stand_in(&base, self)?;
                }
                stand_ins.push(base.reference);
            }
        }
        Ok(stand_ins)
    }

    fn has(&self, image: &str) -> bool {
        self.run(&["image", "inspect", image]).is_ok()
    }

    fn has_or_pulls(&self, image: &str) -> bool {
        self.has(image) || {
            let mut pull = self.command();
            pull.args(["pull", "--quiet", image]);
            run_within(&mut pull, LONGEST_INSTALLATION).is_ok_and(|finished| finished.succeeded)
        }
    }

    /// Builds an image.
    pub fn build(&self, build: &Build) -> Result<()> {
        let Build {
            folder,
            target,
            tag,
            from_nothing,
        } = *build;
        let mut command = match self {
            Self::Docker => {
                let mut docker = Command::new("docker");
                docker.arg("build").env("DOCKER_BUILDKIT", "1");
                docker
            }
            Self::Daemonless { store } => {
                let mut buildah = Command::new("buildah");
                buildah.args(store).args([
                    "bud",
                    "--isolation",
                    "chroot",
                    "--format",
                    "docker",
                    "--pull-never",
                ]);
                buildah
            }
        };
        // A stand-in has the name of its base, and cannot have its digest.
        let place = TempDir::new()?;
        if let Self::Daemonless { .. } = self {
            let original = read(&folder.join("Dockerfile"))?;
            let mut text = original.clone();
            for base in bases::named_in(&original)? {
                if !self.has(&base.reference) {
                    text = text.replace(&base.reference, base.without_digest());
                }
                command.args(bases::volumes(&base, self)?);
            }
            let dockerfile = place.path().join("Dockerfile");
            fs::write(&dockerfile, text)?;
            command.arg("--file").arg(dockerfile);
            command.arg(if from_nothing {
                "--no-cache"
            } else {
                "--layers"
            });
        } else if from_nothing {
            command.arg("--no-cache");
        }
        if let Some(target) = target {
            command.args(["--target", target]);
        }
        command.args(["--tag", tag]).arg(folder);
        run_within(&mut command, LONGEST_BUILD)?.expect_success("the build of the image")?;
        Ok(())
    }

    /// Runs a program of an image to its end, as hardened as ever.
    pub fn run_once(&self, image: &str, program: &str, arguments: &[&str]) -> Result<Finished> {
        let mut command = self.command();
        command
            .args(["run", "--rm", "--network", "none"])
            .args(self.hardened())
            .args(["--entrypoint", program, image])
            .args(arguments);
        run_within(&mut command, SOON)
    }

    /// How every container is run: nothing can be written but its volume, it has no
    /// rights, and little memory.
    pub fn hardened(&self) -> Vec<&'static str> {
        let mut arguments = vec![
            "--read-only",
            "--cap-drop",
            "all",
            "--security-opt",
            "no-new-privileges",
            "--memory",
            "128m",
        ];
        if let Self::Daemonless { .. } = self {
            // Its own checks of health need systemd. Its limits are above what a machine
            // in a container may grant.
            arguments.extend([
                "--no-healthcheck",
                "--pull",
                "never",
                "--ulimit",
                "nofile=4096:4096",
                "--ulimit",
                "nproc=4096:4096",
            ]);
        }
        arguments
    }

    /// The digest of the connector's program in an image.
    pub fn digest_of_program(&self, image: &str, program: &str) -> Result<String> {
        let container = self.run(&["create", image])?;
        let container = container.trim();
        let folder = TempDir::new()?;
        let copy = folder.path().join(program);
        let source = format!("{container}:/usr/local/bin/{program}");
        let copied = self.run(&["cp", &source, &copy.to_string_lossy()]);
        self.run(&["rm", container])?;
        copied?;
        let sum = run_within(Command::new("sha256sum").arg(&copy), SOON)?;
        let sum = sum.expect_success("sha256sum")?;
        let digest = sum.split_whitespace().next();
        Ok(digest.context("sha256sum says nothing")?.to_owned())
    }
}

fn install_packages() -> Result<()> {
    let is_root = fs::metadata("/proc/self").is_ok_and(|this| this.uid() == 0);
    let has_apt = env::var_os("PATH").is_some_and(|path| {
        env::split_paths(&path).any(|folder: PathBuf| folder.join("apt-get").exists())
    });
    if !is_root || !has_apt {
        bail!(
            "no Docker daemon answers: start it, or install {}",
            PACKAGES.join(", ")
        );
    }
    eprintln!("apt-get install {}", PACKAGES.join(" "));
    let mut update = Command::new("apt-get");
    run_within(update.args(["-qq", "update"]), LONGEST_INSTALLATION)?
        .expect_success("apt-get update")?;
    let mut install = Command::new("apt-get");
    install
        .args(["-qq", "install", "-y", "--no-install-recommends"])
        .args(PACKAGES)
        .env("DEBIAN_FRONTEND", "noninteractive");
    run_within(&mut install, LONGEST_INSTALLATION)?.expect_success("apt-get install")?;
    Ok(())
}
