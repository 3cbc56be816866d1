//! openssl says the same about the fixtures that it reads.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::golden::inspect;

/// `openssl pkcs12 -info` writes to standard error how each part is encrypted, in order.
#[track_caller]
fn check(fixture: &str, password: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(fixture);
    let output = Command::new("openssl")
        .args(["pkcs12", "-info", "-noout", "-legacy", "-passin"])
        .arg(format!("pass:{password}"))
        .arg("-in")
        .arg(&path)
        .output()
        .unwrap();
    let info = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{fixture}: {info}");
    let said: Vec<String> = info.lines().filter_map(normal).collect();
    let report = inspect(fixture, password, &["--json"]);
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(said, ours(&report["structure"]), "{fixture}: {info}");
}

/// A line of openssl's as `ours` has it.
fn normal(line: &str) -> Option<String> {
    if let Some(mac) = line.strip_prefix("MAC: ") {
        let (hash, iterations) = mac.split_once(", Iteration ")?;
        return Some(format!("MAC {} x{iterations}", hash.to_lowercase()));
    }
    let encryption = |rest: &str| {
        let iterations = rest.rsplit_once("Iteration ")?.1;
        let iterations = iterations.split(',').next()?;
        let cipher = if rest.contains("RC2") && rest.contains("40") {
            "RC2-40-CBC"
        } else if rest.contains("RC2") {
            "RC2-128-CBC"
        } else if rest.contains("TripleDES") || rest.contains("DES-EDE3") {
            "3DES-CBC"
        } else {
            rest.split(", ").nth(2)?
        };
        Some(format!("{cipher} x{iterations}"))
    };
    if let Some(rest) = line.strip_prefix("PKCS7 Encrypted data: ") {
        return Some(format!("encrypted {}", encryption(rest)?));
    }
    if let Some(rest) = line.strip_prefix("Shrouded Keybag: ") {
        return Some(format!("shrouded {}", encryption(rest)?));
    }
    match line {
        "PKCS7 Data" => Some("data".to_owned()),
        "Certificate bag" => Some("certificate".to_owned()),
        "Key bag" => Some("key".to_owned()),
        _ => None,
    }
}

fn ours(structure: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    let mac = &structure["mac"];
    if let Some(algorithm) = mac["algorithm"].as_str() {
        let hash = algorithm.trim_start_matches("HMAC-").replace("SHA-", "sha");
        lines.push(format!(
            "MAC {} x{}",
            hash.to_lowercase(),
            mac["iterations"]
        ));
    }
    let encryption = |it: &Value| {
        let it = &it["encryption"];
        format!("{} x{}", it["cipher"].as_str().unwrap(), it["iterations"])
    };
    for content in structure["contents"].as_array().unwrap() {
        lines.push(match content["kind"].as_str().unwrap() {
            "data" => "data".to_owned(),
            _ => format!("encrypted {}", encryption(content)),
        });
        for bag in content["holds"]["bags"].as_array().unwrap() {
            lines.push(match bag["kind"].as_str().unwrap() {
                "certBag" => "certificate".to_owned(),
                "keyBag" => "key".to_owned(),
                "pkcs8ShroudedKeyBag" => format!("shrouded {}", encryption(bag)),
                other => panic!("{other}"),
            });
        }
    }
    lines
}

#[test]
fn how_each_part_is_encrypted() {
    for fixture in ["keyvault-2016", "keyvault-2020", "keyvault-chain"] {
        check(&format!("pkcs12/{fixture}.pfx"), "");
    }
    for fixture in [
        "openssl-3",
        "openssl-legacy",
        "openssl-1.1",
        "openssl-pbe-sha1-3des",
        "openssl-pbe-sha1-rc2-128",
        "openssl-pbes2-aes-128-cbc",
        "openssl-pbes2-aes-192-cbc",
        "openssl-mac-sha512",
        "openssl-keypbe-none",
        "openssl-certpbe-none",
        "openssl-nothing-encrypted",
    ] {
        check(&format!("pkcs12/{fixture}.pfx"), "secret");
    }
}

/// The MAC's salt, and the iterations, as `openssl asn1parse` finds them at the end of the file.
#[test]
fn the_mac_is_where_asn1parse_finds_it() {
    for (fixture, password) in [("keyvault-2020", ""), ("openssl-3", "secret")] {
        let fixture = format!("pkcs12/{fixture}.pfx");
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fixtures")
            .join(&fixture);
        let parsed = crate::support::openssl(&[
            "asn1parse",
            "-inform",
            "DER",
            "-in",
            path.to_str().unwrap(),
        ]);
        let lines: Vec<&str> = parsed.lines().collect();
        let [.., salt, iterations] = lines.as_slice() else {
            panic!("{parsed}")
        };
        let length = salt.split(" l=").nth(1).unwrap().trim_start();
        let length: u64 = length.split(' ').next().unwrap().parse().unwrap();
        let iterations = iterations.rsplit(':').next().unwrap();
        let iterations = u64::from_str_radix(iterations, 16).unwrap();
        let report = inspect(&fixture, password, &["--json"]);
        let report: Value = serde_json::from_str(&report).unwrap();
        let mac = &report["structure"]["mac"];
        assert_eq!(mac["saltBytes"], length, "{fixture}");
        assert_eq!(mac["iterations"], iterations, "{fixture}");
    }
}
