//! The plan of a to-do in bodies of requests and answers: notes, due date, priority and repeat.

use std::fmt;

use poem_openapi::Object;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};

use crate::domain::todo::Repeat as Rule;

/// How a to-do repeats: completing it sets its next due date and leaves it open.
#[derive(Debug, Object, Serialize)]
pub(in crate::api) struct Repeat {
    /// The unit: `day`, `week`, `month` or `year`.
    every: String,
    /// How many units lie between two due dates.
    interval: u32,
    /// With `week` the days on which it is due, Monday first; empty for the weekday of the due date.
    weekdays: Vec<String>,
    /// What the next due date is counted from: `due`, the due date, or `completion`, the day of completion.
    from: String,
    /// The last date that it may be due at; null repeats for ever.
    until: Option<String>,
}

impl From<Rule> for Repeat {
    fn from(rule: Rule) -> Self {
        let parts = rule.parts();
        Self {
            every: parts.every.as_str().to_owned(),
            interval: parts.interval,
            weekdays: parts.weekdays.names().map(str::to_owned).collect(),
            from: parts.from.as_str().to_owned(),
            until: parts.until.map(|date| date.to_string()),
        }
    }
}

/// How a to-do shall repeat. It needs a due date. The day of the month is that of the due date; a month that lacks it
/// has its last day instead, and the next one has it again.
#[derive(Default, Deserialize, Object)]
#[oai(deny_unknown_fields)]
#[serde(default, deny_unknown_fields, remote = "Self")]
pub(in crate::api) struct SetRepeat {
    /// The unit: `day`, `week`, `month` or `year`.
    pub(in crate::api) every: String,
    /// How many units lie between two due dates; left out, one.
    pub(in crate::api) interval: Option<u32>,
    /// With `week` the days on which it is due: `mo`, `tu`, `we`, `th`, `fr`, `sa`, `su`; left out, the weekday of the
    /// due date.
    pub(in crate::api) weekdays: Option<Vec<String>>,
    /// What the next due date is counted from: `due`, the due date, which is also what leaving it out means, or
    /// `completion`, the day of completion.
    pub(in crate::api) from: Option<String>,
    /// The last date that it may be due at; left out, it repeats for ever.
    pub(in crate::api) until: Option<String>,
}

/// An object alone: serde would take a list for one too, field by field.
impl<'de> Deserialize<'de> for SetRepeat {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = SetRepeat;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SetRepeat, A::Error> {
                SetRepeat::deserialize(MapAccessDeserializer::new(map))
            }
        }

        deserializer.deserialize_map(Members)
    }
}
