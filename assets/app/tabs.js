// The list as other tabs of this browser, and other devices, left it.

const others = new BroadcastChannel("tickbox");
let appended = false; // "Show more" was used: the first page alone would take those rows away
let isBehind = false; // the answer is about a row that this tab does not show (any more)

function catchUp() {
  if (!document.hidden && !appended) find("#refresh")?.dispatchEvent(new Event("refresh"));
}

others.addEventListener("message", catchUp);
on("visibilitychange", catchUp);

on("htmx:before:swap", ({ detail: { ctx, tasks } }) => {
  isBehind = ctx.response.status === 404 || tasks.some(({ type, target }) => type === "partial" && !target);
  for (const { target, swapSpec } of tasks) {
    if (!is(target, "todos")) continue;
    if (swapSpec.style === "innerMorph") appended = false;
    else appended ||= swapSpec.style === "beforeend";
  }
});

on("htmx:after:swap", ({ detail: { ctx } }) => {
  if (ctx.request.method !== "POST") return;
  if (ctx.response.raw.ok) others.postMessage("changed");
  // An answer under way to a refresh may be older than this one.
  if (isBehind || find("#refresh.htmx-request")) catchUp();
});
