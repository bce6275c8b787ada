//! Other gateways that a package registry has, beside ours and the minimal proxy: same upstream, same load.

use std::path::Path;

use serde_json::{Value, json};

use super::binary::Binaries;
use super::results::Results;
use super::{Run, machine};
use crate::Outcome;
use crate::process::Cmd;

/// The part's name in results and on the page.
const PART: &str = "peers";

const LITELLM: &str = "1.104.5";
const PORTKEY: &str = "1.15.2";

/// Portkey's own lock file has these; what npm resolves today fails every stream.
const PORTKEY_BESIDE: [(&str, &str); 2] = [("@hono/node-server", "1.13.5"), ("hono", "4.9.7")];

/// Installs what can be installed, each in a folder of its own, and measures.
///
/// # Errors
/// When our own programs do not compile or fail. A peer that cannot be installed or started is left out.
pub(super) fn measure(run: &Run<'_>, results: &mut Results) -> Outcome<Vec<String>> {
    let folder = run.metadata.target_directory.join("peers").into_std_path_buf();
    std::fs::create_dir_all(&folder)?;
    let mut left_out = Vec::new();
    let mut peers: Vec<Value> = Vec::new();
    for (name, peer) in [
        ("LiteLLM proxy", litellm(run.root, &folder)),
        ("Portkey gateway", portkey(run.root, &folder)),
    ] {
        match peer {
            Ok(peer) => peers.push(peer),
            Err(error) => left_out.push(format!("{name}: cannot be installed: {error}")),
        }
    }
    let file = folder.join("peers.json");
    std::fs::write(&file, serde_json::to_string_pretty(&peers)?)?;
    let binaries = Binaries::build(run)?;
    let (ft, file) = (binaries.ft(), file.display().to_string());
    let mut args = vec!["peers", "--ft", &ft, "--file", &file];
    if run.quick {
        args.extend(["--rounds", "2", "--millis", "1000"]);
    }
    let cases = binaries.cases(run, &args)?;
    for name in peers.iter().filter_map(|peer| peer["name"].as_str()) {
        let measured = cases.iter().any(|case| case.id == name);
        let (short, version) =
            name.trim_start_matches("ref ").rsplit_once(' ').unwrap_or((name, ""));
        if measured {
            results.versions.insert(short.to_owned(), version.to_owned());
        } else {
            left_out
                .push(format!("{short} {version}: it did not start, or its answers were errors"));
        }
    }
    for (name, program) in [("node", "node"), ("python", "python3")] {
        if let Some(version) = machine::version(program, &["--version"]) {
            results.versions.insert(name.to_owned(), version);
        }
    }
    results.replace(PART, PART, cases);
    Ok(left_out)
}

fn litellm(root: &Path, folder: &Path) -> Outcome<Value> {
    let venv = folder.join("litellm");
    let bin = |name: &str| venv.join("bin").join(name).display().to_string();
    if !Path::new(&bin("litellm")).exists() {
        Cmd::new("python3", &["-m", "venv"]).arg(venv.display().to_string()).output(root)?;
        println!("installing LiteLLM {LITELLM}, which takes minutes");
        let package = format!("litellm[proxy]=={LITELLM}");
        Cmd::new(&bin("pip"), &["install", "--quiet"]).arg(package).output(root)?;
    }
    let config = venv.join("config.yaml");
    std::fs::write(
        &config,
        "model_list:\n  - model_name: plain-1024\n    litellm_params:\n      model: openai/plain-1024\n      \
         api_base: os.environ/BENCH_UPSTREAM\n      api_key: none\n",
    )?;
    // It does not start without a key, nor with a short one. This one opens nothing but the stand.
    let key = format!("sk-local-{0}{0}", "0123456789abcdef");
    Ok(json!({
        "name": format!("ref LiteLLM proxy {LITELLM}"),
        "command": [
            bin("litellm"), "--config", config.display().to_string(), "--host", "127.0.0.1",
            "--port", "{port}", "--num_workers", "1",
        ],
        "env": {
            "BENCH_UPSTREAM": "http://{upstream}/v1",
            // Without this it fetches prices before it listens.
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "LITELLM_LOG": "ERROR",
            "LITELLM_MASTER_KEY": key,
            "NO_PROXY": "127.0.0.1",
        },
        "headers": [format!("authorization: Bearer {key}")],
    }))
}

fn portkey(root: &Path, folder: &Path) -> Outcome<Value> {
    let own = folder.join("portkey");
    let package = own.join("node_modules/@portkey-ai/gateway");
    if !package.exists() {
        std::fs::create_dir_all(&own)?;
        let beside: serde_json::Map<String, Value> = PORTKEY_BESIDE
            .iter()
            .map(|(name, version)| ((*name).to_owned(), json!(version)))
            .collect();
        let wanted = json!({
            "private": true,
            "dependencies": { "@portkey-ai/gateway": PORTKEY },
            "overrides": beside,
        });
        std::fs::write(own.join("package.json"), wanted.to_string())?;
        println!("installing Portkey {PORTKEY}");
        Cmd::new("npm", &["install", "--no-audit", "--no-fund", "--silent", "--prefix"])
            .arg(own.display().to_string())
            .output(root)?;
    }
    Ok(json!({
        "name": format!("ref Portkey gateway {PORTKEY}"),
        "command": [
            "node", package.join("build/start-server.js").display().to_string(), "--port={port}", "--headless",
        ],
        "env": { "PORT": "{port}", "NODE_ENV": "production" },
        "headers": [
            "x-portkey-provider: openai",
            "x-portkey-custom-host: http://{upstream}/v1",
            "authorization: Bearer none",
        ],
    }))
}
