//! [`Source`]: what is converted as one: a file, or the files of one certificate.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use kvcert_pki::certificate::Certificate;
use kvcert_pki::chain::Chain;
use kvcert_pki::format::{self, Contents, Limits, Password};
use zeroize::Zeroizing;

use super::ConvertError;
use crate::export::{Clash, ExportOptions};
use crate::input::{self, AskPassword, InputError, ReadOptions};

/// A file, or the files that hold a certificate, its chain and its key apart.
pub(super) struct Source<'a> {
    /// Those with certificates first.
    files: Vec<&'a Path>,
}

impl<'a> Source<'a> {
    /// What `files` are: one file each, but for a key whose certificate is in another one. Of one
    /// name are only files that belong together; so are all, where `options` have one name or one
    /// stream for them.
    pub(super) fn all(
        files: &'a [PathBuf],
        options: &ExportOptions,
    ) -> Result<Vec<Self>, ConvertError> {
        let paths: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
        if (2..=MOST_PARTS).contains(&paths.len())
            && let Some(files) = together(&paths)
        {
            return Ok(vec![Self { files }]);
        }
        let sources = by_name(paths, options)?;
        if sources.len() > 1 && (options.name.is_some() || options.is_stream()) {
            return Err(ConvertError::OneFileOnly);
        }
        let named = sources
            .iter()
            .filter_map(|it| Some((*it.files.first()?, it.name())));
        match options.clash(named) {
            Some(clash) => Err(same_name(clash)),
            None => Ok(sources),
        }
    }

    /// The name of its first file, without the ending.
    pub(super) fn name(&self) -> String {
        self.files.first().map_or_else(String::new, |it| name(it))
    }

    /// The files as they were given, for people.
    pub(super) fn shown(&self) -> String {
        let files: Vec<String> = self
            .files
            .iter()
            .map(|it| it.display().to_string())
            .collect();
        files.join(" and ")
    }

    /// All that is in the files, and their bytes, one after another.
    pub(super) fn read(
        &self,
        read: &ReadOptions,
        needs_key: bool,
        ask: Option<AskPassword<'_>>,
    ) -> Result<(Contents, Zeroizing<Vec<u8>>), InputError> {
        let mut all: Option<(Contents, Zeroizing<Vec<u8>>)> = None;
        for file in &self.files {
            let bytes = input::read(file, read.limits.max_bytes)?;
            let contents = read.contents_or_ask(&bytes, file, needs_key, ask)?;
            match &mut all {
                None => all = Some((contents, bytes)),
                Some((before, text)) => {
                    before.absorb(contents);
                    let both = [text.as_slice(), b"\n", &bytes].concat();
                    *text = Zeroizing::new(both);
                }
            }
        }
        // There is always a first file.
        all.ok_or_else(|| InputError::Empty {
            path: PathBuf::new(),
        })
    }
}

/// Files of one name are for the same output, and must be of one certificate.
fn by_name<'a>(
    files: Vec<&'a Path>,
    options: &ExportOptions,
) -> Result<Vec<Source<'a>>, ConvertError> {
    let mut sources: Vec<Source<'_>> = Vec::new();
    let mut places = HashMap::new();
    for file in files {
        let place = *places
            .entry(name(file).to_lowercase())
            .or_insert(sources.len());
        match sources.get_mut(place) {
            Some(source) => source.files.push(file),
            None => sources.push(Source { files: vec![file] }),
        }
    }
    for source in &mut sources {
        if source.files.len() < 2 {
            continue;
        }
        if let Some(files) = together(&source.files) {
            source.files = files;
        } else if let Some(clash) = options.clash(source.files.iter().map(|it| (*it, name(it)))) {
            return Err(same_name(clash));
        }
    }
    Ok(sources)
}

fn same_name(clash: Clash<&Path>) -> ConvertError {
    ConvertError::SameName {
        first: clash.first.to_owned(),
        second: clash.second.to_owned(),
        path: clash.path,
    }
}

/// `files` in the order in which they are read, if one of them holds a key alone and all others
/// certificates alone: a certificate of the key's name first, the key last. Without a key they belong
/// together if all but one hold the issuers of the leaf in that one.
fn together<'a>(files: &[&'a Path]) -> Option<Vec<&'a Path>> {
    let (mut keys, mut certificates) = (Vec::new(), Vec::new());
    for file in files {
        let outline = outline(file)?;
        match (outline.has_key, outline.has_certificate) {
            (true, false) => keys.push(*file),
            (false, true) => certificates.push(*file),
            _ => return None,
        }
    }
    if keys.is_empty() {
        return with_issuers(certificates);
    }
    let [key] = keys.as_slice() else { return None };
    certificates.sort_by_key(|file| name(file) != name(key));
    (!certificates.is_empty()).then(|| [certificates, keys].concat())
}

/// `files`, the one with the leaf first, if all others hold nothing but issuers of that leaf.
fn with_issuers(mut files: Vec<&Path>) -> Option<Vec<&Path>> {
    let mut all = Vec::new();
    for file in &files {
        let bytes = input::read(file, MOST_BYTES).ok()?;
        let contents = format::read(&bytes, &Password::none(), &Limits::default()).ok()?;
        all.push(contents.certificates);
    }
    let has_leaf = |certificates: &[Certificate]| certificates.iter().any(|it| !it.is_ca());
    let mut leaves = (0..files.len()).filter(|at| has_leaf(&all[*at]));
    let (Some(leaf), None) = (leaves.next(), leaves.next()) else {
        return None;
    };
    let chain = Chain::without_key(all.iter().flatten().cloned().collect()).ok()?;
    let is_linked = |certificates: &Vec<Certificate>| {
        let mut links = chain.certificates().iter();
        links.any(|link| certificates.iter().any(|it| it.der() == link.der()))
    };
    files[..=leaf].rotate_right(1);
    all.iter().all(is_linked).then_some(files)
}

/// What is in a file, without a password; nothing of standard input, which can be read only once.
fn outline(file: &Path) -> Option<format::Outline> {
    if file == Path::new("-") {
        return None;
    }
    let bytes = input::read(file, MOST_BYTES).ok()?;
    format::outline(&bytes[..bytes.len().min(MOST_BYTES)])
}

/// The file's name without its ending.
fn name(file: &Path) -> String {
    if file == Path::new("-") {
        return String::from("certificate");
    }
    file.file_stem()
        .map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
}

/// Certificate, key, chain and root, and some more; of many files each is for itself.
const MOST_PARTS: usize = 8;
/// More than a key or the chain of a certificate takes.
const MOST_BYTES: usize = 256 * 1024;
