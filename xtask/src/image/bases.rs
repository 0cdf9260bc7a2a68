//! The base images, and stand-ins for them where no registry answers.
//!
//! A stand-in is made of packages of the same release of Debian: the same libraries
//! in the same places. It is for builds that are tried out, never for one that is used.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, chown},
    path::Path,
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use super::engine::Engine;
use crate::programs::run_within;

const LONGEST_STEP: Duration = Duration::from_secs(10 * 60);

/// What the connector runs on, besides its own libraries.
const RUN_PACKAGES: [&str; 9] = [
    "base-files",
    "netbase",
    "tzdata",
    "libc6",
    "libgcc-s1",
    "gcc-12-base",
    "libstdc++6",
    "libgomp1",
    "libssl3",
];

/// The user of images without root.
const NONROOT: u32 = 65_532;

const USERS: &str = "root:x:0:0:root:/root:/sbin/nologin\n\
    nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n";
const GROUPS: &str = "root:x:0:\nnonroot:x:65532:\n";

const CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Marks stand-ins.
const LABEL: &str = "stand-in";

/// What a base is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Rust, to build with.
    Building,
    /// The libraries, to run with.
    Running,
    /// A shell.
    Shell,
}

/// A base image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    pub reference: String,
    pub purpose: Purpose,
}

impl Base {
    /// Its name and tag: what a stand-in is called.
    pub fn without_digest(&self) -> &str {
        self.reference.split('@').next().unwrap_or_default()
    }
}

/// The base images of a Dockerfile, without its own stages.
pub fn named_in(dockerfile: &str) -> Result<Vec<Base>> {
    let mut bases = Vec::new();
    for line in dockerfile.lines() {
        let Some(reference) = line.strip_prefix("FROM ") else {
            continue;
        };
        let reference = reference.split_whitespace().next().unwrap_or_default();
        let purpose = match reference {
            _ if !reference.contains(['/', ':']) => continue,
            _ if reference.contains("/rust:") => Purpose::Building,
            _ if reference.contains("/distroless/") => Purpose::Running,
            _ if reference.contains("/busybox:") => Purpose::Shell,
            _ => bail!("nothing is known of the base image {reference}"),
        };
        bases.push(Base {
            reference: reference.to_owned(),
            purpose,
        });
    }
    Ok(bases)
}

/// Makes a stand-in under the name of the base.
pub fn make_stand_in(base: &Base, engine: &Engine) -> Result<()> {
    let place = TempDir::new()?;
    // mmdebstrap gives up its rights, and has to get in.
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755))?;
    let archive = place.path().join("base.tar");
    let changes: &[&str] = match base.purpose {
        Purpose::Building => {
            building(&archive)?;
            &[
                "ENV CARGO_HOME=/usr/local/cargo",
                "ENV PATH=/usr/local/cargo/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            ]
        }
        Purpose::Running => {
            running(place.path(), &archive)?;
            &[
                "USER 65532",
                "ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt",
            ]
        }
        Purpose::Shell => {
            shell(place.path(), &archive)?;
            &[]
        }
    };
    let mut import = engine.command();
    import.args(["import", "--quiet"]);
    let label = format!("LABEL {LABEL}=1");
    for change in changes.iter().copied().chain([label.as_str()]) {
        import.args(["--change", change]);
    }
    import.arg(&archive).arg(base.without_digest());
    step(&mut import)?;
    Ok(())
}

/// The stand-in to build with has no Rust: this machine's is put into it.
pub fn volumes(base: &Base, engine: &Engine) -> Result<Vec<String>> {
    if base.purpose != Purpose::Building {
        return Ok(Vec::new());
    }
    let name = base.without_digest();
    let Ok(inspected) = engine.run(&["image", "inspect", name]) else {
        return Ok(Vec::new());
    };
    if !inspected.contains(&format!("\"{LABEL}\"")) {
        return Ok(Vec::new());
    }
    let sysroot = step(Command::new("rustc").args(["--print", "sysroot"]))?;
    let sysroot = fs::canonicalize(sysroot.trim())?;
    let mut arguments = Vec::new();
    for folder in ["bin", "lib"] {
        let source = sysroot.join(folder);
        arguments.push("--volume".to_owned());
        arguments.push(format!("{}:/usr/local/cargo/{folder}:ro", source.display()));
    }
    Ok(arguments)
}

