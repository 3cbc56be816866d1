//! `kvcert dev --print-env`: what Azure's own clients need to use the dev vault.

use std::path::Path;

use kvcert_dev::Access;

use crate::cli::EnvShell;
use crate::failure::output::print_failed;
use crate::failure::{self, Failure};
use crate::quoted;
use crate::session::Context;

/// Prints the variables for a shell. The secret goes to a terminal only with `force`.
pub(super) fn print(
    access: &Access,
    ca_file: &Path,
    shell: EnvShell,
    force: bool,
    context: &Context<'_>,
) -> Result<(), Failure> {
    let console = context.console;
    if console.is_terminal() && !force {
        return Err(failure::dev::secret_on_terminal());
    }
    let variables = variables(access, ca_file)?;
    if shell == EnvShell::Github {
        // The runner reads commands from both streams; this one goes to the file of variables.
        console.prompt(&format!("::add-mask::{}", access.client_secret.expose()));
        if let Some(identity) = &access.managed_identity {
            console.prompt(&format!("::add-mask::{}", identity.header.expose()));
        }
    }
    let lines = variables
        .iter()
        .map(|(name, value)| line(shell, name, value));
    console
        .result(&lines.collect::<String>())
        .map_err(print_failed)?;
    console.note(
        "note: with SSL_CERT_FILE and REQUESTS_CA_BUNDLE, most clients trust no server but the dev vault",
    );
    Ok(())
}

/// Names and values, none with a line break.
fn variables(access: &Access, ca_file: &Path) -> Result<Vec<(&'static str, String)>, Failure> {
    let ca_file = ca_file.to_str().filter(|path| !path.contains(['\n', '\r']));
    let ca_file = ca_file.ok_or_else(failure::dev::not_a_variable)?;
    let vault_name = access.vault_url.trim_start_matches("https://");
    let vault_name = vault_name.split('.').next().unwrap_or_default();
    let own = |text: &str| text.to_owned();
    let mut variables = vec![
        ("KVCERT_VAULT", own(&access.vault_url)),
        ("KEY_VAULT_NAME", own(vault_name)),
        ("AZURE_KEYVAULT_URL", own(&access.vault_url)),
        ("AZURE_AUTHORITY_HOST", own(&access.authority)),
        ("AZURE_TENANT_ID", own(&access.tenant_id)),
        ("AZURE_CLIENT_ID", own(&access.client_id)),
        ("AZURE_CLIENT_SECRET", own(access.client_secret.expose())),
        ("REQUESTS_CA_BUNDLE", own(ca_file)),
        ("SSL_CERT_FILE", own(ca_file)),
        ("NODE_EXTRA_CA_CERTS", own(ca_file)),
    ];
    if let Some(identity) = &access.managed_identity {
        variables.push(("IDENTITY_ENDPOINT", own(&identity.endpoint)));
        variables.push(("IDENTITY_HEADER", own(identity.header.expose())));
    }
    Ok(variables)
}

fn line(shell: EnvShell, name: &str, value: &str) -> String {
    match shell {
        EnvShell::Sh => format!("export {name}={}\n", quoted::shell(value)),
        EnvShell::Powershell => format!("$env:{name} = {}\n", quoted::powershell(value)),
        EnvShell::Github => format!("{name}={value}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_for_their_shell() {
        let value = "it's $HOME `x`; \\";
        assert_eq!(
            line(EnvShell::Sh, "A", value),
            "export A='it'\\''s $HOME `x`; \\'\n"
        );
        assert_eq!(
            line(EnvShell::Powershell, "A", value),
            "$env:A = 'it''s $HOME `x`; \\'\n"
        );
        assert_eq!(line(EnvShell::Github, "A", "b c"), "A=b c\n");
    }
}
