// Words when the network fails or something in between answers. First of all parts: whatever else
// is broken, a to-do that was not saved must not look as if it were.

function showFailure(words, ...more) {
  const failure = make("p", { className: "failure" }, words, ...more);
  find("#status")?.replaceChildren(failure);
  return failure;
}

const showUnreachable = () =>
  showFailure("The server could not be reached. Nothing you typed is lost: check the connection, then try again.");

const showUnavailable = () =>
  showFailure("The server cannot answer right now. Nothing you typed is lost: wait a few seconds, then try again.");

// Only a page that is loaded anew can show the login page of another user. What is typed waits in the
// browser's storage (`drafts.js`), if it has one.
function showIntercepted() {
  const isKept = safeStorage("sessionStorage").set("tickbox-probe", "kept");
  showFailure(
    "Something between you and Tickbox has answered: you may have been logged out by your network's own login page. ",
    isKept ? "Nothing you typed is lost: " : "Copy what you typed, then ",
    make("a", { href: location.pathname + location.search }, "reload this page"),
    ".",
  );
}

// Being sent on to another origin looks to a script like a broken line, unless it asks not to follow.
// Our own list is never elsewhere for htmx.
async function isIntercepted() {
  const signal = AbortSignal.timeout(5_000);
  const headers = { "HX-Request": "true" };
  try {
    const { type } = await fetch("/", { redirect: "manual", cache: "no-store", headers, signal });
    return type === "opaqueredirect";
  } catch {
    return false;
  }
}

on("htmx:error", async ({ detail: { ctx } }) => {
  if (!ctx || isRefresh(ctx)) return;
  const message = showUnreachable();
  if ((await isIntercepted()) && message.isConnected) showIntercepted();
});

const isStatusOfLoginPage = (status) => status < 400 || [401, 403, 407, 511].includes(status);

on("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  const isOurs = ctx.text.includes("<hx-partial");
  if (ctx.hx.redirect) return;
  if (isRefresh(ctx)) {
    // The user did not ask for it; but the login of another user (409) is shown.
    const isAnswer = ctx.response.raw.ok || ctx.response.status === 409;
    if (!isAnswer || !isOurs) event.preventDefault();
  } else if (!isOurs) {
    event.preventDefault(); // the page of a gateway between us
    if (isStatusOfLoginPage(ctx.response.status)) showIntercepted();
    else showUnavailable();
  }
});