/// Debian with a C compiler, and with the authorities that this machine trusts: the
/// network that it is on may have one of its own.
fn building(archive: &Path) -> Result<()> {
    let mut mmdebstrap = Command::new("mmdebstrap");
    mmdebstrap
        .args(["--quiet", "--variant=minbase"])
        .arg("--include=ca-certificates,gcc,libc6-dev")
        .arg("--dpkgopt=path-exclude=/usr/share/doc/*")
        .arg("--dpkgopt=path-exclude=/usr/share/man/*")
        .arg("--dpkgopt=path-exclude=/usr/share/locale/*")
        .arg(format!(
            "--customize-hook=copy-in {CERTIFICATES} /etc/ssl/certs"
        ))
        .arg("bookworm")
        .arg(archive);
    step(&mut mmdebstrap)?;
    Ok(())
}

/// A few packages, taken out of their archives: no shell and no package manager.
fn running(place: &Path, archive: &Path) -> Result<()> {
    let root = place.join("root");
    fs::create_dir(&root)?;
    unpack(place, &RUN_PACKAGES, &root)?;
    for surplus in ["doc", "man", "locale", "lintian"] {
        let _ = fs::remove_dir_all(root.join("usr/share").join(surplus));
    }
    let authorities = place.join("authorities");
    fs::create_dir(&authorities)?;
    unpack(place, &["ca-certificates"], &authorities)?;
    let folder = authorities.join("usr/share/ca-certificates/mozilla");
    let mut files: Vec<_> = fs::read_dir(&folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    let mut certificates = Vec::new();
    for file in files {
        certificates.extend(fs::read(file)?);
    }
    fs::create_dir_all(root.join("etc/ssl/certs"))?;
    fs::write(root.join(&CERTIFICATES[1..]), certificates)?;
    fs::write(root.join("etc/passwd"), USERS)?;
    fs::write(root.join("etc/group"), GROUPS)?;
    let home = root.join("home/nonroot");
    fs::create_dir_all(&home)?;
    chown(&home, Some(NONROOT), Some(NONROOT))?;
    pack(&root, archive)
}

/// The one program that is all the usual ones, under each of their names.
fn shell(place: &Path, archive: &Path) -> Result<()> {
    let root = place.join("root");
    fs::create_dir(&root)?;
    unpack(place, &["busybox-static"], &root)?;
    let program = root.join("bin/busybox");
    let names = step(Command::new(&program).arg("--list"))?;
    for name in names.lines().filter(|name| *name != "busybox") {
        fs::hard_link(&program, root.join("bin").join(name))
            .with_context(|| format!("cannot make {name}"))?;
    }
    pack(&root, archive)
}

/// Downloads packages, and takes out what they install.
fn unpack(place: &Path, packages: &[&str], root: &Path) -> Result<()> {
    let folder = TempDir::new_in(place)?;
    let mut download = Command::new("apt-get");
    download
        .args(["-qq", "-o", "APT::Sandbox::User=root", "download"])
        .args(packages)
        .current_dir(folder.path());
    step(&mut download)?;
    for entry in fs::read_dir(folder.path())? {
        let mut extract = Command::new("dpkg-deb");
        step(extract.arg("-x").arg(entry?.path()).arg(root))?;
    }
    Ok(())
}

fn pack(root: &Path, archive: &Path) -> Result<()> {
    let mut tar = Command::new("tar");
    step(tar.arg("-C").arg(root).arg("-cf").arg(archive).arg("."))?;
    Ok(())
}

fn step(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    run_within(command, LONGEST_STEP)?.expect_success(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{repository, template::read};

    #[test]
    fn every_base_of_the_dockerfile_is_known_and_pinned_by_its_digest() {
        let dockerfile = read(&repository().join("template/Dockerfile")).unwrap();
        let bases = named_in(&dockerfile).unwrap();
        let purposes: Vec<Purpose> = bases.iter().map(|base| base.purpose).collect();
        let all = [Purpose::Building, Purpose::Running, Purpose::Shell];
        assert_eq!(purposes, all);
        for base in bases {
            let digest = base.reference.split_once("@sha256:").unwrap().1;
            assert_eq!(digest.len(), 64, "{base:?}");
            assert!(digest.bytes().all(|byte| byte.is_ascii_hexdigit()));
            assert!(base.without_digest().contains(':'), "{base:?} has no tag");
        }
    }

    #[test]
    fn a_stage_is_no_base_and_an_unknown_base_is_refused() {
        let stages = "FROM x/rust:1@sha256:0 AS build\nFROM build\n";
        assert_eq!(named_in(stages).unwrap().len(), 1);
        assert!(named_in("FROM docker.io/library/debian:12\n").is_err());
    }
}
