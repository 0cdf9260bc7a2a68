//! The steps of `docs/UPGRADING.md`, as a generated connector has them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use xtask::generated::{CANONICAL_NAME, GeneratedConnector, Snapshot, generate};

const CLIENT: &str = "src/core_banking/savanna_core/customers.rs";

/// A template in a git repository, and a connector in another that was generated from it.
struct Upgrade {
    template: Snapshot,
    connector: GeneratedConnector,
}

impl Upgrade {
    fn start() -> Self {
        let template = Snapshot::take().unwrap();
        run(template.folder(), "git init --quiet");
        commit(template.folder());
        let connector = generate(&template, CANONICAL_NAME, &[]).unwrap();
        run(connector.folder(), "git init --quiet");
        Self {
            template,
            connector,
        }
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.connector.folder().join(file)).unwrap()
    }

    /// Changes a file of the connector, as the integrator does.
    fn change(&self, file: &str, from: &str, to: &str) {
        let text = self.read(file);
        assert!(text.contains(from), "'{from}' is not in {file}");
        fs::write(
            self.connector.folder().join(file),
            text.replacen(from, to, 1),
        )
        .unwrap();
        commit(self.connector.folder());
    }

    /// Runs what `docs/UPGRADING.md` says between its n-th pair of fences.
    fn follow(&self, number: usize) {
        finish(self.block(number));
    }

    fn block(&self, number: usize) -> Command {
        let guide = self.read("docs/UPGRADING.md");
        let block = guide.split("```sh\n").nth(number).unwrap();
        let commands = block.split("```").next().unwrap();
        let mut command = bash(self.connector.folder(), commands);
        command.env("TEMPLATE", self.template.folder());
        command
    }

    fn follow_all(&self) {
        let guide = self.read("docs/UPGRADING.md");
        assert_eq!(guide.matches("```sh").count(), 4);
        self.follow(3);
        self.follow(4);
    }
}

fn bash(folder: &Path, commands: &str) -> Command {
    let mut command = Command::new("bash");
    command
        .args(["-euc", commands])
        .current_dir(folder)
        .stdin(Stdio::null())
        .env("GIT_CONFIG_GLOBAL", "/dev/null");
    for person in ["AUTHOR", "COMMITTER"] {
        command
            .env(format!("GIT_{person}_NAME"), "Integrator")
            .env(format!("GIT_{person}_EMAIL"), "integrator@example.com");
    }
    command
}

fn finish(mut command: Command) {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

fn run(folder: &Path, commands: &str) {
    finish(bash(folder, commands));
}

fn commit(folder: &Path) {
    run(
        folder,
        "git add --all && git commit --quiet --message Changed",
    );
}

#[test]
fn a_newer_template_and_the_integrator_s_work_are_both_there_after_the_merge() {
    let upgrade = Upgrade::start();
    upgrade.follow(1);
    upgrade.change(CLIENT, "\n", "\n//! The integrator's line.\n");
    let client = upgrade.read(CLIENT);

    let newer = upgrade.template.folder();
    let manifest = fs::read_to_string(newer.join("template/clippy.toml")).unwrap();
    upgrade
        .template
        .write(
            "template/clippy.toml",
            &format!("# The template's line.\n{manifest}"),
        )
        .unwrap();
    let client_of_template = format!("template/{CLIENT}");
    let text = fs::read_to_string(newer.join(&client_of_template)).unwrap();
    upgrade
        .template
        .write(
            &client_of_template,
            &format!("{text}\n// The template's line.\n"),
        )
        .unwrap();
    upgrade
        .template
        .write("template/docs/NEW.md", "New.\n")
        .unwrap();
    fs::remove_file(newer.join("template/LICENSE")).unwrap();
    commit(newer);

    upgrade.follow_all();
    assert_eq!(
        upgrade.read(CLIENT),
        format!("{client}\n// The template's line.\n")
    );
    assert!(
        upgrade
            .read("clippy.toml")
            .starts_with("# The template's line.\n")
    );
    assert_eq!(upgrade.read("docs/NEW.md"), "New.\n");
    assert!(!upgrade.connector.folder().join("LICENSE").exists());
    run(
        upgrade.connector.folder(),
        "test -z \"$(git status --porcelain)\"",
    );
}

#[test]
fn another_answer_is_merged_in_the_same_way() {
    let upgrade = Upgrade::start();
    upgrade.follow(1);
    upgrade.change(CLIENT, "\n", "\n//! The integrator's line.\n");
    upgrade.change("answers.toml", "currency = \"KES\"", "currency = \"UGX\"");

    upgrade.follow_all();
    assert!(
        upgrade
            .read(CLIENT)
            .contains("//! The integrator's line.\n")
    );
    assert!(upgrade.read(".env.example").contains("CURRENCY=UGX\n"));
    let answers = fs::read_to_string(upgrade.connector.folder().join("answers.toml")).unwrap();
    let again = generate(&upgrade.template, CANONICAL_NAME, &[("currency", "UGX")]).unwrap();
    let expected = fs::read_to_string(again.folder().join("answers.toml")).unwrap();
    assert_eq!(answers, expected);
}

#[test]
fn a_wrong_answer_is_refused_without_advice_to_remove_the_folder() {
    let upgrade = Upgrade::start();
    upgrade.follow(1);
    upgrade.change("answers.toml", "country = \"KE\"", "country = \"XX\"");

    let output = upgrade.block(3).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{printed}");
    assert!(printed.contains("'XX' is not a country"), "{printed}");
    assert!(printed.contains("Nothing was generated."), "{printed}");
    assert!(!printed.contains("remove it"), "{printed}");
}
