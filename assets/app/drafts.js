// What stands in the field and is not added yet is kept in this tab, for its owner only: until it is
// added, or its owner logs out. With it the id that its to-do is to have: if it has been added after
// all, and only the answer was lost, adding it again changes nothing.

const drafts = safeStorage("sessionStorage");
const name = `tickbox-draft ${account()}`;

// Says whether it is still there when the page has been left.
function saveDraft() {
  const text = find("#add #description").value;
  const id = find("#add [name=todo_id]").value;
  if (text) return drafts.set(name, JSON.stringify({ text, id }));
  drafts.remove(name);
  return true;
}

const savedDraft = () => JSON.parse(drafts.get(name) ?? "{}");

function restoreDraft() {
  const { text, id } = savedDraft();
  if (!text) return;
  find("#add #description").value = text;
  find("#add [name=todo_id]").value = id;
}

// Else the browser would remember every to-do, and suggest it to other users.
const disableAutocomplete = () => find("#add #description").setAttribute("autocomplete", "off");

on("input", ({ target }) => {
  if (target.matches("#add #description")) saveDraft();
});

on("submit", ({ target }) => {
  if (target.getAttribute("action") === "/logout") drafts.remove(name);
});

// Whoever types on while a to-do is being added finds that text in the fresh field.
function keepNewerInput({ request, response }, fresh) {
  const sent = request.body.get("description");
  const typed = find("#add #description").value;
  const isAdded = response.raw.ok && typed.startsWith(sent);
  if (typed !== sent) fresh.setAttribute("value", isAdded ? typed.slice(sent.length) : typed);
}

on("htmx:before:swap", ({ detail: { ctx, tasks } }) => {
  for (const { target, fragment } of tasks) {
    if (hasId(target, "add")) keepNewerInput(ctx, fragment.querySelector("#description"));
  }
});

on("htmx:after:swap", ({ detail: { ctx } }) => {
  if (!find("#add #description")) return;
  disableAutocomplete();
  saveDraft();
});

// To the login page. Where the browser keeps no text, it is sent there as it is without a script: the
// answer's form holds it.
on("htmx:after:request", (event) => {
  if (!event.detail.ctx.hx.redirect || !find("#add #description") || saveDraft()) return;
  event.preventDefault();
  find("#add").submit();
});

if (find("#add #description")) {
  disableAutocomplete();
  // The text that the page came with is older than what is kept for the same to-do.
  if (find("#add #description").value && savedDraft().id !== find("#add [name=todo_id]").value) saveDraft();
  else restoreDraft();
}
