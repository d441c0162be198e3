// Where the keyboard goes: to what the server marked; never to nowhere.

function focusMarked() {
  const marked = find("[data-focus]");
  marked?.removeAttribute("data-focus");
  marked?.focus();
}

let hadFocus = false;
const hasFocus = () => document.activeElement !== document.body;

on("htmx:before:swap", () => {
  hadFocus = hasFocus();
});

// Only when a swap took it away: a screen reader would follow from wherever it is reading.
on("htmx:after:swap", () => {
  if (hadFocus && !hasFocus()) find("#main").focus({ preventScroll: true });
});

on("htmx:after:settle", focusMarked);
focusMarked();
