//! One RSA-2048 signature by the key that signs assertions, and the whole assertion.
//!
//! `scripts/bench-token.sh` runs this beside `openssl speed`. Compare within one run only.

use std::hint::black_box;
use std::time::SystemTime;

use divan::Bencher;
use kvcert::identity::{Algorithm, Assertor, LocalKey, Signer};
use kvcert_pki::format::{self, Limits, Password};

fn main() {
    divan::main();
}

fn certified() -> kvcert_pki::certified_key::CertifiedKey {
    let pem = include_bytes!("../fixtures/pem/pkcs8-rsa.pem");
    let contents = format::read(pem, &Password::none(), &Limits::default());
    contents
        .and_then(format::Contents::into_certified_key)
        .expect("a good file")
}

/// Runs what is ready at once.
fn now<T>(work: impl Future<Output = T>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(work).poll(&mut context) {
        std::task::Poll::Ready(done) => done,
        std::task::Poll::Pending => unreachable!("a local key waits for nobody"),
    }
}

#[divan::bench(args = [Algorithm::Ps256, Algorithm::Rs256])]
fn signature(bencher: Bencher<'_, '_>, algorithm: Algorithm) {
    let key = LocalKey::new(certified().key()).expect("an RSA key");
    bencher.bench_local(|| now(key.sign(algorithm, black_box(b"header.claims"))));
}

#[divan::bench]
fn assertion(bencher: Bencher<'_, '_>) {
    let assertor = Assertor::local(&certified()).expect("an RSA key");
    let time = SystemTime::now();
    bencher.bench_local(|| now(assertor.assertion("client", "https://login.example/token", time)));
}
