//! The `minuted` command: the daemon and its client.

fn main() {}
