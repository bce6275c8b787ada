//! What must not happen while a lock is held: anything that runs code of others, or ends a value whose end may take
//! the same lock.
//!
//! A guard is found where it is bound: `let guard = ….lock()…`, or by a function of the file that returns one. It is
//! held until the block ends or it is dropped by name.

use super::Violation;
use super::source::has_word;
use super::tree::{TextFile, Tree};

/// What runs code of others, and what to do instead.
const FOREIGN: &[(&str, &str)] = &[
    (
        "upgrade",
        "the last pointer may die here, and with it what takes this lock: keep such maps in a registry",
    ),
    ("wake", "a waker is code of others: take it out, release the lock, then wake"),
    ("abort", "an aborted task may be dropped here: release the lock first"),
    ("spawn", "a runtime that has ended drops the task here: release the lock first"),
    ("send", "what cannot be sent is dropped here: release the lock first"),
];

/// Where maps of weak pointers are kept, and tested under every order of threads.
const REGISTRIES: &[&str] = &["registry.rs"];

pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in tree.rust().filter(|file| file.path.starts_with("crates/") && !file.is_test()) {
        held(file, &mut found);
    }
    found
}

/// A guard, and how deep in blocks it was bound.
struct Guard<'a> {
    name: &'a str,
    depth: usize,
}

fn held(file: &TextFile, found: &mut Vec<Violation>) {
    let source = file.source();
    let givers = givers(source.product().map(|(_, code)| code));
    let (mut depth, mut guards) = (0_usize, Vec::<Guard<'_>>::new());
    for (line, code) in source.product() {
        if !guards.is_empty() {
            let foreign = FOREIGN.iter().filter(|(word, _)| calls(code, word));
            for (word, advice) in foreign {
                if *word == "upgrade" && REGISTRIES.contains(&file.name()) {
                    continue;
                }
                found.push(Violation::new(&file.path, line, "under-a-lock", *advice));
            }
        }
        guards.retain(|guard| !code.contains(&format!("drop({})", guard.name)));
        for c in code.chars() {
            match c {
                '{' => depth += 1,
                '}' => {
                    depth = depth.saturating_sub(1);
                    guards.retain(|guard| guard.depth <= depth);
                }
                _ => {}
            }
        }
        if let Some(name) = bound(code, &givers) {
            guards.push(Guard { name, depth });
        }
    }
}

/// The functions of a file that return a guard.
fn givers<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let gives = |code: &&str| code.contains("-> ") && code.contains("MutexGuard<");
    let name = |code: &'a str| code.split("fn ").nth(1)?.split(['(', '<']).next();
    lines.filter(gives).filter_map(name).collect()
}

/// The guard that this line binds, if it does.
fn bound<'a>(code: &'a str, givers: &[&str]) -> Option<&'a str> {
    let (names, value) = code.trim_start().strip_prefix("let ")?.split_once(" = ")?;
    let name = names.trim_start_matches("mut ");
    let plain = name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let value = value.trim_end().trim_end_matches(';').trim_end();
    // The guard itself, and not something out of it.
    let given = |giver: &&str| {
        value.contains(&format!("{giver}("))
            && value.ends_with(')')
            && value.matches('(').count() == 1
    };
    let locks = value.ends_with(".lock()")
        || value.ends_with(".lock().unwrap_or_else(PoisonError::into_inner)")
        || givers.iter().any(given);
    (plain && locks).then_some(name)
}

/// Whether a function or method of this name is called or handed on.
fn calls(code: &str, word: &str) -> bool {
    let called = code.contains(&format!(".{word}(")) || code.contains(&format!("::{word}"));
    called || (has_word(code, word) && code.contains(&format!("{word}(")) && !code.contains("fn "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(name: &str, text: &str) -> Vec<usize> {
        let tree = Tree::of(&[(name, text)]);
        check(&tree).into_iter().map(|violation| violation.line).collect()
    }

    #[test]
    fn code_of_others_under_a_lock_is_found() {
        let text = "fn a(&self) {\n    let mut held = self.calls.lock().unwrap_or_else(PoisonError::into_inner);\n    \
                    let call = held.get(&name).and_then(Weak::upgrade);\n    drop(held);\n    waker.wake();\n}\n";
        assert_eq!(lines("crates/a/src/b.rs", text), [3]);
        assert!(lines("crates/a/src/registry.rs", text).is_empty());
        assert!(lines("crates/a/tests/b.rs", text).is_empty());
    }

    #[test]
    fn a_guard_that_a_function_gives_is_one_too_and_ends_with_its_block() {
        let text = "fn state(&self) -> MutexGuard<'_, State> {\n    self.state.lock()\n}\nfn b(&self) {\n    {\n        \
                    let mut state = self.state();\n        state.readers.drain(..).for_each(Waker::wake);\n    }\n    \
                    waker.wake();\n}\n";
        assert_eq!(lines("crates/a/src/b.rs", text), [7]);
    }
}
