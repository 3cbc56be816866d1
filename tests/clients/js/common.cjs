// What the scripts share: the vault, the sign-in, and what an error has to look like.
const assert = require("node:assert/strict");
const { ClientSecretCredential } = require("@azure/identity");

const env = process.env;

exports.vaultUrl = env.VAULT_URL;
// How often to look at an operation that goes on in the vault.
exports.quick = { intervalInMs: 100 };

exports.credential = () =>
  new ClientSecretCredential(env.AZURE_TENANT_ID, env.AZURE_CLIENT_ID, env.AZURE_CLIENT_SECRET, {
    authorityHost: env.AZURE_AUTHORITY_HOST,
    disableInstanceDiscovery: true,
  });

// What `work` does must be refused so.
exports.refused = async (status, code, inner, work) =>
  assert.rejects(work, (error) => {
    assert.equal(error.statusCode, status, error);
    assert.equal(error.code, code, error);
    const details = error.details.error;
    assert.equal((details.innererror ?? details.innerError)?.code, inner);
    return true;
  });

exports.all = async (pages) => {
  const found = [];
  for await (const item of pages) found.push(item);
  return found;
};

// Runs a script, and fails as it fails.
exports.main = (work) =>
  work().catch((error) => {
    console.error(error);
    process.exit(1);
  });
