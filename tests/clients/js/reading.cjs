// What a new vault holds, as the three clients see it.
const assert = require("node:assert/strict");
const { X509Certificate, createPrivateKey } = require("node:crypto");
const { CertificateClient } = require("@azure/keyvault-certificates");
const { KeyClient } = require("@azure/keyvault-keys");
const { SecretClient } = require("@azure/keyvault-secrets");
const { all, credential, main, refused, vaultUrl } = require("./common.cjs");

main(async () => {
  const secrets = new SecretClient(vaultUrl, credential());
  const certificates = new CertificateClient(vaultUrl, credential());
  const keys = new KeyClient(vaultUrl, credential());

  const web = await certificates.getCertificate("web-pem");
  const secret = await secrets.getSecret("web-pem");
  const key = await keys.getKey("web-pem");
  assert.equal(web.properties.version, secret.properties.version);
  assert.equal(web.properties.version, key.properties.version);
  assert.equal(secret.properties.contentType, "application/x-pem-file");
  assert.ok(secret.properties.managed && key.properties.managed);
  assert.equal(web.keyId, key.id);
  assert.equal(web.secretId, secret.properties.id);

  const leaf = new X509Certificate(web.cer);
  assert.ok(leaf.checkPrivateKey(createPrivateKey(secret.value)));
  assert.equal(new X509Certificate(secret.value.slice(secret.value.indexOf("-----BEGIN CERT"))).fingerprint256, leaf.fingerprint256);

  const listed = (await all(certificates.listPropertiesOfCertificates())).map((item) => item.name);
  assert.ok(listed.includes("web") && listed.includes("retired"), listed);
  assert.deepEqual((await all(secrets.listPropertiesOfSecrets())).map((item) => item.name), listed);
  assert.deepEqual((await all(keys.listPropertiesOfKeys())).map((item) => item.name), listed);
  assert.equal((await all(certificates.listPropertiesOfCertificateVersions("rotated"))).length, 2);

  await refused(403, "Forbidden", "SecretDisabled", () => secrets.getSecret("retired"));
  await refused(404, "SecretNotFound", undefined, () => secrets.getSecret("nothing"));
});
