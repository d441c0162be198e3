// The user's own order. Each row gets a handle, by which it is dragged with a mouse, a finger or a pen, or moved with the
// arrow keys. By pointer events: HTML's own drag and drop completes in one engine of three. Rows make way while one is
// dragged; the dragged one itself stays in the page, which would end the drag otherwise.

const list = find("#todos[data-order]");
const idOf = (row) => row.id.slice("todo-".length);
const isMovable = (row) => row?.matches("li[id^=todo-]") ?? false;
const isLike = (row, other) => isMovable(other) && row.matches(".done") === other.matches(".done");

// The nearest row of the same state in one direction. What was removed leaves something unseen between them.
function neighbour(row, direction) {
  let other = row[direction];
  while (other && !isMovable(other)) other = other[direction];
  return isLike(row, other) ? other : null;
}
const above = (row) => neighbour(row, "previousElementSibling");
const below = (row) => neighbour(row, "nextElementSibling");

function step(row, isUp) {
  const other = isUp ? above(row) : below(row);
  if (other) row[isUp ? "after" : "before"](other);
  return other !== null;
}

const restore = (rows) => list.append(...rows.filter((row) => row.parentElement === list));

function addHandles(root) {
  for (const row of root.querySelectorAll("li[id^=todo-]:not(.editing)")) {
    const id = idOf(row);
    const form = row.querySelector("form");
    if (!form || row.querySelector(".handle")) continue;
    const handle = make("button", { type: "button", className: "handle", id: `handle-${id}` });
    handle.setAttribute("aria-label", "Move");
    handle.setAttribute("aria-labelledby", `handle-${id} text-${id}`);
    handle.setAttribute("aria-describedby", "handle-hint");
    form.prepend(handle);
  }
}

// --- Sending, one after the other: on a slow line a later place could be overtaken by an earlier one.

const form = make("form", { id: "move", method: "post", action: "/move-todo", hidden: true });
const waiting = new Map(); // by the ids of rows: the order before they were moved
let sent; // what is under way: `{ id, rows }`

let drag; // what is under the pointer: `{ row, pointer, y, rows }`
let isOutdated = false; // a newer list was dropped meanwhile

function catchUp() {
  if (!isOutdated || drag || sent) return;
  isOutdated = false;
  document.dispatchEvent(new Event("tickbox:outdated"));
}

function send(row, rows) {
  waiting.set(idOf(row), waiting.get(idOf(row)) ?? rows);
  if (!sent) sendNext();
}

function sendNext() {
  const [next] = waiting;
  if (!next) {
    catchUp();
    return;
  }
  const [id, rows] = next;
  waiting.delete(id);
  const row = document.getElementById(`todo-${id}`);
  const [before, after] = row ? [below(row), above(row)] : [];
  if (!before && !after) {
    sendNext();
    return;
  }
  sent = { id, rows };
  form.elements.todo_id.value = id;
  form.elements.before_id.value = before ? idOf(before) : "";
  form.elements.after_id.value = before ? "" : idOf(after);
  form.requestSubmit();
}

on("htmx:finally:request", ({ detail: { ctx } }) => {
  if (ctx.sourceElement !== form) return;
  const isDone = ctx.status === "swapped" && ctx.response.raw.ok;
  const row = document.getElementById(`todo-${sent.id}`);
  const { rows } = sent;
  sent = undefined;
  if (isDone && row && waiting.size === 0) {
    const rows = [...list.children].filter((other) => isLike(row, other));
    find("#status > span")?.append(` It is number ${rows.indexOf(row) + 1} of ${rows.length}.`);
  }
  if (!isDone) {
    // Whatever was moved after it goes back with it: its place was chosen beside this one.
    waiting.clear();
    restore(rows);
    isOutdated = true;
  }
  queueMicrotask(sendNext); // htmx takes the next one when it is through with this
});

// --- Dragging

const EDGE = 64; // pixels from the edges of the window, in which the page scrolls
const middle = (row) => (({ top, height }) => top + height / 2)(row.getBoundingClientRect());

function follow() {
  const { row, y } = drag;
  for (let other = above(row); other && y < middle(other); other = above(row)) step(row, true);
  for (let other = below(row); other && y > middle(other); other = below(row)) step(row, false);
}

// As long as the pointer is near an edge, also when it is held still there.
function scroll() {
  if (!drag) return;
  const { y } = drag;
  const beyond = Math.min(y - EDGE, 0) || Math.max(y - (innerHeight - EDGE), 0);
  if (beyond) {
    scrollBy({ top: beyond / 4, behavior: "instant" });
    follow();
  }
  requestAnimationFrame(scroll);
}

function begin(event) {
  const handle = event.target.closest("#todos .handle");
  if (!handle || event.button !== 0 || drag) return;
  event.preventDefault(); // it would mark text
  handle.focus({ preventScroll: true });
  const row = handle.closest("li");
  drag = { row, pointer: event.pointerId, y: event.clientY, rows: [...list.children] };
  row.classList.add("dragged");
  list.setPointerCapture(event.pointerId);
  requestAnimationFrame(scroll);
}

function end(isDropped) {
  const { row, rows, pointer } = drag;
  drag = undefined;
  row.classList.remove("dragged");
  if (list.hasPointerCapture(pointer)) list.releasePointerCapture(pointer);
  const now = [...list.children];
  const isMoved = now.filter((it) => rows.includes(it)).some((it, index) => it !== rows[index]);
  if (isMoved && isDropped) send(row, rows);
  else if (isMoved) restore(rows);
  catchUp();
}

const isDragging = ({ pointerId }) => drag?.pointer === pointerId;

if (list && matchMedia("(scripting: enabled)").matches) {
  for (const field of document.querySelectorAll("#add input[type=hidden]")) form.append(field.cloneNode());
  for (const name of ["before_id", "after_id"]) form.append(make("input", { type: "hidden", name }));
  form.setAttribute("hx-post", "/move-todo");
  form.setAttribute("hx-swap", "none");
  const hint = make("span", { id: "handle-hint", hidden: true }, "Drag it, or press the arrow keys up and down");
  list.after(form, hint);
  addHandles(list);

  on("pointerdown", begin);
  on("pointermove", (event) => {
    if (!isDragging(event)) return;
    drag.y = event.clientY;
    follow();
  });
  on("pointerup", (event) => isDragging(event) && end(true));
  on("pointercancel", (event) => isDragging(event) && end(false));
  on("keydown", (event) => {
    if (event.key === "Escape" && drag) end(false);
    const isUp = event.key === "ArrowUp";
    const row = event.target.closest(".handle")?.closest("#todos > li");
    if (!row || drag || !(isUp || event.key === "ArrowDown")) return;
    event.preventDefault();
    const rows = [...list.children];
    if (step(row, isUp)) send(row, rows);
  });

  // Rows come without handles. What would replace the list while a row is dragged, or before its place is sent, is asked
  // for afterwards.
  on("htmx:before:swap", (event) => {
    const { ctx, tasks } = event.detail;
    for (const { fragment } of tasks) addHandles(fragment);
    if (!isRefresh(ctx) || !(drag || sent)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    isOutdated = true;
  });
}
