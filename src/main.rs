//! kvcert, the command line.
fn main() {}
