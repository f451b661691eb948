//! The `minuted` command: the daemon and its client.

use std::process::ExitCode;

fn main() -> ExitCode {
    minuted::cli::main()
}
