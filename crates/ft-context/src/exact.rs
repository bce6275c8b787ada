//! Exact counts by OpenAI's own encodings.

use crate::{Counter, Overhead, TokenCount};

/// Counts with one of OpenAI's encodings.
///
/// Linear in the text, whatever it is. The first count of a process loads the vocabulary, some 90 ms; call
/// [`load`](Self::load) at start to have that behind.
#[derive(Clone, Copy, Debug)]
pub struct Exact {
    encoding: Encoding,
    overhead: Overhead,
}

#[derive(Clone, Copy, Debug)]
enum Encoding {
    O200k,
    Cl100k,
}

impl Exact {
    /// gpt-4o, gpt-4.1, gpt-5 and the o-series.
    pub const O200K: Self = Self { encoding: Encoding::O200k, overhead: Overhead::OPENAI };
    /// gpt-4o-mini.
    pub const O200K_DEAR_IMAGES: Self =
        Self { encoding: Encoding::O200k, overhead: Overhead::OPENAI_DEAR_IMAGES };
    /// gpt-4 and gpt-3.5.
    pub const CL100K: Self = Self { encoding: Encoding::Cl100k, overhead: Overhead::OPENAI };

    /// Loads the vocabulary now instead of at the first count.
    pub fn load(&self) {
        self.tokenizer();
    }

    fn tokenizer(&self) -> &'static bpe_openai::Tokenizer {
        match self.encoding {
            Encoding::O200k => bpe_openai::o200k_base(),
            Encoding::Cl100k => bpe_openai::cl100k_base(),
        }
    }
}

impl Counter for Exact {
    fn count_text(&self, text: &str) -> TokenCount {
        // An empty text needs no vocabulary.
        if text.is_empty() {
            return TokenCount::ZERO;
        }
        TokenCount::exact(self.tokenizer().count(text) as u64)
    }

    fn overhead(&self) -> &Overhead {
        &self.overhead
    }
}
