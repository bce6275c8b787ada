//! The catalogue's file format, read field by field, so that an error can name row, field and rule.

use std::collections::BTreeSet;

use ft_core::{Capabilities, ModelCard};
use toml::{Table, Value};

use super::{Catalogue, CatalogueError, Row};
use crate::{Day, Price, Rate, Rates, Tier};

/// Reads a file. A row of a model that `base` has may leave out what it does not change.
pub(super) fn read(text: &str, base: &Catalogue) -> Result<Catalogue, CatalogueError> {
    let file: Table = text.parse().map_err(|error: toml::de::Error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = 1 + text.bytes().take(start).filter(|byte| *byte == b'\n').count();
        CatalogueError::new("file", format_args!("line {line}"), error.message())
    })?;
    let mut file = Fields { row: "file".into(), path: String::new(), table: file };
    let rows = file.tables("models")?;
    file.finish()?;
    let mut catalogue = Catalogue::empty();
    let mut seen = BTreeSet::new();
    for (place, row) in rows.into_iter().enumerate() {
        let row =
            read_row(Fields { row: format!("models[{place}]"), path: String::new(), ..row }, base)?;
        if !seen.insert((row.card.provider.clone(), row.card.model.clone())) {
            let rule = "this profile has a row of this model already";
            return Err(CatalogueError::new(row.label(), "model", rule));
        }
        catalogue.put(row);
    }
    Ok(catalogue)
}

fn read_row(mut fields: Fields, base: &Catalogue) -> Result<Row, CatalogueError> {
    let profile = fields.required("profile", Fields::text)?;
    let model = fields.required("model", Fields::text)?;
    fields.row = format!("{profile}/{model}");
    let known = base.row(&profile, &model);
    let mut card = known.map_or_else(|| ModelCard::new(profile, model, 0), |row| row.card.clone());
    match fields.count("context_window")? {
        Some(window) => card.context_window = window,
        None if known.is_some() => {}
        None => return Err(fields.error("context_window", MISSING)),
    }
    card.max_output = fields.count("max_output")?.or(card.max_output);
    card.deprecated_on = fields.text("deprecated_on")?.or(card.deprecated_on);
    if let Some(capabilities) = fields.capabilities()? {
        card.capabilities = capabilities;
    }
    let basis = fields.text("quality_basis")?;
    let quality_basis = match fields.number("quality")? {
        Some(quality) => {
            card.quality = quality;
            Some(basis.unwrap_or_else(|| "judgement".into()))
        }
        None if basis.is_some() => return Err(fields.error("quality", MISSING)),
        None => known.and_then(|row| row.quality_basis.clone()),
    };
    let source = fields.required("source", Fields::text)?;
    let as_of = fields.required("as_of", Fields::day)?;
    let prices = fields
        .tables("prices")?
        .into_iter()
        .map(|price| read_price(price, &source, as_of))
        .collect::<Result<Vec<_>, _>>()?;
    fields.finish()?;
    let prices = match known {
        Some(known) if prices.is_empty() => known.prices.clone(),
        Some(_) | None => prices,
    };
    let row = Row { card, quality_basis, prices, source, as_of };
    row.validate()?;
    Ok(row)
}

fn read_price(mut fields: Fields, source: &str, as_of: Day) -> Result<Price, CatalogueError> {
    let price = Price {
        rates: read_rates(&mut fields)?,
        tiers: fields
            .tables("tiers")?
            .into_iter()
            .map(|mut tier| {
                let min_input_tokens = tier.required("min_input_tokens", Fields::count)?;
                let rates = read_rates(&mut tier)?;
                tier.finish()?;
                Ok(Tier { min_input_tokens, rates })
            })
            .collect::<Result<_, _>>()?,
        effective_from: fields.day("effective_from")?,
        effective_until: fields.day("effective_until")?,
        source: fields.text("source")?.unwrap_or_else(|| source.into()),
        as_of: fields.day("as_of")?.unwrap_or(as_of),
        free: fields.flag("free")?.unwrap_or(false),
    };
    fields.finish()?;
    Ok(price)
}

fn read_rates(fields: &mut Fields) -> Result<Rates, CatalogueError> {
    Ok(Rates {
        input: fields.required("input", Fields::rate)?,
        cached_input: fields.rate("cached_input")?,
        cache_write: fields.rate("cache_write")?,
        output: fields.required("output", Fields::rate)?,
    })
}

const MISSING: &str = "is missing";

/// A table whose fields are taken out one by one; what is left in the end is unknown.
struct Fields {
    row: String,
    path: String,
    table: Table,
}

