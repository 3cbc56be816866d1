//! Every request to a vault needs a token; this is where it is asked for and checked.

use axum::http::{StatusCode, header};

use crate::directory::service::KEY_VAULT;
use crate::entra::Entra;
use crate::entra::claims::Claims;
use crate::http::reply::Reply;
use crate::server::{Call, LOGIN_HOST, VAULT_SUFFIX};

/// Lets a request through that has a valid token; otherwise the answer is the
/// [challenge](https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses).
pub(crate) fn check(entra: &Entra, call: &Call) -> Result<Claims, Reply> {
    let refuse = |message: &str| challenge(entra, call, message);
    let Some(token) = call.bearer() else {
        return Err(refuse(
            "AKV10000: Request is missing a Bearer or PoP token.",
        ));
    };
    let Some(claims) = entra.read_token(token) else {
        return Err(refuse(
            "Token validation failed: the token was not issued here.",
        ));
    };
    let audience = call.origin_of(VAULT_SUFFIX);
    judge(&claims, entra, &audience, call.now).map_err(|message| refuse(&message))?;
    Ok(claims)
}

fn judge(claims: &Claims, entra: &Entra, audience: &str, now: i64) -> Result<(), String> {
    let issuer = entra.issuer();
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
fn challenge(entra: &Entra, call: &Call, message: &str) -> Reply {
    let authorization = call.origin_of(LOGIN_HOST);
    let tenant = &entra.identity().tenant_id;
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
    use crate::directory::initial::Identity;
    use crate::store::Store;

    const AUDIENCE: &str = "https://vault.localhost:8443";

    fn entra() -> Entra {
        let store = Store::in_memory().unwrap();
        Entra::open(Identity::generate().unwrap(), &store).unwrap()
    }

    #[track_caller]
    fn check(change: impl Fn(&mut Claims), expected: Result<(), &str>) {
        let entra = entra();
        let mut claims = Claims::sample(&entra.issuer(), AUDIENCE, 1000);
        change(&mut claims);
        match (judge(&claims, &entra, AUDIENCE, 2000), expected) {
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
