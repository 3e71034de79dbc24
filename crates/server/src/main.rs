//! The binary `verax`.

use std::process::ExitCode;

/// A request makes a few hundred small allocations: a tenth more lists a second than with glibc's.
#[cfg(feature = "jemalloc")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    verax_server::cli::main()
}
