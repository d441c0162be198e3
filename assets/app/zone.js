// The time zone of the browser, as long as the account has none: it is told once, and never instead of what a person
// has chosen, of which the server takes care.

const told = safeStorage("sessionStorage");
const name = `tickbox-zone ${account()}`;

async function tellZone() {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  if (!timeZone || told.get(name)) return;
  const body = new URLSearchParams({ account: account(), time_zone: timeZone, guess: "1" });
  const { ok } = await fetch("/settings", { method: "POST", body, redirect: "manual", keepalive: true });
  if (!ok) return;
  told.set(name, timeZone);
  // What is overdue may be another day's.
  if (find("#todos time:not([datetime$=Z])")) document.dispatchEvent(new Event("tickbox:outdated"));
}

if (find("[data-zone-unknown]")) tellZone().catch(() => {}); // The next page of the list tells it.
