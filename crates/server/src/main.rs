//! The binary `verax`.

use std::process::ExitCode;

fn main() -> ExitCode {
    verax_server::cli::main()
}
