//! The priority of a to-do.

use crate::domain::error::{FieldCode, FieldError};

/// How urgent a to-do is: words, because numbers run both ways (Todoist's API counts 4 as the highest, iCalendar 1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Not said.
    #[default]
    None,
    /// Can wait.
    Low,
    /// In between.
    Medium,
    /// First of all.
    High,
}

impl Priority {
    /// The names, the highest first.
    pub const NAMES: [&'static str; 4] = ["high", "medium", "low", "none"];

    /// Parses a name.
    ///
    /// # Errors
    /// When there is no such priority.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        match text {
            "high" => Ok(Self::High),
            "medium" => Ok(Self::Medium),
            "low" => Ok(Self::Low),
            "none" => Ok(Self::None),
            _ => Err(FieldError::new(
                "priority",
                FieldCode::InvalidValue,
                "The priority is high, medium, low or none",
            )),
        }
    }

    /// The stored form, which rises with it.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Low => 1,
            Self::Medium => 2,
            Self::High => 3,
        }
    }

    /// Reads the stored form; a code of a newer version says nothing.
    #[must_use]
    pub fn from_code(code: u8) -> Self {
        match code {
            1 => Self::Low,
            2 => Self::Medium,
            3 => Self::High,
            _ => Self::None,
        }
    }

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
            Self::None => "none",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_priority_has_the_name_that_it_is_parsed_from() {
        for name in Priority::NAMES {
            let priority = Priority::parse(name).expect(name);
            assert_eq!(priority.as_str(), name);
            assert_eq!(Priority::from_code(priority.code()), priority);
        }
        for text in ["", "High", "1", "urgent"] {
            assert!(Priority::parse(text).is_err(), "{text}");
        }
        assert!(Priority::High > Priority::Medium && Priority::Low > Priority::None);
    }
}
