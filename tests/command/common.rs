//! A folder with a simulated host, the binary run in it, and what came of that as text.

use phoenix_host::op::Op;
use phoenix_sim::SimHost;
use std::{
    fmt, fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};
use tempfile::TempDir;

/// The examples as the tests keep them: those of the repository are there to be edited.
pub fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/specs").join(name)
}

/// A folder of a test's own: specs, a simulated host in `sim`, a home.
pub struct Sandbox(TempDir);

/// What came of a run.
pub struct Ran {
    args: Vec<String>,
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Sandbox {
    /// A sandbox with the folder of a simulated host that has nothing yet.
    pub fn new() -> Self {
        let sandbox = Self(tempfile::tempdir().unwrap());
        fs::create_dir(sandbox.path().join("sim")).unwrap();
        sandbox
    }

    /// A sandbox whose host is switched to `examples/phoenix`, copied to `phoenix.kdl`.
    pub fn switched() -> Self {
        let sandbox = Self::new();
        sandbox.write("phoenix.kdl", &fs::read_to_string(example("phoenix/phoenix.kdl")).unwrap());
        sandbox.sim(&["switch", "--yes"]).exits(0);
        sandbox
    }

    pub fn path(&self) -> PathBuf {
        self.0.path().canonicalize().unwrap()
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    /// Changes a text in a file, which has it once.
    pub fn edit(&self, name: &str, old: &str, new: &str) {
        let text = self.read(name);
        assert_eq!(text.matches(old).count(), 1, "{old:?} in {name}");
        self.write(name, &text.replace(old, new));
    }

    /// Runs `phoenix` with these arguments.
    pub fn run(&self, args: &[&str]) -> Ran {
        self.ran(args, &self.process(args).output().unwrap())
    }

    /// Runs `phoenix` with a text in its standard input.
    pub fn feed(&self, text: &str, args: &[&str]) -> Ran {
        let mut process = self.process(args);
        process.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = process.spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        self.ran(args, &child.wait_with_output().unwrap())
    }

    pub fn ran(&self, args: &[&str], output: &Output) -> Ran {
        let text = |bytes: &[u8]| self.plain(std::str::from_utf8(bytes).unwrap());
        Ran {
            args: args.iter().map(|arg| self.plain(arg)).collect(),
            code: output.status.code().unwrap(),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }

    /// Runs `phoenix` on the simulated host.
    pub fn sim(&self, args: &[&str]) -> Ran {
        self.run(&[args, &["--sim", "sim"]].concat())
    }

    /// The simulated host, to look at and to change by hand.
    pub fn host(&self) -> SimHost {
        SimHost::open(&self.path().join("sim")).unwrap()
    }

    /// Does something on the simulated host that phoenix does not know of.
    #[track_caller]
    pub fn by_hand(&self, op: &Op) {
        self.host().by_hand(op).unwrap();
    }

    /// Makes a process of `phoenix` that is not started yet, in a cleaned environment.
    pub fn process(&self, args: &[&str]) -> Command {
        self.process_of(Path::new(env!("CARGO_BIN_EXE_phoenix")), args)
    }

    /// The same of a copy of the program.
    #[expect(clippy::disallowed_methods, reason = "the tests start the binary under test")]
    pub fn process_of(&self, program: &Path, args: &[&str]) -> Command {
        let mut process = Command::new(program);
        process
            .current_dir(self.path())
            .env_clear()
            .env("HOME", self.path())
            .env("USER", "tester")
            .args(args);
        process
    }

    /// Everything below a folder: names with contents, links with targets.
    pub fn tree(&self, name: &str) -> Vec<(PathBuf, String)> {
        let mut found = Vec::new();
        walk(&self.path().join(name), &mut found);
        found
    }

    fn plain(&self, text: &str) -> String {
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).display().to_string();
        text.replace(&self.path().display().to_string(), "[SANDBOX]")
            .replace(&format!("{examples}/tests/specs"), "[REPO]/examples")
            .replace(&examples, "[REPO]")
    }
}

fn walk(path: &Path, found: &mut Vec<(PathBuf, String)>) {
    let Ok(kind) = fs::symlink_metadata(path) else { return };
    if kind.is_symlink() {
        found.push((path.to_owned(), fs::read_link(path).unwrap().display().to_string()));
    } else if kind.is_dir() {
        found.push((path.to_owned(), String::new()));
        let mut entries: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        entries.iter().for_each(|entry| walk(entry, found));
    } else {
        found.push((path.to_owned(), String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned()));
    }
}

impl Ran {
    /// Checks the exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self}");
        self
    }

    /// Checks that a text stands somewhere in what was printed.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.out.contains(text) || self.err.contains(text), "{text:?} in:\n{self}");
        self
    }

    /// Checks that a text stands nowhere in what was printed.
    #[track_caller]
    pub fn says_not(self, text: &str) -> Self {
        assert!(!self.out.contains(text) && !self.err.contains(text), "{text:?} in:\n{self}");
        self
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "$ phoenix {}\n[exit {}]", self.args.join(" "), self.code)?;
        for (name, text) in [("stdout", &self.out), ("stderr", &self.err)] {
            if !text.is_empty() {
                writeln!(f, "----- {name}\n{}", text.trim_end_matches('\n'))?;
            }
        }
        Ok(())
    }
}

/// Holds what came of runs against the snapshot of this name; dates are left out.
#[macro_export]
macro_rules! snapshot {
    ($name:literal, $($ran:expr),+ $(,)?) => {{
        let text = [$($ran.to_string()),+].join("\n");
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.add_filter(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "[DATE]");
        settings.add_filter(r"\d{4}-\d\d-\d\d \d\d:\d\d", "[DATE]");
        settings.add_filter(r"process \d+", "process [PID]");
        settings.bind(|| insta::assert_snapshot!($name, text));
    }};
}
