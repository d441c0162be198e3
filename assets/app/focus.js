// Where the keyboard goes: to what the server marked; never to nowhere.

function focusMarked() {
  const marked = find("[data-focus]");
  marked?.removeAttribute("data-focus");
  marked?.focus();
}

let focused = document.body;
const hasFocus = () => document.activeElement !== document.body;

on("htmx:before:swap", () => {
  focused = document.activeElement;
});

// Only when a swap took it away: a screen reader would follow from wherever it is reading. What has but moved within
// the list gets it back; WebKit takes it from that.
on("htmx:after:swap", () => {
  if (focused === document.body || hasFocus()) return;
  (focused.isConnected ? focused : find("#main")).focus({ preventScroll: true });
});

on("htmx:after:settle", focusMarked);
focusMarked();
