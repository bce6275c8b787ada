//! What a provider's template adds to the texts of a request.

/// Tokens that a request costs beyond its texts.
///
/// For text alone OpenAI publishes the rule (cookbook, "How to count tokens with tiktoken": three tokens per
/// message, one for its role, one for a name, three to begin the answer). The templates around tools and
/// the price of an image are not published in a form that can be counted, so those figures err high and a
/// count in which they take part is never exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overhead {
    /// Tokens of every request, among them those that begin the answer.
    pub per_request: u64,
    /// Tokens around every message, its role included.
    pub per_message: u64,
    /// Tokens around a tool call, beside its id, name and arguments.
    pub per_tool_call: u64,
    /// Tokens around a tool's definition, beside its JSON.
    pub per_tool: u64,
    /// Tokens of a request that has tools at all: the instructions on how to call them.
    pub for_tools: u64,
    /// Tokens of one image, whatever its size: the flat bound.
    pub per_image: u64,
}

impl Overhead {
    /// OpenAI's chat models.
    ///
    /// An image of high detail is scaled to at most 768 × 2048 pixels, eight tiles: 85 + 8 × 170 = 1,445
    /// tokens; models that count patches take at most 1,536 of them, times 2.46 on the nano models: 3,779
    /// (OpenAI, "Images and vision", 2025). The larger is the bound. gpt-4o-mini multiplies its image tokens
    /// so that an image costs what it costs on gpt-4o; see [`counter_for`](crate::counter_for).
    pub const OPENAI: Self = Self {
        per_request: 3,
        per_message: 4,
        per_tool_call: 8,
        per_tool: 16,
        for_tools: 16,
        per_image: 3_779,
    };

    /// gpt-4o-mini, on which an image counts 2,833 tokens and 5,667 for each of up to eight tiles.
    pub const OPENAI_DEAR_IMAGES: Self = Self { per_image: 48_169, ..Self::OPENAI };

    /// Anthropic's models: up to 530 tokens of instructions as soon as there are tools, the most in Anthropic's
    /// table ("Tool use pricing and tokens", Claude 3). An image is width × height / 750 tokens, some 1,600 for
    /// the largest that is not scaled down; three times that leaves room for models that take larger ones.
    pub const ANTHROPIC: Self = Self {
        per_request: 8,
        per_message: 5,
        per_tool_call: 24,
        per_tool: 24,
        for_tools: 530,
        per_image: 4_800,
    };

    /// Everyone else: the most of what the open chat templates add, and Anthropic's image bound.
    pub const OTHER: Self = Self {
        per_request: 8,
        per_message: 6,
        per_tool_call: 24,
        per_tool: 24,
        for_tools: 256,
        per_image: 4_800,
    };
}
