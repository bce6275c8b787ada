//! Runs the binary, and says how that ended.

use std::io::Write;
use std::process::{Child, Command, Stdio};

/// How a run ended.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The binary with these arguments and none of the caller's settings.
pub(crate) fn ft(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ft"));
    command.args(args).env_remove("HOLYSHEEP_API_KEY").env_remove("NO_COLOR").stdin(Stdio::null());
    command
}

/// Runs it to its end.
pub(crate) fn run(args: &[&str]) -> Ended {
    ended(&mut ft(args))
}

/// Runs a prepared command to its end.
pub(crate) fn ended(command: &mut Command) -> Ended {
    let output = command.output().unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs it with this on stdin.
pub(crate) fn piped(args: &[&str], stdin: &[u8]) -> Ended {
    let mut command = ft(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child: Child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(stdin).unwrap();
    let output = child.wait_with_output().unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
