// Keys: single letters only where nothing is typed, and only until they are switched off.

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
