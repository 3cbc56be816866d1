"""The life of a secret, from set to purge."""

import datetime

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.keyvault.secrets import SecretClient
from common import QUICK, VAULT_URL, credential, names, refused

client = SecretClient(VAULT_URL, credential())

# Set, and set again: a new version.
expires = datetime.datetime(2031, 2, 3, 4, 5, 6, tzinfo=datetime.timezone.utc)
first = client.set_secret(
    "greeting", "grüß dich", content_type="text/plain", tags={"a": "1"}, expires_on=expires
)
assert first.value == "grüß dich" and first.name == "greeting"
assert first.properties.tags == {"a": "1"} and first.properties.expires_on == expires
assert first.properties.recovery_level and first.properties.recoverable_days
second = client.set_secret("greeting", "hello")
assert second.properties.version != first.properties.version
assert client.get_secret("greeting").value == "hello"
assert client.get_secret("GREETING").value == "hello", "names do not mind case"
assert client.get_secret("greeting", first.properties.version).value == "grüß dich"
versions = list(client.list_properties_of_secret_versions("greeting"))
assert {version.version for version in versions} == {
    first.properties.version,
    second.properties.version,
}

# Properties alone change; the value stays.
changed = client.update_secret_properties(
    "greeting", second.properties.version, enabled=False, content_type="x", tags={"b": "2"}
)
assert (changed.enabled, changed.content_type, changed.tags) == (False, "x", {"b": "2"})
with refused(403, "Forbidden", "SecretDisabled"):
    client.get_secret("greeting")
client.update_secret_properties("greeting", second.properties.version, enabled=True)
assert client.get_secret("greeting").value == "hello"

# Lists in pages.
wanted = [f"page-{number:02}" for number in range(27)]
for name in wanted:
    client.set_secret(name, name)
pages = [names(page) for page in client.list_properties_of_secrets().by_page()]
assert len(pages) > 1 and all(len(page) <= 25 for page in pages), pages
assert [name for page in pages for name in page if name.startswith("page-")] == wanted
small = [names(page) for page in client.list_properties_of_secrets(max_page_size=4).by_page()]
assert max(map(len, small)) == 4 and sum(small, []) == sum(pages, [])

# Delete, recover.
deleted = client.begin_delete_secret("greeting", **QUICK).result()
assert deleted.recovery_id == f"{VAULT_URL}/deletedsecrets/greeting"
assert deleted.scheduled_purge_date - deleted.deleted_date >= datetime.timedelta(days=7)
with refused(404, "SecretNotFound", kind=ResourceNotFoundError):
    client.get_secret("greeting")
poller = client.begin_delete_secret("page-26", **QUICK)
poller.wait()
assert client.get_deleted_secret("greeting").name == "greeting"
assert set(names(client.list_deleted_secrets())) == {"greeting", "page-26"}
with refused(409, "Conflict", "ObjectIsDeletedButRecoverable", ResourceExistsError):
    client.set_secret("greeting", "again")
recovered = client.begin_recover_deleted_secret("greeting", **QUICK).result()
assert recovered.version == second.properties.version
assert client.get_secret("greeting", first.properties.version).value == "grüß dich"

# Backup, purge, restore.
backup = client.backup_secret("greeting")
with refused(409, "Conflict", kind=ResourceExistsError):
    client.restore_secret_backup(backup)
client.begin_delete_secret("greeting", **QUICK).wait()
client.purge_deleted_secret("greeting")
with refused(404, "SecretNotFound", kind=ResourceNotFoundError):
    client.get_deleted_secret("greeting")
restored = client.restore_secret_backup(backup)
assert restored.version == second.properties.version
assert client.get_secret("greeting", first.properties.version).value == "grüß dich"

# Refusals.
with refused(404, "SecretNotFound", kind=ResourceNotFoundError):
    client.begin_delete_secret("nothing")
with refused(400, "BadParameter"):
    client.set_secret("too-long", "x" * 25601)
with refused(400, "BadParameter"):
    client.set_secret("not_a_name", "x")
