// Times in the zone and the language of the visitor; the server writes UTC.

const style = { dateStyle: "medium", timeStyle: "short" };

// Some systems name a language in a way that browsers pass on and do not know: "C", "en-US@posix".
function isKnown(language) {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(language).length > 0;
  } catch {
    return false;
  }
}

const languageTag = (language) => language.replace(/[@.].*/, "").replace(/_/g, "-");
const languages = [...(navigator.languages ?? [])].map(languageTag).filter(isKnown);
const formatter = new Intl.DateTimeFormat(languages.length ? languages : "en-GB", style);

function localise(part) {
  for (const time of part.querySelectorAll("time")) {
    time.lang = formatter.resolvedOptions().locale;
    time.textContent = formatter.format(new Date(time.dateTime));
  }
}

on("htmx:after:settle", ({ target }) => localise(target));
localise(document);
