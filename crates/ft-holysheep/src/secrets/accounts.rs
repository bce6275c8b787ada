//! Names of accounts in a vendor's words: organisations, projects, teams, and keys as vendors mask them.
//!
//! Which of them are ours nobody has told us, so they are known by their form: by how vendors begin them, or by the
//! word before them.

use std::ops::Range;

/// What vendors begin the names of organisations, projects, accounts and users with.
const NAMES: [&str; 9] =
    ["org-", "org_", "proj-", "proj_", "acct-", "acct_", "user-", "user_", "wrkspc_"];
/// What they begin keys with.
const KEYS: [&str; 8] = ["sk-", "sk_", "gsk_", "xai-", "pplx-", "nvapi-", "AIzaSy", "hf_"];
/// Words that a name follows.
const BEFORE: [&str; 12] = [
    "account",
    "accounts",
    "consumer",
    "organisation",
    "organization",
    "org",
    "project",
    "project_number",
    "projects",
    "team",
    "tenant",
    "workspace",
];
/// A name has as many characters at least.
const SHORTEST: usize = 4;

/// The text with each of them as `***`.
pub(super) fn hidden(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut kept = 0;
    let mut before: Option<Range<usize>> = None;
    for word in words(text) {
        let between = before.clone().map(|last| (&text[last.clone()], &text[last.end..word.start]));
        let named =
            between.is_some_and(|(last, between)| is_named(&text[word.clone()], last, between));
        if named || is_name(&text[word.clone()]) {
            out.push_str(&text[kept..word.start]);
            out.push_str("***");
            kept = word.end;
        }
        // A path says `account` too: `vendor.com/account/rate-limits`.
        let in_path = text[..word.start].ends_with(['/', '.']);
        before = (!in_path).then_some(word);
    }
    out.push_str(&text[kept..]);
    out
}

/// The runs of characters that names and keys are made of.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    let is_part =
        |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '-' | '*' | '@' | '.');
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + text[from..].find(is_part)?;
        let rest = &text[start..];
        let end = start + rest.find(|it| !is_part(it)).unwrap_or(rest.len());
        from = end;
        // The full stop is the sentence's.
        Some(start..start + text[start..end].trim_end_matches(['.', '-']).len())
    })
}

/// Whether a word shows by itself that it is a name or a key.
fn is_name(word: &str) -> bool {
    let rest_of = |list: &[&str]| {
        let rest = list.iter().find_map(|prefix| word.strip_prefix(prefix));
        rest.filter(|rest| rest.len() >= SHORTEST)
    };
    let is_mail = word.split_once('@').is_some_and(|(who, at)| !who.is_empty() && at.contains('.'));
    let is_masked = word.contains("***") && word.contains(|it| it != '*');
    let coined = |it: char| it.is_ascii_digit() || it.is_ascii_uppercase();
    is_mail
        || is_masked
        || rest_of(&KEYS).is_some()
        || rest_of(&NAMES).is_some_and(|it| it.contains(coined))
}

/// Whether a word is a name by what stands before it.
fn is_named(word: &str, last: &str, between: &str) -> bool {
    let last = last.to_ascii_lowercase();
    let numbered = last == "user" && between.ends_with('[');
    let quoted = between.ends_with(['\'', '"', '`', '[']);
    // A lone one is a genitive's.
    let near = !matches!(between, "" | "'")
        && between.chars().all(|it| matches!(it, ' ' | '\'' | '"' | '`' | '[' | ':' | '=' | '/'));
    // `/` comes after a plural: `projects/1234`.
    let near = near && (last.ends_with('s') || !between.contains('/'));
    let coined = word.len() >= SHORTEST
        && (word.contains(|it: char| it.is_ascii_digit() || matches!(it, '-' | '_'))
            || !word.contains(|it: char| !it.is_ascii_uppercase()));
    near && (numbered || (BEFORE.contains(&&*last) && (quoted || coined)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_accounts_are_hidden_in_the_words_of_vendors() {
        for (said, told) in [
            ("in organization org-AbC123xyz on tokens", "in organization *** on tokens"),
            ("(org: org-FAKE, model: claude)", "(org: ***, model: claude)"),
            ("in organization `org_FAKE` service tier", "in organization `***` service tier"),
            ("Account fake-account is suspended", "Account *** is suspended"),
            ("Your team FAKE has used all", "Your team *** has used all"),
            ("consumer 'project_number:000000000000'.", "consumer '***:***'."),
            ("user [12345] quota [50000000]", "user [***] quota [50000000]"),
            ("Your api key: ****FAKE is invalid", "Your api key: *** is invalid"),
            ("TokenStatusExhausted[sk-FAK***AKE]", "TokenStatusExhausted[***]"),
            ("write to jane.doe@example.com.", "write to ***."),
            ("projects/my-project-12/locations", "projects/***/locations"),
            ("not found for account 'FAKE'", "not found for account '***'"),
        ] {
            assert_eq!(hidden(said), told);
        }
    }

    #[test]
    fn other_words_stay() {
        for said in [
            "Visit https://platform.openai.com/account/rate-limits to learn more.",
            "would exceed your organization's rate limit of 30,000 input tokens",
            "roles must alternate between \"user\" and \"assistant\"",
            "the user-agent of an org-level project; please check your account. **Now**",
            "This model's maximum context length is 4097 tokens, a@b",
            "额度不足 é",
        ] {
            assert_eq!(hidden(said), said);
        }
    }
}
