use std::cell::Cell;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::Mutex;

use super::*;
use crate::identity::access_token::BearerToken;

const HOUR: Duration = Duration::from_secs(3600);

/// A cache in a folder that goes with the test, what it has told, and the present.
struct Fixture {
    base: PathBuf,
    cache: TokenCache,
    told: Arc<Mutex<Vec<String>>>,
    now: SystemTime,
}

fn bearer(text: &str) -> BearerToken {
    text.to_owned().try_into().unwrap()
}

impl Fixture {
    fn new(name: &str) -> Self {
        let base = std::env::temp_dir().join(format!("kvcert-cache-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&base);
        let told: Arc<Mutex<Vec<String>>> = Arc::default();
        let warn = Arc::clone(&told);
        let warn: Warn = Arc::new(move |text| warn.lock().unwrap().push(text.to_owned()));
        Self {
            cache: TokenCache::new(base.join("tokens")).on_warning(warn),
            base,
            told,
            now: SystemTime::UNIX_EPOCH + HOUR * 500_000,
        }
    }

    /// Asks at `after` from the present; the one who is asked gives `fresh` for an hour from then.
    fn ask(&self, after: Duration, fresh: &str) -> (String, bool) {
        let (now, fetched) = (self.now + after, Cell::new(false));
        let fetch = async || {
            fetched.set(true);
            Ok::<_, ()>(AccessToken::expiring(bearer(fresh), now + HOUR))
        };
        let token = block_on(self.cache.token(&key(), now, fetch)).unwrap();
        (token.expose().to_owned(), fetched.get())
    }

    fn file(&self) -> PathBuf {
        self.base
            .join("tokens")
            .join(format!("{}.{TOKEN}", key().digest()))
    }

    fn told(&self) -> String {
        std::mem::take(&mut *self.told.lock().unwrap()).join("\n")
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.base);
    }
}

fn key() -> CacheKey {
    CacheKey::new("test").with("tenant", "contoso")
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(work)
}

fn mode(path: &Path) -> u32 {
    path.symlink_metadata().unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_token_is_kept_until_it_is_nearly_over() {
    let it = Fixture::new("kept");
    let minutes = |count: u64| Duration::from_secs(60 * count);
    assert_eq!(it.ask(minutes(0), "first"), ("first".into(), true));
    assert_eq!(it.ask(minutes(54), "second"), ("first".into(), false));
    assert_eq!(it.ask(minutes(56), "second"), ("second".into(), true));
    assert_eq!(it.told(), "");
    assert_eq!((mode(it.cache.folder()), mode(&it.file())), (0o700, 0o600));
    // Who asks for something else gets something else.
    let other = key().with("client", "another");
    assert!(it.cache.peek(&other, it.now).is_none());
    assert_ne!(other.digest(), key().digest());
}

#[test]
fn an_old_token_serves_while_no_new_one_is_to_be_had() {
    let it = Fixture::new("old");
    it.ask(Duration::ZERO, "first");
    let ask = |after| {
        let refuse = async || Err::<AccessToken, _>("no");
        let token = block_on(it.cache.token(&key(), it.now + after, refuse));
        token.map(|token| token.expose().to_owned())
    };
    assert_eq!(ask(Duration::from_secs(58 * 60)), Ok(String::from("first")));
    assert_eq!(ask(Duration::from_secs(60 * 60)), Err("no"));
}

#[test]
fn a_token_without_an_end_is_not_kept() {
    let it = Fixture::new("endless");
    let fetch = async || Ok::<_, ()>(AccessToken::given(bearer("given")));
    block_on(it.cache.token(&key(), it.now, fetch)).unwrap();
    assert!(!it.file().exists());
}

#[test]
fn what_is_not_safe_or_makes_no_sense_is_replaced() {
    let it = Fixture::new("unsafe");
    it.ask(Duration::ZERO, "good");
    let good = std::fs::read(it.file()).unwrap();
    let elsewhere = it.base.join("elsewhere");
    std::fs::write(&elsewhere, &good).unwrap();
    std::fs::set_permissions(&elsewhere, PermissionsExt::from_mode(0o600)).unwrap();
    let put = |bytes: &[u8], mode| {
        std::fs::write(it.file(), bytes).unwrap();
        std::fs::set_permissions(it.file(), PermissionsExt::from_mode(mode)).unwrap();
    };
    let text = String::from_utf8(good.clone()).unwrap();
    let check = |words: &str, spoil: &dyn Fn()| {
        spoil();
        assert_eq!(
            it.ask(Duration::ZERO, "new"),
            ("new".into(), true),
            "{words}"
        );
        let told = it.told();
        assert!(told.contains(words) && !told.contains("good"), "{told}");
        assert_eq!(mode(&it.file()), 0o600);
        assert_eq!(it.ask(Duration::ZERO, "newer"), ("new".into(), false));
        assert_eq!(it.told(), "");
    };
    check("others may open it", &|| put(&good, 0o640));
    check("it is damaged", &|| put(&good[..good.len() / 2], 0o600));
    check("it is damaged", &|| put(b"\xff\xfe", 0o600));
    check("it is damaged", &|| put(b"", 0o600));
    check("it is too long", &|| put(&[b' '; 300_000], 0o600));
    check("it is something else", &|| {
        put(text.replace("contoso", "fabrikam").as_bytes(), 0o600);
    });
    check("it is something else", &|| {
        put(text.replace(":1,", ":2,").as_bytes(), 0o600);
    });
    check("it is something else", &|| {
        put(text.replace("good", "two words").as_bytes(), 0o600);
    });
    if rustix::process::geteuid().is_root() {
        check("it belongs to another user", &|| {
            put(&good, 0o600);
            std::os::unix::fs::chown(it.file(), Some(12_345), None).unwrap();
        });
    }
    check("has a second name", &|| {
        put(&good, 0o600);
        let second = it.base.join("second");
        std::fs::hard_link(it.file(), &second).unwrap();
    });
    check("it is a link", &|| {
        std::fs::remove_file(it.file()).unwrap();
        symlink(&elsewhere, it.file()).unwrap();
    });
    // What the link led to was left alone.
    assert_eq!(std::fs::read(&elsewhere).unwrap(), good);
}

#[test]
fn a_folder_that_is_not_safe_is_not_used() {
    let it = Fixture::new("folder");
    it.ask(Duration::ZERO, "good");
    let folder = it.cache.folder().to_owned();
    let check = |words: &str| {
        assert_eq!(
            it.ask(Duration::ZERO, "new"),
            ("new".into(), true),
            "{words}"
        );
        assert!(it.told().contains(words));
    };
    std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o770)).unwrap();
    check("others may write to it");
    assert!(it.cache.clear().is_err());
    std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o700)).unwrap();
    let moved = it.base.join("moved");
    std::fs::rename(&folder, &moved).unwrap();
    symlink(&moved, &folder).unwrap();
    check("it is not a directory");
    std::fs::remove_file(&folder).unwrap();
    std::fs::write(&folder, "a file").unwrap();
    check("it is not a directory");
}

