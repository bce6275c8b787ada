//! The status page in headless Chromium, where it is installed: what a person would see.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use ft_gateway::{ConnectionLimits, serve};
use ft_sim::{Reply, Scripts};
use tokio::net::TcpListener;

use crate::office::Office;
use crate::stand::question;

const CHAINS: &str = r#"
    [[chains.default.tiers]]
    name = "primary"
    targets = [{ provider = "sim", model = "gpt-4.1" }]

    [[chains.default.tiers]]
    name = "degraded"
    targets = [{ provider = "sim", model = "<img src=x onerror=alert(1)>" }]

    [spend]
    limit = "$5"
    unknown_price = "warn"
"#;

/// Where Debian, Fedora and the vendor put it.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// A browser; `None`, said loudly, when there is none.
fn chromium() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .flat_map(|folder| NAMES.map(|name| folder.join(name)))
        .find(|file| file.is_file());
    if found.is_none() {
        assert!(
            std::env::var_os("FT_REQUIRE_CHROMIUM").is_none(),
            "FT_REQUIRE_CHROMIUM is set, and there is no Chromium"
        );
        // Not by a macro: what those print is shown of failed tests only.
        let _ = writeln!(
            std::io::stderr(),
            "NOT TESTED: the status page in a browser, as Chromium is not installed"
        );
    }
    found
}

/// A folder of this test alone, removed at its end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("ft-page-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn browse(browser: &Path, profile: &Path, rest: &[&str]) -> std::process::Output {
    Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
        ])
        .arg(format!("--user-data-dir={}", profile.display()))
        .args(rest)
        .output()
        .unwrap()
}

/// Serves the office's page on a free port until the end of the test.
async fn open(office: &Office) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let router = office.gateway.admin();
    #[expect(clippy::disallowed_methods, reason = "the server runs beside the test")]
    tokio::spawn(async move {
        let limits = ConnectionLimits::default();
        serve(listener, router, limits, std::future::pending(), Duration::ZERO).await
    });
    format!("http://{at}/")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_shows_the_targets_their_states_and_the_requests() {
    let Some(browser) = chromium() else { return };
    let scripts = Scripts::new().model("gpt-4.1", Reply::down()).otherwise(Reply::text("Hi."));
    let office = Office::of(scripts, CHAINS);
    office.chat("", &question("default")).await;
    office.chat("", &question("nothing-like-it")).await;
    let body = r#"{"provider": "sim", "model": "gpt-4.1", "action": "open"}"#;
    office.turn("/admin/breakers", body).await;
    let url = open(&office).await;

    let page = tokio::task::spawn_blocking(move || {
        let profile = Scratch::new("dom");
        let shown =
            browse(&browser, &profile.0, &["--virtual-time-budget=4000", "--dump-dom", &url]);
        let picture = profile.0.join("page.png");
        let into = format!("--screenshot={}", picture.display());
        browse(
            &browser,
            &profile.0,
            &["--window-size=1280,1600", "--virtual-time-budget=4000", &into, &url],
        );
        let bytes = std::fs::metadata(&picture).map_or(0, |file| file.len());
        assert!(bytes > 20_000, "a screenshot of {bytes} bytes");
        String::from_utf8(shown.stdout).unwrap()
    });
    let page = page.await.unwrap();
    for seen in [
        "sim/gpt-4.1",
        "taken out",
        "unavailable",
        "1 of 2",
        "primary",
        "degraded",
        "of $5.00 per day",
        "nothing-like-it",
        "model not found",
        ">live<",
    ] {
        assert!(page.contains(seen), "{seen}\n{page}");
    }
    // A name is shown as it is, and is never markup.
    assert!(page.contains("sim/&lt;img src=x onerror=alert(1)&gt;"), "{page}");
    assert!(!page.contains("<img"), "{page}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_shares_of_the_requests_add_up_to_a_hundred() {
    let Some(browser) = chromium() else { return };
    let office = Office::of(Scripts::new().otherwise(Reply::text("Hi.")), CHAINS);
    // 3 and 5 of 8: each for itself would be rounded up, to 38 % and 63 %.
    for model in ["default", "nothing-like-it"].repeat(3).into_iter().chain(["no", "neither"]) {
        office.chat("", &question(model)).await;
    }
    let url = open(&office).await;
    let page = tokio::task::spawn_blocking(move || {
        let profile = Scratch::new("shares");
        browse(&browser, &profile.0, &["--virtual-time-budget=4000", "--dump-dom", &url]).stdout
    });
    let page = String::from_utf8(page.await.unwrap()).unwrap();
    for seen in ["primary <b>38 %</b>", "rejected by the gateway <b>62 %</b>"] {
        assert!(page.contains(seen), "{seen}\n{page}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_is_asked_for_the_key_and_shows_nothing_without_it() {
    let Some(browser) = chromium() else { return };
    let hash = "0".repeat(64);
    let toml = format!("{CHAINS}\n[server]\nadmin_key_sha256 = [\"{hash}\"]\n");
    let office = Office::of(Scripts::new().otherwise(Reply::text("Hi.")), &toml);
    let url = open(&office).await;
    let page = tokio::task::spawn_blocking(move || {
        let profile = Scratch::new("key");
        browse(&browser, &profile.0, &["--virtual-time-budget=4000", "--dump-dom", &url]).stdout
    });
    let page = String::from_utf8(page.await.unwrap()).unwrap();
    assert!(page.contains(">needs a key<"), "{page}");
    assert!(!page.contains("gpt-4.1"), "{page}");
}

#[tokio::test]
async fn its_policy_lets_it_run_itself_and_nothing_else() {
    let office = Office::of(Scripts::new(), CHAINS);
    let told = office.look("/").await;
    assert_eq!(told.status, 200);
    let policy = told.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(told.headers["x-content-type-options"], "nosniff");
}
