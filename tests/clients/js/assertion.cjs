// Client assertions of kvcert, verified by jose.
const assert = require("node:assert/strict");
const { X509Certificate } = require("node:crypto");
const { readFileSync } = require("node:fs");
const { pathToFileURL } = require("node:url");

const main = async () => {
  const jose = await import(pathToFileURL(require.resolve("jose")));
  const task = JSON.parse(readFileSync(process.argv[2], "utf8"));
  const pem = readFileSync(task.pem, "utf8");
  const certificate = /-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/.exec(pem)[0];
  const endpoint = `${task.authority}/${task.tenant}/oauth2/v2.0/token`;
  for (const [index, assertion] of task.assertions.entries()) {
    const algorithm = task.algorithms[index];
    const key = await jose.importX509(certificate, algorithm);
    const { payload, protectedHeader } = await jose.jwtVerify(assertion, key, {
      algorithms: [algorithm],
      audience: endpoint,
      issuer: task.client,
      subject: task.client,
      typ: "JWT",
      requiredClaims: ["exp", "nbf", "iat", "jti"],
    });
    assert.match(payload.jti, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    if (protectedHeader.x5c) {
      const sent = new X509Certificate(Buffer.from(protectedHeader.x5c[0], "base64"));
      assert.equal(sent.fingerprint256, new X509Certificate(certificate).fingerprint256);
      assert.equal(protectedHeader.x5c.length, 3);
    }
  }
  assert.equal(task.assertions.length, 3);
};

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
