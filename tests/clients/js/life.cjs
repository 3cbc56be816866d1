// Secrets, certificates and keys from their making to their end.
const assert = require("node:assert/strict");
const { execFileSync } = require("node:child_process");
const { mkdtempSync, rmSync, writeFileSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const { createHash, createPublicKey, verify, X509Certificate } = require("node:crypto");
const { CertificateClient } = require("@azure/keyvault-certificates");
const { CryptographyClient, KeyClient } = require("@azure/keyvault-keys");
const { SecretClient } = require("@azure/keyvault-secrets");
const { all, credential, main, quick, refused, vaultUrl } = require("./common.cjs");

async function secrets() {
  const client = new SecretClient(vaultUrl, credential());
  const first = await client.setSecret("greeting", "grüß dich", { tags: { a: "1" }, contentType: "text/plain" });
  assert.deepEqual(first.properties.tags, { a: "1" });
  const second = await client.setSecret("greeting", "hello");
  assert.equal((await client.getSecret("greeting")).value, "hello");
  assert.equal((await client.getSecret("greeting", { version: first.properties.version })).value, "grüß dich");
  assert.equal((await all(client.listPropertiesOfSecretVersions("greeting"))).length, 2);
  await client.updateSecretProperties("greeting", second.properties.version, { enabled: false });
  await refused(403, "Forbidden", "SecretDisabled", () => client.getSecret("greeting"));
  await client.updateSecretProperties("greeting", second.properties.version, { enabled: true });

  for (let n = 0; n < 26; n++) await client.setSecret(`page-${n}`, "x");
  const listed = (await all(client.listPropertiesOfSecrets())).map((item) => item.name);
  assert.equal(listed.filter((name) => name.startsWith("page-")).length, 26);

  await (await client.beginDeleteSecret("greeting", quick)).pollUntilDone();
  await refused(404, "SecretNotFound", undefined, () => client.getSecret("greeting"));
  await refused(409, "Conflict", "ObjectIsDeletedButRecoverable", () => client.setSecret("greeting", "x"));
  assert.deepEqual((await all(client.listDeletedSecrets())).map((item) => item.name), ["greeting"]);
  await (await client.beginRecoverDeletedSecret("greeting", quick)).pollUntilDone();
  const backup = await client.backupSecret("greeting");
  await (await client.beginDeleteSecret("greeting", quick)).pollUntilDone();
  await client.purgeDeletedSecret("greeting");
  await client.restoreSecretBackup(backup);
  assert.equal((await client.getSecret("greeting")).value, "hello");
}

async function certificates() {
  const client = new CertificateClient(vaultUrl, credential());
  const policy = { issuerName: "Self", subject: "cn=made.example.com" };
  const poller = await client.beginCreateCertificate("made", policy, quick);
  const made = await poller.pollUntilDone();
  const leaf = new X509Certificate(made.cer);
  assert.equal(leaf.subject, "CN=made.example.com");
  assert.ok(leaf.verify(leaf.publicKey));
  const operation = await (await client.getCertificateOperation("made")).pollUntilDone();
  assert.equal(operation.properties.version, made.properties.version);

  const secret = await new SecretClient(vaultUrl, credential()).getSecret("made");
  const again = await client.importCertificate("imported", Buffer.from(secret.value, "base64"));
  assert.equal(Buffer.compare(again.cer, made.cer), 0);
  await client.updateCertificateProperties("imported", again.properties.version, { tags: { x: "y" } });
  assert.deepEqual((await client.getCertificate("imported")).properties.tags, { x: "y" });
  assert.equal((await client.getCertificatePolicy("made")).validityInMonths, 12);

  await client.beginCreateCertificate("request", { issuerName: "Unknown", subject: "cn=r" }, quick);
  const pending = (await client.getCertificateOperation("request")).getOperationState();
  assert.equal(pending.certificateOperation.status, "inProgress");
  await client.deleteCertificateOperation("request");

  await merged(client);
  const pem = (await new SecretClient(vaultUrl, credential()).getSecret("web-pem")).value;
  const options = { policy: { issuerName: "Unknown", contentType: "application/x-pem-file" } };
  const web = await client.importCertificate("web-again", Buffer.from(pem), options);
  assert.equal(Buffer.compare(web.cer, (await client.getCertificate("web-pem")).cer), 0);
  for (let n = 0; n < 26; n++) await client.importCertificate(`cert-${n}`, Buffer.from(pem), options);
  const listed = (await all(client.listPropertiesOfCertificates())).map((item) => item.name);
  assert.equal(listed.filter((name) => name.startsWith("cert-")).length, 26);

  await (await client.beginDeleteCertificate("made", quick)).pollUntilDone();
  await (await client.beginRecoverDeletedCertificate("made", quick)).pollUntilDone();
  const backup = await client.backupCertificate("made");
  await (await client.beginDeleteCertificate("made", quick)).pollUntilDone();
  await client.purgeDeletedCertificate("made");
  const restored = await client.restoreCertificateBackup(backup);
  assert.equal(Buffer.compare(restored.cer, made.cer), 0);

  await client.setContacts([{ email: "admin@example.com", name: "A", phone: "1" }]);
  assert.equal((await client.getContacts())[0].email, "admin@example.com");
  await client.createIssuer("issuer", "Test", { accountId: "me" });
  assert.equal((await client.getIssuer("issuer")).provider, "Test");
  await client.deleteIssuer("issuer");
}

// Another authority signs the request: openssl.
async function merged(client) {
  await client.beginCreateCertificate("merged", { issuerName: "Unknown", subject: "cn=merged" }, quick);
  const request = await client.getCertificateOperation("merged");
  const { csr } = request.getOperationState().certificateOperation;
  const folder = mkdtempSync(join(tmpdir(), "merged-"));
  const run = (...words) => execFileSync("openssl", words, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  writeFileSync(join(folder, "csr"), csr);
  run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=a ca", "-keyout", "ca.key", "-out", "ca.crt");
  const authority = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"];
  const signed = run("x509", "-req", "-in", "csr", "-inform", "DER", ...authority, "-outform", "DER");
  rmSync(folder, { recursive: true });
  const result = await client.mergeCertificate("merged", [signed]);
  assert.equal(Buffer.compare(Buffer.from(result.cer), signed), 0);
  assert.equal(result.properties.version.length, 32);
}

async function keys() {
  const client = new KeyClient(vaultUrl, credential());
  const jwk = ({ kty, n, e, crv, x, y }) => {
    const text = (bytes) => bytes && Buffer.from(bytes).toString("base64url");
    return createPublicKey({ format: "jwk", key: { kty, crv, n: text(n), e: text(e), x: text(x), y: text(y) } });
  };
  const message = Buffer.from("a message");
  const digest = createHash("sha256").update(message).digest();

  const rsa = await client.createRsaKey("rsa", { keySize: 2048 });
  const crypto = new CryptographyClient(rsa, credential());
  const signed = await crypto.sign("PS256", digest);
  const padding = { key: jwk(rsa.key), padding: 6, saltLength: 32 };
  assert.ok(verify("sha256", message, padding, signed.result));
  const encrypted = await crypto.encrypt({ algorithm: "RSA-OAEP-256", plaintext: message });
  const decrypted = await crypto.decrypt({ algorithm: "RSA-OAEP-256", ciphertext: encrypted.result });
  assert.equal(Buffer.compare(decrypted.result, message), 0);
  const wrapped = await crypto.wrapKey("RSA-OAEP", digest);
  assert.equal(Buffer.compare((await crypto.unwrapKey("RSA-OAEP", wrapped.result)).result, digest), 0);

  const ec = await client.createEcKey("ec", { curve: "P-256" });
  const signature = (await new CryptographyClient(ec, credential()).sign("ES256", digest)).result;
  assert.ok(verify("sha256", message, { key: jwk(ec.key), dsaEncoding: "ieee-p1363" }, signature));

  // Checked on this side, without a word to the vault.
  const plain = await crypto.signData("RS256", message);
  assert.ok((await new CryptographyClient(rsa.key).verifyData("RS256", message, plain.result)).result);
  assert.ok((await crypto.verify("PS256", digest, signed.result)).result);

  for (let n = 0; n < 26; n++) await client.createEcKey(`key-${n}`);
  const listed = (await all(client.listPropertiesOfKeys())).map((item) => item.name);
  assert.equal(listed.filter((name) => name.startsWith("key-")).length, 26);

  await client.rotateKey("ec");
  assert.equal((await all(client.listPropertiesOfKeyVersions("ec"))).length, 2);
  await (await client.beginDeleteKey("rsa", quick)).pollUntilDone();
  await (await client.beginRecoverDeletedKey("rsa", quick)).pollUntilDone();
  assert.equal((await client.getKey("rsa")).id, rsa.id);
}

main(async () => {
  await Promise.all([secrets(), certificates(), keys()]);
});
