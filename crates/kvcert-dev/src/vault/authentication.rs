//! Every request to a vault needs a token; this is where it is asked for and checked.

use axum::http::{StatusCode, header};

use crate::directory::service::KEY_VAULT;
use crate::directory::tenant::Tenant;
use crate::http::call::Call;
use crate::http::hosts::{LOGIN_HOST, VAULT_SUFFIX};
use crate::http::reply::Reply;
use crate::tokens::claims::Claims;
use crate::tokens::token_key::TokenSigner;

/// Lets a request through that has a valid token; otherwise the answer is the
/// [challenge](https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses).
pub(crate) fn check(tenant: &Tenant, tokens: &TokenSigner, call: &Call) -> Result<Claims, Reply> {
    let refuse = |message: &str| challenge(tenant, call, message);
    let Some(token) = call.bearer() else {
        return Err(refuse(
            "AKV10000: Request is missing a Bearer or PoP token.",
        ));
    };
    let Some(claims) = tokens.read(token) else {
        return Err(refuse(
            "Token validation failed: the token was not issued here.",
        ));
    };
    let audience = call.origin_of(VAULT_SUFFIX);
    judge(&claims, tenant, &audience, call.now).map_err(|message| refuse(&message))?;
    Ok(claims)
}

fn judge(claims: &Claims, tenant: &Tenant, audience: &str, now: i64) -> Result<(), String> {
    let issuer = tenant.issuer();
    if claims.iss != issuer {
        return Err(format!(
            "AKV10032: Invalid issuer. Expected one of {issuer}, found {}.",
            claims.iss
        ));
    }
    if ![audience, PUBLIC_AUDIENCE, KEY_VAULT].contains(&&*claims.aud) {
        return Err(format!(
            "AKV10022: Invalid audience. Expected {audience}, found: {}.",
            claims.aud
        ));
    }
    if now < claims.nbf || now >= claims.exp {
        return Err(String::from(
            "Token validation failed: the token is expired.",
        ));
    }
    Ok(())
}

/// The challenge, letter by letter: clients split it at the comma and the space.
fn challenge(tenant: &Tenant, call: &Call, message: &str) -> Reply {
    let authorization = call.origin_of(LOGIN_HOST);
    let tenant = &tenant.id;
    let resource = call.origin_of(VAULT_SUFFIX);
    let challenge =
        format!("Bearer authorization=\"{authorization}/{tenant}\", resource=\"{resource}\"");
    Reply::error(StatusCode::UNAUTHORIZED, "Unauthorized", message)
        .with_header(header::WWW_AUTHENTICATE, &challenge)
}

/// The public cloud's resource: clients that do not read the challenge ask for it.
const PUBLIC_AUDIENCE: &str = "https://vault.azure.net";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    const AUDIENCE: &str = "https://vault.localhost:8443";

    #[track_caller]
    fn check(change: impl Fn(&mut Claims), expected: Result<(), &str>) {
        let tenant = Tenant::open(&Store::in_memory().unwrap().meta()).unwrap();
        let mut claims = Claims::sample(&tenant.issuer(), AUDIENCE, 1000);
        change(&mut claims);
        match (judge(&claims, &tenant, AUDIENCE, 2000), expected) {
            (Ok(()), Ok(())) => {}
            (Err(message), Err(start)) => assert!(message.starts_with(start), "{message}"),
            (got, _) => panic!("{got:?}"),
        }
    }

    #[test]
    fn claims_are_really_checked() {
        check(|_| {}, Ok(()));
        check(|claims| claims.aud = PUBLIC_AUDIENCE.into(), Ok(()));
        check(|claims| claims.aud = KEY_VAULT.into(), Ok(()));
        check(
            |claims| claims.aud.push('/'),
            Err("AKV10022: Invalid audience."),
        );
        check(
            |claims| claims.aud = "https://vault.localhost".into(),
            Err("AKV10022: Invalid audience."),
        );
        check(
            |claims| claims.iss.push('x'),
            Err("AKV10032: Invalid issuer."),
        );
        check(|claims| claims.exp = 2000, Err("Token validation failed"));
        check(|claims| claims.nbf = 2001, Err("Token validation failed"));
    }
}
