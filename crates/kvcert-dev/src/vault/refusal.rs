//! Refusals, in the service's own words where they are known.

use axum::http::StatusCode;

use crate::http::reply::Reply;
use crate::store::model::Collection;

/// 404: no such object, or no such version of it.
pub(crate) fn not_found(collection: Collection, name: &str) -> Reply {
    let kind = collection.singular();
    let message = format!(
        "A {kind} with (name/id) {name} was not found in this key vault. If you recently deleted \
         this {kind} you may be able to recover it using the correct recovery command. For help \
         resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182"
    );
    missing(&format!("{}NotFound", collection.capital()), &message)
}

/// 404: nothing deleted of that name.
pub(crate) fn deleted_not_found(collection: Collection, name: &str) -> Reply {
    let kind = collection.capital();
    missing(
        &format!("{kind}NotFound"),
        &format!("Deleted {kind} not found: {name}"),
    )
}

/// 404 with a code of its own.
pub(crate) fn missing(code: &str, message: &str) -> Reply {
    Reply::error(StatusCode::NOT_FOUND, code, message)
}

/// 409: the name is that of a deleted object.
pub(crate) fn deleted_but_recoverable(collection: Collection, name: &str) -> Reply {
    let (capital, kind) = (collection.capital(), collection.singular());
    let message = format!(
        "{capital} {name} is currently in a deleted but recoverable state, and its name cannot be \
         reused; in this state, the {kind} can only be recovered or purged."
    );
    conflict("ObjectIsDeletedButRecoverable", &message)
}

/// 409: the name is that of an object whose deletion is under way.
pub(crate) fn being_deleted(collection: Collection, name: &str) -> Reply {
    let message = format!(
        "{} {name} is currently being deleted and cannot be re-created; retry later.",
        collection.capital()
    );
    conflict("ObjectIsBeingDeleted", &message)
}

/// 409: what is being deleted cannot be recovered yet.
pub(crate) fn still_being_deleted(collection: Collection, name: &str) -> Reply {
    let message = format!(
        "{} {name} is currently being deleted.",
        collection.capital()
    );
    conflict("ObjectIsBeingDeleted", &message)
}

/// 409: what is being deleted cannot be purged yet.
pub(crate) fn not_purged_yet(collection: Collection) -> Reply {
    let message = format!("{} is currently being deleted.", collection.capital());
    conflict("ObjectIsBeingDeleted", &message)
}

/// 409, with the code that says why.
pub(crate) fn conflict(why: &str, message: &str) -> Reply {
    Reply::refusal(StatusCode::CONFLICT, "Conflict", message, Some(why))
}

/// 409: a name that a certificate would need is taken.
pub(crate) fn taken(collection: Collection, name: &str) -> Reply {
    let message = format!(
        "A {} with the name {name} exists already, and is not associated with a certificate.",
        collection.singular()
    );
    Reply::error(StatusCode::CONFLICT, "Conflict", &message)
}

/// 400: only what is deleted can be purged.
pub(crate) fn purge_needs_deletion(collection: Collection) -> Reply {
    let message = format!(
        "{} must be deleted prior to being purged.",
        collection.capital()
    );
    not_allowed("ObjectMustBeDeletedPriorToBeingPurged", &message)
}

/// 400: only what is deleted can be recovered.
pub(crate) fn exists_already(collection: Collection, name: &str) -> Reply {
    let message = format!("{} exists already: {name}", collection.capital());
    not_allowed("RequestNotAllowedOnNonDeletedObject", &message)
}

fn not_allowed(why: &str, message: &str) -> Reply {
    Reply::refusal(
        StatusCode::BAD_REQUEST,
        "MethodNotAllowed",
        message,
        Some(why),
    )
}

/// 404: no certificate on its way.
pub(crate) fn pending_not_found(name: &str) -> Reply {
    let message = format!("Pending certificate not found: {name}");
    missing("PendingCertificateNotFound", &message)
}

/// 409 with the code of a 403: one certificate of a name at a time.
pub(crate) fn pending_already(name: &str) -> Reply {
    let message = format!(
        "A new version of the certificate {name} cannot be created: another operation on it is \
         pending."
    );
    Reply::error(StatusCode::CONFLICT, "Forbidden", &message)
}

