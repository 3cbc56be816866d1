//! A Kubernetes Secret of type `kubernetes.io/tls`, as YAML.
//! See "TLS Secrets" in the Kubernetes documentation.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// The manifest, from a certificate file and a key file in PEM. Every value is base64 or a checked
/// name, so that nothing in it needs quoting.
pub fn encode(name: &str, certificates_pem: &str, key_pem: &str) -> Zeroizing<String> {
    let size = (certificates_pem.len() + key_pem.len()) * 4 / 3 + 512;
    let mut yaml = Zeroizing::new(String::with_capacity(size));
    yaml.push_str("apiVersion: v1\nkind: Secret\nmetadata:\n  name: ");
    yaml.push_str(&object_name(name));
    yaml.push_str("\ntype: kubernetes.io/tls\ndata:\n  tls.crt: ");
    STANDARD.encode_string(certificates_pem, &mut yaml);
    yaml.push_str("\n  tls.key: ");
    STANDARD.encode_string(key_pem, &mut yaml);
    yaml.push('\n');
    yaml
}

/// A DNS subdomain name (RFC 1123), as Kubernetes wants it: lower-case letters, digits, `-` and
/// `.`, each part between dots beginning and ending with a letter or digit, in quotes where YAML
/// would take it for a number or a word of its own.
fn object_name(name: &str) -> String {
    let mapped: String = name
        .to_lowercase()
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '.' {
                c
            } else {
                '-'
            }
        })
        .take(253)
        .collect();
    let parts: Vec<&str> = mapped
        .split('.')
        .map(|part| part.trim_matches('-'))
        .filter(|part| !part.is_empty())
        .collect();
    if parts.is_empty() {
        return String::from("\"certificate\"");
    }
    format!("\"{}\"", parts.join("."))
}

#[cfg(test)]
mod tests {
    use super::object_name;

    #[test]
    fn names_that_kubernetes_takes() {
        assert_eq!(object_name("Web-TLS"), "\"web-tls\"");
        assert_eq!(object_name("_a b_"), "\"a-b\"");
        assert_eq!(object_name("123"), "\"123\"");
        assert_eq!(object_name("web_.._prod."), "\"web.prod\"");
        assert_eq!(object_name("é"), "\"certificate\"");
    }
}
