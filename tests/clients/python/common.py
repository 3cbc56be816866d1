"""What the scripts share: the vault, the sign-in, and what an error has to look like."""

import contextlib
import os

from azure.core.exceptions import HttpResponseError
from azure.identity import ClientSecretCredential

VAULT_URL = os.environ["VAULT_URL"]
# Seconds between two looks at an operation that goes on in the vault.
QUICK = {"_polling_interval": 0.1}


def credential():
    return ClientSecretCredential(
        os.environ["AZURE_TENANT_ID"],
        os.environ["AZURE_CLIENT_ID"],
        os.environ["AZURE_CLIENT_SECRET"],
        authority=os.environ["AZURE_AUTHORITY_HOST"],
        disable_instance_discovery=True,
    )


@contextlib.contextmanager
def refused(status, code, inner=None, kind=HttpResponseError):
    """What happens inside must be refused so, and as the exception that the client makes of it."""
    try:
        yield
    except kind as error:
        assert error.status_code == status, error
        assert error.error.code == code, error.error
        details = error.error.innererror or {}
        assert details.get("code") == inner, (details, error)
    else:
        raise AssertionError(f"not refused with {status} {code}")


def names(items):
    return [item.name for item in items]
