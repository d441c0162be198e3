// What stands in the field and is not added yet is kept in this tab, for its owner only: until it is
// added, or its owner logs out. With it the id that its to-do is to have: if it has been added after
// all, and only the answer was lost, adding it again changes nothing.

const drafts = keeper("sessionStorage");
const name = `tickbox-draft ${account()}`;

// Says whether it is still there when the page has been left.
function keep() {
  const text = find("#description").value;
  const id = find("#add [name=todo_id]").value;
  if (text) return drafts.set(name, JSON.stringify({ text, id }));
  drafts.remove(name);
  return true;
}

function bringBack() {
  const { text, id } = JSON.parse(drafts.get(name) ?? "{}");
  if (!text) return;
  find("#description").value = text;
  find("#add [name=todo_id]").value = id;
}

// Else the browser would remember every to-do, and offer it to whoever types here.
const forgetHistory = () => find("#description").setAttribute("autocomplete", "off");

on("input", ({ target }) => {
  if (is(target, "description")) keep();
});

on("submit", ({ target }) => {
  if (target.getAttribute("action") === "/logout") drafts.remove(name);
});

// Whoever types on while a to-do is being added finds that text in the fresh field.
function keepTyping({ request, response }, fresh) {
  const sent = request.body.get("description");
  const typed = find("#description").value;
  const isAdded = response.raw.ok && typed.startsWith(sent);
  if (typed !== sent) fresh.setAttribute("value", isAdded ? typed.slice(sent.length) : typed);
}

on("htmx:before:swap", ({ detail: { ctx, tasks } }) => {
  for (const { target, fragment } of tasks) {
    if (is(target, "add")) keepTyping(ctx, fragment.querySelector("#description"));
  }
});

on("htmx:after:swap", ({ detail: { ctx } }) => {
  if (!find("#description")) return;
  forgetHistory();
  keep();
  if (ctx.request.method === "POST" && ctx.response.raw.ok) forgetAddress();
});

// The way to the login page and back. The text goes along in the address only where it is not kept.
function withDraft(login) {
  const there = new URL(login, location.href);
  const back = new URL(there.searchParams.get("next") ?? "/", location.href);
  back.searchParams.delete("description");
  back.searchParams.delete("account");
  if (find("#description") && !keep()) {
    back.searchParams.set("description", find("#description").value);
    back.searchParams.set("account", account()); // for nobody else
  }
  there.searchParams.set("next", back.pathname + back.search);
  return there.pathname + there.search;
}

on("htmx:after:request", ({ detail: { ctx } }) => {
  if (ctx.hx.redirect) ctx.hx.redirect = withDraft(ctx.hx.redirect);
});

// The text that came back in the address is a to-do now: reloading must not offer it again.
function forgetAddress() {
  const here = new URL(location.href);
  here.searchParams.delete("description");
  here.searchParams.delete("account");
  if (here.href !== location.href) history.replaceState(history.state, "", here);
}

if (find("#description")) {
  forgetHistory();
  if (find("#description").value) keep();
  else bringBack();
}
