// Times in the zone and the language of the visitor; the server writes UTC. A due date is of no zone: only its
// language changes.

const moment = { dateStyle: "medium", timeStyle: "short" };
const day = { dateStyle: "medium" };

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
const formatter = (style) => new Intl.DateTimeFormat(languages.length ? languages : "en-GB", style);
const [moments, days] = [formatter(moment), formatter(day)];

function localise(part) {
  for (const time of part.querySelectorAll("time")) {
    const isDay = !time.dateTime.includes("T");
    const written = isDay ? days : moments;
    time.lang = written.resolvedOptions().locale;
    // A date alone would be read as one of UTC.
    time.textContent = written.format(new Date(isDay ? `${time.dateTime}T00:00` : time.dateTime));
  }
}

on("htmx:after:settle", ({ target }) => localise(target));
localise(document);