#[test]
fn many_who_ask_at_once_sign_in_once() {
    let it = Fixture::new("many");
    let fetched = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                let fetch = async || {
                    fetched.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_millis(30)).await;
                    Ok::<_, ()>(AccessToken::expiring(bearer("one"), it.now + HOUR))
                };
                let token = block_on(it.cache.token(&key(), it.now, fetch)).unwrap();
                assert_eq!(token.expose(), "one");
            });
        }
    });
    assert_eq!(fetched.into_inner(), 1);
}

#[test]
fn a_token_that_was_refused_goes_and_another_stays() {
    let it = Fixture::new("refused");
    let token = |value: &str| AccessToken::expiring(bearer(value), it.now + HOUR);
    block_on(it.cache.store(&key(), &token("good")));
    block_on(it.cache.remove(&key(), &token("refused")));
    assert!(it.cache.peek(&key(), it.now).is_some());
    block_on(it.cache.remove(&key(), &token("good")));
    assert!(it.cache.peek(&key(), it.now).is_none());
}

#[test]
fn all_tokens_go_and_nothing_else() {
    let it = Fixture::new("clear");
    assert_eq!(it.cache.clear().unwrap(), 0);
    it.ask(Duration::ZERO, "good");
    let token = std::fs::read(it.file()).unwrap();
    let digest = "0123456789abcdef0123456789abcdef";
    let path = |name: &str| it.cache.folder().join(name);
    let others = [
        "notes.txt",
        "Cargo.lock",
        "api.token",
        &format!("{digest}.lock"),
        &format!("{digest}.token"),
        "kvcert.token",
    ];
    for name in others {
        std::fs::write(path(name), "").unwrap();
        std::fs::set_permissions(path(name), PermissionsExt::from_mode(0o600)).unwrap();
    }
    // What it holds belongs to another name.
    std::fs::write(path(&format!("{digest}.token")), token).unwrap();
    let elsewhere = it.base.join("elsewhere.lock");
    std::fs::write(&elsewhere, "kvcert token cache\n").unwrap();
    let link = format!("{}.lock", digest.replace('0', "f"));
    symlink(&elsewhere, path(&link)).unwrap();
    // A token that was being written when its process was killed.
    let user = rustix::process::geteuid().as_raw();
    let half = path(&format!(".kvcert-new-{user}-0123456789ab-x.token"));
    std::fs::write(&half, "half a token").unwrap();
    assert_eq!(it.cache.clear().unwrap(), 1);
    assert!(!half.exists());
    let left: Vec<_> = std::fs::read_dir(it.cache.folder()).unwrap().collect();
    assert_eq!(left.len(), others.len() + 1);
    assert!(elsewhere.exists());
    // Now it is a folder like any other.
    let refused = it.cache.clear().unwrap_err().to_string();
    assert!(refused.starts_with("it is not a token cache"), "{refused}");
}
