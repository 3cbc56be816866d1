//! BER to DER: the same values, written in the one way that strict parsers take.
//!
//! NSS, BouncyCastle and Windows may write indefinite lengths, strings in pieces and lengths
//! longer than need be (X.690 section 8); RFC 7292 allows them. Bytes after the first element
//! are left out.

use zeroize::Zeroizing;

use crate::content_error::ContentError;

/// Rewrites the first element of `ber` as DER. `part` names it in errors.
///
/// # Errors
/// [`ContentError::Damaged`] if it is truncated, nested too deep, or no BER at all.
pub fn to_der(ber: &[u8], part: &str) -> Result<Zeroizing<Vec<u8>>, ContentError> {
    let mut input = ber;
    let mut der = Zeroizing::new(Vec::with_capacity(ber.len()));
    transcode(&mut input, &mut der, 0).map_err(|detail| ContentError::damaged(part, detail))?;
    Ok(der)
}

/// Splits the first element from what follows it; `None` if it is truncated or no BER.
pub fn split_first(ber: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut rest = ber;
    skip(&mut rest, 0).ok()?;
    Some(ber.split_at(ber.len() - rest.len()))
}

/// The elements inside a constructed one, each exactly as it is written.
///
/// # Errors
/// [`ContentError::Damaged`], as [`to_der`], or [`ContentError::OverLimit`].
pub fn children<'a>(ber: &'a [u8], part: &str) -> Result<Vec<&'a [u8]>, ContentError> {
    let (mut children, mut count) = (Vec::new(), 0);
    let mut input = ber;
    header(&mut input)
        .and_then(|(_, length)| {
            for_each_child(&mut input, length, |rest| {
                let start = *rest;
                skip(rest, 1)?;
                count += 1;
                if count <= MAX_CHILDREN {
                    children.push(&start[..start.len() - rest.len()]);
                }
                Ok(())
            })
        })
        .map_err(|detail| ContentError::damaged(part, detail))?;
    ContentError::check_limit("elements of one structure", count, MAX_CHILDREN)?;
    Ok(children)
}

/// Leaves `input` behind its first element.
fn skip(input: &mut &[u8], depth: usize) -> Result<(), &'static str> {
    if depth > MAX_DEPTH {
        return Err("it is nested too deep");
    }
    match header(input)? {
        (_, Some(length)) => take(input, length).map(|_| ()),
        (tag, None) if tag & CONSTRUCTED != 0 => {
            for_each_child(input, None, |child| skip(child, depth + 1))
        }
        _ => Err("a primitive element has no length"),
    }
}

/// Writes one DER element: a tag, the length, and the parts of its content one after another.
pub fn element(tag: u8, parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let len = parts.iter().map(|part| part.len()).sum();
    let mut der = Zeroizing::new(Vec::with_capacity(len + 10));
    der.push(tag);
    write_length(len, &mut der);
    for part in parts {
        der.extend_from_slice(part);
    }
    der
}

fn transcode(input: &mut &[u8], der: &mut Vec<u8>, depth: usize) -> Result<(), &'static str> {
    if depth > MAX_DEPTH {
        return Err("it is nested too deep");
    }
    let (tag, length) = header(input)?;
    if tag & CONSTRUCTED == 0 {
        let content = take(input, length.ok_or("a primitive element has no length")?)?;
        der.push(tag);
        write_length(content.len(), der);
        der.extend_from_slice(content);
        return Ok(());
    }
    let mut content = Zeroizing::new(Vec::new());
    let string = STRINGS.contains(&(tag & !CONSTRUCTED));
    for_each_child(input, length, |child| {
        if string {
            pieces(child, &mut content, depth + 1)
        } else {
            transcode(child, &mut content, depth + 1)
        }
    })?;
    der.push(if string { tag & !CONSTRUCTED } else { tag });
    write_length(content.len(), der);
    der.extend_from_slice(&content);
    Ok(())
}

/// Calls `child` for each element inside a constructed one and leaves `input` behind its end.
fn for_each_child<'a>(
    input: &mut &'a [u8],
    length: Option<usize>,
    mut child: impl FnMut(&mut &'a [u8]) -> Result<(), &'static str>,
) -> Result<(), &'static str> {
    let Some(length) = length else {
        while !input.starts_with(&END_OF_CONTENTS) {
            if input.is_empty() {
                return Err(TRUNCATED);
            }
            child(input)?;
        }
        *input = &input[END_OF_CONTENTS.len()..];
        return Ok(());
    };
    let mut content = take(input, length)?;
    while !content.is_empty() {
        child(&mut content)?;
    }
    Ok(())
}

