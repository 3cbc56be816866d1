//! A file taken apart.

use kvcert::report::{ChainFacts, FileReport, Reader, Verdict};
use kvcert_pki::format::anatomy::{Bag, Block, Content, Encryption, Holds, Mac, Pfx, Structure};

use super::certificate;
use super::tree::Node;
use super::writer::TextWriter;
use crate::render::words::{encryption_words, layers, mac_words, password, words};
use crate::style::Tone;

pub(super) fn draw(report: &FileReport, out: &mut TextWriter) {
    let (name, bytes, layers) = (&report.name, report.bytes, layers(&report.layers));
    let title = format!("{name} ({bytes} bytes{layers})");
    out.row("", "", &title, Tone::Strong);
    out.blank();
    structure(report, out);
    if !report.certificates.is_empty() {
        out.heading("Certificates");
        for (at, facts) in report.certificates.iter().enumerate() {
            certificate::draw(facts, at + 1, out);
        }
    }
    keys(report, out);
    chains(report, out);
    readers(&report.readers, out);
}

fn structure(report: &FileReport, out: &mut TextWriter) {
    let root = match &report.structure {
        Structure::Pkcs12(pfx) => pfx_node(pfx, report),
        Structure::Pem { blocks } => {
            let mut root = Node::new("PEM (RFC 7468)");
            push_blocks(&mut root, blocks, report);
            root
        }
        Structure::Parts { blocks } => {
            let mut root = Node::new(format!("{} parts", blocks.len()));
            push_blocks(&mut root, blocks, report);
            root
        }
        Structure::Der { block } => block_node(block, report),
    };
    root.draw(out);
}

fn push_blocks(root: &mut Node, blocks: &[Block], report: &FileReport) {
    for block in blocks {
        root.push(block_node(block, report));
    }
}

fn pfx_node(pfx: &Pfx, report: &FileReport) -> Node {
    let mut root = Node::new(format!("PKCS#12 (RFC 7292), {}", pfx.encoding));
    let (password, tone) = password(pfx.opened_with);
    root.fact_in("password", password, tone);
    match &pfx.mac {
        None => root.fact_in(
            "integrity",
            "no MAC: changes cannot be detected",
            Tone::Doubtful,
        ),
        Some(mac) => {
            let (text, tone) = integrity(mac);
            root.fact_in("integrity", text, tone);
        }
    }
    let mut safe = Node::new("authenticated safe");
    for (at, content) in pfx.contents.iter().enumerate() {
        safe.push(content_node(content, at + 1, report));
    }
    root.push(safe);
    root
}

fn integrity(mac: &Mac) -> (String, Tone) {
    let (holds, tone) = match mac.holds {
        Some(true) => ("valid", Tone::Good),
        Some(false) => ("wrong for this password", Tone::Bad),
        None => ("cannot be checked", Tone::Doubtful),
    };
    (format!("{}: {holds}", mac_words(mac)), tone)
}

fn content_node(content: &Content, number: usize, report: &FileReport) -> Node {
    let mut node = Node::new(format!("content {number}: {}", content.kind));
    encrypted(&mut node, content.encryption.as_ref());
    match &content.holds {
        Holds::Bags { bags } => {
            for bag in bags {
                node.push(bag_node(bag, report));
            }
        }
        holds => holds_fact(&mut node, holds, report),
    }
    node
}

fn bag_node(bag: &Bag, report: &FileReport) -> Node {
    let mut node = Node::new(match words(&bag.holds, report) {
        Some(what) => format!("{}: {what}", bag.kind),
        None => bag.kind.clone(),
    });
    encrypted(&mut node, bag.encryption.as_ref());
    for attribute in &bag.attributes {
        let value = match attribute.value.as_str() {
            "" => "(empty)",
            value => value,
        };
        node.fact(&attribute.name, value);
    }
    match &bag.holds {
        Holds::Bags { bags } => {
            for bag in bags {
                node.push(bag_node(bag, report));
            }
        }
        Holds::Certificate { .. } | Holds::PrivateKey { .. } => {}
        holds => holds_fact(&mut node, holds, report),
    }
    node
}

