//! The texts of this configuration as a JSON schema describes them.

use std::borrow::Cow;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $pattern:literal, $examples:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        #[non_exhaustive]
        pub struct $name;

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                // A variable may stand for all of it or a part; its value is checked when it is read.
                json_schema!({
                    "type": "string",
                    "pattern": concat!("^(", $pattern, "|.*\\$\\{.*)$"),
                    "examples": $examples,
                })
            }
        }
    };
}

text!(
    /// A duration with its unit.
    DurationText,
    r"0|(\d+(\.\d+)? ?[a-zµ]+,? ?)+",
    ["2s", "250ms", "1m 30s", "24h"]
);
text!(
    /// An amount of money.
    MoneyText,
    r"\$?\d+(\.\d{1,12})?",
    ["$50", "$0.25"]
);
text!(
    /// A number of bytes with its unit.
    SizeText,
    r"\d+ ?([KMG]i?)?B",
    ["64MiB", "10MB", "512B"]
);
text!(
    /// The SHA-256 of a key.
    HashText,
    r"[0-9a-fA-F]{64}",
    ["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"]
);

/// A value, or `false` to turn it off.
#[derive(Clone, Copy, Debug)]
pub struct OrFalse<T>(PhantomData<T>);

impl<T: JsonSchema> JsonSchema for OrFalse<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("{}OrFalse", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [value, { "const": false }] })
    }
}
