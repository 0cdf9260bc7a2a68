//! What is asked for, and the order of things.

use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

use super::{
    engine::{Build, Engine},
    rehearsal::rehearse,
    size::compressed,
};
use crate::{generated::Snapshot, workshop::Workshop};

pub const USAGE: &str = "usage: cargo xtask image [--twice]

  Builds the image of a generated connector, runs it hardened, sends a payment each way
  through it, stops it with SIGTERM in the middle of payments, and prints its size. With
  Docker; or, as root on Debian, with buildah and podman, which it installs. Where no
  registry answers, it makes stand-ins for the base images, and says so.

  --twice   builds the program once more, from nothing, and compares the two";

/// What the image may come to, compressed, as registries have it.
const LARGEST: u64 = 20_000_000;

/// Its connector, whatever is tested.
const NAME: &str = "image-connector";

/// The stage without a shell, and the one with.
const TAG: &str = "localhost/image-connector:rehearsal";
const TAG_WITH_SHELL: &str = "localhost/image-connector:rehearsal-with-shell";
const TAG_AGAIN: &str = "localhost/image-connector:rehearsal-again";

/// Whether it is to be built twice.
pub fn parse(arguments: &[&str]) -> Result<bool> {
    match arguments {
        [] => Ok(false),
        ["--twice"] => Ok(true),
        _ => bail!("{arguments:?} is not understood"),
    }
}

/// Does all of it.
pub fn carry_out(twice: bool) -> Result<()> {
    let started = Instant::now();
    let say = |what: &str| println!("[{:4}s] {what}", started.elapsed().as_secs());
    let workshop = Workshop::open(&Snapshot::take()?, NAME, &[])?;
    let engine = Engine::find()?;
    say(&format!("builder: {}", engine.name()));
    for stand_in in engine.provide_bases(workshop.folder())? {
        say(&format!(
            "STAND-IN for {stand_in}: no registry has answered"
        ));
    }

    let build = Build {
        folder: workshop.folder(),
        target: None,
        tag: TAG,
        from_nothing: false,
    };
    engine.build(&build)?;
    say("the image is built");
    engine.build(&Build {
        target: Some("with-shell"),
        tag: TAG_WITH_SHELL,
        ..build
    })?;
    say("and the one with a shell");
    assert_shells(&engine)?;

    let size = compressed(&engine, TAG)?;
    say(&format!(
        "{size} bytes compressed, of {LARGEST} at the most"
    ));
    ensure!(size < LARGEST, "the image is too large");

    workshop.build()?;
    let figures = rehearse(&engine, TAG, &workshop)?;
    for line in figures {
        say(&line);
    }

    if twice {
        engine.build(&Build {
            tag: TAG_AGAIN,
            from_nothing: true,
            ..build
        })?;
        let [first, second] = [TAG, TAG_AGAIN].map(|tag| engine.digest_of_program(tag, NAME));
        let (first, second) = (first?, second?);
        ensure!(
            first == second,
            "two builds of one source differ: {first}, {second}"
        );
        say(&format!(
            "built again from nothing, the program is the same: sha256 {first}"
        ));
    }
    println!("1 passed, 0 failed");
    Ok(())
}

/// The image has no shell to get into; the one for entry points that are scripts has.
fn assert_shells(engine: &Engine) -> Result<()> {
    let script = ["-c", &format!("{NAME} --version")];
    let without = engine.run_once(TAG, "/bin/sh", &script)?;
    ensure!(!without.succeeded, "the image has a shell");
    let with = engine.run_once(TAG_WITH_SHELL, "/bin/sh", &script)?;
    let version = with
        .expect_success("the image with a shell")
        .context("its entry point cannot be a script")?;
    ensure!(version.contains(NAME), "not a version: {version}");
    Ok(())
}
