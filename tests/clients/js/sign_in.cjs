// Every way to sign in that @azure/identity has and the dev vault's Entra knows: each opens the
// vault. jose checks the tokens with the keys that the discovery document leads to.
const assert = require("node:assert/strict");
const { readFileSync } = require("node:fs");
const { pathToFileURL } = require("node:url");
const identity = require("@azure/identity");
const { SecretClient } = require("@azure/keyvault-secrets");
const { credential, main, vaultUrl } = require("./common.cjs");

const { env } = process;
const folder = env.SIGN_IN_FOLDER;
const [pem, token] = [`${folder}/worker.pem`, `${folder}/token`];
const tenant = env.AZURE_TENANT_ID;
// As python/sign_in_seed.py has them.
const worker = "5c1b9a3e-0000-4000-8000-00000000b001";
const machine = "5c1b9a3e-0000-4000-8000-00000000b002";
const resourceId =
  "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/m";
// Azure CLI's, which every tenant knows.
const cli = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
const vault = "https://vault.azure.net/.default";
const redirect = "http://localhost:8400/";
const options = { authorityHost: env.AZURE_AUTHORITY_HOST, disableInstanceDiscovery: true };
const base = `${env.AZURE_AUTHORITY_HOST}/${tenant}`;

async function opens(one) {
  const secret = await new SecretClient(vaultUrl, one).getSecret("web");
  assert.equal(secret.properties.contentType, "application/x-pkcs12");
}

// What `work` does, with other variables of the environment.
async function within(changes, work) {
  const before = { ...env };
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) delete env[name];
    else env[name] = value;
  }
  await work();
  for (const name of Object.keys(changes)) {
    if (before[name] === undefined) delete env[name];
    else env[name] = before[name];
  }
}

// What a person sends from a page of the sign-in.
const post = (url, form) => {
  const body = new URLSearchParams({ ...form, start_code: env.START_CODE });
  return fetch(url, { method: "POST", body, redirect: "manual" });
};

// A person types in a code and agrees.
const allow = async ({ verificationUri, userCode }) => {
  assert.equal((await post(verificationUri, { user_code: userCode, answer: "allow" })).status, 200);
};

// A person agrees on the page of a sign-in; the browser brings the code to the client.
async function agreeInBrowser(client) {
  const query = { client_id: client, response_type: "code", redirect_uri: redirect, scope: vault };
  const page = `${base}/oauth2/v2.0/authorize?${new URLSearchParams(query)}`;
  const [, ticket] = /name="ticket" value="([^"]+)"/.exec(await (await fetch(page)).text());
  const back = await post(page, { ticket, answer: "allow" });
  return new URL(back.headers.get("location")).searchParams.get("code");
}

const device = () =>
  new identity.DeviceCodeCredential({
    tenantId: tenant,
    clientId: cli,
    userPromptCallback: (info) => void allow(info),
    ...options,
  });

async function applications() {
  await opens(credential());
  await opens(new identity.ClientCertificateCredential(tenant, worker, pem, options));
  const certificate = readFileSync(pem, "utf8");
  const chained = { ...options, sendCertificateChain: true };
  await opens(new identity.ClientCertificateCredential(tenant, worker, { certificate }, chained));
  const federated = async () => readFileSync(token, "utf8");
  await opens(new identity.ClientAssertionCredential(tenant, worker, federated, options));
  const file = { tenantId: tenant, clientId: worker, tokenFilePath: token };
  await opens(new identity.WorkloadIdentityCredential({ ...file, ...options }));
  await opens(new identity.EnvironmentCredential(options));
  const other = { AZURE_CLIENT_ID: worker, AZURE_CLIENT_SECRET: undefined };
  await within({ ...other, AZURE_CLIENT_CERTIFICATE_PATH: pem }, () =>
    opens(new identity.EnvironmentCredential(options)),
  );
  await opens(new identity.DefaultAzureCredential(options));
  await within({ ...other, AZURE_FEDERATED_TOKEN_FILE: token }, () =>
    opens(new identity.DefaultAzureCredential(options)),
  );
}

async function people() {
  await opens(device());
  const code = await agreeInBrowser(cli);
  await opens(new identity.AuthorizationCodeCredential(tenant, cli, code, redirect, options));
  // An API goes on to the vault on behalf of who called it and agreed.
  await agreeInBrowser(worker);
  const { token: userAssertionToken } = await device().getToken(`api://${worker}/.default`);
  const behalf = { tenantId: tenant, clientId: worker, certificatePath: pem, userAssertionToken };
  await opens(new identity.OnBehalfOfCredential({ ...behalf, ...options }));
}

async function machines() {
  const onMachine = {
    IDENTITY_ENDPOINT: undefined,
    IDENTITY_HEADER: undefined,
    AZURE_POD_IDENTITY_AUTHORITY_HOST: env.MACHINE_HOST,
  };
  for (const place of [{}, onMachine]) {
    await within(place, async () => {
      await opens(new identity.ManagedIdentityCredential());
      await opens(new identity.ManagedIdentityCredential({ clientId: machine }));
      await opens(new identity.ManagedIdentityCredential({ resourceId }));
    });
  }
}

async function refusals() {
  for (const [client, secret, number] of [
    [env.AZURE_CLIENT_ID, "wrong", 7000215],
    [worker, "wrong", 7000215],
    [machine, "wrong", 700016],
  ]) {
    const wrong = new identity.ClientSecretCredential(tenant, client, secret, options);
    await assert.rejects(wrong.getToken(vault), new RegExp(`AADSTS${number}`));
  }
  const foreign = new identity.ClientCertificateCredential(tenant, env.AZURE_CLIENT_ID, pem, options);
  await assert.rejects(foreign.getToken(vault), /AADSTS700027/);
}

async function tokens() {
  const jose = await import(pathToFileURL(require.resolve("jose")));
  const found = await (await fetch(`${base}/v2.0/.well-known/openid-configuration`)).json();
  const keys = jose.createRemoteJWKSet(new URL(found.jwks_uri));
  const algorithms = found.id_token_signing_alg_values_supported;
  const { token: access } = await credential().getToken(vault);
  const { payload, protectedHeader } = await jose.jwtVerify(access, keys, {
    algorithms,
    audience: "https://vault.azure.net",
    issuer: `https://sts.windows.net/${tenant}/`,
  });
  assert.equal(payload.appid, env.AZURE_CLIENT_ID);
  assert.equal(protectedHeader.alg, "RS256");
}

main(async () => {
  await tokens();
  await applications();
  await people();
  await machines();
  await refusals();
});
