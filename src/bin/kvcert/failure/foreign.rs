//! What helps with a file that holds no certificate or key for kvcert: the command of the program
//! that reads it.

use kvcert_pki::content_error::Foreign;

/// The next thing to do with a file of this kind.
pub(super) fn helps(seen: Foreign) -> &'static str {
    match seen {
        Foreign::Empty => "look at what wrote it: it failed, or wrote somewhere else",
        Foreign::SigningRequest | Foreign::Spkac => {
            "give the certificate that the CA issued for this request"
        }
        Foreign::PublicKey | Foreign::RevocationList | Foreign::Parameters(_) => {
            "give the file with the certificate itself"
        }
        Foreign::OcspRequest
        | Foreign::OcspResponse
        | Foreign::Timestamp
        | Foreign::AttributeCertificate => "give the file with the certificate itself",
        Foreign::BundleWithoutCertificates | Foreign::Cms => {
            "ask the sender for the certificates, as PEM or PKCS#7 (.p7b)"
        }
        Foreign::EncryptedCms => {
            "decrypt it first: `openssl cms -decrypt -inform DER -in FILE -inkey KEY.pem -out OUT`, with `-inform PEM` for a PEM file"
        }
        Foreign::BrokenPem => {
            "copy the text again, with five dashes before and after the words of each BEGIN and END line"
        }
        Foreign::Zip => "unpack it first, for example with `unzip FILE`",
        Foreign::Archive(_) => "unpack it first, then give the file inside",
        Foreign::Jks => {
            "convert it first: `keytool -importkeystore -srckeystore FILE -destkeystore out.p12 -deststoretype PKCS12`"
        }
        Foreign::Jceks => {
            "convert it first: `keytool -importkeystore -srckeystore FILE -srcstoretype JCEKS -destkeystore out.p12 -deststoretype PKCS12`"
        }
        Foreign::Bks => {
            "convert it first: `keytool -importkeystore -srckeystore FILE -srcstoretype BKS -providerpath bcprov.jar -providerclass org.bouncycastle.jce.provider.BouncyCastleProvider -destkeystore out.p12 -deststoretype PKCS12`"
        }
        Foreign::Bcfks => {
            "convert it first: `keytool -importkeystore -srckeystore FILE -srcstoretype BCFKS -providerpath bc-fips.jar -providerclass org.bouncycastle.jcajce.provider.BouncyCastleFipsProvider -destkeystore out.p12 -deststoretype PKCS12`"
        }
        Foreign::OracleWallet => {
            "give the `ewallet.p12` of the same wallet, which is PKCS#12, with the wallet's password"
        }
        Foreign::WindowsStore => {
            "open it on Windows (double-click it) and export the certificate: as PFX if it has a key, else as base64 (.cer)"
        }
        Foreign::MsBlob => "convert it first: `openssl rsa -inform MSBLOB -in FILE -out key.pem`",
        Foreign::Pvk => "convert it first: `openssl rsa -inform PVK -in FILE -out key.pem`",
        Foreign::NssDatabase => {
            "export from an NSS database first: `pk12util -d FOLDER -n NICKNAME -o out.p12`"
        }
        Foreign::OpenSshKey => {
            "an RSA or ECDSA key: convert a copy, which this changes in place: `ssh-keygen -p -m PKCS8 -f COPY`; an Ed25519 key stays as it is, and no certificate in Key Vault has one"
        }
        Foreign::PuttyKey => {
            "convert it first: `puttygen FILE -O private-openssh -o KEY`, then `ssh-keygen -p -m PKCS8 -f KEY`"
        }
        Foreign::SshPublicKey | Foreign::OpenPgp => {
            "SSH and OpenPGP keys are not certificates (X.509); give the certificate"
        }
        Foreign::Encrypted(_) => "decrypt it first with the program that encrypted it",
        Foreign::Html => {
            "the download got a web page, such as a sign-in page, instead of the file: download it again, signed in"
        }
        Foreign::JsonError => "read the message in it: the command that wrote it failed",
        Foreign::Jwk => {
            "a JWK needs its certificates (`x5c`) and the whole private key (RSA: n, e, d, p, q, dp, dq, qi; EC: d, x, y)"
        }
        Foreign::NestedBase64 => "decode it first: `base64 -d FILE`",
        Foreign::BrokenBase64 => "copy all of it again",
        Foreign::SavedAsText => {
            "download it again as base64 or in binary mode: text mode, editors and `>` in PowerShell change the bytes"
        }
        _ => READS,
    }
}

const READS: &str = "kvcert reads PKCS#12 (PFX), PKCS#7 (.p7b), PEM, DER certificates and keys, and these inside base64, hexadecimal, JSON or YAML";
