//! What a running dev vault says about itself, and where.

use std::path::PathBuf;

use kvcert::input;
use kvcert_dev::Access;

use super::Context;
use super::environment::state_folder;
use crate::failure::{self, Failure};

/// What a running dev vault said about itself.
pub(crate) fn running(context: &Context<'_>) -> Result<Access, Failure> {
    let file = dev_folder(context)?.join(ANNOUNCEMENT);
    let bytes = input::read(&file, MAX_ANNOUNCEMENT).map_err(|_| failure::dev::not_running(""))?;
    serde_json::from_slice(&bytes)
        .map_err(|_| failure::dev::not_running(": cannot read what the last one left"))
}

/// The folder of its files.
pub(crate) fn dev_folder(context: &Context<'_>) -> Result<PathBuf, Failure> {
    state_folder(context.environment)?.ok_or_else(|| {
        failure::usage::no_state_folder("the dev vault's state", "set HOME or KVCERT_STATE_DIR")
    })
}

/// All of it, with a client secret.
pub(crate) const ANNOUNCEMENT: &str = "dev.json";
/// The certificate authority to trust.
pub(crate) const CA_FILE: &str = "dev-ca.pem";
const MAX_ANNOUNCEMENT: usize = 64 * 1024;
