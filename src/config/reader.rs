//! Reads environment variables: default, parser and error message of each.

use std::{ffi::OsString, io::IsTerminal as _};

use secrecy::SecretString;
use tracing_subscriber::filter::{LevelFilter, Targets};
use url::Url;

use super::{LogFormat, secret};

/// Two years.
const HSTS: &str = "max-age=63072000";
const HSTS_SUBDOMAINS: &str = "max-age=63072000; includeSubDomains";
const HSTS_FORGOTTEN: &str = "max-age=0";

/// Reads variables and collects the errors.
pub(super) struct EnvReader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<OsString>,
    /// Each names its variable.
    pub(super) problems: Vec<String>,
}

impl<'a> EnvReader<'a> {
    pub(super) fn new(lookup: &'a dyn Fn(&str) -> Option<OsString>) -> Self {
        Self {
            lookup,
            problems: Vec::new(),
        }
    }

    /// The text of a variable. An empty one is unset: that is how compose files omit one. One that is not UTF-8 is
    /// an error, and counts as set.
    pub(super) fn get(&mut self, name: &str) -> Option<String> {
        let value = (self.lookup)(name).filter(|value| !value.is_empty())?;
        let text = value.into_string().unwrap_or_else(|value| {
            let problem = format!("{name} must be text in UTF-8");
            if !self.problems.contains(&problem) {
                self.push_error(problem);
            }
            value.to_string_lossy().into_owned()
        });
        Some(text)
    }

    pub(super) fn push_error(&mut self, problem: impl Into<String>) {
        self.problems.push(problem.into());
    }

    /// Parses a variable. The error names the variable and the expected form, never the value: it may be a secret.
    pub(super) fn value<T>(
        &mut self,
        name: &str,
        default: T,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> T {
        let Some(text) = self.get(name) else {
            return default;
        };
        parse(&text).unwrap_or_else(|| {
            self.push_error(format!("{name} must be {expected}"));
            default
        })
    }

    /// A secret; `remedy` completes the error message.
    fn secret(&mut self, name: &str, remedy: &str) -> Option<SecretString> {
        let text = self.get(name)?;
        let Some(fault) = secret::weakness(&text) else {
            return Some(text.into());
        };
        self.push_error(format!("{name} must be {fault}: {remedy}"));
        None
    }

    /// The secret that is being rotated out.
    pub(super) fn previous_secret(&mut self, name: &str) -> Option<SecretString> {
        let remedy = "leave it out, and clients whose tokens it signed refresh them";
        self.secret(name, remedy)
    }

    pub(super) fn required_secret(&mut self, name: &str) -> Option<SecretString> {
        if self.get(name).is_none() {
            self.push_error(format!("{name} is missing: set it to 32 random bytes or more, such as the output of `openssl rand -hex 32`"));
        }
        self.secret(name, "set it to the output of `openssl rand -hex 32`")
    }

    pub(super) fn public_origin(&mut self) -> Option<String> {
        let expected =
            "the origin of the pages, such as https://todo.example.org, with nothing behind it";
        self.value("PUBLIC_ORIGIN", None, expected, |text| {
            origin(text).map(Some)
        })
    }

    pub(super) fn hsts(&mut self) -> Option<&'static str> {
        let (default, expected) = (Some(HSTS_SUBDOMAINS), "off, on, subdomains or forget");
        self.value("HSTS", default, expected, |text| match text {
            "off" => Some(None),
            "on" => Some(Some(HSTS)),
            "subdomains" => Some(Some(HSTS_SUBDOMAINS)),
            "forget" => Some(Some(HSTS_FORGOTTEN)),
            _ => None,
        })
    }

    pub(super) fn log_format(&mut self) -> LogFormat {
        let default = if std::io::stderr().is_terminal() {
            LogFormat::Pretty
        } else {
            LogFormat::Json
        };
        self.value("LOG_FORMAT", default, "pretty or json", |text| match text {
            "pretty" => Some(LogFormat::Pretty),
            "json" => Some(LogFormat::Json),
            _ => None,
        })
    }

    pub(super) fn log_filter(&mut self) -> Targets {
        let default = Targets::new().with_default(LevelFilter::INFO);
        let expected = "a filter such as info or tickbox=debug,warn";
        self.value("RUST_LOG", default, expected, |text| {
            // The library takes an empty part for a level of its own.
            let is_whole = text.split(',').all(|part| !part.is_empty());
            is_whole.then(|| text.parse().ok()).flatten()
        })
    }
}

/// As browsers write it: in lower case, without the port that the scheme has by itself.
fn origin(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let is_web = matches!(url.scheme(), "http" | "https");
    let origin = url.origin().ascii_serialization();
    let is_bare = url.as_str().strip_suffix('/') == Some(origin.as_str());
    (is_web && is_bare).then_some(origin)
}