/// The pieces of a string in constructed form, one after another.
fn pieces(input: &mut &[u8], content: &mut Vec<u8>, depth: usize) -> Result<(), &'static str> {
    if depth > MAX_DEPTH {
        return Err("it is nested too deep");
    }
    let (tag, length) = header(input)?;
    if tag & CONSTRUCTED == 0 {
        let piece = take(input, length.ok_or("a primitive element has no length")?)?;
        content.extend_from_slice(piece);
        return Ok(());
    }
    for_each_child(input, length, |child| pieces(child, content, depth + 1))
}

/// Tag and length (X.690 sections 8.1.2 and 8.1.3); no length means the indefinite form.
fn header(input: &mut &[u8]) -> Result<(u8, Option<usize>), &'static str> {
    let [tag, first] = *take(input, 2)? else {
        return Err(TRUNCATED);
    };
    if tag & 0x1f == 0x1f {
        return Err("it uses a tag that no key store has");
    }
    if tag == 0 {
        return Err("an element ends that was never begun");
    }
    let length = match first {
        0..0x80 => Some(usize::from(first)),
        0x80 => None,
        _ => {
            let mut length = 0_usize;
            for byte in take(input, usize::from(first & 0x7f))? {
                let shifted = length
                    .checked_mul(256)
                    .ok_or("a length is beyond all bounds")?;
                length = shifted | usize::from(*byte);
            }
            Some(length)
        }
    };
    Ok((tag, length))
}

fn take<'a>(input: &mut &'a [u8], len: usize) -> Result<&'a [u8], &'static str> {
    let (taken, rest) = input.split_at_checked(len).ok_or(TRUNCATED)?;
    *input = rest;
    Ok(taken)
}

fn write_length(len: usize, der: &mut Vec<u8>) {
    if len < 0x80 {
        der.push(len as u8);
        return;
    }
    let bytes = len.to_be_bytes();
    let significant = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
    der.push(0x80 | significant.len() as u8);
    der.extend_from_slice(significant);
}

const TRUNCATED: &str = "it is cut short";
const MAX_DEPTH: usize = 32;
/// Certificates in PKCS#7 are the only long list.
const MAX_CHILDREN: usize = 5_000;
const CONSTRUCTED: u8 = 0x20;
const END_OF_CONTENTS: [u8; 2] = [0, 0];
/// The universal string types that may be written in pieces: BIT, OCTET, UTF8, Printable,
/// Teletex, IA5, Universal and BMP STRING. (A BIT STRING in pieces occurs in no key store; its
/// count of unused bits would need care.)
const STRINGS: [u8; 7] = [0x04, 0x0c, 0x13, 0x14, 0x16, 0x1c, 0x1e];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(ber: &str, der: Result<&str, &str>) {
        let found = to_der(&hex::decode(ber).unwrap(), "it");
        match der {
            Ok(der) => assert_eq!(hex::encode(found.unwrap().as_slice()), der),
            Err(detail) => assert!(found.unwrap_err().to_string().contains(detail)),
        }
    }

    #[test]
    fn rewrites_what_der_forbids() {
        check("3003020105", Ok("3003020105"));
        check("30030201059999", Ok("3003020105"));
        check("30800201050000", Ok("3003020105"));
        check("30820003020105", Ok("3003020105"));
        check("2480040201020401030000", Ok("0403010203"));
        check("240924800401010401020000", Err("cut short"));
        check(
            "240a2480040101040102 0000".replace(' ', "").as_str(),
            Ok("04020102"),
        );
        check("a080248004010100000000", Ok("a003040101"));
    }

    #[test]
    fn elements_are_cut_out_as_they_are_written() {
        let ber = hex::decode("3080020105a08002010700000000ffff").unwrap();
        let (first, rest) = split_first(&ber).unwrap();
        assert_eq!((first.len(), rest), (14, [0xff, 0xff].as_slice()));
        let children = children(first, "it").unwrap();
        assert_eq!(hex::encode(children[0]), "020105");
        assert_eq!(hex::encode(children[1]), "a0800201070000");
        assert!(split_first(&ber[..13]).is_none());
        assert!(split_first(&hex::decode("3080".repeat(100)).unwrap()).is_none());
    }

    #[test]
    fn refuses_what_is_no_ber() {
        check("30", Err("cut short"));
        check("3003020205", Err("cut short"));
        check("3080020105", Err("cut short"));
        check("1f8101", Err("tag"));
        check("30ffffffffffffffffff", Err("cut short"));
        check("0080", Err("never begun"));
        check(&"3080".repeat(100), Err("too deep"));
        check(&"2480".repeat(100), Err("too deep"));
    }
}
