//! BER as DER: what NSS, Java and Windows write may have lengths that are left open or longer than
//! need be, and strings in pieces ([X.690](https://www.itu.int/rec/T-REC-X.690), section 8).

use anyhow::{Context, bail, ensure};
use zeroize::Zeroizing;

/// Rewrites the first element as DER; what follows it is left out, as Windows does.
pub(crate) fn to_der(ber: &[u8]) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let mut der = Zeroizing::new(Vec::with_capacity(ber.len()));
    element(&mut &*ber, &mut der, 0)?;
    Ok(der)
}

/// A string whose tag does not say that it is one; it may come in pieces.
pub(crate) fn octets(in_pieces: bool, content: &[u8]) -> anyhow::Result<Vec<u8>> {
    if !in_pieces {
        return Ok(content.to_vec());
    }
    let (mut rest, mut octets) = (content, Vec::new());
    while !rest.is_empty() {
        pieces(&mut rest, &mut octets, 0)?;
    }
    Ok(octets)
}

fn element(rest: &mut &[u8], der: &mut Vec<u8>, depth: usize) -> anyhow::Result<()> {
    let (tag, length) = header(rest, depth)?;
    let mut content = Zeroizing::new(Vec::new());
    if tag & CONSTRUCTED == 0 {
        let length = length.context("a length that is left open")?;
        content.extend_from_slice(take(rest, length)?);
        write(tag, &content, der);
        return Ok(());
    }
    let is_string = STRINGS.contains(&(tag & !CONSTRUCTED));
    each(rest, length, |rest| {
        if is_string {
            pieces(rest, &mut content, depth + 1)
        } else {
            element(rest, &mut content, depth + 1)
        }
    })?;
    let tag = if is_string { tag & !CONSTRUCTED } else { tag };
    write(tag, &content, der);
    Ok(())
}

fn pieces(rest: &mut &[u8], found: &mut Vec<u8>, depth: usize) -> anyhow::Result<()> {
    let (tag, length) = header(rest, depth)?;
    if tag & CONSTRUCTED == 0 {
        let length = length.context("a length that is left open")?;
        found.extend_from_slice(take(rest, length)?);
        return Ok(());
    }
    each(rest, length, |rest| pieces(rest, found, depth + 1))
}

/// Goes through what is inside an element.
fn each<'a>(
    rest: &mut &'a [u8],
    length: Option<usize>,
    mut inside: impl FnMut(&mut &'a [u8]) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    if let Some(length) = length {
        let mut content = take(rest, length)?;
        while !content.is_empty() {
            inside(&mut content)?;
        }
        return Ok(());
    }
    loop {
        if let Some(after) = rest.strip_prefix(&END) {
            *rest = after;
            return Ok(());
        }
        inside(rest)?;
    }
}

/// A tag of one byte, and the length, unless that is left open.
fn header(rest: &mut &[u8], depth: usize) -> anyhow::Result<(u8, Option<usize>)> {
    ensure!(depth < DEEPEST, "nested too deep");
    let &[tag, first] = take(rest, 2)? else {
        bail!("cut short");
    };
    ensure!(tag & 0x1f != 0x1f && tag != 0, "a tag that is not known");
    let length = match first {
        0x80 => None,
        short @ 0..0x80 => Some(usize::from(short)),
        count => {
            let bytes = take(rest, usize::from(count & 0x7f))?;
            let significant = bytes.iter().skip_while(|byte| **byte == 0);
            ensure!(significant.clone().count() <= 4, "a length beyond bounds");
            Some(significant.fold(0, |length, byte| length << 8 | usize::from(*byte)))
        }
    };
    Ok((tag, length))
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> anyhow::Result<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(count).context("cut short")?;
    *rest = after;
    Ok(taken)
}

fn write(tag: u8, content: &[u8], der: &mut Vec<u8>) {
    der.push(tag);
    match content.len() {
        short @ 0..0x80 => der.push(short as u8),
        long => {
            let bytes = long.to_be_bytes();
            let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
            der.push(0x80 | (bytes.len() - zeros) as u8);
            der.extend_from_slice(&bytes[zeros..]);
        }
    }
    der.extend_from_slice(content);
}

const CONSTRUCTED: u8 = 0x20;
const END: [u8; 2] = [0, 0];
const DEEPEST: usize = 32;
/// OCTET, UTF8, Printable, Teletex, IA5, and BMP STRING.
const STRINGS: [u8; 6] = [0x04, 0x0c, 0x13, 0x14, 0x16, 0x1e];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_has_one_in_der() {
        for (ber, der) in [
            ("3003020105", "3003020105"),
            ("300302010599", "3003020105"),
            ("30800201050000", "3003020105"),
            ("3083000003020105", "3003020105"),
            ("2480040201020401030000", "0403010203"),
            ("a080248004010100000000", "a003040101"),
        ] {
            let found = to_der(&hex::decode(ber).unwrap()).unwrap();
            assert_eq!(hex::encode(&*found), der, "{ber}");
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        let deep = "3080".repeat(100);
        for bad in [
            "",
            "30",
            "3003020205",
            "3080020105",
            "1f8101",
            "0080",
            "0480",
            "30ff",
            &deep,
        ] {
            assert!(to_der(&hex::decode(bad).unwrap()).is_err(), "{bad}");
        }
    }
}
