// Makes the pages more comfortable. Every part is optional: without this file all of it works by
// plain forms and links. The server decides what changes (htmx swaps its fragments in); this file
// looks after the keyboard, the words when the network fails, times, and other tabs.

const find = (selector) => document.querySelector(selector);
const on = (name, act) => document.addEventListener(name, act);
// Not `element.id`: of a form with a field named "id", such as #add, that is the field.
const is = (element, id) => element?.getAttribute?.("id") === id;
const isRefresh = (ctx) => is(ctx.sourceElement, "refresh");

// --- Where the keyboard goes: to what the server marked; never to nowhere.

function focusMarked() {
  const marked = find("[data-focus]");
  marked?.removeAttribute("data-focus");
  marked?.focus();
}

let hadFocus = false;
const hasFocus = () => document.activeElement !== document.body;

// Only when a swap took it away: a screen reader would follow from wherever it is reading.
function keepFocus() {
  if (hadFocus && !hasFocus()) find("#main").focus({ preventScroll: true });
}

// --- Times in the zone and the language of the visitor; the server writes UTC.

const moment = new Intl.DateTimeFormat(navigator.languages, { dateStyle: "medium", timeStyle: "short" });

function localise(part) {
  for (const time of part.querySelectorAll("time")) {
    time.lang = moment.resolvedOptions().locale;
    time.textContent = moment.format(new Date(time.dateTime));
  }
}

// --- The list in other tabs of this browser.

const others = new BroadcastChannel("tickbox");
let appended = false; // "Show more" was used: the first page alone would take those rows away
let isBehind = false; // the answer is about a row that this tab does not show (any more)

function catchUp() {
  if (!document.hidden && !appended) find("#refresh")?.dispatchEvent(new Event("refresh"));
}

others.addEventListener("message", catchUp);
on("visibilitychange", catchUp);

// --- Answers.

function say(words) {
  const failure = document.createElement("p");
  failure.className = "failure";
  failure.textContent = words;
  find("#status")?.replaceChildren(failure);
}

// The way to the login page, and back with what stands in the field.
function withDraft(login) {
  const there = new URL(login, location.href);
  const back = new URL(there.searchParams.get("next") ?? "/", location.href);
  const draft = find("#description")?.value;
  if (draft) back.searchParams.set("description", draft);
  there.searchParams.set("next", back.pathname + back.search);
  return there.pathname + there.search;
}

on("htmx:error", ({ detail: { ctx } }) => {
  if (ctx && !isRefresh(ctx)) {
    say("The server could not be reached. Nothing you typed is lost: check the connection, then try again.");
  }
});

on("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  const isOurs = ctx.text.includes("<hx-partial");
  if (ctx.hx.redirect) {
    ctx.hx.redirect = withDraft(ctx.hx.redirect);
  } else if (isRefresh(ctx)) {
    if (!ctx.response.raw.ok || !isOurs) event.preventDefault(); // nobody asked for it
  } else if (!isOurs) {
    event.preventDefault(); // the page of a gateway between us
    say("The server cannot answer right now. Nothing you typed is lost: wait a few seconds, then try again.");
  }
});

on("htmx:before:swap", ({ detail: { ctx, tasks } }) => {
  hadFocus = hasFocus();
  isBehind = ctx.response.status === 404 || tasks.some(({ type, target }) => type === "partial" && !target);
  for (const { target, swapSpec, fragment } of tasks) {
    if (is(target, "add")) keepTyping(ctx, fragment.querySelector("#description"));
    if (is(target, "todos") && swapSpec.style === "innerMorph") {
      appended = false;
    } else if (is(target, "todos")) {
      appended ||= swapSpec.style === "beforeend";
      // A row that came by another way, or moved within the order, is not shown twice.
      for (const row of fragment.children) document.getElementById(row.id)?.remove();
    }
  }
});

// Whoever types on while a to-do is being added finds that text in the fresh field.
function keepTyping({ request, response }, fresh) {
  const sent = request.body.get("description");
  const typed = find("#description").value;
  const isAdded = response.raw.ok && typed.startsWith(sent);
  if (typed !== sent) fresh.setAttribute("value", isAdded ? typed.slice(sent.length) : typed);
}

on("htmx:after:settle", ({ target }) => {
  localise(target);
  focusMarked();
});

on("htmx:after:swap", ({ detail: { ctx } }) => {
  if (ctx.response.status === 404) ctx.sourceElement.closest("li")?.remove(); // it is gone
  keepFocus();
  const isInvalid = find("[aria-invalid=true]");
  document.title = (isInvalid ? "Error: " : "") + document.title.replace(/^Error: /, "");
  if (ctx.request.method !== "POST") return;
  if (ctx.response.raw.ok) {
    others.postMessage("changed");
    forgetDraft();
  }
  // An answer under way to a refresh may be older than this one.
  if (isBehind || find("#refresh.htmx-request")) catchUp();
});

// The text that came back from the login page is a to-do now: reloading must not offer it again.
function forgetDraft() {
  const here = new URL(location.href);
  here.searchParams.delete("description");
  if (here.href !== location.href) history.replaceState(history.state, "", here);
}

// --- Keys: single letters only where nothing is typed, and only until they are switched off.

const keys = find("#keys");
const isOn = () => localStorage.getItem("tickbox-keys") !== "off";

on("keydown", (event) => {
  const isTyping = event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (!keys || keys.open || isTyping || !isOn()) return;
  if (event.key === "n") find("#description").focus();
  else if (event.key === "?") keys.showModal();
  else return;
  event.preventDefault();
});

if (keys) {
  const open = find("#keys-open");
  const letters = find("#keys-letters");
  open.hidden = false;
  open.addEventListener("click", () => keys.showModal());
  letters.checked = isOn();
  letters.addEventListener("change", () => localStorage.setItem("tickbox-keys", letters.checked ? "on" : "off"));
}

// --- A password can be looked at before it is sent.

for (const input of document.querySelectorAll("input[type=password]")) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "show", textContent: "Show", ariaPressed: "false" });
  button.ariaLabel = `Show ${input.labels[0].textContent.toLowerCase()}`;
  const show = (shown) => {
    input.type = shown ? "text" : "password";
    button.ariaPressed = String(shown);
  };
  button.addEventListener("click", () => show(input.type === "password"));
  input.form.addEventListener("submit", () => show(false)); // browsers remember and keep text fields
  input.after(button);
}

localise(document);
focusMarked();
