//! The paths of a certificate's files, before anything is known of what is in them.

use std::collections::HashMap;

use super::{ExportOptions, Part};

/// Two certificates with a file of one path.
pub(crate) struct Clash<K> {
    pub(crate) first: K,
    pub(crate) second: K,
    /// The file, in the output folder.
    pub(crate) path: String,
}

impl ExportOptions {
    /// The files of the certificate that is called `name`: the path of each in its folder, and what is
    /// in it. What is stored gets its ending when it is known.
    pub(crate) fn paths(&self, name: &str) -> impl Iterator<Item = (String, Part)> {
        let files = self.format.row().files.iter();
        let files = files.filter(|(_, part)| !self.without_key || !part.is_key_alone());
        files.map(move |(ending, part)| (format!("{name}{ending}"), *part))
    }

    /// The first two of `named`, all in one folder, that have a file of one path. Some systems do not
    /// tell upper case from lower case.
    pub(crate) fn clash<K: Clone, N: AsRef<str>>(
        &self,
        named: impl IntoIterator<Item = (K, N)>,
    ) -> Option<Clash<K>> {
        let mut taken: HashMap<String, K> = HashMap::new();
        for (second, name) in named {
            for (path, _) in self.paths(name.as_ref()) {
                if let Some(first) = taken.insert(path.to_lowercase(), second.clone()) {
                    return Some(Clash {
                        first,
                        second,
                        path,
                    });
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::Format;

    #[track_caller]
    fn clash(format: Format, without_key: bool, names: &[&str]) -> Option<String> {
        let options = ExportOptions {
            format,
            without_key,
            ..ExportOptions::default()
        };
        let clash = options.clash(names.iter().map(|name| (*name, *name)));
        clash.map(|it| format!("{} {} {}", it.first, it.second, it.path))
    }

    #[test]
    fn only_files_of_one_path_clash() {
        let of_key = Some("a a.key a.key.der".to_owned());
        assert_eq!(clash(Format::Der, false, &["a", "b", "a.key"]), of_key);
        let turned = Some("a.key a a.key.der".to_owned());
        assert_eq!(clash(Format::Der, false, &["a.key", "a"]), turned);
        assert_eq!(clash(Format::Der, true, &["a", "a.key"]), None);
        for format in Format::ALL {
            let same = clash(format, false, &["web", "api", "WEB"]);
            assert!(
                same.is_some_and(|it| it.starts_with("web WEB ")),
                "{format}"
            );
            let others = ["a", "a.crt", "a.pem", "a.pfx", "a.jwk", "b"];
            assert_eq!(clash(format, false, &others), None, "{format}");
        }
    }
}