/// 403: the operation is over.
pub(crate) fn not_pending(name: &str) -> Reply {
    let message = format!("The operation on the certificate {name} is not in progress any more.");
    Reply::error(StatusCode::FORBIDDEN, "Forbidden", &message)
}

/// 403: what an issuer issues is not merged.
pub(crate) fn not_to_be_merged(issuer: &str) -> Reply {
    let message = format!("A certificate of the issuer {issuer} cannot be merged.");
    Reply::error(StatusCode::FORBIDDEN, "Forbidden", &message)
}

/// 400: a certificate for another key.
pub(crate) fn other_key() -> Reply {
    Reply::bad(
        "Property x5c has invalid value. The public key of the end-entity certificate in the \
         specified X.509 certificate content does not match the public part of the specified \
         private key.\r\n",
    )
}

/// 403: a key or secret that a certificate brought along goes with the certificate only.
pub(crate) fn managed(collection: Collection, verb: &str) -> Reply {
    match collection {
        Collection::Secrets => Reply::forbidden(
            "SecretManagedByKeyVault",
            &format!(
                "Operation \"{verb}\" is not allowed on this secret, since it is associated with a \
                 certificate. Perform the operation on the corresponding certificate. For more \
                 information refer to https://docs.microsoft.com/en-us/azure/key-vault/certificates/\
                 about-certificates#composition-of-a-certificate"
            ),
        ),
        Collection::Keys | Collection::Certificates => Reply::forbidden(
            "KeyManagedByKeyVault",
            &format!(
                "Operation \"{verb}\" is not allowed as this object's lifetime is managed by Key \
                 Vault."
            ),
        ),
    }
}

/// 403: the version is disabled.
pub(crate) fn disabled(collection: Collection, verb: &str) -> Reply {
    let message = format!(
        "Operation {verb} is not allowed on a disabled {}.",
        collection.singular()
    );
    Reply::forbidden(&format!("{}Disabled", collection.capital()), &message)
}

/// 403: the vault keeps what is deleted to the end.
pub(crate) fn purge_protected() -> Reply {
    Reply::error(
        StatusCode::FORBIDDEN,
        "Forbidden",
        "Operation \"purge\" is not allowed because purge protection is enabled for this vault.",
    )
}

/// 403: a key leaves the vault for an attested environment only.
pub(crate) fn not_attested() -> Reply {
    Reply::forbidden(
        "AccessDenied",
        "Target environment attestation statement cannot be verified.",
    )
}

/// 400: a release policy that its maker fixed for good.
pub(crate) fn immutable_policy() -> Reply {
    Reply::bad("AKV.SKR.1010: Immutable Key Release Policy cannot be modified.")
}

/// 400: a property that cannot be so.
pub(crate) fn invalid(property: &str, why: &str) -> Reply {
    let message = match why {
        "" => format!("Property {property} has invalid value\r\n"),
        why => format!("Property {property} has invalid value. {why}\r\n"),
    };
    Reply::bad(&message)
}

/// 400: no backup, or not one of ours.
pub(crate) fn malformed_backup() -> Reply {
    let message = "Backup blob contains invalid or corrupt version.";
    Reply::error(StatusCode::BAD_REQUEST, "Malformed backup blob", message)
}

/// 409: what a backup holds is there, deleted or not.
pub(crate) fn not_restored(collection: Collection, id: &str) -> Reply {
    let kind = collection.singular();
    let message = format!(
        "There was a conflict restoring the {kind} '{id}'. This can happen if either: a second \
         {kind} with the same name was created after the first {kind} was deleted; thus trying to \
         restore a {kind} whose name is already in use. To fix this, rename the second {kind} to \
         something else so that the restore works. The second probable cause of this exception is \
         when multiple operations are performed in parallel against the {kind}. To avoid this \
         error, perform operations against a {kind} in a sequential manner."
    );
    Reply::error(StatusCode::CONFLICT, "Conflict", &message)
}
