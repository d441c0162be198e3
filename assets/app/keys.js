// Keys: single letters only where nothing is typed, and only until they are switched off. Made here,
// since they are nothing without a script.

const keys = [
  ["n", "write a new to-do"],
  ["Enter", "add it"],
  ["Space", "complete a to-do, or open it again"],
  ["?", "show these keys"],
  ["Enter", "on the text of a to-do: edit it"],
  ["Esc", "close this, or the edit"],
];
const preferences = safeStorage("localStorage");
const areShortcutsOn = () => preferences.get("tickbox-keys") !== "off";

const list = keys.flatMap(([key, effect]) => [make("dt", {}, make("kbd", {}, key)), make("dd", {}, effect)]);
const letters = make("input", { id: "keys-letters", type: "checkbox", checked: areShortcutsOn() });
const dialog = make(
  "dialog",
  { id: "keys" },
  make("h2", { id: "keys-title" }, "Keyboard shortcuts"),
  make("dl", {}, ...list),
  make(
    "form",
    { method: "dialog" },
    make("label", {}, letters, "Use the single keys n and ?"),
    make("button", { className: "button quiet" }, "Close"),
  ),
);
dialog.setAttribute("aria-labelledby", "keys-title");
const open = make("button", { id: "keys-open", type: "button" }, "Keyboard shortcuts");

on("keydown", (event) => {
  const isTyping = event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (!dialog.isConnected || dialog.open || isTyping || !areShortcutsOn()) return;
  if (event.key === "n") find("#description").focus();
  else if (event.key === "?") dialog.showModal();
  else return;
  event.preventDefault();
});

open.addEventListener("click", () => dialog.showModal());
letters.addEventListener("change", () => preferences.set("tickbox-keys", letters.checked ? "on" : "off"));

if (find("#description")) find("#main").append(make("p", { className: "foot" }, open), dialog);
