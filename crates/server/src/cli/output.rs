//! Standard output and standard error of the commands. Whoever reads them may leave at any time:
//! `println!` would panic then.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

/// Nobody reads standard output any more: `verax export … | head`.
#[derive(Debug, thiserror::Error)]
#[error("standard output is closed")]
pub struct OutputClosed;

/// What a shell reports of a program that wrote to a closed pipe and ended by SIGPIPE.
pub const OUTPUT_CLOSED_CODE: u8 = 141;

/// Standard output. A write that nobody reads fails with [`OutputClosed`].
pub struct Output;

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        io::stdout().lock().write(bytes).map_err(closed)
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().lock().flush().map_err(closed)
    }
}

fn closed(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::BrokenPipe => io::Error::new(io::ErrorKind::BrokenPipe, OutputClosed),
        _ => error,
    }
}

/// Writes a line to standard output.
///
/// # Errors
/// [`OutputClosed`] when nobody reads it, or why it cannot be written.
pub fn print_line(line: impl Display) -> io::Result<()> {
    writeln!(Output, "{line}")
}

/// A server whose output nobody reads serves all the same.
pub fn announce(text: impl Display) {
    if let Err(error) = print_line(text) {
        tracing::warn!(cause = %error, "standard output cannot be written");
    }
}

/// Writes a line to standard error, where it can be written.
pub fn report_line(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "verax: {line}");
}

/// Whether a command failed because nobody reads its output. A connection that breaks is no such
/// error.
pub fn is_output_closed(error: &anyhow::Error) -> bool {
    let of_output = |error: &io::Error| error.get_ref().is_some_and(|it| it.is::<OutputClosed>());
    error.chain().any(|cause| cause.downcast_ref::<io::Error>().is_some_and(of_output))
}

/// Whether what is written there may have colours: it is a terminal that has them, and NO_COLOR
/// (no-color.org) is not set.
pub fn takes_colour(stream: &impl IsTerminal) -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    stream.is_terminal() && !is_set("NO_COLOR") && !is_dumb
}
