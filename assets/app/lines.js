// Several lines that are pasted at once may be as many to-dos: the page offers to add each. A field
// alone would run them together without a word.

const LINES_MAX = 100;
const drafts = safeStorage("sessionStorage");
const name = `tickbox-lines ${account()}`;

let lines = []; // with the id of each, so that sending it again adds once; as they are to be read
let refused = []; // why some were not added
let isSending = false;

const message = make("p", { role: "status" });
const addAll = make("button", { className: "button", hidden: true });
const keepOne = make("button", { className: "button quiet", type: "button", hidden: true }, "Keep as one");
const form = make("form", { id: "lines", method: "post", action: "/" }, message, addAll, keepOne);

const joined = () => lines.map(({ text }) => text).join(" ");
const pluralise = (things, one, many) => `${things.length} ${things.length === 1 ? one : many}`;

// A random UUID; `crypto.randomUUID` is not there without https.
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function render() {
  addAll.textContent = `Add ${pluralise(lines, "to-do", "to-dos")}`;
  addAll.hidden = keepOne.hidden = lines.length === 0;
  if (lines.length === 0) drafts.remove(name);
  else drafts.set(name, JSON.stringify(lines));
}

function reset() {
  lines = [];
  message.textContent = "";
  render();
}

function offerLines() {
  message.textContent = `These are ${lines.length} lines.`;
  render();
}

// Written as if it were typed, so that it can be undone and is kept as a draft.
function insertText(field, text) {
  field.focus();
  if (document.execCommand("insertText", false, text)) return;
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

on("paste", (event) => {
  const field = event.target;
  const isAdding = hasId(field, "description");
  if (!(isAdding || field.matches(".edit input[data-max]")) || isSending) return;
  const pasted = event.clipboardData.getData("text/plain").split(/[\r\n]+/);
  const texts = pasted.map((line) => line.replace(/\t/g, " ").trim()).filter(Boolean);
  if (texts.length < 2) return;
  event.preventDefault();
  const replacesAll = field.selectionStart === 0 && field.selectionEnd === field.value.length;
  insertText(field, texts.join(" "));
  if (!isAdding || !replacesAll) return;
  if (texts.length > LINES_MAX) {
    const most = `Up to ${LINES_MAX} at a time can be added each.`;
    message.textContent = `These are ${texts.length} lines, now in one. ${most}`;
    return;
  }
  lines = texts.map((text) => ({ id: newId(), text }));
  offerLines();
});

// What is changed by hand is one text.
on("input", ({ target }) => {
  if (hasId(target, "description") && !isSending) reset();
});
keepOne.addEventListener("click", () => {
  reset();
  find("#description").focus();
});

// The last one first: the newest stands at the top, and so they come to be read as they were pasted.
function sendNext() {
  const { id, text } = lines.at(-1);
  form.elements.todo_id.value = id;
  form.elements.description.value = text;
  form.requestSubmit();
}

addAll.addEventListener("click", (event) => {
  event.preventDefault();
  if (isSending) return;
  isSending = true;
  refused = [];
  find("#description").readOnly = true;
  sendNext();
});

// The answer is about the line; the field, its id and its errors stay as they are.
on("htmx:before:swap", ({ detail: { ctx, tasks } }) => {
  if (ctx.sourceElement !== form) return;
  const { status, raw } = ctx.response;
  const error = tasks.map(({ fragment }) => fragment.querySelector(".error")).find(Boolean);
  if (status === 422) refused.unshift({ ...lines.at(-1), why: error?.textContent });
  if (raw.ok || status === 422) lines.pop();
  const others = tasks.filter(({ target }) => !hasId(target, "add") && !hasId(target, "errors"));
  tasks.splice(0, tasks.length, ...others);
});

on("htmx:finally:request", ({ detail: { ctx } }) => {
  if (ctx.sourceElement !== form) return;
  const isDone = ctx.status === "swapped" && (ctx.response.raw.ok || ctx.response.status === 422);
  const isOver = !isDone || lines.length === 0;
  const field = find("#description");
  field.value = [...lines, ...refused].map(({ text }) => text).join(" ");
  field.dispatchEvent(new Event("input", { bubbles: true })); // it is the draft now
  render();
  if (!isOver) {
    queueMicrotask(sendNext); // htmx takes the next one when it is through with this
    return;
  }
  isSending = false;
  field.readOnly = false;
  const waiting = `${pluralise(lines, "line is", "lines are")} not added yet.`;
  message.textContent = lines.length && !refused.length ? waiting : "";
  message.append(...refused.flatMap(({ text, why }) => ["“", make("bdi", {}, text), `” was not added. ${why}. `]));
  if (lines.length === 0) field.focus();
});

if (find("#add")) {
  for (const field of document.querySelectorAll("#add input[type=hidden]")) form.append(field.cloneNode());
  form.append(make("input", { type: "hidden", name: "description" }));
  form.setAttribute("hx-post", "/");
  form.setAttribute("hx-swap", "none");
  (find("#add + .length") ?? find("#add")).after(form);
  lines = JSON.parse(drafts.get(name) ?? "[]");
  if (lines.length && joined() === find("#description").value) offerLines();
  else reset();
}
