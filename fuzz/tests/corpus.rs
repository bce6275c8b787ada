//! The kept corpus, and mutations of it, read by every target with any compiler.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::time::Duration;

use ft_core::Entropy;
use ft_fuzz::{ALL, mutate::mutated};
use rustix::time::{ClockId, clock_gettime};

/// Mutations of each target's corpus. From a fixed seed: a run that fails fails again.
const MUTATIONS: u64 = 400;
/// Processor time that one input may take, whatever else the machine does: a quadratic reader needs minutes.
const MOST: Duration = Duration::from_secs(5);

#[test]
fn every_target_reads_its_corpus_and_what_chance_makes_of_it() {
    for (name, target) in ALL {
        let corpus = corpus(name);
        assert!(!corpus.is_empty(), "{name} has no corpus");
        let mut draw = Entropy::seeded(7);
        let mutations = (0..MUTATIONS).map(|_| mutated(&mut draw, &corpus));
        for data in corpus.iter().cloned().chain(mutations) {
            let before = processor_time();
            target(&data);
            let took = processor_time() - before;
            assert!(took < MOST, "{name} took {took:?} for {} bytes", data.len());
        }
    }
}

/// Files of `fuzz/corpus/NAME`, and of other tests' data that is of the same kind.
fn corpus(name: &str) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let of = |path: &str| files(&root.join(path));
    let mut corpus = of(&format!("corpus/{name}"));
    corpus.extend(match name {
        "stream" => of("../crates/ft-holysheep/tests/data/streams"),
        "answer" => lines(&root.join("../crates/ft-holysheep/tests/data/error-bodies.jsonl")),
        "config" => vec![std::fs::read(root.join("../docs/ft.example.toml")).unwrap()],
        "scenario" => of("../crates/ft-simulate/scenarios"),
        _ => Vec::new(),
    });
    corpus
}

fn files(folder: &Path) -> Vec<Vec<u8>> {
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .collect();
    // The order of a folder is the file system's, and chance must not be.
    paths.sort();
    paths
        .into_iter()
        .filter(|path| path.is_file())
        .map(|path| std::fs::read(path).unwrap())
        .collect()
}

fn lines(path: &Path) -> Vec<Vec<u8>> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| line.as_bytes().to_vec()).collect()
}

fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap())
}