impl Fields {
    fn error(&self, field: &str, rule: impl std::fmt::Display) -> CatalogueError {
        CatalogueError::new(&self.row, format_args!("{}{field}", self.path), rule)
    }

    fn required<T>(
        &mut self,
        field: &str,
        read: impl FnOnce(&mut Self, &str) -> Result<Option<T>, CatalogueError>,
    ) -> Result<T, CatalogueError> {
        read(self, field)?.ok_or_else(|| self.error(field, MISSING))
    }

    fn text(&mut self, field: &str) -> Result<Option<String>, CatalogueError> {
        match self.table.remove(field) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.error(field, "must be a string")),
        }
    }

    fn day(&mut self, field: &str) -> Result<Option<Day>, CatalogueError> {
        let text = match self.table.remove(field) {
            None => return Ok(None),
            Some(Value::String(text)) => text,
            Some(Value::Datetime(day)) => day.to_string(),
            Some(_) => return Err(self.error(field, "must be a date")),
        };
        text.parse().map(Some).map_err(|error| self.error(field, error))
    }

    fn count(&mut self, field: &str) -> Result<Option<u64>, CatalogueError> {
        match self.table.remove(field) {
            None => Ok(None),
            Some(Value::Integer(count)) => u64::try_from(count)
                .map(Some)
                .map_err(|_| self.error(field, "must not be negative")),
            Some(_) => Err(self.error(field, "must be a whole number of tokens")),
        }
    }

    fn number(&mut self, field: &str) -> Result<Option<f64>, CatalogueError> {
        match self.table.remove(field) {
            None => Ok(None),
            Some(Value::Float(number)) => Ok(Some(number)),
            Some(Value::Integer(0)) => Ok(Some(0.0)),
            Some(Value::Integer(1)) => Ok(Some(1.0)),
            Some(_) => Err(self.error(field, "must be a number from 0 to 1")),
        }
    }

    fn flag(&mut self, field: &str) -> Result<Option<bool>, CatalogueError> {
        match self.table.remove(field) {
            None => Ok(None),
            Some(Value::Boolean(flag)) => Ok(Some(flag)),
            Some(_) => Err(self.error(field, "must be true or false")),
        }
    }

    fn rate(&mut self, field: &str) -> Result<Option<Rate>, CatalogueError> {
        let text = match self.table.remove(field) {
            None => return Ok(None),
            Some(Value::String(text)) => text,
            Some(Value::Integer(dollars)) => dollars.to_string(),
            Some(Value::Float(number)) if !number.is_finite() => {
                return Err(
                    self.error(field, "must be a finite price, in a string such as \"0.028\"")
                );
            }
            Some(_) => {
                let rule = "must be a string such as \"0.028\", dollars per million tokens: a float is not exact";
                return Err(self.error(field, rule));
            }
        };
        text.parse().map(Some).map_err(|error| self.error(field, error))
    }

    fn capabilities(&mut self) -> Result<Option<Capabilities>, CatalogueError> {
        let rule = "must be an array of \"tools\", \"vision\", \"json\", \"prefill\"";
        let names = match self.table.remove("capabilities") {
            None => return Ok(None),
            Some(Value::Array(names)) => names,
            Some(_) => return Err(self.error("capabilities", rule)),
        };
        let mut capabilities = Capabilities::NONE;
        for name in names {
            match name.as_str() {
                Some("tools") => capabilities.tools = true,
                Some("vision") => capabilities.vision = true,
                Some("json") => capabilities.json = true,
                Some("prefill") => capabilities.prefill = true,
                Some(_) | None => return Err(self.error("capabilities", rule)),
            }
        }
        Ok(Some(capabilities))
    }

    fn tables(&mut self, field: &str) -> Result<Vec<Self>, CatalogueError> {
        let tables = match self.table.remove(field) {
            None => return Ok(Vec::new()),
            Some(Value::Array(tables)) => tables,
            Some(_) => return Err(self.error(field, "must be an array of tables")),
        };
        let inner = |(place, value)| match value {
            Value::Table(table) => {
                let path = format!("{}{field}[{place}].", self.path);
                Ok(Self { row: self.row.clone(), path, table })
            }
            _ => Err(self.error(field, "must be an array of tables")),
        };
        tables.into_iter().enumerate().map(inner).collect()
    }

    fn finish(self) -> Result<(), CatalogueError> {
        match self.table.keys().next() {
            None => Ok(()),
            Some(field) => Err(self.error(field, "is no field of a catalogue")),
        }
    }
}
