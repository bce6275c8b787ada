//! Everything that is wrong with a configuration, gathered so that it can be told at once.

use super::InvalidConfig;

/// Mistakes that were found independently of each other, the first one of each field.
#[derive(Debug, Default)]
pub struct Mistakes(Vec<InvalidConfig>);

impl Mistakes {
    /// Notes what is wrong, if something is.
    pub fn add(&mut self, checked: Result<(), InvalidConfig>) {
        let _ = self.keep(checked);
    }

    /// The same of something that is there unless it is wrong.
    pub fn keep<T>(&mut self, checked: Result<T, InvalidConfig>) -> Option<T> {
        let wrong = match checked {
            Ok(value) => return Some(value),
            Err(wrong) => wrong,
        };
        for wrong in wrong.into_all() {
            let known = self.0.iter().any(|other| other.is_about(&wrong));
            if !known {
                self.0.push(wrong);
            }
        }
        None
    }

    /// Nothing, or all of them as one error, in the order in which they were found until lines give one.
    ///
    /// # Errors
    /// When something was wrong.
    pub fn end(self) -> Result<(), InvalidConfig> {
        InvalidConfig::of_all(self.0).map_or(Ok(()), Err)
    }
}
