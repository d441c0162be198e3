// Times in the zone and the language of the visitor; the server writes UTC.

const moment = new Intl.DateTimeFormat(navigator.languages, { dateStyle: "medium", timeStyle: "short" });

function localise(part) {
  for (const time of part.querySelectorAll("time")) {
    time.lang = moment.resolvedOptions().locale;
    time.textContent = moment.format(new Date(time.dateTime));
  }
}

on("htmx:after:settle", ({ target }) => localise(target));
localise(document);