fn block_node(block: &Block, report: &FileReport) -> Node {
    let (label, bytes) = (&block.label, block.bytes);
    let mut node = Node::new(match words(&block.holds, report) {
        Some(what) => format!("{label}: {what} ({bytes} bytes)"),
        None => format!("{label} ({bytes} bytes)"),
    });
    encrypted(&mut node, block.encryption.as_ref());
    match &block.holds {
        Holds::Certificate { .. } | Holds::Certificates { .. } | Holds::PrivateKey { .. } => {}
        Holds::Pkcs12 { pfx } => node.push(pfx_node(pfx, report)),
        holds => holds_fact(&mut node, holds, report),
    }
    node
}

fn encrypted(node: &mut Node, encryption: Option<&Encryption>) {
    if let Some(encryption) = encryption {
        node.fact("encrypted", encryption_words(encryption));
    }
}

fn holds_fact(node: &mut Node, holds: &Holds, report: &FileReport) {
    let (label, text, tone) = match holds {
        Holds::Locked => (
            "locked",
            String::from("none of the passwords tried opens it"),
            Tone::Bad,
        ),
        Holds::Unreadable { problem } => ("unreadable", problem.clone(), Tone::Bad),
        Holds::Other { what } => ("contains", what.clone(), Tone::Plain),
        holds => (
            "contains",
            words(holds, report).unwrap_or_default(),
            Tone::Plain,
        ),
    };
    node.fact_in(label, text, tone);
}

fn keys(report: &FileReport, out: &mut TextWriter) {
    if report.keys.is_empty() {
        return;
    }
    out.heading("Private keys (never shown)");
    for (at, key) in report.keys.iter().enumerate() {
        let name = key.name.as_ref();
        let name = name.map_or_else(String::new, |name| format!(", called `{name}`"));
        let (owner, tone) = match key.certificates.as_slice() {
            [] => (String::from("no certificate in this file"), Tone::Bad),
            places => {
                let places: Vec<String> = places.iter().map(|at| (at + 1).to_string()).collect();
                (format!("certificate {}", places.join(", ")), Tone::Plain)
            }
        };
        let text = format!("{}{name}, belongs to {owner}", key.key);
        out.row(&format!("  {:<3}", at + 1), "     ", &text, tone);
    }
}

fn chains(report: &FileReport, out: &mut TextWriter) {
    for chain in &report.chains {
        out.heading("Chain");
        if let Some(node) = chain_node(chain, &chain.certificates, report) {
            node.draw(out);
        }
        for finding in &chain.findings {
            out.row("! ", "  ", &finding.message, Tone::Doubtful);
        }
    }
}

fn chain_node(chain: &ChainFacts, places: &[usize], report: &FileReport) -> Option<Node> {
    let (first, rest) = places.split_first()?;
    let facts = report.certificates.get(*first)?;
    let end = match rest {
        [] if chain.reaches_root && chain.certificates.len() == 1 => ", self-signed",
        [] if chain.reaches_root => ", a root",
        [] => ", issuer not included",
        _ => ", signed by",
    };
    let mut node = Node::new(format!("{} {}{end}", first + 1, facts.label));
    if let Some(next) = chain_node(chain, rest, report) {
        node.push(next);
    }
    Some(node)
}

fn readers(readers: &[Reader], out: &mut TextWriter) {
    if readers.is_empty() {
        return;
    }
    out.heading("Programs that can read it, with the password");
    let mut fixes: Vec<(&str, Vec<&str>)> = Vec::new();
    for reader in readers {
        let (holds, word) = match reader.verdict {
            Verdict::Reads => (Some(true), "yes".into()),
            Verdict::Perhaps => (None, format!("maybe: {}", reader.because.join("; "))),
            Verdict::Trips => (Some(false), reader.because.join("; ")),
        };
        out.check("  ", holds, &format!("{}: {word}", reader.name));
        if let Some(fix) = &reader.fix {
            match fixes.iter_mut().find(|(known, _)| known == fix) {
                Some((_, names)) => names.push(reader.name),
                None => fixes.push((fix, vec![reader.name])),
            }
        }
    }
    for (fix, names) in fixes {
        out.blank();
        out.line("  ", &format!("To convert it for {}:", names.join(", ")));
        out.command("    ", fix);
    }
}
