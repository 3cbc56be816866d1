//! Who may do what in a vault.

use crate::assertions::{Signer, claims_of};
use crate::running::{API, Running, form_body, read};

#[tokio::test]
async fn without_a_role_the_refusal_names_caller_action_and_resource() {
    let running = Running::start().await;
    let signer = Signer::web(&running).await;
    let assertion = signer.sign(&signer.header("PS256"), &signer.claims(&running));
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", &*signer.client_id),
        (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        ),
        ("client_assertion", &assertion),
        ("scope", "https://vault.azure.net/.default"),
    ];
    let url = running.token_url(&running.access.tenant_id);
    let request = running.client.post(url).body(form_body(&form));
    let token = read(request.send().await.unwrap()).await.1;
    let claims = claims_of(&token);
    for (path, action, resource) in [
        ("/secrets/web", "secrets/getSecret/action", "/secrets/web'"),
        ("/secrets", "secrets/readMetadata/action", "/demo'"),
        (
            "/certificates/web",
            "certificates/read",
            "/certificates/web'",
        ),
        ("/keys/web/versions", "keys/read", "/keys/web'"),
    ] {
        let request = running.client.get(running.vault(&format!("{path}?{API}")));
        let request = request.bearer_auth(token["access_token"].as_str().unwrap());
        let (status, reply) = read(request.send().await.unwrap()).await;
        assert_eq!(status, 403, "{path}");
        let error = &reply["error"];
        assert_eq!(
            (&error["code"], &error["innererror"]["code"]),
            (&"Forbidden".into(), &"ForbiddenByRbac".into())
        );
        let message = error["message"].as_str().unwrap();
        for part in [
            "Caller is not authorized to perform action on resource.",
            &format!("Action: 'Microsoft.KeyVault/vaults/{action}'"),
            &format!(
                "appid={};oid={}",
                signer.client_id,
                claims["oid"].as_str().unwrap()
            ),
            resource,
            "DecisionReason: 'DeniedWithNoValidRBAC'",
            "Vault: demo;location=",
        ] {
            assert!(message.contains(part), "no `{part}` in {message}");
        }
    }
}
