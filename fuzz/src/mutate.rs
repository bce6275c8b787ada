//! Inputs beside those of the corpus, by chance, from a seed.

use ft_core::Entropy;

/// What means something to one of the targets, or has meant too much to another program.
const WORDS: &[&str] = &[
    "data: ",
    "\n\n",
    "\r\n",
    "\r",
    "event: error\n",
    "[DONE]",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\\",
    "\\u0000",
    "\\ud800",
    "null",
    "-1",
    "1e999",
    "18446744073709551615",
    "99999999999999999999999999",
    "0.1",
    "\"content\":",
    "\"choices\":[",
    "\"error\":",
    "\"finish_reason\":\"stop\"",
    "\"finish_reason\":\"error\"",
    "\"index\":4294967295",
    "\"index\":-1",
    "\"tool_calls\":[{\"index\":0}]",
    "\"delta\":{}",
    "\"message\":{}",
    "\"usage\":{}",
    "\u{feff}",
    "\0",
    "\u{fffd}",
    "é",
    "🎉",
    ": c\n",
    "id: 1\n",
    "retry: 1\n",
    "${",
    "${A:-b}",
    "\"7d\"",
    "\"$1e9\"",
    "1_000",
    "[[",
    "]]",
    "= ",
    "inf",
    "nan",
    "true",
    "'''",
    "#",
    "\"\"\"",
    "Wed, 21 Oct 2099 07:28:00 GMT",
    "[[[[[[[[[[[[[[[[",
    "{\"a\":{\"a\":",
];

/// An input made of those of the corpus: flipped, cut, doubled, spliced.
#[must_use]
pub fn mutated(draw: &mut Entropy, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut data = any(draw, corpus).clone();
    for _ in 0..=draw.below(6) {
        let at = place(draw, data.len() + 1);
        let to = (at + place(draw, 200)).min(data.len());
        match draw.below(7) {
            0 if at < data.len() => data[at] ^= 1 << draw.below(8),
            1 => drop(data.splice(at..at, any(draw, WORDS).bytes())),
            2 => drop(data.splice(at..to, any(draw, WORDS).bytes())),
            3 => drop(data.drain(at..to)),
            4 => {
                let part = data[at..to].repeat(1 + place(draw, 4));
                data.splice(at..at, part);
            }
            5 => data.truncate(at),
            _ => {
                let other = any(draw, corpus);
                let from = place(draw, other.len() + 1);
                let part = other[from..(from + place(draw, 300)).min(other.len())].to_vec();
                data.splice(at..at, part);
            }
        }
    }
    data
}

fn any<'a, T>(draw: &mut Entropy, of: &'a [T]) -> &'a T {
    &of[place(draw, of.len())]
}

fn place(draw: &mut Entropy, below: usize) -> usize {
    usize::try_from(draw.below(below as u64)).unwrap_or(0)
}
