//! `kvcert convert`: from local files to files, no network.

mod many;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use kvcert_pki::content_error::ContentError;
use kvcert_pki::format::{self, Contents, KeyChoice, Limits, Password};

use super::export::{self, Exporter, Material};
use super::receipt::{CertificateReceipt, Receipt};
use super::{Context, input, print_failed};
use crate::cli::ConvertArgs;
use crate::failure::{Failure, Reason};

/// Every file is tried; the exit code is that of the worst.
pub(super) fn run(args: &ConvertArgs, context: &Context<'_>) -> Result<(), Failure> {
    refuse_clashes(args)?;
    let shown = if args.files.len() == 1 {
        shown(&args.files[0])
    } else {
        "the files".into()
    };
    let job = Job {
        args,
        context,
        password: input::password(&args.password, &shown, context)?.unwrap_or_default(),
        exporter: Exporter::new(&args.output, context)?,
        limits: export::limits(&args.input.limits),
        choice: export::key_choice(&args.input),
    };
    let mut receipt = Receipt::default();
    for (file, result) in args.files.iter().zip(job.convert_all()) {
        match result {
            Ok(written) => receipt.certificates.push(written),
            Err(failure) => receipt.fail(file.display().to_string(), failure, context.console),
        }
    }
    report(receipt, &job.exporter, context)
}

struct Job<'a> {
    args: &'a ConvertArgs,
    context: &'a Context<'a>,
    password: Password,
    exporter: Exporter<'a>,
    limits: Limits,
    choice: KeyChoice,
}

impl Job<'_> {
    /// Results come in the order of the files.
    fn convert_all(&self) -> Vec<Result<Box<CertificateReceipt>, Failure>> {
        let files = &self.args.files;
        let results = match files.as_slice() {
            [file] => vec![self.convert(file)],
            files => many::convert(self, files),
        };
        let explain = |(file, result): (&PathBuf, Result<Box<CertificateReceipt>, Failure>)| {
            let mut receipt = result
                .map_err(|failure| failure.context(format!("cannot convert {}", shown(file))))?;
            receipt.source = Some(file.display().to_string());
            Ok(receipt)
        };
        files.iter().zip(results).map(explain).collect()
    }

    fn convert(&self, file: &Path) -> Result<Box<CertificateReceipt>, Failure> {
        self.exporter.export(&self.read(file)?, &name(file))
    }

    fn read(&self, file: &Path) -> Result<Material, Failure> {
        let bytes = input::read(file, self.limits.max_bytes)?;
        let contents = self.open(&bytes, file)?;
        let material = Material::new(contents, &bytes, &self.choice, &self.args.output)?;
        Ok(material)
    }

    /// Asks for a password if the only file needs one, none was given, and someone is there.
    fn open(&self, bytes: &[u8], file: &Path) -> Result<Contents, Failure> {
        let may_ask = self.args.files.len() == 1 && self.context.console.can_ask();
        let result = format::read(bytes, &self.password, &self.limits);
        let locked = match &result {
            Ok(contents) if !self.args.output.no_key => contents.unreadable_key.as_ref(),
            Ok(_) => None,
            Err(error) => Some(error),
        };
        if may_ask
            && matches!(
                locked,
                Some(ContentError::WrongPassword { given: false, .. })
            )
        {
            return Ok(format::read(
                bytes,
                &input::ask(&shown(file))?,
                &self.limits,
            )?);
        }
        Ok(result?)
    }
}

/// Two inputs must not want one thing, be it standard input or an output's name.
fn refuse_clashes(args: &ConvertArgs) -> Result<(), Failure> {
    let clash = |message: String, hint: &str| {
        Err(Failure::message(Reason::FlagsConflict, message).with_hint(hint))
    };
    let stdin = Path::new("-");
    let password_file = args.password.password_file.as_deref();
    let key_password_file = args.output.key_password_file.as_deref();
    let readers = args
        .files
        .iter()
        .map(PathBuf::as_path)
        .chain(password_file)
        .chain(key_password_file);
    if readers.filter(|path| *path == stdin).count() > 1 {
        return clash(
            "standard input can be read only once".into(),
            "read a password from a file or a variable",
        );
    }
    if args.files.len() == 1 {
        return Ok(());
    }
    if args.output.name.is_some() || args.output.out.as_deref() == Some(stdin) {
        return clash(
            "`--name` and `-o -` are for one file; several were given".into(),
            "convert them one by one",
        );
    }
    let mut names: HashMap<String, &Path> = HashMap::new();
    for file in &args.files {
        if let Some(other) = names.insert(name(file).to_lowercase(), file) {
            let (other, file) = (shown(other), shown(file));
            return clash(
                format!("{other} and {file} would be written to one name"),
                "convert them one by one, with `--name`",
            );
        }
    }
    Ok(())
}

/// The file's name without its ending.
fn name(file: &Path) -> String {
    if file == Path::new("-") {
        return String::from("certificate");
    }
    file.file_stem()
        .map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
}

fn shown(file: &Path) -> String {
    format!("`{}`", file.display())
}

fn report(receipt: Receipt, exporter: &Exporter<'_>, context: &Context<'_>) -> Result<(), Failure> {
    receipt
        .print(exporter, context.console)
        .map_err(print_failed)?;
    receipt.into_result()
}
