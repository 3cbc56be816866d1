//! All that the fixtures and the corpus hold, in all shapes, before all judges.

use std::collections::BTreeMap;

use crate::converting::{Case, convert};
use crate::inputs;
use crate::judging::{Verdict, judge};
use crate::shapes::SHAPES;
use crate::support::{self, Scratch};

#[test]
fn every_input_in_every_shape() {
    let python = support::judges_python("the judges of all formats");
    let scratch = Scratch::new();
    let inputs = inputs::all();
    let has_corpus = inputs.iter().any(|input| input.is_foreign);
    let cases = convert(&scratch, inputs);
    every_shape_was_written(&cases, has_corpus);
    if let Some(python) = python {
        everyone_agreed(&cases, &judge(&python, &scratch, &cases));
    }
}

fn every_shape_was_written(cases: &[Case], has_corpus: bool) {
    let converted = |foreign: bool| {
        let of_kind = |case: &&Case| case.input.is_foreign == foreign && !case.shapes.is_empty();
        cases.iter().filter(of_kind).count()
    };
    let (own, foreign) = (converted(false), converted(true));
    support::say(&format!(
        "formats: {own} fixtures and {foreign} files of the corpus, {} refused as they may be",
        cases.len() - own - foreign
    ));
    assert!(own > 160, "only {own} fixtures");
    assert!(!has_corpus || foreign > 200, "only {foreign} of the corpus");
    for shape in SHAPES {
        let written = cases.iter().any(|case| case.shapes.contains(&shape.name));
        assert!(written, "nothing was written as {}", shape.name);
    }
}

fn everyone_agreed(cases: &[Case], verdict: &Verdict) {
    let problems = &verdict.problems;
    assert!(problems.is_empty(), "{}: {problems:#?}", problems.len());
    let mut written: BTreeMap<&str, usize> = BTreeMap::new();
    for shape in cases.iter().flat_map(|case| &case.shapes) {
        *written.entry(shape).or_default() += 1;
    }
    for (shape, judges) in &verdict.agreed {
        support::say(&format!(
            "formats: {shape}: {} written, {judges:?}",
            written[shape.as_str()]
        ));
    }
    for (shape, count) in written {
        let judges = verdict.agreed.get(shape);
        let most = judges.and_then(|judges| judges.values().max());
        assert_eq!(most, Some(&count), "{shape}: not all were judged");
    }
    support::say(&format!(
        "formats: judged by the others alone: {:?}",
        verdict.excused
    ));
    for judge in &verdict.absent {
        support::say(&format!("skipped: no {judge} here to judge the formats"));
    }
}
