//! [`IssuerGraph`]: who issued whom among some certificates.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::Finding;
use super::signature::{Verdict, verify};
use crate::certificate::Certificate;
use crate::content_error::ContentError;
use crate::validity::{self, Preference};

/// Who issued whom. Each signature is checked once at most, and not without end: certificates of
/// one name can ask for a check of every pair.
pub(super) struct IssuerGraph<'a> {
    certificates: &'a [Certificate],
    /// For each certificate those whose name it gives as its issuer's, in order.
    named: Vec<Vec<usize>>,
    verdicts: HashMap<(usize, usize), Verdict>,
    /// How many bytes of certificates were read for that.
    bytes: usize,
    /// The time at which certificates are to be valid, Unix seconds.
    now: i64,
}

impl<'a> IssuerGraph<'a> {
    /// # Errors
    /// [`ContentError::OverLimit`]; so for all that follows.
    pub(super) fn new(certificates: &'a [Certificate]) -> Result<Self, ContentError> {
        ContentError::check_limit("certificates", certificates.len(), MAX_CERTIFICATES)?;
        let mut by_subject: HashMap<&[u8], Vec<usize>> = HashMap::new();
        for (at, certificate) in certificates.iter().enumerate() {
            let same = by_subject.entry(certificate.subject_der()).or_default();
            same.push(at);
        }
        let named_by = |certificate: &Certificate| {
            let named = by_subject.get(certificate.issuer_der());
            named.cloned().unwrap_or_default()
        };
        Ok(Self {
            certificates,
            named: certificates.iter().map(named_by).collect(),
            verdicts: HashMap::new(),
            bytes: 0,
            now: validity::now(),
        })
    }

    /// Those that issued none of the others.
    pub(super) fn issued_none(&mut self) -> Result<Vec<usize>, ContentError> {
        let mut issued = vec![false; self.certificates.len()];
        for certificate in 0..self.certificates.len() {
            for issuer in self.named[certificate].clone() {
                if issuer != certificate && !issued[issuer] {
                    issued[issuer] = self.is_issuer(issuer, certificate)?;
                }
            }
        }
        Ok((0..issued.len()).filter(|at| !issued[*at]).collect())
    }

    pub(super) fn is_self_signed(&mut self, index: usize) -> Result<bool, ContentError> {
        self.is_issuer(index, index)
    }

    /// The way from `leaf` upwards, until a root is reached or the next one is missing.
    pub(super) fn climb(
        &mut self,
        leaf: usize,
        findings: &mut Vec<Finding>,
    ) -> Result<Vec<usize>, ContentError> {
        let certificates = self.certificates;
        let mut path = vec![leaf];
        let mut taken = vec![false; certificates.len()];
        taken[leaf] = true;
        let mut top = leaf;
        while !self.is_self_signed(top)? {
            let issuers = self.issuers(top, &taken)?;
            let Some(best) = self.best_issuer(top, &issuers, &taken)? else {
                findings.push(Finding::incomplete(&certificates[top]));
                break;
            };
            if issuers.len() > 1 {
                findings.push(Finding::cross_signed(&certificates[best], issuers.len()));
            }
            if self.verdict(best, top)? == Verdict::Unknown {
                findings.push(Finding::unverified(&certificates[top]));
            }
            path.push(best);
            ContentError::check_limit("certificates in one chain", path.len(), MAX_PATH)?;
            taken[best] = true;
            top = best;
        }
        Ok(path)
    }

    /// Of several certificates for one issuer (cross-signed, or renewed with the same key): one
    /// whose signature was checked, then one that is valid now, then one from which a root can be
    /// reached through certificates that are valid now, then through any, then the
    /// [preferred](Preference) one, then a fixed order.
    fn best_issuer(
        &mut self,
        certificate: usize,
        issuers: &[usize],
        taken: &[bool],
    ) -> Result<Option<usize>, ContentError> {
        if issuers.len() < 2 {
            return Ok(issuers.first().copied());
        }
        let mut ranked = Vec::with_capacity(issuers.len());
        for &issuer in issuers {
            let preference = self.preference(issuer);
            let rank = (
                self.verdict(issuer, certificate)? == Verdict::Valid,
                preference.is_valid(),
                self.leads_to_root(issuer, taken, true)?,
                self.leads_to_root(issuer, taken, false)?,
                preference,
                self.certificates[issuer].sha256(),
            );
            ranked.push((Reverse(rank), issuer));
        }
        ranked.sort();
        Ok(ranked.first().map(|(_, issuer)| *issuer))
    }

    fn preference(&self, index: usize) -> Preference {
        Preference::of(&self.certificates[index], self.now)
    }

    /// Whether any way leads from `start` to a root without what is `taken` already, and perhaps
    /// only through certificates that are valid now.
    fn leads_to_root(
        &mut self,
        start: usize,
        taken: &[bool],
        only_valid: bool,
    ) -> Result<bool, ContentError> {
        let mut seen = taken.to_vec();
        let mut open = vec![start];
        while let Some(top) = open.pop() {
            if only_valid && !self.preference(top).is_valid() {
                continue;
            }
            if self.is_self_signed(top)? {
                return Ok(true);
            }
            seen[top] = true;
            open.extend(self.issuers(top, &seen)?);
        }
        Ok(false)
    }

    fn issuers(
        &mut self,
        certificate: usize,
        without: &[bool],
    ) -> Result<Vec<usize>, ContentError> {
        let mut found = Vec::new();
        for issuer in self.named[certificate].clone() {
            if !without[issuer] && self.is_issuer(issuer, certificate)? {
                found.push(issuer);
            }
        }
        Ok(found)
    }

    /// Whether `issuer` issued `certificate`: by name and signature. Where kvcert cannot check the
    /// signature's algorithm, name and key identifiers decide.
    fn is_issuer(&mut self, issuer: usize, certificate: usize) -> Result<bool, ContentError> {
        let (above, below) = (&self.certificates[issuer], &self.certificates[certificate]);
        if !below.names_as_issuer(above) {
            return Ok(false);
        }
        Ok(match self.verdict(issuer, certificate)? {
            Verdict::Valid => true,
            Verdict::Invalid => false,
            Verdict::Unknown => below.points_at_key_of(above),
        })
    }

    fn verdict(&mut self, issuer: usize, certificate: usize) -> Result<Verdict, ContentError> {
        if let Some(known) = self.verdicts.get(&(issuer, certificate)) {
            return Ok(*known);
        }
        let checked = self.verdicts.len() + 1;
        ContentError::check_limit("signatures to check", checked, MAX_SIGNATURES)?;
        let both = [issuer, certificate].map(|at| self.certificates[at].der().len());
        self.bytes += both[0] + both[1];
        ContentError::check_limit("bytes of signed certificates", self.bytes, MAX_BYTES)?;
        let verdict = verify(&self.certificates[certificate], &self.certificates[issuer]);
        self.verdicts.insert((issuer, certificate), verdict);
        Ok(verdict)
    }
}

/// Several times the roots that a system trusts.
pub(crate) const MAX_CERTIFICATES: usize = 1000;
/// A second's work, at most, with the slowest of the usual keys.
const MAX_SIGNATURES: usize = 2000;
/// Several times as much as [`MAX_SIGNATURES`] usual certificates have.
const MAX_BYTES: usize = 32 << 20;
/// Chains have three or four.
const MAX_PATH: usize = 100;
