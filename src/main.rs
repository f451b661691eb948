//! The `minuted` command: the daemon and its client.

use std::process::ExitCode;

/// Recording takes many small pieces of memory, on several threads: measured in `docs/benchmarks.md`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    minuted::cli::main()
}
