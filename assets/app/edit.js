// Edits in place. What is typed and not saved yet is kept in this tab, as drafts are: until it is saved or
// cancelled, or its owner logs out.

const kept = safeStorage("sessionStorage");
const name = `tickbox-edits ${account()}`;
const edits = () => JSON.parse(kept.get(name) ?? "{}");
const idOf = (form) => form.elements.todo_id.value;

// Says whether they are still there when the page has been left.
function keep(all) {
  if (Object.keys(all).length) return kept.set(name, JSON.stringify(all));
  kept.remove(name);
  return true;
}

// Each field with its values, of which ticked boxes have several.
function valuesOf(form) {
  const data = new FormData(form);
  return Object.fromEntries([...data.keys()].map((field) => [field, data.getAll(field)]));
}

const saveEdit = (form) => keep({ ...edits(), [idOf(form)]: valuesOf(form) });

function forgetEdit(id) {
  const { [id]: forgotten, ...others } = edits();
  if (forgotten) keep(others);
}

// With the revision that was seen then: what has changed meanwhile is a conflict.
function restoreEdit(form) {
  const { account: owner, ...fields } = edits()[idOf(form)] ?? {};
  for (const [field, values] of Object.entries(fields)) {
    for (const element of form.querySelectorAll(`[name="${field}"]`)) {
      if (element.type === "checkbox") element.checked = values.includes(element.value);
      else [element.value] = [values].flat();
    }
  }
}

const seen = new WeakSet();

// A form that was refused came with what was typed.
function startForms() {
  for (const form of document.querySelectorAll("form.edit")) {
    if (seen.has(form)) continue;
    seen.add(form);
    if (form.dataset.refused === undefined) restoreEdit(form);
    else saveEdit(form);
    const { description, notes } = form.elements;
    grow(notes);
    description.setSelectionRange(description.value.length, description.value.length); // one types on behind it
  }
}

// Opened here rather than by attributes, which each row would have to carry.
const openForm = (link) => htmx.ajax("GET", link.href, { source: link });

on("click", (event) => {
  const { target, button, ctrlKey, metaKey, shiftKey, altKey } = event;
  const link = target.closest("#todos .text > a");
  if (!link || button !== 0 || ctrlKey || metaKey || shiftKey || altKey) return;
  event.preventDefault();
  openForm(link);
});

// Escape also shuts what a browser opens for these.
on("keydown", (event) => {
  if (event.key !== "Escape" || event.isComposing || event.target.matches("select, [type=date], [type=time]")) return;
  event.target.closest("form.edit")?.querySelector(".cancel").click();
});

// As high as what stands in it, where the style alone does not do it.
function grow(field) {
  if (CSS.supports("field-sizing", "content")) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + 2}px`;
}

on("input", ({ target }) => {
  if (!target.form?.matches(".edit")) return;
  saveEdit(target.form);
  if (target.matches("textarea")) grow(target);
});

// A button that chooses a date fills it in, and saves nothing yet.
on("click", (event) => {
  const button = event.target.closest("form.edit [name=due_choice]");
  if (!button) return;
  event.preventDefault();
  const field = button.form.elements.due_date;
  field.value = button.value;
  field.focus();
  saveEdit(button.form);
});

// On a page of its own the form is left by these; in the list the answer says what has become of it.
const leave = (form) => {
  if (form?.matches(".edit:not([hx-post])")) forgetEdit(idOf(form));
};
on("submit", ({ target }) => {
  leave(target);
  if (target.getAttribute("action") === "/logout") kept.remove(name);
});
on("click", ({ target }) => leave(target.closest(".cancel")?.closest("form")));

on("htmx:before:swap", ({ detail: { tasks } }) => {
  for (const { target, fragment } of tasks) {
    if (isEditing(target) && !isEditing(fragment.firstElementChild)) forgetEdit(target.id.slice("todo-".length));
  }
});

on("htmx:after:swap", startForms);

// To the login page. Where the browser keeps no text, it is sent there as it is without a script.
on("htmx:after:request", (event) => {
  const form = find("form.edit");
  if (!event.detail.ctx.hx.redirect || !form || saveEdit(form)) return;
  event.preventDefault();
  form.submit();
});

startForms();
for (const id of Object.keys(edits())) {
  const link = find(`#text-${id}`);
  if (link) openForm(link);
}
